"""The boundary check says what is wrong, where, and how to mend it."""

import numpy as np
import pytest
import torch

from handx_bench.hand import MotionError, check_motion, lengths_mask
from tests.hands import random_motion


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    return random_motion(3, 20).float().numpy()


def test_good_motion_passes_unchanged(motion):
    out = check_motion(motion)
    assert out.dtype == torch.float32
    assert np.array_equal(out.numpy(), motion)
    assert check_motion(motion.astype(np.float16)).dtype == torch.float32
    assert check_motion(torch.from_numpy(motion).double()).dtype == torch.float64


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: m[..., 0, :, :], "One hand only"),
        (lambda m: m[..., :2], r"expected \(..., T, 2, 21, 3\)"),
        (lambda m: m.reshape(3, 20, 126), r"Reshape the last axis to \(2, 21, 3\)"),
        (lambda m: m * 1000, "divide by 1000"),
        (lambda m: m * 100, "divide by 100"),
        (lambda m: m * 0, "all zeros"),
        (lambda m: m * 7, "not normalised features"),
        (lambda m: m[:, :2], "2 frames, expected 3"),
        (lambda m: m[:0], "no clip at all"),
        (lambda m: m.astype(complex), "dtype complex128"),
        (lambda m: m.astype(object), "dtype object"),
    ],
)
def test_bad_motion_is_refused_with_a_fix(motion, spoil, message):
    with pytest.raises(MotionError, match=message):
        check_motion(spoil(motion))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite_names_clip_frame_hand_and_joint(motion, value):
    bad = motion.copy()
    bad[1, 7, 1, 17, 2] = value
    with pytest.raises(MotionError, match=r"clip 'b', frame 7, right index_tip"):
        check_motion(bad, clip_ids=["a", "b", "c"], name="file.npz")
    with pytest.raises(MotionError, match=r"clip 0, generation 1, frame 7"):
        check_motion(bad[None])


def test_frames_beyond_the_length_are_not_looked_at(motion):
    bad = motion.copy()
    bad[1, 10:] = np.nan
    check_motion(bad, lengths=np.array([20, 10, 20]))
    with pytest.raises(MotionError, match="frame 10"):
        check_motion(bad, lengths=np.array([20, 11, 20]))


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        (np.array([20, 21, 20]), "length 21"),
        (np.array([20, 0, 20]), "length 0"),
        (np.array([20, -1, 20]), "length -1"),
        (np.array([20, 20]), "shape"),
        (np.array([20.0, 20, 20]), "expected integers"),
    ],
)
def test_bad_lengths(motion, lengths, message):
    with pytest.raises(MotionError, match=message):
        check_motion(motion, lengths)


def test_one_wild_frame_of_a_generator_is_not_a_unit_error(motion):
    wild = motion.copy()
    wild[0, 3] *= 50
    check_motion(wild)


def test_lengths_broadcast_over_generations(motion):
    stacked = np.stack([motion, motion], axis=1)
    stacked[0, :, 15:] = np.nan
    check_motion(stacked, lengths=np.array([15, 20, 20]))


def test_lengths_mask():
    assert lengths_mask(torch.tensor([[1], [3]]), 3).shape == (2, 1, 3)
