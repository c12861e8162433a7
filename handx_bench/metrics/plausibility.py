"""Plausibility as torchmetrics. Definitions: :mod:`.functional.plausibility`, facts: :mod:`.registry`."""

from __future__ import annotations

from typing import Any

import torch

from .base import RatioMetric
from .functional import plausibility as f
from .functional.memorisation import TrainingIndex, memorised_share


class BoneLengthVariation(RatioMetric):
    """Coefficient of variation of bone lengths over time."""

    id = "bone_length_variation"
    functional = staticmethod(f.bone_length_variation)


class JerkRatio(RatioMetric):
    """Mean jerk relative to the reference (1 is best)."""

    id = "jerk_ratio"
    functional = staticmethod(f.jerk_ratio)


class SpeedRatio(RatioMetric):
    """Mean joint speed relative to the reference (1 is best)."""

    id = "speed_ratio"
    functional = staticmethod(f.speed_ratio)


class Penetration(RatioMetric):
    """Frames in which the hands' capsules overlap."""

    id = "penetration"
    functional = staticmethod(f.penetration)


class FrozenShare(RatioMetric):
    """Clips with almost no motion."""

    id = "frozen_share"
    functional = staticmethod(f.frozen_share)


class LeakShare(RatioMetric):
    """Predictions within 1 mm of their own reference."""

    id = "leak_share"
    functional = staticmethod(f.leak_share)


class MemorisedShare(RatioMetric):
    """Clips nearer to a training clip than training clips are to each other.

    Args:
        train: training motions ``(M, T, 2, 21, 3)`` in metres.
        train_lengths: ``(M,)`` frames that count.
    """

    id = "memorised_share"
    functional = staticmethod(memorised_share)

    def __init__(self, train: Any, train_lengths: torch.Tensor | None = None, **kwargs: Any) -> None:
        index = TrainingIndex.of(train, train_lengths)
        self._threshold = index.threshold
        super().__init__(**kwargs)
        self.index = index

    def _options(self) -> dict[str, Any]:
        return {"train": self.index}

    def _settings(self) -> tuple[object, ...]:
        return (self._threshold,)
