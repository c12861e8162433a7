"""``handx-bench protocols``: list, show, verify."""

from __future__ import annotations

from typing import Annotated

import typer

from . import _common

_Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
_Id = Annotated[str, typer.Argument(help="Protocol id or YAML file.")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="List, show and verify protocols.", no_args_is_help=True)
    commands.command("list")(list_)
    commands.command("show")(show)
    commands.command("verify")(verify)
    app.add_typer(commands, name="protocols")


def list_(json: _Json = False) -> None:
    """List the protocols that come with the library."""
    from rich.table import Table

    from ..bench.protocol import list_protocols

    found = list_protocols()
    if json:
        _common.print_json(
            [
                {
                    "id": p.id,
                    "version": p.version,
                    "status": p.status,
                    "task": p.task,
                    "dataset": p.dataset.name,
                    "split": p.dataset.split,
                    "num_clips": p.dataset.num_clips,
                    "num_generations": p.num_generations,
                    "hash": p.hash,
                }
                for p in found
            ]
        )
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))  # fits 80 columns
    for heading in ("protocol", "status", "task", "dataset", "clips", "K", "hash"):
        table.add_column(heading, no_wrap=True)
    for p in found:
        clips = "–" if p.dataset.num_clips is None else str(p.dataset.num_clips)
        table.add_row(p.id, p.status, p.task, p.dataset.name, clips, str(p.num_generations), p.hash[:8])
    _common.out.print(table)


def show(protocol: _Id, json: _Json = False) -> None:
    """Show a protocol's rules and its hash."""
    from ..bench.freeze import to_yaml
    from ..bench.protocol import load_protocol

    found = load_protocol(protocol)
    if json:
        _common.print_json({**found.model_dump(mode="json", by_alias=True), "hash": found.hash})
        return
    stated = found.model_copy(update={"stated_hash": found.hash})
    _common.out.print(to_yaml(stated), markup=False, highlight=False, soft_wrap=True, end="")


def verify(
    protocol: Annotated[str | None, typer.Argument(help="Protocol id or YAML file; all if left out.")] = None,
    json: _Json = False,
) -> None:
    """Recompute hash, clip list and data fingerprints. Exit code 2 if any differs from what is stated."""
    import functools

    from ..bench.protocol import PROTOCOL_DIR, protocol_path, read_protocol
    from ..bench.protocol_clips import load_clips, verify_protocol

    paths = [protocol_path(protocol)] if protocol else sorted(PROTOCOL_DIR.glob("*/*.yaml"))
    load = functools.cache(load_clips)
    answer = []
    for path in paths:
        rules = read_protocol(path)
        differences = verify_protocol(rules, load)
        unstated = [key for key in ("clip_list_hash", "fingerprint") if getattr(rules.dataset, key) is None]
        answer.append(
            {
                "id": rules.id,
                "status": rules.status,
                "hash": rules.hash,
                "ok": not differences,
                "unstated": unstated + ([] if rules.stated_hash else ["hash"]),
                "differences": [vars(difference) for difference in differences],
            }
        )
    if json:
        _common.print_json(answer)
    else:
        for entry in answer:
            _print_verdict(entry)
    if not all(entry["ok"] for entry in answer):
        raise typer.Exit(2)


def _print_verdict(entry: dict[str, object]) -> None:
    from rich.text import Text

    good = bool(entry["ok"])
    line = Text("ok      " if good else "DIFFERS ", style="green" if good else "red")
    line.append(f"{entry['id']} ({entry['status']}) {entry['hash']}", style="default")
    _common.out.print(line, soft_wrap=True)
    differences = entry["differences"]
    assert isinstance(differences, list)
    for difference in differences:
        _common.out.print(Text(f"  {difference['key']}"))
        _common.out.print(Text(f"    stated {difference['stated']}"), soft_wrap=True)
        _common.out.print(Text(f"    found  {difference['found']}"), soft_wrap=True)
    if entry["unstated"]:
        unstated = entry["unstated"]
        assert isinstance(unstated, list)
        _common.out.print(Text(f"  not stated, so not compared: {', '.join(unstated)}", style="yellow"))
