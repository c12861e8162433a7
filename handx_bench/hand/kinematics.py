"""Forward kinematics: joint angles, hand shape and wrist pose to joint positions; the inverse of ``angles``."""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .angles import ABDUCTIONS, FLEXIONS, NUM_ANGLES, THUMB, curl_axes, metacarpal_axes
from .frames import mirror
from .skeleton import CHAINS, FINGERS, NUM_JOINTS


class HandShape(NamedTuple):
    """Rigid palm and bone lengths of one hand.

    ``palm (..., 5, 3)``: wrist to the base joint of each finger in (distal, radial, dorsal) metres, in the order
    of ``FINGERS``; the middle one must lie on the distal axis and the index one in the plane of the palm, since
    they define the hand's frame. ``bones (..., 5, 3)``: lengths of the three free bones of each finger.
    """

    palm: torch.Tensor
    bones: torch.Tensor


@numpy_or_torch
def forward_kinematics(
    angles: torch.Tensor, palm: torch.Tensor, bones: torch.Tensor, wrist: torch.Tensor, rotation: torch.Tensor
) -> torch.Tensor:
    """Joint positions of two hands.

    Args:
        angles: ``(..., 2, 20)`` degrees, as :func:`~handx_bench.hand.angles.joint_angles` returns them.
        palm: ``(..., 2, 5, 3)`` metres, see :class:`HandShape`; broadcast over the leading axes.
        bones: ``(..., 2, 5, 3)`` metres.
        wrist: ``(..., 2, 3)`` metres, world.
        rotation: ``(..., 2, 3, 3)`` hand frames (columns x, y, z) as in :mod:`~handx_bench.hand.frames`.

    Returns:
        ``(..., 2, 21, 3)`` metres.
    """
    if angles.shape[-2:] != (2, NUM_ANGLES):
        raise ValueError(f"angles have shape {tuple(angles.shape)}, expected (..., 2, {NUM_ANGLES})")
    radians = torch.deg2rad(angles)
    flexion = radians[..., FLEXIONS].unflatten(-1, (len(FINGERS), 3))
    abduction = radians[..., ABDUCTIONS, None]

    along, side, up = metacarpal_axes(torch.nn.functional.normalize(palm, dim=-1))
    spread = abduction.cos() * along + abduction.sin() * side
    base = flexion[..., :1]
    bone = base.cos() * spread - base.sin() * up
    # Fingers keep the abducted side axis for all joints; the thumb's hinges turn about its own curl axis.
    axis = abduction.cos() * side - abduction.sin() * along
    curl = curl_axes(angles.dtype, angles.device).expand_as(bone)
    own = torch.nn.functional.normalize(curl - (curl * bone).sum(-1, keepdim=True) * bone, dim=-1)
    is_thumb = (torch.arange(len(FINGERS), device=angles.device) == THUMB)[:, None]
    axis = torch.where(is_thumb, own, axis)

    joint = palm.expand_as(bone)
    out = torch.zeros(*angles.shape[:-1], NUM_JOINTS, 3, dtype=angles.dtype, device=angles.device)
    first, middle, last, tip = (torch.tensor(c) for c in list(zip(*CHAINS))[1:])
    out[..., first, :] = joint
    for i, index in enumerate((middle, last, tip)):
        if i > 0:
            turn = flexion[..., i : i + 1]
            bone = turn.cos() * bone + turn.sin() * torch.linalg.cross(axis, bone)
        joint = joint + bones[..., i : i + 1] * bone
        out[..., index, :] = joint
    local = out * mirror(out.dtype, out.device)[:, None, :]
    return wrist[..., None, :] + local @ rotation.transpose(-1, -2)
