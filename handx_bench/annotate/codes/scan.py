"""Segments the signals of all channels of a clip."""

from __future__ import annotations

import functools

import numpy as np

from .channels import CHANNELS
from .segment_kernels import BY_CHANGE, BY_STATE, CONTACTS, scan_channels
from .segments import split_intervals


def scan(signals: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events, states and extremes of ``signals (channels, T)``, see :func:`~.segment_kernels.scan_channels`."""
    return scan_channels(signals, fps, *_parameters(fps))


@functools.lru_cache(maxsize=16)
def _parameters(fps: float) -> tuple[np.ndarray, ...]:
    """Per channel: bounds of states ``(C, 4, 2)`` and speeds ``(C, 3, 2)``, least change, most reversal, least frames, kind."""
    states, speeds = np.full((len(CHANNELS), 4, 2), np.nan), np.empty((len(CHANNELS), 3, 2))
    least, reversal = np.empty(len(CHANNELS)), np.empty(len(CHANNELS))
    frames, mode = np.empty(len(CHANNELS), np.int64), np.empty(len(CHANNELS), np.int64)
    for c, (_, kind) in enumerate(CHANNELS):
        _, lows, highs = split_intervals(kind.states)
        states[c, : len(lows), 0], states[c, : len(highs), 1] = lows, highs
        slow, medium = kind.speeds
        speeds[c] = [(0, slow), (slow, medium), (medium, np.inf)]
        least[c], reversal[c] = kind.min_change, kind.max_reversal
        frames[c] = max(2, round(kind.min_duration_s * fps))
        mode[c] = CONTACTS if kind.contact_m is not None else BY_STATE if kind.by_state else BY_CHANGE
    return states, speeds, least, reversal, frames, mode
