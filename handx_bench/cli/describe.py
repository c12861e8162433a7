"""``handx-bench describe``: a clip told by rules, and its own or any texts checked against its motion."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..annotate.texts import PARTS, Texts
from . import _common
from .codes import write_clips

if TYPE_CHECKING:
    from ..annotate.claims import TextCheck
    from ..view.clip_codes import Clips

_TITLES = {"left": "LEFT HAND", "right": "RIGHT HAND", "interaction": "INTERACTION"}
#: Longer lines are hard to read.
_WIDTH = 100


class Part(enum.StrEnum):
    """What a text is about, as a choice on the command line; see ``PARTS``."""

    left = enum.auto()
    right = enum.auto()
    interaction = enum.auto()


def register(app: typer.Typer) -> None:
    app.command("describe")(describe)


def describe(
    source: Annotated[
        str,
        typer.Argument(metavar="PATH_OR_DATASET", help="What 'data list' shows, or a file of predictions."),
    ],
    clip: Annotated[str | None, typer.Option(help="Id or index of the clip; by default the first.")] = None,
    split: Annotated[str | None, typer.Option(help="Split of the dataset.")] = None,
    generation: Annotated[int | None, typer.Option(min=0, help="Of predictions: which generation.")] = None,
    level: Annotated[int | None, typer.Option(help="Only this level of detail, 1 is the briefest.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Chooses between wordings; 0 if not given.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the texts that came with the clip against its motion instead.")
    ] = False,
    text: Annotated[str | None, typer.Option(help="Check this text instead, claim by claim.")] = None,
    part: Annotated[
        Part | None, typer.Option(help="Whose hand --text means where it names none; by default both.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.jsonl: texts of all clips (or of --clip), one line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Describe a clip by rules: five levels of detail for the left hand, the right hand and their interaction.

    Example: handx-bench describe handx-mini --split test --clip 3 --text "The left thumb touches the index fingertip."
    """
    mode = "--text" if text is not None else "--check" if check else ""
    _refuse({"--out": out, "--seed": seed, "--part": part, "--level": level, "--check": check or None}, mode)
    from ..view.clip_codes import open_clips

    clips = open_clips(source, split, generation)
    if out is not None:
        write_clips(out, clips, clip, lambda i: _as_record(_by_rules(clips, i, level, seed or 0)), as_json=as_json)
        return
    index = clips.index_of(clip)
    clip_id = clips.clip_id(index)
    if text is not None:
        _answer_text(clips, index, text, part or Part.interaction, as_json=as_json)
    elif check:
        _answer_check(clips, index, level, as_json=as_json)
    else:
        texts = _by_rules(clips, index, level, seed or 0)
        if as_json:
            _common.print_json({"clip_id": clip_id, **_as_record(texts)})
            return
        _print(clip_id, style="bold")
        for name, levels in zip(PARTS, texts):
            _print(f"\n{_TITLES[name]}", style="bold")
            for number, told in enumerate(levels, level or 1):
                _print_item(f"{number}", told)


def _refuse(given: dict[str, Any], mode: str) -> None:
    """An option that would do nothing is an error."""
    unknown = {
        "--text": ("--out", "--seed", "--level", "--check"),
        "--check": ("--out", "--seed", "--part"),
        "": ("--part",),
    }[mode]
    for name in unknown:
        if given[name] is not None:
            raise typer.BadParameter(f"has no meaning {f'with {mode}' if mode else 'without --text'}", param_hint=name)


def _by_rules(clips: Clips, index: int, level: int | None, seed: int) -> Texts:
    from ..annotate.describe import describe as by_rules
    from ..annotate.describe import seed_of
    from ..errors import InputError

    clip_id = clips.clip_id(index)
    try:
        texts = by_rules(clips.codes(index), seed_of(seed, clip_id))
    except InputError as error:
        where = error.where or f"{clips.source.where}, clip {clip_id!r}"
        raise InputError(error.what, where=where, fix=error.fix) from error
    return _chosen(texts, level, "")


def _chosen(texts: Texts, level: int | None, where: str) -> Texts:
    """All levels, or one."""
    from ..errors import InputError

    if level is None:
        return texts
    count = min(map(len, texts))
    if not 1 <= level <= count:
        raise InputError(f"there is no level {level}", where=where, fix=f"There are levels 1–{count}")
    return Texts(*(levels[level - 1 : level] for levels in texts))


def _as_record(texts: Texts) -> dict[str, Any]:
    return {f"{part}_texts": list(levels) for part, levels in zip(PARTS, texts)}


def _answer_check(clips: Clips, index: int, level: int | None, *, as_json: bool) -> None:
    from ..annotate.claims import check_texts
    from ..errors import InputError

    clip_id = clips.clip_id(index)
    where = f"{clips.source.where}, clip {clip_id!r}"
    texts = clips.texts(index)
    if not any(map(any, texts)):
        raise InputError("the clip has no texts", where=where, fix='Give one with --text "…"')
    texts = _chosen(texts, level, where)
    checks = check_texts(texts, clips.codes(index))
    if as_json:
        records = {
            part: [_check_record(*each) for each in zip(levels, checks[part])] for part, levels in zip(PARTS, texts)
        }
        _common.print_json({"clip_id": clip_id, **records})
        return
    _print(clip_id, style="bold")
    for part, levels in zip(PARTS, texts):
        _print(f"\n{_TITLES[part]}", style="bold")
        for number, (told, found) in enumerate(zip(levels, checks[part]), level or 1):
            _print_item(f"{number}", told or "(no text)")
            _print_item("", _summary(found), style="dim")
            for wrong in found.violated:
                _print_item("", f"✗ {wrong}", style="red")


def _answer_text(clips: Clips, index: int, text: str, part: str, *, as_json: bool) -> None:
    from ..annotate.claims import Status, check_text

    found = check_text(text, clips.codes(index), part)
    if as_json:
        _common.print_json({"clip_id": clips.clip_id(index), "part": part, **_check_record(text, found)})
        return
    _print(f"{clips.clip_id(index)}: {_summary(found)}", style="bold")
    signs = {Status.SATISFIED: ("✓", "green"), Status.VIOLATED: ("✗", "red"), Status.NOT_CHECKABLE: ("?", "dim")}
    for verdict in found.verdicts:
        sign, style = signs[verdict.status]
        reason = f": {verdict.reason}" if verdict.reason else ""
        about = _about(verdict.claim.channels)
        _print_item(sign, f'"{verdict.claim.words}"{about} is {verdict.status}{reason}', style=style)


def _about(channels: tuple[str, ...]) -> str:
    """Where a claim is looked for: one clause may claim the same of several channels."""
    from ..view.code_words import BETWEEN, label_of, part_of

    if not channels:
        return ""
    part, label = part_of(channels[0]), label_of(channels[0])
    name = label if part == BETWEEN else f"{part} {label}"
    return f" ({name}, or {len(channels) - 1} more)" if len(channels) > 1 else f" ({name})"


def _check_record(text: str, found: TextCheck) -> dict[str, Any]:
    return {
        "text": text,
        "agreement": found.agreement,
        "coverage": found.coverage,
        "claims": [
            {
                "words": each.claim.words,
                "channels": list(each.claim.channels),
                "status": each.status.value,
                "reason": each.reason,
            }
            for each in found.verdicts
        ],
    }


def _summary(found: TextCheck) -> str:
    if found.agreement is None:
        return "nothing in it can be checked"
    return (
        f"agreement {found.agreement:.2f} ({found.satisfied} of {found.applicable} claims), "
        f"coverage {found.coverage:.2f}"
    )


def _print(line: str, style: str = "") -> None:
    from rich.text import Text

    from ..submit.display import printable

    _common.out.print(Text(printable(line), style=style))


def _print_item(mark: str, told: str, style: str = "") -> None:
    """A text behind its number or sign, wrapped."""
    from rich.table import Table
    from rich.text import Text

    from ..submit.display import printable

    table = Table(box=None, show_header=False, pad_edge=False, width=min(_common.out.width, _WIDTH))
    table.add_column(width=3, justify="right")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(mark, Text(printable(told), style=style))
    _common.out.print(table)
