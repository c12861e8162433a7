"""What a reader of a report should be told before the numbers."""

from __future__ import annotations

from collections.abc import Mapping

from .report import MetricValue

_FEW_RECORDINGS = 20
_LOW_COVERAGE = 0.2
#: Share of clips in %.
_ALARM = 5.0


def suspicions(values: Mapping[str, MetricValue]) -> tuple[str, ...]:
    """What a table should say beside a generator's name: ``leaked`` (its own references), ``memorised`` (training clips)."""
    shares = {"leaked": values.get("leak_share"), "memorised": values.get("memorised_share")}
    return tuple(word for word, metric in shares.items() if metric and metric.value and metric.value > _ALARM)


def report_warnings(
    values: Mapping[str, MetricValue], reference_rows: Mapping[str, Mapping[str, float | None]], num_recordings: int
) -> list[str]:
    """Warnings about the sample, the coverage, and generators that cheat or stand still."""
    out = []
    if num_recordings < _FEW_RECORDINGS:
        out.append(f"Only {num_recordings} independent recordings: intervals are rough, skills hardly comparable.")
    for name, metric in values.items():
        whole = values.get(name.partition(".")[0])
        if "." in name and whole is not None and whole.coverage < _LOW_COVERAGE:
            continue  # said of the metric itself
        if metric.coverage == 0:
            out.append(f"{name}: nothing could be scored.")
        elif metric.coverage < _LOW_COVERAGE and "." not in name:
            out.append(f"{name}: only {metric.coverage:.0%} could be scored.")
    for name, text in (
        ("leak_share", "predictions equal their own reference within 1 mm"),
        ("memorised_share", "predictions are nearer to a training clip than training clips are to each other"),
        ("frozen_share", "predictions hardly move"),
    ):
        share = values[name].value if name in values else None
        # Recordings may rest too, but they are neither leaked nor copies of training clips.
        usual = reference_rows.get("self", {}).get(name) if name == "frozen_share" else None
        if share is not None and share > max(_ALARM, 2 * (usual or 0.0)):
            out.append(f"{share:.1f} % of the {text}.")
    return out
