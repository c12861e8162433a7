"""Sentences that invite a wrong reading: nothing may be claimed that the text does not say."""

from __future__ import annotations

import time

import pytest

from handx_bench.annotate.claims import Kind, parse

from .test_reading import FIVE, FOUR, each, read

BENT_FIVE = each("state left.finger.{} ->bent|partly bent", FIVE)


@pytest.mark.parametrize(
    ("part", "text", "claims"),
    [
        # Whose hand.
        ("interaction", "The left hand moves up and the right hand down.", ["up left.wrist.z", "down right.wrist.z"]),
        ("interaction", "The left hand moves to the left, the right hand to the right.", ["left left.wrist.x", "right right.wrist.x"]),
        ("interaction", "The left moves up and the right moves down.", ["up left.wrist.z", "down right.wrist.z"]),
        ("interaction", "The left hand moves up, and the right one moves down.", ["up left.wrist.z", "down right.wrist.z"]),
        ("interaction", "Left hand: index finger bends. Right hand: thumb bends.", ["bend left.finger.index", "bend right.finger.thumb"]),
        ("interaction", "The left hand rises. It then touches the right palm with its index finger.",
         ["up left.wrist.z", "contact tip_palm.left_index #1"]),
        ("interaction", "The right hand moves toward the left hand.", ["approach palm_palm"]),
        ("left", "The hand moves left.", ["left left.wrist.x"]),
        ("interaction", "Both hands move up together.", ["up left.wrist.z", "up right.wrist.z"]),
        ("interaction", "Relative to the left hand, the right hand moves from level with it to above it.",
         ["change position.z aligned->above"]),
        ("interaction", "The right hand moves slowly from behind the left hand to in front of it and quickly from level with it to above it.",
         ["change position.y slow behind->in front", "change position.z fast aligned->above"]),
        ("interaction", "The left hand moves right and the right hand left.", ["right left.wrist.x", "left right.wrist.x"]),
        ("interaction", "The left hand moves to the right, and the right to the left.", ["right left.wrist.x", "left right.wrist.x"]),
        ("left", "The hand moves left, then right, then left again.",
         ["left left.wrist.x", "right left.wrist.x #1", "left left.wrist.x #2"]),
        ("interaction", "The left hand moves toward the right hand, which stays still.", ["approach palm_palm", "still right"]),
        ("interaction", "The right index fingertip approaches the left palm and touches it.",
         ["approach tip_palm.right_index", "contact tip_palm.right_index"]),
        ("interaction", "On the right hand, all fingers curl.", each("bend right.finger.{}", FIVE)),
        ("interaction", "Left: moves up. Right: moves down.", ["up left.wrist.z", "down right.wrist.z"]),
        ("interaction", "The thumbs touch, and then the index fingers.",
         ["contact tip_tip.left_thumb-right_thumb", "contact tip_tip.left_index-right_index #1"]),
        ("interaction", "There is contact between the left index fingertip and the right palm.", ["contact tip_palm.left_index"]),
        ("interaction", "There is no contact between the palms.", ["not contact palm_palm"]),
        ("interaction", "The index fingertips touch until the palms part.",
         ["contact tip_tip.left_index-right_index", "recede palm_palm #1"]),
        ("interaction", "The palms come near each other without the fingertips touching.",
         ["approach palm_palm", "not contact any of 25 tip_tip"]),
        ("interaction", "The palms drift apart from touching to far apart.", ["recede palm_palm contact->far"]),
        ("interaction", "At no point do the hands touch.", ["not contact any of 36 tip_tip"]),
        # Which finger.
        ("left", "The index finger bends. It then straightens.", ["bend left.finger.index", "extend left.finger.index #1"]),
        ("left", "The thumb is straight and the others are bent.",
         ["state left.finger.thumb ->extended", *each("state left.finger.{} ->bent|partly bent", FOUR)]),
        ("left", "The index finger bends while the others stay straight.",
         ["bend left.finger.index", *each("state left.finger.{} ->extended @throughout", ("thumb", "middle", "ring", "pinky"))]),
        ("left", "All fingers curl together.", each("bend left.finger.{}", FIVE)),
        ("left", "The open hand closes.", each("bend left.finger.{}", FIVE)),
        ("left", "The fingers spread wide.", each("open left.spacing.{}", ("index-middle", "middle-ring", "ring-pinky"))),
        ("left", "The initially straight index finger bends.", ["bend left.finger.index"]),
        # Amounts, times and phases are read past.
        ("left", "The hand rises by about 10 cm.", ["up left.wrist.z"]),
        ("left", "The hand moves roughly 0.1 m to the left and 5 cm up.", ["left left.wrist.x", "up left.wrist.z"]),
        ("left", "At 0.5 s, the index finger bends by 40 degrees.", ["bend left.finger.index"]),
        ("left", "From 0.2 to 0.8 seconds the hand rises, then between 1 and 2 s it falls.", ["up left.wrist.z", "down left.wrist.z #1"]),
        ("left", "Over the first second, the hand rises.", ["up left.wrist.z"]),
        ("left", "The hand falls after about 1.2 seconds.", ["down left.wrist.z"]),
        ("left", "In the second half of the clip, the thumb touches the index fingertip for 0.4 s.", ["contact left.thumb_contact.index"]),
        ("left", "Halfway through the motion, the index finger bends.", ["bend left.finger.index"]),
        # How fast, when, how often.
        ("left", "The hand moves up quickly and down slowly.", ["up left.wrist.z fast", "down left.wrist.z slow"]),
        ("left", "The hand moves up quickly and to the left.", ["up left.wrist.z fast", "left left.wrist.x"]),
        ("left", "The hand moves up and down twice.", ["change any of 3 left x-1"]),
        ("left", "At the start, the index finger is straight, and the thumb is bent.",
         ["state left.finger.index ->extended @start", "state left.finger.thumb ->bent|partly bent @start"]),
        ("left", "At the end of the motion, the hand is still.", ["still left @end"]),
        ("left", "The hand moves forward, then back.", ["forward left.wrist.y", "backward left.wrist.y #1"]),
        ("left", "The index finger, not the thumb, bends.", ["bend left.finger.index"]),
        ("left", "All fingers but the thumb bend.", each("bend left.finger.{}", FOUR)),
        ("left", "All but the thumb bend.", each("bend left.finger.{}", FOUR)),
        ("left", "Every finger except for the thumb and pinky curls.", each("bend left.finger.{}", ("index", "middle", "ring"))),
        ("left", "Except for the index finger, all fingers bend.", each("bend left.finger.{}", ("thumb", "middle", "ring", "pinky"))),
        ("left", "All fingers bend, except the index finger, which stays straight.",
         [*each("bend left.finger.{}", ("thumb", "middle", "ring", "pinky")), "state left.finger.index ->extended @throughout"]),
        ("left", "The index finger bends while the rest are curled.",
         ["bend left.finger.index", *each("state left.finger.{} ->bent|partly bent", ("thumb", "middle", "ring", "pinky"))]),
        ("left", "The bent index finger straightens.", ["extend left.finger.index"]),
        ("left", "The extended index finger touches the thumb.", ["contact left.thumb_contact.index"]),
        ("left", "The hand opens a little.", each("extend left.finger.{}", FIVE)),
        ("interaction", "Each thumb touches its index finger.", each("contact {}.thumb_contact.index", ("left", "right"))),
        ("interaction", "The thumb and index finger of each hand pinch.", each("contact {}.thumb_contact.index", ("left", "right"))),
        ("left", "The thumb touches all four fingertips.", each("contact left.thumb_contact.{}", FOUR)),
        ("left", "The thumb and index finger are in contact.", ["contact left.thumb_contact.index"]),
        ("interaction", "The left hand rises, while the middle and ring fingertips of both hands meet.",
         ["up left.wrist.z", "contact tip_tip.left_middle-right_middle", "contact tip_tip.left_ring-right_ring"]),
        ("interaction", "The left hand rises. The thumb and index finger of the right hand bend.",
         ["up left.wrist.z", "bend right.finger.thumb", "bend right.finger.index"]),
        ("interaction", "The left index finger and the thumb of the right hand bend.", ["bend left.finger.index", "bend right.finger.thumb"]),
        # Negation.
        ("left", "The hand moves up, not down.", ["up left.wrist.z"]),
        ("left", "The index finger does not bend or touch the thumb.", ["not bend left.finger.index", "not contact left.thumb_contact.index"]),
        ("left", "The index finger neither bends nor touches the thumb.", ["not bend left.finger.index", "not contact left.thumb_contact.index"]),
        ("left", "The hand moves up without bending the fingers.", ["up left.wrist.z", *each("not bend left.finger.{}", FIVE)]),
        ("interaction", "There is no contact between the hands.", ["not contact any of 36 tip_tip"]),
        ("left", "The fingers are never bent.", each("not state left.finger.{} ->bent|partly bent @sometime", FIVE)),
        # States that look like changes.
        ("left", "With its fingers bent, the hand rises.", [*BENT_FIVE, "up left.wrist.z"]),
        ("left", "The hand rises, fingers bent.", ["up left.wrist.z", *BENT_FIVE]),
        ("left", "The closed hand rises.", ["up left.wrist.z"]),
        ("left", "The index finger starts straight and ends bent.",
         ["state left.finger.index ->extended @start", "state left.finger.index ->bent|partly bent @end"]),
        ("left", "The index finger begins to bend.", ["bend left.finger.index @start"]),
        ("left", "The index finger bends back.", ["bend left.finger.index"]),
        ("left", "The thumb keeps touching the index finger.", ["state left.thumb_contact.index ->contact @throughout"]),
        # Numbers and order.
        ("left", "The thumb touches the index fingertip at least twice.", ["contact left.thumb_contact.index x-1"]),
        ("left", "Once the index finger curls, the hand rises.", ["bend left.finger.index", "up left.wrist.z #1"]),
        ("left", "The thumb touches the index tip, then the middle tip, then the ring tip.",
         ["contact left.thumb_contact.index", "contact left.thumb_contact.middle #1", "contact left.thumb_contact.ring #2"]),
        ("left", "The index finger bends, followed by the middle finger.", ["bend left.finger.index", "bend left.finger.middle #1"]),
        ("left", "The hand moves down at the end.", ["down left.wrist.z @end"]),
        ("left", "The hand is still at the end.", ["still left @end"]),
        ("left", "The hand moves up, e.g. quickly.", ["up left.wrist.z fast"]),
        ("left", "The hand moves as if making a fist.", ["change any of 3 left"]),
        ("left", "The hand lifts toward the chest.", ["up left.wrist.z"]),
        ("interaction", "A person raises their hand.", ["up any of 2 left"]),
    ],
)  # fmt: skip
def test_read_as_meant(part: str, text: str, claims: list[str]) -> None:
    assert read(text, part) == claims


@pytest.mark.parametrize(
    ("part", "text"),
    [
        *(
            ("interaction", f"The hands {hedge} touch.")
            for hedge in ("almost", "barely", "no longer", "could", "cannot")
        ),
        ("interaction", "Do the hands touch?"),
        ("interaction", "If the hands touch, the fingers bend."),
        ("left", "The thumb stops touching the index finger."),
        ("left", "The hand does not move up but down."),
        ("left", "Not all fingers bend."),
        ("left", "The index or middle finger bends."),
        ("left", "Two fingers bend."),
        ("left", "A finger bends."),
        ("interaction", "A person closes their hand."),
        ("interaction", "The hands move up alternately."),
        ("interaction", "Relative to the left hand, the right hand rises."),
        ("left", "The finger that touches the thumb bends."),
        ("left", "The hand opens the box."),
        ("interaction", "The fingers tap the table."),
        ("left", "The index finger touches the screen."),
        ("left", "The middle of the palm is touched by the thumb."),
        ("interaction", "The right index fingertip touches the left wrist."),
        ("interaction", "The left hand closes around the right index finger."),
        ("interaction", "The right hand is above the head."),
        ("left", "The hand stays in front of the chest."),
        ("left", "The wrist flexes."),
        ("left", "The arm is straight."),
        ("left", "The hand moves away from the face."),
        ("left", "The hand moves right away."),
        ("left", "The finger straightens instead of bending."),
        ("interaction", "Neither the palms nor the fingertips touch."),
        ("interaction", "The palms do not touch until the end."),
        ("interaction", "The palms do not touch before the end."),
        ("interaction", "The hands stay out of contact."),
        ("interaction", "The right hand pulls away from the left."),
        ("interaction", "The back of the left hand touches the right palm."),
        ("interaction", "Seen from the left hand, the right hand moves up."),
        ("left", "The contact between the thumb and index finger ends."),
        ("left", "The thumb taps the index finger twice and the middle finger once."),
        ("left", "The index finger bends slowly and the middle finger quickly."),
        ("left", "The hand moves up at the start and to the right at the end."),
        ("left", "The fingertips touch the palm."),
        ("left", "The fingers touch each other."),
        ("left", "The hand stays level."),
        ("left", "The hand does not fully close."),
        ("left", "The three middle fingers bend."),
        ("left", "The finger bends up to three times."),
        ("left", "The thumb comes within 2 cm of the index fingertip."),
        ("left", "The hand rises more than 10 cm."),
        ("left", "The index finger stays straight for 0.5 s."),
        ("left", "The thumb does not touch the index fingertip until 1 s."),
        ("left", "The index finger is straight from 0.2 to 0.8 s."),
    ],
)
def test_nothing_is_claimed(part: str, text: str) -> None:
    reading = parse(text, part)
    assert [claim.kind for claim in reading.claims if claim.kind is not Kind.OTHER] == []
    assert reading.coverage == 0.0


@pytest.mark.parametrize(
    "text",
    ["hand " * 500, "tips of " * 400, "left hand's " * 500, "except index " * 500, "the gap between " * 500, "," * 20_000,
     "the thumb touches " + "index, " * 2_500, "all " * 5_000, "left index and right thumb " * 700, "not the not " * 2_000],
)  # fmt: skip
def test_odd_and_endless_text_takes_neither_depth_nor_time(text: str) -> None:
    start = time.perf_counter()
    assert parse(text, "left").coverage <= 1.0
    assert time.perf_counter() - start < 20  # seconds were minutes, or a RecursionError


def test_a_sentence_too_long_to_read_is_not_covered() -> None:
    assert parse("The hand moves up" + ", the index finger bends" * 200 + ".", "left").coverage < 1.0
