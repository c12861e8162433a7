"""The clips to annotate, by their row: what a process needs to find its share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import datasets
import numpy as np
from datasets import Dataset

from ...data.check import clip_from_row
from ...data.clip import Clip
from ...data.load import load_dataset
from ...data.readers.parquet import iter_clips
from ...errors import InputError
from .annotator import clip_digest
from .journal import Found


class Todo(NamedTuple):
    """A row to annotate, and the round that it is in."""

    row: int
    round: int


@dataclass(frozen=True)
class Source:
    """Which clips are meant; can be pickled, and opened by every process.

    Attributes:
        name: whatever :func:`handx_bench.load_dataset` reads.
        splits: only these, in this order; all where None.
        limit: only the first so many clips.
    """

    name: str
    splits: tuple[str, ...] | None = None
    limit: int | None = None

    def __len__(self) -> int:
        return len(self._dataset)

    def clip(self, row: int) -> Clip:
        """The clip of a row, without its MANO parameters, which no annotator looks at."""
        return clip_from_row({**self._without_mano[row], "mano": None}, where=self.name)

    def ids(self) -> list[str]:
        """The ids of the clips."""
        return list(self._dataset.with_format(None)["clip_id"])

    def by_split(self) -> Iterator[tuple[str, Iterator[Clip]]]:
        """The clips of each split, whole, a group in memory at a time."""
        column = np.asarray(self._dataset.with_format(None)["split"])
        for split in dict.fromkeys(column.tolist()):
            yield split, iter_clips(self._dataset.select(np.flatnonzero(column == split)), self.name)

    def todo(self, found: Found, *, retry_failed: bool) -> list[Todo]:
        """The rows that have no outcome yet, and with ``retry_failed`` those that failed.

        An outcome counts for the motion that it was made for; a clip that has changed since is annotated anew.
        """
        if not found.outcomes:
            return [Todo(row, 0) for row in range(len(self))]
        rows = []
        for row in range(len(self)):
            clip = self.clip(row)
            entry = found.outcomes.get((clip.clip_id, clip_digest(clip)))
            if entry is None:
                rows.append(Todo(row, 0))
            elif entry.failed and retry_failed:
                rows.append(Todo(row, entry.round + 1))
        return rows

    @cached_property
    def _dataset(self) -> Dataset:
        if self.splits is None:
            dataset = load_dataset(self.name)
        else:
            parts = [load_dataset(self.name, split) for split in dict.fromkeys(self.splits)]
            dataset = datasets.concatenate_datasets(parts)
        if self.limit is not None:
            dataset = dataset.select(range(min(self.limit, len(dataset))))
        if len(dataset) == 0:
            raise InputError("there is no clip", where=self.name)
        return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)

    @cached_property
    def _without_mano(self) -> Dataset:
        return self._dataset.remove_columns("mano")

    def __getstate__(self) -> dict[str, Any]:
        # Datasets that are open stay where they are.
        return {"name": self.name, "splits": self.splits, "limit": self.limit}
