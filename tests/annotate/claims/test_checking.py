"""When a claim holds, on motions whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from handx_bench.annotate.claims import Status, check_text, check_texts
from handx_bench.annotate.codes import MotionCodes, motion_codes
from handx_bench.annotate.texts import Texts
from handx_bench.hand.skeleton import JOINT_INDEX

from ..posed import posed


@pytest.fixture(scope="module")
def codes() -> MotionCodes:
    """Left: rises in the first second, then goes right. Its index finger bends in the second half. Right: still, its thumb
    touches the ring fingertip twice."""
    frames = np.arange(90)
    angles, wrist = np.zeros((90, 2, 20)), np.zeros((90, 2, 3))
    wrist[:, 0, 2] = np.interp(frames, [0, 30], [0, 0.2])
    wrist[:, 0, 0] = np.interp(frames, [40, 70], [0, 0.06])
    angles[:, 0, :3] = np.interp(frames, [45, 75], [0, 80])[:, None]
    motion = posed(angles, wrist)
    ring = motion[:, 1, JOINT_INDEX["ring_tip"]]
    for start in (10, 50):
        motion[start : start + 6, 1, JOINT_INDEX["thumb_tip"]] = ring[start : start + 6] + np.array([0, 0, 0.01])
    return motion_codes(motion)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("The left hand moves up.", True),
        ("The left hand moves down.", False),
        ("The left hand moves up quickly.", True),
        ("The left hand moves to the right at a moderate pace.", True),
        ("The left hand moves up slowly.", False),
        ("The left hand moves up, then to the right.", True),
        ("The left hand moves to the right, then up.", False),
        ("The left hand moves to the right after it moves up.", True),
        ("The left hand moves up. The left index finger bends. The left hand moves up.", True),
        ("The left index finger bends until fully bent.", True),
        ("The left index finger bends until half bent.", False),
        ("The left index finger bends from straight to fully bent, while the left hand moves to the right.", True),
        ("At the end, the left index finger is fully bent.", True),
        ("At the start, the left index finger is fully bent.", False),
        ("The left index finger stays straight.", False),
        ("The left middle finger stays straight.", True),
        ("All left fingers stay straight.", False),
        ("All left fingers except the index finger stay straight.", True),
        ("The right hand stays still.", True),
        ("The left hand stays still.", False),
        ("The left hand does not move.", False),
        ("The right thumb touches the ring fingertip twice.", True),
        ("The right thumb touches the ring fingertip.", True),
        ("The right thumb touches the ring fingertip once.", False),
        ("The right thumb repeatedly touches the ring fingertip.", True),
        ("The right thumb touches the ring fingertip, then the left index finger bends.", True),
        ("The left index finger bends, then the right thumb touches the ring fingertip.", True),
        ("The left index finger bends until fully bent, then the left hand moves up.", False),
        ("The right thumb does not touch the index fingertip.", True),
        ("The right thumb does not touch the ring fingertip.", False),
        ("The right index finger does not bend.", True),
        ("The left index finger does not bend.", False),
        ("The hands do not touch.", True),
        ("The palms stay far apart.", True),
        ("The right hand stays to the right of the left hand.", True),
        ("The left hand goes from level with the right hand to above it.", True),
        ("The right hand goes from level with the left hand to below it.", True),
        ("The right hand goes from level with the left hand to above it.", False),
    ],
)
def test_claims_on_a_known_motion(codes: MotionCodes, text: str, holds: bool) -> None:
    check = check_text(text, codes)
    assert check.coverage == 1.0
    assert (check.satisfied == check.applicable) is holds, check.verdicts
    assert bool(check.violated) is not holds


def test_agreement_counts_atomic_claims(codes: MotionCodes) -> None:
    check = check_text("All left fingers bend, while the left hand rotates.", codes)
    assert (check.satisfied, check.applicable, check.agreement) == (1, 5, 0.2)
    assert check.coverage == 0.5
    assert check.unread == ("left hand rotates",)
    assert [v.status for v in check.verdicts].count(Status.NOT_CHECKABLE) == 1
    assert check.violated == ('"all left fingers bend": it does not happen',)


def test_nothing_to_check_is_no_agreement(codes: MotionCodes) -> None:
    check = check_text("A person expresses joy.", codes)
    assert (check.agreement, check.coverage) == (None, 0.0)


def test_texts_of_a_side_are_about_that_side(codes: MotionCodes) -> None:
    texts = Texts(("The hand moves up.",) * 5, ("The hand moves up.",) * 5, ("The palms touch.",) * 5)
    found = {part: [c.agreement for c in checks] for part, checks in check_texts(texts, codes).items()}
    assert found == {"left": [1.0] * 5, "right": [0.0] * 5, "interaction": [0.0] * 5}
