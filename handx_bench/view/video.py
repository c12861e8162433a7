"""Moving pictures of one or several motions side by side, in sync: GIF (Pillow) and MP4 (ffmpeg).

The frames are drawn by :mod:`.film`, a few milliseconds each, and go to the encoder one by one, so memory stays flat
whatever the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError
from ..files import atomic_path
from .film import Film, picture_ends, picture_times, plan_film
from .gif_palette import to_palette
from .tracks import as_tracks

Progress = Callable[[int, int], None]

#: GIF stores hundredths of a second and browsers slow down anything below 2: 50 pictures per second are the most.
MAX_GIF_FPS = 50.0
_MAX_MP4_FPS = 240.0


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
    codes: bool = False,
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
        codes: draw what happens in each motion (see :mod:`.timeline`) below, with a cursor at the current time.
        close_ups, azimuth_deg, elevation_deg: as in :func:`.skeleton_plot.skeleton_strip`.
        progress: called with (pictures done, of how many).

    Raises:
        InputError: if a motion is none, or the video would be too large; nothing is written then.
    """
    tracks = as_tracks(motions, fps)
    times = picture_times(tracks, num_frames, MAX_GIF_FPS / _checked_speed(speed))
    angles: dict[str, Any] = {"azimuth_deg": azimuth_deg, "elevation_deg": elevation_deg}
    film = plan_film(tracks, times, width, title=title, close_ups=close_ups, codes=codes, **angles)
    # Times are rounded, not durations, so that 30 per second do not become 33.
    ends = np.round(100 * picture_ends(times, tracks) / speed).astype(int)
    durations = [10 * max(2, int(d)) for d in np.diff(ends, prepend=0)]
    frames = map(to_palette, _pictures(film, progress))
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
    codes: bool = False,
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
    times = picture_times(tracks, num_frames, _MAX_MP4_FPS / _checked_speed(speed))
    angles: dict[str, Any] = {"azimuth_deg": azimuth_deg, "elevation_deg": elevation_deg}
    film = plan_film(tracks, times, width, title=title, close_ups=close_ups, codes=codes, even=True, **angles)
    with atomic_path(path) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary),
            film.background.size,
            fps=len(film) / float(picture_ends(times, tracks)[-1]) * speed,
            codec="libx264",
            pix_fmt_out="yuv420p",
            macro_block_size=2,
            output_params=["-crf", "20", "-preset", "fast", "-movflags", "+faststart", "-f", "mp4"],
            ffmpeg_log_level="error",
        )
        writer.send(None)
        try:
            for picture in _pictures(film, progress):
                writer.send(picture.tobytes())
        finally:
            writer.close()
    return Path(path)


def _pictures(film: Film, progress: Progress | None) -> Iterator[Image.Image]:
    for done, picture in enumerate(film, 1):
        yield picture
        if progress is not None:
            progress(done, len(film))


def _checked_speed(speed: float) -> float:
    if not 0.05 <= speed <= 20:
        raise InputError(f"the speed is {speed:g}, expected 0.05–20")
    return speed
