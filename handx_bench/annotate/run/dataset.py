"""Annotating a dataset from beginning to end, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...data.clip import Clip
from ...errors import InputError
from ..llm.usage import Prices, Usage
from . import journal, output
from .annotator import Annotation, Recipe, clip_digest
from .journal import Found
from .ray_pool import work_on_ray
from .report import Report, Tally
from .source import Source, Todo
from .worker import Done, Worker


@dataclass(frozen=True)
class Progress:
    """How far a run is: clips that have an outcome, how many there are, how many of this run failed, and what was used.

    ``usage`` is of all runs that wrote to the journal.
    """

    done: int
    total: int
    failed: int
    usage: Usage


@dataclass(frozen=True)
class Plan:
    """What is left to do."""

    found: Found
    todo: list[Todo]


def journal_folder(dest: Path) -> Path:
    """Where the journal of ``dest`` lies: beside it, since ``dest`` itself appears only when it is whole.

    Raises:
        InputError: ``dest`` has no name, as ``.``.
    """
    if dest.name in ("", ".."):
        raise InputError("the target is no folder that can be made", where=str(dest), fix="Give it a name of its own")
    return dest.with_name(f"{dest.name}.journal")


def plan(source: Source, dest: Path, recipe: Recipe, *, retry_failed: bool = False) -> Plan:
    """What a run would have to do; writes nothing.

    Raises:
        InputError: the source cannot be read, the target must not be written, or the journal is of other settings.
    """
    _check(source, dest, recipe)
    found = journal.find(journal_folder(dest))
    return Plan(found, source.todo(found, retry_failed=retry_failed))


def _check(source: Source, dest: Path, recipe: Recipe) -> None:
    folder = journal_folder(dest)
    journal.check_header(folder, recipe.fingerprint)
    len(source)  # opens it
    output.check_target(dest, source, ours=folder.exists())


def annotate_dataset(
    source: Source,
    dest: str | Path,
    recipe: Recipe,
    *,
    concurrency: int = 8,
    ray_workers: int | None = None,
    retry_failed: bool = False,
    prices: Prices | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Annotate every clip of ``source`` and write the dataset to ``dest``.

    A run that was killed goes on where it was when it is started again: what it had done stands in the journal
    ``<dest>.journal``. A clip that fails keeps its row, without texts; it is tried again only if asked for.

    Args:
        source: the clips.
        dest: folder to write: ``data/`` in the HandX form, ``annotations/`` with one row per text, ``README.md``.
        recipe: makes the annotator.
        concurrency: clips at a time, over all workers.
        ray_workers: actors of Ray that share the work; None works in this process.
        retry_failed: try clips again that failed in an earlier run.
        prices: for the cost in the report.
        progress: called after every clip, and once at the start.

    Returns:
        The report; the content of the files depends neither on concurrency nor on Ray nor on interruptions.

    Raises:
        InputError: as :func:`plan`; or no clip at all can be annotated, since key, model or address are wrong.
    """
    dest = Path(dest)
    folder = journal_folder(dest)
    _check(source, dest, recipe)  # what is wrong is told before a journal is begun
    with journal.hold(folder, recipe.name, recipe.fingerprint):
        planned = plan(source, dest, recipe, retry_failed=retry_failed)
        counter = _Counter(len(source) - len(planned.todo), len(source), planned.found.usage, progress)
        left = planned.found.left
        if planned.todo and ray_workers is not None:
            work_on_ray(
                recipe, source, folder, left, planned.todo, counter.add, concurrency=concurrency, workers=ray_workers
            )
        elif planned.todo:
            with Worker(recipe, source, folder, left, concurrency) as worker:
                worker.work(planned.todo, counter.add)
        found = journal.find(folder)
        tally = Tally()

        def outcome(clip: Clip) -> Annotation:
            annotation = found.outcomes[clip.clip_id, clip_digest(clip)].annotation()
            tally.add(annotation)
            return annotation

        output.write(source, dest, recipe.name, outcome, scratch=folder / "unfinished")
    return tally.report(str(dest), recipe.name, found.usage, found.usage.calls - planned.found.usage.calls, prices)


class _Counter:
    """Sums up what is done, and tells of it."""

    def __init__(self, done: int, total: int, usage: Usage, progress: Callable[[Progress], None] | None) -> None:
        self._now = Progress(done, total, 0, usage)
        self._progress = progress
        self.add(Done())

    def add(self, done: Done) -> None:
        before = self._now
        self._now = Progress(
            before.done + done.clips, before.total, before.failed + done.failed, before.usage + done.usage
        )
        if self._progress is not None:
            self._progress(self._now)
