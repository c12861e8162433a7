"""Is a prediction a training clip? Nearest-neighbour distances to the training motions."""

from __future__ import annotations

import torch

from ..batch import MotionBatch
from ._scores import Scores, generations, mean_over_generations, metric_function

PERCENTILE = 1.0
_BLOCK = 1024


class TrainingIndex:
    """Training motions, right wrist of the first frame aligned, ready for nearest-neighbour search.

    A prediction counts as memorised when its nearest training clip is closer than ``threshold``: the 1st percentile of
    the distances between each training clip and its nearest *other* training clip (of all pairs, 1 % would be below
    by construction, and most of them are different recordings of one gesture). Distance: root mean square over frames
    and joints; motions are held at their last frame, or cut, to ``num_frames``.

    Args:
        train: ``(M, T, 2, 21, 3)`` metres, at least 2 clips.
        lengths: ``(M,)``.
        num_frames: length at which predictions will come.
    """

    def __init__(self, train: torch.Tensor, lengths: torch.Tensor | None = None, num_frames: int | None = None) -> None:
        batch = MotionBatch(train, lengths)
        frames = train.shape[1] if num_frames is None else num_frames
        self.features = self._features(batch, frames)
        self.num_frames = frames
        nearest = torch.cat(
            [
                self._distances(block, i).amin(1)
                for i, block in zip(range(0, len(self.features), _BLOCK), self.features.split(_BLOCK))
            ]
        )
        self.threshold = float(torch.quantile(nearest.double(), PERCENTILE / 100))

    def nearest(self, batch: MotionBatch) -> torch.Tensor:
        """Distance ``(M,)`` in metres of each motion to its nearest training clip."""
        return self._distances(self._features(batch, self.num_frames)).amin(1)

    @staticmethod
    def _features(batch: MotionBatch, frames: int) -> torch.Tensor:
        aligned = batch.aligned[:, torch.arange(frames).clamp(max=batch.motion.shape[1] - 1)]
        # Scaled so that Euclidean distance is the root mean square over frames and joints. float32 halves the cost
        # and is exact to microns, far below any threshold.
        return (aligned.flatten(1) / (frames * aligned.shape[2] * aligned.shape[3]) ** 0.5).float()

    def _distances(self, block: torch.Tensor, own: int | None = None) -> torch.Tensor:
        distance = torch.cdist(block, self.features)
        if own is not None:
            rows = torch.arange(len(block))
            distance[rows, rows + own] = torch.inf
        return distance


@metric_function
def memorised_share(pred: MotionBatch, ref: MotionBatch, *, train: TrainingIndex) -> Scores:
    """Share of predictions (%) nearer to a training clip than 99 % of training clips are to each other."""
    memorised = 100.0 * (train.nearest(pred) < train.threshold).to(torch.float64)
    return {"": mean_over_generations(generations(memorised, len(pred) // len(ref)))}
