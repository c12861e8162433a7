"""Motions for timing: plausible two-hand clips, made quickly and always the same."""

from __future__ import annotations

import numpy as np
import torch

from handx_bench.hand import forward_kinematics

_PALM = [[0.093, 0.026, 0], [0.095, 0, 0], [0.074, -0.039, -0.012], [0.085, -0.02, -0.005], [0.025, 0.03, -0.012]]
_BONES = [
    [0.042, 0.024, 0.02],
    [0.046, 0.028, 0.02],
    [0.033, 0.019, 0.018],
    [0.042, 0.026, 0.02],
    [0.046, 0.032, 0.026],
]


def moving_hands(count: int, frames: int = 60, seed: int = 0) -> np.ndarray:
    """``(count, frames, 2, 21, 3)`` float32: hands 5–20 cm apart that wave and curl, some touching."""
    out = np.empty((count, frames, 2, 21, 3), np.float32)
    for start in range(0, count, 128):  # so that memory for making them does not hide what is measured
        block = out[start : start + 128]
        block[:] = _moving_hands(len(block), frames, seed * 1000 + start)
    return out


def _moving_hands(count: int, frames: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / 30
    angles = 25 + 20 * np.sin(
        2 * np.pi * rng.uniform(0.3, 1.5, (count, 1, 40)) * time + rng.uniform(0, 6.28, (count, 1, 40))
    )
    angles[..., 15:20] = angles[..., 35:] = 0
    wrist = np.zeros((count, frames, 2, 3))
    wrist[:, :, 0, 0], wrist[:, :, 1, 0] = -rng.uniform(0.02, 0.1, (count, 1)), rng.uniform(0.02, 0.1, (count, 1))
    phase = rng.uniform(0, 6.28, (count, 1, 6))
    wrist += 0.03 * np.sin(2 * np.pi * rng.uniform(0.3, 2, (count, 1, 6)) * time + phase).reshape(count, frames, 2, 3)
    # Fingers to the front, palms facing each other.
    rotation = np.broadcast_to(np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), (count, frames, 2, 3, 3))
    out = forward_kinematics(
        torch.from_numpy(angles.reshape(count, frames, 2, 20)),
        torch.tensor(_PALM, dtype=torch.float64),
        torch.tensor(_BONES, dtype=torch.float64),
        torch.from_numpy(wrist),
        torch.from_numpy(rotation.copy()),
    )
    return out.float().numpy()
