"""One clip's conversation with a model: ask, ask again for what cannot be used, give contradictions back once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..texts import PARTS, Texts
from .answer import InvalidAnswerError, answer_json, parse_answer
from .prompt import LATEST, Message, contradicted, load_prompt, opening, refused
from .reply import CallFailedError, Reply
from .response_format import ResponseFormat
from .usage import NO_USAGE, Usage


class TextCheck(Protocol):
    """What a claims checker says about one text."""

    @property
    def agreement(self) -> float | None:
        """Share of its claims that the motion satisfies; None where no claim can be checked."""

    @property
    def coverage(self) -> float:
        """Share of its clauses that claim something that can be checked."""

    @property
    def violated(self) -> Sequence[str]:
        """The claims that are not so, each a short sentence."""


#: Per part, the checks of its texts, brief first.
Checks = Mapping[str, Sequence[TextCheck]]


class Check(Protocol):
    """Checks the texts of the clip of a conversation."""

    def __call__(self, texts: Texts) -> Checks: ...


class Ask(Protocol):
    """Sends the ``number``-th call of a conversation; raises :class:`CallFailedError` where no answer came."""

    async def __call__(self, number: int, request: Mapping[str, Any]) -> Reply: ...


@dataclass(frozen=True)
class Style:
    """What decides the texts of a model, beside the clip.

    Attributes:
        model: its name at the server.
        prompt: version of the prompt.
        temperature: of the first call; calls after an unusable answer are made at 0. None sends none at all, for
            models that refuse one.
        attempts: how many answers are asked for until one can be used.
        threshold: a text of lower agreement is given back once, and marked if it stays so.
        seed: sent to the server if not None.
        response_format: how the form of the answer is asked for.
    """

    model: str
    prompt: str = LATEST
    temperature: float | None = 0.2
    attempts: int = 3
    threshold: float = 0.8
    seed: int | None = None
    response_format: ResponseFormat = ResponseFormat.json_schema


@dataclass(frozen=True)
class Outcome:
    """What came of a conversation: texts with their checks, or the reason why there are none; and what it used."""

    texts: Texts | None = None
    checks: Checks = field(default_factory=dict)
    failure: str = ""
    usage: Usage = NO_USAGE


async def converse(style: Style, payload: Mapping[str, Any], ask: Ask, check: Check) -> Outcome:
    """Hold the conversation about one clip.

    Every call has a number, and what is sent depends on nothing but the answers before it: with the same answers, a
    conversation that was broken off takes the same course again.

    Args:
        style: model, prompt and thresholds.
        payload: the clip's motion codes.
        ask: sends a call.
        check: checks texts against the motion.
    """
    start = opening(load_prompt(style.prompt), payload)
    first = await _usable(style, start, ask)
    if first.texts is None:
        return first
    return await _mended(style, start, replace(first, checks=check(first.texts)), ask, check)


async def _usable(style: Style, start: list[Message], ask: Ask) -> Outcome:
    """The first answer that fits the form."""
    usage, messages, problem = Usage(), start, ""
    for number in range(style.attempts):
        try:
            reply = await ask(number, _request(style, messages, style.temperature if number == 0 else 0.0))
        except CallFailedError as error:
            return Outcome(failure=str(error), usage=usage)
        usage += reply.usage
        try:
            return Outcome(_texts(reply, style), usage=usage)
        except InvalidAnswerError as error:
            problem = str(error)
            messages = refused(start, reply.content, problem)
    return Outcome(failure=f"no usable answer in {style.attempts} attempts; the last: {problem}", usage=usage)


async def _mended(style: Style, start: list[Message], found: Outcome, ask: Ask, check: Check) -> Outcome:
    """``found`` with the texts that contradict the motion replaced, where one more answer has better ones."""
    assert found.texts is not None
    bad = [
        (level, part) for part in PARTS for level, each in enumerate(found.checks[part]) if below(each, style.threshold)
    ]
    if not bad:
        return found
    violated = [(level, part, found.checks[part][level].violated) for level, part in bad]
    messages = contradicted(start, answer_json(found.texts), violated)
    usage = found.usage
    try:
        reply = await ask(style.attempts, _request(style, messages, style.temperature))
        usage += reply.usage
        again = _texts(reply, style)
    except (CallFailedError, InvalidAnswerError):
        return replace(found, usage=usage)  # the texts are there, and are marked for what they are
    checks = check(again)
    texts = {part: list(getattr(found.texts, part)) for part in PARTS}
    for level, part in bad:
        if _not_worse(checks[part][level], found.checks[part][level]):
            texts[part][level] = getattr(again, part)[level]
    mended = Texts(*(tuple(texts[part]) for part in PARTS))
    return Outcome(mended, check(mended), usage=usage)


def below(check: TextCheck, threshold: float) -> bool:
    """Whether a text is known to agree less than asked for."""
    return check.agreement is not None and check.agreement < threshold


def _not_worse(new: TextCheck, old: TextCheck) -> bool:
    return new.agreement is None or old.agreement is None or new.agreement >= old.agreement


def _texts(reply: Reply, style: Style) -> Texts:
    if reply.problem:
        raise InvalidAnswerError(reply.problem)
    return parse_answer(reply.content, style.response_format)


def _request(style: Style, messages: list[Message], temperature: float | None) -> dict[str, Any]:
    request: dict[str, Any] = {"model": style.model, "messages": messages}
    if style.temperature is not None:
        request["temperature"] = temperature
    if style.seed is not None:
        request["seed"] = style.seed
    if (response_format := style.response_format.parameter()) is not None:
        request["response_format"] = response_format
    return request
