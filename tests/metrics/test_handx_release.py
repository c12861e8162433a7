"""Equality with the released evaluation: expected values were computed once with its code."""

import json

import numpy as np
import pytest

from handx_bench.errors import InputError
from handx_bench.metrics import handx_release as release


@pytest.fixture(scope="module")
def inputs(shared):
    return dict(np.load(shared / "golden" / "metrics_inputs.npz"))


@pytest.fixture(scope="module")
def expected(shared):
    return json.loads((shared / "golden" / "metrics_expected.json").read_text())


@pytest.mark.parametrize("group", range(3))
def test_each_generation(inputs, expected, group):
    want = expected["per_group"][group]
    pred, embedding = inputs["pred"][group], inputs["pred_embedding"][group]
    assert release.fid(inputs["gt_embedding"], embedding) == pytest.approx(want["fid"], rel=1e-4)
    assert release.diversity(embedding) == pytest.approx(want["diversity"], rel=1e-4)
    top, matching = release.r_precision(inputs["text_embedding"], embedding)
    assert top == pytest.approx(want["r_precision"], rel=1e-4)
    assert matching == pytest.approx(want["matching_score"], rel=1e-4)
    assert float(release.mpjpe_mm(pred, inputs["gt"])) == pytest.approx(want["mpjpe_mm"], rel=1e-4)
    counts = release.contact_counts(pred, inputs["gt"]).total()
    assert list(counts["intra"]) == want["intra_tp_fp_fn"]
    assert release.precision_recall_f1(*counts["intra"]) == pytest.approx(want["intra_p_r_f1"], rel=1e-4)


@pytest.mark.parametrize("group", range(3))
def test_inter_hand_contact_lies_within_the_released_random_draws(inputs, expected, group):
    seeds = [release.precision_recall_f1(*c) for c in expected["per_group"][group]["inter_tp_fp_fn_20_seeds"]]
    ours = release.precision_recall_f1(*release.contact_counts(inputs["pred"][group], inputs["gt"]).total()["inter"])
    low, high = np.min(seeds, axis=0) - 0.01, np.max(seeds, axis=0) + 0.01
    assert np.all((low <= ours) & (ours <= high)), (low, ours, high)


def test_diversity_of_the_real_embeddings(inputs, expected):
    assert release.diversity(inputs["gt_embedding"]) == pytest.approx(expected["diversity_real"], rel=1e-4)


def test_multimodality_is_the_expectation_of_the_released_draw(inputs, expected):
    embedding = inputs["pred_embedding"]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(3000):
        first, second = (rng.choice(3, 2, replace=False) for _ in range(2))
        draws.append(np.linalg.norm(embedding[first] - embedding[second], axis=-1).mean())
    ours = release.multimodality(embedding)
    assert ours == pytest.approx(np.mean(draws), rel=0.02)
    assert min(draws) - 1e-6 <= expected["multimodality_official_draw"] <= max(draws) + 1e-6


def test_contact_quality(inputs, expected):
    for motion, want in zip(inputs["gt"], expected["contact_quality"]):
        ours = release.contact_quality(motion)
        for key, value in ours.items():
            assert value == pytest.approx(want[key], rel=1e-4, abs=1e-12), key


def test_motion_intensity(inputs, expected):
    ours = release.motion_intensity(inputs["gt"][:32])
    for key, values in ours.items():
        assert values == pytest.approx(np.array([want[key] for want in expected["intensity"]]), rel=1e-4), key


def test_all_numbers_under_the_released_names(inputs, expected):
    result = release.evaluate(
        inputs["pred"].swapaxes(0, 1),
        inputs["gt"],
        text_embedding=inputs["text_embedding"],
        pred_embedding=inputs["pred_embedding"].swapaxes(0, 1),
        ref_embedding=inputs["gt_embedding"],
    )
    for ours, theirs in (("fid", "fid"), ("mpjpe_mm", "mpjpe_mm"), ("matching_score", "matching_score")):
        assert result[ours] == pytest.approx(np.mean([g[theirs] for g in expected["per_group"]]), rel=1e-4)
    assert set(result) == {
        "fid", "diversity", "multimodality", "matching_score", "r_precision_top1", "r_precision_top2",
        "r_precision_top3", "mpjpe_mm", "intra_precision", "intra_recall", "intra_f1", "inter_precision",
        "inter_recall", "inter_f1",
    }  # fmt: skip


def test_counts_are_per_clip_and_blind_to_time(inputs):
    gt = inputs["gt"][:8]
    counts = release.contact_counts(gt[:, ::-1], gt)
    assert counts.intra_tp.shape == (8,)
    assert counts.intra_fp.sum() == counts.intra_fn.sum() == counts.inter_fp.sum() == counts.inter_fn.sum() == 0


def test_mismatched_inputs_are_refused(inputs):
    with pytest.raises(InputError, match="one reference per prediction"):
        release.contact_counts(inputs["gt"][:3], inputs["gt"][:2])
    with pytest.raises(InputError, match="one embedding per clip"):
        release.evaluate(inputs["gt"], inputs["gt"], pred_embedding=inputs["gt_embedding"][:5])
    with pytest.raises(InputError, match="clip by clip"):
        release.contact_quality(inputs["gt"][:2])


def test_last_incomplete_batch_is_dropped_but_divided_by_all():
    rng = np.random.default_rng(0)
    text = rng.normal(size=(40, 4))
    top, matching = release.r_precision(text, text + 0.01)
    assert top.tolist() == [1, 1, 1]
    assert matching == pytest.approx(32 * 0.02 / 40)
    # Fewer clips than a batch: all of them are one.
    assert release.r_precision(text[:5], text[:5] + 0.01)[1] == pytest.approx(0.02)


def test_fid_of_identical_and_of_few_samples():
    x = np.random.default_rng(0).normal(size=(10, 64))
    assert release.fid(x, x) == pytest.approx(0, abs=1e-5)
    assert np.isfinite(release.fid(x, x[::-1] * 1.1))
