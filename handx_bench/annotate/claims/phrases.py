"""Noun phrases: whose hand, which fingers, tips or palm."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from ...hand.skeleton import HANDS, TIP_FINGERS
from .categories import Cat
from .tokens import Token

_ALL_BUT_THUMB = TIP_FINGERS[1:]


class Noun(enum.Enum):
    """What kind of thing a phrase names."""

    HAND = "hand"
    PALM = "palm"
    FINGER = "finger"
    TIP = "tip"
    GAP = "gap"


@dataclass(frozen=True)
class Phrase:
    """Hands, palms, fingers or tips.

    Attributes:
        noun: what is named.
        members: (hand, finger) in the order of the text, finger "" for hands and palms.
        named: whether fingers were named, rather than meant all together.
    """

    noun: Noun
    members: tuple[tuple[str, str], ...]
    named: bool = True

    @property
    def sides(self) -> tuple[str, ...]:
        """The hands concerned, left first."""
        return tuple(hand for hand in HANDS if any(side == hand for side, _ in self.members))

    def fingers(self, side: str) -> tuple[str, ...]:
        """The fingers of one hand, all where the phrase names the hand itself."""
        named = tuple(finger for hand, finger in self.members if hand == side and finger)
        return named or TIP_FINGERS

    def on(self, sides: tuple[str, ...]) -> Phrase:
        """The same thing on other hands."""
        fingers = dict.fromkeys(finger for _, finger in self.members)
        return replace(self, members=tuple((side, finger) for side in sides for finger in fingers))

    def without(self, others: Phrase) -> Phrase:
        """All but the fingers of another phrase."""
        gone = {finger for _, finger in others.members}
        members = tuple((side, finger) for side in self.sides for finger in self.fingers(side) if finger not in gone)
        return replace(self, noun=Noun.FINGER if self.noun is Noun.HAND else self.noun, members=members, named=True)


def whole(noun: Noun, sides: tuple[str, ...], fingers: tuple[str, ...] = ()) -> Phrase:
    """Hands or palms, or fingers that were not named one by one."""
    return Phrase(noun, tuple((side, finger) for side in sides for finger in fingers or ("",)), named=False)


class PhraseReader:
    """Reads noun phrases off a list of tokens; ``sides`` are the hands meant where none is named."""

    def __init__(self, tokens: list[Token], sides: tuple[str, ...]) -> None:
        self.tokens, self.sides = tokens, sides
        #: The latest hands and fingers, which "it", "the other hand" and "the other fingers" refer to.
        self.last: Phrase | None = None

    def cat(self, i: int) -> Cat | None:
        """Category of a token, None at the end."""
        return self.tokens[i].cat if i < len(self.tokens) else None

    def read(self, i: int, is_subject: bool = False) -> tuple[Phrase, int] | None:
        """The phrase that begins at token ``i`` and the token after it; None where none begins.

        Behind a verb, what looks like the last of a list is the next subject if a verb follows it.
        """
        found = self._simple(i)
        if found is None:
            return None
        phrase, i = found
        while (more := self._joined(phrase, i, is_subject)) is not None:
            phrase, i = more
        return self._without_exceptions(phrase, i)

    def _joined(self, phrase: Phrase, i: int, is_subject: bool) -> tuple[Phrase, int] | None:
        """A further finger of a list: "index, middle and ring", "left index and right thumb"."""
        j = i
        while self.cat(j) in (Cat.COMMA, Cat.AND):
            j += 1
        if j == i or (phrase.noun is Noun.HAND and self.cat(j) is not Cat.SIDE):
            return None
        more = self._simple(j, phrase.sides)
        if more is None or not ((more[0].named and phrase.named) or more[0].noun is phrase.noun is not Noun.FINGER):
            return None
        other, end = more
        if not is_subject and self.begins_predicate(self._end_of_list(j)):
            return None
        noun = Noun.TIP if Noun.TIP in (phrase.noun, other.noun) else other.noun
        members = tuple(dict.fromkeys(phrase.members + other.members))
        return Phrase(noun, members, phrase.named), end

    def _end_of_list(self, i: int) -> int:
        """Behind the noun that names share: "ring and pinky fingers"."""
        end = i
        while (found := self._simple(i)) is not None:
            end = i = found[1]
            if self._before(end) in (Cat.FINGER, Cat.TIP, Cat.HAND):
                break
            while self.cat(i) in (Cat.COMMA, Cat.AND):
                i += 1
        return end

    def _before(self, i: int) -> Cat | None:
        return self.cat(i - 1) if i else None

    def begins_predicate(self, i: int) -> bool:
        """Whether what follows says something of the phrase that ends here."""
        while self.cat(i) in (Cat.SPEED, Cat.TIMES, Cat.NOT, Cat.THEN, Cat.AT_END, Cat.AT_START):
            i += 1
        return self.cat(i) in (Cat.VERB, Cat.BE, Cat.STAY)

    def _simple(self, i: int, sides: tuple[str, ...] = ()) -> tuple[Phrase, int] | None:
        start, rest, count = i, False, 0
        while self.cat(i) in (Cat.ALL, Cat.NUMBER, Cat.REST, Cat.NONE, Cat.OF):
            if self.cat(i) is Cat.OF and i == start:
                return None
            rest |= self.cat(i) is Cat.REST
            count = self.tokens[i].value if self.cat(i) is Cat.NUMBER else count
            i += 1
        cat = self.cat(i)
        if cat is Cat.SAME and i == start:
            if self.last is None:
                return None
            phrase = whole(Noun.HAND, self.last.sides) if self.tokens[i].text == "it" else self.last
            owner = self._owner(i + 1)  # "those of the right hand"
            return (phrase, i + 1) if owner is None else (phrase.on(owner[0]), owner[1])
        if cat is Cat.OTHER_HAND:
            return whole(Noun.HAND, self._other_sides()), i + 1
        own = sides or self.sides
        if cat is Cat.SIDE:
            own, i = self._side(i)
            cat = self.cat(i)
            while cat in (Cat.NUMBER, Cat.ALL, Cat.REST):
                rest |= cat is Cat.REST
                count = self.tokens[i].value if cat is Cat.NUMBER else count
                i += 1
                cat = self.cat(i)
        if cat in (Cat.HAND, Cat.PALM):
            noun = Noun.HAND if cat is Cat.HAND else Noun.PALM
            if noun is Noun.PALM and self.cat(i + 1) is Cat.OF:
                owner = self._owner(i + 1)
                if owner is not None:
                    return whole(noun, owner[0]), owner[1]
            return self._of_hand(whole(noun, own if self._before(i) is Cat.SIDE else self._meant(i)), i + 1)
        return self._fingers(i, own, rest, count)

    def _meant(self, i: int) -> tuple[str, ...]:
        """Hands without a side: both where the word is plural, else those spoken of."""
        return HANDS if self.tokens[i].text.endswith("s") else self.sides

    def _side(self, i: int) -> tuple[tuple[str, ...], int]:
        value = self.tokens[i].value
        sides = HANDS if value == "both" else (value,)
        if self.cat(i + 1) is Cat.AND and self.cat(i + 2) is Cat.SIDE:  # the left and right hand
            return HANDS, i + 3
        return sides, i + 1

    def _of_hand(self, hand: Phrase, i: int) -> tuple[Phrase, int]:
        """The fingers, tips or palm of a hand named before them: "the left hand's thumb"."""
        if hand.noun is Noun.PALM:
            return hand, i
        inner = self._simple(i, hand.sides)
        if inner is not None and self.cat(i) in (
            Cat.NAME,
            Cat.FINGER,
            Cat.TIP,
            Cat.ALL,
            Cat.NUMBER,
            Cat.REST,
            Cat.PALM,
        ):
            return inner[0].on(hand.sides), inner[1]
        return hand, i

    def _fingers(self, i: int, sides: tuple[str, ...], rest: bool, count: int) -> tuple[Phrase, int] | None:
        cat = self.cat(i)
        if cat is Cat.GAP and self.cat(i + 1) is Cat.OF:
            inner = self.read(i + 2, is_subject=True)
            return None if inner is None else (replace(inner[0], noun=Noun.GAP), inner[1])
        if cat is Cat.TIP and self.cat(i + 1) is Cat.OF:
            inner = self.read(i + 2)
            if inner is not None and inner[0].noun is Noun.FINGER:
                return replace(inner[0], noun=Noun.TIP), inner[1]
            if inner is not None and inner[0].noun is Noun.HAND:
                return whole(Noun.TIP, inner[0].sides, TIP_FINGERS), inner[1]
        if cat is Cat.NAME:
            name, i = self.tokens[i].value, i + 1
            noun = Noun.FINGER
            if self.cat(i) in (Cat.FINGER, Cat.TIP):
                noun = Noun.TIP if self.cat(i) is Cat.TIP else Noun.FINGER
                i += 1
                if noun is Noun.FINGER and self.cat(i) is Cat.TIP:
                    noun, i = Noun.TIP, i + 1
            phrase = Phrase(noun, tuple((side, name) for side in sides))
        elif cat in (Cat.FINGER, Cat.TIP):
            noun, i = Noun.TIP if cat is Cat.TIP else Noun.FINGER, i + 1
            fingers = self._other_fingers() if rest else _ALL_BUT_THUMB if count == 4 else TIP_FINGERS
            phrase = whole(noun, sides, fingers)
            phrase = replace(phrase, named=rest)
        else:
            return None
        owner = self._owner(i)
        return (phrase.on(owner[0]), owner[1]) if owner is not None else (phrase, i)

    def _owner(self, i: int) -> tuple[tuple[str, ...], int] | None:
        """ "of the left hand", "of both hands"."""
        if self.cat(i) is not Cat.OF:
            return None
        j = i + 1
        if self.cat(j) is Cat.OTHER_HAND:
            return self._other_sides(), j + 1
        while self.cat(j) in (Cat.ALL, Cat.NUMBER):
            j += 1
        sides = self.sides
        if self.cat(j) is Cat.SIDE:
            sides, j = self._side(j)
        if self.cat(j) is not Cat.HAND:
            return None
        return (sides if self.cat(j - 1) is Cat.SIDE else self._meant(j)), j + 1

    def _other_sides(self) -> tuple[str, ...]:
        known = self.last.sides if self.last is not None else self.sides
        return tuple(hand for hand in HANDS if hand not in known) or HANDS

    def _other_fingers(self) -> tuple[str, ...]:
        if self.last is None or not self.last.named:
            return _ALL_BUT_THUMB
        known = {finger for _, finger in self.last.members}
        return tuple(finger for finger in TIP_FINGERS if finger not in known)

    def _without_exceptions(self, phrase: Phrase, i: int) -> tuple[Phrase, int]:
        if self.cat(i) is not Cat.EXCEPT:
            return phrase, i
        inner = self.read(i + 1)
        return (phrase, i) if inner is None else (phrase.without(inner[0]), inner[1])
