"""First texts of HandX-Mini: templates filled with what was planned, five levels from brief to full.

They say only what the plan makes true: who acts, with which finger, what touches what, how often, and who is first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .draw import Draw
from .plan import Facts

LEVELS = 5
_TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times"}
_NUMBERS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five"}
#: Gestures that begin when both hands are there; of the others each hand has its own time.
GATHERING = {"clap", "palm_rub", "steeple", "interlock", "tie", "palm_touch", "write_on_palm", "twist_cap"}
_ORDER = ("index", "middle", "ring", "pinky", "thumb")


class Texts(NamedTuple):
    """Texts of equal number for the left hand, the right hand and their interaction."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    interaction: tuple[str, ...]


@dataclass(frozen=True)
class _Phrase:
    """What a hand does: in a word, in full, and how it ends; ``passive`` ones for the hand that is worked on."""

    brief: str
    full: str
    ending: str
    passive_brief: str = ""
    passive: str = ""


_CLOSING = {
    "fist": _Phrase("makes a fist", "closes to a fist with the thumb over the index and middle finger", "opens again"),
    "open_hands": _Phrase("opens", "opens from a loose fist and spreads the fingers", "closes loosely again"),
    "pointing": _Phrase("points {direction}", "stretches the index finger, curls the other fingers and moves {direction}",
                        "relaxes and comes back"),
    "flip_hands": _Phrase("flips over", "turns over about its long axis", "begins with the palm down"),
    "grab_and_drag": _Phrase("grabs and drags", "takes something small between thumb, index and middle fingertip and "
                             "carries it {direction}", "lets go by opening the fingers"),
    "clap": _Phrase("claps", "meets the palm of the {other} hand with its own palm", "moves away again"),
    "palm_rub": _Phrase("rubs the other palm", "lies palm to palm with the {other} hand and slides {style}",
                        "moves away again"),
    "steeple": _Phrase("makes a steeple", "touches each fingertip of the {other} hand with its own, palms apart",
                       "moves away again"),
    "interlock": _Phrase("interlocks its fingers", "passes its fingers between those of the {other} hand and folds them "
                         "onto its back", "begins to straighten its fingers again"),
    "tie": _Phrase("ties a knot", "keeps thumb and index tip pinched as on a string", "pulls outward at the end"),
    "palm_touch": _Phrase("touches the other palm", "touches the palm of the {other} hand with the tips of its index and "
                          "middle finger", "lifts off again", "is touched", "lies open with the palm up and is touched by "
                          "the {other} index and middle fingertip"),
    "write_on_palm": _Phrase("writes on the other palm", "draws {figure} on the palm of the {other} hand with the tip of "
                             "its index finger", "lifts off again", "is written on", "lies open with the palm up while the "
                             "{other} index finger draws {figure} on it"),
    "twist_cap": _Phrase("twists a cap", "grips a small cap between thumb, index and middle fingertip and turns it",
                         "opens its grip to turn back", "holds a bottle", "stays curled as around a small upright bottle, "
                         "below the {other} hand"),
}  # fmt: skip


class _Words(NamedTuple):
    """Choices of words that mean the same, drawn once for a clip."""

    shows: str
    rests: str
    at_once: str
    times: dict[int, str]


def texts_of(facts: Facts, draw: Draw) -> Texts:
    """The texts of a clip.

    >>> facts = Facts("pinch_index", ("left",), "alone", 2, 0.0, (), {"finger": "index"})
    >>> texts_of(facts, Draw(1)).left[0]
    'The left hand pinches with the index finger.'
    """
    words = _Words(
        draw.choice(("shows", "performs", "makes")),
        draw.choice(("rests", "does nothing", "stays where it is")),
        draw.choice(("at the same time", "together", "in unison")),
        draw.choice((_TIMES, {**_TIMES, 2: "two times"})),
    )
    sides = [_side(hand, other, facts, words) for hand, other in (("left", "right"), ("right", "left"))]
    return Texts(sides[0], sides[1], _interaction(facts, words))


def _phrase(facts: Facts) -> _Phrase:
    name, words = facts.gesture, facts.words
    if name.startswith("pinch_"):
        meets = f"brings the tip of the thumb and the tip of the {words['finger']} finger together"
        return _Phrase(f"pinches with the {words['finger']} finger", meets, "opens again")
    if name.startswith("almost_pinch_"):
        stops = f"brings thumb and index fingertip near each other and stops {words['gap']} mm before they touch"
        return _Phrase("almost pinches", stops, "opens again without a touch")
    if name == "counting":
        named = ", ".join(_ORDER[: int(words["count"])])
        return _Phrase(f"counts to {_NUMBERS[words['count']]}", f"stretches its fingers from a fist one by one: {named}",
                       "keeps them stretched")  # fmt: skip
    return _CLOSING[name]


def _fill(text: str, facts: Facts, other: str) -> str:
    words = dict(facts.words)
    if "direction" in words and facts.gesture == "pointing":
        words["direction"] = {"forward": "forward", "upward": "forward and up", "inward": "forward and inward"}[
            words["direction"]
        ]
    return text.format(other=other, **words)


def _side(hand: str, other: str, facts: Facts, words: _Words) -> tuple[str, ...]:
    phrase, name = _phrase(facts), f"The {hand} hand"
    acts = hand in facts.acting
    if not acts and not phrase.passive:
        still = f"{name} stays nearly still"
        return (f"{name} {words.rests}.", f"{still}.", f"{still} while the {other} hand moves.",
                f"{still} before the body while the {other} hand moves.",
                f"{still} before the body while the {other} hand moves. It only drifts a little.")  # fmt: skip
    if acts:
        brief, full = _fill(phrase.brief, facts, other), _fill(phrase.full, facts, other)
        more, ending = f"{full}{_again(facts, words)}", f"It {_fill(phrase.ending, facts, other)}."
        if facts.words.get("mover", "both") not in ("both", hand):
            ending = f"It stays in place while the {other} hand moves."
    else:
        brief, full = _fill(phrase.passive_brief, facts, other), _fill(phrase.passive, facts, other)
        more, ending = f"{full}, and keeps its place", "It hardly moves meanwhile."
    level4 = f"{name} {more}. {ending}"
    return (
        f"{name} {brief}.",
        f"{name} {full}.",
        f"{name} {more}.",
        level4,
        f"{level4} {_order(facts, hand, other, words)}",
    )


def _again(facts: Facts, words: _Words) -> str:
    if facts.gesture == "palm_rub":
        return f", over {_NUMBERS[str(facts.repetitions)]} cycle{'s' if facts.repetitions > 1 else ''}"
    if facts.gesture == "tie":
        return f", while the {facts.words['looping']} hand makes a loop"
    if facts.gesture == "counting":
        return f", {_NUMBERS[facts.words['count']]} fingers in all"
    return f", {words.times[facts.repetitions]}"


def _first(facts: Facts) -> str:
    """The hand that is first, where one is."""
    return facts.phase.split()[-1] if facts.phase.startswith("alternating") else facts.phase.split()[0]


def _order(facts: Facts, hand: str, other: str, words: _Words) -> str:
    if facts.phase == "alone":
        return f"The {other} hand takes no part."
    if _onto(facts):
        return _onto(facts)
    if facts.phase == "together":
        return f"Both hands move {words.at_once}."
    leads = hand == _first(facts)
    if facts.phase.startswith("alternating"):
        return (
            "It begins, and the hands take turns." if leads else f"It takes turns with the {other} hand, which begins."
        )
    if GATHERING & {facts.gesture}:
        return "It is in place first." if leads else f"The {other} hand is in place before it."
    return "It goes first." if leads else f"It follows the {other} hand."


def _onto(facts: Facts) -> str:
    """Which hand claps onto the other, where only one does."""
    mover = facts.words.get("mover", "both")
    other = "left" if mover == "right" else "right"
    return "" if mover == "both" else f"The {mover} hand claps onto the {other} hand, which stays where it is held."


def _interaction(facts: Facts, words: _Words) -> tuple[str, ...]:
    phrase, title = _phrase(facts), facts.gesture.replace("_", " ")
    if len(facts.acting) == 2:
        brief = f"Both hands {words.shows.removesuffix('s')} the gesture: {title}."
        what = f"Each hand {_fill(phrase.full, facts, 'other')}"
        first = _first(facts)
        second = "right" if first == "left" else "left"
        head = f"The {first} hand is first, the {second} hand follows."
        if _onto(facts):
            head = _onto(facts)
        elif facts.phase == "together":
            head = f"Both hands move {words.at_once}."
        elif facts.phase.startswith("alternating"):
            head = f"The hands take turns, the {first} hand begins."
    else:
        acting = facts.acting[0]
        other = "left" if acting == "right" else "right"
        brief = f"The {acting} hand {words.shows} the gesture: {title}."
        what = f"The {acting} hand {_fill(phrase.full, facts, other)}"
        head = f"The {other} hand {_fill(phrase.passive_brief, facts, acting) if phrase.passive else words.rests}."
    level3 = f"{what}{_again(facts, words)}."
    return (brief, f"{what}.", level3, f"{level3} {head}", f"{level3} {head} {_touching(facts)}")


def _touching(facts: Facts) -> str:
    between = {t.kind for t in facts.touches if t.first[0] != t.second[0]}
    if "palm-palm" in between:
        return "The palms touch."
    if "tip-palm" in between:
        return "Fingertips touch the other hand."
    if "tip-opposite-tip" in between:
        return "The fingertips of both hands touch."
    return "The hands do not touch each other."
