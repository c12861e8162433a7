"""The coordinate frame of a hand, from three joints.

``x`` points from the wrist to the middle MCP (distal), ``y`` to the side of the index finger (radial) and
``z = unit(x × (index_mcp − wrist))``. That makes ``z`` dorsal on the right hand and palmar on the left; both
frames are proper rotations. :func:`to_anatomical` mirrors the left hand, so that there (distal, radial, dorsal)
mean the same on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .motion import MotionError, lengths_mask, motion_place
from .skeleton import HANDS, JOINT_INDEX, LEFT, RIGHT, WRIST

#: A hand whose wrist, index and middle MCP span less than this (metres) has no frame.
DEGENERATE = 1e-8
_BLOCK = 256
_NO_FRAME = "wrist, index MCP and middle MCP lie on one line, so the hand has no frame"
_MEND = "Drop the clip, or mend the joints of that frame"


class HandFrames(NamedTuple):
    """``origin (..., 2, 3)`` the wrists, ``rotation (..., 2, 3, 3)`` with the axes x, y, z as columns."""

    origin: torch.Tensor
    rotation: torch.Tensor


@numpy_or_torch
def hand_frames(motion: torch.Tensor) -> HandFrames:
    """Frame of each hand at each time.

    Args:
        motion: ``(..., 2, 21, 3)`` metres.

    Raises:
        MotionError: wrist, index MCP and middle MCP lie on one line (‖cross‖ < 1e-8), naming clip and frame.
    """
    x, cross = _frame_cross(motion)
    size = cross.norm(dim=-1, keepdim=True)
    if (size < DEGENERATE).any():
        *lead, hand = (int(i) for i in (size[..., 0] < DEGENERATE).nonzero()[0])
        names = [*("clip", "generation")[: max(0, len(lead) - 1)], "frame"]
        where = ", ".join([*(f"{n} {i}" for n, i in zip(names, lead)), f"{HANDS[hand]} hand"])
        raise MotionError(_NO_FRAME, where=where, fix=_MEND)
    z = cross / size
    return HandFrames(motion[..., WRIST, :], torch.stack([x, torch.linalg.cross(z, x), z], dim=-1))


def check_frames(
    motion: torch.Tensor,
    lengths: torch.Tensor | None = None,
    *,
    name: str = "motion",
    clip_ids: Sequence[str] | None = None,
) -> None:
    """Make sure that every hand ``(..., T, 2, 21, 3)`` has a frame, looking at the frames within ``lengths`` only.

    Raises:
        MotionError: naming clip, generation, frame and hand.
    """
    lead, num_frames = tuple(motion.shape[:-4]), motion.shape[-4]
    clips = motion.reshape(-1, *motion.shape[-4:])
    valid = torch.ones(len(clips), num_frames, dtype=torch.bool, device=motion.device)
    if lengths is not None:
        counts = lengths.reshape(*lengths.shape, *(1,) * (len(lead) - lengths.ndim)).expand(lead).reshape(-1)
        valid = lengths_mask(counts.to(motion.device), num_frames)
    for start in range(0, len(clips), _BLOCK):
        block = clips[start : start + _BLOCK]
        size = _frame_cross(block)[1].norm(dim=-1)
        bad = ((size < DEGENERATE) & valid[start : start + _BLOCK, :, None]).nonzero()
        if len(bad):
            clip, frame, hand = (int(i) for i in bad[0])
            place = motion_place(start + clip, lead, clip_ids, f"frame {frame}", f"{HANDS[hand]} hand")
            raise MotionError(f"{name}: {_NO_FRAME}", where=place, fix=_MEND)


def _frame_cross(motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Distal unit vector and its cross product with the direction of the index MCP, ``(..., 2, 3)`` each."""
    wrist = motion[..., WRIST, :]
    x = torch.nn.functional.normalize(motion[..., JOINT_INDEX["middle_mcp"], :] - wrist, dim=-1)
    return x, torch.linalg.cross(x, motion[..., JOINT_INDEX["index_mcp"], :] - wrist)


def mirror(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """``(2, 3)`` factors that turn the frame's coordinates into (distal, radial, dorsal) on each hand."""
    factors = torch.ones(2, 3, dtype=dtype, device=device)
    factors[LEFT, 2] = -1.0
    return factors


def to_anatomical(motion: torch.Tensor, frames: HandFrames | None = None) -> torch.Tensor:
    """Joints ``(..., 2, 21, 3)`` in (distal, radial, dorsal) coordinates around each wrist, metres."""
    origin, rotation = hand_frames(motion) if frames is None else frames
    local = (motion - origin[..., None, :]) @ rotation
    return local * mirror(motion.dtype, motion.device)[:, None, :]


@numpy_or_torch
def right_in_left(motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pose of the right hand seen from the left: position ``(..., 3)`` in metres and rotation ``(..., 3, 3)``.

    Unchanged when both hands are moved rigidly together.
    """
    origin, rotation = hand_frames(motion)
    left = rotation[..., LEFT, :, :]
    offset = origin[..., RIGHT, :] - origin[..., LEFT, :]
    return (offset[..., None, :] @ left)[..., 0, :], left.transpose(-1, -2) @ rotation[..., RIGHT, :, :]
