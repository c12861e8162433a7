"""A small data set of posed hands, a protocol on it, and a generator that draws as it should."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import datasets
import numpy as np
import torch

from handx_bench.bench.protocol import Protocol
from handx_bench.bench.request import Request
from handx_bench.data.clip import FEATURES, Clip
from handx_bench.hand.kinematics import forward_kinematics

#: Wrist to finger bases and bone lengths of a plausible hand, metres, in the order of FINGERS.
PALM = torch.tensor(
    [[0.090, 0.025, 0.0], [0.093, 0.0, 0.0], [0.075, -0.042, -0.006], [0.086, -0.022, -0.002], [0.022, 0.032, -0.012]],
    dtype=torch.float64,
)
BONES = torch.tensor(
    [[0.040, 0.024, 0.019], [0.044, 0.028, 0.020], [0.032, 0.019, 0.018], [0.041, 0.027, 0.020], [0.044, 0.031, 0.026]],
    dtype=torch.float64,
)


def posed_motion(seed: int, frames: int, size: float = 1.0) -> np.ndarray:
    """``(T, 2, 21, 3)`` float32: hands 20 cm apart that curl their fingers and sway, smoothly and at random."""
    random = np.random.default_rng(seed)
    time = torch.linspace(0, 1, frames, dtype=torch.float64)[:, None, None]
    phase, speed = (torch.from_numpy(random.uniform(0.5, 3, (2, 20))) for _ in range(2))
    angles = 30 + 25 * torch.sin(2 * speed * time * torch.pi + phase)
    angles[..., 15:] = 5 * torch.sin(speed[:, 15:] * time * 6)
    turn = torch.from_numpy(random.uniform(-0.4, 0.4, 2))
    rotation = torch.zeros(frames, 2, 3, 3, dtype=torch.float64)
    for hand in range(2):
        a = turn[hand] + 0.3 * torch.sin(3 * time[:, 0, 0])
        rotation[:, hand, 0, 0], rotation[:, hand, 0, 1] = -a.sin(), -a.cos()
        rotation[:, hand, 1, 0], rotation[:, hand, 1, 1] = a.cos(), -a.sin()
        rotation[:, hand, 2, 2] = 1
    wrist = torch.tensor([[-0.1, 0.0, 0.0], [0.1, 0.0, 0.0]], dtype=torch.float64)
    wrist = wrist + 0.05 * torch.sin(3 * time + phase[:, :3])
    return forward_kinematics(angles, size * PALM, size * BONES, wrist, rotation).float().numpy()


def make_clips(
    count: int, split: str = "test", frames: Callable[[int], int] = lambda i: 30, seed: int = 0
) -> list[Clip]:
    """Clips ``<split>-000 …``, two per sequence, three actions, two levels of text."""
    return [
        Clip(
            clip_id=f"{split}-{i:03d}",
            source="posed",
            sequence_id=f"{split}-seq-{i // 2}",
            motion=posed_motion(1000 * seed + i, frames(i), size=0.9 + 0.02 * (i % 10)),
            split=split,
            left_texts=(f"left does {i}", f"left slowly does thing {i}"),
            right_texts=(f"right does {i}", f"right quickly does thing {i}"),
            interaction_texts=("apart", f"hands stay apart, number {i}"),
            action=("wave", "pinch index", "twist cap")[i % 3],
        )
        for i in range(count)
    ]


def as_dataset(clips: Sequence[Clip]) -> datasets.Dataset:
    """A data set as ``load_dataset`` gives it."""
    rows = datasets.Dataset.from_list([clip.to_row() for clip in clips], features=FEATURES)
    return rows.with_format("numpy", columns=["motion"], output_all_columns=True)


PROTOCOL: dict[str, Any] = {
    "id": "posed-v0",
    "version": "0",
    "dataset": {"name": "posed", "split": "test"},
    "task": "text-to-motion",
    "num_generations": 2,
    "metrics": ["joint_angle_error", "mpjpe", "contact_event_f1", "leak_share"],
    "headline": ["joint_angle_error", "contact_event_f1"],
    "statistics": {"draws": 100},
}


def make_protocol(**changes: Any) -> Protocol:
    return Protocol.model_validate({**PROTOCOL, **changes})


class SeededHands:
    """Draws hands from ``request.seed`` and the sample's number, as a generator should."""

    name = "seeded-hands"

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        longest = max(request.length for request in requests)
        out = np.zeros((len(requests), num_samples, longest, 2, 21, 3))
        for row, request in zip(out, requests):
            for k in range(num_samples):
                row[k, : request.length] = posed_motion(request.seed + k, request.length)
        return out
