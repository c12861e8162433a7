"""Per-clip metrics as pure functions; the classes of :mod:`handx_bench.metrics` only add state."""

from ._scores import Ratio, Scores, batches
from .angles import joint_angle_energy, joint_angle_error, mpjpe, pa_mpjpe, range_of_motion_violation
from .constraints import constraint_error, keyframe_error, seam_jump, transition_smoothness
from .contact import (
    contact_event_f1,
    contact_iou,
    contact_occurrence_f1,
    contact_offset_error,
    contact_onset_error,
    contact_statistics,
)
from .coordination import (
    coordination_correlation_error,
    coordination_features,
    coordination_lag_error,
    interhand_distance_error,
    phase_locking_error,
    relative_phase_error,
    relative_wrist_error,
)
from .plausibility import (
    bone_length_variation,
    frozen_share,
    jerk_ratio,
    leak_share,
    penetration,
    speed_ratio,
)

__all__ = [
    "Ratio",
    "Scores",
    "batches",
    "bone_length_variation",
    "constraint_error",
    "contact_event_f1",
    "contact_iou",
    "contact_occurrence_f1",
    "contact_offset_error",
    "contact_onset_error",
    "contact_statistics",
    "coordination_correlation_error",
    "coordination_features",
    "coordination_lag_error",
    "frozen_share",
    "interhand_distance_error",
    "jerk_ratio",
    "joint_angle_energy",
    "joint_angle_error",
    "keyframe_error",
    "leak_share",
    "mpjpe",
    "pa_mpjpe",
    "penetration",
    "phase_locking_error",
    "range_of_motion_violation",
    "relative_phase_error",
    "relative_wrist_error",
    "seam_jump",
    "speed_ratio",
    "transition_smoothness",
]
