"""The 20 joint angles of a hand that joint positions determine.

Per hand 15 flexions in the order of MANO's joints 1–15 (index, middle, pinky, ring: MCP, PIP, DIP; thumb: CMC,
MCP, IP) and 5 abductions (index, middle, pinky, ring, thumb), in degrees, equal for mirrored hands.

* **MCP and thumb CMC** have two axes. The proximal bone is read as abducted in the plane of the palm, then
  flexed about the axis carried along: ``d = Rz(a) Ry(f) e`` with ``e`` the metacarpal direction, so flexion and
  abduction do not leak into each other (the plain angle between the bones would call a straight finger spread
  by 20° "flexed by 20°"). Where the projection of the bone on the palm is shorter than 0.2 of it, abduction is
  undefined and masked. A finger flexed beyond 90° points back, so its projection is read on the line; the thumb,
  whose abduction passes 90° in ordinary use and whose CMC cannot flex that far, is read on the ray.
* **PIP, DIP, thumb MCP and IP** are hinges: the angle between consecutive bones, signed by the flexion axis.

Angles at a bone without length are undefined too.

Positive flexion curls in; positive abduction points to the thumb's side (radial). Fingers flex about the hand's
side axis. The thumb's own curl axis is turned by 80° against it (its pronation: Cooney et al., *The kinesiology
of the thumb trapeziometacarpal joint*, J Bone Joint Surg 1981). Twist and wrist flexion are not observable.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .frames import to_anatomical
from .skeleton import CHAINS, FINGERS, JOINT_NAMES
from .vectors import dot

FLEXION_NAMES = tuple(f"{name}_flexion" for name in JOINT_NAMES[1:16])
ABDUCTION_NAMES = tuple(f"{JOINT_NAMES[chain[1]]}_abduction" for chain in CHAINS)
ANGLE_NAMES = FLEXION_NAMES + ABDUCTION_NAMES
NUM_ANGLES = len(ANGLE_NAMES)
FLEXIONS, ABDUCTIONS = slice(0, 15), slice(15, 20)

#: Below this share of the bone, its projection on the palm has no direction worth the name.
MIN_PROJECTION = 0.2
#: A bone shorter than this (metres) has no direction.
MIN_BONE_M = 1e-6
THUMB = FINGERS.index("thumb")
_PRONATION = math.radians(80.0)


class JointAngles(NamedTuple):
    """``degrees (..., 2, 20)`` in the order of ``ANGLE_NAMES``; ``valid`` is False where an angle is undefined."""

    degrees: torch.Tensor
    valid: torch.Tensor


@numpy_or_torch
def joint_angles(motion: torch.Tensor) -> JointAngles:
    """Joint angles of both hands.

    Args:
        motion: ``(..., 2, 21, 3)`` metres.

    Raises:
        MotionError: a hand without a frame (see :func:`~handx_bench.hand.frames.hand_frames`).
    """
    local = to_anatomical(motion)
    bones = torch.stack([local[..., chain[1:], :] - local[..., chain[:-1], :] for chain in CHAINS], dim=-3)
    length = bones.norm(dim=-1)
    bones = torch.nn.functional.normalize(bones, dim=-1)  # (..., 2, 5 fingers, 4 bones, 3)

    along, side, up = metacarpal_axes(bones[..., 0, :])
    proximal = bones[..., 1, :]
    p_along, p_side, p_up = (dot(proximal, axis) for axis in (along, side, up))
    is_thumb = torch.arange(len(FINGERS), device=motion.device) == THUMB
    forward = torch.where((p_along < 0) & ~is_thumb, -1.0, 1.0).to(p_along)
    projection = torch.hypot(p_along, p_side)
    base_flexion = torch.atan2(-p_up, forward * projection)
    abduction = torch.atan2(forward * p_side, forward * p_along)

    first, second = bones[..., 1:-1, :], bones[..., 2:, :]
    normal = torch.linalg.cross(first, second)
    hinge = torch.atan2(normal.norm(dim=-1), dot(first, second))
    curl = curl_axes(motion.dtype, motion.device)[:, None, :]
    hinge = torch.where(dot(normal, curl) < 0, -hinge, hinge)

    flexion = torch.cat([base_flexion[..., None], hinge], dim=-1).flatten(-2)
    whole = length > MIN_BONE_M
    joints = whole[..., :-1] & whole[..., 1:]
    valid = torch.cat([joints.flatten(-2), joints[..., 0] & (projection >= MIN_PROJECTION)], dim=-1)
    return JointAngles(torch.rad2deg(torch.cat([flexion, abduction], dim=-1)), valid)


def metacarpal_axes(metacarpal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Axes (along, side, up) of each finger's base from its metacarpal direction, anatomical coordinates."""
    dorsal = metacarpal.new_tensor([0.0, 0.0, 1.0]).expand_as(metacarpal)
    up = dorsal - metacarpal[..., 2:] * metacarpal
    up = torch.nn.functional.normalize(up, dim=-1)
    return metacarpal, torch.linalg.cross(up, metacarpal), up


def curl_axes(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """``(5, 3)`` the axis about which each finger curls in, anatomical coordinates."""
    axes = torch.zeros(len(FINGERS), 3, dtype=dtype, device=device)
    axes[:, 1] = 1.0
    axes[THUMB] = torch.tensor([0.0, math.cos(_PRONATION), -math.sin(_PRONATION)])
    return axes


def wrap_degrees(angle: torch.Tensor) -> torch.Tensor:
    """The same angle in [−180, 180).

    >>> wrap_degrees(torch.tensor([190.0, -10.0, 360.0]))
    tensor([-170.,  -10.,    0.])
    """
    return torch.remainder(angle + 180.0, 360.0) - 180.0
