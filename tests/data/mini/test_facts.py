"""What is told of the plan is what the motion does, and the texts say what the motion does."""

from __future__ import annotations

import numpy as np

from handx_bench.annotate.claims import check_texts
from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.texts import Texts
from handx_bench.data.clip import Clip
from handx_bench.data.mini import facts
from handx_bench.hand.skeleton import HANDS, JOINT_INDEX

Sample = dict[str, list[Clip]]


def _gestures(sample: Sample, name: str) -> list[tuple[Clip, int]]:
    return [(clip, i) for clips in sample.values() for i, clip in enumerate(clips) if clip.action.startswith(name)]


def test_a_pinch_is_made_by_the_acting_hands_with_that_finger_as_often_as_planned(sample: Sample) -> None:
    for clip, i in _gestures(sample, "pinch_"):
        told = facts(clip.split, i)
        for h, hand in enumerate(HANDS):
            for finger in ("index", "middle", "ring", "pinky"):
                tips = clip.motion[:, h, [JOINT_INDEX["thumb_tip"], JOINT_INDEX[f"{finger}_tip"]]]
                near = np.linalg.norm(tips[:, 0] - tips[:, 1], axis=-1) < 0.020
                onsets = int((near[1:] & ~near[:-1]).sum() + near[0])
                pinches = hand in told.acting and clip.action == f"pinch_{finger}"
                assert onsets == (told.repetitions if pinches else 0), (clip.clip_id, hand, finger)


def test_counted_fingers_are_stretched_at_the_end(sample: Sample) -> None:
    for clip, i in _gestures(sample, "counting"):
        told = facts(clip.split, i)
        for hand in told.acting:
            last = clip.motion[-1, HANDS.index(hand)].astype(np.float64)
            for k, finger in enumerate(("index", "middle", "ring", "pinky")):
                tip, mcp = last[JOINT_INDEX[f"{finger}_tip"]], last[JOINT_INDEX[f"{finger}_mcp"]]
                joints = [JOINT_INDEX[f"{finger}_{j}"] for j in ("mcp", "pip", "dip", "tip")]
                whole = np.linalg.norm(np.diff(last[joints], axis=0), axis=-1).sum()
                straight = np.linalg.norm(tip - mcp) > 0.9 * whole
                assert straight == (k < int(told.words["count"])), (clip.clip_id, finger)


def test_the_idle_hand_rests(sample: Sample) -> None:
    for clips in sample.values():
        for i, clip in enumerate(clips):
            told = facts(clip.split, i)
            if told.phase == "alone" and clip.action.startswith(("pinch", "almost", "fist", "counting")):
                idle = 1 - HANDS.index(told.acting[0])
                assert np.ptp(clip.motion[:, idle, 0], axis=0).max() < 0.03


def test_texts_are_true_of_the_motion(sample: Sample) -> None:
    for clips in sample.values():
        for clip in clips:
            codes = motion_codes(clip.motion, clip.fps)
            texts = Texts(clip.left_texts, clip.right_texts, clip.interaction_texts)
            for checks in check_texts(texts, codes).values():
                assert len(checks) == 5
                assert all(check.coverage == 1.0 and not check.violated for check in checks), clip.clip_id


def test_texts_vary_among_clips_of_one_gesture(sample: Sample) -> None:
    for name in ("pinch_index", "clap", "fist"):
        texts = [clip.left_texts[4] + clip.right_texts[4] for clip, _ in _gestures(sample, name)]
        assert len(set(texts)) == len(texts)
