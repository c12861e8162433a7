"""A batch of motions with everything the metrics read from it, each computed once when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import torch

from ..annotate.codes import MotionCodes, codes_of_clips
from ..hand.angles import FLEXIONS, JointAngles, joint_angles
from ..hand.contact import contact_distances
from ..hand.events import Events, contact_mask, extract_events
from ..hand.frames import right_in_left
from ..hand.motion import lengths_mask
from ..hand.skeleton import LEFT, RIGHT, WRIST

T = TypeVar("T")


class MotionBatch:
    """M motions of equal storage length.

    Args:
        motion: ``(M, T, 2, 21, 3)`` metres, checked before; float64 keeps results independent of the machine.
        lengths: ``(M,)`` frames that count; all where None.
        fps: frames per second.
    """

    def __init__(self, motion: torch.Tensor, lengths: torch.Tensor | None = None, fps: float = 30.0) -> None:
        count, frames = motion.shape[:2]
        if lengths is None:
            lengths = torch.full((count,), frames)
        self.lengths = lengths.to(motion.device)
        self.mask = lengths_mask(self.lengths, frames)
        # Beyond its length a clip repeats its last frame: finite, a valid hand, and without any effect.
        last = torch.minimum(torch.arange(frames, device=motion.device), self.lengths[:, None] - 1)
        padded = not bool(self.mask.all())
        self.motion = torch.take_along_dim(motion, last[:, :, None, None, None], dim=1) if padded else motion
        self.fps = fps
        self._memory: dict[tuple[str, MotionBatch | None], Any] = {}

    def remember(self, name: str, other: MotionBatch, compute: Callable[[], T]) -> T:
        """``compute()``, once per name and other batch; for results that several metrics of one family share."""
        # Compared with itself, a batch must not hold itself: only the garbage collector would free it, much later.
        key = name, None if other is self else other
        if key not in self._memory:
            self._memory[key] = compute()
        value: T = self._memory[key]
        return value

    def __len__(self) -> int:
        return len(self.motion)

    @cached_property
    def angles(self) -> JointAngles:
        """Joint angles ``(M, T, 2, 20)`` in degrees and where they are defined."""
        return joint_angles(self.motion)

    @cached_property
    def flexion(self) -> torch.Tensor:
        """Mean finger flexion ``(M, T, 2)`` in degrees."""
        return self.angles.degrees[..., FLEXIONS].mean(-1)

    @cached_property
    def aligned(self) -> torch.Tensor:
        """Motion with the right wrist of the first frame at the origin."""
        return self.motion - self.motion[:, :1, RIGHT : RIGHT + 1, WRIST : WRIST + 1]

    @cached_property
    def wrist_velocity(self) -> torch.Tensor:
        """``(M, T−1, 2, 3)`` m/s."""
        return torch.diff(self.motion[:, :, :, WRIST], dim=1) * self.fps

    @cached_property
    def right_in_left(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Right hand seen from the left: position ``(M, T, 3)`` and rotation ``(M, T, 3, 3)``."""
        return right_in_left(self.motion)

    @cached_property
    def interhand(self) -> torch.Tensor:
        """Distances ``(M, T, 21, 21)`` between the joints of the left and the right hand, metres."""
        left, right = self.motion[..., LEFT, :, :], self.motion[..., RIGHT, :, :]
        return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")

    @cached_property
    def codes(self) -> list[MotionCodes]:
        """Motion codes of each motion."""
        return list(codes_of_clips(self.motion.cpu().numpy(), self.lengths.tolist(), self.fps))

    @cached_property
    def contact(self) -> torch.Tensor:
        """Contact mask ``(M, T, 44)``."""
        return contact_mask(contact_distances(self.motion), self.lengths)

    @cached_property
    def events(self) -> Events:
        """Contact events; ``row`` counts motions."""
        return extract_events(self.contact, self.lengths)
