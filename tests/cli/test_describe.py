"""``handx-bench describe``: texts by rules, and texts checked against the motion."""

from __future__ import annotations

import json
from pathlib import Path

import datasets
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

import handx_bench
from handx_bench.annotate.claims import check_text
from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.describe import describe as by_rules
from handx_bench.annotate.describe import seed_of
from handx_bench.cli import describe
from handx_bench.data import FEATURES, Clip
from handx_bench.errors import InputError

MINI = ("handx-mini", "--split", "test")


def run(*arguments: object) -> Result:
    app = typer.Typer()
    describe.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object) -> str:
    result = run(*arguments)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def plain(shown: str) -> str:
    """What was printed, on one line."""
    return " ".join(shown.split())


@pytest.fixture(scope="module")
def clap() -> Clip:
    """A clip of HandX-Mini in which the palms touch."""
    row = handx_bench.load_dataset("handx-mini", "test")
    index = row["action"].index("clap")
    return Clip("clap", "mine", "s", row[index]["motion"], "test", fps=row[index]["fps"])


@pytest.fixture
def told(tmp_path: Path, clap: Clip) -> Path:
    """The clap with two levels of texts, of which one is wrong and one hostile."""
    row = clap.to_row() | {
        "left_texts": ["The left hand moves.", "\x1b[2J[red]The hand glows."],
        "right_texts": ["The right fingers bend fully.", ""],
        "interaction_texts": ["The palms touch.", "The hands never touch."],
    }
    datasets.Dataset.from_list([row], features=FEATURES).to_parquet(str(tmp_path / "told.parquet"))
    return tmp_path / "told.parquet"


@pytest.fixture
def file(tmp_path: Path, clap: Clip) -> Path:
    np.savez(tmp_path / "clap.npz", motion=clap.motion, fps=np.float32(clap.fps))
    return tmp_path / "clap.npz"


def test_all_levels_are_printed_and_wrapped(file: Path, clap: Clip) -> None:
    texts = by_rules(motion_codes(clap.motion, clap.fps), seed_of(3, "clap"))
    shown = answer(file, "--seed", 3)
    assert shown.startswith("clap\n")
    for title, levels in zip(("LEFT HAND", "RIGHT HAND", "INTERACTION"), texts):
        expected = " ".join([title, *(f"{i} {text}" for i, text in enumerate(levels, 1))])
        assert expected in plain(shown)
    assert max(map(len, shown.splitlines())) <= 100


def test_one_level_and_json(file: Path, clap: Clip) -> None:
    texts = by_rules(motion_codes(clap.motion, clap.fps), seed_of(0, "clap"))
    assert json.loads(answer(file, "--json")) == {
        "clip_id": "clap",
        "left_texts": list(texts.left),
        "right_texts": list(texts.right),
        "interaction_texts": list(texts.interaction),
    }
    assert json.loads(answer(file, "--json", "--level", 4))["left_texts"] == [texts.left[3]]
    assert f"4 {texts.right[3]}" in plain(answer(file, "--level", 4))
    for level in (0, 6):
        with pytest.raises(InputError, match=f"no level {level}.*levels 1–5"):
            answer(file, "--level", level)


def test_lines_of_a_dataset(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    assert "256 clips" in answer(*MINI, "--out", path, "--seed", 5)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    rows = handx_bench.load_dataset("handx-mini", "test")
    assert [line["clip_id"] for line in lines] == list(rows["clip_id"])
    assert all(list(line) == ["clip_id", "left_texts", "right_texts", "interaction_texts"] for line in lines)
    texts = by_rules(motion_codes(rows[200]["motion"], rows[200]["fps"]), seed_of(5, rows[200]["clip_id"]))
    assert [tuple(texts) for texts in list(lines[200].values())[1:]] == list(texts)
    assert json.loads(answer(*MINI, "--out", path, "--json", "--clip", "7")) == {
        "file": str(path.resolve()),
        "clips": 1,
    }
    assert len(path.read_text().splitlines()) == 1


def test_the_texts_of_the_clip_are_checked(told: Path) -> None:
    shown = plain(answer(told, "--check"))
    assert "1 The left hand moves. agreement 1.00 (1 of 1 claims), coverage 1.00" in shown
    assert '✗ "right fingers bend": it does not happen' in shown
    assert "1 The palms touch. agreement 1.00" in shown
    assert 'agreement 0.00 (0 of 1 claims), coverage 1.00 ✗ "hands never touch": it does happen' in shown
    assert "2 (no text) nothing in it can be checked" in shown
    assert "\x1b" not in shown
    assert "\\x1b[2J[red]The hand glows. nothing in it can be checked" in shown


def test_checks_as_json(told: Path, clap: Clip) -> None:
    value = json.loads(answer(told, "--check", "--json"))
    assert list(value) == ["clip_id", "left", "right", "interaction"]
    assert [len(value[part]) for part in ("left", "right", "interaction")] == [2, 2, 2]
    wrong = value["right"][0]
    expected = check_text(wrong["text"], motion_codes(clap.motion, clap.fps), "right")
    assert (wrong["agreement"], wrong["coverage"]) == (0.0, 1.0) == (expected.agreement, expected.coverage)
    assert [claim["status"] for claim in wrong["claims"]] == ["violated"] * len(expected.verdicts)
    assert all(claim["channels"][0].startswith("right.finger.") for claim in wrong["claims"])
    assert value["right"][1]["agreement"] is None
    second = json.loads(answer(told, "--check", "--json", "--level", 2))
    assert [entry["text"] for entry in second["interaction"]] == ["The hands never touch."]
    with pytest.raises(InputError, match=r"no level 3 .*told.parquet, clip 'clap'.*levels 1–2"):
        answer(told, "--check", "--level", 3)


def test_every_claim_of_a_given_text_is_told(file: Path) -> None:
    text = "The palms touch. The fingers bend fully. The hands glow."
    shown = plain(answer(file, "--text", text, "--part", "left"))
    assert '✓ "palms touch" (palms) is satisfied' in shown
    assert '✗ "fingers bend" (left index finger) is violated: it does not happen' in shown
    assert '? "hands glow" is not checkable: motion codes do not measure it' in shown
    value = json.loads(answer(file, "--text", text, "--json"))
    assert (value["clip_id"], value["part"], value["text"]) == ("clap", "interaction", text)
    assert {claim["status"] for claim in value["claims"]} == {"satisfied", "violated", "not checkable"}
    bends = [claim for claim in value["claims"] if claim["words"] == "fingers bend"]
    assert {claim["channels"][0].split(".")[0] for claim in bends} == {"left", "right"}
    assert "nothing in it can be checked" in answer(file, "--text", "")


def test_hostile_text_does_not_reach_the_terminal(file: Path) -> None:
    shown = answer(file, "--text", "The \x1b[2J[red]palms touch\x07.")
    assert "\x1b" not in shown
    assert "\x07" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--part", "left"], "without --text"),
        (["--text", "x", "--seed", "1"], "with --text"),
        (["--text", "x", "--level", "1"], "with --text"),
        (["--check", "--out", "o.jsonl"], "with --check"),
        (["--check", "--seed", "1"], "with --check"),
        (["--text", "x", "--part", "both"], "both"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_options_that_would_do_nothing_are_refused(file: Path, arguments: list[str], words: str) -> None:
    result = run(file, *arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_bad_calls(file: Path) -> None:
    with pytest.raises(InputError, match="no clip 'nope'"):
        answer(*MINI, "--clip", "nope")
    with pytest.raises(InputError, match=r"has no texts .*clip 'clap'.*--text"):
        answer(file, "--check")
    with pytest.raises(InputError, match="no such file"):
        answer(file.parent / "none.npz")
