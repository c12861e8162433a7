"""Exact distances to the palm, a fan of four triangles around the wrist (``skeleton.PALM_TRIANGLES``).

Everything is computed from the dot products of the fan's five spokes with the points in question, in float64: a few
passes over small arrays instead of many over triples, about five times as fast. The closest point of a triangle is found
by its barycentric coordinates and edges (C. Ericson, *Real-Time Collision Detection*, 2005, section 5.1.5).
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .geometry import closest_parameters
from .skeleton import LEFT, PALM_RIM, TIPS, WRIST
from .vectors import dot

_CORNERS = [WRIST, *PALM_RIM]
#: Edges of the fan as pairs of corners: five spokes, four pieces of the rim.
_EDGES = [(0, i) for i in range(1, 6)] + [(i, i + 1) for i in range(1, 5)]
_TINY = 1e-30


@numpy_or_torch
def tip_palm_distance(motion: torch.Tensor) -> torch.Tensor:
    """Exact distance of each fingertip to the opposite palm.

    Args:
        motion: ``(..., 2, 21, 3)`` metres.

    Returns:
        ``(..., 2, 5)`` metres: hand of the tip, finger in the order of ``TIP_FINGERS``.
    """
    tips = _against_other_palm(motion, list(TIPS))
    return _squared_distance(tips).clamp(min=0).sqrt().to(motion.dtype)


@numpy_or_torch
def palm_palm_distance(motion: torch.Tensor) -> torch.Tensor:
    """Exact distance between the two palms, ``(...)`` metres; 0 where they cross.

    Two sets of triangles are nearest at a corner and a face or at two edges, unless an edge pierces a face.
    """
    corners = _against_other_palm(motion, _CORNERS)
    best = torch.minimum(_squared_distance(corners).amin((-2, -1)), _edge_edge_squared(motion))
    return best.clamp(min=0).masked_fill(_pierced(corners), 0.0).sqrt().to(motion.dtype)


class _Points(NamedTuple):
    """P points of each hand beside the other hand's palm, as dot products.

    ``gram (..., 2, 5, 5)`` of the spokes, ``along (..., 2, P, 5)`` spokes with points, ``square (..., 2, P)`` of the
    points, ``height (..., 2, P, 4)`` over the triangles' planes times twice the triangle's area.
    """

    gram: torch.Tensor
    along: torch.Tensor
    square: torch.Tensor
    height: torch.Tensor


def _against_other_palm(motion: torch.Tensor, joints: list[int]) -> _Points:
    other = motion.flip(-3).double()
    wrist = other[..., WRIST : WRIST + 1, :]
    spokes = other[..., list(PALM_RIM), :] - wrist
    points = motion[..., joints, :].double() - wrist
    normals = torch.linalg.cross(spokes[..., :-1, :], spokes[..., 1:, :])
    return _Points(spokes @ spokes.mT, points @ spokes.mT, dot(points, points), points @ normals.mT)


def _squared_distance(points: _Points) -> torch.Tensor:
    """Squared distance ``(..., 2, P)`` to the fan."""
    gram, along, square, height = points
    spoke = gram.diagonal(dim1=-2, dim2=-1)[..., None, :]  # (..., 2, 1, 5)
    cross = gram.diagonal(offset=1, dim1=-2, dim2=-1)[..., None, :]  # (..., 2, 1, 4)
    inside, area = _inside(spoke, cross, along)
    best = torch.where(inside, height.square() / area.clamp(min=_TINY), torch.inf).amin(-1)

    t = (along / spoke.clamp(min=_TINY)).clamp(0, 1)
    best = torch.minimum(best, (t * (t * spoke - 2 * along)).amin(-1) + square)
    first, second = spoke[..., :-1], spoke[..., 1:]
    length = first + second - 2 * cross
    offset = along[..., 1:] - along[..., :-1] - (cross - first)
    t = (offset / length.clamp(min=_TINY)).clamp(0, 1)
    rim = t * (t * length - 2 * offset) + first - 2 * along[..., :-1]
    return torch.minimum(best, rim.amin(-1) + square)


def _inside(spoke: torch.Tensor, cross: torch.Tensor, along: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether the points project into each triangle ``(..., P, 4)``, and the squared parallelogram area."""
    first, second = spoke[..., :-1], spoke[..., 1:]
    area = first * second - cross * cross
    v = second * along[..., :-1] - cross * along[..., 1:]
    w = first * along[..., 1:] - cross * along[..., :-1]
    return (v >= 0) & (w >= 0) & (v + w <= area) & (area > 0), area


def _edge_edge_squared(motion: torch.Tensor) -> torch.Tensor:
    """Least squared distance ``(...)`` between the 9 edges of the left and the 9 of the right fan."""
    corners = motion[..., _CORNERS, :].double()
    # A common origin near the hands keeps the dot products small, so that differences of them stay exact.
    corners = corners - corners[..., LEFT : LEFT + 1, :1, :]
    start = corners[..., [a for a, _ in _EDGES], :]
    direction = corners[..., [b for _, b in _EDGES], :] - start
    (s1, s2), (d1, d2) = (x.unbind(-3) for x in (start, direction))
    a, e = dot(d1, d1)[..., :, None], dot(d2, d2)[..., None, :]
    b = d1 @ d2.mT
    c = dot(d1, s1)[..., :, None] - d1 @ s2.mT
    f = s1 @ d2.mT - dot(d2, s2)[..., None, :]
    offset = dot(s1, s1)[..., :, None] + dot(s2, s2)[..., None, :] - 2 * (s1 @ s2.mT)
    s, t = closest_parameters(a, b, c, e, f)
    return (offset + s * (s * a + 2 * c) + t * (t * e - 2 * f - 2 * s * b)).amin((-2, -1))


def _pierced(corners: _Points) -> torch.Tensor:
    """Whether an edge of either fan crosses a triangle of the other ``(...)``."""
    first, second = ([edge[i] for edge in _EDGES] for i in (0, 1))
    h0, h1 = corners.height[..., first, :], corners.height[..., second, :]
    crossing = ((h0 <= 0) & (h1 >= 0)) | ((h0 >= 0) & (h1 <= 0))
    t = torch.where(h0 == h1, 0.0, h0 / torch.where(h0 == h1, 1.0, h0 - h1))
    spoke = corners.gram.diagonal(dim1=-2, dim2=-1)[..., None, :]
    cross = corners.gram.diagonal(offset=1, dim1=-2, dim2=-1)[..., None, :]
    along0, along1 = corners.along[..., first, :], corners.along[..., second, :]
    hit = torch.zeros_like(crossing)
    for k in range(crossing.shape[-1]):
        pair = slice(k, k + 2)
        where = along0[..., pair] + t[..., k : k + 1] * (along1[..., pair] - along0[..., pair])
        hit[..., k] = _inside(spoke[..., pair], cross[..., k : k + 1], where)[0][..., 0]
    return (hit & crossing).flatten(-3).any(-1)
