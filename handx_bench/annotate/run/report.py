"""What a run came to, in numbers."""

from __future__ import annotations

from collections import Counter

from pydantic import BaseModel, ConfigDict

from ..llm.usage import Prices, Usage
from .annotator import Annotation

#: Reasons of failures that are named; the annotations hold all.
_REASONS = 5


class Report(BaseModel):
    """Counts over the annotated dataset.

    ``calls``, tokens and ``cost_usd`` are of all runs that wrote to the journal; ``new_calls`` of this one.
    ``mean_agreement`` is over the texts of which something could be checked; null where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    annotator: str
    clips: int
    failed: int
    reasons: dict[str, int]
    texts: int
    flagged: int
    mean_agreement: float | None
    calls: int
    new_calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None


class Tally:
    """Sums over annotations, one after the other."""

    def __init__(self) -> None:
        self._clips = self._failed = self._texts = self._flagged = self._checked = 0
        self._agreement = 0.0
        self._reasons: Counter[str] = Counter()

    def add(self, annotation: Annotation) -> None:
        """Count one clip."""
        self._clips += 1
        if annotation.texts is None:
            self._failed += 1
            self._reasons[annotation.failure] += 1
        for found in annotation.marks.values():
            for mark in found:
                self._texts += 1
                self._flagged += mark.flagged
                if mark.agreement is not None:
                    self._checked += 1
                    self._agreement += mark.agreement

    def report(self, path: str, annotator: str, usage: Usage, new_calls: int, prices: Prices | None) -> Report:
        """The sums, with what the calls of all runs used."""
        return Report(
            path=path,
            annotator=annotator,
            clips=self._clips,
            failed=self._failed,
            reasons=dict(self._reasons.most_common(_REASONS)),
            texts=self._texts,
            flagged=self._flagged,
            mean_agreement=self._agreement / self._checked if self._checked else None,
            calls=usage.calls,
            new_calls=new_calls,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost_usd=None if prices is None else prices.cost_usd(usage),
        )
