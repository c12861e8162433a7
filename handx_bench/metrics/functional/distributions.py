"""Distribution metrics: 1-Wasserstein distances between pooled marginals, on fixed grids.

Pooled samples are counted on a fixed grid per degree of freedom, and the distance is that of the two histograms (mass
at the cell centres), so it differs from the distance of the raw samples by less than a cell. In return the state is
integer counts of constant size: it merges over batches and processes without rounding, and a bootstrap is one product of
weights and counts. The cells: 1° for angles; for angular velocities asinh-spaced, from 0.7 deg/s at rest to 3.5 % of the
value; see ``COORDINATION`` for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ...hand.angles import ANGLE_NAMES, wrap_degrees
from ...hand.skeleton import HANDS
from ..batch import MotionBatch
from .coordination import coordination_features


@dataclass(frozen=True)
class Axis:
    """One marginal: ``cells`` equal cells of asinh(x / knee) (of x where ``knee`` is None) between −reach and reach."""

    name: str
    reach: float
    cells: int
    knee: float | None = None
    low: float | None = None

    def index(self, x: torch.Tensor) -> torch.Tensor:
        """Cell of each value; values beyond the reach fall into the outermost cells."""
        start, end = self._bounds()
        position = (self._warp(x) - start) / (end - start) * self.cells
        return position.floor().clamp(0, self.cells - 1).to(torch.int64)

    def centres(self) -> torch.Tensor:
        """``(cells,)`` values at the cells' centres."""
        start, end = self._bounds()
        u = start + (torch.arange(self.cells, dtype=torch.float64) + 0.5) * ((end - start) / self.cells)
        return u if self.knee is None else torch.sinh(u) * self.knee

    def _bounds(self) -> tuple[float, float]:
        low, high = self.reach * -1 if self.low is None else self.low, self.reach
        return (low, high) if self.knee is None else (math.asinh(low / self.knee), math.asinh(high / self.knee))

    def _warp(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.knee is None else torch.asinh(x / self.knee)


@dataclass(frozen=True)
class Distribution:
    """Which marginals a metric compares and how a motion fills them.

    Attributes:
        axes: the marginals; ``offsets`` tells where each one's cells begin.
        sample: motions and their references to ``(M, S, A)`` values, NaN where undefined.
        groups: variant → indices of axes whose distances are averaged, '' over everything.
        relative: divide each distance by the reference's standard deviation.
    """

    axes: tuple[Axis, ...]
    sample: Callable[[MotionBatch], torch.Tensor]
    groups: dict[str, tuple[int, ...]]
    relative: bool = False

    @property
    def size(self) -> int:
        """Number of cells of all axes."""
        return sum(axis.cells for axis in self.axes)

    def cells(self, batch: MotionBatch) -> torch.Tensor:
        """``(M, S, A)`` global cell of every sample, −1 where undefined."""
        values = self.sample(batch)
        columns, start = [], 0
        for i, axis in enumerate(self.axes):
            column = values[..., i]
            columns.append(torch.where(column.isnan(), -1, start + axis.index(column.nan_to_num())))
            start += axis.cells
        return torch.stack(columns, dim=-1)

    def counts(self, batch: MotionBatch) -> torch.Tensor:
        """``(size,)`` integer counts of a batch."""
        cells = self.cells(batch).flatten()
        return torch.bincount(cells[cells >= 0], minlength=self.size)

    def distance(self, predicted: torch.Tensor, reference: torch.Tensor) -> dict[str, torch.Tensor]:
        """1-Wasserstein distance by variant from counts ``(..., size)``; NaN where one side is empty."""
        distances, start = [], 0
        for axis in self.axes:
            part = slice(start, start + axis.cells)
            p, r = predicted[..., part].double(), reference[..., part].double()
            p, r = p / p.sum(-1, keepdim=True), r / r.sum(-1, keepdim=True)
            centres = axis.centres().to(p.device)
            distance = ((p - r).cumsum(-1)[..., :-1].abs() * centres.diff()).sum(-1)
            if self.relative:
                mean = (r * centres).sum(-1, keepdim=True)
                spread = (r * (centres - mean).square()).sum(-1).sqrt()
                distance = distance / spread.clamp(min=float(centres.diff().min()))
            distances.append(distance)
            start += axis.cells
        stacked = torch.stack(distances, dim=-1)
        means = {name: stacked[..., list(members)].mean(-1) for name, members in self.groups.items()}
        if "" not in means:
            means = {"": torch.stack(list(means.values())).mean(0), **means}
        return means


def _angle_samples(batch: MotionBatch) -> torch.Tensor:
    degrees, valid = batch.angles
    return torch.where(valid & batch.mask[:, :, None, None], degrees, torch.nan).flatten(2)


def _velocity_samples(batch: MotionBatch) -> torch.Tensor:
    angles = _angle_samples(batch)
    return wrap_degrees(angles[:, 1:] - angles[:, :-1]) * batch.fps


def _coordination_samples(batch: MotionBatch) -> torch.Tensor:
    return coordination_features(batch)[:, None]


_DOF = [f"{hand}_{name}" for hand in HANDS for name in ANGLE_NAMES]
_ALL = tuple(range(len(_DOF)))
JOINT_ANGLES = Distribution(tuple(Axis(n, 180.0, 360) for n in _DOF), _angle_samples, {"": _ALL})
JOINT_VELOCITIES = Distribution(tuple(Axis(n, 5400.0, 360, knee=20.0) for n in _DOF), _velocity_samples, {"": _ALL})
COORDINATION = Distribution(
    (
        *(Axis(f"lag_{n}", 0.501, 501) for n in ("speed", "velocity", "flexion")),
        *(Axis(f"correlation_{n}", 1.0, 400) for n in ("speed", "velocity", "flexion")),
        Axis("distance", 4.0, 4000, knee=0.1, low=0.0),
        Axis("log_speed_ratio", 8.0, 400),
    ),
    _coordination_samples,
    {"lag": (0, 1, 2), "correlation": (3, 4, 5), "distance": (6,), "speed_ratio": (7,)},
    relative=True,
)
