"""Metrics for two-hand motion: a functional core, torchmetrics classes, a registry, statistics, and ``score``.

>>> from handx_bench import metrics
>>> metrics.METRICS["mpjpe"].unit
'mm'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .registry import FAMILIES, HEADLINE, METRICS, MetricInfo, get_metric

if TYPE_CHECKING:
    from . import handx_release
    from .report import Report
    from .scoring import score

__all__ = ["FAMILIES", "HEADLINE", "METRICS", "MetricInfo", "Report", "get_metric", "handx_release", "score"]


def __getattr__(name: str) -> Any:
    """Load torch only when something is computed; metric classes are found by their name."""
    if name == "score":
        return importlib.import_module(".scoring", __name__).score
    if name == "Report":
        return importlib.import_module(".report", __name__).Report
    if name == "handx_release":
        return importlib.import_module(".handx_release", __name__)
    for info in METRICS.values():
        if info.implementation.endswith(f":{name}"):
            return info.load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """For tab completion: what is loaded on first use counts too."""
    return sorted({*globals(), *__all__, *(info.implementation.split(":")[1] for info in METRICS.values())})
