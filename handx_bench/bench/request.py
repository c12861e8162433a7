"""What a generator is asked: one request per clip. It never holds the motion that is to be generated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..hand.skeleton import NUM_JOINTS


@dataclass(frozen=True)
class Texts:
    """What the left hand, the right hand and both together do; empty where the task hides it or nobody wrote
    it."""

    left: str = ""
    right: str = ""
    interaction: str = ""

    def __bool__(self) -> bool:
        return bool(self.left or self.right or self.interaction)


@dataclass(frozen=True)
class Constraint:
    """The part of the motion that is given.

    Attributes:
        mask: ``(T, 2, 21)`` bool, True where a joint is given at a frame.
        values: ``(T, 2, 21, 3)`` float32 metres, the given positions; zero elsewhere, so nothing leaks.

    Raises:
        InputError: shapes or dtypes do not fit, or values are not zero outside the mask.
    """

    mask: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        if self.mask.dtype != np.bool_ or self.mask.ndim != 3 or self.mask.shape[1:] != (2, NUM_JOINTS):
            raise InputError(
                f"a constraint's mask has dtype {self.mask.dtype} and shape {self.mask.shape}",
                fix=f"Give bool (T, 2, {NUM_JOINTS})",
            )
        if self.values.shape != (*self.mask.shape, 3) or self.values.dtype != np.float32:
            raise InputError(
                f"a constraint's values have dtype {self.values.dtype} and shape {self.values.shape}",
                fix=f"Give float32 {(*self.mask.shape, 3)}",
            )
        if self.values[~self.mask].any():
            raise InputError("a constraint has values outside its mask", fix="Set them to zero: they would be a leak")

    @classmethod
    def of(cls, motion: np.ndarray, mask: np.ndarray) -> Constraint:
        """The constraint that gives ``motion (T, 2, 21, 3)`` where ``mask (T, 2, 21)`` is True."""
        return cls(mask, np.where(mask[..., None], motion, 0).astype(np.float32))


@dataclass(frozen=True)
class Request:
    """One motion that is wanted (the runner asks for K samples of it).

    Attributes:
        length: frames ``T`` wanted.
        fps: frames per second.
        constraint: the given part, or None.
        seed: to be used for every random draw of this clip. It depends on the run's seed and the clip id
            only, so that a generator which draws from it gives the same motion in any batch.
    """

    clip_id: str
    texts: Texts
    action: str
    length: int
    fps: float
    constraint: Constraint | None
    seed: int


def derive_seed(*parts: int | str) -> int:
    """A seed in [0, 2³²) from a run's seed and names, the same on every machine (SHA-256, not ``hash``).

    32 bits, because that is what every random number library accepts.

    >>> derive_seed(0, "clip-1"), derive_seed(0, "clip-2"), derive_seed("0", "clip-1")
    (978013748, 755823275, 978013748)
    """
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:4], "big")
