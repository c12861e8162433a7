"""Every metric with its declared facts, in the order of reports. Importing this loads neither torch nor numpy."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ..errors import InputError

if TYPE_CHECKING:
    from .base import HandMetric

Direction = Literal["lower", "higher", "none"]
FAMILIES = ("angles", "coordination", "contact", "semantics", "plausibility", "constraints")


@dataclass(frozen=True)
class Variant:
    """A dotted variant of a metric, ``<metric>.<name>``; unit and direction are the metric's own where None."""

    unit: str | None = None
    direction: Direction | None = None
    min_generations: int = 1


#: Raised whenever skills, reference rows or intervals change; part of every protocol's hash.
SCORING_REVISION = 1


@dataclass(frozen=True)
class MetricInfo:
    """What a metric declares about itself.

    Attributes:
        name: id in reports; ``family`` one of ``FAMILIES``; ``summary`` one line for people.
        unit, direction, range: of the value; direction ``none`` where the best value is neither end.
        source: the paper or standard a definition follows.
        needs_reference, needs_encoder: what it cannot do without.
        min_generations: smallest K at which it exists.
        distribution: pools clips before comparing, so no clip has a value of its own.
        optional: further input it needs (``train``, ``texts``, ``constraints`` or ``transitions``); skipped where that is
            not given.
        headline: enters the family's skill.
        revision: raised whenever the values change; part of every protocol's hash, so that scores of two revisions never
            stand in one table.
        variants: dotted variants beside the value itself; ``has_value`` is False where there are only variants.
        implementation: ``module:Class`` within this package.
    """

    name: str
    family: str
    summary: str
    unit: str
    direction: Direction
    implementation: str
    range: tuple[float, float] = (0.0, float("inf"))
    source: str = ""
    needs_reference: bool = True
    needs_encoder: bool = False
    min_generations: int = 1
    distribution: bool = False
    optional: str | None = None
    headline: bool = False
    revision: int = 1
    has_value: bool = True
    variants: Mapping[str, Variant] = field(default_factory=lambda: MappingProxyType({}))

    def load(self) -> type[HandMetric]:
        """The torchmetrics class."""
        module, name = self.implementation.split(":")
        cls: type[HandMetric] = getattr(importlib.import_module(f".{module}", __package__), name)
        return cls

    @property
    def depends_on_clip(self) -> bool:
        """Whether a motion scores otherwise in the place of another clip: it is compared with the clip's own reference or
        text."""
        return self.needs_reference or self.optional == "texts"

    def unit_of(self, variant: str) -> str:
        """Unit of a variant; '' is the metric's own value."""
        return self.unit if not variant else self.variants[variant].unit or self.unit

    def direction_of(self, variant: str) -> Direction:
        """Direction of a variant; '' is the metric's own value."""
        return self.direction if not variant else self.variants[variant].direction or self.direction


def _variants(*names: str, **special: Variant) -> Mapping[str, Variant]:
    return MappingProxyType({**{name: Variant() for name in names}, **special})


_STOCHASTIC = {"energy": Variant(min_generations=2), "best_of_k": Variant(min_generations=2)}
_ANGLE_GROUPS = ("mcp", "pip", "dip", "abduction", "thumb", "index", "middle", "ring", "pinky")
_GNEITING = "energy score: Gneiting & Raftery, JASA 2007"

_ALL = (
    MetricInfo(
        "joint_angle_error", "angles", "mean absolute difference of the 40 joint angles", "deg", "lower",
        "angles:JointAngleError", range=(0, 180), source="hand frame of the HandX motion codes", headline=True,
        variants=_variants(*_ANGLE_GROUPS, best_of_k=_STOCHASTIC["best_of_k"]),
    ),
    MetricInfo(
        "joint_angle_energy", "angles", "energy score of the joint-angle trajectory", "deg", "lower",
        "angles:JointAngleEnergy", source=_GNEITING, min_generations=2, headline=True,
    ),
    MetricInfo(
        "joint_angle_wasserstein", "angles", "1-Wasserstein distance of pooled joint angles", "deg", "lower",
        "angles:JointAngleWasserstein", range=(0, 360), distribution=True,
    ),
    MetricInfo(
        "joint_velocity_wasserstein", "angles", "1-Wasserstein distance of pooled joint angular velocities",
        "deg/s", "lower", "angles:JointVelocityWasserstein", distribution=True,
    ),
    MetricInfo(
        "range_of_motion_violation", "angles", "joint angles outside the clinical range + 10°", "%", "lower",
        "angles:RangeOfMotionViolation", range=(0, 100), needs_reference=False,
        source="e-hand; Hume et al., J Hand Surg 1990", variants=_variants(excess=Variant("deg")),
    ),
    MetricInfo(
        "mpjpe", "angles", "joint position error, right wrist of the first frame aligned", "mm", "lower",
        "angles:MPJPE", variants=_variants(**_STOCHASTIC),
    ),
    MetricInfo(
        "pa_mpjpe", "angles", "joint position error after per-hand Procrustes alignment", "mm", "lower",
        "angles:ProcrustesMPJPE", source="Gower, Psychometrika 1975",
        variants=_variants(best_of_k=_STOCHASTIC["best_of_k"]),
    ),
    MetricInfo(
        "relative_wrist_error", "coordination", "RMSE of the right wrist seen from the left hand", "mm", "lower",
        "coordination:RelativeWristError", headline=True,
        variants=_variants(orientation=Variant("deg"), **_STOCHASTIC),
    ),
    MetricInfo(
        "coordination_lag_error", "coordination", "difference of the lag between the hands", "ms", "lower",
        "coordination:CoordinationLagError", range=(0, 1000), variants=_variants("speed", "velocity", "flexion", **_STOCHASTIC),
        headline=True,
    ),
    MetricInfo(
        "coordination_correlation_error", "coordination", "difference of the hands' correlation at their lag", "–",
        "lower", "coordination:CoordinationCorrelationError", range=(0, 2), headline=True,
        variants=_variants("speed", "velocity", "flexion", **_STOCHASTIC),
    ),
    MetricInfo(
        "interhand_distance_error", "coordination", "error of the 21×21 distances between the hands, near ones first",
        "mm", "lower", "coordination:InterhandDistanceError", source="joint affinity of InterGen, IJCV 2024",
        variants=_variants(**_STOCHASTIC),
    ),
    MetricInfo(
        "relative_phase_error", "coordination", "difference of the hands' relative phase, rhythmic clips", "deg",
        "lower", "coordination:RelativePhaseError", range=(0, 180), source="Lachaux et al., Hum Brain Mapp 1999",
        variants=_variants(in_phase=Variant("–"), anti_phase=Variant("–"), **_STOCHASTIC),
    ),
    MetricInfo(
        "phase_locking_error", "coordination", "difference of the phase-locking value, rhythmic clips", "–", "lower",
        "coordination:PhaseLockingError", range=(0, 1), source="Lachaux et al., Hum Brain Mapp 1999",
        variants=_variants(**_STOCHASTIC),
    ),
    MetricInfo(
        "coordination_wasserstein", "coordination", "distance of the distributions of lag, correlation, distance, speed",
        "–", "lower", "coordination:CoordinationWasserstein", distribution=True,
        variants=_variants("lag", "correlation", "distance", "speed_ratio"),
    ),
    MetricInfo(
        "contact_event_f1", "contact", "F1 of contact onsets, mean over 1, 2, 3 and 6 frames", "–", "higher",
        "contact:ContactEventF1", range=(0, 1), source="event matching of mir_eval, ISMIR 2014", headline=True,
        variants=_variants(
            "tol1", "tol2", "tol3", "tol6", "precision", "recall", "intra", "inter", "tip_palm", "tip_tip", "palm_palm"
        ),
    ),
    MetricInfo(
        "contact_onset_error", "contact", "timing error of onsets matched within 15 frames", "ms", "lower",
        "contact:ContactOnsetError", variants=_variants(match_rate=Variant("–", "higher")),
    ),
    MetricInfo(
        "contact_offset_error", "contact", "timing error of offsets matched within 15 frames", "ms", "lower",
        "contact:ContactOffsetError", variants=_variants(match_rate=Variant("–", "higher")),
    ),
    MetricInfo(
        "contact_iou", "contact", "temporal intersection over union of contact", "–", "higher",
        "contact:ContactIoU", range=(0, 1), variants=_variants("f1_30", "f1_50", "f1_70"),
    ),
    MetricInfo(
        "contact_occurrence_f1", "contact", "F1 of 'did this contact ever occur', blind to time", "–", "higher",
        "contact:ContactOccurrenceF1", range=(0, 1), source="HandX, CVPR 2026, made deterministic",
        variants=_variants("intra", "inter"),
    ),
    MetricInfo(
        "contact_statistics", "contact", "differences of contact ratio, duration and frequency", "–", "lower",
        "contact:ContactStatistics", has_value=False,
        variants=_variants("ratio", duration=Variant("s"), frequency=Variant("1/s")),
    ),
    MetricInfo(
        "claim_agreement", "semantics", "share of what the text claims that the motion bears out", "–", "higher",
        "semantics:ClaimAgreement", range=(0, 1), needs_reference=False, optional="texts", headline=True,
        source="motion codes of HandX, CVPR 2026, read backwards", variants=_variants("left", "right", "interaction"),
        revision=2,
    ),
    MetricInfo(
        "bone_length_variation", "plausibility", "coefficient of variation of bone lengths over time", "%", "lower",
        "plausibility:BoneLengthVariation", needs_reference=False, variants=_variants("tips"),
    ),
    MetricInfo(
        "jerk_ratio", "plausibility", "mean jerk relative to the reference (1 is best)", "–", "none",
        "plausibility:JerkRatio",
    ),
    MetricInfo(
        "speed_ratio", "plausibility", "mean joint speed relative to the reference (1 is best)", "–", "none",
        "plausibility:SpeedRatio",
    ),
    MetricInfo(
        "penetration", "plausibility", "frames in which the hands' capsules overlap", "%", "lower",
        "plausibility:Penetration", range=(0, 100), needs_reference=False,
        variants=_variants(depth=Variant("mm")),
    ),
    MetricInfo(
        "frozen_share", "plausibility", "clips with almost no motion", "%", "lower",
        "plausibility:FrozenShare", range=(0, 100), needs_reference=False,
    ),
    MetricInfo(
        "memorised_share", "plausibility", "clips nearer to a training clip than training clips are to each other", "%",
        "lower", "plausibility:MemorisedShare", range=(0, 100), needs_reference=False,
        optional="train",
    ),
    MetricInfo(
        "leak_share", "plausibility", "predictions within 1 mm of their own reference", "%", "none",
        "plausibility:LeakShare", range=(0, 100),
    ),
    MetricInfo(
        "constraint_error", "constraints", "position error on the given joints and frames", "mm", "lower",
        "constraints:ConstraintError", optional="constraints",
    ),
    MetricInfo(
        "keyframe_error", "constraints", "position error on frames given completely", "mm", "lower",
        "constraints:KeyframeError", optional="constraints",
    ),
    MetricInfo(
        "seam_jump", "constraints", "velocity jump at the edges of the given part, relative to the reference", "–",
        "none", "constraints:SeamJump", optional="constraints", variants=_variants("acceleration"),
    ),
    MetricInfo(
        "transition_smoothness", "constraints", "peak jerk around transitions, relative to the reference", "–", "none",
        "constraints:TransitionSmoothness", optional="transitions", source="peak jerk of FlowMDM, CVPR 2024",
    ),
)  # fmt: skip

METRICS: Mapping[str, MetricInfo] = MappingProxyType({info.name: info for info in _ALL})
HEADLINE = tuple(info.name for info in _ALL if info.headline)


def get_metric(name: str) -> MetricInfo:
    """Facts of a metric by its id.

    >>> get_metric("contact_event_f1").direction
    'higher'
    """
    try:
        return METRICS[name]
    except KeyError:
        whole = name.partition(".")[0]
        near = difflib.get_close_matches(whole, METRICS, n=1)
        fix = f"Known metrics: {', '.join(METRICS)}"
        if whole in METRICS:
            fix = f"Variants come with their metric: ask for {whole}"
        elif near:
            fix = f"Did you mean {near[0]}?"
        raise InputError(f"unknown metric {name[:80]!r}", fix=fix) from None
