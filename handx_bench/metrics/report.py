"""The result of scoring: a strict, versioned JSON document, and per-clip scores beside it."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

#: Columns of the per-clip scores (long form). A metric's value over any set of clips is Σ numerator / Σ denominator.
CLIP_SCORE_COLUMNS = ("clip_id", "sequence_id", "row", "metric", "numerator", "denominator")


class StrictModel(BaseModel):
    """A document of which every key is known and no value changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricValue(StrictModel):
    """One number with its uncertainty.

    ``value`` is None where no clip could be scored (``coverage`` 0). ``low`` and ``high`` bound the central 95 % of
    the clustered bootstrap; ``repetition`` is the half-width 1.96·std/√K that papers print, over the K generations as
    repetitions: it knows nothing of the clips and is never used to rank. ``n`` counts the clips that were looked at and ``coverage`` the share that could be scored.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    repetition: float | None = None
    unit: str
    direction: Literal["lower", "higher", "none"]
    n: int
    coverage: float = Field(ge=0, le=1)


class Skill(StrictModel):
    """``(chance − x)/(chance − ceiling)`` clipped to [−1, 1]: 0 is a random real clip, 1 as good as real."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Skills(StrictModel):
    """Skills of headline metrics, their mean per family, and the mean of the families."""

    metrics: dict[str, Skill] = {}
    families: dict[str, Skill] = {}
    overall: Skill = Skill(value=None)


class ProtocolRef(StrictModel):
    """Which frozen protocol produced the report."""

    id: str
    version: str
    hash: str


class DatasetRef(StrictModel):
    """Which clips were scored."""

    name: str
    split: str
    fingerprint: str


class Report(StrictModel):
    """What scoring returns; ``model_dump_json`` writes it, ``clip_scores`` travels as Parquet beside it."""

    format_version: Literal["1"] = "1"
    generator: str = ""
    protocol: ProtocolRef | None = None
    dataset: DatasetRef | None = None
    encoder: str | None = None
    seeds: dict[str, int] = {}
    num_clips: int
    num_generations: int
    metrics: dict[str, MetricValue]
    reference_rows: dict[str, dict[str, float | None]] = {}
    skills: Skills = Skills()
    warnings: list[str] = []
    environment: dict[str, str] = {}
    created_at: str | None = None
    clip_scores: Any = Field(default=None, exclude=True, repr=False)

    def clip_table(self) -> pd.DataFrame:
        """Per-clip scores in long form with the columns ``CLIP_SCORE_COLUMNS``."""
        if self.clip_scores is None:
            return pd.DataFrame(columns=list(CLIP_SCORE_COLUMNS))
        table: pd.DataFrame = self.clip_scores
        return table
