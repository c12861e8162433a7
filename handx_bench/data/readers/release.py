"""The HandX release: ``<split>_can_pos_all_wotextfeat.npz`` with ``<split>_mano.npz`` beside it.

Each file maps "0", "1", … to a 0-d object array holding a pickled dict (Zhang et al., *HandX*, CVPR 2026; Hub dataset
``alexzhang598/HandX``). Entries are read one by one with :mod:`..restricted_pickle`, so memory does not grow with the
file. Texts are taken as they stand.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..clip import MANO_WIDTHS, Clip
from ..restricted_pickle import loads
from .archive import Archive

MOTION_FILE = re.compile(r"(\w+?)_can_pos_all_wotextfeat\.npz")
SOURCE_FILE = "handx_to_dataset_source_release.json"
LICENSE = "HandX release licence (non-commercial, not to be redistributed)"
MAX_ENTRY_BYTES = 16 * 2**20
MAX_SOURCE_FILE_BYTES = 256 * 2**20
_MOTION_KEYS = ("motion", "left_annotation", "right_annotation", "interaction_annotation")
_INDEX = re.compile(r"0|[1-9]\d{0,9}")

_log = logging.getLogger(__name__)


def release_files(folder: Path) -> dict[str, Path]:
    """The motion files in ``folder`` by split, train first."""
    found = {m[1]: file for file in folder.iterdir() if (m := MOTION_FILE.fullmatch(file.name)) and file.is_file()}
    return dict(sorted(found.items(), key=lambda item: (item[0] != "train", item[0])))


def is_release_file(path: Path) -> bool:
    """Whether an ``.npz`` has the release's keys "0", "1", …, whatever its name."""
    if path.suffix != ".npz":
        return False
    with Archive(path) as archive:
        return len(archive) > 0 and all(_INDEX.fullmatch(key) for key in archive)


class ReleaseSource:
    """The release as clips.

    ``clip_id`` is ``handx-<split>-<entry>``. The release does not say which windows were cut from one recording, so
    every entry is its own ``sequence_id``; ``handx_to_dataset_source_release.json``, if it lies beside, gives ``source``
    (the dataset that an entry comes from).

    Args:
        path: the release folder, or one of its motion files.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        if path.is_file():
            match = MOTION_FILE.fullmatch(path.name)
            self._motion = {match[1] if match else "train": path}
        else:
            self._motion = release_files(path)
        folder = path if path.is_dir() else path.parent
        self._mano = {split: folder / f"{split}_mano.npz" for split in self._motion}
        self._source_file = folder / SOURCE_FILE

    def splits(self) -> tuple[str, ...]:
        return tuple(self._motion)

    def files(self, split: str) -> list[Path]:
        beside = (self._mano[split], self._source_file)
        return [self._motion[split], *(file for file in beside if file.is_file())]

    def count(self, split: str) -> int | None:
        with Archive(self._motion[split], max_member_bytes=MAX_ENTRY_BYTES) as archive:
            return len(archive)

    def clips(self, split: str) -> Iterator[Clip]:
        """The entries in the order of their numbers.

        Raises:
            InputError: naming file, entry and key; a pickle that asks for a class has been refused, not run.
        """
        sources = self._sources(split)
        with Archive(self._motion[split], max_member_bytes=MAX_ENTRY_BYTES) as motion:
            keys = _indices(motion)
            if not self._mano[split].is_file():
                for key in keys:
                    yield _clip(motion, key, split, sources, None)
                return
            with Archive(self._mano[split], max_member_bytes=MAX_ENTRY_BYTES) as mano:
                missing = len(set(keys) - set(_indices(mano)))
                if missing:
                    _log.warning("%s has no entry for %d of %d clips", self._mano[split], missing, len(keys))
                for key in keys:
                    yield _clip(motion, key, split, sources, _mano(mano, key) if key in mano else None)

    def _sources(self, split: str) -> Mapping[str, str]:
        path = self._source_file
        if not path.is_file():
            return {}
        if path.stat().st_size > MAX_SOURCE_FILE_BYTES:
            raise InputError(f"the file is larger than {MAX_SOURCE_FILE_BYTES} bytes", where=str(path))
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"not readable as JSON: {str(error)[:120]}", where=str(path)) from error
        sources = content.get(split, {}) if isinstance(content, dict) else None
        if not isinstance(sources, dict) or not all(isinstance(value, str) for value in sources.values()):
            raise InputError("expected {split: {entry: name of the source dataset}}", where=f"{path}, split {split!r}")
        return sources


def _indices(archive: Archive) -> list[str]:
    for key in archive:
        if not _INDEX.fullmatch(key):
            raise InputError(
                f"the key {key[:80]!r} is not an entry number",
                where=str(archive.path),
                fix="A file of the HandX release has the keys 0, 1, 2, …",
            )
    return sorted(archive, key=int)


def _read_dict(archive: Archive, key: str, expected: tuple[str, ...]) -> dict[str, Any]:
    where = archive.where(key)
    entry = loads(archive.read_pickle_bytes(key), where=where, max_bytes=MAX_ENTRY_BYTES, boxed=True)
    if not isinstance(entry, dict):
        raise InputError(f"the entry is a {type(entry).__name__}, expected a dict", where=where)
    missing = [name for name in expected if name not in entry]
    unknown = [name for name in entry if name not in expected]
    if missing or unknown:
        problem = f"the key {missing[0]!r} is missing" if missing else f"unknown key {unknown[0][:80]!r}"
        raise InputError(problem, where=where, fix=f"Expected the keys {', '.join(expected)}")
    return entry


def _clip(
    archive: Archive, key: str, split: str, sources: Mapping[str, str], mano: dict[str, np.ndarray] | None
) -> Clip:
    entry = _read_dict(archive, key, _MOTION_KEYS)
    where = archive.where(key)
    motion = entry["motion"]
    if not isinstance(motion, np.ndarray):
        raise InputError(f"motion is a {type(motion).__name__}, expected an array", where=where)
    texts = {}
    for name in _MOTION_KEYS[1:]:
        if not isinstance(entry[name], list | tuple):
            raise InputError(f"{name} is a {type(entry[name]).__name__}, expected a list of texts", where=where)
        texts[name] = tuple(entry[name])
    clip_id = f"handx-{split}-{key}"
    return Clip(
        clip_id=clip_id,
        source=sources.get(key, "handx"),
        sequence_id=clip_id,
        split=split,
        motion=motion,
        left_texts=texts["left_annotation"],
        right_texts=texts["right_annotation"],
        interaction_texts=texts["interaction_annotation"],
        mano=mano,
        license=LICENSE,
    )


def _mano(archive: Archive, key: str) -> dict[str, np.ndarray]:
    entry = _read_dict(archive, key, tuple(MANO_WIDTHS))
    for name, values in entry.items():
        if not isinstance(values, np.ndarray):
            raise InputError(f"{name} is a {type(values).__name__}, expected an array", where=archive.where(key))
    return entry
