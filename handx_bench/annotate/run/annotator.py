"""What makes texts: the interface, and what it gives for one clip."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ...data.clip import Clip
from ..llm.conversation import Checks, below
from ..llm.reply import Reply
from ..llm.usage import NO_USAGE, Usage
from ..texts import PARTS, Texts


class Turn(NamedTuple):
    """One go at one clip.

    Attributes:
        clip_id: of the clip.
        digest: of its motion; a clip whose motion has changed is another.
        round: 0, and one more each time that a failed clip is tried again.
    """

    clip_id: str
    digest: str
    round: int


class TextMark(NamedTuple):
    """What the check against the motion says about one text; ``agreement`` is None where nothing could be checked."""

    agreement: float | None
    coverage: float
    flagged: bool


@dataclass(frozen=True)
class Annotation:
    """The texts of one clip with their marks, or the reason why there are none.

    Attributes:
        model: ``rules``, or the name of the language model.
        prompt_hash: SHA-256 of the prompt; empty for rules.
        texts: None where it failed. A failure is never a text.
        marks: per part, of each text.
        failure: the reason; empty where there are texts.
        usage: calls that were answered for this clip and their tokens.
    """

    clip_id: str
    model: str
    prompt_hash: str
    texts: Texts | None = None
    marks: Mapping[str, tuple[TextMark, ...]] = field(default_factory=dict)
    failure: str = ""
    usage: Usage = NO_USAGE


class Annotator(Protocol):
    """Makes the texts of clips, many at a time, within one event loop."""

    async def annotate(self, clip: Clip, turn: Turn) -> Annotation:
        """The texts of ``clip``.

        Raises:
            InputError: no clip at all can be annotated, since something in the set-up is wrong.
        """

    async def close(self) -> None:
        """Give back what it holds."""


class CallLog(Protocol):
    """Remembers answered calls, so that none is paid for twice."""

    def recall(self, key: str) -> Reply | None:
        """The answer to a call, if there has been one."""

    def record(self, key: str, turn: Turn, reply: Reply) -> None:
        """Keep an answer; when this returns, it is on the disk."""


class Recipe(Protocol):
    """How an annotator is made: small, immutable, can be pickled, so that every process makes its own."""

    @property
    def name(self) -> str:
        """Kept with every text."""

    @property
    def fingerprint(self) -> str:
        """Differs where texts or marks may differ."""

    def build(self, calls: CallLog) -> Annotator:
        """An annotator that asks ``calls`` before it pays."""


def marks(checks: Checks, threshold: float) -> dict[str, tuple[TextMark, ...]]:
    """The marks of checked texts; those that agree less than ``threshold`` are flagged."""
    return {
        part: tuple(TextMark(each.agreement, each.coverage, below(each, threshold)) for each in checks[part])
        for part in PARTS
    }


def fingerprint(**values: Any) -> str:
    """A SHA-256 over named values that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def clip_digest(clip: Clip) -> str:
    """Tells motions apart: a hash of frames, rate and coordinates."""
    digest = hashlib.sha256(f"{clip.motion.shape}/{clip.fps!r}/{clip.motion.dtype.str}".encode())
    digest.update(clip.motion.tobytes())
    return digest.hexdigest()[:32]
