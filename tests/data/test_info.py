"""The summary of a dataset against counts taken by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handx_bench import load_dataset
from handx_bench.data.info import summarise


def test_release(release: Path) -> None:
    summary = summarise(load_dataset(release), "mine")
    assert (summary.clips, summary.frames, summary.sequences, summary.subjects, summary.mano) == (5, 300, 5, 0, 3)
    assert summary.hours == pytest.approx(10 / 3600)
    assert summary.splits == {"train": 3, "test": 2}
    assert summary.texts == {"left": 5, "right": 5, "interaction": 5}
    assert summary.detail_levels == {"5": 5}
    assert summary.fps == {"30": 5}
    for span in summary.span_m.values():  # the fixture makes hands that span 0.16 m
        assert (span.min, span.max) == (pytest.approx(0.16, abs=1e-6), pytest.approx(0.16, abs=1e-6))


def test_real_recordings(shared: Path) -> None:
    summary = summarise(load_dataset(shared / "real_hands"), "real")
    assert (summary.clips, summary.frames) == (16, 2176)  # as its README says
    assert (summary.frames_per_clip.min, summary.frames_per_clip.max) == (34, 180)
    assert summary.texts == {"left": 0, "right": 0, "interaction": 0}
    assert summary.mano == 0
    assert 0.13 < summary.span_m["left"].median < 0.21


def test_lengths_and_rates_differ(tmp_path: Path, hands: Callable[..., np.ndarray]) -> None:
    np.savez(tmp_path / "a.npz", motion=hands(0, 30), fps=15.0)
    np.savez(tmp_path / "b.npz", motion=hands(0, 120), fps=60.0, sequence_id=np.array(["a"]))
    summary = summarise(load_dataset(tmp_path), "mixed")
    assert summary.hours == pytest.approx(4 / 3600)
    assert summary.fps == {"15": 1, "60": 1}
    assert summary.sequences == 1
