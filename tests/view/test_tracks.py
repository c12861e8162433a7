from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from handx_bench.errors import InputError
from handx_bench.hand.skeleton import TIPS
from handx_bench.view.tracks import MAX_TRACKS, Track, as_tracks, clean_name, duration_s, tip_contacts


def test_contacts_are_those_of_all_pairwise_distances() -> None:
    rng = np.random.default_rng(0)
    counted = 0
    for _ in range(50):
        pose = rng.uniform(0, 0.05, (2, 21, 3)).astype(np.float32)
        near = cdist(pose.reshape(42, 3), pose.reshape(42, 3)) < 0.020
        tips = list(TIPS)
        expected = {(h, tips[0], h, t) for h in (0, 1) for t in tips[1:] if near[21 * h + tips[0], 21 * h + t]}
        expected |= {(0, a, 1, b) for a in tips for b in tips if near[a, 21 + b]}
        found = tip_contacts(pose)
        assert set(found) == expected
        assert len(found) == len(expected)
        counted += len(found)
    assert counted > 50


def test_contacts_begin_below_20_mm(motion: np.ndarray) -> None:
    pose = motion[0].astype(float)
    for gap, touching in ((0.0201, False), (0.0199, True)):
        pose[1, 17] = pose[0, 17] + [gap, 0, 0]
        assert ((0, 17, 1, 17) in tip_contacts(pose)) is touching


def test_frames_follow_the_time_and_end_with_the_motion(motion: np.ndarray) -> None:
    track = Track("a", motion, 30.0)
    assert [track.frame_at(i / 30) for i in range(20)] == list(range(20))
    assert track.frame_at(99) == 19
    assert not track.ended_at(19 / 30)
    assert track.ended_at(20 / 30)
    slow = Track("b", motion, 10.0)
    assert duration_s([track, slow]) == pytest.approx(1.9)
    assert slow.frame_at(0.5) == 5


@pytest.mark.parametrize(
    ("motions", "fps", "message"),
    [
        ({}, 30, "0 motions"),
        ({"a": np.zeros((5, 21, 3))}, 30, "One hand only"),
        ({"a": np.full((5, 2, 21, 3), np.nan)}, 30, "NaN"),
        ({"a": "text"}, 30, "dtype"),
        ({"a": None}, 0.0, "dtype"),
    ],
)
def test_what_is_no_motion_is_refused(motions: dict[str, object], fps: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_tracks(motions, fps)


def test_a_batch_too_many_motions_and_bad_rates_are_refused(motion: np.ndarray) -> None:
    with pytest.raises(InputError, match="one clip"):
        as_tracks(np.stack([motion, motion]))
    with pytest.raises(InputError, match="millimetres"):
        as_tracks(motion * 1000)
    with pytest.raises(InputError, match=f"{MAX_TRACKS + 1} motions"):
        as_tracks({str(i): motion for i in range(MAX_TRACKS + 1)})
    for fps in (0, -1, float("nan"), 1e9):
        with pytest.raises(InputError, match="fps"):
            as_tracks(motion, fps)
    with pytest.raises(InputError, match="no frame rate"):
        as_tracks({"a": motion}, {"b": 30})


def test_names_stay_on_one_short_line() -> None:
    assert clean_name("a\u202eb\tc\x00") == "a b c"
    assert len(clean_name("x" * 10_000)) == 200
