"""Exact areas of lanes: which lanes hold a place, and how far outside all of them it lies."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import LaneGraph, LaneKind, User
from evpilot.types.state import Array, Bools, Ints

LEVEL = 2.5  # [m] what is further above or below is on another road (DESIGN.md)
FAR = 20.0  # [m] distances outside are cut off here, and lanes further from the drive are left out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneArea:
    """The lanes near a drive as quadrilaterals between successive pairs of bound points.

    lane (n,) index in the graph; start (n + 1,) into quad (Q, 4, 3): left, next left, next right, right [m];
    box (n, 4) low x, low y, high x, high y [m].
    """

    lane: Ints
    start: Ints
    quad: Array
    box: Array

    def holds(self, points: Array) -> Bools:
        """Which of the lanes hold each of the points (N, 3): (N, n)."""
        return inside(np.ascontiguousarray(points), self.start, self.quad, self.box)

    def outside(self, points: Array) -> Array:
        """How far each of the points (N, 3) is from the union of the lanes [m], 0 within, at most `FAR`."""
        return outside(np.ascontiguousarray(points), self.start, self.quad, self.box)


def drivable(graph: LaneGraph) -> Bools:
    """Which lanes a car can be driven on without leaving the road: all but those for people on foot alone."""
    people = (graph.kind == LaneKind.SIDEWALK) | (graph.kind == LaneKind.CROSSWALK)
    return ~people & (((graph.users | graph.users_against) & ~User.PEDESTRIAN) != 0)


def for_vehicles(graph: LaneGraph) -> Bools:
    """Which lanes vehicles may drive on, in either direction."""
    return ((graph.users | graph.users_against) & User.VEHICLE) != 0


def lane_area(graph: LaneGraph, wanted: Bools, xy: Array) -> LaneArea:
    """The area of the wanted (L,) lanes that come within `FAR` of the bounding box of the places xy (N, 2)."""
    low, high = xy.min(axis=0) - FAR, xy.max(axis=0) + FAR
    begin = graph.point_start[:-1]
    first = np.minimum.reduceat(np.minimum(graph.left, graph.right)[:, :2], begin)
    last = np.maximum.reduceat(np.maximum(graph.left, graph.right)[:, :2], begin)
    lanes = np.flatnonzero(wanted & np.all(first <= high, axis=1) & np.all(last >= low, axis=1))
    quads: list[Array] = []
    for lane in lanes:
        rows = graph.points(int(lane))
        left, right = graph.left[rows], graph.right[rows]
        quads.append(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))
    return LaneArea(
        lane=lanes.astype(np.int64),
        start=np.concatenate([[0], np.cumsum([len(one) for one in quads])]).astype(np.int64),
        quad=np.concatenate([np.zeros((0, 4, 3)), *quads]),
        box=np.concatenate([first[lanes], last[lanes]], axis=1),
    )


@kernel()
def _in_quad(x: float, y: float, z: float, quad: Array) -> bool:
    """Whether a quadrilateral (4, 3) on this level holds a place, its edge included: as two triangles, so that one
    twisted by a tight bend still covers both its sides."""
    if abs(0.25 * (quad[0, 2] + quad[1, 2] + quad[2, 2] + quad[3, 2]) - z) > LEVEL:
        return False
    for k in range(2):
        sign = 0
        held = True
        for e in range(3):
            a = 0 if e == 0 else e + k
            b = 0 if e == 2 else e + k + 1
            cross = (quad[b, 0] - quad[a, 0]) * (y - quad[a, 1]) - (quad[b, 1] - quad[a, 1]) * (x - quad[a, 0])
            if cross > 0.0:
                held = held and sign >= 0
                sign = 1
            elif cross < 0.0:
                held = held and sign <= 0
                sign = -1
        # three zeros: the triangle has no area and the place lies on its line
        if held and sign != 0:
            return True
    return False


@kernel("b1[:, ::1](f8[:, ::1], i8[::1], f8[:, :, ::1], f8[:, ::1])")
def inside(points: Array, start: Ints, quad: Array, box: Array) -> Bools:
    """Which lane (n,) holds which point (N, 3), by exact quadrilaterals on the point's level: (N, n)."""
    found = np.zeros((points.shape[0], box.shape[0]), np.bool_)
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for n in range(box.shape[0]):
            if x < box[n, 0] or y < box[n, 1] or x > box[n, 2] or y > box[n, 3]:
                continue
            for q in range(start[n], start[n + 1]):
                if _in_quad(x, y, z, quad[q]):
                    found[i, n] = True
                    break
    return found


@kernel()
def _to_segment(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Distance [m] to a segment."""
    ex, ey = bx - ax, by - ay
    rx, ry = x - ax, y - ay
    long2 = ex * ex + ey * ey
    share = 0.0
    if long2 > 0.0:
        share = min(1.0, max(0.0, (rx * ex + ry * ey) / long2))
    px, py = rx - share * ex, ry - share * ey
    return math.sqrt(px * px + py * py)


@kernel("f8[::1](f8[:, ::1], i8[::1], f8[:, :, ::1], f8[:, ::1])")
def outside(points: Array, start: Ints, quad: Array, box: Array) -> Array:
    """Distance [m] of each point (N, 3) to the union of all lanes on its level: 0 within, at most `FAR`."""
    result = np.full(points.shape[0], FAR)
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for n in range(box.shape[0]):
            near = result[i]
            if x < box[n, 0] - near or y < box[n, 1] - near or x > box[n, 2] + near or y > box[n, 3] + near:
                continue
            for q in range(start[n], start[n + 1]):
                if abs(quad[q, 0, 2] - z) > LEVEL:
                    continue
                if _in_quad(x, y, z, quad[q]):
                    result[i] = 0.0
                    break
                for e in range(4):
                    b = (e + 1) % 4
                    distance = _to_segment(x, y, quad[q, e, 0], quad[q, e, 1], quad[q, b, 0], quad[q, b, 1])
                    result[i] = min(result[i], distance)
            if result[i] == 0.0:
                break
    return result
