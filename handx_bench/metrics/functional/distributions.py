"""Distribution metrics: 1-Wasserstein distances between pooled marginals, on fixed grids.

Pooled samples are counted on a fixed grid per degree of freedom, and the distance is that of the two histograms (mass
at the cell centres), so it differs from the distance of the raw samples by less than a cell. In return the state is
integer counts of constant size: it merges over batches and processes without rounding, and a bootstrap is one product of
weights and counts. The cells: 1° for angles; for angular velocities asinh-spaced, from 0.7 deg/s at rest to 3.5 % of the
value; see ``COORDINATION`` for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

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
        relative: divide each distance by the reference's standard deviation; undefined where that is below a cell.
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
        columns = []
        for column, (axis, part) in zip(values.unbind(-1), self._parts()):
            columns.append(torch.where(column.isnan(), -1, part.start + axis.index(column.nan_to_num())))
        return torch.stack(columns, dim=-1)

    def counts(self, batch: MotionBatch) -> torch.Tensor:
        """``(size,)`` integer counts of a batch."""
        cells = self.cells(batch).flatten()
        return torch.bincount(cells[cells >= 0], minlength=self.size)

    def distance(
        self, predicted: torch.Tensor, reference: torch.Tensor, spread: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        """1-Wasserstein distance by variant, the mean over its marginals.

        A marginal that the reference leaves empty is left out. One that only the prediction leaves empty (fingers bent
        so far that they never have an abduction) counts as one standard deviation of the reference: what a
        generator avoids must not look better than what it does. NaN where no marginal is left.

        Args:
            predicted, reference: counts ``(..., size)``.
            spread: ``(A,)`` standard deviations to go by, those of ``reference`` where None.
        """
        return self.by_group(self.distances(predicted, reference, spread))

    def distances(
        self, predicted: torch.Tensor, reference: torch.Tensor, spread: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The distance ``(..., A)`` of each marginal; see :meth:`distance`."""
        distances = []
        spreads = (self.spread(reference) if spread is None else spread).unbind(-1)
        for (axis, part), deviation in zip(self._parts(), spreads):
            p, r = predicted[..., part].double(), reference[..., part].double()
            full, known = p.sum(-1) > 0, r.sum(-1) > 0
            p, r = (x / x.sum(-1, keepdim=True) for x in (p, r))
            centres = axis.centres().to(p.device)
            distance = ((p - r).cumsum(-1)[..., :-1].abs() * centres.diff()).sum(-1)
            distance = torch.where(known & ~full, deviation, distance)
            if self.relative:
                # All references in one cell: their spread is that of the grid, and tells nothing.
                distance = torch.where(deviation > float(centres.diff().min()), distance / deviation, torch.nan)
            distances.append(distance)
        return torch.stack(distances, dim=-1)

    def spread(self, counts: torch.Tensor) -> torch.Tensor:
        """Standard deviation ``(..., A)`` of each marginal, NaN where it is empty."""
        out = []
        for axis, part in self._parts():
            r = counts[..., part].double()
            r = r / r.sum(-1, keepdim=True)
            centres = axis.centres().to(r.device)
            mean = (r * centres).sum(-1, keepdim=True)
            out.append((r * (centres - mean).square()).sum(-1).sqrt())
        return torch.stack(out, dim=-1)

    def filled(self, counts: torch.Tensor) -> torch.Tensor:
        """``(..., A)`` True where a marginal has a sample."""
        return torch.stack([counts[..., part].sum(-1) > 0 for _, part in self._parts()], dim=-1)

    def by_group(self, values: torch.Tensor) -> dict[str, Any]:
        """Mean of ``values (..., A)`` by variant over the marginals that are defined."""
        means = {name: values[..., list(members)].nanmean(-1) for name, members in self.groups.items()}
        if "" not in means:
            means = {"": torch.stack(list(means.values())).nanmean(0), **means}
        return means

    def _parts(self) -> Iterator[tuple[Axis, slice]]:
        start = 0
        for axis in self.axes:
            yield axis, slice(start, start + axis.cells)
            start += axis.cells


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
