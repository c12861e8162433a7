"""The training mean pose, held still.

The mean is taken where a mean of hands is a hand: circular mean of each joint angle, mean bone lengths and
palm, mean wrist position, chordal mean of the wrist rotation (Markley et al., *Averaging quaternions*, J Guid
Control Dyn 2007), put together by forward kinematics. A mean of joint positions would shrink the fingers
towards the palm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from handx_bench.bench.request import Request
from handx_bench.hand.angles import joint_angles
from handx_bench.hand.frames import hand_frames, to_anatomical
from handx_bench.hand.kinematics import forward_kinematics
from handx_bench.hand.skeleton import CHAINS

from .assemble import assemble
from .clip_store import ClipStore

_CLIPS_AT_ONCE = 64
_BASES = [chain[1] for chain in CHAINS]


class MeanPose:
    """Answers every request with the same frozen pose.

    Args:
        dataset, split: training clips; see :class:`~handx_baselines.simple.clip_store.ClipStore`.
    """

    name = "mean-pose"

    def __init__(self, dataset: Any = "handx-mini", split: str = "train") -> None:
        self._clips = ClipStore(dataset, split)

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        """``(N, K, T, 2, 21, 3)``, all frames alike but for a given part."""
        return assemble(requests, num_samples, lambda request, k: self.pose[None])

    @cached_property
    def pose(self) -> np.ndarray:
        """``(2, 21, 3)`` float32 metres."""
        return mean_pose(np.asarray(row["motion"], dtype=np.float32) for row in self._clips.rows)


def mean_pose(motions: Iterator[np.ndarray]) -> np.ndarray:
    """Mean pose ``(2, 21, 3)`` of the frames of motions ``(T, 2, 21, 3)``, in float64 sums of constant
    memory."""
    total = torch.zeros(2, 20, dtype=torch.float64)
    sine, cosine, palm = total.clone(), total.clone(), torch.zeros(2, 5, 3, dtype=torch.float64)
    bones, wrist = palm.clone(), torch.zeros(2, 3, dtype=torch.float64)
    rotation = torch.zeros(2, 3, 3, dtype=torch.float64)
    count = 0
    for frames in _blocks(motions):
        angles = joint_angles(frames)
        radians = torch.deg2rad(angles.degrees)
        sine += (radians.sin() * angles.valid).sum(0)
        cosine += (radians.cos() * angles.valid).sum(0)
        pose = hand_frames(frames)
        wrist += pose.origin.sum(0)
        rotation += pose.rotation.sum(0)
        local = to_anatomical(frames, pose)
        palm += local[..., _BASES, :].sum(0)
        bones += torch.stack([_free_bones(local, chain) for chain in CHAINS], dim=-2).sum(0)
        count += len(frames)
    degrees = torch.rad2deg(torch.atan2(sine, cosine))  # an angle that is never defined becomes 0
    out: torch.Tensor = forward_kinematics(
        degrees, palm / count, bones / count, wrist / count, nearest_rotation(rotation / count)
    )
    return out.to(torch.float32).numpy()


def nearest_rotation(matrix: torch.Tensor) -> torch.Tensor:
    """The rotation ``(..., 3, 3)`` nearest to a mean of rotations in the Frobenius norm.

    >>> nearest_rotation(torch.diag(torch.tensor([0.5, 0.9, 0.2])))
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])
    """
    u, _, vh = torch.linalg.svd(matrix)
    sign = torch.ones(*matrix.shape[:-2], 3, dtype=matrix.dtype)
    sign[..., 2] = torch.det(u @ vh).sign()
    return u @ (sign[..., None] * vh)


def _free_bones(local: torch.Tensor, chain: tuple[int, ...]) -> torch.Tensor:
    return (local[..., chain[2:], :] - local[..., chain[1:-1], :]).norm(dim=-1)


def _blocks(motions: Iterator[np.ndarray]) -> Iterator[torch.Tensor]:
    block: list[np.ndarray] = []
    for motion in motions:
        block.append(motion)
        if len(block) == _CLIPS_AT_ONCE:
            yield torch.from_numpy(np.concatenate(block)).double()
            block = []
    if block:
        yield torch.from_numpy(np.concatenate(block)).double()
