"""Changes from one turning point to the next: against SciPy's peaks, and what must hold of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from handx_bench.annotate.codes.segment_kernels import END, OFFSET, ONSET, SIGN, START, turns

FPS = 30.0


def turns_of(
    x: np.ndarray, least: float, lows: tuple[float, ...] = (), highs: tuple[float, ...] = (), rest: int = 0
) -> np.ndarray:
    slow, fast = np.array([0.0]), np.array([np.inf])
    return turns(x, FPS, np.array(lows), np.array(highs), slow, fast, least, bool(lows), rest)


def path(*corners: tuple[int, float]) -> np.ndarray:
    frames, values = zip(*corners)
    return np.interp(np.arange(frames[-1] + 1), frames, values)


def test_a_change_is_cut_where_it_rests() -> None:
    x = path((0, 0), (10, 0), (20, 2), (40, 2), (50, 5), (60, 5))
    assert len(turns_of(x, 1.0)) == 1
    first, second = turns_of(x, 1.0, rest=12)
    assert [*first[:2], *second[:2]] == pytest.approx([10, 21, 40, 51], abs=1)
    assert first[SIGN] == second[SIGN] == 1
    assert len(turns_of(x, 1.0, rest=30)) == 1, "not long enough"


def test_a_drift_before_a_rest_and_behind_one_is_left_out() -> None:
    x = path((0, 0), (5, 0.6), (30, 0.6), (40, 4), (60, 4), (65, 4.6))
    (only,) = turns_of(x, 1.0, rest=12)
    assert [*only[:2]] == pytest.approx([30, 41], abs=1)


def test_what_changes_the_state_is_not_left_out() -> None:
    lows, highs = (-9.0, 0.5), (0.5, 9.0)
    x = path((0, 0), (5, 0.8), (30, 0.8), (40, 4), (60, 4))
    (only,) = turns_of(x, 1.0, lows, highs, rest=12)
    assert [*only[:2]] == pytest.approx([0, 41], abs=1)
    x = path((0, 0), (5, 0.4), (30, 0.4), (40, 4), (60, 4))
    (only,) = turns_of(x, 1.0, lows, highs, rest=12)
    assert [*only[:2]] == pytest.approx([30, 41], abs=1)


@pytest.mark.parametrize("frames", [20, 60, 150, 3000])
def test_a_slow_change_is_no_rest(frames: int) -> None:
    x = path((0, 0.0), (frames, 9.0))
    (only,) = turns_of(x, 1.0, rest=12)
    assert (only[START], only[END]) == (0, frames + 1)


@given(seed=st.integers(0, 10**6))
def test_cutting_at_rests_keeps_what_holds_of_changes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = np.cumsum(rng.integers(1, 30, 12))
    x = np.interp(np.arange(corners[-1]), corners, np.repeat(rng.uniform(-5, 5, 6), 2)) + 0.02 * rng.normal(
        size=corners[-1]
    )
    whole, cut = turns_of(x, 1.0), turns_of(x, 1.0, rest=12)
    assert len(cut) >= len(whole)
    for start, end, sign, *_, onset, offset in cut.tolist():
        assert sign * (x[end - 1] - x[start]) >= 1.0
        assert start <= onset < offset - 1 < end
        assert any(a <= start and end <= b and sign == s for a, b, s in whole[:, :3].tolist())
    assert (cut[1:, START] + 1 >= cut[:-1, END]).all()


@given(seed=st.integers(0, 10**6), length=st.integers(1, 120), least=st.sampled_from([0.3, 1.0, 3.0]))
def test_turning_points_are_peaks_of_enough_prominence(seed: int, length: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.normal(size=length)) + rng.normal(size=length) * rng.choice([0, 0.5])
    found = turns_of(x, least)
    inner = found[1:, START] if len(found) else found[:0, START]
    peaks = [find_peaks(sign * x, prominence=least)[0] for sign in (1, -1)]
    assert inner.tolist() == sorted(np.concatenate(peaks).tolist())


@given(seed=st.integers(0, 10**6), noise=st.sampled_from([0.0, 0.1, 0.4]))
def test_what_holds_of_changes(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    corners = np.cumsum(rng.integers(1, 12, 12))
    x = np.interp(np.arange(corners[-1]), corners, np.repeat(rng.uniform(-5, 5, 6), 2)) + noise * rng.normal(
        size=corners[-1]
    )
    found = turns_of(x, 1.0)
    for start, end, sign, *_, onset, offset in found.tolist():
        part = sign * x[start:end]
        assert part[-1] - part[0] >= 1.0
        assert (part.argmin(), part.argmax()) == (0, len(part) - 1)
        assert (np.maximum.accumulate(part) - part).max() < 1.0  # it does not go back on the way
        assert start <= onset < offset - 1 < end
        share = (part - part[0]) / (part[-1] - part[0])
        assert share[onset - start] < 0.1
        assert share[offset - 1 - start] >= 0.9
        assert (
            (share[onset + 1 - start : offset - 1 - start] >= 0.1)
            & (share[onset + 1 - start : offset - 1 - start] < 0.9)
        ).all()
    assert (found[1:, START] + 1 == found[:-1, END]).all()
    assert (found[1:, SIGN] == -found[:-1, SIGN]).all()
    assert (found[1:, ONSET] >= found[:-1, OFFSET] - 1).all()


def test_a_way_that_leads_to_no_other_state_is_none() -> None:
    x = np.interp(np.arange(40), [0, 10, 20, 30], [0.0, 3.0, 1.0, 8.0])
    assert len(turns_of(x, 1.5)) == 3
    (only,) = turns_of(x, 1.5, lows=(-9.0, 5.0), highs=(5.0, 9.0))
    assert (only[START], only[END]) == (20, 31)


@pytest.mark.parametrize("x", [np.zeros(1), np.zeros(50), np.linspace(0, 0.9, 50)])
def test_too_little_is_nothing(x: np.ndarray) -> None:
    assert len(turns_of(x, 1.0)) == 0


def test_long_recordings_take_linear_time() -> None:
    """A tap per second for an hour: tried stretch by stretch, it would take hours."""
    x = np.tile(np.interp(np.arange(30), [10, 12, 14], [0.0, 1.0, 0.0]), 3600)
    assert len(turns_of(x, 0.5)) == 7200
