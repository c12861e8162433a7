"""Plausibility: is it a hand that moves as hands do? Needs no reference, except for the two ratios and the leak."""

from __future__ import annotations

import torch

from ...hand.geometry import segment_segment_distance
from ...hand.skeleton import BONES, LEFT, RIGHT, TIPS
from ..batch import MotionBatch
from ._scores import Ratio, Scores, generations, mean_over_generations, metric_function, ratio

CAPSULE_RADIUS_M = 0.008
#: Mean joint speed below which a clip counts as frozen; resting hands tremble at several mm/s.
FROZEN_M_S = 0.005
LEAK_MM = 1.0
_PARENT, _CHILD = (list(side) for side in zip(*BONES))
_TIP_BONES = [i for i, child in enumerate(_CHILD) if child in TIPS]
_INNER_BONES = [i for i, child in enumerate(_CHILD) if child not in TIPS]


@metric_function
def bone_length_variation(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Standard deviation over mean of each bone's length over time, mean over bones, in %.

    Bones to the tips are reported apart as ``tips``: data sets define the tip differently.
    """
    length = (pred.motion[..., _CHILD, :] - pred.motion[..., _PARENT, :]).norm(dim=-1)  # (M, T, 2, 20)
    weight = pred.mask[:, :, None, None].to(length)
    count = weight.sum(1)
    mean = (length * weight).sum(1) / count
    deviation = (((length - mean[:, None]) * weight).square().sum(1) / count).sqrt()
    variation = 100 * deviation / mean.clamp(min=1e-6)
    return {
        "": _per_clip(variation[..., _INNER_BONES].mean((1, 2)), pred, ref),
        "tips": _per_clip(variation[..., _TIP_BONES].mean((1, 2)), pred, ref),
    }


@metric_function
def jerk_ratio(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean joint jerk of the predictions over that of the references, summed over clips before dividing."""
    return {"": _relative(pred, ref, order=3)}


@metric_function
def speed_ratio(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean joint speed of the predictions over that of the references, summed over clips before dividing."""
    return {"": _relative(pred, ref, order=1)}


@metric_function
def penetration(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Share of frames (%) in which the two hands' capsules (radius 8 mm around the bones) overlap.

    ``depth``: deepest overlap of a frame in mm, mean over all frames.
    """
    depth = capsule_depth(pred.motion) * pred.mask
    share = 100 * (depth > 0).to(depth).sum(1) / pred.lengths
    return {
        "": _per_clip(share, pred, ref),
        "depth": _per_clip(1000 * depth.sum(1) / pred.lengths, pred, ref),
    }


def capsule_depth(motion: torch.Tensor, radius: float = CAPSULE_RADIUS_M) -> torch.Tensor:
    """Deepest overlap ``(...)`` in metres of the capsules around the bones of the two hands ``(..., 2, 21, 3)``."""
    lead = motion.shape[:-3]
    frames = motion.reshape(-1, 2, *motion.shape[-2:])
    start, end = frames[..., _PARENT, :], frames[..., _CHILD, :]
    middle, half = (start + end) / 2, (end - start).norm(dim=-1) / 2
    # Bones whose bounding spheres are apart cannot overlap: nearly all pairs fall out here.
    apart = torch.cdist(middle[:, LEFT], middle[:, RIGHT], compute_mode="donot_use_mm_for_euclid_dist")
    frame, a, b = (apart < half[:, LEFT, :, None] + half[:, RIGHT, None, :] + 2 * radius).nonzero(as_tuple=True)
    gap = segment_segment_distance(
        start[frame, LEFT, a], end[frame, LEFT, a], start[frame, RIGHT, b], end[frame, RIGHT, b]
    )
    depth = torch.zeros(len(frames), dtype=motion.dtype, device=motion.device)
    depth.scatter_reduce_(0, frame, (2 * radius - gap).clamp(min=0), reduce="amax")
    return depth.reshape(lead)


@metric_function
def frozen_share(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Share of clips (%) whose mean joint speed stays under 5 mm/s."""
    frozen = _mean_derivative(pred, 1) < FROZEN_M_S
    return {"": _per_clip(100.0 * frozen.to(torch.float64), pred, ref)}


@metric_function
def leak_share(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Share of clips (%) predicted within 1 mm of their own reference: did the generator see the answer?"""
    num = len(pred) // len(ref)
    error = (generations(pred.aligned, num) - ref.aligned[:, None]).norm(dim=-1).mean((-2, -1))
    mask = ref.mask[:, None]
    mean = 1000 * torch.where(mask, error, 0.0).sum(-1) / mask.sum(-1)
    return {"": mean_over_generations(100.0 * (mean < LEAK_MM).to(torch.float64))}


def _per_clip(value: torch.Tensor, pred: MotionBatch, ref: MotionBatch) -> Ratio:
    return mean_over_generations(generations(value, len(pred) // len(ref)))


def _relative(pred: MotionBatch, ref: MotionBatch, order: int) -> Ratio:
    num = len(pred) // len(ref)
    return ratio(
        generations(_mean_derivative(pred, order), num)[..., None], _mean_derivative(ref, order)[:, None, None]
    )


def _mean_derivative(batch: MotionBatch, order: int) -> torch.Tensor:
    """Mean norm ``(M,)`` of the joints' n-th derivative by finite differences, SI units."""
    size = torch.diff(batch.motion, n=order, dim=1).norm(dim=-1).mean((-2, -1)) * batch.fps**order
    valid = batch.mask[:, order:]
    return torch.where(valid, size, 0.0).sum(1) / valid.sum(1).clamp(min=1)
