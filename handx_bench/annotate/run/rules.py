"""The annotator that needs no model: descriptions by rules, checked as any other text is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..._version import __version__
from ...data.clip import Clip
from ...errors import InputError
from ..llm.conversation import Checks
from ..texts import Texts
from . import checking
from .annotator import Annotation, CallLog, Turn, fingerprint, marks


@dataclass(frozen=True)
class RulesRecipe:
    """Descriptions by rules.

    Attributes:
        seed: chooses between wordings, for each clip anew.
        threshold: texts of lower agreement are flagged.
        describe, check: module-level functions.
    """

    seed: int = 0
    threshold: float = 0.8
    describe: Callable[[Clip, int], Texts] = checking.describe
    check: Callable[[Clip, Texts], Checks] = checking.check

    @property
    def name(self) -> str:
        """What stands as the model of every text."""
        return "rules"

    @property
    def fingerprint(self) -> str:
        """See :class:`.annotator.Recipe`."""
        # Another version may choose other words; made anew they cost nothing.
        checks = f"{__version__}/{checking.revision()}"
        return fingerprint(kind="rules", seed=self.seed, threshold=self.threshold, checks=checks)

    def build(self, calls: CallLog) -> RulesAnnotator:
        """The annotator; it makes no calls."""
        return RulesAnnotator(self)


class RulesAnnotator:
    """See :class:`RulesRecipe`."""

    def __init__(self, recipe: RulesRecipe) -> None:
        self._recipe = recipe

    async def annotate(self, clip: Clip, turn: Turn) -> Annotation:
        """The texts of ``clip``."""
        recipe = self._recipe
        try:
            texts = recipe.describe(clip, recipe.seed)
        except InputError as error:
            return Annotation(clip.clip_id, recipe.name, prompt_hash="", failure=str(error))
        found = marks(recipe.check(clip, texts), recipe.threshold)
        return Annotation(clip.clip_id, recipe.name, prompt_hash="", texts=texts, marks=found)

    async def close(self) -> None:
        """Nothing is held."""
