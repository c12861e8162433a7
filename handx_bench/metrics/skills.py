"""Skill scores: each headline metric between a random real clip (0) and the real clip itself (1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .registry import HEADLINE, METRICS
from .report import Skill, Skills
from .statistics import DRAWS, bootstrap_weights, percentile_interval, ratio_samples

ROWS = ("prediction", "self", "chance")


@dataclass(frozen=True)
class SkillSamples:
    """Point value and bootstrap draws of every skill.

    ``overall (draws,)``; ``families`` and ``metrics`` map names to ``(draws,)``; ``estimate`` has the point values under
    the names of families and metrics and under ``overall``. Draws of two entrants on the same clips are paired.
    """

    overall: np.ndarray
    families: Mapping[str, np.ndarray]
    metrics: Mapping[str, np.ndarray]
    estimate: Mapping[str, float]


def skill(value: np.ndarray, chance: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
    """``(chance − value)/(chance − ceiling)`` clipped to [−1, 1]; NaN where chance and ceiling coincide.

    >>> skill(np.array([5.0, 0.0]), np.array([10.0, 10.0]), np.array([0.0, 0.0]))
    array([0.5, 1. ])
    """
    span = np.asarray(chance - ceiling, dtype=np.float64)
    out = np.full(span.shape, np.nan)
    np.divide(chance - value, span, out=out, where=np.abs(span) > 1e-12)
    return np.clip(out, -1, 1)


def skill_samples(clip_table: pd.DataFrame, draws: int = DRAWS, seed: int = 0) -> SkillSamples:
    """Skills of one entrant from its per-clip scores (``Report.clip_table()``).

    Families and the overall score are plain means: of a family's headline metrics, and of the families.
    """
    # Sorted, so that entrants whose tables list clips in another order draw the same clusters.
    clips = clip_table[["clip_id", "sequence_id"]].drop_duplicates("clip_id").sort_values("clip_id")
    weights, codes = bootstrap_weights(clips["sequence_id"].tolist(), draws, seed)
    position = pd.Index(clips["clip_id"])
    metrics: dict[str, np.ndarray] = {}
    estimate: dict[str, float] = {}
    for name in HEADLINE:
        rows = clip_table[clip_table["metric"] == name]
        parts = []
        for row in ROWS:
            part = rows[rows["row"] == row]
            order = position.get_indexer(part["clip_id"])
            top, bottom = np.zeros(len(clips)), np.zeros(len(clips))
            top[order], bottom[order] = part["numerator"], part["denominator"]
            total = math.fsum(bottom)  # exact: the order of clips changes no digit
            point = math.fsum(top) / total if total else np.nan
            parts.append(np.concatenate([[point], ratio_samples(top, bottom, weights, codes)]))
        value, ceiling, chance = parts
        both = skill(value, chance, ceiling)
        # What real clips define and the entrant does not is no reason to be left out of the mean.
        both = np.where(np.isnan(value) & np.isfinite(chance) & np.isfinite(ceiling), 0.0, both)
        if np.isfinite(both[0]):
            metrics[name], estimate[name] = both[1:], float(both[0])

    families: dict[str, np.ndarray] = {}
    for family in dict.fromkeys(METRICS[name].family for name in metrics):
        members = [name for name in metrics if METRICS[name].family == family]
        families[family] = _mean([metrics[name] for name in members])
        estimate[family] = float(np.mean([estimate[name] for name in members]))
    overall = _mean(list(families.values())) if families else np.full(draws, np.nan)
    if families:
        estimate["overall"] = float(np.mean([estimate[family] for family in families]))
    return SkillSamples(overall, families, metrics, estimate)


def _mean(samples: list[np.ndarray]) -> np.ndarray:
    """Mean over what a draw defines; a draw may miss, for example, every clip with a contact."""
    stacked = np.stack(samples)
    count = np.isfinite(stacked).sum(0)
    return np.where(count > 0, np.nansum(stacked, axis=0) / np.maximum(count, 1), np.nan)


def summarise(samples: SkillSamples) -> Skills:
    """Skills with 95 % intervals, for the report."""

    def one(name: str, draws: np.ndarray) -> Skill:
        interval = percentile_interval(draws) or (None, None)
        return Skill(value=samples.estimate.get(name), low=interval[0], high=interval[1])

    return Skills(
        metrics={name: one(name, draws) for name, draws in samples.metrics.items()},
        families={name: one(name, draws) for name, draws in samples.families.items()},
        overall=one("overall", samples.overall),
    )
