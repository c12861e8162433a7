"""Skill bars and metric tables of the HTML report, as markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..metrics.registry import FAMILIES, METRICS
from ..metrics.report import MetricValue, Report, Skill, Skills
from .page import escape

_ARROWS = {"lower": "↓", "higher": "↑", "none": "·"}
_ARROW_WORDS = {"lower": "lower is better", "higher": "higher is better", "none": "neither end is best"}
_REFERENCE_ROWS = ("self", "chance", "half_split")
_OTHER = "other"


def format_number(value: float | None) -> str:
    """Three significant digits or whole numbers, with a true minus; a dash where there is none.

    >>> [format_number(v) for v in (12.3456, 0.00123456, -1234.5, 0.0, 100.0, None)]
    ['12.3', '0.00123', '−1,234', '0', '100', '–']
    """
    if value is None:
        return "–"
    if abs(value) >= 99.95:
        text = f"{value:,.0f}"
    elif value != 0 and abs(value) < 1e-4:
        text = f"{value:.1e}"
    else:
        text = f"{value:#.3g}" if value else "0"
        text = text.rstrip(".")
    return text.replace("-", "−")


def skill_text(skill: Skill) -> tuple[str, str]:
    """The value and its interval.

    >>> skill_text(Skill(value=0.5, low=-0.1, high=0.62))
    ('0.50', '(−0.10 to 0.62)')
    """
    if skill.value is None:
        return "–", "not defined: nothing could be scored"
    if skill.low is None or skill.high is None:
        return _two_digits(skill.value), ""
    return _two_digits(skill.value), f"({_two_digits(skill.low)} to {_two_digits(skill.high)})"


def _two_digits(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def skill_chart(skills: Skills) -> str:
    """Bars of the families, and thinner ones of their headline metrics, between chance and real."""
    values = [s for s in (*skills.families.values(), *skills.metrics.values()) if s.value is not None]
    least = min((min(s.value or 0.0, s.low if s.low is not None else 0.0) for s in values), default=0.0)
    axis = _Axis(-1.0 if least < -0.5 else -0.5 if least < 0 else 0.0)
    rows = [f'<span></span><svg aria-hidden="true">{axis.labels()}</svg><span class="number"></span>']
    by_family = _by_family(skills.metrics)
    for family in _ordered(set(skills.families) | set(by_family), FAMILIES):
        rows.append(_skill_row(family, skills.families.get(family, Skill(value=None)), "family", axis))
        rows += [_skill_row(name, skills.metrics[name], "metric", axis) for name in by_family.get(family, ())]
    return f'<div class="skills">{"".join(rows)}</div>'


def metric_tables(report: Report) -> str:
    """One table per family with every metric, its variants below it."""
    reference_rows = _ordered(report.reference_rows, _REFERENCE_ROWS)
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in reference_rows)
    head = (
        "<thead><tr><th>metric</th><th>value</th><th>95 % interval</th><th>unit</th><th>better</th>"
        f"<th>coverage</th>{head}</tr></thead>"
    )
    parts = []
    by_family = _by_family(report.metrics)
    for family in _ordered(by_family, FAMILIES):
        rows = []
        for name in by_family[family]:
            base = name.partition(".")[0]
            if base not in report.metrics and name == next(n for n in by_family[family] if n.startswith(f"{base}.")):
                rows.append(_heading_row(base, 6 + len(reference_rows)))
            references = [report.reference_rows[row].get(name) for row in reference_rows]
            rows.append(_metric_row(name, report.metrics[name], references))
        parts.append(
            f'<h3>{escape(family)}</h3>\n<div class="wide"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'
        )
    return "\n".join(parts)


class _Axis:
    """Skills on a line from ``least`` to 1, as percentages of the chart's width."""

    def __init__(self, least: float) -> None:
        self.least = least
        self.low, self.high = least - 0.04, 1.04

    def at(self, skill: float) -> float:
        inside = min(max(skill, self.low), self.high)
        return round(100 * (inside - self.low) / (self.high - self.low), 3)

    def marks(self) -> str:
        half = [] if self.least == 0 else [self.least]
        lines = [(x, "mark") for x in (*half, 0.5)] + [(0.0, "mark strong"), (1.0, "mark strong")]
        return "".join(
            f'<line class="{css}" x1="{self.at(x)}%" x2="{self.at(x)}%" y1="0" y2="100%"/>' for x, css in lines
        )

    def labels(self) -> str:
        named = [(0.0, "chance 0"), (1.0, "real 1")] + ([(self.least, f"−{-self.least:g}")] if self.least else [])
        anchors = {1.0: "end", 0.0: "middle" if self.least else "start"}
        return "".join(
            f'<text x="{self.at(x)}%" y="75%" text-anchor="{anchors.get(x, "start")}">{text}</text>'
            for x, text in named
        )


def _skill_row(name: str, skill: Skill, css: str, axis: _Axis) -> str:
    value, interval = skill_text(skill)
    drawing = axis.marks()
    if skill.value is not None:
        start, end = sorted((axis.at(0), axis.at(skill.value)))
        top, height = ("22%", "56%") if css == "family" else ("34%", "32%")
        drawing += (
            f'<rect class="bar-{css}" x="{start}%" width="{round(end - start, 3)}%" y="{top}" height="{height}"/>'
        )
        if skill.low is not None and skill.high is not None:
            drawing += (
                f'<line class="whisker" x1="{axis.at(skill.low)}%" x2="{axis.at(skill.high)}%" y1="50%" y2="50%"/>'
            )
        drawing += f'<circle class="point" cx="{axis.at(skill.value)}%" cy="50%" r="{4 if css == "family" else 3}"/>'
    label = f"skill {value} {interval}"
    shown = f"{value} {interval}" if skill.value is not None else "not defined"
    return (
        f'<span class="{css}">{escape(name.replace("_", " "))}</span>'
        f'<svg role="img" aria-label="{escape(label)}">{drawing}</svg><span class="number">{escape(shown)}</span>'
    )


def _heading_row(base: str, columns: int) -> str:
    """Stands above the variants of a metric that has no value of its own."""
    return f'<tr><td colspan="{columns}">{_label(base, "")}</td></tr>'


def _label(base: str, variant: str) -> str:
    info = METRICS.get(base)
    about = f'<span class="soft">{escape(info.summary)}</span>' if info is not None and not variant else ""
    return f"<code>{escape('.' + variant if variant else base)}</code>{about}"


def _metric_row(name: str, metric: MetricValue, references: Iterable[float | None]) -> str:
    base, _, variant = name.partition(".")
    info = METRICS.get(base)
    css = "variant" if variant else "headline" if info is not None and info.headline else ""
    interval = ""
    if metric.low is not None and metric.high is not None:
        interval = f"{format_number(metric.low)} to {format_number(metric.high)}"
    coverage = f"{_percent(metric.coverage)} %"
    part = ' class="part"' if metric.coverage < 1 else ""
    cells = [
        f"<td>{_label(base, variant)}</td>",
        f"<td>{format_number(metric.value)}</td>",
        f"<td>{interval}</td>",
        f"<td>{escape(metric.unit)}</td>",
        f'<td title="{_ARROW_WORDS[metric.direction]}">{_ARROWS[metric.direction]}</td>',
        f'<td{part} title="{metric.n:,} clips looked at">{coverage}</td>',
        *(f"<td>{format_number(value)}</td>" for value in references),
    ]
    return f'<tr class="{css}">{"".join(cells)}</tr>'


def _percent(share: float) -> str:
    """Rounded, but never up to 100 or down to 0."""
    percent = min(max(round(100 * share), 1 if share > 0 else 0), 99 if share < 1 else 100)
    return str(percent)


def _by_family(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Metric names by family, in the order of the registry, variants right after their metric."""
    order = {name: i for i, name in enumerate(METRICS)}
    known = sorted(names, key=lambda n: (order.get(n.partition(".")[0], len(order)), n.partition(".")[0]))
    families: dict[str, list[str]] = {}
    for name in known:
        info = METRICS.get(name.partition(".")[0])
        families.setdefault(info.family if info is not None else _OTHER, []).append(name)
    return families


def _ordered(names: Iterable[str], first: Iterable[str]) -> list[str]:
    present = list(names)
    known = [name for name in first if name in present]
    return known + sorted(set(present) - set(known))
