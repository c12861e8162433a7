from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handx_bench.errors import InputError
from handx_bench.view.camera import frame_tracks
from handx_bench.view.cell import plan_cell
from handx_bench.view.drawing import (
    CONTACT_COLOUR,
    LEFT_COLOUR,
    RIGHT_COLOUR,
    Panel,
    draw_pose,
    draw_scale_bar,
    fit_text,
    text_width,
)
from handx_bench.view.skeleton_plot import skeleton_strip, write_strip
from handx_bench.view.tracks import as_tracks


def share(picture: Image.Image, colour: tuple[int, int, int], tolerance: int = 40) -> float:
    difference = np.abs(np.asarray(picture).astype(int) - colour).max(-1)
    return float((difference < tolerance).mean())


def test_tips_stand_where_an_independent_projection_puts_them(motion: np.ndarray) -> None:
    """From straight behind, a pinhole camera sees x right and z up, magnified by distance over depth."""
    framing = frame_tracks(as_tracks(motion), 0, 0)
    panel, centre = Panel(400, 240, 700.0), framing.centres[0]
    picture = np.asarray(draw_pose(motion[5], framing.camera, centre, panel)).astype(int)
    for hand, colour in enumerate((LEFT_COLOUR, RIGHT_COLOUR)):
        for tip in range(16, 21):
            x, y, z = motion[5, hand, tip] - centre
            magnification = framing.camera.distance / (framing.camera.distance + y)
            column, row = 200 + 700 * x * magnification, 120 - 700 * z * magnification
            assert np.abs(picture[int(row), int(column)] - colour).max() < 100, (hand, tip)
            assert (picture[int(row) - 12, int(column)] > 240).all() or tip == 16, (hand, tip)
    assert (picture[:, 198:202] == 255).all()


def test_the_nearer_hand_covers_the_other(motion: np.ndarray) -> None:
    pose = motion[0].copy()
    pose[1] = pose[0] + np.float32([0, -0.05, 0])  # nearer to the camera, which stands behind
    framing = frame_tracks(as_tracks(pose[None]), 0, 0)
    panel = Panel(300, 300, 1200.0)
    front = np.asarray(draw_pose(pose, framing.camera, framing.centres[0], panel))
    back = np.asarray(draw_pose(pose[::-1], framing.camera, framing.centres[0], panel))
    column, row = (150, 150) + np.array([1, -1]) * 1200 * framing.camera.project(pose[1, 17], framing.centres[0])[0]
    assert np.abs(front[int(row), int(column)].astype(int) - RIGHT_COLOUR).max() < 5
    assert np.abs(back[int(row), int(column)].astype(int) - LEFT_COLOUR).max() < 5


def test_strip_has_its_size_both_hands_and_one_row_for_each_motion(motion: np.ndarray) -> None:
    one = skeleton_strip(motion, num_frames=5)
    two = skeleton_strip({"reference": motion, "prediction": motion}, num_frames=5, width=1600)
    assert one.width == two.width == 1600
    assert one.mode == "RGB"
    assert two.height > 1.6 * one.height
    for picture in (one, two):
        assert share(picture, LEFT_COLOUR) > 0.002
        assert share(picture, RIGHT_COLOUR) > 0.002
        assert share(picture, (255, 255, 255), 1) > 0.7


def test_contacts_are_marked(motion: np.ndarray) -> None:
    touching = motion.copy()
    touching[:, 1, 17] = touching[:, 0, 17] + np.float32([0.01, 0, 0])
    without, with_contact = skeleton_strip(motion), skeleton_strip(touching)
    body = (0, 60, 1600, min(without.height, with_contact.height))  # below the legend
    assert share(without.crop(body), CONTACT_COLOUR) == 0
    assert share(with_contact.crop(body), CONTACT_COLOUR) > 1e-4


def test_the_scale_bar_is_50_mm_of_the_plane_looked_at(motion: np.ndarray) -> None:
    tracks = as_tracks(motion)
    cell = plan_cell(frame_tracks(tracks, 0, 0), tracks, 300)
    picture = Image.new("RGB", (400, 60), (255, 255, 255))
    draw_scale_bar(picture, 10, 50, cell.scene.pixels_per_metre, 12)
    row = np.asarray(picture)[49, :, 0] < 60
    run = np.flatnonzero(row)
    bar = np.flatnonzero(np.diff(run, append=10_000) > 1)[0] + 1
    right = cell.framing.camera.axes()[0]
    ends = cell.framing.centres[0] + np.outer([0, 0.05], right)
    places = cell.scene.place(cell.framing.camera.project(ends, cell.framing.centres[0])[0])
    assert bar == pytest.approx(places[1, 0] - places[0, 0], abs=1)


def test_hands_far_apart_get_close_ups(motion: np.ndarray, far_apart: np.ndarray) -> None:
    near, far = as_tracks(motion), as_tracks(far_apart)
    assert plan_cell(frame_tracks(near), near, 200).close_up is None
    cell = plan_cell(frame_tracks(far), far, 200)
    assert cell.close_up is not None
    picture = cell.draw(0, 0.0)
    assert picture.size == (200, cell.height)
    scene = picture.crop((0, 0, 200, cell.scene.height))
    left, right = (picture.crop((x, cell.scene.height, x + 98, cell.height)) for x in (0, 100))
    assert share(left, LEFT_COLOUR) > 4 * share(scene, LEFT_COLOUR)
    assert share(left, RIGHT_COLOUR) == 0
    assert share(right, RIGHT_COLOUR) > 4 * share(scene, RIGHT_COLOUR)
    assert skeleton_strip(far_apart, close_ups=False).height < skeleton_strip(far_apart).height


def test_a_motion_that_is_over_is_faded(motion: np.ndarray) -> None:
    tracks = as_tracks({"long": motion, "short": motion[:5]})
    cell = plan_cell(frame_tracks(tracks), tracks, 200)
    assert share(cell.draw(1, 4 / 30), LEFT_COLOUR) > 0
    assert share(cell.draw(1, 10 / 30), LEFT_COLOUR) == 0
    assert share(cell.draw(1, 10 / 30), (255, 255, 255), 2) < 1


def test_same_input_gives_the_same_bytes(motion: np.ndarray, tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        write_strip(file, {"x": motion}, 30.0, title="Ä text")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == files
    other = skeleton_strip({"x": motion + np.float32([0, 0, 0.001]) * np.arange(21)[:, None]}, title="Ä text")
    assert other.tobytes() != Image.open(files[0]).tobytes()


def test_chosen_frames_show_what_they_say(motion: np.ndarray) -> None:
    three, same = skeleton_strip(motion, frames=[0, 7, 19]), skeleton_strip(motion[[0, 7, 19]], frames=[0, 1, 2])
    assert three.size == same.size
    rows = slice(55, three.height - 30)  # without labels and scale
    a, b = np.asarray(three)[rows].astype(int), np.asarray(same)[rows].astype(int)
    assert (np.abs(a - b).max(-1) > 60).mean() < 0.002


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_frames": 0}, "0 pictures"),
        ({"num_frames": 1000}, "1000 pictures"),
        ({"frames": []}, "0 frames"),
        ({"frames": [20]}, "frame 20 does not exist. The last frame is 19"),
        ({"frames": [-1]}, "frame -1"),
        ({"width": 10}, "width"),
        ({"width": 100_000}, "width"),
    ],
)
def test_bad_requests_are_refused(motion: np.ndarray, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        skeleton_strip(motion, **options)  # type: ignore[arg-type]


def test_nothing_is_written_where_the_motion_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_strip(tmp_path / "a.png", np.zeros((5, 2, 21, 3)))
    assert list(tmp_path.iterdir()) == []


def test_text_is_shortened_to_fit() -> None:
    assert fit_text("short", 500, 14) == "short"
    cut = fit_text("a very long name of a model " * 20, 200, 14)
    assert cut.endswith("…")
    assert 150 < text_width(cut, 14) <= 200
    assert fit_text("wide", 1, 14) == ""


@pytest.mark.parametrize("name", ["leap_three_claps", "both57m_clip00", "hot3d_aria_p0003"])
def test_real_recordings(shared: Path, name: str) -> None:
    with np.load(shared / "real_hands" / f"{name}.npz", allow_pickle=False) as file:
        motion, fps = file["motion"], float(file["fps"])
    picture = skeleton_strip({"reference": motion, "shifted": motion + np.float32(0.5)}, fps)
    assert share(picture, LEFT_COLOUR, 80) > 0.002
    assert share(picture, RIGHT_COLOUR, 80) > 0.002
    # A rigid motion of both hands changes nothing: both rows are alike but for their names.
    cell = plan_cell(
        framing := frame_tracks(tracks := as_tracks({"a": motion, "b": motion + np.float32(0.5)})), tracks, 200
    )
    a, b = (np.asarray(cell.draw(i, 0.3)).astype(int) for i in (0, 1))
    assert (np.abs(a - b).max(-1) > 60).mean() < 0.01
    assert framing.width > 0.1
