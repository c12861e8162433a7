"""The compiled part of segmentation, all in one file: what numba keeps on disk of a function is made anew when its own file
changes, but not when a file changes from which it takes another function.
"""

from __future__ import annotations

import numba
import numpy as np

#: Share of frames that must not run against an event's direction.
CONSISTENCY = 0.8
#: Columns of events.
START, END, SIGN, FROM, TO, SPEED, ONSET, OFFSET = range(8)
#: An event's change is under way between these shares of it; before and after, the signal hardly moves.
UNDER_WAY = (0.1, 0.9)
#: In a rest, the signal moves by no more than this share of the whole way, for at least this share of its time.
REST_RANGE, REST_SHARE = 0.05, 0.15
#: Code of a state or speed that no interval holds.
NONE = -1
#: Kinds of channels: events are changes, changes of state, or contacts.
BY_CHANGE, BY_STATE, CONTACTS = range(3)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scan_channels(
    signals: np.ndarray,
    fps: float,
    states: np.ndarray,
    speeds: np.ndarray,
    least: np.ndarray,
    frames: np.ndarray,
    mode: np.ndarray,
    rest: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # pragma: no cover - compiled
    """Segments ``signals (C, T)``.

    Args:
        signals: one channel in each row.
        fps: frames per second.
        states: bounds of states ``(C, 4, 2)``; speeds: of speeds ``(C, 3, 2)``.
        least: least change of an event ``(C,)``.
        frames: least frames of an event by the released rules ``(C,)``; 0: by turning points.
        mode: kind of channel ``(C,)``.
        rest: least frames of a rest, at which a change is cut.

    Returns:
        Events ``(E, 8)`` with the columns of an event, one channel after the other, how much each changes ``(E,)``, and
        where those of each channel end ``(C,)``; spans ``(S, 3)`` (start, end, state) and where they end; extremes ``(C, 2)``.
    """
    count, length = signals.shape
    found, changed = np.empty((count * (length + 1), 8), np.int64), np.zeros(count * (length + 1))
    spans = np.empty((count * length, 3), np.int64)
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
            by_state = mode[c] == BY_STATE
            if frames[c]:
                events = changes(x, fps, lows, highs, slow, fast, least[c], frames[c], by_state, 1)
            else:
                events = turns(x, fps, lows, highs, slow, fast, least[c], by_state, rest)
            for e in range(len(events)):
                found[num_found] = events[e]
                changed[num_found] = x[events[e, END] - 1] - x[events[e, START]]
                num_found += 1
            if not len(events) and by_state:
                state = interval(x.mean(), lows, highs)
                found[num_found] = 0, length, 0, state, state, NONE, 0, length
                num_found += 1
        found_ends[c], span_ends[c] = num_found, num_spans
    return found[:num_found], changed[:num_found], found_ends, spans[:num_spans], span_ends, extremes


@numba.njit(cache=True, nogil=True, error_model="numpy")
def turns(
    x: np.ndarray,
    fps: float,
    lows: np.ndarray,
    highs: np.ndarray,
    slow: np.ndarray,
    fast: np.ndarray,
    min_change: float,
    require_state_change: bool,
    rest: int,
) -> np.ndarray:  # pragma: no cover - compiled
    """The changes of a signal from one turning point to the next, ``(E, 8)`` with the columns named above.

    The signal turns where it goes back by at least ``min_change``; up to there it counts as going on, unless it rests for
    at least ``rest`` frames (0: however long it rests), see :func:`_parts`. Where a signal turns, successive changes share a frame.
    """
    num = len(x)
    out = np.empty((num, 8), np.int64)
    count = begin = low = high = way = 0
    for t in range(1, num + 1):
        end = -1
        if t == num:
            end = high if way > 0 else low
        else:
            if way >= 0 and x[t] > x[high]:
                high = t
            if way <= 0 and x[t] < x[low]:
                low = t
            if way == 0 and x[t] - x[low] >= min_change:
                begin, high, way = low, t, 1
            elif way == 0 and x[high] - x[t] >= min_change:
                begin, low, way = high, t, -1
            elif way > 0 and x[high] - x[t] >= min_change:
                end, low = high, t
            elif way < 0 and x[t] - x[low] >= min_change:
                end, high = low, t
        if end < 0 or way == 0:
            continue
        parts = _parts(x, begin, end, lows, highs, min_change, require_state_change, rest)
        for k in range(len(parts)):
            first, last = parts[k]
            before, after = interval(x[first], lows, highs), interval(x[last], lows, highs)
            if before == after and require_state_change:
                continue
            onset, offset = _under_way(x, first, last + 1)
            speed = abs(x[offset - 1] - x[onset]) * fps / (offset - 1 - onset)
            out[count, START], out[count, END], out[count, SIGN] = first, last + 1, way
            out[count, FROM], out[count, TO], out[count, SPEED] = before, after, interval(speed, slow, fast)
            out[count, ONSET], out[count, OFFSET] = onset, offset
            count += 1
        begin, way = end, -way
    return out[:count]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _parts(
    x: np.ndarray,
    begin: int,
    end: int,
    lows: np.ndarray,
    highs: np.ndarray,
    min_change: float,
    require_state_change: bool,
    rest: int,
) -> np.ndarray:  # pragma: no cover - compiled
    """The way from frame ``begin`` to frame ``end`` cut at its rests, as first and last frames ``(P, 2)``.

    A rest is a time of at least ``rest`` frames, and of a sensible part of the way's, in which the signal hardly moves. A
    part must be a change by itself; what is less before the first or behind the last rest is left out, unless it is what
    changes the state.
    """
    out = np.empty((end - begin + 1, 2), np.int64)
    count, first, last = 0, begin, end
    length = max(rest, int(REST_SHARE * (end - begin)))
    still = min(0.2 * min_change, REST_RANGE * abs(x[end] - x[begin]))
    t = begin
    while rest > 0 and t < end:
        low = high = x[t]
        stop = t + 1
        while stop <= end and max(high, x[stop]) - min(low, x[stop]) <= still:
            low, high = min(low, x[stop]), max(high, x[stop])
            stop += 1
        if stop - t < length:
            t += 1
            continue
        # It is reached at t, and left at stop − 1.
        done, left = abs(x[t] - x[first]), abs(x[end] - x[stop - 1])
        new_before = interval(x[first], lows, highs) != interval(x[t], lows, highs)
        new_after = interval(x[stop - 1], lows, highs) != interval(x[end], lows, highs)
        if done >= min_change and left >= min_change and ((new_before and new_after) or not require_state_change):
            out[count, 0], out[count, 1] = first, t
            count += 1
            first = stop - 1
        elif done < min_change and left >= min_change and not (new_before and require_state_change):
            first = stop - 1
        elif done >= min_change and left < min_change and not (new_after and require_state_change):
            last = t
            break
        t = stop
    out[count, 0], out[count, 1] = first, last
    return out[: count + 1]


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
) -> np.ndarray:  # pragma: no cover - compiled
    """The changes of a signal by the released rules, ``(E, 8)`` with the columns named above."""
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
def _under_way(x: np.ndarray, start: int, end: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """The part of ``[start, end)`` in which most of the change happens: until most of it is done, from where little was."""
    whole = x[end - 1] - x[start]
    if whole == 0:
        return start, end
    offset = start
    while (x[offset] - x[start]) * whole < UNDER_WAY[1] * whole * whole:
        offset += 1
    onset = offset - 1
    while (x[onset] - x[start]) * whole >= UNDER_WAY[0] * whole * whole:
        onset -= 1
    return onset, offset + 1


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
