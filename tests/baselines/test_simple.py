"""The simple generators: each is what its name says."""

from __future__ import annotations

from typing import Any

import datasets
import numpy as np
import pytest
import torch
from handx_baselines.simple import MeanPose, NearestText, RandomClip, Reference
from handx_baselines.simple.assemble import assemble, fit_length, give_part
from handx_baselines.simple.mean_pose import mean_pose, nearest_rotation

from handx_bench.bench.request import Constraint, Request, Texts
from handx_bench.bench.run import generate
from handx_bench.errors import InputError
from handx_bench.hand.angles import joint_angles
from handx_bench.hand.frames import hand_frames
from handx_bench.hand.kinematics import forward_kinematics
from handx_bench.hand.motion import check_motion
from handx_bench.hand.skeleton import BONES, WRIST

from ..bench.posed import BONES as BONE_LENGTHS
from ..bench.posed import PALM, make_protocol, posed_motion


def ask(clip_id: str = "x", length: int = 30, seed: int = 0, **more: Any) -> Request:
    values = {"texts": Texts("left", "right", "apart"), "action": "", "constraint": None, "fps": 30.0, **more}
    return Request(clip_id=clip_id, length=length, seed=seed, **values)


def made_by(generator_class: type, train: datasets.Dataset, test: datasets.Dataset) -> Any:
    return generator_class(test if generator_class is Reference else train)


ALL = (Reference, RandomClip, MeanPose, NearestText)


@pytest.mark.parametrize("generator_class", ALL)
@pytest.mark.parametrize("task", ["text-to-motion", "action-to-motion", "in-betweening", "wrist-trajectory"])
def test_each_runs_under_every_kind_of_task(
    generator_class: type, task: str, train: datasets.Dataset, test_clips: datasets.Dataset
) -> None:
    protocol = make_protocol(task=task)
    whole, parts = (
        generate(protocol, made_by(generator_class, train, test_clips), dataset=test_clips, batch_size=size)
        for size in (100, 3)
    )
    assert np.array_equal(whole.motion, parts.motion)
    assert whole.generator == generator_class.name
    if task == "text-to-motion":
        return
    clips = {row["clip_id"]: row["motion"] for row in test_clips}
    for row, clip_id, length in zip(whole.motion, whole.clip_ids, whole.lengths):
        if task == "in-betweening":
            given = [*range(10), *range(length - 10, length)]
            assert np.array_equal(row[1, given], clips[clip_id][given])
        if task == "wrist-trajectory":
            assert np.array_equal(row[0, :length, :, WRIST], clips[clip_id][:, :, WRIST])


def test_datasets_are_loaded_only_when_needed() -> None:
    for generator_class in ALL:
        generator_class("a-dataset-that-nobody-has")
    with pytest.raises(InputError):
        RandomClip("a-dataset-that-nobody-has").generate([ask()], 1, 0)


# -- reference -------------------------------------------------------------------------------------------------------


def test_reference_is_the_truth(train: datasets.Dataset, test_clips: datasets.Dataset) -> None:
    predictions = generate(make_protocol(), Reference(test_clips), dataset=test_clips)
    for row, clip in zip(predictions.motion, test_clips):
        for k in range(2):
            assert np.array_equal(row[k, : len(clip["motion"])], clip["motion"])
    with pytest.raises(InputError, match=r"no such clip.*'elsewhere'.*--option dataset=NAME"):
        Reference(test_clips).generate([ask("elsewhere")], 1, 0)


def test_another_frame_rate_is_refused(train: datasets.Dataset) -> None:
    with pytest.raises(InputError, match="30 fps cannot answer a request for 60 fps"):
        RandomClip(train).generate([ask(fps=60.0)], 1, 0)


# -- random clip -----------------------------------------------------------------------------------------------------


def drawn(generator: RandomClip, train: datasets.Dataset, request: Request, samples: int) -> list[int]:
    """Which training clip each sample is, by its first frame."""
    firsts = np.stack([motion[0] for motion in train["motion"]])
    out = generator.generate([request], samples, 0)[0]
    return [int(np.flatnonzero((firsts == sample[0]).all((1, 2, 3)))[0]) for sample in out]


def test_random_clip_draws_evenly_from_the_seed(train: datasets.Dataset) -> None:
    generator = RandomClip(train)
    draws = drawn(generator, train, ask(seed=1), 600)
    counts = np.bincount(draws, minlength=12)
    assert ((counts - 50) ** 2 / 50).sum() < 31.3  # chi-square, 11 degrees of freedom, p = 0.001
    assert draws[:50] == drawn(generator, train, ask(seed=1), 50)
    assert draws[:50] != drawn(generator, train, ask(seed=2), 50)


def test_random_clip_is_never_the_requested_one(train: datasets.Dataset) -> None:
    draws = drawn(RandomClip(train), train, ask("train-004"), 300)
    assert set(draws) == set(range(12)) - {4}
    with pytest.raises(InputError, match="only the requested one"):
        RandomClip(train.select([0])).generate([ask("train-000")], 1, 0)
    with pytest.raises(InputError, match="no clip"):
        RandomClip(train.select([])).generate([ask()], 1, 0)


# -- mean pose -------------------------------------------------------------------------------------------------------


def bone_lengths(motion: np.ndarray) -> np.ndarray:
    start, end = (list(part) for part in zip(*BONES))
    return np.linalg.norm(motion[..., end, :] - motion[..., start, :], axis=-1)


def test_mean_pose_is_frozen_and_has_the_bones_of_a_hand(train: datasets.Dataset) -> None:
    out = MeanPose(train).generate([ask(), ask("y", 40)], 3, 0)
    assert out.shape == (2, 3, 40, 2, 21, 3)
    assert (out == out[0, 0, 0]).all()
    frames = np.concatenate(train["motion"])
    free = [i for i, (parent, _) in enumerate(BONES) if parent != WRIST]
    assert bone_lengths(out[0, 0, 0])[:, free] == pytest.approx(bone_lengths(frames).mean(0)[:, free], rel=1e-4)
    check_motion(out)


def test_mean_pose_keeps_the_reach_that_a_mean_of_positions_loses(train: datasets.Dataset) -> None:
    def reach(motion: np.ndarray) -> float:
        return float(np.linalg.norm(motion - motion[..., :1, :], axis=-1).max(-1).mean())

    frames = np.concatenate(train["motion"])
    pose = MeanPose(train).pose
    # Fingers at the mean angle reach a little less far than fingers do in the mean; mean positions lose the bones.
    assert reach(pose) == pytest.approx(reach(frames), rel=0.04)
    turned = np.concatenate([frames, frames * np.float32([-1, -1, 1])])  # half of the hands point backwards
    assert reach(mean_pose(iter([turned]))) == pytest.approx(reach(frames), rel=0.04)
    assert reach(turned.mean(0)) < 0.5 * reach(frames)


def test_mean_pose_of_known_angles_is_their_mean() -> None:
    """Two hands at 10° and 50° of everything, turned by ±0.3 rad, average to 30° and no turn."""
    motions = []
    for degrees, turn in ((10.0, 0.3), (50.0, -0.3)):
        angles = torch.full((1, 2, 20), degrees, dtype=torch.float64)
        angles[..., 15:] = degrees / 10
        c, s = np.cos(turn), np.sin(turn)
        rotation = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=torch.float64).expand(1, 2, 3, 3)
        wrist = torch.tensor([[[-0.1, turn, 0.0], [0.1, turn, 0.0]]], dtype=torch.float64)
        motions.append(forward_kinematics(angles, PALM, BONE_LENGTHS, wrist, rotation).float().numpy())
    pose = torch.from_numpy(mean_pose(iter(motions)))
    found = joint_angles(pose).degrees
    assert found[:, :15] == pytest.approx(torch.full((2, 15), 30.0), abs=0.05)
    assert found[:, 15:] == pytest.approx(torch.full((2, 5), 3.0), abs=0.05)
    frames = hand_frames(pose)
    assert frames.rotation == pytest.approx(torch.eye(3).expand(2, 3, 3), abs=1e-4)
    assert frames.origin == pytest.approx(torch.tensor([[-0.1, 0, 0], [0.1, 0, 0]]), abs=1e-5)


def test_mean_pose_does_not_depend_on_how_clips_are_cut() -> None:
    motion = posed_motion(0, 300)
    whole = mean_pose(iter([motion]))
    pieces = mean_pose(iter(np.split(motion, 150)))  # more than one block
    assert whole == pytest.approx(pieces, abs=1e-6)


def test_nearest_rotation_is_a_rotation_and_agrees_with_scipy() -> None:
    from scipy.spatial.transform import Rotation

    turns = Rotation.random(50, rng=0) ** 0.3
    ours = nearest_rotation(torch.from_numpy(turns.as_matrix().mean(0))).numpy()
    assert ours == pytest.approx(turns.mean().as_matrix(), abs=1e-9)
    reflected = nearest_rotation(torch.diag(torch.tensor([1.0, 1.0, -0.1])))
    assert torch.det(reflected) == pytest.approx(1.0)


# -- nearest text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", range(12))
@pytest.mark.parametrize("level", [0, 1])
def test_the_identical_text_is_the_nearest(row: int, level: int, train: datasets.Dataset) -> None:
    clip = train[row]
    texts = Texts(clip["left_texts"][level], clip["right_texts"][level], clip["interaction_texts"][level])
    generator = NearestText(train)
    assert generator.nearest(ask(texts=texts), 3)[0] == row
    assert np.array_equal(generator.generate([ask(texts=texts, length=20)], 2, 0)[0, 0], clip["motion"][:20])


def test_the_requested_clip_is_never_its_own_neighbour(train: datasets.Dataset) -> None:
    clip = train[5]
    texts = Texts(clip["left_texts"][1], clip["right_texts"][1], clip["interaction_texts"][1])
    assert 5 not in NearestText(train).nearest(ask("train-005", texts=texts), 11)
    with pytest.raises(InputError, match="only the requested one"):
        NearestText(train.select([5])).nearest(ask("train-005", texts=texts), 1)


def test_sides_are_told_apart(train: datasets.Dataset) -> None:
    """The same words for the other hand are another text."""
    left = NearestText(train).nearest(ask(texts=Texts(left="slowly thing 7")), 1)
    assert left == [7]
    swapped = NearestText(train)._by_text(["right:slowly"])
    assert not swapped.any()


def test_neighbours_are_distinct_and_repeat_only_when_there_are_too_few(train: datasets.Dataset) -> None:
    generator = NearestText(train)
    rows = generator.nearest(ask(), 30)
    assert sorted(rows[:12]) == list(range(12))
    assert rows[12:24] == rows[:12]


def test_ties_are_broken_by_the_seed_alone(train: datasets.Dataset) -> None:
    generator = NearestText(train)
    firsts = {generator.nearest(ask(seed=seed, texts=Texts(), action="wave"), 1)[0] for seed in range(60)}
    assert firsts == {0, 3, 6, 9}  # all clips that wave
    again = generator.nearest(ask("another", seed=7, texts=Texts(), action="wave"), 4)
    assert again == generator.nearest(ask(seed=7, texts=Texts(), action="wave"), 4)


def test_without_any_text(train: datasets.Dataset) -> None:
    with pytest.raises(InputError, match="needs a text or an action"):
        NearestText(train).nearest(ask(texts=Texts()), 1)
    silent = train.map(lambda row: {f"{part}_texts": [] for part in ("left", "right", "interaction")})
    with pytest.raises(InputError, match="no training clip has a text"):
        NearestText(silent).nearest(ask(), 1)


# -- assembling ------------------------------------------------------------------------------------------------------


def test_lengths_are_cut_or_held() -> None:
    motion = posed_motion(0, 20)
    assert np.array_equal(fit_length(motion, 5), motion[:5])
    longer = fit_length(motion, 25)
    assert np.array_equal(longer[:20], motion)
    assert (longer[20:] == motion[-1]).all()
    out = assemble([ask(length=22), ask("y", length=30)], 1, lambda request, k: motion)
    assert out.shape == (2, 1, 30, 2, 21, 3)
    assert (out[0, 0, 22:] == motion[-1]).all()


def test_a_given_wrist_carries_the_hand() -> None:
    motion, target = posed_motion(0, 20), posed_motion(1, 20)
    mask = np.zeros((20, 2, 21), bool)
    mask[5:, 1, WRIST] = True
    out = give_part(motion, Constraint.of(target, mask))
    assert np.array_equal(out[:5], motion[:5])
    assert np.array_equal(out[:, 0], motion[:, 0])
    assert np.array_equal(out[5:, 1, WRIST], target[5:, 1, WRIST])
    assert bone_lengths(out) == pytest.approx(bone_lengths(motion), abs=1e-6)


def test_given_joints_are_put_in_without_their_wrist() -> None:
    motion, target = posed_motion(0, 20), posed_motion(1, 20)
    mask = np.zeros((20, 2, 21), bool)
    mask[3, 0, 17] = True
    out = give_part(motion, Constraint.of(target, mask))
    assert np.array_equal(out[3, 0, 17], target[3, 0, 17])
    assert np.array_equal(out[~mask], motion[~mask])
