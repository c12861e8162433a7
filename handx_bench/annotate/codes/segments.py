"""Where a signal changes by the rules of the released code: monotone stretches, as long as possible, that lead from one
state to another.

From each frame on the longest stretch is taken that changes the signal by at least ``min_change``, lasts at least
``min_duration`` frames and runs in one direction in at least 80 % of its frames; it is an event if it ends in another
state (or if any change will do). The next search begins where it ends; without one, ``stride`` frames later. A signal
without any event is described as a whole by the state of its mean. Contacts are runs of frames at or below a threshold.
Results are those of the released code exactly, but for ends, which are exclusive.

Motion codes follow these rules where asked to; by default an event leads from one turning point of the signal to the next
(:func:`~.segment_kernels.turns`), since these stretches go back on their way where most frames agree, and end so late
that too little of a quick way back remains for an event of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import InputError
from .segment_kernels import NONE, changes, interval, state_runs

CONTACT = "Contact"

Intervals = Sequence[tuple[float, float, str]]


class Event(NamedTuple):
    """A change over the frames ``[start, end)``, or a state that holds there.

    ``direction`` is empty for a state; then ``start_state`` and ``end_state`` are the same and ``speed`` is None. A change
    may hold much standing still: its middle 80 % lie in ``[onset, offset)``, which ``speed`` is about. ``change`` is how
    far the signal goes, in degrees or metres. Where a signal turns, one change ends with the frame that the next begins with.
    """

    start: int
    end: int
    direction: str
    start_state: str | None
    end_state: str | None
    speed: str | None
    onset: int
    offset: int
    change: float = 0.0


def segment(
    signal: Any,
    *,
    threshold: float | None = None,
    fps: float = 30.0,
    state_intervals: Intervals = (),
    speed_intervals: Intervals = (),
    min_change: float | None = None,
    min_duration: int = 6,
    require_state_change: bool = True,
    stride: int = 1,
) -> list[Event]:
    """The events of a signal.

    Args:
        signal: ``(T,)`` numbers.
        threshold: if given, events are the contacts: runs of frames in which the signal is at most this.
        fps: frames per second, for speeds.
        state_intervals: ``(low, high, name)``; the state of a value is the first interval with low ≤ value < high.
        speed_intervals: the same for the absolute mean speed of an event, in units of the signal per second.
        min_change: least difference between the first and the last frame of an event.
        min_duration: least number of frames.
        require_state_change: whether an event must end in another state than it begins.
        stride: step, in frames, of the search for begin and end.

    Returns:
        Events in order of time, their ``direction`` "pos" or "neg"; without any change a single state of the whole
        signal if states matter.

    Raises:
        InputError: a signal that is not a finite vector, or a parameter out of range.

    >>> segment([0.0] * 5 + [0.1] * 5, speed_intervals=[(0, 9, "Slow")], min_change=0.05, require_state_change=False)
    [Event(start=0, end=10, direction='pos', start_state=None, end_state=None, speed='Slow', onset=4, offset=6, change=0.1)]
    """
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all():
        raise InputError(f"a signal of shape {x.shape} or with NaN or Inf cannot be segmented", fix="Pass (T,) numbers")
    if threshold is not None:
        runs = state_runs(x, np.array([-np.inf]), np.array([np.nextafter(threshold, np.inf)]))
        touches = [(start, end) for start, end, state in runs.tolist() if state != NONE]
        return [Event(start, end, "", CONTACT, CONTACT, None, start, end) for start, end in touches]
    for name, value in (("min_duration", min_duration), ("stride", stride)):
        if value < 1:
            raise InputError(f"{name} is {value}, expected at least 1")
    if not (math.isfinite(fps) and fps > 0):
        raise InputError(f"fps is {fps}, expected frames per second")
    states, lows, highs = split_intervals(state_intervals)
    speeds, slow, fast = split_intervals(speed_intervals)
    least = -math.inf if min_change is None else min_change
    found = changes(x, fps, lows, highs, slow, fast, least, min_duration, require_state_change, stride)
    if not len(found):
        if not require_state_change:
            return []
        whole = _name(states, int(interval(float(x.mean()), lows, highs)))
        return [Event(0, len(x), "", whole, whole, None, 0, len(x))]
    return [
        Event(
            a,
            b,
            "pos" if sign > 0 else "neg",
            _name(states, s),
            _name(states, e),
            _name(speeds, v),
            on,
            off,
            float(x[b - 1] - x[a]),
        )
        for a, b, sign, s, e, v, on, off in found.tolist()
    ]


def split_intervals(intervals: Intervals) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names, lower and upper bounds of intervals."""
    names = tuple(str(name) for _, _, name in intervals)
    bounds = np.array([(low, high) for low, high, _ in intervals], dtype=np.float64).reshape(-1, 2)
    return names, bounds[:, 0].copy(), bounds[:, 1].copy()


def _name(names: Sequence[str], code: int) -> str | None:
    return None if code == NONE else names[code]
