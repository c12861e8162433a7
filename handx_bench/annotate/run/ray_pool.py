"""The same work on Ray Data: actors that each annotate their share and write their own file of the journal.

The journal's folder and the source must be reachable under the same path from every machine, and the key must be in
the environment of each: it is never sent around.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..llm.usage import Usage
from .annotator import Recipe
from .journal import Left
from .source import Source, Todo
from .worker import Done, Worker

#: Rows that an actor gets at once, per clip that it annotates at a time.
_ROWS_PER_LANE = 4
_COLUMNS = ("clips", "failed", "calls", "prompt_tokens", "completion_tokens")


def work_on_ray(
    recipe: Recipe,
    source: Source,
    journal: Path,
    left: Left,
    rows: Sequence[Todo],
    report: Callable[[Done], None],
    *,
    concurrency: int,
    workers: int,
) -> None:
    """Annotate ``rows`` with ``workers`` actors that share ``concurrency``, or fewer if that is less.

    Uses the Ray that is running or named by ``RAY_ADDRESS``, else starts one on this machine.

    Raises:
        InputError: Ray is not installed or cannot start, or no clip at all can be annotated.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise InputError("Ray is not installed", fix="pip install 'handx-bench[scale]'") from error
    workers = min(workers, concurrency)
    started = not ray.is_initialized()
    if started:
        _start(workers)
    try:
        lanes = concurrency // workers
        blocks = max(workers, -(-len(rows) // (lanes * _ROWS_PER_LANE)))
        data = ray.data.from_items([todo._asdict() for todo in rows], override_num_blocks=min(blocks, len(rows)))
        done = data.map_batches(
            _Actor,
            fn_constructor_kwargs={
                "recipe": recipe,
                "source": source,
                "journal": journal,
                "left": left,
                "concurrency": lanes,
            },
            batch_size=None,
            compute=ray.data.ActorPoolStrategy(size=workers),
        )
        for row in done.iter_rows():
            if row["error"]:
                raise InputError(row["error"])
            report(Done(row["clips"], row["failed"], Usage(*(row[key] for key in _COLUMNS[2:]))))
    finally:
        if started:
            ray.shutdown()


class _Actor:
    """A :class:`.worker.Worker` that Ray Data hands blocks of rows to."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    @cached_property
    def _worker(self) -> Worker:
        # Made on first use: what is wrong with the key is then told as any other error, not as the death of an actor.
        return Worker(**self._options)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[Any]]:
        done: list[Done] = []
        error = ""
        try:
            self._worker.work(
                [Todo(int(row), int(turn)) for row, turn in zip(batch["row"], batch["round"])], done.append
            )
        except InputError as problem:
            error = str(problem)
        usage = sum((each.usage for each in done), Usage())
        values = (len(done), sum(each.failed for each in done), *usage)
        return {**{key: [value] for key, value in zip(_COLUMNS, values)}, "error": [error]}


def _start(workers: int) -> None:
    import ray

    os.environ.setdefault("RAY_TQDM_PATCH_PRINT", "0")  # our caller's print stays what it is
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False  # ours tells of clips, not of blocks
    # One more than the actors: Ray Data needs a CPU for its own tasks, or waits for ever.
    cpus = None if os.environ.get("RAY_ADDRESS") else max(workers + 1, os.cpu_count() or 1)
    try:
        ray.init(num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except OSError as error:
        if "AF_UNIX" not in str(error):
            raise
        raise InputError("the temporary folder has too long a path for Ray", fix="Set RAY_TMPDIR=/tmp/ray") from error
