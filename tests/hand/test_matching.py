"""Matching against mir_eval and against SciPy's assignment."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from handx_bench.hand import match_intervals, match_onsets

times = st.lists(st.integers(0, 60), max_size=12, unique=True).map(sorted)


def assignment(cost: np.ndarray, largest: float) -> tuple[int, float]:
    """Most pairs within the tolerance, then least cost, by the Hungarian method."""
    if cost.size == 0:
        return 0, 0.0
    forbidden = cost > largest + 1e-9
    weighted = np.where(forbidden, 1e6, cost)
    rows, columns = linear_sum_assignment(weighted)
    good = ~forbidden[rows, columns]
    return int(good.sum()), float(cost[rows, columns][good].sum())


@given(times, times, st.sampled_from([0, 1, 2, 3, 6, 15]))
@settings(max_examples=300)
def test_onsets_equal_mir_eval_and_the_hungarian_method(reference, predicted, tolerance):
    ref, pred = np.array(reference, float), np.array(predicted, float)
    found = match_onsets(ref, pred, tolerance)
    theirs = mir_eval.util.match_events(ref, pred, tolerance) if len(ref) and len(pred) else []
    assert len(found.reference) == len(theirs)
    size, cost = assignment(np.abs(ref[:, None] - pred[None]), tolerance)
    assert len(found.reference) == size
    assert np.abs(ref[found.reference] - pred[found.predicted]).sum() == pytest.approx(cost)
    assert len(set(found.reference.tolist())) == len(set(found.predicted.tolist())) == size


@given(times, times, st.sampled_from([0.3, 0.5, 0.7]))
@settings(max_examples=200)
def test_intervals_equal_the_hungarian_method(reference, predicted, min_iou):
    ref, pred = (np.array(x[: len(x) // 2 * 2], float).reshape(-1, 2) for x in (reference, predicted))
    found = match_intervals(ref, pred, min_iou)
    overlap = np.minimum(ref[:, None, 1], pred[None, :, 1]) - np.maximum(ref[:, None, 0], pred[None, :, 0])
    overlap = np.maximum(overlap, 0)
    union = (ref[:, 1] - ref[:, 0])[:, None] + (pred[:, 1] - pred[:, 0])[None] - overlap
    iou = overlap / union if union.size else np.zeros((len(ref), len(pred)))
    size, cost = assignment(1 - iou, 1 - min_iou)
    assert len(found.reference) == size
    assert (1 - iou[found.reference, found.predicted]).sum() == pytest.approx(cost)


def test_groups_do_not_mix():
    ref, pred = np.array([5, 9, 5]), np.array([5, 6, 9])
    found = match_onsets(ref, pred, 1, np.array([0, 0, 2]), np.array([0, 2, 2]))
    assert list(zip(found.reference.tolist(), found.predicted.tolist())) == [(0, 0), (2, 1)]


def test_most_pairs_come_before_least_distance():
    # Greedy by distance would pair 10–10 and leave 12 alone.
    found = match_onsets(np.array([10, 12]), np.array([8, 10]), 2)
    assert list(zip(found.reference.tolist(), found.predicted.tolist())) == [(0, 0), (1, 1)]


def test_unsorted_events_are_refused():
    with pytest.raises(ValueError, match="sorted"):
        match_onsets(np.array([3, 1]), np.array([1]), 1)
