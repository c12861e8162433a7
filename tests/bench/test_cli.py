"""generate, evaluate and protocols on the command line, on data on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from handx_bench.bench.predictions import read_predictions
from handx_bench.bench.protocol import load_protocol
from handx_bench.bench.report_io import read_report
from handx_bench.cli import evaluate, generate, protocols
from handx_bench.cli._report_table import print_report
from handx_bench.errors import InputError


@pytest.fixture
def run(on_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls a command in the folder of the data and gives back its result."""
    app = typer.Typer()
    for module in (generate, evaluate, protocols):
        module.register(app)
    monkeypatch.chdir(on_disk)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Any:
        return CliRunner().invoke(app, arguments)

    return call


NEAREST = ("--generator", "nearest-text", "--option", "dataset=posed", "--protocol", "protocol.yaml")


def test_generate_then_evaluate(run: Any) -> None:
    done = run("generate", *NEAREST, "--out", "runs/p.safetensors", "--batch-size", "3")
    assert done.exit_code == 0, done.output
    assert "nearest-text: 10 clips × 2" in done.output
    assert "next: handx-bench evaluate --pred runs/p.safetensors --protocol protocol.yaml" in done.output
    assert read_predictions("runs/p.safetensors").generator == "nearest-text"

    done = run("evaluate", "--pred", "runs/p.safetensors", "--protocol", "protocol.yaml", "--out", "runs/report")
    assert done.exit_code == 0, done.output
    report = read_report("runs/report")
    for wanted in ("nearest-text", "10 clips × 2", "★ joint_angle_error", "↓", "↑", "overall skill", "is a draft"):
        assert wanted in done.output
    value = report.metrics["mpjpe"].value
    assert f"{value:.1f}" in next(line for line in done.output.splitlines() if " mpjpe " in line)
    assert "joint_angle_error.pip" not in done.output

    done = run("evaluate", "--pred", "runs/p.safetensors", "--protocol", "protocol.yaml", "--json")
    assert json.loads(done.stdout)["metrics"] == report.model_dump(mode="json")["metrics"]
    assert " .pip " in run("evaluate", "--pred", "runs/p.safetensors", "--protocol", "protocol.yaml", "--all").output


def test_generate_answers_in_json(run: Any) -> None:
    done = run("generate", *NEAREST, "--out", "p.safetensors", "--json", "--seed", "3", "--dtype", "float16", "--check")
    answer = json.loads(done.stdout)
    assert answer["batch_dependence_mm"] < 0.5
    assert answer["seeds"] == {"generation": 3}
    assert answer["protocol_hash"] == load_protocol("protocol.yaml").hash
    assert (answer["num_clips"], answer["num_generations"]) == (10, 2)
    assert read_predictions("p.safetensors").motion.dtype == "float16"


def test_a_generator_that_depends_on_the_batch_is_warned_of(run: Any) -> None:
    Path("drifting.py").write_text(
        "from handx_baselines.simple import RandomClip\n"
        "class Drifting(RandomClip):\n"
        "    def generate(self, requests, num_samples, seed):\n"
        "        return super().generate(requests, num_samples, seed) + 0.01 * len(requests)\n"
    )
    call = ("generate", "--generator", "drifting:Drifting", "--option", "dataset=posed", "--protocol", "protocol.yaml")
    assert "differ by up to 90 mm" in run(*call, "--out", "p.safetensors", "--check").output
    assert "differ" not in run(*call, "--out", "p.safetensors").output
    sys.modules.pop("drifting")


def test_other_samples_than_the_protocols_are_warned_of(run: Any) -> None:
    done = run("generate", *NEAREST, "--out", "p.safetensors", "--num-samples", "1")
    assert "evaluate will refuse this file" in done.output


def test_a_generator_of_the_present_folder(run: Any) -> None:
    Path("hands_of_mine.py").write_text(
        "from handx_baselines.simple import RandomClip\n"
        "class Mine(RandomClip):\n    name = 'mine'\n"
        "    def __init__(self, dataset, gain: float, fast: bool):\n"
        "        assert (gain, fast) == (0.5, True)\n        super().__init__(dataset)\n"
    )
    options = ("--option", "gain=0.5", "--option", "fast=true", "--option", "dataset=posed")
    call = ("generate", "--generator", "hands_of_mine:Mine", "--protocol", "protocol.yaml", "--out", "p.safetensors")
    done = run(*call, *options)
    assert done.exit_code == 0, done.exception
    assert read_predictions("p.safetensors").generator == "mine"
    refused = run(*call, *options, "--option", "speed=1")
    assert isinstance(refused.exception, InputError)
    assert "unexpected keyword argument 'speed'" in str(refused.exception)
    sys.modules.pop("hands_of_mine")


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--out", "p"),
        ("generate", "--generator", "mean-pose"),
        ("generate", *NEAREST, "--out", "p", "--batch-size", "0"),
        ("generate", *NEAREST, "--out", "p", "--dtype", "bfloat16"),
        ("generate", *NEAREST, "--out", "p", "--option", "steps"),
        ("generate", *NEAREST, "--out", "p", "--option", "dataset=twice"),
        ("evaluate",),
        ("protocols", "show"),
    ],
)
def test_wrong_calls_exit_with_2(arguments: tuple[str, ...], run: Any) -> None:
    assert run(*arguments).exit_code == 2
    assert not Path("p").exists()


def test_list_of_generators(run: Any) -> None:
    assert "handx_baselines.simple:MeanPose" in run("generate", "--list").output
    assert json.loads(run("generate", "--list", "--json").stdout)["reference"] == "handx_baselines.simple:Reference"


def test_schema(run: Any) -> None:
    schema = json.loads(run("evaluate", "--schema").stdout)
    assert schema["properties"]["metrics"]["additionalProperties"]["$ref"].endswith("MetricValue")


def test_protocols_list_and_show(run: Any) -> None:
    listed = json.loads(run("protocols", "list", "--json").stdout)
    assert [entry["id"] for entry in listed][:2] == ["mini-v0", "mini-v0/action-to-motion"]
    assert "mini-v0/wrist-trajectory" in run("protocols", "list").output
    shown = run("protocols", "show", "mini-v0/in-betweening")
    assert f"hash: {load_protocol('mini-v0/in-betweening').hash}" in shown.output
    assert json.loads(run("protocols", "show", "mini-v0", "--json").stdout)["hash"] == load_protocol("mini-v0").hash


def test_protocols_show_prints_a_file_that_can_be_used(run: Any) -> None:
    Path("mine.yaml").write_text(run("protocols", "show", "mini-v0").stdout)
    assert load_protocol("mine.yaml").hash == load_protocol("mini-v0").hash


def test_verify(run: Any) -> None:
    from handx_bench.bench.freeze import main

    done = run("protocols", "verify", "protocol.yaml")
    assert done.exit_code == 0
    assert "not stated, so not compared: clip_list_hash, fingerprint, hash" in done.output
    assert main(["protocol.yaml"]) == 0
    done = run("protocols", "verify", "protocol.yaml")
    assert done.exit_code == 0
    assert done.output.startswith("ok")
    assert "not stated" not in done.output

    path = Path("protocol.yaml")
    stated = load_protocol(path).dataset.fingerprint
    path.write_text(path.read_text().replace(stated, "f" * 64).replace("num_generations: 2", "num_generations: 3"))
    done = run("protocols", "verify", "protocol.yaml")
    assert done.exit_code == 2
    assert f"stated {'f' * 64}" in done.output
    assert f"found  {stated}" in done.output
    answer = json.loads(run("protocols", "verify", "protocol.yaml", "--json").stdout)
    assert [difference["key"] for difference in answer[0]["differences"]] == ["hash", "dataset.fingerprint"]


def test_a_table_of_a_report_without_anything(capsys: pytest.CaptureFixture[str]) -> None:

    from handx_bench.metrics.report import MetricValue, Report

    value = MetricValue(value=None, unit="ms", direction="lower", n=4, coverage=0)
    report = Report(num_clips=4, num_generations=1, metrics={"contact_onset_error": value})
    print_report(report, Console(width=120))
    line = next(line for line in capsys.readouterr().out.splitlines() if "contact_onset_error" in line)
    assert line.split() == ["contact_onset_error", "↓", "–", "ms", "–", "–", "–", "0%"]


def test_all_columns_fit_80_characters(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("generate", *NEAREST, "--out", "p.safetensors").exit_code == 0
    assert run("evaluate", "--pred", "p.safetensors", "--protocol", "protocol.yaml", "--out", "report").exit_code == 0
    print_report(read_report("report"), Console(width=80), variants=True)
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[-1] for line in lines if line.startswith("metric")} == {"chance"}
    headline = next(line for line in lines if " contact_event_f1" in line)
    assert len(headline) <= 80


def test_the_installed_command(on_disk: Path) -> None:
    """A real process: exit codes, one line per error, nothing half-written."""
    command = Path(sys.executable).with_name("handx-bench")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([command, *arguments], cwd=on_disk, capture_output=True, text=True, timeout=120)

    done = call("generate", *NEAREST, "--out", "p.safetensors")
    assert done.returncode == 0, done.stderr
    whole = (on_disk / "p.safetensors").read_bytes()
    (on_disk / "cut.safetensors").write_bytes(whole[:-100])
    done = call("evaluate", "--pred", "cut.safetensors", "--protocol", "protocol.yaml", "--out", "report")
    assert done.returncode == 2
    assert done.stderr.startswith("error: the file is truncated")
    assert "Traceback" not in done.stderr
    assert not (on_disk / "report").exists()
    assert call("generate", "--generator", "magic", "--out", "q.safetensors").returncode == 2
    done = call("evaluate", "--pred", "p.safetensors", "--protocol", "protocol.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["generator"] == "nearest-text"
