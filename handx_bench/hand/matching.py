"""Matching predicted to reference events, as in music and sound-event evaluation.

Within one group (a channel of a clip) the matching is of maximum size among the admissible pairs and, among those, of
least total cost. Events are sorted in time, so an optimal matching never crosses and a dynamic programme over both
lists finds it; sizes agree with the bipartite matching of mir_eval (Raffel et al., *mir_eval*, ISMIR 2014).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np


class Matching(NamedTuple):
    """Indices into the two lists of events, one entry per matched pair."""

    reference: np.ndarray
    predicted: np.ndarray


def match_onsets(
    reference: np.ndarray,
    predicted: np.ndarray,
    tolerance: float,
    reference_group: np.ndarray | None = None,
    predicted_group: np.ndarray | None = None,
) -> Matching:
    """Match onsets within groups.

    Args:
        reference: ``(R,)`` times, sorted within each group.
        predicted: ``(P,)`` times in the same unit.
        tolerance: largest difference of a pair, inclusive.
        reference_group: ``(R,)`` non-decreasing integers; one group where None.
        predicted_group: ``(P,)`` likewise.

    >>> match_onsets(np.array([10, 20]), np.array([11, 12, 40]), tolerance=3)
    Matching(reference=array([0]), predicted=array([0]))
    """
    ref, pred = (np.stack([x, x], axis=1) for x in (np.asarray(reference), np.asarray(predicted)))
    return _match(ref, pred, float(tolerance), reference_group, predicted_group, by_overlap=False)


def match_intervals(
    reference: np.ndarray,
    predicted: np.ndarray,
    min_iou: float,
    reference_group: np.ndarray | None = None,
    predicted_group: np.ndarray | None = None,
) -> Matching:
    """Match half-open intervals ``(R, 2)`` and ``(P, 2)``, disjoint within a group, of at least ``min_iou`` overlap.

    >>> match_intervals(np.array([[0, 10]]), np.array([[2, 10], [20, 30]]), min_iou=0.5)
    Matching(reference=array([0]), predicted=array([0]))
    """
    return _match(reference, predicted, 1.0 - min_iou, reference_group, predicted_group, by_overlap=True)


def _match(
    reference: np.ndarray,
    predicted: np.ndarray,
    largest_cost: float,
    reference_group: np.ndarray | None,
    predicted_group: np.ndarray | None,
    by_overlap: bool,
) -> Matching:
    ref, pred = (np.ascontiguousarray(x, np.float64).reshape(-1, 2) for x in (reference, predicted))
    ref_group = np.zeros(len(ref), np.int64) if reference_group is None else np.asarray(reference_group, np.int64)
    pred_group = np.zeros(len(pred), np.int64) if predicted_group is None else np.asarray(predicted_group, np.int64)
    for times, group in ((ref, ref_group), (pred, pred_group)):
        step = np.diff(group)
        if np.any(step < 0) or np.any((np.diff(times[:, 0]) < 0) & (step == 0)):
            raise ValueError("events must be sorted by group and time")
    groups = np.intersect1d(ref_group, pred_group)
    bounds = [np.searchsorted(g, groups, side=side) for g in (ref_group, pred_group) for side in ("left", "right")]
    out = np.empty((min(len(ref), len(pred)), 2), np.int64)
    size = _match_groups(ref, pred, *bounds, largest_cost + 1e-9, by_overlap, out)
    return Matching(out[:size, 0].copy(), out[:size, 1].copy())


@numba.njit(cache=True)
def _cost(a: np.ndarray, b: np.ndarray, by_overlap: bool) -> float:  # pragma: no cover - compiled
    if not by_overlap:
        return abs(a[0] - b[0])
    overlap = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return 1.0 - overlap / (a[1] - a[0] + b[1] - b[0] - overlap)


@numba.njit(cache=True)
def _match_groups(
    ref: np.ndarray,
    pred: np.ndarray,
    ref_start: np.ndarray,
    ref_end: np.ndarray,
    pred_start: np.ndarray,
    pred_end: np.ndarray,
    largest_cost: float,
    by_overlap: bool,
    out: np.ndarray,
) -> int:  # pragma: no cover - compiled
    size = 0
    for g in range(len(ref_start)):
        r0, p0 = ref_start[g], pred_start[g]
        num_ref, num_pred = ref_end[g] - r0, pred_end[g] - p0
        # Best over the first i references and j predictions: most pairs, then least cost.
        pairs = np.zeros((num_ref + 1, num_pred + 1), np.int64)
        cost = np.zeros((num_ref + 1, num_pred + 1))
        for i in range(1, num_ref + 1):
            for j in range(1, num_pred + 1):
                p, c = pairs[i - 1, j], cost[i - 1, j]
                if pairs[i, j - 1] > p or (pairs[i, j - 1] == p and cost[i, j - 1] < c):
                    p, c = pairs[i, j - 1], cost[i, j - 1]
                own = _cost(ref[r0 + i - 1], pred[p0 + j - 1], by_overlap)
                if own <= largest_cost:
                    q, d = pairs[i - 1, j - 1] + 1, cost[i - 1, j - 1] + own
                    if q > p or (q == p and d < c):
                        p, c = q, d
                pairs[i, j], cost[i, j] = p, c
        first = size
        i, j = num_ref, num_pred
        while i > 0 and j > 0:
            if pairs[i, j] == pairs[i - 1, j] and cost[i, j] == cost[i - 1, j]:
                i -= 1
            elif pairs[i, j] == pairs[i, j - 1] and cost[i, j] == cost[i, j - 1]:
                j -= 1
            else:
                out[size, 0], out[size, 1] = r0 + i - 1, p0 + j - 1
                size += 1
                i -= 1
                j -= 1
        out[first:size] = out[first:size][::-1].copy()
    return size
