"""What a clause says beside its subject: verb, objects, states, places, directions, adverbs."""

from __future__ import annotations

from typing import Any

from .categories import Cat, Form, Verb
from .claim import REPEATEDLY
from .clause import Clause
from .inflection import BOTH_FORMS
from .lexicon import PARTICIPLES
from .phrase import Noun, whole
from .phrases import PhraseReader
from .tokens import Token

_LIMITS = ("start", "begin", "began", "begun", "end", "finish")


class ArgumentReader:
    """Reads one token, or phrase, after the other into a clause."""

    def __init__(self, tokens: list[Token], nouns: PhraseReader) -> None:
        self.tokens, self.nouns = tokens, nouns
        #: The clause before.
        self.before: Clause | None = None

    def adverb(self, clause: Clause, token: Token) -> None:
        """How fast, how often, when, or that it is not so."""
        if token.cat is Cat.SPEED:
            # Behind directions it is about those that have none yet; before, about those that follow.
            bare = [k for k, (_, speed) in enumerate(clause.directions) if not speed]
            for k in bare:
                clause.directions[k] = (clause.directions[k][0], token.value)
            # Two speeds without directions are those of two things.
            clause.unclear += not clause.directions and clause.speed not in ("", token.value)
            clause.speed, clause.speed_spent = token.value, bool(bare)
        elif token.cat is Cat.TIMES:
            if REPEATEDLY in (clause.times, token.value):  # "up and down twice" turns more often than that
                clause.times = REPEATEDLY
            else:
                clause.unclear += clause.times not in (0, token.value)
                clause.times = token.value
        elif token.cat in (Cat.NOT, Cat.NONE):
            clause.negated = True
            clause.never |= token.text == "never"
        elif token.cat is Cat.HEDGE:
            clause.unclear += 1
        elif token.cat in (Cat.AT_START, Cat.AT_END):
            clause.at_start |= token.cat is Cat.AT_START
            clause.at_end |= token.cat is Cat.AT_END
            is_verb = token.text.startswith(_LIMITS)
            clause.is_state |= token.form is Form.BASE and is_verb
            # "A contact ends", and what is so at both ends, is more than a clause can hold.
            clause.unclear += (is_verb and clause.verb is not None) or (clause.at_start and clause.at_end)
        else:
            clause.always = True

    def verb(self, clause: Clause, token: Token) -> None:
        """What is done; the auxiliary of the clause before may go on."""
        before = self.before
        verb, direction = token.value
        word = token.text.split()[0]
        goes_on = not clause.then and not clause.named_subject and token.form is Form.PARTICIPLE
        if goes_on and before is not None and before.participle:  # "are bent and pressed together"
            clause.is_state, clause.stays = before.is_state, before.stays
        if (clause.is_state or clause.stays) and token.text == "close":  # "are close"
            clause.near = True
            return
        # "is bent", "stays open" name a state, "is bending" does not; nor does "bent" alone unless it is a participle.
        named = clause.is_state or clause.stays or (token.form is Form.PARTICIPLE and word not in BOTH_FORMS)
        clause.participle = named and not word.endswith("ing") and word != "contact"
        clause.verb = verb
        if direction:
            clause.go(direction)

    def read(self, clause: Clause, i: int) -> int:
        """Whatever else stands at token ``i``; returns the token after it."""
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
            return self._direction(clause, i)
        elif cat in (Cat.FROM, Cat.TO):
            return self._bound(clause, i)
        elif cat is Cat.EXCEPT and (gone := self.nouns.read(i + 1, is_subject=True)) is not None:
            clause.subject = clause.subject.without(gone[0])
            self.nouns.last = gone[0]
            return gone[1]
        else:
            return self._noun(clause, i)
        return i + 1

    def _direction(self, clause: Clause, i: int) -> int:
        """ "to the left"; but "toward the left hand" is a goal."""
        side = self.tokens[i].value
        if self.nouns.cat(i + 1) in (Cat.HAND, Cat.PALM) and side in ("left", "right"):
            clause.goal = self.nouns.object = whole(Noun.HAND, (side,))
            return i + 2
        if self.tokens[i].text == "back":
            clause.unclear += self._is_return(i)
        clause.go(side)
        return i + 1

    def _is_return(self, i: int) -> bool:
        """Whether "back" is not backward: "up and then back", "back to its place", "the back of the hand"."""
        moved = [direction for direction, _ in self.before.directions] if self.before is not None else []
        return bool(moved and moved[-1] != "forward") or self.nouns.cat(i + 1) in (Cat.TO, Cat.OF)

    def _bound(self, clause: Clause, i: int) -> int:
        """ "from straight", "to fully bent", "until they are touching", "from above"."""
        begins = self.tokens[i].cat is Cat.FROM
        states, places = (clause.before, clause.before_places) if begins else (clause.after, clause.places)
        clause.unclear += clause.negated and self.tokens[i].text == "until"  # not before, but then
        if self.tokens[i].text == "to" and self._is_infinitive(i + 1):
            clause.is_state = False  # "begins to bend"
            return i + 1
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
        elif following is Cat.UNKNOWN:
            clause.adjunct = True
            while self.nouns.cat(i + 1) is Cat.UNKNOWN:
                i += 1
            return i + 1
        else:
            return i + 1
        return i + 2

    def _is_infinitive(self, i: int) -> bool:
        base = self.nouns.cat(i) is Cat.VERB and self.tokens[i].form is Form.BASE
        return base and not self.tokens[i].text.endswith("ing")

    def _noun(self, clause: Clause, i: int) -> int:
        by = self.nouns.cat(i) is Cat.BY
        partner = self.nouns.cat(i) is Cat.WITH
        begin = i + 1 if by or partner else i
        is_it = self.nouns.cat(begin) is Cat.SAME and self.tokens[begin].text == "it"
        if is_it and self.nouns.object is None:  # whom?
            clause.unclear += 1
            return begin + 1
        found = (self.nouns.object, begin + 1) if is_it and self.nouns.object else self.nouns.read(begin)
        if found is None:
            return self._no_noun(clause, begin)
        phrase, end = found
        clause.negated |= any(token.cat is Cat.NONE for token in self.tokens[begin:end])
        if by:
            clause.agent = phrase
        elif partner:
            clause.partner = phrase
        else:
            clause.objects.append(phrase)
            self.nouns.object = phrase
            if phrase.noun in (Noun.FINGER, Noun.TIP):
                self.nouns.last = phrase
        return end

    def _no_noun(self, clause: Clause, i: int) -> int:
        """A word that no phrase begins with."""
        cat = self.nouns.cat(i)
        if cat is Cat.SIDE and clause.verb in (Verb.MOVE, Verb.REACH, Verb.WAVE) and self.tokens[i].value != "both":
            clause.unclear += self.nouns.cat(i - 1) is Cat.FROM  # "away from the left"
            clause.go(self.tokens[i].value)  # "moves left"
        elif cat is Cat.NONE:  # "make no contact"
            clause.negated = True
        elif cat not in (Cat.EACH_OTHER, Cat.OF, Cat.ALL, None):
            clause.unclear += 1
        return i + 1
