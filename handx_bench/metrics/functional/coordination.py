"""Bimanual coordination: where the hands are to each other, who leads, and how tightly they are coupled.

Functions take motions as in :mod:`.angles`. Three signals per hand (wrist speed, wrist velocity along the
reference's first principal axis, mean finger flexion) are detrended and compared between the hands; a clip whose
reference barely moves in a signal says nothing about coordination and is left out, which the coverage shows. A
*prediction* that barely moves where the reference does is not left out, since a frozen generator would choose its own
exam: it counts as uncorrelated, with the largest lag and at right angles in phase.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ...hand.angles import wrap_degrees
from ...hand.vectors import dot
from ..batch import MotionBatch
from ._scores import (
    Features,
    Ratio,
    Scores,
    generations,
    mean_over_generations,
    metric_function,
    pairwise,
    stochastic,
)
from ._signals import (
    MAX_LAG_S,
    SIGNAL_FLOORS,
    Phase,
    Signal,
    lag_and_correlation,
    principal_axis,
    relative_phase,
    signals,
)

AFFINITY_M = 0.05
#: Rhythm is read from signals that swing around zero; speed has twice the frequency and no sign.
PHASE_SIGNALS = ("velocity", "flexion")


@metric_function
def relative_wrist_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """RMSE over t (mm) of the right wrist in the left hand's frame; ``orientation``: mean geodesic distance (deg)."""
    num = len(pred) // len(ref)

    def distance(a: Features, b: Features) -> torch.Tensor:
        difference = a[0] - b[0]
        squared = dot(difference, difference)
        return 1000 * (torch.where(ref.mask, squared, 0.0).sum(1) / ref.mask.sum(1)).sqrt()

    (position, rotation), (ref_position, ref_rotation) = pred.right_in_left, ref.right_in_left
    scores = stochastic(*pairwise(distance, [position], [ref_position], num))
    angle = generations(geodesic_degrees(rotation, ref_rotation.repeat_interleave(num, 0)), num)
    mask = ref.mask[:, None]
    mean = torch.where(mask, angle, 0.0).sum(-1) / mask.sum(-1)
    return scores | {"orientation": mean_over_generations(mean)}


@metric_function
def coordination_lag_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """|τ*_pred − τ*_ref| in ms, per signal and their mean over the signals that the reference moves in."""
    return _by_signal(pred, ref, which=0)


@metric_function
def coordination_correlation_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """|r(τ*)_pred − r(τ*)_ref|, per signal and their mean over the signals that the reference moves in."""
    return _by_signal(pred, ref, which=1)


@metric_function
def interhand_distance_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """L1 error (mm) of the 21×21 distances between the hands, weighted by exp(−d_ref / 5 cm).

    Weights are normalised over the clip, so frames in which the hands are near count most (after the joint affinity
    of InterGen, Liang et al., IJCV 2024).
    """
    # The largest weight of a clip is 1: hands far apart do not underflow.
    near = torch.where(ref.mask[:, :, None, None], ref.interhand, torch.inf)
    weight = torch.exp((near.flatten(1).amin(1)[:, None, None, None] - near) / AFFINITY_M)
    weight = weight / weight.sum((1, 2, 3), keepdim=True)

    def distance(a: Features, b: Features) -> torch.Tensor:
        return 1000 * ((a[0] - b[0]).abs() * weight).sum((1, 2, 3))

    return stochastic(*pairwise(distance, [pred.interhand], [ref.interhand], len(pred) // len(ref)))


@metric_function
def relative_phase_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Circular difference (deg) of the mean relative phase, on clips whose reference is rhythmic.

    ``in_phase`` and ``anti_phase``: absolute difference of the share of frames with |φ| < 30° and > 150°.
    """
    parts: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {"": [], "in_phase": [], "anti_phase": []}
    for phase, ref_phase, alive, defined in _phases(pred, ref):
        error = wrap_degrees(phase.mean_deg - ref_phase.mean_deg).abs()
        parts[""].append((torch.where(alive, error, 90.0), defined))
        for name in ("in_phase", "anti_phase"):
            share = torch.where(alive, getattr(phase, name), 0.0)
            parts[name].append(((share - getattr(ref_phase, name)).abs(), defined))
    return {name: _mean_of_signals(values) for name, values in parts.items()}


@metric_function
def phase_locking_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """|PLV_pred − PLV_ref| on clips whose reference is rhythmic.

    A short clip's phase-locking value is biased upwards. A surrogate from mismatched clips would make a clip's value
    depend on its neighbours and cancels in the difference; the bias level itself stands in the *chance* row.
    """
    values = [
        ((torch.where(alive, phase.locking, 0.0) - ref_phase.locking).abs(), defined)
        for phase, ref_phase, alive, defined in _phases(pred, ref)
    ]
    return {"": _mean_of_signals(values)}


def coordination_features(batch: MotionBatch) -> torch.Tensor:
    """Features ``(M, 8)`` whose distributions ``coordination_wasserstein`` compares.

    Lag (s) and correlation of the three signals (along the motion's own principal axis; 0 where a hand hardly moves, so
    that the share of uncoordinated clips is compared too), mean distance of the wrists (m), log of the ratio of the mean
    wrist speeds left : right.
    """
    lags, correlations = [], []
    for name, signal in signals(batch, principal_axis(batch)).items():
        lag, correlation = lag_and_correlation(signal, batch.fps)
        moves = _moves(name, signal)
        lags.append(torch.where(moves, lag, 0.0))
        correlations.append(torch.where(moves, correlation, 0.0))
    distance = torch.where(batch.mask, batch.right_in_left[0].norm(dim=-1), 0.0).sum(1) / batch.lengths
    moving = batch.mask[:, 1:, None]
    speed = torch.where(moving, batch.wrist_velocity.norm(dim=-1), 0.0).sum(1) / moving.sum(1)
    # 1 mm/s keeps the ratio finite for a resting hand.
    log_ratio = torch.log((speed[:, 0] + 1e-3) / (speed[:, 1] + 1e-3))
    return torch.stack([*lags, *correlations, distance, log_ratio], dim=1)


def geodesic_degrees(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Angle of the rotation from ``a (..., 3, 3)`` to ``b``, exact near 0 and 180°."""
    relative = a.mT @ b
    skew = torch.stack(
        [relative[..., 2, 1] - relative[..., 1, 2], relative[..., 0, 2] - relative[..., 2, 0],
         relative[..., 1, 0] - relative[..., 0, 1]], dim=-1,
    )  # fmt: skip
    trace = relative.diagonal(dim1=-2, dim2=-1).sum(-1)
    return torch.rad2deg(torch.atan2(skew.norm(dim=-1), trace - 1))


def _moves(name: str, signal: Signal) -> torch.Tensor:
    return (signal.rms >= SIGNAL_FLOORS[name]).all(-1)


def _by_signal(pred: MotionBatch, ref: MotionBatch, which: int) -> Scores:
    num = len(pred) // len(ref)
    parts: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    for name, ours, theirs in _lags(pred, ref):
        alive = generations(ours.moves, num)
        if which == 0:
            error = torch.where(alive, (generations(ours.lag, num) - theirs.lag[:, None]).abs(), MAX_LAG_S) * 1000
        else:
            correlation = torch.where(alive, generations(ours.correlation, num), 0.0)
            error = (correlation - theirs.correlation[:, None]).abs()
        parts[name] = error, theirs.moves[:, None].expand_as(error)
    scores = {"": _mean_of_signals(list(parts.values()))}
    return scores | {name: mean_over_generations(*part) for name, part in parts.items()}


class _Lag(NamedTuple):
    lag: torch.Tensor
    correlation: torch.Tensor
    moves: torch.Tensor


def _lag(name: str, signal: Signal, fps: float) -> _Lag:
    lag, correlation = lag_and_correlation(signal, fps)
    return _Lag(lag, correlation, _moves(name, signal))


def _lags(pred: MotionBatch, ref: MotionBatch) -> list[tuple[str, _Lag, _Lag]]:
    """Lags of both sides by signal, seen along the reference's axis."""

    def compute() -> list[tuple[str, _Lag, _Lag]]:
        ours, theirs = _paired_signals(pred, ref)
        return [(name, _lag(name, ours[name], pred.fps), _lag(name, theirs[name], ref.fps)) for name in SIGNAL_FLOORS]

    return pred.remember("lags", ref, compute)


def _paired_signals(pred: MotionBatch, ref: MotionBatch) -> tuple[dict[str, Signal], dict[str, Signal]]:
    def compute() -> tuple[dict[str, Signal], dict[str, Signal]]:
        axis = principal_axis(ref)
        theirs = signals(ref, axis)
        if pred is ref:
            return theirs, theirs
        return signals(pred, axis.repeat_interleave(len(pred) // len(ref), 0)), theirs

    return pred.remember("signals", ref, compute)


def _phases(pred: MotionBatch, ref: MotionBatch) -> list[tuple[Phase, Phase, torch.Tensor, torch.Tensor]]:
    """Per signal: phase of predictions ``(N, K)``, of references ``(N, 1)``, who moves, where the reference is rhythmic."""
    return pred.remember("phases", ref, lambda: [_phase(name, pred, ref) for name in PHASE_SIGNALS])


def _phase(name: str, pred: MotionBatch, ref: MotionBatch) -> tuple[Phase, Phase, torch.Tensor, torch.Tensor]:
    num = len(pred) // len(ref)
    ours, theirs = (signal[name] for signal in _paired_signals(pred, ref))
    target = relative_phase(theirs, ref.fps)
    defined = (target.rhythmic & _moves(name, theirs))[:, None].expand(-1, num)
    phase = Phase(*(generations(x, num) for x in relative_phase(ours, pred.fps)))
    return phase, Phase(*(x[:, None] for x in target)), generations(_moves(name, ours), num), defined


def _mean_of_signals(values: list[tuple[torch.Tensor, torch.Tensor]]) -> Ratio:
    """Mean over the defined signals, then over generations."""
    error, defined = (torch.stack(x) for x in zip(*values))
    count = defined.sum(0)
    return mean_over_generations(torch.where(defined, error, 0.0).sum(0) / count.clamp(min=1), count > 0)
