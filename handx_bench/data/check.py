"""The boundary check of clips: every clip that enters, from whatever format, passes here once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..annotate.texts import MAX_TEXT_LENGTH
from ..errors import InputError
from ..hand import motion as hand_motion
from .clip import FEATURES, MANO_WIDTHS, Clip

_TEXT_FIELDS = ("left_texts", "right_texts", "interaction_texts")
_STRING_FIELDS = ("clip_id", "source", "sequence_id", "subject", "split", "action", "license")
_SPLIT = re.compile(r"\w+(\.\w+)*")
MAX_ID_LENGTH = 200
#: Clips are checked and written in groups of this size; it bounds memory and is the row group of Parquet files.
GROUP_SIZE = 100
#: A group of long recordings ends earlier, at about 100 MB.
GROUP_FRAMES = 200_000


def checked_groups(clips: Iterable[Clip], *, name: str, seen: set[str] | None = None) -> Iterator[list[Clip]]:
    """Group ``clips`` lazily and check each group.

    Args:
        clips: any number of clips; only one group is held at a time.
        name: file or dataset, for messages.
        seen: clip ids met so far; pass one set to keep ids unique over several calls.

    Raises:
        InputError: naming ``name``, the clip, and what is wrong.
    """
    seen = set() if seen is None else seen
    for group in _groups(clips):
        for clip in group:
            _check_fields(clip, name)
        check_unique([clip.clip_id for clip in group], name, seen)
        check_motions([c.motion for c in group], [c.clip_id for c in group], name=name)
        for clip in group:
            if clip.mano is not None:
                _check_mano(clip.mano, len(clip.motion), f"{name}, clip {clip.clip_id!r}")
        yield group


def _groups(clips: Iterable[Clip]) -> Iterator[list[Clip]]:
    group: list[Clip] = []
    frames = 0
    for clip in clips:
        group.append(clip)
        frames += np.size(clip.motion) // (2 * 21 * 3)
        if len(group) == GROUP_SIZE or frames >= GROUP_FRAMES:
            yield group
            group, frames = [], 0
    if group:
        yield group


def check_motions(motions: Sequence[np.ndarray], clip_ids: Sequence[str], *, name: str) -> None:
    """Check motions ``(T, 2, 21, 3)`` of different lengths at once.

    Raises:
        MotionError: naming the clip, frame, hand and joint.
    """
    for motion, clip_id in zip(motions, clip_ids):
        # Shapes must be right before motions can be padded to one length.
        if motion.dtype.kind != "f" or motion.ndim != 4 or motion.shape[1:] != (2, 21, 3) or len(motion) < 3:
            checked = hand_motion.check_motion(motion, name=f"{name}, clip {clip_id!r}: motion")
            if checked.ndim != 4:
                raise hand_motion.MotionError(
                    f"motion has shape {motion.shape}, expected (T, 2, 21, 3)",
                    where=f"{name}, clip {clip_id!r}",
                )
    lengths = [len(motion) for motion in motions]
    if len(motions) > 1 and len(motions) * max(lengths) > GROUP_FRAMES:
        for motion, clip_id in zip(motions, clip_ids):  # padding to one long recording would cost too much
            check_motions([motion], [clip_id], name=name)
        return
    padded = np.zeros((len(motions), max(lengths), 2, 21, 3), np.float32)
    with np.errstate(over="ignore"):  # becomes Inf, which the check names
        for row, motion in zip(padded, motions):
            row[: len(motion)] = motion
    hand_motion.check_motion(padded, lengths, name=f"{name}: motion", clip_ids=clip_ids)


def check_id(value: Any, what: str, where: str) -> str:
    """An id: text that is not empty, short, printable, and therefore safe in tables and file lists."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{what} is {value!r}, expected text that is not empty"[:200], where=where)
    if len(value) > MAX_ID_LENGTH or not value.isprintable():
        raise InputError(
            f"{what} {value[:40]!r} is longer than {MAX_ID_LENGTH} characters or not printable", where=where
        )
    return value


def check_split(value: Any, where: str) -> str:
    """A split name as ``datasets`` and file names need it: words of letters, digits and ``_``, joined by ``.``.

    >>> check_split("../test", "clips")
    Traceback (most recent call last):
    ...
    handx_bench.errors.InputError: the split '../test' is not a name (clips). Use letters, digits and '_'
    """
    if not isinstance(value, str) or not _SPLIT.fullmatch(value) or len(value) > MAX_ID_LENGTH:
        raise InputError(f"the split {value!r:.80} is not a name", where=where, fix="Use letters, digits and '_'")
    return value


def check_unique(clip_ids: Iterable[str], where: str, seen: set[str] | None = None) -> None:
    """Refuse a clip id that occurs twice, or that is in ``seen``, to which the ids are added.

    >>> check_unique(["a", "b", "a"], "clips.npz")
    Traceback (most recent call last):
    ...
    handx_bench.errors.InputError: clip id 'a' occurs twice (clips.npz). Give every clip its own clip_id
    """
    seen = set() if seen is None else seen
    for clip_id in clip_ids:
        if clip_id in seen:
            raise InputError(f"clip id {clip_id!r} occurs twice", where=where, fix="Give every clip its own clip_id")
        seen.add(clip_id)


def _check_fields(clip: Clip, name: str) -> None:
    check_id(clip.clip_id, "a clip_id", name)
    where = f"{name}, clip {clip.clip_id!r}"
    check_id(clip.sequence_id, "sequence_id", where)
    check_split(clip.split, where)
    for key in _STRING_FIELDS:
        check_text(getattr(clip, key), key, where)
    if not isinstance(clip.fps, int | float) or not (math.isfinite(clip.fps) and 0 < clip.fps <= 1000):
        raise InputError(f"fps is {clip.fps!r}, expected frames per second", where=where)
    counts = {}
    for key in _TEXT_FIELDS:
        texts = getattr(clip, key)
        if isinstance(texts, str) or not isinstance(texts, Sequence):
            raise InputError(f"{key} is a {type(texts).__name__}, expected a list of texts", where=where)
        counts[key] = len(texts)
        for text in texts:
            check_text(text, key, where)
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{key} {count}" for key, count in counts.items())
        raise InputError(
            f"the lists of texts have different lengths: {found}",
            where=where,
            fix="Give left, right and interaction texts for the same levels of detail; empty texts are allowed",
        )


def check_text(value: Any, key: str, where: str) -> None:
    """Text that Arrow and JSON can hold: a str of bounded length without lone surrogates."""
    if not isinstance(value, str):
        raise InputError(f"{key} holds {_kind(value)}, expected text", where=where, fix="Use '' where nothing is known")
    if len(value) > MAX_TEXT_LENGTH:
        raise InputError(f"{key} holds a text of {len(value)} characters, at most {MAX_TEXT_LENGTH}", where=where)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{key} holds text that is not valid Unicode: {error.reason}", where=where) from error


def _kind(value: Any) -> str:
    return "NaN" if isinstance(value, float) and math.isnan(value) else f"a {type(value).__name__}"


def _check_mano(mano: Mapping[str, Any], num_frames: int, where: str) -> None:
    if set(mano) != set(MANO_WIDTHS):
        raise InputError(f"mano has the keys {', '.join(sorted(mano))}, expected {', '.join(MANO_WIDTHS)}", where=where)
    for key, width in MANO_WIDTHS.items():
        values = mano[key]
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or values.shape != (num_frames, width):
            found = getattr(values, "shape", type(values).__name__)
            raise InputError(
                f"mano {key} has shape {found}, expected floats of shape ({num_frames}, {width})", where=where
            )
        if not np.isfinite(values).all():
            raise InputError(f"mano {key} holds NaN or Inf", where=where)


def clip_from_row(row: Mapping[str, Any], *, where: str = "dataset") -> Clip:
    """The clip in a dataset row (python or numpy formatted); the inverse of :meth:`Clip.to_row`.

    Raises:
        InputError: a value that cannot be an array or a list, naming the clip.
    """
    values = {key: row[key] for key in FEATURES}
    try:
        values["motion"] = np.asarray(row["motion"], np.float32)
        values.update({key: tuple(row[key]) for key in _TEXT_FIELDS})
        mano = row["mano"]
        if mano is not None and any(value is not None for value in mano.values()):
            values["mano"] = {key: np.asarray(mano[key], np.float32).reshape(-1, w) for key, w in MANO_WIDTHS.items()}
        else:
            values["mano"] = None
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the row does not fit the HandX form: {error}", where=f"{where}, clip {row['clip_id']!r}"
        ) from error
    return Clip(**values)
