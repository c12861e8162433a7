"""The annotator that asks a language model, and never pays for an answer that the journal has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ...data.clip import Clip
from ...errors import InputError
from ..llm.conversation import Checks, Style, converse
from ..llm.prompt import load_prompt
from ..llm.reply import Reply
from ..llm.server import Server
from ..texts import Texts
from . import checking
from .annotator import Annotation, CallLog, Turn, fingerprint, marks

if TYPE_CHECKING:
    from ..llm.client import ChatClient


@dataclass(frozen=True)
class ModelRecipe:
    """A language model behind an OpenAI-compatible server.

    Attributes:
        style: model, prompt, thresholds: what decides the texts.
        server: how the model is reached.
        payload, check: module-level functions.
    """

    style: Style
    server: Server = field(default_factory=Server)
    payload: Callable[[Clip], Mapping[str, Any]] = checking.payload
    check: Callable[[Clip, Texts], Checks] = checking.check

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.style.model

    @property
    def fingerprint(self) -> str:
        """See :class:`.annotator.Recipe`; how the form of an answer is asked for does not count."""
        style = {key: value for key, value in asdict(self.style).items() if key != "response_format"}
        prompt = load_prompt(self.style.prompt).sha256
        return fingerprint(kind="model", style=style, prompt=prompt, checks=checking.revision())

    def build(self, calls: CallLog) -> ModelAnnotator:
        """The annotator, with its own connections.

        Raises:
            InputError: the ``openai`` package is not installed, or there is no key where one is needed.
        """
        try:
            from ..llm.client import ChatClient
        except ModuleNotFoundError as error:
            raise InputError(
                f"annotating with a model needs the package {error.name!r}",
                fix="pip install 'handx-bench[annotate]'",
            ) from error
        return ModelAnnotator(self, calls, ChatClient(self.server))


class ModelAnnotator:
    """See :class:`ModelRecipe`."""

    def __init__(self, recipe: ModelRecipe, calls: CallLog, client: ChatClient) -> None:
        self._recipe, self._calls, self._client = recipe, calls, client
        self._fingerprint = recipe.fingerprint
        self._prompt_hash = load_prompt(recipe.style.prompt).sha256

    async def annotate(self, clip: Clip, turn: Turn) -> Annotation:
        """Hold the conversation about ``clip``, taking answers from the journal where it has them."""
        recipe = self._recipe
        try:
            payload = recipe.payload(clip)
        except InputError as error:
            return Annotation(clip.clip_id, recipe.name, self._prompt_hash, failure=str(error))

        async def ask(number: int, request: Mapping[str, Any]) -> Reply:
            key = call_key(self._fingerprint, turn, number, request)
            reply = self._calls.recall(key)
            if reply is None:
                reply = await self._client.complete(request, key)
                self._calls.record(key, turn, reply)
            return reply

        outcome = await converse(recipe.style, payload, ask, check=lambda texts: recipe.check(clip, texts))
        return Annotation(
            clip.clip_id,
            recipe.name,
            self._prompt_hash,
            texts=outcome.texts,
            marks={} if outcome.texts is None else marks(outcome.checks, recipe.style.threshold),
            failure=outcome.failure,
            usage=outcome.usage,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def call_key(fingerprint: str, turn: Turn, number: int, request: Mapping[str, Any]) -> str:
    """Names one call for ever: the same clip, round, number and request give the same key in every run."""
    told = json.dumps([fingerprint, turn, number, request], sort_keys=True, ensure_ascii=True)
    return f"handx-{hashlib.sha256(told.encode()).hexdigest()}"
