"""The report as one page that a person wants to read: what was scored, how good it is, and how it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import write_text
from ..metrics.report import Report
from .page import escape, standalone_page
from .player import HELP, LEGEND, Scene, scene_markup, scenes_block
from .report_tables import metric_tables, skill_chart, skill_text
from .tracks import as_tracks

#: A clip to show: its title, its text, and the motions by name, e.g. ``reference`` and the generator's.
ClipMotions = tuple[str, str, Mapping[str, Any]]

_HOW_TO_READ = (
    '<p class="soft">A <b>skill</b> is 0 for a random real clip of the same data (chance) and 1 for motion as good as '
    "real, from −1 to 1; families average their headline metrics, the overall skill averages the families. Thin lines "
    "and ranges are 95 % intervals of a bootstrap over recordings.</p>"
)


def write_html_report(
    report: Report, path: str | Path, *, motions: Sequence[ClipMotions] | None = None, fps: float = 30.0
) -> Path:
    """Write ``report`` as one self-contained HTML page.

    Args:
        report: what scoring returned.
        path: file to write, whole or not at all.
        motions: clips to show as moving skeletons, each (title, text, {name: ``(T, 2, 21, 3)`` metres}).
        fps: frames per second of these motions.

    Raises:
        InputError: a motion is none, or there are too many frames for a page.
    """
    write_text(path, html_report(report, motions=motions, fps=fps))
    return Path(path)


def html_report(report: Report, *, motions: Sequence[ClipMotions] | None = None, fps: float = 30.0) -> str:
    """The page of :func:`write_html_report` as text."""
    scenes = [Scene(title, text, as_tracks(by_name, fps)) for title, text, by_name in motions or ()]
    name = report.generator or "Report"
    parts = [
        f"<h1>{escape(name)}</h1>",
        '<p class="soft">Two-hand motion scored with handx-bench</p>',
        _warnings(report.warnings),
        _facts(report),
        _skills(report),
        _clips(scenes),
        "<h2>All metrics</h2>",
        '<p class="soft">↓ lower is better, ↑ higher is better, · neither end is best. Coverage is the share of clips '
        "that could be scored. <b>self</b> is the reference scored against itself, <b>chance</b> another real clip "
        "in place of the prediction. Headline metrics, which enter the skill, are bold.</p>",
        metric_tables(report),
        _details(report),
    ]
    body = "<main>\n" + "\n".join(part for part in parts if part) + "\n</main>"
    data = scenes_block(scenes) if scenes else ""
    return standalone_page(f"{name} – handx-bench", body, data=data, styles=("page.css", "report.css"))


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    title = "Warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
    return f'<div class="warnings" role="note"><b>{title}</b><ul>{items}</ul></div>'


def _facts(report: Report) -> str:
    samples = "generation" if report.num_generations == 1 else "generations"
    facts = {"Scored": f"{report.num_clips:,} clips × {report.num_generations} {samples}"}
    if report.dataset is not None:
        facts["Data"] = f"{report.dataset.name}, {report.dataset.split} ({report.dataset.fingerprint})"
    if report.protocol is not None:
        facts["Protocol"] = f"{report.protocol.id}, version {report.protocol.version}"
        facts["Protocol hash"] = report.protocol.hash
    else:
        facts["Protocol"] = "none: not comparable with a leaderboard"
    if report.encoder:
        facts["Encoder"] = report.encoder
    if report.created_at:
        facts["Scored at"] = report.created_at
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts.items())
    return f'<dl class="facts">{rows}</dl>'


def _skills(report: Report) -> str:
    skills = report.skills
    if skills.overall.value is None and not skills.families and not skills.metrics:
        return ""
    value, interval = skill_text(skills.overall)
    overall = f'<div class="score"><b>{value}</b><span>overall skill {escape(interval)}</span></div>'
    return f"<h2>Skill</h2>\n{overall}\n{skill_chart(skills)}\n{_HOW_TO_READ}"


def _clips(scenes: Sequence[Scene]) -> str:
    if not scenes:
        return ""
    players = "\n".join(scene_markup(scene, i) for i, scene in enumerate(scenes))
    return f"<h2>Clips</h2>\n{LEGEND}\n{HELP}\n{players}"


def _details(report: Report) -> str:
    facts = {f"seed: {key}": str(value) for key, value in report.seeds.items()} | report.environment
    if not facts:
        return ""
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in sorted(facts.items()))
    return f'<details><summary>Seeds and environment</summary><dl class="facts">{rows}</dl></details>'
