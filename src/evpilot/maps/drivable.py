"""How far a place is from the edge of the road: a signed distance field of the lanes' union, held in square tiles."""

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel
from evpilot.geometry.polygon import in_polygon
from evpilot.maps.outline import edges_of, joint_of, quads_of
from evpilot.types import LaneGraph, LaneKind, User
from evpilot.types.state import Array, Bools, Ints

CELL = 0.2  # [m]
TILE = 64  # cells along a tile's side
REACH = 3.0  # [m] distances are cut off here
CRACK = 0.25  # [m] gaps between lanes up to about twice this do not count as an edge
HAIR = 1e-6  # [m] ... and up to this, where every gap counts: lanes that share a bound leave none

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrivableArea:
    """Signed distance [m] to the edge of the drivable area: positive inside, cut off at +-`REACH`.

    origin (2,) [m] of the tile table; table (I, J) number of the tile or -1 for none; tiles (K, TILE, TILE) float32 at
    cell centres.
    """

    origin: Array
    table: Ints
    tiles: Floats32

    def distance(self, x: float, y: float) -> float:
        """Signed distance [m] at one place, map frame."""
        return edge_distance(x, y, self.origin, self.table, self.tiles)


@kernel()
def _cell(i: int, j: int, table: Ints, tiles: Floats32) -> float:
    if i < 0 or j < 0 or i >= table.shape[0] * TILE or j >= table.shape[1] * TILE:
        return -REACH
    tile = table[i // TILE, j // TILE]
    return tiles[tile, i % TILE, j % TILE] if tile >= 0 else -REACH


@kernel("f8(f8, f8, f8[::1], i8[:, ::1], f4[:, :, ::1])")
def edge_distance(x: float, y: float, origin: Array, table: Ints, tiles: Floats32) -> float:
    """Signed distance [m] at a place, bilinear between the four cells around it; -REACH off the tiles."""
    u = (x - origin[0]) / CELL - 0.5
    v = (y - origin[1]) / CELL - 0.5
    i, j = math.floor(u), math.floor(v)
    if not (i >= 0 and j >= 0 and i + 1 < table.shape[0] * TILE and j + 1 < table.shape[1] * TILE):
        return -REACH
    fu, fv = u - i, v - j
    tile = table[i // TILE, j // TILE]
    a, b = i % TILE, j % TILE
    if a < TILE - 1 and b < TILE - 1:
        if tile < 0:
            return -REACH
        low = (1.0 - fu) * tiles[tile, a, b] + fu * tiles[tile, a + 1, b]
        high = (1.0 - fu) * tiles[tile, a, b + 1] + fu * tiles[tile, a + 1, b + 1]
        return (1.0 - fv) * low + fv * high
    low = (1.0 - fu) * _cell(i, j, table, tiles) + fu * _cell(i + 1, j, table, tiles)
    high = (1.0 - fu) * _cell(i, j + 1, table, tiles) + fu * _cell(i + 1, j + 1, table, tiles)
    return (1.0 - fv) * low + fv * high


@kernel()
def _span(quad: Array, axis: int) -> tuple[float, float]:
    """Least and greatest x (axis 0) or y (axis 1) [m] of a quad (4, 2)."""
    low = high = quad[0, axis]
    for corner in range(1, 4):
        low, high = min(low, quad[corner, axis]), max(high, quad[corner, axis])
    return low, high


@kernel()
def _mark_tiles(quads: Array, origin: Array, table: Ints) -> int:
    """Number the tiles that a quad comes within REACH of; return how many there are."""
    count = 0
    side = CELL * TILE
    for q in range(quads.shape[0]):
        x0, x1 = _span(quads[q], 0)
        y0, y1 = _span(quads[q], 1)
        i0 = max(math.floor((x0 - REACH - origin[0]) / side), 0)
        i1 = min(math.floor((x1 + REACH - origin[0]) / side), table.shape[0] - 1)
        j0 = max(math.floor((y0 - REACH - origin[1]) / side), 0)
        j1 = min(math.floor((y1 + REACH - origin[1]) / side), table.shape[1] - 1)
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if table[i, j] < 0:
                    table[i, j] = count
                    count += 1
    return count


@kernel()
def _fill(quads: Array, origin: Array, table: Ints, tiles: Floats32) -> None:
    """Set +REACH in every cell whose centre lies in a quad."""
    for q in range(quads.shape[0]):
        x0, x1 = _span(quads[q], 0)
        y0, y1 = _span(quads[q], 1)
        i0 = math.floor((x0 - origin[0]) / CELL - 0.5)
        i1 = math.ceil((x1 - origin[0]) / CELL - 0.5)
        j0 = math.floor((y0 - origin[1]) / CELL - 0.5)
        j1 = math.ceil((y1 - origin[1]) / CELL - 0.5)
        for i in range(max(i0, 0), min(i1 + 1, table.shape[0] * TILE)):
            for j in range(max(j0, 0), min(j1 + 1, table.shape[1] * TILE)):
                tile = table[i // TILE, j // TILE]
                if tile >= 0 and tiles[tile, i % TILE, j % TILE] < 0.0:
                    x = origin[0] + (i + 0.5) * CELL
                    y = origin[1] + (j + 0.5) * CELL
                    if in_polygon(x, y, quads[q]):
                        tiles[tile, i % TILE, j % TILE] = REACH


@kernel()
def _close_cracks(table: Ints, tiles: Floats32) -> None:
    """Cells between two inside cells (across, along or on a diagonal) become inside: lanes seldom meet exactly."""
    before = tiles.copy()
    for ti in range(table.shape[0]):
        for tj in range(table.shape[1]):
            tile = table[ti, tj]
            if tile < 0:
                continue
            for a in range(TILE):
                for b in range(TILE):
                    if before[tile, a, b] > 0.0:
                        continue
                    i, j = ti * TILE + a, tj * TILE + b
                    for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1)):
                        if _cell(i + di, j + dj, table, before) > 0.0 and _cell(i - di, j - dj, table, before) > 0.0:
                            tiles[tile, a, b] = REACH
                            break


@kernel()
def _inside(x: float, y: float, origin: Array, table: Ints, tiles: Floats32) -> bool:
    i = math.floor((x - origin[0]) / CELL)
    j = math.floor((y - origin[1]) / CELL)
    return _cell(i, j, table, tiles) > 0.0


@kernel()
def _by_tile(quads: Array, origin: Array, table: Ints, count: int) -> tuple[Ints, Ints]:
    """Which quads reach into each of `count` tiles: where each tile's begin (count + 1,), and the quads."""
    start = np.zeros(count + 1, np.int64)
    held = np.empty(0, np.int64)
    side = CELL * TILE
    for fill in (False, True):
        for q in range(quads.shape[0]):
            x0, x1 = _span(quads[q], 0)
            y0, y1 = _span(quads[q], 1)
            for i in range(int((x0 - origin[0]) / side), int((x1 - origin[0]) / side) + 1):
                for j in range(int((y0 - origin[1]) / side), int((y1 - origin[1]) / side) + 1):
                    if fill:
                        start[table[i, j]] -= 1
                        held[start[table[i, j]]] = q
                    else:
                        start[table[i, j]] += 1
        if not fill:
            for tile in range(count):
                start[tile + 1] += start[tile]
            held = np.empty(start[count], np.int64)
    return start, held


@kernel()
def _on_lane(x: float, y: float, origin: Array, table: Ints, quads: Array, start: Ints, held: Ints) -> bool:
    """Whether a quad holds a place, exactly."""
    i, j = math.floor((x - origin[0]) / (CELL * TILE)), math.floor((y - origin[1]) / (CELL * TILE))
    if not (0 <= i < table.shape[0] and 0 <= j < table.shape[1]) or table[i, j] < 0:
        return False
    for k in range(start[table[i, j]], start[table[i, j] + 1]):  # noqa: SIM110  a kernel has no any()
        if in_polygon(x, y, quads[held[k]]):
            return True
    return False


@kernel()
def true_edges(quads: Array, edges: Array, origin: Array, table: Ints, count: int) -> Bools:
    """Which edge pieces (E, 4) have lanes on one side only, `HAIR` beside them."""
    start, held = _by_tile(quads, origin, table, count)
    out = np.zeros(edges.shape[0], np.bool_)
    for e in range(edges.shape[0]):
        dx, dy = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
        length = max(math.sqrt(dx * dx + dy * dy), 1e-9)
        nx, ny = -dy / length * HAIR, dx / length * HAIR
        mx, my = 0.5 * (edges[e, 0] + edges[e, 2]), 0.5 * (edges[e, 1] + edges[e, 3])
        left = _on_lane(mx + nx, my + ny, origin, table, quads, start, held)
        out[e] = not (left and _on_lane(mx - nx, my - ny, origin, table, quads, start, held))
    return out


@kernel()
def _paint(edges: Array, true: Bools, origin: Array, table: Ints, sign: Floats32, tiles: Floats32) -> None:
    """Bring every cell's distance down to the nearest piece of an edge that has road on one side only; true (E,) says
    which have, empty when cracks do not count."""
    reach = math.ceil(REACH / CELL)
    for e in range(edges.shape[0]):
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        dx, dy = bx - ax, by - ay
        length = math.sqrt(dx * dx + dy * dy)
        if length < 1e-6:
            continue
        nx, ny = -dy / length * CRACK, dx / length * CRACK
        mx, my = 0.5 * (ax + bx), 0.5 * (ay + by)
        inner = _inside(mx + nx, my + ny, origin, table, sign) and _inside(mx - nx, my - ny, origin, table, sign)
        if (true.shape[0] and not true[e]) or (not true.shape[0] and inner):
            continue
        i0 = math.floor((min(ax, bx) - origin[0]) / CELL) - reach
        i1 = math.floor((max(ax, bx) - origin[0]) / CELL) + reach
        j0 = math.floor((min(ay, by) - origin[1]) / CELL) - reach
        j1 = math.floor((max(ay, by) - origin[1]) / CELL) + reach
        for i in range(max(i0, 0), min(i1 + 1, table.shape[0] * TILE)):
            for j in range(max(j0, 0), min(j1 + 1, table.shape[1] * TILE)):
                tile = table[i // TILE, j // TILE]
                if tile < 0:
                    continue
                rx = origin[0] + (i + 0.5) * CELL - ax
                ry = origin[1] + (j + 0.5) * CELL - ay
                share = min(1.0, max(0.0, (rx * dx + ry * dy) / (length * length)))
                px, py = rx - share * dx, ry - share * dy
                distance = math.sqrt(px * px + py * py)
                if distance < tiles[tile, i % TILE, j % TILE]:
                    tiles[tile, i % TILE, j % TILE] = distance


@kernel("Tuple((i8[:, ::1], f4[:, :, ::1]))(f8[:, :, ::1], f8[:, ::1], f8[::1], i8, i8, b1)")
def rasterise(quads: Array, edges: Array, origin: Array, rows: int, columns: int, exact: bool) -> tuple[Ints, Floats32]:
    """Table and tiles of the signed distance from lane quads (Q, 4, 2) and edge pieces (E, 4) x, y, x, y [m]; exact
    where cracks between lanes are edges, too."""
    table = np.full((rows, columns), -1, np.int64)
    count = _mark_tiles(quads, origin, table)
    sign = np.full((count, TILE, TILE), -REACH, np.float32)
    _fill(quads, origin, table, sign)
    true = np.zeros(0, np.bool_)
    if exact:
        true = true_edges(quads, edges, origin, table, count)
    else:
        _close_cracks(table, sign)
    tiles = np.full((count, TILE, TILE), REACH, np.float32)
    _paint(edges, true, origin, table, sign, tiles)
    for k in range(count):
        for a in range(TILE):
            for b in range(TILE):
                if sign[k, a, b] < 0.0:
                    tiles[k, a, b] = -tiles[k, a, b]
    return table, tiles


def drivable_area(graph: LaneGraph, lanes: Ints, *, exact: bool = False) -> DrivableArea:
    """The distance field around the union of some lanes (all lanes of a level: pass those within 2.5 m in height).

    exact: a gap is off the road however narrow, but none between lanes that the source names neighbours, as in
    CommonRoad's verdict."""
    parts = [quads_of(graph, int(lane)) for lane in lanes]
    if exact:
        parts += [joint_of(graph, int(lane)) for lane in np.intersect1d(lanes, np.flatnonzero(graph.left_told))]
    quads = np.concatenate(parts)
    edges = np.concatenate([edges_of(graph, int(lane)) for lane in lanes])
    return _field(quads.tobytes(), edges.tobytes(), exact)


@functools.lru_cache(maxsize=4)
def _field(quad_bytes: bytes, edge_bytes: bytes, exact: bool) -> DrivableArea:
    """The field of lane quads and edge pieces; those of the last few roads are kept: a suite drives many on one."""
    quads = np.frombuffer(quad_bytes).reshape(-1, 4, 2).copy()
    edges = np.frombuffer(edge_bytes).reshape(-1, 4).copy()
    low = quads.reshape(-1, 2).min(axis=0) - REACH - CELL
    high = quads.reshape(-1, 2).max(axis=0) + REACH + CELL
    shape = np.ceil((high - low) / (CELL * TILE)).astype(np.int64)
    table, tiles = rasterise(quads, edges, low, int(shape[0]), int(shape[1]), exact)
    return DrivableArea(origin=low, table=table, tiles=tiles)


def lanes_for_cars(graph: LaneGraph) -> Ints:
    """The lanes (K,) that a car can be driven on without leaving the road: all but those for people on foot alone."""
    people = (graph.kind == LaneKind.SIDEWALK) | (graph.kind == LaneKind.CROSSWALK)
    return np.flatnonzero(~people & (((graph.users | graph.users_against) & ~User.PEDESTRIAN) != 0))
