"""Junctions and crosswalks are entered only by who can leave them (StVO sections 11 (1), 26 (2))."""

import math

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Ref
from evpilot.plan.way import Way
from evpilot.types import VEHICLES, LaneGraph, Tracks
from evpilot.types.state import Array, Ints

CROSSING = 0.5  # [rad] lanes that meet at less angle join
APART = 12.0  # [m] places to keep clear that are closer to each other are one
SPARE = 1.5  # [m] behind who stands there
SLOW = 3.0  # [m/s] a faster lead will have made room
OURS = 0.7  # cosine of the angle to our way of who goes it
ASIDE = 1.6  # [m] from the middle of our way
TOWN_PACE = 7.0  # [m/s] at which we come, at least


def places_to_keep_clear(graph: LaneGraph, way: Way) -> list[tuple[float, float]]:
    """Parts of a corridor [m], in order, on which others cross our way: where ways cross in a junction, and crosswalks.
    Those too close to each other to stand between are one."""
    found: list[tuple[float, float]] = []
    for lane, begin in zip(way.path.lanes.tolist(), way.path.lane_s.tolist(), strict=True):
        for row in range(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1])):
            if graph.junction[lane] >= 0 and _crosses(graph, lane, row):
                low, high = graph.conflict_span[row, :2].tolist()
                found.append((begin + low, begin + high))
        rows = np.flatnonzero(graph.crosswalk_lane == lane)
        found.extend((begin + low, begin + high) for low, high in graph.crosswalk_span[rows].tolist())
    found.sort()
    merged: list[tuple[float, float]] = []
    for low, high in found:
        if merged and low <= merged[-1][1] + APART:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def blocked_by(part: tuple[float, float], way: Way, front: float, length: float, speed: float, tracks: Tracks) -> int:
    """The row of who stands, or will when we get there, so close behind a part of our way [m] that we could not leave
    it; -1 for nobody. front [m] our bumper's place, length [m] and speed [m/s] ours."""
    rows, spans = _queue_on(way, tracks)
    if not len(rows):
        return -1
    arrive = (part[1] - front) / max(speed, TOWN_PACE)
    rear = spans[:, 0] + _advance(tracks.state[rows, 4], tracks.state[rows, 5], arrive)
    first = np.where(spans[:, 1] > max(part[0], front), rear, np.inf)
    nearest = int(np.argmin(first))
    return int(rows[nearest]) if first[nearest] < part[1] + length + SPARE else -1


def _advance(speed: Array, accel: Array, seconds: float) -> Array:
    """How far [m] who goes at a speed [m/s] comes in a time: as it is, or until its braking [m/s2] ends it."""
    speed, brake = np.maximum(speed, 0.0), np.maximum(-accel, 1e-3)
    lasts = np.minimum(seconds, speed / brake)
    return np.where(accel < 0.0, speed * lasts - 0.5 * brake * lasts * lasts, speed * seconds)


def _queue_on(way: Way, tracks: Tracks) -> tuple[Ints, Array]:
    """Slow vehicles that go our way on a corridor: their rows, and from where to where they are on it (N, 2) [m]."""
    state = tracks.state
    slow = np.isin(tracks.kind, VEHICLES) & (np.abs(state[:, 4]) < SLOW) & tracks.valid
    rows: list[int] = []
    spans: list[tuple[float, float]] = []
    for row in np.flatnonzero(slow).tolist():
        x, y, z, yaw = state[row, :4].tolist()
        table = way.table
        k = int(np.argmin((table[:, Ref.X] - x) ** 2 + (table[:, Ref.Y] - y) ** 2 + (table[:, Ref.Z] - z) ** 2))
        dx, dy = x - table[k, Ref.X], y - table[k, Ref.Y]
        c, s = float(table[k, Ref.COS]), float(table[k, Ref.SIN])
        if abs(c * dy - s * dx) < ASIDE and math.cos(yaw) * c + math.sin(yaw) * s > OURS:
            place, half = k * SPACING + c * dx + s * dy, 0.5 * float(tracks.size[row, 0])
            rows.append(row)
            spans.append((place - half, place + half))
    return np.array(rows, np.int64), np.array(spans).reshape(-1, 2)


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
