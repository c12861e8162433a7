"""What a server sent back, read leniently: servers that speak the OpenAI protocol differ in all but a few fields."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from .usage import Usage

#: A server that counts more for one answer does not count.
_MOST_TOKENS = 10**9


class CallFailedError(Exception):
    """A call got no answer, although it was tried as often as makes sense; the message is the reason."""


class UnreadableReplyError(ValueError):
    """A body that is no chat completion."""


@dataclass(frozen=True)
class Reply:
    """An answered call.

    Attributes:
        content: the message of the model, untrusted text.
        problem: why it cannot be used whatever it says, such as being cut off; empty otherwise.
        usage: what the server counted; zero tokens where it counts none.
    """

    content: str
    problem: str
    usage: Usage


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value <= _MOST_TOKENS else 0


def _text(value: Any) -> str | None:
    if isinstance(value, list):  # the parts of a content
        return "".join(each["text"] for each in value if isinstance(each, dict) and isinstance(each.get("text"), str))
    return value if isinstance(value, str) else None


# An answer that was paid for is not thrown away because of what stands beside it.
_Count = Annotated[int, BeforeValidator(_count)]
_Text = Annotated[str | None, BeforeValidator(_text)]


class _Message(BaseModel):
    content: _Text = None
    refusal: _Text = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: _Text = None


class _Tokens(BaseModel):
    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: Annotated[_Tokens, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = _Tokens()


def read_reply(body: bytes) -> Reply:
    """The first choice of a chat completion.

    Raises:
        UnreadableReplyError: the body is not JSON or not a chat completion.
    """
    try:
        completion = _Completion.model_validate_json(body.removeprefix(codecs.BOM_UTF8))
    except ValidationError:
        raise UnreadableReplyError("the server's reply is not a chat completion") from None
    choice, tokens = completion.choices[0], completion.usage
    return Reply(
        content=choice.message.content or "",
        problem=_problem(choice),
        usage=Usage(1, tokens.prompt_tokens, tokens.completion_tokens),
    )


def _problem(choice: _Choice) -> str:
    if choice.message.refusal:
        return "the model refused to answer"
    if choice.finish_reason == "length":
        return "the answer was cut off at the limit of tokens"
    if choice.finish_reason == "content_filter":
        return "the server's content filter withheld the answer"
    return "" if choice.message.content else "the answer is empty"
