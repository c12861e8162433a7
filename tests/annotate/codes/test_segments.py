"""Segmentation against the released code's results, and against a plain loop that tries every stretch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handx_bench.annotate.codes import Event, segment
from handx_bench.errors import InputError

from .released import as_released

SPEEDS = [(0, 0.5, "Slow"), (0.5, 2, "Medium"), (2, 1e9, "Fast")]
STATES = [(-1e9, -0.5, "low"), (-0.5, 0.5, "middle"), (0.5, 1e9, "high")]


def test_all_released_signals_are_segmented_alike(shared: Path) -> None:
    cases = json.loads((shared / "golden" / "segmentation.json").read_text())
    for number, case in enumerate(cases):
        arguments = {key: value for key, value in case.items() if key not in ("kind", "x", "expected")}
        found = [as_released(event) for event in segment(case["x"], **arguments)]
        assert found == case["expected"], number
    assert len(cases) == 250


def _plainly(x: np.ndarray, min_change: float, min_duration: int, by_state: bool, stride: int) -> list[Event]:
    """The rules word by word: every end of every stretch is tried."""

    def name(value: float, intervals: list[tuple[float, float, str]]) -> str | None:
        return next((n for low, high, n in intervals if low <= value < high), None)

    def under_way(part: np.ndarray, start: int) -> tuple[int, int]:
        if part[-1] == part[0]:
            return start, start + len(part)
        share = (part - part[0]) / (part[-1] - part[0])
        arrived = next(t for t in range(len(part)) if share[t] >= 0.9)
        left = next(t for t in reversed(range(arrived)) if share[t] < 0.1)
        return start + left, start + arrived + 1

    steps = np.concatenate([[0.0], np.diff(x)])
    events: list[Event] = []
    i = 0
    while i < len(x):
        end = None
        for j in range(len(x), i, -stride):
            if abs(x[j - 1] - x[i]) < min_change:
                continue
            if j - i < min_duration:
                break
            part = steps[i:j]
            direction = "pos" if np.mean(part >= 0) >= 0.8 else "neg" if np.mean(part <= 0) >= 0.8 else ""
            if direction and (not by_state or name(x[i], STATES) != name(x[j - 1], STATES)):
                speed = name(abs(part.mean() * 30.0), SPEEDS)
                states = name(x[i], STATES), name(x[j - 1], STATES)
                events.append(Event(i, j, direction, *states, speed, *under_way(x[i:j], i), x[j - 1] - x[i]))
                end = j
                break
        i = i + stride if end is None else end
    if not events and by_state:
        state = name(float(x.mean()), STATES)
        return [Event(0, len(x), "", state, state, None, 0, len(x))]
    return events


@settings(max_examples=300)
@given(
    seed=st.integers(0, 10**6),
    length=st.integers(1, 80),
    roughness=st.sampled_from([0.0, 0.1, 1.0]),
    min_change=st.sampled_from([0.0, 0.2, 1.0]),
    min_duration=st.integers(1, 8),
    by_state=st.booleans(),
    stride=st.integers(1, 4),
    levels=st.sampled_from([None, 0.25]),
)
def test_equals_a_plain_loop(seed, length, roughness, min_change, min_duration, by_state, stride, levels) -> None:
    rng = np.random.default_rng(seed)
    time = np.arange(length)
    x = np.sin(time / rng.uniform(2, 30) + rng.uniform(0, 6)) + roughness * rng.normal(size=length)
    if levels:  # plateaus: frames that neither rise nor fall
        x = np.round(x / levels) * levels
    found = segment(
        x, state_intervals=STATES, speed_intervals=SPEEDS, min_change=min_change,
        min_duration=min_duration, require_state_change=by_state, stride=stride,
    )  # fmt: skip
    expected = _plainly(x, min_change, min_duration, by_state, stride)
    assert [e._replace(speed=None) for e in found] == [e._replace(speed=None) for e in expected]
    # The mean speed is a sum here and a difference there: only at a bound may rounding name it otherwise.
    assert sum(a.speed != b.speed for a, b in zip(found, expected)) == 0


def test_long_recordings_take_no_quadratic_time() -> None:
    rng = np.random.default_rng(0)
    for x in (np.cumsum(rng.normal(size=100_000)), rng.normal(size=100_000), np.zeros(100_000)):
        segment(x, state_intervals=STATES, speed_intervals=SPEEDS, min_change=0.5)  # the test's time-out is the verdict


def test_contacts_are_half_open_and_touch_at_the_threshold() -> None:
    x = [0.03, 0.02, 0.01, 0.0201, 0.02]
    assert segment(x, threshold=0.02) == [
        Event(1, 3, "", "Contact", "Contact", None, 1, 3),
        Event(4, 5, "", "Contact", "Contact", None, 4, 5),
    ]
    assert segment([1.0, 2.0], threshold=0.02) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"signal": [[1.0]]}, "shape"),
        ({"signal": []}, "shape"),
        ({"signal": [1.0, float("nan")]}, "NaN"),
        ({"signal": [1.0], "min_duration": 0}, "min_duration"),
        ({"signal": [1.0], "stride": 0}, "stride"),
        ({"signal": [1.0], "fps": 0.0}, "fps"),
    ],
)
def test_bad_input(arguments: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        segment(arguments.pop("signal"), **arguments)
