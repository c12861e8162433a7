"""An interactive page: motions in sync, to be turned, zoomed, slowed down and stepped through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import write_text
from ..hand.skeleton import BONES, NUM_JOINTS, PALM_TRIANGLES, TIPS, WRIST
from .camera import frame_tracks
from .code_words import PARTS
from .page import escape, json_block, standalone_page
from .timeline import NOTHING, Bar, Timeline, timeline_of
from .tracks import CONTACT_MM, Track, as_tracks, clean_name

#: Frames of all motions of a page together; 1,000 frames are about 300 kB.
MAX_PAGE_FRAMES = 30_000
MAX_SCENES = 100
_MAX_TEXT = 5000
_UNIT_M = 1e-4


@dataclass(frozen=True)
class Scene:
    """Motions that play together.

    Attributes:
        title: heading, plain text.
        text: shown below it, plain text, e.g. what the motions should show.
        tracks: see :func:`.tracks.as_tracks`.
        codes: show what happens in each of them (see :mod:`.timeline`) below.
    """

    title: str
    text: str
    tracks: Sequence[Track]
    codes: bool = False


def write_player(
    path: str | Path,
    motions: Mapping[str, Any] | Any,
    fps: float | Mapping[str, float] = 30.0,
    *,
    title: str = "Hand motion",
    text: str = "",
    codes: bool = False,
    azimuth_deg: float | None = None,
    elevation_deg: float | None = None,
) -> Path:
    """Write one self-contained HTML page that plays the motions side by side.

    Args:
        path: file to write, whole or not at all.
        motions: ``(T, 2, 21, 3)`` metres, or a mapping from name to motion.
        fps: frames per second, of all or by name.
        title, text: plain text.
        codes: show what happens in each motion (see :mod:`.timeline`) below, with a cursor that follows the player.
        azimuth_deg, elevation_deg: where the camera stands at first.

    Raises:
        InputError: if a motion is none or there are too many frames.
    """
    scene = Scene(title, text, as_tracks(motions, fps), codes)
    body = f"<main>\n{scene_markup(scene, 0, heading='h1')}\n{LEGEND}\n{HELP}\n</main>"
    data = scenes_block([scene], azimuth_deg, elevation_deg)
    write_text(path, standalone_page(clean_name(title), body, data=data, styles=("page.css", "timeline.css")))
    return Path(path)


#: What the colours mean, and how the player is steered.
LEGEND = (
    '<p class="legend"><span><i class="left"></i>left hand</span><span><i class="right"></i>right hand</span>'
    f'<span><i class="contact"></i>finger tips nearer than {CONTACT_MM:g} mm</span></p>'
)
HELP = (
    '<p class="soft">Drag to turn, wheel or pinch to zoom (after a click), space to play, '
    "← → to step (with shift by ten frames), R for the first view.</p>"
)


def scene_markup(scene: Scene, index: int, heading: str = "h3") -> str:
    """Heading, text and the place of the player with this index in :func:`scenes_block`."""
    text = scene.text if len(scene.text) <= _MAX_TEXT else scene.text[:_MAX_TEXT] + "…"
    below = f'<p class="clip-text">{escape(text)}</p>\n' if text else ""
    return (
        f"<{heading}>{escape(clean_name(scene.title))}</{heading}>\n{below}"
        f'<div class="player" data-scene="{index:d}"><p class="soft">The moving picture needs JavaScript.</p></div>'
    )


def scenes_block(scenes: Sequence[Scene], azimuth_deg: float | None = None, elevation_deg: float | None = None) -> str:
    """The data of all players of a page.

    Raises:
        InputError: too many scenes or frames for one page.
    """
    frames = sum(track.num_frames for scene in scenes for track in scene.tracks)
    if len(scenes) > MAX_SCENES or frames > MAX_PAGE_FRAMES:
        raise InputError(
            f"{len(scenes)} scenes with {frames} frames are too many for one page",
            fix=f"At most {MAX_SCENES} scenes and {MAX_PAGE_FRAMES} frames: show fewer or shorter motions",
        )
    skeleton = {
        "joints": NUM_JOINTS,
        "wrist": WRIST,
        "bones": BONES,
        "palm": PALM_TRIANGLES,
        "tips": TIPS,
        "contact_mm": CONTACT_MM,
    }
    content = {"skeleton": skeleton, "scenes": [_encode(s, azimuth_deg, elevation_deg) for s in scenes]}
    return json_block(content, "handx-scenes")


def _encode(scene: Scene, azimuth_deg: float | None, elevation_deg: float | None) -> dict[str, Any]:
    framing = frame_tracks(scene.tracks, azimuth_deg, elevation_deg)
    return {
        "azimuth_deg": framing.camera.azimuth_deg,
        "elevation_deg": framing.camera.elevation_deg,
        "distance": round(framing.camera.distance, 4),
        "width": round(framing.width, 4),
        "height": round(framing.height, 4),
        "tracks": [
            {
                "name": track.name,
                "fps": track.fps,
                "frames": track.num_frames,
                "deltas": encode_motion(track.motion, centre),
            }
            for track, centre in zip(scene.tracks, framing.centres)
        ],
        "timelines": [_encode_timeline(timeline_of(track)) for track in scene.tracks] if scene.codes else [],
    }


def _encode_timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        "name": timeline.name,
        "end": timeline.end_s,
        "parts": [
            {
                "part": part,
                "title": title,
                "rows": [
                    {"label": row.label, "bars": [_encode_bar(bar) for bar in row.bars]}
                    for row in timeline.rows
                    if row.part == part
                ],
            }
            for part, title in PARTS.items()
        ],
        "nothing": "" if timeline.rows else NOTHING,
    }


def _encode_bar(bar: Bar) -> list[Any]:
    return [round(bar.start_s, 4), round(bar.end_s, 4), *bar[2:]]


def encode_motion(motion: np.ndarray, centre: np.ndarray) -> list[int]:
    """Positions about ``centre`` in whole tenths of a millimetre, each frame as the difference from the one before.

    The differences are taken after rounding, so no error adds up.

    >>> motion = np.zeros((2, 1, 1, 3)); motion[1] = [0.001, 0, -0.00204]
    >>> encode_motion(motion, np.array([0, 0, 0.1]))
    [0, 0, -1000, 10, 0, -20]
    """
    whole = np.round((motion.astype(np.float64) - centre) / _UNIT_M).astype(np.int64)
    flat = whole.reshape(len(whole), -1)
    deltas: list[int] = np.diff(flat, axis=0, prepend=np.zeros_like(flat[:1])).ravel().tolist()
    return deltas
