"""``handx-bench``: assembles the commands. Their modules import nothing heavy before they run."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from typing import Annotated

import typer

from .._version import __version__
from ..errors import InputError
from ..submit.display import printable
from ._common import err

app = typer.Typer(
    name="handx-bench",
    help="Benchmark for generating two-hand 3-D hand motion: score a generator, submit it, see it ranked.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"handx-bench {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


#: Modules of this package in the order of ``--help``; each has ``register(app)``.
_COMMANDS = (
    "demo",
    "data",
    "codes",
    "describe",
    "annotate",
    "score",
    "generate",
    "evaluate",
    "protocols",
    "show",
    "submit",
    "worker",
    "leaderboard",
)

for _name in _COMMANDS:
    importlib.import_module(f".{_name}", __package__).register(app)


def main() -> None:
    """Exit codes: 0 done, 1 the work failed, 2 the input or the call is wrong."""
    # Read when datasets is imported; its own bars would mix with ours, or fill a log.
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    # As after Ctrl-C, what is half-written is removed; a worker puts its own handler in place.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except InputError as error:
        err.print(f"error: {printable(str(error))}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("interrupted", style="yellow")
        sys.exit(130)
    except Exception:
        traceback.print_exc()
        err.print("The work failed: handx-bench, the machine, or code that it was asked to run.", style="red")
        sys.exit(1)
