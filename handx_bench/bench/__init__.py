"""Requests, generators, predictions, protocols: run a generator under fixed rules and score what it made.

``evaluate`` is imported from its module: ``from handx_bench.bench.evaluate import evaluate``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .generator import Generator, list_generators, load_generator
    from .predictions import Predictions, read_predictions, write_predictions
    from .protocol import Protocol, list_protocols, load_protocol
    from .report_io import read_report, write_report
    from .request import Constraint, Request, Texts, derive_seed
    from .run import build_requests, generate

_HOMES = {
    "Constraint": "request", "Request": "request", "Texts": "request", "derive_seed": "request",
    "Generator": "generator", "list_generators": "generator", "load_generator": "generator",
    "Predictions": "predictions", "read_predictions": "predictions", "write_predictions": "predictions",
    "Protocol": "protocol", "list_protocols": "protocol", "load_protocol": "protocol",
    "build_requests": "run", "generate": "run",
    "read_report": "report_io", "write_report": "report_io",
}  # fmt: skip

__all__ = [
    "Constraint",
    "Generator",
    "Predictions",
    "Protocol",
    "Request",
    "Texts",
    "build_requests",
    "derive_seed",
    "generate",
    "list_generators",
    "list_protocols",
    "load_generator",
    "load_protocol",
    "read_predictions",
    "read_report",
    "write_predictions",
    "write_report",
]


def __getattr__(name: str) -> Any:
    # Importing the package is cheap: protocols need pydantic, running needs torch, scoring more.
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
