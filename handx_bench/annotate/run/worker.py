"""Annotates rows within one process, so many clips at a time; the same on one machine and in every actor of Ray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from ..llm.reply import Reply
from ..llm.usage import NO_USAGE, Usage
from .annotator import Recipe, Turn, clip_digest
from .journal import Entry, JournalWriter, Left, find_dead
from .source import Source, Todo


class Done(NamedTuple):
    """What came of clips: how many, how many of them failed, and what calls made in this run used."""

    clips: int = 0
    failed: int = 0
    usage: Usage = NO_USAGE


class Worker:
    """Annotators, their event loop and their file of the journal. A context manager.

    Args:
        recipe: makes the annotator.
        source: the clips.
        journal: its folder.
        left: what earlier runs left to go on with.
        concurrency: clips at a time, and with that calls at a time.
    """

    def __init__(self, recipe: Recipe, source: Source, journal: Path, left: Left, concurrency: int) -> None:
        self._source = source
        self._concurrency = concurrency
        self._log = _Log(journal, left)
        self._runner = asyncio.Runner()
        try:
            self._annotator = recipe.build(self._log)
        except BaseException:
            self._log.close()
            self._runner.close()
            raise

    def work(self, rows: Iterable[Todo], report: Callable[[Done], None]) -> None:
        """Annotate ``rows``, telling ``report`` of every clip.

        Raises:
            InputError: no clip at all can be annotated; what was done before is in the journal.
        """
        self._log.inherit()
        self._runner.run(self._work(rows, report))

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._runner.run(self._annotator.close())
        finally:
            self._runner.close()
            self._log.close()

    async def _work(self, rows: Iterable[Todo], report: Callable[[Done], None]) -> None:
        waiting = iter(rows)
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(self._concurrency):
                    lanes.create_task(self._lane(waiting, report))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # lanes that failed beside it failed for the same reason

    async def _lane(self, waiting: Iterable[Todo], report: Callable[[Done], None]) -> None:
        for todo in waiting:
            clip = self._source.clip(todo.row)
            turn = Turn(clip.clip_id, clip_digest(clip), todo.round)
            failed = self._log.finished(turn)
            if failed is None:
                annotation = await self._annotator.annotate(clip, turn)
                self._log.finish(turn, annotation)
                failed = annotation.texts is None
            report(Done(1, failed, self._log.take_usage()))
            await asyncio.sleep(0)  # an annotator that never waits would keep Ctrl-C out


class _Log(JournalWriter):
    """What this process writes, and what processes that are gone have left."""

    def __init__(self, folder: Path, left: Left) -> None:
        super().__init__(folder)
        self._pending = dict(left.pending)
        self._known = left.files
        self._outcomes: dict[tuple[str, str], Entry] = {}
        self._usage = NO_USAGE

    def inherit(self) -> None:
        """Take over from processes of this very run that have died: Ray gives their rows to others."""
        found = find_dead(self._folder, self._known)
        self._pending.update(found.left.pending)
        self._outcomes.update(found.outcomes)
        self._known |= found.left.files

    def finished(self, turn: Turn) -> bool | None:
        """Whether a turn that another process finished failed; None where it is to be done."""
        entry = self._outcomes.get(turn[:2])
        return None if entry is None or entry.round < turn.round else entry.failed

    def recall(self, key: str) -> Reply | None:
        """The answer to a call, if there has been one."""
        return self._pending.get(key)

    def record(self, key: str, turn: Turn, reply: Reply) -> None:
        super().record(key, turn, reply)
        self._usage += reply.usage

    def take_usage(self) -> Usage:
        """What the calls since last asked have used."""
        usage, self._usage = self._usage, NO_USAGE
        return usage
