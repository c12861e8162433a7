"""What a dataset holds, in numbers that show at a glance whether it is what one thinks it is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow.compute as pc
from datasets import Dataset
from pydantic import BaseModel, ConfigDict

from ..hand.skeleton import HANDS, WRIST

_BATCH = 256


class Range(BaseModel):
    """Least, median and greatest value over the clips."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float
    median: float
    max: float


class DatasetSummary(BaseModel):
    """Counts over the clips of a dataset.

    ``texts`` counts the clips that have a text per kind, and ``detail_levels`` the clips per number of texts;
    ``span_m`` is, per hand, the median over a clip's frames of the distance from the wrist to the farthest joint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    clips: int
    frames: int
    hours: float
    frames_per_clip: Range
    fps: dict[str, int]
    splits: dict[str, int]
    sources: dict[str, int]
    sequences: int
    subjects: int
    actions: dict[str, int]
    texts: dict[str, int]
    detail_levels: dict[str, int]
    mano: int
    licenses: dict[str, int]
    span_m: dict[str, Range]


def summarise(dataset: Dataset, name: str) -> DatasetSummary:
    """Count what ``dataset``, as :func:`handx_bench.load_dataset` returns it, holds. Reads every motion once."""
    lengths: list[int] = []
    spans: list[np.ndarray] = []
    for batch in dataset.select_columns(["motion"]).with_format("numpy").iter(_BATCH):
        for motion in batch["motion"]:
            lengths.append(len(motion))
            reach = np.linalg.norm(motion - motion[:, :, WRIST : WRIST + 1], axis=-1).max(-1)
            spans.append(np.median(reach, axis=0))
    frames = np.array(lengths)
    plain = dataset.with_format(None)
    fps = np.asarray(plain["fps"], float)
    span = np.stack(spans)
    levels = Counter(len(texts) for texts in plain["left_texts"])
    return DatasetSummary(
        name=name,
        clips=len(dataset),
        frames=int(frames.sum()),
        hours=float((frames / fps).sum() / 3600),
        frames_per_clip=_range(frames),
        fps=_counts([f"{rate:g}" for rate in fps]),
        splits=_counts(plain["split"]),
        sources=_counts(plain["source"]),
        sequences=len(set(plain["sequence_id"])),
        subjects=len(set(plain["subject"]) - {""}),
        actions=_counts(action for action in plain["action"] if action),
        texts={kind: sum(any(texts) for texts in plain[f"{kind}_texts"]) for kind in ("left", "right", "interaction")},
        detail_levels={str(count): clips for count, clips in sorted(levels.items())},
        mano=_with_mano(plain),
        licenses=_counts(plain["license"]),
        span_m={hand: _range(span[:, i]) for i, hand in enumerate(HANDS)},
    )


def _counts(values: Any) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _range(values: np.ndarray) -> Range:
    return Range(min=float(values.min()), median=float(np.median(values)), max=float(values.max()))


def _with_mano(plain: Dataset) -> int:
    # Through Arrow: reading the parameters themselves would take longer than all the rest.
    column = plain.select_columns(["mano"]).with_format("arrow")
    return sum(
        int(pc.sum(pc.is_valid(pc.struct_field(batch["mano"], 0))).as_py() or 0) for batch in column.iter(_BATCH)
    )
