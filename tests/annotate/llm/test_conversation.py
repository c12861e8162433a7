"""The course of a conversation, played with answers from a list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import handx_annotate_fakes as fakes
import pytest

from handx_bench.annotate.llm.conversation import Outcome, Style, converse
from handx_bench.annotate.llm.prompt import load_prompt
from handx_bench.annotate.llm.reply import CallFailedError, Reply
from handx_bench.annotate.llm.response_format import ResponseFormat
from handx_bench.annotate.llm.usage import Usage
from handx_bench.annotate.texts import LEVELS, PARTS
from handx_bench.errors import InputError

STYLE = Style("m")
RIGHT, WRONG, VAGUE = (fakes.variants("c", word) for word in ("right", "wrong", "vague"))


def mixed(**words: str) -> str:
    """A right answer, but for texts such as ``left3="wrong"``."""
    answer = json.loads(RIGHT)
    for place, word in words.items():
        answer["variants"][int(place[-1])][place[:-1]] = f"{place} is {word}"
    return json.dumps(answer)


def play(
    *answers: str | Reply | Exception, style: Style = STYLE
) -> tuple[Outcome, list[tuple[int, Mapping[str, Any]]]]:
    sent: list[tuple[int, Mapping[str, Any]]] = []
    waiting = iter(answers)

    async def ask(number: int, request: Mapping[str, Any]) -> Reply:
        sent.append((number, request))
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else Reply(answer, "", Usage(1, 10, 5))

    outcome = asyncio.run(converse(style, {"clip": "c"}, ask, lambda texts: fakes.check(None, texts)))  # type: ignore[arg-type]
    assert next(waiting, None) is None  # all of them were asked for
    return outcome, sent


def test_one_call_where_all_is_well() -> None:
    outcome, sent = play(RIGHT)
    assert outcome.usage == Usage(1, 10, 5)
    assert not outcome.failure
    assert outcome.texts is not None
    assert outcome.texts.right[4] == "the right of c at level 4 is right"
    [(number, request)] = sent
    assert (number, request["model"], request["temperature"]) == (0, "m", 0.2)
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["messages"] == [
        {"role": "system", "content": load_prompt("v1").text},
        {"role": "user", "content": '{"clip":"c"}'},
    ]


def test_what_cannot_be_used_is_asked_for_again_at_zero_with_the_problem_named() -> None:
    outcome, sent = play("{broken", fakes.variants("c", count=4), RIGHT)
    assert outcome.texts is not None
    assert outcome.usage == Usage(3, 30, 15)
    assert [(number, request["temperature"]) for number, request in sent] == [(0, 0.2), (1, 0.0), (2, 0.0)]
    _, answer, asked = sent[2][1]["messages"][1:]
    assert answer == {"role": "assistant", "content": fakes.variants("c", count=4)}
    assert "at least 5 items" in asked["content"]
    assert len(sent[2][1]["messages"]) == 4  # only the last answer is shown


def test_given_up_after_so_many_attempts() -> None:
    outcome, _ = play("{", Reply("", "the model refused to answer", Usage(1, 10, 0)), "{")
    assert outcome.texts is None
    assert outcome.failure.startswith("no usable answer in 3 attempts; the last: answer: Invalid JSON")
    assert outcome.usage == Usage(3, 30, 10)


def test_an_empty_answer_is_not_shown_to_the_model() -> None:
    _, sent = play(Reply("", "the answer is empty", Usage()), RIGHT)
    assert [message["role"] for message in sent[1][1]["messages"]] == ["system", "user", "user"]


def test_a_call_that_failed_is_no_text() -> None:
    outcome, _ = play("{", CallFailedError("no answer within 9 s, 5 times"))
    assert outcome == Outcome(failure="no answer within 9 s, 5 times", usage=Usage(1, 10, 5))


def test_contradictions_are_given_back_once_and_mended() -> None:
    first = mixed(left3="wrong", interaction0="wrong")
    outcome, sent = play(first, fakes.variants("new"))
    assert outcome.usage == Usage(2, 20, 10)
    number, request = sent[1]
    assert (number, request["temperature"]) == (3, 0.2)
    asked = request["messages"][-1]["content"]
    assert "- variant 4, left: the thumb does not touch the index finger\n- variant 1, interaction: the thumb" in asked
    assert json.loads(request["messages"][-2]["content"]) == json.loads(first)
    assert outcome.texts is not None
    # Only what was wrong is taken from the new answer.
    assert outcome.texts.left[3] == "the left of new at level 3 is right"
    assert outcome.texts.interaction[0] == "the interaction of new at level 0 is right"
    rest = [
        t
        for part in PARTS
        for n, t in enumerate(getattr(outcome.texts, part))
        if (part, n) not in {("left", 3), ("interaction", 0)}
    ]
    assert all(" of c " in text for text in rest)
    assert all(check.agreement == 1 for part in PARTS for check in outcome.checks[part])


def test_what_stays_wrong_is_told_by_its_checks_and_not_asked_for_a_third_time() -> None:
    outcome, sent = play(mixed(left3="wrong"), mixed(left3="wrong again"))
    assert len(sent) == 2
    assert outcome.texts is not None
    assert outcome.texts.left[3] == "left3 is wrong again"
    assert [check.agreement for check in outcome.checks["left"]] == [1, 1, 1, 0.5, 1]


@pytest.mark.parametrize("second", ["{broken", CallFailedError("no answer"), Reply(RIGHT, "cut off", Usage(1, 10, 5))])
def test_a_correction_that_fails_leaves_the_first_texts_with_their_checks(second: Any) -> None:
    outcome, _ = play(mixed(right0="wrong"), second)
    assert outcome.texts is not None
    assert outcome.texts.right[0] == "right0 is wrong"
    assert outcome.checks["right"][0].agreement == 0.5
    assert outcome.usage.calls == (1 if isinstance(second, Exception) else 2)


def test_texts_of_which_nothing_can_be_checked_are_left_alone() -> None:
    outcome, sent = play(VAGUE)
    assert len(sent) == 1
    assert {check.agreement for part in PARTS for check in outcome.checks[part]} == {None}


def test_the_threshold_decides() -> None:
    assert len(play(WRONG, style=Style("m", threshold=0.5))[1]) == 1
    assert len(play(WRONG, WRONG, style=Style("m", threshold=0.51))[1]) == 2


def test_what_is_sent_follows_the_style() -> None:
    plain = Style("m", temperature=None, response_format=ResponseFormat.text, seed=7)
    _, sent = play("{", RIGHT, style=plain)
    for _, request in sent:
        assert "temperature" not in request
        assert "response_format" not in request
        assert request["seed"] == 7


def test_prompts_are_versioned() -> None:
    prompt = load_prompt("v1")
    assert len(prompt.sha256) == 64
    assert f"exactly {'five' if LEVELS == 5 else LEVELS} variants" in prompt.text
    with pytest.raises(InputError, match="Prompts: v1"):
        load_prompt("../secrets")
