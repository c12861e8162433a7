"""Scoring predictions against references: every metric, its uncertainty, and the reference rows."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from ..errors import InputError
from .base import DistributionMetric, RatioMetric
from .inputs import ScoreInputs
from .pooled import PooledCounts
from .reference_rows import chance_partners, half_split
from .registry import HEADLINE, METRICS, MetricInfo, get_metric
from .report import CLIP_SCORE_COLUMNS, MetricValue, Report
from .skills import skill_samples, summarise
from .statistics import DRAWS, bootstrap_weights, percentile_interval, ratio_samples, repetition_half_width
from .warnings import report_warnings

#: Clips of one pass. Fixed, so that neither memory nor results depend on how many clips there are.
CHUNK = 16
#: Generations of the chance row: two are enough for an energy score, which is unbiased in K.
CHANCE_GENERATIONS = 2
#: Significant digits kept of each clip's value: below what a float32 motion carries, above what machines differ in.
DIGITS = 10

Progress = Callable[[int, int], None]


def score(
    pred: Any,
    ref: Any,
    lengths: Any = None,
    metrics: Sequence[str] | None = None,
    *,
    fps: float = 30.0,
    clip_ids: Sequence[str] | None = None,
    sequence_ids: Sequence[str] | None = None,
    constraints: Any = None,
    transitions: Any = None,
    texts: Any = None,
    train: Any = None,
    train_lengths: Any = None,
    seed: int = 0,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> Report:
    """Score generated motions against recorded ones.

    Args:
        pred: predictions ``(N, T, 2, 21, 3)`` or ``(N, K, T, 2, 21, 3)``, metres.
        ref: references ``(N, T, 2, 21, 3)``, metres.
        lengths: ``(N,)`` frames that count; all where None.
        metrics: ids of the registry; all that the input allows where None.
        fps: frames per second of both.
        clip_ids: ``(N,)`` unique names; the clips' numbers where None.
        sequence_ids: ``(N,)`` recording of each clip, the unit of the bootstrap; every clip its own where None.
        constraints: bool ``(N, T, 2, 21)``, True where the generator was given the position.
        transitions: bool ``(N, T)``, True on the first frame of each later segment of a long motion.
        texts: ``(N, 3)`` what each clip was asked to do: texts of the left hand, the right hand and their interaction;
            needed for ``claim_agreement``.
        train: training motions ``(M, T, 2, 21, 3)``; needed for ``memorised_share``.
        train_lengths: ``(M,)`` frames of ``train`` that count; all where None.
        seed, draws: of the bootstrap and of the chance row.
        progress: called with the clips done and their number.

    Returns:
        A :class:`~handx_bench.metrics.report.Report` without a protocol.

    Raises:
        MotionError: a motion is not one.
        InputError: unknown metric, duplicate ids, or inputs that do not belong together.
    """
    inputs = ScoreInputs.check(
        pred, ref, lengths, clip_ids, sequence_ids, constraints, transitions, texts, train, train_lengths, fps
    )
    chosen = _choose(metrics, inputs)
    tables = {row: _Table(inputs.num_clips) for row in ("prediction", "self", "chance", _GENERATIONS)}
    weights, codes = bootstrap_weights(inputs.sequence_ids, draws, seed)
    pooled = {info.name: PooledCounts(_distribution(info), weights.shape[1]) for info in chosen if info.distribution}
    num_partners = CHANCE_GENERATIONS if inputs.num_generations > 1 else 1
    partners = chance_partners(inputs.clip_ids, codes, num_partners, seed)

    parts = [slice(i, min(i + CHUNK, inputs.num_clips)) for i in range(0, inputs.num_clips, CHUNK)]
    for part, chunk in zip(parts, _in_parallel(lambda part: _score_chunk(inputs, chosen, partners, part), parts)):
        for row, scores in chunk.rows.items():
            tables[row].fill(part, scores)
        for name, counts in chunk.cells.items():
            pooled[name].add(*counts, codes[part])
        if progress is not None:
            progress(part.stop, inputs.num_clips)

    values: dict[str, MetricValue] = {}
    reference_rows: dict[str, dict[str, float | None]] = {row: {} for row in ("self", "chance", "half_split")}
    halves = half_split(weights.shape[1], seed)
    for info in chosen:
        if info.distribution:
            for name, value in _pooled_values(info, pooled[info.name], weights, inputs.num_clips):
                values[name] = value
            for row, distances in pooled[info.name].reference_rows(halves).items():
                reference_rows[row] |= {_full_name(info.name, v): x for v, x in distances.items()}
            continue
        for variant in tables["prediction"].variants(info.name):
            name = _full_name(info.name, variant, inputs.num_generations)
            top, bottom = tables["prediction"].get(info.name, variant)
            apart = variant in tables[_GENERATIONS].variants(info.name)
            runs = _quotients(*tables[_GENERATIONS].get(info.name, variant)) if apart else np.zeros(0)
            coverage = tables["prediction"].coverage(info.name, variant)
            values[name] = _ratio_value(info, variant, top, bottom, coverage, runs, weights, codes)
            for row in ("self", "chance"):
                source = row if info.depends_on_clip else "self"
                if variant in tables[source].variants(info.name) and variant != "best_of_k":
                    reference_rows[row][name] = _quotient(*tables[source].get(info.name, variant))
    clip_scores = _clip_scores(inputs, tables)
    skills = summarise(skill_samples(clip_scores, draws, seed))
    return Report(
        num_clips=inputs.num_clips,
        num_generations=inputs.num_generations,
        seeds={"bootstrap": seed, "chance": seed},
        metrics=values,
        reference_rows=reference_rows,
        skills=skills,
        warnings=report_warnings(values, reference_rows, weights.shape[1]),
        clip_scores=clip_scores,
    )


#: Row of the predictions' scores apart by generation.
_GENERATIONS = "generations"
#: Metric → variant → numerators, denominators and coverage ``(3, n)``; ``(2, n, K)`` in the row ``generations``.
RowScores = dict[str, dict[str, np.ndarray]]


class _Chunk(NamedTuple):
    rows: dict[str, RowScores]
    cells: dict[str, tuple[np.ndarray, np.ndarray]]


def _score_chunk(inputs: ScoreInputs, chosen: Sequence[MetricInfo], partners: np.ndarray, part: slice) -> _Chunk:
    ours, theirs = inputs.chunk(part)
    batches = {"prediction": ours, "self": theirs, "chance": inputs.others(partners, part)}
    rows: dict[str, RowScores] = {row: {} for row in (*batches, _GENERATIONS)}
    cells = {}
    for info in chosen:
        if info.distribution:
            distribution = _distribution(info)
            cells[info.name] = (distribution.cells(ours).numpy(), distribution.cells(theirs).numpy())
            continue
        cls = info.load()
        assert issubclass(cls, RatioMetric)
        for row, batch in batches.items():
            if row == "chance" and not info.depends_on_clip:
                continue  # every clip serves equally often, so random real clips score what the real clips score
            scores = cls.functional(batch, theirs, **inputs.options(info, part))
            rows[row][info.name] = {
                variant: _stacked(ratio.numerator, ratio.denominator, ratio.coverage)
                for variant, ratio in scores.items()
            }
            if row == "prediction":
                rows[_GENERATIONS][info.name] = {
                    variant: _stacked(*ratio.by_generation) for variant, ratio in scores.items() if ratio.by_generation
                }
    return _Chunk(rows, cells)


def _stacked(*parts: torch.Tensor) -> np.ndarray:
    return _rounded(np.stack([x.cpu().numpy() for x in parts]))


def _in_parallel(work: Callable[[slice], _Chunk], parts: Sequence[slice]) -> Iterator[_Chunk]:
    """Results in the order of ``parts``, computed by as many threads as torch has.

    Operations on a chunk are too small to share among threads: they would mostly wait for each other. A thread per chunk
    keeps all cores busy instead.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads) as pool:
            # A few chunks ahead, so that memory does not grow with their number.
            waiting: deque[Future[_Chunk]] = deque()
            for part in parts:
                waiting.append(pool.submit(work, part))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        torch.set_num_threads(threads)


class _Table:
    """Per-clip ratios of one row: numerator, denominator and coverage ``(3, N)`` of each metric and variant; without
    coverage, ``(2, N, K)``, in the row of generations."""

    def __init__(self, num_clips: int) -> None:
        self._num_clips = num_clips
        self._values: dict[str, dict[str, np.ndarray]] = {}

    def fill(self, part: slice, scores: RowScores) -> None:
        for name, variants in scores.items():
            own = self._values.setdefault(name, {})
            for variant, values in variants.items():
                if variant not in own:
                    own[variant] = np.zeros((len(values), self._num_clips, *values.shape[2:]))
                own[variant][:, part] = values

    def variants(self, name: str) -> list[str]:
        return list(self._values.get(name, {}))

    def get(self, name: str, variant: str) -> tuple[np.ndarray, np.ndarray]:
        top, bottom = self._values[name][variant][:2]
        return top, bottom

    def coverage(self, name: str, variant: str) -> float:
        return float(self._values[name][variant][2].mean())


def _choose(metrics: Sequence[str] | None, inputs: ScoreInputs) -> list[MetricInfo]:
    if metrics is None:
        return [
            info for info in METRICS.values()
            if not info.needs_encoder and inputs.has(info.optional) and info.min_generations <= inputs.num_generations
        ]  # fmt: skip
    chosen = [get_metric(name) for name in dict.fromkeys(metrics)]
    for info in chosen:
        if not inputs.has(info.optional):
            raise InputError(
                f"{info.name} needs {info.optional}", fix=f"Pass {info.optional}=… or leave the metric out"
            )
        if info.min_generations > inputs.num_generations:
            raise InputError(
                f"{info.name} needs at least {info.min_generations} generations per clip, "
                f"the predictions have {inputs.num_generations}",
                fix="Generate more samples per clip or leave the metric out",
            )
    return chosen


def _distribution(info: MetricInfo) -> Any:
    cls = info.load()
    assert issubclass(cls, DistributionMetric)
    return cls.distribution


def _full_name(name: str, variant: str, num_generations: int = 0) -> str:
    if not variant:
        return name
    return f"{name}.best_of_{num_generations}" if variant == "best_of_k" else f"{name}.{variant}"


def _ratio_value(
    info: MetricInfo,
    variant: str,
    top: np.ndarray,
    bottom: np.ndarray,
    coverage: float,
    runs: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
) -> MetricValue:
    interval = percentile_interval(ratio_samples(top, bottom, weights, codes)) or (None, None)
    return MetricValue(
        value=_quotient(top, bottom), low=_tidy(interval[0]), high=_tidy(interval[1]),
        repetition=_tidy(repetition_half_width(runs)), unit=info.unit_of(variant), direction=info.direction_of(variant),
        n=len(top), coverage=coverage,
    )  # fmt: skip


def _pooled_values(
    info: MetricInfo, pooled: PooledCounts, weights: np.ndarray, num_clips: int
) -> list[tuple[str, MetricValue]]:
    out = []
    intervals, coverage = pooled.intervals(weights), pooled.coverage()
    for variant, value in pooled.value().items():
        low, high = intervals[variant]
        metric = MetricValue(
            value=_tidy(value), low=_tidy(low), high=_tidy(high), unit=info.unit_of(variant),
            direction=info.direction_of(variant), n=num_clips, coverage=coverage[variant],
        )  # fmt: skip
        out.append((_full_name(info.name, variant), metric))
    return out


def _quotient(top: np.ndarray, bottom: np.ndarray) -> float | None:
    # Exact sums: the order of clips changes no digit.
    total = math.fsum(bottom)
    return _tidy(math.fsum(top) / total) if total else None


def _quotients(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Value of each generation ``(K,)`` from ``(N, K)``, NaN where undefined."""
    total = bottom.sum(0)
    return np.divide(top.sum(0), total, out=np.full(len(total), np.nan), where=total != 0)


def _tidy(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _rounded(values: np.ndarray) -> np.ndarray:
    """Round to ``DIGITS`` significant digits, so that vector units of different machines agree."""
    with np.errstate(divide="ignore"):
        magnitude = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    scale = 10.0 ** (DIGITS - 1 - magnitude)
    return np.asarray(np.round(values * scale) / scale)


def _clip_scores(inputs: ScoreInputs, tables: dict[str, _Table]) -> pd.DataFrame:
    """Long table: every metric of the predictions, the headline metrics of the reference rows."""
    blocks = []
    for row in ("prediction", "self", "chance"):
        table = tables[row]
        for name in METRICS:
            for variant in table.variants(name):
                if row != "prediction" and (variant or name not in HEADLINE):
                    continue
                top, bottom = table.get(name, variant)
                full = _full_name(name, variant, inputs.num_generations)
                blocks.append((row, full, top, bottom))
    count = inputs.num_clips
    columns = {
        "clip_id": pd.Categorical.from_codes(
            np.tile(np.arange(count), len(blocks)), categories=pd.Index(inputs.clip_ids)
        ),
        "sequence_id": pd.Categorical(inputs.sequence_ids * len(blocks)),
        "row": pd.Categorical([b[0] for b in blocks for _ in range(count)]),
        "metric": pd.Categorical([b[1] for b in blocks for _ in range(count)]),
        "numerator": np.concatenate([b[2] for b in blocks]) if blocks else np.zeros(0),
        "denominator": np.concatenate([b[3] for b in blocks]) if blocks else np.zeros(0),
    }
    return pd.DataFrame(columns, columns=list(CLIP_SCORE_COLUMNS))
