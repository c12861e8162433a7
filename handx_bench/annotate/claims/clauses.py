"""From the tokens of a sentence to clauses."""

from __future__ import annotations

from collections.abc import Iterator

from ...hand.skeleton import HANDS
from .arguments import ArgumentReader
from .categories import Cat, Form, StateKind, Verb
from .clause import Clause
from .phrase import Noun, Phrase, whole
from .phrases import PhraseReader
from .tokens import Token

_LINKS = (Cat.COMMA, Cat.AND, Cat.WHILE, Cat.MEANWHILE, Cat.WHO)
_CONNECTORS = (*_LINKS, Cat.THEN, Cat.BEFORE, Cat.AFTER)
_ADVERBS = (Cat.SPEED, Cat.TIMES, Cat.NOT, Cat.AT_START, Cat.AT_END, Cat.ALWAYS, Cat.HEDGE)
_NOUNS = (Cat.NAME, Cat.FINGER, Cat.TIP, Cat.HAND, Cat.PALM, Cat.SIDE, Cat.ALL, Cat.NUMBER, Cat.REST)
#: What may be all that an elliptic clause says: "the right hand down", "the left fingers straight".
_ELLIPTIC = (Cat.DIRECTION, Cat.STATE, Cat.STILL)


class ClauseReader:
    """Reads the clauses of one sentence; ``before`` is the reader of the sentence before, whose subject may go on."""

    def __init__(self, tokens: list[Token], sides: tuple[str, ...], before: ClauseReader | None) -> None:
        self.tokens = tokens
        self.default_sides = sides
        self.nouns = PhraseReader(tokens, sides)
        if before is not None:
            self.nouns.last, self.nouns.object = before.nouns.last, before.nouns.object
        self.arguments = ArgumentReader(tokens, self.nouns)
        self.subject: Phrase = before.subject if before is not None else whole(Noun.HAND, sides)
        self.latest: Clause | None = before.latest if before is not None else None
        self.dropped_negation = False

    def clauses(self) -> Iterator[Clause]:
        """The clauses in the order of the text."""
        i, first = self._preamble(), True
        fronted: tuple[bool, bool] | None = None
        conditional = any(token.text in ("if", "unless") for token in self.tokens)
        after_first = before_second = False  # "after X, Y": the next clause comes later
        while i < len(self.tokens):
            begin = i
            before_first = first and self.nouns.cat(i) is Cat.BEFORE  # "before X, Y": X comes later
            i, then, after = self._connectors(i)
            if first and self._is_once(i):
                after, i = True, i + 1
            links = self.tokens[begin:i]
            clause = Clause(self._who(links), then=(then and not before_first) or after_first)
            clause.of_both = len(self.default_sides) == 2
            self.arguments.before = self.latest
            clause.meanwhile = any(token.cat is Cat.MEANWHILE for token in links)
            clause.unordered = before_second or (after and not first)
            after_first, before_second = after and first, before_first
            i = self._subject(clause, self._negation(clause, i, links))
            clause.unclear += first and not clause.named_subject and self._is_participle(i)  # "Bending, the hand ..."
            i = self._predicate(clause, i)
            if i == begin:  # nothing could be read: skip a word
                clause.unclear += 1
                i += 1
            self._complete(clause)
            if first and self.tokens[begin].cat in (Cat.AT_START, Cat.AT_END):  # "at the end, ... and ..."
                fronted = clause.at_start, clause.at_end
            elif clause.then or clause.unordered or clause.at_start or clause.at_end or clause.always:
                fronted = None
            elif fronted is not None:
                clause.at_start, clause.at_end = fronted
            clause.unclear += conditional
            clause.unclear += clause.relative and not clause.places  # places are seen from the other hand anyway
            clause.texts = [token.text for token in self.tokens[begin:i] if token.cat not in _LINKS]
            first = False
            if clause.texts and not self._is_empty(clause):
                self.latest, self.dropped_negation = clause, False
                yield clause
            else:
                self.dropped_negation |= clause.negated

    def _preamble(self) -> int:
        """Behind "on the right hand, ..." or "left: ...", which say whose fingers follow."""
        begin = 1 if self.tokens and self.tokens[0].text in ("on", "for") else 0
        if begin == 0 and self.nouns.cat(0) is Cat.SIDE and self.nouns.cat(1) is Cat.COMMA:
            self._remember(whole(Noun.HAND, HANDS if self.tokens[0].value == "both" else (self.tokens[0].value,)))
            return 2
        found = self.nouns.read(begin) if begin else None
        if found is None or found[0].noun is not Noun.HAND or self.nouns.cat(found[1]) is not Cat.COMMA:
            return 0
        self._remember(found[0])
        return found[1] + 1

    def _who(self, links: list[Token]) -> Phrase:
        """The subject where none is named: that of the clause before, or what "which" refers to."""
        if not any(token.cat is Cat.WHO for token in links):
            return self.subject
        before = self.latest
        named = [before.goal, *before.objects][-1] if before is not None else None
        return named or self.nouns.last or self.subject

    def _is_once(self, i: int) -> bool:
        """ "once the fingers curl, ...": when, not how often."""
        return self.nouns.cat(i) is Cat.TIMES and self.tokens[i].text == "once" and self.nouns.cat(i + 1) in _NOUNS

    def _is_participle(self, i: int) -> bool:
        return self.nouns.cat(i) is Cat.VERB and self.tokens[i].text.split()[0].endswith("ing")

    def _negation(self, clause: Clause, i: int, links: list[Token]) -> int:
        """ "without touching", "or touches" behind a negation, "not the thumb" before the subject."""
        if self.nouns.cat(i) is Cat.EXCEPT and self.nouns.cat(i + 1) is Cat.VERB:
            clause.negated = True
            return i + 1
        goes_on = any(token.text in ("or", "nor") for token in links)
        clause.negated |= goes_on and self.latest is not None and self.latest.negated
        clause.negated |= any(token.text == "without" for token in links)
        clause.unclear += goes_on and self.dropped_negation  # "neither the palms nor the fingertips touch"
        if self.nouns.cat(i) is Cat.NOT and self.tokens[i].text == "not" and self.nouns.cat(i + 1) in _NOUNS:
            if self.nouns.cat(i + 1) is Cat.ALL:  # "not all fingers": which?
                clause.unclear += 1
            found = self.nouns.read(i + 1)
            if found is not None:
                i = self._connectors(found[1])[0]
        return i

    def _complete(self, clause: Clause) -> None:
        """What an elliptic clause leaves out, and what may be meant by half of it."""
        before = self.latest
        clause.unclear += self.nouns.saw_or and not clause.negated  # one of them: which?
        self.nouns.saw_or = False
        if clause.verb is not None or clause.is_state or clause.stays or before is None:
            return
        goes_on = clause.directions or clause.before_places  # "then forward", "and slowly from behind it to ..."
        if goes_on and before.verb is not None:
            clause.verb = before.verb
        elif clause.states or clause.still:
            clause.is_state, clause.stays = before.is_state, before.stays
            if not clause.then:
                clause.at_start, clause.at_end = clause.at_start or before.at_start, clause.at_end or before.at_end
        elif clause.then and clause.named_subject and before.verb is not None:  # "then the ring finger"
            clause.verb = before.verb
            if before.verb in (Verb.TOUCH, Verb.PINCH) and before.objects:
                clause.objects, clause.subject = [clause.subject], before.subject

    def _is_empty(self, clause: Clause) -> bool:
        """Connectors or a subject alone, e.g. "first," before a clause, "left hand:"."""
        said = clause.states or clause.places or clause.directions or clause.objects or clause.still or clause.stays
        return clause.unclear == 0 and clause.verb is None and not clause.is_state and not said

    def _connectors(self, i: int) -> tuple[int, bool, bool]:
        then = after = False
        while i < len(self.tokens) and self.tokens[i].cat in _CONNECTORS:
            then |= self.tokens[i].cat in (Cat.THEN, Cat.BEFORE)
            after |= self.tokens[i].cat is Cat.AFTER
            i += 1
        return i, then, after

    def _subject(self, clause: Clause, i: int) -> int:
        if self.nouns.cat(i) is Cat.WITH:  # "with its fingers bent, ..."
            clause.is_state, i = True, i + 1
        i = self._adverbs(clause, i)
        gone: Phrase | None = None
        if self.nouns.cat(i) is Cat.EXCEPT and (excepted := self.nouns.read(i + 1)) is not None:
            gone, i = excepted
        seen_from = self._viewpoint(i)
        clause.relative, i = seen_from > i, seen_from
        while self.nouns.cat(i) in _CONNECTORS:  # "at the end, the hand ..."
            i += 1
        if self.nouns.cat(i) is Cat.PERSON:
            clause.subject, clause.by_person, clause.named_subject = whole(Noun.HAND, self.default_sides), True, True
            self._remember(clause.subject)
            return i + 1
        attributed = i + self._is_attribute(i)
        begin, found = attributed, self.nouns.read(attributed, is_subject=True)
        is_it = self.nouns.cat(begin) is Cat.SAME and self.tokens[begin].text == "it"
        if is_it and len(self.subject.members) == 1 and self.subject.noun in (Noun.FINGER, Noun.TIP):
            found = self.subject, begin + 1
        if found is None or (attributed > i and not self.nouns.begins_predicate(found[1])):
            clause.by_person = self.latest is not None and self.latest.by_person
            return i
        clause.subject, i = found
        if gone is not None:
            clause.subject = clause.subject.without(gone)
        clause.named_subject = True
        clause.negated |= any(token.cat is Cat.NONE for token in self.tokens[begin:i])
        self._remember(clause.subject)
        return i

    def _viewpoint(self, i: int) -> int:
        """Behind "relative to the left hand, ..."."""
        if self.nouns.cat(i) is Cat.RELATIVE and (found := self.nouns.read(i + 1)) is not None:
            self.nouns.object = found[0]
            return found[1] if self.nouns.cat(found[1]) is Cat.COMMA else i
        return i

    def _is_attribute(self, i: int) -> bool:
        """ "the bent finger", "the straight thumb"."""
        token = self.tokens[i] if i < len(self.tokens) else None
        participle = (
            token is not None
            and token.cat is Cat.VERB
            and (token.form is Form.PARTICIPLE or token.text in ("open", "spread"))
        )
        return (participle or self.nouns.cat(i) is Cat.STATE) and self.nouns.cat(i + 1) in _NOUNS

    def _remember(self, subject: Phrase) -> None:
        self.subject = self.nouns.last = subject
        self.nouns.sides = subject.sides or self.default_sides

    def _adverbs(self, clause: Clause, i: int) -> int:
        while self.nouns.cat(i) in _ADVERBS or (self.nouns.cat(i) is Cat.NONE and self.nouns.cat(i + 1) is Cat.VERB):
            self.arguments.adverb(clause, self.tokens[i])
            i += 1
        return i

    def _predicate(self, clause: Clause, i: int) -> int:
        """Read the rest of the clause; returns where the next one begins."""
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.cat in _CONNECTORS:
                following = self._goes_on(clause, i)
                if following is None:
                    clause.unclear += clause.negated and token.cat is Cat.BEFORE  # "not before the end"
                    return i
                i = following
            elif token.cat is Cat.VERB:
                if clause.verb is not None or (clause.states and not clause.is_state):
                    if clause.verb is not Verb.OTHER or not token.text.endswith("ing"):
                        return i
                    clause.unclear += 1  # "stops touching"
                else:
                    self.arguments.verb(clause, token)
                i += 1
            elif token.cat is Cat.NOT and self.nouns.cat(i + 1) is Cat.DIRECTION:  # "up, not down"
                i += 2
            elif token.cat is Cat.HEDGE and token.text in ("as if", "as though"):
                i = self._beyond(i + 1)
            elif token.cat in _ADVERBS:
                self.arguments.adverb(clause, token)
                i += 1
            elif token.cat is Cat.INSTEAD or (token.cat is Cat.EXCEPT and self.nouns.cat(i + 1) is Cat.VERB):
                if token.cat is Cat.EXCEPT:
                    return i
                i = self._beyond(i)
            elif token.text in ("without", "until") and self._begins_clause(i + 1) and not clause.negated:
                cat = Cat.WHILE if token.text == "without" else Cat.THEN
                self.tokens[i] = Token(cat, None, Form.BASE, token.text)
                return i
            elif token.cat is Cat.WITH and not _is_partner(clause):
                if clause.verb is None and not clause.states:
                    i += 1
                    continue
                return self._with(clause, i)
            else:
                i = self.arguments.read(clause, i)
        return i

    def _begins_clause(self, i: int) -> bool:
        """ "(until) the palms part", "(without) the fingertips touching"."""
        found = self.nouns.read(i, is_subject=True) if self.nouns.cat(i) is not Cat.SAME else None
        return found is not None and self.nouns.begins_predicate(found[1])

    def _beyond(self, i: int) -> int:
        """Behind what is only said not to be: "instead of bending"."""
        while i < len(self.tokens) and self.tokens[i].cat not in _CONNECTORS:
            i += 1
        return i

    def _with(self, clause: Clause, i: int) -> int:
        """ "with the thumb apart" is a clause of its own; without a noun the word is skipped."""
        if self.nouns.read(i + 1) is not None or self._is_attribute(i + 1):
            return i
        clause.unclear += 1
        return i + 1

    def _goes_on(self, clause: Clause, i: int) -> int | None:
        """Where the clause goes on behind connectors; None where a new one begins."""
        j, then, after = self._connectors(i)
        links = self.tokens[i:j]
        if then or after or j >= len(self.tokens) or any(token.cat is Cat.WHO for token in links):
            return None
        if any(token.text == "but" for token in links) and clause.negated:
            clause.unclear += 1  # "not up but down"
        if self.tokens[j].cat is Cat.EXCEPT and self.nouns.cat(j + 1) in _NOUNS:
            return j
        if self.tokens[j].cat in (Cat.STATE, Cat.PLACE, Cat.FROM, Cat.TO):
            return None if clause.at_start or clause.at_end else j  # another state at another time
        k = j
        while self.nouns.cat(k) in _ADVERBS:
            k += 1
        if self.nouns.cat(k) is Cat.DIRECTION and clause.verb in (Verb.MOVE, Verb.REACH, Verb.OTHER, Verb.WAVE):
            return j
        if self.nouns.cat(k) is None:
            return j
        found = self.nouns.read(j, is_subject=True)
        if found is None or any(token.cat is Cat.WHILE for token in links) or clause.verb is None:
            return None
        k = found[1]
        while self.nouns.cat(k) in _ADVERBS:
            k += 1
        says_more = self.nouns.begins_predicate(found[1]) or self.nouns.cat(k) in _ELLIPTIC
        return None if says_more else j


def _is_partner(clause: Clause) -> bool:
    """Whether "with" names whom something is done with, or touched by."""
    near = any(state.kind is StateKind.DISTANCE for state in clause.states)
    return near or clause.verb in (Verb.TOUCH, Verb.PINCH)
