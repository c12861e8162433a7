"""Bimanual coordination as torchmetrics. Definitions: :mod:`.functional.coordination`, facts: :mod:`.registry`."""

from __future__ import annotations

from .base import DistributionMetric, RatioMetric
from .functional import coordination as f
from .functional.distributions import COORDINATION


class RelativeWristError(RatioMetric):
    """RMSE of the right wrist seen from the left hand."""

    id = "relative_wrist_error"
    functional = staticmethod(f.relative_wrist_error)


class CoordinationLagError(RatioMetric):
    """Difference of the lag between the hands."""

    id = "coordination_lag_error"
    functional = staticmethod(f.coordination_lag_error)


class CoordinationCorrelationError(RatioMetric):
    """Difference of the hands' correlation at their lag."""

    id = "coordination_correlation_error"
    functional = staticmethod(f.coordination_correlation_error)


class InterhandDistanceError(RatioMetric):
    """Error of the 21×21 distances between the hands, near ones first."""

    id = "interhand_distance_error"
    functional = staticmethod(f.interhand_distance_error)


class RelativePhaseError(RatioMetric):
    """Difference of the hands' relative phase, rhythmic clips."""

    id = "relative_phase_error"
    functional = staticmethod(f.relative_phase_error)


class PhaseLockingError(RatioMetric):
    """Difference of the phase-locking value, rhythmic clips."""

    id = "phase_locking_error"
    functional = staticmethod(f.phase_locking_error)


class CoordinationWasserstein(DistributionMetric):
    """Distance of the distributions of lag, correlation, distance, speed."""

    id = "coordination_wasserstein"
    distribution = COORDINATION
