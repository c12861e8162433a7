"""Clips as Arrow tables, and as memory-mapped datasets that are built once and kept in the datasets cache."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import datasets
import numpy as np
import pyarrow as pa
from datasets import Dataset

from .._version import __version__
from ..errors import InputError
from ..files import atomic_path
from .check import checked_groups
from .clip import FEATURES, MANO_WIDTHS, Clip


class ClipSource(Protocol):
    """Where clips come from; one class per outside format in :mod:`.readers`."""

    name: str

    def splits(self) -> tuple[str, ...]:
        """The splits that there are."""

    def files(self, split: str) -> list[Path]:
        """The files whose content decides the clips of ``split``."""

    def count(self, split: str) -> int | None:
        """How many clips there are, None where only reading tells."""

    def clips(self, split: str) -> Iterator[Clip]:
        """The clips, one after the other."""


def tables(groups: Iterable[Sequence[Clip]]) -> Iterator[pa.Table]:
    """One Arrow table with the schema of ``FEATURES`` per group of checked clips.

    Arrays go to Arrow as they are; the general encoder of ``datasets`` would take them apart number by number.
    """
    schema = FEATURES.arrow_schema
    for group in groups:
        columns = []
        for field in schema:
            values = [getattr(clip, field.name) for clip in group]
            if field.name == "motion":
                columns.append(pa.ExtensionArray.from_storage(field.type, _lists(values)))
            elif field.name == "mano":
                columns.append(_mano(values))
            else:
                columns.append(pa.array([list(v) if isinstance(v, tuple) else v for v in values], field.type))
        yield pa.table(columns, schema=schema)


def _lists(arrays: Sequence[np.ndarray]) -> pa.ListArray:
    """Arrays of one shape but for the first axis, as nested lists of float32."""
    levels: pa.Array = pa.array(np.concatenate([np.asarray(a, np.float32).reshape(-1) for a in arrays]))
    for size in reversed(arrays[0].shape[1:]):
        levels = pa.ListArray.from_arrays(np.arange(0, len(levels) + 1, size, dtype=np.int32), levels)
    ends = np.cumsum([0, *(len(a) for a in arrays)], dtype=np.int32)
    return pa.ListArray.from_arrays(ends, levels)


def _mano(values: Sequence[dict[str, np.ndarray] | None]) -> pa.StructArray:
    struct = FEATURES.arrow_schema.field("mano").type
    children = []
    for field in struct:
        empty = np.empty((0, MANO_WIDTHS[field.name]), np.float32)
        children.append(_lists([empty if mano is None else mano[field.name] for mano in values]))
    missing = pa.array([mano is None for mano in values])
    return pa.StructArray.from_arrays(children, fields=list(struct), mask=missing)


def cached_dataset(source: ClipSource, split: str) -> Dataset:
    """The clips of ``split`` as a memory-mapped dataset.

    The first call streams the clips, checked group by group, into an Arrow file in the datasets cache
    (``HF_DATASETS_CACHE``/handx_bench); later calls map the file as long as the source files are the same.

    Raises:
        InputError: a clip is wrong, or there is none; no file is left behind.
    """
    target = cache_file(source.files(split), f"{type(source).__name__}/{split}").with_suffix(".arrow")
    if not target.exists():
        groups = checked_groups(source.clips(split), name=source.name)
        with atomic_path(target) as temporary:
            rows = 0
            with pa.ipc.new_stream(str(temporary), FEATURES.arrow_schema) as writer:
                for table in tables(groups):
                    writer.write_table(table)
                    rows += table.num_rows
            if rows == 0:
                raise InputError(f"there is no clip in the split {split!r}", where=source.name)
    return Dataset.from_file(str(target), split=datasets.NamedSplit(split))


def cache_file(files: Sequence[Path], purpose: str) -> Path:
    """A path in the cache that changes with the content of ``files``.

    Content is told by inode, size and time of change: the latter cannot be set back, unlike that of modification.
    """
    digest = hashlib.sha256(f"{__version__}/{purpose}".encode())
    for file in files:
        stat = file.stat()
        digest.update(f"\n{file.resolve()}/{stat.st_ino}/{stat.st_size}/{stat.st_mtime_ns}/{stat.st_ctime_ns}".encode())
    folder = Path(datasets.config.HF_DATASETS_CACHE) / "handx_bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / digest.hexdigest()[:32]
