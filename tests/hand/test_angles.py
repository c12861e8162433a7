"""Angles against forward kinematics at known angles, and against the invariances they must have."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handx_bench.hand import ANGLE_NAMES, MotionError, hand_frames, joint_angles, right_in_left
from handx_bench.hand.skeleton import BONES, JOINT_INDEX, LEFT, RIGHT
from tests.hands import BONES as LENGTHS
from tests.hands import pose, random_angles, random_rotations


def test_known_angles_come_back_on_either_hand():
    angles = random_angles(2000)
    motion = pose(angles, torch.zeros(2000, 2, 3), random_rotations(2000, 2))
    found = joint_angles(motion)
    assert found.valid.all()
    assert (found.degrees - angles).abs().max() < 1e-9
    assert (joint_angles(motion.float()).degrees - angles).abs().max() < 0.1  # the tolerance of metrics.md


def test_fingers_flexed_beyond_a_right_angle():
    angles = torch.zeros(50, 2, 20, dtype=torch.float64)
    angles[:, :, 0] = torch.linspace(102, 150, 50)[:, None]  # index MCP
    angles[:, :, 15] = 12.0
    found = joint_angles(pose(angles, torch.zeros(2, 3), torch.eye(3, dtype=torch.float64).expand(2, 3, 3)))
    assert (found.degrees - angles).abs().max() < 1e-9


def test_a_thumb_abducted_beyond_a_right_angle():
    """As in MANO's hands, whose thumb metacarpal stands across the line from the wrist."""
    angles = torch.zeros(50, 2, 20, dtype=torch.float64)
    thumb, spread = ANGLE_NAMES.index("thumb_cmc_flexion"), ANGLE_NAMES.index("thumb_cmc_abduction")
    angles[..., thumb] = 20.0
    angles[..., spread] = torch.linspace(-120, 120, 50)[:, None]
    found = joint_angles(pose(angles, torch.zeros(2, 3), torch.eye(3, dtype=torch.float64).expand(2, 3, 3)))
    assert found.valid.all()
    assert (found.degrees - angles).abs().max() < 1e-9


@pytest.mark.parametrize("name", ["both57m_clip00", "both57m_clip03", "leap_flapping", "hot3d_aria_p0003"])
def test_recorded_thumbs_do_not_jump(shared, name):
    with np.load(shared / "real_hands" / f"{name}.npz") as file:
        degrees, valid = joint_angles(file["motion"].astype(np.float64))
    for dof in (ANGLE_NAMES.index("thumb_cmc_flexion"), ANGLE_NAMES.index("thumb_cmc_abduction")):
        assert valid[..., dof].all()
        assert np.abs(np.diff(degrees[..., dof], axis=0)).max() < 60
        assert np.abs(degrees[..., dof]).max() < 150


def test_a_bone_without_length_has_no_angles():
    motion = pose(random_angles(3), torch.zeros(3, 2, 3), random_rotations(3, 2))
    motion[1, LEFT, JOINT_INDEX["index_tip"]] = motion[1, LEFT, JOINT_INDEX["index_dip"]]
    missing = (~joint_angles(motion).valid).nonzero().tolist()
    assert missing == [[1, LEFT, ANGLE_NAMES.index("index_dip_flexion")]]


def test_abduction_is_masked_where_the_bone_points_out_of_the_palm():
    angles = torch.zeros(1, 2, 20, dtype=torch.float64)
    angles[..., 0] = 85.0  # cos 85° = 0.09 < 0.2
    valid = joint_angles(pose(angles, torch.zeros(2, 3), torch.eye(3).double().expand(2, 3, 3))).valid
    masked = {ANGLE_NAMES[i] for i in (~valid[0, LEFT]).nonzero().flatten().tolist()}
    assert masked == {"index_mcp_abduction"}


def test_mirrored_hands_return_equal_angles():
    angles = random_angles(200, seed=1)
    motion = pose(angles, torch.zeros(200, 2, 3), random_rotations(200, 2, seed=1))
    mirrored = motion.flip(-3) * torch.tensor([-1.0, 1, 1], dtype=torch.float64)
    assert (joint_angles(mirrored).degrees - angles.flip(-2)).abs().max() < 1e-9


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_rigid_motion_and_scale_change_nothing(seed):
    rng = np.random.default_rng(seed)
    angles = random_angles(3, seed)
    motion = pose(angles, torch.from_numpy(rng.normal(size=(3, 2, 3))), random_rotations(3, 2, seed=seed))
    rotation = random_rotations(1, seed=seed + 1)[0]
    moved = 1.7 * motion @ rotation.T + torch.from_numpy(rng.normal(size=3))
    assert (joint_angles(moved).degrees - angles).abs().max() < 1e-8


def test_bones_of_forward_kinematics_have_their_lengths():
    motion = pose(random_angles(20), torch.zeros(20, 2, 3), random_rotations(20, 2))
    lengths = torch.stack([(motion[..., b, :] - motion[..., a, :]).norm(dim=-1) for a, b in BONES], -1)
    free = lengths.unflatten(-1, (5, 4))[..., 1:]
    assert torch.allclose(free, LENGTHS.expand_as(free))


def test_frames_are_rotations_with_the_documented_axes():
    rotation = random_rotations(100, 2)
    frames = hand_frames(pose(random_angles(100), torch.zeros(100, 2, 3), rotation))
    assert torch.allclose(frames.rotation, rotation)
    assert torch.allclose(torch.linalg.det(frames.rotation), torch.ones(100, 2, dtype=torch.float64))


def test_flat_right_hand_palm_down_has_z_up():
    # Right hand, fingers to the front (y), palm down: the index finger is on the left (−x), the back of the hand up.
    motion = np.zeros((1, 2, 21, 3))
    motion[0, RIGHT, [1, 4]] = [[-0.02, 0.09, 0], [0, 0.09, 0]]
    motion[0, LEFT, [1, 4]] = [[0.02, 0.09, 0], [0, 0.09, 0]]
    rotation = hand_frames(motion).rotation
    assert np.allclose(rotation[0, RIGHT, :, 2], [0, 0, 1])
    assert np.allclose(rotation[0, LEFT, :, 2], [0, 0, -1])


def test_curling_all_fingers_is_positive_and_towards_the_palm():
    angles = torch.zeros(1, 2, 20, dtype=torch.float64)
    straight = pose(angles, torch.zeros(2, 3), torch.eye(3).double().expand(2, 3, 3))
    angles[..., :12] = 60.0
    curled = pose(angles, torch.zeros(2, 3), torch.eye(3).double().expand(2, 3, 3))
    tips = [17, 18, 19, 20]
    # Palmar is −z on the right hand and +z on the left, and the tips come nearer to the wrist.
    assert (curled[0, RIGHT, tips, 2] < straight[0, RIGHT, tips, 2] - 0.02).all()
    assert (curled[0, LEFT, tips, 2] > straight[0, LEFT, tips, 2] + 0.02).all()
    assert (curled[0, RIGHT, tips].norm(dim=-1) < straight[0, RIGHT, tips].norm(dim=-1)).all()


def test_degenerate_hand_names_clip_and_frame():
    motion = torch.zeros(3, 5, 2, 21, 3)
    motion[..., 1, 1] = motion[..., 4, 0] = 0.1
    motion[2, 4, LEFT, 1] = torch.tensor([0.05, 0, 0])
    with pytest.raises(MotionError, match="clip 2, frame 4, left hand"):
        hand_frames(motion)


def test_right_in_left_is_blind_to_moving_both_hands():
    motion = pose(random_angles(10), torch.from_numpy(np.random.default_rng(0).normal(size=(10, 2, 3))),
                  random_rotations(10, 2))  # fmt: skip
    turn = random_rotations(1, seed=9)[0]
    for a, b in zip(right_in_left(motion), right_in_left(motion @ turn.T + 0.3)):
        assert torch.allclose(a, b)


def test_numpy_in_gives_numpy_out_and_leading_shapes_are_free():
    motion = pose(random_angles(12), torch.zeros(12, 2, 3), random_rotations(12, 2)).reshape(3, 2, 2, 2, 21, 3)
    degrees, valid = joint_angles(motion.numpy())
    assert isinstance(degrees, np.ndarray)
    assert isinstance(valid, np.ndarray)
    assert degrees.shape == (3, 2, 2, 2, 20)
    assert np.allclose(degrees.reshape(12, 2, 20), joint_angles(motion.reshape(12, 2, 21, 3)).degrees)
