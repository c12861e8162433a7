"""The ranked table of one protocol, with the uncertainty of every place.

Entrants are compared on the same bootstrap draws of recordings, so differences are paired. **Who is ranked**:
the latest submission of each (user, model name) whose category is ``model`` or ``simple``. Simple generators
(mean pose, nearest text …) keep their rank, flagged: a model below one of them should be seen there. Entries
of the category ``reference`` have seen the reference motions; they are shown after the ranked ones without a
rank, and so are superseded submissions where asked for. Nothing of another protocol hash ever enters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..metrics.registry import FAMILIES, METRICS
from ..metrics.report import MetricValue, ProtocolRef, Skill, Skills, StrictModel
from ..metrics.skills import SkillSamples, skill_samples
from ..metrics.statistics import holm, paired_p_value, percentile_interval, rank_intervals, tie_groups
from ..metrics.warnings import suspicions
from .manifest import Manifest
from .record import StoredRecord, Verification

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ranked", "reference", "superseded", "undefined"]


class Comparison(StrictModel):
    """Paired difference of overall skill to the leader (negative: below it), its interval and p-values."""

    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float


class Entry(StrictModel):
    """One line of the board.

    ``rank`` is 1 for the best; ``rank_low`` and ``rank_high`` bound the central 95 % of its rank over the
    draws; entries of one ``group`` cannot be told from the group's best. All four are None where ``status``
    is not ``ranked``; ``undefined`` means that no skill could be computed. ``metrics`` holds the headline
    metrics' raw values.
    """

    status: Status
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    group: int | None = None
    to_leader: Comparison | None = None
    user: str
    manifest: Manifest
    skills: Skills
    metrics: dict[str, MetricValue]
    verification: Verification
    submitted_at: datetime
    scored_at: datetime
    submission_id: str
    record_hash: str
    suspicions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Board(StrictModel):
    """The table of one protocol; ``reference_rows`` are the scores of real clips, the same for all entrants."""

    protocol: ProtocolRef
    entries: tuple[Entry, ...]
    metrics: tuple[str, ...]
    families: tuple[str, ...]
    reference_rows: dict[str, dict[str, float | None]]
    num_clips: int
    num_generations: int
    draws: int
    seed: int


def group_by_protocol(records: Iterable[StoredRecord]) -> dict[str, list[StoredRecord]]:
    """Records by protocol hash, the hash with the newest record first."""
    groups: dict[str, list[StoredRecord]] = {}
    for stored in records:
        groups.setdefault(stored.record.protocol.hash, []).append(stored)
    newest = {key: max(stored.record.recorded_at for stored in group) for key, group in groups.items()}
    return {key: groups[key] for key in sorted(groups, key=lambda key: newest[key], reverse=True)}


def build_board(
    records: Sequence[StoredRecord],
    clip_scores: Callable[[StoredRecord], pd.DataFrame],
    *,
    superseded: bool = False,
    draws: int = 1000,
    seed: int = 0,
) -> Board:
    """Rank the records of one protocol.

    Args:
        records: all of one protocol hash, at least one.
        clip_scores: gives the per-clip scores of a record, as :meth:`Store.clip_scores` does.
        superseded: show older submissions of the same user and model name too.
        draws, seed: of the bootstrap.

    Raises:
        InputError: no record, records of several protocols, or records that do not cover the same clips.
    """
    if not records:
        raise InputError("nothing has been scored yet", fix="start a worker, or wait for it")
    hashes = sorted({stored.record.protocol.hash for stored in records})
    if len(hashes) > 1:
        raise InputError(f"scores of {len(hashes)} protocol hashes do not belong in one table", where=", ".join(hashes))
    latest, older = _latest(records)
    samples: dict[str, SkillSamples] = {}
    clips: pd.DataFrame | None = None
    for stored in latest:
        table = clip_scores(stored)
        clips = _same_clips(table, clips, stored)
        samples[stored.hash] = skill_samples(table, draws=draws, seed=seed)
    ranked = [stored for stored in latest if _status(stored, samples) == "ranked"]
    # Equal skills stand in the order in which they were submitted.
    ranked.sort(key=lambda stored: (-samples[stored.hash].estimate["overall"], stored.record.submitted_at))
    entries = _rank(ranked, samples)
    aside = [stored for stored in latest if stored not in ranked]
    entries += [_entry(stored, _status(stored, samples)) for stored in aside]
    if superseded:
        entries += [_entry(stored, "superseded") for stored in older]
    report = latest[0].record.report
    return Board(
        protocol=latest[0].record.protocol,
        entries=tuple(entries),
        metrics=_in_order(METRICS, (entry.skills.metrics for entry in entries)),
        families=_in_order(FAMILIES, (entry.skills.families for entry in entries)),
        reference_rows=report.reference_rows,
        num_clips=report.num_clips,
        num_generations=report.num_generations,
        draws=draws,
        seed=seed,
    )


def _rank(ranked: list[StoredRecord], samples: dict[str, SkillSamples]) -> list[Entry]:
    if not ranked:
        return []
    estimates = np.array([samples[stored.hash].estimate["overall"] for stored in ranked])
    overall = np.stack([samples[stored.hash].overall for stored in ranked], axis=1)
    overall = overall[np.isfinite(overall).all(1)]  # a draw counts only where it defines all entrants
    low, high = rank_intervals(overall)
    groups = tie_groups(overall, estimates)
    differences = overall[:, 1:] - overall[:, :1]
    p_values = [paired_p_value(column) for column in differences.T]
    adjusted = holm(p_values)
    entries = []
    for place, stored in enumerate(ranked):
        comparison = None
        if place:
            interval = percentile_interval(differences[:, place - 1]) or (None, None)
            comparison = Comparison(
                difference=float(estimates[place] - estimates[0]),
                low=interval[0],
                high=interval[1],
                p=p_values[place - 1],
                p_holm=float(adjusted[place - 1]),
            )
        entry = _entry(stored, "ranked")
        places = {
            "rank": 1 + int((estimates > estimates[place]).sum()),
            "rank_low": int(low[place]),
            "rank_high": int(high[place]),
            "group": groups[place],
            "to_leader": comparison,
        }
        entries.append(entry.model_copy(update=places))
    return entries


def _entry(stored: StoredRecord, status: Status) -> Entry:
    record = stored.record
    skills = record.report.skills
    return Entry(
        status=status,
        user=record.user,
        manifest=record.manifest,
        skills=skills,
        metrics={name: record.report.metrics[name] for name in skills.metrics if name in record.report.metrics},
        verification=record.verification,
        submitted_at=record.submitted_at,
        scored_at=record.recorded_at,
        submission_id=record.submission_id,
        record_hash=stored.hash,
        suspicions=suspicions(record.report.metrics),
        warnings=tuple(record.report.warnings),
    )


def _status(stored: StoredRecord, samples: dict[str, SkillSamples]) -> Status:
    if stored.record.manifest.category == "reference":
        return "reference"
    return "ranked" if np.isfinite(samples[stored.hash].estimate.get("overall", np.nan)) else "undefined"


def _latest(records: Sequence[StoredRecord]) -> tuple[list[StoredRecord], list[StoredRecord]]:
    """The latest submission of each entrant, and the others; by the time of sending, not of scoring."""
    order = sorted(records, key=lambda stored: (stored.record.submitted_at, stored.record.recorded_at, stored.hash))
    latest = {(stored.record.user, _key(stored.record.manifest.model_name)): stored for stored in order}
    chosen = {stored.hash for stored in latest.values()}
    return [s for s in order if s.hash in chosen], [s for s in order if s.hash not in chosen]


def _key(name: str) -> str:
    """Names that look alike but for case and blanks are one entrant's.

    >>> _key("Two  Hands") == _key("two hands")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _same_clips(table: pd.DataFrame, first: pd.DataFrame | None, stored: StoredRecord) -> pd.DataFrame:
    clips = table[["clip_id", "sequence_id"]].drop_duplicates().sort_values(["clip_id", "sequence_id"])
    clips = clips.reset_index(drop=True)
    if first is not None and not clips.equals(first):
        raise InputError(
            "a record covers other clips than the rest, so it cannot be compared",
            where=f"record {stored.hash}",
            fix="freeze the protocol, so that it names its clips, and submit again",
        )
    return clips


def _in_order(order: Iterable[str], names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All names that occur, in the registry's order (records keep their keys sorted)."""
    found = {name for each in names for name in each}
    known = [name for name in order if name in found]
    return (*known, *sorted(found - set(known)))


__all__ = ["Board", "Comparison", "Entry", "MetricValue", "Skill", "build_board", "group_by_protocol"]
