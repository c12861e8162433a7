"""A fixed perspective camera: where it stands, how it projects, and how much it must take in.

Conventions: world axes are x right, y front, z up. At azimuth 0 the camera stands behind the hands and looks to the
front, as the acting person does, so the left hand is on the left; positive azimuth walks to the right, positive
elevation rises. Projected coordinates are metres in the plane through the point looked at (x right, y up): a length
in that plane keeps its size, which is what the scale bar shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..hand.skeleton import LEFT, RIGHT
from .tracks import Track

#: Distance of the camera in multiples of the radius of what it looks at: mild perspective, little distortion.
_DISTANCE = 4.0
#: Points nearer to the camera than this share of its distance are held there, so a wild joint cannot turn inside out.
_NEAREST = 0.2
_AZIMUTHS = range(-75, 76, 15)
_ELEVATIONS = range(10, 71, 10)
_FRAMES_LOOKED_AT = 60


@dataclass(frozen=True)
class Camera:
    """A camera at ``distance`` metres from the point that it looks at."""

    azimuth_deg: float
    elevation_deg: float
    distance: float

    def axes(self) -> np.ndarray:
        """``(3, 3)`` rows: right, up and forward of the camera in the world.

        >>> Camera(0, 0, 1).axes()
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
        """
        a, e = np.deg2rad(self.azimuth_deg), np.deg2rad(self.elevation_deg)
        right = np.array([np.cos(a), np.sin(a), 0.0])
        forward = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), -np.sin(e)])
        return np.stack([right, np.cross(right, forward), forward]) + 0.0  # no negative zeros

    def project(self, points: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project ``points (..., 3)`` while looking at ``centre (3,)``.

        Returns:
            ``(..., 2)`` metres in the plane through the centre (x right, y up), and ``(...)`` magnification there
            (1 in that plane, more in front of it), which also orders the points from far to near.
        """
        seen = (np.asarray(points, dtype=np.float64) - centre) @ self.axes().T
        scale = self.distance / np.maximum(self.distance + seen[..., 2], _NEAREST * self.distance)
        return seen[..., :2] * scale[..., None], scale


@dataclass(frozen=True)
class Framing:
    """A camera with what it takes in: the same view and scale for all tracks, each looked at in its own middle.

    Attributes:
        centres: ``(tracks, 3)`` point looked at for each track, metres.
        width, height: metres in the plane through the centre that hold every track, margin included.
    """

    camera: Camera
    centres: np.ndarray
    width: float
    height: float


def frame_tracks(
    tracks: Sequence[Track], azimuth_deg: float | None = None, elevation_deg: float | None = None
) -> Framing:
    """The camera for ``tracks``; angles that are None are chosen by :func:`choose_view` on the first track.

    All tracks get the same angles and scale. Each is looked at in the middle of its own bounds, since a motion of
    both hands together to another place is no difference that any metric counts.
    """
    if azimuth_deg is None or elevation_deg is None:
        azimuth, elevation = choose_view(tracks[0].motion)
        azimuth_deg = azimuth if azimuth_deg is None else azimuth_deg
        elevation_deg = elevation if elevation_deg is None else elevation_deg
    bounds = [_bounds(track.motion.reshape(track.num_frames, -1, 3)) for track in tracks]
    centres = np.array([(low + high) / 2 for low, high in bounds])
    radius = max(float(np.linalg.norm(high - low)) / 2 for low, high in bounds)
    camera = Camera(float(azimuth_deg), float(elevation_deg), _DISTANCE * max(radius, 0.05))
    half = np.zeros(2)
    for i, track in enumerate(tracks):
        # The perspective image of the bounds is not symmetric: look at its middle, so that no side is wasted.
        low, high = _image_bounds(camera, track, centres[i])
        centres[i] += camera.axes()[:2].T @ ((low + high) / 2)
        half = np.maximum(half, np.abs(_image_bounds(camera, track, centres[i])).max(0))
    width, height = 1.14 * np.maximum(2 * half, 0.05)
    return Framing(camera, centres, float(width), float(height))


def choose_view(motion: np.ndarray) -> tuple[float, float]:
    """Azimuth and elevation (degrees) from which both hands of ``motion (T, 2, 21, 3)`` are best legible.

    A hand is legible where its image is broad in both directions (not edge-on), two hands are where one does not
    cover the other. Among the angles that keep the left hand on the left, the best is taken; near ties go to the
    view from behind and 30° above.
    """
    step = max(1, len(motion) // _FRAMES_LOOKED_AT)
    poses = motion[::step].astype(np.float64)
    poses = poses - poses.mean((1, 2), keepdims=True)
    spread = np.sqrt(((poses - poses.mean(2, keepdims=True)) ** 2).sum(-1).mean())
    best, best_score = (0.0, 30.0), -np.inf
    for elevation in _ELEVATIONS:
        for azimuth in _AZIMUTHS:
            image = poses @ Camera(azimuth, elevation, 1.0).axes()[:2].T
            own = image - image.mean(2, keepdims=True)
            covariance = np.einsum("thji,thjk->thik", own, own) / own.shape[2]
            breadth = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance)[..., 0], 0)).mean() / spread
            apart = np.linalg.norm(image[:, RIGHT].mean(1) - image[:, LEFT].mean(1), axis=-1) / spread
            score = breadth + 0.3 * np.minimum(apart, 1.5).mean() - 0.0006 * (abs(azimuth) + abs(elevation - 30))
            if score > best_score + 1e-9:
                best, best_score = (float(azimuth), float(elevation)), score
    return best


def _image_bounds(camera: Camera, track: Track, centre: np.ndarray) -> np.ndarray:
    image = camera.project(track.motion, centre)[0]
    return np.stack(_bounds(image.reshape(track.num_frames, -1, 2)))


def _bounds(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of ``(T, P, D)`` points, unmoved by a few wild frames: those may leave the picture."""
    low, high = points.min(1).astype(np.float64), points.max(1).astype(np.float64)
    usual_low, usual_high = np.quantile(low, 0.03, axis=0), np.quantile(high, 0.97, axis=0)
    slack = 0.3 * (usual_high - usual_low)
    return np.maximum(low.min(0), usual_low - slack), np.minimum(high.max(0), usual_high + slack)
