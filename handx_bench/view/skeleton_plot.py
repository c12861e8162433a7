"""A strip of pictures: one row per motion, frames from left to right, one camera for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..errors import InputError
from ..files import atomic_path
from .camera import frame_tracks
from .cell import plan_cell
from .drawing import GREY, HAIRLINE, PAPER, draw_legend, draw_text, fit_text, legend_width, text_width, wrap_text
from .timeline import Timeline, timeline_of
from .timeline_picture import Axis, draw_timeline, label_width, max_rows, timeline_height
from .tracks import Track, as_tracks, clean_text, duration_s

MAX_PICTURES = 24
_WIDTHS = (300, 8000)


def skeleton_strip(
    motions: Mapping[str, Any] | Any,
    fps: float | Mapping[str, float] = 30.0,
    *,
    num_frames: int = 8,
    frames: Sequence[int] | None = None,
    width: int = 1600,
    title: str = "",
    close_ups: bool | None = None,
    codes: bool = False,
    azimuth_deg: float | None = None,
    elevation_deg: float | None = None,
) -> Image.Image:
    """Picture of motions over time.

    Args:
        motions: ``(T, 2, 21, 3)`` metres, or a mapping from name to motion; each becomes a row, the first on top.
        fps: frames per second, of all or by name.
        num_frames: pictures in a row, evenly spaced from the first frame to the last of the longest motion.
        frames: the frames to show instead, counted at the rate of the first motion.
        width: of the picture, pixels; the height follows from what there is to see.
        title: lines above the rows, e.g. the texts of the clip; long ones are wrapped.
        close_ups: show each hand large below the scene; None: where the hands would be too small to read.
        codes: draw what happens (see :mod:`.timeline`) below each motion; its moments lie below the pictures that show
            them, unless ``frames`` are chosen.
        azimuth_deg, elevation_deg: where the camera stands (see :mod:`.camera`); chosen by the first motion if None.

    Raises:
        InputError: if a motion is none, or the frames or the width are out of range.

    >>> hand = np.random.default_rng(0).uniform(-0.05, 0.05, (12, 2, 21, 3))
    >>> skeleton_strip({"reference": hand, "prediction": hand + 0.01}, num_frames=4, width=800).size[0]
    800
    """
    tracks = as_tracks(motions, fps)
    times = _times(tracks, num_frames, frames)
    if not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise InputError(f"the width is {width} pixels, expected {_WIDTHS[0]}–{_WIDTHS[1]}")
    framing = frame_tracks(tracks, azimuth_deg, elevation_deg)
    text = max(10, round(width / 100))
    margin, line = text, round(1.7 * text)
    timelines = [timeline_of(track, max_rows(len(tracks))) for track in tracks] if codes else []
    labels = label_width(timelines, width, text) if codes else 0
    cell_width, indent = _columns(width - 2 * margin, len(times), labels)
    cell = plan_cell(framing, tracks, cell_width, close_ups)
    middles = [margin + indent + i * cell.width + cell.width // 2 for i in range(len(times))]
    heading = wrap_text(clean_text(title), width - 2 * margin - text - legend_width(text), text)
    head = line * (1 + max(1, len(heading)))
    heights = [
        line + cell.height + (timeline_height(timelines[row], text) if codes else 0) for row in range(len(tracks))
    ]
    picture = Image.new("RGB", (width, head + sum(heights) + line + text), PAPER)
    _draw_head(picture, heading, [(t, tracks[0].frame_at(t)) for t in times], cell.width, middles, text)
    top = head
    for row, track in enumerate(tracks):
        ImageDraw.Draw(picture).line((margin, top, width - margin, top), fill=HAIRLINE)
        name = fit_text(track.name, width - 2 * margin, text, bold=True)
        draw_text(picture, (margin, top + text // 4), name, text, bold=True)
        for middle, time in zip(middles, times):
            picture.paste(cell.draw(row, time), (middle - cell.width // 2, top + line))
        if codes:
            aligned = list(zip(times, middles)) if frames is None and len(times) > 1 else []
            axis = _axis(timelines, aligned, margin + labels, width - margin)
            draw_timeline(picture, timelines[row], axis, margin, top + line + cell.height, text)
        top += heights[row]
    cell.draw_scales(picture, margin, picture.height - text // 2 - 2, text)
    return picture


def write_strip(path: str | Path, motions: Mapping[str, Any] | Any, fps: Any = 30.0, **options: Any) -> Path:
    """Write :func:`skeleton_strip` as a PNG, whole or not at all; the same input gives the same bytes."""
    picture = skeleton_strip(motions, fps, **options)
    with atomic_path(path) as temporary:
        picture.save(temporary, format="PNG")
    return Path(path)


def _columns(width: int, pictures: int, labels: int) -> tuple[int, int]:
    """Width of a picture, and how far the first stands from the left so that ``labels`` end at its middle."""
    cell = int(min(width / pictures, (width - labels) / (pictures - 0.5)))
    return cell, max(0, labels - cell // 2)


def _axis(timelines: Sequence[Timeline], pictures: Sequence[tuple[float, int]], left: int, right: int) -> Axis:
    """Time as the pictures (moment, middle) have it; without them the whole of it, evenly, from ``left``."""
    end = max(timeline.end_s for timeline in timelines)
    if not pictures:
        return Axis(((0.0, left), (end, right)), right)
    (before, a), (last, b) = pictures[-2:]
    beyond = min(b + (b - a) * (end - last) / (last - before), right)
    return Axis((*pictures, (end, beyond)), right)


def _draw_head(
    picture: Image.Image,
    heading: Sequence[str],
    times: Sequence[tuple[float, int]],
    cell_width: int,
    middles: Sequence[int],
    text: int,
) -> None:
    line = round(1.7 * text)
    draw_legend(picture, picture.width - text, line // 2 + 2, text)
    for i, words in enumerate(heading):
        draw_text(picture, (text, i * line + line // 2 + 2), words, text, anchor="lm")
    bottom = line * (1 + max(1, len(heading)))
    labels = [f"{time:.2f} s · frame {frame}" for time, frame in times]
    if max(text_width(label, text) for label in labels) > cell_width - text:
        labels = [f"{time:.2f} s" for time, _ in times]
    for middle, label in zip(middles, labels):
        draw_text(picture, (middle, bottom - 4), label, text, anchor="md", fill=GREY)


def _times(tracks: Sequence[Track], num_frames: int, frames: Sequence[int] | None) -> list[float]:
    if frames is not None:
        if not 1 <= len(frames) <= MAX_PICTURES:
            raise InputError(f"{len(frames)} frames chosen, expected 1–{MAX_PICTURES}")
        last = max(track.num_frames for track in tracks) - 1
        for frame in frames:
            if not 0 <= frame <= last:
                raise InputError(f"frame {frame} does not exist", fix=f"The last frame is {last}")
        return [frame / tracks[0].fps for frame in frames]
    if not 1 <= num_frames <= MAX_PICTURES:
        raise InputError(f"{num_frames} pictures in a row, expected 1–{MAX_PICTURES}")
    # Whole frames of the first track, so that the label says exactly what is seen.
    end = duration_s(tracks) * tracks[0].fps
    chosen = dict.fromkeys(round(float(f)) for f in np.linspace(0, end, num_frames))
    return [frame / tracks[0].fps for frame in chosen]
