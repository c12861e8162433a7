"""Where a signal changes: monotone stretches, as long as possible, that lead from one state to another.

From each frame on the longest stretch is taken that changes the signal by at least ``min_change``, lasts at least
``min_duration`` frames and runs in one direction in at least 80 % of its frames; it is an event if it ends in another
state (or if any change will do). The next search begins where it ends; without one, ``stride`` frames later. A signal
without any event is described as a whole by the state of its mean. These are the rules of the released code, whose
results are reproduced exactly; contacts are runs of frames at or below a threshold. Ends are exclusive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np

from ...errors import InputError

#: Share of frames that must not run against an event's direction.
CONSISTENCY = 0.8
#: Columns of the kernels' events.
START, END, SIGN, FROM, TO, SPEED, ONSET, OFFSET = range(8)
#: An event's change is under way between these shares of it; before and after, the signal hardly moves.
UNDER_WAY = (0.1, 0.9)
#: Code of a state or speed that no interval holds.
NONE = -1
CONTACT = "Contact"

Intervals = Sequence[tuple[float, float, str]]


class Event(NamedTuple):
    """A change over the frames ``[start, end)``, or a state that holds there.

    ``direction`` is empty for a state; then ``start_state`` and ``end_state`` are the same and ``speed`` is None. Since
    stretches are as long as possible, a change may begin after and end before much standing still: its middle 80 % lie in
    ``[onset, offset)``.
    """

    start: int
    end: int
    direction: str
    start_state: str | None
    end_state: str | None
    speed: str | None
    onset: int
    offset: int

    @property
    def is_change(self) -> bool:
        """Whether the signal changes, rather than stays in one state."""
        return bool(self.direction)

    def to_released(self) -> dict[str, Any]:
        """The event as the released code writes it, where the end of a contact is its last frame.

        >>> Event(3, 8, "", CONTACT, CONTACT, None, 3, 8).to_released()
        {'start': 3, 'end': 7, 'constant_des': 'Contact'}
        """
        if not self.is_change:
            end = self.end - 1 if self.start_state == CONTACT else self.end
            return {"start": self.start, "end": end, "constant_des": self.start_state}
        return {
            "start": self.start, "end": self.end, "direction": self.direction,
            "start_des": self.start_state, "end_des": self.end_state, "v_des": self.speed,
        }  # fmt: skip


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
    [Event(start=0, end=10, direction='pos', start_state=None, end_state=None, speed='Slow', onset=4, offset=6)]
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
    found = changes(x, fps, lows, highs, slow, fast, least, min_duration, require_state_change, stride, np.inf)
    if not len(found):
        if not require_state_change:
            return []
        whole = _name(states, int(interval(float(x.mean()), lows, highs)))
        return [Event(0, len(x), "", whole, whole, None, 0, len(x))]
    return [
        Event(a, b, "pos" if sign > 0 else "neg", _name(states, s), _name(states, e), _name(speeds, v), on, off)
        for a, b, sign, s, e, v, on, off in found.tolist()
    ]


def split_intervals(intervals: Intervals) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names, lower and upper bounds of intervals."""
    names = tuple(str(name) for _, _, name in intervals)
    bounds = np.array([(low, high) for low, high, _ in intervals], dtype=np.float64).reshape(-1, 2)
    return names, bounds[:, 0].copy(), bounds[:, 1].copy()


def _name(names: Sequence[str], code: int) -> str | None:
    return None if code == NONE else names[code]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def interval(value: float, lows: np.ndarray, highs: np.ndarray) -> int:  # pragma: no cover - compiled
    """Index of the first interval that holds ``value``, or ``NONE``."""
    for k in range(len(lows)):
        if lows[k] <= value < highs[k]:
            return k
    return NONE


@numba.njit(cache=True, nogil=True, error_model="numpy")
def state_runs(x: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:  # pragma: no cover - compiled
    """Runs of equal state ``(R, 3)``: start, end, state; together they cover the signal."""
    out = np.empty((len(x), 3), np.int64)
    count = 0
    for t in range(len(x)):
        state = interval(x[t], lows, highs)
        if count and out[count - 1, 2] == state:
            out[count - 1, 1] = t + 1
        else:
            out[count, 0], out[count, 1], out[count, 2] = t, t + 1, state
            count += 1
    return out[:count]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def changes(
    x: np.ndarray,
    fps: float,
    lows: np.ndarray,
    highs: np.ndarray,
    slow: np.ndarray,
    fast: np.ndarray,
    min_change: float,
    min_duration: int,
    require_state_change: bool,
    stride: int,
    max_reversal: float,
) -> np.ndarray:  # pragma: no cover - compiled
    """The changes of a signal, ``(E, 8)`` with the columns named above."""
    num = len(x)
    out = np.empty((num, 8), np.int64)
    count = 0
    if x.max() - x.min() < min_change:
        return out[:0]
    # Frames up to t that run against a rise, and against a fall. Frame 0 does neither.
    falls, rises = np.zeros(num + 1, np.int64), np.zeros(num + 1, np.int64)
    for t in range(num):
        falls[t + 1] = falls[t] + (t > 0 and x[t] < x[t - 1])
        rises[t + 1] = rises[t] + (t > 0 and x[t] > x[t - 1])
    reach = _reach(x, falls, rises)
    i = 0
    while i < num:
        # No stretch from here that ends beyond this can change enough, or run in one direction.
        last = _last_candidate(x, reach, falls, rises, i, min_change)
        j = num - (num - last + stride - 1) // stride * stride
        found = False
        while j > i:
            if abs(x[j - 1] - x[i]) < min_change:
                j -= stride
                continue
            if j - i < min_duration:
                break
            total = j - i
            sign = 0
            if (total - (falls[j] - falls[i])) / total >= CONSISTENCY:
                sign = 1
            elif (total - (rises[j] - rises[i])) / total >= CONSISTENCY:
                sign = -1
            if sign and _reversal(x, i, j) >= max_reversal:
                sign = 0
            if sign:
                begin, end = interval(x[i], lows, highs), interval(x[j - 1], lows, highs)
                if begin != end or not require_state_change:
                    # The step into the first frame counts, as in the released code.
                    speed = abs(x[j - 1] - x[max(i - 1, 0)]) * fps / total
                    out[count, START], out[count, END], out[count, SIGN] = i, j, sign
                    out[count, FROM], out[count, TO] = begin, end
                    out[count, SPEED] = interval(speed, slow, fast)
                    out[count, ONSET], out[count, OFFSET] = _under_way(x, i, j)
                    count += 1
                    found = True
                    break
            j -= stride
        i = j if found else i + stride
    return out[:count]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _reversal(x: np.ndarray, start: int, end: int) -> float:  # pragma: no cover - compiled
    """The most that the signal goes back, within ``[start, end)``, against its change as a whole."""
    sign = 1.0 if x[end - 1] >= x[start] else -1.0
    furthest = worst = 0.0
    for t in range(start, end):
        furthest = max(furthest, sign * (x[t] - x[start]))
        worst = max(worst, furthest - sign * (x[t] - x[start]))
    return worst


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _under_way(x: np.ndarray, start: int, end: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """The part of ``[start, end)`` in which most of the change happens."""
    whole = x[end - 1] - x[start]
    onset, offset = start, end
    if whole == 0:
        return onset, offset
    for t in range(start, end):
        if (x[t] - x[start]) * whole < UNDER_WAY[0] * whole * whole:
            onset = t
        else:
            break
    for t in range(end - 1, start - 1, -1):
        if (x[t] - x[start]) * whole >= UNDER_WAY[1] * whole * whole:
            offset = t + 1
        else:
            break
    return onset, offset


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _reach(x: np.ndarray, falls: np.ndarray, rises: np.ndarray) -> np.ndarray:  # pragma: no cover - compiled
    """What lies at or after each frame: highest and lowest value, and the most that a stretch may still be in favour of a
    rise or a fall. ``(4, T + 1)``."""
    num = len(x)
    out = np.empty((4, num + 1))
    out[0, num], out[1, num] = -np.inf, np.inf
    out[2, num], out[3, num] = _favour(falls, num), _favour(rises, num)
    for t in range(num - 1, -1, -1):
        out[0, t], out[1, t] = max(out[0, t + 1], x[t]), min(out[1, t + 1], x[t])
        out[2, t] = max(out[2, t + 1], _favour(falls, t))
        out[3, t] = max(out[3, t + 1], _favour(rises, t))
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _favour(against: np.ndarray, t: int) -> float:  # pragma: no cover - compiled
    """Grows along a stretch as long as few enough frames run against it."""
    return (1.0 - CONSISTENCY) * t - against[t]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _last_candidate(
    x: np.ndarray, reach: np.ndarray, falls: np.ndarray, rises: np.ndarray, i: int, min_change: float
) -> int:  # pragma: no cover - compiled
    """An end that no event from frame ``i`` lies beyond, found by bisection: what is reachable only shrinks."""
    low, high = i, len(x)
    while low < high:
        end = (low + high + 1) // 2
        changes_enough = reach[0, end - 1] - x[i] >= min_change or x[i] - reach[1, end - 1] >= min_change
        # The slack keeps rounding from excluding what the exact test admits.
        consistent = reach[2, end] >= _favour(falls, i) - 1e-6 or reach[3, end] >= _favour(rises, i) - 1e-6
        if changes_enough and consistent:
            low = end
        else:
            high = end - 1
    return low
