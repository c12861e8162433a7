"""Plausibility of the motions: limits, bone lengths, speeds; and of the phases between the hands."""

from __future__ import annotations

import numpy as np
import torch

from handx_bench.data.clip import Clip
from handx_bench.data.mini import facts
from handx_bench.hand.angles import joint_angles
from handx_bench.hand.motion import check_motion
from handx_bench.hand.skeleton import BONES, FINGERS, JOINT_INDEX, RIGHT, TIPS, WRIST

Sample = dict[str, list[Clip]]
#: As range_of_motion_violation defines them: flexion (first, second, third joint) and abduction.
FINGER_RANGE = ((-45, 90), (0, 100), (0, 80), (-20, 20))
THUMB_RANGE = ((0, 60), (-10, 55), (-15, 80), (-180, 180))


def stacked(sample: Sample) -> np.ndarray:
    return np.stack([c.motion for clips in sample.values() for c in clips])


def test_motions_pass_the_boundary_check(sample: Sample) -> None:
    motion = stacked(sample)
    assert motion.dtype == np.float32
    assert motion.shape[1:] == (60, 2, 21, 3)
    check_motion(motion)
    assert (motion[:, 0, RIGHT, WRIST] == 0).all(), "the right wrist of the first frame is the origin"


def test_motions_are_on_the_grid_of_10_micrometres(sample: Sample) -> None:
    units = stacked(sample).astype(np.float64) * 1e5
    assert np.abs(units - np.round(units)).max() < 2e-2


def test_joint_limits(sample: Sample) -> None:
    degrees, valid = joint_angles(torch.from_numpy(stacked(sample).astype(np.float64)))
    for i, finger in enumerate(FINGERS):
        ranges = THUMB_RANGE if finger == "thumb" else FINGER_RANGE
        for column, (low, high) in zip((3 * i, 3 * i + 1, 3 * i + 2, 15 + i), ranges):
            values = degrees[..., column][valid[..., column]]
            assert values.min() > low - 1.0, (finger, column)
            assert values.max() < high + 1.0, (finger, column)


def test_bones_keep_their_length(sample: Sample) -> None:
    motion = stacked(sample).astype(np.float64)
    for a, b in BONES:
        length = np.linalg.norm(motion[..., b, :] - motion[..., a, :], axis=-1)
        assert np.ptp(length, axis=1).max() < 5e-5, "within rounding to 10 µm"
        np.testing.assert_allclose(length[:, 0, 0], length[:, 0, 1], atol=5e-5)


def test_hand_sizes_vary_between_subjects_and_not_within(sample: Sample) -> None:
    spans: dict[str, set[float]] = {}
    for clips in sample.values():
        for clip in clips:
            bone = clip.motion[0, 0, JOINT_INDEX["middle_pip"]] - clip.motion[0, 0, JOINT_INDEX["middle_mcp"]]
            spans.setdefault(clip.subject, set()).add(round(float(np.linalg.norm(bone)), 4))
    lengths = np.array([min(v) for v in spans.values()]) / 0.266
    assert all(max(v) - min(v) <= 1.1e-4 for v in spans.values())
    assert 0.159 < lengths.min() < 0.170
    assert 0.200 < lengths.max() < 0.211


def test_speeds_and_jerk_are_those_of_hands(sample: Sample) -> None:
    motion = stacked(sample).astype(np.float64)
    speed = np.linalg.norm(np.diff(motion, axis=1), axis=-1) * 30.0
    assert speed[..., WRIST].max() < 3.0
    assert speed[..., list(TIPS)].max() < 5.0
    jerk = np.linalg.norm(np.diff(motion, n=3, axis=1), axis=-1) * 30.0**3
    assert np.percentile(jerk, 99) < 2000.0


def test_no_hand_is_frozen(sample: Sample) -> None:
    moved = np.ptp(stacked(sample).astype(np.float64), axis=1).max(axis=(-1, -2))
    assert moved.min() > 0.001


def test_leading_hand_moves_first(sample: Sample) -> None:
    """Onset of a pinch on each hand, from the distances alone."""
    seen = set()
    for clips in sample.values():
        for i, clip in enumerate(clips):
            told = facts(clip.split, i)
            if not clip.action.startswith("pinch_") or len(told.acting) < 2:
                continue
            finger = clip.action.removeprefix("pinch_")
            tips = clip.motion[:, :, [JOINT_INDEX["thumb_tip"], JOINT_INDEX[f"{finger}_tip"]]]
            near = np.linalg.norm(tips[:, :, 0] - tips[:, :, 1], axis=-1) < 0.020
            left, right = (int(np.argmax(near[:, h])) for h in (0, 1))
            seen.add(told.phase.split()[0])
            if told.phase == "together":
                assert abs(left - right) <= 1
            else:
                first = told.phase.split()[-1] if "alternating" in told.phase else told.phase.split()[0]
                assert (left < right) == (first == "left")
                assert abs(abs(left - right) - told.lag) <= 1.5
    assert {"together", "left", "right"} <= seen


def test_left_and_right_act_equally_often() -> None:
    alone = [told.acting[0] for told in (facts("train", i) for i in range(600)) if len(told.acting) == 1]
    share = alone.count("left") / len(alone)
    # Binomial: 3 standard deviations.
    assert abs(share - 0.5) < 3 * 0.5 / np.sqrt(len(alone))
