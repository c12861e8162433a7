"""The versioned prompts, and the messages of a conversation made from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ...errors import InputError

#: The prompt that is used unless another is asked for. A changed text is a new version.
LATEST = "v1"
#: Of an answer that was refused, the model is shown no more than this.
_SHOWN = 4_000

Message = dict[str, str]


@dataclass(frozen=True)
class Prompt:
    """A prompt file: its version, its text, and the SHA-256 that is kept with every annotation."""

    version: str
    text: str
    sha256: str


@cache
def load_prompt(version: str = LATEST) -> Prompt:
    """Read the prompt of a version.

    Raises:
        InputError: there is no such version.

    >>> load_prompt("v1").version
    'v1'
    """
    folder = resources.files(__package__) / "prompts"
    known = sorted(file.name.removesuffix(".md") for file in folder.iterdir() if file.name.endswith(".md"))
    if version not in known:
        raise InputError(f"there is no prompt {version!r}", fix=f"Prompts: {', '.join(known)}")
    data = (folder / f"{version}.md").read_bytes()
    return Prompt(version, data.decode(), hashlib.sha256(data).hexdigest())


def opening(prompt: Prompt, payload: Mapping[str, Any]) -> list[Message]:
    """The first messages: the prompt, and the motion codes as compact JSON."""
    codes = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return [{"role": "system", "content": prompt.text}, {"role": "user", "content": codes}]


def refused(start: Sequence[Message], answer: str, problem: str) -> list[Message]:
    """The messages that ask again after an answer that could not be used."""
    said = [{"role": "assistant", "content": answer[:_SHOWN]}] if answer else []
    asked = f"That answer cannot be used: {problem}. Answer again with the whole JSON object and nothing else."
    return [*start, *said, {"role": "user", "content": asked}]


def contradicted(
    start: Sequence[Message], answer: str, violated: Sequence[tuple[int, str, Sequence[str]]]
) -> list[Message]:
    """The messages that give texts back which contradict the motion.

    Args:
        start: the opening messages.
        answer: the whole answer, as JSON.
        violated: index of the variant, part, and what in it is not so.
    """
    lines = [f"- variant {level + 1}, {part}: {'; '.join(claims)}" for level, part, claims in violated]
    asked = (
        "Some statements do not agree with the motion codes:\n"
        + "\n".join(lines)
        + "\nRewrite these texts so that they agree with the codes, at the same level of detail, and leave all other "
        "texts as they are. Answer with the whole JSON object and nothing else."
    )
    return [*start, {"role": "assistant", "content": answer}, {"role": "user", "content": asked}]
