"""The boundary check of every motion, and lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from .skeleton import HANDS, JOINT_NAMES, NUM_JOINTS, WRIST

#: Shortest and longest plausible distance from the wrist to the farthest joint of a hand, in metres.
HAND_SPAN_M = (0.05, 0.35)
MIN_FRAMES = 3
MAX_FRAMES = 100_000
_BLOCK = 256


class MotionError(InputError):
    """A motion that is not one: wrong shape, not finite, or not the size of a hand."""


def check_motion(
    motion: Any,
    lengths: Any = None,
    *,
    name: str = "motion",
    clip_ids: Sequence[str] | None = None,
    min_frames: int = MIN_FRAMES,
) -> torch.Tensor:
    """Check that ``motion`` is two-hand motion in metres and return it as a floating tensor.

    Args:
        motion: ``(..., T, 2, 21, 3)``, array or tensor of any real dtype.
        lengths: ``(...)`` frames that count, per clip, broadcast over the leading axes; frames beyond are not looked at.
        name: how to call the input in a message, e.g. the file.
        clip_ids: names of the entries of the first leading axis, for the message.
        min_frames: shortest length that the caller can use.

    Returns:
        The motion as float32 or float64 (other dtypes become float32), on its device, never copied without need.

    Raises:
        MotionError: naming clip, frame, hand and joint, and the probable fix.

    >>> check_motion(np.zeros((10, 21, 3)))
    Traceback (most recent call last):
    ...
    handx_bench.hand.motion.MotionError: motion has shape (10, 21, 3), expected (..., T, 2, 21, 3). One hand only? Stack left and right on the third axis from the end
    """
    x = _as_float_tensor(motion, name)
    _check_shape(tuple(x.shape), name, min_frames)
    frames = x.reshape(-1, *x.shape[-4:])
    valid: torch.Tensor | None = None
    if lengths is not None:
        counts = _check_lengths(lengths, x, name, min_frames)
        valid = lengths_mask(counts, x.shape[-4]).reshape(-1, x.shape[-4]).to(x.device)

    def where(flat: int, *rest: str) -> str:
        return motion_place(flat, tuple(x.shape[:-4]), clip_ids, *rest)

    # In blocks, so that the check's copies stay small beside a large motion.
    for start in range(0, len(frames), _BLOCK):
        block = slice(start, start + _BLOCK)
        _check_finite(frames[block], None if valid is None else valid[block], start, name, where)
        _check_size(frames[block], None if valid is None else valid[block], start, name, where)
    return x


def lengths_mask(lengths: torch.Tensor, num_frames: int) -> torch.Tensor:
    """``(..., T)`` mask of the frames that count.

    >>> lengths_mask(torch.tensor([2, 3]), 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    return torch.arange(num_frames, device=lengths.device) < lengths[..., None]


def _check_finite(
    frames: torch.Tensor, valid: torch.Tensor | None, start: int, name: str, where: Callable[..., str]
) -> None:
    # A single pass tells nearly always: NaN and Inf spread to the sum.
    if torch.isfinite(frames.sum()):
        return
    bad = ~torch.isfinite(frames).all(-1)
    if valid is not None:
        bad &= valid[..., None, None]
    if bad.any():
        clip, frame, hand, joint = (int(i) for i in bad.nonzero()[0])
        value = frames[clip, frame, hand, joint].tolist()
        raise MotionError(
            f"{name} holds NaN or Inf: {value}",
            where=where(start + clip, f"frame {frame}", f"{HANDS[hand]} {JOINT_NAMES[joint]}"),
            fix="Fill or drop the frame before scoring",
        )


def _check_size(
    frames: torch.Tensor, valid: torch.Tensor | None, start: int, name: str, where: Callable[..., str]
) -> None:
    # The distance to the wrist is a cheap lower bound of the hand's span; the median over a clip tells wrong units
    # without refusing a generator for one wild frame.
    reach = (frames - frames[..., WRIST : WRIST + 1, :]).norm(dim=-1).amax(-1)
    if valid is not None:
        reach = reach.masked_fill(~valid[..., None], torch.nan)
    reach = reach.nanmedian(dim=1).values
    low, high = HAND_SPAN_M
    odd = ~((reach >= low) & (reach <= high))
    if odd.any():
        clip, hand = (int(i) for i in odd.nonzero()[0])
        size = float(reach[clip, hand])
        raise MotionError(
            f"{name}: a hand spans {size:.4g} m, expected {low}–{high} m",
            where=where(start + clip, f"{HANDS[hand]} hand"),
            fix=_size_fix(size),
        )


def _as_float_tensor(motion: Any, name: str) -> torch.Tensor:
    if not torch.is_tensor(motion):
        array = np.asarray(motion)
        if array.dtype.kind not in "fiu":
            raise MotionError(f"{name} has dtype {array.dtype}, expected real numbers", fix="Pass float32 metres")
        motion = torch.from_numpy(np.ascontiguousarray(array if array.flags.writeable else array.copy()))
    if motion.dtype not in (torch.float32, torch.float64):
        motion = motion.to(torch.float32)
    return motion


def _check_shape(shape: tuple[int, ...], name: str, min_frames: int) -> None:
    if len(shape) < 4 or shape[-3:] != (2, NUM_JOINTS, 3):
        fix = "Order the axes as frame, hand (left, right), joint (MANO order), xyz"
        if shape[-2:] == (NUM_JOINTS, 3) and (len(shape) == 3 or shape[-3] != 2):
            fix = "One hand only? Stack left and right on the third axis from the end"
        elif shape and shape[-1] in (126, 168):
            fix = f"Reshape the last axis to (2, 21, {shape[-1] // 42}) and keep xyz"
        raise MotionError(f"{name} has shape {shape}, expected (..., T, 2, 21, 3)", fix=fix)
    if 0 in shape[:-4]:
        raise MotionError(f"{name} has shape {shape}: no clip at all", fix="Pass at least one clip")
    if not min_frames <= shape[-4] <= MAX_FRAMES:
        raise MotionError(
            f"{name} has {shape[-4]} frames, expected {min_frames}–{MAX_FRAMES}",
            fix="Use longer clips" if shape[-4] < min_frames else "Cut the recording into windows",
        )


def _check_lengths(lengths: Any, x: torch.Tensor, name: str, min_frames: int) -> torch.Tensor:
    lead, num_frames = x.shape[:-4], x.shape[-4]
    out = torch.as_tensor(np.asarray(lengths) if not torch.is_tensor(lengths) else lengths)
    if out.is_floating_point() or out.dtype == torch.bool:
        raise MotionError(f"lengths of {name} have dtype {out.dtype}, expected integers", fix="Pass frame counts")
    if out.shape != lead[: out.ndim]:
        raise MotionError(
            f"lengths of {name} have shape {tuple(out.shape)}, expected {tuple(lead)}",
            fix="Give one length per clip",
        )
    wrong = (out < min_frames) | (out > num_frames)
    if wrong.any():
        first = int(wrong.flatten().nonzero()[0])
        raise MotionError(
            f"length {int(out.flatten()[first])} of {name} is outside {min_frames}–{num_frames}",
            where=f"clip {first}",
            fix="lengths count valid frames and cannot exceed the frames given",
        )
    return out.reshape(*out.shape, *(1,) * (len(lead) - out.ndim)).expand(lead)


def motion_place(flat: int, lead: tuple[int, ...], clip_ids: Sequence[str] | None, *rest: str) -> str:
    """Where something is, for messages: the clip of a flat index over the leading axes, and what follows.

    >>> motion_place(5, (3, 2), ["a", "b", "c"], "frame 7")
    "clip 'c', generation 1, frame 7"
    """
    index = np.unravel_index(flat, lead) if lead else ()
    return ", ".join([*_clip_name(tuple(int(i) for i in index), clip_ids), *rest])


def _clip_name(index: tuple[int, ...], clip_ids: Sequence[str] | None) -> list[str]:
    if not index:
        return []
    clip = f"clip {clip_ids[index[0]]!r}" if clip_ids is not None else f"clip {index[0]}"
    return [clip, *(f"generation {k}" for k in index[1:])]


def _size_fix(size: float) -> str:
    if size == 0:
        return "All joints coincide: is the motion all zeros?"
    if 50 <= size <= 350:
        return "These look like millimetres: divide by 1000"
    if 5 <= size <= 35:
        return "These look like centimetres: divide by 100"
    return "Joint positions are metres, not normalised features or rotations"
