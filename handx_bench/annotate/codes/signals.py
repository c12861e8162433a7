"""The signals behind motion codes: every channel of a clip at each frame, compiled.

Flexion is that of :func:`handx_bench.hand.joint_angles`, but for the thumb's MCP and IP without its sign: recordings disagree
about the axis that they bend about by up to 90°, so that a bent thumb would jump to as much hyper-extension. Palm distances are
exact. Spacing is the angle between the proximal bones of neighbouring fingers; relative position is from the centre of the left
palm to that of the right.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import torch

from ...hand.angles import MIN_BONE_M, THUMB
from ...hand.frames import DEGENERATE, check_frames
from ...hand.palm_kernel import palm_palm_distances, tip_palm_distances
from ...hand.skeleton import CHAINS, JOINT_INDEX, PALM_TRIANGLES, TIPS, WRIST
from .channels import CHANNEL_INDEX, CHANNELS, NEIGHBOURS

Vector = tuple[float, float, float]
_CHAINS = np.array(CHAINS)
_NEIGHBOURS = np.array([[JOINT_INDEX[f"{f}_{j}"] for f in pair for j in ("mcp", "pip")] for pair in NEIGHBOURS])
_TIPS = np.array(TIPS)
_TRIANGLES = np.array(PALM_TRIANGLES)
_INDEX_MCP, _MIDDLE_MCP = JOINT_INDEX["index_mcp"], JOINT_INDEX["middle_mcp"]
#: The first row of palm distances, which are made apart, and their number.
_PALMS, _PALM_ROWS = CHANNEL_INDEX["tip_palm.left_thumb"], 11
_DEGREES = 180.0 / math.pi


def channel_signals(motion: np.ndarray) -> np.ndarray:
    """``(channels, T)`` from ``motion (T, 2, 21, 3)`` in metres.

    NaN where a bone has no length.

    Raises:
        MotionError: a hand without a frame (see :func:`handx_bench.hand.check_frames`).
    """
    out = np.empty((len(CHANNELS), len(motion)))
    motion = np.ascontiguousarray(motion, np.float64)
    if not _fill(motion, out):
        check_frames(torch.from_numpy(motion))
    palms = out[_PALMS : _PALMS + _PALM_ROWS]
    tip_palm_distances(motion, palms[:-1])
    palm_palm_distances(motion, palms[-1])
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fill(motion: np.ndarray, out: np.ndarray) -> bool:  # pragma: no cover - compiled
    """Fill in all signals but palm distances; False where a hand has no frame."""
    local = np.empty((21, 3))
    centre = np.empty((2, 3))
    for t in range(len(motion)):
        row = 0
        for h in range(2):
            hand = motion[t, h]
            if not _to_local(hand, h == 0, local):
                return False
            for f in range(5):
                base, middle, end = _flexions(local, f)
                out[row + 3 * f, t], out[row + 3 * f + 1, t], out[row + 3 * f + 2, t] = base, middle, end
                out[row + 15 + f, t] = (base + middle + end) / 3
            row += 20
            for k in range(3):
                a, b, c, d = _NEIGHBOURS[k]
                out[row + k, t] = _angle(_between(hand, a, b), _between(hand, c, d))
            row += 3
            for k in range(4):
                out[row + k, t] = _norm(_between(hand, _TIPS[0], _TIPS[k + 1]))
            row += 4
            for axis in range(3):
                out[row + axis, t] = hand[WRIST, axis]
                centre[h, axis] = 0.0
                for k in range(len(_TRIANGLES)):
                    for j in _TRIANGLES[k]:
                        centre[h, axis] += hand[j, axis]
                centre[h, axis] /= 3 * len(_TRIANGLES)
            row += 3
        for a in range(5):
            for b in range(5):
                out[row, t] = _norm(_difference(_point(motion[t, 1], _TIPS[b]), _point(motion[t, 0], _TIPS[a])))
                row += 1
        row += _PALM_ROWS
        for axis in range(3):
            out[row + axis, t] = centre[1, axis] - centre[0, axis]
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _to_local(hand: np.ndarray, is_left: bool, out: np.ndarray) -> bool:  # pragma: no cover - compiled
    """Joints in (distal, radial, dorsal) coordinates around the wrist; False where those are not defined."""
    x = _unit(_between(hand, WRIST, _MIDDLE_MCP))
    cross = _cross(x, _between(hand, WRIST, _INDEX_MCP))
    if not _norm(cross) >= DEGENERATE:
        return False
    z = _unit(cross)
    y = _cross(z, x)
    dorsal = -1.0 if is_left else 1.0
    for j in range(21):
        d = _between(hand, WRIST, j)
        out[j, 0], out[j, 1], out[j, 2] = _dot(d, x), _dot(d, y), dorsal * _dot(d, z)
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _flexions(local: np.ndarray, finger: int) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Flexion of the base, middle and end joint of a finger, see :mod:`handx_bench.hand.angles`."""
    chain = _CHAINS[finger]
    metacarpal, proximal = _between(local, chain[0], chain[1]), _between(local, chain[1], chain[2])
    middle, distal = _between(local, chain[2], chain[3]), _between(local, chain[3], chain[4])
    base = math.nan
    if _norm(metacarpal) > MIN_BONE_M and _norm(proximal) > MIN_BONE_M:
        along = _unit(metacarpal)
        up = _unit((-along[2] * along[0], -along[2] * along[1], 1.0 - along[2] * along[2]))
        p_along, p_side, p_up = _dot(proximal, along), _dot(proximal, _cross(up, along)), _dot(proximal, up)
        # A finger flexed beyond 90° points back; the thumb is abducted that far.
        forward = -1.0 if p_along < 0 and finger != THUMB else 1.0
        base = math.atan2(-p_up, forward * math.hypot(p_along, p_side)) * _DEGREES
    return base, _hinge(proximal, middle, finger), _hinge(middle, distal, finger)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _hinge(first: Vector, second: Vector, finger: int) -> float:  # pragma: no cover - compiled
    angle = _angle(first, second)
    return -angle if finger != THUMB and _cross(first, second)[1] < 0 else angle


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _angle(first: Vector, second: Vector) -> float:  # pragma: no cover - compiled
    if _norm(first) <= MIN_BONE_M or _norm(second) <= MIN_BONE_M:
        return math.nan
    return math.atan2(_norm(_cross(first, second)), _dot(first, second)) * _DEGREES


# Vectors are tuples: arrays of three numbers would cost an allocation each.


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _point(hand: np.ndarray, joint: int) -> Vector:  # pragma: no cover - compiled
    return hand[joint, 0], hand[joint, 1], hand[joint, 2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _between(hand: np.ndarray, start: int, end: int) -> Vector:  # pragma: no cover - compiled
    return hand[end, 0] - hand[start, 0], hand[end, 1] - hand[start, 1], hand[end, 2] - hand[start, 2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _difference(a: Vector, b: Vector) -> Vector:  # pragma: no cover - compiled
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _dot(a: Vector, b: Vector) -> float:  # pragma: no cover - compiled
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross(a: Vector, b: Vector) -> Vector:  # pragma: no cover - compiled
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _norm(a: Vector) -> float:  # pragma: no cover - compiled
    return math.sqrt(_dot(a, a))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _unit(a: Vector) -> Vector:  # pragma: no cover - compiled
    length = _norm(a)
    return a[0] / length, a[1] / length, a[2] / length
