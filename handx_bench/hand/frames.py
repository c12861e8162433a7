"""The coordinate frame of a hand, from three joints.

``x`` points from the wrist to the middle MCP (distal), ``y`` to the side of the index finger (radial) and
``z = unit(x × (index_mcp − wrist))``. That makes ``z`` dorsal on the right hand and palmar on the left; both
frames are proper rotations. :func:`to_anatomical` mirrors the left hand, so that there (distal, radial, dorsal)
mean the same on both.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .motion import MotionError
from .skeleton import HANDS, JOINT_INDEX, LEFT, RIGHT, WRIST

_DEGENERATE = 1e-8


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
    wrist = motion[..., WRIST, :]
    distal = motion[..., JOINT_INDEX["middle_mcp"], :] - wrist
    radial = motion[..., JOINT_INDEX["index_mcp"], :] - wrist
    x = torch.nn.functional.normalize(distal, dim=-1)
    cross = torch.linalg.cross(x, radial)
    size = cross.norm(dim=-1, keepdim=True)
    if (size < _DEGENERATE).any():
        *lead, hand = (int(i) for i in (size[..., 0] < _DEGENERATE).nonzero()[0])
        names = ("clip", "generation", "frame")
        where = [f"{n} {i}" for n, i in zip([*names[: len(lead) - 1], "frame"], lead)]
        raise MotionError(
            "wrist, index MCP and middle MCP lie on one line, so the hand has no frame",
            where=", ".join([*where, f"{HANDS[hand]} hand"]),
            fix="Drop the clip, or mend the joints of that frame",
        )
    z = cross / size
    return HandFrames(wrist, torch.stack([x, torch.linalg.cross(z, x), z], dim=-1))


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
