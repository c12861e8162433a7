"""The columns of a leaderboard as plain text, for whatever shows it. A further column is one more entry.

The texts are the submitters' own where they come from a manifest: whoever shows them escapes them for its
medium.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..metrics.report import MetricValue, Skill
from .board import Board, Entry


@dataclass(frozen=True)
class Column:
    """Title, and the text of an entry.

    ``key`` columns say whose line it is: they are repeated where a table is broken up for lack of width.
    """

    title: str
    text: Callable[[Entry], str]
    justify: Literal["left", "right"] = "left"
    key: bool = False
    optional: bool = False


def board_columns(board: Board) -> list[Column]:
    """The ranked table: places, who, skills, verification, date."""
    return [
        Column("rank", _rank),
        Column("ties", lambda entry: "" if entry.group is None else _letters(entry.group)),
        Column("model", _name, key=True),
        Column("by", lambda entry: entry.manifest.organisation or entry.user),
        Column("overall skill", lambda entry: interval_text(entry.skills.overall), "right"),
        *[_family(name) for name in board.families],
        Column("verification", lambda entry: _VERIFICATION[entry.verification], optional=True),
        Column("submitted", lambda entry: f"{entry.submitted_at:%Y-%m-%d}", optional=True),
    ]


def metric_columns(board: Board) -> list[Column]:
    """The raw values of the headline metrics, to stand beside the skills."""
    return [Column("model", _name, key=True), *[_metric(board, name) for name in board.metrics]]


def skill_text(skill: Skill | None) -> str:
    """A skill without its interval.

    >>> skill_text(Skill(value=0.1234)), skill_text(None)
    ('0.123', '–')
    """
    return "–" if skill is None or skill.value is None else f"{skill.value:.3f}"


def interval_text(skill: Skill) -> str:
    """A skill with its 95 % interval.

    >>> interval_text(Skill(value=0.5, low=0.45, high=0.56))
    '0.500 [0.450, 0.560]'
    """
    if skill.low is None or skill.high is None:
        return skill_text(skill)
    return f"{skill_text(skill)} [{skill.low:.3f}, {skill.high:.3f}]"


def value_text(metric: MetricValue | None) -> str:
    """A metric's value and half the width of its 95 % interval, rounded alike.

    >>> value_text(MetricValue(value=12.3456, low=11, high=13.5, unit="mm", direction="lower", n=4, coverage=1))
    '12.35 ± 1.25'
    """
    if metric is None or metric.value is None:
        return "–"
    if metric.low is None or metric.high is None:
        return number_text(metric.value)
    decimals = _decimals(metric.value)
    return f"{metric.value:.{decimals}f} ± {(metric.high - metric.low) / 2:.{decimals}f}"


def number_text(value: float) -> str:
    """Four digits are as many as any interval supports.

    >>> number_text(12.3456), number_text(0.98765)
    ('12.35', '0.988')
    """
    return f"{value:.{_decimals(value)}f}"


def _decimals(value: float) -> int:
    size = abs(value)
    return 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3


#: Short forms: what we scored, what we made and scored ourselves, what is only claimed.
_VERIFICATION = {
    "predictions-scored": "scored",
    "reproduced-from-code": "reproduced",
    "self-reported": "self-reported",
}


def _rank(entry: Entry) -> str:
    if entry.rank is None:
        return "–"
    return (
        f"{entry.rank}" if entry.rank_low == entry.rank_high else f"{entry.rank} [{entry.rank_low}–{entry.rank_high}]"
    )


def _name(entry: Entry) -> str:
    flags: list[str] = [entry.manifest.category] if entry.manifest.category != "model" else []
    flags += entry.suspicions if entry.manifest.category == "model" else ()  # the others copy by design
    flags += [entry.status] if entry.status in {"superseded", "undefined"} else []
    return f"{entry.manifest.model_name} ({', '.join(flags)})" if flags else entry.manifest.model_name


def _family(name: str) -> Column:
    return Column(name, lambda entry: skill_text(entry.skills.families.get(name)), "right")


def _metric(board: Board, name: str) -> Column:
    return Column(_title(board, name), lambda entry: value_text(entry.metrics.get(name)), "right")


def _title(board: Board, name: str) -> str:
    """Blanks instead of underscores, so that a narrow column can break its title; unit and better direction."""
    metric = next((entry.metrics[name] for entry in board.entries if name in entry.metrics), None)
    facts = [] if metric is None else [metric.unit, {"lower": "↓", "higher": "↑", "none": ""}[metric.direction]]
    return " ".join([name.replace("_", " "), *(fact for fact in facts if fact not in {"", "–"})])


def _letters(group: int) -> str:
    """Group 1 is a, 26 z, 27 aa."""
    text = ""
    while group:
        group, rest = divmod(group - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
