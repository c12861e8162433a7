"""On real recordings each metric moves the way its definition says; the table stands in the metrics card."""

import pytest

from benchmarks.cards import block
from benchmarks.disturbances import load_recordings, score_disturbances, table
from benchmarks.metrics_card import CARD, facts
from handx_bench.metrics import METRICS

PAIRED = [
    name
    for name, info in METRICS.items()
    if info.needs_reference and not info.optional and info.direction != "none" and info.min_generations == 1
]


@pytest.fixture(scope="module")
def reports(shared):
    return score_disturbances(*load_recordings(shared))


def value(reports, row, name):
    return reports[row].metrics[name].value


@pytest.mark.slow
def test_the_card_shows_the_measured_table(reports):
    assert block(CARD.read_text(encoding="utf-8"), "disturbances") == table(reports)


def test_the_card_states_the_declared_facts():
    assert block(CARD.read_text(encoding="utf-8"), "facts") == facts(), "run: python -m benchmarks.metrics_card"


@pytest.mark.slow
def test_each_metric_moves_as_its_definition_says(reports):
    for name, metric in reports["itself"].metrics.items():
        base, _, variant = name.partition(".")
        info = METRICS[base]
        if info.needs_reference and info.direction_of(variant) != "none":
            if metric.value is None:
                assert name.endswith(".intra"), name  # nobody pinches in these recordings
                continue
            assert metric.value == {"lower": 0, "higher": 1}[info.direction_of(variant)], name
    for name in PAIRED:
        if not METRICS[name].has_value:
            continue
        small, large = value(reports, "2 mm", name), value(reports, "10 mm", name)
        if METRICS[name].direction == "lower":
            assert 0 < small < large, name
        else:
            assert 1 > small > large, name

    # Delayed by 20 frames: the same contacts at the wrong time.
    assert value(reports, "delayed", "contact_occurrence_f1") > 0.85
    assert value(reports, "delayed", "contact_event_f1") < 0.05
    assert value(reports, "delayed", "contact_iou") < 0.2
    assert value(reports, "delayed", "joint_angle_wasserstein") < 0.1 * value(
        reports, "10 mm", "joint_angle_wasserstein"
    )

    # Reversed: the same poses, contacts and bones in the wrong order.
    assert value(reports, "reversed", "joint_angle_wasserstein") == 0
    assert value(reports, "reversed", "contact_occurrence_f1") > 0.9
    assert value(reports, "reversed", "contact_event_f1") < 0.1
    assert value(reports, "reversed", "coordination_correlation_error") == pytest.approx(0, abs=1e-6)
    assert value(reports, "reversed", "coordination_lag_error") > 2 * value(reports, "2 mm", "coordination_lag_error")
    assert value(reports, "reversed", "jerk_ratio") == pytest.approx(1)

    # Hands swapped: angles of a mirrored hand are wrong everywhere; how the hands are coupled stays.
    assert value(reports, "hands swapped", "joint_angle_error") > value(reports, "another clip", "joint_angle_error")
    assert value(reports, "hands swapped", "phase_locking_error") < 0.1
    assert value(reports, "hands swapped", "penetration") == value(reports, "itself", "penetration")

    # Another clip is the worst of all for what is between the hands, while its angles are distributed alike.
    rows = ("2 mm", "10 mm", "delayed", "reversed", "hands swapped")
    for name in ("relative_wrist_error", "interhand_distance_error", "coordination_correlation_error"):
        assert value(reports, "another clip", name) > max(value(reports, row, name) for row in rows), name
    assert value(reports, "another clip", "contact_event_f1") < 0.1
    assert value(reports, "another clip", "joint_angle_wasserstein") < value(reports, "2 mm", "joint_angle_wasserstein")

    # Plausibility looks at the prediction alone.
    for row in ("itself", "reversed", "hands swapped"):
        assert value(reports, row, "bone_length_variation") < 0.05
    assert value(reports, "10 mm", "bone_length_variation") > 3 * value(reports, "2 mm", "bone_length_variation") > 1
    assert value(reports, "itself", "leak_share") == 100
