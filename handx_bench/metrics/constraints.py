"""How well given parts are met, as torchmetrics; ``update`` takes ``constraints`` or ``transitions`` by keyword. Definitions: :mod:`.functional.constraints`, facts: :mod:`.registry`."""

from __future__ import annotations

from typing import Any

from .base import RatioMetric
from .functional import constraints as f


class _GivenMetric(RatioMetric):
    """A metric that must be told what the generator was given."""

    def update(self, pred: Any, ref: Any = None, lengths: Any = None, *, constraints: Any) -> None:  # type: ignore[override]
        """Add clips; ``constraints`` bool ``(N, T, 2, 21)`` is True where the position was given."""
        self._add(pred, ref, lengths, constraints=constraints)


class ConstraintError(_GivenMetric):
    """Position error on the given joints and frames."""

    id = "constraint_error"
    functional = staticmethod(f.constraint_error)


class KeyframeError(_GivenMetric):
    """Position error on frames given completely."""

    id = "keyframe_error"
    functional = staticmethod(f.keyframe_error)


class SeamJump(_GivenMetric):
    """Velocity jump at the edges of the given part, relative to the reference."""

    id = "seam_jump"
    functional = staticmethod(f.seam_jump)


class TransitionSmoothness(RatioMetric):
    """Peak jerk around transitions, relative to the reference."""

    id = "transition_smoothness"
    functional = staticmethod(f.transition_smoothness)

    def update(self, pred: Any, ref: Any = None, lengths: Any = None, *, transitions: Any) -> None:  # type: ignore[override]
        """Add clips; ``transitions`` bool ``(N, T)`` is True on the first frame of each later segment."""
        self._add(pred, ref, lengths, transitions=transitions)
