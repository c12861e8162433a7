"""Medians and ratios; absolute times are only as good as the machine is quiet."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from statistics import median
from typing import Any


def timed(function: Callable[[], Any], repeats: int = 5) -> float:
    """Median wall-clock seconds of ``repeats`` runs after one that is not counted."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def peak_memory_gb() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
