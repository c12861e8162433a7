"""Motion codes in words: what channels, and the changes in them, are called in pictures and tables."""

from __future__ import annotations

from functools import lru_cache

from ..annotate.codes import Event, MotionCodes
from ..annotate.codes.channels import ALIGNED
from ..annotate.describe import between, deeds
from ..annotate.describe.deeds import Deed, Detail
from ..annotate.describe.words import SPEEDS, STATES, Words
from ..hand.skeleton import HANDS

BETWEEN = "between"
#: What a channel is about, in the order of showing.
PARTS = {"left": "left hand", "right": "right hand", BETWEEN: "between the hands"}

_WRIST = {"x": "wrist left–right", "y": "wrist back–forward", "z": "wrist up–down"}
_POSITION = {
    "x": "right hand left–right of left",
    "y": "right hand behind–before left",
    "z": "right hand below–above left",
}
_VERBS = {
    "bend": "bends", "extend": "extends", "open": "opens", "close": "closes",
    "approach": "approach", "recede": "part",
}  # fmt: skip
#: Where the right hand is, seen from the left.
_PLACES = {
    "left": "left of it", "right": "right of it", ALIGNED: "in line",
    "behind": "behind it", "in front": "before it", "below": "below it", "above": "above it",
}  # fmt: skip


def part_of(channel: str) -> str:
    """Key of ``PARTS``.

    >>> part_of("left.finger.index"), part_of("palm_palm")
    ('left', 'between')
    """
    first = channel.partition(".")[0]
    return first if first in HANDS else BETWEEN


@lru_cache(maxsize=256)
def label_of(channel: str) -> str:
    """A short name of a channel among those of its part.

    >>> label_of("left.finger.index"), label_of("right.thumb_contact.ring"), label_of("left.spacing.ring-pinky")
    ('index finger', 'thumb–ring', 'ring–pinky gap')
    >>> label_of("tip_tip.left_index-right_thumb"), label_of("tip_palm.right_pinky"), label_of("position.z")
    ('left index – right thumb', 'right pinky – left palm', 'right hand below–above left')
    """
    if channel == "palm_palm":
        return "palms"
    *_, kind, what = channel.split(".")
    match kind:
        case "finger":
            return what if what == "thumb" else f"{what} finger"
        case "joint":
            return what.replace("_", " ")
        case "spacing":
            return f"{what.replace('-', '–')} gap"
        case "thumb_contact":
            return f"thumb–{what}"
        case "wrist":
            return _WRIST[what]
        case "tip_tip":
            return what.replace("-", " – ").replace("_", " ")
        case "tip_palm":
            side, finger = what.split("_")
            return f"{side} {finger} – {HANDS[1 - HANDS.index(side)]} palm"
    return _POSITION[what]


def told(event: Event, channel: str) -> str:
    """A change as a table tells it.

    >>> told(Event(0, 30, "bend", "extended", "bent", "fast", 3, 20), "left.finger.index")
    'bends quickly: straight → fully bent'
    >>> told(Event(0, 30, "up", None, None, "slow", 3, 20), "left.wrist.z")
    'moves up slowly'
    """
    verb = _VERBS.get(event.direction, f"moves {event.direction}")
    adverb = SPEEDS[event.speed][0] if event.speed else ""
    clause = " ".join(filter(None, (verb, adverb)))
    before, after = _state(event.start_state, channel), _state(event.end_state, channel)
    return f"{clause}: {before} → {after}" if before and after else clause


def captions(event: Event, channel: str) -> tuple[str, ...]:
    """A change as it stands on its bar, the fullest form first.

    >>> captions(Event(0, 30, "bend", "extended", "bent", "fast", 3, 20), "left.finger.index")
    ('bends → fully bent, fast', 'bends → fully bent', 'bends')
    >>> captions(Event(0, 30, "left", "right", "aligned", "slow", 3, 20), "position.x")
    ('left: now in line, slow', 'left: now in line', 'left')
    """
    verb = _VERBS.get(event.direction, event.direction)
    after = _state(event.end_state, channel)
    is_place = channel.startswith("position.")
    whole = f"{verb}{': now' if is_place else ' →'} {after}" if after else verb
    return tuple(dict.fromkeys((f"{whole}, {event.speed}" if event.speed else whole, whole, verb)))


def _state(state: str | None, channel: str) -> str:
    if not state:
        return ""
    return _PLACES[state] if channel.startswith("position.") else STATES[state][0]


def stays(codes: MotionCodes) -> dict[str, str]:
    """What does not change, in one line for each part; empty where everything does."""
    words, detail = Words(None), Detail(mostly=True)
    told: dict[str, list[Deed]] = {}
    for side in HANDS:
        told[side] = [
            *deeds.stillness(codes, side, "the wrist", words),
            *deeds.finger_states(codes, side, words, detail),
            *deeds.spacing_states(codes, side, words, detail),
        ]
    told[BETWEEN] = between.distance_state(codes, words, detail) + between.place_states(codes, words, detail)
    return {part: "; ".join(deed.clause for deed in found) for part, found in told.items()}
