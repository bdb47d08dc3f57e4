"""The guard's own idea of where the road is: the union of all lanes, tested corner by corner.

It shares nothing with the planner's distance field: here a place is on the road when a piece of a lane holds it.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polygon import in_polygon
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

CELL = 5.0  # [m]
REACH = 1.0  # [m] distances from the road are cut off here
RUN_OUT = 100.0  # [m] the road goes on beyond the end of the map
CELLS_MAX = 1_000_000

AREA = "Tuple((f8[::1], i8[::1], i8[::1], i8[::1], f8[:, :, ::1], f8[::1]))"
"""The numba type of `Area.arrays`: corner and cell size (3,), grid shape (2,), cell start, piece of each entry, corners
(Q, 4, 2), height (Q,)."""
AreaArrays = tuple[Array, Ints, Ints, Ints, Array, Array]


class Area:
    """The lanes of a graph as quadrilaterals between their bounds, on a grid that reaches `REACH` around each."""

    def __init__(self, graph: LaneGraph) -> None:
        last = graph.point_start[1:] - 1
        rows = np.setdiff1d(np.arange(len(graph.center)), last)
        corners = np.stack([graph.left[rows], graph.left[rows + 1], graph.right[rows + 1], graph.right[rows]], axis=1)
        corners = np.concatenate([corners, map_ends(graph)])
        flat = np.ascontiguousarray(corners[:, :, :2])
        low, high = flat.min(axis=1) - REACH, flat.max(axis=1) + REACH
        origin = low.min(axis=0)
        extent = high.max(axis=0) - origin
        cell = max(CELL, math.sqrt(float(extent[0] * extent[1]) / CELLS_MAX), float(extent.max()) / CELLS_MAX)
        first, final = ((edge - origin) // cell for edge in (low, high))
        shape = (extent // cell).astype(np.int64) + 1
        wide = (final - first).astype(np.int64) + 1
        piece = np.repeat(np.arange(len(corners)), wide[:, 0] * wide[:, 1])
        number = np.arange(len(piece)) - np.repeat(np.cumsum(wide[:, 0] * wide[:, 1]) - wide[:, 0] * wide[:, 1],
                                                   wide[:, 0] * wide[:, 1])  # fmt: skip
        column = first[piece, 0].astype(np.int64) + number // wide[piece, 1]
        owner = column * shape[1] + first[piece, 1].astype(np.int64) + number % wide[piece, 1]
        order = np.argsort(owner, kind="stable")
        start = np.searchsorted(owner[order], np.arange(shape[0] * shape[1] + 1)).astype(np.int64)
        self.arrays: AreaArrays = (
            np.array([origin[0], origin[1], cell]),
            shape,
            start,
            np.ascontiguousarray(piece[order]),
            flat,
            np.ascontiguousarray(corners[:, :, 2].mean(axis=1)),
        )


def map_ends(graph: LaneGraph) -> Array:
    """Pieces (E, 4, 3) that carry the road on straight where the map ends: behind each lane without a successor beside
    which no lane goes on either. Where a neighbour goes on, the lane itself ends, and so does the road there."""
    open_end = np.diff(graph.successor_start) == 0
    for beside, same in ((graph.left_neighbour, graph.left_same), (graph.right_neighbour, graph.right_same)):
        going_on = (beside >= 0) & same & (np.diff(graph.successor_start)[beside] > 0)
        open_end = open_end & ~going_on
    end = graph.point_start[1:][open_end] - 1
    along = graph.center[end] - graph.center[end - 1]
    along[:, 2] = 0.0
    along *= RUN_OUT / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    return np.stack([graph.left[end], graph.left[end] + along, graph.right[end] + along, graph.right[end]], axis=1)


@kernel()
def holds(x: float, y: float, corners: Array) -> bool:
    """Whether a quadrilateral (4, 2) holds a place."""
    left, right = 0, 0
    for i in range(4):
        ax, ay = corners[i, 0], corners[i, 1]
        side = (corners[(i + 1) % 4, 0] - ax) * (y - ay) - (corners[(i + 1) % 4, 1] - ay) * (x - ax)
        left += 1 if side >= 0.0 else 0
        right += 1 if side <= 0.0 else 0
    # a bent piece is not convex
    return left == 4 or right == 4 or in_polygon(x, y, corners)


@kernel()
def away_from(x: float, y: float, corners: Array) -> float:
    """Distance [m] of a place from the edges of a quadrilateral (4, 2)."""
    nearest = math.inf
    for i in range(4):
        ex, ey = corners[(i + 1) % 4, 0] - corners[i, 0], corners[(i + 1) % 4, 1] - corners[i, 1]
        rx, ry = x - corners[i, 0], y - corners[i, 1]
        share = min(max((rx * ex + ry * ey) / max(ex * ex + ey * ey, 1e-12), 0.0), 1.0)
        nearest = min(nearest, math.hypot(rx - share * ex, ry - share * ey))
    return nearest


@kernel()
def cell_at(x: float, y: float, area: AreaArrays) -> int:
    """The cell of the grid that holds a place, -1 for none."""
    frame, shape = area[0], area[1]
    column, row = math.floor((x - frame[0]) / frame[2]), math.floor((y - frame[1]) / frame[2])
    return int(column) * shape[1] + int(row) if 0 <= column < shape[0] and 0 <= row < shape[1] else -1


@kernel()
def off_road(x: float, y: float, z: float, area: AreaArrays) -> float:
    """Distance [m] of a place from the road, 0 on it, at most REACH."""
    cell, best = cell_at(x, y, area), REACH
    if cell < 0:
        return best
    # most places are on the road, and to be held by a piece is quickly told
    for entry in range(area[2][cell], area[2][cell + 1]):
        piece = area[3][entry]
        if abs(area[5][piece] - z) <= LEVEL and holds(x, y, area[4][piece]):
            return 0.0
    for entry in range(area[2][cell], area[2][cell + 1]):
        piece = area[3][entry]
        if abs(area[5][piece] - z) <= LEVEL:
            best = min(best, away_from(x, y, area[4][piece]))
    return best


@kernel()
def height_at(x: float, y: float, z: float, area: AreaArrays) -> float:
    """The height [m] of the road that holds a place, of several that nearest to z; z where none is within LEVEL."""
    cell, best, height = cell_at(x, y, area), LEVEL, z
    if cell < 0:
        return height
    for entry in range(area[2][cell], area[2][cell + 1]):
        piece = area[3][entry]
        away = abs(area[5][piece] - z)
        if away < best and holds(x, y, area[4][piece]):
            best, height = away, float(area[5][piece])
    return height


@kernel()
def box_off_road(
    x: float, y: float, z: float, yaw: float, half_length: float, half_width: float, area: AreaArrays
) -> float:
    """The largest distance [m] of a box's corners from the road; x, y is its centre."""
    c, s = math.cos(yaw), math.sin(yaw)
    worst = 0.0
    for k in range(4):
        along = half_length if k < 2 else -half_length
        across = half_width if k % 2 == 0 else -half_width
        worst = max(worst, off_road(x + along * c - across * s, y + along * s + across * c, z, area))
    return worst
