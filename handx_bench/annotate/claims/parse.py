"""Reads atomic claims off a text, clause by clause.

A clause is a subject, a verb and what belongs to it; the subject of the clause before is kept where none is named.
Words of order ("then", "after that", "finally", "before") raise the step of what follows. A clause in which the
grammar finds nothing to check is counted, not guessed at.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from ...hand.skeleton import HANDS
from .claim import Claim, Kind
from .clauses import ClauseReader
from .make import other
from .predicates import claims_of
from .tokens import sentences, tokenize

#: Hands meant in the texts of each part where none is named.
SIDES_OF_PART = {"left": ("left",), "right": ("right",), "interaction": HANDS}


@dataclass(frozen=True)
class Reading:
    """What was read: the claims, how many clauses there are and gave a claim to check, and the clauses that did not."""

    claims: tuple[Claim, ...] = ()
    num_clauses: int = 0
    num_read: int = 0
    unread: tuple[str, ...] = ()

    @property
    def coverage(self) -> float:
        """Share of the clauses that can be checked; 0 for an empty text."""
        return self.num_read / self.num_clauses if self.num_clauses else 0.0


@functools.lru_cache(maxsize=65_536)
def parse(text: str, part: str = "interaction") -> Reading:
    """The claims of a text.

    Args:
        text: any English text.
        part: "left", "right" or "interaction": whose hand is meant where the text names none.

    >>> [(c.kind.value, c.channels[0]) for c in parse("The thumb touches the ring fingertip.", "left").claims]
    [('contact', 'left.thumb_contact.ring')]
    """
    claims: list[Claim] = []
    unread: list[str] = []
    count = chain = step = 0
    reader: ClauseReader | None = None
    for sentence in sentences(text):
        reader = ClauseReader(tokenize(sentence.text), SIDES_OF_PART[part], reader)
        for number, clause in enumerate(reader.clauses()):
            if clause.then:
                step += 1
            elif (number == 0 and not clause.meanwhile) or clause.unordered:
                # A sentence tells nothing of its time by itself.
                chain, step = chain + 1, 0
            found = claims_of(clause) if not sentence.is_question else other(clause.words)
            count += 1
            claims += [replace(claim, chain=chain, step=step, words=clause.words) for claim in found]
            if all(claim.kind is Kind.OTHER for claim in found):
                unread.append(clause.words)
    return Reading(tuple(claims), count, count - len(unread), tuple(unread))
