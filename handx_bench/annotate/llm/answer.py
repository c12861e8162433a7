"""What a model may answer: five variants of three texts, as JSON. Everything else is refused with a reason."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..texts import LEVELS, PARTS, Texts
from .response_format import ResponseFormat

MIN_TEXT_LENGTH = 3
MAX_TEXT_LENGTH = 2_000
#: Characters of a whole answer; the longest legal one, escaped, is far shorter.
MAX_ANSWER_LENGTH = 100_000
#: Problems that are named to the model; more would not help it.
_PROBLEMS_TOLD = 3


class InvalidAnswerError(ValueError):
    """An answer that cannot be used; the message says why, in words for the model and for the user."""


def _plain(text: str) -> str:
    # Models like narrow no-break spaces before units; a space is a space.
    spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text).strip()
    if not spaced.isprintable():
        raise ValueError("the text holds control characters or line breaks")
    if not MIN_TEXT_LENGTH <= len(spaced) <= MAX_TEXT_LENGTH:
        raise ValueError(f"the text has {len(spaced)} characters, expected {MIN_TEXT_LENGTH} to {MAX_TEXT_LENGTH}")
    return spaced


_Text = Annotated[str, AfterValidator(_plain)]


class _Variant(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    left: _Text
    right: _Text
    interaction: _Text


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    variants: list[_Variant] = Field(min_length=LEVELS, max_length=LEVELS)


def parse_answer(content: str, response_format: ResponseFormat = ResponseFormat.json_schema) -> Texts:
    """The texts in a model's answer.

    Args:
        content: the message as the model wrote it.
        response_format: with ``text``, whatever stands around the outermost braces is left out first.

    Raises:
        InvalidAnswerError: not JSON, not exactly five variants of three texts, or a text out of bounds.
    """
    if len(content) > MAX_ANSWER_LENGTH:
        raise InvalidAnswerError(f"the answer has {len(content)} characters, at most {MAX_ANSWER_LENGTH} are read")
    if response_format is ResponseFormat.text:
        content = content[max(content.find("{"), 0) : content.rfind("}") + 1]
    try:
        variants = _Answer.model_validate_json(content).variants
    except ValidationError as error:
        raise InvalidAnswerError(_problems(error)) from None
    return Texts(*(tuple(getattr(variant, part) for variant in variants) for part in PARTS))


def answer_json(texts: Texts) -> str:
    """The answer that would hold ``texts``, as the model is shown its own earlier one."""
    variants = [dict(zip(PARTS, level)) for level in zip(*texts)]
    return _Answer.model_validate({"variants": variants}).model_dump_json()


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in found[:_PROBLEMS_TOLD]]
    more = f"; and {len(found) - _PROBLEMS_TOLD} more" if len(found) > _PROBLEMS_TOLD else ""
    # Keys that the model made up are part of what is said; they stay short and printable.
    return "; ".join("".join(c for c in each if c.isprintable())[:200] for each in told) + more
