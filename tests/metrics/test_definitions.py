"""Values of single metrics against brute force, other libraries and hand-made cases."""

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation
from scipy.stats import wasserstein_distance

from handx_bench.hand import ANGLE_NAMES, joint_angles
from handx_bench.metrics import functional as F
from handx_bench.metrics.batch import MotionBatch
from handx_bench.metrics.functional._signals import Signal, detrend, lag_and_correlation, relative_phase
from handx_bench.metrics.functional.angles import ANGLE_GROUPS, procrustes_align
from handx_bench.metrics.functional.coordination import geodesic_degrees
from handx_bench.metrics.functional.distributions import COORDINATION, JOINT_ANGLES, JOINT_VELOCITIES
from handx_bench.metrics.functional.memorisation import TrainingIndex, memorised_share
from handx_bench.metrics.functional.plausibility import capsule_depth
from tests.hands import pose, random_angles, random_motion, random_rotations


def flat_pose(angles: torch.Tensor) -> torch.Tensor:
    """Angles ``(T, 2, 20)`` as a motion of two hands side by side."""
    wrist = torch.tensor([[-0.2, 0, 0], [0.2, 0, 0]], dtype=torch.float64)
    return pose(angles, wrist, torch.eye(3, dtype=torch.float64).expand(2, 3, 3))


# ---- joint angles ------------------------------------------------------------------------------------------------


def test_joint_angle_error_of_a_known_offset():
    angles = random_angles(1)[0].clamp(min=5.0).expand(20, 2, 20).clone()
    angles[..., 15:] = 0
    offset = torch.zeros(20)
    offset[ANGLE_NAMES.index("index_pip_flexion")] = 6.0
    scores = F.joint_angle_error(flat_pose(angles + offset)[None], flat_pose(angles)[None])
    assert float(scores["pip"].mean) == pytest.approx(6 / 4)
    assert float(scores["index"].mean) == pytest.approx(6 / 4)
    assert float(scores[""].mean) == pytest.approx(6 / 20)
    assert float(scores["thumb"].mean) == pytest.approx(0, abs=1e-9)


def test_groups_name_what_they_hold():
    names = {group: {ANGLE_NAMES[i] for i in members} for group, members in ANGLE_GROUPS.items()}
    assert names["mcp"] == {f"{f}_mcp_flexion" for f in ("index", "middle", "ring", "pinky")}
    assert names["thumb"] == {
        "thumb_cmc_flexion", "thumb_mcp_flexion", "thumb_ip_flexion", "thumb_cmc_abduction"
    }  # fmt: skip
    assert names["abduction"] == {f"{f}_mcp_abduction" for f in ("index", "middle", "ring", "pinky")}
    assert len(names["ring"]) == 4


def test_range_of_motion_violation():
    angles = torch.zeros(10, 2, 20, dtype=torch.float64)
    i = ANGLE_NAMES.index("middle_pip_flexion")
    angles[:5, 0, i] = 130.0  # limit 100 + 10
    scores = F.range_of_motion_violation(flat_pose(angles)[None])
    assert float(scores[""].mean) == pytest.approx(100 * 5 / (10 * 2 * 19))
    assert float(scores["excess"].mean) == pytest.approx(20 * 5 / (10 * 2 * 19))


@pytest.mark.parametrize("distribution", [JOINT_ANGLES, JOINT_VELOCITIES])
def test_wasserstein_against_scipy(distribution):
    a, b = MotionBatch(random_motion(3, 60, seed=0)), MotionBatch(random_motion(3, 60, seed=1))
    ours = float(distribution.distance(distribution.counts(a), distribution.counts(b))[""])
    x, y = (distribution.sample(m).flatten(0, 1).numpy() for m in (a, b))
    theirs = np.mean([wasserstein_distance(p[~np.isnan(p)], q[~np.isnan(q)]) for p, q in zip(x.T, y.T)])
    assert ours == pytest.approx(theirs, rel=0.02)
    assert theirs > 3


def test_coordination_wasserstein_against_scipy():
    a, b = MotionBatch(random_motion(40, 60, seed=0)), MotionBatch(random_motion(40, 60, seed=1, apart=0.1))
    ours = COORDINATION.distance(COORDINATION.counts(a), COORDINATION.counts(b))
    x, y = (COORDINATION.sample(m)[:, 0].numpy() for m in (a, b))
    theirs = [wasserstein_distance(p, q) / q.std() for p, q in zip(x.T, y.T)]
    assert float(ours["distance"]) == pytest.approx(theirs[6], rel=0.02)
    assert float(ours["lag"]) == pytest.approx(np.mean(theirs[:3]), rel=0.03)
    assert float(ours["correlation"]) == pytest.approx(np.mean(theirs[3:6]), rel=0.03)


def test_mpjpe_aligns_the_first_right_wrist_only():
    ref = random_motion(1, 30)
    assert float(F.mpjpe(ref + 0.3, ref)[""].mean) == pytest.approx(0, abs=1e-9)
    drift = ref.clone()
    drift[:, 15:] += torch.tensor([0.01, 0, 0], dtype=torch.float64)
    assert float(F.mpjpe(drift, ref)[""].mean) == pytest.approx(5.0)


def test_procrustes_against_scipy_and_never_a_reflection():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 20, 21, 3))
    aligned = procrustes_align(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    for a, p, q in zip(aligned, x, y):
        rotation, _ = Rotation.align_vectors(q - q.mean(0), p - p.mean(0))
        turned = rotation.apply(p - p.mean(0))
        scale = (turned * (q - q.mean(0))).sum() / (turned**2).sum()
        assert np.allclose(a, scale * turned + q.mean(0))
    # SciPy's procrustes may reflect, so its residual is a lower bound.
    residual = ((aligned[0] - y[0]) ** 2).sum() / ((y[0] - y[0].mean(0)) ** 2).sum()
    assert residual >= procrustes(y[0], x[0])[2] - 1e-12
    mirrored = random_motion(1, 8)
    mirrored[..., 0] *= -1
    assert float(F.pa_mpjpe(mirrored, random_motion(1, 8))[""].mean) > 5


# ---- coordination ------------------------------------------------------------------------------------------------


def test_relative_wrist_error_of_a_known_offset():
    ref = random_motion(1, 20)
    pred = ref.clone()
    pred[:, :, 1] += torch.tensor([0, 0.007, 0], dtype=torch.float64)
    scores = F.relative_wrist_error(pred, ref)
    assert float(scores[""].mean) == pytest.approx(7.0)
    assert float(scores["orientation"].mean) == pytest.approx(0, abs=1e-6)
    turn = torch.from_numpy(Rotation.from_rotvec([0, 0, np.radians(25)]).as_matrix())
    wrist = ref[:, :, 1:, :1]
    pred = ref.clone()
    pred[:, :, 1:] = (ref[:, :, 1:] - wrist) @ turn.T + wrist
    assert float(F.relative_wrist_error(pred, ref)["orientation"].mean) == pytest.approx(25.0)


def test_geodesic_distance_against_scipy():
    a, b = random_rotations(50, seed=0), random_rotations(50, seed=1)
    theirs = np.degrees((Rotation.from_matrix(a).inv() * Rotation.from_matrix(b)).magnitude())
    assert geodesic_degrees(a, b).numpy() == pytest.approx(theirs)
    assert geodesic_degrees(a, a).abs().max() < 1e-6


def make_signal(left: np.ndarray, right: np.ndarray) -> Signal:
    values = torch.from_numpy(np.stack([left, right], axis=-1))
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    values = detrend(values, mask)
    return Signal(values, mask, values.square().mean(1).sqrt())


def test_detrend_against_scipy():
    x = np.cumsum(np.random.default_rng(0).normal(size=(5, 40, 2)), axis=1)
    ours = detrend(torch.from_numpy(x), torch.ones(5, 40, dtype=torch.bool))
    assert ours.numpy() == pytest.approx(scipy_signal.detrend(x, axis=1))


@pytest.mark.parametrize("shift", [-14, -6, 0, 3, 15])
def test_lag_of_a_delayed_signal(shift):
    rng = np.random.default_rng(0)
    noise = np.convolve(rng.normal(size=200), np.hanning(7), mode="same")
    left, right = noise[50:110], noise[50 - shift : 110 - shift]
    lag, correlation = lag_and_correlation(make_signal(left[None], right[None]), 30.0)
    assert float(lag) == pytest.approx(shift / 30)
    assert float(correlation) == pytest.approx(1.0, abs=0.02)
    lag, correlation = lag_and_correlation(make_signal(left[None], -right[None]), 30.0)
    assert float(lag) == pytest.approx(shift / 30)
    assert float(correlation) == pytest.approx(-1.0, abs=0.02)


def test_hands_that_move_one_after_the_other_are_not_coupled_by_what_is_left():
    """Shifted so far that both movements fall out of the overlap, two detrended lines would correlate perfectly."""
    time = np.arange(60)
    bump = [np.exp(-(((time - centre) / 3) ** 2)) for centre in (6, 53)]
    noise = 1e-5 * np.random.default_rng(0).normal(size=(2, 60))
    _, r = lag_and_correlation(make_signal((bump[0] + noise[0])[None], (bump[1] + noise[1])[None]), 30.0)
    assert abs(float(r)) < 0.5
    moved = np.exp(-(((time - 9) / 3) ** 2))
    near, same = lag_and_correlation(make_signal((moved + noise[0])[None], (bump[0] + noise[1])[None]), 30.0)
    assert float(near) == pytest.approx(-0.1)
    assert float(same) > 0.95


def test_lagged_correlation_against_numpy():
    x = np.random.default_rng(1).normal(size=(8, 60, 2))
    signal = make_signal(x[..., 0], x[..., 1])
    lag, best = lag_and_correlation(signal, 30.0)
    values = signal.values.numpy()
    for i in range(8):
        by_hand = {}
        for shift in range(-15, 16):
            left = values[i, max(0, -shift) : 60 - max(0, shift), 0]
            right = values[i, max(0, shift) : 60 - max(0, -shift), 1]
            by_hand[shift] = np.corrcoef(left, right)[0, 1]
        height = {s: abs(r) for s, r in by_hand.items()}
        peaks = [s for s in height if height[s] >= max(height.get(s - 1, -1), height.get(s + 1, -1))]
        high = [s for s in peaks if height[s] >= 0.9 * max(height.values())]
        winner = min(high, key=lambda s: (abs(s), -s))
        assert float(lag[i]) == pytest.approx(winner / 30)
        assert float(best[i]) == pytest.approx(by_hand[winner])


@pytest.mark.parametrize("degrees", [0, 60, -90, 180])
def test_relative_phase_of_sines_and_scipys_hilbert(degrees):
    time = np.arange(60) / 30
    left, right = np.sin(2 * np.pi * 2 * time + np.radians(degrees)), np.sin(2 * np.pi * 2 * time)
    noise = 0.1 * np.random.default_rng(0).normal(size=(2, 60))
    signal = make_signal((left + noise[0])[None], (right + noise[1])[None])
    phase = relative_phase(signal, 30.0)
    assert bool(phase.rhythmic)
    assert abs((float(phase.mean_deg) - degrees + 180) % 360 - 180) < 5
    analytic = scipy_signal.hilbert(signal.values.numpy()[0], axis=0)
    relative = np.angle(analytic[6:54, 0]) - np.angle(analytic[6:54, 1])
    assert float(phase.locking) == pytest.approx(abs(np.exp(1j * relative).mean()))
    assert float(phase.in_phase) == (1.0 if degrees == 0 else 0.0)
    assert float(phase.anti_phase) == (1.0 if degrees == 180 else 0.0)


def test_only_rhythm_is_rhythmic():
    time = np.arange(60) / 30
    slow = np.sin(2 * np.pi * 0.5 * time)  # one cycle
    noise = np.random.default_rng(0).normal(size=60)
    fast = np.sin(2 * np.pi * 1.5 * time)
    left = np.stack([slow, noise, fast, fast])
    right = np.stack([slow, noise, fast, noise])
    assert relative_phase(make_signal(left, right), 30.0).rhythmic.tolist() == [False, False, True, False]


def clapping(phase_deg: float, frames: int = 60, amplitude: float = 0.03) -> torch.Tensor:
    """Two hands that swing along x at 2 Hz with a phase between them."""
    motion = flat_pose(torch.zeros(frames, 2, 20, dtype=torch.float64))
    angle = 2 * np.pi * 2 * torch.arange(frames, dtype=torch.float64) / 30
    motion[:, 0, :, 0] += amplitude * torch.sin(angle)[:, None]
    motion[:, 1, :, 0] += amplitude * torch.sin(angle + np.radians(phase_deg))[:, None]
    return motion[None]


def test_phase_and_lag_errors_of_swinging_hands():
    in_phase, anti, quarter = clapping(0), clapping(180), clapping(90)
    assert float(F.relative_phase_error(anti, in_phase)[""].mean) == pytest.approx(180, abs=2)
    assert float(F.relative_phase_error(anti, in_phase)["anti_phase"].mean) == pytest.approx(1, abs=0.05)
    assert float(F.relative_phase_error(quarter, in_phase)[""].mean) == pytest.approx(90, abs=5)
    assert float(F.phase_locking_error(anti, in_phase)[""].mean) == pytest.approx(0, abs=0.02)
    # Mirrored swinging is correlation −1 at lag 0, not a lag of half a period.
    assert float(F.coordination_lag_error(anti, in_phase)["velocity"].mean) == pytest.approx(0, abs=1e-9)
    assert float(F.coordination_correlation_error(anti, in_phase)["velocity"].mean) == pytest.approx(2, abs=0.01)
    # A quarter of the 0.5 s period.
    assert float(F.coordination_lag_error(quarter, in_phase)["velocity"].mean) == pytest.approx(125, abs=17)


def test_a_frozen_prediction_is_punished_and_a_frozen_reference_left_out():
    moving, frozen = clapping(0), clapping(0, amplitude=0.0)
    assert float(F.coordination_lag_error(frozen, moving)["velocity"].mean) == 500
    assert float(F.coordination_correlation_error(frozen, moving)["velocity"].mean) == pytest.approx(1, abs=0.02)
    assert float(F.relative_phase_error(frozen, moving)[""].mean) == 90
    for function in (F.coordination_lag_error, F.coordination_correlation_error, F.relative_phase_error):
        assert float(function(moving, frozen)[""].denominator.sum()) == 0


def test_interhand_distance_error_by_a_plain_loop():
    ref, pred = random_motion(1, 8, seed=0), random_motion(1, 8, seed=1)
    total = weights = 0.0
    for t in range(8):
        for i in range(21):
            for j in range(21):
                d_ref = float((ref[0, t, 0, i] - ref[0, t, 1, j]).norm())
                d_pred = float((pred[0, t, 0, i] - pred[0, t, 1, j]).norm())
                weight = np.exp(-d_ref / 0.05)
                total, weights = total + weight * abs(d_pred - d_ref), weights + weight
    assert float(F.interhand_distance_error(pred, ref)[""].mean) == pytest.approx(1000 * total / weights)


# ---- contact -----------------------------------------------------------------------------------------------------


def pinch(onset: int, offset: int, frames: int = 60) -> torch.Tensor:
    """Left thumb and index tip touch from ``onset`` to ``offset``; nothing else does."""
    motion = flat_pose(torch.zeros(frames, 2, 20, dtype=torch.float64))
    motion[:, 0, 16] = torch.tensor([-0.2, 0.15, 0.10])
    motion[:, 0, 17] = torch.tensor([-0.2, 0.15, 0.20])
    motion[onset:offset, 0, 17, 2] = 0.11
    return motion[None]


@pytest.mark.parametrize(("shift", "f1"), [(0, [1, 1, 1, 1]), (2, [0, 1, 1, 1]), (5, [0, 0, 0, 1]), (20, [0] * 4)])
def test_event_f1_falls_with_the_delay(shift, f1):
    scores = F.contact_event_f1(pinch(10 + shift, 20 + shift), pinch(10, 20))
    assert [float(scores[f"tol{t}"].mean) for t in (1, 2, 3, 6)] == f1
    assert float(scores[""].mean) == np.mean(f1)
    assert float(F.contact_occurrence_f1(pinch(10 + shift, 20 + shift), pinch(10, 20))[""].mean) == 1


def test_onset_error_iou_and_statistics_of_a_known_shift():
    ref, pred = pinch(10, 30), pinch(14, 32)
    onset = F.contact_onset_error(pred, ref)
    assert float(onset[""].mean) == pytest.approx(4 / 30 * 1000)
    assert float(onset["match_rate"].mean) == 1
    assert float(F.contact_offset_error(pred, ref)[""].mean) == pytest.approx(2 / 30 * 1000)
    iou = F.contact_iou(pred, ref)
    assert float(iou[""].mean) == pytest.approx(16 / 22)
    assert [float(iou[f"f1_{t}"].mean) for t in (30, 50, 70)] == [1, 1, 1]
    assert float(F.contact_iou(pinch(20, 32), ref)["f1_50"].mean) == 0
    statistics = F.contact_statistics(pred, ref)
    assert float(statistics["ratio"].mean) == pytest.approx(2 / 60)
    assert float(statistics["duration"].mean) == pytest.approx(2 / 30)
    assert float(statistics["frequency"].mean) == pytest.approx(0)


def test_precision_and_recall_are_not_mixed_up():
    nothing = pinch(0, 0)
    missed = F.contact_event_f1(nothing, pinch(10, 20))
    assert float(missed["recall"].mean) == 0
    assert torch.isnan(missed["precision"].mean)
    invented = F.contact_event_f1(pinch(10, 20), nothing)
    assert float(invented["precision"].mean) == 0
    assert torch.isnan(invented["recall"].mean)
    assert torch.isnan(F.contact_event_f1(nothing, nothing)[""].mean)


def test_events_cut_by_the_clip_have_no_onset_to_miss():
    scores = F.contact_event_f1(pinch(0, 20), pinch(0, 20))
    assert float(scores[""].denominator.sum()) == 0
    assert float(F.contact_offset_error(pinch(0, 20), pinch(0, 20))["match_rate"].mean) == 1


# ---- plausibility ------------------------------------------------------------------------------------------------


def test_bone_length_variation_of_a_breathing_bone():
    motion = flat_pose(torch.zeros(60, 2, 20, dtype=torch.float64))
    assert float(F.bone_length_variation(motion[None])[""].mean) == pytest.approx(0, abs=1e-9)
    swing = 0.1 * torch.sin(torch.linspace(0, 20 * np.pi, 61, dtype=torch.float64)[:60])
    for joint in (2, 3, 17):  # everything beyond the index PIP moves with it
        motion[:, 1, joint] += swing[:, None] * (motion[:, 1, 2] - motion[:, 1, 1]) if joint == 2 else 0
    lengths = (motion[:, 1, 2] - motion[:, 1, 1]).norm(dim=-1)
    outer = (motion[:, 1, 3] - motion[:, 1, 2]).norm(dim=-1)
    expected = 100 * sum(float(x.std(correction=0) / x.mean()) for x in (lengths, outer)) / (2 * 15)
    assert float(F.bone_length_variation(motion[None])[""].mean) == pytest.approx(expected)


def test_capsule_depth_by_dense_sampling():
    motion = random_motion(2, 6, apart=0.03, seed=5).flatten(0, 1)
    from handx_bench.hand.skeleton import BONES

    t = torch.linspace(0, 1, 200, dtype=torch.float64)[:, None]
    worst = []
    for frame in motion:
        left, right = (torch.cat([(1 - t) * frame[h, a] + t * frame[h, b] for a, b in BONES]) for h in (0, 1))
        worst.append(max(0.0, 0.016 - float(torch.cdist(left, right).min())))
    assert max(worst) > 0
    assert capsule_depth(motion).numpy() == pytest.approx(np.array(worst), abs=2e-4)


def test_frozen_leaked_and_memorised():
    train = random_motion(8, 30, seed=1)
    index = TrainingIndex(train)
    fresh = random_motion(8, 30, seed=2)
    assert float(memorised_share(train, None, train=index)[""].mean) == 100
    assert float(memorised_share(fresh, None, train=index)[""].mean) < 50
    assert float(F.leak_share(fresh + 0.0001, fresh)[""].mean) == 100
    assert float(F.leak_share(train, fresh)[""].mean) == 0
    # Neither the place of the hands nor frames beyond the length hide a copy.
    turned = train @ random_rotations(1, seed=3)[0].T + torch.tensor([0.3, -1.0, 0.5])
    assert float(memorised_share(turned, None, train=index)[""].mean) == 100
    padded = torch.cat([train, fresh], dim=1)
    lengths = torch.full((8,), 30)
    assert float(memorised_share(padded, None, lengths, train=index)[""].mean) == 100
    assert float(memorised_share(train, None, train=TrainingIndex(padded, lengths))[""].mean) == 100
    assert TrainingIndex(padded, lengths).threshold == pytest.approx(index.threshold)
    still = fresh[:, :1].expand_as(fresh)
    assert float(F.frozen_share(still)[""].mean) == 100
    assert float(F.frozen_share(fresh)[""].mean) == 0


def test_speed_and_jerk_ratio_of_a_slowed_motion():
    # A parabola in time: half the speed gives half the velocity; jerk needs a cubic.
    time = torch.arange(30, dtype=torch.float64)[:, None, None, None] / 30
    base = flat_pose(torch.zeros(30, 2, 20, dtype=torch.float64))
    ref, pred = base + time**3, base + 0.5 * time**3
    assert float(F.speed_ratio(pred[None], ref[None])[""].mean) == pytest.approx(0.5)
    assert float(F.jerk_ratio(pred[None], ref[None])[""].mean) == pytest.approx(0.5)


# ---- constraints -------------------------------------------------------------------------------------------------


def test_constraint_and_keyframe_error():
    ref = random_motion(2, 40)
    given = torch.zeros(2, 40, 2, 21, dtype=torch.bool)
    given[:, 20] = True
    given[:, :, 1, 0] = True
    pred = ref.clone()
    pred[:, 20] += torch.tensor([0.003, 0, 0], dtype=torch.float64)
    pred[:, 21:, 0] += 1.0  # not given
    assert float(F.keyframe_error(pred, ref, constraints=given)[""].mean) == pytest.approx(3.0)
    assert float(F.constraint_error(pred, ref, constraints=given)[""].mean) == pytest.approx(3 * 42 / (42 + 39))


def test_seam_jump_sees_a_step_at_the_edge_only():
    ref = random_motion(1, 40)
    given = torch.zeros(1, 40, 2, 21, dtype=torch.bool)
    given[:, :10] = True
    stepped, elsewhere = ref.clone(), ref.clone()
    stepped[:, 10:] += 0.02
    elsewhere[:, 25:] += 0.02
    assert float(F.seam_jump(ref, ref, constraints=given)[""].mean) == 1
    assert float(F.seam_jump(stepped, ref, constraints=given)[""].mean) > 3
    assert float(F.seam_jump(elsewhere, ref, constraints=given)[""].mean) == pytest.approx(1)
    no_seam = torch.ones_like(given)
    assert torch.isnan(F.seam_jump(ref, ref, constraints=no_seam)[""].mean)


def test_transition_smoothness_sees_a_jerk_at_the_transition_only():
    ref = random_motion(1, 60)
    transitions = torch.zeros(1, 60, dtype=torch.bool)
    transitions[:, 30] = True
    jerked, elsewhere = ref.clone(), ref.clone()
    jerked[:, 30:] += 0.02
    elsewhere[:, 50:] += 0.02
    assert float(F.transition_smoothness(jerked, ref, transitions=transitions)[""].mean) > 3
    assert float(F.transition_smoothness(elsewhere, ref, transitions=transitions)[""].mean) == pytest.approx(1)


def test_joint_angles_of_numpy_motions_feed_the_metrics():
    motion = random_motion(1, 20).numpy()
    assert float(F.joint_angle_error(motion, motion)[""].mean) == 0
    assert joint_angles(motion).degrees.shape == (1, 20, 2, 20)
