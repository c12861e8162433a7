"""Claim agreement: own, other and disturbed motions; rows, coverage and bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from handx_bench import load_dataset, metrics
from handx_bench.annotate.claims import CLAIMS_REVISION, check_text
from handx_bench.annotate.codes import motion_codes
from handx_bench.errors import InputError
from handx_bench.metrics import METRICS, score
from handx_bench.metrics.functional.semantics import claim_agreement

PARTS = ("left", "right", "interaction")


@pytest.fixture(scope="module")
def clips() -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    rows = load_dataset("handx-mini", "validation").select(range(0, 256, 8))
    texts = [(r["left_texts"][3], r["right_texts"][3], r["interaction_texts"][3]) for r in rows]
    return np.stack([r["motion"] for r in rows]), texts


def test_equals_counting_claims_one_by_one(clips) -> None:
    motion, texts = clips
    pred = np.stack([motion, np.roll(motion, 1, axis=0)], axis=1)[:6]
    found = claim_agreement(pred, motion[:6], texts=texts[:6])
    for i in range(6):
        shares = []
        for k in range(2):
            checks = [check_text(text, motion_codes(pred[i, k]), part) for text, part in zip(texts[i], PARTS)]
            shares.append(sum(c.satisfied for c in checks) / sum(c.applicable for c in checks))
        assert found[""].value[i] == pytest.approx(np.mean(shares))
    left = [check_text(texts[i][0], motion_codes(pred[i, 1]), "left").agreement for i in range(6)]
    np.testing.assert_allclose(found["left"].by_generation[0][:, 1], left)


def test_real_motion_bears_out_its_texts_and_others_do_not(clips) -> None:
    motion, texts = clips
    rng = np.random.default_rng(0)
    shaken = motion + 0.01 * np.sin(np.arange(60)[:, None, None, None] / 3 + 6 * rng.random((len(motion), 1, 2, 21, 3)))
    report = score(shaken, motion, texts=texts, metrics=["claim_agreement"], draws=50)
    rows, value = report.reference_rows, report.metrics["claim_agreement"]
    assert rows["self"]["claim_agreement"] == 1.0
    assert rows["chance"]["claim_agreement"] < 0.5
    assert rows["chance"]["claim_agreement"] < value.value < 1.0
    assert value.coverage == 1.0
    assert value.low <= value.value <= value.high
    assert 0 < report.skills.metrics["claim_agreement"].value < 1
    assert report.skills.families["semantics"].value == report.skills.metrics["claim_agreement"].value


def test_coverage_is_the_share_of_clauses_that_were_read(clips) -> None:
    motion, _ = clips
    texts = [("The hand moves up, and it expresses joy.", "", "A bird sings."), ("", "", "")]
    found = claim_agreement(motion[:2], motion[:2], texts=texts)
    assert found[""].coverage.tolist() == pytest.approx([1 / 3, 0.0])
    assert found["left"].coverage.tolist() == [0.5, 0.0]
    assert found[""].value[0] in (0.0, 1.0)
    assert found[""].value[1].isnan()


def test_class_adds_up_batches(clips) -> None:
    motion, texts = clips
    metric = metrics.ClaimAgreement()
    metric.update(motion[:5], texts=texts[5:10])
    metric.update(motion[5:8], texts=texts[:3])
    whole = claim_agreement(motion[:8], motion[:8], texts=texts[5:10] + texts[:3])
    torch.testing.assert_close(metric.compute(), whole[""].mean)


def test_left_out_without_texts(clips) -> None:
    motion, _ = clips
    assert "claim_agreement" not in score(motion[:4], motion[:4], draws=5).metrics


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["one text"] * 4, "expected three texts"),
        ([("a", "b")] * 4, "expected three texts"),
        ([("a", "b", 3)] * 4, "expected three texts"),
        ([("a", "b", "c")] * 3, "3 texts for 4 clips"),
    ],
)
def test_bad_texts(clips, texts, told) -> None:
    motion, _ = clips
    with pytest.raises(InputError, match=told):
        score(motion[:4], motion[:4], texts=texts)
    with pytest.raises(InputError, match="needs texts"):
        score(motion[:4], motion[:4], metrics=["claim_agreement"])


def test_the_metric_has_the_revision_of_the_claims() -> None:
    """Claims judged otherwise are other scores: the protocols' hashes must see it."""
    assert METRICS["claim_agreement"].revision == CLAIMS_REVISION
