"""What a generator is, and how one is found: by entry point or as ``module:Factory``."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..errors import InputError
from .request import Request

ENTRY_POINT_GROUP = "handx_bench.generators"


class GeneratorError(InputError):
    """A generator cannot be found or made, or what it returned is no motion."""


@runtime_checkable
class Generator(Protocol):
    """Anything with a name that answers requests with motions.

    ``generate`` returns ``(N, K, T, 2, 21, 3)`` real numbers in metres for N requests, K = ``num_samples``
    and T = the longest ``request.length``; frames beyond a request's own length are not looked at. Every
    random draw for a request must come from ``request.seed`` (``seed`` is that of the whole run, for
    information), so that the answer depends neither on the batch nor on the order.
    """

    name: str

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray: ...


def list_generators() -> dict[str, str]:
    """Installed generators: entry-point name and where it leads (``module:Factory``), without importing
    any."""
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    return {point.name: point.value for point in sorted(points, key=lambda p: p.name)}


def load_generator(spec: str, /, **options: Any) -> Generator:
    """Make a generator.

    Args:
        spec: the name of an entry point of the group ``handx_bench.generators``, or ``module:Factory`` where
            Factory is a class or function. It runs code: only name what you trust.
        options: keyword arguments of the factory.

    Raises:
        GeneratorError: nothing of that name, the module or attribute is missing, the factory cannot be called
            or does not take the options, or what it made has no ``name`` or ``generate``.

    >>> load_generator("math:pi")
    Traceback (most recent call last):
    ...
    handx_bench.bench.generator.GeneratorError: pi of module math is a float and cannot be called (math:pi). \
Name a class or a function that makes a generator
    """
    target = spec if ":" in spec else _entry_point(spec)
    module_name, _, attribute = target.partition(":")
    factory: Any = _import(module_name, spec)
    for part in attribute.strip().split("."):
        if not part or not hasattr(factory, part):
            raise GeneratorError(
                f"module {module_name} has no attribute {attribute!r}",
                where=spec,
                fix="Check the spelling of the factory",
            )
        factory = getattr(factory, part)
    if not callable(factory):
        raise GeneratorError(
            f"{attribute} of module {module_name} is a {type(factory).__name__} and cannot be called",
            where=spec,
            fix="Name a class or a function that makes a generator",
        )
    _check_options(factory, options, spec)
    return check_generator(factory(**options), spec)


def check_generator(generator: Any, where: str = "") -> Generator:
    """Return ``generator`` if it is one.

    Raises:
        GeneratorError: it lacks a ``name`` (non-empty text) or a method ``generate``.
    """
    kind = type(generator).__name__
    name = getattr(generator, "name", None)
    if not isinstance(name, str) or not name:
        raise GeneratorError(f"the {kind} has no name", where=where, fix="Give it a non-empty text attribute `name`")
    if not callable(getattr(generator, "generate", None)):
        raise GeneratorError(
            f"the {kind} has no method generate",
            where=where,
            fix="Define generate(requests, num_samples, seed)",
        )
    checked: Generator = generator
    return checked


def _entry_point(name: str) -> str:
    found = [p for p in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP) if p.name == name]
    values = sorted({point.value for point in found})
    if not values:
        known = ", ".join(list_generators()) or "none"
        raise GeneratorError(f"no generator is called {name!r}", fix=f"Installed: {known}. Or give module:Factory")
    if len(values) > 1:
        raise GeneratorError(f"several generators are called {name!r}", fix=f"Give one of {', '.join(values)}")
    return values[0].split("[")[0].strip()


def _import(module_name: str, spec: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except SystemExit as error:
        raise GeneratorError(
            f"importing {module_name!r} tried to end the program (exit code {error.code})",
            where=spec,
            fix="Guard scripts with if __name__ == '__main__'",
        ) from error
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing == module_name or module_name.startswith(f"{missing}."):
            raise GeneratorError(
                f"there is no module {module_name!r}",
                where=spec,
                fix="Install it, or run where it can be imported",
            ) from None
        raise GeneratorError(
            f"module {module_name} needs {missing!r}, which is not installed",
            where=spec,
            fix=f"Install {missing}",
        ) from error
    except (TypeError, ValueError) as error:  # "" or ".relative"
        if module_name.strip(".") and not module_name.startswith("."):
            raise
        raise GeneratorError(f"{module_name!r} is no module name", where=spec, fix="Write module:Factory") from error


def _check_options(factory: Any, options: dict[str, Any], spec: str) -> None:
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # some builtins have none
        return
    try:
        signature.bind(**options)
    except TypeError as error:
        takes = ", ".join(signature.parameters) or "none"
        raise GeneratorError(
            f"the factory cannot be called so: {error}", where=spec, fix=f"Its options: {takes}"
        ) from None
