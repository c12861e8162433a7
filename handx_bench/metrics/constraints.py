"""How well given parts are met, as torchmetrics; ``update`` takes ``constraints`` or ``transitions`` by keyword. Definitions: :mod:`.functional.constraints`, facts: :mod:`.registry`."""

from __future__ import annotations

from .base import RatioMetric
from .functional import constraints as f


class ConstraintError(RatioMetric):
    """Position error on the given joints and frames."""

    id = "constraint_error"
    functional = staticmethod(f.constraint_error)


class KeyframeError(RatioMetric):
    """Position error on frames given completely."""

    id = "keyframe_error"
    functional = staticmethod(f.keyframe_error)


class SeamJump(RatioMetric):
    """Velocity jump at the edges of the given part, relative to the reference."""

    id = "seam_jump"
    functional = staticmethod(f.seam_jump)


class TransitionSmoothness(RatioMetric):
    """Peak jerk around transitions, relative to the reference."""

    id = "transition_smoothness"
    functional = staticmethod(f.transition_smoothness)
