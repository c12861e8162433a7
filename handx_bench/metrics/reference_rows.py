"""Who stands in for the prediction in the reference rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def chance_partners(clip_ids: Sequence[str], codes: np.ndarray, num: int, seed: int) -> np.ndarray:
    """``(N, num)`` indices of other real clips for each clip, of other recordings wherever there are any.

    A seeded round: clips stand in random order and look at the next ones, so that every clip serves equally often. The
    round starts from the sorted ids: partners do not depend on the order in which clips are given.

    Args:
        clip_ids: ``(N,)`` unique.
        codes: ``(N,)`` number of each clip's recording.

    >>> chance_partners(["a", "b", "c", "d"], np.array([0, 0, 1, 1]), num=1, seed=0)[:, 0] // 2
    array([1, 1, 0, 0])
    """
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    order = np.argsort(np.asarray(clip_ids, dtype=str), kind="stable")[rng.permutation(len(codes))]
    ring = codes[order]
    out = np.empty((len(codes), num), dtype=np.int64)
    step = np.arange(1, len(codes)) if len(codes) > 1 else np.zeros(1, dtype=np.int64)
    for place, clip in enumerate(order):
        others = (place + step) % len(codes)
        foreign = others[ring[others] != ring[place]]
        pool = foreign if len(foreign) else others
        out[clip] = order[np.resize(pool[:num], num)]
    return out


def half_split(num_clusters: int, seed: int) -> np.ndarray | None:
    """``(C,)`` mask of one half of the recordings; None where there is only one."""
    if num_clusters < 2:
        return None
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    mask = np.zeros(num_clusters, dtype=bool)
    mask[rng.permutation(num_clusters)[: num_clusters // 2]] = True
    return mask
