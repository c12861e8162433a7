"""The predictions file: one safetensors file with motions, lengths, and where they come from. Never a pickle.

Tensors: ``motion (N, K, T, 2, 21, 3)`` float16 or float32 in metres, ``lengths (N,)`` int32 or int64. The
    header's
string metadata has exactly the keys ``METADATA_KEYS``; ``clip_ids`` is a JSON list of N distinct strings and
``seeds`` a JSON object of whole numbers. Reading is memory-mapped: slices over clips and samples touch only
what they need. Note that float16 rounds a coordinate of 0.5–1 m by up to 0.25 mm, which shows in jerk.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._version import __version__
from ..errors import InputError
from ..files import atomic_path
from ..hand.motion import MAX_FRAMES, MIN_FRAMES
from ..hand.skeleton import NUM_JOINTS
from .safetensors_header import TensorEntry, encode_header, read_header, strict_json

FORMAT_VERSION = "1"
METADATA_KEYS = (
    "format_version", "protocol_id", "protocol_hash", "clip_ids", "generator", "seeds", "library_version",
)  # fmt: skip
#: Larger files are refused unless the caller says otherwise.
MAX_FILE_BYTES = 16 * 2**30
MAX_CLIPS, MAX_GENERATIONS = 200_000, 1_000
MAX_NAME_CHARACTERS = 256
_MOTION_DTYPES: dict[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
_LENGTH_DTYPES: dict[str, np.dtype[Any]] = {"I32": np.dtype("<i4"), "I64": np.dtype("<i8")}


class PredictionsError(InputError):
    """A predictions file, or what should become one, is not as it must be."""


@dataclass(frozen=True)
class Predictions:
    """Generated motions and where they come from.

    Attributes:
        motion: ``(N, K, T, 2, 21, 3)`` float16 or float32 metres; memory-mapped when it was read from a file.
        lengths: ``(N,)`` frames that count.
        clip_ids: ``N`` distinct ids.
        seeds: what the random draws started from, by name.

    Raises:
        PredictionsError: the parts do not fit together.
    """

    motion: np.ndarray
    lengths: np.ndarray
    clip_ids: tuple[str, ...]
    protocol_id: str
    protocol_hash: str
    generator: str
    seeds: dict[str, int] = field(default_factory=dict)
    library_version: str = __version__

    def __post_init__(self) -> None:
        if self.motion.dtype not in (np.float16, np.float32):
            raise PredictionsError(f"motion has dtype {self.motion.dtype}", fix="Give float16 or float32")
        _check_shape(self.motion.shape)
        if self.lengths.dtype not in (np.int32, np.int64):
            raise PredictionsError(f"lengths have dtype {self.lengths.dtype}", fix="Give int32 or int64")
        object.__setattr__(self, "clip_ids", tuple(self.clip_ids))
        _check_clips(self.clip_ids, self.lengths, self.motion.shape)
        for key in ("protocol_id", "protocol_hash", "generator", "library_version"):
            _check_name(getattr(self, key), key)
        _check_seeds(self.seeds)

    @property
    def num_clips(self) -> int:
        """N."""
        return int(self.motion.shape[0])

    @property
    def num_generations(self) -> int:
        """K."""
        return int(self.motion.shape[1])

    def metadata(self) -> dict[str, str]:
        """The header's metadata."""
        return {
            "format_version": FORMAT_VERSION,
            "protocol_id": self.protocol_id,
            "protocol_hash": self.protocol_hash,
            "clip_ids": json.dumps(list(self.clip_ids), ensure_ascii=False),
            "generator": self.generator,
            "seeds": json.dumps(self.seeds, sort_keys=True),
            "library_version": self.library_version,
        }


def write_predictions(path: str | os.PathLike[str], predictions: Predictions) -> None:
    """Write the file; it appears whole or not at all.

    Raises:
        InputError: the place cannot be written to.
    """
    with writing_predictions(path, predictions) as append:
        for clip in predictions.motion:  # clip by clip: the motion may be larger than the memory
            append(clip[None])


@contextlib.contextmanager
def writing_predictions(
    path: str | os.PathLike[str], predictions: Predictions
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a file batch by batch: yields a function that takes motions ``(n, K, T, 2, 21, 3)`` in the clips'
    order.

    ``predictions`` gives all but the values, see :func:`blank_motion`. The file appears when the block ends
    well.

    Raises:
        PredictionsError: a batch of another shape, or fewer or more motions than ``predictions`` has clips.
    """
    shape, dtype = predictions.motion.shape, predictions.motion.dtype.newbyteorder("<")
    entries = {"lengths": predictions.lengths, "motion": predictions.motion}
    written = 0
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        stream.write(encode_header(entries, predictions.metadata()))
        stream.write(predictions.lengths.astype(predictions.lengths.dtype.newbyteorder("<"), copy=False).tobytes())

        def append(batch: np.ndarray) -> None:
            nonlocal written
            if batch.shape[1:] != shape[1:]:
                raise PredictionsError(f"a batch has shape {batch.shape}", fix=f"Give (n, {str(shape[1:])[1:]}")
            stream.write(np.ascontiguousarray(batch, dtype=dtype).tobytes())
            written += len(batch)

        yield append
        if written != shape[0]:
            raise PredictionsError(f"{written} motions were written for {shape[0]} clips")


def blank_motion(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    """Zeros of any shape that take no memory (read-only), to describe a file before its values exist."""
    return np.broadcast_to(np.zeros((), dtype=dtype), shape)


def read_predictions(path: str | os.PathLike[str], *, max_bytes: int = MAX_FILE_BYTES) -> Predictions:
    """Open a predictions file; the header is checked before anything else is read.

    The values of ``motion`` are not looked at here, since that would read the whole file: see
    :func:`~handx_bench.bench.validate.check_values`. The file must not be changed while the result is in use.

    Raises:
        PredictionsError: not a safetensors file, truncated, too large, unknown tensor or metadata key, wrong
            dtype or shape, duplicate clip id, a length beyond T, ...
    """
    header = read_header(path, max_bytes=max_bytes, error=PredictionsError)
    where = os.fspath(path)
    try:
        if set(header.tensors) != {"motion", "lengths"}:
            raise PredictionsError(
                f"the file holds {len(header.tensors)} tensors: {', '.join(repr(t[:40]) for t in sorted(header.tensors)[:5])}",
                fix="Exactly motion and lengths",
            )
        metadata = _check_metadata(header.metadata)
        motion = _entry(header.tensors["motion"], _MOTION_DTYPES, "float16 or float32")
        lengths = _entry(header.tensors["lengths"], _LENGTH_DTYPES, "int32 or int64")
        _check_shape(motion.shape)
        clip_ids = _string_list(metadata["clip_ids"])
        if lengths.shape != motion.shape[:1]:
            raise PredictionsError(f"lengths have shape {lengths.shape}", fix=f"Give {motion.shape[:1]}")
        return Predictions(
            motion=_map(path, motion, _MOTION_DTYPES),
            lengths=np.array(_map(path, lengths, _LENGTH_DTYPES)),
            clip_ids=clip_ids,
            protocol_id=metadata["protocol_id"],
            protocol_hash=metadata["protocol_hash"],
            generator=metadata["generator"],
            seeds=strict_json(metadata["seeds"], "seeds", PredictionsError),
            library_version=metadata["library_version"],
        )
    except PredictionsError as error:
        place = ", ".join(part for part in (where, error.where) if part)
        raise PredictionsError(error.what, where=place, fix=error.fix) from None


def _entry(entry: TensorEntry, dtypes: dict[str, np.dtype[Any]], expected: str) -> TensorEntry:
    if entry.dtype not in dtypes:
        raise PredictionsError(f"{entry.name} has dtype {entry.dtype}", fix=f"Store it as {expected}")
    itemsize = dtypes[entry.dtype].itemsize
    if entry.start % itemsize:
        raise PredictionsError(
            f"{entry.name} starts at byte {entry.start}, which is not a multiple of {itemsize}",
            fix="Write the file with handx-bench or with safetensors 0.4 or newer",
        )
    return entry


def _map(path: str | os.PathLike[str], entry: TensorEntry, dtypes: dict[str, np.dtype[Any]]) -> np.ndarray:
    try:
        return np.memmap(path, dtype=dtypes[entry.dtype], mode="r", offset=entry.start, shape=entry.shape)
    except (OSError, ValueError) as error:  # it has just been cut or removed
        raise PredictionsError(f"the file cannot be mapped: {error}", fix="Do not change it while it is read") from None


def _check_metadata(metadata: dict[str, str]) -> dict[str, str]:
    unknown, missing = set(metadata) - set(METADATA_KEYS), set(METADATA_KEYS) - set(metadata)
    if unknown:
        raise PredictionsError(
            f"unknown metadata key {sorted(unknown)[0][:80]!r}", fix=f"Known: {', '.join(METADATA_KEYS)}"
        )
    if missing:
        raise PredictionsError(
            f"metadata lacks {', '.join(sorted(missing))}",
            fix="Write the file with handx_bench.bench.write_predictions",
        )
    if metadata["format_version"] != FORMAT_VERSION:
        raise PredictionsError(
            f"format version {metadata['format_version'][:20]!r} is not {FORMAT_VERSION!r}",
            fix="Update handx-bench",
        )
    return metadata


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 6 or shape[3:] != (2, NUM_JOINTS, 3):
        raise PredictionsError(f"motion has shape {tuple(shape)}", fix=f"Give (N, K, T, 2, {NUM_JOINTS}, 3)")
    limits = {"N": (1, MAX_CLIPS), "K": (1, MAX_GENERATIONS), "T": (MIN_FRAMES, MAX_FRAMES)}
    for size, (axis, (low, high)) in zip(shape, limits.items()):
        if not low <= size <= high:
            raise PredictionsError(f"{axis} is {size}, expected {low}–{high}", where=f"motion {tuple(shape)}")


def _check_clips(clip_ids: tuple[str, ...], lengths: np.ndarray, shape: tuple[int, ...]) -> None:
    if len(clip_ids) != shape[0]:
        raise PredictionsError(f"{len(clip_ids)} clip ids for {shape[0]} motions", fix="Give one id per motion")
    seen: set[str] = set()
    for clip_id in clip_ids:
        _check_name(clip_id, "clip id")
        if clip_id in seen:
            raise PredictionsError("duplicate clip id", where=f"clip {clip_id!r}", fix="Give each clip once")
        seen.add(clip_id)
    if lengths.shape != shape[:1]:
        raise PredictionsError(f"lengths have shape {lengths.shape}", fix=f"Give {shape[:1]}")
    wrong = (lengths < MIN_FRAMES) | (lengths > shape[2])
    if wrong.any():
        first = int(wrong.argmax())
        raise PredictionsError(
            f"length {int(lengths[first])} is outside {MIN_FRAMES}–{shape[2]}",
            where=f"clip {clip_ids[first]!r}",
        )


def _check_name(value: Any, key: str) -> None:
    # What is not printable could rewrite the terminal of whoever lists submissions.
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_CHARACTERS or not value.isprintable():
        raise PredictionsError(
            f"{key} is {str(value)[:40]!r}", fix=f"Give 1–{MAX_NAME_CHARACTERS} printable characters"
        )


def _check_seeds(seeds: Any) -> None:
    good = isinstance(seeds, dict) and len(seeds) <= 16 and all(
        isinstance(k, str) and 0 < len(k) <= 64 and k.isprintable() and type(v) is int and 0 <= v < 2**63
        for k, v in seeds.items()
    )  # fmt: skip
    if not good:
        raise PredictionsError(
            "seeds are not at most 16 names of 1–64 printable characters with whole numbers in 0…2⁶³",
            fix='E.g. {"generation": 0}',
        )


def _string_list(text: str) -> tuple[str, ...]:
    value = strict_json(text, "clip_ids", PredictionsError)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise PredictionsError("clip_ids is not a JSON list of strings", fix='E.g. ["a", "b"]')
    return tuple(value)
