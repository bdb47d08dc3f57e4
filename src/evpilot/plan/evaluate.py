"""Proposals driven forward and scored, in the memory of one planner."""

import math

import numpy as np

from evpilot.plan.arrays import ACROSS_JERK, JOLT_PRICE, NEAR_PRICE, POWER, car_vector, comfort_vector, goal_polygons
from evpilot.plan.batch import Batch, Room
from evpilot.plan.columns import Corridor, Cost
from evpilot.plan.cost.afoot import afoot_cost
from evpilot.plan.cost.changing import changing_cost
from evpilot.plan.cost.energy import energy_cost
from evpilot.plan.cost.halting import halting_cost
from evpilot.plan.cost.headway import headway_cost
from evpilot.plan.cost.jolt import jolt_cost
from evpilot.plan.cost.lines import lane_kept_cost
from evpilot.plan.cost.passing import passing_cost, room_beside
from evpilot.plan.cost.progress import EARLY
from evpilot.plan.cost.trapped import trapped_cost
from evpilot.plan.cost.undertaking import FAST, overtaken_on, undertaking_cost
from evpilot.plan.entries import Entries
from evpilot.plan.road import TIMED, Road
from evpilot.plan.rollout import roll_out
from evpilot.plan.scene import Scene
from evpilot.plan.score import price_best, score
from evpilot.plan.surprises import surprise_cost
from evpilot.plan.variety import OTHER, unite
from evpilot.plan.way import Way
from evpilot.plan.weather import car_on, comfort_on
from evpilot.types import Briefing, LaneKind
from evpilot.types.state import Array, Ints

CHANGE_COST = 1.5  # for another corridor or offset than in the last cycle: decisions are steady
PROGRESS_WEIGHT = 0.35  # cost of a metre still to go, when no clock runs
SCHEDULED_WEIGHT = 0.12  # and when the goal has its time
UNHURRIED_WEIGHT = 0.15  # and when all that is asked is to get through the time unharmed
# what a second too fast costs, for each m/s and for its square, and whether it counts by the way: more than what is
# gained by speeding up before a higher limit, also for who is a little too fast already; the official verdict knows no
# speed limit, and so no place where to be slow
SPEEDING, SPEEDING_EXACT = (12.0, 48.0, 1.0), (1.0, 1.0, 0.0)
NO_GOAL_COST = 25.0  # of a corridor on which no goal lies, while one has its time


class Evaluator:
    """What a planner drives its proposals forward and scores them with. body (3,): rear axle to centre, half length,
    half width [m]; friction: the tyres' coefficient on the road as it is; power [W]: the most that the
    wheels can get."""

    def __init__(self, briefing: Briefing, road: Road) -> None:
        self.briefing, self.road = briefing, road
        self.friction = 1.0
        platform = briefing.platform
        self.power = platform.drive_power
        self.body: Array = np.array([platform.rear_to_center, 0.5 * platform.length, 0.5 * platform.width])
        self._car = self._dry_car = car_vector(briefing)
        self._comfort = self._dry_comfort = comfort_vector(briefing.limits)
        self._owned, self._starts, self._polygon = goal_polygons(briefing)
        self._overtaken_on = overtaken_on(briefing.graph)
        self._room = Room()
        self._told: tuple[Scene, Array, Array] | None = None

    def feel(self, friction: float, power: float) -> None:
        """Take in what grip and power [W] are left to the car."""
        self.friction, self.power = friction, power
        self._car, self._comfort = car_on(self._dry_car, friction), comfort_on(self._dry_comfort, friction)
        if not self.briefing.limits.exact:
            self._car[POWER] *= min(power / self.briefing.platform.drive_power, 1.0)

    def weigh(self, props: Array, scene: Scene, before: Batch | None = None) -> Batch:
        """Proposals rolled out and scored, each motion once, after those of the batch `before`: all of them, good until
        overwritten."""
        first = 0 if before is None else len(before)
        self.rolled(props, scene, first)
        drawn = self._room.rows(0, first + len(props))
        count = unite(drawn.props, drawn.rolls, drawn.boxes, _last(scene), drawn.marks, first)
        self._score(drawn.part(first, count), scene)
        return drawn.part(0, count)

    def each(self, props: Array, scene: Scene, first: int) -> Batch:
        """Every one of some proposals rolled out and scored for whom it meets, in memory from row `first` on."""
        batch = self.rolled(props, scene, first)
        self._weigh_alone(batch, scene)
        return batch

    def rolled(self, props: Array, scene: Scene, first: int) -> Batch:
        """Proposals rolled out and not scored, in memory from row `first` on."""
        batch = self._room.rows(first, len(props))
        batch.props[:] = props
        roll_out(
            batch.props, scene.corridors, scene.table, scene.spans, scene.near, scene.extents, scene.entries.standoff,
            scene.ego, self._car, batch.rolls, batch.boxes,
        )  # fmt: skip
        return batch

    def _weigh_alone(self, batch: Batch, scene: Scene) -> None:
        """What `score` finds."""
        entries, (limits, wishes) = scene.entries, self._asked(scene)
        score(
            batch.props, batch.rolls, batch.boxes, scene.corridors, scene.table, entries.box, entries.half,
            entries.prob, entries.moving, scene.reach, self.body, limits, scene.goals, self._owned, self._starts,
            self._polygon, wishes, scene.zones, scene.places, scene.lowest, batch.costs, batch.firsts,
        )  # fmt: skip

    def _score(self, batch: Batch, scene: Scene) -> None:
        entries, area, (limits, _) = scene.entries, self.road.area, self._asked(scene)
        self._weigh_alone(batch, scene)
        self._yield_room(batch, scene)
        self._undertaking(batch, scene)
        if scene.tight:
            trapped_cost(batch.props, batch.rolls, scene.corridors, scene.room, batch.costs)
        if np.isfinite(scene.lines).any():
            halting_cost(batch.props, batch.rolls, scene.lines, float(self.body[0] + self.body[1]), batch.costs)
        if scene.thrift is not None and scene.freely is not None:
            t = scene.thrift
            energy_cost(
                batch.props, batch.rolls, scene.corridors, scene.table, batch.firsts, scene.freely,
                t.metre, t.powers, t.worths, t.weight, t.mass, t.turning, batch.costs,
            )  # fmt: skip
        self._regulate(batch, scene)
        if limits[JOLT_PRICE] > 0.0:
            jolt_cost(batch.rolls, scene.felt, limits[JOLT_PRICE], batch.costs)
        batch.costs[:, Cost.LANE] += CHANGE_COST * batch.marks[:, OTHER]
        # last, for those that can still win with all the rest
        price_best(
            batch.props, batch.rolls, scene.corridors, scene.table, entries.box, entries.half, entries.prob,
            entries.standoff, scene.near, scene.extents, scene.strips, scene.stays, self.body, area.origin, area.table,
            area.tiles, scene.slack, limits, scene.fears, scene.left, batch.firsts, batch.costs,
        )  # fmt: skip

    def _yield_room(self, batch: Batch, scene: Scene) -> None:
        """Add what it costs to pass too fast or too near where somebody may step or pull out, people on the road, and
        cyclists."""
        shift, length, half = self.body.tolist()
        if len(scene.surprises):
            surprise_cost(batch.props, batch.rolls, scene.surprises, shift + length, half, batch.costs)
        riders = scene.entries.riders
        aside = any(len(way.borrowed) for way in scene.ways)
        if (len(riders) or aside) and not self.briefing.limits.exact:
            passing_cost(
                batch.props, batch.rolls, scene.corridors, scene.table, scene.spans, scene.near, riders,
                scene.entries.prob, self.body, room_beside(scene.limit), scene.wanted, batch.costs,
            )  # fmt: skip
        walkers = self._on_the_road(scene.entries)
        if len(walkers):
            afoot_cost(batch.props, batch.rolls, scene.spans, walkers, scene.entries.prob, self.body, batch.costs)

    def _undertaking(self, batch: Batch, scene: Scene) -> None:
        """Add what it costs to gain on those in the lane that one overtakes on; who speeds up on an acceleration lane
        may (StVO section 7a (2)), and a regulation's cases ask for safety alone."""
        limits = self.briefing.limits
        if limits.exact or limits.lane_kept or max(float(scene.ego[0]), scene.wanted) < FAST:
            return
        undertaking_cost(
            batch.props, batch.rolls, scene.spans, scene.near, scene.entries.prob,
            np.array([not self._speeds_up(way) for way in scene.ways]), self.body, self._overtaken_on, batch.costs,
        )  # fmt: skip

    def _speeds_up(self, way: Way) -> bool:
        """Whether a corridor is an acceleration lane here."""
        lane = way.path.lanes[way.path.lane_at(float(way.scalars[Corridor.S]))]
        return bool(self.briefing.graph.kind[lane] == LaneKind.ON_RAMP)

    def _on_the_road(self, entries: Entries) -> Ints:
        """The entries of who walks on the road now; the official verdict asks for no room beside them."""
        if self.briefing.limits.exact:
            return entries.walkers[:0]
        area = self.road.area
        on = [float(area.distance(*entries.box[e, 0, :2].tolist())) > 0.0 for e in entries.walkers]
        return entries.walkers[np.array(on, np.bool_)]

    def _regulate(self, batch: Batch, scene: Scene) -> None:
        """Add what it costs to break what a regulation asks for, where one does."""
        limits, entries = self.briefing.limits, scene.entries
        shift, length, half = self.body.tolist()
        if limits.headway:
            asked = np.array([limits.headway, limits.headway_rise, limits.headway_most])
            headway_cost(
                batch.props, batch.rolls, scene.spans, scene.near, entries.prob, shift + length, half, asked,
                batch.costs,
            )  # fmt: skip
        if limits.lane_kept:
            front, rear = shift + length, length - shift
            lane_kept_cost(batch.props, batch.rolls, scene.corridors, scene.table, front, rear, half, batch.costs)
        if (limits.change_lateral or limits.rear_brake) and len(scene.ways) > 1:
            rear = limits.rear_reaction, limits.rear_brake, limits.rear_headway
            asked = np.array([*rear, limits.change_lateral, limits.rear_slow])
            changing_cost(
                batch.props, batch.rolls, scene.corridors, scene.table, scene.spans, entries.prob, self.body, asked,
                batch.costs,
            )  # fmt: skip

    def _asked(self, scene: Scene) -> tuple[Array, Array]:
        """`_limits` and `_wishes`, the same for all proposals of a cycle."""
        if self._told is None or self._told[0] is not scene:
            self._told = scene, self._limits(scene), self._wishes(scene)
        return self._told[1], self._told[2]

    def _limits(self, scene: Scene) -> Array:
        """What is held against a motion. On a detour a late return to our lane is worse than what the guard may refuse
        of it; near misses count as long as patience lasts."""
        aside = any(len(way.borrowed) for way in scene.ways)
        if not aside and scene.patience == 1.0:
            return self._comfort
        limits = self._comfort.copy()
        limits[ACROSS_JERK] = math.inf if aside else limits[ACROSS_JERK]
        limits[NEAR_PRICE] *= scene.patience
        return limits

    def _wishes(self, scene: Scene) -> Array:
        """What `cost.progress.progress_cost` is told of the goals."""
        ends = scene.goals[:, 1].tolist()
        timed = self.road.bound and any(end < TIMED for end in ends)
        until = min((end for end in ends if end > 0.0), default=TIMED)
        bound, weight = (NO_GOAL_COST, SCHEDULED_WEIGHT) if timed else (0.0, self._urge())
        speeding = SPEEDING_EXACT if self.briefing.limits.exact else SPEEDING
        return np.array([scene.rest, until, bound, weight, scene.left, scene.limit, *speeding])

    def metre(self) -> float:
        """The cost of a metre less of way, now and later in the horizon."""
        return (1.0 + EARLY) * self._urge()

    def _urge(self) -> float:
        """The cost of a metre still to go when no clock runs. The official verdict on survival knows no progress."""
        return UNHURRIED_WEIGHT if self.briefing.limits.exact and not self.road.bound else PROGRESS_WEIGHT


def _last(scene: Scene) -> Array:
    """Corridor and offset that the last decision led to (2,), NaN where there is none."""
    return np.array([math.nan, math.nan] if scene.last is None else scene.last, np.float64)
