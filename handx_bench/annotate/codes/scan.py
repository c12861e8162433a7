"""Segments the signals of all channels of a clip, in one compiled pass."""

from __future__ import annotations

import functools

import numba
import numpy as np

from .channels import CHANNELS
from .segments import END, NONE, SIGN, START, changes, interval, split_intervals, state_runs

#: Kinds of events: changes, changes of state, contacts.
BY_CHANGE, BY_STATE, CONTACTS = range(3)


@functools.lru_cache(maxsize=16)
def parameters(fps: float) -> tuple[np.ndarray, ...]:
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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scan(
    signals: np.ndarray,
    fps: float,
    states: np.ndarray,
    speeds: np.ndarray,
    least: np.ndarray,
    reversal: np.ndarray,
    frames: np.ndarray,
    mode: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # pragma: no cover - compiled
    """Events ``(E, 8)`` with the columns of an event, one channel after the other, and where those of each channel end;
    spans ``(S, 3)`` (start, end, state) and where they end; extremes ``(C, 2)``."""
    count, length = signals.shape
    found, spans = np.empty((count * (length + 1), 8), np.int64), np.empty((count * length, 3), np.int64)
    found_ends, span_ends = np.empty(count, np.int64), np.empty(count, np.int64)
    extremes = np.empty((count, 2))
    num_found = num_spans = 0
    for c in range(count):
        x = signals[c]
        lows, highs = states[c, :, 0].copy(), states[c, :, 1].copy()
        extremes[c, 0], extremes[c, 1] = x.min(), x.max()
        runs = state_runs(x, lows, highs)
        for r in range(len(runs)):
            start, end, state = runs[r]
            if state == NONE:
                continue
            spans[num_spans] = start, end, state
            num_spans += 1
            if mode[c] == CONTACTS and state == 0:
                found[num_found] = start, end, 0, state, state, NONE, start, end
                num_found += 1
        if mode[c] != CONTACTS:
            slow, fast = speeds[c, :, 0].copy(), speeds[c, :, 1].copy()
            events = changes(x, fps, lows, highs, slow, fast, least[c], frames[c], mode[c] == BY_STATE, 1, reversal[c])
            for e in range(len(events)):
                found[num_found] = events[e]
                # A slow fall and a quick rise beyond where it began are a rise, though most steps fall.
                net = x[events[e, END] - 1] - x[events[e, START]]
                if net != 0:
                    found[num_found, SIGN] = 1 if net > 0 else -1
                num_found += 1
            if not len(events) and mode[c] == BY_STATE:
                state = interval(x.mean(), lows, highs)
                found[num_found] = 0, length, 0, state, state, NONE, 0, length
                num_found += 1
        found_ends[c], span_ends[c] = num_found, num_spans
    return found[:num_found], found_ends, spans[:num_spans], span_ends, extremes
