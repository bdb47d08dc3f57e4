"""Where am I on the map: lanes by place, exact and in microseconds."""

import math
from functools import lru_cache

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polygon import in_polygon
from evpilot.maps.cells import cut, grid
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

PIECE_LENGTH = 6.0  # [m] short enough to be straight, long enough to be few
CELL_SIZE = 6.0  # [m]
YAW_COST = 4.0  # [m/rad] how many metres of offset a heading difference counts for
LOCATED_MAX = 64  # lanes at one place

ARRAYS = "Tuple((f8[::1], i8[::1], i8[::1], i8[::1], i8[::1], f8[:, :, ::1], f8[::1], i8[::1], f8[:, ::1], f8[::1]))"
"""The numba type of `LaneIndex.arrays`, for signatures: frame, cell start, cell piece, piece lane, piece row, piece
corners, piece z, point_start, center, arc."""
IndexArrays = tuple[Array, Ints, Ints, Ints, Ints, Array, Array, Ints, Array, Array]


@kernel()
def lanes_in_cell(x: float, y: float, arrays: IndexArrays) -> tuple[int, int]:
    """The rows first..last-1 of arrays[2] that hold the pieces near a place; empty outside the map."""
    frame = arrays[0]
    column = math.floor((x - frame[0]) / frame[2])
    row = math.floor((y - frame[1]) / frame[2])
    if not (0 <= column < frame[3] and 0 <= row < frame[4]):
        return 0, 0
    cell = int(column) * int(frame[4]) + int(row)
    return arrays[1][cell], arrays[1][cell + 1]


@kernel()
def on_lane(x: float, y: float, lane: int, row: int, arrays: IndexArrays) -> tuple[float, float, float]:
    """s [m], d [m, left positive] and the centre line's heading [rad] on a lane, near one of its rows."""
    start, center, arc = arrays[7], arrays[8], arrays[9]
    first = max(row - 2, start[lane])
    last = min(row + 3, start[lane + 1] - 1)
    best = np.inf
    s, d, yaw = arc[first], 0.0, 0.0
    for k in range(first, last):
        ex = center[k + 1, 0] - center[k, 0]
        ey = center[k + 1, 1] - center[k, 1]
        long2 = ex * ex + ey * ey
        if long2 <= 0.0:
            continue
        rx, ry = x - center[k, 0], y - center[k, 1]
        share = min(1.0, max(0.0, (rx * ex + ry * ey) / long2))
        px, py = rx - share * ex, ry - share * ey
        square = px * px + py * py
        if square < best:
            best = square
            s = arc[k] + share * (arc[k + 1] - arc[k])
            d = math.copysign(math.sqrt(square), ex * ry - ey * rx)
            yaw = math.atan2(ey, ex)
    return s, d, yaw


@kernel()
def _held(x: float, y: float, z: float, yaw: float, arrays: IndexArrays) -> tuple[int, float, float]:
    """The best of the lanes that hold a place, or -1."""
    first, last = lanes_in_cell(x, y, arrays)
    lane, s, d, best = -1, 0.0, 0.0, np.inf
    for k in range(first, last):
        piece = int(arrays[2][k])
        if abs(arrays[6][piece] - z) > LEVEL or not in_polygon(x, y, arrays[5][piece]):
            continue
        holder = int(arrays[3][piece])
        along, across, heading = on_lane(x, y, holder, int(arrays[4][piece]), arrays)
        cost = abs(across)
        if not math.isnan(yaw):
            cost += YAW_COST * abs(wrap(yaw - heading))
        if cost < best:
            lane, s, d, best = holder, along, across, cost
    return lane, s, d


@kernel()
def _beyond(x: float, y: float, z: float, yaw: float, arrays: IndexArrays) -> tuple[int, float, float]:
    """The nearest lane to a place that none holds, ring after ring of the grid around it; -1 on an empty map."""
    frame = arrays[0]
    columns, rows = int(frame[3]), int(frame[4])
    column = min(max(math.floor((x - frame[0]) / frame[2]), 0), columns - 1)
    row = min(max(math.floor((y - frame[1]) / frame[2]), 0), rows - 1)
    lane, s, d, best = -1, 0.0, 0.0, np.inf
    reach = math.inf
    for ring in range(max(columns, rows) + 1):
        if ring * frame[2] > reach:
            break
        for i in range(max(column - ring, 0), min(column + ring, columns - 1) + 1):
            edge = i == column - ring or i == column + ring
            for j in range(row - ring, row + ring + 1, 1 if edge else 2 * ring):
                if not 0 <= j < rows:
                    continue
                cell = i * rows + j
                for k in range(arrays[1][cell], arrays[1][cell + 1]):
                    piece = int(arrays[2][k])
                    if abs(arrays[6][piece] - z) > LEVEL:
                        continue
                    holder = int(arrays[3][piece])
                    along, across, heading = on_lane(x, y, holder, int(arrays[4][piece]), arrays)
                    cost = abs(across)
                    if not math.isnan(yaw):
                        cost += YAW_COST * abs(wrap(yaw - heading))
                    if cost < best:
                        lane, s, d, best = holder, along, across, cost
                        # further rings are at least this far from the place, clamped into the grid or not
                        reach = best + frame[2]
    return lane, s, d


@kernel()
def locate(x: float, y: float, z: float, yaw: float, arrays: IndexArrays) -> tuple[int, float, float]:
    """Lane, s [m] and d [m, left positive] of a place: of the lanes that hold it, that with the least offset plus
    YAW_COST times heading difference (yaw NaN: by offset alone); if none holds it, the best near it; -1 if no lane is
    within LEVEL [m] of its height. For kernels; arrays is `LaneIndex.arrays`, of numba type ARRAYS."""
    lane, s, d = _held(x, y, z, yaw, arrays)
    if lane < 0:
        lane, s, d = _beyond(x, y, z, yaw, arrays)
    return lane, s, d


@kernel(f"Tuple((i8, f8, f8))(f8, f8, f8, f8, {ARRAYS})")
def _locate(x: float, y: float, z: float, yaw: float, arrays: IndexArrays) -> tuple[int, float, float]:
    return locate(x, y, z, yaw, arrays)


@kernel(f"i8(f8, f8, f8, {ARRAYS}, i8[::1])")
def _lanes_at(x: float, y: float, z: float, arrays: IndexArrays, found: Ints) -> int:
    count = 0
    first, last = lanes_in_cell(x, y, arrays)
    for k in range(first, last):
        piece = int(arrays[2][k])
        if abs(arrays[6][piece] - z) > LEVEL or not in_polygon(x, y, arrays[5][piece]):
            continue
        new = True
        for other in range(count):
            new = new and found[other] != arrays[3][piece]
        if new and count < found.shape[0]:
            found[count] = arrays[3][piece]
            count += 1
    return count


class LaneIndex:
    """Lanes of one graph by place. A place more than LEVEL [m] above or below a lane is not on it.

    arrays is a plain tuple of C-contiguous arrays, of numba type `ARRAYS`, for kernels: they call `locate`, or walk
    `lanes_in_cell` and test `inside` themselves.
    """

    def __init__(self, graph: LaneGraph) -> None:
        pieces = cut(graph, PIECE_LENGTH)
        cells = grid(pieces.corners, CELL_SIZE)
        self.arrays: IndexArrays = (
            cells.frame,
            cells.start,
            cells.piece,
            pieces.lane,
            pieces.row,
            pieces.corners,
            pieces.z,
            graph.point_start,
            graph.center,
            graph.arc,
        )
        self._found = np.zeros(LOCATED_MAX, np.int64)

    def lanes_at(self, x: float, y: float, z: float) -> Ints:
        """All lanes whose area holds the place [m], ascending."""
        count = _lanes_at(x, y, z, self.arrays, self._found)
        lanes = self._found[:count].copy()
        lanes.sort()
        return lanes

    def nearest(self, x: float, y: float, z: float, yaw: float | None = None) -> tuple[int, float, float]:
        """Lane, s [m] and d [m, left positive]; see `locate`. Lane -1 when no lane is at this height."""
        lane, s, d = _locate(x, y, z, math.nan if yaw is None else yaw, self.arrays)
        return int(lane), s, d


@lru_cache(maxsize=4)
def lane_index(graph: LaneGraph) -> LaneIndex:
    """A graph's index. Those of the last few are kept: a drive needs it in several places, a suite on one road in all
    its drives."""
    return LaneIndex(graph)
