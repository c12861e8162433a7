"""``handx-bench worker``: score what waits in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _common

if TYPE_CHECKING:
    from ..submit.store import Store
    from ..submit.worker import WorkerEvent


def register(app: typer.Typer) -> None:
    app.command("worker")(worker)


def worker(
    store: Annotated[Path, typer.Option("--store", help="Folder of the store.")],
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits any more.")] = False,
    lease_s: Annotated[
        float, typer.Option(help="Seconds after the last sign of life until others may take over.")
    ] = 60.0,
    poll_s: Annotated[float, typer.Option(help="Seconds between two looks into an empty queue.")] = 5.0,
    protocol: Annotated[
        list[str] | None, typer.Option(help="YAML file of a further protocol to score; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON at the end.")] = False,
) -> None:
    """Score the submissions that wait, until stopped (or --once: until none waits).

    It may be killed at any moment, and several may run on one store. Ctrl-C gives what is being scored back to the
    queue. Exit code 1 if scoring a submission failed for good, or the machine cannot score.
    """
    from collections import Counter
    from functools import partial

    from rich.text import Text

    from ..bench.evaluate import evaluate
    from ..bench.protocol import list_protocols, load_protocol
    from ..submit.display import printable
    from ..submit.open import open_store
    from ..submit.store import State
    from ..submit.validate import check_bundle
    from ..submit.worker import run_worker

    known = [*list_protocols(), *(load_protocol(each) for each in protocol or [])]
    check = partial(check_bundle, known=lambda: known)
    opened = open_store(store, check=check)
    with _Display(opened) as display:
        summary = run_worker(
            opened,
            once=once,
            poll_s=poll_s,
            lease_s=lease_s,
            evaluate=partial(evaluate, progress=display.progress),
            check=check,
            protocol_ids=[each.id for each in known],
            on_event=display.event,
        )
    unknown = Counter(each.protocol_id for each in opened.submissions([State.QUEUED]))
    unknown -= Counter({each.id: unknown[each.id] for each in known})
    if json:
        _common.print_json(vars(summary))
    else:
        counts = [(len(summary.scored), "scored"), (len(summary.rejected), "rejected"), (len(summary.failed), "failed")]
        _common.out.print(", ".join(f"{count} {name}" for count, name in counts))
        for protocol_id, count in sorted(unknown.items()):
            told = f"{count} for {protocol_id} still waiting: start a worker with --protocol FILE.yaml for them"
            _common.err.print(Text(printable(told), style="yellow"), soft_wrap=True)
        if summary.scored:
            from .submit import _command, _line

            _line(f"next: {_command('leaderboard', '', store)}")
    if summary.broken:
        told = f"stopped, since this machine cannot score: {summary.broken}"
        _common.err.print(Text(printable(told), style="red"), soft_wrap=True)
    if summary.failed or summary.broken:
        raise typer.Exit(1)


class _Display:
    """A line on standard error for every step, and a bar for the scoring itself where that is a terminal."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> _Display:
        if _common.err.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
            )
            self._bar = Progress(*columns, console=_common.err, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("waiting for submissions", total=None)
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def progress(self, done: int, total: int) -> None:
        """Clips that were scored, of how many."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def event(self, event: WorkerEvent) -> None:
        """What the worker tells."""
        from rich.text import Text

        from ..submit.columns import interval_text
        from ..submit.display import printable
        from ..submit.store import State

        text = f"{event.kind:<10} {event.submission.id} {event.submission.model_name}"
        if event.report is not None:
            text += f"  overall skill {interval_text(event.report.skills.overall)}"
        text += f": {event.reason}" if event.reason else ""
        style = {"scored": "green", "rejected": "yellow", "failed": "red", "queued": "yellow"}.get(event.kind, "dim")
        _common.err.print(Text(printable(text), style=style), soft_wrap=True)
        if self._bar is not None:
            waiting = len(self._store.submissions([State.QUEUED]))
            task = f"scoring {event.submission.id}" if event.kind == "taken" else "waiting for submissions"
            self._bar.remove_task(self._task)  # a total cannot be unset
            self._task = self._bar.add_task(f"{task} ({waiting} in the queue)", total=None)
