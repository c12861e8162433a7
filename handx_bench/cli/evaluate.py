"""``handx-bench evaluate``: score a predictions file under a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _common
from ._progress import progress_bar


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    pred: Annotated[Path | None, typer.Option(help="Predictions file (.safetensors).")] = None,
    protocol: Annotated[str, typer.Option(help="Protocol id or YAML file.")] = "mini-v0",
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.json and clip_scores.parquet.", file_okay=False)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show the dotted variants of metrics too.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the report's JSON Schema and stop.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer with the report as JSON.")] = False,
) -> None:
    """Score a predictions file: values with intervals, skills, and what real and random clips score."""
    if schema:
        from ..bench.report_io import report_schema

        _common.print_json(report_schema())
        return
    if pred is None:
        raise typer.BadParameter("is needed", param_hint="--pred")

    from ..bench.evaluate import evaluate as score
    from ._report_table import answer

    with progress_bar("scoring") as progress:
        report = score(pred, protocol, progress=progress)
    answer(report, out, as_json=json, variants=all_)
