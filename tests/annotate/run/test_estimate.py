"""Estimates: made without a call, a key or a file."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import handx_annotate_fakes as fakes
import pytest

from handx_bench.annotate.llm.usage import Prices
from handx_bench.annotate.run.dataset import plan
from handx_bench.annotate.run.estimate import estimate
from handx_bench.annotate.run.model import ModelRecipe
from handx_bench.annotate.run.rules import RulesRecipe
from handx_bench.annotate.run.source import Source


def test_an_estimate_calls_nobody_and_leaves_nothing(
    recipe: Callable[..., ModelRecipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(str(fakes.write_clips(tmp_path / "source", 60)))
    monkeypatch.delenv("OPENAI_API_KEY")

    def refuse(*arguments: object) -> None:
        raise AssertionError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    made = recipe()
    found = estimate(made, source, plan(source, tmp_path / "out", made), Prices(1.0, 10.0))
    assert (found.annotator, found.clips, found.to_do, found.calls, found.most_calls) == ("test-model", 60, 60, 60, 240)
    assert 600 < found.prompt_tokens / 60 < 3_000  # the prompt
    assert 600 < found.completion_tokens / 60 < 3_000
    assert found.cost_usd == pytest.approx((found.prompt_tokens + 10 * found.completion_tokens) / 1e6)
    assert found.repeated_cost_usd is not None
    assert found.repeated_cost_usd > 4 * found.cost_usd
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


def test_a_clip_without_codes_does_not_keep_the_others_from_being_estimated(
    recipe: Callable[..., ModelRecipe], tmp_path: Path
) -> None:
    source = Source(str(fakes.write_clips(tmp_path / "source", 3)))
    made = replace(recipe(), payload=fakes.payload_but_c001)
    found = estimate(made, source, plan(source, tmp_path / "out", made), Prices(1.0, 10.0))
    assert (found.calls, found.most_calls) == (3, 12)
    whole = recipe()
    assert found.prompt_tokens == estimate(whole, source, plan(source, tmp_path / "o", whole)).prompt_tokens


def test_what_is_done_is_not_estimated(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], tmp_path: Path
) -> None:
    folder = fakes.write_clips(tmp_path / "source", 5)
    server.reactions = {"c001": [fakes.status(400)]}
    made, source = recipe(), Source(str(folder))
    fakes.run(folder, tmp_path / "out", made)
    assert estimate(made, source, plan(source, tmp_path / "out", made)).calls == 0
    again = plan(source, tmp_path / "out", made, retry_failed=True)
    assert estimate(made, source, again).calls == 1
    assert estimate(made, source, again).cost_usd is None


def test_rules_cost_nothing(tmp_path: Path) -> None:
    source = Source(str(fakes.write_clips(tmp_path / "source", 3)))
    made = RulesRecipe(describe=fakes.describe, check=fakes.check)
    found = estimate(made, source, plan(source, tmp_path / "out", made), Prices(1, 1))
    assert (found.to_do, found.calls, found.cost_usd, found.repeated_cost_usd) == (3, 0, 0, 0)
