"""``handx-bench codes``: tables for people, JSON and lines of JSON for scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

import handx_bench
from handx_bench.annotate.codes import MotionCodes, motion_codes
from handx_bench.bench.predictions import Predictions, write_predictions
from handx_bench.cli import codes
from handx_bench.errors import InputError
from handx_bench.hand.skeleton import JOINT_INDEX
from handx_bench.view import clip_codes
from tests.hands import random_motion


def run(*arguments: object) -> Result:
    app = typer.Typer()
    codes.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object) -> str:
    result = run(*arguments)
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    """Three clips in which the left hand rises and falls."""
    motion = random_motion(3, 60, seed=1).numpy().astype(np.float32)
    motion[:, :, 0, :, 2] += 0.2 * np.sin(np.linspace(0, np.pi, 60))[:, None].astype(np.float32)
    return motion


@pytest.fixture
def file(tmp_path: Path, clips: np.ndarray) -> Path:
    np.savez(tmp_path / "a.npz", motion=clips, clip_id=np.array(["x", "y", "z"]), fps=np.float32(30))
    return tmp_path / "a.npz"


def test_a_clip_as_tables(file: Path, clips: np.ndarray) -> None:
    shown = answer(file, "--clip", "y")
    assert shown.startswith("y: 60 frames at 30 fps, 2.00 s\n")
    left, right, between = (shown.index(title) for title in ("LEFT HAND", "RIGHT HAND", "BETWEEN THE HANDS"))
    assert left < right < between
    rise = motion_codes(clips[1], 30)["left.wrist.z"].changes
    assert {event.direction for event in rise} == {"up", "down"}
    for event in rise:
        line = f"{event.onset / 30:.2f}–{event.offset / 30:.2f} s  moves {event.direction}"
        assert left < shown.index(line) < right
    assert "joint" not in shown


def test_a_still_clip_tells_what_stays(tmp_path: Path) -> None:
    np.save(tmp_path / "still.npy", np.repeat(random_motion(1, 3, apart=0.3)[0, :1].numpy(), 30, axis=0))
    shown = answer(tmp_path / "still.npy")
    assert shown.startswith("still: 30 frames at 30 fps, 1.00 s")
    assert " s  " not in shown.replace("fps", "")
    assert shown.count("the wrist stays in place") == 2


def test_json_can_be_read_back(file: Path, clips: np.ndarray) -> None:
    value = json.loads(answer(file, "--clip", 2, "--json"))
    assert value["clip_id"] == "z"
    expected = motion_codes(clips[2], 30)
    found = MotionCodes.from_json(value)
    assert (found.num_frames, found.fps) == (60, 30)
    for name, track in found.tracks.items():
        assert track.events == expected[name].events
        assert track.states == expected[name].states


def test_lines_of_a_dataset(tmp_path: Path) -> None:
    told = answer("handx-mini", "--split", "test", "-o", tmp_path / "deep" / "codes.jsonl")
    assert told == f"wrote {(tmp_path / 'deep' / 'codes.jsonl').resolve()}: 256 clips\n"
    lines = (tmp_path / "deep" / "codes.jsonl").read_text().splitlines()
    rows = handx_bench.load_dataset("handx-mini", "test")
    assert [json.loads(line)["clip_id"] for line in lines] == rows["clip_id"]
    for i in (0, 137, 255):
        value = json.loads(lines[i])
        assert {"clip_id": value["clip_id"], **motion_codes(rows[i]["motion"], rows[i]["fps"]).to_json()} == value
    assert value == json.loads(answer("handx-mini", "--split", "test", "--clip", "255", "--json"))


def test_ids_are_those_of_the_dataset(tmp_path: Path, clips: np.ndarray) -> None:
    for name, motion in (("one", clips[:1]), ("eleven", np.concatenate([clips] * 4)[:11])):
        np.savez(tmp_path / f"{name}.npz", motion=motion)
        answer(tmp_path / f"{name}.npz", "-o", tmp_path / "ids.jsonl")
        lines = [json.loads(line) for line in (tmp_path / "ids.jsonl").read_text().splitlines()]
        expected = list(handx_bench.load_dataset(tmp_path / f"{name}.npz")["clip_id"])
        assert [line["clip_id"] for line in lines] == expected


def test_one_clip_and_generations_of_predictions(tmp_path: Path, clips: np.ndarray) -> None:
    motion = np.stack([clips, clips[::-1]], axis=1).astype(np.float16)
    lengths = np.array([60, 40, 60], dtype=np.int64)
    predictions = Predictions(motion, lengths, ("x", "y", "z"), "p", "sha256:" + "0" * 64, "mine")
    path = tmp_path / "p.safetensors"
    write_predictions(path, predictions)
    report = json.loads(answer(path, "--clip", "y", "-o", tmp_path / "o.jsonl", "--json"))
    assert report == {"file": str((tmp_path / "o.jsonl").resolve()), "clips": 1}
    (line,) = (tmp_path / "o.jsonl").read_text().splitlines()
    assert json.loads(line)["num_frames"] == 40
    value = json.loads(answer(path, "--generation", 1, "--json"))
    expected = motion_codes(clips[2].astype(np.float16).astype(np.float32), 30).to_json()
    assert value == {"clip_id": "x", **expected}


def test_generated_samples_hold_references_and_predictions(shared: Path) -> None:
    folder = shared / "golden" / "handx_release" / "generated"
    recorded, generated = (json.loads(answer(folder, "--json", *more)) for more in ((), ("--generation", 0)))
    assert recorded["clip_id"] == generated["clip_id"]
    assert recorded != generated


def test_a_bad_clip_is_named_and_nothing_is_written(tmp_path: Path, clips: np.ndarray) -> None:
    bad = clips.copy()
    bad[1, 5, 0, 3] = np.nan
    np.savez(tmp_path / "bad.npz", motion=bad, clip_id=np.array(["x", "y", "z"]))
    with pytest.raises(InputError, match=r"NaN.*clip 'y'"):
        answer(tmp_path / "bad.npz", "-o", tmp_path / "o.jsonl")
    bad = clips.copy()
    bad[1, :, 0, JOINT_INDEX["index_mcp"]] = bad[1, :, 0, JOINT_INDEX["middle_mcp"]]  # a hand without a frame
    np.savez(tmp_path / "bad.npz", motion=bad, clip_id=np.array(["x", "y", "z"]))
    with pytest.raises(InputError, match=r"bad.npz, clip 'y'"):
        answer(tmp_path / "bad.npz", "-o", tmp_path / "o.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npz"]


def test_an_interrupted_run_leaves_nothing(file: Path) -> None:
    clips = clip_codes.open_clips(str(file))

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clip_codes.write_lines(file.parent / "o.jsonl", clips, range(3), lambda i: {}, stop)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clip", "w"], "no clip 'w'.*indices 0–2 or ids such as x, y, z"),
        (["--clip", "3", "-o", "o.jsonl"], "no clip '3'"),
        (["--split", "test"], "no input has a split 'test'"),
        (["--generation", "1"], "no generation 1.*0–0"),
    ],
)
def test_bad_calls(file: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        answer(file, *arguments)
    with pytest.raises(InputError, match="no such file"):
        answer(file.parent / "none.npz")
    assert run(file, "--generation", "-1").exit_code == 2


def test_ids_from_files_cannot_rewrite_the_terminal(tmp_path: Path, clips: np.ndarray) -> None:
    # Datasets refuse such ids; a file of motions is looked at as it is.
    source = clip_codes.open_clips("handx-mini", "test").source
    evil = type(source)("n", "w", ["\x1b[2J[red]"], 1, 1, lambda i, k: (clips[0], None))
    found = clip_codes.Clips(evil, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clip_codes, "open_clips", lambda *_: found)
        shown = answer("anything")
    assert shown.startswith("\\x1b[2J[red]: 60 frames")


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys, handx_bench.cli.codes, handx_bench.cli.describe; "
        "print([m for m in ('numpy', 'torch', 'datasets', 'numba', 'pydantic', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
