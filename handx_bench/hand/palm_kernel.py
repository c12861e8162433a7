"""Exact palm distances of a clip, compiled: what :mod:`.palm` computes for batches of tensors on any device.

A frame costs a few microseconds here, where the tensors of one clip would cost as much per operation. Closest points
follow C. Ericson, *Real-Time Collision Detection* (2005), sections 5.1.5 and 5.1.9.
"""

from __future__ import annotations

import numba
import numpy as np

from .skeleton import PALM_RIM, TIPS, WRIST

#: Wrist and rim of the palm; triangles are (0, i, i + 1).
_CORNERS = np.array([WRIST, *PALM_RIM])
_TRIANGLES = len(PALM_RIM) - 1
_EDGES = _CORNERS[np.array([(0, i) for i in range(1, 6)] + [(i, i + 1) for i in range(1, 5)])]
_TIPS = np.array(TIPS)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def tip_palm_distances(motion: np.ndarray, out: np.ndarray) -> None:  # pragma: no cover - compiled
    """Distances of the left hand's tips to the right palm, then of the right hand's to the left one.

    Args:
        motion: ``(T, 2, 21, 3)``.
        out: ``(10, T)``, which is filled.
    """
    for t in range(len(motion)):
        for h in range(2):
            for k in range(5):
                out[5 * h + k, t] = _point_palm(motion[t, h, _TIPS[k]], motion[t, 1 - h])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def palm_palm_distances(motion: np.ndarray, out: np.ndarray) -> None:  # pragma: no cover - compiled
    """Distances between the palms of ``motion (T, 2, 21, 3)`` into ``out (T,)``; 0 where they cross."""
    for t in range(len(motion)):
        out[t] = _palm_palm(motion[t, 0], motion[t, 1])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _point_palm(point: np.ndarray, hand: np.ndarray) -> float:  # pragma: no cover - compiled
    """Distance of ``point (3,)`` to the palm of ``hand (21, 3)``."""
    best = np.inf
    for t in range(_TRIANGLES):
        a, b, c = hand[_CORNERS[0]], hand[_CORNERS[t + 1]], hand[_CORNERS[t + 2]]
        best = min(best, _point_triangle(point, a, b, c))
    return np.sqrt(best)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _palm_palm(left: np.ndarray, right: np.ndarray) -> float:  # pragma: no cover - compiled
    """Distance between the palms of two hands ``(21, 3)``; 0 where they cross."""
    # The nearest corners bound the distance from above. Seen along the line between them, parts that lie farther apart
    # than the best distance so far need no closer look: most of them.
    best, near = np.inf, (0, 0)
    for k in _CORNERS:
        for m in _CORNERS:
            length = _length(left[k], right[m])
            if length < best:
                best, near = length, (k, m)
    if best == 0:
        return 0.0
    low, high = np.empty(21), np.empty(21)  # along that line: where the right hand begins, where the left one ends
    for k in _CORNERS:
        low[k] = high[k] = 0.0
        for axis in range(3):
            direction = (right[near[1], axis] - left[near[0], axis]) / best
            high[k] += direction * left[k, axis]
            low[k] += direction * right[k, axis]
    for e in range(len(_EDGES)):
        p, q = _EDGES[e]
        for f in range(len(_EDGES)):
            r, s = _EDGES[f]
            if min(low[r], low[s]) - max(high[p], high[q]) < best:
                best = min(best, np.sqrt(_segment_segment(left[p], left[q], right[r], right[s])))
    for t in range(_TRIANGLES):
        a, b, c = _CORNERS[0], _CORNERS[t + 1], _CORNERS[t + 2]
        begins, ends = min(low[a], low[b], low[c]), max(high[a], high[b], high[c])
        for k in _CORNERS:
            # Beside a face an edge is nearer, and all pairs of edges are done.
            if begins - high[k] < best:
                best = min(best, np.sqrt(_point_face(left[k], right[a], right[b], right[c])))
            if low[k] - ends < best:
                best = min(best, np.sqrt(_point_face(right[k], left[a], left[b], left[c])))
        for e in range(len(_EDGES)):
            p, q = _EDGES[e]
            if begins <= max(high[p], high[q]) and _pierces(left[p], left[q], right[a], right[b], right[c]):
                return 0.0
            if min(low[p], low[q]) <= ends and _pierces(right[p], right[q], left[a], left[b], left[c]):
                return 0.0
    return best


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _square(x: float, y: float, z: float) -> float:  # pragma: no cover - compiled
    return x * x + y * y + z * z


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _length(p: np.ndarray, q: np.ndarray) -> float:  # pragma: no cover - compiled
    return np.sqrt(_square(p[0] - q[0], p[1] - q[1], p[2] - q[2]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _point_segment(point: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:  # pragma: no cover - compiled
    dx, dy, dz = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    x, y, z = point[0] - p[0], point[1] - p[1], point[2] - p[2]
    length = _square(dx, dy, dz)
    t = min(max((dx * x + dy * y + dz * z) / length, 0.0), 1.0) if length > 0 else 0.0
    return _square(x - t * dx, y - t * dy, z - t * dz)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _point_triangle(
    point: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> float:  # pragma: no cover - compiled
    """Squared distance: to the face where the point projects into it, else to the nearest edge."""
    best = _point_face(point, a, b, c)
    if best < np.inf:
        return best
    return min(_point_segment(point, a, b), _point_segment(point, b, c), _point_segment(point, a, c))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _point_face(point: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:  # pragma: no cover - compiled
    """Squared height over the triangle, infinite where the point projects beside it."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    wx, wy, wz = point[0] - a[0], point[1] - a[1], point[2] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area = _square(nx, ny, nz)
    uu, vv, uv = _square(ux, uy, uz), _square(vx, vy, vz), ux * vx + uy * vy + uz * vz
    wu, wv = wx * ux + wy * uy + wz * uz, wx * vx + wy * vy + wz * vz
    s, t = vv * wu - uv * wv, uu * wv - uv * wu
    if area > 0 and s >= 0 and t >= 0 and s + t <= area:
        height = wx * nx + wy * ny + wz * nz
        return height * height / area
    return np.inf


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _segment_segment(
    p: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray
) -> float:  # pragma: no cover - compiled
    """Squared distance of the segments p–q and r–s."""
    d0, d1, d2 = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    e0, e1, e2 = s[0] - r[0], s[1] - r[1], s[2] - r[2]
    o0, o1, o2 = p[0] - r[0], p[1] - r[1], p[2] - r[2]
    dd, ee = _square(d0, d1, d2), _square(e0, e1, e2)
    de, do, eo = d0 * e0 + d1 * e1 + d2 * e2, d0 * o0 + d1 * o1 + d2 * o2, e0 * o0 + e1 * o1 + e2 * o2
    determinant = dd * ee - de * de
    u = min(max((de * eo - do * ee) / determinant, 0.0), 1.0) if determinant > 0 else 0.0
    v = (de * u + eo) / ee if ee > 0 else 0.0
    if v < 0 or v > 1 or ee == 0:
        v = min(max(v, 0.0), 1.0)
        u = min(max((de * v - do) / dd, 0.0), 1.0) if dd > 0 else 0.0
    return _square(o0 + u * d0 - v * e0, o1 + u * d1 - v * e1, o2 + u * d2 - v * e2)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _pierces(
    p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> bool:  # pragma: no cover - compiled
    """Whether the segment p–q crosses the triangle."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    h0 = (p[0] - a[0]) * nx + (p[1] - a[1]) * ny + (p[2] - a[2]) * nz
    h1 = (q[0] - a[0]) * nx + (q[1] - a[1]) * ny + (q[2] - a[2]) * nz
    if h0 == h1 or (h0 > 0 and h1 > 0) or (h0 < 0 and h1 < 0):
        return False
    at = h0 / (h0 - h1)
    wx, wy, wz = p[0] + at * (q[0] - p[0]) - a[0], p[1] + at * (q[1] - p[1]) - a[1], p[2] + at * (q[2] - p[2]) - a[2]
    area = _square(nx, ny, nz)
    uu, vv, uv = _square(ux, uy, uz), _square(vx, vy, vz), ux * vx + uy * vy + uz * vz
    wu, wv = wx * ux + wy * uy + wz * uz, wx * vx + wy * vy + wz * vz
    s, t = vv * wu - uv * wv, uu * wv - uv * wu
    return s >= 0 and t >= 0 and s + t <= area
