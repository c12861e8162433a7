"""The motion codes of clips, one after the other, from whatever can be looked at; and lines of JSON about them."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..annotate.codes import MotionCodes, motion_codes
from ..annotate.texts import Texts
from ..errors import InputError
from ..files import atomic_path
from .sources import DEFAULT_FPS, Source, open_sources


@dataclass(frozen=True)
class Clips:
    """Clips of one source; of predictions those of one generation."""

    source: Source
    generation: int

    def __len__(self) -> int:
        return self.source.num_clips

    def index_of(self, clip: str | None) -> int:
        """See :meth:`.sources.Source.index_of`."""
        return self.source.index_of(clip)

    def clip_id(self, index: int) -> str:
        """The id of a clip; where it has none, that which :func:`handx_bench.load_dataset` gives it."""
        if self.source.clip_ids is not None:
            return self.source.clip_ids[index]
        return self.source.name if len(self) == 1 else f"{self.source.name}-{index:0{len(str(len(self) - 1))}d}"

    def codes(self, index: int) -> MotionCodes:
        """What a clip does.

        Raises:
            InputError: the motion is none; naming the clip.
        """
        motion, fps = self.source.read(index, self.generation)
        try:
            return motion_codes(motion, fps or DEFAULT_FPS)
        except InputError as error:
            where = ", ".join(filter(None, (self.source.where, f"clip {self.clip_id(index)!r}", error.where)))
            raise InputError(error.what, where=where, fix=error.fix) from error

    def texts(self, index: int) -> Texts:
        """The texts that came with a clip."""
        return self.source.texts(index)


def open_clips(name_or_path: str, split: str | None = None, generation: int | None = None) -> Clips:
    """The clips of a dataset, of a file of motions or predictions, or of a folder of generated samples.

    Args:
        split: of a dataset.
        generation: which one of several; the first if None. Of generated samples, which hold both, it is the
            prediction, and the reference if None.

    Raises:
        InputError: nothing readable is there, or there is no such split or generation.
    """
    sources = open_sources([name_or_path], split)
    source = sources[0 if generation is None else -1]
    if generation is not None and not 0 <= generation < source.num_generations:
        raise InputError(
            f"there is no generation {generation}", where=name_or_path, fix=f"There are 0–{source.num_generations - 1}"
        )
    return Clips(source, generation or 0)


def write_lines(
    path: str | Path,
    clips: Clips,
    indices: Sequence[int],
    record: Callable[[int], dict[str, Any]],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a line of JSON for each clip, the file whole or not at all.

    Args:
        indices: of the clips, in the order of the lines.
        record: what to say of the clip at an index, besides its ``clip_id``; only one is held at a time.
        progress: called with (clips done, of how many).
    """
    with (
        _no_full_collections(),
        atomic_path(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="\n") as stream,
    ):
        for done, index in enumerate(indices, 1):
            line = {"clip_id": clips.clip_id(index), **record(index)}
            stream.write(json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
            if progress is not None:
                progress(done, len(indices))


@contextmanager
def _no_full_collections() -> Iterator[None]:
    """Spares the garbage collector what was there before: looking through it would take a fifth of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
