"""How well a generator meets what it was given: fixed joints and frames, seams, transitions."""

from __future__ import annotations

import torch

from ..batch import MotionBatch
from ._scores import Ratio, Scores, generations, mean_over_generations, metric_function, ratio

_AROUND = 5


@metric_function
def constraint_error(pred: MotionBatch, ref: MotionBatch, *, constraints: torch.Tensor) -> Scores:
    """Mean position error (mm) over the given joints and frames; ``constraints (N, T, 2, 21)`` is True where given.

    Positions are compared as they are, not aligned: a given position is a promise about space.
    """
    return {"": _given_error(pred, ref, constraints & ref.mask[:, :, None, None])}


@metric_function
def keyframe_error(pred: MotionBatch, ref: MotionBatch, *, constraints: torch.Tensor) -> Scores:
    """Mean position error (mm) over frames in which both hands are given completely."""
    whole = constraints.all(-1).all(-1) & ref.mask
    return {"": _given_error(pred, ref, whole[:, :, None, None].expand_as(constraints))}


@metric_function
def seam_jump(pred: MotionBatch, ref: MotionBatch, *, constraints: torch.Tensor) -> Scores:
    """Change of velocity where a given part begins or ends in time, relative to the reference's there (1 is best).

    ``acceleration``: the same of the next derivative. Sums over seams before dividing.
    """
    given = constraints & ref.mask[:, :, None, None]
    seam = (given[:, 1:] != given[:, :-1]) & ref.mask[:, 1:, None, None]
    return {"": _at_seams(pred, ref, seam, order=2), "acceleration": _at_seams(pred, ref, seam, order=3)}


@metric_function
def transition_smoothness(pred: MotionBatch, ref: MotionBatch, *, transitions: torch.Tensor) -> Scores:
    """Peak jerk around the transitions of a long motion over that of the reference there (1 is best).

    ``transitions (N, T)`` is True on the first frame of each later segment; the peak is taken over joints within
    ±5 frames (peak jerk of FlowMDM, Barquero et al., CVPR 2024), the mean over transitions.
    """
    transitions = transitions & ref.mask
    ours, theirs = _peak_jerk(pred, _repeated(transitions, pred, ref)), _peak_jerk(ref, transitions)
    num = len(pred) // len(ref)
    return {"": ratio(generations(ours, num)[..., None], theirs[:, None, None])}


def _repeated(x: torch.Tensor, pred: MotionBatch, ref: MotionBatch) -> torch.Tensor:
    return x.repeat_interleave(len(pred) // len(ref), 0)


def _given_error(pred: MotionBatch, ref: MotionBatch, given: torch.Tensor) -> Ratio:
    num = len(pred) // len(ref)
    error = 1000 * (generations(pred.motion, num) - ref.motion[:, None]).norm(dim=-1)
    weight = given[:, None].to(error)
    count = weight.flatten(2).sum(2)
    value = (error * weight).flatten(2).sum(2) / count.clamp(min=1)
    return mean_over_generations(value, (count > 0).expand_as(value))


def _at_seams(pred: MotionBatch, ref: MotionBatch, seam: torch.Tensor, order: int) -> Ratio:
    """Mean n-th difference over the frames that straddle the seam between t and t + 1."""

    def size(batch: MotionBatch, where: torch.Tensor) -> torch.Tensor:
        jump = torch.diff(batch.motion, n=order, dim=1).norm(dim=-1) * batch.fps ** (order - 1)
        frames = jump.shape[1]
        total = jump.new_zeros(len(batch))
        # The n-th difference at t spans t … t + n, so those that start at most n − 1 frames earlier straddle the seam.
        for back in range(order):
            here = where[:, back : back + frames] & batch.mask[:, order:][:, :frames, None, None]
            total += (jump[:, : here.shape[1]] * here).flatten(1).sum(1)
        return total

    num = len(pred) // len(ref)
    ours = generations(size(pred, seam.repeat_interleave(num, 0)), num)
    return ratio(ours[..., None], size(ref, seam)[:, None, None])


def _peak_jerk(batch: MotionBatch, transitions: torch.Tensor) -> torch.Tensor:
    """Peak jerk around the transitions, mean over them, ``(M,)``; 0 where there is none."""
    jerk = torch.diff(batch.motion, n=3, dim=1).norm(dim=-1).amax((-2, -1)) * batch.fps**3
    jerk = torch.where(batch.mask[:, 3:], jerk, 0.0)
    total = jerk.new_zeros(len(batch))
    for clip, frame in transitions.nonzero().tolist():
        # The third difference at t spans t … t + 3.
        total[clip] += jerk[clip, max(0, frame - _AROUND - 3) : frame + _AROUND].amax()
    return total / transitions.sum(1).clamp(min=1)
