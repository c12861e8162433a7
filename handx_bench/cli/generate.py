"""``handx-bench generate``: run a generator under a protocol."""

from __future__ import annotations

import contextlib
import enum
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from . import _common
from ._progress import progress_bar


class StoredAs(enum.StrEnum):
    """Dtypes of a predictions file."""

    float16 = "float16"
    float32 = "float32"


def register(app: typer.Typer) -> None:
    app.command("generate")(generate)


def generate(
    generator: Annotated[
        str | None, typer.Option(help="Name of an installed generator, or module:Factory. It runs that code.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="Protocol id or YAML file.")] = "mini-v0",
    out: Annotated[Path | None, typer.Option(help="Predictions file to write (.safetensors).")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="key=value for the generator's factory; may be repeated.")
    ] = None,
    num_samples: Annotated[int | None, typer.Option(min=1, help="Samples per clip, if not the protocol's K.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Seed of the run, if not the protocol's.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Clips that the generator is asked for at once.")] = 64,
    dtype: Annotated[StoredAs, typer.Option(help="float16 halves the file and rounds by up to 0.25 mm.")] = (
        StoredAs.float32
    ),
    check: Annotated[
        bool, typer.Option(help="Ask again for two clips alone; warn if the answer depended on the batch.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the installed generators and stop.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Run a generator under a protocol and write its predictions.

    The file appears whole or not at all. The present folder is searched for module:Factory.
    """
    if list_:
        _list(json)
        return
    for name, value in (("--generator", generator), ("--out", out)):
        if value is None:
            raise typer.BadParameter("is needed", param_hint=name)
    assert generator is not None
    assert out is not None
    if out.suffix != ".safetensors":
        raise typer.BadParameter(f"predictions are safetensors, {out.name!r} is named otherwise", param_hint="--out")

    from ..bench.generator import load_generator
    from ..bench.protocol import load_protocol
    from ..bench.run import batch_dependence
    from ..bench.run import generate as run

    rules = load_protocol(protocol)
    if os.getcwd() not in sys.path:  # `python -m` would search it, a console script does not
        sys.path.insert(0, os.getcwd())
    # What a generator prints is none of our answer.
    with contextlib.redirect_stdout(sys.stderr):
        made = load_generator(generator, **_options(option or []))
        with progress_bar("generating") as progress:
            predictions = run(
                rules,
                made,
                out=out,
                num_samples=num_samples,
                seed=seed,
                batch_size=batch_size,
                dtype=dtype.value,
                progress=progress,
            )
        difference_mm = 1000 * batch_dependence(rules, made, predictions) if check else None
    answer = {
        "out": str(out),
        "generator": predictions.generator,
        "protocol": rules.id,
        "protocol_hash": rules.hash,
        "num_clips": predictions.num_clips,
        "num_generations": predictions.num_generations,
        "seeds": predictions.seeds,
        "batch_dependence_mm": difference_mm,
    }
    if json:
        _common.print_json(answer)
        return
    _common.out.print(
        f"{predictions.generator}: {predictions.num_clips} clips × {predictions.num_generations} → {out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    # float16 alone rounds by less than this within 2 m.
    if difference_mm is not None and difference_mm > 1:
        _common.err.print(
            f"warning: clips asked for alone differ by up to {difference_mm:.0f} mm: draw from request.seed, per clip",
            style="yellow",
            soft_wrap=True,
        )
    if predictions.num_generations != rules.num_generations:
        _common.err.print(
            f"warning: protocol {rules.id} wants {rules.num_generations} samples per clip; "
            "evaluate will refuse this file",
            style="yellow",
            soft_wrap=True,
        )
    else:
        _common.out.print(
            f"next: handx-bench evaluate --pred {out} --protocol {protocol}",
            markup=False,
            style="dim",
            soft_wrap=True,
        )


def _list(as_json: bool) -> None:
    from rich.table import Table

    from ..bench.generator import list_generators

    found = list_generators()
    if as_json:
        _common.print_json(found)
        return
    table = Table("generator", "from", box=None, pad_edge=False)
    for name, value in found.items():
        table.add_row(name, value)
    _common.out.print(table)


def _options(pairs: list[str]) -> dict[str, Any]:
    """Values are read as JSON where they are numbers or true/false, else as text.

    >>> _options(["steps=50", "checkpoint=runs/a.ckpt", "cfg=2.5"])
    {'steps': 50, 'checkpoint': 'runs/a.ckpt', 'cfg': 2.5}
    """
    import json

    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier() or key in options:
            raise typer.BadParameter(f"{pair!r} is not a new key=value", param_hint="--option")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = text
        options[key] = value if isinstance(value, int | float | bool) else text
    return options
