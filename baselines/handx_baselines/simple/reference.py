"""The true motion: what no generator can beat. It looks the answer up, so it is shown without a rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from handx_bench.bench.request import Request
from handx_bench.errors import InputError

from .assemble import assemble
from .clip_store import ClipStore


class Reference:
    """Returns the motion of the requested clip, K times the same.

    Args:
        dataset, split: where the protocol's clips are; see
            :class:`~handx_baselines.simple.clip_store.ClipStore`.
    """

    name = "reference"

    def __init__(self, dataset: Any = "handx-mini", split: str = "test") -> None:
        self._clips = ClipStore(dataset, split)

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        """``(N, K, T, 2, 21, 3)``.

        Raises:
            InputError: a clip that the dataset does not have.
        """
        return assemble(requests, num_samples, lambda request, k: self._motion(request))

    def _motion(self, request: Request) -> np.ndarray:
        row = self._clips.row_of.get(request.clip_id)
        if row is None:
            raise InputError(
                "the reference generator has no such clip",
                where=f"clip {request.clip_id!r}",
                fix="Give it the protocol's dataset: --option dataset=NAME --option split=SPLIT",
            )
        return self._clips.motion(row, request)
