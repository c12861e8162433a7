"""Changes from one turning point to the next: against SciPy's peaks, and what must hold of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from handx_bench.annotate.codes.segment_kernels import END, OFFSET, ONSET, SIGN, START, turns

FPS = 30.0


def turns_of(x: np.ndarray, least: float, lows: tuple[float, ...] = (), highs: tuple[float, ...] = ()) -> np.ndarray:
    slow, fast = np.array([0.0]), np.array([np.inf])
    return turns(x, FPS, np.array(lows), np.array(highs), slow, fast, least, bool(lows))


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
