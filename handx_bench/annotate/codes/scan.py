"""Segments the signals of all channels of a clip."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from .channels import CHANNELS
from .segment_kernels import BY_CHANGE, BY_STATE, CONTACTS, scan_channels
from .segments import split_intervals

#: A movement that stands still for so long is two.
REST_S = 0.4


class Scanned(NamedTuple):
    """What :func:`~.segment_kernels.scan_channels` finds in the channels of a clip."""

    events: np.ndarray
    changes: np.ndarray
    event_ends: np.ndarray
    spans: np.ndarray
    span_ends: np.ndarray
    extremes: np.ndarray


def scan(signals: np.ndarray, fps: float, released: bool) -> Scanned:
    """Events, states and extremes of ``signals (channels, T)``, by the released rules or our own."""
    return Scanned(*scan_channels(signals, fps, *_parameters(fps, released), max(2, round(REST_S * fps))))


@functools.lru_cache(maxsize=16)
def _parameters(fps: float, released: bool) -> tuple[np.ndarray, ...]:
    """Per channel: bounds of states ``(C, 4, 2)`` and speeds ``(C, 3, 2)``, least change, least frames, mode."""
    states, speeds = np.full((len(CHANNELS), 4, 2), np.nan), np.empty((len(CHANNELS), 3, 2))
    least, frames = np.empty(len(CHANNELS)), np.zeros(len(CHANNELS), np.int64)
    mode = np.empty(len(CHANNELS), np.int64)
    for c, (_, kind) in enumerate(CHANNELS):
        _, lows, highs = split_intervals(kind.states)
        states[c, : len(lows), 0], states[c, : len(highs), 1] = lows, highs
        slow, medium = kind.speeds
        if released and kind.released:
            slow, medium = kind.released.speeds
            frames[c] = max(2, round(kind.released.min_duration_s * fps))
        speeds[c] = [(0, slow), (slow, medium), (medium, np.inf)]
        least[c] = kind.min_change
        mode[c] = CONTACTS if kind.is_contact else BY_STATE if kind.by_state else BY_CHANGE
    return states, speeds, least, frames, mode
