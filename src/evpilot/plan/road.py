"""The road as the planner sees it: corridors, each a reference path with speed caps and what is still to go."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.maps.drivable import DrivableArea, drivable_area, lanes_for_cars
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING, ReferencePath, reference_path
from evpilot.maps.route import LANE_CHANGE_COST, cost_to_go, goal_spans, lane_sequence
from evpilot.plan.columns import HORIZON, Corridor, Ref
from evpilot.plan.room import roomy
from evpilot.types import Briefing, EgoState, Goal, LaneGraph, LaneKind, Marking, User
from evpilot.types.state import Array, Ints

BEHIND = 25.0  # [m] of path behind the car, so that a path does not change when a lane ends under it
LOST, LOST_RATE = 25.0, 1.5  # [m, -] what going on costs where the way to the goal has been left
PACE_MARGIN = 1.15
BESIDE_PENALTY = 3.0  # of a corridor beside ours
SOLID = (Marking.SOLID, Marking.BROAD_SOLID)
TIMED = 60.0  # [s] a goal window that closes later sets no pace
LANE_CHANGE_TIMED = 60.0  # [m] what a lane change costs that must be done in time: the gap for it has to be found
OPENING_LOOK = 6.0  # [s] a lane that begins further ahead is not looked at
APART, ALONG = 12.0, 0.5  # [m], [rad] a corridor that is more off than this does not run beside ours
HEADING_MAX = 1.3  # [rad] a lane that runs more against us is not ours
KEPT_AHEAD, KEPT_ASIDE = 10.0, 3.0  # [m]
LIMIT_EARLY = 2.0  # [m] before a sign from which on its limit is kept
CURVE_ACCEL = 2.0  # [m/s2] across, in a curve (reference/safety.md, plan limit)
APPROACH_BRAKE = 1.5  # [m/s2] towards a curve or a lower limit
UNKNOWN_LIMIT = {LaneKind.MOTORWAY: 36.1, LaneKind.ON_RAMP: 27.8, LaneKind.OFF_RAMP: 22.2, LaneKind.COUNTRY: 27.8}
NO_LINES = (math.inf, -math.inf)  # the official verdict knows none
UNKNOWN_LIMIT_ELSE = 13.9  # [m/s] 50 km/h, the general limit in towns


@kernel("void(f8[:, ::1], f8, f8)")
def cap_speeds(table: Array, curve_accel: float, brake: float) -> None:
    """Fill column CAP of a table (P, 12) [m/s]: the limit, curves at a lateral acceleration, braking towards both."""
    cap, limit, curvature = 6, 5, 3
    after = np.inf
    for row in range(table.shape[0] - 1, -1, -1):
        bend = max(abs(table[row, curvature]), 1e-4)
        here = min(table[row, limit], math.sqrt(curve_accel / bend))
        after = min(here, math.sqrt(after * after + 2.0 * brake * SPACING))
        table[row, cap] = after


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One corridor: its path, the table (P, 12) by `Ref`, the goal places on it (G, 5) goal index, s from, s to, d,
    lane; scalars (10,) by `Corridor` for the present state; from where on [m] it can be entered; and, on a detour,
    the parts of it (B, 3) that are over the edge of our lane: from, to [m], how far aside [m]."""

    path: ReferencePath
    table: Array
    goals: Array
    scalars: Array
    opens: float = -math.inf
    borrowed: Array = field(default_factory=lambda: np.zeros((0, 3)))


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
    _body: Array = field(init=False)
    _change: float = field(init=False)
    _pace: float = field(init=False, default=0.0)
    _bend: float = field(init=False, default=CURVE_ACCEL)
    _kept: Way | None = field(init=False, default=None)
    _paths: dict[tuple[int, ...], tuple[ReferencePath, Array, Array]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        graph, goals = self.briefing.graph, self.briefing.goals
        self.bound = any(not goal.survival for goal in goals)
        self.timed = any(goal.time is not None and not goal.survival and goal.time[1] < TIMED for goal in goals)
        self._change = LANE_CHANGE_TIMED if self.timed else LANE_CHANGE_COST
        self.cost = cost_to_go(graph, goals, self._change)
        self.spans = goal_spans(graph, goals)
        # in the official verdict every lane is road, and its edge exact
        exact = self.briefing.limits.exact
        lanes = np.arange(len(graph)) if exact else lanes_for_cars(graph)
        self.area = drivable_area(graph, lanes, exact=exact)
        platform = self.briefing.platform
        self._body = np.array([platform.rear_to_center, 0.5 * platform.length, 0.5 * platform.width])

    def ways(self, ego: EgoState) -> list[Way]:
        """The corridors from here, best first: the own lane (or the lanes that overlap here), then left and right, two
        lanes over, those that open further ahead, and the one that is kept."""
        if not self._paths:
            self._pace = self._usual_pace(ego)
        own = self._own_lanes(*self._middle(ego), ego)
        length = BEHIND + 60.0 + 1.3 * HORIZON * max(ego.speed, 8.0)
        found: dict[tuple[int, ...], tuple[int, float]] = {}
        for rank, lane in enumerate(own[:2]):
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

    def limit_at(self, ego: EgoState) -> float:
        """The highest speed limit [m/s] of the lanes under the car's middle that run its way, inf when not known."""
        graph, (x, y) = self.briefing.graph, self._middle(ego)
        here = (int(lane) for lane in self.index.lanes_at(x, y, float(ego.pose[2])))
        yaw = float(ego.pose[3])
        limits = [float(graph.speed_limit[k]) for k in here if abs(wrap(yaw - self._frenet(k, x, y)[2])) < HEADING_MAX]
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
        bend = min(CURVE_ACCEL, lateral)
        if bend != self._bend:
            self._bend = bend
            self._paths.clear()

    def keep(self, way: Way) -> None:
        """Go on offering this corridor while the car is near it, even when it is not on its lanes."""
        self._kept = way

    def _left_lanes(self, ways: list[Way], ego: EgoState) -> Way | None:
        """The corridor of the last decision where the lanes here no longer lead to it: the car has come off it on a
        junction, where others lie upon it, or is on its way to it over more than one lane."""
        if self._kept is None:
            return None
        path = self._kept.path
        scalars = place_on(path, ego, self.briefing, 0.0)
        ahead = float(scalars[Corridor.S]) + KEPT_AHEAD
        lane = path.lanes[path.lane_at(ahead)]
        if ahead > path.end or any(lane in way.path.lanes for way in ways):
            return None
        near = abs(scalars[Corridor.D]) <= KEPT_ASIDE and abs(scalars[Corridor.THETA]) <= HEADING_MAX
        scalars[Corridor.PENALTY] = 0.0 if near else BESIDE_PENALTY
        kept = replace(self._kept, scalars=scalars)
        return kept if near or runs_beside(kept) else None

    def _own_lanes(self, x: float, y: float, ego: EgoState) -> list[int]:
        """Lanes under the car that run its way, the one with the least to go (then the best aligned) first."""
        graph, z, yaw = self.briefing.graph, float(ego.pose[2]), float(ego.pose[3])
        best, _, _ = self.index.nearest(x, y, z, yaw)
        ranked: list[tuple[float, float, int]] = []
        here = [int(lane) for lane in self.index.lanes_at(x, y, z)]
        for lane in (*here, *(side for k in here for side in self._against(k))):
            s, d, heading = self._frenet(int(lane), x, y)
            turn = abs(wrap(yaw - heading))
            if turn < HEADING_MAX and graph.users[lane] & User.CAR:
                ranked.append((min(float(self.cost[lane]), 1e6) - s + 4.0 * abs(d) + 20.0 * turn, abs(d), int(lane)))
        ranked.sort()
        lanes = [lane for _, _, lane in ranked]
        return lanes or [max(int(best), 0)]

    def _against(self, lane: int) -> list[int]:
        """Neighbours that run the other way: who is out on the oncoming lane still belongs to its own."""
        graph = self.briefing.graph
        sides = (
            (graph.left_neighbour[lane], graph.left_same[lane]),
            (graph.right_neighbour[lane], graph.right_same[lane]),
        )
        return [int(side) for side, same in sides if side >= 0 and not same]

    def _frenet(self, lane: int, x: float, y: float) -> tuple[float, float, float]:
        """s, d and heading of a place on one lane's centre line."""
        graph = self.briefing.graph
        rows = graph.points(lane)
        center = graph.center[rows]
        k = int(np.argmin((center[:, 0] - x) ** 2 + (center[:, 1] - y) ** 2))
        k = min(max(k, 0), len(center) - 2) if k == 0 or k == len(center) - 1 else k - 1
        chord = center[min(k + 2, len(center) - 1)] - center[k]
        heading = math.atan2(chord[1], chord[0])
        dx, dy = x - center[k, 0], y - center[k, 1]
        s = graph.arc[rows][k] + math.cos(heading) * dx + math.sin(heading) * dy
        return float(s), float(math.cos(heading) * dy - math.sin(heading) * dx), heading

    def _beside(self, lane: int) -> list[int]:
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
            and graph.users[side] & User.CAR
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
        s, _, _ = self._frenet(lane, float(ego.pose[0]), float(ego.pose[1]))
        before: list[int] = []
        first = lane
        while s < BEHIND and len(graph.predecessors(first)) and len(before) < 8:
            first = min((int(p) for p in graph.predecessors(first)), key=lambda p: (self._aside(p, ego), p))
            if first in before or first == lane:
                break
            before.insert(0, first)
            s += float(graph.length[first])
        after = lane_sequence(graph, lane, s + length, self.cost)
        return (*before, *(int(k) for k in after))

    def _aside(self, lane: int, ego: EgoState) -> float:
        """How far the rear axle is from a lane's centre line, with its heading: which way we came."""
        _, d, heading = self._frenet(lane, float(ego.pose[0]), float(ego.pose[1]))
        return abs(d) + 3.0 * abs(wrap(heading - float(ego.pose[3])))

    def _way(self, lanes: tuple[int, ...], ego: EgoState, penalty: float) -> Way:
        if lanes not in self._paths:
            self._paths[lanes] = self._prepare(lanes)
        path, table, goals = self._paths[lanes]
        return Way(path=path, table=table, goals=goals, scalars=place_on(path, ego, self.briefing, penalty))

    def _prepare(self, lanes: tuple[int, ...]) -> tuple[ReferencePath, Array, Array]:
        path = roomy(reference_path(self.briefing.graph, np.array(lanes, np.int64)), self.area, self._body)
        table = np.zeros((len(path.table), len(Ref)))
        table[:, :6] = path.table
        table[:, Ref.COS], table[:, Ref.SIN] = np.cos(table[:, Ref.YAW]), np.sin(table[:, Ref.YAW])
        table[:, Ref.LIMIT] = np.minimum(table[:, Ref.LIMIT], self._unknown_limits(path, len(table)))
        # a lower limit holds for the whole car: it is reached before the rear axle is there
        for _ in range(math.ceil((self._body[0] + LIMIT_EARLY) / SPACING)):
            table[:-1, Ref.LIMIT] = np.minimum(table[:-1, Ref.LIMIT], table[1:, Ref.LIMIT])
        cap_speeds(table, self._bend, APPROACH_BRAKE)
        exact = self.briefing.limits.exact
        table[:, [Ref.LEFT, Ref.RIGHT]] = NO_LINES if exact else _lines(path, self.briefing.graph)
        goals = self._goals_on(path)
        table[:, Ref.REMAINING] = self._remaining(path, goals, len(table))
        return path, table, goals

    def _usual_pace(self, ego: EgoState) -> float:
        """Where no limit is known: what this road is driven at [m/s], by the speed at the start and at the goals."""
        paces = [sum(goal.speed) / 2.0 for goal in self.briefing.goals if goal.speed is not None]
        return PACE_MARGIN * max([ego.speed, *paces])

    def _unknown_limits(self, path: ReferencePath, count: int) -> Array:
        kinds = self.briefing.graph.kind[path.lanes]
        usual = np.array([max(UNKNOWN_LIMIT.get(LaneKind(k), UNKNOWN_LIMIT_ELSE), self._pace) for k in kinds])
        known = np.isfinite(self.briefing.graph.speed_limit[path.lanes])
        places = np.searchsorted(path.lane_s[1:], np.arange(count) * SPACING, side="right")
        return np.where(known, np.inf, usual)[places]

    def _goals_on(self, path: ReferencePath) -> Array:
        """Where the goals lie on a path (G, 5): goal index, s from, s to [m], d [m], lane."""
        rows: list[tuple[float, ...]] = []
        for lane, low, high, goal in zip(*self.spans, strict=True):
            for k in np.flatnonzero(path.lanes == lane):
                begin = float(path.lane_s[k])
                target = self.briefing.goals[int(goal)]
                if target.regions:
                    s0, s1, d = _extent(path, target, begin + low, begin + high)
                else:
                    s0, s1, d = begin + low, begin + high, 0.0
                rows.append((float(goal), s0, s1, d, float(lane)))
        return np.array(rows).reshape(-1, 5)

    def _remaining(self, path: ReferencePath, goals: Array, count: int) -> Array:
        """What is still to go to the goal [m] at each sample; beyond the goal, and where no way leads to it, more."""
        s = np.arange(count) * SPACING
        if not self.bound:
            return -np.minimum(s, path.end)
        cost = np.minimum(self.cost[path.lanes], 1e5)
        place = np.searchsorted(path.lane_s[1:], s, side="right")
        rest = cost[place] - (s - path.lane_s[place])
        lost = cost[place] >= 1e5
        known = np.flatnonzero(~lost)
        if len(known) == 0:
            return 2.0 * LOST - np.minimum(s, path.end)
        last = known[-1]
        rest[lost] = rest[last] + LOST + LOST_RATE * (s[lost] - s[last])
        if not len(goals):
            # nor is anything gained by passing beside a goal: the change to its lane is still to be made
            rest[~lost] = np.maximum(rest[~lost], min(self._change, float(rest[known].max())))
        if len(goals):
            end = goals[:, 2].max()
            passed = s > end
            rest[passed] = np.maximum(rest[passed], 2.0 * (s[passed] - end))
        elif known[-1] == len(s) - 1:
            # nothing is gained beyond the end of a lane from which the way goes on beside it
            beyond = s > path.end
            rest[beyond] = rest[~beyond][-1] + LOST + LOST_RATE * (s[beyond] - path.end)
        return rest


def runs_beside(way: Way) -> bool:
    """Whether a corridor leads along here, so that the car can come onto it."""
    return bool(abs(way.scalars[Corridor.D]) < APART and abs(way.scalars[Corridor.THETA]) < ALONG)


def _lines(path: ReferencePath, graph: LaneGraph) -> Array:
    """How far aside of a path (P, 2) [m] the solid lines of its lanes are, left and right, inf and -inf for none."""
    found = np.tile(np.array(NO_LINES), (len(path.table), 1))
    s = np.arange(len(path.table)) * SPACING
    for number, lane in enumerate(path.lanes):
        bounds = ((0, graph.left_marking, graph.left), (1, graph.right_marking, graph.right))
        last = path.lane_s[number + 1] if number + 1 < len(path.lanes) else path.end
        here = (s >= path.lane_s[number]) & (s < last)
        x, y, yaw = path.table[here, :3].T
        points = graph.points(int(lane))
        share = (s[here] - path.lane_s[number]) / max(last - path.lane_s[number], 1e-6) * graph.arc[points][-1]
        for column, marking, bound in bounds:
            if marking[lane] in SOLID:
                bx, by = (np.interp(share, graph.arc[points], bound[points, k]) for k in range(2))
                found[here, column] = np.cos(yaw) * (by - y) - np.sin(yaw) * (bx - x)
    return found


def _extent(path: ReferencePath, goal: Goal, low: float, high: float) -> tuple[float, float, float]:
    """From where to where [m] a region reaches along the path, and its offset [m], near a span of it."""
    rows = slice(max(int(low / SPACING) - 20, 0), int(high / SPACING) + 20)
    table = path.table[rows]
    best = (low, high, 0.0)
    nearest = math.inf
    for region in goal.regions:
        middle = 0.5 * (region.min(axis=0) + region.max(axis=0))
        square = (table[:, 0] - middle[0]) ** 2 + (table[:, 1] - middle[1]) ** 2
        k = int(np.argmin(square))
        if square[k] < nearest:
            nearest = float(square[k])
            c, s = math.cos(table[k, 2]), math.sin(table[k, 2])
            along = c * (region[:, 0] - table[k, 0]) + s * (region[:, 1] - table[k, 1])
            across = c * (region[:, 1] - table[k, 1]) - s * (region[:, 0] - table[k, 0])
            begin = (rows.start + k) * SPACING
            d = 0.5 * float(across.min() + across.max())
            d = 0.0 if across.min() < -0.5 and across.max() > 0.5 and across.max() - across.min() > 3.0 else d
            best = (begin + float(along.min()), begin + float(along.max()), d)
    return best


def place_on(path: ReferencePath, ego: EgoState, briefing: Briefing, penalty: float) -> Array:
    """The scalars (10,) by `Corridor` of a car on a path; START is filled when the tables are stacked."""
    x, y, yaw = float(ego.pose[0]), float(ego.pose[1]), float(ego.pose[3])
    table = path.table
    k = int(np.argmin((table[:, 0] - x) ** 2 + (table[:, 1] - y) ** 2))
    heading = float(table[k, 2])
    dx, dy = x - table[k, 0], y - table[k, 1]
    along = math.cos(heading) * dx + math.sin(heading) * dy
    s = min(max(k * SPACING + along, 0.0), (len(table) - 1) * SPACING)
    u = min(int(s / SPACING), len(table) - 2)
    share = s / SPACING - u
    heading = float(table[u, 2] + share * (table[u + 1, 2] - table[u, 2]))
    px, py = (table[u, :2] + share * (table[u + 1, :2] - table[u, :2])).tolist()
    d = math.cos(heading) * (y - py) - math.sin(heading) * (x - px)
    out = np.zeros(10)
    out[Corridor.S], out[Corridor.D] = s, d
    out[Corridor.THETA] = wrap(yaw - heading)
    curvature = math.tan(ego.steering) / briefing.platform.wheelbase
    out[Corridor.BEND] = min(max(curvature - float(table[u, 3]), -0.1), 0.1)
    out[Corridor.COUNT] = len(table)
    out[Corridor.PENALTY] = penalty
    out[Corridor.WALL] = math.inf
    out[Corridor.END] = path.end
    return out
