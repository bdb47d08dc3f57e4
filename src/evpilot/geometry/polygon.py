"""Whether a polygon holds a place: the even-odd rule, by crossings of a ray (Shimrat 1962)."""

import numpy as np
import numpy.typing as npt
from numba import types

from evpilot.geometry.jit import kernel

Array = npt.NDArray[np.float64]
READ = types.Array(types.float64, 2, "A", readonly=True)  # parts of other arrays, or not to be written to
BESIDE = 1e-3  # [m] further out no rounding puts a place into a polygon


@kernel()
def in_polygon(x: float, y: float, corners: Array) -> bool:
    """Whether a polygon (K, 2) holds a place; of two that share an edge exactly one holds a place on it."""
    odd = False
    j = corners.shape[0] - 1
    for i in range(corners.shape[0]):
        yi, yj = corners[i, 1], corners[j, 1]
        if (yi > y) != (yj > y):
            xi, xj = corners[i, 0], corners[j, 0]
            # the lower end always leads, so that both owners of an edge compute the same bits
            if yi < yj:
                cross = xi + (y - yi) / (yj - yi) * (xj - xi)
            else:
                cross = xj + (y - yj) / (yi - yj) * (xi - xj)
            if x < cross:
                odd = not odd
        j = i
    return odd


@kernel(types.boolean(READ, READ))
def any_near(polygon: Array, points: Array) -> bool:
    """Whether any of some points (N, 2) is within the box around a polygon (K, 2)."""
    low_x, high_x, low_y, high_y = np.inf, -np.inf, np.inf, -np.inf
    for k in range(polygon.shape[0]):
        low_x, high_x = min(low_x, polygon[k, 0]), max(high_x, polygon[k, 0])
        low_y, high_y = min(low_y, polygon[k, 1]), max(high_y, polygon[k, 1])
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        if low_x - BESIDE < x < high_x + BESIDE and low_y - BESIDE < y < high_y + BESIDE:
            return True
    return False


def holds(polygon: Array, points: Array) -> npt.NDArray[np.bool_]:
    """Whether a polygon (K, 2) holds each of some points (N, 2).

    The points are sorted by height, so that each edge looks only at those beside it: a goal's outline may have hundreds
    of edges, and a long road thousands of points. Most are far from it.
    """
    if not any_near(polygon, points):
        return np.zeros(len(points), np.bool_)
    after = np.roll(polygon, -1, axis=0)
    order = np.argsort(points[:, 1])
    x, y = points[order].T
    first, last = np.searchsorted(y, np.sort((polygon[:, 1], after[:, 1]), axis=0))
    odd = np.zeros(len(points), np.bool_)
    for k in np.flatnonzero(last > first).tolist():
        a, b, beside = polygon[k], after[k], slice(first[k], last[k])
        odd[beside] ^= x[beside] < a[0] + (y[beside] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    held = np.zeros_like(odd)
    held[order] = odd
    return held
