"""Motion between poses: minimum jerk in time, and the small movements of a living hand."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from ...hand.angles import NUM_ANGLES
from .draw import Draw
from .plan import FPS, FRAMES, Hold


def minimum_jerk(x: np.ndarray) -> np.ndarray:
    """Share of a rest-to-rest movement done at share ``x`` of its time, clipped to [0, 1].

    Flash & Hogan, *The coordination of arm movements*, J Neurosci 1985.

    >>> minimum_jerk(np.array([-1, 0, 0.5, 1, 2])).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    x = np.minimum(np.maximum(x, 0.0), 1.0)
    return x * x * x * (10.0 + x * (-15.0 + 6.0 * x))


def timeline_positions(timeline: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each frame the pose before, the pose after, and the share done; each ``(60,)``.

    Frames before the first key stand in its pose, frames after the last in that.
    """
    times = np.array([t for t, _ in timeline])
    poses = np.array([p for _, p in timeline])
    frames = np.arange(FRAMES, dtype=float)
    after = np.searchsorted(times, frames, side="right")
    first, second = np.maximum(after - 1, 0), np.minimum(after, len(times) - 1)
    span = np.maximum(times[second] - times[first], 1e-9)
    return poses[first], poses[second], minimum_jerk((frames - times[first]) / span)


def hold_levels(holds: list[Hold], num_goals: int) -> tuple[np.ndarray, np.ndarray]:
    """How strongly each goal is kept, ``(60, M)`` in [0, 1], and how its target is shifted, ``(60, M, 3)``."""
    frames = np.arange(FRAMES, dtype=float)
    level, path = np.zeros((FRAMES, num_goals)), np.zeros((FRAMES, num_goals, 3))
    for hold in holds:
        rise = minimum_jerk((frames - hold.on + hold.ramp) / hold.ramp)
        fall = minimum_jerk((hold.off + hold.ramp - frames) / hold.ramp)
        level[:, hold.goal] = np.maximum(level[:, hold.goal], np.minimum(rise, fall))
        if hold.path is not None:
            path[:, hold.goal] = hold.path
    return level, path


def slerp(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Rotations on the shortest way from ``first`` to ``second``, ``(F, 3, 3)`` each, at ``share (F,)``."""
    way = Rotation.from_matrix(np.swapaxes(first, -1, -2) @ second).as_rotvec()
    return first @ rotation_matrices(way * share[..., None])


def sway(draw: Draw, shared: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drift and tremor of a clip: angles ``(60, 2, 20)`` degrees, wrists and rotation vectors ``(60, 2, 3)``.

    A slow sway of 0.2–0.9 Hz and physiological tremor of 7–11 Hz (Elble & Koller, *Tremor*, 1990). With ``shared``
    the wrists sway together and hardly against each other.
    """
    own = 0.12 if shared else 1.0
    angles = _waves(draw, (2, NUM_ANGLES), 1.1, 0.05)
    wrist = _waves(draw, (1, 3), 0.003, 0.0) + own * _waves(draw, (2, 3), 0.003, 0.00004)
    turn = own * _waves(draw, (2, 3), 0.02, 0.0004)
    return angles * (0.5 if shared else 1.0), wrist, turn


def _waves(draw: Draw, shape: tuple[int, ...], slow: float, tremor: float) -> np.ndarray:
    seconds = np.arange(FRAMES).reshape(-1, *(1,) * len(shape)) / FPS
    out = np.zeros((FRAMES, *shape))
    for size, low, high in ((slow, 0.2, 0.5), (0.5 * slow, 0.5, 0.9), (tremor, 7.0, 11.0)):
        amplitude = size * draw.array(0.3, 1.0, *shape)
        phase = draw.array(0.0, 2.0 * np.pi, *shape)
        out = out + amplitude * np.sin(2.0 * np.pi * draw.array(low, high, *shape) * seconds + phase)
    return out


def rotation_matrices(vector: np.ndarray) -> np.ndarray:
    """Rotation vectors ``(..., 3)`` in radians as matrices."""
    return Rotation.from_rotvec(vector.reshape(-1, 3)).as_matrix().reshape(*vector.shape[:-1], 3, 3)
