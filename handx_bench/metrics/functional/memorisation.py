"""Is a prediction a training clip? Nearest-neighbour distances to the training motions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...errors import InputError
from ...hand.frames import check_frames, hand_frames
from ...hand.motion import check_motion
from ...hand.skeleton import RIGHT
from ..batch import MotionBatch
from ._scores import Scores, generations, mean_over_generations, metric_function

PERCENTILE = 1.0
_BLOCK = 1024


class TrainingIndex:
    """Training motions, seen from the right hand of their first frame, ready for nearest-neighbour search.

    A prediction counts as memorised when its nearest training clip is closer than ``threshold``: the 1st percentile of
    the distances between each training clip and its nearest *other* training clip (of all pairs, 1 % would be below
    by construction, and most of them are different recordings of one gesture). Distance: root mean square over joints
    and the frames of the clip in question; training clips are cut to them, or held at their last frame.

    Args:
        train: ``(M, T, 2, 21, 3)`` metres, at least 2 clips.
        lengths: ``(M,)`` frames that count; all where None.
    """

    def __init__(self, train: torch.Tensor, lengths: torch.Tensor | None = None) -> None:
        batch = MotionBatch(train, lengths)
        self._train = _placed(batch)
        nearest = self._nearest(self._train, batch.lengths, torch.arange(len(train)))
        self.threshold = float(torch.quantile(nearest.double(), PERCENTILE / 100))

    @classmethod
    def of(cls, train: Any, lengths: Any = None) -> TrainingIndex:
        """Check ``train`` and ``lengths``, then index them.

        Raises:
            MotionError: a training motion is not one, or a hand has no frame.
            InputError: fewer than two clips.
        """
        motion = check_motion(train, lengths, name="train").cpu().double()
        if motion.ndim != 5 or len(motion) < 2:
            raise InputError(
                f"train has shape {tuple(motion.shape)}, expected (M, T, 2, 21, 3) with two or more clips",
                fix="Give the motions of the training split",
            )
        counts = None if lengths is None else torch.as_tensor(np.asarray(lengths)).cpu()
        check_frames(motion, counts, name="train")
        return cls(motion, counts)

    def nearest(self, batch: MotionBatch) -> torch.Tensor:
        """Distance ``(M,)`` in metres of each motion to its nearest training clip."""
        return self._nearest(_placed(batch), batch.lengths)

    def _nearest(self, clips: torch.Tensor, lengths: torch.Tensor, own: torch.Tensor | None = None) -> torch.Tensor:
        """``clips (M, T, …)`` against the training clips; ``own (M,)`` numbers of training clips to leave out."""
        train = self._train.to(clips.device)
        out = clips.new_empty(len(clips))
        for length in lengths.unique().tolist():
            frames = torch.arange(length, device=clips.device).clamp(max=train.shape[1] - 1)
            against = train[:, frames].flatten(1)
            for rows in (lengths == length).nonzero()[:, 0].split(_BLOCK):
                distance = torch.cdist(clips[rows, :length].flatten(1), against)
                if own is not None:
                    distance[torch.arange(len(rows)), own[rows]] = torch.inf
                out[rows] = distance.amin(1) / (length * clips.shape[2]) ** 0.5
        return out


def _placed(batch: MotionBatch) -> torch.Tensor:
    """Joints ``(M, T, 42, 3)`` in the frame that the right hand has at first, held beyond the length.

    float32 halves the cost and is exact to microns, far below any threshold.
    """
    first = hand_frames(batch.motion[:, 0])
    origin, rotation = first.origin[:, RIGHT], first.rotation[:, RIGHT]
    return ((batch.motion.flatten(2, 3) - origin[:, None, None]) @ rotation[:, None]).float()


@metric_function
def memorised_share(pred: MotionBatch, ref: MotionBatch, *, train: TrainingIndex) -> Scores:
    """Share of predictions (%) nearer to a training clip than 99 % of training clips are to each other."""
    memorised = 100.0 * (train.nearest(pred) < train.threshold).to(torch.float64)
    return {"": mean_over_generations(generations(memorised, len(pred) // len(ref)))}
