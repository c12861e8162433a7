"""Counts of a distribution metric by cluster, for its value, its bootstrap and its reference rows."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from .functional.distributions import Distribution
from .statistics import percentile_interval

#: Draws computed at a time, so that dense counts stay within tens of megabytes.
_BLOCK = 50


class PooledCounts:
    """Histogram counts of predictions and references, ``(C, cells)`` each, sparse: a clip fills few cells."""

    def __init__(self, distribution: Distribution, num_clusters: int) -> None:
        self.distribution, self.num_clusters = distribution, num_clusters
        self._parts: tuple[list[sparse.coo_array], list[sparse.coo_array]] = ([], [])
        self._total: tuple[sparse.csr_array, sparse.csr_array] | None = None

    def add(self, pred: np.ndarray, ref: np.ndarray, codes: np.ndarray) -> None:
        """Count the cells (:meth:`Distribution.cells`) of clips whose clusters are ``codes (N,)``."""
        for parts, cells in zip(self._parts, (pred, ref)):
            flat = cells.reshape(len(cells), -1)
            rows = np.repeat(codes, len(flat) // len(codes))[:, None]
            keys = (rows * self.distribution.size + flat)[flat >= 0]
            unique, count = np.unique(keys, return_counts=True)
            index = np.divmod(unique, self.distribution.size)
            parts.append(sparse.coo_array((count, index), shape=(self.num_clusters, self.distribution.size)))

    def value(self) -> dict[str, float | None]:
        """Distance by variant over all clips."""
        return self._distance(np.ones(self.num_clusters))

    def intervals(self, weights: np.ndarray) -> dict[str, tuple[float | None, float | None]]:
        """Central 95 % over the draws ``weights (draws, C)``.

        Resampling adds noise of its own to a distance, so draws lie above the value; they are moved back by their bias.
        """
        pred, ref = self._counts()
        value = self.value()
        samples: dict[str, list[np.ndarray]] = {}
        for start in range(0, len(weights), _BLOCK):
            block = weights[start : start + _BLOCK]
            distances = self.distribution.distance(*(torch.from_numpy((x.T @ block.T).T) for x in (pred, ref)))
            for variant, distance in distances.items():
                samples.setdefault(variant, []).append(distance.numpy())
        return {v: _unbiased_interval(np.concatenate(parts), value[v]) for v, parts in samples.items()}

    def reference_rows(self, halves: np.ndarray | None) -> dict[str, dict[str, float | None]]:
        """Distance of the references to themselves, of one half to the other half, and of shuffled clips (0 too)."""
        _, ref = self._counts()
        whole = ref.sum(0)
        own = self._numbers(whole, whole)
        rows = {"self": own, "chance": own}
        if halves is not None:
            rows["half_split"] = self._numbers(ref[halves].sum(0), ref[~halves].sum(0))
        return rows

    def _counts(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        if self._total is None:
            # Stacked and summed once: adding matrix by matrix would copy the sum every time.
            pred, ref = (self._merged(parts) for parts in self._parts)
            self._total = pred, ref
        return self._total

    def _merged(self, parts: list[sparse.coo_array]) -> sparse.csr_array:
        rows, columns, counts = (
            np.concatenate(list(arrays)) if arrays else np.zeros(0, np.int64)
            for arrays in ([p.coords[0] for p in parts], [p.coords[1] for p in parts], [p.data for p in parts])
        )
        return sparse.coo_array((counts, (rows, columns)), shape=(self.num_clusters, self.distribution.size)).tocsr()

    def _distance(self, weights: np.ndarray) -> dict[str, float | None]:
        pred, ref = self._counts()
        return self._numbers(weights @ pred, weights @ ref)

    def _numbers(self, pred: np.ndarray, ref: np.ndarray) -> dict[str, float | None]:
        distances = self.distribution.distance(torch.from_numpy(np.asarray(pred)), torch.from_numpy(np.asarray(ref)))
        return {v: float(d) if np.isfinite(float(d)) else None for v, d in distances.items()}


def _unbiased_interval(draws: np.ndarray, value: float | None) -> tuple[float | None, float | None]:
    interval = percentile_interval(draws)
    if interval is None or value is None:
        return None, None
    bias = float(np.nanmean(draws)) - value
    return max(0.0, interval[0] - bias), max(0.0, interval[1] - bias)
