"""Motion codes beside those of the released code: equal where they mean the same, counted and explained where not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handx_bench.annotate.codes import motion_codes, segment
from handx_bench.hand import hand_frames
from handx_bench.hand.skeleton import CHAINS, HANDS, JOINT_NAMES

from .released import as_released, pairs

Golden = list[tuple[np.ndarray, dict[str, Any]]]


@pytest.fixture(scope="module")
def golden(shared: Path) -> Golden:
    motion = np.load(shared / "golden" / "metrics_inputs.npz")["gt"][:32]
    released = json.loads((shared / "golden" / "metrics_motion_codes.json").read_text())
    return list(zip(motion, released, strict=True))


def compared(golden: Golden, family: str, compat: str | None) -> list[bool]:
    """For each channel of a family whether its events are those of the released code."""
    codes = [motion_codes(motion, 30.0, compat=compat) for motion, _ in golden]
    found = [pair for ours, (_, theirs) in zip(codes, golden) for pair in pairs(ours, theirs, family)]
    assert any(theirs for _, theirs in found)
    return [ours == theirs for ours, theirs in found]


@pytest.mark.parametrize(
    ("family", "channels"), [("wrist", 192), ("spacing", 192), ("thumb_contact", 256), ("tip_tip", 800)]
)
def test_equal_to_the_released_events(golden: Golden, family: str, channels: int) -> None:
    assert compared(golden, family, "handx-release") == [True] * channels


@pytest.mark.parametrize(
    ("family", "equal", "different", "reason"),
    [
        ("joint", 268, 628, "they flatten fingers to a plane, call all below 11° 0, sign the thumb's MCP"),
        ("tip_palm", 268, 52, "they average five of 100 random palm points, and let right tips change by any amount"),
        ("palm_palm", 14, 18, "they average thirty nearest of 100 random points; the exact distance is smaller"),
        ("position", 84, 12, "they take the mean of random palm points for its centre"),
    ],
)
def test_signals_that_differ_by_design(golden: Golden, family: str, equal: int, different: int, reason: str) -> None:
    found = compared(golden, family, "handx-release")
    assert (sum(found), len(found) - sum(found)) == (equal, different), reason


@pytest.mark.parametrize(
    ("family", "equal", "different"),
    [("wrist", 30, 162), ("spacing", 3, 189), ("thumb_contact", 256, 0), ("tip_tip", 800, 0)],
)
def test_rules_that_differ_by_design(golden: Golden, family: str, equal: int, different: int) -> None:
    """Theirs go back on the way, tell too few ways back, and count standing still into the speed."""
    found = compared(golden, family, None)
    assert (sum(found), len(found) - sum(found)) == (equal, different)


def test_the_flexion_of_the_released_code_explains_all_differences_of_joints(golden: Golden) -> None:
    """With their angles our segmentation gives their events: nothing else differs."""
    degrees = [(-180.0, 30.0, "Fully extended"), (30.0, 60.0, "Partially bent"), (60.0, 180.0, "Fully bent")]
    speeds = [(0, 0.15, "Slow"), (0.15, 1.3, "Medium"), (1.3, 100, "Fast")]
    states = [(np.deg2rad(a), np.deg2rad(b), name) for a, b, name in degrees]
    compared = 0
    for motion, released in golden:
        for h, hand in enumerate(HANDS):
            for joint, angle in _released_flexion(motion.astype(np.float64), h).items():
                events = segment(
                    angle, state_intervals=states, speed_intervals=speeds, min_change=np.pi / 6, min_duration=6
                )
                found = [as_released(event) for event in events]
                for event in found:
                    event.pop("direction", None)
                assert found == released[f"{hand}_hand_events"]["finger_flexing"][joint]
                compared += 1
    assert compared == 896


def _released_flexion(motion: np.ndarray, hand: int) -> dict[str, np.ndarray]:
    """Angles between bones in radians, as the released code measures them in the frame of the hand."""
    origin, rotation = hand_frames(motion)
    local = (motion - origin[:, :, None]) @ rotation
    out = {}
    for chain in CHAINS:
        thumb = JOINT_NAMES[chain[1]] == "thumb_cmc"
        for a, b, c in list(zip(chain, chain[1:], chain[2:]))[thumb:]:
            first, second = local[:, hand, b] - local[:, hand, a], local[:, hand, c] - local[:, hand, b]
            if not thumb:
                first, second = first * [1, 0, 1], second * [1, 0, 1]
            cosine = (first * second).sum(-1) / np.linalg.norm(first, axis=-1) / np.linalg.norm(second, axis=-1)
            angle, normal = np.arccos(np.clip(cosine, -1, 1)), np.cross(first, second)
            if JOINT_NAMES[b] == "thumb_ip":
                sign = np.ones(len(angle))
            elif thumb:
                sign = -np.sign(normal[:, 2])
            else:
                sign = np.sign(normal[:, 1]) * (1 if hand else -1)
            out[JOINT_NAMES[b]] = np.where(np.rad2deg(angle) < 11, 0.0, sign * angle)
    return out
