"""``handx-bench codes``: the motion codes of a clip as tables, those of all clips as lines of JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _common
from ._progress import progress_bar

if TYPE_CHECKING:
    from ..annotate.codes import MotionCodes
    from ..view.clip_codes import Clips


def register(app: typer.Typer) -> None:
    app.command("codes")(codes)


def codes(
    source: Annotated[
        str,
        typer.Argument(metavar="PATH_OR_DATASET", help="What 'data list' shows, or a file of predictions."),
    ],
    clip: Annotated[str | None, typer.Option(help="Id or index of the clip; by default the first.")] = None,
    split: Annotated[str | None, typer.Option(help="Split of the dataset.")] = None,
    generation: Annotated[int | None, typer.Option(min=0, help="Of predictions: which generation.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.jsonl: codes of all clips (or of --clip), one line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show what the hands of a clip do: fingers bend, wrists move, tips and palms touch, when and how fast.

    Example: handx-bench codes handx-mini --split test --clip 3
    """
    from ..view.clip_codes import open_clips

    clips = open_clips(source, split, generation)
    if out is not None:
        write_clips(out, clips, clip, lambda i: clips.codes(i).to_json(), as_json=as_json)
        return
    index = clips.index_of(clip)
    found = clips.codes(index)
    if as_json:
        _common.print_json({"clip_id": clips.clip_id(index), **found.to_json()})
    else:
        _show(clips.clip_id(index), found)


def write_clips(
    path: Path, clips: Clips, clip: str | None, record: Callable[[int], dict[str, Any]], *, as_json: bool
) -> None:
    """Write a line of JSON for ``clip``, or for all clips if None, behind a progress bar, and say so."""
    from ..view.clip_codes import write_lines

    indices = range(len(clips)) if clip is None else [clips.index_of(clip)]
    with progress_bar("clips") as progress:
        write_lines(path, clips, indices, record, progress)
    if as_json:
        _common.print_json({"file": str(path.resolve()), "clips": len(indices)})
    else:
        told = f"wrote {path.resolve()}: {len(indices)} clip{'' if len(indices) == 1 else 's'}"
        _common.out.print(told, markup=False, highlight=False, soft_wrap=True)


def _show(clip_id: str, found: MotionCodes) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from ..submit.display import printable
    from ..view.code_words import PARTS, stays
    from ..view.timeline import rows_of

    seconds = found.num_frames / found.fps
    _common.out.print(Text(f"{printable(clip_id)}: {found.num_frames} frames at {found.fps:g} fps, {seconds:.2f} s"))
    rows, unchanged = rows_of(found), stays(found)
    for part, title in PARTS.items():
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for row in rows:
            for i, bar in enumerate(row.bars if row.part == part else ()):
                table.add_row("" if i else row.label, f"{bar.start_s:.2f}–{bar.end_s:.2f} s", bar.told)
        _common.out.print(Text(f"\n{title.upper()}", style="bold"))
        if table.row_count:
            _common.out.print(Padding(table, (0, 0, 0, 2), expand=False))
        if unchanged[part]:
            _common.out.print(Padding(Text(unchanged[part], style="dim"), (0, 0, 0, 2), expand=False))
