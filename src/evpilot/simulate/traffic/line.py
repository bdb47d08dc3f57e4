"""Places on the line of points that a driver follows."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array

COARSE = 8  # points of a path in one stride of the search
AXLES = 0.3  # of its length before and behind the middle of a car; they follow the path


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
    """The piece [m] behind point k of a path; beyond its ends that of the next one."""
    k = min(max(k, 0), point.shape[0] - 2)
    return point[k + 1, 0] - point[k, 0], point[k + 1, 1] - point[k, 1]


@kernel()
def _slope(bx: float, by: float, nx: float, ny: float) -> float:
    """How steeply a line leaves a piece (bx, by) where its neighbour (nx, ny) [m] meets it: it goes there as the two
    together do (Catmull and Rom 1974), so that the longer one is hardly bent; 0 where it turns back on itself."""
    tx, ty = bx + nx, by + ny
    ahead = tx * bx + ty * by
    return (ty * bx - tx * by) / ahead if ahead > 0.3 * (bx * bx + by * by) else 0.0


@kernel()
def on_path(s: float, point: Array, arc: Array) -> tuple[float, float, float, float, float]:
    """x, y, z [m] and unit tangent at s on a path; beyond its ends it goes on straight.

    It bends between its points (a cubic Hermite spline), so that who drives it does not turn in jerks where they are.
    """
    k = min(max(int(np.searchsorted(arc, s, side="right")) - 1, 0), arc.shape[0] - 2)
    while k > 0 and arc[k + 1] <= arc[k]:
        k -= 1
    share = (s - arc[k]) / max(arc[k + 1] - arc[k], 1e-9)
    u = min(max(share, 0.0), 1.0)
    (ax, ay), (bx, by), (cx, cy) = _piece(k - 1, point), _piece(k, point), _piece(k + 1, point)
    begin, end = _slope(bx, by, ax, ay), _slope(bx, by, cx, cy)
    aside = u * (1.0 - u) * (begin * (1.0 - u) - end * u)
    slope = begin * (1.0 - u) * (1.0 - 3.0 * u) + end * u * (3.0 * u - 2.0)
    x, y = point[k, 0] + share * bx - aside * by, point[k, 1] + share * by + aside * bx
    z = point[k, 2] + u * (point[k + 1, 2] - point[k, 2])
    tx, ty = bx - slope * by, by + slope * bx
    long = max(math.sqrt(tx * tx + ty * ty), 1e-9)
    return x, y, z, tx / long, ty / long


@kernel()
def box_on(
    s: float, d: float, half: float, point: Array, arc: Array
) -> tuple[float, float, float, float, float, float]:
    """The box of half a length [m] whose axles are d [m, left] beside a path, s in their midst: x, y, z [m] and yaw of
    its centre, and how far (2,) that goes for each metre of s."""
    reach = 2.0 * AXLES * half
    fx, fy, fz, ftx, fty = on_path(s + reach, point, arc)
    bx, by, bz, btx, bty = on_path(s - reach, point, arc)
    fx, fy, bx, by = fx - d * fty, fy + d * ftx, bx - d * bty, by + d * btx
    yaw = math.atan2(fy - by, fx - bx)
    return 0.5 * (fx + bx), 0.5 * (fy + by), 0.5 * (fz + bz), yaw, 0.5 * (ftx + btx), 0.5 * (fty + bty)
