from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handx_bench.annotate.codes import CHANNEL_NAMES, motion_codes
from handx_bench.errors import InputError
from handx_bench.view.code_words import PARTS, label_of, part_of, stays
from handx_bench.view.drawing import CONTACT_COLOUR, INK, LEFT_COLOUR, RIGHT_COLOUR, text_width
from handx_bench.view.film import plan_film
from handx_bench.view.skeleton_plot import skeleton_strip, write_strip
from handx_bench.view.timeline import NOTHING, Bar, Row, Timeline, rows_of, timeline_of
from handx_bench.view.timeline_picture import Axis, draw_timeline, label_width, max_rows, timeline_height
from handx_bench.view.tracks import Track, as_tracks

Rgb = tuple[int, int, int]


def columns(picture: np.ndarray, colour: Rgb, rows: slice = slice(None)) -> np.ndarray:
    """Columns in which a colour stands exactly."""
    return np.flatnonzero((picture[rows] == colour).all(-1).any(0))


@pytest.fixture(scope="session")
def busy() -> Timeline:
    """As many rows as there are channels, full of bars whose captions do not fit."""
    rows = []
    for name in CHANNEL_NAMES:
        changes = [Bar(t, t + 0.1, False, "bends", ("bends → hyper-extended, medium",)) for t in np.arange(0, 2, 0.25)]
        rows.append(Row(part_of(name), label_of(name), (*changes, Bar(0.0, 2.0, True, "touch", ()))))
    return Timeline("busy", tuple(rows), 3, 2.0)


def test_every_channel_has_its_own_short_name() -> None:
    names = [(part_of(name), label_of(name)) for name in CHANNEL_NAMES]
    assert len(set(names)) == len(CHANNEL_NAMES)
    assert max(len(label) for _, label in names) < 30
    assert {part for part, _ in names} == set(PARTS)


def test_rows_are_what_happens(eventful: np.ndarray) -> None:
    rows = rows_of(motion_codes(eventful, 30))
    assert [PARTS[row.part] for row in rows] == sorted((PARTS[row.part] for row in rows), key=[*PARTS.values()].index)
    found = {(row.part, row.label): row for row in rows}
    rise = found["left", "wrist up–down"]
    assert [(bar.told, bar.captions) for bar in rise.bars] == [("moves up quickly", ("up, fast", "up"))]
    assert rise.bars[0].start_s == pytest.approx(0.5, abs=0.1)
    assert rise.bars[0].end_s == pytest.approx(1.0, abs=0.1)
    touch = found["between", "left index – right index"]
    assert [bar[:4] for bar in touch.bars] == [(1.0, 1.5, True, "touch")]
    assert ("right", "wrist up–down") not in found
    place = found["between", "right hand below–above left"]
    assert place.bars[0].told == "moves down quickly: in line → below it"


def test_joints_have_no_rows_and_fingers_are_in_order(shared: Path) -> None:
    with np.load(shared / "real_hands" / "both57m_clip06.npz", allow_pickle=False) as file:
        codes = motion_codes(file["motion"], float(file["fps"]))
    assert any(codes[name].changes for name in CHANNEL_NAMES if ".joint." in name)
    rows = rows_of(codes)
    expected = {
        (part_of(name), label_of(name))
        for name in CHANNEL_NAMES
        if ".joint." not in name and (codes[name].changes or codes[name].touches(codes.fps))
    }
    assert {(row.part, row.label) for row in rows} == expected
    fingers = [row.label for row in rows if row.part == "right" and row.label.endswith("finger")]
    assert fingers == ["index finger", "middle finger", "ring finger", "pinky finger"]
    for row in rows:
        assert list(row.bars) == sorted(row.bars)
        assert all(0 <= bar.start_s < bar.end_s <= codes.num_frames / codes.fps for bar in row.bars)


def test_the_busiest_rows_of_each_part_stay_in_their_order(shared: Path) -> None:
    with np.load(shared / "real_hands" / "both57m_clip06.npz", allow_pickle=False) as file:
        track = Track("a", file["motion"], float(file["fps"]))
    whole = timeline_of(track)
    assert whole.hidden == 0
    some = timeline_of(track, 8)
    assert (len(some.rows), some.hidden) == (8, len(whole.rows) - 8)
    assert [row for row in whole.rows if row in some.rows] == list(some.rows)
    have, got = ([[row.part for row in line.rows].count(part) for part in PARTS] for line in (whole, some))
    assert all(a == b or a >= max(got) - 1 for a, b in zip(got, have)), "parts take turns"

    def busy(row: Row) -> float:
        return sum(bar.end_s - bar.start_s for bar in row.bars)

    for part in PARTS:
        kept = [busy(row) for row in some.rows if row.part == part]
        gone = [busy(row) for row in whole.rows if row.part == part and row not in some.rows]
        assert min(kept) >= max(gone, default=0)
    assert timeline_of(track, 100).rows == whole.rows
    assert max_rows(1) > 40
    assert max_rows(2) < max_rows(1)
    assert max_rows(12) >= 8


def test_what_does_not_change_is_told(motion: np.ndarray, eventful: np.ndarray) -> None:
    still = stays(motion_codes(np.repeat(motion[:1], 30, axis=0), 30))
    assert still["left"].startswith("the wrist stays in place; ")
    assert "straight" in still["right"]
    assert "far apart" in still["between"]
    assert "the wrist" not in stays(motion_codes(eventful, 30))["left"]


def test_a_motion_without_codes_is_named(motion: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"2 frames.*\(mine"):
        timeline_of(Track("mine", motion[:2], 30.0))


def test_moments_lie_below_the_pictures_that_show_them(eventful: np.ndarray) -> None:
    """Three pictures, at 0, 1 and 2 s: the contact begins below the middle of the second."""
    still = np.repeat(eventful[:1], 61, axis=0)
    still[30:, 1, 17] = still[30:, 0, 17] + np.float32([0.005, 0, 0])
    picture = np.asarray(skeleton_strip(still, num_frames=3, codes=True, width=1200, azimuth_deg=0, elevation_deg=0))
    plain = np.asarray(skeleton_strip(still, num_frames=3, width=1200))
    below = slice(plain.shape[0], None)
    yellow = columns(picture, CONTACT_COLOUR, below)
    # The left hand stands still: each picture's middle is as far from its edge as that of the first, which is symmetric.
    hands = picture[60 : plain.shape[0] - 80].astype(int)
    left, right = (np.flatnonzero((np.abs(hands - c).max(-1) < 40).any(0)) for c in (LEFT_COLOUR, RIGHT_COLOUR))
    edges = np.concatenate([left[:1], left[1:][np.diff(left) > 60]])
    ends = np.concatenate([right[:-1][np.diff(right) > 60], right[-1:]])
    first, second, third = edges + (ends[0] - edges[0]) / 2
    assert yellow.min() == pytest.approx(second, abs=4)
    assert yellow.max() == pytest.approx(third + (third - second) / 30, abs=4)
    assert third - second == pytest.approx(second - first, abs=4)


def test_the_axis_goes_through_its_anchors_and_stays_between_them() -> None:
    axis = Axis(((0.0, 100), (1.0, 200), (3.0, 300)), 350)
    assert [axis.x(t) for t in (-1, 0, 0.5, 1, 2, 3, 9)] == [100, 100, 150, 200, 250, 300, 300]
    assert axis.ticks(40) == [0, 1, 2, 3]
    assert axis.ticks(10_000) == [0]
    assert Axis(((0.0, 0), (600.0, 900)), 900).ticks(50) == [50 * i for i in range(13)]


@pytest.mark.parametrize("size", [10, 16, 28])
@pytest.mark.parametrize("width", [160, 400, 1600])
def test_nothing_is_drawn_outside(busy: Timeline, width: int, size: int) -> None:
    margin = 40
    height = timeline_height(busy, size)
    picture = Image.new("RGB", (width + 2 * margin, height + 2 * margin), (255, 255, 255))
    start = margin + label_width([busy], width, size)
    axis = Axis(((0.0, start), (2.0, margin + width - 2 * size)), margin + width)
    draw_timeline(picture, busy, axis, margin, margin, size)
    drawn = (np.asarray(picture) != 255).any(-1)
    rows, across = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    assert margin <= rows.min()
    assert rows.max() <= margin + height
    assert margin - 1 <= across.min()
    assert across.max() <= margin + width
    labels = drawn[:, : start - size // 2]
    assert labels.any(), "every row has a label"


def test_a_contact_beside_changes_has_its_own_lane(busy: Timeline) -> None:
    row = busy.rows[0]
    one = replace(busy, rows=(row,), hidden=0)
    both = timeline_height(one, 16)
    for bars in (row.changes, row.contacts):
        assert timeline_height(replace(one, rows=(row._replace(bars=bars),)), 16) < both
    assert timeline_height(replace(busy, hidden=0), 16) < timeline_height(busy, 16), (
        "a line tells that rows are left out"
    )


@pytest.mark.parametrize("overlap_s", [0.0, 1 / 30, 0.2])
def test_no_bar_covers_the_caption_of_the_one_before(overlap_s: float) -> None:
    axis, shortest = Axis(((0.0, 150), (2.0, 550)), 590), 0
    for text in ("opens", "opens to apart", "opens to apart, fast", "opens to apart, fast, at last"):
        first, second = Bar(0.5, 1.2, False, "", (text, "")), Bar(1.2 - overlap_s, 1.6, False, "", ())
        drawn = []
        for captions in ((text, ""), ()):
            row = Row("left", "gap", (first._replace(captions=captions), second))
            picture = Image.new("RGB", (600, 100), (255, 255, 255))
            draw_timeline(picture, Timeline("", (row,), 0, 2.0), axis, 10, 10, 14)
            drawn.append(np.asarray(picture).astype(int))
        words = np.flatnonzero((drawn[0] != drawn[1]).any(axis=(0, 2)))
        shortest += len(words) > 0
        full = text_width(text, 13)
        assert len(words) == 0 or words.max() < axis.x(second.start_s)
        assert len(words) == 0 or len(words) > 0.7 * full, "whole or not at all"
    assert shortest >= 1


def test_where_nothing_happens_a_line_says_so(motion: np.ndarray) -> None:
    still = np.repeat(motion[:1], 30, axis=0)
    timeline = timeline_of(Track("", still, 30.0))
    assert timeline.rows == ()
    picture = Image.new("RGB", (400, 60), (255, 255, 255))
    draw_timeline(picture, timeline, Axis(((0.0, 150), (1.0, 380)), 390), 10, 10, 12)
    expected = Image.new("RGB", (400, 60), (255, 255, 255))
    draw_timeline(expected, replace(timeline, end_s=0.5), Axis(((0.0, 150), (1.0, 380)), 390), 10, 10, 12)
    assert picture.tobytes() == expected.tobytes(), "no axis, only the words"
    assert (np.asarray(picture) != 255).any()
    assert NOTHING.startswith("nothing")


def test_the_cursor_of_a_video_is_at_the_current_time(eventful: np.ndarray) -> None:
    tracks = as_tracks({"a": eventful, "b": eventful[:31]})
    film = plan_film(tracks, [0.0, 1.0, 2.0], 900, codes=True)
    assert len(film.cursors) == 2
    rows = slice(film.cursors[1].top + 1, film.cursors[1].bottom)
    still = (np.asarray(film.background)[rows] == INK).all(-1).sum(0)
    places = []
    for time in film.times:
        now = (np.asarray(film.draw(time))[rows] == INK).all(-1).sum(0)
        changed = np.flatnonzero(now - still > 20)
        assert 1 <= len(changed) <= 2
        assert now[changed[0]] == rows.stop - rows.start, "from the first row to the last"
        places.append(int(changed[0]))
    assert np.diff(places)[0] == pytest.approx(np.diff(places)[1], abs=1)
    # At 1 s the contact of the first motion begins, which has the same axis.
    upper = slice(film.cursors[0].top, film.cursors[0].bottom)
    yellow = columns(np.asarray(film.background), CONTACT_COLOUR, upper)
    assert yellow.min() == pytest.approx(places[1], abs=3)


def test_each_motion_has_its_timeline(eventful: np.ndarray) -> None:
    one = skeleton_strip({"a": eventful}, codes=True)
    two = skeleton_strip({"a": eventful, "b": eventful}, codes=True)
    added = one.height - skeleton_strip({"a": eventful}).height
    assert added > 100
    assert two.height - one.height > added
    yellow = np.flatnonzero((np.asarray(two)[60:] == CONTACT_COLOUR).all(-1).sum(1) > 30)
    assert len(np.flatnonzero(np.diff(yellow) > 50)) >= 1, "contacts stand in two places"


@pytest.mark.parametrize("options", [{"num_frames": 1}, {"frames": [40, 10]}, {"width": 300}, {"num_frames": 24}])
def test_strips_of_any_kind_have_timelines(eventful: np.ndarray, options: dict[str, object]) -> None:
    picture = skeleton_strip(eventful, codes=True, **options)  # type: ignore[arg-type]
    assert picture.width == options.get("width", 1600)
    assert len(columns(np.asarray(picture), CONTACT_COLOUR, slice(picture.height // 2, None))) > 5


def test_same_input_gives_the_same_bytes(eventful: np.ndarray, tmp_path: Path) -> None:
    files = [write_strip(tmp_path / name, {"x": eventful}, 30.0, codes=True) for name in ("a.png", "b.png")]
    assert files[0].read_bytes() == files[1].read_bytes()
