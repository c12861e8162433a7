"""Bimanual coordination: where the hands are to each other, who leads, and how tightly they are coupled.

Functions take motions as in :mod:`.angles`. Three signals per hand (wrist speed, wrist velocity along the
reference's first principal axis, mean finger flexion) are detrended and compared between the hands; a clip whose
reference barely moves in a signal says nothing about coordination and is left out, which the coverage shows. A
*prediction* that barely moves where the reference does is not left out, since a frozen generator would choose its own
exam: it counts as uncorrelated, with the largest lag and at right angles in phase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

import torch

from ...hand.angles import wrap_degrees
from ...hand.vectors import dot
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
    return _per_signal(_lag_couplings(pred, ref, lambda x: 1000 * x.lag), _difference(frozen=1000 * MAX_LAG_S))


@metric_function
def coordination_correlation_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """|r(τ*)_pred − r(τ*)_ref|, per signal and their mean over the signals that the reference moves in."""
    return _per_signal(_lag_couplings(pred, ref, lambda x: x.correlation), _difference(frozen=None))


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

    def circular(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return wrap_degrees(a - b).abs()

    shares = {
        name: _compare(_phase_couplings(pred, ref, attrgetter(name)), _difference(frozen=None))[""]
        for name in ("in_phase", "anti_phase")
    }
    return _compare(_phase_couplings(pred, ref, attrgetter("mean_deg")), _difference(frozen=90.0, of=circular)) | shares


@metric_function
def phase_locking_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """|PLV_pred − PLV_ref| on clips whose reference is rhythmic.

    A short clip's phase-locking value is biased upwards. A surrogate from mismatched clips would make a clip's value
    depend on its neighbours and cancels in the difference; the bias level itself stands in the *chance* row.
    """
    return _compare(_phase_couplings(pred, ref, attrgetter("locking")), _difference(frozen=None))


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


class _Coupling(NamedTuple):
    """How the hands are coupled in one signal: value and whether both hands move, ``(N, K)`` of the predictions and
    ``(N, 1)`` of the references, and where the reference says anything, ``(N,)``."""

    ours: torch.Tensor
    ours_move: torch.Tensor
    theirs: torch.Tensor
    theirs_move: torch.Tensor
    defined: torch.Tensor


#: Distance ``(N,)`` of two values from value, moves, value, moves.
_Distance = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def _difference(
    frozen: float | None, of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = lambda a, b: (a - b).abs()
) -> _Distance:
    """Difference of two values; hands that do not move are ``frozen`` away from all that do, or have value 0 if None."""

    def distance(a: torch.Tensor, a_moves: torch.Tensor, b: torch.Tensor, b_moves: torch.Tensor) -> torch.Tensor:
        if frozen is None:
            return of(torch.where(a_moves, a, 0.0), torch.where(b_moves, b, 0.0))
        return torch.where(a_moves & b_moves, of(a, b), torch.where(a_moves == b_moves, 0.0, frozen))

    return distance


def _compare(couplings: Sequence[_Coupling], distance: _Distance) -> Scores:
    """Mean over the signals that count; mean, energy score and best of K generations."""
    defined = torch.stack([c.defined for c in couplings])
    count = defined.sum(0)

    def mean(errors: list[torch.Tensor]) -> torch.Tensor:
        return torch.where(defined, torch.stack(errors), 0.0).sum(0) / count.clamp(min=1)

    def to_reference(k: int) -> torch.Tensor:
        return mean([distance(c.ours[:, k], c.ours_move[:, k], c.theirs[:, 0], c.theirs_move[:, 0]) for c in couplings])

    def between(k: int, m: int) -> torch.Tensor:
        return mean([distance(c.ours[:, k], c.ours_move[:, k], c.ours[:, m], c.ours_move[:, m]) for c in couplings])

    num = couplings[0].ours.shape[1]
    errors = torch.stack([to_reference(k) for k in range(num)], dim=1)
    spread = torch.zeros_like(errors[:, 0])
    for k in range(num):
        for m in range(k):
            spread = spread + between(k, m)
    return stochastic(errors, spread, count > 0)


def _per_signal(couplings: dict[str, _Coupling], distance: _Distance) -> Scores:
    scores = _compare(list(couplings.values()), distance)
    return scores | {name: _compare([coupling], distance)[""] for name, coupling in couplings.items()}


def _lag_couplings(pred: MotionBatch, ref: MotionBatch, read: Callable[[_Lag], torch.Tensor]) -> dict[str, _Coupling]:
    num = len(pred) // len(ref)
    return {
        name: _Coupling(
            generations(read(ours), num), generations(ours.moves, num), read(theirs)[:, None], theirs.moves[:, None],
            defined=theirs.moves,
        )
        for name, ours, theirs in _lags(pred, ref)
    }  # fmt: skip


def _phase_couplings(pred: MotionBatch, ref: MotionBatch, read: Callable[[Phase], torch.Tensor]) -> list[_Coupling]:
    num = len(pred) // len(ref)

    def compute() -> list[tuple[Phase, torch.Tensor, Phase, torch.Tensor]]:
        ours, theirs = _paired_signals(pred, ref)
        return [
            (relative_phase(ours[name], pred.fps), _moves(name, ours[name]),
             relative_phase(theirs[name], ref.fps), _moves(name, theirs[name]))
            for name in PHASE_SIGNALS
        ]  # fmt: skip

    return [
        _Coupling(
            generations(read(ours), num), generations(ours_move, num), read(theirs)[:, None], theirs_move[:, None],
            defined=theirs.rhythmic & theirs_move,
        )
        for ours, ours_move, theirs, theirs_move in pred.remember("phases", ref, compute)
    ]  # fmt: skip


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
