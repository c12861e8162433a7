"""Compiled functions that are kept on disk."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from numba.core.dispatcher import Dispatcher

import handx_bench


def compiled() -> Iterator[Dispatcher]:
    for module in pkgutil.walk_packages(handx_bench.__path__, "handx_bench."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Dispatcher) and value.py_func.__module__ == module.name:
                    yield value


def test_none_takes_another_from_a_different_file() -> None:
    """Else a change to that file would leave the machine code of this one as it was: wrong numbers, silently."""
    found = list(compiled())
    assert len(found) > 20
    for function in found:
        for name in function.py_func.__code__.co_names:
            used = function.py_func.__globals__.get(name)
            if isinstance(used, Dispatcher):
                assert used.py_func.__module__ == function.py_func.__module__, (function, used)
