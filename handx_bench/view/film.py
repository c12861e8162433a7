"""The pictures of a video: motions side by side, what happens in them below, drawn one by one on demand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..errors import InputError
from .camera import frame_tracks
from .cell import Cell, plan_cell
from .drawing import GREY, HAIRLINE, INK, PAPER, draw_legend, draw_text, fit_text, legend_width, wrap_text
from .timeline import timeline_of
from .timeline_picture import Axis, draw_timeline, label_width, max_rows, rows_height, timeline_height
from .tracks import Track, clean_text, duration_s

#: Bounds of one file: pictures, and pixels of all pictures together (about 300 at 1600 × 1600).
MAX_PICTURES = 3000
MAX_PIXELS = 800_000_000
_WIDTHS = (160, 3840)
_SUPERSAMPLE = 2
_BAR = 4
_COLUMNS = 4


@dataclass(frozen=True)
class Cursor:
    """Marks the current time across the rows of a timeline, from ``top`` to ``bottom``."""

    axis: Axis
    top: int
    bottom: int

    def draw(self, picture: Image.Image, time_s: float) -> None:
        x = self.axis.x(time_s)
        ImageDraw.Draw(picture).line((x, self.top, x, self.bottom), fill=INK, width=2)


@dataclass(frozen=True)
class Film:
    """What stands in every picture, and where that goes which moves.

    Attributes:
        times: moments of the pictures, seconds.
        places: left top corner of each track's cell.
        background: everything that stands still.
    """

    cell: Cell
    tracks: list[Track]
    times: list[float]
    places: list[tuple[int, int]]
    cursors: list[Cursor]
    text: int
    background: Image.Image

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Image.Image]:
        return map(self.draw, self.times)

    def draw(self, time_s: float) -> Image.Image:
        """The picture of a moment."""
        picture = self.background.copy()
        for i, place in enumerate(self.places):
            picture.paste(self.cell.draw(i, time_s, _SUPERSAMPLE), place)
        for cursor in self.cursors:
            cursor.draw(picture, time_s)
        width, height = picture.size
        label = f"{time_s:.2f} s · frame {self.tracks[0].frame_at(time_s)}"
        at = (width - self.text, height - _BAR - self.text // 2)
        draw_text(picture, at, label, self.text, anchor="rs", fill=GREY)
        done = time_s / self.times[-1] if self.times[-1] > 0 else 1.0
        ImageDraw.Draw(picture).rectangle((0, height - _BAR, round(done * (width - 1)), height - 1), fill=INK)
        return picture


def plan_film(
    tracks: list[Track],
    times: list[float],
    width: int,
    *,
    title: str = "",
    close_ups: bool | None = None,
    codes: bool = False,
    azimuth_deg: float | None = None,
    elevation_deg: float | None = None,
    even: bool = False,
) -> Film:
    """Lay out a video; ``even`` makes both sides even.

    Raises:
        InputError: the width is out of range, or the video would be too large.
    """
    if not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise InputError(f"the width is {width} pixels, expected {_WIDTHS[0]}–{_WIDTHS[1]}")
    columns = min(len(tracks), _COLUMNS)
    text = min(max(11, width // 60), 28)
    framing = frame_tracks(tracks, azimuth_deg, elevation_deg)
    cell = plan_cell(framing, tracks, (width - text * (columns + 1)) // columns, close_ups, (0.6, 1.2))
    line = round(1.8 * text)
    heading = wrap_text(clean_text(title), width - 3 * text - legend_width(text), text)
    head = line * max(1, len(heading))
    timelines = [timeline_of(track, max_rows(len(tracks))) for track in tracks] if codes else []
    below = head + math.ceil(len(tracks) / columns) * (line + cell.height)
    named = line if len(tracks) > 1 else 0
    height = below + sum(named + timeline_height(timeline, text) for timeline in timelines) + line + _BAR
    if even:  # 4:2:0 halves both sides
        width, height = width + width % 2, height + height % 2
    if width * height * len(times) > MAX_PIXELS:
        raise InputError(
            f"a video of {len(times)} pictures of {width}×{height} is too large",
            fix=f"At most {MAX_PIXELS // (width * height)} pictures at this size: choose fewer or a smaller width",
        )
    background = Image.new("RGB", (width, height), PAPER)
    draw_legend(background, width - text, line // 2 + 2, text)
    for i, words in enumerate(heading):
        draw_text(background, (text, i * line + line // 2 + 2), words, text, anchor="lm")
    places = []
    for i, track in enumerate(tracks):
        row, column = divmod(i, columns)
        left, top = text + column * (cell.width + text), head + row * (line + cell.height)
        _draw_name(background, track.name, left, top, cell.width, text)
        places.append((left, top + line))
    cursors = []
    for timeline in timelines:
        if named:
            _draw_name(background, timeline.name, text, below, width - 2 * text, text)
        end = max(each.end_s for each in timelines)
        # Captions of the last bars find room behind the end.
        start, stop = text + label_width(timelines, width, text), width - text - max(2 * text, width // 16)
        axis = Axis(((0.0, start), (end, stop)), width - text)
        draw_timeline(background, timeline, axis, text, below + named, text)
        if timeline.rows:
            cursors.append(Cursor(axis, below + named, below + named + rows_height(timeline, text)))
        below += named + timeline_height(timeline, text)
    cell.draw_scales(background, text, height - _BAR - text // 2, text)
    return Film(cell, tracks, times, places, cursors, text, background)


def picture_times(tracks: list[Track], num_frames: int | None, max_fps: float) -> list[float]:
    """Moments of ``num_frames`` pictures; None: every frame of the fastest motion, at most ``max_fps`` of them.

    Raises:
        InputError: too many, or none.
    """
    last = duration_s(tracks)
    if num_frames is None:
        rate = max(track.fps for track in tracks)
        rate /= math.ceil(rate / max_fps - 1e-9)
        num_frames = math.floor(last * rate + 1e-6) + 1
        if num_frames <= MAX_PICTURES:
            return [i / rate for i in range(num_frames)]
    if not 1 <= num_frames <= MAX_PICTURES:
        raise InputError(
            f"{num_frames} pictures, expected 1–{MAX_PICTURES}", fix="Choose a number of pictures or a shorter motion"
        )
    if num_frames > last * max_fps + 1 + 1e-6:
        raise InputError(
            f"{num_frames} pictures in {last:.2f} s are more than {max_fps:g} per second", fix="Choose fewer pictures"
        )
    return [float(t) for t in np.linspace(0, last, num_frames)]


def picture_ends(times: list[float], tracks: list[Track]) -> np.ndarray:
    """When each picture gives way to the next; the last one stands as long as the others."""
    step = times[1] - times[0] if len(times) > 1 else 1 / max(track.fps for track in tracks)
    return np.asarray(times) + step


def _draw_name(picture: Image.Image, name: str, left: int, top: int, width: int, text: int) -> None:
    ImageDraw.Draw(picture).line((left, top, left + width, top), fill=HAIRLINE)
    draw_text(picture, (left, top + text // 4), fit_text(name, width, text, bold=True), text, bold=True)
