"""What can be said of the two hands together: contacts, distance and place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes.channels import AXES, NEAR, TOUCHING, place_of
from ..codes.motion import MotionCodes, Span
from ..codes.segments import Event
from .deeds import IS_SHARE, STAYS_SHARE, TOGETHER_S, Deed, Detail, in_order, moves, together, without_repeats
from .words import PREPOSITIONS, Words, listed, path, times, tips

_PALMS = frozenset({"palms"})


class Touch(NamedTuple):
    """A contact between the hands."""

    start: int
    tip: tuple[str, str]
    target: tuple[str, str]  # hand, and finger or "palm"


def tip_deeds(codes: MotionCodes, touches: list[Touch], words: Words) -> list[Deed]:
    """Tips touch the other hand, each time that they begin to."""
    out, known = [], set[str]()
    for group in together(touches, lambda t: t.start, _one_clause, codes.fps, _topic):
        topics = frozenset[str]().union(*map(_topic, group))
        out.append(Deed(group[0].start, _touching(group, words) + (" again" if topics <= known else ""), topics))
        known |= topics
    return out


def _topic(touch: Touch) -> frozenset[str]:
    return frozenset({" ".join(touch.tip + touch.target)})


def _touching(group: list[Touch], words: Words) -> str:
    (side, _), (other, part) = group[0].tip, group[0].target
    names = in_order(touch.tip[1] for touch in group)
    if _is_pair(group[0]):
        tips_of_each = tips(names) + ("s" if len(names) == 1 else "")
        return f"{tips_of_each} of both hands {words.verb('touch each other', True)}"
    verb = words.verb("touch", len(names) > 1)
    target = f"the {other} palm" if part == "palm" else tips(in_order(touch.target[1] for touch in group), other)
    return f"{tips(names, side)} {verb} {target}"


def _one_clause(touch: Touch) -> tuple[str, str]:
    """Touches that one clause tells: some tips on a palm, tips on their counterparts but for thumbs, or one tip on others."""
    if touch.target[1] == "palm":
        return touch.tip[0], "palm"
    if _is_pair(touch):
        return "", "thumb" if touch.tip[1] == "thumb" else "finger"
    return touch.tip


def _is_pair(touch: Touch) -> bool:
    return touch.tip[1] == touch.target[1]


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
    """The kinds of contact that there are, of the palms with how often; that there is none where there is none."""
    palms = palm_touches(codes)
    out = [Deed(s.start, f"the palms {words.verb('touch each other', True)}{times(len(palms))}") for s in palms[:1]]
    tip_tip = [touch.start for touch in touches if touch.target[1] != "palm"]
    if tip_tip:
        out.append(Deed(min(tip_tip), f"fingertips of both hands {words.verb('touch each other', True)}"))
    for side in HANDS:
        starts = [touch.start for touch in touches if touch.tip[0] == side and touch.target[1] == "palm"]
        if starts:
            target = f"the {HANDS[1 - HANDS.index(side)]} palm"
            out.append(Deed(min(starts), f"fingertips of the {side} hand {words.verb('touch', True)} {target}"))
    return sorted(out, key=lambda deed: deed[:2]) or [Deed(-1, "the hands do not touch")]


def near_deeds(codes: MotionCodes) -> list[Deed]:
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


def palm_touches(codes: MotionCodes) -> list[Span]:
    """Each time that the palms touch."""
    return codes["palm_palm"].touches(codes.fps)


def palm_deeds(codes: MotionCodes, words: Words, detail: Detail, others: Iterable[Deed]) -> list[Deed]:
    """The palms come closer, touch and move apart; closer and touch in one clause, unless one of the others begins between."""
    starts, near = [deed.start for deed in others], TOGETHER_S * codes.fps
    touches, out = palm_touches(codes), []
    first = touches[0] if touches else None
    for event in codes["palm_palm"].changes:
        before, after = str(event.start_state), str(event.end_state)
        clause = f"the palms {words.verb(event.direction, True)}"
        if detail.speeds and event.speed:
            clause += f" {words.speed(event.speed)}"
        touch = next((touch for touch in touches if _arrives(event, touch)), None)
        if touch is None and detail.before:
            clause += f", from {words.state(before)} to {words.state(after)}"
        elif touch is None:
            clause += f" until they are {words.state(after)}"
        elif detail.before:
            clause += f" from {words.state(before)}"
        if touch is not None and not any(event.onset + near < start < touch.start for start in starts):
            clause += f" and {_palms_touch(touch, first, words)}"
            touches.remove(touch)
        out.append(Deed(event.onset, clause, _PALMS))
    return out + [Deed(touch.start, f"the palms {_palms_touch(touch, first, words)}", _PALMS) for touch in touches]


def _palms_touch(touch: Span, first: Span | None, words: Words) -> str:
    return words.verb("touch each other", True) + ("" if touch is first else " again")


def _arrives(event: Event, touch: Span) -> bool:
    """Whether the palms come closer until this touch."""
    return event.direction == "approach" and event.onset <= touch.start < event.end <= touch.end


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
    """A hand goes to another place, seen from the other: that which moves, if it is one of them."""
    events = [(axis, event) for axis in AXES for event in codes[f"position.{axis}"].changes]
    mover = {(axis, event): _mover(codes, axis, event) for axis, event in events}
    out = []
    for group in together(
        events,
        lambda change: change[1].onset,
        lambda change: mover[change],
        codes.fps,
        lambda change: frozenset(change[0]),
    ):
        side, other = HANDS if mover[group[0]] == "left" else HANDS[::-1]
        ways: dict[str, list[tuple[str, str, str]]] = {}
        for axis, event in group:
            before, after = (place_of(side, str(state), axis) for state in (event.start_state, event.end_state))
            ways.setdefault(event.speed or "" if detail.speeds else "", []).append((axis, before, after))
        lead = "" if mover[group[0]] else f"relative to the {other} hand, "
        paths = [
            f"{words.speed(speed) if speed else ''} {path(some, 'it' if i else f'the {other} hand')}".lstrip()
            for i, (speed, some) in enumerate(ways.items())
        ]
        clause = f"{lead}the {side} hand {words.verb('move', False)} {' and '.join(paths)}"
        out.append(Deed(group[0][1].onset, clause, frozenset(f"place {axis}" for axis, _ in group)))
    return out


def _mover(codes: MotionCodes, axis: str, event: Event) -> str:
    """The hand that makes most of a change of place; empty where both do, or none moves far enough."""
    back, forth = AXES[axis]
    opposite = {back: forth, forth: back}
    share = {}
    for side, direction in zip(HANDS, (opposite[event.direction], event.direction)):
        share[side] = sum(
            abs(e.change) * max(0, min(e.offset, event.offset) - max(e.onset, event.onset)) / (e.offset - e.onset)
            for e in codes[f"{side}.wrist.{axis}"].events
            if e.direction == direction
        )
    most = max(HANDS, key=lambda side: share[side])
    # Wrists tell little where hands turn about them: places are those of the palms.
    is_mover = share[most] > 2 * min(share.values()) and 2 * share[most] > abs(event.change)
    return most if is_mover else ""


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
    stay = f"{words.verb('stay', False)} {listed(stays)}" if stays else ""
    mostly_is = f"is mostly {listed(mostly)}" if mostly else ""
    if stay and mostly_is:
        return [Deed(-1, f"the right hand {stay} the left hand and {mostly_is} it")]
    return [Deed(-1, f"the right hand {each} the left hand") for each in (stay or mostly_is,) if each]


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
