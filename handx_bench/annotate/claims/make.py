"""Claims about hands, fingers and their contacts: which channels bear out what is said of which phrase."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes.channels import AXES, NEAR, NEIGHBOURS, TOUCHING, place_of
from .claim import Claim, Kind
from .phrase import Noun, Phrase

Claims = tuple[Claim, ...]
Part = tuple[str, str]  # hand, and finger, "palm" or "" for the whole hand
#: Which axis and channel a direction of the wrist belongs to.
AXIS_OF = {word: axis for axis, words in AXES.items() for word in words}


def flexion_change(phrase: Phrase, direction: str, **said: Any) -> Claims:
    """Fingers bend or extend, or either where no direction is given; of a hand, all its fingers."""
    fits = frozenset((direction,) if direction else ())
    return tuple(
        Claim(Kind.CHANGE, (f"{side}.finger.{finger}",), fits, **said)
        for side in phrase.sides
        for finger in phrase.fingers(side)
    )


def flexion_state(phrase: Phrase, states: frozenset[str], **said: Any) -> Claims:
    """Fingers are bent, straight, ..."""
    return tuple(
        Claim(Kind.STATE, (f"{side}.finger.{finger}",), states=states, **said)
        for side in phrase.sides
        for finger in phrase.fingers(side)
    )


def spacing_change(phrase: Phrase, direction: str, **said: Any) -> Claims:
    """Neighbouring fingers of the phrase open or close their gap."""
    return tuple(
        Claim(Kind.CHANGE, (channel,), frozenset((direction,)), **said) for channel in _spacing_channels(phrase)
    )


def spacing_state(phrase: Phrase, states: frozenset[str], **said: Any) -> Claims:
    """Neighbouring fingers of the phrase are together or apart."""
    return tuple(Claim(Kind.STATE, (channel,), states=states, **said) for channel in _spacing_channels(phrase))


def _spacing_channels(phrase: Phrase) -> list[str]:
    return [
        f"{side}.spacing.{a}-{b}" for side in phrase.sides for a, b in NEIGHBOURS if {a, b} <= set(phrase.fingers(side))
    ]


def moves(phrase: Phrase, directions: Sequence[tuple[str, str]], **said: Any) -> Claims:
    """Wrists move in directions, each with a speed that may be empty; without a direction, anywhere."""
    out = []
    # Of either hand it is enough that one moves.
    for sides in (phrase.sides,) if phrase.either else [(side,) for side in phrase.sides]:
        for direction, speed in directions:
            axes = (AXIS_OF[direction],) if direction else tuple(AXES)
            channels = tuple(f"{side}.wrist.{axis}" for side in sides for axis in axes)
            fits = frozenset((direction,) if direction else ())
            out.append(Claim(Kind.CHANGE, channels, fits, speed=speed, **said))
    return tuple(out)


def still(phrase: Phrase, **said: Any) -> Claims:
    """Wrists do not move, or fingers do not bend."""
    if phrase.noun in (Noun.HAND, Noun.WRIST, Noun.PALM):
        return tuple(Claim(Kind.STILL, _wrist_channels(side), **said) for side in phrase.sides)
    return tuple(
        Claim(Kind.STILL, (f"{side}.finger.{finger}",), **said)
        for side in phrase.sides
        for finger in phrase.fingers(side)
    )


def _wrist_channels(side: str) -> tuple[str, ...]:
    return tuple(f"{side}.wrist.{axis}" for axis in AXES)


def touch(subject: Phrase, target: Phrase | None, **said: Any) -> Claims:
    """Parts touch: each named pair, or any pair of parts that are meant all together."""
    groups = _touching_channels(subject, target)
    if said.get("negated"):
        groups = [(channel,) for group in groups for channel in group] if _are_named(subject, target) else groups
    return tuple(Claim(Kind.CONTACT, channels, **said) for channels in groups)


def _are_named(*phrases: Phrase | None) -> bool:
    return all(phrase is not None and phrase.named for phrase in phrases)


def _touching_channels(subject: Phrase, target: Phrase | None) -> list[tuple[str, ...]]:
    if target is not None and subject.noun is target.noun is Noun.HAND and len(target.sides) == 2:
        return [_between_hands()]
    if target is None:
        if subject.noun in (Noun.HAND, Noun.PALM) and len(subject.sides) == 2:
            return [("palm_palm",)] if subject.noun is Noun.PALM else [_between_hands()]
        if len(subject.sides) == 1 and not subject.named:  # "the fingers touch each other": that is not measured
            return []
        first, second = _halves(subject)
        if subject.named and {f for _, f in first} == {f for _, f in second}:  # of both hands: each its counterpart
            return [(f"tip_tip.left_{finger}-right_{finger}",) for _, finger in first]
    else:
        first, second = _spelled_out(subject), _spelled_out(target)
    within = len(subject.sides) == 2 and (target is None or target.sides == subject.sides) and _pinches(first, second)
    pairs = [
        channel for a in first for b in second
        if a != b and (a[0] == b[0] or not within) and (channel := pair_channel(a, b))
    ]  # fmt: skip
    pairs = list(dict.fromkeys(pairs))
    if not pairs:
        return []
    if subject.named and (target is None or target.named):
        return [(channel,) for channel in pairs]
    # Of a group and a named part, each named part is touched by some of the group.
    named = second if target is not None and target.named else first if subject.named else ()
    if named and len(pairs) > 1:
        others = first if named is second else second
        grouped = [tuple(dict.fromkeys(c for o in others if o != n and (c := pair_channel(n, o)))) for n in named]
        return [group for group in grouped if group]
    return [tuple(pairs)]


def _pinches(first: Sequence[Part], second: Sequence[Part]) -> bool:
    """Whether thumbs meet other fingers: of both hands, each does so with its own."""
    thumbs = [{finger == "thumb" for _, finger in parts} for parts in (first, second)]
    return thumbs in ([{True}, {False}], [{False}, {True}])


def _between_hands() -> tuple[str, ...]:
    tips = tuple(f"tip_tip.left_{a}-right_{b}" for a in TIP_FINGERS for b in TIP_FINGERS)
    return (*tips, *(f"tip_palm.{hand}_{finger}" for hand in HANDS for finger in TIP_FINGERS), "palm_palm")


def _spelled_out(phrase: Phrase) -> list[Part]:
    if phrase.noun is Noun.PALM:
        return [(side, "palm") for side, _ in phrase.members]
    if phrase.noun is Noun.HAND:
        return [(side, part) for side, _ in phrase.members for part in (*TIP_FINGERS, "palm")]
    return list(phrase.members) if phrase.noun is not Noun.WRIST else []


def _halves(subject: Phrase) -> tuple[list[Part], list[Part]]:
    """The two parties of "A and B touch": the hands, or on one hand the thumb and the others."""
    parts = _spelled_out(subject)
    thumbs = [p for p in parts if p[1] == "thumb"]
    if (
        len(subject.sides) == 2 and subject.named and thumbs and len(parts) > len(thumbs)
    ):  # thumb and index of each hand
        return thumbs, [p for p in parts if p[1] != "thumb"]
    if len(subject.sides) == 2:
        return [p for p in parts if p[0] == "left"], [p for p in parts if p[0] == "right"]
    return [p for p in parts if p[1] == "thumb"], [p for p in parts if p[1] != "thumb"]


def pair_channel(first: Part, second: Part) -> str | None:
    """The channel of contact between two parts, None where none is measured.

    >>> pair_channel(("right", "index"), ("left", "palm")), pair_channel(("left", "ring"), ("left", "thumb"))
    ('tip_palm.right_index', 'left.thumb_contact.ring')
    """
    (hand_a, part_a), (hand_b, part_b) = sorted((first, second))
    if hand_a == hand_b:
        fingers = {part_a, part_b} - {"thumb"}
        finger = next(iter(fingers), "palm")
        return f"{hand_a}.thumb_contact.{finger}" if len(fingers) == 1 and finger != "palm" else None
    if part_a == part_b == "palm":
        return "palm_palm"
    if part_b == "palm":
        return f"tip_palm.{hand_a}_{part_a}"
    if part_a == "palm":
        return f"tip_palm.{hand_b}_{part_b}"
    return f"tip_tip.left_{part_a}-right_{part_b}"


def distance_change(direction: str, **said: Any) -> Claims:
    """The palms come closer or move apart."""
    return (Claim(Kind.CHANGE, ("palm_palm",), frozenset((direction,)), **said),)


def distance_state(states: frozenset[str], **said: Any) -> Claims:
    """The palms are near, far, ..."""
    return (Claim(Kind.STATE, ("palm_palm",), states=states, **said),)


def near(subject: Phrase, target: Phrase | None, **said: Any) -> Claims:
    """A tip comes near the other palm, or the hands come near each other."""
    close = frozenset((TOUCHING, NEAR))
    if subject.noun in (Noun.HAND, Noun.PALM):
        return distance_state(close, **said) if _opposite(subject, target) else ()
    if target is None:
        return ()
    channels = [
        c for a in _spelled_out(subject) for b in _spelled_out(target)
        if (c := pair_channel(a, b)) and c.startswith("tip_palm")
    ]  # fmt: skip
    return tuple(Claim(Kind.STATE, (c,), states=close, **said) for c in dict.fromkeys(channels))


def _opposite(subject: Phrase, target: Phrase | None) -> bool:
    return len(subject.sides) == 2 or (target is not None and subject.sides != target.sides)


def position_state(side: str, axis: str, states: Iterable[str], **said: Any) -> Claims:
    """The hand on ``side`` is at a place relative to the other."""
    return (
        Claim(Kind.STATE, (f"position.{axis}",), states=frozenset(place_of(side, s, axis) for s in states), **said),
    )


def position_change(side: str, axis: str, before: Iterable[str], after: Iterable[str], **said: Any) -> Claims:
    """The hand on ``side`` goes from one place to another, relative to the other."""
    begin, end = (frozenset(place_of(side, s, axis) for s in states) for states in (before, after))
    return (Claim(Kind.CHANGE, (f"position.{axis}",), states=end, before=begin, **said),)


def other(words: str, **said: Any) -> Claims:
    """Something that motion codes do not measure."""
    return (Claim(Kind.OTHER, words=words, **said),)
