"""Draws timelines with Pillow, under strips and in videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from .code_words import PARTS
from .drawing import (
    CONTACT_COLOUR,
    GREY,
    HAIRLINE,
    INK,
    LEFT_COLOUR,
    PAPER,
    RIGHT_COLOUR,
    TINT,
    Rgb,
    draw_text,
    fit_text,
    text_width,
)
from .timeline import NOTHING, Bar, Row, Timeline

COLOURS: dict[str, Rgb] = dict(zip(PARTS, (LEFT_COLOUR, RIGHT_COLOUR, GREY)))
#: Rows of all motions of a picture together, and of each of many.
_MOST_ROWS, _LEAST_ROWS = 48, 8
#: How much of its colour a bar takes: captions on it must be legible.
_STRENGTH = 0.32
#: Heights in sizes of the text: of a row, of the lane of contacts below changes, and of the axis.
_ROW, _LANE, _AXIS = 1.5, 0.6, 1.9
#: Most that labels may take of the width.
_LABEL_SHARE = 0.34
_STEPS_S = [base * 10.0**power for power in range(-2, 4) for base in (1, 2, 5)]


@dataclass(frozen=True)
class Axis:
    """Where moments lie: between ``anchors`` (seconds, pixels from the left) evenly; captions may run up to ``right``."""

    anchors: tuple[tuple[float, float], ...]
    right: int

    def x(self, time_s: float) -> int:
        """Pixels from the left."""
        times, places = zip(*self.anchors)
        return round(float(np.interp(time_s, times, places)))

    @property
    def left(self) -> int:
        return round(self.anchors[0][1])

    def ticks(self, spacing: int) -> list[float]:
        """Round moments at least ``spacing`` pixels apart."""
        end = self.anchors[-1][0]
        for step in _STEPS_S:
            moments = [i * step for i in range(int(end / step + 1e-6) + 1)] if end / step < 1000 else []
            if moments and all(self.x(b) - self.x(a) >= spacing for a, b in pairwise(moments)):
                return moments
        return [0.0]


def max_rows(num_motions: int) -> int:
    """How many rows each of so many motions gets in one picture."""
    return max(_MOST_ROWS // num_motions, _LEAST_ROWS)


def label_width(timelines: Sequence[Timeline], width: int, size: int) -> int:
    """Pixels that the labels need beside the bars in a picture of ``width``, the gap behind them included."""
    labels = [row.label for timeline in timelines for row in timeline.rows] + list(PARTS.values())
    return (
        min(max(text_width(label, size, bold=label in PARTS.values()) for label in labels), round(_LABEL_SHARE * width))
        + size
    )


def timeline_height(timeline: Timeline, size: int) -> int:
    """Height of :func:`draw_timeline` in pixels."""
    return rows_height(timeline, size) + (round(_AXIS * size) if timeline.rows else 0)


def rows_height(timeline: Timeline, size: int) -> int:
    """Height without the axis."""
    return sum(height for height, _ in _lines(timeline, size))


def draw_timeline(picture: Image.Image, timeline: Timeline, axis: Axis, left: int, top: int, size: int) -> None:
    """Draw a timeline: labels from ``left``, bars on ``axis``, seconds below; ``size`` is that of the text."""
    if timeline.rows:
        _draw_axis(picture, timeline, axis, (top, top + rows_height(timeline, size)), size)
    for height, line in _lines(timeline, size):
        if isinstance(line, Row):
            label = fit_text(line.label, axis.left - left - size // 2, size)
            draw_text(picture, (left, top + round(_ROW * size) // 2), label, size, anchor="lm")
            _draw_row(picture, line, axis, top, size)
        else:
            part = next((part for part, title in PARTS.items() if title == line), "")
            text = fit_text(line, axis.right - left, size, bold=bool(part))
            colour = COLOURS.get(part, GREY)
            draw_text(picture, (left, top + height // 2), text, size, anchor="lm", bold=bool(part), fill=colour)
        top += height


def _draw_axis(picture: Image.Image, timeline: Timeline, axis: Axis, rows: tuple[int, int], size: int) -> None:
    """Round moments from the top of the rows to the bottom, and a ground where the motion is over."""
    draw, (top, bottom) = ImageDraw.Draw(picture), rows
    last = axis.anchors[-1][0]
    if timeline.end_s < last - 1e-6:
        draw.rectangle((axis.x(timeline.end_s), top, axis.x(last), bottom), fill=TINT)
    for moment in axis.ticks(4 * size):
        x = axis.x(moment)
        draw.line((x, top, x, bottom + size // 2), fill=HAIRLINE)
        draw_text(picture, (x, bottom + size // 2), f"{moment:g} s", round(0.85 * size), anchor="ma", fill=GREY)


def _lines(timeline: Timeline, size: int) -> Iterator[tuple[int, Row | str]]:
    """What stands below each other, with its height: titles of parts, rows, remarks."""
    height, lane = round(_ROW * size), round(_LANE * size)
    for part, title in PARTS.items():
        rows = [row for row in timeline.rows if row.part == part]
        if rows:
            yield height, title
        for row in rows:
            yield height + (lane if row.changes and row.contacts else 0), row
    if timeline.hidden:
        yield height, f"and {timeline.hidden} more"
    if not timeline.rows:
        yield height, NOTHING


def _draw_row(picture: Image.Image, row: Row, axis: Axis, top: int, size: int) -> None:
    """Bars of changes, and those of contacts in a lane below them, or in their place where there are none."""
    pad, bottom = max(1, size // 8), top + round(_ROW * size)
    for bar, following in zip(row.changes, [*row.changes[1:], None]):
        _draw_bar(picture, bar, axis, (top + pad, bottom - pad), _pale(COLOURS[row.part]), COLOURS[row.part])
        end = axis.x(following.start_s) if following else axis.right
        _draw_caption(picture, bar, axis, end, (top + bottom) // 2, round(0.9 * size))
    if row.changes:
        top, bottom = bottom - pad, bottom + round(_LANE * size)
    for bar in row.contacts:
        _draw_bar(picture, bar, axis, (top + pad, bottom - pad), CONTACT_COLOUR, INK)


def _draw_caption(picture: Image.Image, bar: Bar, axis: Axis, end: int, middle: int, size: int) -> None:
    """The fullest caption that fits on the bar, or beside it, before ``end``."""
    gap = max(2, size // 3)
    start, beside = axis.x(bar.start_s) + gap, axis.x(bar.end_s) + gap
    for caption in bar.captions:
        width = text_width(caption, size) + gap
        x = start if start + width <= min(beside - gap, end) else beside
        if x + width <= max(end, beside):
            draw_text(picture, (x, middle), caption, size, anchor="lm")
            return


def _draw_bar(picture: Image.Image, bar: Bar, axis: Axis, rows: tuple[int, int], fill: Rgb, outline: Rgb) -> None:
    start = axis.x(bar.start_s)
    end = max(axis.x(bar.end_s), start + 2)
    ImageDraw.Draw(picture).rectangle((start, rows[0], end, rows[1]), fill=fill, outline=outline)


def _pale(colour: Rgb) -> Rgb:
    r, g, b = (round(p + (c - p) * _STRENGTH) for c, p in zip(colour, PAPER))
    return r, g, b
