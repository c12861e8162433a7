"""``handx-bench leaderboard``: the ranked tables of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from . import _common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..submit.board import Board
    from ..submit.columns import Column
    from ..submit.record import StoredRecord


def register(app: typer.Typer) -> None:
    app.command("leaderboard")(leaderboard)


def leaderboard(
    store: Annotated[Path, typer.Option("--store", help="Folder of the store.")],
    protocol: Annotated[str | None, typer.Option(help="Id, or beginning of a hash; all protocols if left out.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show superseded submissions too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Who leads, and how surely: one table per protocol hash, never mixed.

    Ranks come with their 95 % interval; entries with the same letter cannot be told from the best of their group.
    """
    from rich.text import Text

    from ..errors import InputError
    from ..submit.board import build_board, group_by_protocol
    from ..submit.display import printable
    from ..submit.open import open_store

    opened = open_store(store)
    damaged: list[InputError] = []
    records = opened.records(on_damage=damaged.append)
    for error in damaged:
        _common.err.print(Text(printable(f"warning: left out: {error}"), style="yellow"), soft_wrap=True)
    if damaged and not records:
        raise InputError("no record can be read", where=str(store), fix="restore the store from a backup")
    groups = group_by_protocol(records)
    if protocol is not None:
        known = ", ".join(sorted({_name(group) for group in groups.values()})) or "none"
        groups = {key: group for key, group in groups.items() if _matches(protocol, key, group)}
        if not groups:
            raise InputError(
                f"nothing has been scored under a protocol {protocol[:80]!a}",
                where=str(store),
                fix=f"Protocols with scores: {known}",
            )
    with _common.err.status("comparing"):
        boards = [build_board(group, opened.clip_scores, superseded=all_) for group in groups.values()]
    if json:
        _common.print_json({"boards": [board.model_dump(mode="json") for board in boards]})
        return
    if not boards:
        _common.out.print("Nothing has been scored yet. Start a worker: handx-bench worker --once --store …")
    for board in boards:
        print_board(board)


def print_board(board: Board) -> None:
    """Print a board: the ranked table, and the raw headline values with those of real clips."""
    from rich.text import Text

    from ..submit.columns import board_columns, metric_columns
    from ..submit.display import printable

    name = f"{board.protocol.id} (version {board.protocol.version}, hash {board.protocol.hash[:8]})"
    facts = f"  {board.num_clips} clips × {board.num_generations}, {board.draws:,} bootstrap draws"
    _common.out.print()
    _common.out.print(Text(printable(name), style="bold").append(facts, style="not bold dim"))
    lines = [_Line([column.text(entry) for column in board_columns(board)], entry.status) for entry in board.entries]
    _print_table(board_columns(board), lines)
    columns = metric_columns(board)
    lines = [_Line([column.text(entry) for column in columns], entry.status) for entry in board.entries]
    lines += [
        _Line([_ROWS[row], *(_reference(board.reference_rows[row].get(metric)) for metric in board.metrics)], "real")
        for row in _ROWS
        if any(board.reference_rows.get(row, {}).get(metric) is not None for metric in board.metrics)
    ]
    _print_table(columns, lines)
    _common.out.print(
        Text(
            "skill: 0 a random real clip, 1 as good as real; [95 % interval]. Same letter: not separable from the best "
            "of that group. ±: half the 95 % interval. scored: the predictions were scored here. "
            "leaked, memorised: more than 5 % of the predictions copy their reference or a training clip.",
            style="dim",
        )
    )


class _Line(NamedTuple):
    cells: list[str]
    status: str


def _print_table(columns: Sequence[Column], lines: Sequence[_Line]) -> None:
    """One table, or several below each other where the terminal is too narrow for all columns."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ..submit.display import printable

    for part in _parts(columns, lines, _common.out.width):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), collapse_padding=True)
        for place in part:
            column = columns[place]
            table.add_column(Text(column.title), justify=column.justify, width=_needs(column, place, lines))
        for line, following in zip(lines, [*lines[1:], None]):
            # Text, not str: markup in a name stays what it is.
            cells = [Text(printable(line.cells[place])) for place in part]
            aside = following is not None and following.status != line.status
            table.add_row(*cells, style=None if line.status == "ranked" else "dim", end_section=aside)
        _common.out.print(table)


def _parts(columns: Sequence[Column], lines: Sequence[_Line], width: int) -> list[list[int]]:
    """Columns of each table, as indices; every table has the key columns, and what is optional must fit into the first."""

    def needs(place: int) -> int:
        return 2 + _needs(columns[place], place, lines)

    keys = [place for place, column in enumerate(columns) if column.key]
    chosen = list(range(len(columns)))
    for place in reversed(chosen.copy()):  # the last optional ones go first
        if columns[place].optional and sum(map(needs, chosen)) > width:
            chosen.remove(place)
    parts: list[list[int]] = [[]]
    for place in chosen:
        if place in keys and len(parts) > 1:
            continue
        wanted = sorted({*parts[-1], *keys, place})
        if parts[-1] and set(parts[-1]) > set(keys) and sum(map(needs, wanted)) > width:
            parts.append(sorted({*keys, place}))
        else:
            parts[-1] = sorted({*parts[-1], place})
    return parts


def _needs(column: Column, place: int, lines: Sequence[_Line]) -> int:
    """Width of a column; its title breaks at blanks, long names anywhere."""
    from rich.cells import cell_len

    words = [*column.title.split(), *(line.cells[place] for line in lines)]
    return min(_WIDEST, max(map(cell_len, words)))


def _matches(protocol: str, key: str, group: Sequence[StoredRecord]) -> bool:
    return protocol == _name(group) or (len(protocol) >= 6 and key.startswith(protocol))


def _name(group: Sequence[StoredRecord]) -> str:
    return group[0].record.protocol.id


def _reference(value: float | None) -> str:
    from ..submit.columns import number_text

    return "–" if value is None else number_text(value)


#: Longer names are broken into several lines.
_WIDEST = 30
_ROWS = {"self": "the real clip itself", "half_split": "other half of the real clips", "chance": "a random real clip"}
