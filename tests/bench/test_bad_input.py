"""Every bad input of a user, through the real entry point: a clear message, exit code 2, nothing half-written."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from handx_bench.bench.freeze import freeze, to_yaml
from handx_bench.bench.predictions import Predictions, read_predictions, write_predictions
from handx_bench.bench.protocol import load_protocol
from handx_bench.cli import main as cli

MARK = "payload-ran"


@pytest.fixture
def folder(on_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, protocol, a good predictions file and a bundle; the present folder."""
    monkeypatch.chdir(on_disk)
    monkeypatch.setenv("COLUMNS", "500")
    # Only a protocol that pins its data can be submitted to.
    Path("protocol.yaml").write_text(to_yaml(freeze(load_protocol("protocol.yaml"))), encoding="utf-8")
    call("generate", "--generator", "random-clip", "--option", "dataset=posed", "--protocol", "protocol.yaml",
         "--out", "good.safetensors")  # fmt: skip
    ref = np.stack([np.resize(c["motion"], (30, 2, 21, 3)) for c in _rows(on_disk)])
    np.savez(on_disk / "ref.npz", motion=ref)
    return on_disk


def _rows(folder: Path) -> list[dict]:
    import handx_bench

    return list(handx_bench.load_dataset(folder / "posed", "test"))


def call(*arguments: str) -> int:
    """Run ``handx-bench`` in this process and give back its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["handx-bench", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def snapshot(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def refused(folder: Path, capsys: pytest.CaptureFixture[str], message: str, *arguments: str) -> None:
    before = snapshot(folder)
    capsys.readouterr()
    code = call(*arguments)
    error = capsys.readouterr().err
    assert code == 2, error
    assert "Traceback" not in error
    assert message in " ".join(error.split()), error
    assert snapshot(folder) == before, "something was written"
    assert not (folder / MARK).exists()


def good_motion(folder: Path) -> np.ndarray:
    return np.load(folder / "ref.npz")["motion"].copy()


MOTIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "wrong shape": (lambda m: m.reshape(len(m), 30, 126), "expected"),
    "one hand": (lambda m: m[:, :, 0], "One hand only?"),
    "millimetres": (lambda m: 1000 * m, "divide by 1000"),
    "nan": (lambda m: np.where(np.arange(30)[:, None, None, None] == 7, np.nan, m), "frame 7, left wrist"),
    "inf": (lambda m: np.where(np.arange(30)[:, None, None, None] == 7, np.inf, m), "NaN or Inf"),
    "zeros": (lambda m: 0 * m, "all zeros"),
    "too short": (lambda m: m[:, :2], "2 frames"),
}


@pytest.mark.parametrize("what", MOTIONS)
def test_motions(what: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, message = MOTIONS[what]
    np.savez(folder / "bad.npz", motion=spoil(good_motion(folder)))
    refused(folder, capsys, message, "score", "--pred", "bad.npz", "--ref", "ref.npz", "--out", "report")


def test_lengths_beyond_the_frames(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(folder / "bad.npz", motion=good_motion(folder), lengths=np.full(10, 31))
    refused(folder, capsys, "length 31", "score", "--pred", "bad.npz", "--ref", "ref.npz")


def changed(folder: Path, **values: object) -> None:
    good = read_predictions(folder / "good.safetensors")
    kept = {f.name: getattr(good, f.name) for f in dataclasses.fields(good)}
    write_predictions(folder / "bad.safetensors", Predictions(**{**kept, **values}))


def evaluate(folder: Path, capsys: pytest.CaptureFixture[str], message: str, name: str = "bad.safetensors") -> None:
    refused(folder, capsys, message, "evaluate", "--pred", name, "--protocol", "protocol.yaml", "--out", "report")
    refused(folder, capsys, message, "submit", name, "--store", "store", "--model-name", "m", "--protocol",
            "protocol.yaml")  # fmt: skip


def test_clip_ids(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = list(read_predictions(folder / "good.safetensors").clip_ids)
    changed(folder, clip_ids=(*ids[:-1], "stranger"))
    evaluate(folder, capsys, ids[-1])
    raw = (folder / "good.safetensors").read_bytes()
    (folder / "bad.safetensors").write_bytes(raw.replace(ids[1].encode(), ids[0].encode()))
    evaluate(folder, capsys, ids[0])


def test_a_hand_without_a_frame(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = read_predictions(folder / "good.safetensors")
    motion = np.array(good.motion)
    motion[3, 1, 5, 1, 1] = (motion[3, 1, 5, 1, 0] + motion[3, 1, 5, 1, 4]) / 2
    changed(folder, motion=motion)
    evaluate(folder, capsys, f"clip {good.clip_ids[3]!r}, generation 1, frame 5, right hand")


def test_protocol_hash(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(folder, protocol_hash="0" * 64)
    refused(folder, capsys, load_protocol("protocol.yaml").hash[:16], "evaluate", "--pred", "bad.safetensors",
            "--protocol", "protocol.yaml")  # fmt: skip


def test_truncated_oversized_and_disguised(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = (folder / "good.safetensors").read_bytes()
    bad = folder / "bad.safetensors"
    bad.write_bytes(raw[: len(raw) // 2])
    evaluate(folder, capsys, "bytes")
    bad.write_bytes(raw + b"\0" * 1000)
    evaluate(folder, capsys, "bytes")
    bad.write_bytes((2**40).to_bytes(8, "little") + raw[8:])
    evaluate(folder, capsys, "header")

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {folder / MARK}",)

    bad.write_bytes(pickle.dumps(Evil()))
    evaluate(folder, capsys, "safetensors")
    torch.save({"motion": torch.zeros(2)}, bad)
    evaluate(folder, capsys, "safetensors")
    # The same pickle as a motion file, as a release file and as a generated sample.
    np.savez(folder / "bad.npz", motion=np.array(Evil(), dtype=object))
    refused(folder, capsys, "", "score", "--pred", "bad.npz", "--ref", "ref.npz")
    np.savez(folder / "train_can_pos_all_wotextfeat.npz", **{"0": np.array(Evil(), dtype=object)})
    refused(folder, capsys, "", "data", "info", "train_can_pos_all_wotextfeat.npz")
    (folder / "val_sample_000_idx0.pkl").write_bytes(pickle.dumps(Evil()))
    refused(folder, capsys, "", "score", "--pred", "val_sample_000_idx0.pkl")


def test_bundles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = folder / "bundle"
    bundle.mkdir()
    (bundle / "predictions.safetensors").write_bytes((folder / "good.safetensors").read_bytes())
    manifest = bundle / "submission.json"
    arguments = ("submit", "bundle", "--store", "store", "--protocol", "protocol.yaml")
    manifest.write_text(json.dumps({"model_name": "m", "surprise": 1}))
    refused(folder, capsys, "surprise: unknown key", *arguments)
    manifest.write_text(json.dumps({"model_name": "m"}))
    (bundle / "extra.py").write_text("print()")
    refused(folder, capsys, "extra.py", *arguments)
    (bundle / "extra.py").unlink()
    manifest.unlink()
    (folder / "outside.json").write_text(json.dumps({"model_name": "m"}))
    manifest.symlink_to("../outside.json")
    refused(folder, capsys, "symbolic link", *arguments)


def test_paths_that_climb(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(folder, capsys, "", "status", "../../etc/passwd", "--store", "store")
    refused(folder, capsys, "", "evaluate", "--pred", "good.safetensors", "--protocol", "../../../etc/passwd")


def test_the_good_file_passes_all_of_this(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", "--pred", "good.safetensors", "--protocol", "protocol.yaml", "--json") == 0
    assert json.loads(capsys.readouterr().out)["num_clips"] == 10
    assert (
        call("submit", "good.safetensors", "--store", "store", "--model-name", "m", "--protocol", "protocol.yaml") == 0
    )
