from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handx_bench.errors import InputError
from handx_bench.view.drawing import LEFT_COLOUR, PAPER, RIGHT_COLOUR
from handx_bench.view.gif_palette import colour_table
from handx_bench.view.video import write_gif, write_mp4


def pictures(path: Path) -> tuple[list[np.ndarray], list[int]]:
    frames, durations = [], []
    with Image.open(path) as image:
        for i in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(i)
            durations.append(image.info["duration"])
            frames.append(np.asarray(image.convert("RGB")).astype(int))
    return frames, durations


def test_gif_has_every_frame_and_keeps_the_time(motion: np.ndarray, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = write_gif(
        tmp_path / "a.gif",
        {"one": motion, "two": motion},
        30.0,
        progress=lambda done, total: seen.append((done, total)),
    )
    frames, durations = pictures(path)
    assert len(frames) == 20
    assert abs(sum(durations) - 20 / 30 * 1000) <= 10
    assert set(durations) == {30, 40}
    assert seen == [(i + 1, 20) for i in range(20)]
    assert frames[0].shape[1] == 720
    assert (frames[7] == 255).all(-1).mean() > 0.6, "white must be white"
    for colour in (LEFT_COLOUR, RIGHT_COLOUR):
        assert (np.abs(frames[3] - colour).max(-1) < 30).mean() > 0.004
    assert any((a != b).any() for a, b in pairwise(frames))
    with Image.open(path) as image:
        assert image.info["loop"] == 0


def test_a_still_motion_keeps_all_its_frames(motion: np.ndarray, tmp_path: Path) -> None:
    frames, durations = pictures(write_gif(tmp_path / "a.gif", np.repeat(motion[:1], 9, axis=0), 10.0))
    assert (len(frames), sum(durations)) == (9, 900)


def test_frames_rates_and_speed(motion: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames, durations = pictures(write_gif(path, motion, 30.0, num_frames=5, width=300))
    assert len(frames) == 5
    assert sum(durations) == pytest.approx(1000 * 19 / 30 * 5 / 4, abs=10)
    _, durations = pictures(write_gif(path, motion, 30.0, speed=0.5, width=300))
    assert sum(durations) == pytest.approx(2 * 20 / 30 * 1000, abs=10)
    frames, durations = pictures(write_gif(path, motion, 120.0, width=300))
    assert len(frames) == 7, "every third frame, 40 per second"
    assert sum(durations) == pytest.approx(7 / 40 * 1000, abs=10)
    frames, _ = pictures(write_gif(path, {"a": motion, "b": motion[::2]}, {"a": 30.0, "b": 15.0}, width=300))
    assert len(frames) == 20


def test_motions_of_other_rates_stay_in_sync(motion: np.ndarray, tmp_path: Path) -> None:
    both = {"a": np.repeat(motion[::2], 2, axis=0), "b": motion[::2]}
    frames, _ = pictures(write_gif(tmp_path / "a.gif", both, {"a": 30.0, "b": 15.0}, width=400))

    # Two cells of 183 pixels between gaps of 11; the same poses stand in both.
    def left_and_right(frame: int) -> tuple[np.ndarray, np.ndarray]:
        return frames[frame][60:-30, 11:194], frames[frame][60:-30, 205:388]

    def difference(a: np.ndarray, b: np.ndarray) -> float:
        return float((np.abs(a - b).max(-1) > 60).mean())

    assert difference(*left_and_right(8)) < 0.005
    assert difference(left_and_right(8)[0], left_and_right(0)[1]) > 0.05


def test_mp4_can_be_read_back(motion: np.ndarray, tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = write_mp4(tmp_path / "a.mp4", {"one": motion, "two": motion}, 30.0, width=401, title="claps")
    reader = ffmpeg.read_frames(str(path))
    facts = next(reader)
    frames = [np.frombuffer(frame, np.uint8).reshape(facts["size"][1], facts["size"][0], 3) for frame in reader]
    assert facts["codec"] == "h264"
    assert facts["size"][0] == 402
    assert facts["fps"] == pytest.approx(30)
    assert len(frames) == 20
    assert np.abs(frames[0][2, 200].astype(int) - 255).max() < 6
    for colour in (LEFT_COLOUR, RIGHT_COLOUR):
        assert (np.abs(frames[3].astype(int) - colour).max(-1) < 40).mean() > 0.002
    assert list(tmp_path.iterdir()) == [path]


def test_mp4_without_its_extra_says_what_to_install(
    motion: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(InputError, match=r'pip install "handx-bench\[video\]"'):
        write_mp4(tmp_path / "a.mp4", motion)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_an_interrupted_video_leaves_nothing(motion: np.ndarray, tmp_path: Path, suffix: str) -> None:
    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    write = write_gif if suffix == "gif" else write_mp4
    if suffix == "mp4":
        pytest.importorskip("imageio_ffmpeg")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / f"a.{suffix}", motion, width=200, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_frames": 0}, "0 pictures"),
        ({"num_frames": 10_000}, "10000 pictures"),
        ({"num_frames": 200}, "more than 50 per second"),
        ({"width": 50}, "width"),
        ({"speed": 0}, "speed"),
        ({"speed": float("nan")}, "speed"),
    ],
)
def test_bad_requests_are_refused(motion: np.ndarray, tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        write_gif(tmp_path / "a.gif", motion, **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_size_of_a_video_is_bounded(motion: np.ndarray, tmp_path: Path) -> None:
    long = np.repeat(motion, 60, axis=0)
    with pytest.raises(InputError, match=r"too large.*At most \d+ pictures"):
        write_gif(tmp_path / "a.gif", long, width=1600)
    with pytest.raises(InputError, match="expected 1–3000"):
        write_gif(tmp_path / "a.gif", np.repeat(motion, 200, axis=0))
    assert list(tmp_path.iterdir()) == []


def test_palette_holds_what_is_drawn() -> None:
    colours, nearest = colour_table()
    table = np.frombuffer(colours, np.uint8).reshape(-1, 3).astype(int)
    assert len(table) <= 256
    for colour in (PAPER, LEFT_COLOUR, RIGHT_COLOUR, (0, 0, 0)):
        r, g, b = (c >> 3 for c in colour)
        assert np.abs(table[nearest[r, g, b]] - colour).max() <= 8
    assert (table[nearest[31, 31, 31]] == 255).all()
