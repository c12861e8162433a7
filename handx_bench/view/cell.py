"""One cell of a strip or a video: the scene, and where the hands are far apart, each hand large below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..hand.skeleton import HANDS
from .camera import Camera, Framing
from .drawing import PAPER, TINT, Panel, draw_pose, draw_scale_bar
from .tracks import Track

#: Close-ups are added where a hand (0.18 m from wrist to tip) is drawn smaller than this and gains this much.
_LEGIBLE_PX, _WORTHY_GAIN = 90, 1.6
_HAND_M = 0.18
#: Height over width of the scene, at least and at most.
_ASPECT = (0.5, 1.5)
_GAP = 3


@dataclass(frozen=True)
class Cell:
    """What is drawn of a track at a moment, always at the same size and scale."""

    framing: Framing
    tracks: Sequence[Track]
    scene: Panel
    close_up: Panel | None
    close_camera: Camera

    @property
    def width(self) -> int:
        return self.scene.width

    @property
    def height(self) -> int:
        return self.scene.height + (self.close_up.height + _GAP if self.close_up else 0)

    def draw(self, track: int, time_s: float, supersample: int = 3) -> Image.Image:
        """Picture of the track with this index at ``time_s``."""
        shown = self.tracks[track]
        pose = shown.motion[shown.frame_at(time_s)]
        look: dict[str, Any] = {"supersample": supersample, "faded": shown.ended_at(time_s)}
        scene = draw_pose(pose, self.framing.camera, self.framing.centres[track], self.scene, **look)
        if self.close_up is None:
            return scene
        picture = Image.new("RGB", (self.width, self.height), PAPER)
        picture.paste(scene, (0, 0))
        for hand in range(len(HANDS)):
            centre = _middle(pose[hand])
            image = draw_pose(pose, self.close_camera, centre, self.close_up, hands=(hand,), paper=TINT, **look)
            picture.paste(image, (_GAP + hand * (self.close_up.width + _GAP), self.scene.height))
        return picture

    def draw_scales(self, picture: Image.Image, left: int, bottom: int, size: int) -> None:
        """Scale bars of the scene and of the close-ups."""
        label = " in the scene" if self.close_up else ""
        end = draw_scale_bar(picture, left, bottom, self.scene.pixels_per_metre, size, label)
        if self.close_up:
            ppm = self.close_up.pixels_per_metre
            draw_scale_bar(picture, end + 2 * size, bottom, ppm, size, " in the close-ups of each hand")


def plan_cell(
    framing: Framing,
    tracks: Sequence[Track],
    width: int,
    close_ups: bool | None = None,
    aspect: tuple[float, float] = _ASPECT,
) -> Cell:
    """Lay out cells of ``width`` pixels; ``close_ups`` None adds them where the hands would be too small to read."""
    height = round(width * min(max(framing.height / framing.width, aspect[0]), aspect[1]))
    scene = Panel(width, height, min(width / framing.width, height / framing.height))
    camera = Camera(framing.camera.azimuth_deg, framing.camera.elevation_deg, 4 * _HAND_M)
    edge = max((width - 3 * _GAP) // 2, 8)
    close_up = Panel(edge, edge, edge / (2.12 * _reach(tracks, camera)))
    if close_ups is None:
        small = scene.pixels_per_metre * _HAND_M < _LEGIBLE_PX
        close_ups = small and close_up.pixels_per_metre > _WORTHY_GAIN * scene.pixels_per_metre
    return Cell(framing, tracks, scene, close_up if close_ups else None, camera)


def _middle(hand: np.ndarray) -> np.ndarray:
    return np.asarray((hand.min(0) + hand.max(0)) / 2, dtype=np.float64)


def _reach(tracks: Sequence[Track], camera: Camera) -> float:
    """Half the edge of the square that holds the image of nearly every hand, metres."""
    reach = 0.03
    for track in tracks:
        hands = track.motion.reshape(-1, *track.motion.shape[2:])
        centred = hands - (hands.min(1, keepdims=True) + hands.max(1, keepdims=True)) / 2
        image = np.abs(camera.project(centred, np.zeros(3))[0]).max((1, 2))
        reach = max(reach, min(float(image.max()), 1.3 * float(np.quantile(image, 0.97))))
    return reach
