"""The inputs of scoring: checked once, then cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..annotate.texts import PARTS
from ..errors import InputError
from .batch import MotionBatch
from .functional._scores import check_pair
from .functional.memorisation import TrainingIndex
from .registry import MetricInfo


@dataclass
class ScoreInputs:
    """Checked inputs, and the batches of a chunk."""

    pred: torch.Tensor
    ref: torch.Tensor
    lengths: torch.Tensor
    clip_ids: list[str]
    sequence_ids: list[str]
    fps: float
    given: dict[str, Any] = field(default_factory=dict)
    train: TrainingIndex | None = None

    @classmethod
    def check(
        cls, pred: Any, ref: Any, lengths: Any, clip_ids: Any, sequence_ids: Any,
        constraints: Any, transitions: Any, texts: Any, train: Any, train_lengths: Any, fps: float,
    ) -> ScoreInputs:  # fmt: skip
        if not 1 <= fps <= 1000:
            raise InputError(f"fps is {fps}, expected 1–1000", fix="Give frames per second")
        prediction, reference, counts = check_pair(pred, ref, lengths, clip_ids)
        count, frames = reference.shape[:2]
        ids = [str(i) for i in range(count)] if clip_ids is None else [str(i) for i in clip_ids]
        sequences = ids if sequence_ids is None else [str(i) for i in sequence_ids]
        for name, names in (("clip_ids", ids), ("sequence_ids", sequences)):
            if len(names) != count:
                raise InputError(f"{len(names)} {name} for {count} clips", fix=f"Give one of the {name} per clip")
        doubles = sorted({i for i in ids if ids.count(i) > 1}) if len(set(ids)) < count else []
        if doubles:
            raise InputError(f"clip id {doubles[0]!r} occurs more than once", fix="Clip ids must be unique")
        given: dict[str, Any] = {}
        for name, value, shape in (
            ("constraints", constraints, (count, frames, 2, 21)),
            ("transitions", transitions, (count, frames)),
        ):
            if value is not None:
                mask = torch.as_tensor(np.asarray(value))
                if mask.dtype != torch.bool or tuple(mask.shape) != shape:
                    raise InputError(
                        f"{name} are {mask.dtype} {tuple(mask.shape)}, expected bool {shape}",
                        fix="True marks what the generator was given",
                    )
                given[name] = mask
        if texts is not None:
            given["texts"] = _check_texts(texts, count)
        index = None
        if train is not None:
            index = TrainingIndex.of(train, train_lengths)
        return cls(prediction.cpu(), reference.cpu(), counts, ids, sequences, float(fps), given, index)

    @property
    def num_clips(self) -> int:
        return self.pred.shape[0]

    @property
    def num_generations(self) -> int:
        return self.pred.shape[1]

    def chunk(self, part: slice) -> tuple[MotionBatch, MotionBatch]:
        """Predictions and references of some clips."""
        lengths = self.lengths[part]
        ours = MotionBatch(
            self.pred[part].flatten(0, 1).double(), lengths.repeat_interleave(self.num_generations), self.fps
        )
        return ours, MotionBatch(self.ref[part].double(), lengths, self.fps)

    def others(self, partners: np.ndarray, part: slice) -> MotionBatch:
        """Other real clips in the place of predictions, held at their last frame or cut to the clip's length."""
        index = torch.from_numpy(partners[part])
        held = MotionBatch(self.ref[index.flatten()].double(), self.lengths[index.flatten()], self.fps).motion
        return MotionBatch(held, self.lengths[part].repeat_interleave(index.shape[1]), self.fps)

    def options(self, info: MetricInfo, part: slice) -> dict[str, Any]:
        """Further input of a metric."""
        if info.optional == "train":
            return {"train": self.train}
        return {info.optional: self.given[info.optional][part]} if info.optional else {}

    def has(self, optional: str | None) -> bool:
        return optional is None or optional in self.given or (optional == "train" and self.train is not None)


def _check_texts(texts: Any, count: int) -> list[tuple[str, ...]]:
    rows = [tuple(clip) if isinstance(clip, Sequence) and not isinstance(clip, str) else () for clip in texts]
    for i, row in enumerate(rows):
        if len(row) != len(PARTS) or not all(isinstance(text, str) for text in row):
            raise InputError(
                f"the texts of a clip are {str(row)[:80]!r}, expected three texts",
                where=f"clip {i}",
                fix=f"Give the texts of {', '.join(PARTS)}; '' where there is none",
            )
    if len(rows) != count:
        raise InputError(f"{len(rows)} texts for {count} clips", fix="Give three texts per clip (N, 3)")
    return rows
