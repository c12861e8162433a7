"""Joint angles and joint positions: how far a generated pose is from the recorded one.

All functions take predictions ``(N, T, 2, 21, 3)`` or ``(N, K, T, 2, 21, 3)`` and references ``(N, T, 2, 21, 3)`` in metres,
with optional ``lengths (N,)``, and return per-clip :class:`~._scores.Ratio` by variant.
"""

from __future__ import annotations

import torch

from ...hand.angles import ANGLE_NAMES, wrap_degrees
from ...hand.skeleton import FINGERS
from ..batch import MotionBatch
from ._scores import (
    Features,
    Scores,
    generations,
    mean_over_generations,
    metric_function,
    pairwise,
    stochastic,
)

_MM = 1000.0


def _named(*parts: str, without: str = "\0") -> list[int]:
    return [i for i, name in enumerate(ANGLE_NAMES) if any(p in name for p in parts) and not name.startswith(without)]


#: Degrees of freedom (indices into ``ANGLE_NAMES``) of each group.
ANGLE_GROUPS = {
    "": list(range(len(ANGLE_NAMES))),
    "mcp": _named("mcp_flexion", without="thumb"),
    "pip": _named("pip_flexion"),
    "dip": _named("dip_flexion"),
    "abduction": _named("abduction", without="thumb"),
    **{finger: _named(f"{finger}_") for finger in FINGERS},
}

#: Clinical range of motion in degrees (e-hand.com; Hume et al., *Functional range of motion of the joints of the
#: hand*, J Hand Surg 1990), finger joints first; thumb abduction in the plane of the palm has no agreed range.
CLINICAL_RANGES = {
    "mcp_flexion": (-45.0, 90.0), "pip_flexion": (0.0, 100.0), "dip_flexion": (0.0, 80.0), "mcp_abduction": (-20.0, 20.0),
    "thumb_cmc_flexion": (0.0, 60.0), "thumb_mcp_flexion": (-10.0, 55.0), "thumb_ip_flexion": (-15.0, 80.0),
}  # fmt: skip
ROM_MARGIN_DEG = 10.0


@metric_function
def joint_angle_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean over t, h, DoF of |wrap(θ̂ − θ)| in degrees, with joint groups and fingers; mean-of-K and best-of-K.

    Angles that are undefined on either side are left out; coverage is the share of angles that were compared.
    """
    num = len(pred) // len(ref)
    total, count = _angle_difference(_angle_features(pred), _repeat(_angle_features(ref), num))
    scores: Scores = {}
    entries = 2 * ref.lengths.to(total)  # of one DoF
    for group, members in ANGLE_GROUPS.items():
        weight = generations(count[:, members].sum(1), num)
        value = generations(total[:, members].sum(1), num) / weight.clamp(min=1)
        observed = weight.mean(1) / (entries * len(members))
        scores[group] = mean_over_generations(value, weight > 0)._replace(observed=observed)
        if not group and num > 1:
            scores["best_of_k"] = stochastic(value, None)["best_of_k"]
    return scores


@metric_function
def joint_angle_energy(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Energy score of the joint-angle trajectory in degrees; the norm is the mean absolute wrapped difference.

    For K = 1 it is the plain error, which is the energy score of a forecast without spread.
    """
    num = len(pred) // len(ref)

    def distance(a: Features, b: Features) -> torch.Tensor:
        total, count = _angle_difference(a, b)
        return total.sum(1) / count.sum(1)

    scores = stochastic(*pairwise(distance, _angle_features(pred), _angle_features(ref), num))
    return {"": scores["energy" if num > 1 else ""]}


@metric_function
def range_of_motion_violation(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Share (%) of (t, h, DoF) outside the clinical range widened by 10°, and ``excess``, the mean angle beyond it (deg).

    The mean of the excess runs over all (t, h, DoF), so that rare and large violations count as they should. The
    reference's own rate stands in every report's reference rows.
    """
    num = len(pred) // len(ref)
    degrees, valid = pred.angles
    low, high = _clinical_limits(degrees)
    excess = torch.maximum(low - degrees, degrees - high).clamp(min=0)
    known = (valid & pred.mask[:, :, None, None] & torch.isfinite(low)).to(degrees)
    weight = known.flatten(1).sum(1)
    share = 100 * ((excess > 0) * known).flatten(1).sum(1) / weight
    mean = (torch.where(known > 0, excess, 0.0)).flatten(1).sum(1) / weight
    return {
        "": mean_over_generations(generations(share, num)),
        "excess": mean_over_generations(generations(mean, num)),
    }


@metric_function
def mpjpe(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean per-joint position error in mm after aligning the right wrist of the first frame."""

    def distance(a: Features, b: Features) -> torch.Tensor:
        return _joint_error(a[0], b[0], ref.mask)

    return stochastic(*pairwise(distance, [pred.aligned], [ref.aligned], len(pred) // len(ref)))


@metric_function
def pa_mpjpe(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean per-joint position error in mm after similarity (Procrustes) alignment of each hand in each frame."""
    num = len(pred) // len(ref)
    target = ref.motion.repeat_interleave(num, 0)
    aligned = procrustes_align(pred.motion, target)
    # The singular value decomposition is exact to 1e-13 mm; without rounding, equal hands would not have error 0.
    error = torch.round(_joint_error(aligned, target, pred.mask), decimals=6)
    return stochastic(generations(error, num), None)


def procrustes_align(points: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Move, rotate (properly) and scale ``points (..., J, 3)`` onto ``target`` with least squares (Umeyama, PAMI 1991)."""
    centre, goal = points.mean(-2, keepdim=True), target.mean(-2, keepdim=True)
    x, y = points - centre, target - goal
    u, s, vt = torch.linalg.svd(x.mT @ y)
    sign = torch.ones_like(s)
    sign[..., 2] = torch.where(torch.linalg.det(u) * torch.linalg.det(vt) < 0, -1.0, 1.0)
    rotation = (u * sign[..., None, :]) @ vt
    scale = (s * sign).sum(-1) / x.square().sum((-2, -1)).clamp(min=torch.finfo(x.dtype).tiny)
    return scale[..., None, None] * (x @ rotation) + goal


def _angle_features(batch: MotionBatch) -> Features:
    degrees, valid = batch.angles
    return degrees, valid & batch.mask[:, :, None, None]


def _repeat(features: Features, num: int) -> Features:
    return [f.repeat_interleave(num, 0) for f in features] if num > 1 else features


def _angle_difference(a: Features, b: Features) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum over t and h of the absolute wrapped difference ``(N, 20)`` and how many entries it has."""
    valid = (a[1] & b[1]).to(a[0].dtype)
    difference = wrap_degrees(a[0] - b[0]).abs() * valid
    return difference.sum((1, 2)), valid.sum((1, 2))


def _joint_error(a: torch.Tensor, b: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    per_frame = (a - b).norm(dim=-1).mean((-2, -1))
    return _MM * torch.where(mask, per_frame, 0.0).sum(1) / mask.sum(1)


def _clinical_limits(like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    limits = []
    for name in ANGLE_NAMES:
        key = name if name.startswith("thumb") else name.split("_", 1)[1]
        low, high = CLINICAL_RANGES.get(key, (-torch.inf, torch.inf))
        limits.append((low - ROM_MARGIN_DEG, high + ROM_MARGIN_DEG))
    return like.new_tensor(limits).unbind(1)  # type: ignore[return-value]
