"""What the grammar reads off sentences, written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handx_bench.annotate.claims import Claim, Kind, parse
from handx_bench.annotate.claims.tokens import MAX_WORDS

FOUR = ("index", "middle", "ring", "pinky")
FIVE = ("thumb", *FOUR)


def short(claim: Claim) -> str:
    """A claim in one line, e.g. ``bend left.finger.index fast ->bent #1``."""
    head = "/".join(sorted(claim.directions)) or claim.kind.value
    if len(claim.channels) < 2:
        place = "".join(claim.channels)
    else:
        first = claim.channels[0].split(".")[0]
        place = f"any of {len(claim.channels)} {first}" if claim.kind is not Kind.STILL else first
    parts = [("not " if claim.negated else "") + head, place, claim.speed]
    parts.append(
        f"{'|'.join(sorted(claim.before))}->{'|'.join(sorted(claim.states))}" if claim.before or claim.states else ""
    )
    parts.append("" if claim.when.value == "mostly" else f"@{claim.when.value}")
    parts.append(f"x{claim.times}" if claim.times else "")
    parts.append(f"#{claim.step}" if claim.step else "")
    return " ".join(filter(None, parts))


def read(text: str, part: str = "interaction") -> list[str]:
    return [short(claim) for claim in parse(text, part).claims]


def each(template: str, names: tuple[str, ...]) -> list[str]:
    return [template.format(name) for name in names]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        # Directions, speeds, order.
        ("The hand moves slowly up and to the right, then quickly forward.",
         ["up left.wrist.z slow", "right left.wrist.x slow", "forward left.wrist.y fast #1"]),
        ("The hand moves quickly up and slowly backward.", ["up left.wrist.z fast", "backward left.wrist.y slow"]),
        ("The wrist travels up and to the left at a moderate pace.", ["up left.wrist.z medium", "left left.wrist.x medium"]),
        ("The hand rises, then falls.", ["up left.wrist.z", "down left.wrist.z #1"]),
        ("The hand moves from right to left.", ["left left.wrist.x"]),
        ("It drops back down.", ["down left.wrist.z"]),
        ("The hand stays still.", ["still left"]),
        ("The hand does not move.", ["still left"]),
        ("The hand is motionless.", ["still left"]),
        ("The hand waves from side to side.", ["change any of 3 left x-1"]),
        # Fingers.
        ("The index and middle fingers bend quickly from straight to fully bent, then straighten.",
         ["bend left.finger.index fast extended->bent", "bend left.finger.middle fast extended->bent",
          "extend left.finger.index #1", "extend left.finger.middle #1"]),
        ("The forefinger curls until half bent.", ["bend left.finger.index ->partly bent"]),
        ("All fingers flex.", each("bend left.finger.{}", FIVE)),
        ("All fingers except the thumb flex.", each("bend left.finger.{}", FOUR)),
        ("All fingers uncurl except the thumb.", each("extend left.finger.{}", FOUR)),
        ("The four fingers stay fully bent.", each("state left.finger.{} ->bent @throughout", FOUR)),
        ("The little finger is hyper-extended.", ["state left.finger.pinky ->hyper-extended"]),
        ("The ring finger remains half-bent.", ["state left.finger.ring ->partly bent @throughout"]),
        ("The thumb bends, while the other fingers straighten.",
         ["bend left.finger.thumb", *each("extend left.finger.{}", FOUR)]),
        ("It keeps its index finger straight.", ["state left.finger.index ->extended @throughout"]),
        ("At the end, the thumb is straight.", ["state left.finger.thumb ->extended @end"]),
        ("The thumb is straight at the start.", ["state left.finger.thumb ->extended @start"]),
        ("The hand makes a fist.", each("state left.finger.{} ->bent|partly bent @sometime", FOUR)),
        ("The index finger repeatedly bends.", ["bend left.finger.index x-1"]),
        ("The index finger doesn't bend.", ["not bend left.finger.index"]),
        ("The index finger straightens before the middle finger bends.",
         ["extend left.finger.index", "bend left.finger.middle #1"]),
        ("After the index finger straightens, the middle finger bends.",
         ["extend left.finger.index", "bend left.finger.middle #1"]),
        # Spacing.
        ("The gap between the index and middle fingers widens quickly.", ["open left.spacing.index-middle fast"]),
        ("The index, middle and ring fingers fan out.", ["open left.spacing.index-middle", "open left.spacing.middle-ring"]),
        ("The fingers are pressed together.", each("state left.spacing.{} ->closed", ("index-middle", "middle-ring", "ring-pinky"))),
        ("The ring and pinky fingers stay apart.", ["state left.spacing.ring-pinky ->open @throughout"]),
        # The thumb's touches.
        ("The thumb touches the tips of the index and middle fingers twice.",
         each("contact left.thumb_contact.{} x2", ("index", "middle"))),
        ("The thumb is touched by the ring fingertip.", ["contact left.thumb_contact.ring"]),
        ("The thumb meets the index fingertip, and the ring and pinky fingers curl.",
         ["contact left.thumb_contact.index", "bend left.finger.ring", "bend left.finger.pinky"]),
        ("It pinches with the middle finger three times.", ["contact left.thumb_contact.middle x3"]),
        ("The thumb and index finger pinch together repeatedly.", ["contact left.thumb_contact.index x-1"]),
        ("The middle finger never touches the thumb.", ["not contact left.thumb_contact.middle"]),
        ("The thumb taps the pinky tip 4 times.", ["contact left.thumb_contact.pinky x4"]),
    ],
)  # fmt: skip
def test_one_hand(text: str, claims: list[str]) -> None:
    assert read(text, "left") == claims
    assert parse(text, "left").coverage == 1.0


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Both hands move up slowly.", ["up left.wrist.z slow", "up right.wrist.z slow"]),
        ("The left and right hands rise.", ["up left.wrist.z", "up right.wrist.z"]),
        ("The thumbs of both hands bend.", ["bend left.finger.thumb", "bend right.finger.thumb"]),
        ("The left index and right middle fingers bend.", ["bend left.finger.index", "bend right.finger.middle"]),
        ("The fingers of the left hand curl, while those of the right hand straighten.", each("bend left.finger.{}", FIVE)
         + each("extend right.finger.{}", FIVE)),
        ("The left index fingertip touches the right palm.", ["contact tip_palm.left_index"]),
        ("The right palm is touched by the left index fingertip.", ["contact tip_palm.left_index"]),
        ("The left index fingertip touches the palm.", ["contact tip_palm.left_index"]),
        ("The left thumb tip meets the right index and ring fingertips.",
         ["contact tip_tip.left_thumb-right_index", "contact tip_tip.left_thumb-right_ring"]),
        ("Both index fingertips meet.", ["contact tip_tip.left_index-right_index"]),
        ("The right middle and ring fingertips touch the left palm.",
         ["contact tip_palm.right_middle", "contact tip_palm.right_ring"]),
        ("Fingertips of both hands touch.", ["contact any of 25 tip_tip"]),
        ("Fingertips of the left hand touch the right palm.", ["contact any of 5 tip_palm"]),
        ("The palms touch.", ["contact palm_palm"]),
        ("The hands do not touch.", ["not contact any of 36 tip_tip"]),
        ("No fingertips touch.", ["not contact any of 25 tip_tip"]),
        ("Neither hand moves.", ["still left", "still right"]),
        ("The right ring fingertip comes near the left palm.", ["state tip_palm.right_ring ->contact|near @sometime"]),
        ("The palms come closer quickly until they are touching.", ["approach palm_palm fast ->contact"]),
        ("The palms move apart, from near each other to a hand's width apart.", ["recede palm_palm near->medium"]),
        ("The hands come together, touch, and then separate.",
         ["approach palm_palm", "contact any of 36 tip_tip", "recede palm_palm #1"]),
        ("The palms stay far apart.", ["state palm_palm ->far @throughout"]),
        ("The right hand is above and in front of the left hand.", ["state position.z ->above", "state position.y ->in front"]),
        ("The left hand is above the right hand.", ["state position.z ->below"]),
        ("The right hand stays to the left of the left hand.", ["state position.x ->left @throughout"]),
        ("The right hand moves from the right of the left hand to the left of it.", ["change position.x right->left"]),
        ("The left hand goes from below the right hand to level with it.", ["change position.z above->aligned"]),
        ("The left hand is below the right hand at the start and above it at the end.",
         ["state position.z ->above @start", "state position.z ->below @end"]),
        ("The person closes their left hand fingers together.",
         each("close left.spacing.{}", ("index-middle", "middle-ring", "ring-pinky"))),
    ],
)  # fmt: skip
def test_two_hands(text: str, claims: list[str]) -> None:
    assert read(text) == claims
    assert parse(text).coverage == 1.0


def test_a_new_sentence_has_its_own_time_unless_it_says_otherwise() -> None:
    chains = [
        (c.chain, c.step)
        for c in parse("The hand rises. The hand falls. Then it rises. Meanwhile, it moves left.", "left").claims
    ]
    assert chains[:3] == [(1, 0), (2, 0), (2, 1)]


def test_what_is_not_understood_lowers_the_coverage() -> None:
    reading = parse("The left hand rotates, while the right hand moves up to express sadness.")
    assert [c.kind for c in reading.claims] == [Kind.OTHER, Kind.CHANGE, Kind.OTHER]
    assert reading.coverage == pytest.approx(1 / 3)
    assert reading.unread == ("left hand rotates", "express sadness")
    assert parse("").coverage == 0.0
    assert parse("A bird sings.").claims[0].kind is Kind.OTHER


@given(st.text(max_size=400))
def test_any_text_is_read_without_failing(text: str) -> None:
    reading = parse(text, "left")
    assert 0.0 <= reading.coverage <= 1.0


WORDS = ["the", "left", "right", "both", "hand", "hands", "palm", "thumb", "index", "middle", "fingers", "fingertip", "tips", "of", "touches", "bends", "stay", "is", "not", "then", "before", "after", "and", ",", "while", "up", "down", "from", "to", "straight", "fully", "bent", "it", "they", "each", "other", "with", "by", "except", "all", "no", "above", "at", "end", "twice", ".", ":"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_order_of_known_words_is_read_without_failing(words: list[str]) -> None:
    for part in ("left", "right", "interaction"):
        assert 0.0 <= parse(" ".join(words), part).coverage <= 1.0


def test_endless_text_is_bounded() -> None:
    assert parse("up " * (3 * MAX_WORDS), "left").num_clauses <= MAX_WORDS
    assert parse("the index and " * 4000, "left").coverage <= 1.0
