"""The annotated dataset as files: clips with their new texts, one row per text beside them, and a card.

Written from the journal in the order of the source, so that the content does not depend on who finished what when.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...data.arrow import tables
from ...data.check import checked_groups
from ...data.clip import Clip
from ...data.convert import clip_shards
from ...data.shards import ShardWriter, put_in_place
from ...errors import InputError
from ..texts import LEVELS, PARTS
from .annotator import Annotation
from .card import render
from .source import Source

#: One row per text, and one without text for a clip that failed.
SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("part", pa.string()),
        ("level", pa.int32()),
        ("text", pa.string()),
        ("model", pa.string()),
        ("prompt_hash", pa.string()),
        ("agreement", pa.float64()),
        ("coverage", pa.float64()),
        ("flagged", pa.bool_()),
        ("status", pa.string()),
        ("failure", pa.string()),
    ]
)
OK, FAILED = "ok", "failed"
_ROWS_PER_FILE = 500_000
_REPEATING = ("clip_id", "part", "level", "model", "prompt_hash", "status", "failure")
#: What an annotated folder holds; any other is not ours to replace.
DATA, ANNOTATIONS, _CARD = "data", "annotations", "README.md"
_OURS = {DATA, ANNOTATIONS, _CARD}
_SHARD = re.compile(r".+-\d{5,}-of-\d{5,}\.parquet")


def check_target(dest: Path, source: Source, *, ours: bool) -> None:
    """Refuse a target that must not be written, before any work is done.

    Args:
        dest: the folder to make.
        source: what is read.
        ours: whether there is a journal that tells that ``dest`` was made with it.

    Raises:
        InputError: ``dest`` holds something else, or clips that ``source`` has not, is no folder, or holds the source.
    """
    path = Path(source.name)
    if path.exists() and dest.resolve() in (path.resolve(), *path.resolve().parents):
        raise InputError("the source lies in the folder to write", where=str(dest), fix="Write to another folder")
    if dest.is_symlink() or (dest.exists() and not dest.is_dir()):
        raise InputError("the target is not a folder", where=str(dest))
    names = {file.name for file in dest.iterdir()} if dest.exists() else set()
    if names and not (ours and names == _OURS and _is_only_ours(dest)):
        raise InputError("the target is not empty", where=str(dest), fix="Choose another folder")
    gone = set(_ids_in(dest)).difference(source.ids()) if names else set()
    if gone:
        raise InputError(
            f"the target holds {len(gone)} clips that would be gone, such as {min(gone)!r:.80}",
            where=str(dest),
            fix="Choose another folder, or remove this one first",
        )


def _is_only_ours(dest: Path) -> bool:
    """Whether nobody has put files between ours."""
    folders = [dest / DATA, dest / ANNOTATIONS]
    return all(folder.is_dir() and all(_SHARD.fullmatch(file.name) for file in folder.iterdir()) for folder in folders)


def _ids_in(dest: Path) -> Iterator[str]:
    for file in (dest / DATA).iterdir():
        try:
            yield from pq.read_table(file, columns=["clip_id"])["clip_id"].to_pylist()
        except (OSError, pa.ArrowException, KeyError) as error:
            raise InputError("a file of the target cannot be read", where=str(file), fix="Remove the target") from error


def write(source: Source, dest: Path, name: str, outcome: Callable[[Clip], Annotation], scratch: Path) -> None:
    """Write the folder; it appears at once and whole, in place of the one of an earlier run.

    Args:
        source: the clips.
        dest: the folder.
        name: of the annotator.
        outcome: what came of a clip.
        scratch: where it grows, on the same disk; what a killed run left there is removed.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    splits = {}
    for split, clips in source.by_split():
        splits[split] = _write_split(scratch, split, source.name, clips, outcome)
    content = {folder: _digest(scratch / folder) for folder in (DATA, ANNOTATIONS)}
    (scratch / _CARD).write_text(render(source.name, name, splits, content), encoding="utf-8")
    put_in_place(scratch, dest)


def _write_split(
    folder: Path, split: str, source: str, clips: Iterator[Clip], outcome: Callable[[Clip], Annotation]
) -> tuple[int, int]:
    """Both kinds of files for one split; how many clips there are, and how many failed."""
    failed = 0
    shards = ShardWriter(folder / ANNOTATIONS, split, SCHEMA, shard_rows=_ROWS_PER_FILE, dictionary=_REPEATING)
    with clip_shards(folder / DATA, split) as data, shards as annotations:
        for group in checked_groups(clips, name=source):
            found = [outcome(clip) for clip in group]
            failed += sum(each.texts is None for each in found)
            for table in tables([[_annotated(clip, each) for clip, each in zip(group, found)]]):
                data.write(table)
            rows = [row for each in found for row in rows_of(each)]
            annotations.write(pa.Table.from_pylist(rows, schema=SCHEMA))
        return data.rows, failed


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        with open(file, "rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _annotated(clip: Clip, annotation: Annotation) -> Clip:
    # Texts that the source had go in any case: what stands in one dataset has one origin.
    left, right, interaction = annotation.texts or ((), (), ())
    return replace(clip, left_texts=left, right_texts=right, interaction_texts=interaction)


def rows_of(annotation: Annotation) -> Iterator[dict[str, Any]]:
    """The rows of a clip, texts brief first within each part."""
    same = {"clip_id": annotation.clip_id, "model": annotation.model, "prompt_hash": annotation.prompt_hash}
    if annotation.texts is None:
        yield {**same, "flagged": False, "status": FAILED, "failure": annotation.failure}
        return
    for part, texts in zip(PARTS, annotation.texts):
        for level in range(LEVELS):
            mark = annotation.marks[part][level]
            yield {
                **same, **mark._asdict(), "part": part, "level": level, "text": texts[level], "status": OK, "failure": "",
            }  # fmt: skip
