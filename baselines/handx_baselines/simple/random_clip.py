"""A random training clip: real motion that has nothing to do with what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from handx_bench.bench.request import Request, derive_seed
from handx_bench.errors import InputError

from .assemble import assemble
from .clip_store import ClipStore


class RandomClip:
    """Draws a training clip for every sample, from the request's seed; never the requested clip itself.

    Args:
        dataset, split: training clips; see :class:`~handx_baselines.simple.clip_store.ClipStore`.
    """

    name = "random-clip"

    def __init__(self, dataset: Any = "handx-mini", split: str = "train") -> None:
        self._clips = ClipStore(dataset, split)

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        """``(N, K, T, 2, 21, 3)``.

        Raises:
            InputError: there is no other clip to draw.
        """
        return assemble(requests, num_samples, self._draw)

    def _draw(self, request: Request, k: int) -> np.ndarray:
        own = self._clips.row_of.get(request.clip_id)
        count = len(self._clips) - (own is not None)
        if count == 0:
            raise InputError("the training clips hold only the requested one", where=f"clip {request.clip_id!r}")
        # Not numpy's generator: its stream may change between versions, and baselines should not.
        row = derive_seed(request.seed, k) % count
        if own is not None and row >= own:
            row += 1
        return self._clips.motion(row, request)
