"""Random numbers that are the same on every machine and with every version of numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """A stream of draws from a key of integers.

    Only PCG64's raw words are used: numpy keeps those fixed, but not the methods of its ``Generator`` (NEP 19).

    >>> draw = Draw(1, 2)
    >>> draw.choice("abc") in "abc", 2 <= draw.integer(2, 5) < 5, 0 <= draw.uniform(0, 1) < 1
    (True, True, True)
    >>> Draw(7).uniform(0, 1) == Draw(7).uniform(0, 1)
    True
    """

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return float(low + (high - low) * self._unit(1)[0])

    def array(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Numbers in [low, high), of the given shape."""
        return low + (high - low) * self._unit(int(np.prod(shape))).reshape(shape)

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high)."""
        return low + int(self._unit(1)[0] * (high - low))

    def choice(self, items: Sequence[T]) -> T:
        """One of ``items``."""
        return items[self.integer(0, len(items))]

    def permutation(self, count: int) -> list[int]:
        """The numbers below ``count`` in random order (stable sort of random keys)."""
        return [int(i) for i in np.argsort(self._unit(count), kind="stable")]

    def _unit(self, count: int) -> np.ndarray:
        raw = np.asarray(self._bits.random_raw(count), dtype=np.uint64)
        return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53
