"""Lets a torch function take numpy arrays and then answer in numpy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch

F = TypeVar("F", bound=Callable[..., Any])


def numpy_or_torch(function: F) -> F:
    """Convert ndarray arguments to tensors; if there was one and no tensor, convert the results back.

    Results may be tensors or (named) tuples of tensors and other objects. Dtypes are kept, so float32 in gives
    float32 out.

    >>> double = numpy_or_torch(lambda x: 2 * x)
    >>> double(np.float32([1, 2]))
    array([2., 4.], dtype=float32)
    """

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        values = [*args, *kwargs.values()]
        answer_numpy = any(isinstance(v, np.ndarray) for v in values) and not any(torch.is_tensor(v) for v in values)
        result = function(*map(_to_torch, args), **{k: _to_torch(v) for k, v in kwargs.items()})
        return _to_numpy(result) if answer_numpy else result

    return wrapper  # type: ignore[return-value]


def _to_torch(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    # torch refuses negative strides and warns about read-only memory (memory-mapped Parquet, safetensors).
    if not value.flags.writeable or any(s < 0 for s in value.strides):
        value = value.copy()
    return torch.from_numpy(value)


def _to_numpy(value: Any) -> Any:
    if torch.is_tensor(value):
        return value.numpy()
    if isinstance(value, tuple):
        parts = [_to_numpy(v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
