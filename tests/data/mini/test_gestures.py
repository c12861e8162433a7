"""What the gestures promise, measured on the motions by brute force and not by the generator's own code."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from handx_bench.data.clip import Clip
from handx_bench.data.mini import GESTURES, Touch, facts
from handx_bench.hand.skeleton import CHAINS, HANDS, JOINT_INDEX, PALM_TRIANGLES

#: (nearest, farthest) distance in mm while a contact is held. The contact thresholds are 20, 25 and 40 mm.
HELD_MM = {
    "tip-tip": (12.0, 17.5),
    "tip-palm": (9.0, 23.0),
    "tip-opposite-tip": (12.0, 14.0),
    "palm-palm": (24.0, 32.0),
}
Sample = dict[str, list[Clip]]


def clips_of(sample: Sample, *gestures: str) -> list[tuple[Clip, int]]:
    return [(c, i) for clips in sample.values() for i, c in enumerate(clips) if c.action in gestures]


def palm_points(hand: np.ndarray, steps: int) -> np.ndarray:
    """``(T, P, 3)`` a dense lattice on the four triangles of the palm; ``hand (T, 21, 3)``."""
    u, v = (x.ravel() for x in np.meshgrid(np.linspace(0, 1, steps), np.linspace(0, 1, steps)))
    inside = u + v <= 1 + 1e-9
    u, v = u[inside, None], v[inside, None]
    parts = [hand[:, None, a] * (1 - u - v) + hand[:, None, b] * u + hand[:, None, c] * v for a, b, c in PALM_TRIANGLES]
    return np.concatenate(parts, axis=1)


def points_of(motion: np.ndarray, end: tuple[str, str], steps: int) -> np.ndarray:
    hand = motion[:, HANDS.index(end[0])]
    return palm_points(hand, steps) if end[1] == "palm" else hand[:, [JOINT_INDEX[f"{end[1]}_tip"]]]


def touch_distance_mm(clip: Clip, touch: Touch) -> np.ndarray:
    """Distance of the two ends at the frames in which the contact is planned to hold."""
    frames = slice(int(np.ceil(touch.on)), int(np.floor(touch.off)) + 1)
    motion = clip.motion[frames].astype(np.float64)
    # Two palms make many pairs; where they lie nearly parallel a coarse lattice errs by less than 1 mm.
    steps = 10 if touch.kind == "palm-palm" else 24
    first, second = points_of(motion, touch.first, steps), points_of(motion, touch.second, steps)
    return np.array([np.linalg.norm(a[:, None] - b, axis=-1).min() for a, b in zip(first, second)]) * 1000.0


def test_at_least_16_gestures_and_all_named_ones() -> None:
    wanted = {"palm_touch", "palm_rub", "fist", "open_hands", "counting", "flip_hands", "clap", "grab_and_drag", "twist_cap",
              "tie", "write_on_palm", "interlock", "pointing", "almost_pinch_10mm", "almost_pinch_25mm", "steeple",
              *(f"pinch_{f}" for f in ("index", "middle", "ring", "pinky"))}  # fmt: skip
    assert set(GESTURES) == wanted
    assert all(name == gesture.name and gesture.description for name, gesture in GESTURES.items())


@pytest.mark.parametrize("name", [name for name, gesture in GESTURES.items() if gesture.contacts])
def test_promised_contacts_happen(sample: Sample, name: str) -> None:
    for clip, index in clips_of(sample, name):
        told = facts(clip.split, index)
        for contact in GESTURES[name].contacts:
            found = [
                t
                for t in told.touches
                if (t.kind, t.first[1], t.second[1]) == (contact.kind, contact.first, contact.second)
            ]
            hands = {t.first[0] for t in found}
            assert hands == (
                set(told.acting) if contact.hands == "acting" else set(HANDS) if contact.hands == "each" else {"left"}
            )
            for touch in found:
                distance = touch_distance_mm(clip, touch)
                low, high = HELD_MM[contact.kind]
                assert len(distance) >= 3, "an event has at least three frames"
                assert low <= distance.min(), (clip.clip_id, touch, distance)
                assert distance.max() <= high, (clip.clip_id, touch, distance)


@pytest.mark.parametrize("name", [name for name, gesture in GESTURES.items() if gesture.clearance_mm])
def test_almost_pinch_comes_near_and_never_nearer(sample: Sample, name: str) -> None:
    least = GESTURES[name].clearance_mm
    assert least is not None
    for clip, index in clips_of(sample, name):
        tips = clip.motion[:, :, [JOINT_INDEX["thumb_tip"], JOINT_INDEX["index_tip"]]].astype(np.float64)
        distance = np.linalg.norm(tips[:, :, 0] - tips[:, :, 1], axis=-1).min(0) * 1000.0
        assert (distance >= least).all()
        for hand in facts(clip.split, index).acting:
            assert distance[HANDS.index(hand)] <= least + 3.0


def test_a_pinch_touches_no_other_finger(sample: Sample) -> None:
    for finger in ("index", "middle", "ring", "pinky"):
        for clip, _ in clips_of(sample, f"pinch_{finger}"):
            thumb = clip.motion[:, :, JOINT_INDEX["thumb_tip"]]
            for other in {"index", "middle", "ring", "pinky"} - {finger}:
                distance = np.linalg.norm(thumb - clip.motion[:, :, JOINT_INDEX[f"{other}_tip"]], axis=-1)
                assert distance.min() > 0.020, (clip.clip_id, other)


def test_hands_touch_only_where_they_should(sample: Sample) -> None:
    for clip, _ in clips_of(sample, *(n for n, g in GESTURES.items() if not g.two_handed)):
        left, right = clip.motion[:, 0], clip.motion[:, 1]
        distance = np.linalg.norm(left[:, :, None] - right[:, None], axis=-1).min()
        assert distance > 0.020, clip.clip_id


def test_no_finger_passes_through_the_other_palm(sample: Sample) -> None:
    for clips in sample.values():
        motion = np.stack([c.motion for c in clips]).astype(np.float64)
        for hand in (0, 1):
            for chain in CHAINS:
                for a, b in itertools.pairwise(chain[1:]):
                    for triangle in PALM_TRIANGLES:
                        corners = [motion[:, :, 1 - hand, k] for k in triangle]
                        hit = crosses(motion[:, :, hand, a], motion[:, :, hand, b], *corners).any(axis=1)
                        assert not hit.any(), [c.clip_id for c, h in zip(clips, hit) if h]


def crosses(p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether the segment pq meets the triangle abc, by signs of volumes."""

    def volume(w: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return (np.cross(x - w, y - w) * (z - w)).sum(-1)

    sides = volume(a, b, c, p) * volume(a, b, c, q) < 0
    turns = np.stack([volume(p, q, a, b), volume(p, q, b, c), volume(p, q, c, a)])
    return sides & ((turns > 0).all(0) | (turns < 0).all(0))


def test_crosses_knows_a_hit_from_a_miss() -> None:
    corners = (np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    assert crosses(np.array([0.2, 0.2, 1.0]), np.array([0.2, 0.2, -1.0]), *corners)
    assert not crosses(np.array([0.8, 0.8, 1.0]), np.array([0.8, 0.8, -1.0]), *corners)
    assert not crosses(np.array([0.2, 0.2, 1.0]), np.array([0.2, 0.2, 0.5]), *corners)
