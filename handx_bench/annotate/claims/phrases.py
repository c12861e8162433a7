"""Reads noun phrases: whose hand, which fingers, tips or palm."""

from __future__ import annotations

from dataclasses import replace

from ...hand.skeleton import HANDS, TIP_FINGERS
from .categories import Cat
from .phrase import Noun, Phrase, Quantity, whole
from .tokens import Token

_ALL_BUT_THUMB = TIP_FINGERS[1:]
#: Texts come from outside: phrases are not read deeper, nor lists longer, than people write.
_DEEPEST, _LONGEST_LIST, _QUANTIFIERS, _MOST_READ = 8, 12, 4, 10_000


class PhraseReader:
    """Reads noun phrases off a list of tokens; ``sides`` are the hands meant where none is named."""

    def __init__(self, tokens: list[Token], sides: tuple[str, ...]) -> None:
        self.tokens, self.sides = tokens, sides
        #: The latest hands and fingers, which "it", "the other hand" and "the other fingers" refer to.
        self.last: Phrase | None = None
        #: What something was last done to, which "it" refers to behind a verb.
        self.object: Phrase | None = None
        #: Whether "or" has joined a list since this was last reset.
        self.saw_or = False
        self._depth, self._left = 0, _MOST_READ

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
        start, (phrase, i) = i, found
        for _ in range(_LONGEST_LIST):
            more = self._joined(phrase, start, i, is_subject)
            if more is None:
                break
            phrase, i = more
        return self._without_exceptions(phrase, i)

    def _joined(self, phrase: Phrase, start: int, i: int, is_subject: bool) -> tuple[Phrase, int] | None:
        """A further finger of the list ``[start, i)``: "index, middle and ring", "left index and right thumb"."""
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
        self.saw_or |= any(token.text in ("or", "nor") for token in self.tokens[i:j])
        is_bare = not {token.cat for token in self.tokens[start:i]} & {Cat.SIDE, Cat.OF, Cat.SAME, Cat.HAND}
        if is_bare and self.cat(j) is Cat.NAME and any(t.cat is Cat.OF for t in self.tokens[j:end]):
            phrase = phrase.on(other.sides)  # "the ring and pinky tips of both hands"
            phrase = phrase.on(other.sides)
        noun = Noun.TIP if Noun.TIP in (phrase.noun, other.noun) else other.noun
        members = tuple(dict.fromkeys(phrase.members + other.members))
        return Phrase(noun, members, phrase.named), end

    def _end_of_list(self, i: int) -> int:
        """Behind the noun that names share: "ring and pinky fingers"."""
        end = i
        for _ in range(_LONGEST_LIST):
            found = self._simple(i)
            if found is None:
                break
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
        """A phrase without a list; None as well where it is nested deeper than anyone writes."""
        self._left -= 1
        if self._depth >= _DEEPEST or self._left < 0:
            return None
        self._depth += 1
        try:
            return self._one(i, sides or self.sides)
        finally:
            self._depth -= 1

    def _one(self, i: int, own: tuple[str, ...]) -> tuple[Phrase, int] | None:
        start = i
        few, i = self._quantifiers(i, Quantity())
        cat = self.cat(i)
        if cat is Cat.SAME and i == start:
            return self._same(i)
        if cat is Cat.OTHER_HAND:
            return self._of_hand(whole(Noun.HAND, self._other_sides()), i + 1)
        i -= self._is_rest(i - 1) and i - 1 >= start
        if self._is_rest(i):
            return self._fingers(i, own, Quantity(rest=True))
        if few.every and self.cat(i) is Cat.WHILE and self.tokens[i].text == "but":  # "all but the thumb"
            return whole(Noun.FINGER, own, TIP_FINGERS), i
        if cat is Cat.SIDE:
            own, i = self._side(i)
            few, i = self._quantifiers(i, few)
            cat = self.cat(i)
            if cat not in (Cat.HAND, Cat.PALM, Cat.FINGER, Cat.TIP, Cat.NAME, Cat.GAP):  # "the right moves down"
                if not self.begins_predicate(i) and self.cat(i) is not Cat.DIRECTION:
                    return None
                fingers = self.last is not None and self.last.noun in (Noun.FINGER, Noun.TIP) and few.number > 0
                return (self.last.on(own) if fingers and self.last else whole(Noun.HAND, own)), i
        if cat in (Cat.HAND, Cat.PALM):
            return self._hand(i, own, few)
        return self._fingers(i, own, few)

    def _quantifiers(self, i: int, few: Quantity) -> tuple[Quantity, int]:
        """ "all", "the other three", "no"."""
        first = i
        while i - first < _QUANTIFIERS and self.cat(i) in (Cat.ALL, Cat.NUMBER, Cat.REST, Cat.NONE, Cat.OF):
            if self.cat(i) is Cat.OF and i == first:
                break
            few = Quantity(
                few.number if self.cat(i) is not Cat.NUMBER else self.tokens[i].value,
                few.rest or self.cat(i) is Cat.REST,
                few.every or self.cat(i) is Cat.ALL,
            )
            i += 1
        return few, i

    def _is_rest(self, i: int) -> bool:
        """ "the rest are curled", else the word is a verb; "the others straight", else it belongs to a noun."""
        if i < 0 or i >= len(self.tokens):
            return False
        text, follows = self.tokens[i].text, self.begins_predicate(i + 1)
        return (text == "rest" and follows) or (
            text == "others" and (follows or self.cat(i + 1) in (Cat.STATE, Cat.STILL))
        )

    def _same(self, i: int) -> tuple[Phrase, int]:
        """ "it", "they", "those of the right hand"."""
        known = self.last if self.last is not None else whole(Noun.HAND, self.sides)
        phrase = whole(Noun.HAND, known.sides) if self.tokens[i].text == "it" else known
        owner = self._owner(i + 1)
        return (phrase, i + 1) if owner is None else (phrase.on(owner[0]), owner[1])

    def _hand(self, i: int, own: tuple[str, ...], few: Quantity) -> tuple[Phrase, int] | None:
        noun = Noun.PALM if self.cat(i) is Cat.PALM else Noun(self.tokens[i].value)
        if noun is Noun.PALM and (owner := self._owner(i + 1)) is not None:
            return whole(noun, owner[0]), owner[1]
        has_side = self._before(i) is Cat.SIDE
        hand = whole(noun, own if has_side else self._meant(i))
        # "one hand", "their hand": which?
        sure = has_side or few.every or self._before(i) is Cat.NONE
        one = not self.tokens[i].text.endswith("s") and not sure
        return self._of_hand(replace(hand, either=one and len(hand.sides) == 2), i + 1)

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
        if hand.noun is not Noun.HAND:
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

    def _fingers(self, i: int, sides: tuple[str, ...], few: Quantity) -> tuple[Phrase, int] | None:
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
            elif self.cat(i) is Cat.OF and self._owner(i) is None:  # "the middle of the palm"
                return None
            phrase = Phrase(noun, tuple((side, name) for side in sides))
        elif cat in (Cat.FINGER, Cat.TIP) or self._is_rest(i):
            noun = Noun.TIP if cat is Cat.TIP else Noun.FINGER
            phrase = replace(whole(noun, sides, TIP_FINGERS), named=few.rest or few.every)
            phrase = replace(phrase, members=tuple((s, f) for s in sides for f in self._meant_fingers(i, few)))
            i += 1
        else:
            return None
        owner = self._owner(i)
        return (phrase.on(owner[0]), owner[1]) if owner is not None else (phrase, i)

    def _meant_fingers(self, i: int, few: Quantity) -> tuple[str, ...]:
        """Fingers that are not named; none where the text does not say which."""
        if few.rest:
            others = self._other_fingers()
            return others if few.number in (0, len(others)) else ()
        if few.number in (4, 5) or few.every:
            return _ALL_BUT_THUMB if few.number == 4 else TIP_FINGERS
        singular = self.cat(i) is Cat.FINGER and self.tokens[i].text in ("finger", "digit")
        return () if few.number or singular else TIP_FINGERS

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
        but = self.cat(i) is Cat.WHILE and self.tokens[i].text == "but"
        if self.cat(i) is not Cat.EXCEPT and not (but and phrase.noun is Noun.FINGER and len(phrase.members) > 1):
            return phrase, i
        inner = self.read(i + 1, is_subject=True)
        if inner is None or (but and self.cat(inner[1]) is not None and not self.begins_predicate(inner[1])):
            return phrase, i
        return phrase.without(inner[0]), inner[1]
