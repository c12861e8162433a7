"""``handx-bench score``: the metric library on two files, no protocol needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _common
from ._progress import progress_bar


def register(app: typer.Typer) -> None:
    app.command("score")(score)


def score(
    pred: Annotated[Path, typer.Option(help="Predictions: .npz, .npy, .safetensors, a folder, or val_sample_*.pkl.")],
    ref: Annotated[Path | None, typer.Option(help="Recorded motions: .npz, .npy, .safetensors or a folder.")] = None,
    metrics: Annotated[str | None, typer.Option(help="Metric ids, separated by commas; all by default.")] = None,
    compat: Annotated[
        str | None, typer.Option(help="'handx-release': the numbers of the released script, for old tables.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for report.json and clip_scores.parquet.")] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap and of the chance row.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Bootstrap draws.", min=10, max=100_000)] = 1000,
    all_: Annotated[bool, typer.Option("--all", help="Show the dotted variants of metrics too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Score generated motions against recorded ones.

    Files hold 'motion' (N, T, 2, 21, 3) in metres, predictions also (N, K, T, 2, 21, 3), and optionally lengths, fps,
    clip_id, sequence_id, text_embedding, motion_embedding.
    """
    if compat not in (None, "handx-release"):
        raise typer.BadParameter(f"unknown value {compat!r}, expected 'handx-release'", param_hint="--compat")
    if compat and (metrics or out):
        raise typer.BadParameter("cannot be combined with --metrics or --out", param_hint="--compat")

    from ..bench.score_files import handx_release_numbers, read_pair, score_pair

    pair = read_pair(pred, ref)
    if compat:
        numbers = handx_release_numbers(pair)
        if json:
            _common.print_json(numbers)
            return
        _print_numbers(numbers)
        if "fid" not in numbers:
            _common.err.print(
                "no FID, no R-precision: the files hold no embeddings (motion_embedding, text_embedding)", style="dim"
            )
        return
    from ._report_table import answer

    names = [name.strip() for name in metrics.split(",")] if metrics else None
    with progress_bar("scoring") as progress:
        report = score_pair(pair, names, seed=seed, draws=draws, progress=progress)
    report = report.model_copy(update={"generator": pred.stem})
    answer(report, out, as_json=json, variants=all_)


def _print_numbers(numbers: dict[str, float]) -> None:
    from rich.table import Table

    _common.out.print("as the released HandX evaluation counts", style="bold")
    table = Table("name", "value", box=None, pad_edge=False)
    for name, value in numbers.items():
        table.add_row(name, f"{value:.4f}")
    _common.out.print(table)
