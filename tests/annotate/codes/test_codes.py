"""Motion codes: signals against ``hand``, the mended faults of the released code, frame rates, JSON, bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handx_bench.annotate.codes import CHANNEL_NAMES, MotionCodes, motion_codes, segment
from handx_bench.annotate.codes.signals import channel_signals
from handx_bench.errors import InputError
from handx_bench.hand import CHANNEL_NAMES as CONTACT_NAMES
from handx_bench.hand import MotionError, contact_distances, joint_angles
from handx_bench.hand.skeleton import HANDS, JOINT_INDEX, TIP_FINGERS

from ...hands import random_motion
from ..posed import posed


def test_signals_equal_those_of_hand() -> None:
    rows = {name: i for i, name in enumerate(CHANNEL_NAMES)}
    for motion in random_motion(6, apart=0.04).numpy():
        signals = channel_signals(motion)
        flexion, distances = joint_angles(motion).degrees[..., :15], contact_distances(motion)
        flexion[..., 13:15] = abs(flexion[..., 13:15])  # the thumb's hinges have no sign that can be trusted
        for h, hand in enumerate(HANDS):
            first = rows[f"{hand}.joint.index_mcp"]
            np.testing.assert_allclose(signals[first : first + 15].T, flexion[:, h], atol=1e-9)
            fingers = signals[first + 15 : first + 20].T
            np.testing.assert_allclose(fingers, flexion[:, h].reshape(-1, 5, 3).mean(-1), atol=1e-9)
        for k, name in enumerate(CONTACT_NAMES):
            np.testing.assert_allclose(signals[rows[_channel(name)]], distances[:, k], atol=1e-12, err_msg=name)


def _channel(contact: str) -> str:
    """Our channel of a contact channel of ``hand``."""
    first, second = contact.split("-")
    if contact == "left_palm-right_palm":
        return "palm_palm"
    if second.endswith("palm"):
        return f"tip_palm.{first}"
    hand, finger = second.split("_")
    return f"{hand}.thumb_contact.{finger}" if first.startswith(hand) else f"tip_tip.{first}-{second}"


def test_hyper_extension_is_detected() -> None:
    angles = np.zeros((60, 2, 20))
    angles[:, 0, :3] = np.linspace(10, -35, 60)[:, None]  # all joints of the left index finger
    codes = motion_codes(posed(angles))
    (event,) = codes["left.joint.index_mcp"].events
    assert (event.direction, event.start_state, event.end_state) == ("extend", "extended", "hyper-extended")
    assert codes["left.finger.index"].states[-1].state == "hyper-extended"
    assert codes["right.joint.index_mcp"].events[0].start_state == "extended"


def test_states_and_changes_of_a_posed_finger() -> None:
    angles = np.zeros((90, 2, 20))
    angles[:, 1, 3:6] = np.interp(np.arange(90), [10, 40], [0, 70])[
        :, None
    ]  # the right middle finger bends in a second
    codes = motion_codes(posed(angles))
    (event,) = codes["right.finger.middle"].events
    assert (event.direction, event.start_state, event.end_state, event.speed) == ("bend", "extended", "bent", "medium")
    assert codes["right.finger.middle"].share("extended") == pytest.approx(22 / 90, abs=2 / 90)
    quiet = [name for name in CHANNEL_NAMES if name.startswith("left.") and codes[name].changes]
    assert quiet == []


def test_a_finger_that_bends_twice_bends_twice() -> None:
    """The longest stretch in which most frames bend would be one: the released rule lets it."""
    angles = np.zeros((90, 2, 20))
    bent = np.interp(np.arange(90), [10, 40, 46, 50, 80], [0, 80, 20, 20, 85])
    angles[:, 0, :3] = bent[:, None]
    events = motion_codes(posed(angles))["left.finger.index"].events
    assert [(e.direction, e.end_state) for e in events] == [("bend", "bent"), ("extend", "extended"), ("bend", "bent")]
    states = [(-90.0, 30.0, "extended"), (30.0, 60.0, "partly bent"), (60.0, 180.0, "bent")]
    assert len(segment(bent, state_intervals=states, min_change=20.0)) == 1


@pytest.mark.parametrize("pause", [0, 3, 9])
@pytest.mark.parametrize("move", [4, 6, 12])
def test_every_way_back_is_told(move: int, pause: int) -> None:
    """A quick way back after a pause: the released rule counts its begin to the way there, and the rest is too short."""
    turns = np.cumsum([5] + [move, pause] * 6)
    bent = np.interp(np.arange(turns[-1] + 5), turns, [0, *np.repeat([70, 0, 70, 0, 70, 0], 2)])
    angles = np.zeros((len(bent), 2, 20))
    angles[:, 0, :3] = bent[:, None]
    events = motion_codes(posed(angles))["left.finger.index"].events
    assert [(e.direction, e.end_state) for e in events] == [("bend", "bent"), ("extend", "extended")] * 3
    for event, turn in zip(events, turns[1::2]):
        assert abs(event.end - 1 - turn) <= 1  # where the finger has gone furthest, not where the pause ends


def test_wrist_moves_in_words() -> None:
    wrist = np.zeros((60, 2, 3))
    for axis, by in enumerate((0.1, -0.2, 0.02)):
        wrist[:, 0, axis] = np.linspace(0, by, 60)
    codes = motion_codes(posed(np.zeros((60, 2, 20)), wrist))
    told = {
        axis: [(e.start, e.end, e.direction, e.speed) for e in t.events]
        for axis, t in codes.group("left.wrist").items()
    }
    assert told == {"x": [(0, 60, "right", "medium")], "y": [(0, 60, "backward", "medium")], "z": []}


def test_tips_of_both_hands_are_treated_alike() -> None:
    """Mirrored at the plane between the hands, each channel does what its twin did."""
    for motion in random_motion(8, seed=5, apart=0.03).numpy():
        mirrored = motion[:, ::-1] * [-1.0, 1.0, 1.0]
        ours, twins = motion_codes(motion), motion_codes(mirrored)
        for hand, other in (HANDS, HANDS[::-1]):
            for finger in TIP_FINGERS:
                assert ours[f"tip_palm.{hand}_{finger}"].events == twins[f"tip_palm.{other}_{finger}"].events
            for finger, track in ours.group(f"{hand}.finger").items():
                assert track.events == twins[f"{other}.finger.{finger}"].events
        assert ours["palm_palm"].events == twins["palm_palm"].events


def test_nothing_but_wrists_and_positions_depends_on_where_the_world_is() -> None:
    turn = Rotation.from_rotvec([0.3, -1.0, 2.0]).as_matrix()
    for motion in random_motion(4, seed=2).numpy():
        ours, turned = motion_codes(motion), motion_codes(motion @ turn.T + [1.0, -2.0, 0.5])
        for name in CHANNEL_NAMES:
            if "wrist" not in name and "position" not in name:
                assert ours[name].events == turned[name].events, name


def test_events_keep_their_time_at_any_frame_rate() -> None:
    seconds = np.linspace(0, 2, 121)
    angles, wrist = np.zeros((121, 2, 20)), np.zeros((121, 2, 3))
    angles[:, 0, :12] = (40 - 45 * np.cos(np.pi * seconds))[:, None]
    wrist[:, 1, 2] = 0.08 * np.sin(np.pi * seconds)
    motion = posed(angles, wrist)
    at60, at30 = motion_codes(motion, 60.0), motion_codes(motion[::2], 30.0)
    for name in CHANNEL_NAMES:
        one, two = at60[name].events, at30[name].events
        assert [e[2:6] for e in one] == [e[2:6] for e in two], name
        for a, b in zip(one, two):
            assert abs(a.start / 60 - b.start / 30) < 0.05, name
            assert abs(a.end / 60 - b.end / 30) < 0.05, name
    assert at30["left.finger.index"].changes
    assert at30["right.wrist.z"].changes


def test_half_open_contacts() -> None:
    motion = posed(np.zeros((30, 2, 20)))
    tip = JOINT_INDEX["thumb_tip"]
    motion[10:14, 0, tip] = motion[10:14, 0, JOINT_INDEX["ring_tip"]] + [0.019, 0, 0]
    (event,) = motion_codes(motion)["left.thumb_contact.ring"].events
    assert (event.start, event.end, event.start_state) == (10, 14, "contact")


def test_json_is_read_back() -> None:
    codes = motion_codes(random_motion(1, apart=0.03).numpy()[0])
    told = json.loads(json.dumps(codes.to_json(), allow_nan=False))
    again = MotionCodes.from_json(told)
    assert again.to_json() == told
    assert all(again[name].events == codes[name].events for name in CHANNEL_NAMES)
    told["left"]["finger"]["index"]["events"] = []
    with pytest.raises(InputError, match="no event"):
        MotionCodes.from_json(told)
    del told["left"]["wrist"]
    with pytest.raises(InputError, match="no motion codes"):
        MotionCodes.from_json(told)


def test_a_bone_without_length_is_bridged() -> None:
    motion = posed(np.zeros((30, 2, 20)))
    motion[5, 0, JOINT_INDEX["index_tip"]] = motion[5, 0, JOINT_INDEX["index_dip"]]
    motion[:, 1, JOINT_INDEX["ring_tip"]] = motion[:, 1, JOINT_INDEX["ring_dip"]]
    codes = motion_codes(motion)
    assert codes["left.joint.index_dip"].high == pytest.approx(0, abs=1e-6)
    assert codes["right.joint.ring_dip"].events[0].start_state == "extended"


def test_bad_input() -> None:
    motion = posed(np.zeros((30, 2, 20)))
    with pytest.raises(MotionError, match="millimetres"):
        motion_codes(1000 * motion)
    with pytest.raises(InputError, match="one clip"):
        motion_codes(motion[None])
    for fps in (0, None, "30", float("nan")):
        with pytest.raises(InputError, match="fps"):
            motion_codes(motion, fps)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="compat"):
        motion_codes(motion, compat="release")
    broken = motion.copy()
    broken[7, 1, JOINT_INDEX["index_mcp"]] = (
        broken[7, 1, 0] + (broken[7, 1, JOINT_INDEX["middle_mcp"]] - broken[7, 1, 0]) / 2
    )
    with pytest.raises(MotionError, match="frame 7, right hand"):
        motion_codes(broken)
