"""Places on the line of points that a driver follows."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array

COARSE = 8  # points of a path in one stride of the search


@kernel()
def nearest_on(
    x: float, y: float, point: Array, arc: Array, first: int, last: int
) -> tuple[float, float, float, float]:
    """s, d [m] and unit tangent of the nearest place on points first..last of a path, in two strides."""
    best, near = np.inf, first
    k = first
    while k <= last:
        square = (point[k, 0] - x) ** 2 + (point[k, 1] - y) ** 2
        if square < best:
            best, near = square, k
        k += COARSE
    low, high = max(near - COARSE, first), min(near + COARSE, last)
    best = np.inf
    s, d, tx, ty = 0.0, 0.0, 1.0, 0.0
    for k in range(low, high):
        ex, ey = point[k + 1, 0] - point[k, 0], point[k + 1, 1] - point[k, 1]
        long2 = ex * ex + ey * ey
        if long2 <= 0.0:
            continue
        rx, ry = x - point[k, 0], y - point[k, 1]
        share = (rx * ex + ry * ey) / long2
        # the first and the last piece go on straight, so that what is beyond them keeps its distance
        if not (k == first and share < 0.0) and not (k == last - 1 and share > 1.0):
            share = min(1.0, max(0.0, share))
        px, py = rx - share * ex, ry - share * ey
        square = px * px + py * py
        if square < best:
            best = square
            long = math.sqrt(long2)
            tx, ty = ex / long, ey / long
            s = arc[k] + share * long
            d = math.copysign(math.sqrt(square), ex * ry - ey * rx)
    return s, d, tx, ty


@kernel()
def _piece(k: int, point: Array) -> tuple[float, float]:
    """Unit tangent of the piece behind point k; beyond the ends that of the next one, (0, 0) of one without length."""
    k = min(max(k, 0), point.shape[0] - 2)
    ex, ey = point[k + 1, 0] - point[k, 0], point[k + 1, 1] - point[k, 1]
    long = math.sqrt(ex * ex + ey * ey)
    return (ex / long, ey / long) if long > 1e-9 else (0.0, 0.0)


@kernel()
def on_path(s: float, point: Array, arc: Array) -> tuple[float, float, float, float, float]:
    """x, y, z [m] and unit tangent at s on a path; beyond its ends it goes on straight.

    The tangent turns evenly from point to point: who drives a bend does not turn in jerks where its line has points."""
    k = min(max(int(np.searchsorted(arc, s, side="right")) - 1, 0), arc.shape[0] - 2)
    while k > 0 and arc[k + 1] <= arc[k]:
        k -= 1
    share = (s - arc[k]) / max(arc[k + 1] - arc[k], 1e-9)
    part = min(max(share, 0.0), 1.0)
    x = point[k, 0] + share * (point[k + 1, 0] - point[k, 0])
    y = point[k, 1] + share * (point[k + 1, 1] - point[k, 1])
    z = point[k, 2] + part * (point[k + 1, 2] - point[k, 2])
    (ax, ay), (bx, by), (cx, cy) = _piece(k - 1, point), _piece(k, point), _piece(k + 1, point)
    tx, ty = bx + (1.0 - part) * ax + part * cx, by + (1.0 - part) * ay + part * cy
    long = max(math.sqrt(tx * tx + ty * ty), 1e-9)
    return x, y, z, tx / long, ty / long
