from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from safetensors.numpy import save_file
from typer.testing import CliRunner

from handx_bench.bench.predictions import Predictions, write_predictions
from handx_bench.cli.show import register
from handx_bench.errors import InputError
from handx_bench.view.sources import choose, open_sources


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def clips(motion: np.ndarray) -> np.ndarray:
    """Four clips that differ by how fast they rise."""
    start = motion[:1]
    return np.stack([start + (motion - start) * k for k in range(4)])


def predictions_file(
    path: Path, clips: np.ndarray, clip_ids: tuple[str, ...], lengths: list[int] | None = None
) -> Path:
    motion = np.stack([clips, clips + 1], axis=1).astype(np.float16)
    write_predictions(
        path,
        Predictions(
            motion=motion,
            lengths=np.array(lengths or [20] * len(clips), dtype=np.int64),
            clip_ids=clip_ids,
            protocol_id="p",
            protocol_hash="sha256:" + "0" * 64,
            generator="mine",
        ),
    )
    return path


def run(*arguments: object) -> str:
    result = invoke(*arguments)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def invoke(*arguments: object):  # type: ignore[no-untyped-def]
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_strip_by_default_named_after_the_clip(here: Path, motion: np.ndarray) -> None:
    np.savez(here / "a.npz", motion=motion, fps=np.float32(25), clip_id=np.array("../../x y"))
    answer = run("a.npz")
    assert answer == f"wrote {here.resolve() / 'x-y.png'}\n"
    with Image.open(here / "x-y.png") as picture:
        assert picture.size[0] == 1600


def test_the_ending_chooses_the_form(here: Path, motion: np.ndarray) -> None:
    np.savez(here / "a.npz", motion=motion)
    np.save(here / "b.npy", motion)
    run("a.npz", "b.npy", "--out", "o.gif", "--frames", 4, "--width", 300, "--speed", 0.5)
    with Image.open("o.gif") as gif:
        assert (gif.n_frames, gif.size[0]) == (4, 300)  # type: ignore[attr-defined]
    answer = json.loads(run("a.npz", "b.npy", "-o", "o.html", "--names", "left one,right one", "--json"))
    assert answer["motions"] == ["left one", "right one"]
    assert "left one" in Path(answer["file"]).read_text()
    run("a.npz", "--out", "o.PNG", "--frames", 3, "--azimuth", -20, "--elevation", 10)
    pytest.importorskip("imageio_ffmpeg")
    run("a.npz", "--out", "o.mp4", "--frames", 6)
    assert sorted(p.name for p in here.iterdir()) == ["a.npz", "b.npy", "o.PNG", "o.gif", "o.html", "o.mp4"]


@pytest.mark.parametrize("suffix", ["png", "gif", "html"])
def test_codes_add_timelines(here: Path, eventful: np.ndarray, suffix: str) -> None:
    np.savez(here / "a.npz", motion=eventful)
    plain, told = here / f"plain.{suffix}", here / f"told.{suffix}"
    run("a.npz", "-o", plain)
    run("a.npz", "--codes", "-o", told)
    if suffix == "html":
        assert "wrist up" in told.read_text()
        assert "wrist up" not in plain.read_text()
        return
    with Image.open(plain) as before, Image.open(told) as after:
        assert after.width == before.width
        assert after.height > before.height + 50


def test_the_same_clip_is_shown_whatever_the_order_of_the_files(here: Path, clips: np.ndarray) -> None:
    np.savez(here / "ref.npz", motion=clips, clip_id=np.array(["a", "b", "c", "d"]), fps=np.float32(15))
    predictions_file(here / "pred.safetensors", clips[::-1], ("d", "c", "b", "a"), [20, 20, 7, 20])
    sources = open_sources(["ref.npz", "pred.safetensors"])
    for wanted in ("b", "1"):
        chosen = choose(sources, wanted, "1")
        assert chosen.clip == "b"
        assert list(chosen.motions) == ["ref", "mine #1"]
        assert chosen.fps == {"ref": 15.0, "mine #1": 15.0}, "predictions state no rate: it is the reference's"
        np.testing.assert_array_equal(chosen.motions["ref"], clips[1])
        np.testing.assert_allclose(chosen.motions["mine #1"], clips[1][:7] + 1, atol=1e-3)
    assert list(choose(sources, None, "all").motions) == ["ref", "mine #0", "mine #1"]


def test_files_without_ids_are_shown_at_the_same_place(here: Path, clips: np.ndarray) -> None:
    np.savez("ref.npz", motion=clips, clip_id=list("abcd"))
    np.savez("pred.npz", motion=clips + np.float32(1))
    for clip, place in (("c", 2), ("1", 1), (None, 0)):
        chosen = choose(open_sources(["ref.npz", "pred.npz"]), clip)
        np.testing.assert_array_equal(chosen.motions["ref"], clips[place])
        np.testing.assert_array_equal(chosen.motions["pred"], clips[place] + np.float32(1))


def test_one_file_twice_gets_two_names(here: Path, motion: np.ndarray) -> None:
    np.save(here / "a.npy", motion)
    assert json.loads(run("a.npy", "a.npy", "--json"))["motions"] == ["a", "a (2)"]


def test_safetensors_of_motions_are_no_predictions(here: Path, clips: np.ndarray) -> None:
    save_file({"motion": clips}, here / "m.safetensors")
    chosen = choose(open_sources(["m.safetensors"]), "2")
    np.testing.assert_array_equal(chosen.motions["m"], clips[2])


def test_a_folder_is_a_dataset(here: Path, clips: np.ndarray) -> None:
    (here / "set" / "test").mkdir(parents=True)
    for i, clip in enumerate(clips):
        np.savez(here / "set" / "test" / f"clip{i}.npz", motion=clip, fps=np.float32(15))
    (source,) = open_sources(["set"], "test")
    chosen = choose([source], source.clip_ids[2])  # type: ignore[index]
    np.testing.assert_allclose(chosen.motions["set"], clips[2], atol=1e-7)
    assert chosen.fps == {"set": 15.0}
    run("set", "--split", "test", "--clip", "0", "-o", "o.png")
    with pytest.raises(InputError, match="no split"):
        run("set", "--split", "nope")
    np.savez(here / "one.npz", motion=clips[1])
    chosen = choose(open_sources(["set", "one.npz"], "test"), "3")
    np.testing.assert_allclose(chosen.motions["one"], clips[1], atol=1e-7)
    with pytest.raises(InputError, match="no input has a split 'test'"):
        run("one.npz", "--split", "test")


def test_generated_samples_show_both(shared: Path) -> None:
    reference, prediction = open_sources([str(shared / "golden" / "handx_release" / "generated")])
    chosen = choose([reference, prediction], "1", "0")
    assert chosen.clip.startswith("handx-test-")
    assert next(iter(chosen.motions)) == "reference"
    assert next(iter(chosen.motions.values())).shape[1:] == (2, 21, 3)
    assert chosen.text.startswith("Left: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.npz"], "no such file"),
        (["a.npz", "--clip", "4"], "no clip '4'.*indices 0–3 or ids such as a, b, c, d"),
        (["a.npz", "--clip", "zz"], "no clip 'zz'"),
        (["a.npz", "--out", "x.pdf"], "cannot write .pdf"),
        (["a.npz", "--out", "x"], "without a suffix"),
        (["a.npz", "--out", "x.html", "--frames", "3"], "--frames has no meaning"),
        (["a.npz", "--out", "x.png", "--speed", "3"], "--speed has no meaning"),
        (["a.npz", "--names", "p,q"], "2 names for 1 motions"),
        (["a.npz", "a.npz", "--names", "p,p"], "one twice"),
        (["a.npz", "--azimuth", "nan"], "--azimuth is nan"),
        (["a.npz", "--elevation", "100"], "--elevation"),
        (["p.safetensors", "--generation", "2"], "no generation 2.*0–1"),
        (["p.safetensors", "--generation", "-1"], "is no index"),
        (["a.npz", "other.npz", "--clip", "b"], "no clip 'b' .other.npz"),
        (["bad.npz"], "One hand only"),
        (["a.npz", "--frames", "0"], "0 pictures"),
    ],
)
def test_bad_calls_are_told_and_write_nothing(
    here: Path, clips: np.ndarray, arguments: list[str], message: str
) -> None:
    np.savez(here / "a.npz", motion=clips, clip_id=np.array(list("abcd")))
    np.savez(here / "other.npz", motion=clips[:2], clip_id=np.array(["x", "y"]))
    np.savez(here / "bad.npz", motion=clips[:, :, 0])
    predictions_file(here / "p.safetensors", clips, tuple("abcd"))
    before = sorted(here.iterdir())
    with pytest.raises(InputError, match=message):
        run(*arguments)
    assert sorted(here.iterdir()) == before


def test_the_command_imports_nothing_heavy_before_it_runs() -> None:
    code = "import sys, handx_bench.cli.show; print([m for m in ('numpy', 'torch', 'PIL', 'matplotlib') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
