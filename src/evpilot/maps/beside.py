"""Which lanes lie side by side, by their bounds, where a map does not say."""

import math
from dataclasses import replace

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polygon import in_polygon
from evpilot.maps.index import ARRAYS, IndexArrays, LaneIndex, lanes_in_cell
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Bools, Ints

SAMPLES = 7  # places along a bound that are looked at
SEEN_MAX = 4  # lanes noted at one place
GAP_MAX = 0.6  # [m] between the facing bounds of two lanes side by side
REACH = 0.8  # [m] beyond a bound where the neighbour is looked for
AGREE_MIN = 5  # of the SAMPLES places at which it must be the same lane
PARALLEL = 0.35  # [rad]


@kernel()
def _runs_along(x: float, y: float, yaw: float, bound: Array, first: int, last: int, way: float) -> bool:
    """Whether rows first..last of a bound pass a place within GAP_MAX, in its direction (way 1) or against it (-1)."""
    best, turn = np.inf, 0.0
    for k in range(first, last):
        ex, ey = bound[k + 1, 0] - bound[k, 0], bound[k + 1, 1] - bound[k, 1]
        long2 = ex * ex + ey * ey
        if long2 <= 0.0:
            continue
        rx, ry = x - bound[k, 0], y - bound[k, 1]
        share = min(1.0, max(0.0, (rx * ex + ry * ey) / long2))
        away = math.hypot(rx - share * ex, ry - share * ey)
        if away < best:
            best = away
            turn = wrap(math.atan2(way * ey, way * ex) - yaw)
    return best <= GAP_MAX and abs(turn) < PARALLEL


@kernel(f"void(f8[:, ::1], i8[::1], {ARRAYS}, f8[:, ::1], f8[:, ::1], i8[:, ::1])")
def _look(places: Array, own: Ints, arrays: IndexArrays, left: Array, right: Array, seen: Ints) -> None:
    """Note in seen (N, SEEN_MAX) the lanes beyond places (N, 5): x, y, z, yaw of a bound, side 1 left or -1 right; own
    (N,) is the lane that the bound is of. A lane is noted as 2 * lane, or 2 * lane + 1 when it runs the other way."""
    for n in range(places.shape[0]):
        x, y, z, yaw, side = places[n, 0], places[n, 1], places[n, 2], places[n, 3], places[n, 4]
        px, py = x - side * REACH * math.sin(yaw), y + side * REACH * math.cos(yaw)
        first, last = lanes_in_cell(px, py, arrays)
        count = 0
        for m in range(first, last):
            piece = int(arrays[2][m])
            lane = int(arrays[3][piece])
            if lane == own[n] or abs(arrays[6][piece] - z) > LEVEL or not in_polygon(px, py, arrays[5][piece]):
                continue
            row = int(arrays[4][piece])
            low = max(row - 2, int(arrays[7][lane]))
            high = min(row + 3, int(arrays[7][lane + 1]) - 1)
            facing, turned = (right, left) if side > 0.0 else (left, right)
            note = -1
            if _runs_along(x, y, yaw, facing, low, high, 1.0):
                note = 2 * lane
            elif _runs_along(x, y, yaw, turned, low, high, -1.0):
                note = 2 * lane + 1
            known = note < 0
            for k in range(count):
                known = known or seen[n, k] == note
            if not known and count < SEEN_MAX:
                seen[n, count] = note
                count += 1


def infer_neighbours(graph: LaneGraph) -> LaneGraph:
    """The graph with neighbours filled in where it has none and the bounds of two lanes run along each other.

    The neighbour is the lane just beyond a bound at AGREE_MIN or more of SAMPLES places, whose facing bound passes
    within GAP_MAX and is parallel, or opposite, within PARALLEL. Both lanes must see each other so.
    """
    index = LaneIndex(graph)
    left, right = _seen(graph, index, 1.0), _seen(graph, index, -1.0)
    left_beside, left_same = _agreed(graph.left_neighbour, graph.left_same, left, right, left)
    right_beside, right_same = _agreed(graph.right_neighbour, graph.right_same, right, left, right)
    return replace(
        graph, left_neighbour=left_beside, left_same=left_same, right_neighbour=right_beside, right_same=right_same
    )


def _agreed(beside: Ints, same: Bools, seen: Ints, across: Ints, along: Ints) -> tuple[Ints, Bools]:
    """Neighbours of one side, filled in where both lanes see each other: a parallel neighbour sees back across its
    other side, an opposite one along the same side."""
    beside, same = beside.copy(), same.copy()
    for lane in np.flatnonzero((beside < 0) & (seen >= 0)).tolist():
        other, opposite = divmod(int(seen[lane]), 2)
        back = along if opposite else across
        if back[other] == 2 * lane + opposite:
            beside[lane], same[lane] = other, not opposite
    return beside, same


def _seen(graph: LaneGraph, index: LaneIndex, side: float) -> Ints:
    """What lies beyond the left (side 1) or right (-1) bound of each lane (L,), as `_look` notes it; -1 for nothing."""
    lanes = len(graph)
    lane = np.repeat(np.arange(lanes), SAMPLES)
    share = np.tile((np.arange(SAMPLES) + 0.5) / SAMPLES, lanes)
    line = graph.left if side > 0.0 else graph.right
    s = share * graph.length[lane]
    offset = np.concatenate([[0.0], np.cumsum(graph.length + 1.0)])[:-1]
    owner = np.repeat(np.arange(lanes), np.diff(graph.point_start))
    # the arcs of all lanes laid end to end, so that one search serves every lane
    row = np.searchsorted(graph.arc + offset[owner], s + offset[lane], side="right") - 1
    row = np.clip(row, graph.point_start[lane], graph.point_start[lane + 1] - 2)
    step = line[row + 1] - line[row]
    part = (s - graph.arc[row]) / np.maximum(graph.arc[row + 1] - graph.arc[row], 1e-9)
    place = line[row] + part[:, None] * step
    places = np.column_stack([place, np.arctan2(step[:, 1], step[:, 0]), np.full(len(lane), side)])
    notes = np.full((len(lane), SEEN_MAX), -1, np.int64)
    _look(np.ascontiguousarray(places), lane, index.arrays, graph.left, graph.right, notes)
    best = np.full(lanes, -1, np.int64)
    for number, own in enumerate(notes.reshape(lanes, -1)):
        found, times = np.unique(own[own >= 0], return_counts=True)
        if len(found) and times.max() >= AGREE_MIN:
            best[number] = found[np.argmax(times)]
    return best
