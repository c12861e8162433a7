"""What a noun phrase names: hands, palms, fingers or tips."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...hand.skeleton import HANDS, TIP_FINGERS


class Noun(enum.Enum):
    """What kind of thing a phrase names."""

    HAND = "hand"
    WRIST = "wrist"  # or arm: it moves, but has no fingers
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
        either: one of the hands is meant, and the text does not say which.

    No member is meant where the text does not say which, as in "two fingers".
    """

    noun: Noun
    members: tuple[tuple[str, str], ...]
    named: bool = True
    either: bool = False

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


class Quantity(NamedTuple):
    """How many are meant: a number, or 0; "the other"; "all", "each"."""

    number: int = 0
    rest: bool = False
    every: bool = False


def whole(noun: Noun, sides: tuple[str, ...], fingers: tuple[str, ...] = ()) -> Phrase:
    """Hands or palms, or fingers that were not named one by one."""
    return Phrase(noun, tuple((side, finger) for side in sides for finger in fingers or ("",)), named=False)
