"""Counts of a distribution metric by cluster, for its value, its bootstrap and its reference rows."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from .functional.distributions import Distribution
from .statistics import percentile_interval

#: Draws computed at a time, so that dense counts stay within tens of megabytes.
_BLOCK = 50


class _Entries:
    """Rows, columns and counts of a growing sparse matrix, in one buffer that doubles when it is full.

    Kept as one small array per chunk, they would lie scattered between the large ones that each chunk frees, and the
    process would never give that memory back.
    """

    def __init__(self) -> None:
        self._buffer, self._size = np.empty((3, 1 << 16), np.int32), 0

    def append(self, *columns: np.ndarray) -> None:
        end = self._size + len(columns[0])
        if end > self._buffer.shape[1]:
            grown = np.empty((3, max(end, 2 * self._buffer.shape[1])), np.int32)
            grown[:, : self._size] = self._buffer[:, : self._size]
            self._buffer = grown
        self._buffer[:, self._size : end] = columns
        self._size = end

    def matrix(self, shape: tuple[int, int]) -> sparse.csr_array:
        rows, columns, counts = self._buffer[:, : self._size]
        return sparse.csr_array((counts, (rows, columns)), shape=shape)


class PooledCounts:
    """Histogram counts of predictions and references, ``(C, cells)`` each, sparse: a clip fills few cells."""

    def __init__(self, distribution: Distribution, num_clusters: int) -> None:
        self.distribution, self.num_clusters = distribution, num_clusters
        self._entries = _Entries(), _Entries()
        self._total: tuple[sparse.csr_array, sparse.csr_array] | None = None

    def add(self, pred: np.ndarray, ref: np.ndarray, codes: np.ndarray) -> None:
        """Count the cells (:meth:`Distribution.cells`) of clips whose clusters are ``codes (N,)``."""
        for entries, cells in zip(self._entries, (pred, ref)):
            flat = cells.reshape(len(cells), -1)
            rows = np.repeat(codes, len(flat) // len(codes))[:, None]
            keys = (rows * self.distribution.size + flat)[flat >= 0]
            unique, count = np.unique(keys, return_counts=True)
            entries.append(*np.divmod(unique, self.distribution.size), count)

    def value(self) -> dict[str, float | None]:
        """Distance by variant over all clips."""
        return self._distance(np.ones(self.num_clusters))

    def intervals(self, weights: np.ndarray) -> dict[str, tuple[float | None, float | None]]:
        """Central 95 % over the draws ``weights (draws, C)``.

        Resampling adds noise of its own to a distance, so draws lie above the value; they are moved back by their bias.
        """
        pred, ref = self._counts()
        spread = self._spread()
        value = self.value()
        samples: dict[str, list[np.ndarray]] = {variant: [np.zeros(0)] for variant in value}
        for start in range(0, len(weights), _BLOCK):
            block = weights[start : start + _BLOCK]
            ours, theirs = (torch.from_numpy((x.T @ block.T).T) for x in (pred, ref))
            for variant, distance in self.distribution.distance(ours, theirs, spread).items():
                samples[variant].append(distance.numpy())
        return {v: _unbiased_interval(np.concatenate(parts), value[v]) for v, parts in samples.items()}

    def coverage(self) -> dict[str, float]:
        """Share of each variant's marginals that have a distance and that the predictions fill."""
        pred, ref = (_dense(x.sum(0)) for x in self._counts())
        known = self.distribution.distances(pred, ref).isfinite() & self.distribution.filled(pred)
        return {variant: float(share) for variant, share in self.distribution.by_group(known.double()).items()}

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
            shape = (self.num_clusters, self.distribution.size)
            pred, ref = (entries.matrix(shape) for entries in self._entries)
            self._total = pred, ref
        return self._total

    def _distance(self, weights: np.ndarray) -> dict[str, float | None]:
        pred, ref = self._counts()
        return self._numbers(weights @ pred, weights @ ref)

    def _numbers(self, pred: np.ndarray, ref: np.ndarray) -> dict[str, float | None]:
        distances = self.distribution.distance(_dense(pred), _dense(ref), self._spread())
        return {v: float(d) if np.isfinite(float(d)) else None for v, d in distances.items()}

    def _spread(self) -> torch.Tensor:
        """Of all references: a draw of few recordings may have none of its own."""
        return self.distribution.spread(_dense(self._counts()[1].sum(0)))


def _dense(counts: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(counts))


def _unbiased_interval(draws: np.ndarray, value: float | None) -> tuple[float | None, float | None]:
    interval = percentile_interval(draws)
    if interval is None or value is None:
        return None, None
    bias = float(np.nanmean(draws)) - value
    return max(0.0, interval[0] - bias), max(0.0, interval[1] - bias)
