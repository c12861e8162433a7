"""`score` as its users call it, on files."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from handx_bench.cli.main import app
from handx_bench.errors import InputError
from tests.hands import random_motion
from tests.metrics.test_invariances import noisy


@pytest.fixture
def files(tmp_path):
    ref = random_motion(4, 40, seed=1).float()
    pred = noisy(ref.double(), 2, 0).float()
    embedding = np.random.default_rng(0).normal(size=(4, 2, 8)).astype(np.float32)
    np.savez(tmp_path / "ref.npz", motion=ref, clip_id=list("abcd"), sequence_id=list("xxyy"), fps=30.0,
             text_embedding=embedding[:, 0], motion_embedding=embedding[:, 1])  # fmt: skip
    order = [2, 0, 3, 1]
    np.savez(tmp_path / "pred.npz", motion=pred[order], clip_id=[list("abcd")[i] for i in order],
             motion_embedding=embedding[order])  # fmt: skip
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(app, ["score", *map(str, arguments)])
    if isinstance(result.exception, InputError):
        raise result.exception
    return result


def test_clips_are_matched_by_id(files):
    result = run(
        "--pred", files / "pred.npz", "--ref", files / "ref.npz", "--draws", 20, "--json", "--out", files / "out"
    )
    report = json.loads(result.stdout)
    assert report["metrics"]["mpjpe"]["value"] < 10
    assert report["num_generations"] == 2
    assert json.loads((files / "out" / "report.json").read_text())["metrics"] == report["metrics"]
    assert (files / "out" / "clip_scores.parquet").exists()


def test_chosen_metrics_as_a_table(files):
    result = run(
        "--pred", files / "pred.npz", "--ref", files / "ref.npz", "--draws", 20, "--metrics", "mpjpe, jerk_ratio"
    )
    assert "mpjpe" in result.stdout
    assert "jerk_ratio" in result.stdout
    assert "contact_event_f1" not in result.stdout


def test_numbers_of_the_released_script(files, shared):
    result = run("--pred", files / "pred.npz", "--ref", files / "ref.npz", "--compat", "handx-release", "--json")
    assert {"fid", "mpjpe_mm", "inter_f1", "r_precision_top1", "multimodality"} <= set(json.loads(result.stdout))
    golden, expected = shared / "golden", json.loads((shared / "golden" / "metrics_expected.json").read_text())
    inputs = np.load(golden / "metrics_inputs.npz")
    np.savez(files / "g.npz", motion=inputs["gt"], text_embedding=inputs["text_embedding"],
             motion_embedding=inputs["gt_embedding"])  # fmt: skip
    np.savez(files / "p.npz", motion=inputs["pred"].swapaxes(0, 1),
             motion_embedding=inputs["pred_embedding"].swapaxes(0, 1))  # fmt: skip
    result = run("--pred", files / "p.npz", "--ref", files / "g.npz", "--compat", "handx-release", "--json")
    numbers = json.loads(result.stdout)
    assert numbers["fid"] == pytest.approx(np.mean([g["fid"] for g in expected["per_group"]]), rel=1e-4)
    assert numbers["intra_f1"] == pytest.approx(
        np.mean([g["intra_p_r_f1"][2] for g in expected["per_group"]]), rel=1e-4
    )


def test_released_samples_bring_their_references(shared):
    folder = shared / "golden" / "handx_release" / "generated"
    report = json.loads(run("--pred", folder, "--draws", 20, "--json").stdout)
    assert report["num_clips"] == 16
    with pytest.raises(InputError, match="their own references"):
        run("--pred", folder, "--ref", folder)


def test_a_folder_of_recordings_against_itself(shared):
    folder = shared / "real_hands"
    names = "mpjpe,contact_event_f1"
    report = json.loads(run("--pred", folder, "--ref", folder, "--draws", 20, "--json", "--metrics", names).stdout)
    assert report["metrics"]["mpjpe"]["value"] == 0
    assert report["metrics"]["contact_event_f1"]["value"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"motion": np.zeros((4, 40, 2, 21, 3), np.float32)}, "all zeros"),
        ({"motion": random_motion(4, 40).numpy() * 1000}, "divide by 1000"),
        ({"motion": random_motion(3, 40).numpy()}, "3 predictions for 4 references"),
        ({"motion": random_motion(4, 39).numpy()}, "one reference"),
        ({"clip_id": list("abcz")}, "no prediction for clip 'd'"),
        ({"clip_id": list("aabc")}, "'a'"),
        ({"fps": 25.0}, "25 and 30 fps"),
        ({"surprise": 1}, "unknown key 'surprise'"),
        ({"motion": np.full((4, 40, 2, 21, 3), np.nan, np.float32)}, "NaN"),
    ],
)
def test_bad_files_are_refused(files, change, message):
    arrays = {"motion": random_motion(4, 40).float().numpy(), **change}
    np.savez(files / "bad.npz", **arrays)
    with pytest.raises(InputError, match=message):
        run("--pred", files / "bad.npz", "--ref", files / "ref.npz", "--draws", 20)


def test_different_lengths_are_refused(files):
    motion = random_motion(4, 40).float().numpy()
    np.savez(files / "a.npz", motion=motion, lengths=[40, 40, 40, 40])
    np.savez(files / "b.npz", motion=motion, lengths=[40, 30, 40, 40])
    with pytest.raises(InputError, match="clip 1 has 40 predicted and 30 recorded frames"):
        run("--pred", files / "a.npz", "--ref", files / "b.npz")
    with pytest.raises(InputError, match="knows no lengths"):
        run("--pred", files / "b.npz", "--ref", files / "b.npz", "--compat", "handx-release")


def test_predictions_do_not_choose_what_counts(files):
    motion = random_motion(4, 40).float().numpy()
    np.savez(files / "ref60.npz", motion=motion)
    np.savez(files / "short.npz", motion=motion, lengths=[40, 30, 40, 40])
    with pytest.raises(InputError, match=r"predictions state lengths \(clip 1: 30 frames\)"):
        run("--pred", files / "short.npz", "--ref", files / "ref60.npz")
    np.savez(files / "slow.npz", motion=motion, fps=20.0)
    with pytest.raises(InputError, match="predictions have 20 fps, the references state none"):
        run("--pred", files / "slow.npz", "--ref", files / "ref60.npz")


def test_calls_that_make_no_sense(files):
    assert run("--pred", files / "pred.npz", "--ref", files / "ref.npz", "--compat", "other").exit_code == 2
    assert run("--pred", files / "pred.npz", "--compat", "handx-release", "--metrics", "fid").exit_code == 2
    with pytest.raises(InputError, match="references are missing"):
        run("--pred", files / "pred.npz")


def test_the_real_command_exits_with_two_and_without_a_traceback(tmp_path):
    code = "from handx_bench.cli.main import main; main()"
    command = [sys.executable, "-c", code, "score", "--pred", str(tmp_path / "none.npz"), "--ref", "x"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "no such file" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_is_quick_and_loads_no_torch():
    code = (
        "import sys, time; start = time.perf_counter(); import handx_bench.cli.main as m\n"
        "try: m.app(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'numpy', 'pandas', 'datasets'} & set(sys.modules), 'heavy import'"
    )
    best = min(_seconds([sys.executable, "-c", code]) for _ in range(3))
    assert best < 0.5


def _seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
