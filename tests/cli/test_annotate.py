"""``handx-bench annotate`` with stand-ins for motion codes and claims, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "annotate" / "run"))  # where the stand-ins are

import handx_annotate_fakes as fakes

import handx_bench
from handx_bench.cli import annotate
from handx_bench.errors import InputError


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.ChatServer]:
    fakes.install(monkeypatch)
    with fakes.serving(monkeypatch) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, server: fakes.ChatServer) -> Callable[..., Any]:
    app = typer.Typer()
    annotate.register(app)
    source = fakes.write_clips(tmp_path / "source", 6, test=2)

    def call(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(source), str(tmp_path / "out"), *map(str, arguments)])

    return call


def model(server: fakes.ChatServer, *more: object) -> tuple[object, ...]:
    return ("--model", "m", "--base-url", server.url, *more)


def test_a_model_annotates(run: Callable[..., Any], server: fakes.ChatServer, tmp_path: Path) -> None:
    result = run(*model(server, "--price-in", 1, "--price-out", 2, "--json"))
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["clips"], report["failed"], report["calls"], report["texts"]) == (6, 0, 6, 90)
    assert report["cost_usd"] == pytest.approx(6 * (fakes.PROMPT_TOKENS + 2 * fakes.COMPLETION_TOKENS) / 1e6)
    assert report["mean_agreement"] == 1.0
    assert len(handx_bench.load_dataset(tmp_path / "out", "test")) == 2
    again = run(*model(server))
    assert again.exit_code == 0
    for line in ("clips           6", "calls           6, of these 0 in this run", "unknown without --price-in"):
        assert line in again.stdout


def test_failed_clips_are_told_with_what_to_do(
    run: Callable[..., Any], server: fakes.ChatServer, tmp_path: Path
) -> None:
    server.reactions = {"frames-6": [fakes.status(400, "bad\x1b[2J")], "frames-8": [fakes.status(400, "bad\x1b[2J")]}
    result = run(*model(server, "--json"))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failed"] == 2
    assert "2 of 6 clips failed" in result.stderr
    assert "2 × the server answered 400" in result.stderr
    assert "--retry-failed" in result.stderr
    assert "\x1b" not in result.output
    assert [len(row["left_texts"]) for row in handx_bench.load_dataset(tmp_path / "out")] == [5, 0, 5, 0, 5, 5]
    server.reactions = {}
    assert run(*model(server)).exit_code == 1  # as it was
    assert run(*model(server, "--retry-failed")).exit_code == 0


def test_options_reach_the_server(
    run: Callable[..., Any], server: fakes.ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "another-key-123")
    options = ("--key-env", "MY_KEY", "--response-format", "json_object", "--no-temperature", "--seed", 5, "--limit", 1)
    assert run(*model(server, *options, "--split", "test", "--concurrency", 1)).exit_code == 0
    [call] = server.seen.calls
    assert call.clip == "frames-9"
    assert call.headers["authorization"] == "Bearer another-key-123"
    assert call.body["response_format"] == {"type": "json_object"}
    assert call.body["seed"] == 5
    assert "temperature" not in call.body


def test_rules_annotate_without_a_server(run: Callable[..., Any], server: fakes.ChatServer, tmp_path: Path) -> None:
    result = run("--rules")
    assert result.exit_code == 0, result.output
    assert "texts           90, of these 0 flagged" in result.stdout
    assert handx_bench.load_dataset(tmp_path / "out")[0]["right_texts"][4] == "right at level 4"
    assert server.seen.calls == []


def test_a_dry_run_calls_nobody_and_writes_nothing(
    run: Callable[..., Any], server: fakes.ChatServer, tmp_path: Path
) -> None:
    result = run(*model(server, "--dry-run", "--json", "--price-in", 1, "--price-out", 1))
    expected = json.loads(result.stdout)
    assert (expected["to_do"], expected["calls"], expected["most_calls"]) == (6, 6, 24)
    assert 0 < expected["cost_usd"] < expected["repeated_cost_usd"]
    assert "6, at most 24" in run(*model(server, "--dry-run")).stdout
    assert server.seen.calls == []
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


def test_wrong_calls(run: Callable[..., Any], server: fakes.ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, words in (
        ((), "either --rules or --model"),
        (("--rules", "--model", "m"), "either --rules or --model"),
        (model(server, "--price-in", 1), "come in pairs"),
        (model(server, "--response-format", "yaml"), "yaml"),
        (model(server, "--concurrency", 0), "concurrency"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert words in result.output
    for arguments, words in (
        (("--model", "m", "--base-url", "localhost"), "base URL"),
        (model(server, "--key-env", "NOT_SET"), "NOT_SET is not set"),
        (model(server, "--split", "x"), "no split 'x'"),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, InputError)
        assert words in str(result.exception)


def test_help_imports_nothing_heavy() -> None:
    heavy = ("numpy", "torch", "datasets", "pandas", "pydantic", "pyarrow", "openai", "ray")
    code = f"import sys, handx_bench.cli.annotate; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
