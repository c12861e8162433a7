"""Benchmark and leaderboard toolkit for generating two-hand 3-D hand motion.

``load_dataset`` reads any supported motion data; ``metrics.score`` scores predictions against references.
Importing the package is cheap: torch and datasets are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .data import load_dataset

__all__ = ["__version__", "load_dataset"]


def __getattr__(name: str) -> Any:
    if name == "load_dataset":
        return importlib.import_module(".data", __name__).load_dataset
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
