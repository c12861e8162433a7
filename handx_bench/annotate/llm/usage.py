"""Tokens that calls used, and what they cost."""

from __future__ import annotations

from typing import NamedTuple


class Usage(NamedTuple):
    """Answered calls and the tokens that the server counted for them.

    >>> Usage(1, 800, 300) + Usage(1, 900, 250)
    Usage(calls=2, prompt_tokens=1700, completion_tokens=550)
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: object) -> Usage:
        if not isinstance(other, Usage):
            return NotImplemented
        return Usage(*(mine + theirs for mine, theirs in zip(self, other)))


class Prices(NamedTuple):
    """US dollars per million tokens, as providers quote them.

    >>> Prices(0.15, 0.60).cost_usd(Usage(2, 1_000_000, 500_000))
    0.45
    """

    prompt: float
    completion: float

    def cost_usd(self, usage: Usage) -> float:
        """What the tokens of ``usage`` cost."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1e6


NO_USAGE = Usage()
