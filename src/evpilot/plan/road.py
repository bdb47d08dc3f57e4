"""The road as the planner sees it: which corridors are open to the car."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.maps.drivable import DrivableArea, drivable_area, lanes_for_cars
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import LANE_CHANGE_COST, cost_to_go, goal_spans, lane_sequence
from evpilot.plan.columns import HORIZON, Corridor
from evpilot.plan.paths import SOLID, Paths
from evpilot.plan.way import APART, Way, place_on, runs_beside
from evpilot.types import Briefing, EgoState, User
from evpilot.types.state import Array, Ints

BEHIND = 25.0  # [m] of path behind the car, so that a path does not change when a lane ends under it
BESIDE_PENALTY = 3.0  # of a corridor beside ours
CAR = int(User.CAR)
TIMED = 60.0  # [s] a goal window that closes later sets no pace
LANE_CHANGE_TIMED = 60.0  # [m] what a lane change costs that must be done in time: the gap for it has to be found
OPENING_LOOK = 6.0  # [s] a lane that begins further ahead is not looked at
HEADING_MAX = 1.3  # [rad] a lane that runs more against us is not ours
KEPT_AHEAD, KEPT_ASIDE = 10.0, 3.0  # [m]
FORKED = 0.5  # [m] and 0.17 rad each: a way over a junction that is so much further off than another is missed


@kernel("UniTuple(f8, 3)(i8, f8, f8, f8, i8[::1], f8[:, ::1], f8[::1])")
def on_lane(
    lane: int, x: float, y: float, z: float, start: Ints, center: Array, arc: Array
) -> tuple[float, float, float]:
    """s, d and heading of a place by the chords of a lane's centre line; start (L + 1,) into center and arc."""
    first, last = start[lane], start[lane + 1] - 1
    best, k = np.inf, first
    for row in range(first, last + 1):
        dx, dy, dz = center[row, 0] - x, center[row, 1] - y, center[row, 2] - z
        if dx * dx + dy * dy + dz * dz < best:
            best, k = dx * dx + dy * dy + dz * dz, row
    k = min(k, last - 1) if k in (first, last) else k - 1
    after = min(k + 2, last)
    heading = math.atan2(center[after, 1] - center[k, 1], center[after, 0] - center[k, 0])
    c, s, dx, dy = math.cos(heading), math.sin(heading), x - center[k, 0], y - center[k, 1]
    return arc[k] + c * dx + s * dy, c * dy - s * dx, heading


@dataclass(slots=True)
class Road:
    """The map and the goals of one briefing, with what is computed once or kept between cycles. Without lane_changes
    only the lanes that one is on are offered, and what follows them."""

    briefing: Briefing
    index: LaneIndex
    lane_changes: bool = True
    cost: Array = field(init=False)
    spans: tuple[Ints, Array, Array, Ints] = field(init=False)
    area: DrivableArea = field(init=False)
    bound: bool = field(init=False)
    timed: bool = field(init=False)
    paths: Paths = field(init=False)
    _change: float = field(init=False)
    _centres: tuple[Ints, Array, Array] = field(init=False)
    _sequences: dict[int, tuple[tuple[int, ...], Array, float]] = field(init=False, default_factory=dict)
    _sides: dict[int, list[int]] = field(init=False, default_factory=dict)
    _kept: Way | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        graph, goals = self.briefing.graph, self.briefing.goals
        self.bound = any(not goal.survival for goal in goals)
        self.timed = any(goal.time is not None and not goal.survival and goal.time[1] < TIMED for goal in goals)
        self._change = LANE_CHANGE_TIMED if self.timed else LANE_CHANGE_COST
        self.cost = cost_to_go(graph, goals, self._change)
        self.spans = goal_spans(graph, goals)
        self._centres = self.index.arrays[7:10]
        # in the official verdict every lane is road, and its edge exact
        exact = self.briefing.limits.exact
        lanes = np.arange(len(graph)) if exact else lanes_for_cars(graph)
        self.area = drivable_area(graph, lanes, exact=exact)
        self.paths = Paths(self.briefing, self.area, self.cost, self.spans, self.bound, self._change)

    def ways(self, ego: EgoState) -> list[Way]:
        """The corridors from here, best first: the own lane (or the lanes that overlap here), then left and right, two
        lanes over, those that open further ahead, and the one that is kept."""
        own = self._still_open(self._own_lanes(*self._middle(ego), ego)[:2], ego)
        length = BEHIND + 60.0 + 1.3 * HORIZON * max(ego.speed, 8.0)
        found: dict[tuple[int, ...], tuple[int, float]] = {}
        for rank, lane in enumerate(own):
            self._add(found, lane, ego, length, rank, 0.0)
        for lane in own[:1] if self.lane_changes else ():
            for side in self._beside(lane):
                self._add(found, side, ego, length, len(found), BESIDE_PENALTY)
            for further in self._further(lane):
                self._add(found, further, ego, length, len(found), 2.0 * BESIDE_PENALTY)
        ways = [self._way(lanes, ego, penalty) for lanes, (_, penalty) in found.items()]
        ways += self._opening(ways, ego, length) if self.lane_changes else []
        left = self._left_lanes(ways, ego)
        if left is None:
            return ways
        return [left, *ways] if abs(left.scalars[Corridor.D]) <= KEPT_ASIDE else [*ways, left]

    def beyond(self, ways: list[Way], ego: EgoState) -> list[Way]:
        """Corridors two lanes over, where both our own lane and the one between are blocked."""
        path = ways[0].path
        lane = int(path.lanes[path.lane_at(float(ways[0].scalars[Corridor.S]))])
        if math.isinf(ways[0].blocked) or not self.lane_changes:
            return []
        shut = {int(k) for way in ways if math.isfinite(way.blocked) for k in way.path.lanes}
        known = {int(k) for way in ways for k in way.path.lanes}
        length = BEHIND + 60.0 + 1.3 * HORIZON * max(ego.speed, 8.0)
        return [
            self._way(self._lanes_through(further, ego, length), ego, 2.0 * BESIDE_PENALTY)
            for side in self._beside(lane)
            if side in shut
            for further in self._beside(side)
            if further not in known and math.isfinite(self.cost[further])
        ]

    def goes_on(self, way: Way, most: float) -> float:
        """How far [m], up to about `most`, the lane that a corridor is on goes on from here towards a goal."""
        at, s = way.path.lane_at(float(way.scalars[Corridor.S])), float(way.scalars[Corridor.S])
        lane = int(way.path.lanes[at])
        gone = s - float(way.path.lane_s[at])
        lanes = np.array(self._lanes_ahead(lane, gone + most))
        leads = np.logical_and.accumulate(np.isfinite(self.cost[lanes]))
        return float(self.briefing.graph.length[lanes[leads]].sum()) - gone

    def limit_at(self, ego: EgoState) -> float:
        """The highest speed limit [m/s] of the lanes under the car's middle that run its way, inf when not known."""
        graph, (x, y) = self.briefing.graph, self._middle(ego)
        z, yaw = float(ego.pose[2]), float(ego.pose[3])
        here = (int(lane) for lane in self.index.lanes_at(x, y, z))
        limits = [
            float(graph.speed_limit[k]) for k in here if abs(wrap(yaw - self._frenet(k, x, y, z)[2])) < HEADING_MAX
        ]
        return max(limits, default=math.inf)

    def _middle(self, ego: EgoState) -> tuple[float, float]:
        """The centre of the car's box."""
        ahead, yaw = self.briefing.platform.rear_to_center, float(ego.pose[3])
        return float(ego.pose[0]) + ahead * math.cos(yaw), float(ego.pose[1]) + ahead * math.sin(yaw)

    def _further(self, lane: int) -> list[int]:
        """Lanes two over, where each change on the way there brings us nearer to the goal."""
        sides = [(side, further) for side in self._beside(lane) for further in self._beside(side) if further != lane]
        return [further for side, further in sides if self._nearer(side, lane) and self._nearer(further, side)]

    def _nearer(self, side: int, lane: int) -> bool:
        """Whether a change from a lane to the one beside it brings us nearer to the goal."""
        # lanes beside each other differ a little in length
        return math.isfinite(self.cost[side]) and self.cost[side] + 0.5 * self._change <= self.cost[lane]

    def _opening(self, ways: list[Way], ego: EgoState, length: float) -> list[Way]:
        """Corridors on the way to the goal that are beside our own one further ahead, but not here."""
        own, known = ways[0].path, {int(lane) for way in ways for lane in way.path.lanes}
        here = own.lane_at(float(ways[0].scalars[Corridor.S]))
        added: list[Way] = []
        for k in range(here + 1, len(own.lanes)):
            lane = int(own.lanes[k])
            to_there = float(own.lane_s[k] - ways[0].scalars[Corridor.S])
            for side in self._beside(lane):
                if side in known or not self._nearer(side, lane) or to_there > OPENING_LOOK * max(ego.speed, 8.0):
                    continue
                way = self._way(self._lanes_through(side, ego, length), ego, BESIDE_PENALTY)
                opens = float(way.path.lane_s[list(way.path.lanes).index(side)])
                if runs_beside(way) and abs(opens - way.scalars[Corridor.S] - to_there) < APART:
                    added.append(replace(way, opens=opens))
                    known.update(int(other) for other in way.path.lanes)
        return added

    def hold_in_curves(self, lateral: float) -> None:
        """Curves are taken at no more than this lateral acceleration [m/s2] from now on."""
        self.paths.hold_in_curves(lateral)

    def keep_up(self, pace: float) -> None:
        """Drive as fast as somebody behind us does [m/s] from now on, past limits and in curves."""
        self.paths.keep_up(pace)

    def keep(self, way: Way) -> None:
        """Go on offering this corridor while the car is near it, even when it is not on its lanes. One from which no
        goal can be reached, chosen for a moment to get out of somebody's way, does not take the place of one that leads
        to it."""
        if self._kept is None or self._leads(way) or not self._leads(self._kept):
            self._kept = way

    def _leads(self, way: Way) -> bool:
        return len(way.goals) > 0 or math.isfinite(self.cost[way.path.lanes[-1]])

    def _left_lanes(self, ways: list[Way], ego: EgoState) -> Way | None:
        """The corridor of the last decision where the lanes here no longer lead to it: the car has come off it on a
        junction, where others lie upon it, or is on its way to it over more than one lane."""
        if self._kept is None:
            return None
        path = self._kept.path
        if any(way.path is path for way in ways):
            return None
        scalars = place_on(path, ego, self.briefing, 0.0)
        ahead = float(scalars[Corridor.S]) + KEPT_AHEAD
        lane = path.lanes[path.lane_at(ahead)]
        if ahead > path.end or any(lane in way.path.lanes for way in ways):
            return None
        near = abs(scalars[Corridor.D]) <= KEPT_ASIDE and abs(scalars[Corridor.THETA]) <= HEADING_MAX
        scalars[Corridor.PENALTY] = 0.0 if near else BESIDE_PENALTY
        kept = replace(self._kept, scalars=scalars, blocked=math.inf)
        return kept if near or runs_beside(kept) else None

    def _own_lanes(self, x: float, y: float, ego: EgoState) -> list[int]:
        """Lanes under the car that run its way, the one with the least to go (then the best aligned) first. Where one
        leads to a goal, as on a junction the lane of our turn does, those that lead nowhere are none of ours."""
        graph, z, yaw = self.briefing.graph, float(ego.pose[2]), float(ego.pose[3])
        ranked: list[tuple[float, float, int]] = []
        here = [int(lane) for lane in self.index.lanes_at(x, y, z)]
        for lane in (*here, *(side for k in here for side in self._against(k))):
            s, d, heading = self._frenet(int(lane), x, y, z)
            turn = abs(wrap(yaw - heading))
            if turn < HEADING_MAX and graph.users[lane] & CAR:
                ranked.append((min(float(self.cost[lane]), 1e6) - s + 4.0 * abs(d) + 20.0 * turn, abs(d), int(lane)))
        ranked.sort()
        lanes = [lane for _, _, lane in ranked]
        leading = [lane for lane in lanes if math.isfinite(self.cost[lane])]
        return leading or lanes or [max(self.index.nearest(x, y, z, yaw)[0], 0)]

    def _still_open(self, own: list[int], ego: EgoState) -> list[int]:
        """Those of the lanes under the car that it can still take: past the fork on a junction one way is left."""
        if not all(self.briefing.graph.junction[lane] >= 0 for lane in own):
            return own
        off = [self._aside(lane, ego) for lane in own]
        return [lane for lane, away in zip(own, off, strict=True) if away < min(off) + FORKED]

    def _against(self, lane: int) -> list[int]:
        """Neighbours that run the other way: who is out on the oncoming lane still belongs to its own."""
        graph = self.briefing.graph
        sides = (
            (graph.left_neighbour[lane], graph.left_same[lane]),
            (graph.right_neighbour[lane], graph.right_same[lane]),
        )
        return [int(side) for side, same in sides if side >= 0 and not same]

    def _frenet(self, lane: int, x: float, y: float, z: float) -> tuple[float, float, float]:
        """s, d and heading of a place on one lane's centre line."""
        return on_lane(lane, x, y, z, *self._centres)

    def _beside(self, lane: int) -> list[int]:
        """`_find_beside`, found once for each lane."""
        if lane not in self._sides:
            self._sides[lane] = self._find_beside(lane)
        return self._sides[lane]

    def _find_beside(self, lane: int) -> list[int]:
        """Neighbours that run the same way and that a car may use. A solid line is crossed only where the goal asks for
        it; the official verdict knows no lines."""
        graph = self.briefing.graph
        exact = self.briefing.limits.exact
        sides = (
            (graph.left_neighbour[lane], graph.left_same[lane], graph.left_marking[lane]),
            (graph.right_neighbour[lane], graph.right_same[lane], graph.right_marking[lane]),
        )
        return [
            int(side)
            for side, same, line in sides
            if side >= 0
            and same
            and graph.users[side] & CAR
            and (exact or line not in SOLID or self._nearer(int(side), lane))
        ]

    def _add(
        self,
        found: dict[tuple[int, ...], tuple[int, float]],
        lane: int,
        ego: EgoState,
        length: float,
        rank: int,
        penalty: float,
    ) -> None:
        lanes = self._lanes_through(lane, ego, length)
        if lanes not in found:
            found[lanes] = (rank, penalty)

    def _lanes_through(self, lane: int, ego: EgoState, length: float) -> tuple[int, ...]:
        """A lane with enough before it to hold the car's tail and enough after it for the horizon."""
        graph = self.briefing.graph
        s, _, _ = self._frenet(lane, *ego.pose[:3].tolist())
        before: list[int] = []
        first = lane
        while s < BEHIND and len(graph.predecessors(first)) and len(before) < 8:
            first = min((int(p) for p in graph.predecessors(first)), key=lambda p: (self._aside(p, ego), p))
            if first in before or first == lane:
                break
            before.insert(0, first)
            s += float(graph.length[first])
        return (*before, *self._lanes_ahead(lane, s + length))

    def _lanes_ahead(self, lane: int, length: float) -> tuple[int, ...]:
        """`lane_sequence`, of which the longest asked for so far is kept for each lane."""
        if lane not in self._sequences or self._sequences[lane][2] < length:
            longer = 2.0 * length
            lanes = lane_sequence(self.briefing.graph, lane, longer, self.cost)
            self._sequences[lane] = tuple(lanes.tolist()), np.cumsum(self.briefing.graph.length[lanes]), longer
        sequence, reached, _ = self._sequences[lane]
        return sequence[: int(reached.searchsorted(length)) + 1]

    def _aside(self, lane: int, ego: EgoState) -> float:
        """How far the rear axle is from a lane's centre line, with its heading: which way we came."""
        _, d, heading = self._frenet(lane, *ego.pose[:3].tolist())
        return abs(d) + 3.0 * abs(wrap(heading - float(ego.pose[3])))

    def _way(self, lanes: tuple[int, ...], ego: EgoState, penalty: float) -> Way:
        path, table, goals = self.paths.along(lanes, ego)
        return Way(path=path, table=table, goals=goals, scalars=place_on(path, ego, self.briefing, penalty))
