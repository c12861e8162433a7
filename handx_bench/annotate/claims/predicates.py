"""What a clause claims, by its verb and by what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes import channels as c
from . import make
from .categories import State, StateKind, Verb
from .claim import REPEATEDLY, Claim, Kind, When
from .clause import Clause
from .lexicon import PARTICIPLES
from .phrase import Noun, Phrase, whole

_FINGERS = (Noun.FINGER, Noun.TIP)
_HANDS = (Noun.HAND, Noun.PALM)
_MOVING = (*_HANDS, Noun.WRIST)
_BENT = frozenset((c.PARTLY_BENT, c.BENT))
_MOVES = (Verb.MOVE, Verb.REACH, Verb.WAVE)
_FLEXES = (Verb.BEND, Verb.CLOSE, Verb.EXTEND, Verb.OPEN)
_SHAPES = (*_FLEXES, Verb.SPREAD, Verb.GATHER, Verb.FIST)


def claims_of(clause: Clause) -> tuple[Claim, ...]:
    """The claims of a clause; one that nothing can check where it says something else, or something unclear."""
    return (_found(clause) if _is_clear(clause) else ()) or make.other(clause.words)


def _is_clear(clause: Clause) -> bool:
    """Whether all of the clause was understood. Where something goes does not matter to how it bends or which way it moves."""
    indifferent = clause.verb in (*_FLEXES, Verb.FIST) or (clause.verb in _MOVES and bool(clause.directions))
    return not clause.unclear and (not clause.adjunct or indifferent)


def _found(clause: Clause) -> tuple[Claim, ...]:
    names_state = clause.participle and clause.verb in PARTICIPLES and clause.verb is not Verb.TOUCH
    if clause.verb is None or (names_state and not clause.objects):
        return _states(clause) if not clause.subject.either else ()
    acted = _acted(clause)
    if acted.either and (clause.verb not in _MOVES or clause.negated):
        return ()
    if clause.verb in _SHAPES and not _is_possible(clause, acted):
        return ()
    match clause.verb:
        case Verb.TOUCH | Verb.PINCH:
            return _contacts(clause)
        case Verb.REACH if not clause.directions:
            return ()
        case Verb.MOVE | Verb.WAVE | Verb.REACH:
            return _moves(clause)
        case Verb.NEAR if clause.subject.noun in _FINGERS:
            target = next(iter(clause.objects), None)
            return make.near(clause.subject, target, when=When.SOMETIME, negated=clause.negated)
        case Verb.APPROACH | Verb.NEAR | Verb.RECEDE:
            return _distances(clause, "recede" if clause.verb is Verb.RECEDE else "approach")
        case Verb.SPREAD | Verb.GATHER:
            return _spacing(clause, acted, opens=clause.verb is Verb.SPREAD)
        case Verb.FIST:
            fist = whole(Noun.FINGER, acted.sides, TIP_FINGERS[1:])
            return make.flexion_state(fist, _BENT, when=When.SOMETIME, negated=clause.negated)
        case Verb.OPEN | Verb.CLOSE if acted.noun is Noun.GAP:
            return _spacing(clause, acted, opens=clause.verb is Verb.OPEN)
        case Verb.BEND | Verb.CLOSE | Verb.EXTEND | Verb.OPEN:
            return _flexion(clause, acted, "bend" if clause.verb in (Verb.BEND, Verb.CLOSE) else "extend")
    return ()


def _acted(clause: Clause) -> Phrase:
    """What the verb changes: the fingers that a hand bends, or the subject itself."""
    fingers = [phrase for phrase in clause.objects if phrase.noun in (*_FINGERS, Noun.GAP)]
    if fingers and clause.subject.noun in _HANDS:
        return fingers[0]
    hands = [phrase for phrase in clause.objects if phrase.noun in _MOVING]
    return hands[0] if hands and clause.by_person else clause.subject


def _is_possible(clause: Clause, acted: Phrase) -> bool:
    """Whether a hand shapes its own fingers, and a person names what they shape; wrists and arms have no shape here."""
    if acted.noun is Noun.WRIST or (clause.by_person and acted is clause.subject and clause.verb is not Verb.FIST):
        return False
    others = [phrase for phrase in clause.objects if not set(phrase.sides) <= set(clause.subject.sides)]
    return clause.by_person or not others


def _of_kind(states: list[State], kind: StateKind) -> frozenset[str]:
    return frozenset(state for meant in states if meant.kind is kind for state in meant.states)


def _when(clause: Clause) -> When:
    if clause.at_end:
        return When.END
    if clause.at_start:
        return When.START
    if clause.stays or clause.always:
        return When.THROUGHOUT
    return When.SOMETIME if clause.then or clause.never else When.MOSTLY


def _changing(clause: Clause) -> dict[str, Any]:
    return {"speed": clause.speed, "times": clause.times, "negated": clause.negated, "when": _edge(clause)}


def _flexion(clause: Clause, acted: Phrase, direction: str) -> tuple[Claim, ...]:
    spacing = _of_kind(clause.states, StateKind.SPACING)
    if clause.verb is Verb.CLOSE and c.CLOSED in spacing:
        return _spacing(clause, acted, opens=False)
    if clause.directions and acted.noun in _HANDS:
        return _moves(clause)
    after = _of_kind(clause.after, StateKind.FLEXION) | _of_kind(clause.states, StateKind.FLEXION)
    before = _of_kind(clause.before, StateKind.FLEXION)
    out = make.flexion_change(acted, direction, states=after, before=before, **_changing(clause))
    if c.OPEN in spacing:  # but "curl together" is to curl at the same time
        out += make.spacing_change(acted, "open")
    return out


def _spacing(clause: Clause, acted: Phrase, opens: bool) -> tuple[Claim, ...]:
    if clause.directions and acted.noun in _HANDS:  # "both hands move up together"
        return _moves(clause)
    if acted.noun in _HANDS and len(acted.sides) == 2 and acted is clause.subject:
        return _distances(clause, "recede" if opens else "approach")
    found = make.spacing_change(acted, "open" if opens else "close", **_changing(clause))
    if not found and not opens and acted.named:  # thumb and finger come together
        return make.touch(acted, None, times=clause.times, negated=clause.negated)
    return found


def _moves(clause: Clause) -> tuple[Claim, ...]:
    hands = _acted(clause) if clause.subject.noun in _MOVING else clause.subject
    spacing = _of_kind(clause.states, StateKind.SPACING)
    if hands.noun in _FINGERS:
        return _finger_moves(clause, hands, spacing)
    if clause.places and clause.before_places and len(hands.sides) == 1:
        side = hands.sides[0]
        return tuple(
            claim for begin, end in zip(clause.before_places, clause.places) if begin.axis == end.axis
            for claim in make.position_change(side, end.axis, [begin.state], [end.state], **_changing(clause))
        )  # fmt: skip
    if clause.negated and not clause.directions:
        return make.still(hands, when=_edge(clause))
    if clause.goal is not None and not clause.directions:
        return _distances(clause, "approach") if clause.goal.sides != hands.sides else ()
    if spacing and len(hands.sides) == 2 and not clause.directions:
        return _distances(clause, "recede" if c.OPEN in spacing else "approach")
    times = clause.times or (REPEATEDLY if clause.verb is Verb.WAVE else 0)
    directions = list(dict.fromkeys(clause.directions)) or [("", clause.speed)]
    return make.moves(hands, directions, times=times, negated=clause.negated, when=_edge(clause))


def _finger_moves(clause: Clause, fingers: Phrase, spacing: frozenset[str]) -> tuple[Claim, ...]:
    """Where fingers go is not measured; that they part, or go from one state to another, is."""
    if spacing:
        return _spacing(clause, fingers, opens=c.OPEN in spacing)
    after, before = _of_kind(clause.after, StateKind.FLEXION), _of_kind(clause.before, StateKind.FLEXION)
    if after and before:
        return make.flexion_change(fingers, "", states=after, before=before, **_changing(clause))
    return make.still(fingers, when=_edge(clause)) if clause.negated and not clause.directions else ()


def _edge(clause: Clause) -> When:
    """Start or end, where the clause says so."""
    return When.END if clause.at_end else When.START if clause.at_start else When.MOSTLY


def _distances(clause: Clause, direction: str) -> tuple[Claim, ...]:
    subject, target = clause.subject, next(iter(clause.objects), None)
    said = _changing(clause)
    if subject.noun in _FINGERS:
        if target is None:  # "the fingers move apart"
            return make.spacing_change(subject, "open" if direction == "recede" else "close", **said)
        if target.noun is not Noun.PALM:
            return ()
        pairs = [
            channel for side, finger in subject.members for other, _ in target.members
            if (channel := make.pair_channel((side, finger), (other, "palm")))
        ]  # fmt: skip
        states = _of_kind(clause.after, StateKind.DISTANCE)
        return tuple(Claim(Kind.CHANGE, (p,), frozenset((direction,)), states=states, **said) for p in pairs)
    if len(subject.sides) < 2 and target is None and clause.goal is None:  # away from what?
        return ()
    after, before = _of_kind(clause.after, StateKind.DISTANCE), _of_kind(clause.before, StateKind.DISTANCE)
    return make.distance_change(direction, states=after, before=before, **said)


def _contacts(clause: Clause) -> tuple[Claim, ...]:
    subject = clause.subject
    target = next(iter(clause.objects), None)
    if clause.is_state and not clause.participle and not clause.named_subject and target is not None:
        # "there is contact between A and B"
        return _touching(clause, target, next(iter(clause.objects[1:]), None))
    if target is None:
        target = clause.partner
    elif clause.partner is not None and clause.partner.noun in _FINGERS:  # "with its index finger": the instrument
        subject = clause.partner.on(subject.sides)
    spacing = _of_kind(clause.states, StateKind.SPACING)
    if spacing and subject.noun in _FINGERS:
        return make.spacing_state(subject, spacing, when=_when(clause), negated=clause.negated)
    if clause.agent is not None:  # is touched by
        subject, target = clause.agent, subject
    elif clause.participle and clause.is_state and target is None:
        return ()
    if clause.verb is Verb.PINCH and (subject.noun in _HANDS or target is not None):
        fingers = (
            target
            if target is not None and target.noun in _FINGERS
            else whole(Noun.FINGER, subject.sides, TIP_FINGERS[1:])
        )
        members = tuple((side, finger) for side, finger in fingers.members if finger != "thumb")
        thumb = Phrase(Noun.TIP, tuple((side, "thumb") for side in subject.sides))
        return _touching(clause, thumb, replace(fingers, members=members))
    if target is None and subject.noun in _MOVING and len(subject.sides) < 2:
        return ()
    found = _touching(clause, subject, target)
    # "The left thumb touches the palm": of the other hand, where the text is about both.
    if not found and target is not None and target.noun in _HANDS and clause.of_both:
        other = tuple(hand for hand in HANDS if hand not in subject.sides)
        return _touching(clause, subject, target.on(other)) if other else ()
    return found


def _touching(clause: Clause, subject: Phrase, target: Phrase | None) -> tuple[Claim, ...]:
    if clause.stays or clause.always:  # "keeps touching"
        touching = frozenset((c.TOUCHING,))
        said: dict[str, Any] = {"states": touching, "when": When.THROUGHOUT, "negated": clause.negated}
        return tuple(Claim(Kind.STATE, claim.channels, **said) for claim in make.touch(subject, target))
    return make.touch(subject, target, times=clause.times, negated=clause.negated, when=_edge(clause))


def _states(clause: Clause) -> tuple[Claim, ...]:
    subject = _acted(clause) if clause.stays else clause.subject
    said: dict[str, Any] = {"when": _when(clause), "negated": clause.negated}
    states = list(clause.states)
    if clause.verb in PARTICIPLES and clause.verb is not None:
        states.append(_participle(clause, subject))
    out: tuple[Claim, ...] = ()
    if clause.still:
        out += make.still(subject, negated=clause.negated, when=_edge(clause))
    flexion, spacing = _of_kind(states, StateKind.FLEXION), _of_kind(states, StateKind.SPACING)
    distance = _of_kind(states, StateKind.DISTANCE)
    if flexion and subject.noun is not Noun.WRIST:
        out += make.flexion_state(subject, flexion, **said)
    if spacing and subject.noun is not Noun.WRIST:
        if subject.noun in _HANDS and len(subject.sides) == 2:
            distance |= frozenset((c.FAR, c.MEDIUM, c.NEAR) if c.OPEN in spacing else (c.TOUCHING, c.NEAR))
        else:
            out += make.spacing_state(subject, spacing, **said)
    if distance and subject.noun in _FINGERS:  # "in contact with the thumb"
        if c.TOUCHING in distance:
            out += _touching(clause, subject, clause.partner or next(iter(clause.objects), None))
    elif distance and (len(subject.sides) == 2 or clause.partner is not None):
        out += make.distance_state(distance, **said)
    if clause.near:
        out += make.near(
            subject,
            next(iter(clause.objects), None),
            **{**said, "when": _when(clause) if clause.is_state or clause.stays else When.SOMETIME},
        )
    for place in clause.places if subject.noun in _HANDS else ():
        if len(subject.sides) == 1 and clause.objects:
            out += make.position_state(subject.sides[0], place.axis, [place.state], **said)
        elif len(subject.sides) == 2 and place.state == c.ALIGNED:
            out += make.position_state("right", place.axis, [place.state], **said)
    return out


def _participle(clause: Clause, subject: Phrase) -> State:
    """ "closed" and "open" are about the gap where a gap is the subject."""
    assert clause.verb is not None
    if subject.noun is Noun.GAP and clause.verb in (Verb.OPEN, Verb.CLOSE):
        return PARTICIPLES[Verb.SPREAD if clause.verb is Verb.OPEN else Verb.GATHER]
    return PARTICIPLES[clause.verb]
