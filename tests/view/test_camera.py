from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handx_bench.view.camera import Camera, choose_view, frame_tracks
from handx_bench.view.tracks import as_tracks


def pinhole(points: np.ndarray, centre: np.ndarray, camera: Camera) -> np.ndarray:
    """The textbook way: extrinsics from where the camera stands, intrinsics with focal length = distance."""
    turn = Rotation.from_euler("z", camera.azimuth_deg, degrees=True) * Rotation.from_euler(
        "x", -camera.elevation_deg, degrees=True
    )
    position = centre - camera.distance * turn.apply([0, 1, 0])
    # Computer vision's camera axes: x right, y down, z forward.
    world_to_camera = np.stack([turn.apply([1, 0, 0]), -turn.apply([0, 0, 1]), turn.apply([0, 1, 0])])
    extrinsics = np.eye(4)
    extrinsics[:3, :3], extrinsics[:3, 3] = world_to_camera, -world_to_camera @ position
    intrinsics = np.diag([camera.distance, camera.distance, 1.0])
    homogeneous = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
    image = homogeneous @ extrinsics.T[:, :3] @ intrinsics.T
    return image[..., :2] / image[..., 2:] * [1, -1]


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (0, 30), (-45, 20), (75, 70), (200, -35)])
def test_projection_is_that_of_a_pinhole_camera(azimuth: float, elevation: float) -> None:
    rng = np.random.default_rng(3)
    camera, centre = Camera(azimuth, elevation, 1.3), rng.normal(size=3)
    points = centre + rng.uniform(-0.3, 0.3, (7, 5, 3))
    flat, near = camera.project(points, centre)
    np.testing.assert_allclose(flat, pinhole(points, centre, camera), atol=1e-12)
    towards_camera = -Rotation.from_euler("zx", [azimuth, -elevation], degrees=True).apply([0, 1, 0])
    if elevation == 0 or azimuth == 0:
        order = np.argsort(((points - centre) @ towards_camera).ravel())
        assert (np.diff(near.ravel()[order]) >= 0).all()


def test_lengths_in_the_plane_looked_at_keep_their_size() -> None:
    camera, centre = Camera(-30, 40, 0.8), np.array([0.2, 1.0, -0.4])
    right, up, _ = camera.axes()
    ends = np.stack([centre - 0.025 * right, centre + 0.025 * right, centre + 0.05 * up])
    flat, near = camera.project(ends, centre)
    np.testing.assert_allclose(flat, [[-0.025, 0], [0.025, 0], [0, 0.05]], atol=1e-12)
    np.testing.assert_allclose(near, 1)


def test_a_point_behind_the_camera_stays_finite_and_in_front() -> None:
    flat, near = Camera(0, 0, 1.0).project(np.array([0.1, -50.0, 0.1]), np.zeros(3))
    assert np.isfinite(flat).all()
    assert near == pytest.approx(5)


def test_the_framing_holds_every_joint(motion: np.ndarray) -> None:
    tracks = as_tracks({"a": motion, "b": motion + 3})
    framing = frame_tracks(tracks, -30, 25)
    for track, centre in zip(tracks, framing.centres):
        flat = np.abs(framing.camera.project(track.motion, centre)[0]).reshape(-1, 2).max(0)
        assert (flat <= [framing.width / 2, framing.height / 2]).all()
        assert flat.max() > 0.35 * max(framing.width, framing.height)


def test_a_wild_frame_does_not_shrink_the_rest(motion: np.ndarray) -> None:
    long = np.concatenate([motion] * 3)
    wild = long.copy()
    wild[30] += 40
    calm, framed = frame_tracks(as_tracks(long), 0, 20), frame_tracks(as_tracks(wild), 0, 20)
    assert framed.width < 1.7 * calm.width
    assert framed.height < 1.7 * calm.height


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (Rotation.identity(), lambda azimuth, elevation: elevation <= 30 and abs(azimuth) <= 30),
        (Rotation.from_euler("x", -90, degrees=True), lambda azimuth, elevation: elevation >= 50),
    ],
    ids=["palms to the front", "palms down"],
)
def test_the_view_shows_hands_from_their_broad_side(motion: np.ndarray, turn: Rotation, expected: object) -> None:
    turned = motion.copy()
    for hand in (0, 1):
        turned[:, hand] = turn.apply(flatten(motion[:, hand])).reshape(motion[:, hand].shape)
    assert expected(*choose_view(turned))  # type: ignore[operator]


def test_facing_palms_are_not_seen_edge_on(motion: np.ndarray) -> None:
    facing = motion.copy()
    for hand, x in ((0, -0.05), (1, 0.05)):
        facing[:, hand] = (
            Rotation.from_euler("z", 90, degrees=True)
            .apply(flatten(motion[:, hand] * [1, 1, 1]))
            .reshape(motion[:, hand].shape)
        )
        facing[:, hand, :, 0] += x - facing[:, hand, :, 0].mean()
        facing[:, hand, :, 1] -= facing[:, hand, :, 1].mean()
    assert abs(choose_view(facing)[0]) >= 30


def test_the_left_hand_stays_left(motion: np.ndarray) -> None:
    framing = frame_tracks(as_tracks(motion))
    flat, _ = framing.camera.project(motion[0], framing.centres[0])
    assert flat[0, :, 0].mean() < flat[1, :, 0].mean()


def test_the_view_does_not_depend_on_where_the_hands_are(motion: np.ndarray) -> None:
    assert choose_view(motion) == choose_view(motion + np.float32([5, -3, 1]))


def flatten(points: np.ndarray) -> np.ndarray:
    return points.reshape(-1, 3).astype(float)
