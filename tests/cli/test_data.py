"""``handx-bench data``: answers for people and for scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from handx_bench.cli import data
from handx_bench.errors import InputError


def run(*arguments: object) -> Result:
    app = typer.Typer()
    data.register(app)
    return CliRunner().invoke(app, ["data", *map(str, arguments)])


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    shape = rng.uniform(-0.06, 0.06, (2, 21, 3))
    np.save(tmp_path / "clap.npy", np.broadcast_to(shape, (45, 2, 21, 3)).astype(np.float32))
    return tmp_path / "clap.npy"


def test_list() -> None:
    names = [entry["name"] for entry in json.loads(run("list", "--json").stdout)]
    assert "handx-mini" in names
    assert "owner/name[@revision]" in names
    assert "[@revision]" in run("list").stdout  # not taken for markup


def test_info(recording: Path) -> None:
    summary = json.loads(run("info", recording, "--json").stdout)
    assert (summary["clips"], summary["frames"], summary["splits"]) == (1, 45, {"train": 1})
    shown = run("info", recording, "--split", "test").stdout
    assert "test 1" in shown
    assert "left hand span" in shown


def test_convert_and_read_again(recording: Path, tmp_path: Path) -> None:
    dest = tmp_path / "out" / "parquet"
    answer = json.loads(run("convert", recording, dest, "--split", "test", "--json").stdout)
    assert answer == {"path": str(dest), "clips": {"test": 1}}
    again = run("convert", recording, dest)
    assert isinstance(again.exception, InputError)
    assert "--overwrite" in str(again.exception)
    assert "train-*.parquet: 1 clips" in run("convert", recording, dest, "--overwrite").stdout.replace("\n", "")
    assert json.loads(run("info", dest, "--json").stdout)["splits"] == {"train": 1}


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    import datasets

    from handx_bench.data import FEATURES, Clip

    motion = np.random.default_rng(0).uniform(-0.06, 0.06, (9, 2, 21, 3)).astype(np.float32)
    clip = Clip("c", "mine", "s", motion, "test", action="\x1b]0;owned\x07[red]clap")
    datasets.Dataset.from_list([clip.to_row()], features=FEATURES).to_parquet(str(tmp_path / "c.parquet"))
    shown = run("info", tmp_path / "c.parquet").stdout
    assert "\x1b" not in shown
    assert "[red]clap" in shown


def test_bad_calls(recording: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (("info", tmp_path / "nowhere"), "no such file"),
        (("build", "arctic"), "not built but read"),
        (("convert", tmp_path / "nowhere", tmp_path / "out"), "no such file"),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, InputError)
        assert words in str(result.exception)
    assert not (tmp_path / "out").exists()
    assert run("info").exit_code == 2


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys, handx_bench.cli.data; "
        "print([m for m in ('numpy', 'torch', 'datasets', 'pandas', 'pydantic', 'pyarrow') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
