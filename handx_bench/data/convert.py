"""Any readable source as a folder of Parquet files, ready for ``datasets.load_dataset`` and for the Hub."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files import umask
from .arrow import tables
from .check import check_split, checked_groups
from .clip import FEATURES, Clip
from .load import clip_source, load_dataset
from .readers.parquet import iter_clips
from .shards import ShardWriter, put_in_place

#: Clips per file: about 150 MB of HandX clips without, 300 MB with MANO parameters.
SHARD_SIZE = 5_000
#: What a converted folder holds; with anything else in it, it is not ours to delete.
_OURS = ("data",)
#: Leaf columns worth a dictionary; coordinates hardly repeat, and one would be built in vain.
_REPEATING = [
    *("clip_id", "source", "sequence_id", "subject", "split", "fps", "action", "license"),
    *(f"{kind}_texts.list.element" for kind in ("left", "right", "interaction")),
]


@dataclass(frozen=True)
class Converted:
    """Where the Parquet folder lies and how many clips each split has."""

    path: Path
    clips: dict[str, int]


def convert(
    source: str | Path,
    dest: str | Path,
    *,
    splits: Sequence[str] | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Converted:
    """Write ``source`` as ``dest/data/<split>-00000-of-0000N.parquet`` (zstd, row groups of 100 clips).

    Clips are streamed: memory does not grow with the source. The folder appears at once and whole, or not at all.

    Args:
        source: whatever :func:`handx_bench.load_dataset` reads.
        dest: the folder to make; must not exist or be empty.
        splits: only these; for motion arrays, which carry none, the one name to give.
        overwrite: replace ``dest`` if it is a converted folder.
        progress: called with the number of clips written so far, and of all where it is known.

    Raises:
        InputError: a clip is wrong, ``dest`` is in the way, or a split is not there.
    """
    dest = Path(dest)
    _check_dest(dest, Path(source), overwrite)
    parts = open_clips(source, splits)
    total = None if any(part.count is None for part in parts) else sum(part.count or 0 for part in parts)
    dest.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=dest.parent, prefix=f".{dest.name}.", suffix=".tmp"))
    try:
        counts: dict[str, int] = {}
        seen: set[str] = set()
        for part in parts:
            groups = checked_groups(part.clips, name=str(source), seen=seen)
            counts[part.split] = 0
            for count in _write_split(temporary / "data", part.split, groups):
                counts[part.split] = count
                if progress is not None:
                    progress(sum(counts.values()), total)
            if counts[part.split] == 0:
                raise InputError(f"there is no clip in the split {part.split!r}", where=str(source))
        temporary.chmod(0o777 & ~umask())  # mkdtemp makes folders that only their owner may open
        put_in_place(temporary, dest)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Converted(dest, counts)


@dataclass(frozen=True)
class SplitClips:
    """The clips of one split, not read yet; ``count`` is None where only reading tells."""

    split: str
    clips: Iterator[Clip]
    count: int | None


def open_clips(source: str | Path, splits: Sequence[str] | None = None) -> list[SplitClips]:
    """The clips of each split of a source, lazily.

    Raises:
        InputError: the source cannot be read or has no such split.
    """
    path = Path(source)
    single = splits[0] if splits is not None and len(splits) == 1 else None
    reader = clip_source(path, single) if path.exists() else None
    if reader is not None:
        available = reader.splits()
        for split in splits or ():
            if split not in available:
                raise InputError(
                    f"there is no split {split!r}", where=str(source), fix=f"Splits: {', '.join(available)}"
                )
        return [SplitClips(s, reader.clips(s), reader.count(s)) for s in splits or available]
    if splits:
        parts = {split: load_dataset(source, split) for split in splits}
    else:
        dataset = load_dataset(source)
        column = np.asarray(dataset.with_format(None)["split"])
        parts = {s: dataset.select(np.flatnonzero(column == s)) for s in dict.fromkeys(column.tolist())}
    return [SplitClips(s, iter_clips(part, str(source)), len(part)) for s, part in parts.items()]


def _write_split(folder: Path, split: str, groups: Iterable[list[Clip]]) -> Iterator[int]:
    """Write the shards of one split, yielding how many clips are written."""
    check_split(split, "the name of the split")
    with clip_shards(folder, split) as shards:
        for table in tables(groups):
            shards.write(table)
            yield shards.rows


def clip_shards(folder: Path, split: str) -> ShardWriter:
    """The writer of the clips of one split, as tables of :func:`handx_bench.data.arrow.tables`."""
    return ShardWriter(folder, split, FEATURES.arrow_schema, shard_rows=SHARD_SIZE, dictionary=_REPEATING)


def _check_dest(dest: Path, source: Path, overwrite: bool) -> None:
    inside = (source.resolve(), *source.resolve().parents)
    if source.exists() and dest.exists() and dest.resolve() in inside:
        raise InputError("the source lies in the folder to write", where=str(dest), fix="Write to another folder")
    if dest.is_symlink() or (dest.exists() and not dest.is_dir()):
        raise InputError("the target is not a folder", where=str(dest))
    names = sorted(file.name for file in dest.iterdir()) if dest.exists() else []
    if not names:
        return
    if not overwrite:
        raise InputError("the target is not empty", where=str(dest), fix="Pass --overwrite to replace it")
    data = [file.name for file in (dest / "data").iterdir()] if (dest / "data").is_dir() else []
    foreign = [name for name in names if name not in _OURS] + [name for name in data if not name.endswith(".parquet")]
    if foreign or not data:
        raise InputError(
            f"the target is not a converted dataset: it holds {(foreign or names)[0]!r}",
            where=str(dest),
            fix="Only converted datasets are replaced; remove the folder yourself or choose another",
        )
