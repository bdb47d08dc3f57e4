"""Round what stands in our lane: the path drawn aside, through the oncoming lane where need be, and back again.

A detour is a corridor like any other: all speed laws apply to it, and to wait is what the lane itself offers. Going is
right when a proposal on it meets nobody and is back before those who come the other way are there (`zones`).
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.polyline import arc_length
from evpilot.maps.reference import SPACING, ReferencePath, evenly, samples
from evpilot.plan.bump import CURVE_ACCEL, CURVE_JERK, Bump, borrowed_by, first_met, joined, profile, width_at
from evpilot.plan.columns import GRID, HORIZON, Corridor, Ref, Span
from evpilot.plan.entries import BY_ROAD, IS_FIXED, Entries
from evpilot.plan.keep_clear import queue_on
from evpilot.plan.paths import APPROACH_BRAKE, NO_LINES, cap_speeds, slopes
from evpilot.plan.way import Way, nearest_row, place_on, row_at
from evpilot.types import (
    FIXED,
    Briefing,
    EgoState,
    LaneGraph,
    ObjectKind,
    Observation,
    Signal,
    Tracks,
    among,
)
from evpilot.types.state import Array, Bools, Ints

LOOK = 90.0  # [m] ahead
APART = 0.55  # [m] beside what we pass: a door may open
NUDGE = 0.85  # [m] what can be passed with less is passed within the lane
ASIDE_MAX = 4.5  # [m] further aside is no way round
ASIDE_STEP = 0.1  # [m] one detour for all of nearly the same need
STOOD = 4.0  # [s] a vehicle that has stood for so long may stand for longer ...
FOR_GOOD = 45.0  # [s] who waits for something ahead for so long will not pass it any more
FREE_AHEAD = 25.0  # [m] ... unless somebody or something ahead is what it waits for
PAST = 30.0  # [m] what lies further behind is passed, the way back included
ONCOMING = 1.0  # [m/s] against us
STRIP = 1.6  # [m] beside our path: who is on it is in our way
ENTERED, WAIT_BRAKE = 3.0, 2.0  # [m] beyond where one waits the way round has begun; [m/s2] for waiting
BEFORE, AFTER = 0.8, 0.2  # [s] between us and those who come
LATEST = 25.0  # [s] who comes later does not count
PROB_MIN = 0.15
WEIGHT = 90.0
PENALTY = 1.0
STILL = 0.3  # [m/s]
WAITS_NOT = among([*FIXED, ObjectKind.UNKNOWN])
X, Y, YAW, COS, SIN = int(Ref.X), int(Ref.Y), int(Ref.YAW), int(Ref.COS), int(Ref.SIN)
HAZARD = int(Signal.HAZARD)


@dataclass(slots=True)
class Detours:
    """Finds the detour of a cycle; remembers since when vehicles stand and the last detour."""

    briefing: Briefing
    distance: Callable[[float, float], float]
    _since: dict[int, int] = field(init=False, default_factory=dict)
    _last: tuple[tuple[Ints, tuple[Bump, ...]], Way] | None = field(init=False, default=None)

    def find(self, own: Way, rows: Ints, ego: EgoState, tracks: Tracks) -> Way | None:
        """The way round what stands on our own (rows of the tracks), None where there is nothing or no room."""
        if not len(rows):
            return None
        extent, rows = self._extents(own, tracks, rows)
        if not self._needed(extent)[2].any():
            return None
        first = extent[:, 0] < self._queue(own, rows, tracks)
        bumps = self._bumps(own, extent[first], rows[first])
        return self._way(own, bumps, ego) if bumps else None

    def blocked(self, way: Way, rows: Ints, tracks: Tracks, speed: float) -> float:
        """From where on [m] a corridor is blocked by any of those that stand (rows of the tracks); inf: nowhere."""
        extent, _ = self._extents(way, tracks, rows, self._look(speed))
        half = 0.5 * self.briefing.platform.width
        met = (extent[:, 1] > float(way.scalars[Corridor.S])) & (extent[:, 2] < half) & (extent[:, 3] > -half)
        return float(extent[met, 0].min(initial=math.inf))

    def standing(self, observation: Observation, tracks: Tracks, level: Bools) -> Ints:
        """Rows of all on our level (N,) that will not move soon: what is fixed, and vehicles that have stood for a
        while. Asked once in every cycle."""
        ego, state = observation.ego, tracks.state
        far = self._look(ego.speed)
        near = (np.abs(state[:, 0] - ego.pose[0]) < far) & (np.abs(state[:, 1] - ego.pose[1]) < far)
        near &= tracks.valid & level
        still = near & BY_ROAD[tracks.kind] & (np.abs(state[:, 4]) < STILL)
        ids = tracks.id[still].tolist()
        self._since = {k: self._since.get(k, observation.t_ns) for k in ids}
        stood = np.zeros(len(tracks), np.bool_)
        stood[still] = [observation.t_ns - self._since[k] > STOOD * 1e9 for k in ids]
        stood |= still & (tracks.signals & HAZARD > 0)
        return np.flatnonzero((near & IS_FIXED[tracks.kind]) | stood)

    def _look(self, speed: float) -> float:
        """How far ahead [m] to look for what stands in a lane: as far as a plan leads, to leave the lane in time."""
        return LOOK if self.briefing.limits.exact else max(LOOK, HORIZON * speed)

    def _queue(self, own: Way, blocks: Ints, tracks: Tracks) -> float:
        """Where on our own lane [m] the queue begins that waits behind what blocks it (rows of the tracks), inf where
        there is none: they pass it before us, and who has stood there for very long stands for good."""
        found = queue_on(own, tracks)
        queue = found.of(~found.bars)
        long = [tracks.t_ns - self._since.get(k, tracks.t_ns) > FOR_GOOD * 1e9 for k in tracks.id[queue.row].tolist()]
        others = np.ones(len(tracks), np.bool_)
        others[blocks] = False
        waits = (queue.low > float(own.scalars[Corridor.S])) & others[queue.row] & ~np.array(long, np.bool_)
        return float(queue.low[waits].min(initial=math.inf))

    def _extents(self, way: Way, tracks: Tracks, rows: Ints, reach: float = LOOK) -> tuple[Array, Ints]:
        """From where to where each is along and across a way (K, 4) [m], as far as `reach` [m] ahead, without those
        that wait for something ahead of them; and their rows."""
        extent = extents(way, tracks, rows)
        front = float(way.scalars[Corridor.S])
        keep = (extent[:, 1] > front - PAST) & (extent[:, 0] < front + reach)
        keep &= (extent[:, 2] < 4.0) & (extent[:, 3] > -4.0)
        extent, rows = extent[keep], rows[keep]
        parked = WAITS_NOT[tracks.kind[rows]] | (tracks.signals[rows] & HAZARD > 0)
        waits = np.array([not parked[k] and self._waits(way, extent, k) for k in range(len(rows))], np.bool_)
        return extent[~waits], rows[~waits]

    def _waits(self, way: Way, extent: Array, k: int) -> bool:
        """Whether a standing vehicle may wait for a junction, a crossing, or somebody else who stands ahead."""
        high = float(extent[k, 1])
        ahead = (extent[:, 0] > high - 1.0) & (extent[:, 0] < high + FREE_AHEAD)
        ahead[k] = False
        if np.any(ahead & (extent[:, 2] < 1.5) & (extent[:, 3] > -1.5)):
            return True
        graph, path = self.briefing.graph, way.path
        reach = range(path.lane_at(high), path.lane_at(high + FREE_AHEAD) + 1)
        return any(governed(graph, int(path.lanes[lane])) for lane in reach)

    def _needed(self, extent: Array) -> tuple[Array, Array, Bools]:
        """How far aside [m] to pass each of some (K, 4) on its left and right, and who cannot be within the lane."""
        half = 0.5 * self.briefing.platform.width
        left, right = extent[:, 3] + half + APART, extent[:, 2] - half - APART
        return left, right, (left > NUDGE) & (right < -NUDGE)

    def _bumps(self, way: Way, extent: Array, rows: Ints) -> tuple[Bump, ...]:
        """The bumps that lead round all that cannot be passed within the lane; none where there is no room for one."""
        need_left, need_right, blocks = self._needed(extent)
        bumps: list[Bump] = []
        for k in np.flatnonzero(blocks)[np.argsort(extent[blocks, 0], kind="stable")]:
            low, high = float(extent[k, 0]), float(extent[k, 1])
            aside = self._side(way, 0.5 * (low + high), float(need_left[k]), float(need_right[k]))
            if aside == 0.0:
                break
            bumps.append(Bump(low, high, aside))
        return self._widened(way, tuple(joined(bumps)), extent[~blocks], need_left[~blocks], need_right[~blocks])

    def _widened(
        self, way: Way, bumps: tuple[Bump, ...], extent: Array, need_left: Array, need_right: Array
    ) -> tuple[Bump, ...]:
        """The bumps drawn further round what stands where they lead, and could be passed within the lane without them;
        where there is no room to do so, as they were."""
        met = first_met(bumps, extent, need_left, need_right)
        while met is not None:
            n, k = met
            to_left = bumps[n].aside > 0.0
            left, right = (float(need_left[k]), -math.inf) if to_left else (math.inf, float(need_right[k]))
            wider = self._side(way, float(extent[k, :2].mean()), left, right)
            if wider == 0.0:
                break
            more = Bump(float(extent[k, 0]), float(extent[k, 1]), wider)
            bumps = tuple(joined(sorted((*bumps, more), key=lambda bump: bump.low)))
            extent, need_left, need_right = (np.delete(of, k, axis=0) for of in (extent, need_left, need_right))
            met = first_met(bumps, extent, need_left, need_right)
        return bumps

    def _side(self, way: Way, s: float, left: float, right: float) -> float:
        """The offset [m] on the side with room that asks for less, 0 for none."""
        graph, half = self.briefing.graph, 0.5 * self.briefing.platform.width
        lane = int(way.path.lanes[way.path.lane_at(s)])
        if graph.junction[lane] >= 0:
            return 0.0
        x, y, yaw = row_at(way, s)[:3]
        free: list[float] = []
        for aside, same in ((left, graph.left_same[lane]), (right, graph.right_same[lane])):
            beside = (float(x - aside * math.sin(yaw)), float(y + aside * math.cos(yaw)))
            if not same and abs(aside) < ASIDE_MAX and self.distance(*beside) > half + 0.05:
                free.append(math.copysign(math.ceil(abs(aside) / ASIDE_STEP) * ASIDE_STEP, aside))
        return min(free, key=abs, default=0.0)

    def _way(self, own: Way, bumps: tuple[Bump, ...], ego: EgoState) -> Way:
        rounded = tuple(Bump(round(b.low, 1), round(b.high, 1), b.aside, round(b.pace, 1)) for b in bumps)
        if self._last is None or self._last[0][1] != rounded or not np.array_equal(self._last[0][0], own.path.lanes):
            self._last = (own.path.lanes, rounded), self._drawn(own, rounded)
        way = self._last[1]
        return dataclasses.replace(way, scalars=place_on(way.path, ego, self.briefing, PENALTY))

    def _drawn(self, own: Way, bumps: tuple[Bump, ...]) -> Way:
        """The way with its line drawn aside; s on it is a little longer than on the old one."""
        s = np.arange(len(own.table), dtype=np.float64) * SPACING
        aside = sum((profile(s, bump) for bump in bumps), np.zeros(len(s)))
        x, y, yaw, _, z = own.table[:, :5].T
        points = np.stack([x - aside * np.sin(yaw), y + aside * np.cos(yaw), z], axis=1)
        arc = arc_length(points[:, :2])
        fresh = samples(evenly(points))
        table = np.zeros((len(fresh), len(Ref)))
        table[:, :6] = fresh
        table[:, Ref.COS], table[:, Ref.SIN] = np.cos(fresh[:, 2]), np.sin(fresh[:, 2])
        table[:, Ref.SLOPE] = slopes(table[:, Ref.Z])
        place = np.arange(len(fresh)) * SPACING
        table[:, Ref.LEFT], table[:, Ref.RIGHT], table[:, Ref.ONCOMING] = NO_LINES
        for column in (Ref.LIMIT, Ref.REMAINING):
            table[:, column] = np.interp(place, arc, own.table[:, column])
        cap_speeds(table, CURVE_ACCEL, CURVE_JERK, APPROACH_BRAKE)
        lane_s = np.interp(own.path.lane_s, s, arc)
        end = float(np.interp(own.path.end, s, arc))
        path = ReferencePath(lanes=own.path.lanes, lane_s=lane_s, end=end, table=np.ascontiguousarray(table[:, :6]))
        goals = own.goals.copy()
        goals[:, 1:3] = np.interp(goals[:, 1:3], s, arc)
        graph, half = self.briefing.graph, 0.5 * self.briefing.platform.width
        borrowed = np.array([borrowed_by(bump, own, graph, half) for bump in bumps])
        borrowed[:, :2] = np.interp(borrowed[:, :2], s, arc)
        for bump in bumps:
            over = np.abs(profile(s, bump)) > 0.5 * width_at(bump, own, graph)
            table[np.interp(place, arc, over) > 0.5, Ref.ONCOMING] = 0.0
        return Way(path=path, table=table, goals=goals, scalars=own.scalars, borrowed=borrowed)


def extents(way: Way, tracks: Tracks, rows: Ints) -> Array:
    """Boxes of tracks as intervals along and across a way (K, 4): s from, s to, d from, d to [m]."""
    out = np.empty((len(rows), 4))
    box_intervals(way.table, tracks.state[rows], 0.5 * tracks.size[rows], out)
    return out


@kernel("void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1])")
def box_intervals(table: Array, state: Array, half: Array, out: Array) -> None:
    """Fill out (K, 4), see `extents`, for boxes (K, 7) by `State` of half lengths and widths (K, 2), by every other
    sample of a path's table (P, 14)."""
    for n in range(state.shape[0]):
        x, y = state[n, 0], state[n, 1]
        k = nearest_row(table, x, y, math.nan, 2)
        dx, dy, c, s = x - table[k, X], y - table[k, Y], table[k, COS], table[k, SIN]
        along, across = k * SPACING + c * dx + s * dy, c * dy - s * dx
        turn = state[n, 3] - table[k, YAW]
        cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
        long, wide = half[n, 0] * cosine + half[n, 1] * sine, half[n, 0] * sine + half[n, 1] * cosine
        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = along - long, along + long, across - wide, across + wide


def zones(c: int, way: Way, front: float, speed: float, entries: Entries, spans: Array) -> Array:
    """When those who come the other way are on the parts of a detour that are theirs (Z, 8), also beyond the horizon;
    spans (E, 51, 5) are the entries' on corridor c, front [m] our bumper's place: see `cost.yielding.zone_cost`.

    Whose nose is only just out there, and who can stop with no more of it, is not on the way yet. Whose is further out
    is in their way wherever it stops: it gets past, or back, before they come."""
    others = np.flatnonzero(entries.moving & (entries.prob >= PROB_MIN))
    rows: list[tuple[float, ...]] = []
    stop = front + speed * speed / (2.0 * WAIT_BRAKE)
    for low, high, aside in way.borrowed:
        if high < front or low > front + LOOK:
            continue
        begun = front >= low and stop >= low + ENTERED
        low = stop if front >= low and not begun else low
        for e in others:
            begin, end = _presence(spans[e], float(low), float(high), float(aside))
            if begin < LATEST:
                rows.append((c, low, high, begin - BEFORE, end + AFTER, WEIGHT * float(entries.prob[e]), float(e), low))
    return np.array(rows).reshape(-1, 8)


def _presence(span: Array, low: float, high: float, aside: float) -> tuple[float, float]:
    """From when to when [s] somebody who comes towards us is in our way between two places; inf for never."""
    if span[:, Span.SPEED].min() > -ONCOMING:
        return math.inf, math.inf
    on_strip = (span[:, Span.D_LOW] < STRIP) & (span[:, Span.D_HIGH] > -STRIP)
    inside = np.flatnonzero(on_strip & (span[:, Span.S_LOW] < high) & (span[:, Span.S_HIGH] > low))
    if len(inside):
        return float(GRID[inside[0]]), float(GRID[inside[-1]])
    ahead, speed = float(span[-1, Span.S_LOW]) - high, -float(span[-1, Span.SPEED])
    beside = span[-1, Span.D_LOW] - aside < STRIP and span[-1, Span.D_HIGH] - aside > -STRIP
    if not beside or ahead < 0.0 or ahead > 1e5 or speed < ONCOMING:
        return math.inf, math.inf
    begin = float(GRID[-1]) + ahead / speed
    return begin, begin + (high - low) / speed


def governed(graph: LaneGraph, lane: int) -> bool:
    """Whether traffic may have to wait on a lane: before a line, a light, in or before a junction."""
    if graph.junction[lane] >= 0 or np.any(graph.stop_lane == lane):
        return True
    return len(graph.light_id) > 0 and len(graph.lights_of(lane)) > 0
