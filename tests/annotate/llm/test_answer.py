"""Which answers are taken, and what is said about the others."""

from __future__ import annotations

import json
from typing import Any

import handx_annotate_fakes as fakes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handx_bench.annotate.llm.answer import InvalidAnswerError, answer_json, parse_answer
from handx_bench.annotate.llm.response_format import SCHEMA, ResponseFormat
from handx_bench.annotate.texts import LEVELS, PARTS

GOOD = json.loads(fakes.variants("c"))


def changed(level: int = 0, **parts: Any) -> str:
    variants = [dict(each) for each in GOOD["variants"]]
    variants[level] = {key: value for key, value in {**variants[level], **parts}.items() if value is not ...}
    return json.dumps({"variants": variants})


def test_a_good_answer() -> None:
    texts = parse_answer(fakes.variants("c"))
    for part in PARTS:
        assert getattr(texts, part) == tuple(f"the {part} of c at level {n} is right" for n in range(LEVELS))
    assert parse_answer(answer_json(texts)) == texts


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "answer: Invalid JSON"),
        ("I am sorry, but", "Invalid JSON"),
        (fakes.variants("c")[:-10], "Invalid JSON"),
        ("```json\n" + fakes.variants("c") + "\n```", "Invalid JSON"),
        ("[]", "object"),
        ("null", "object"),
        ("{}", "variants: Field required"),
        (fakes.variants("c", count=4), "at least 5 items"),
        (fakes.variants("c", count=6), "at most 5 items"),
        (json.dumps({**GOOD, "note": "hi"}), "note: Extra inputs"),
        (changed(2, right=...), "variants.2.right: Field required"),
        (changed(2, both="x"), "variants.2.both: Extra inputs"),
        (changed(1, left=7), "variants.1.left: Input should be a valid string"),
        (changed(1, left=None), "variants.1.left: Input should be a valid string"),
        (changed(1, left=" ab "), "has 2 characters"),
        (changed(1, left="x" * 2001), "has 2001 characters"),
        (changed(4, interaction="one\ntwo lines"), "control characters or line breaks"),
        (changed(4, interaction="red \x1b[31m text"), "control characters"),
        (changed(4, interaction="turned \u202e around"), "control characters"),
        ('{"variants": ' + "[" * 50_000, "Invalid JSON"),
        (" " * 100_001, "100001 characters"),
    ],
)
def test_refused_answers(content: str, words: str) -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        parse_answer(content)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 800
    assert str(caught.value).isprintable()


def test_unicode_spaces_become_spaces_and_markup_stays_text() -> None:
    texts = parse_answer(changed(left="\u00a0moves 3\u202fcm <b>up</b>; DROP TABLE texts\u00a0"))
    assert texts.left[0] == "moves 3 cm <b>up</b>; DROP TABLE texts"


def test_text_format_leaves_out_what_stands_around() -> None:
    wrapped = "<think>Let me see.</think>\n```json\n" + fakes.variants("c") + "\n```\nDone!"
    assert parse_answer(wrapped, ResponseFormat.text) == parse_answer(fakes.variants("c"))
    for nothing in ("", "no JSON here", "} {"):
        with pytest.raises(InvalidAnswerError):
            parse_answer(nothing, ResponseFormat.text)


@given(
    st.text(max_size=300)
    | st.recursive(
        st.none() | st.text(max_size=5), lambda s: st.lists(s) | st.dictionaries(st.text(max_size=9), s)
    ).map(json.dumps)
)
def test_anything_is_refused_with_a_reason(content: str) -> None:
    for response_format in ResponseFormat:
        with pytest.raises(InvalidAnswerError) as caught:
            parse_answer(content, response_format)
        assert str(caught.value)


def test_response_formats() -> None:
    schema = ResponseFormat.json_schema.parameter()
    assert schema is not None
    assert schema["json_schema"]["strict"] is True
    assert schema["json_schema"]["schema"] is SCHEMA
    assert ResponseFormat.json_object.parameter() == {"type": "json_object"}
    assert ResponseFormat.text.parameter() is None
