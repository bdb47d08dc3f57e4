"""Junctions and crosswalks are entered only by who can leave them (StVO sections 11 (1), 26 (2))."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Ref
from evpilot.plan.way import Way
from evpilot.types import VEHICLES, LaneGraph, Tracks, among
from evpilot.types.state import Array, Bools, Ints

CROSSING = 0.5  # [rad] lanes that meet at less angle join
APART = 12.0  # [m] places to keep clear that are closer to each other are one
SPARE = 2.2  # [m] behind who stands there: the gap at which we stand, and some
STAND_OFF = 0.5  # [m] before a place that is kept clear,
STAND_CLOSE = 0.2  # [m] and on one before the next way that crosses it
SLOW = 3.0  # [m/s] a faster lead will have made room
DRIVEN = among(VEHICLES)
OURS = 0.7  # cosine of the angle to our way of who goes it
ASIDE = 1.6  # [m] from the middle of our way
MIDDLE = 0.5  # [m] who stands across our way and as near to its middle as this is not passed on it
STANDS = 0.5  # [m/s]
TOWN_PACE = 7.0  # [m/s] at which we come, at least
R_X, R_Y, R_Z, R_C, R_S = int(Ref.X), int(Ref.Y), int(Ref.Z), int(Ref.COS), int(Ref.SIN)


def crosswalks_on(graph: LaneGraph, way: Way) -> list[tuple[int, float, float]]:
    """The crosswalks on a corridor: which, and from where to where [m]."""
    found: list[tuple[int, float, float]] = []
    for w in range(len(graph.crosswalk_start) - 1):
        rows = slice(int(graph.crosswalk_lane_start[w]), int(graph.crosswalk_lane_start[w + 1]))
        for lane, span in zip(graph.crosswalk_lane[rows], graph.crosswalk_span[rows], strict=True):
            for place in np.flatnonzero(way.path.lanes == lane):
                begin = float(way.path.lane_s[place])
                found.append((w, begin + float(span[0]), begin + float(span[1])))
    return found


def crossed_on(graph: LaneGraph, way: Way) -> list[tuple[float, float]]:
    """Parts of a corridor [m], in order, on which others cross our way: where ways cross in a junction, and
    crosswalks."""
    found: list[tuple[float, float]] = []
    for lane, begin in zip(way.path.lanes.tolist(), way.path.lane_s.tolist(), strict=True):
        for row in range(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1])):
            if graph.junction[lane] >= 0 and _crosses(graph, lane, row):
                low, high = graph.conflict_span[row, :2].tolist()
                found.append((begin + low, begin + high))
    found.extend((low, high) for _, low, high in crosswalks_on(graph, way))
    return sorted(found)


def places_to_keep_clear(crossed: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What others cross of a corridor [m], in order; those parts too close to each other to stand between are one."""
    merged: list[tuple[float, float]] = []
    for low, high in crossed:
        if merged and low <= merged[-1][1] + APART:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a corridor that others cross: from where to where and where to stop before it [m]; whether we are on
    its junction already: then only who stands across our way keeps us from it."""

    low: float
    high: float
    stop: float
    inside: bool


class Crossed:
    """What others cross of the corridors, found once for each path."""

    def __init__(self, graph: LaneGraph) -> None:
        self._graph = graph
        self._found: dict[bytes, tuple[list[tuple[float, float]], list[tuple[float, float]]]] = {}

    def ahead(self, way: Way, front: float) -> list[Part]:
        """The places to keep clear ahead of our front [m], and those parts ahead of the one that it is on."""
        key = way.path.lanes.tobytes()
        if key not in self._found:
            crossed = crossed_on(self._graph, way)
            self._found[key] = places_to_keep_clear(crossed), crossed
        places, crossed = self._found[key]
        here = next((high for low, high in places if low < front <= high), -math.inf)
        return [Part(low, high, low - STAND_OFF, False) for low, high in places if low >= front] + [
            Part(low, high, low - STAND_CLOSE, True) for low, high in crossed if front <= low <= here
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Queue:
    """Slow vehicles that go our way on a corridor, and those that stand across it: row (N,) in the tracks, low and
    high (N,) from where to where they are on it [m], speed (N,) [m/s] and accel (N,) [m/s2], bars (N,) who stands
    across."""

    row: Ints
    low: Array
    high: Array
    speed: Array
    accel: Array
    bars: Bools

    def of(self, keep: Bools) -> "Queue":
        """Some of them (N,)."""
        return Queue(
            row=self.row[keep], low=self.low[keep], high=self.high[keep], speed=self.speed[keep],
            accel=self.accel[keep], bars=self.bars[keep],
        )  # fmt: skip


def queue_on(way: Way, tracks: Tracks) -> Queue:
    """Who stands or crawls on a corridor, and who stands across it."""
    slow = np.flatnonzero(DRIVEN[tracks.kind] & (np.abs(tracks.state[:, 4]) < SLOW) & tracks.valid)
    spans = np.empty((len(slow), 2))
    ours, bars = np.zeros(len(slow), np.bool_), np.zeros(len(slow), np.bool_)
    find_queue(way.table, tracks.state[slow], tracks.size[slow], spans, ours, bars)
    on_it = ours | (bars & (np.abs(tracks.state[slow, 4]) < STANDS))
    row, spans = slow[on_it], spans[on_it]
    return Queue(
        row=row, low=spans[:, 0], high=spans[:, 1], speed=tracks.state[row, 4], accel=tracks.state[row, 5],
        bars=bars[on_it],
    )  # fmt: skip


@kernel("void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], b1[::1], b1[::1])")
def find_queue(table: Array, state: Array, size: Array, spans: Array, ours: Bools, bars: Bools) -> None:
    """Mark which vehicles, state (N, 7) by `Tracks.state` and size (N, 2), go our way on a path's table (P, 14), and
    which others bar it; fill spans (N, 2) from where to where they are on it [m]."""
    for n in range(state.shape[0]):
        x, y, z, yaw = state[n, 0], state[n, 1], state[n, 2], state[n, 3]
        best, k = np.inf, 0
        for row in range(table.shape[0]):
            dx, dy, dz = x - table[row, R_X], y - table[row, R_Y], z - table[row, R_Z]
            square = dx * dx + dy * dy + dz * dz
            if square < best:
                best, k = square, row
        dx, dy, c, s = x - table[k, R_X], y - table[k, R_Y], table[k, R_C], table[k, R_S]
        along, turned = math.cos(yaw) * c + math.sin(yaw) * s, math.sin(yaw) * c - math.cos(yaw) * s
        half, wide = 0.5 * size[n, 0], 0.5 * size[n, 1]
        ours[n] = abs(c * dy - s * dx) < ASIDE and along > OURS
        bars[n] = not ours[n] and abs(c * dy - s * dx) - half * abs(turned) - wide * abs(along) < MIDDLE
        place, reach = k * SPACING + c * dx + s * dy, half
        if bars[n]:
            reach = half * abs(along) + wide * abs(turned)
        spans[n, 0], spans[n, 1] = place - reach, place + reach


def barred(
    parts: list[Part], way: Way, tracks: Tracks, front: float, length: float, speed: float
) -> list[tuple[Part, int]]:
    """Those parts of a corridor that we could not leave, and the row of who bars each: a queue that leaves no room
    behind it, or who stands across our way, behind whom we would stand in another's. front [m] our bumper's place,
    length [m] and speed [m/s] ours."""
    if not parts:
        return []
    queue = queue_on(way, tracks)
    bars = queue.of(queue.bars)
    rows = [blocked_by((part.low, part.high), bars if part.inside else queue, front, length, speed) for part in parts]
    return [(part, row) for part, row in zip(parts, rows, strict=True) if row >= 0]


def blocked_by(part: tuple[float, float], queue: Queue, front: float, length: float, speed: float) -> int:
    """The row of who stands, or will when we get there, so close behind a part of our way [m] that we could not leave
    it; -1 for nobody. front [m] our bumper's place, length [m] and speed [m/s] ours."""
    beyond = np.flatnonzero(queue.high > max(part[0], front))
    if not len(beyond):
        return -1
    arrive = (part[1] - front) / max(speed, TOWN_PACE)
    rear = queue.low[beyond] + _advance(queue.speed[beyond], queue.accel[beyond], arrive)
    nearest = int(np.argmin(rear))
    return int(queue.row[beyond[nearest]]) if rear[nearest] < part[1] + length + SPARE else -1


def _advance(speed: Array, accel: Array, seconds: float) -> Array:
    """How far [m] who goes at a speed [m/s] comes in a time: as it is, or until its braking [m/s2] ends it."""
    speed, brake = np.maximum(speed, 0.0), np.maximum(-accel, 1e-3)
    lasts = np.minimum(seconds, speed / brake)
    return np.where(accel < 0.0, speed * lasts - 0.5 * brake * lasts * lasts, speed * seconds)


def _crosses(graph: LaneGraph, lane: int, row: int) -> bool:
    """Whether the other lane of a conflict crosses ours, and does not join it or part from it."""
    low, high, their_low, their_high = graph.conflict_span[row].tolist()
    mine = _heading(graph, lane, 0.5 * (low + high))
    theirs = _heading(graph, int(graph.conflict[row]), 0.5 * (their_low + their_high))
    return math.cos(mine - theirs) < math.cos(CROSSING)


def _heading(graph: LaneGraph, lane: int, s: float) -> float:
    """Direction [rad] of a lane at s [m]."""
    rows = graph.points(lane)
    k = min(max(int(np.searchsorted(graph.arc[rows], s)) - 1, 0), rows.stop - rows.start - 2) + rows.start
    (x0, y0), (x1, y1) = graph.center[k : k + 2, :2].tolist()
    return math.atan2(y1 - y0, x1 - x0)
