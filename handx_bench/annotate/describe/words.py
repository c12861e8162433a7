"""Words of the descriptions: synonyms drawn by seed, names of fingers, agreement of verb and subject."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes import channels as c

#: Ways to say the same, by what is said; every one of them is read back by the claims grammar.
VERBS = {
    "move": ("move", "travel", "shift"),
    "bend": ("bend", "curl", "flex"),
    "extend": ("straighten", "extend", "uncurl"),
    "extend until": ("extend", "uncurl"),
    "open": ("spread apart", "fan out"),
    "close": ("come together", "draw together"),
    "touch": ("touch", "meet"),
    "touch each other": ("touch", "touch each other", "meet"),
    "approach": ("come closer", "approach each other"),
    "recede": ("move apart", "move away from each other"),
    "stay": ("stay", "remain"),
}
STATES = {
    # Hands that keep their place may turn, and their fingers may move: they are not "still".
    "still": ("in place", "where it is"),
    c.EXTENDED: ("straight",),
    c.PARTLY_BENT: ("half bent",),
    c.BENT: ("fully bent", "tightly curled"),
    c.HYPER_EXTENDED: ("hyper-extended",),
    c.OPEN: ("apart", "spread apart"),
    c.CLOSED: ("together", "close together"),
    c.TOUCHING: ("touching",),
    c.NEAR: ("near each other", "close to each other"),
    c.MEDIUM: ("a hand's width apart",),
    c.FAR: ("far apart",),
}
SPEEDS = {
    c.SLOW: ("slowly",),
    c.MODERATE: ("steadily", "at a moderate pace"),
    c.FAST: ("quickly", "rapidly", "swiftly"),
}
DIRECTIONS = {
    "up": ("up", "upward"),
    "down": ("down", "downward"),
    "forward": ("forward",),
    "backward": ("backward",),  # "back" may be whence it came
    "left": ("to the left",),
    "right": ("to the right",),
}
#: What begins a sentence that tells the next step, and the last one.
NEXT, LAST = ("Then", "After that,", "Next,"), ("Finally,", "Then", "Lastly,")
#: Where a hand is, as a preposition of the other.
PREPOSITIONS = {
    ("x", "left"): "to the left of", ("x", c.ALIGNED): "in line with", ("x", "right"): "to the right of",
    ("y", "behind"): "behind", ("y", c.ALIGNED): "abreast of", ("y", "in front"): "in front of",
    ("z", "below"): "below", ("z", c.ALIGNED): "level with", ("z", "above"): "above",
}  # fmt: skip


def path(ways: Sequence[tuple[str, str, str]], other: str) -> str:
    """From places to others, as (axis, before, after) relative to the other hand.

    >>> path([("x", "right", "left")], "the left hand")
    'from the right of the left hand to the left of it'
    >>> path([("z", "below", "above"), ("y", "aligned", "in front")], "the right hand")
    'from below the right hand to above it and from abreast of it to in front of it'
    """
    told: list[str] = []
    for axis, before, after in ways:
        begin, end = (PREPOSITIONS[axis, state].removeprefix("to ") for state in (before, after))
        told.append(f"from {begin} {'it' if told else other} to {end} it")
    return listed(told)


class Words:
    """Draws synonyms; the same seed draws the same, None the first of them each time."""

    def __init__(self, seed: int | None) -> None:
        self._random = None if seed is None else random.Random(seed)
        self._states: dict[str, str] = {}

    def choose(self, choices: Sequence[str]) -> str:
        """One of several ways to say the same."""
        if self._random is None or len(choices) == 1:
            return choices[0]
        return choices[int(self._random.random() * len(choices))]

    def verb(self, meaning: str, plural: bool) -> str:
        """A verb in the present tense, third person."""
        return conjugate(self.choose(VERBS[meaning]), plural)

    def state(self, state: str) -> str:
        """An adjective, the same each time: two words for one state would be taken for two states."""
        if state not in self._states:
            self._states[state] = self.choose(STATES[state])
        return self._states[state]

    def speed(self, speed: str) -> str:
        """An adverb."""
        return self.choose(SPEEDS[speed])

    def direction(self, direction: str) -> str:
        """Whither."""
        return self.choose(DIRECTIONS[direction])


def conjugate(phrase: str, plural: bool) -> str:
    """
    >>> conjugate("touch", False), conjugate("move away", False), conjugate("bend", True)
    ('touches', 'moves away', 'bend')
    """
    if plural:
        return phrase
    first, space, rest = phrase.partition(" ")
    return first + ("es" if first.endswith(("s", "sh", "ch", "x")) else "s") + space + rest


def fingers(names: Sequence[str], side: str = "") -> tuple[str, bool]:
    """Fingers as a subject, with whether it is a plural.

    >>> fingers(("index", "middle")), fingers(("index", "middle", "ring", "pinky"), "left")
    (('the index and middle fingers', True), ('the four left fingers', True))
    """
    lead = f"{side} " if side else ""
    if len(names) == len(TIP_FINGERS):
        return f"all {lead}fingers", True
    if tuple(names) == TIP_FINGERS[1:]:
        return f"the four {lead}fingers", True
    if names[0] == "thumb":
        if len(names) == 1:
            return f"the {lead}thumb", False
        return f"the {lead}thumb and the {lead}{listed(names[1:])} finger{'s' if len(names) > 2 else ''}", True
    return f"the {lead}{listed(names)} finger{'s' if len(names) > 1 else ''}", len(names) > 1


def neighbours(names: Sequence[str]) -> str:
    """Fingers whose gaps are spoken of.

    >>> neighbours(("index", "middle", "ring", "pinky")), neighbours(("ring", "pinky"))
    ('the fingers', 'the ring and pinky fingers')
    """
    return "the fingers" if len(names) == len(TIP_FINGERS) - 1 else fingers(names)[0]


def tips(names: Sequence[str], side: str = "") -> str:
    """Fingertips as an object.

    >>> tips(("ring",)), tips(("thumb", "index"), "right")
    ('the ring fingertip', 'the right thumb and index fingertips')
    """
    lead = f"{side} " if side else ""
    if tuple(names) == ("thumb",):
        return f"the {lead}thumb tip"
    return f"the {lead}{listed(names)} fingertip{'s' if len(names) > 1 else ''}"


def listed(parts: Sequence[str]) -> str:
    """
    >>> listed(["up"]), listed(["up", "left"]), listed(["a", "b", "c"])
    ('up', 'up and left', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def times(count: int) -> str:
    """
    >>> times(2), times(3)
    (' twice', ' three times')
    """
    if count == 1:
        return ""
    numbers = ("two", "three", "four", "five", "six", "seven", "eight")
    return " twice" if count == 2 else f" {numbers[count - 2]} times" if count < 9 else " repeatedly"


def whole_hand(clause: str) -> str:
    """The subject of a clause about one hand, else nothing.

    >>> whole_hand("the left hand moves up"), whole_hand("the palms touch")
    ('the left hand ', '')
    """
    return next((subject for side in HANDS if clause.startswith(subject := f"the {side} hand ")), "")
