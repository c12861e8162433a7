"""`score`: the report, its reference rows, its errors, and that nothing but the clips decides a number."""

import json

import numpy as np
import pytest
import torch

from handx_bench.errors import InputError
from handx_bench.hand import ANGLE_NAMES, hand_frames, joint_angles
from handx_bench.hand.skeleton import JOINT_INDEX
from handx_bench.metrics import METRICS, MPJPE, score, scoring
from handx_bench.metrics.report import Report
from tests.hands import random_motion
from tests.metrics.test_invariances import noisy


@pytest.fixture(scope="module")
def data():
    ref = random_motion(9, 40, seed=1)
    return noisy(ref, 3, 2).float().numpy(), ref.float().numpy(), [f"s{i // 3}" for i in range(9)]


@pytest.fixture(scope="module")
def report(data):
    pred, ref, sequences = data
    return score(pred, ref, sequence_ids=sequences, draws=100, train=random_motion(6, 40, seed=8).numpy())


def test_report_holds_every_metric_the_input_allows(report):
    names = {name.split(".")[0] for name in report.metrics}
    assert names == {n for n, info in METRICS.items() if info.optional in (None, "train")}
    assert "mpjpe.best_of_3" in report.metrics
    assert report.num_clips == 9
    assert report.num_generations == 3
    for name, metric in report.metrics.items():
        if metric.value is not None and metric.low is not None:
            assert metric.low <= metric.value + 1e-9, name
            assert metric.value <= metric.high + 1e-9, name


def test_reference_rows(report):
    own, chance, half = (report.reference_rows[row] for row in ("self", "chance", "half_split"))
    assert own["mpjpe"] == 0
    assert own["contact_event_f1"] == 1
    assert own["joint_angle_energy"] == 0
    assert chance["mpjpe"] > report.metrics["mpjpe"].value
    assert half["joint_angle_wasserstein"] > 0
    assert report.skills.overall.value > 0.3
    assert any("3 independent recordings" in w for w in report.warnings)


def test_json_round_trip_and_no_nan(report):
    text = report.model_dump_json()
    json.loads(text, parse_constant=lambda c: pytest.fail(f"{c} in JSON"))
    again = Report.model_validate_json(text)
    assert again.metrics == report.metrics
    assert Report.model_json_schema()["properties"]["metrics"]
    with pytest.raises(ValueError, match="Extra inputs"):
        Report.model_validate({**json.loads(text), "surprise": 1})


def test_clip_table_gives_the_reported_values(report):
    table = report.clip_table()
    ours = table[table["row"] == "prediction"].groupby("metric", observed=True)[["numerator", "denominator"]].sum()
    for name, metric in report.metrics.items():
        if name in ours.index and metric.value is not None:
            assert ours.loc[name, "numerator"] / ours.loc[name, "denominator"] == pytest.approx(metric.value), name


def test_order_of_clips_and_size_of_chunks_change_no_digit(data, report, monkeypatch):
    pred, ref, sequences = data
    order = [5, 2, 8, 0, 1, 7, 3, 6, 4]
    monkeypatch.setattr(scoring, "CHUNK", 2)
    train = random_motion(6, 40, seed=8).numpy()
    ids = [str(i) for i in order]
    other = score(pred[order], ref[order], sequence_ids=[sequences[i] for i in order], clip_ids=ids, draws=100,
                  train=train)  # fmt: skip
    for part in ("metrics", "reference_rows", "skills", "warnings"):
        assert getattr(other, part) == getattr(report, part), part


def test_one_recording_gives_values_without_intervals(data):
    pred, ref, _ = data
    report = score(pred, ref, sequence_ids=["only"] * 9, draws=50)
    for name, metric in report.metrics.items():
        assert (metric.low, metric.high) == (None, None), name
    assert report.metrics["mpjpe"].value > 0
    assert report.skills.overall.value is not None
    assert report.skills.overall.low is None


def test_an_angle_that_is_never_defined_costs_itself_only(data):
    """Fingers bent so far that they have no abduction: coverage says so, and the distributions of the rest count."""
    _, ref, _ = data
    pred = ref.copy()
    axis = hand_frames(ref.astype(np.float64)).rotation[..., 1]
    chain = [JOINT_INDEX[f"index_{j}"] for j in ("pip", "dip", "tip")]
    base = ref[..., [JOINT_INDEX["index_mcp"]], :]
    palmar = np.cross(hand_frames(ref.astype(np.float64)).rotation[..., 0], axis)
    palmar[..., 0, :] *= -1
    length = np.linalg.norm(np.diff(ref[..., [JOINT_INDEX["index_mcp"], *chain], :], axis=-2), axis=-1).cumsum(-1)
    pred[..., chain, :] = base - length[..., None] * palmar[..., None, :]
    masked = ~joint_angles(pred).valid[..., ANGLE_NAMES.index("index_mcp_abduction")]
    assert masked.all()
    report = score(pred, ref, draws=20)
    assert report.metrics["joint_angle_error.abduction"].coverage == pytest.approx(3 / 4)
    assert report.metrics["joint_angle_error.index"].coverage == pytest.approx(3 / 4)
    assert report.metrics["joint_angle_error"].coverage == pytest.approx(19 / 20)
    assert report.metrics["joint_angle_wasserstein"].value > 0
    assert report.metrics["joint_angle_wasserstein"].coverage == pytest.approx(19 / 20)


def test_few_clips_have_no_distribution_of_coordination(data):
    pred, ref, _ = data
    one = score(pred[:1], ref[:1], draws=10).metrics["coordination_wasserstein"]
    assert (one.value, one.coverage) == (None, 0.0)
    three = score(pred[:3], ref[:3], draws=200).metrics["coordination_wasserstein"]
    assert three.high < 10


def test_chosen_metrics_only(data):
    pred, ref, _ = data
    assert set(score(pred, ref, metrics=["leak_share", "jerk_ratio"], draws=10).metrics) == {"leak_share", "jerk_ratio"}


def test_one_generation_and_one_clip(data):
    _, ref, _ = data
    single = score(ref[:1] + 0.001, ref[:1], draws=10)
    assert "joint_angle_energy" not in single.metrics
    assert single.metrics["mpjpe"].value == pytest.approx(0, abs=1e-3)
    assert "half_split" in single.reference_rows


def test_constraints_and_transitions(data):
    pred, ref, _ = data
    given = np.zeros((9, 40, 2, 21), bool)
    given[:, :10] = True
    later = np.zeros((9, 40), bool)
    later[:, 20] = True
    names = ["constraint_error", "keyframe_error", "seam_jump", "transition_smoothness"]
    report = score(pred, ref, metrics=names, constraints=given, transitions=later, draws=10)
    assert all(report.metrics[n].value > 0 for n in names)
    assert report.reference_rows["self"]["constraint_error"] == 0


def test_generators_that_cheat_or_freeze_are_warned_about(data):
    _, ref, _ = data
    still = np.repeat(ref[:, :1], 40, axis=1)
    assert any("hardly move" in w for w in score(still, ref, draws=10).warnings)
    assert any("their own reference" in w for w in score(ref, ref, draws=10).warnings)
    copied = score(np.roll(ref, 1, 0), ref, train=ref, draws=10)
    assert any("training clip" in w for w in copied.warnings)


def test_the_fields_interval_over_repetitions(data):
    pred, ref, _ = data
    report = score(pred, ref, metrics=["mpjpe", "contact_event_f1", "jerk_ratio"], draws=10)
    for name in ("mpjpe", "contact_event_f1", "jerk_ratio"):
        runs = [score(pred[:, k], ref, metrics=[name], draws=10).metrics[name].value for k in range(3)]
        assert report.metrics[name].repetition == pytest.approx(1.96 * np.std(runs) / np.sqrt(3), rel=1e-4), name
    assert score(pred[:, 0], ref, metrics=["mpjpe"], draws=10).metrics["mpjpe"].repetition is None
    assert report.metrics["mpjpe.energy"].repetition is None


def test_progress_is_told(data):
    pred, ref, _ = data
    seen = []
    score(pred, ref, metrics=["leak_share"], draws=10, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (9, 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": ["nonsense"]}, "unknown metric 'nonsense'. Known metrics: joint_angle_error"),
        ({"metrics": ["memorised_share"]}, "needs train"),
        ({"metrics": ["constraint_error"]}, "needs constraints"),
        ({"clip_ids": ["a"] * 9}, "'a' occurs more than once"),
        ({"clip_ids": ["a", "b"]}, "2 clip_ids for 9 clips"),
        ({"sequence_ids": ["a"]}, "1 sequence_ids for 9 clips"),
        ({"constraints": np.zeros((9, 40, 2, 21))}, "expected bool"),
        ({"constraints": np.zeros((9, 39, 2, 21), bool)}, "expected bool"),
        ({"fps": 0}, "fps is 0"),
        ({"lengths": np.full(9, 41)}, "length 41"),
        ({"lengths": np.full(9, 5)}, "length 5"),
        ({"ref": random_motion(8, 40).numpy()}, "one reference"),
        ({"ref": random_motion(9, 39).numpy()}, "one reference"),
        ({"pred": random_motion(9, 40).numpy()[None, None]}, "one reference"),
        ({"pred": random_motion(9, 40).numpy() * 1000}, "prediction: a hand spans .* divide by 1000"),
    ],
)
def test_bad_input(data, change, message):
    pred, ref, _ = data
    arguments = {"pred": pred, "ref": ref, "draws": 10, **change}
    with pytest.raises(InputError, match=message):
        score(arguments.pop("pred"), arguments.pop("ref"), **arguments)


def test_a_hand_without_a_frame_is_named(data):
    pred, ref, _ = data
    flat = pred.copy()
    flat[7, 2, 11, 1, 1] = flat[7, 2, 11, 1, 0] + 0.9 * (flat[7, 2, 11, 1, 4] - flat[7, 2, 11, 1, 0])
    names = [f"n{i}" for i in range(9)]
    with pytest.raises(InputError, match=r"prediction: .*clip 'n7', generation 2, frame 11, right hand"):
        score(flat.astype(np.float64), ref, clip_ids=names, draws=10)
    score(flat, ref, lengths=np.where(np.arange(9) == 7, 11, 40), draws=10, metrics=["mpjpe"])  # not looked at
    with pytest.raises(InputError, match="clip 7, generation 2, frame 11, right hand"):
        MPJPE().update(flat.astype(np.float64), ref)


def test_energy_needs_two_generations(data):
    _, ref, _ = data
    with pytest.raises(InputError, match="at least 2 generations"):
        score(ref, ref, metrics=["joint_angle_energy"])


def test_tensors_and_arrays_give_the_same_report(data):
    pred, ref, _ = data
    names = ["mpjpe", "contact_event_f1"]
    a = score(pred, ref, metrics=names, draws=10)
    b = score(torch.from_numpy(pred), torch.from_numpy(ref), metrics=names, draws=10)
    assert a.metrics == b.metrics
