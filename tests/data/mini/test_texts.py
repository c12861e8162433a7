"""Texts: form, and simple claims checked on the motion."""

from __future__ import annotations

import re

import numpy as np

from handx_bench.data.clip import Clip
from handx_bench.data.mini import facts
from handx_bench.hand.skeleton import HANDS, JOINT_INDEX

Sample = dict[str, list[Clip]]
COUNTS = {"once": 1, "twice": 2, "two times": 2, "three times": 3}


def test_five_levels_of_growing_length(sample: Sample) -> None:
    for clips in sample.values():
        for clip in clips:
            for texts in (clip.left_texts, clip.right_texts, clip.interaction_texts):
                assert len(texts) == 5
                assert len(texts[0]) < len(texts[4])
                assert all(re.fullmatch(r"[A-Z][^{}]*\.", text) for text in texts), texts
                assert not any("  " in text or ".." in text for text in texts)


def test_texts_vary(sample: Sample) -> None:
    texts = [c.interaction_texts[0] for c in sample["train"]]
    assert len(set(texts)) > len({c.action for c in sample["train"]})


def test_side_and_finger_of_a_pinch(sample: Sample) -> None:
    for clips in sample.values():
        for clip in clips:
            if not clip.action.startswith("pinch_"):
                continue
            for hand, texts in zip(range(2), (clip.left_texts, clip.right_texts)):
                for finger in ("index", "middle", "ring", "pinky"):
                    tips = clip.motion[:, hand, [JOINT_INDEX["thumb_tip"], JOINT_INDEX[f"{finger}_tip"]]]
                    touched = np.linalg.norm(tips[:, 0] - tips[:, 1], axis=-1).min() < 0.020
                    assert touched == (f"tip of the {finger} finger" in texts[1]), clip.clip_id


def test_number_of_repetitions_of_a_pinch(sample: Sample) -> None:
    checked = 0
    for clips in sample.values():
        for i, clip in enumerate(clips):
            if not clip.action.startswith("pinch_"):
                continue
            finger = clip.action.removeprefix("pinch_")
            for hand in facts(clip.split, i).acting:
                h = HANDS.index(hand)
                tips = clip.motion[:, h, [JOINT_INDEX["thumb_tip"], JOINT_INDEX[f"{finger}_tip"]]]
                near = np.linalg.norm(tips[:, 0] - tips[:, 1], axis=-1) < 0.020
                onsets = int((near[1:] & ~near[:-1]).sum() + near[0])
                text = (clip.left_texts, clip.right_texts)[h][2]
                (said,) = (n for word, n in COUNTS.items() if f", {word}." in text)
                assert said == onsets, (clip.clip_id, text)
                checked += 1
    assert checked > 30


def test_counted_fingers_are_stretched_at_the_end(sample: Sample) -> None:
    for clips in sample.values():
        for i, clip in enumerate(clips):
            told = facts(clip.split, i)
            if clip.action != "counting":
                continue
            for hand in told.acting:
                last = clip.motion[-1, HANDS.index(hand)].astype(np.float64)
                for k, finger in enumerate(("index", "middle", "ring", "pinky")):
                    tip, mcp = last[JOINT_INDEX[f"{finger}_tip"]], last[JOINT_INDEX[f"{finger}_mcp"]]
                    joints = [JOINT_INDEX[f"{finger}_{j}"] for j in ("mcp", "pip", "dip", "tip")]
                    whole = np.linalg.norm(np.diff(last[joints], axis=0), axis=-1).sum()
                    straight = np.linalg.norm(tip - mcp) > 0.9 * whole
                    assert straight == (k < int(told.words["count"])), (clip.clip_id, finger)


def test_idle_hand_is_said_to_be_still_and_is(sample: Sample) -> None:
    for clips in sample.values():
        for clip in clips:
            for hand, texts in zip(range(2), (clip.left_texts, clip.right_texts)):
                if "nearly still" in texts[1]:
                    assert np.ptp(clip.motion[:, hand, 0], axis=0).max() < 0.03
