"""Polylines (P, 2) in the plane: arc length, projection, resampling, curvature."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel

Array = npt.NDArray[np.float64]


def arc_length(points: Array) -> Array:
    """Distance [m] along the polyline at each of its points (P,), from 0; points (P, 2) or (P, 3)."""
    steps = np.sqrt(np.sum(np.diff(points, axis=0) ** 2, axis=1))
    return np.concatenate([[0.0], np.cumsum(steps)])


def resample(points: Array, step: float) -> Array:
    """Points at equal distance of at most `step` [m] along the polyline, both ends kept; any number of columns."""
    arc = arc_length(points[:, :2])
    count = max(2, math.ceil(arc[-1] / step) + 1)
    wanted = np.linspace(0.0, arc[-1], count)
    return np.stack([np.interp(wanted, arc, points[:, k]) for k in range(points.shape[1])], axis=1)


def headings(points: Array) -> Array:
    """Direction [rad] at each point (P,): of the chord between its neighbours."""
    chord = np.gradient(points[:, :2], axis=0)
    return np.arctan2(chord[:, 1], chord[:, 0])


@kernel("Tuple((f8, f8, i8))(f8, f8, f8[:, ::1], f8[::1], i8, i8)")
def project(x: float, y: float, points: Array, arc: Array, first: int, last: int) -> tuple[float, float, int]:
    """Nearest place on segments first..last-1 of a polyline: arc length [m], offset [m] (left positive), segment.

    points (P, 2) [m], arc (P,) [m]; first and last are point indices (0 and P - 1 for the whole line). A place before
    the start or beyond the end keeps the arc length of that end.
    """
    best = np.inf
    s, d, segment = 0.0, 0.0, first
    for k in range(first, last):
        ex = points[k + 1, 0] - points[k, 0]
        ey = points[k + 1, 1] - points[k, 1]
        long2 = ex * ex + ey * ey
        if long2 <= 0.0:
            continue
        rx = x - points[k, 0]
        ry = y - points[k, 1]
        share = min(1.0, max(0.0, (rx * ex + ry * ey) / long2))
        px = rx - share * ex
        py = ry - share * ey
        square = px * px + py * py
        if square < best:
            best = square
            s = arc[k] + share * (arc[k + 1] - arc[k])
            d = math.copysign(math.sqrt(square), ex * ry - ey * rx)
            segment = k
    return s, d, segment


@kernel("Tuple((f8, f8, f8))(f8, f8[:, ::1], f8[::1])")
def at(s: float, points: Array, arc: Array) -> tuple[float, float, float]:
    """x, y [m] and heading [rad] at arc length s [m]; beyond an end the line goes on straight."""
    k = min(max(np.searchsorted(arc, s, side="right") - 1, 0), arc.shape[0] - 2)
    while k > 0 and arc[k + 1] <= arc[k]:
        k -= 1
    ex = points[k + 1, 0] - points[k, 0]
    ey = points[k + 1, 1] - points[k, 1]
    share = (s - arc[k]) / max(arc[k + 1] - arc[k], 1e-9)
    return points[k, 0] + share * ex, points[k, 1] + share * ey, math.atan2(ey, ex)
