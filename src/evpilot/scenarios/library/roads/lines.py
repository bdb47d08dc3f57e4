"""Directed lines of poses: straight, arc and clothoid pieces, and smooth connectors between two poses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.files import EvpilotError
from evpilot.geometry.polyline import arc_length
from evpilot.types.state import Array

STEP = 2.0  # [m] between points where the road is nearly straight
TURN_STEP = 0.05  # [rad] turned between two points at the most
SUBSTEPS = 8  # midpoint steps per point: below 1 mm of error over a kilometre of clothoid


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A smooth directed line: poses (P, 4) x, y, z [m], yaw [rad, not wrapped], and arc (P,) [m] in the plane."""

    poses: Array
    arc: Array

    @property
    def length(self) -> float:
        """From its first to its last point along the line [m]."""
        return float(self.arc[-1])

    @property
    def start(self) -> Array:
        """The first pose (4,)."""
        return self.poses[0]

    @property
    def end(self) -> Array:
        """The last pose (4,)."""
        return self.poses[-1]

    def at(self, s: float) -> Array:
        """The pose (4,) at arc length s [m], which is kept within the line."""
        return np.array([np.interp(s, self.arc, self.poses[:, k]) for k in range(4)])

    def offset(self, d: float | Array) -> Array:
        """Points (P, 3) at lateral offset d [m], left positive, one value or one for each point."""
        yaw = self.poses[:, 3]
        points = self.poses[:, :3].copy()
        points[:, 0] -= d * np.sin(yaw)
        points[:, 1] += d * np.cos(yaw)
        return points

    def shifted(self, d: float | Array) -> "Line":
        """The parallel line at lateral offset d [m]."""
        return line_of(np.column_stack([self.offset(d), self.poses[:, 3]]))

    def reversed(self) -> "Line":
        """The same line run the other way."""
        poses = self.poses[::-1].copy()
        poses[:, 3] += math.pi
        return line_of(poses)

    def cut(self, first: float, last: float) -> "Line":
        """The part between two arc lengths [m]."""
        if not 0.0 <= first < last <= self.length + 1e-6:
            raise EvpilotError(f"{first:g} to {last:g} m, allowed within 0 to {self.length:g} m", place="Line.cut")
        inner = self.poses[(self.arc > first + 0.2) & (self.arc < last - 0.2)]
        return line_of(np.vstack([self.at(first), inner, self.at(last)]))

    def lifted(self, start: float, end: float) -> "Line":
        """The same line with its height rising from start to end [m], level at both ends."""
        share = self.arc / self.length
        poses = self.poses.copy()
        poses[:, 2] = start + (end - start) * share**2 * (3.0 - 2.0 * share)
        return line_of(poses)


def line_of(poses: Array) -> Line:
    """A line through poses (P, 4)."""
    return Line(np.ascontiguousarray(poses), arc_length(poses[:, :2]))


def join(lines: Sequence[Line]) -> Line:
    """One line out of several that follow each other end to start."""
    parts = [lines[0].poses] + [line.poses[1:] for line in lines[1:]]
    return line_of(np.vstack(parts))


def trace(start: Sequence[float], pieces: Sequence[tuple[float, float, float]]) -> Line:
    """The line from a start (x, y, yaw) through pieces (length [m], curvature at its start, at its end [1/m]).

    Curvature grows linearly with length (a clothoid); equal values give an arc, zeros a straight.
    """
    x, y, yaw = start
    poses = [np.array([[x, y, 0.0, yaw]])]
    for length, first, last in pieces:
        bend = max(abs(first), abs(last))
        count = max(1, math.ceil(length / min(STEP, TURN_STEP / max(bend, 1e-9))))
        fine = length / (count * SUBSTEPS)
        middle = (np.arange(count * SUBSTEPS) + 0.5) * fine
        turned = yaw + first * middle + 0.5 * (last - first) * middle**2 / length
        xs = x + np.cumsum(np.cos(turned)) * fine
        ys = y + np.cumsum(np.sin(turned)) * fine
        ends = (np.arange(count) + 1) * SUBSTEPS * fine
        yaws = yaw + first * ends + 0.5 * (last - first) * ends**2 / length
        pick = slice(SUBSTEPS - 1, None, SUBSTEPS)
        poses.append(np.column_stack([xs[pick], ys[pick], np.zeros(count), yaws]))
        x, y, yaw = poses[-1][-1, 0], poses[-1][-1, 1], poses[-1][-1, 3]
    return line_of(np.vstack(poses))


def straight(start: Sequence[float] | Array, end: Sequence[float] | Array) -> Line:
    """The straight line between two points (x, y)."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    return trace((float(start[0]), float(start[1]), math.atan2(dy, dx)), [(math.hypot(dx, dy), 0.0, 0.0)])


def _weights(degree: int, share: Array) -> Array:
    """Bernstein weights (P, degree + 1) at shares (P,) of a Bezier curve."""
    return np.stack(
        [math.comb(degree, k) * share**k * (1.0 - share) ** (degree - k) for k in range(degree + 1)], axis=1
    )


def _curve(weights: Array, knots: Array) -> Array:
    """Points (..., P, 2) of Bezier curves with control points (..., K, 2); no BLAS, so the same bits everywhere."""
    return np.einsum("pk,...kc->...pc", weights, knots)


def _knots(a: Array, b: Array, handle: Array) -> Array:
    """Control points (H, 6, 2) of quintics with equal handles, which have no curvature at either end."""
    ta = handle[:, None] * np.array([math.cos(a[3]), math.sin(a[3])])
    tb = handle[:, None] * np.array([math.cos(b[3]), math.sin(b[3])])
    return np.stack([a[:2] + k * ta for k in range(3)] + [b[:2] - k * tb for k in (2, 1, 0)], axis=1)


def _sharpest(knots: Array) -> Array:
    """The greatest curvature (H,) [1/m] of each quintic."""
    first = 5.0 * np.diff(knots, axis=1)
    d1, d2 = _curve(COARSE_4, first), _curve(COARSE_3, 4.0 * np.diff(first, axis=1))
    speed = np.maximum(np.hypot(d1[..., 0], d1[..., 1]), 1e-6)
    return np.max(np.abs(d1[..., 0] * d2[..., 1] - d1[..., 1] * d2[..., 0]) / speed**3, axis=1)


def connect(a: Array, b: Array, step: float = 1.0) -> Line:
    """The gentlest quintic Bezier curve from pose a to pose b (4,), without curvature at its ends.

    Among handle lengths the one with the smallest greatest curvature is taken; height runs smoothly.
    """
    knots = _knots(a, b, math.hypot(b[0] - a[0], b[1] - a[1]) * HANDLES)
    best = knots[int(np.argmin(_sharpest(knots)))]
    arc = arc_length(_curve(FINE_5, best))
    count = max(4, math.ceil(arc[-1] / step) + 1)
    share = np.interp(np.linspace(0.0, arc[-1], count), arc, FINE)
    points: Array = _curve(_weights(5, share), best)
    d1: Array = _curve(_weights(4, share), np.diff(best, axis=0))
    turned = np.concatenate([[a[3]], np.arctan2(d1[:, 1], d1[:, 0])])
    yaw: Array = np.asarray(np.unwrap(turned)[1:], np.float64)
    rise: Array = share**2 * (3.0 - 2.0 * share)
    height: Array = a[2] + (b[2] - a[2]) * rise
    return line_of(np.column_stack((points, height, yaw)))


HANDLES = np.linspace(0.12, 0.42, 16)  # of the chord: beyond these a quintic of equal handles only gets sharper
FINE = np.linspace(0.0, 1.0, 201)
FINE_5 = _weights(5, FINE)
COARSE_4, COARSE_3 = _weights(4, FINE[::5]), _weights(3, FINE[::5])


def smallest_radius(points: Array) -> float:
    """The smallest radius [m] of the circles through three points in a row of a polyline (P, 2 or more)."""
    a, b, c = points[:-2, :2], points[1:-1, :2], points[2:, :2]
    ab, bc, ca = (np.hypot(*(q - p).T) for p, q in ((a, b), (b, c), (c, a)))
    area = np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))
    with np.errstate(divide="ignore"):
        radius = np.where(area > 1e-12, ab * bc * ca / (2.0 * area), np.inf)
    return float(np.min(radius, initial=np.inf))
