"""From the tokens of a sentence to clauses: who, does what, to whom, whither, how fast, how often and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .categories import Cat, Form, Place, State, Verb
from .lexicon import PARTICIPLES
from .phrases import Noun, Phrase, PhraseReader, whole
from .tokens import Token

_CONNECTORS = (Cat.COMMA, Cat.AND, Cat.WHILE, Cat.MEANWHILE, Cat.THEN, Cat.BEFORE, Cat.AFTER)
_ADVERBS = (Cat.SPEED, Cat.TIMES, Cat.NOT, Cat.AT_START, Cat.AT_END, Cat.ALWAYS)


@dataclass
class Clause:
    """One clause; what it does not say is empty.

    ``then`` tells that it comes after the clause before, ``meanwhile`` that it is at the same time, ``unordered`` that its time is not known, ``by_person`` that a
    person does it to their hands.
    """

    subject: Phrase
    named_subject: bool = False
    by_person: bool = False
    then: bool = False
    meanwhile: bool = False
    unordered: bool = False
    verb: Verb | None = None
    participle: bool = False
    is_state: bool = False
    stays: bool = False
    negated: bool = False
    still: bool = False
    near: bool = False
    objects: list[Phrase] = field(default_factory=list)
    agent: Phrase | None = None
    partner: Phrase | None = None
    directions: list[tuple[str, str]] = field(default_factory=list)
    speed: str = ""
    states: list[State] = field(default_factory=list)
    before: list[State] = field(default_factory=list)
    after: list[State] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    before_places: list[Place] = field(default_factory=list)
    times: int = 0
    at_start: bool = False
    at_end: bool = False
    always: bool = False
    unknown: int = 0
    texts: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The piece of text, without articles."""
        return " ".join(self.texts)


class ClauseReader:
    """Reads the clauses of one sentence; ``before`` is the reader of the sentence before, whose subject may go on."""

    def __init__(self, tokens: list[Token], sides: tuple[str, ...], before: ClauseReader | None) -> None:
        self.tokens = tokens
        self.default_sides = sides
        self.nouns = PhraseReader(tokens, sides)
        self.nouns.last = before.nouns.last if before is not None else None
        self.subject: Phrase = before.subject if before is not None else whole(Noun.HAND, sides)
        self.latest: Clause | None = before.latest if before is not None else None

    def clauses(self) -> Iterator[Clause]:
        """The clauses in the order of the text."""
        i, first = 0, True
        after_first = before_second = False  # "after X, Y": the next clause comes later
        while i < len(self.tokens):
            begin = i
            before_first = first and self.nouns.cat(i) is Cat.BEFORE  # "before X, Y": X comes later
            i, then, after = self._connectors(i)
            meanwhile = any(token.cat is Cat.MEANWHILE for token in self.tokens[begin:i])
            clause = Clause(self.subject, then=(then and not before_first) or after_first, meanwhile=meanwhile)
            clause.unordered = before_second or (after and not first)
            after_first, before_second = after and first, before_first
            i = self._predicate(clause, self._subject(clause, i))
            if clause.verb is None and clause.directions and self.latest is not None:  # "then forward"
                clause.verb = self.latest.verb
            if i == begin:  # nothing could be read: skip a word
                clause.unknown += 1
                i += 1
            clause.texts = [token.text for token in self.tokens[begin:i] if token.cat not in _CONNECTORS[:4]]
            first = False
            if clause.texts and not self._is_empty(clause):
                self.latest = clause
                yield clause

    def _is_empty(self, clause: Clause) -> bool:
        """Connectors or a subject alone, e.g. "first," before a clause, "left hand:"."""
        said = clause.states or clause.places or clause.directions or clause.objects or clause.still or clause.stays
        return clause.unknown == 0 and clause.verb is None and not clause.is_state and not said

    def _connectors(self, i: int) -> tuple[int, bool, bool]:
        then = after = False
        while i < len(self.tokens) and self.tokens[i].cat in _CONNECTORS:
            then |= self.tokens[i].cat in (Cat.THEN, Cat.BEFORE)
            after |= self.tokens[i].cat is Cat.AFTER
            i += 1
        return i, then, after

    def _subject(self, clause: Clause, i: int) -> int:
        i = self._adverbs(clause, i)
        while self.nouns.cat(i) in _CONNECTORS:  # "at the end, the hand ..."
            i += 1
        if self.nouns.cat(i) is Cat.PERSON:
            clause.subject, clause.by_person, clause.named_subject = whole(Noun.HAND, self.default_sides), True, True
            self._remember(clause.subject)
            return i + 1
        begin, found = i, self.nouns.read(i, is_subject=True)
        if found is None:
            clause.by_person = self.latest is not None and self.latest.by_person
            return i
        clause.subject, i = found
        clause.named_subject = True
        clause.negated |= any(token.cat is Cat.NONE for token in self.tokens[begin:i])
        self._remember(clause.subject)
        return i

    def _remember(self, subject: Phrase) -> None:
        self.subject = self.nouns.last = subject
        self.nouns.sides = subject.sides or self.default_sides

    def _adverbs(self, clause: Clause, i: int) -> int:
        while self.nouns.cat(i) in _ADVERBS:
            self._adverb(clause, self.tokens[i])
            i += 1
        return i

    def _adverb(self, clause: Clause, token: Token) -> None:
        if token.cat is Cat.SPEED:
            # Behind directions it is about those that have none yet; before, about those that follow.
            bare = [k for k, (_, speed) in enumerate(clause.directions) if not speed]
            for k in bare:
                clause.directions[k] = (clause.directions[k][0], token.value)
            clause.speed = token.value
        elif token.cat is Cat.TIMES:
            clause.times = token.value
        elif token.cat is Cat.NOT:
            clause.negated = True
        elif token.cat is Cat.AT_START:
            clause.at_start = True
        elif token.cat is Cat.AT_END:
            clause.at_end = True
        else:
            clause.always = True

    def _predicate(self, clause: Clause, i: int) -> int:
        """Read the rest of the clause; returns where the next one begins."""
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.cat in _CONNECTORS:
                following = self._goes_on(clause, i)
                if following is None:
                    return i
                i = following
            elif token.cat is Cat.VERB:
                if clause.verb is not None or (clause.states and not clause.is_state):
                    return i
                self._verb(clause, token)
                i += 1
            elif token.cat in _ADVERBS:
                self._adverb(clause, token)
                i += 1
            elif token.cat is Cat.WITH and not self._is_partner(clause):
                if clause.verb is None and not clause.states:
                    i += 1
                    continue
                return self._with(clause, i)
            else:
                i = self._argument(clause, i)
        return i

    def _with(self, clause: Clause, i: int) -> int:
        """ "with the thumb apart" is a clause of its own; without a noun the word is skipped."""
        if self.nouns.read(i + 1) is not None:
            self.tokens[i] = Token(Cat.WHILE, None, Form.BASE, "with")
            return i
        clause.unknown += 1
        return i + 1

    @staticmethod
    def _is_partner(clause: Clause) -> bool:
        return clause.verb in (Verb.TOUCH, Verb.PINCH)

    def _verb(self, clause: Clause, token: Token) -> None:
        verb, direction = token.value
        goes_on = not clause.then and not clause.named_subject and token.form is Form.PARTICIPLE
        if goes_on and self.latest is not None and self.latest.participle:  # "are bent and pressed together"
            clause.is_state, clause.stays = self.latest.is_state, self.latest.stays
        # "is bent", "stays open" name a state, "is bending" does not.
        clause.participle = (clause.is_state or clause.stays) and not token.text.split()[0].endswith("ing")
        clause.verb = verb
        if direction:
            clause.directions.append((direction, clause.speed))

    def _argument(self, clause: Clause, i: int) -> int:
        token = self.tokens[i]
        cat = token.cat
        if cat is Cat.BE:
            clause.is_state = True
        elif cat is Cat.STAY:
            clause.stays = True
        elif cat is Cat.STILL:
            clause.still = True
        elif cat is Cat.NEAR:
            clause.near = True
        elif cat is Cat.STATE:
            clause.states.append(token.value)
        elif cat is Cat.PLACE:
            clause.places.append(token.value)
        elif cat is Cat.DIRECTION:
            clause.directions.append((token.value, clause.speed))
        elif cat in (Cat.FROM, Cat.TO):
            return self._bound(clause, i)
        elif cat is Cat.EXCEPT and (gone := self.nouns.read(i + 1)) is not None:
            clause.subject = clause.subject.without(gone[0])
            return gone[1]
        else:
            return self._noun(clause, i)
        return i + 1

    def _bound(self, clause: Clause, i: int) -> int:
        """ "from straight", "to fully bent", "until they are touching", "from above"."""
        begins = self.tokens[i].cat is Cat.FROM
        states, places = (clause.before, clause.before_places) if begins else (clause.after, clause.places)
        while self.nouns.cat(i + 1) in (Cat.SAME, Cat.BE) and self.nouns.cat(i + 2) in (Cat.BE, Cat.STATE, Cat.VERB):
            i += 1  # "until they are touching"
        following = self.nouns.cat(i + 1)
        value: Any = self.tokens[i + 1].value if following is not None else None
        if following is Cat.STATE:
            states.append(value)
        elif following is Cat.VERB and value[0] in PARTICIPLES:
            states.append(PARTICIPLES[value[0]])
        elif following is Cat.PLACE:
            places.append(value)
        else:
            return i + 1
        return i + 2

    def _noun(self, clause: Clause, i: int) -> int:
        by = self.nouns.cat(i) is Cat.BY
        partner = self.nouns.cat(i) is Cat.WITH
        begin = i + 1 if by or partner else i
        found = self.nouns.read(begin)
        if found is None:
            if self.nouns.cat(begin) in (Cat.EACH_OTHER, Cat.OF, Cat.ALL, Cat.NONE, Cat.REST, Cat.SIDE, Cat.NUMBER):
                return begin + 1
            clause.unknown += self.nouns.cat(begin) is Cat.UNKNOWN
            return begin + 1
        phrase, end = found
        clause.negated |= any(token.cat is Cat.NONE for token in self.tokens[begin:end])
        if by:
            clause.agent = phrase
        elif partner:
            clause.partner = phrase
        else:
            clause.objects.append(phrase)
            if phrase.noun in (Noun.FINGER, Noun.TIP):
                self.nouns.last = phrase
        return end

    def _goes_on(self, clause: Clause, i: int) -> int | None:
        """Where the clause goes on behind connectors; None where a new one begins."""
        j, then, after = self._connectors(i)
        if then or after or j >= len(self.tokens):
            return None
        if self.tokens[j].cat in (Cat.STATE, Cat.PLACE, Cat.FROM, Cat.TO):
            return None if clause.at_start or clause.at_end else j  # another state at another time
        k = j
        while self.nouns.cat(k) in _ADVERBS:
            k += 1
        if self.nouns.cat(k) is Cat.DIRECTION and clause.verb in (Verb.MOVE, Verb.OTHER, Verb.WAVE):
            return j
        if self.nouns.cat(k) is None:
            return j
        found = self.nouns.read(j, is_subject=True)
        if found is None or any(self.tokens[c].cat is Cat.WHILE for c in range(i, j)):
            return None
        if self.nouns.begins_predicate(found[1]) or clause.verb is None:
            return None
        return j
