"""When things happen in a clip: beats of a repeated movement and the phase between the hands."""

from __future__ import annotations

from dataclasses import dataclass

from ...hand.skeleton import HANDS, LEFT, RIGHT
from .draw import Draw
from .plan import FRAMES

LAST = FRAMES - 1.0


@dataclass(frozen=True)
class Beat:
    """One repetition in frames: closes from ``start`` to ``on``, holds to ``off``, opens to ``end``."""

    start: float
    on: float
    off: float
    end: float


@dataclass(frozen=True)
class Phase:
    """Which hands act and by how many frames each is late."""

    name: str
    acting: tuple[int, ...]
    lags: tuple[float, float]

    @property
    def hands(self) -> tuple[str, ...]:
        """Names of the acting hands."""
        return tuple(HANDS[h] for h in self.acting)

    @property
    def lag(self) -> float:
        """Frames between the hands."""
        return abs(self.lags[0] - self.lags[1])


def single_phase(draw: Draw, repetitions: int, cycle: float) -> Phase:
    """How the hands share a gesture that each can do alone: one hand, together, alternating, one leads."""
    kind, first = draw.uniform(0.0, 1.0), draw.integer(0, 2)
    if kind < 0.34:
        return Phase("alone", (first,), (0.0, 0.0))
    if kind < 0.62:
        return Phase("together", (LEFT, RIGHT), (0.0, 0.0))
    if kind < 0.76 and repetitions > 1:
        return Phase(f"alternating from {HANDS[first]}", (LEFT, RIGHT), _late(1 - first, cycle / 2.0))
    return leading(draw, first, 10.0 if repetitions == 1 else min(5.0, 0.35 * cycle))


def leading(draw: Draw, first: int, most: float = 10.0) -> Phase:
    """Hand ``first`` leads by 2 to ``most`` frames."""
    return Phase(f"{HANDS[first]} leads", (LEFT, RIGHT), _late(1 - first, draw.uniform(2.0, most)))


def pair_phase(draw: Draw) -> Phase:
    """How the hands come together: at once, or one sets out 2–10 frames earlier."""
    if draw.uniform(0.0, 1.0) < 0.5:
        return Phase("together", (LEFT, RIGHT), (0.0, 0.0))
    return leading(draw, draw.integer(0, 2))


def beats(draw: Draw, repetitions: int, begin: float, end: float) -> list[Beat]:
    """Even repetitions between two frames, of varied proportions."""
    cycle = (end - begin) / repetitions
    close, hold, back = draw.uniform(0.30, 0.38), draw.uniform(0.28, 0.36), draw.uniform(0.22, 0.26)
    out = []
    for i in range(repetitions):
        start = begin + i * cycle
        on = start + close * cycle
        off = on + hold * cycle
        out.append(Beat(start, on, off, off + back * cycle))
    return out


def _late(hand: int, frames: float) -> tuple[float, float]:
    return (frames, 0.0) if hand == LEFT else (0.0, frames)
