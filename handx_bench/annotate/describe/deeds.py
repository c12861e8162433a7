"""What can be said of a hand or of two hands: deeds in the order of their beginning, and what stays as it is.

A deed is a clause with the time at which it begins; several channels that do the same at the same time share one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from ...hand.skeleton import TIP_FINGERS
from ..codes.channels import AXES, NEIGHBOURS
from ..codes.motion import MotionCodes, Track
from ..codes.segments import Event
from .words import SPEEDS, Words, fingers, listed, neighbours, times, tips

#: What begins within this time of each other begins together, to the eye.
TOGETHER_S = 1 / 6
STAYS_SHARE, IS_SHARE = 0.9, 0.5


class Deed(NamedTuple):
    """A clause without capital and full stop.

    ``start`` is the frame at which what it says begins, −1 where that has no beginning; ``about`` names whatever cannot do
    two things at a time.
    """

    start: int
    clause: str
    about: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Detail:
    """What is said at a level: how fast; the lesser events too (gaps between fingers, tips that come near a palm, hands that
    move alike); from which state; how gaps stay; and what only mostly is so."""

    speeds: bool = False
    lesser: bool = False
    before: bool = False
    gaps: bool = False
    mostly: bool = False


T = TypeVar("T")


def without_repeats(directions: Iterable[str]) -> list[str]:
    """A course in which nothing follows itself.

    >>> without_repeats(["bend", "bend", "extend"])
    ['bend', 'extend']
    """
    return [direction for direction, _ in itertools.groupby(directions)]


def together(
    items: Iterable[T],
    start: Callable[[T], int],
    alike: Callable[[T], Hashable],
    fps: float,
    about: Callable[[T], frozenset[str]] = lambda item: frozenset(),
) -> list[list[T]]:
    """Groups of items that are alike and begin together, in the order of their beginning; no two about the same."""
    out: list[list[T]] = []
    latest: dict[Hashable, tuple[int, list[T], set[str]]] = {}
    for item in sorted(items, key=start):
        kind, begin, topics = alike(item), start(item), about(item)
        if kind in latest:
            first, group, known = latest[kind]
            if begin - first <= TOGETHER_S * fps and known.isdisjoint(topics):
                group.append(item)
                known.update(topics)
                continue
        latest[kind] = begin, [item], set(topics)
        out.append(latest[kind][1])
    return out


def wrist_deeds(codes: MotionCodes, side: str, subject: str, words: Words, detail: Detail) -> list[Deed]:
    """The hand moves."""
    events = [(axis, event) for axis in AXES for event in codes[f"{side}.wrist.{axis}"].events]
    return moves(events, subject, False, codes.fps, words, detail)


def moves(
    events: Sequence[tuple[str, Event]], subject: str, plural: bool, fps: float, words: Words, detail: Detail
) -> list[Deed]:
    """Movements along axes; those that begin together are one."""
    out = []
    for group in together(events, lambda move: move[1].onset, lambda move: None, fps, lambda move: frozenset(move[0])):
        verb, directions = words.verb("move", plural), whither([event for _, event in group], words, detail.speeds)
        about = frozenset(f"{subject} {axis}" for axis, _ in group)
        out.append(Deed(group[0][1].onset, f"{subject} {verb} {directions}", about))
    return out


def whither(events: Sequence[Event], words: Words, speeds: bool) -> str:
    """Directions with their speeds: "quickly up and to the left", "slowly up and quickly forward"."""
    by_speed: dict[str, list[str]] = {}
    for event in events:
        by_speed.setdefault(event.speed or "" if speeds else "", []).append(words.direction(event.direction))
    if len(by_speed) == 1:
        ((speed, directions),) = by_speed.items()
        adverb = words.speed(speed) if speed else ""
        # Of several words, an adverb stands better behind.
        return " ".join(filter(None, (listed(directions), adverb) if " " in adverb else (adverb, listed(directions))))
    return listed([f"{SPEEDS[speed][0]} {listed(directions)}" for speed, directions in by_speed.items()])


def finger_deeds(codes: MotionCodes, side: str, words: Words, detail: Detail) -> list[Deed]:
    """Fingers bend and extend."""
    events = [(finger, event) for finger in TIP_FINGERS for event in codes[f"{side}.finger.{finger}"].changes]

    def alike(item: tuple[str, Event]) -> Hashable:
        event = item[1]
        return (
            event.direction, event.end_state,
            event.start_state if detail.before else None, event.speed if detail.speeds else None,
        )  # fmt: skip

    out = []
    for group in together(events, lambda item: item[1].onset, alike, codes.fps):
        subject, plural = fingers(in_order(finger for finger, _ in group))
        event = group[0][1]
        verb = words.verb("extend until" if event.direction == "extend" else event.direction, plural)
        clause = f"{subject} {verb}{_speed(event, words, detail)}"
        if detail.before and event.start_state and event.end_state:
            clause += f" from {words.state(event.start_state)} to {words.state(event.end_state)}"
        elif event.end_state:
            clause += f" until {words.state(event.end_state)}"
        out.append(Deed(event.onset, clause, frozenset(finger for finger, _ in group)))
    return out


def _speed(event: Event, words: Words, detail: Detail) -> str:
    return f" {words.speed(event.speed)}" if detail.speeds and event.speed else ""


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Fingers from the thumb to the pinky, each once."""
    names = set(names)
    return tuple(finger for finger in TIP_FINGERS if finger in names)


def spacing_deeds(codes: MotionCodes, side: str, words: Words, detail: Detail) -> list[Deed]:
    """Neighbouring fingers spread apart and come together."""
    events = [((a, b), event) for a, b in NEIGHBOURS for event in codes[f"{side}.spacing.{a}-{b}"].changes]

    def alike(item: tuple[tuple[str, str], Event]) -> Hashable:
        return item[1].direction, item[1].speed if detail.speeds else None

    out = []
    for group in together(events, lambda item: item[1].onset, alike, codes.fps):
        for run in runs([pair for pair, _ in group]):
            of_run = [(pair, event) for pair, event in group if set(pair) <= set(run)]
            event = of_run[0][1]
            clause = f"{neighbours(run)} {words.verb(event.direction, True)}{_speed(event, words, detail)}"
            out.append(Deed(event.onset, clause, frozenset("-".join(pair) for pair, _ in of_run)))
    return out


def runs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Fingers joined by neighbouring pairs.

    >>> runs([("index", "middle"), ("ring", "pinky"), ("middle", "ring")]), runs([("ring", "pinky"), ("index", "middle")])
    ([('index', 'middle', 'ring', 'pinky')], [('index', 'middle'), ('ring', 'pinky')])
    """
    chosen = set(pairs)
    out: list[tuple[str, ...]] = []
    for a, b in NEIGHBOURS:
        if (a, b) not in chosen:
            continue
        if out and out[-1][-1] == a:
            out[-1] = (*out[-1], b)
        else:
            out.append((a, b))
    return out


def pinch_deeds(codes: MotionCodes, side: str, words: Words) -> list[Deed]:
    """The thumb touches other tips; each touch is told."""
    touches = [
        (finger, span.start)
        for finger, track in codes.group(f"{side}.thumb_contact").items()
        for span in track.touches(codes.fps)
    ]
    out, known = [], set[str]()
    for group in together(
        touches, lambda item: item[1], lambda item: None, codes.fps, lambda item: frozenset({item[0]})
    ):
        names = in_order(finger for finger, _ in group)
        clause = f"the thumb {words.verb('touch', False)} {tips(names)}{' again' if known >= set(names) else ''}"
        known |= set(names)
        out.append(Deed(group[0][1], clause, frozenset(f"touch {finger}" for finger in names)))
    return out


def pinch_summary(codes: MotionCodes, side: str, words: Words) -> list[Deed]:
    """All touches of the thumb, by how often they happen."""
    by_count: dict[int, list[str]] = {}
    first: dict[int, int] = {}
    for finger, track in codes.group(f"{side}.thumb_contact").items():
        spans = track.touches(codes.fps)
        if spans:
            by_count.setdefault(len(spans), []).append(finger)
            first[len(spans)] = min(first.get(len(spans), spans[0].start), spans[0].start)
    return [
        Deed(first[count], f"the thumb {words.verb('touch', False)} {tips(in_order(names))}{times(count)}")
        for count, names in by_count.items()
    ]


def stillness(codes: MotionCodes, side: str, subject: str, words: Words) -> list[Deed]:
    """The hand stays where it is, if it does."""
    if any(codes[f"{side}.wrist.{axis}"].events for axis in AXES):
        return []
    return [Deed(-1, f"{subject} {words.verb('stay', False)} {words.state('still')}")]


def finger_states(codes: MotionCodes, side: str, words: Words, detail: Detail) -> list[Deed]:
    """Fingers that do not bend or extend: what they stay, or mostly are."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for finger in TIP_FINGERS:
        track = codes[f"{side}.finger.{finger}"]
        if not track.changes:
            _add_state(groups, finger, track, detail)
    out = []
    for (state, stays), names in groups.items():
        subject, plural = fingers(names)
        verb = words.verb("stay", plural) if stays else f"{'are' if plural else 'is'} mostly"
        adjective = words.state(state)
        out.append(Deed(-1, f"{subject} {verb} {adjective}"))
    return out


def _add_state(groups: dict[tuple[str, bool], list[T]], key: T, track: Track, detail: Detail) -> None:
    state = track.events[0].start_state or ""
    share = track.share(state)
    if share >= (IS_SHARE if detail.mostly else STAYS_SHARE):
        groups.setdefault((state, share >= STAYS_SHARE), []).append(key)


def spacing_states(codes: MotionCodes, side: str, words: Words, detail: Detail) -> list[Deed]:
    """Neighbouring fingers that keep their gap: together or apart."""
    groups: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for a, b in NEIGHBOURS:
        track = codes[f"{side}.spacing.{a}-{b}"]
        if not track.changes:
            _add_state(groups, (a, b), track, detail)
    out = []
    for (state, stays), pairs in groups.items():
        for run in runs(pairs):
            verb = words.verb("stay", True) if stays else "are mostly"
            out.append(Deed(-1, f"{neighbours(run)} {verb} {words.state(state)}"))
    return out
