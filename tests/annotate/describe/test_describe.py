"""Descriptions: form, variety, completeness, order."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from handx_bench.annotate.claims import Claim, Kind, check_claims, parse
from handx_bench.annotate.codes import CHANNEL_NAMES, MotionCodes, motion_codes
from handx_bench.annotate.codes.segments import Event
from handx_bench.annotate.describe import describe
from handx_bench.annotate.texts import LEVELS, MAX_TEXT_LENGTH, PARTS, Texts
from handx_bench.errors import InputError
from handx_bench.hand.skeleton import HANDS

from ...hands import random_motion
from ..conftest import Coded

FINGER = r"(thumb|index|middle|ring|pinky)"


@pytest.fixture(scope="module")
def clips(real: list[Coded], mini: list[Coded]) -> list[tuple[MotionCodes, Texts]]:
    chosen = [*real, *mini[::4]]
    return [(clip.codes, describe(clip.codes, seed)) for seed, clip in enumerate(chosen)]


def _texts(texts: Texts) -> list[str]:
    return [text for part in PARTS for text in getattr(texts, part)]


def test_five_levels_of_well_formed_text(clips: list[tuple[MotionCodes, Texts]]) -> None:
    for _, texts in clips:
        for part in PARTS:
            told = getattr(texts, part)
            assert len(told) == LEVELS
            assert len(told[0]) <= len(told[4])
        for text in _texts(texts):
            assert re.fullmatch(r"([A-Z][a-z0-9,' -]+\. ?)+", text), text
            assert not re.search(r" ,|  |,,|\bis are\b|\b(\w+) \1\b", text), text
            assert len(text) < MAX_TEXT_LENGTH


def test_verbs_agree_with_their_subjects(clips: list[tuple[MotionCodes, Texts]]) -> None:
    """One finger bends, two bend; "all fingers", "the palms", "both hands" are plural."""
    plural = re.compile(r"\b(fingers|fingertips|palms|both hands|the hands) (\w+)")
    singular = re.compile(
        rf"(?<!of )\b(the (?:left|right) hand|the (?:\w+ )?{FINGER} finger|fingertip|thumb tip) (\w+)", re.IGNORECASE
    )
    linked = re.compile(rf"thumb and the (?:{FINGER} finger) (\w+)")
    verbs: Counter[tuple[str, str]] = Counter()
    for _, texts in clips:
        for text in _texts(texts):
            for match in plural.finditer(text):
                verbs["plural", match[2]] += 1
            for match in singular.finditer(linked.sub("", text)):
                verbs["singular", match.groups()[-1]] += 1
    odd = {"and", "until", "while", "then", "is", "are", "to", "it", "do", "of", "twice", "three", "four", "again"}
    assert not [word for number, word in verbs if number == "plural" and word.endswith("s") and word not in odd]
    assert not [word for number, word in verbs if number == "singular" and not word.endswith("s") and word not in odd]


def test_a_recording_too_long_to_tell_is_refused() -> None:
    motion = random_motion(1, frames=60, seed=1, apart=0.03).numpy()[0]
    codes = motion_codes(np.concatenate([motion, motion[::-1]] * 40))
    with pytest.raises(InputError, match=r"4800 frames.*windows"):
        describe(codes)


def test_same_seed_same_words_other_seed_other_words(mini: list[Coded]) -> None:
    codes = mini[0].codes
    assert describe(codes, 3) == describe(codes, 3)
    assert len({describe(codes, seed).left[4] for seed in range(20)}) > 15


def _claimed(event: Event, channel: str, claims: tuple[Claim, ...]) -> bool:
    return any(
        c.kind is Kind.CHANGE
        and channel in c.channels
        and (not c.directions or event.direction in c.directions)
        and (not c.states or event.end_state in c.states)
        for c in claims
    )


@pytest.mark.parametrize("level", [2, 3, 4])
def test_every_change_of_wrists_fingers_palms_and_places_is_told(
    clips: list[tuple[MotionCodes, Texts]], level: int
) -> None:
    for codes, texts in clips:
        claims = {part: parse(getattr(texts, part)[level], part).claims for part in PARTS}
        for name in CHANNEL_NAMES:
            group = name.split(".")
            wanted = group[1:2] in (["wrist"], ["finger"]) or (group[1:2] == ["spacing"] and level > 2)
            if wanted or group[0] in ("palm_palm", "position"):
                part = group[0] if group[0] in HANDS else "interaction"
                for event in codes[name].changes:
                    assert _claimed(event, name, claims[part]), (name, event, getattr(texts, part)[level])


def test_contacts_are_never_omitted(clips: list[tuple[MotionCodes, Texts]]) -> None:
    seen = 0
    for codes, texts in clips:
        for name in CHANNEL_NAMES:
            contact = name.startswith(("tip_tip", "tip_palm", "palm_palm")) or "thumb_contact" in name
            if not contact or not codes[name].touches(codes.fps):
                continue
            seen += 1
            part = name.split(".")[0] if "thumb_contact" in name else "interaction"
            for level, text in enumerate(getattr(texts, part)):
                told = [c for c in parse(text, part).claims if c.kind is Kind.CONTACT and name in c.channels]
                assert any(not c.negated for c in told), (name, text)
                if level >= 2:  # each of them, each time
                    exact = [c for c in told if c.channels == (name,)]
                    assert len(exact) == len(codes[name].touches(codes.fps)), (name, text)
    assert seen > 100


def test_contacts_are_told_in_the_order_in_which_they_begin(clips: list[tuple[MotionCodes, Texts]]) -> None:
    seen = 0
    for codes, texts in clips:
        for text in texts.interaction[2:]:
            told = [c for c in parse(text, "interaction").claims if c.kind is Kind.CONTACT and not c.negated]
            once = [(c.step, codes[c.channels[0]].touches(codes.fps)) for c in told]
            begins = [(step, touches[0].start) for step, touches in once if len(touches) == 1]
            for (step, begin), (later_step, later) in itertools.combinations(sorted(begins), 2):
                assert step == later_step or begin <= later + codes.fps / 6, text
                seen += step < later_step
    assert seen > 300


def test_a_pinch_that_comes_again_is_said_to(clips: list[tuple[MotionCodes, Texts]]) -> None:
    """ "Again" stands where all tips have been touched before in this text, and nowhere else."""
    seen = 0
    for _, texts in clips:
        for part in HANDS:
            for text in getattr(texts, part)[2:]:
                known: set[str] = set()
                for clause in re.split(r"\.|, (?:while|and) ", text):
                    now = {claim.channels[0] for claim in parse(clause, part).claims if claim.kind is Kind.CONTACT}
                    if now:
                        assert clause.endswith(" again") is (now <= known), (clause, text)
                        seen += now <= known
                    known |= now
    assert seen > 30


def test_one_state_has_one_name_in_a_text(clips: list[tuple[MotionCodes, Texts]]) -> None:
    for _, texts in clips:
        for text in (text for part in PARTS for text in getattr(texts, part)):
            assert not ("half bent" in text and "partly bent" in text)
            assert not ("fully bent" in text and "tightly curled" in text)
            assert not re.search(r"(After that|Next|Then|Finally)\b[^.]*\. \1\b", text), text


def test_no_contact_is_said_where_there_is_none(clips: list[tuple[MotionCodes, Texts]]) -> None:
    for codes, texts in clips:
        touching = any(
            codes[name].touches(codes.fps)
            for name in CHANNEL_NAMES
            if name.startswith(("tip_tip", "tip_palm", "palm_palm"))
        )
        for text in texts.interaction:
            assert ("do not touch" in text) is not touching


def test_nothing_goes_two_ways_at_a_time(clips: list[tuple[MotionCodes, Texts]]) -> None:
    """ "The finger bends, while the finger extends" joins a way there and the way back, which follow quickly."""
    steps = 0
    for _, texts in clips:
        for part in PARTS:
            for text in getattr(texts, part)[2:]:
                ways: dict[tuple[int, int, str], set[str]] = {}
                for claim in parse(text, part).claims:
                    if claim.kind is Kind.CHANGE and len(claim.channels) == 1:
                        ways.setdefault((claim.chain, claim.step, claim.channels[0]), set()).update(
                            claim.directions or claim.states
                        )
                steps += len(ways)
                assert all(len(directions) == 1 for directions in ways.values()), text
    assert steps > 1000


def test_what_is_told_first_begins_first(clips: list[tuple[MotionCodes, Texts]]) -> None:
    """Read backwards, orders fail: the steps are in the order of time, and the check notices."""
    broken = 0
    for codes, texts in clips:
        for part in PARTS:
            for text in getattr(texts, part)[2:]:
                claims = parse(text, part).claims
                steps = [c for c in claims if c.step or c.chain == 1]
                last = max((c.step for c in steps), default=0)
                if last < 2:
                    continue
                ordered = [c for c in claims if c.chain == 1]
                backwards = sorted((Claim(**{**vars(c), "step": last - c.step}) for c in ordered), key=lambda c: c.step)
                assert all(v.status == "satisfied" for v in check_claims(ordered, codes))
                broken += any(v.status == "violated" for v in check_claims(backwards, codes))
    assert broken > 100
