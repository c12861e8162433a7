"""From plans to motions: solves the poses, moves between them, and keeps the held goals frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...hand.kinematics import HandShape, forward_kinematics
from ...hand.skeleton import RIGHT, WRIST
from .draw import Draw
from .plan import FRAMES, Goal, Plan, Pose
from .solve import Goals, State, clamp_angles, solve
from .trajectory import hold_levels, rotation_matrices, slerp, sway, timeline_positions

POSE_STEPS, FRAME_STEPS = 28, 4
#: Positions are rounded to this many decimals of a metre, so that the last bits of a machine's arithmetic are lost.
DECIMALS = 5


def animate(
    plans: Sequence[Plan], shapes: Sequence[tuple[np.ndarray, np.ndarray]], draws: Sequence[Draw]
) -> np.ndarray:
    """Motions ``(N, 60, 2, 21, 3)`` in float64 metres, not yet rounded; see :func:`finished`.

    Args:
        plans: what to do.
        shapes: palm and bones ``(5, 3)`` of each performer, used for both hands.
        draws: where the drift and tremor of each clip come from.
    """
    poses = _solved_poses(plans, shapes)
    states = [_moved(plan, own, draw) for plan, own, draw in zip(plans, poses, draws)]
    state = State(*(torch.from_numpy(np.stack(parts)) for parts in zip(*states)))  # (N, 60, 2, ...)
    state = State(*(x.flatten(0, 1) for x in state))
    shape = _shapes(shapes, [FRAMES] * len(plans))
    state = _kept(plans, state, shape)
    joints = forward_kinematics(state.angles, shape.palm, shape.bones, state.wrist, state.rotation)
    return joints.unflatten(0, (len(plans), FRAMES)).numpy()


def finished(motion: np.ndarray) -> np.ndarray:
    """Origin at the right wrist of the first frame, rounded, as float32."""
    centred = motion - motion[..., :1, RIGHT : RIGHT + 1, WRIST : WRIST + 1, :]
    # Adding 0 turns -0 into 0, which would have other bytes.
    return (np.round(centred, DECIMALS) + 0.0).astype(np.float32)


def _solved_poses(plans: Sequence[Plan], shapes: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[list[Pose]]:
    """The poses of each plan with all goals met and all derived poses filled in."""
    wanted = [(i, j) for i, plan in enumerate(plans) for j, pose in enumerate(plan.poses) if pose.solve]
    solved = {}
    if wanted:
        poses = [plans[i].poses[j] for i, j in wanted]
        start = State(
            torch.from_numpy(np.stack([pose.angles for pose in poses])),
            torch.from_numpy(np.stack([pose.wrist for pose in poses])),
            torch.from_numpy(np.stack([pose.rotation for pose in poses])),
        )
        most = max(len(pose.solve) for pose in poses)
        packed = [_packed([plans[i].goals[g] for g in pose.solve], most) for (i, _), pose in zip(wanted, poses)]
        goals = Goals(*(torch.from_numpy(np.stack(parts)) for parts in zip(*packed)))
        mobility = torch.from_numpy(np.stack([plans[i].mobility for i, _ in wanted]))
        shape = _shapes([shapes[i] for i, _ in wanted], [1] * len(wanted))
        state = solve(start, goals, mobility, shape, POSE_STEPS)
        angles, wrist, rotation = (x.numpy() for x in state)
        solved = {key: Pose(angles[k], wrist[k], rotation[k]) for k, key in enumerate(wanted)}
    return [[_filled(i, j, plan, solved) for j in range(len(plan.poses))] for i, plan in enumerate(plans)]


def _filled(i: int, j: int, plan: Plan, solved: dict[tuple[int, int], Pose]) -> Pose:
    pose = plan.poses[j]
    if pose.base is not None:
        base = solved.get((i, pose.base), plan.poses[pose.base])
        pose = Pose(base.angles + pose.bend, base.wrist + pose.lift, base.rotation)
    pose = solved.get((i, j), pose)
    return Pose(clamp_angles(torch.from_numpy(pose.angles)).numpy(), pose.wrist, pose.rotation)


def _moved(plan: Plan, poses: list[Pose], draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Angles, wrists and rotations at every frame, with drift and tremor."""
    angles, wrist = np.zeros((FRAMES, 2, 20)), np.zeros((FRAMES, 2, 3))
    rotation = np.zeros((FRAMES, 2, 3, 3))
    for hand, timeline in enumerate(plan.timelines):
        first, second, share = timeline_positions(timeline)
        way = share[:, None]
        bends = np.stack([pose.angles[hand] for pose in poses])
        places = np.stack([pose.wrist[hand] for pose in poses])
        turns = np.stack([pose.rotation[hand] for pose in poses])
        angles[:, hand] = bends[first] + way * (bends[second] - bends[first])
        wrist[:, hand] = places[first] + way * (places[second] - places[first])
        rotation[:, hand] = slerp(turns[first], turns[second], share)
    more, shift, turn = sway(draw, plan.shared_sway)
    return angles + plan.calm * more, wrist + shift, rotation_matrices(turn) @ rotation


def _kept(plans: Sequence[Plan], state: State, shape: HandShape) -> State:
    """Frames in which a goal is held, corrected so that it is met."""
    most = max(len(plan.goals) for plan in plans)
    if most == 0:
        return state._replace(angles=clamp_angles(state.angles))
    levels, paths, packed = [], [], []
    for plan in plans:
        share, shift = hold_levels(plan.holds, most)
        levels.append(share)
        paths.append(shift)
        packed.append(_packed(plan.goals, most))
    level = torch.from_numpy(np.concatenate(levels))
    busy = torch.nonzero(level.amax(-1) > 0)[:, 0]
    goals = Goals(*(torch.from_numpy(np.stack(parts)).repeat_interleave(FRAMES, 0)[busy] for parts in zip(*packed)))
    path = torch.from_numpy(np.concatenate(paths))[busy]
    held = level[busy]
    goals = goals._replace(target=goals.target + path, rows=goals.rows * (held > 0)[..., None], level=held)
    mobility = torch.from_numpy(np.stack([plan.mobility for plan in plans])).repeat_interleave(FRAMES, 0)[busy]
    part = State(*(x[busy] for x in state))
    part = solve(part, goals, mobility, HandShape(shape.palm[busy], shape.bones[busy]), FRAME_STEPS)
    out = State(clamp_angles(state.angles), state.wrist.clone(), state.rotation.clone())
    for whole, new in zip(out, part):
        whole[busy] = new
    return out


def _packed(goals: Sequence[Goal], most: int) -> tuple[np.ndarray, ...]:
    """The fields of ``solve.Goals`` for one pose, filled up with goals that ask for nothing."""
    weights, target, rows = np.zeros((most, 42)), np.zeros((most, 3)), np.zeros((most, 3))
    frame, is_distance = np.full(most, -1), np.zeros(most, dtype=bool)
    for k, goal in enumerate(goals):
        weights[k], target[k], rows[k] = goal.weights, goal.target, goal.rows
        frame[k], is_distance[k] = goal.frame, goal.is_distance
    return weights, target, rows, frame, is_distance, np.ones(most)


def _shapes(shapes: Sequence[tuple[np.ndarray, np.ndarray]], counts: Sequence[int]) -> HandShape:
    parts = []
    for kind in range(2):
        both = np.stack([np.stack([shape[kind], shape[kind]]) for shape in shapes])
        parts.append(torch.from_numpy(np.repeat(both, counts, axis=0)))
    return HandShape(*parts)
