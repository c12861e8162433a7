"""Clips by row number, loaded when first needed and read one at a time, so that large sets stay on disk."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from handx_bench import load_dataset
from handx_bench.bench.request import Request
from handx_bench.errors import InputError


class ClipStore:
    """One split of a dataset.

    Args:
        dataset: anything that ``handx_bench.load_dataset`` takes, or a ``datasets.Dataset``.
        split: which split to load; of no meaning where a ``datasets.Dataset`` is given.
    """

    def __init__(self, dataset: Any, split: str) -> None:
        self._source, self._split = dataset, split

    @cached_property
    def rows(self) -> Any:
        """The ``datasets.Dataset``.

        Raises:
            InputError: it has no clip.
        """
        rows = load_dataset(self._source, self._split) if isinstance(self._source, str) else self._source
        if len(rows) == 0:
            raise InputError("the dataset has no clip", where=f"{self._source} {self._split}", fix="Check the split")
        return rows

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """All values of a light column."""
        return list(self.rows[name])

    @cached_property
    def clip_ids(self) -> list[str]:
        """Ids by row number."""
        return [str(clip_id) for clip_id in self.column("clip_id")]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row number by id."""
        return {clip_id: row for row, clip_id in enumerate(self.clip_ids)}

    def motion(self, row: int, request: Request) -> np.ndarray:
        """``(T, 2, 21, 3)`` float32 of a row, for an answer to ``request``.

        Raises:
            InputError: the clip has another frame rate than is asked for.
        """
        clip = self.rows[row]
        if not np.isclose(float(clip["fps"]), request.fps):
            raise InputError(
                f"a clip with {float(clip['fps']):g} fps cannot answer a request for {request.fps:g} fps",
                where=f"clip {self.clip_ids[row]!r}",
                fix="Resample the dataset to one rate",
            )
        return np.asarray(clip["motion"], dtype=np.float32)
