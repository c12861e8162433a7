"""One clause: who does what, to whom, whither, how fast, how often and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from .categories import Place, State, Verb
from .phrase import Phrase


@dataclass
class Clause:
    """One clause; what it does not say is empty.

    ``unclear`` counts what was not understood or is not claimed (unknown words, "almost", "if"): such a clause claims
    nothing. ``adjunct`` is an unknown place that something goes to or comes from. ``then`` tells that it comes after the
    clause before, ``meanwhile`` that it is at the same time, ``unordered`` that its time is not known, ``by_person`` that
    a person does it to their hands, ``relative`` that it is told as seen from the other hand, ``of_both``
    that the text is about both hands, ``speed_spent`` that the speed was that of the directions before it.
    """

    subject: Phrase
    named_subject: bool = False
    by_person: bool = False
    relative: bool = False
    of_both: bool = False
    then: bool = False
    meanwhile: bool = False
    unordered: bool = False
    verb: Verb | None = None
    participle: bool = False
    is_state: bool = False
    stays: bool = False
    negated: bool = False
    never: bool = False
    still: bool = False
    near: bool = False
    objects: list[Phrase] = field(default_factory=list)
    goal: Phrase | None = None
    agent: Phrase | None = None
    partner: Phrase | None = None
    directions: list[tuple[str, str]] = field(default_factory=list)
    speed: str = ""
    speed_spent: bool = False
    states: list[State] = field(default_factory=list)
    before: list[State] = field(default_factory=list)
    after: list[State] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    before_places: list[Place] = field(default_factory=list)
    times: int = 0
    at_start: bool = False
    at_end: bool = False
    always: bool = False
    unclear: int = 0
    adjunct: bool = False
    texts: list[str] = field(default_factory=list)

    def go(self, direction: str) -> None:
        """It goes there, as fast as was said before, unless that was of another direction."""
        self.directions.append((direction, "" if self.speed_spent else self.speed))

    @property
    def words(self) -> str:
        """The piece of text, without articles."""
        return " ".join(self.texts)
