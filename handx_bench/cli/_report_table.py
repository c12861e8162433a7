"""A report as tables for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from . import _common

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from ..metrics.report import MetricValue, Report

_ARROWS = {"lower": "↓", "higher": "↑", "none": "·"}
_NAME_WIDTH = 32
#: Reference rows that stand beside the values, with what they are called there.
_ROWS = {"self": "real", "half_split": "half", "chance": "chance"}


def answer(report: Report, out: Path | None, *, as_json: bool, variants: bool) -> None:
    """Write the report's files where ``out`` is given, and answer with JSON or with tables."""
    from ..bench.report_io import write_report

    place = write_report(report, out) if out is not None else None
    if as_json:
        _common.print_json(report)
        return
    print_report(report, _common.out, variants=variants)
    if place is not None:
        _common.out.print(f"report: {place}", markup=False, highlight=False, soft_wrap=True)


def print_report(report: Report, console: Console, *, variants: bool = False) -> None:
    """Print a table per family, the skills and the warnings.

    Args:
        variants: also the dotted variants of each metric.
    """
    from ..metrics.registry import FAMILIES, METRICS

    wide = console.width >= 100
    # A report read back is sorted by name; the registry's order is the one to read.
    order = {name: i for i, name in enumerate(METRICS)}
    shown = sorted(
        (name for name in report.metrics if variants or _is_main(name)),
        key=lambda name: (order[name.split(".")[0]], name),
    )
    console.print(_title(report))
    for family in FAMILIES:
        names = [name for name in shown if METRICS[name.split(".")[0]].family == family]
        if names:
            console.print(_family_table(report, family, names, wide))
    console.print(
        Text(
            "\n★ headline   ↓ lower is better   ↑ higher is better   · neither end\n"
            "skill 0: a random real clip   1: as good as real   real, chance: what such clips score"
            + ("\nhalf: one half of the recordings against the other   scored: share that has a value" if wide else ""),
            style="dim",
        )
    )
    console.print(_skills(report))
    for warning in report.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)


def _is_main(name: str) -> bool:
    from ..metrics.registry import METRICS

    return "." not in name or not METRICS[name.split(".")[0]].has_value


def _title(report: Report) -> Text:
    parts = [f"{report.num_clips} clips × {report.num_generations}"]
    if report.protocol is not None:
        parts.insert(0, f"protocol {report.protocol.id}")
    return Text(report.generator or "prediction", style="bold") + Text(f"  {', '.join(parts)}", style="dim not bold")


def _family_table(report: Report, family: str, names: list[str], wide: bool) -> Table:
    from ..metrics.registry import METRICS

    skill = report.skills.families.get(family)
    caption = "" if skill is None else f"  skill {_interval(skill.value, skill.low, skill.high)}"
    table = Table(
        title=Text(f"\n{family}{caption}", style="bold"), title_justify="left",
        box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=True, header_style="dim",
    )  # fmt: skip
    rows = [row for row in _ROWS if wide or row != "half_split"]
    # Fixed widths, so that the families' columns stand under each other and fit 80 characters.
    columns = [("metric", _NAME_WIDTH), ("", 1), ("value", 6), ("95 %", 11), ("unit", 5), ("skill", 6)]
    columns += [(_ROWS[row], 6) for row in rows] + ([("scored", 6)] if wide else [])
    for heading, width in columns:
        table.add_column(
            heading, justify="left" if heading in ("metric", "", "unit") else "right", no_wrap=True, min_width=width
        )
    for name in names:
        metric = report.metrics[name]
        headline = METRICS[name].headline if name in METRICS else False
        own = report.skills.metrics.get(name)
        table.add_row(
            f"{'★' if headline else ' '} {_short(name, names)}",
            _ARROWS[metric.direction],
            _number(metric.value),
            _bounds(metric),
            metric.unit,
            "" if own is None else _skill(own.value),
            *(_number(report.reference_rows.get(row, {}).get(name)) for row in rows),
            *([f"{metric.coverage:.0%}"] if wide else []),
            style="bold" if headline else None,
        )
    return table


def _skills(report: Report) -> Text:
    skills = report.skills
    line = Text("overall skill ", style="bold")
    line.append(_interval(skills.overall.value, skills.overall.low, skills.overall.high))
    families = ", ".join(_family_skills(report))
    return line + Text(f"  ({families})", style="not bold") if families else line


def _family_skills(report: Report) -> Iterator[str]:
    for family, skill in report.skills.families.items():
        yield f"{family} {_skill(skill.value)}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    bounds = "" if low is None or high is None else f" [{_skill(low)}, {_skill(high)}]"
    return f"{_skill(value)}{bounds}"


def _short(name: str, names: list[str]) -> str:
    """A variant under its metric goes without the metric's name.

    >>> _short("mpjpe.energy", ["mpjpe", "mpjpe.energy"]), _short("contact_statistics.ratio", [])
    ('  .energy', 'contact_statistics.ratio')
    """
    metric, dot, variant = name.partition(".")
    return f"  .{variant}" if dot and metric in names else name


def _skill(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-0.000", "0.000")


def _bounds(metric: MetricValue) -> str:
    return "" if metric.low is None or metric.high is None else f"{_number(metric.low)}–{_number(metric.high)}"


def _number(value: float | None) -> str:
    """Three digits are as many as any interval supports, in at most six characters.

    >>> [_number(x) for x in (123.456, 12.3456, 1.23456, 0.012345, 0.0000123, 0.0, -0.5, None)]
    ['123', '12.3', '1.23', '0.012', '1e-05', '0', '-0.50', '–']
    """
    if value is None:
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.0005:
        return f"{value:.0e}"
    decimals = (
        0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.09995 and (size >= 0.9995 or value < 0) else 3
    )
    return f"{value:.{decimals}f}"
