"""What words do in a sentence, and what they mean: the types that lexicon and grammar share."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Form(enum.Enum):
    """Form of a word, as far as it matters."""

    BASE = enum.auto()
    PARTICIPLE = enum.auto()


class Cat(enum.Enum):
    """What a token does."""

    SIDE = enum.auto()  # left, right, both
    HAND = enum.auto()
    PALM = enum.auto()
    FINGER = enum.auto()
    TIP = enum.auto()
    NAME = enum.auto()  # of a finger
    GAP = enum.auto()
    PERSON = enum.auto()
    SAME = enum.auto()  # it, they
    OTHER_HAND = enum.auto()
    EACH_OTHER = enum.auto()
    ALL = enum.auto()
    NUMBER = enum.auto()
    REST = enum.auto()  # the other fingers
    NONE = enum.auto()  # no finger
    EXCEPT = enum.auto()
    INSTEAD = enum.auto()
    HEDGE = enum.auto()  # almost, if, can: what follows is not claimed
    RELATIVE = enum.auto()  # relative to: from where places are seen
    WHO = enum.auto()
    OF = enum.auto()
    VERB = enum.auto()
    BE = enum.auto()
    STAY = enum.auto()
    STATE = enum.auto()
    STILL = enum.auto()
    NEAR = enum.auto()
    PLACE = enum.auto()
    DIRECTION = enum.auto()
    SPEED = enum.auto()
    TIMES = enum.auto()
    FROM = enum.auto()
    TO = enum.auto()
    BY = enum.auto()
    WITH = enum.auto()
    NOT = enum.auto()
    THEN = enum.auto()
    BEFORE = enum.auto()
    AFTER = enum.auto()
    AT_START = enum.auto()
    AT_END = enum.auto()
    ALWAYS = enum.auto()
    AND = enum.auto()
    WHILE = enum.auto()
    MEANWHILE = enum.auto()
    COMMA = enum.auto()
    UNKNOWN = enum.auto()


class Verb(enum.Enum):
    """What verbs of one meaning say."""

    BEND = "bend"
    EXTEND = "extend"
    SPREAD = "spread"
    GATHER = "gather"
    OPEN = "open"
    CLOSE = "close"
    FIST = "fist"
    TOUCH = "touch"
    PINCH = "pinch"
    MOVE = "move"
    REACH = "reach"
    WAVE = "wave"
    APPROACH = "approach"
    NEAR = "near"
    RECEDE = "recede"
    OTHER = "other"


class StateKind(enum.Enum):
    """What an adjective is about."""

    FLEXION = "flexion"
    SPACING = "spacing"
    DISTANCE = "distance"


class State(NamedTuple):
    """States that an adjective admits."""

    kind: StateKind
    states: frozenset[str]


class Place(NamedTuple):
    """Where something is relative to something else."""

    axis: str
    state: str
