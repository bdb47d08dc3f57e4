"""Propose, simulate, score: one decision from hundreds of motions, each driven forward and checked against everyone."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING
from evpilot.plan.arrays import car_vector, comfort_vector, goal_places, goal_polygons, goal_windows, stack, trajectory
from evpilot.plan.columns import GRID, Corridor, Cost, Law, Prop, Ref, Roll
from evpilot.plan.cost.edge import EDGE_SPARE
from evpilot.plan.detour import Detours
from evpilot.plan.entries import Entries
from evpilot.plan.explain import CONTACT_COST, explain
from evpilot.plan.gaps import seek_gaps
from evpilot.plan.occlusion import hidden_cost, hidden_places
from evpilot.plan.proposals import keep_going, propose, refine
from evpilot.plan.reactive import IGNORED, rescore
from evpilot.plan.road import TIMED, Road, Way
from evpilot.plan.rollout import roll_out
from evpilot.plan.rules import Rules, Wall
from evpilot.plan.score import score
from evpilot.plan.spans import spans_on
from evpilot.plan.variety import HOLDS, LEAST, distinct, more
from evpilot.plan.weather import BEND_SHARE, car_on, comfort_on, grip, sight_speed
from evpilot.types import Briefing, EgoState, Observation, PlanTrace, Predictions, Tracks, Trajectory
from evpilot.types.state import Array, Ints

REFINED = 6  # proposals whose neighbours are looked at
TAILS = (4.0, 6.0, 9.0)  # [m/s2] firmness of the stopping tails that are tried in turn
GRIP_SHARE = 0.95  # of the tyres' grip that a tail may use
TAIL_CANDIDATES = 5
ENOUGH = 420  # where fewer are proposed, more are refined
RESCORED = 20  # proposals that are scored again with traffic that reacts
ROOM = 640  # proposals that there is room for from the beginning
CHANGE_COST = 1.5  # for another corridor or offset than in the last cycle: decisions are steady
PROGRESS_WEIGHT = 0.35  # cost of a metre still to go, when no clock runs
SCHEDULED_WEIGHT = 0.12  # and when the goal has its time
UNHURRIED_WEIGHT = 0.15  # and when all that is asked is to get through the time unharmed
# a second at 1 m/s too fast costs twice this: more than the way that is gained by speeding up before a higher limit;
# the official verdict knows no speed limit
SPEEDING, SPEEDING_EXACT = 12.0, 1.0
SPARED = [int(c) for c in Cost if c not in (Cost.PROGRESS, Cost.COMFORT, Cost.LANE, Cost.REACHED)]
SPARED_COST = 0.05  # of the costs that a motion along the lane may have without a search for a better one ...
CALM_COMFORT = 0.3  # ... and for comfort
# of a contact from behind in our own lane: art. 13 (5) of the Vienna Convention on Road Traffic
REAR_MOST = 120.0
NO_GOAL_COST = 25.0  # of a corridor on which no goal lies, while one has its time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What the planner decided: the trajectory, its verified stopping tail (None when no tail is free of contact),
    whether the trajectory itself is, and why."""

    trajectory: Trajectory
    tail: Trajectory | None
    free: bool
    trace: PlanTrace


@dataclass(slots=True, kw_only=True, eq=False)
class Batch:
    """All proposals of a cycle, rolled out and scored."""

    props: Array
    rolls: Array
    costs: Array
    firsts: Array

    def total(self) -> Array:
        """One cost for each proposal (R,)."""
        return self.costs.sum(axis=1)

    def part(self, first: int, last: int) -> "Batch":
        """A view of rows first..last-1."""
        rows = slice(first, last)
        return Batch(props=self.props[rows], rolls=self.rolls[rows], costs=self.costs[rows], firsts=self.firsts[rows])

    def take(self, other: "Batch") -> None:
        """Copy another batch of the same size."""
        self.props[:], self.rolls[:], self.costs[:], self.firsts[:] = (
            other.props,
            other.rolls,
            other.costs,
            other.firsts,
        )


def blank(count: int) -> Batch:
    """Room for so many proposals, filled with zeros."""
    return Batch(
        props=np.zeros((count, len(Prop))),
        rolls=np.zeros((count, len(GRID), len(Roll))),
        costs=np.zeros((count, len(Cost))),
        firsts=np.zeros((count, 4)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What all proposals of one cycle are judged against."""

    ways: list[Way]
    table: Array
    corridors: Array
    entries: Entries
    spans: Array
    near: Ints
    zones: Array
    places: Array
    hidden: Array
    goals: Array
    ego: Array
    slack: float
    rest: float
    left: float
    limit: float


class Planner:
    """The planner of one drive; `plan` is called once in every cycle. Two parts can be left out, to see what they are
    worth: scoring again with traffic that reacts, and proposals on other lanes."""

    def __init__(
        self, briefing: Briefing, index: LaneIndex, *, reactive: bool = True, lane_changes: bool = True
    ) -> None:
        self.briefing = briefing
        self.road = Road(briefing, index, lane_changes)
        self._reactive = reactive
        self.rules = Rules(briefing)
        self.detours = Detours(briefing, self.road.area.distance)
        self._car = self._dry_car = car_vector(briefing)
        platform = briefing.platform
        self._body = np.array([platform.rear_to_center, 0.5 * platform.length, 0.5 * platform.width])
        limits = briefing.limits
        self._comfort = self._dry_comfort = comfort_vector(limits)
        self._friction, self._sight_speed = 1.0, math.inf
        self._owned, self._starts, self._polygon = goal_polygons(briefing)
        self._last: tuple[int, float, bool] | None = None
        self._due = -math.inf
        self._room = blank(ROOM)

    def plan(self, observation: Observation, tracks: Tracks, predictions: Predictions) -> Plan:
        """Decide from what is seen and expected now."""
        ego = observation.ego
        self._feel(observation)
        ways = self.road.ways(ego)
        aside = self.detours.find(ways[0], observation, tracks)
        if aside is not None:
            ways.append(aside)
        walls = self.rules.walls(ways, observation, tracks)
        scene = self._scene(ways, walls, observation, tracks, predictions)
        seconds = (observation.t_ns - self.briefing.start_ns) * 1e-9
        speed, accel = float(scene.ego[0]), float(scene.ego[1])
        batch = self._calm(ways, walls, scene) or self._all(ways, scene, speed, accel, seconds)
        if self._reactive:
            self._react(batch, scene)
        self._blame(batch, ways[0], walls)
        order = np.argsort(batch.total(), kind="stable")
        chosen, tail = self._with_tail(batch, order, scene, observation)
        self._remember(batch.props[chosen], scene, seconds)
        trace = explain(
            batch.props,
            batch.rolls,
            batch.costs,
            batch.firsts,
            chosen,
            order,
            ways,
            walls,
            scene.entries,
            scene.spans,
            tracks,
        )
        return Plan(
            trajectory=trajectory(batch.rolls[chosen], ego, observation.t_ns),
            tail=tail,
            free=bool(batch.costs[chosen, Cost.COLLISION] < CONTACT_COST),
            trace=trace,
        )

    def _calm(self, ways: list[Way], walls: list[Wall], scene: Scene) -> Batch | None:
        """A few motions along the lane that we are on, where nothing else is open to us; None when the best of them is
        not free of all that a better one could spare."""
        if len(ways) > 1 or walls or self.road.timed:
            return None
        batch = self._evaluate(keep_going(ways[0], self.briefing, float(scene.ego[0]), self._wish(ways[0])), scene)
        best = int(np.argmin(batch.total()))
        spared = batch.costs[best, SPARED].max() < SPARED_COST and batch.costs[best, Cost.COMFORT] < CALM_COMFORT
        return batch if spared else None

    def _all(self, ways: list[Way], scene: Scene, speed: float, accel: float, seconds: float) -> Batch:
        """All proposals, the neighbours of the best of them, and more where too many come to the same."""
        props = propose(ways, self.briefing, speed, accel, self._wish(ways[0]), seconds)
        gaps = seek_gaps(ways, scene.spans, scene.entries.prob, self.briefing, speed, accel, self._due - seconds)
        batch = self._evaluate(np.concatenate([props, gaps]), scene)
        order = np.argsort(batch.total(), kind="stable")
        finer = refine(batch.props[order[: max(REFINED, (ENOUGH - len(order)) // 8)]], speed)
        if len(finer):
            self._evaluate(finer, scene, len(batch.props))
            batch = self._room.part(0, len(batch.props) + len(finer))
        return self._vary(batch, scene)

    def _feel(self, observation: Observation) -> None:
        """Take in what grip and sight leave to the car."""
        friction = observation.friction
        self._sight_speed = sight_speed(observation.sight, friction)
        if friction != self._friction:
            self._friction = friction
            self._car, self._comfort = car_on(self._dry_car, friction), comfort_on(self._dry_comfort, friction)
            self.road.hold_in_curves(BEND_SHARE * grip(friction))

    def _wish(self, way: Way) -> float:
        """The speed [m/s] that we would like: the highest that limit, curves and sight allow on the way ahead."""
        row = int(way.scalars[Corridor.S] / SPACING)
        highest = min(self.briefing.platform.speed_max, self._sight_speed)
        return min(float(way.table[row : row + 200, Ref.CAP].max()), highest)

    def _scene(
        self, ways: list[Way], walls: list[Wall], observation: Observation, tracks: Tracks, predictions: Predictions
    ) -> Scene:
        ego = observation.ego
        entries = Entries(tracks, predictions, ego)
        table, corridors, rest = stack(ways, walls, self._sight_speed)
        spans = np.empty((len(ways), len(entries), len(GRID), 5))
        near = np.empty((len(ways), len(entries) + 1), np.int64)
        spans_on(entries.box, entries.half, corridors, table, spans, near)
        zones = self.rules.zones(ways, entries, spans, observation.lights)
        seconds = (observation.t_ns - self.briefing.start_ns) * 1e-9
        state = np.array([max(ego.speed, 0.0), float(ego.accel[0]), ego.steering, 0.0])
        return Scene(
            ways=ways,
            table=table,
            corridors=corridors,
            entries=entries,
            spans=spans,
            near=near,
            zones=zones,
            places=goal_places(ways, self.briefing, seconds),
            hidden=self._hidden(ways, observation, tracks),
            goals=goal_windows(self.briefing, seconds),
            ego=state,
            slack=self._slack(ego),
            rest=rest,
            left=self._left(observation.t_ns),
            limit=self.road.limit_at(ego),
        )

    def _hidden(self, ways: list[Way], observation: Observation, tracks: Tracks) -> Array:
        """Where somebody may step out who is hidden now; the official verdict knows nobody who is not in the file."""
        if self.briefing.limits.exact:
            return np.zeros((0, 4))
        return hidden_places(ways, tracks, self.briefing.platform, observation.friction)

    def _left(self, t_ns: int) -> float:
        """How long [s] what we do counts: on a road always, in the official verdict to the end of the scenario."""
        return (self.briefing.end_ns - t_ns) * 1e-9 if self.briefing.limits.exact else math.inf

    def _slack(self, ego: EgoState) -> float:
        """How far [m] a corner of the car is off the road already; proposals may keep that, not more."""
        shift, length, width = self._body
        c, s = math.cos(ego.pose[3]), math.sin(ego.pose[3])
        x, y = ego.pose[0] + shift * c, ego.pose[1] + shift * s
        least = min(
            self.road.area.distance(
                float(x + a * length * c - b * width * s), float(y + a * length * s + b * width * c)
            )
            for a in (-1.0, -0.5, 0.0, 0.5, 1.0)
            for b in (-1.0, 1.0)
        )
        return max(0.0, EDGE_SPARE + 0.02 - least)

    def _evaluate(self, props: Array, scene: Scene, first: int = 0) -> Batch:
        """Proposals rolled out and scored, in the planner's room from row `first` on: good until overwritten."""
        batch = self._room_for(first + len(props)).part(first, first + len(props))
        batch.props[:] = props
        props, rolls, costs, firsts = batch.props, batch.rolls, batch.costs, batch.firsts
        entries, area = scene.entries, self.road.area
        roll_out(
            props, scene.corridors, scene.table, scene.spans, scene.near, entries.standoff, scene.ego, self._car, rolls
        )
        timed = self.road.bound and bool(np.any(scene.goals[:, 1] < TIMED))
        until = min((float(high) for high in scene.goals[:, 1] if high > 0.0), default=TIMED)
        bound, weight = (NO_GOAL_COST, SCHEDULED_WEIGHT) if timed else (0.0, self._urge())
        speeding = SPEEDING_EXACT if self.briefing.limits.exact else SPEEDING
        # on a detour a late return to our lane is worse than what the guard may refuse of it
        detour = any(len(way.borrowed) for way in scene.ways)
        comfort = np.concatenate([self._comfort[:5], [math.inf], self._comfort[6:]]) if detour else self._comfort
        wish = np.array([scene.rest, until, bound, weight, scene.left, scene.limit, speeding])
        score(
            props,
            rolls,
            scene.corridors,
            scene.table,
            entries.box,
            entries.half,
            entries.prob,
            entries.moving,
            entries.standoff,
            scene.spans,
            scene.near,
            self._body,
            area.origin,
            area.table,
            area.tiles,
            scene.slack,
            comfort,
            scene.goals,
            self._owned,
            self._starts,
            self._polygon,
            wish,
            scene.zones,
            scene.places,
            costs,
            firsts,
        )
        if len(scene.hidden):
            hidden_cost(props, rolls, scene.hidden, self._body[0] + self._body[1], self._body[2], costs)
        if self._last is not None:
            other = props[:, Prop.CORRIDOR] != self._last_corridor(scene)
            other |= np.abs(props[:, Prop.OFFSET] - self._last[1]) > 0.3
            costs[:, Cost.LANE] += np.where(other, CHANGE_COST, 0.0)
        return batch

    def _vary(self, batch: Batch, scene: Scene) -> Batch:
        """The batch with more proposals where too many of its own come to the same motion."""
        for hold in HOLDS:
            missing = LEAST - distinct(batch.rolls)
            if missing <= 0:
                break
            rows = more(scene.ways[0], self.briefing, float(scene.ego[0]), missing, hold)
            self._evaluate(rows, scene, len(batch.props))
            batch = self._room.part(0, len(batch.props) + len(rows))
        return batch

    def _react(self, batch: Batch, scene: Scene) -> None:
        """Score the most promising proposals again, with traffic that reacts."""
        entries, costs = scene.entries, batch.costs
        hope = costs.sum(axis=1) - (1.0 - IGNORED) * (costs[:, Cost.COLLISION] + costs[:, Cost.REAR])
        picked = np.argsort(hope, kind="stable")[:RESCORED]
        rescore(
            picked, batch.rolls, self._body, entries.box, entries.half, entries.prob, entries.moving, entries.polite,
            scene.left, not self.briefing.limits.exact, batch.firsts, costs,
        )  # fmt: skip

    def _blame(self, batch: Batch, way: Way, walls: list[Wall]) -> None:
        """Where we have to stop in our own lane it is for those behind to keep their distance: no fear of them makes us
        break a rule."""
        bound = any(wall.corridor == 0 and wall.s < way.path.end - SPACING for wall in walls)
        if bound and not self.briefing.limits.exact:
            own = batch.props[:, Prop.CORRIDOR] == 0
            batch.costs[own, Cost.REAR] = np.minimum(batch.costs[own, Cost.REAR], REAR_MOST)

    def _urge(self) -> float:
        """The cost of a metre still to go when no clock runs. The official verdict on survival knows no progress."""
        return UNHURRIED_WEIGHT if self.briefing.limits.exact and not self.road.bound else PROGRESS_WEIGHT

    def _room_for(self, count: int) -> Batch:
        """Room for so many proposals, kept between cycles: fresh memory costs more than what is computed into it."""
        room = self._room
        if len(room.props) < count:
            self._room = blank(2 * count)
            self._room.part(0, len(room.props)).take(room)
        return self._room

    def _last_corridor(self, scene: Scene) -> int:
        """The corridor that holds the lane which the last decision led to, or -1."""
        assert self._last is not None
        for c, way in enumerate(scene.ways):
            if self._last[0] in way.path.lanes and self._last[2] == bool(len(way.borrowed)):
                return c
        return -1

    def _remember(self, prop: Array, scene: Scene, seconds: float) -> None:
        way = scene.ways[int(prop[Prop.CORRIDOR])]
        self.road.keep(way)
        ahead = float(way.scalars[Corridor.S]) + float(prop[Prop.DELAY]) + max(float(prop[Prop.LENGTH]), 10.0)
        self._last = (int(way.path.lanes[way.path.lane_at(ahead)]), float(prop[Prop.OFFSET]), bool(len(way.borrowed)))
        self._due = seconds + float(prop[Prop.P0]) if prop[Prop.LAW] == Law.ARRIVE else -math.inf

    def _with_tail(
        self, batch: Batch, order: Ints, scene: Scene, observation: Observation
    ) -> tuple[int, Trajectory | None]:
        """The best proposal that has a stopping tail free of contact, with it; else the best of all, with none."""
        total = batch.total()
        for candidate in order[:TAIL_CANDIDATES]:
            if total[candidate] > total[order[0]] + CONTACT_COST:
                break
            tail = self._tail(batch.props[candidate], batch.rolls[candidate], len(order), scene, observation)
            if tail is not None:
                return int(candidate), tail
        return int(order[0]), None

    def _tail(self, prop: Array, roll: Array, first: int, scene: Scene, observation: Observation) -> Trajectory | None:
        most = min(self.briefing.limits.emergency, GRIP_SHARE * grip(self._friction))
        firmness = [brake for brake in TAILS if brake <= most + 1e-9] or [most]
        rows = np.repeat(prop[None], len(firmness), axis=0)
        rows[:, Prop.LAW] = Law.TAIL
        rows[:, Prop.P0] = roll[0, Roll.ACCEL]
        rows[:, Prop.P1] = firmness
        rows[:, Prop.P2] = self.briefing.period_ns * 1e-9
        tails = self._evaluate(rows, scene, first)
        for k in range(len(firmness)):
            if tails.costs[k, Cost.COLLISION] < CONTACT_COST and tails.rolls[k, -1, Roll.SPEED] < 0.1:
                return trajectory(tails.rolls[k], observation.ego, observation.t_ns)
        return None
