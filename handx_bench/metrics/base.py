"""Thin torchmetrics classes over the functional core: float64 or integer sums, so they merge and reduce under DDP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torchmetrics import Metric

from ..errors import InputError
from .functional._scores import Scores, batches, quotient
from .functional.distributions import Distribution
from .registry import METRICS, MetricInfo


class HandMetric(Metric):
    """Base of all metrics: knows its declared facts and which variant :meth:`compute` returns.

    Args:
        variant: dotted variant to return, '' for the metric itself; see ``info.variants``.
        fps: frames per second of the motions.
        **kwargs: passed to :class:`torchmetrics.Metric`.

    Raises:
        InputError: the metric has no such variant.
    """

    id: ClassVar[str]
    is_differentiable = False
    full_state_update = False

    def __init__(self, variant: str = "", fps: float = 30.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = ([""] if self.info.has_value else []) + list(self.info.variants)
        if not variant and not self.info.has_value:
            variant = known[0]
        if variant not in known:
            raise InputError(
                f"{self.id} has no variant {variant!r}", fix=f"Known variants: {', '.join(filter(None, known))}"
            )
        self.variant, self.fps = variant, fps

    def _state_name(self, what: str, *parts: object) -> str:
        """Name of a state, different for every metric that may come to differ.

        ``MetricCollection`` merges metrics whose states have equal names and, after the first batch, equal values: two
        tolerances of one F1 begin alike on a perfect batch and would be one for ever.
        """
        return "_".join([what, self.id, *map(str, parts)]).replace(".", "_")

    @property
    def info(self) -> MetricInfo:
        """Declared facts, from the registry."""
        return METRICS[self.id]

    @property
    def higher_is_better(self) -> bool | None:
        """None where neither end is best."""
        return {"higher": True, "lower": False, "none": None}[self.info.direction_of(self.variant)]


class RatioMetric(HandMetric):
    """A metric that is a ratio of sums over clips."""

    functional: ClassVar[Callable[..., Scores]]

    def __init__(self, variant: str = "", fps: float = 30.0, **kwargs: Any) -> None:
        super().__init__(variant, fps, **kwargs)
        names = (self._state_name(what, self.variant, fps, *self._settings()) for what in ("numerator", "denominator"))
        self._numerator, self._denominator = names
        for state in (self._numerator, self._denominator):
            self.add_state(state, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    # No **options here: MetricCollection would hand every metric the options of all others.
    def update(self, pred: Any, ref: Any = None, lengths: Any = None) -> None:
        """Add clips: ``pred (N[, K], T, 2, 21, 3)``, ``ref (N, T, 2, 21, 3)`` in metres, ``lengths (N,)``.

        Raises:
            MotionError: a motion is not one.
            InputError: references are missing, or the metric needs more generations per clip.
        """
        self._add(pred, ref, lengths)

    def _add(self, pred: Any, ref: Any, lengths: Any, **options: Any) -> None:
        if ref is None and self.info.needs_reference:
            raise InputError(f"{self.id} needs references", fix="Call update(pred, ref)")
        given = np.shape(pred)[1] if np.ndim(pred) == 6 else 1
        needed = (self.info.variants[self.variant] if self.variant else self.info).min_generations
        if given < needed:
            name = f"{self.id}.{self.variant}" if self.variant else self.id
            raise InputError(f"{name} needs {needed} generations per clip, got {given}", fix="Generate more per clip")
        scores = type(self).functional(pred, ref, lengths, fps=self.fps, **self._options(), **options)
        for state, values in ((self._numerator, scores[self.variant].numerator),
                              (self._denominator, scores[self.variant].denominator)):  # fmt: skip
            setattr(self, state, getattr(self, state) + values.sum())

    def compute(self) -> torch.Tensor:
        """The value over all clips, NaN where none could be scored."""
        return quotient(getattr(self, self._numerator), getattr(self, self._denominator))

    def _options(self) -> dict[str, Any]:
        """Further arguments of the function."""
        return {}

    def _settings(self) -> tuple[object, ...]:
        """What else tells instances of one class apart."""
        return ()


class DistributionMetric(HandMetric):
    """A metric that compares pooled samples: integer counts on a fixed grid."""

    distribution: ClassVar[Distribution]

    def __init__(self, variant: str = "", fps: float = 30.0, **kwargs: Any) -> None:
        super().__init__(variant, fps, **kwargs)
        # Variants differ in what they read from the counts, not in the counts: they may share them.
        self._predicted, self._reference = (self._state_name(what, fps) for what in ("predicted", "reference"))
        for state in (self._predicted, self._reference):
            zeros = torch.zeros(self.distribution.size, dtype=torch.int64)
            self.add_state(state, zeros, dist_reduce_fx="sum")

    def update(self, pred: Any, ref: Any, lengths: Any = None) -> None:
        """Add clips: ``pred (N[, K], T, 2, 21, 3)``, ``ref (N, T, 2, 21, 3)`` in metres, ``lengths (N,)``."""
        ours, theirs = batches(pred, ref, lengths, self.fps)
        for state, batch in ((self._predicted, ours), (self._reference, theirs)):
            setattr(self, state, getattr(self, state) + self.distribution.counts(batch))

    def compute(self) -> torch.Tensor:
        """The distance between the two pooled distributions."""
        counts = getattr(self, self._predicted), getattr(self, self._reference)
        return self.distribution.distance(*counts)[self.variant]
