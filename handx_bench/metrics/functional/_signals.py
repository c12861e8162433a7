"""Bimanual signals: one curve per hand, their lagged correlation and their relative phase."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from ..batch import MotionBatch

#: Name → smallest RMS (m/s, m/s, deg) at which both hands move enough for a coordination to exist.
SIGNAL_FLOORS = {"speed": 0.02, "velocity": 0.02, "flexion": 2.0}
MAX_LAG_S = 0.5
MIN_OVERLAP = 0.5
#: Share of a hand's power that must lie in the overlap.
MIN_POWER = 0.25
NEAR_PEAK = 0.9


class Signal(NamedTuple):
    """Detrended curves ``(M, S, 2)`` of the left and right hand, the frames that count ``(M, S)``, RMS ``(M, 2)``."""

    values: torch.Tensor
    mask: torch.Tensor
    rms: torch.Tensor


def principal_axis(ref: MotionBatch) -> torch.Tensor:
    """``(N, 3)`` first principal axis of the wrist velocities of both hands of each reference."""
    velocity = ref.wrist_velocity * ref.mask[:, 1:, None, None]
    flat = velocity.flatten(1, 2)
    return torch.linalg.eigh(flat.mT @ flat).eigenvectors[..., -1]


def signals(batch: MotionBatch, axis: torch.Tensor) -> dict[str, Signal]:
    """The three signals of each motion; ``axis (M, 3)`` is the direction of the signed wrist velocity."""
    moving = batch.mask[:, 1:]
    curves = {
        "speed": (batch.wrist_velocity.norm(dim=-1), moving),
        "velocity": ((batch.wrist_velocity @ axis[:, None, :, None])[..., 0], moving),
        "flexion": (batch.flexion, batch.mask),
    }
    return {name: _signal(*curve) for name, curve in curves.items()}


def _signal(values: torch.Tensor, mask: torch.Tensor) -> Signal:
    values = detrend(values, mask)
    return Signal(values, mask, (values.square().sum(1) / mask.sum(1, keepdim=True)).sqrt())


def detrend(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Remove each curve's straight line over the frames that count; 0 elsewhere. ``(M, S, C)`` and ``(M, S)``."""
    weight = mask.to(values.dtype)[..., None]
    count = weight.sum(1, keepdim=True)
    time = torch.arange(values.shape[1], device=values.device, dtype=values.dtype)[:, None]
    time = (time - (weight * time).sum(1, keepdim=True) / count) * weight
    centred = (values - (values * weight).sum(1, keepdim=True) / count) * weight
    spread = time.square().sum(1, keepdim=True).clamp(min=1e-12)
    return (centred - time * (time * centred).sum(1, keepdim=True) / spread) * weight


def lag_and_correlation(signal: Signal, fps: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Lag τ* in seconds and r(τ*) of each motion, ``(M,)``.

    ``r(τ) = corr(s_L(t), s_R(t+τ))`` over the frames where both exist, τ within ±0.5 s and at least half of the frames
    overlapping. A shift counts only if both overlaps keep at least a quarter of their hand's power: where the movement
    has been shifted out, what is left are two slow drifts, which always correlate. τ* is a peak of |r|, so that
    mirrored (anti-phase) movement has lag 0 and r −1 instead of a lag of half a period. Rhythmic movement has a peak in
    every half period, hardly different in height: τ* is the one nearest to 0 among those that reach 90 % of the
    highest. Positive: the left hand leads.
    """
    frames = signal.mask.sum(1, keepdim=True)
    reach = min(math.floor(MAX_LAG_S * fps + 1e-9), signal.values.shape[1] - 1)
    shifts = torch.arange(-reach, reach + 1, device=frames.device)
    left, right = signal.values.unbind(-1)
    r, power = _lagged_correlation(left, right, frames, shifts)
    admissible = (frames - shifts.abs() >= MIN_OVERLAP * frames) & ((power >= MIN_POWER) | (shifts == 0))
    # Rounded, so that heights that differ by rounding alone are equal.
    height = torch.where(admissible, r.abs().round(decimals=9), -1.0)
    padded = torch.nn.functional.pad(height, (1, 1), value=-1.0)
    peak = (height >= padded[:, :-2]) & (height >= padded[:, 2:])
    high = height >= NEAR_PEAK * height.amax(1, keepdim=True)
    # Of +τ and −τ the left hand's lead is preferred: a convention, without which the choice would be left to chance.
    preference = torch.where(peak & high, -shifts.abs() + 0.5 * (shifts > 0), -torch.inf)
    best = preference.argmax(1, keepdim=True)
    return shifts[best[:, 0]].to(r) / fps, r.gather(1, best)[:, 0]


def _lagged_correlation(
    left: torch.Tensor, right: torch.Tensor, frames: torch.Tensor, shifts: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pearson correlation ``(M, shifts)`` of ``left(t)`` and ``right(t + shift)`` over their overlap; 0 if one is constant.

    Second, the smaller of the two curves' shares of power (sum of squared deviations) that the overlap keeps. Curves
    ``(M, S)`` are 0 beyond ``frames (M, 1)``. Sums over an overlap are differences of running sums.
    """
    late, early = shifts.clamp(min=0), (-shifts).clamp(min=0)
    count = (frames - shifts.abs()).clamp(min=1)

    def over(curve: torch.Tensor, start: torch.Tensor, cut: torch.Tensor) -> torch.Tensor:
        running = torch.nn.functional.pad(curve.cumsum(1), (1, 0))
        return running.gather(1, (frames - cut).clamp(min=0)) - running[:, start]

    reach = int(shifts.abs().max())
    windows = torch.nn.functional.pad(right, (reach, reach)).unfold(1, left.shape[1], 1)  # (M, 2·reach + 1, S)
    product = (windows @ left[..., None])[..., 0][:, shifts + reach]
    sum_left, sum_right = over(left, early, late), over(right, late, early)
    var_left = over(left.square(), early, late) - sum_left.square() / count
    var_right = over(right.square(), late, early) - sum_right.square() / count
    scale = (var_left.clamp(min=0) * var_right.clamp(min=0)).sqrt()
    covariance = product - sum_left * sum_right / count
    r = torch.where(scale > 1e-12, covariance / scale.clamp(min=1e-12), 0.0).clamp(-1, 1)
    whole = [curve.square().sum(1, keepdim=True).clamp(min=1e-12) for curve in (left, right)]  # curves are centred
    # Rounded, so that a share at the limit falls on the same side on every machine.
    power = torch.minimum(var_left / whole[0], var_right / whole[1]).round(decimals=9)
    return r, power


class Phase(NamedTuple):
    """Relative phase of the hands: circular mean (deg), phase-locking value, shares in and against phase; ``(M,)``."""

    mean_deg: torch.Tensor
    locking: torch.Tensor
    in_phase: torch.Tensor
    anti_phase: torch.Tensor
    rhythmic: torch.Tensor


IN_PHASE_DEG, ANTI_PHASE_DEG = 30.0, 150.0
MIN_CYCLES, POWER_SHARE, POWER_BAND_HZ = 2.0, 0.5, 0.5
TRIM = 0.1


def relative_phase(signal: Signal, fps: float) -> Phase:
    """Relative phase φ_L − φ_R by the Hilbert transform, 10 % trimmed at both ends.

    A motion is rhythmic if on both hands the dominant frequency has at least 2 cycles in the clip and at least half of
    the power lies within ±0.5 Hz of it (Lachaux et al. 1999 for the phase-locking value |mean e^{iφ}|).
    """
    out = [signal.values.new_zeros(len(signal.values)) for _ in range(5)]
    frames = signal.mask.sum(1)
    for length in frames.unique().tolist():
        rows = (frames == length).nonzero()[:, 0]
        for target, part in zip(out, _phase_of_equal_length(signal.values[rows, :length], fps)):
            target[rows] = part.to(target)
    mean, locking, in_phase, anti_phase, rhythmic = out
    return Phase(mean, locking, in_phase, anti_phase, rhythmic > 0)


def _phase_of_equal_length(values: torch.Tensor, fps: float) -> tuple[torch.Tensor, ...]:
    length = values.shape[1]
    spectrum = torch.fft.fft(values, dim=1)
    frequency = torch.fft.fftfreq(length, 1 / fps, dtype=values.dtype, device=values.device)
    power = spectrum.abs().square() * (frequency > 0)[:, None]
    dominant = frequency[power.argmax(1)]  # (M, 2)
    near = ((frequency[:, None] - dominant[:, None, :]).abs() <= POWER_BAND_HZ + 1e-9) & (frequency > 0)[:, None]
    share = (power * near).sum(1) / power.sum(1).clamp(min=1e-30)
    rhythmic = ((dominant * length / fps >= MIN_CYCLES - 1e-9) & (share >= POWER_SHARE)).all(-1)

    # Analytic signal: positive frequencies doubled, negative ones removed.
    gain = torch.where(frequency > 0, 2.0, 0.0).to(values)
    gain[0] = 1.0
    if length % 2 == 0:
        gain[length // 2] = 1.0
    analytic = torch.fft.ifft(spectrum * gain[:, None], dim=1)
    cut = int(TRIM * length)
    product = (analytic[..., 0] * analytic[..., 1].conj())[:, cut : length - cut]
    unit = product / product.abs().clamp(min=1e-30)
    mean = unit.mean(1)
    phase = torch.rad2deg(torch.angle(unit)).abs()
    return (
        torch.rad2deg(torch.angle(mean)),
        mean.abs(),
        (phase < IN_PHASE_DEG).to(values.dtype).mean(1),
        (phase > ANTI_PHASE_DEG).to(values.dtype).mean(1),
        rhythmic,
    )
