"""``handx-bench demo``: the whole way once, on the embedded data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import _common
from ._progress import progress_bar

if TYPE_CHECKING:
    from ..bench.protocol import Protocol
    from ..submit.store import Store

_PROTOCOL = "mini-v0"
#: Generators of the demo: entry point, what it is, and how the board sets it apart.
_GENERATORS: tuple[tuple[str, str, Literal["simple", "reference"]], ...] = (
    ("reference", "the recorded motion itself: the ceiling", "reference"),
    ("nearest-text", "the training clips whose texts are most alike", "simple"),
    ("random-clip", "random training clips", "simple"),
    ("mean-pose", "the mean training pose, held still", "simple"),
)
#: The generator whose report the demo writes, and how many of its clips move in it.
_REPORTED, _SHOWN_CLIPS = "nearest-text", 4


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.", file_okay=False)] = Path("demo"),
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Generate, score, submit and rank on HandX-Mini, in a few minutes and without a GPU or a download.

    Running it again continues where it is: what was generated, submitted and scored stays.
    """
    from ..bench.protocol import load_protocol
    from ..data.load import load_dataset
    from ..submit.open import open_store

    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    protocol = load_protocol(_PROTOCOL)
    with _step("HandX-Mini", "2,048 procedural two-hand clips, built once and cached"):
        for split in ("train", "test"):
            load_dataset("handx-mini", split)
    files = {}
    for name, what, _ in _GENERATORS:
        with _step(f"generate {name}", what) as progress:
            files[name] = _generate(protocol, name, out / "predictions" / f"{name}.safetensors", progress)
    store = open_store(out / "store", create=True)
    with _step("submit", f"{len(files)} bundles to the store in {out / 'store'}"):
        for name, what, category in _GENERATORS:
            _submit(store, name, what, category, files[name])
    with _step("score", "a worker takes what waits; all metrics, 1,000 bootstrap draws") as progress:
        _score(store, progress)
    with _step("report", f"of {_REPORTED}, a page with moving hands"):
        page = _report(store, protocol, files[_REPORTED], out / f"report-{_REPORTED}.html")
    _finish(store, protocol, out, page, time.monotonic() - started, json)


@contextmanager
def _step(name: str, what: str) -> Iterator[Callable[[int, int], None] | None]:
    start = time.monotonic()
    _common.err.print(f"[bold]{name}[/bold]  [dim]{what}[/dim]", highlight=False)
    with progress_bar(f"  {name}") as progress:
        yield progress
    _common.err.print(f"  done in {time.monotonic() - start:.0f} s", style="dim", highlight=False)


def _generate(protocol: Protocol, name: str, path: Path, progress: Callable[[int, int], None] | None) -> Path:
    from ..bench.generator import load_generator
    from ..bench.predictions import read_predictions
    from ..bench.run import generate
    from ..errors import InputError

    if path.exists():
        try:
            if read_predictions(path).protocol_hash == protocol.hash:
                return path
        except InputError:
            pass  # of another version of the library, or cut short: made anew below
    path.parent.mkdir(parents=True, exist_ok=True)
    generate(protocol, load_generator(name), out=path, progress=progress)
    return path


def _submit(store: Store, name: str, what: str, category: Literal["simple", "reference"], predictions: Path) -> None:
    from ..submit.bundle import pack_bundle
    from ..submit.manifest import Manifest

    manifest = Manifest(
        model_name=name,
        organisation="handx-bench",
        description=what,
        licence="Apache-2.0",
        training_data="HandX-Mini train" if category == "simple" else "",
        generator=name,
        category=category,
        open_weights=True,
        parameters=0,
    )
    store.submit(pack_bundle(predictions, manifest))


def _score(store: Store, progress: Callable[[int, int], None] | None) -> None:
    from functools import partial

    from ..bench.evaluate import evaluate
    from ..submit.worker import run_worker

    summary = run_worker(store, once=True, evaluate=partial(evaluate, progress=progress))
    if summary.failed or summary.rejected:
        problems = [store.get(i) for i in (*summary.failed, *summary.rejected)]
        raise RuntimeError("; ".join(f"{s.model_name}: {s.reason}" for s in problems))


def _report(store: Store, protocol: Protocol, predictions: Path, path: Path) -> Path:
    from ..bench.predictions import read_predictions
    from ..bench.protocol_clips import protocol_clips
    from ..view.html_report import write_html_report
    from ..view.sources import texts_of

    record = next(r.record for r in reversed(store.records(protocol.hash)) if r.record.manifest.model_name == _REPORTED)
    made = read_predictions(predictions)
    place = {clip_id: i for i, clip_id in enumerate(made.clip_ids)}
    clips = {clip.action: clip for clip in protocol_clips(protocol)}  # one per gesture
    chosen = list(clips.values())[:: max(1, len(clips) // _SHOWN_CLIPS)][:_SHOWN_CLIPS]
    motions = [
        (
            f"{clip.action} ({clip.clip_id})",
            texts_of(clip.left_texts, clip.right_texts, clip.interaction_texts),
            {"reference": clip.motion, _REPORTED: made.motion[place[clip.clip_id], 0, : len(clip.motion)]},
        )
        for clip in chosen
    ]
    return write_html_report(record.report, path, motions=motions)


def _finish(store: Store, protocol: Protocol, out: Path, page: Path, seconds: float, json: bool) -> None:
    from ..submit.board import build_board
    from .leaderboard import print_board

    board = build_board(store.records(protocol.hash), store.clip_scores)
    if json:
        _common.print_json(
            {
                "store": str(out / "store"),
                "report": str(page),
                "seconds": round(seconds, 1),
                "board": board.model_dump(mode="json"),
            }
        )
        return
    print_board(board)
    _common.out.print(f"\nDone in {seconds:.0f} s.", style="bold", highlight=False)
    places = {
        "predictions": out / "predictions",
        "store": out / "store",
        "report": f"{page}  (open it in a browser)",
    }
    for name, place in places.items():
        _common.out.print(f"  {name:<12}{place}", highlight=False, markup=False, soft_wrap=True)
    _common.out.print("\nTry next:", style="bold")
    prediction = out / "predictions" / f"{_REPORTED}.safetensors"
    for line in (
        f"handx-bench show handx-mini {prediction} --split test --clip 3 --out clip.html   # look at a prediction",
        f"handx-bench evaluate --pred {prediction} --protocol {_PROTOCOL} --all   # every metric of a model",
        f"handx-bench generate --generator my_module:MyModel --protocol {_PROTOCOL} --out mine.safetensors   # your model",
    ):
        _common.out.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
