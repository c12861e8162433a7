"""Descriptions against the motion that they describe, another motion, and the other hand."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import pytest

from handx_bench.annotate.claims import check_texts
from handx_bench.annotate.codes import MotionCodes
from handx_bench.annotate.describe import describe
from handx_bench.annotate.texts import Texts

from ..conftest import Coded

Pairs = list[tuple[Texts, MotionCodes]]


@pytest.fixture(scope="module", params=["real", "mini"])
def described(request: pytest.FixtureRequest) -> Pairs:
    clips: list[Coded] = request.getfixturevalue(request.param)
    return [(describe(clip.codes, seed), clip.codes) for seed, clip in enumerate(clips)]


def _agreement(pairs: Iterable[tuple[Texts, MotionCodes]]) -> tuple[float, float]:
    """Share of the claims that hold, and of the clauses that are read."""
    checks = [check for texts, codes in pairs for part in check_texts(texts, codes).values() for check in part]
    satisfied, applicable = sum(c.satisfied for c in checks), sum(c.applicable for c in checks)
    return satisfied / applicable, sum(c.coverage for c in checks) / len(checks)


def test_descriptions_are_read_completely_and_true(described: Pairs) -> None:
    agreement, coverage = _agreement(described)
    assert coverage == 1.0
    assert agreement == 1.0


def test_descriptions_of_other_clips_are_mostly_untrue(described: Pairs) -> None:
    order = list(range(len(described)))
    random.Random(0).shuffle(order)
    others = [order[(order.index(i) + 1) % len(order)] for i in range(len(described))]
    assert all(i != j for i, j in enumerate(others))
    agreement, _ = _agreement((described[j][0], codes) for j, (_, codes) in zip(others, described))
    assert agreement < 0.45


def _other_hand(text: str) -> str:
    return re.sub(r"\b(left|right)\b", lambda m: "right" if m[0] == "left" else "left", text)


def test_with_left_and_right_exchanged_much_less_is_true(described: Pairs) -> None:
    exchanged = (
        (Texts(*(tuple(map(_other_hand, t)) for t in (texts.right, texts.left, texts.interaction))), codes)
        for texts, codes in described
    )
    agreement, coverage = _agreement(exchanged)
    assert coverage == 1.0
    assert agreement < 0.8
