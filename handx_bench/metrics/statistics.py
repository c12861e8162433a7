"""Uncertainty: clustered bootstrap, rank intervals, tie groups, Holm's correction.

Clips of one recording are not independent, so whole recordings (``sequence_id``) are drawn. One seed gives every
entrant the same draws: differences between entrants are paired by construction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DRAWS = 1000
CONFIDENCE = 0.95


def bootstrap_weights(clusters: Sequence[str], draws: int = DRAWS, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """How often each cluster is drawn.

    Clusters are numbered by sorted name, so the order of clips changes nothing.

    Args:
        clusters: ``(N,)`` name of each clip's cluster.

    Returns:
        ``weights (draws, C)`` float64 counts that sum to C in each draw, ``codes (N,)`` index of each clip's cluster.
        A single cluster tells nothing about others: there are no draws then, ``weights (0, 1)``, and no interval.

    >>> weights, codes = bootstrap_weights(["b", "a", "b"], draws=2, seed=0)
    >>> codes, weights.sum(axis=1)
    (array([1, 0, 1]), array([2., 2.]))
    """
    names, codes = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    if len(names) < 2:
        return np.zeros((0, len(names))), codes.reshape(-1)
    rng = np.random.Generator(np.random.PCG64(seed))
    picks = rng.integers(len(names), size=(draws, len(names)))
    flat = picks + np.arange(draws)[:, None] * len(names)
    weights = np.bincount(flat.ravel(), minlength=draws * len(names)).reshape(draws, -1)
    return weights.astype(np.float64), codes.reshape(-1)


def cluster_sums(values: np.ndarray, codes: np.ndarray, num_clusters: int) -> np.ndarray:
    """Sums ``(C,)`` of ``values (N,)`` within clusters; sorted first, so that the order of clips changes no digit."""
    order = np.lexsort((values, codes))
    return np.bincount(codes[order], weights=values[order], minlength=num_clusters)


def ratio_samples(numerator: np.ndarray, denominator: np.ndarray, weights: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Bootstrap draws ``(draws,)`` of Σ numerator / Σ denominator, NaN where a draw has an empty denominator."""
    top, bottom = (weights @ cluster_sums(x, codes, weights.shape[1]) for x in (numerator, denominator))
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def percentile_interval(samples: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Central interval of bootstrap draws, NaN draws left out; None where no draw is defined.

    >>> low, high = percentile_interval(np.arange(1001.0))
    >>> round(low, 6), round(high, 6)
    (25.0, 975.0)
    """
    finite = samples[np.isfinite(samples)]
    if finite.size == 0:
        return None
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(finite, [tail, 100 - tail])
    return float(low), float(high)


def repetition_half_width(values: np.ndarray) -> float | None:
    """``1.96·std/√R`` of R repetitions, as papers of the field print it; None for fewer than two.

    It tells how much the generator's dice matter, not how much the choice of clips does.

    >>> repetition_half_width(np.array([1.0, 3.0]))
    1.3859292911256331
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return None
    return float(1.96 * finite.std() / np.sqrt(finite.size))


def ranks(scores: np.ndarray, higher_is_better: bool = True) -> np.ndarray:
    """Rank of each entrant along the last axis, 1 best; equal scores share the mean of their ranks.

    >>> ranks(np.array([0.2, 0.9, 0.2]))
    array([2.5, 1. , 2.5])
    """
    x = scores if higher_is_better else -scores
    better = (x[..., None, :] > x[..., :, None]).sum(-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(-1)
    return better + (equal + 1) / 2


def rank_intervals(samples: np.ndarray, higher_is_better: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Rank that each of M entrants has in the central 95 % of ``samples (draws, M)``: best and worst, ``(M,)`` each.

    Ranks come in whole numbers, so the bounds are the lower and the upper whole rank of the percentiles. Without a draw
    every rank is possible.
    """
    if len(samples) == 0:
        return np.ones(samples.shape[1], dtype=int), np.full(samples.shape[1], samples.shape[1], dtype=int)
    place = ranks(samples, higher_is_better)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(place, [tail, 100 - tail], axis=0)
    return np.floor(low).astype(int), np.ceil(high).astype(int)


def separable(difference: np.ndarray, confidence: float = CONFIDENCE) -> bool:
    """Whether the central interval of paired differences excludes 0."""
    interval = percentile_interval(difference, confidence)
    return interval is not None and not interval[0] <= 0 <= interval[1]


def tie_groups(samples: np.ndarray, estimates: np.ndarray, higher_is_better: bool = True) -> list[int]:
    """Group of each entrant, 1 the best.

    Entrants are taken from best to worst: a group opens at its leader, and an entrant joins while its paired
    difference to that leader is not separable.

    Args:
        samples: ``(draws, M)`` paired bootstrap draws.
        estimates: ``(M,)`` point values.

    >>> tie_groups(np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2]]), np.array([0.95, 0.95, 0.15]))
    [1, 1, 2]
    """
    order = np.argsort(-estimates if higher_is_better else estimates, kind="stable")
    groups = [0] * len(estimates)
    leader, group = -1, 0
    for entrant in order:
        if leader < 0 or separable(samples[:, leader] - samples[:, entrant]):
            leader, group = int(entrant), group + 1
        groups[entrant] = group
    return groups


def paired_p_value(difference: np.ndarray) -> float:
    """Two-sided bootstrap p-value of "no difference" from paired draws, never below 2/(draws + 1)."""
    finite = difference[np.isfinite(difference)]
    if finite.size == 0:
        return 1.0
    tail = min((finite <= 0).sum(), (finite >= 0).sum())
    return float(min(1.0, 2 * (tail + 1) / (finite.size + 1)))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjusted p-values (Holm, Scand J Stat 1979).

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    out = np.empty_like(adjusted)
    out[order] = adjusted
    return out
