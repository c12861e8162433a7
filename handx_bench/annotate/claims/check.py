"""Texts against motion codes: how many claims hold, how much of the text could be checked."""

from __future__ import annotations

from dataclasses import dataclass

from ..codes.motion import MotionCodes
from ..texts import PARTS, Texts
from .claim import Status, Verdict, check_claims
from .parse import parse

#: Raised whenever the same text and motion may be judged otherwise than before: by words, grammar, codes or rules.
CLAIMS_REVISION = 2


@dataclass(frozen=True)
class TextCheck:
    """What became of a text.

    Attributes:
        verdicts: one per claim.
        coverage: share of the text's clauses that claim something that can be checked.
        unread: the other clauses.
    """

    verdicts: tuple[Verdict, ...]
    coverage: float
    unread: tuple[str, ...] = ()

    @property
    def satisfied(self) -> int:
        """Claims that hold."""
        return self._count(Status.SATISFIED)

    @property
    def applicable(self) -> int:
        """Claims that can be checked: satisfied and violated ones."""
        return self.satisfied + self._count(Status.VIOLATED)

    @property
    def agreement(self) -> float | None:
        """Satisfied over applicable; None where nothing can be checked."""
        return self.satisfied / self.applicable if self.applicable else None

    @property
    def violated(self) -> tuple[str, ...]:
        """The pieces of text that claim what is not so, each once, with the reason."""
        wrong = (v for v in self.verdicts if v.status is Status.VIOLATED)
        return tuple(dict.fromkeys(f'"{v.claim.words}": {v.reason}' for v in wrong))

    def _count(self, status: Status) -> int:
        return sum(verdict.status is status for verdict in self.verdicts)


def check_text(text: str, codes: MotionCodes, part: str = "interaction") -> TextCheck:
    """Check one text; ``part`` ("left", "right" or "interaction") says whose hand is meant where it names none."""
    reading = parse(text, part)
    return TextCheck(tuple(check_claims(reading.claims, codes)), reading.coverage, reading.unread)


def check_texts(texts: Texts, codes: MotionCodes) -> dict[str, list[TextCheck]]:
    """Check all texts of a clip, by part."""
    return {part: [check_text(text, codes, part) for text in getattr(texts, part)] for part in PARTS}
