"""What a server sent back, read leniently: servers that speak the OpenAI protocol differ in all but a few fields."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from .usage import Usage


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


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Tokens(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Tokens | None = None


def read_reply(body: bytes) -> Reply:
    """The first choice of a chat completion.

    Raises:
        UnreadableReplyError: the body is not JSON or not a chat completion.
    """
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise UnreadableReplyError("the server's reply is not a chat completion") from None
    choice, tokens = completion.choices[0], completion.usage or _Tokens()
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
