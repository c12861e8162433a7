"""``handx-bench submit`` and ``handx-bench status``: send a bundle; where it stands."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _common

if TYPE_CHECKING:
    from ..submit.bundle import Bundle
    from ..submit.store import Store, Submission
    from ..submit.validate import BundleCheck

_Store = Annotated[Path, typer.Option("--store", help="Folder of the store.")]
_Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


class Category(StrEnum):
    """Competing models, simple generators (ranked, flagged), and what has seen the reference (not ranked)."""

    model = "model"
    simple = "simple"
    reference = "reference"


def register(app: typer.Typer) -> None:
    app.command("submit")(submit)
    app.command("status")(status)


def submit(
    source: Annotated[
        Path,
        typer.Argument(metavar="BUNDLE|PREDICTIONS", help="Folder with both files, or a predictions file alone."),
    ],
    store: _Store,
    manifest: Annotated[Path | None, typer.Option(help="submission.json for a predictions file.")] = None,
    model_name: Annotated[str | None, typer.Option(help="Name on the leaderboard.")] = None,
    organisation: Annotated[str | None, typer.Option(help="University, company or group.")] = None,
    url: Annotated[str | None, typer.Option(help="Page of the model or paper.")] = None,
    licence: Annotated[str | None, typer.Option(help="Of the model, e.g. Apache-2.0.")] = None,
    parameters: Annotated[int | None, typer.Option(min=0, help="Number of parameters.")] = None,
    training_data: Annotated[str | None, typer.Option(help="What it was trained on.")] = None,
    code_url: Annotated[str | None, typer.Option(help="Where the code is.")] = None,
    open_weights: Annotated[bool | None, typer.Option("--open-weights", help="The weights are public.")] = None,
    generator: Annotated[str | None, typer.Option(help="module:Factory that made the predictions.")] = None,
    description: Annotated[str | None, typer.Option(help="A sentence or two.")] = None,
    category: Annotated[Category | None, typer.Option(help="How the board shows it.")] = None,
    protocol: Annotated[str | None, typer.Option(help="Id or YAML file; what the file says if left out.")] = None,
    user: Annotated[str | None, typer.Option(help="Who submits; your user name if left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, but send nothing.")] = False,
    json: _Json = False,
) -> None:
    """Check a submission, show what would be sent, and put it in the queue.

    The identical bundle is the same submission: sending it twice changes nothing, unless it had failed.
    """
    from functools import partial

    from ..bench.protocol import load_protocol
    from ..submit.bundle import InvalidBundle
    from ..submit.open import open_store
    from ..submit.validate import check_bundle

    given = {
        "model_name": model_name, "organisation": organisation, "url": url, "licence": licence,
        "parameters": parameters, "training_data": training_data, "code_url": code_url,
        "open_weights": open_weights, "generator": generator, "description": description,
        "category": category.value if category else None,
    }  # fmt: skip
    rules = load_protocol(protocol) if protocol is not None else None
    check = partial(check_bundle, protocol=rules)
    try:
        bundle = _bundle(source, manifest, {key: value for key, value in given.items() if value is not None})
        with _common.err.status("checking"):
            checked = check(bundle)
    except InvalidBundle as error:
        _refuse([*error.problems, *([error.fix] if error.fix else [])], json)
        return
    answer = _describe(checked)
    if not json:
        _print_check(checked, bundle)
    if checked.problems:
        _refuse(list(checked.problems), json, answer)
        return
    if dry_run:
        if json:
            _common.print_json(answer)
        else:
            _common.out.print("Nothing was sent (--dry-run).")
        return
    with _common.err.status("sending"):
        receipt = open_store(store, user, create=True, check=check).submit(bundle, checked)
    submission = receipt.submission
    if json:
        _common.print_json({**answer, "outcome": receipt.outcome, "submission": submission.model_dump(mode="json")})
        return
    told = {
        "new": "submitted",
        "known": "was submitted before, nothing changed",
        "requeued": "was submitted before and had not been scored; it waits again",
    }[receipt.outcome]
    _line(f"{submission.id} {told}{_place(submission)}")
    _line(f"next: {_command('status', submission.id, store)}")
    if receipt.outcome != "known":
        further = f" --protocol {shlex.quote(protocol)}" if protocol and protocol.endswith((".yaml", ".yml")) else ""
        _line(f"      {_command('worker', '', store)} --once{further}   (scores what waits)")


def status(
    store: _Store,
    submission: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id, or its beginning; all submissions if left out.")
    ] = None,
    json: _Json = False,
) -> None:
    """Where a submission stands: place in the queue, state, age, reason, score."""
    from ..errors import InputError
    from ..submit.open import open_store

    opened = open_store(store)
    if submission is None:
        _list(opened, json)
        return
    found = opened.get(submission)
    report = None
    if found.record_hash is not None:
        damaged: list[InputError] = []
        records = opened.records(found.protocol_hash, on_damage=damaged.append)
        report = next((stored.record.report for stored in records if stored.hash == found.record_hash), None)
        if report is None:
            missing = InputError(f"record {found.record_hash} is missing", where=str(store), fix="restore the store")
            raise next((each for each in damaged if found.record_hash in each.where), missing)
    age_s = max(0.0, (datetime.now(UTC) - found.submitted_at).total_seconds())
    skills = None if report is None else report.skills.model_dump(mode="json")
    if json:
        _common.print_json({**found.model_dump(mode="json"), "age_s": age_s, "skills": skills})
        return
    facts: dict[str, str] = {
        "submission": found.id,
        "model": f"{found.model_name} (user {found.user})",
        "protocol": f"{found.protocol_id} ({found.protocol_hash[:8]})",
        "state": f"{found.state}{_place(found)}",
        "reason": _reason(found),
        "age": _age(age_s),
        "attempts": str(found.attempts),
    }
    if report is not None:
        from ..submit.columns import interval_text

        facts["overall skill"] = interval_text(report.skills.overall)
        facts["next"] = _command("leaderboard", "", store)
    table = _table("", "")
    for key, value in facts.items():
        table.add_row(key, _text(value))
    _common.out.print(table)
    _common.out.print()
    history = _table("time (UTC)", "state", "reason")
    for event in found.history:
        history.add_row(f"{event.at:%Y-%m-%d %H:%M:%S}", event.state, _text(event.reason))
    _common.out.print(history)


def _bundle(source: Path, manifest: Path | None, given: dict[str, Any]) -> Bundle:
    from ..errors import InputError
    from ..submit._files import read_bounded
    from ..submit.bundle import Bundle, open_bundle, pack_bundle
    from ..submit.manifest import MAX_MANIFEST_BYTES, build_manifest

    if source.is_dir():
        if manifest is not None or given:
            raise InputError(
                "a bundle folder has its own submission.json",
                where=str(source),
                fix="Change that file, or name the predictions file alone",
            )
        return open_bundle(source)
    if manifest is not None and given:
        raise InputError("give either --manifest or the single facts, not both", where=", ".join(given))
    if manifest is not None:
        return Bundle(source, read_bounded(manifest, MAX_MANIFEST_BYTES), str(source))
    if "model_name" not in given:
        raise InputError("a predictions file alone needs a name", fix="Give --model-name, or --manifest FILE")
    return pack_bundle(source, build_manifest(given, "the options"))


def _describe(checked: BundleCheck) -> dict[str, Any]:
    return {
        "ok": not checked.problems,
        "problems": list(checked.problems),
        "files": {name: fact._asdict() for name, fact in checked.files.items()},
        "manifest": None if checked.manifest is None else checked.manifest.model_dump(mode="json"),
        "predictions": None if checked.shape is None else vars(checked.shape),
    }


def _print_check(checked: BundleCheck, bundle: Bundle) -> None:
    for name, fact in checked.files.items():
        _line(f"{name}  {fact.size:,} bytes")
        _line(f"  SHA-256 {fact.sha256}")
    shape, manifest = checked.shape, checked.manifest
    if manifest is not None:
        _line(f"model: {manifest.model_name}" + (f", {manifest.organisation}" if manifest.organisation else ""))
    if shape is not None:
        _line(f"protocol: {shape.protocol_id} ({shape.protocol_hash[:8]})")
        _line(f"motions: {shape.num_clips} clips × {shape.num_generations}, {shape.frames} frames, {shape.dtype}")
    if not checked.problems:
        _line("valid: this can be scored")


def _refuse(problems: list[str], json: bool, answer: dict[str, Any] | None = None) -> None:
    if json:
        _common.print_json(answer or {"ok": False, "problems": problems})
    else:
        for problem in problems:
            _common.err.print(_text(f"error: {problem}"), style="red", soft_wrap=True)
        _common.err.print("Nothing was sent.")
    raise typer.Exit(2)


def _list(store: Store, json: bool) -> None:
    found = store.submissions()
    if json:
        _common.print_json([each.model_dump(mode="json", exclude={"history"}) for each in found])
        return
    table = _table("id", "state", "model", "user", "submitted (UTC)")
    for column in table.columns[:2] + table.columns[4:5]:
        column.no_wrap = True
    for each in found:
        state = each.state if each.position is None else f"{each.state} {each.position}"
        sent = f"{each.submitted_at:%Y-%m-%d %H:%M}"
        table.add_row(each.id, state, _text(each.model_name), _text(each.user), sent)
    _common.out.print(table)
    told = {each.id: _reason(each) for each in found if each.state not in ("queued", "scored")}
    if told:
        _line("")
    for submission_id, reason in told.items():  # below the table: a reason needs the whole width
        _line(f"{submission_id}: {reason}")


def _reason(found: Submission) -> str:
    if found.lease_expires_at is not None and found.lease_expires_at < datetime.now(UTC):
        return f"{found.reason}; it was not heard of any more, the next worker takes over"
    return found.reason


def _place(found: Submission) -> str:
    return "" if found.position is None else f", number {found.position} in the queue"


def _age(seconds: float) -> str:
    """Two units are enough.

    >>> _age(59), _age(3 * 3600 + 120), _age(50 * 3600)
    ('59 s', '3 h 2 min', '2 d 2 h')
    """
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if not minutes:
        return f"{seconds:.0f} s"
    if not hours:
        return f"{minutes} min"
    return f"{days} d {hours % 24} h" if days else f"{hours} h {minutes % 60} min"


def _command(name: str, argument: str, store: Path) -> str:
    return " ".join(filter(None, ["handx-bench", name, argument, "--store", shlex.quote(str(store))]))


def _table(*headings: str) -> Any:
    from rich.table import Table

    return Table(*headings, box=None, pad_edge=False, show_header=any(headings))


def _text(value: str) -> Any:
    from rich.text import Text

    from ..submit.display import printable

    return Text(printable(value))


def _line(value: str) -> None:
    _common.out.print(_text(value), soft_wrap=True)
