"""Joint angles and positions as torchmetrics. Definitions: :mod:`.functional.angles`, facts: :mod:`.registry`."""

from __future__ import annotations

from .base import DistributionMetric, RatioMetric
from .functional import angles as f
from .functional.distributions import JOINT_ANGLES, JOINT_VELOCITIES


class JointAngleError(RatioMetric):
    """Mean absolute difference of the 40 joint angles."""

    id = "joint_angle_error"
    functional = staticmethod(f.joint_angle_error)


class JointAngleEnergy(RatioMetric):
    """Energy score of the joint-angle trajectory."""

    id = "joint_angle_energy"
    functional = staticmethod(f.joint_angle_energy)


class RangeOfMotionViolation(RatioMetric):
    """Joint angles outside the clinical range + 10°."""

    id = "range_of_motion_violation"
    functional = staticmethod(f.range_of_motion_violation)


class MPJPE(RatioMetric):
    """Joint position error, right wrist of the first frame aligned."""

    id = "mpjpe"
    functional = staticmethod(f.mpjpe)


class ProcrustesMPJPE(RatioMetric):
    """Joint position error after per-hand Procrustes alignment."""

    id = "pa_mpjpe"
    functional = staticmethod(f.pa_mpjpe)


class JointAngleWasserstein(DistributionMetric):
    """1-Wasserstein distance of pooled joint angles."""

    id = "joint_angle_wasserstein"
    distribution = JOINT_ANGLES


class JointVelocityWasserstein(DistributionMetric):
    """1-Wasserstein distance of pooled joint angular velocities."""

    id = "joint_velocity_wasserstein"
    distribution = JOINT_VELOCITIES
