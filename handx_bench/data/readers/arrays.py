"""Motion arrays from ``.npz``, ``.npy``, ``.safetensors``, or a folder of one clip per file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..check import MAX_ID_LENGTH, check_unique
from ..clip import Clip
from .archive import Archive, DamagedFileError, read_npy
from .motion_file import MotionFile, check_keys, motion_file

SUFFIXES = (".npz", ".npy", ".safetensors")
#: Ids are text, which safetensors cannot hold as tensors: JSON lists in its metadata.
_METADATA_IDS = ("clip_id", "sequence_id")


def read_motion(path: str | Path) -> MotionFile:
    """Read motions from a file, or from a folder of single-clip files of any lengths.

    A folder's clips are padded to the longest with their last frame, ``lengths`` says how many count, and the file
    names without suffix are the clip ids. Nothing is unpickled.

    Args:
        path: ``.npz`` with the keys of ``KNOWN_KEYS``, ``.npy`` with the motion alone, ``.safetensors`` with the
            same tensors (ids as JSON lists in the metadata), or a folder of these.

    Raises:
        InputError: naming file, key and clip.
    """
    path = Path(path)
    if not path.is_dir():
        return motion_file(_read_arrays(path), str(path))
    files = array_files(path)
    if not files:
        raise InputError("the folder holds no motion file", where=str(path), fix=f"Expected {', '.join(SUFFIXES)}")
    return _stack([(file.stem, _read_single(file)) for file in files], str(path))


def array_files(folder: Path) -> list[Path]:
    """The motion files directly in ``folder``, by name; other files are none of ours."""
    return sorted(f for f in folder.iterdir() if f.suffix in SUFFIXES and not f.name.startswith(".") and f.is_file())


class ArraySource:
    """Motion files as clips. They carry no split: all clips get the one that is asked for.

    A folder without motion files whose sub-folders hold some (``train/``, ``test/``) has these as its splits.
    """

    DEFAULT_SPLIT = "train"

    def __init__(self, path: Path, split: str | None = None) -> None:
        self.name = str(path)
        self._source = path.stem if path.is_file() else path.name
        if path.is_file():
            self._files = {split or self.DEFAULT_SPLIT: [path]}
        elif files := array_files(path):
            self._files = {split or self.DEFAULT_SPLIT: files}
        else:
            folders = sorted(f for f in path.iterdir() if f.is_dir() and not f.name.startswith("."))
            self._files = {f.name: array_files(f) for f in folders if array_files(f)}
        self._one_clip_per_file = path.is_dir()

    def splits(self) -> tuple[str, ...]:
        return tuple(self._files)

    def files(self, split: str) -> list[Path]:
        return self._files[split]

    def count(self, split: str) -> int | None:
        return len(self._files[split]) if self._one_clip_per_file else None

    def clips(self, split: str) -> Iterator[Clip]:
        """The clips of one file after the other; only one file is in memory."""
        for file in self._files[split]:
            motions = _read_single(file) if self._one_clip_per_file else read_motion(file)
            if motions.motion.ndim != 5:
                raise InputError(
                    f"motion has shape {motions.motion.shape}: several generations per clip are no dataset",
                    where=str(file),
                    fix="Score such a file with 'handx-bench score'",
                )
            ids = motions.clip_id or _numbered(file.stem, len(motions))
            for i, clip_id in enumerate(ids):
                length = len(motions.motion[i]) if motions.lengths is None else int(motions.lengths[i])
                yield Clip(
                    clip_id=clip_id,
                    source=self._source,
                    sequence_id=motions.sequence_id[i] if motions.sequence_id else clip_id,
                    split=split,
                    motion=np.asarray(motions.motion[i, :length]),
                    fps=30.0 if motions.fps is None else motions.fps,
                )


def _numbered(stem: str, count: int) -> list[str]:
    width = len(str(count - 1))
    return [stem] if count == 1 else [f"{stem}-{i:0{width}d}" for i in range(count)]


def _read_single(path: Path) -> MotionFile:
    file = motion_file(_read_arrays(path), str(path))
    if file.motion.ndim != 5 or len(file) != 1:
        raise InputError(
            f"motion has shape {file.motion.shape}, expected one clip (T, 2, 21, 3)",
            where=str(path),
            fix="In a folder every file holds one clip; pass a file of several clips by itself",
        )
    return file


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise InputError("no such file or folder", where=str(path))
    match path.suffix:
        case ".npy":
            return {"motion": read_npy(path)}
        case ".npz":
            with Archive(path) as archive:
                check_keys(archive, str(path))  # before any content is read
                return {key: archive.read_array(key) for key in archive}
        case ".safetensors":
            return _read_safetensors(path)
        case _:
            raise InputError(
                f"unknown kind of motion file {path.suffix!r}",
                where=str(path),
                fix=f"Expected {', '.join(SUFFIXES)}, or a folder of them",
            )


def _read_safetensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            check_keys(file.keys(), str(path))
            keys = file.keys()  # no mapping: it cannot be iterated itself
            arrays = {key: file.get_tensor(key) for key in keys}
            metadata: dict[str, str] = file.metadata() or {}
    except (SafetensorError, TypeError, AttributeError, OSError) as error:
        # TypeError, AttributeError: dtypes that numpy does not have, e.g. bfloat16.
        raise DamagedFileError(
            f"not a readable safetensors file: {str(error)[:120]}",
            where=str(path),
            fix="Save float16 or float32 tensors with safetensors",
        ) from error
    for key in _METADATA_IDS:
        if key in metadata and key not in arrays:
            arrays[key] = _metadata_ids(metadata[key], key, path)
    return arrays


def _metadata_ids(text: str, key: str, path: Path) -> np.ndarray:
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"metadata {key!r} is not JSON", where=str(path)) from error
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"metadata {key!r} is not a JSON list of texts", where=str(path))
    longest = max(map(len, values), default=0)
    if longest > MAX_ID_LENGTH:  # an array of texts gives each the room of the longest
        raise InputError(f"metadata {key!r} holds a text of {longest} characters", where=str(path), fix="Shorten it")
    return np.array(values, dtype=str)


def _stack(files: list[tuple[str, MotionFile]], where: str) -> MotionFile:
    clip_ids = tuple(file.clip_id[0] if file.clip_id else stem for stem, file in files)
    check_unique(clip_ids, where)
    motions = [f.motion[0, : len(f.motion[0]) if f.lengths is None else f.lengths[0]] for _, f in files]
    lengths = np.array([len(motion) for motion in motions])
    stacked = np.empty((len(files), lengths.max(), 2, 21, 3), np.float32)
    for row, motion in zip(stacked, motions):
        row[: len(motion)], row[len(motion) :] = motion, motion[-1]
    rates = {file.fps for _, file in files}
    if len(rates) > 1:
        found = ", ".join("none" if rate is None else f"{rate:g}" for rate in sorted(rates, key=lambda r: r or 0))
        raise InputError(f"the files have different fps: {found}", where=where, fix="Resample them to one frame rate")

    def gathered(field: str) -> list[Any] | None:
        values = [getattr(file, field) for _, file in files]
        missing = [stem for (stem, _), value in zip(files, values) if value is None]
        if missing and len(missing) < len(files):
            raise InputError(f"{field} is in some files only, e.g. not in {missing[0]!r}", where=where)
        return None if missing else [value[0] for value in values]

    sequences, texts, embeddings = (
        gathered("sequence_id"),
        gathered("text_embedding"),
        gathered("motion_embedding"),
    )
    return MotionFile(
        motion=stacked,
        lengths=lengths,
        fps=rates.pop(),
        sequence_id=tuple(sequences) if sequences else None,
        clip_id=clip_ids,
        text_embedding=_join(texts, "text_embedding", where),
        motion_embedding=_join(embeddings, "motion_embedding", where),
    )


def _join(rows: list[np.ndarray] | None, key: str, where: str) -> np.ndarray | None:
    if rows is None:
        return None
    if len({row.shape for row in rows}) > 1:
        raise InputError(f"{key} has different widths in different files", where=where)
    return np.stack(rows)
