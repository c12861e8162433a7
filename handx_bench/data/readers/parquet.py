"""Parquet in the HandX form, from a file, a folder or the Hub, through ``datasets`` (memory-mapped)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict
from datasets.packaged_modules.parquet.parquet import Parquet
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

from ...errors import InputError
from ..arrow import cache_file
from ..check import GROUP_SIZE, MAX_TEXT_LENGTH, checked_groups, clip_from_row
from ..clip import FEATURES, Clip
from .archive import DamagedFileError

#: A row group is decompressed as a whole.
MAX_ROW_GROUP_BYTES = 2 * 2**30
_NOT_THERE = (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError)
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files in ``folder`` or its ``data`` folder; train before validation before test."""
    files = [file for place in (folder, folder / "data") for file in place.glob("*.parquet") if file.is_file()]
    order = ("train", "validation", "test")
    return sorted(files, key=lambda f: (next((i for i, s in enumerate(order) if f.name.startswith(s)), 3), f))


def read_parquet(path: Path) -> Dataset:
    """All clips of a Parquet file or folder, checked once per content.

    Raises:
        InputError: naming the file and column, or the clip.
    """
    files = [path] if path.is_file() else parquet_files(path)
    for file in files:
        _check_schema(file)
        _check_texts(file)
    data_files = {"train": [str(file) for file in files]}
    # datasets tells files apart by time of modification only, which copying tools may preserve.
    cache = cache_file(files, "parquet")
    try:
        with _refusing(str(path)):
            builder = datasets.load_dataset_builder(
                "parquet", data_files=data_files, features=FEATURES, cache_dir=str(cache)
            )
            return checked(_build(builder), str(path))
    except InputError:
        shutil.rmtree(cache, ignore_errors=True)  # what was unfolded of a bad file is of no use
        raise


def read_hub(repo_id: str) -> Dataset:
    """All clips of a Hub dataset ``owner/name`` or ``owner/name@revision`` in Parquet, checked once per content.

    Raises:
        InputError: the repository is not there, holds other than Parquet, or its rows do not fit.
        ConnectionError: the Hub cannot be reached.
    """
    name, _, revision = repo_id.partition("@")
    try:
        builder = datasets.load_dataset_builder(name, revision=revision or None)
    except (datasets.exceptions.DatasetNotFoundError, *_NOT_THERE) as error:
        raise InputError(
            f"there is no file or folder {repo_id!r} here, and no such dataset or revision on the Hub",
            fix="Check the spelling; private datasets need 'hf auth login'",
        ) from error
    except FileNotFoundError as error:  # the dataset is there, but no file that datasets knows
        raise _not_parquet(repo_id) from error
    except ConnectionError as error:
        problem = f"there is no file or folder {repo_id!r} here, and the Hub cannot be reached"
        if datasets.config.HF_HUB_OFFLINE:
            raise InputError(f"{problem} (HF_HUB_OFFLINE is set)") from error
        raise ConnectionError(f"{problem}: {error}") from error
    if not isinstance(builder, Parquet):
        # Other packaged builders read archives, images and whatever their decoders do.
        raise _not_parquet(repo_id)
    with _refusing(repo_id):
        dataset = _build(builder)
        _check_columns(dataset.column_names, repo_id)
        return checked(dataset.cast(FEATURES) if dataset.features != FEATURES else dataset, repo_id)


def _not_parquet(repo_id: str) -> InputError:
    return InputError(
        f"the Hub dataset {repo_id!r} is not Parquet",
        fix="Download it ('hf download --repo-type dataset') and pass the folder; the HandX release is of this kind",
    )


def checked(dataset: Dataset, name: str) -> Dataset:
    """``dataset`` after the boundary check of every row; a marker in the cache saves checking the same files again."""
    files = [Path(file["filename"]) for file in dataset.cache_files]
    marker = cache_file(files, "checked").with_suffix(".checked") if files else None
    if marker is None or not marker.exists():
        if len(dataset) == 0:
            raise InputError("there is no clip", where=name)
        _check_motion_shape(dataset, name)
        for _ in checked_groups(iter_clips(dataset, name), name=name):
            pass
        if marker is not None:
            marker.touch()
    return dataset


def iter_clips(dataset: Dataset, name: str) -> Iterator[Clip]:
    """The rows of a dataset in the HandX form as clips, a group in memory at a time."""
    formatted = dataset.with_format("numpy", columns=["motion"], output_all_columns=True)
    for batch in formatted.iter(GROUP_SIZE):
        for i in range(len(batch["clip_id"])):
            yield clip_from_row({key: batch[key][i] for key in FEATURES}, where=name)


def _build(builder: Any) -> Dataset:
    builder.download_and_prepare()
    built = builder.as_dataset()
    return datasets.concatenate_datasets(list(built.values())) if isinstance(built, DatasetDict) else built


def _check_schema(file: Path) -> None:
    try:
        metadata = pq.read_metadata(file)
        columns = metadata.schema.to_arrow_schema().names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedFileError(
            f"not a readable Parquet file: {str(error)[:120]}", where=str(file), fix="Get or write it again"
        ) from error
    _check_columns(columns, str(file))
    if metadata.num_rows == 0:
        raise InputError("there is no clip", where=str(file))
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        # Encoded, a number that is repeated a million times takes a few bytes.
        unfolded = 8 * sum(group.column(c).num_values for c in range(group.num_columns))
        size = max(group.total_byte_size, unfolded)
        if size > MAX_ROW_GROUP_BYTES:
            raise DamagedFileError(
                f"row group {i} unfolds to {size} bytes, at most {MAX_ROW_GROUP_BYTES} are read",
                where=str(file),
                fix=f"Write row groups of about {GROUP_SIZE} clips",
            )


def _check_texts(file: Path) -> None:
    """Refuse long texts before anything is unfolded: encoded, a text that every row repeats takes its room once."""
    schema = pq.read_metadata(file).schema
    texts = [c.path for c in map(schema.column, range(len(schema))) if c.physical_type == "BYTE_ARRAY"]
    try:
        with pq.ParquetFile(file, read_dictionary=texts) as reader:
            for batch in reader.iter_batches(GROUP_SIZE, columns=texts) if texts else ():
                for name, column in zip(batch.schema.names, batch.columns):
                    longest = _longest_bytes(column)
                    if longest > 4 * MAX_TEXT_LENGTH:  # of UTF-8
                        raise InputError(
                            f"{name} holds a text of {longest} bytes, at most {4 * MAX_TEXT_LENGTH} are read",
                            where=str(file),
                            fix="Shorten it",
                        )
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(
            f"not a readable Parquet file: {str(error)[:120]}", where=str(file), fix="Get or write it again"
        ) from error


def _longest_bytes(column: pa.Array) -> int:
    """The longest text of a column of texts, or of lists of them."""
    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    return pc.max(pc.binary_length(column)).as_py() or 0


def _check_columns(columns: Iterable[str], where: str) -> None:
    columns = list(columns)
    for column in columns:
        if column not in FEATURES:
            raise InputError(f"unknown column {column!r}", where=where, fix=f"Known columns: {', '.join(FEATURES)}")
    for column in FEATURES:
        if column not in columns:
            raise InputError(
                f"the column {column!r} is missing", where=where, fix=f"Needed columns: {', '.join(FEATURES)}"
            )


def _check_motion_shape(dataset: Dataset, name: str) -> None:
    # Arrow lists may have any length; read as an array, 42 x 1 x 3 would pass for 2 x 21 x 3.
    for chunk in dataset.data.table.column("motion").chunks:
        level: pa.Array = chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
        if level.null_count:
            raise InputError("a motion is null", where=name)
        for axis, expected in enumerate((None, 2, 21, 3)):
            lengths: Sequence[int] = pc.unique(pc.list_value_length(level)).to_pylist()
            if expected is not None and any(length != expected for length in lengths):
                raise InputError(
                    f"axis {axis} of a motion has the lengths {lengths[:5]}, expected {expected}",
                    where=name,
                    fix="motion is (T, 2, 21, 3)",
                )
            level = level.flatten()
        if level.null_count:
            raise InputError("a motion holds null", where=name)


class _refusing:
    """Turns what ``datasets`` raises for unreadable content into an InputError."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        bad = (datasets.exceptions.DatasetGenerationError, pa.ArrowException, datasets.table.CastError)
        if isinstance(error, bad):
            cause = error.__cause__ or error
            if isinstance(cause, OSError) and cause.errno is not None:
                return  # the disk or the network; pyarrow's own OSErrors about content have no number
            raise InputError(
                f"the Parquet content does not fit the HandX form: {str(cause)[:300]}",
                where=self.name,
                fix="data_cards/handx-form.md lists the columns and types",
            ) from error
