"""``load_dataset``: one way in for every supported kind of motion data."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
from datasets import Dataset

from ..errors import InputError
from .arrow import ClipSource, cached_dataset
from .check import check_unique
from .readers.arrays import SUFFIXES, ArraySource
from .readers.generated import sample_files
from .readers.parquet import HUB_ID, parquet_files, read_hub, read_parquet
from .readers.release import ReleaseSource, is_release_file, release_files

MINI = "handx-mini"
MINI_SPLITS = ("train", "validation", "test")
#: What can be loaded, for ``data list`` and for messages.
FORMATS = {
    MINI: "procedural two-hand motion, built on first use",
    "owner/name[@revision]": "a Hub dataset in Parquet",
    "FOLDER or FILE.parquet": "Parquet in the HandX form, e.g. from 'data convert'",
    "FOLDER with *_can_pos_all_wotextfeat.npz": "the HandX release, MANO parameters joined where they lie beside",
    "FILE.npz, .npy, .safetensors": "motions (N, T, 2, 21, 3) or one motion (T, 2, 21, 3)",
    "FOLDER of .npz, .npy, .safetensors": "one motion (T, 2, 21, 3) per file; sub-folders are splits",
}


def load_dataset(name_or_path: str | Path, split: str | None = None) -> Dataset:
    """Load motion data in the HandX form from wherever it is.

    Args:
        name_or_path: ``handx-mini``; a Hub id ``owner/name`` or ``owner/name@revision``; or a file or folder: Parquet,
            the HandX release, or motion arrays.
        split: the split wanted, all if None. Motion arrays carry no split; they get the one asked for (``train`` if none).

    Returns:
        A memory-mapped dataset whose rows fit ``FEATURES``; ``motion`` comes as float32 ``(T, 2, 21, 3)`` arrays in
        metres, everything else as Python values. Every row has passed the boundary check.

    Raises:
        InputError: naming the file, clip, key or split, and the fix.
    """
    name = str(name_or_path)
    if name == MINI:
        return _formatted(_load_mini(split))
    path = Path(name_or_path)
    if not path.exists():
        if not HUB_ID.fullmatch(name):
            raise InputError(
                "no such file, folder or dataset", where=name, fix="'handx-bench data list' shows what can be loaded"
            )
        return _formatted(_select_split(read_hub(name), split, name))
    source = clip_source(path, split)
    if source is None:
        return _formatted(_select_split(read_parquet(path), split, name))
    if split is not None and split not in source.splits():
        raise _no_split(split, source.splits(), name)
    return _formatted(_concatenate([cached_dataset(source, s) for s in ([split] if split else source.splits())], name))


def clip_source(path: Path, split: str | None = None) -> ClipSource | None:
    """The reader of a file or folder; None for Parquet, which ``datasets`` reads itself.

    Raises:
        InputError: nothing readable is there.
    """
    if path.is_file():
        if path.suffix == ".parquet":
            return None
        if is_release_file(path):
            return ReleaseSource(path)
        if path.suffix in SUFFIXES:
            return ArraySource(path, split)
    elif release_files(path):
        return ReleaseSource(path)
    elif parquet_files(path):
        return None
    elif sample_files(path):
        raise InputError(
            "these are generated samples, not a dataset",
            where=str(path),
            fix="handx_bench.data.readers.generated.read_generated gives predictions and references to score",
        )
    elif (source := ArraySource(path, split)).splits():
        return source
    raise InputError("no motion data found", where=str(path), fix="Readable are: " + "; ".join(FORMATS))


def _load_mini(split: str | None) -> Dataset:
    if split is not None and split not in MINI_SPLITS:
        raise _no_split(split, MINI_SPLITS, MINI)
    from . import mini

    return datasets.concatenate_datasets([mini.load(s) for s in ([split] if split else MINI_SPLITS)])


def _select_split(dataset: Dataset, split: str | None, name: str) -> Dataset:
    # The column decides, not the file name: a file moved to another name keeps its split.
    if split is None:
        return dataset
    splits = np.asarray(dataset.with_format(None)["split"])
    rows = np.flatnonzero(splits == split)
    if len(rows) == 0:
        raise _no_split(split, tuple(dict.fromkeys(splits.tolist())), name)
    contiguous = rows[-1] - rows[0] + 1 == len(rows)
    return dataset.select(range(rows[0], rows[-1] + 1) if contiguous else rows)


def _concatenate(parts: list[Dataset], name: str) -> Dataset:
    if len(parts) > 1:
        seen: set[str] = set()
        for part in parts:
            check_unique(part.with_format(None)["clip_id"], name, seen)
    return datasets.concatenate_datasets(parts) if len(parts) > 1 else parts[0]


def _no_split(split: str, known: tuple[str, ...], name: str) -> InputError:
    return InputError(f"there is no split {split!r}", where=name, fix=f"Splits: {', '.join(known)}")


def _formatted(dataset: Dataset) -> Dataset:
    return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)
