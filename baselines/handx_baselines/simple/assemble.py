"""From single motions to the array that a generator returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from handx_bench.bench.request import Constraint, Request
from handx_bench.hand.skeleton import WRIST


def fit_length(motion: np.ndarray, length: int) -> np.ndarray:
    """``motion (T, 2, 21, 3)`` cut to ``length`` frames, or its last frame held.

    >>> fit_length(np.arange(3.0).reshape(3, 1, 1, 1), 5).ravel()
    array([0., 1., 2., 2., 2.])
    """
    return motion[np.minimum(np.arange(length), len(motion) - 1)]


def give_part(motion: np.ndarray, constraint: Constraint) -> np.ndarray:
    """Put the given part into ``motion (T, 2, 21, 3)``.

    Where the wrist of a hand is given, the whole hand is first moved there, so that a given wrist path
    carries the hand instead of tearing it apart. Then the given joints are overwritten. Nothing is blended
    over time: the seam shows, as it should for a generator that does not know better.
    """
    mask, values = constraint.mask, constraint.values
    shift = np.where(mask[:, :, WRIST, None], values[:, :, WRIST] - motion[:, :, WRIST], 0)
    return np.where(mask[..., None], values, motion + shift[:, :, None])


def assemble(requests: Sequence[Request], num_samples: int, make: Callable[[Request, int], np.ndarray]) -> np.ndarray:
    """``(N, K, T, 2, 21, 3)`` float32 from ``make(request, k)``, which gives a motion of any length."""
    longest = max(request.length for request in requests)
    out = np.empty((len(requests), num_samples, longest, 2, 21, 3), np.float32)
    for row, request in zip(out, requests):
        for k in range(num_samples):
            motion = fit_length(make(request, k), request.length)
            if request.constraint is not None:
                motion = give_part(motion, request.constraint)
            row[k] = fit_length(motion, longest)
    return out
