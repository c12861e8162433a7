"""``handx-bench data``: what datasets there are, what is in them, building and converting them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _common

if TYPE_CHECKING:
    from rich.progress import Progress

app = typer.Typer(no_args_is_help=True, help="Datasets: list, look into, build and convert.")

_SHOWN = 12


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="data")


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List what can be loaded: known datasets and file formats."""
    from ..data.load import FORMATS

    if as_json:
        _common.print_json([{"name": name, "what": what} for name, what in FORMATS.items()])
        return
    table = _table("NAME", "WHAT")
    for name, what in FORMATS.items():
        table.add_row(_text(name), _text(what))
    _common.out.print(table)


@app.command()
def info(
    name: Annotated[str, typer.Argument(metavar="PATH_OR_NAME", help="A dataset, file or folder.")],
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show clips, hours, splits, actions, texts, licences and hand sizes of a dataset."""
    from ..data.info import summarise
    from ..data.load import load_dataset

    with _progress() as bar:
        bar.add_task("reading", total=None)
        summary = summarise(load_dataset(name, split), name)
    if as_json:
        _common.print_json(summary)
        return
    table = _table("", _text(summary.name))
    for label, value in _lines(summary):
        table.add_row(label, _text(value))
    _common.out.print(table)


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="The dataset to build.")] = "handx-mini",
) -> None:
    """Build a procedural dataset into the cache, so that later commands find it ready."""
    from ..data.load import MINI, MINI_SPLITS, load_dataset
    from ..errors import InputError

    if name != MINI:
        raise InputError(f"{name!r} is not built but read", fix=f"Only {MINI!r} is built; 'data convert' reads others")
    with _progress() as bar:
        task = bar.add_task("building", total=len(MINI_SPLITS))
        for split in MINI_SPLITS:
            bar.update(task, description=f"building {split}")
            clips = len(load_dataset(name, split))
            bar.advance(task)
            bar.console.print(f"{name} {split}: {clips} clips", highlight=False)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="What 'data list' shows: a release folder, motion files, ...")],
    dest: Annotated[Path, typer.Argument(help="Folder to make.")],
    split: Annotated[
        list[str] | None, typer.Option(help="Only this split (repeatable); for motion files the name to give.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a folder converted before.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Convert any readable source to a folder of Parquet files in the HandX form."""
    from ..data.convert import convert as convert_dataset

    with _progress() as bar:
        task = bar.add_task("converting", total=None)

        def report(count: int, total: int | None) -> None:
            bar.update(task, completed=count, total=total, description=f"{count} clips")

        result = convert_dataset(
            source,
            dest,
            splits=split or None,
            overwrite=overwrite,
            progress=report,
        )
    if as_json:
        _common.print_json({"path": str(result.path), "clips": result.clips})
        return
    for name, count in result.clips.items():
        _common.out.print(_text(f"{result.path}/data/{name}-*.parquet: {count} clips"), soft_wrap=True)


def _lines(summary: Any) -> list[tuple[str, str]]:
    def counts(values: dict[str, int]) -> str:
        shown = [f"{key or '(none)'} {count}" for key, count in list(values.items())[:_SHOWN]]
        return ", ".join(shown) + (f", and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "") or "none"

    length = summary.frames_per_clip
    return [
        ("clips", str(summary.clips)),
        ("frames", f"{summary.frames} ({length.min:g}–{length.max:g} per clip, median {length.median:g})"),
        ("hours", f"{summary.hours:.4g}"),
        ("fps", counts(summary.fps)),
        ("splits", counts(summary.splits)),
        ("sources", counts(summary.sources)),
        ("sequences", str(summary.sequences)),
        ("subjects", str(summary.subjects or "not given")),
        ("actions", counts(summary.actions)),
        ("clips with texts", counts(summary.texts)),
        ("texts per clip", ", ".join(f"{key} ({count} clips)" for key, count in summary.detail_levels.items())),
        ("with MANO", str(summary.mano)),
        ("licences", counts(summary.licenses)),
        *(
            (f"{hand} hand span", f"{span.min:.3f}–{span.max:.3f} m, median {span.median:.3f}")
            for hand, span in summary.span_m.items()
        ),
    ]


def _table(*columns: Any) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _progress() -> Progress:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=_common.err,
        transient=True,
        disable=not _common.err.is_terminal,
    )


def _text(value: str) -> Any:
    """Text of a file as it stands: no markup is read from it, and control characters do not reach the terminal."""
    from rich.text import Text

    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value))
