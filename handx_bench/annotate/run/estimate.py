"""What a run would cost, told before it is started. Nothing is sent anywhere."""

from __future__ import annotations

import contextlib

from pydantic import BaseModel, ConfigDict

from ...errors import InputError
from ..llm.prompt import load_prompt, opening
from ..llm.usage import Prices, Usage
from .annotator import Recipe
from .dataset import Plan
from .model import ModelRecipe
from .source import Source

#: Characters per token of English and JSON; counted exactly only by the server.
CHARACTERS_PER_TOKEN = 3.5
#: Characters of a usual answer: five variants of three texts between 60 and 500 characters.
ANSWER_CHARACTERS = 4_000
#: Clips whose codes are looked at; the rest is taken to be alike.
SAMPLED = 50


class Estimate(BaseModel):
    """What can be told before: ``calls``, tokens and cost if every first answer can be used.

    ``most_calls`` is a bound; ``repeated_cost_usd`` is what it costs if usual answers are asked for as often as that.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    annotator: str
    clips: int
    to_do: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    most_calls: int
    repeated_cost_usd: float | None


def estimate(recipe: Recipe, source: Source, planned: Plan, prices: Prices | None = None) -> Estimate:
    """Count the calls that ``planned`` needs and guess their tokens, from the codes of a sample of its clips."""
    once = most = Usage()
    if isinstance(recipe, ModelRecipe) and planned.todo:
        prompt, answer = _prompt_tokens(recipe, source, planned), ANSWER_CHARACTERS / CHARACTERS_PER_TOKEN
        once = _usage(len(planned.todo), prompt, answer)
        # Each further call shows the model its last answer.
        most = _usage(len(planned.todo) * (recipe.style.attempts + 1), prompt + answer, answer)
    return Estimate(
        annotator=recipe.name,
        clips=len(source),
        to_do=len(planned.todo),
        calls=once.calls,
        prompt_tokens=once.prompt_tokens,
        completion_tokens=once.completion_tokens,
        cost_usd=None if prices is None else prices.cost_usd(once),
        most_calls=most.calls,
        repeated_cost_usd=None if prices is None else prices.cost_usd(most),
    )


def _prompt_tokens(recipe: ModelRecipe, source: Source, planned: Plan) -> float:
    """Mean length of the first prompt; clips that have no codes are left out, as they will fail without a call."""
    lengths, prompt = [], load_prompt(recipe.style.prompt)
    for todo in planned.todo[:: -(-len(planned.todo) // SAMPLED)]:
        with contextlib.suppress(InputError):
            messages = opening(prompt, recipe.payload(source.clip(todo.row)))
            lengths.append(sum(len(message["content"]) for message in messages))
    return sum(lengths) / max(1, len(lengths)) / CHARACTERS_PER_TOKEN


def _usage(calls: int, prompt_tokens: float, completion_tokens: float) -> Usage:
    return Usage(calls, round(calls * prompt_tokens), round(calls * completion_tokens))
