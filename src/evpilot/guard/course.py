"""Where the lanes lead somebody: on a bent road the lane itself may take past the car whose velocity points at it.

Who leaves a roundabout beside us heads for us until he turns away. That he meets us is certain only where he does so on
one of the lanes that he may be following, too: each is gone along at his pace, and as much aside of its middle as he is
and drifts now. On straight lanes that is the expectation that he keeps his velocity, and nothing is added to it.
"""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.guard.contact import STEP, TIME, TX, TY, TYAW, apart, meeting, row_at, travelled
from evpilot.guard.others import OHALF_LENGTH, OHALF_WIDTH, OTURN, OVX, OVY, OX, OY, OYAW, OZ
from evpilot.maps.index import lane_index
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

ALIGNED = 0.35  # [rad] whose heading differs more from a lane's does not follow it
TURN_ALIKE = 0.1  # [rad/s] a lane that turns less as he does than another by more than this is not the one he follows
BENT = 0.1  # [rad] a lane that turns less leads nobody elsewhere than straight on
WIDEST = 3.0  # [m] what is wider is where somebody may be, and not somebody who keeps to a lane
WAYS_MAX = 16  # lanes and their branches that are looked at
HOPS_MAX = 40  # lanes one after the other: a ring of short ones has no end
SPARE = 5.0  # [m] of a line beyond where it will be needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A lane and what it leads on to: a line (M, 3) of x, y, yaw along the middle; s, d [m] and the line's heading
    [rad] at the place from which it is followed."""

    line: Array
    s: float
    d: float
    yaw: float


class Courses:
    """The lanes of a map as those who drive there follow them."""

    def __init__(self, graph: LaneGraph) -> None:
        self._graph, self._index = graph, lane_index(graph)

    def certain(self, motion: Array, until: float, others: Array, car: Array, standing: bool) -> Ints:
        """The rows of others (N, 10) without those whom a packed trajectory (T, 7) would meet within `until` [s] as
        `meeting` has it, but whom every lane that they may be following takes past it."""
        rows = np.arange(len(others))
        while True:
            _, met = meeting(motion, until, others[rows], car, standing)
            if met < 0 or not self._passes(motion, until, others[rows[met]], car):
                return rows
            rows = np.delete(rows, met)

    def _passes(self, motion: Array, until: float, other: Array, car: Array) -> bool:
        """Whether there are lanes that an other (10,) may be following, one is bent, and each takes him past."""
        if 2.0 * other[OHALF_WIDTH] > WIDEST:
            return False
        yaw, vx, vy = (float(other[k]) for k in (OYAW, OVX, OVY))
        ways = self._ways(other, math.hypot(vx, vy) * until + SPARE)
        if not any(bend_of(way.line) > BENT for way in ways):
            return False
        for way in ways:
            c, s = math.cos(way.yaw), math.sin(way.yaw)
            course = np.array([way.s, way.d, vx * c + vy * s, vy * c - vx * s, yaw - way.yaw])
            if not takes_past(motion, until, other, car, way.line, course):
                return False
        return True

    def _ways(self, other: Array, long: float) -> list[Way]:
        """The lanes that an other (10,) may be following: of those that lead where he heads, those that turn most as he
        does, `long` [m] onward where the map goes on so far; none where there are too many to look at."""
        x, y, z, yaw, turn = (float(other[k]) for k in (OX, OY, OZ, OYAW, OTURN))
        pace = math.hypot(other[OVX], other[OVY])
        found: list[tuple[float, list[Way]]] = []
        for lane in self._index.lanes_at(x, y, z).tolist():
            middle = headed(self._graph.center[self._graph.points(lane), :2])
            begin = max(int(np.argmin(np.hypot(middle[:, 0] - x, middle[:, 1] - y))) - 1, 0)
            s, d, heading = place_beside(middle[begin : begin + 3], x, y)
            if abs(wrap(yaw - heading)) < ALIGNED:
                lines = self._onward(lane, middle[begin:], s + long)
                ways = [Way(line=line, s=s, d=d, yaw=heading) for line in lines]
                found.append((abs(turn - pace * curvature(middle[begin : begin + 3])), ways))
        least = min((differs for differs, _ in found), default=0.0)
        chosen = [way for differs, ways in found if differs < least + TURN_ALIKE for way in ways]
        return chosen if len(chosen) <= WAYS_MAX else []

    def _onward(self, lane: int, line: Array, long: float, hops: int = HOPS_MAX) -> list[Array]:
        """A line that ends with a lane, gone on with on each lane that follows, until it is `long` [m]."""
        after = self._graph.successors(lane).tolist() if hops else []
        if not after or float(np.hypot(*np.diff(line[:, :2], axis=0).T).sum()) >= long:
            return [line]
        lines: list[Array] = []
        for then in after:
            middle = headed(self._graph.center[self._graph.points(then), :2])
            lines += self._onward(then, np.concatenate([line[:-1], middle]), long, hops - 1)
            if len(lines) > WAYS_MAX:
                break
        return lines


def headed(points: Array) -> Array:
    """Points (M, 2) with the heading [rad] of the line at each (M, 3)."""
    along = np.diff(points, axis=0)
    along = np.concatenate([along[:1], along[:-1] + along[1:], along[-1:]])
    return np.column_stack([points, np.arctan2(along[:, 1], along[:, 0])])


def bend_of(line: Array) -> float:
    """The most by which the heading of a line (M, 3) differs from that at its start [rad]."""
    return float(np.abs((line[:, 2] - line[0, 2] + math.pi) % (2.0 * math.pi) - math.pi).max())


def curvature(line: Array) -> float:
    """How much a line (M, 3) turns in the mean [1/m]."""
    return wrap(float(line[-1, 2] - line[0, 2])) / max(float(np.hypot(*np.diff(line[:, :2], axis=0).T).sum()), 1e-6)


def place_beside(line: Array, x: float, y: float) -> tuple[float, float, float]:
    """Where a place is beside a line (M, 3): s and d [m, left positive], and the line's heading there [rad]."""
    along, away = np.diff(line[:, :2], axis=0), np.array([x, y]) - line[:-1, :2]
    long = np.maximum(np.hypot(*along.T), 1e-6)
    share = np.clip((along * away).sum(axis=1) / long**2, 0.0, 1.0)
    k = int(np.argmin(np.hypot(*(away - share[:, None] * along).T)))
    yaw = line[k, 2] + share[k] * wrap(float(line[k + 1, 2] - line[k, 2]))
    d = (along[k, 0] * away[k, 1] - along[k, 1] * away[k, 0]) / long[k]
    return float(long[:k].sum() + share[k] * long[k]), float(d), float(yaw)


@kernel()
def piece_length(line: Array, k: int) -> float:
    """Distance [m] between points k and k + 1 of a line (M, 3)."""
    return math.hypot(line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1])


@kernel("b1(f8[:, ::1], f8, f8[::1], f8[::1], f8[:, ::1], f8[::1])")
def takes_past(motion: Array, until: float, other: Array, car: Array, line: Array, course: Array) -> bool:
    """Whether a packed trajectory (T, 7) does not meet an other (10,) within `until` [s] who goes along a line (M, 3).
    course (5,): his s and d [m] now, how fast both grow [m/s], and how he is turned against the line [rad]; car as in
    `meets`."""
    row, k, at, begin = np.empty(7), ZERO, ZERO, 0.0
    for look in range(math.floor(min(until, motion[motion.shape[0] - 1, TIME]) / STEP + 1e-9) + 1):
        t = look * STEP
        k = row_at(motion, t, row, k)
        far = travelled(other, ZERO, t)
        s, d = course[0] + course[2] * far, course[1] + course[3] * far
        long = piece_length(line, at)
        while at < line.shape[0] - 2 and begin + long < s:
            begin, at = begin + long, at + 1
            long = piece_length(line, at)
        share = min(max((s - begin) / max(long, 1e-6), 0.0), 1.0)
        yaw = line[at, 2] + share * wrap(line[at + 1, 2] - line[at, 2])
        # before its begin and beyond its end the line goes straight on
        beyond, c, si = s - begin - share * long, math.cos(yaw), math.sin(yaw)
        x = line[at, 0] + share * (line[at + 1, 0] - line[at, 0]) + beyond * c - d * si
        y = line[at, 1] + share * (line[at + 1, 1] - line[at, 1]) + beyond * si + d * c
        c, si, turned = math.cos(row[TYAW]), math.sin(row[TYAW]), yaw + course[4]
        if not apart(
            x - row[TX] - car[0] * c, y - row[TY] - car[0] * si, c, si, car[1] + car[4], car[2] + car[5],
            math.cos(turned), math.sin(turned), other[OHALF_LENGTH], other[OHALF_WIDTH],
        ):  # fmt: skip
            return False
    return True
