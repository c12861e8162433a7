"""Hands for tests: a plausible shape, random poses, motions by forward kinematics."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from handx_bench.hand import forward_kinematics

# Wrist to the base joint of index, middle, pinky, ring, thumb: distal, radial, dorsal, metres.
PALM = torch.tensor(
    [[0.093, 0.026, 0], [0.095, 0, 0], [0.074, -0.039, -0.012], [0.085, -0.02, -0.005], [0.025, 0.03, -0.012]],
    dtype=torch.float64,
)
BONES = torch.tensor(
    [[0.042, 0.024, 0.02], [0.046, 0.028, 0.02], [0.033, 0.019, 0.018], [0.042, 0.026, 0.02], [0.046, 0.032, 0.026]],
    dtype=torch.float64,
)
LOW = torch.tensor([-45.0, 0, 0] * 4 + [0, -10, -15] + [-20] * 4 + [-30], dtype=torch.float64)
HIGH = torch.tensor([75.0, 100, 80] * 4 + [60, 55, 80] + [20] * 4 + [30], dtype=torch.float64)


def random_angles(count: int, seed: int = 0) -> torch.Tensor:
    """``(count, 2, 20)`` degrees within the limits at which every angle is observable."""
    rng = np.random.default_rng(seed)
    return LOW + (HIGH - LOW) * torch.from_numpy(rng.random((count, 2, 20)))


def random_rotations(*shape: int, seed: int = 0) -> torch.Tensor:
    count = int(np.prod(shape))
    return torch.from_numpy(Rotation.random(count, random_state=seed).as_matrix()).reshape(*shape, 3, 3)


def pose(angles: torch.Tensor, wrist: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
    return forward_kinematics(angles, PALM, BONES, wrist, rotation)


def smooth_noise(rng: np.random.Generator, *shape: int, frames: int = 60, waves: int = 3) -> torch.Tensor:
    """Sums of a few slow waves along time, ``(frames, *shape)``, of unit size."""
    time = np.linspace(0, 1, frames).reshape(-1, *(1,) * len(shape))
    total = np.zeros((frames, *shape))
    for k in range(1, waves + 1):
        phase = rng.uniform(0, 2 * np.pi, shape)
        total += rng.normal(size=shape) * np.sin(2 * np.pi * k * time + phase) / np.sqrt(waves)
    return torch.from_numpy(total)


def random_motion(count: int = 4, frames: int = 60, seed: int = 0, apart: float = 0.06) -> torch.Tensor:
    """``(count, frames, 2, 21, 3)`` metres: two hands facing each other that wave, curl and sometimes touch."""
    rng = np.random.default_rng(seed)
    clips = []
    for _ in range(count):
        centre = (LOW + HIGH) / 2 + (HIGH - LOW) / 8 * torch.from_numpy(rng.normal(size=(2, 20)))
        angles = centre + (HIGH - LOW) / 8 * smooth_noise(rng, 2, 20, frames=frames)
        wrist = torch.tensor([[-apart, 0.0, 0.0], [apart, 0.0, 0.0]]) + 0.02 * smooth_noise(rng, 2, 3, frames=frames)
        # Fingers forward, palms facing: the left hand's frame z is palmar, the right hand's dorsal; both point to +x.
        base = np.stack([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]], axis=1)
        turn = Rotation.from_rotvec((0.2 * smooth_noise(rng, 2, 3, frames=frames)).numpy().reshape(-1, 3))
        rotation = torch.from_numpy(turn.as_matrix() @ base).reshape(frames, 2, 3, 3)
        clips.append(pose(angles, wrist, rotation))
    return torch.stack(clips)
