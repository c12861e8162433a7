"""Exact distance between segments; batched, differentiable almost everywhere.

The clamping scheme is that of C. Ericson, *Real-Time Collision Detection* (2005), section 5.1.9; segments may be points.
"""

from __future__ import annotations

import torch

from ._arrays import numpy_or_torch
from .vectors import dot


@numpy_or_torch
def segment_segment_distance(
    start1: torch.Tensor, end1: torch.Tensor, start2: torch.Tensor, end2: torch.Tensor
) -> torch.Tensor:
    """Distance between the segments ``start1``–``end1`` and ``start2``–``end2``, each ``(..., 3)``, broadcast.

    >>> a, b = torch.tensor([0.0, 0, 0]), torch.tensor([1.0, 0, 0])
    >>> segment_segment_distance(a, b, torch.tensor([0.5, 2.0, -1]), torch.tensor([0.5, 2.0, 1]))
    tensor(2.)
    """
    direction1, direction2, offset = end1 - start1, end2 - start2, start1 - start2
    s, t = closest_parameters(
        dot(direction1, direction1),
        dot(direction1, direction2),
        dot(direction1, offset),
        dot(direction2, direction2),
        dot(direction2, offset),
    )
    return (offset + s[..., None] * direction1 - t[..., None] * direction2).norm(dim=-1)


def closest_parameters(
    a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, e: torch.Tensor, f: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where two segments are nearest, as parameters in [0, 1], from dot products.

    ``a = d1·d1``, ``b = d1·d2``, ``c = d1·r``, ``e = d2·d2``, ``f = d2·r`` with directions d1, d2 and r = start1 − start2.
    """
    denominator = a * e - b * b
    # For parallel segments any s serves as a start; the clamps below repair it.
    s = ((b * f - c * e) / torch.where(denominator > 0, denominator, 1.0)).clamp(0, 1)
    t = (b * s + f) / torch.where(e > 0, e, 1.0)
    clamped = t.clamp(0, 1)
    # Where t was clamped, or the second segment is a point, s is the projection of the point at t.
    s = torch.where((t == clamped) & (e > 0), s, (b * clamped - c) / torch.where(a > 0, a, 1.0)).clamp(0, 1)
    return s, clamped
