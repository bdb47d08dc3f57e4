"""Exact areas of lanes: which lanes hold a place, and how far outside all of them it lies."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.types import LaneGraph, LaneKind, User
from evpilot.types.state import Array, Bools, Ints

FAR = 20.0  # [m] distances outside are cut off here, and lanes further from the drive are left out
CELL = 8.0  # [m] grid of the quadrilaterals
CELLS_MAX = 1000  # along a side; a longer drive has larger cells


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneArea:
    """The lanes near a drive as quadrilaterals between successive pairs of bound points, in a grid of square cells.

    lane (n,) index in the graph; quad (Q, 4, 3): left, next left, next right, right [m]; owner (Q,) their row in lane.
    frame (5,): low x, low y, cell size [m], columns, rows; the quads that reach into cell c = column * rows + row are
    cell_quad[cell_start[c] : cell_start[c + 1]], ascending.
    """

    lane: Ints
    quad: Array
    owner: Ints
    frame: Array
    cell_start: Ints
    cell_quad: Ints

    def holds(self, points: Array) -> Bools:
        """Which of the lanes hold each of the points (N, 3): (N, n)."""
        return inside(
            np.ascontiguousarray(points),
            len(self.lane),
            self.quad,
            self.owner,
            self.frame,
            self.cell_start,
            self.cell_quad,
        )

    def outside(self, points: Array) -> Array:
        """How far each of the points (N, 3) is from the union of the lanes [m], 0 within, at most `FAR`."""
        return outside(np.ascontiguousarray(points), self.quad, self.frame, self.cell_start, self.cell_quad)


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
    lanes = np.flatnonzero(wanted & np.all(first <= high, axis=1) & np.all(last >= low, axis=1)).astype(np.int64)
    quads = [_quads(graph, int(lane)) for lane in lanes]
    return indexed(
        lanes,
        np.concatenate([np.zeros((0, 4, 3)), *quads]),
        np.repeat(np.arange(len(lanes)), [len(one) for one in quads]),
        low,
        high,
    )


def _quads(graph: LaneGraph, lane: int) -> Array:
    rows = graph.points(lane)
    left, right = graph.left[rows], graph.right[rows]
    return np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)


def indexed(lanes: Ints, quad: Array, owner: Ints, low: Array, high: Array) -> LaneArea:
    """The area of quads (Q, 4, 3) that belong to lanes[owner], with its grid over the rectangle low..high [m]."""
    size = max(CELL, float((high - low).max()) / CELLS_MAX)
    count = np.maximum(np.ceil((high - low) / size).astype(np.int64), 1)
    corners = quad[:, :, :2]
    near = np.all((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high), axis=1)
    quad, owner = quad[near], owner[near]
    first = np.clip((quad[:, :, :2].min(axis=1) - low) // size, 0, count - 1).astype(np.int64)
    last = np.clip((quad[:, :, :2].max(axis=1) - low) // size, 0, count - 1).astype(np.int64)
    span = last - first + 1
    number = span[:, 0] * span[:, 1]
    row = np.repeat(np.arange(len(quad)), number)
    k = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    column = first[row, 0] + k // span[row, 1]
    cell = column * count[1] + first[row, 1] + k % span[row, 1]
    order = np.argsort(cell, kind="stable")
    return LaneArea(
        lane=lanes,
        quad=np.ascontiguousarray(quad),
        owner=owner.astype(np.int64),
        frame=np.array([*low, size, *count], np.float64),
        cell_start=np.searchsorted(cell[order], np.arange(count[0] * count[1] + 1)).astype(np.int64),
        cell_quad=row[order].astype(np.int64),
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


@kernel()
def _cell(x: float, y: float, frame: Array) -> int:
    """The cell that holds a place, or -1."""
    column = math.floor((x - frame[0]) / frame[2])
    row = math.floor((y - frame[1]) / frame[2])
    if not (0 <= column < frame[3] and 0 <= row < frame[4]):
        return -1
    return int(column) * int(frame[4]) + int(row)


@kernel("b1[:, ::1](f8[:, ::1], i8, f8[:, :, ::1], i8[::1], f8[::1], i8[::1], i8[::1])")
def inside(
    points: Array, lanes: int, quad: Array, owner: Ints, frame: Array, cell_start: Ints, cell_quad: Ints
) -> Bools:
    """Which lane holds which point (N, 3), by exact quadrilaterals on the point's level: (N, lanes)."""
    found = np.zeros((points.shape[0], lanes), np.bool_)
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        cell = _cell(x, y, frame)
        if cell < 0:
            continue
        for k in range(cell_start[cell], cell_start[cell + 1]):
            q = cell_quad[k]
            if not found[i, owner[q]] and _in_quad(x, y, z, quad[q]):
                found[i, owner[q]] = True
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


@kernel()
def _nearest_in_cell(x: float, y: float, z: float, quads: Ints, quad: Array) -> float:
    """Distance [m] to the nearest of some quads (K,) on the level; 0 within one, `FAR` when all are further."""
    best = FAR
    for q in quads:
        if _in_quad(x, y, z, quad[q]):
            return 0.0
        if abs(quad[q, 0, 2] - z) <= LEVEL:
            for e in range(4):
                b = (e + 1) % 4
                best = min(best, _to_segment(x, y, quad[q, e, 0], quad[q, e, 1], quad[q, b, 0], quad[q, b, 1]))
    return best


@kernel("f8[::1](f8[:, ::1], f8[:, :, ::1], f8[::1], i8[::1], i8[::1])")
def outside(points: Array, quad: Array, frame: Array, cell_start: Ints, cell_quad: Ints) -> Array:
    """Distance [m] of each point (N, 3) to the union of all lanes on its level: 0 within, at most `FAR`.

    Cells are searched in rings round the point's own: what lies beyond ring r is at least r cells away.
    """
    result = np.full(points.shape[0], FAR)
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        column = math.floor((x - frame[0]) / frame[2])
        row = math.floor((y - frame[1]) / frame[2])
        for ring in range(math.ceil(FAR / frame[2]) + 1):
            for a in range(-ring, ring + 1):
                # only the ring's own cells: whole columns at both ends, two cells in between
                for b in range(-ring, ring + 1, 1 if abs(a) == ring else max(2 * ring, 1)):
                    if 0 <= column + a < frame[3] and 0 <= row + b < frame[4]:
                        c = int(column + a) * int(frame[4]) + int(row + b)
                        own = cell_quad[cell_start[c] : cell_start[c + 1]]
                        result[i] = min(result[i], _nearest_in_cell(x, y, z, own, quad))
            if result[i] <= ring * frame[2]:
                break
    return result
