"""Inverse kinematics: moves hands as little as possible so that their goals are met.

Damped least squares (Wampler, *Manipulator inverse kinematic solutions based on vector formulations and damped
least-squares methods*, IEEE Trans. SMC 1986) in its dual form, batched over poses, in float64, with a fixed number
of steps and no branch on values, so that a pose is solved alike whatever else is in the batch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from ...hand.angles import ABDUCTIONS, NUM_ANGLES
from ...hand.frames import mirror
from ...hand.kinematics import HandShape, forward_kinematics
from ...hand.skeleton import CHAINS, FINGERS, NUM_JOINTS, WRIST
from .anatomy import joint_limits

#: Square of the residual (metres) that is not worth moving for.
DAMPING = 1e-8
#: A step answers to at most about this much of a residual, in metres.
MAX_STEP = 0.05
#: Degrees kept from the limits, and the width over which a joint near its limit stiffens.
MARGIN_DEG, STIFF_DEG = 0.25, 8.0
#: Steps that share a derivative.
REFRESH = 2
#: Angle by which joints are turned to and fro for a derivative.
SHIFT_DEG = 1.0
_PER_DEGREE = math.radians(1.0) / (2.0 * math.sin(math.radians(SHIFT_DEG)))


class State(NamedTuple):
    """``angles (N, 2, 20)`` degrees, ``wrist (N, 2, 3)`` metres, ``rotation (N, 2, 3, 3)``."""

    angles: torch.Tensor
    wrist: torch.Tensor
    rotation: torch.Tensor


class Goals(NamedTuple):
    """``weights (N, M, 42)``, ``target (N, M, 3)``, ``rows (N, M, 3)``, ``frame (N, M)``, ``is_distance (N, M)``,
    ``level (N, M)`` the share of the residual to remove."""

    weights: torch.Tensor
    target: torch.Tensor
    rows: torch.Tensor
    frame: torch.Tensor
    is_distance: torch.Tensor
    level: torch.Tensor


def clamp_angles(angles: torch.Tensor) -> torch.Tensor:
    """Angles ``(..., 20)`` moved inside the joint limits."""
    low, high = (torch.from_numpy(x) for x in joint_limits())
    return torch.minimum(torch.maximum(angles, low + MARGIN_DEG), high - MARGIN_DEG)


def solve(start: State, goals: Goals, mobility: torch.Tensor, shape: HandShape, steps: int) -> State:
    """The state near ``start`` that meets the goals.

    Args:
        start: where the search begins; its angles are clamped to the joint limits.
        goals: what to meet; a goal of level w keeps the share 1 − w of its first residual.
        mobility: ``(N, 52)`` variances of the degrees of freedom.
        shape: palm and bones ``(N, 2, 5, 3)``.
        steps: number of Gauss–Newton steps; the derivative is renewed at every second one.
    """
    state = start._replace(angles=clamp_angles(start.angles))
    keep = _residual(_joints(state, shape), state, goals) * (1.0 - goals.level)[..., None]
    for number in range(steps):
        joints = _joints(state, shape)
        if number % REFRESH == 0:
            answer = _answer(joints, state, goals, mobility, shape)
        error = ((_residual(joints, state, goals) - keep) * goals.rows).flatten(1)
        error = error / (1.0 + error.square().sum(-1, keepdim=True).sqrt() / MAX_STEP)
        state = _moved(state, -(answer @ error[..., None])[..., 0])
    return state


def _answer(joints: torch.Tensor, state: State, goals: Goals, mobility: torch.Tensor, shape: HandShape) -> torch.Tensor:
    """``(N, 52, 3M)`` the least movement, weighed by mobility, that removes a small residual."""
    jacobian = _jacobian(joints, _finger_motion(state, shape), state, goals) * goals.rows[..., None]
    jacobian = jacobian.flatten(1, 2)  # (N, 3M, 52)
    spread = jacobian * _stiffened(mobility, state.angles)[:, None, :]
    normal = spread @ jacobian.transpose(1, 2)
    normal = normal + DAMPING * torch.eye(normal.shape[-1], dtype=normal.dtype)
    return torch.linalg.solve(normal, spread).transpose(1, 2)


def _joints(state: State, shape: HandShape) -> torch.Tensor:
    return forward_kinematics(state.angles, shape.palm, shape.bones, state.wrist, state.rotation)


def _finger_motion(state: State, shape: HandShape) -> torch.Tensor:
    """Derivative ``(N, 4, 2, 21, 3)`` of the joints, per degree, in the four angles of their own finger.

    Fingers do not move each other, so one derivative serves all ten at once. A point that turns about an axis is
    ``a + b cos θ + c sin θ``, whose derivative is ``(p(θ + s) − p(θ − s)) / (2 sin s)`` exactly for any s; only the
    base of the thumb, whose curl axis is carried along, is approximated (relative error about s²/6).
    """
    moved = []
    for k in range(4):
        direction = torch.zeros_like(state.angles)
        columns = slice(k, 15, 3) if k < 3 else ABDUCTIONS
        direction[..., columns] = SHIFT_DEG
        ahead = _joints(state._replace(angles=state.angles + direction), shape)
        behind = _joints(state._replace(angles=state.angles - direction), shape)
        moved.append((ahead - behind) * _PER_DEGREE)
    return torch.stack(moved, dim=1)


def _seen(vector: torch.Tensor, state: State, goals: Goals) -> torch.Tensor:
    """World vectors ``(N, M, 3)`` in the frame of each goal; a hand's frame is (distal, radial, dorsal)."""
    factors = mirror(vector.dtype, vector.device)[:, None, :]  # (2, 1, 3)
    local = (state.rotation.transpose(-1, -2)[:, :, None] @ vector[:, None, ..., None])[..., 0] * factors
    out = torch.where((goals.frame == 0)[..., None], local[:, 0], vector)
    return torch.where((goals.frame == 1)[..., None], local[:, 1], out)


def _residual(joints: torch.Tensor, state: State, goals: Goals) -> torch.Tensor:
    vector = goals.weights @ joints.flatten(1, 2)
    length = vector.square().sum(-1, keepdim=True).sqrt()
    length = torch.cat([length, torch.zeros_like(vector[..., 1:])], dim=-1)
    return torch.where(goals.is_distance[..., None], length, _seen(vector, state, goals)) - goals.target


def _jacobian(joints: torch.Tensor, moved: torch.Tensor, state: State, goals: Goals) -> torch.Tensor:
    """``(N, M, 3, 52)`` derivative of the residual."""
    n, m = goals.weights.shape[:2]
    weights = goals.weights.unflatten(-1, (2, NUM_JOINTS))
    angles = torch.zeros(n, m, 2, NUM_ANGLES, 3, dtype=joints.dtype)
    for f in range(len(FINGERS)):
        chain = list(CHAINS[f][1:])
        part = torch.einsum("nmhj,nkhjc->nmhkc", weights[..., chain], moved[:, :, :, chain])
        angles[:, :, :, 3 * f : 3 * f + 3] = part[:, :, :, :3]
        angles[:, :, :, 15 + f] = part[:, :, :, 3]
    eye = torch.eye(3, dtype=joints.dtype)
    wrist = weights.sum(-1)[..., None, None] * eye  # (N, M, 2, 3 dofs, 3)
    arm = torch.einsum("nmhj,nhjc->nmhc", weights, joints - joints[:, :, WRIST : WRIST + 1])
    vector = goals.weights @ joints.flatten(1, 2)
    # A hand's own frame turns with it: seen from there the rest of the world turns the other way.
    own = torch.stack([goals.frame == h for h in (0, 1)], dim=-1)[..., None]
    lever = arm - torch.where(own, vector[:, :, None, :], 0.0)
    turn = torch.linalg.cross(eye.expand(n, m, 2, 3, 3), lever[..., None, :].expand(n, m, 2, 3, 3), dim=-1)
    world = torch.cat([angles.flatten(2, 3), wrist.flatten(2, 3), turn.flatten(2, 3)], dim=2)  # (N, M, 52, 3)

    unit = vector / vector.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-9)
    along = (world * unit[:, :, None, :]).sum(-1)
    length = torch.stack([along, torch.zeros_like(along), torch.zeros_like(along)], dim=-1)
    factors = mirror(joints.dtype, joints.device)
    out = world
    for h in (0, 1):
        local = (world @ state.rotation[:, None, h]) * factors[h]
        out = torch.where((goals.frame == h)[..., None, None], local, out)
    return torch.where(goals.is_distance[..., None, None], length, out).transpose(-1, -2)


def _stiffened(mobility: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    low, high = (torch.from_numpy(x) for x in joint_limits())
    room = torch.minimum(angles - low, high - angles) / STIFF_DEG
    factor = room.clamp(0.02, 1.0).flatten(1)
    return mobility * torch.cat([factor, torch.ones_like(mobility[:, factor.shape[1] :])], dim=1)


def _moved(state: State, step: torch.Tensor) -> State:
    angles, wrist, turn = step.split([2 * NUM_ANGLES, 6, 6], dim=1)
    return State(
        clamp_angles(state.angles + angles.unflatten(1, (2, NUM_ANGLES))),
        state.wrist + wrist.unflatten(1, (2, 3)),
        _rotation(turn.unflatten(1, (2, 3))) @ state.rotation,
    )


def _rotation(vector: torch.Tensor) -> torch.Tensor:
    """Rotation matrices from rotation vectors (Cayley form, exact to third order, never singular)."""
    half = vector / 2.0
    zero = torch.zeros_like(half[..., 0])
    x, y, z = half.unbind(-1)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))
    scale = 2.0 / (1.0 + half.square().sum(-1))[..., None, None]
    return torch.eye(3, dtype=vector.dtype) + scale * (skew + skew @ skew)
