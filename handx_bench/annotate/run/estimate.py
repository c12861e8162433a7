"""What a run would cost, told before it is started. Nothing is sent anywhere."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

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
    """``calls``, tokens and cost if every first answer can be used, and at most if none can."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    annotator: str
    clips: int
    to_do: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    most_calls: int
    most_cost_usd: float | None


def estimate(recipe: Recipe, source: Source, planned: Plan, prices: Prices | None = None) -> Estimate:
    """Count the calls that ``planned`` needs and guess their tokens, from the codes of a sample of its clips."""
    once = most = Usage()
    if isinstance(recipe, ModelRecipe) and planned.todo:
        rows = planned.todo[:: -(-len(planned.todo) // SAMPLED)]
        prompt = load_prompt(recipe.style.prompt)
        characters = sum(
            len(message["content"])
            for todo in rows
            for message in opening(prompt, recipe.payload(source.clip(todo.row)))
        ) / len(rows)
        answer = ANSWER_CHARACTERS / CHARACTERS_PER_TOKEN
        once = _usage(len(planned.todo), characters / CHARACTERS_PER_TOKEN, answer)
        # Each further call shows the model its last answer.
        most = _usage(
            len(planned.todo) * (recipe.style.attempts + 1), characters / CHARACTERS_PER_TOKEN + answer, answer
        )
    return Estimate(
        annotator=recipe.name,
        clips=len(source),
        to_do=len(planned.todo),
        calls=once.calls,
        prompt_tokens=once.prompt_tokens,
        completion_tokens=once.completion_tokens,
        cost_usd=None if prices is None else prices.cost_usd(once),
        most_calls=most.calls,
        most_cost_usd=None if prices is None else prices.cost_usd(most),
    )


def _usage(calls: int, prompt_tokens: float, completion_tokens: float) -> Usage:
    return Usage(calls, round(calls * prompt_tokens), round(calls * completion_tokens))
