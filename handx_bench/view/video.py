"""Moving pictures of one or several motions side by side, in sync: GIF (Pillow) and MP4 (ffmpeg).

The frames are drawn by :mod:`.drawing`, a few milliseconds each, and go to the encoder one by one, so memory stays
flat whatever the length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import cKDTree

from ..errors import InputError
from ..files import atomic_path
from .camera import frame_tracks
from .cell import TINT, Cell, plan_cell
from .drawing import (
    CONTACT_COLOUR,
    GREY,
    HAIRLINE,
    INK,
    LEFT_COLOUR,
    PAPER,
    RIGHT_COLOUR,
    draw_legend,
    draw_text,
    fit_text,
    legend_width,
    wrap_text,
)
from .tracks import Track, as_tracks, clean_text, duration_s

Progress = Callable[[int, int], None]

#: GIF stores hundredths of a second and browsers slow down anything below 2: 50 pictures per second are the most.
MAX_GIF_FPS = 50.0
#: Bounds of one file: pictures, and pixels of all pictures together (about 300 at 1600 × 1600).
MAX_PICTURES = 3000
MAX_PIXELS = 800_000_000
_WIDTHS = (160, 3840)
_SUPERSAMPLE = 2
_BAR = 4


@dataclass(frozen=True)
class _Film:
    """The pictures of a video, drawn on demand."""

    cell: Cell
    tracks: list[Track]
    times: list[float]
    columns: int
    text: int
    head: int
    background: Image.Image

    def pictures(self, progress: Progress | None) -> Iterator[Image.Image]:
        for i, time in enumerate(self.times):
            yield self._draw(time)
            if progress is not None:
                progress(i + 1, len(self.times))

    def _draw(self, time: float) -> Image.Image:
        picture = self.background.copy()
        line = _line(self.text)
        for i in range(len(self.tracks)):
            row, column = divmod(i, self.columns)
            at = (
                self.text + column * (self.cell.width + self.text),
                self.head + row * (line + self.cell.height) + line,
            )
            picture.paste(self.cell.draw(i, time, _SUPERSAMPLE), at)
        width, height = picture.size
        label = f"{time:.2f} s · frame {self.tracks[0].frame_at(time)}"
        draw_text(
            picture, (width - self.text, height - _BAR - self.text // 2), label, self.text, anchor="rs", fill=GREY
        )
        done = time / self.times[-1] if self.times[-1] > 0 else 1.0
        ImageDraw.Draw(picture).rectangle((0, height - _BAR, round(done * (width - 1)), height - 1), fill=INK)
        return picture


def write_gif(
    path: str | Path,
    motions: Mapping[str, Any] | Any,
    fps: float | Mapping[str, float] = 30.0,
    *,
    width: int = 720,
    num_frames: int | None = None,
    title: str = "",
    speed: float = 1.0,
    close_ups: bool | None = None,
    azimuth_deg: float | None = None,
    elevation_deg: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a GIF that loops for ever.

    Args:
        path: file to write, whole or not at all.
        motions: ``(T, 2, 21, 3)`` metres, or a mapping from name to motion, shown side by side.
        fps: frames per second of the motions, of all or by name.
        width: of the picture, pixels.
        num_frames: pictures, evenly spaced over the longest motion; by default every frame of the fastest motion
            (at most 50 per second). The duration does not change.
        title: lines above, e.g. the texts of the clip; long ones are wrapped.
        speed: 0.5 plays at half the speed.
        close_ups, azimuth_deg, elevation_deg: as in :func:`.skeleton_plot.skeleton_strip`.
        progress: called with (pictures done, of how many).

    Raises:
        InputError: if a motion is none, or the video would be too large; nothing is written then.
    """
    tracks = as_tracks(motions, fps)
    film = _film(
        tracks, width, num_frames, title, MAX_GIF_FPS, speed, close_ups, (azimuth_deg, elevation_deg), even=False
    )
    # Times are rounded, not durations, so that 30 per second do not become 33.
    ends = np.round(100 * _picture_ends(film.times, tracks) / _checked_speed(speed)).astype(int)
    durations = [10 * max(2, int(d)) for d in np.diff(ends, prepend=0)]
    frames = map(_to_palette, film.pictures(progress))
    with atomic_path(path) as temporary:
        next(frames).save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=frames,
            duration=durations if len(durations) > 1 else durations[0],
            loop=0,
            optimize=False,
        )
    return Path(path)


def write_mp4(
    path: str | Path,
    motions: Mapping[str, Any] | Any,
    fps: float | Mapping[str, float] = 30.0,
    *,
    width: int = 1280,
    num_frames: int | None = None,
    title: str = "",
    speed: float = 1.0,
    close_ups: bool | None = None,
    azimuth_deg: float | None = None,
    elevation_deg: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write an MP4 (H.264, 4:2:0), which every browser plays; the arguments are those of :func:`write_gif`.

    Raises:
        InputError: as :func:`write_gif`, and if the extra ``video`` is not installed.
    """
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            "writing MP4 needs the package imageio-ffmpeg",
            fix='Install it with: pip install "handx-bench[video]", or write a .gif',
        ) from None
    tracks = as_tracks(motions, fps)
    film = _film(tracks, width, num_frames, title, 240.0, speed, close_ups, (azimuth_deg, elevation_deg), even=True)
    rate = len(film.times) / float(_picture_ends(film.times, tracks)[-1]) * _checked_speed(speed)
    with atomic_path(path) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary),
            film.background.size,
            fps=rate,
            codec="libx264",
            pix_fmt_out="yuv420p",
            macro_block_size=2,
            output_params=["-crf", "20", "-preset", "fast", "-movflags", "+faststart", "-f", "mp4"],
            ffmpeg_log_level="error",
        )
        writer.send(None)
        try:
            for picture in film.pictures(progress):
                writer.send(picture.tobytes())
        finally:
            writer.close()
    return Path(path)


def _film(
    tracks: list[Track],
    width: int,
    num_frames: int | None,
    title: str,
    max_fps: float,
    speed: float,
    close_ups: bool | None,
    angles: tuple[float | None, float | None],
    *,
    even: bool,
) -> _Film:
    if not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise InputError(f"the width is {width} pixels, expected {_WIDTHS[0]}–{_WIDTHS[1]}")
    times = _times(tracks, num_frames, max_fps / _checked_speed(speed))
    columns = min(len(tracks), 4)
    rows = math.ceil(len(tracks) / columns)
    text = min(max(11, width // 60), 28)
    cell = plan_cell(
        frame_tracks(tracks, *angles), tracks, (width - text * (columns + 1)) // columns, close_ups, (0.6, 1.2)
    )
    line = _line(text)
    heading = wrap_text(clean_text(title), width - 3 * text - legend_width(text), text)
    head = line * max(1, len(heading))
    height = head + rows * (line + cell.height) + line + _BAR
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
    for i, track in enumerate(tracks):
        row, column = divmod(i, columns)
        left, top = text + column * (cell.width + text), head + row * (line + cell.height)
        ImageDraw.Draw(background).line((left, top, left + cell.width, top), fill=HAIRLINE)
        name = fit_text(track.name, cell.width, text, bold=True)
        draw_text(background, (left, top + text // 4), name, text, bold=True)
    cell.draw_scales(background, text, height - _BAR - text // 2, text)
    return _Film(cell, tracks, times, columns, text, head, background)


def _line(text: int) -> int:
    return round(1.8 * text)


def _times(tracks: list[Track], num_frames: int | None, max_fps: float) -> list[float]:
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


def _picture_ends(times: list[float], tracks: list[Track]) -> np.ndarray:
    """When each picture gives way to the next; the last one stands as long as the others."""
    step = times[1] - times[0] if len(times) > 1 else 1 / max(track.fps for track in tracks)
    return np.asarray(times) + step


def _checked_speed(speed: float) -> float:
    if not 0.05 <= speed <= 20:
        raise InputError(f"the speed is {speed:g}, expected 0.05–20")
    return speed


def _to_palette(picture: Image.Image) -> Image.Image:
    palette, nearest = _palette()
    steps = np.asarray(picture) >> 3
    image = Image.fromarray(nearest[steps[..., 0], steps[..., 1], steps[..., 2]])
    image.putpalette(palette)
    return image


@lru_cache(maxsize=1)
def _palette() -> tuple[bytes, np.ndarray]:
    """One palette for all pictures, and ``(32, 32, 32)`` its entry nearest to a colour given in steps of 8.

    It holds every colour in use on its way to white, to ink and to its neighbours. (Pillow's own mapping to a given
    palette is coarse: it turns white bluish.)
    """
    inks = np.array([INK, LEFT_COLOUR, RIGHT_COLOUR, CONTACT_COLOUR, GREY, (0, 0, 0)], dtype=float)
    colours = [np.array([PAPER, TINT, HAIRLINE], dtype=float), inks]
    colours += [ink + (255 - ink) * t for ink in inks[:3] for t in np.linspace(0.05, 0.95, 45)[:, None]]
    colours += [ink + (255 - ink) * t for ink in inks[3:5] for t in np.linspace(0.1, 0.9, 12)[:, None]]
    pairs = [(1, 2), (1, 3), (2, 3), (3, 5), (1, 5), (2, 5)]
    colours += [inks[a] + (inks[b] - inks[a]) * t for a, b in pairs for t in np.linspace(0.15, 0.85, 8)[:, None]]
    palette = np.unique(np.round(np.vstack(colours)).astype(np.uint8), axis=0)
    steps = np.stack(np.meshgrid(*[np.arange(32) * 255 / 31] * 3, indexing="ij"), axis=-1)
    nearest = cKDTree(palette.astype(float)).query(steps)[1].astype(np.uint8)
    return palette.tobytes(), nearest
