"""The clips of a protocol, in one fixed order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.check import clip_from_row
from ..data.clip import FEATURES, Clip
from ..errors import InputError


def iter_clips(dataset: Any) -> Iterator[Clip]:
    """The rows of a ``datasets.Dataset`` that fits ``data.clip.FEATURES``, one by one as clips without MANO.

    Raises:
        InputError: a column is missing, or a value does not fit, naming the clip.
    """
    missing = set(FEATURES) - {"mano"} - set(dataset.column_names)
    if missing:
        raise InputError(
            f"the dataset has no column {sorted(missing)[0]!r}", fix="Load it with handx_bench.load_dataset"
        )
    # Decoding MANO parameters takes longer than all the rest, and nobody here looks at them.
    light = dataset.remove_columns("mano") if "mano" in dataset.column_names else dataset
    for row in light:
        yield clip_from_row({**row, "mano": None})


@dataclass(frozen=True)
class ClipSet:
    """Clips sorted by id, so that no score depends on the order in which a dataset happens to be stored.

    Raises:
        InputError: no clip, a duplicate id, or clips of different frame rates.
    """

    clips: tuple[Clip, ...]

    def __post_init__(self) -> None:
        clips = tuple(sorted(self.clips, key=lambda clip: clip.clip_id))
        if not clips:
            raise InputError("the dataset has no clip", fix="Check name and split")
        for one, two in itertools.pairwise(clips):
            if one.clip_id == two.clip_id:
                raise InputError(
                    "duplicate clip id in the dataset", where=f"clip {one.clip_id!r}", fix="Name clips apart"
                )
        odd = next((c for c in clips if c.fps != clips[0].fps), None)
        if odd is not None:
            raise InputError(
                f"clips have different frame rates: {clips[0].fps:g} and {odd.fps:g}",
                where=f"clip {odd.clip_id!r}",
                fix="Resample the dataset to one rate",
            )
        object.__setattr__(self, "clips", clips)

    @classmethod
    def from_dataset(cls, dataset: Any) -> ClipSet:
        """All rows of a ``datasets.Dataset``."""
        return cls(tuple(iter_clips(dataset)))

    def __len__(self) -> int:
        return len(self.clips)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.clips)

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """Sorted ids."""
        return tuple(clip.clip_id for clip in self.clips)

    @property
    def sequence_ids(self) -> tuple[str, ...]:
        """The unit of independence of each clip."""
        return tuple(clip.sequence_id for clip in self.clips)

    @property
    def fps(self) -> float:
        """Frames per second, the same for all."""
        return self.clips[0].fps

    @property
    def lengths(self) -> np.ndarray:
        """``(N,)`` int64 frames per clip."""
        return np.array([len(clip.motion) for clip in self.clips], dtype=np.int64)

    def padded(self) -> np.ndarray:
        """``(N, T, 2, 21, 3)`` float32; beyond its length a clip holds its last frame."""
        frames = np.arange(int(self.lengths.max()))
        return np.stack([clip.motion[np.minimum(frames, len(clip.motion) - 1)] for clip in self.clips])
