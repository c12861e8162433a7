"""An atomic claim about a motion, and whether the motion codes bear it out."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from ..codes.motion import MotionCodes, Track
from ..codes.segments import Event

#: How often something happens, where a text says "repeatedly".
REPEATEDLY = -1
#: Share of the clip that a state must hold to be what something "is", and what it "stays".
IS_SHARE, STAYS_SHARE = 0.5, 0.9
#: The start and the end of a clip are so large a share of it.
EDGE_SHARE = 0.15


class Status(enum.StrEnum):
    """What became of a claim."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    NOT_CHECKABLE = "not checkable"


class Kind(enum.StrEnum):
    """What a claim says of its channel."""

    CHANGE = "change"  # it changes, e.g. a finger bends
    STATE = "state"  # it is, or stays, in a state
    CONTACT = "contact"  # two parts touch
    STILL = "still"  # it does not change at all
    OTHER = "other"  # understood, but not measured by motion codes


class When(enum.StrEnum):
    """The time at which a state is claimed."""

    MOSTLY = "mostly"
    THROUGHOUT = "throughout"
    START = "start"
    END = "end"
    SOMETIME = "sometime"


@dataclass(frozen=True)
class Claim:
    """One thing that a text says.

    Attributes:
        kind: what is said.
        channels: names of channels; it is enough that one of them bears the claim out.
        directions: for changes, the directions that fit; all where empty.
        states: the states meant; for changes those at the end; all where empty.
        before: for changes, the states at the beginning; all where empty.
        speed: of a change; any where empty.
        when: for states.
        times: how often; 0 where nothing is said, or ``REPEATEDLY``.
        negated: the text says that it is not so.
        chain: which order of time of the text it belongs to; claims of different chains may be at any time.
        step: place in that order; a claim must begin after those of the step before.
        words: the piece of text.
    """

    kind: Kind
    channels: tuple[str, ...] = ()
    directions: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    speed: str = ""
    when: When = When.MOSTLY
    times: int = 0
    negated: bool = False
    chain: int = 0
    step: int = 0
    words: str = ""


@dataclass(frozen=True)
class Verdict:
    """A claim, what became of it, and why where it is violated."""

    claim: Claim
    status: Status
    reason: str = ""


def check_claims(claims: Sequence[Claim], codes: MotionCodes) -> list[Verdict]:
    """Check the claims of one text in its order.

    A step begins after the earliest beginning found for the step before, so any order that the motion bears out passes.
    """
    verdicts = []
    place, after = (0, 0), -1
    begins: list[int] = []
    for claim in claims:
        if (claim.chain, claim.step) != place:
            after = min(begins, default=after) if claim.chain == place[0] else -1
            place, begins = (claim.chain, claim.step), []
        verdict, begin = _check(claim, codes, after)
        verdicts.append(verdict)
        if begin is not None:
            begins.append(begin)
    return verdicts


def _check(claim: Claim, codes: MotionCodes, after: int) -> tuple[Verdict, int | None]:
    if claim.kind is Kind.OTHER:
        return Verdict(claim, Status.NOT_CHECKABLE, "motion codes do not measure it"), None
    tracks = [codes[name] for name in claim.channels]
    if claim.kind is Kind.STILL:
        low, high = _window(claim.when, codes.num_frames)
        moved = any(event.onset < high and event.offset > low for track in tracks for event in track.changes)
        return _verdict(claim, not moved, "it moves"), None
    if claim.kind is Kind.STATE:
        return _check_state(claim, tracks, codes.num_frames, after)
    found = [_happenings(claim, track, codes) for track in tracks]
    if claim.negated:
        return _verdict(
            claim, not any(_begin(spans, claim.times) is not None for spans in found), "it does happen"
        ), None
    later = [[span for span in spans if span[0] > after] for spans in found]
    begins = [begin for spans in later if (begin := _begin(spans, claim.times)) is not None]
    if begins:
        return _verdict(claim, True, ""), min(begins)
    if any(_begin(spans, claim.times) is not None for spans in found):
        return _verdict(claim, False, "it happens, but earlier"), None
    count = max((len(spans) for spans in found), default=0)
    often = "once" if count == 1 else f"{count} times"
    return _verdict(claim, False, f"it happens {often}" if claim.times and count else "it does not happen"), None


def _check_state(claim: Claim, tracks: list[Track], frames: int, after: int) -> tuple[Verdict, int | None]:
    begins = [begin for track in tracks if (begin := _holds_from(claim, track, frames, after)) is not None]
    if claim.negated:
        return _verdict(claim, not begins, "it is so"), None
    return _verdict(claim, bool(begins), "it is not so"), min(begins, default=None)


def _holds_from(claim: Claim, track: Track, frames: int, after: int) -> int | None:
    """First frame of the claimed state, None where it does not hold when it should."""
    spans = [span for span in track.states if span.state in claim.states]
    low, high = _window(claim.when, frames)
    share = sum(max(0, min(span.end, high) - max(span.start, low)) for span in spans) / (high - low)
    if claim.when is When.SOMETIME:
        # In an order of time a state is reached: it begins, or goes on, after the step before.
        later = [max(span.start, after + 1) for span in spans if span.end > after + 1]
        return min(later, default=None)
    needed = STAYS_SHARE if claim.when is When.THROUGHOUT else IS_SHARE
    return spans[0].start if spans and share >= needed else None


def _window(when: When, frames: int) -> tuple[int, int]:
    """The frames that a time means."""
    edge = max(1, round(EDGE_SHARE * frames))
    return {When.START: (0, edge), When.END: (frames - edge, frames)}.get(when, (0, frames))


def _happenings(claim: Claim, track: Track, codes: MotionCodes) -> list[tuple[int, int]]:
    """Beginning and end of each event, or touch, of the track that is as claimed."""
    if claim.kind is Kind.CONTACT:
        found = [span[:2] for span in track.touches(codes.fps)]
    else:
        found = [(event.onset, event.offset) for event in track.changes if _fits(event, claim)]
    low, high = _window(claim.when, codes.num_frames)
    return [(start, end) for start, end in found if start < high and end > low]


def _fits(event: Event, claim: Claim) -> bool:
    return (
        (not claim.directions or event.direction in claim.directions)
        and (not claim.states or event.end_state in claim.states)
        and (not claim.before or event.start_state in claim.before)
        and (not claim.speed or event.speed == claim.speed)
    )


def _begin(spans: list[tuple[int, int]], times: int) -> int | None:
    """Where the last of ``times`` begins, None where it does not happen so often."""
    enough = len(spans) >= 2 if times == REPEATEDLY else len(spans) == times if times else bool(spans)
    return spans[max(times, 1) - 1 if times != REPEATEDLY else 1][0] if enough else None


def _verdict(claim: Claim, holds: bool, reason: str) -> Verdict:
    return Verdict(claim, Status.SATISFIED if holds else Status.VIOLATED, "" if holds else reason)
