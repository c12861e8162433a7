"""What a motion file holds, checked; the form in which ``score`` gets its two inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...hand.motion import MotionError, check_motion
from ..check import check_id, check_unique

#: Keys of a motion file. Only ``motion`` is required; anything else is an error.
KNOWN_KEYS = ("motion", "lengths", "fps", "sequence_id", "clip_id", "text_embedding", "motion_embedding")
_CHUNK = 512


@dataclass(frozen=True)
class MotionFile:
    """Motions of N clips with what scoring may need beside them.

    Attributes:
        motion: ``(N, T, 2, 21, 3)``, or ``(N, K, T, 2, 21, 3)`` for K generations per clip; float32 metres.
        lengths: ``(N,)`` int64 frames that count, None where all do.
        fps: frames per second, None where the file does not say.
        sequence_id: N ids of the recordings that the clips come from.
        clip_id: N ids, unique.
        text_embedding: ``(N, D)`` float32.
        motion_embedding: ``(N, D)`` float32, or ``(N, K, D)``.
    """

    motion: np.ndarray
    lengths: np.ndarray | None = None
    fps: float | None = None
    sequence_id: tuple[str, ...] | None = None
    clip_id: tuple[str, ...] | None = None
    text_embedding: np.ndarray | None = None
    motion_embedding: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.motion)


def motion_file(arrays: Mapping[str, np.ndarray], where: str) -> MotionFile:
    """Check the arrays of one file and bring them to their form; one clip ``(T, 2, 21, 3)`` becomes ``N = 1``.

    Raises:
        InputError: naming file, key, clip, and what was expected.

    >>> motion_file({"poses": np.zeros((9, 2, 21, 3))}, "a.npz")
    Traceback (most recent call last):
    ...
    handx_bench.errors.InputError: unknown key 'poses' (a.npz). Known keys: motion, lengths, fps, sequence_id, clip_id, text_embedding, motion_embedding
    """
    check_keys(arrays, where)
    motion = arrays["motion"]
    single = motion.ndim == 4
    if single:
        motion = motion[None]
    if motion.ndim not in (5, 6):
        # check_motion knows the usual mistakes; what it lets pass has too many leading axes.
        check_motion(motion, name=f"{where}: motion")
        raise MotionError(
            f"motion has shape {motion.shape}",
            where=where,
            fix="Expected (N, T, 2, 21, 3) or (N, K, T, 2, 21, 3)",
        )
    count = len(motion)
    clip_id = _ids(arrays, "clip_id", count, where)
    check_unique(clip_id or (), where)
    lengths = _lengths(arrays, count, where)
    generations = motion.shape[1] if motion.ndim == 6 else None
    return MotionFile(
        motion=_check_in_chunks(motion, lengths, clip_id, where),
        lengths=lengths,
        fps=_fps(arrays, count, where),
        sequence_id=_ids(arrays, "sequence_id", count, where),
        clip_id=clip_id,
        text_embedding=_embedding(arrays, "text_embedding", count, None, single, where),
        motion_embedding=_embedding(arrays, "motion_embedding", count, generations, single, where),
    )


def check_keys(keys: Iterable[str], where: str) -> None:
    """Refuse keys that are not of a motion file; a misspelt ``length`` must not pass for no lengths at all.

    Raises:
        InputError: naming the first unknown key, or the missing ``motion``.
    """
    keys = list(keys)
    for key in keys:
        if key not in KNOWN_KEYS:
            raise InputError(f"unknown key {key[:80]!r}", where=where, fix=f"Known keys: {', '.join(KNOWN_KEYS)}")
    if "motion" not in keys:
        raise InputError("the key 'motion' is missing", where=where, fix="Save the motions under the key 'motion'")


def _check_in_chunks(
    motion: np.ndarray, lengths: np.ndarray | None, clip_id: tuple[str, ...] | None, where: str
) -> np.ndarray:
    # The check makes several temporary copies; in chunks they stay small beside the motion itself.
    names = clip_id or tuple(str(i) for i in range(len(motion)))
    out = motion if motion.dtype == np.float32 else np.empty(motion.shape, np.float32)
    for start in range(0, max(len(motion), 1), _CHUNK):
        part = slice(start, start + _CHUNK)
        if out is not motion and motion.dtype.kind in "fiu":
            with np.errstate(over="ignore"):  # becomes Inf, which the check names
                out[part] = motion[part]
        check_motion(
            (out if motion.dtype.kind in "fiu" else motion)[part],
            None if lengths is None else lengths[part],
            name=f"{where}: motion",
            clip_ids=names[part],
        )
    return out


def _lengths(arrays: Mapping[str, np.ndarray], count: int, where: str) -> np.ndarray | None:
    if "lengths" not in arrays:
        return None
    lengths = np.atleast_1d(arrays["lengths"])
    if lengths.dtype.kind not in "iu" or lengths.shape != (count,):
        raise InputError(
            f"lengths have dtype {lengths.dtype} and shape {lengths.shape}, expected integers of shape ({count},)",
            where=where,
            fix="Give the number of frames that count, per clip",
        )
    return lengths.astype(np.int64)


def _fps(arrays: Mapping[str, np.ndarray], count: int, where: str) -> float | None:
    if "fps" not in arrays:
        return None
    fps = arrays["fps"]
    if fps.dtype.kind not in "fiu" or fps.shape not in ((), (1,), (count,)):
        raise InputError(f"fps has dtype {fps.dtype} and shape {fps.shape}, expected one number", where=where)
    first = float(fps.reshape(-1)[0])
    if not (np.isfinite(fps).all() and 0 < first <= 1000):
        raise InputError(f"fps is {first}, expected frames per second", where=where)
    if (fps != fps.reshape(-1)[0]).any():
        raise InputError("the clips have different fps", where=where, fix="Resample them to one frame rate first")
    return first


def _ids(arrays: Mapping[str, np.ndarray], key: str, count: int, where: str) -> tuple[str, ...] | None:
    if key not in arrays:
        return None
    values: Any = np.atleast_1d(arrays[key])
    if values.dtype.kind not in "Uiu" or values.shape != (count,):
        raise InputError(
            f"{key} has dtype {values.dtype} and shape {values.shape}, expected text or integers of shape ({count},)",
            where=where,
        )
    return tuple(check_id(str(value), f"a {key}", where) for value in values)


def _embedding(
    arrays: Mapping[str, np.ndarray], key: str, count: int, generations: int | None, single: bool, where: str
) -> np.ndarray | None:
    if key not in arrays:
        return None
    values = arrays[key]
    if single and values.ndim == 1:
        values = values[None]
    lead = [(count,)] if generations is None else [(count,), (count, generations)]
    if values.dtype.kind != "f" or values.shape[:-1] not in lead or values.shape[-1] == 0:
        expected = " or ".join(str((*axes, "D")) for axes in lead).replace("'", "")
        raise InputError(
            f"{key} has dtype {values.dtype} and shape {values.shape}, expected floats of shape {expected}",
            where=where,
        )
    values = values.astype(np.float32)
    if not np.isfinite(values).all():
        clip = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InputError(f"{key} holds NaN or Inf", where=f"{where}, clip {clip}")
    return values
