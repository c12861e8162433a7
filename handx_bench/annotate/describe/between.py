"""What can be said of the two hands together: contacts, distance and place."""

from __future__ import annotations

from typing import NamedTuple

from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes.channels import AXES, NEAR, TOUCHING, place_of
from ..codes.motion import MotionCodes
from ..codes.segments import Event
from .deeds import IS_SHARE, STAYS_SHARE, Deed, Detail, in_order, moves, together, without_repeats
from .words import PREPOSITIONS, Words, listed, tips, way


class Touch(NamedTuple):
    """A contact between the hands."""

    start: int
    tip: tuple[str, str]
    target: tuple[str, str]  # hand, and finger or "palm"


def contact_deeds(codes: MotionCodes, touches: list[Touch], words: Words) -> list[Deed]:
    """Every contact between the hands, each time it begins."""
    out = []
    for group in together(touches, lambda t: t.start, _one_clause, codes.fps):
        (side, _), (other, part) = group[0].tip, group[0].target
        if part == "palm":
            names, target = {touch.tip[1] for touch in group}, f"the {other} palm"
        else:
            names = {group[0].tip[1]}
            target = tips(in_order(touch.target[1] for touch in group), other)
        clause = f"{tips(in_order(names), side)} {words.verb('touch', len(names) > 1)} {target}"
        out.append(Deed(group[0].start, clause))
    out += [
        Deed(span.start, f"the palms {words.verb('touch each other', True)}")
        for span in codes["palm_palm"].touches(codes.fps)
    ]
    return out


def _one_clause(touch: Touch) -> tuple[str, str]:
    """Touches that one clause tells: some tips on a palm, or one tip on others."""
    return (touch.tip[0], "palm") if touch.target[1] == "palm" else touch.tip


def tip_touches(codes: MotionCodes) -> list[Touch]:
    """Each time that a tip touches a tip or the palm of the other hand."""
    out = []
    for pair, track in codes.group("tip_tip").items():
        for span in track.touches(codes.fps):
            left, right = (name.split("_")[1] for name in pair.split("-"))
            out.append(Touch(span.start, ("left", left), ("right", right)))
    for tip, track in codes.group("tip_palm").items():
        for span in track.touches(codes.fps):
            side, finger = tip.split("_")
            out.append(Touch(span.start, (side, finger), (HANDS[1 - HANDS.index(side)], "palm")))
    return out


def contact_kinds(codes: MotionCodes, touches: list[Touch], words: Words) -> list[Deed]:
    """The kinds of contact that there are, each once; that there is none where there is none."""
    out = [
        Deed(span.start, f"the palms {words.verb('touch each other', True)}")
        for span in codes["palm_palm"].touches(codes.fps)[:1]
    ]
    tip_tip = [touch.start for touch in touches if touch.target[1] != "palm"]
    if tip_tip:
        out.append(Deed(min(tip_tip), f"fingertips of both hands {words.verb('touch each other', True)}"))
    for side in HANDS:
        starts = [touch.start for touch in touches if touch.tip[0] == side and touch.target[1] == "palm"]
        if starts:
            target = f"the {HANDS[1 - HANDS.index(side)]} palm"
            out.append(Deed(min(starts), f"fingertips of the {side} hand {words.verb('touch', True)} {target}"))
    return sorted(out) or [Deed(-1, "the hands do not touch")]


def near_deeds(codes: MotionCodes, words: Words) -> list[Deed]:
    """Fingertips that come near the other palm and do not touch it."""
    out = []
    for side in HANDS:
        found = {
            finger: track
            for finger in TIP_FINGERS
            if (track := codes[f"tip_palm.{side}_{finger}"]).share(NEAR) > 0 and not track.share(TOUCHING)
        }
        if found:
            start = min(next(s.start for s in track.states if s.state == NEAR) for track in found.values())
            verb = "come" if len(found) > 1 else "comes"
            out.append(Deed(start, f"{tips(list(found), side)} {verb} near the {HANDS[1 - HANDS.index(side)]} palm"))
    return out


def distance_deeds(codes: MotionCodes, words: Words, detail: Detail) -> list[Deed]:
    """The palms come closer and move apart."""
    out = []
    for event in codes["palm_palm"].changes:
        clause = f"the palms {words.verb(event.direction, True)}"
        if detail.speeds and event.speed:
            clause += f" {words.speed(event.speed)}"
        if detail.before and event.start_state and event.end_state:
            clause += f", from {words.state(event.start_state)} to {words.state(event.end_state)}"
        elif event.end_state:
            clause += f" until they are {words.state(event.end_state)}"
        out.append(Deed(event.onset, clause, frozenset({"distance"})))
    return out


def distance_course(codes: MotionCodes, words: Words) -> list[Deed]:
    """The palms come closer and move apart, all in one clause."""
    events = codes["palm_palm"].changes
    if not events:
        return []
    course = without_repeats(event.direction for event in events)
    return [Deed(events[0].onset, "the palms " + ", then ".join(words.verb(each, True) for each in course))]


def distance_state(codes: MotionCodes, words: Words, detail: Detail) -> list[Deed]:
    """How far apart the palms stay, where that does not change."""
    track = codes["palm_palm"]
    if track.changes:
        return []
    state = track.events[0].start_state or ""
    share = track.share(state)
    if share < (IS_SHARE if detail.mostly else STAYS_SHARE):
        return []
    verb = words.verb("stay", True) if share >= STAYS_SHARE else "are mostly"
    return [Deed(-1, f"the palms {verb} {words.state(state)}")]


def place_deeds(codes: MotionCodes, words: Words, detail: Detail) -> list[Deed]:
    """A hand goes to another place, seen from the other: the left hand where it alone moves along that axis."""
    out = []
    for axis in AXES:
        for event in codes[f"position.{axis}"].changes:
            side, other = HANDS if _moves_alone(codes, axis, event) else HANDS[::-1]
            before, after = (place_of(side, str(state), axis) for state in (event.start_state, event.end_state))
            speed = f" {words.speed(event.speed)}" if detail.speeds and event.speed else ""
            clause = f"the {side} hand {words.verb('move', False)}{speed} {way(axis, before, after, other)}"
            out.append(Deed(event.onset, clause, frozenset({f"place {axis}"})))
    return out


def _moves_alone(codes: MotionCodes, axis: str, event: Event) -> bool:
    """Whether of both hands only the left moves along the axis during the event."""
    left, right = (
        any(min(e.offset, event.offset) > max(e.onset, event.onset) for e in codes[f"{side}.wrist.{axis}"].events)
        for side in HANDS
    )
    return left and not right


def place_states(codes: MotionCodes, words: Words, detail: Detail, axes: tuple[str, ...] = tuple(AXES)) -> list[Deed]:
    """Where the right hand stays, seen from the left."""
    stays, mostly = [], []
    for axis in axes:
        track = codes[f"position.{axis}"]
        if track.changes:
            continue
        state = track.events[0].start_state or ""
        share = track.share(state)
        if share >= STAYS_SHARE:
            stays.append(PREPOSITIONS[axis, state])
        elif share >= IS_SHARE and detail.mostly:
            mostly.append(PREPOSITIONS[axis, state])
    out = []
    if stays:
        out.append(Deed(-1, f"the right hand {words.verb('stay', False)} {listed(stays)} the left hand"))
    if mostly:
        out.append(Deed(-1, f"the right hand is mostly {listed(mostly)} the left hand"))
    return out


def joint_moves(codes: MotionCodes, words: Words, detail: Detail) -> list[Deed]:
    """Both hands move in the same direction during most of both movements."""
    found: list[tuple[str, Event]] = []
    for axis in AXES:
        for left in codes[f"left.wrist.{axis}"].events:
            for right in codes[f"right.wrist.{axis}"].events:
                overlap = min(left.offset, right.offset) - max(left.onset, right.onset)
                longest = max(left.offset - left.onset, right.offset - right.onset)
                same = left.direction == right.direction and (left.speed == right.speed or not detail.speeds)
                if same and 2 * overlap > longest:
                    found.append((axis, left._replace(onset=min(left.onset, right.onset))))
    return moves(found, "both hands", True, codes.fps, words, detail)
