"""Finding the clip to look at: in a motion file, a predictions file, generated samples or a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..annotate.texts import Texts
from ..bench.predictions import MAX_FILE_BYTES, read_predictions
from ..bench.safetensors_header import read_header
from ..data import load_dataset
from ..data.readers.arrays import SUFFIXES, read_motion
from ..data.readers.generated import read_generated, sample_files
from ..data.readers.release import is_release_file
from ..errors import InputError
from .tracks import MAX_TRACKS

DEFAULT_FPS = 30.0
_IDS_IN_MESSAGE = 5
#: ``--generation all`` shows no more generations than fit side by side.
_MOST_GENERATIONS = MAX_TRACKS - 1


@dataclass(frozen=True)
class Source:
    """Clips that can be looked at, read only when asked for.

    Attributes:
        name: what stands above its motions.
        where: the path or name it was opened by, for messages.
        clip_ids: N ids, None where the source has none.
        num_clips, num_generations: N and K.
        read: ``(clip, generation) -> (motion (T, 2, 21, 3) metres, fps)``, fps None where the source does not say.
        texts: ``clip -> what the clip should show``, any number of levels.
        action: ``clip -> its name``, where there are no texts.
    """

    name: str
    where: str
    clip_ids: Sequence[str] | None
    num_clips: int
    num_generations: int
    read: Callable[[int, int], tuple[np.ndarray, float | None]]
    texts: Callable[[int], Texts] = field(default=lambda clip: Texts((), (), ()))
    action: Callable[[int], str] = field(default=lambda clip: "")

    def text(self, clip: int) -> str:
        """What the clip should show, lines."""
        return texts_of(*self.texts(clip)) or self.action(clip)

    def index_of(self, clip: str | None) -> int:
        """Index of the clip with this id, or at this index; the first if None.

        Raises:
            InputError: there is no such clip; the message shows some ids.
        """
        if clip is None:
            return 0
        ids = self.clip_ids
        if ids is not None and clip in ids:
            return list(ids).index(clip)
        if clip.isascii() and clip.isdigit() and len(clip) < 12 and int(clip) < self.num_clips:
            return int(clip)
        known = f"indices 0–{self.num_clips - 1}"
        if ids is not None:
            shown = ", ".join(list(ids)[:_IDS_IN_MESSAGE])
            known += f" or ids such as {shown}; a data set may need --split"
        raise InputError(f"there is no clip {clip[:200]!r}", where=self.where, fix=f"There are {known}")


@dataclass(frozen=True)
class Chosen:
    """The motions of one clip from all sources: by name, with their frame rates, and what they should show."""

    clip: str
    text: str
    motions: dict[str, np.ndarray]
    fps: dict[str, float]


def open_sources(names_or_paths: Sequence[str], split: str | None = None) -> list[Source]:
    """Open each of ``names_or_paths``; generated samples give two sources, the reference and the predictions.

    Args:
        split: of the datasets among them; files of motions and predictions have none.

    Raises:
        InputError: nothing readable is there, or a split is asked of what has none.
    """
    opened = [_open_file(name) for name in names_or_paths]
    if split is not None and None not in opened:
        raise InputError(f"no input has a split {split[:100]!r}", fix="Only datasets have splits: leave it out")
    return [
        source
        for name, sources in zip(names_or_paths, opened)
        for source in (sources if sources is not None else [_open_dataset(name, split)])
    ]


def _open_file(name: str) -> list[Source] | None:
    """What stands in files that are no dataset; None where a dataset is meant."""
    path = Path(name)
    if path.is_dir() and sample_files(path):
        return _open_generated(path)
    if not path.is_file() or path.suffix not in SUFFIXES or is_release_file(path):
        return None
    if path.suffix == ".safetensors" and _is_predictions(path):
        return [_open_predictions(path)]
    return [_open_motion_file(path)]


def choose(sources: Sequence[Source], clip: str | None, generation: str = "0") -> Chosen:
    """Pick one clip out of each source.

    The first source with ids says which clip it is, and the others with ids must have it, since files need not be
    in the same order. A source of one clip gives that clip; one without ids but with as many clips, the one at that
    place.

    Args:
        clip: id or index in the first source; its first clip if None.
        generation: index of the generation to show where there are several, or ``all``.

    Raises:
        InputError: no such clip or generation.
    """
    motions: dict[str, np.ndarray] = {}
    rates: dict[str, float | None] = {}
    wanted, text, name = clip, "", ""
    first: tuple[int, int] | None = None  # index in the first source with ids, and its number of clips
    for source in sources:
        if source.num_clips == 1 and (source.clip_ids is None or not name):
            index = 0
        elif source.clip_ids is None and first is not None and first[1] == source.num_clips:
            index = first[0]  # without ids, but as many: the same place, as in scoring
        else:
            index = source.index_of(wanted)
        if source.clip_ids is not None and not name:
            wanted = name = source.clip_ids[index]
            first = index, source.num_clips
        text = text or source.text(index)
        for k in _generations(source, generation):
            label = _unique(f"{source.name} #{k}" if source.num_generations > 1 else source.name, motions)
            motions[label], rates[label] = source.read(index, k)
    # Files that state no rate, as predictions, are at the rate of what they are shown beside.
    usual = next((rate for rate in rates.values() if rate is not None), DEFAULT_FPS)
    return Chosen(name or (clip or ""), text, motions, {key: rate or usual for key, rate in rates.items()})


def _generations(source: Source, generation: str) -> range:
    if generation == "all":
        return range(min(source.num_generations, _MOST_GENERATIONS))
    if not (generation.isascii() and generation.isdigit() and len(generation) < 9):
        raise InputError(f"generation {generation[:50]!r} is no index", fix="Give a number from 0, or 'all'")
    k = int(generation)
    if source.num_generations == 1:  # a reference beside predictions
        return range(1)
    if k >= source.num_generations:
        raise InputError(
            f"there is no generation {k}", where=source.where, fix=f"There are 0–{source.num_generations - 1}"
        )
    return range(k, k + 1)


def _open_motion_file(path: Path) -> Source:
    file = read_motion(path)
    several = file.motion.ndim == 6

    def read(clip: int, generation: int) -> tuple[np.ndarray, float | None]:
        motion = file.motion[clip, generation] if several else file.motion[clip]
        frames = len(motion) if file.lengths is None else int(file.lengths[clip])
        return motion[:frames], file.fps

    count = file.motion.shape[1] if several else 1
    return Source(path.stem, str(path), file.clip_id, len(file), count, read)


def _open_predictions(path: Path) -> Source:
    predictions = read_predictions(path)

    def read(clip: int, generation: int) -> tuple[np.ndarray, float | None]:
        motion = predictions.motion[clip, generation, : int(predictions.lengths[clip])]
        return np.asarray(motion, dtype=np.float32), None

    name = predictions.generator or path.stem
    return Source(name, str(path), predictions.clip_ids, predictions.num_clips, predictions.num_generations, read)


def _open_generated(path: Path) -> list[Source]:
    samples = read_generated(path)

    def texts(clip: int) -> Texts:
        return Texts((samples.left_texts[clip],), (samples.right_texts[clip],), (samples.interaction_texts[clip],))

    def read_ref(clip: int, generation: int) -> tuple[np.ndarray, float | None]:
        return samples.ref[clip], None

    def read_pred(clip: int, generation: int) -> tuple[np.ndarray, float | None]:
        return samples.pred[clip, generation], None

    count, generations = samples.pred.shape[:2]
    return [
        Source("reference", str(path), samples.clip_ids, count, 1, read_ref, texts),
        Source("prediction", str(path), samples.clip_ids, count, generations, read_pred, texts),
    ]


def _open_dataset(name: str, split: str | None) -> Source:
    dataset = load_dataset(name, split=split)
    motions = dataset.select_columns(["motion", "fps"])  # rows unfold all their columns
    told = dataset.select_columns(["left_texts", "right_texts", "interaction_texts", "action"]).with_format(None)

    def read(clip: int, generation: int) -> tuple[np.ndarray, float | None]:
        row: dict[str, Any] = motions[clip]
        return np.asarray(row["motion"], dtype=np.float32), float(row["fps"])

    def texts(clip: int) -> Texts:
        row: dict[str, Any] = told[clip]
        return Texts(tuple(row["left_texts"]), tuple(row["right_texts"]), tuple(row["interaction_texts"]))

    def action(clip: int) -> str:
        return str(told[clip]["action"] or "")

    ids = [str(i) for i in dataset.with_format(None)["clip_id"]]
    label = Path(name).stem if Path(name).exists() else name
    return Source(label, name, ids, len(ids), 1, read, texts, action)


def texts_of(left: Sequence[str], right: Sequence[str], interaction: Sequence[str]) -> str:
    """The fullest level of detail, which generators are asked with; one line for each hand and one for both."""
    parts = (("Left", left), ("Right", right), ("Both", interaction))
    return "\n".join(f"{name}: {texts[-1]}" for name, texts in parts if len(texts) and texts[-1])


def _is_predictions(path: Path) -> bool:
    return "generator" in read_header(path, max_bytes=MAX_FILE_BYTES).metadata


def _unique(name: str, taken: dict[str, Any]) -> str:
    if name not in taken:
        return name
    return next(f"{name} ({i})" for i in range(2, MAX_TRACKS + 3) if f"{name} ({i})" not in taken)
