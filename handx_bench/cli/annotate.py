"""``handx-bench annotate``: texts for every clip of a dataset, by rules or by a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..annotate.llm.response_format import ResponseFormat
from . import _common

if TYPE_CHECKING:
    from ..annotate.llm.usage import Prices
    from ..annotate.run.annotator import Recipe
    from ..annotate.run.dataset import Progress
    from ..annotate.run.estimate import Estimate
    from ..annotate.run.report import Report


def register(app: typer.Typer) -> None:
    app.command("annotate")(annotate)


def annotate(
    dataset: Annotated[str, typer.Argument(help="What 'data list' shows: a dataset, file or folder.")],
    dest: Annotated[Path, typer.Argument(help="Folder to make; what is done so far is kept in DEST.journal.")],
    split: Annotated[list[str] | None, typer.Option(help="Only this split (repeatable).")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Describe by rules; needs no model and no network.")] = False,
    model: Annotated[str | None, typer.Option(help="Name of a language model at the server.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server, such as http://localhost:11434/v1.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key; OPENAI_API_KEY if not given.")
    ] = None,
    response_format: Annotated[
        ResponseFormat, typer.Option(help="How JSON is asked for; not every server knows json_schema.")
    ] = ResponseFormat.json_schema,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the first call; it is repeated at 0.")] = 0.2,
    no_temperature: Annotated[
        bool, typer.Option("--no-temperature", help="Send none, for models that refuse one.")
    ] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Calls at a time, over all workers.")] = 8,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one call may take.")] = 120.0,
    threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="Texts that agree less with the motion are asked for again, then flagged."),
    ] = 0.8,
    price_in: Annotated[float | None, typer.Option(min=0, help="US dollars per million prompt tokens.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="US dollars per million completion tokens.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Chooses wordings of the rules; sent to a model if given.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many clips.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate calls, tokens and cost; call nobody, write nothing.")
    ] = False,
    ray: Annotated[bool, typer.Option("--ray", help="Work on Ray Data: RAY_ADDRESS, or this machine.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Actors of --ray.")] = 2,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try clips again that failed in an earlier run.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Write five texts per hand and for their interaction to every clip, checked against the motion.

    Killed or interrupted, it goes on when the same command is given again; no answer is paid for twice. A clip that
    fails keeps its row without texts; the exit code is then 1.
    """
    if rules == (model is not None):
        raise typer.BadParameter("give either --rules or --model NAME", param_hint="--rules")
    if (price_in is None) != (price_out is None):
        raise typer.BadParameter("prices come in pairs: --price-in and --price-out", param_hint="--price-in")

    from ..annotate.llm.usage import Prices
    from ..annotate.run.dataset import annotate_dataset, plan
    from ..annotate.run.estimate import estimate
    from ..annotate.run.source import Source

    prices = None if price_in is None or price_out is None else Prices(price_in, price_out)
    source = Source(dataset, tuple(split) if split else None, limit)
    if model is None:
        recipe = _rules(seed, threshold)
    else:
        recipe = _model(
            {
                "model": model,
                "temperature": None if no_temperature else temperature,
                "threshold": threshold,
                "seed": seed,
                "response_format": response_format,
            },
            {"base_url": base_url, "key_env": key_env, "timeout_s": timeout},
        )
    if dry_run:
        expected = estimate(recipe, source, plan(source, dest, recipe, retry_failed=retry_failed), prices)
        if json:
            _common.print_json(expected)
        else:
            _show_estimate(expected)
        return
    with _progress(prices) as progress:
        report = annotate_dataset(
            source,
            dest,
            recipe,
            concurrency=concurrency,
            ray_workers=workers if ray else None,
            retry_failed=retry_failed,
            prices=prices,
            progress=progress,
        )
    if json:
        _common.print_json(report)
    else:
        _show_report(report)
    if report.failed:
        _tell_failures(report)
        raise typer.Exit(1)


def _rules(seed: int | None, threshold: float) -> Recipe:
    from ..annotate.run.rules import RulesRecipe

    return RulesRecipe(seed=seed or 0, threshold=threshold)


def _model(style: dict[str, Any], server: dict[str, Any]) -> Recipe:
    from ..annotate.llm.conversation import Style
    from ..annotate.llm.server import Server
    from ..annotate.run.model import ModelRecipe

    return ModelRecipe(Style(**style), Server(**server))


@contextmanager
def _progress(prices: Prices | None) -> Iterator[Callable[[Progress], None] | None]:
    """A bar with rate, time left and cost on a terminal; None where there is none."""
    if not _common.err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Bar(*columns, TimeRemainingColumn(), console=_common.err, transient=True) as bar:
        task = bar.add_task("annotating", total=None, note="")

        def update(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)
            speed = bar.tasks[task].speed
            notes = [f"{speed:.3g} clips/s"] if speed else []
            if prices is not None:
                notes.append(f"${prices.cost_usd(progress.usage):.4f}")
            if progress.failed:
                notes.append(f"{progress.failed} failed")
            bar.update(task, note=" · ".join(notes))

        yield update


def _show_report(report: Report) -> None:
    agreement = "nothing could be checked" if report.mean_agreement is None else f"{report.mean_agreement:.3f}"
    _show(
        ("clips", f"{report.clips}"),
        ("failed", f"{report.failed}"),
        ("texts", f"{report.texts}, of these {report.flagged} flagged"),
        ("mean agreement", agreement),
        ("calls", f"{report.calls}, of these {report.new_calls} in this run"),
        ("tokens", f"{report.prompt_tokens} prompt, {report.completion_tokens} completion"),
        ("cost", _dollars(report.cost_usd)),
        ("written", report.path),
    )


def _show_estimate(expected: Estimate) -> None:
    again = expected.repeated_cost_usd
    repeated = f", {_dollars(again)} if every answer is asked for again" if again else ""
    _show(
        ("clips", f"{expected.clips}, of these {expected.to_do} to do"),
        ("calls", f"{expected.calls}, at most {expected.most_calls}"),
        ("tokens", f"about {expected.prompt_tokens} prompt, {expected.completion_tokens} completion"),
        ("cost", _dollars(expected.cost_usd) + repeated),
    )


def _tell_failures(report: Report) -> None:
    from ..submit.display import printable

    lines = [f"{report.failed} of {report.clips} clips failed and have no texts:"]
    lines += [f"  {count} × {printable(reason)}" for reason, count in report.reasons.items()]
    lines.append("to try them again, give the same command with --retry-failed")
    _common.err.print("\n".join(lines), style="yellow", markup=False, highlight=False, soft_wrap=True)


def _show(*rows: tuple[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for label, value in rows:
        table.add_row(label, Text(value, overflow="fold"))
    _common.out.print(table)


def _dollars(cost: float | None) -> str:
    return "unknown without --price-in and --price-out" if cost is None else f"${cost:.4f}"
