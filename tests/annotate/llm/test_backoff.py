"""Waits between tries: what servers ask for in every form, and bounds of the rest."""

from __future__ import annotations

import email.utils
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handx_bench.annotate.llm.backoff import Backoff, retry_after_s

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        (email.utils.formatdate(NOW + 90, usegmt=True), 90.0),
        (email.utils.formatdate(NOW - 90, usegmt=True), 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Thu, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOW) == expected


@given(st.text(max_size=60))
def test_retry_after_of_anything_is_a_wait_or_none(value: str) -> None:
    wait = retry_after_s(value, NOW)
    assert wait is None or wait >= 0


@given(st.integers(1, 10_000), st.floats(0.001, 10), st.floats(0.001, 100), st.integers())
def test_waits_grow_and_are_bounded(tried: int, first: float, longest: float, seed: int) -> None:
    backoff = Backoff(first_s=first, longest_s=longest)
    full = min(longest, first * 2.0 ** min(tried - 1, 60))
    wait = backoff.wait_s(tried, random.Random(seed))
    assert full / 2 <= wait <= full <= longest
