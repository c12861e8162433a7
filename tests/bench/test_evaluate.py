"""Scoring under a protocol: who is refused, and what a report says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from handx_bench.bench.clips import ClipSet
from handx_bench.bench.evaluate import evaluate
from handx_bench.bench.freeze import freeze
from handx_bench.bench.predictions import Predictions, PredictionsError, write_predictions
from handx_bench.bench.protocol import Protocol
from handx_bench.bench.report_io import read_report, report_json, report_schema, write_report
from handx_bench.bench.run import generate
from handx_bench.bench.validate import check_values
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError
from handx_bench.hand.motion import MotionError

from .posed import SeededHands, as_dataset, make_clips, make_protocol


@pytest.fixture
def predictions(protocol: Protocol, dataset: datasets.Dataset) -> Predictions:
    return generate(protocol, SeededHands(), dataset=dataset)


def the_truth(protocol: Protocol, dataset: datasets.Dataset) -> Predictions:
    """The reference as a prediction, K times."""
    clips = ClipSet.from_dataset(dataset)
    return Predictions(
        motion=np.repeat(clips.padded()[:, None], protocol.num_generations, axis=1),
        lengths=clips.lengths,
        clip_ids=clips.clip_ids,
        protocol_id=protocol.id,
        protocol_hash=protocol.hash,
        generator="truth",
        seeds={"generation": 0},
    )


def score(predictions: Predictions, protocol: Protocol, dataset: Any, folder: Path) -> Any:
    write_predictions(folder / "p.safetensors", predictions)
    return evaluate(folder / "p.safetensors", protocol, dataset=dataset)


def without_time(report: Any) -> dict[str, Any]:
    values = report.model_dump(mode="json")
    return {key: value for key, value in values.items() if key != "created_at"}


def test_the_truth_reaches_the_ceiling(protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path) -> None:
    report = score(the_truth(protocol, dataset), protocol, dataset, tmp_path)
    assert report.metrics["joint_angle_error"].value == 0
    assert report.metrics["mpjpe"].value == 0
    assert report.metrics["leak_share"].value == 100
    assert report.skills.metrics["joint_angle_error"].value == 1


def test_a_report_says_where_it_comes_from(
    predictions: Predictions, protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    report = score(predictions, protocol, dataset, tmp_path)
    assert (report.generator, report.num_clips, report.num_generations) == ("seeded-hands", 10, 2)
    assert report.protocol.model_dump() == {"id": "posed-v0", "version": "0", "hash": protocol.hash}
    assert (report.dataset.name, report.dataset.split, len(report.dataset.fingerprint)) == ("posed", "test", 64)
    assert report.seeds["generation"] == 0
    assert set(report.environment) == {"handx-bench", "numpy", "platform", "python", "torch"}
    assert report.created_at.endswith("Z")
    assert {name.split(".")[0] for name in report.metrics} == set(protocol.metric_names)
    assert set(report.clip_table()["clip_id"]) == set(predictions.clip_ids)
    assert any("is a draft" in warning for warning in report.warnings)


def test_order_of_the_file_and_spare_frames_do_not_matter(
    predictions: Predictions, protocol: Protocol, clips: list[Clip], tmp_path: Path
) -> None:
    order = np.random.default_rng(0).permutation(len(predictions.clip_ids))
    motion = np.pad(predictions.motion[order], [(0, 0), (0, 0), (0, 5), (0, 0), (0, 0), (0, 0)])
    shuffled = dataclasses.replace(
        predictions,
        motion=motion,
        lengths=predictions.lengths[order],
        clip_ids=tuple(predictions.clip_ids[i] for i in order),
    )
    expected = score(predictions, protocol, as_dataset(clips), tmp_path)
    found = score(shuffled, protocol, as_dataset(clips[::-1]), tmp_path)
    assert without_time(found) == without_time(expected)


def test_other_rules_are_refused_with_both_hashes(
    predictions: Predictions, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    other = make_protocol(seeds={"generation": 1})
    with pytest.raises(
        PredictionsError, match=f"hash {predictions.protocol_hash}, this is posed-v0 with hash {other.hash}"
    ):
        score(predictions, other, dataset, tmp_path)


def test_clips_must_be_those_of_the_protocol(
    predictions: Predictions, protocol: Protocol, clips: list[Clip], tmp_path: Path
) -> None:
    with pytest.raises(PredictionsError, match=r"7 clips are unknown: 'test-003', 'test-004', .*, …"):
        score(predictions, protocol, as_dataset(clips[:3]), tmp_path)
    fewer = dataclasses.replace(
        predictions, motion=predictions.motion[1:], lengths=predictions.lengths[1:], clip_ids=predictions.clip_ids[1:]
    )
    with pytest.raises(PredictionsError, match=r"1 clips are missing: 'test-000'"):
        score(fewer, protocol, as_dataset(clips), tmp_path)
    renamed = dataclasses.replace(predictions, clip_ids=("other", *predictions.clip_ids[1:]))
    with pytest.raises(PredictionsError, match=r"1 clips are missing: 'test-000'; 1 clips are unknown: 'other'"):
        score(renamed, protocol, as_dataset(clips), tmp_path)
    shorter = dataclasses.replace(predictions, lengths=predictions.lengths - 1)
    with pytest.raises(PredictionsError, match=r"length 24 instead of 25 .*clip 'test-000'"):
        score(shorter, protocol, as_dataset(clips), tmp_path)


def test_the_number_of_samples_must_be_the_protocols(
    predictions: Predictions, protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    with pytest.raises(PredictionsError, match="1 samples per clip, the protocol wants 2"):
        score(dataclasses.replace(predictions, motion=predictions.motion[:, :1]), protocol, dataset, tmp_path)


def test_values_that_are_no_motion(
    predictions: Predictions, protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    motion = predictions.motion.copy()
    motion[7, 1, 3, 1, 5, 0] = np.nan
    spoilt = dataclasses.replace(predictions, motion=motion)
    where = "clip 'test-007', generation 1, frame 3, right middle_pip"
    with pytest.raises(MotionError, match=where):
        score(spoilt, protocol, dataset, tmp_path)
    with pytest.raises(MotionError, match=where.replace("test-007", "test-007")):
        check_values(spoilt, chunk=3)
    check_values(predictions, chunk=3)


def test_warnings_of_what_makes_scores_doubtful(protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path) -> None:
    other = generate(protocol, SeededHands(), dataset=dataset, seed=5, dtype="float16")
    old = dataclasses.replace(other, library_version="0.0.1")
    warnings = " | ".join(score(old, protocol, dataset, tmp_path).warnings)
    assert "float16" in warnings
    assert "generation seed 5, the protocol's is 0" in warnings
    assert "written by version 0.0.1" in warnings


def test_draft_and_retired_protocols_are_told_apart(
    protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    def load(name: str, split: str) -> ClipSet:
        return ClipSet.from_dataset(dataset)

    frozen = freeze(protocol, "frozen", load)
    predictions = generate(frozen, SeededHands(), dataset=dataset)
    assert not any("protocol" in warning for warning in score(predictions, frozen, dataset, tmp_path).warnings)
    retired = Protocol.model_validate({**frozen.model_dump(mode="json", by_alias=True), "status": "retired"})
    assert retired.hash == frozen.hash
    assert any("is retired" in warning for warning in score(predictions, retired, dataset, tmp_path).warnings)


def test_constraints_and_training_clips_reach_the_metrics(clips: list[Clip], tmp_path: Path) -> None:
    protocol = make_protocol(
        task="in-betweening",
        dataset={"name": "posed", "split": "test", "train_split": "train"},
        metrics=["constraint_error", "keyframe_error", "memorised_share"],
        headline=[],
    )
    data = {"test": as_dataset(clips), "train": as_dataset(make_clips(12, "train", lambda i: 20 + i, seed=1))}
    truth = the_truth(protocol, data["test"])
    motion = truth.motion.copy()
    motion[:, :, :10] += np.float32([0.003, 0.004, 0.0])  # 5 mm, in the given first ten frames of twenty
    report = score(dataclasses.replace(truth, motion=motion), protocol, data, tmp_path)
    assert report.metrics["constraint_error"].value == pytest.approx(2.5, abs=1e-3)
    assert report.metrics["keyframe_error"].value == pytest.approx(2.5, abs=1e-3)
    assert report.metrics["memorised_share"].value is not None


# -- reports on disk -------------------------------------------------------------------------------------------------


@pytest.fixture
def report(predictions: Predictions, protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path) -> Any:
    return score(predictions, protocol, dataset, tmp_path)


def test_a_report_comes_back_equal(report: Any, tmp_path: Path) -> None:
    place = write_report(report, tmp_path / "out" / "run1")
    assert {path.name for path in place.parent.iterdir()} == {"report.json", "clip_scores.parquet"}
    assert place.read_text() == report_json(report)
    keys = list(json.loads(place.read_text()))
    assert keys == sorted(keys)
    for path in (place, place.parent):
        back = read_report(path)
        assert back.model_dump() == report.model_dump()
        ours, theirs = report.clip_table().astype(str), back.clip_table().astype(str)
        assert ours.equals(theirs)
    (place.parent / "clip_scores.parquet").unlink()
    assert len(read_report(place).clip_table()) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"num_clips"', '"clips"'), "not a report"),
        (lambda text: text.replace('"num_clips": 10', '"num_clips": NaN'), "NaN is not allowed"),
        (lambda text: text.replace('"num_clips": 10', '"num_clips": 10, "num_clips": 11'), "duplicate key"),
        (lambda text: text[:-20], "not valid JSON"),
        (lambda text: "[]", "not a report"),
        (lambda text: text.replace('"format_version": "1"', '"format_version": "2"'), "not a report: format_version"),
    ],
)
def test_a_report_that_is_none_is_refused(change: Any, message: str, report: Any, tmp_path: Path) -> None:
    place = write_report(report, tmp_path / "out")
    place.write_text(change(place.read_text()))
    with pytest.raises(InputError, match=message) as caught:
        read_report(place)
    assert str(place) in str(caught.value)


def test_clip_scores_that_are_none_are_refused(report: Any, tmp_path: Path) -> None:
    place = write_report(report, tmp_path / "out")
    scores = place.with_name("clip_scores.parquet")
    report.clip_table().drop(columns="row").to_parquet(scores)
    with pytest.raises(InputError, match="clip scores have the columns"):
        read_report(place)
    scores.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="not a Parquet file"):
        read_report(place)
    with pytest.raises(InputError, match="no report there"):
        read_report(tmp_path / "nothing")


def test_the_schema_describes_the_report(report: Any) -> None:
    schema, values = report_schema(), json.loads(report_json(report))
    assert set(schema["properties"]) == set(values)
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["MetricValue"]["properties"]) == set(values["metrics"]["mpjpe"])
    json.dumps(schema)
