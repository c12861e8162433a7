"""The scores of one fixed input, so that no change of a metric's code goes unnoticed by the protocols' hashes.

If a value changed on purpose: raise the metric's ``revision`` (or ``SCORING_REVISION`` for skills and reference rows) in
``handx_bench/metrics/registry.py``, then write the file anew with ``python -m tests.metrics.test_pinned_scores``, re-freeze
the draft protocols and say so in CHANGELOG.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from handx_bench.metrics import METRICS, score
from handx_bench.metrics.registry import SCORING_REVISION
from tests.hands import random_motion

#: Claims of every kind, some of them untrue.
TEXTS = (
    "The hand moves up, then quickly forward, while the index and middle fingers bend until half bent. The thumb touches the "
    "ring fingertip twice. At the end, the pinky finger is straight, and the fingers stay together.",
    "All fingers except the thumb straighten slowly. The hand stays still, and it rotates.",
    "The palms come closer until they are near each other. The left index fingertip touches the right palm. The right hand "
    "stays to the right of the left hand. The fingertips do not touch.",
)
FILE = Path(__file__).with_name("pinned_scores.json")


def scored() -> dict[str, Any]:
    ref = random_motion(16, 60, seed=11)
    time = torch.arange(60, dtype=torch.float64)[:, None, None, None]
    # Two delays and a slow wave: errors of every kind, without a further random number.
    pred = torch.stack([ref.roll(2, 1), ref.roll(5, 1)], dim=1) + 0.003 * torch.sin(time / 4)
    given, later = np.zeros((16, 60, 2, 21), bool), np.zeros((16, 60), bool)
    given[:, :10], later[:, 30] = True, True
    report = score(
        pred, ref, sequence_ids=[str(i // 2) for i in range(16)], constraints=given, transitions=later,
        texts=[TEXTS] * 16, train=random_motion(12, 60, seed=12), draws=100,
    )  # fmt: skip
    metrics = {
        info.name: {
            "revision": info.revision,
            "values": {name: value.value for name, value in report.metrics.items() if name.split(".")[0] == info.name},
        }
        for info in METRICS.values()
    }
    overall = report.skills.overall
    scoring = {"revision": SCORING_REVISION, "overall": [overall.value, overall.low, overall.high]}
    return {"metrics": metrics, "scoring": scoring}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return scored()


@pytest.mark.parametrize("name", METRICS)
def test_a_changed_metric_has_a_new_revision(found: dict[str, Any], name: str) -> None:
    pinned = json.loads(FILE.read_text("utf-8"))["metrics"][name]
    assert found["metrics"][name]["revision"] == pinned["revision"], "write the pinned scores anew"
    assert found["metrics"][name]["values"] == pytest.approx(pinned["values"], rel=1e-6, abs=1e-9), __doc__


def test_changed_scoring_has_a_new_revision(found: dict[str, Any]) -> None:
    pinned = json.loads(FILE.read_text("utf-8"))["scoring"]
    assert found["scoring"]["revision"] == pinned["revision"], "write the pinned scores anew"
    assert found["scoring"]["overall"] == pytest.approx(pinned["overall"], rel=1e-6), __doc__


if __name__ == "__main__":
    FILE.write_text(json.dumps(scored(), indent=1) + "\n", "utf-8")
