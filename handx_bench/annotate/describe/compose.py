"""From deeds to texts: which deeds a level tells, and how clauses become sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ...errors import InputError
from ...hand.skeleton import HANDS, TIP_FINGERS
from ..codes.channels import AXES
from ..codes.motion import MotionCodes
from ..texts import LEVELS, MAX_TEXT_LENGTH, Texts
from . import between, deeds
from .deeds import Deed, Detail, together
from .words import LAST, NEXT, Words, fingers, whole_hand

#: Clauses of a sentence at most, so that it can be read.
_CLAUSES = 3
_STEPS, _SPEEDS, _FULL = Detail(), Detail(speeds=True, lesser=True), Detail(True, True, True, True, True)


def describe(codes: MotionCodes, seed: int = 0) -> Texts:
    """Texts of a clip.

    Args:
        codes: what the clip does.
        seed: draws among words that mean the same; texts of equal codes and seed are equal.

    Returns:
        Five texts, brief first, for each part.

    Raises:
        InputError: so much happens that a text would be longer than ``MAX_TEXT_LENGTH``.
    """
    words = Words(seed)
    left, right = (tuple(_hand_text(codes, side, level, words) for level in range(LEVELS)) for side in HANDS)
    touches = between.tip_touches(codes)
    texts = Texts(left, right, tuple(_between_text(codes, touches, level, words) for level in range(LEVELS)))
    longest = max(len(text) for part in texts for text in part)
    if longest > MAX_TEXT_LENGTH:
        raise InputError(
            f"too much happens in {codes.num_frames} frames: a text would have {longest} characters",
            fix="Cut the recording into windows of a few seconds",
        )
    return texts


def seed_of(seed: int, clip_id: str) -> int:
    """A seed for one clip of a dataset: by its id and not by its place, so that it gets the same words in every part of it.

    >>> seed_of(0, "clip-1"), seed_of(0, "clip-2")
    (1140137217, 2886637942)
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{clip_id}".encode()).digest()[:4], "big")


def _hand_text(codes: MotionCodes, side: str, level: int, words: Words) -> str:
    subject = f"the {side} hand"
    if level == 0:
        return _sentence(_clauses(_most_visible(codes, side, subject, words) + deeds.pinch_summary(codes, side, words)))
    if level == 1:
        return _course(codes, side, subject, words)
    detail = (_STEPS, _SPEEDS, _FULL)[level - 2]
    steps = [
        *deeds.wrist_deeds(codes, side, subject, words, detail),
        *deeds.finger_deeds(codes, side, words, detail),
        *deeds.pinch_deeds(codes, side, words),
        *(deeds.spacing_deeds(codes, side, words, detail) if detail.lesser else ()),
    ]
    states = [
        *deeds.stillness(codes, side, subject, words),
        *deeds.finger_states(codes, side, words, detail),
        *(deeds.spacing_states(codes, side, words, detail) if detail.gaps else ()),
    ]
    return _text(steps, states, codes.fps, words)


def _between_text(codes: MotionCodes, touches: list[between.Touch], level: int, words: Words) -> str:
    if level == 0:
        told = between.contact_kinds(codes, touches, words) + between.distance_state(codes, words, _STEPS)
        return _sentence(_clauses(told), link="and")
    if level == 1:
        told = between.contact_kinds(codes, touches, words)
        course = between.distance_course(codes, words) or between.distance_state(codes, words, _STEPS)
        place = between.place_states(codes, words, _STEPS, ("x",))
        return " ".join(_sentence(_clauses(group), link="and") for group in (told, course, place) if group)
    detail = (_STEPS, _SPEEDS, _FULL)[level - 2]
    others = [
        *between.place_deeds(codes, words, detail),
        *(between.near_deeds(codes) if detail.lesser else ()),
        *(between.joint_moves(codes, words, detail) if detail.lesser else ()),
    ]
    tips = between.tip_deeds(codes, touches, words)
    steps = [*tips, *between.palm_deeds(codes, words, detail, tips + others), *others]
    states = [
        *([] if touches or between.palm_touches(codes) else [Deed(-1, "the hands do not touch")]),
        *between.distance_state(codes, words, detail),
        *between.place_states(codes, words, detail),
    ]
    return _text(steps, states, codes.fps, words)


def _most_visible(codes: MotionCodes, side: str, subject: str, words: Words) -> list[Deed]:
    """The farthest movement of the wrist and the first thing that most fingers do; else that the hand is still."""
    out = []
    moves = [event for axis in AXES for event in codes[f"{side}.wrist.{axis}"].events]
    if moves:
        farthest = max(moves, key=lambda event: abs(event.change))
        out.append(Deed(farthest.onset, f"{subject} {words.verb('move', False)} {words.direction(farthest.direction)}"))
    for direction in ("bend", "extend"):
        names = [f for f in TIP_FINGERS if direction in [e.direction for e in codes[f"{side}.finger.{f}"].changes[:1]]]
        if len(names) > len(TIP_FINGERS) // 2 or (names and not moves):
            who, plural = fingers(names)
            out.append(Deed(0, f"{who} {words.verb(direction, plural)}"))
    return out or deeds.stillness(codes, side, subject, words)


def _course(codes: MotionCodes, side: str, subject: str, words: Words) -> str:
    """One sentence for the wrist, one for each group of fingers that bend and extend alike, one for the thumb's touches."""
    moves = deeds.wrist_deeds(codes, side, subject, words, _STEPS)
    told = [(moves[0].start if moves else -1, _chain([move.clause for move in moves]))] if moves else []
    told += [(d.start, d.clause) for d in deeds.stillness(codes, side, subject, words)]
    courses: dict[tuple[str, ...], list[str]] = {}
    begins: dict[tuple[str, ...], int] = {}
    for finger, track in ((f, codes[f"{side}.finger.{f}"]) for f in TIP_FINGERS):
        course = tuple(deeds.without_repeats(event.direction for event in track.changes))
        if course:
            courses.setdefault(course, []).append(finger)
            begins[course] = min(begins.get(course, track.changes[0].onset), track.changes[0].onset)
    for course, names in courses.items():
        who, plural = fingers(names)
        told.append((begins[course], f"{who} " + ", then ".join(words.verb(direction, plural) for direction in course)))
    told += [(deed.start, deed.clause) for deed in deeds.pinch_summary(codes, side, words)]
    return " ".join(_finish(clause) for _, clause in sorted(told, key=lambda item: item[0]))


def _chain(clauses: Sequence[str]) -> str:
    """ "the left hand moves up, then moves to the left"."""
    lead = whole_hand(clauses[0])
    return ", then ".join([clauses[0], *(clause.removeprefix(lead) for clause in clauses[1:])])


def _text(steps: list[Deed], states: list[Deed], fps: float, words: Words) -> str:
    """Steps in the order of time, then what stays as it is."""
    groups = together(steps, lambda deed: deed.start, lambda deed: None, fps, lambda deed: deed.about)
    out, before, lead = [], "", ""
    for i, group in enumerate(groups):
        last = i == len(groups) - 1 and len(groups) > 2
        leads = [each for each in (LAST if last else NEXT) if each != lead]
        lead = "" if len(groups) == 1 else "First," if i == 0 else words.choose(leads)
        clauses = _clauses(group)
        subject = whole_hand(clauses[0])
        if subject and len(clauses) == 1 and subject == before:
            clauses[0] = "it " + clauses[0].removeprefix(subject)
        before = subject if len(clauses) == 1 else ""
        out += [
            _sentence(clauses[k : k + _CLAUSES], lead)
            if k == 0
            else _sentence(clauses[k : k + _CLAUSES], "Meanwhile,", link="and")
            for k in range(0, len(group), _CLAUSES)
        ]
    told = _clauses(states)
    out += [_sentence(told[k : k + _CLAUSES], link="and") for k in range(0, len(told), _CLAUSES)]
    return " ".join(out)


def _sentence(clauses: Sequence[str], lead: str = "", link: str = "while") -> str:
    """Clauses that are true at the same time, in one sentence."""
    text = clauses[0]
    if len(clauses) > 2 or (len(clauses) == 2 and link == "and"):
        text += f", {'while ' if link == 'while' else ''}" + ", ".join([*clauses[1:-1], f"and {clauses[-1]}"])
    elif len(clauses) == 2:
        text += f", while {clauses[1]}"
    return _finish(f"{lead} {text}".strip())


def _clauses(told: Sequence[Deed]) -> list[str]:
    return [deed.clause for deed in told]


def _finish(text: str) -> str:
    return text[0].upper() + text[1:] + "."
