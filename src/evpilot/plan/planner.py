"""Propose, simulate, score: one decision from hundreds of motions, each driven forward and checked against everyone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evpilot.geometry.rows import least
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING
from evpilot.plan.arrays import trajectory
from evpilot.plan.backing import Backing
from evpilot.plan.batch import Batch
from evpilot.plan.blocked import dead_ends, room_before, room_to_get_out
from evpilot.plan.columns import Corridor, Cost, Entry, Prop, Roll
from evpilot.plan.contingency import branch
from evpilot.plan.cost.energy import thrift
from evpilot.plan.detour import Detours
from evpilot.plan.entries import on_our_level
from evpilot.plan.evaluate import Evaluator
from evpilot.plan.explain import CONTACT_COST, explain
from evpilot.plan.gaps import seek_gaps
from evpilot.plan.giving_way import GivingWay
from evpilot.plan.overtake import overtakes, slow_riders
from evpilot.plan.proposals import ARRIVE, creep_out, keep_going, propose, refine
from evpilot.plan.reactive import IGNORED, rescore
from evpilot.plan.road import Road
from evpilot.plan.rules import Rules
from evpilot.plan.scene import Scene
from evpilot.plan.stage import Stage
from evpilot.plan.tails import best_with_tail, stopping_tail
from evpilot.plan.variety import HOLDS, LEAST, different, more
from evpilot.plan.walls import Wall
from evpilot.plan.way import Way
from evpilot.plan.weather import BEND_SHARE, grip
from evpilot.types import (
    Briefing,
    EgoState,
    Observation,
    PlanTrace,
    Predictions,
    Tracks,
    Trajectory,
    no_trace,
)
from evpilot.types.state import Array, Ints

REFINED, REFINED_MOST = 16, 20  # proposals whose neighbours are looked at ...
YIELD = 8  # ... which about so many different motions come of, each
OTHERS = 16  # the next best that are offered where the guard refuses the best
RESCORED = 20  # proposals that are scored again with traffic that reacts
SPARED = [int(c) for c in Cost if c not in (Cost.PROGRESS, Cost.COMFORT, Cost.LANE, Cost.REACHED, Cost.ENERGY)]
SPARED_COST = 0.05  # of the costs that a motion along the lane may have without a search for a better one ...
HEADWAY_COST = 1.0  # ... for a hair of the gap that a regulation asks for: only a slower one mends that ...
CALM_COMFORT = 0.3  # ... and for comfort
PRESSED = 1.0  # what a contact from behind may cost before the car drives as fast as who comes there
HARDLY = 2.0  # [m] within the horizon: who goes on by less as good as stands
BLOCKED = 12.0  # what two changes of lanes cost, and a little more
FREE_WAY = 25.0  # of going on before somebody with blue light: more than the pace of a slower lane
# of a contact from behind in our own lane: art. 13 (5) of the Vienna Convention on Road Traffic
REAR_MOST = 120.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What the planner decided: the trajectory, its verified stopping tail (None when no tail is free of contact),
    whether the trajectory itself is, and why."""

    trajectory: Trajectory
    tail: Trajectory | None
    free: bool
    trace: PlanTrace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cycle:
    """What one decision was chosen from: proposals and their order, best first, which was chosen, and what they were
    weighed against."""

    batch: Batch
    order: Ints
    chosen: int
    scene: Scene
    walls: list[Wall]
    observation: Observation
    tracks: Tracks


class Planner:
    """The planner of one drive; `plan` is called once in every cycle. Three parts can be left out, to see what they are
    worth: scoring again with traffic that reacts, choices that are left open, and proposals on other lanes. eco 0..1:
    how much saving energy counts. power [W]: the most that the wheels can get at the moment."""

    def __init__(
        self,
        briefing: Briefing,
        index: LaneIndex,
        *,
        reactive: bool = True,
        contingent: bool = True,
        lane_changes: bool = True,
        eco: float = 0.0,
    ) -> None:
        self.briefing = briefing
        self.road = Road(briefing, index, lane_changes)
        self._reactive, self._contingent = reactive, contingent
        self.rules = Rules(briefing)
        self.detours = Detours(briefing, self.road.area.distance)
        self._evaluator = Evaluator(briefing, self.road)
        self._backing = None if briefing.limits.exact else Backing(self._evaluator)
        self._giving_way = None if briefing.limits.exact else GivingWay(self._evaluator)
        self._stage = Stage(briefing, self.road, self.rules, self._evaluator.body, self._evaluator.metre())
        self._spared = np.full(len(SPARED), SPARED_COST)
        if briefing.limits.headway:
            self._spared[SPARED.index(Cost.CLEARANCE)] = HEADWAY_COST
        self.save(eco)
        self.power = briefing.platform.drive_power
        self._last: tuple[int, float, bool] | None = None
        self._cycle: _Cycle | None = None
        self._due = -math.inf

    def save(self, eco: float, pace: float = 1.0) -> None:
        """From now on let saving energy count as much as eco, 0..1, and drive at most a share pace, 0..1, of the limit
        where that is above `pace.PACED` [m/s]."""
        thrifty = thrift(self.briefing.platform, eco, self._evaluator.metre()) if eco > 0.0 else None
        self._stage.save(thrifty, pace)

    def plan(self, observation: Observation, tracks: Tracks, predictions: Predictions) -> Plan:
        """Decide from what is seen and expected now."""
        ego = observation.ego
        self._feel(observation)
        ways = self.road.ways(ego)
        level = on_our_level(tracks.state, ego, ways)
        standing = self.detours.standing(observation, tracks, level)
        if len(standing):
            ways = self._past(ways, standing, tracks, ego)
        for way in self.rules.held_up(ways, tracks):
            way.scalars[Corridor.PENALTY] += FREE_WAY
        aside = self.detours.find(ways[0], standing, ego, tracks)
        if aside is not None:
            ways.append(aside)
        walls = self.rules.walls(ways, observation, tracks)
        shift, length, _ = self._evaluator.body.tolist()
        room = room_before(ways, shift + length) if not self.briefing.limits.exact else np.full(len(ways), math.inf)
        walls += room_to_get_out(ways, room, shift + length, ego) + dead_ends(ways, shift + length, self.briefing, ego)
        scene = self._stage.set(ways, walls, room, observation, tracks, predictions, level, self._last)
        seconds = (observation.t_ns - self.briefing.start_ns) * 1e-9
        speed, accel = float(scene.ego[0]), float(scene.ego[1])
        slow = self._slow_riders(scene)
        batch = self._calm(walls, slow, scene) or self._all(slow, scene, speed, accel, seconds)
        if self._reactive:
            self._react(batch, scene)
        self._blame(batch, ways[0], walls)
        if self._contingent:
            branch(batch, scene, self._evaluator.body, not self.briefing.limits.exact)
        total = batch.total()
        order = np.argsort(total, kind="stable")
        chosen, tail = best_with_tail(self._evaluator, batch, total, order, scene, observation)
        self._cycle = _Cycle(
            batch=batch, order=order, chosen=chosen, scene=scene, walls=walls, observation=observation, tracks=tracks
        )
        self._remember(batch.props[chosen], batch.rolls[chosen], scene, observation)
        self._keep_up(batch.costs[chosen, Cost.REAR], int(batch.firsts[chosen, 1]), scene)
        return self._backwards(self._cycle) or self._decided(self._cycle, chosen, tail)

    def _backwards(self, cycle: _Cycle) -> Plan | None:
        """The way back where somebody who comes does not get past us, a little where the car is stuck, else None."""
        way = self._giving_way and self._giving_way.motion(cycle.scene, cycle.observation, cycle.tracks)
        if way:
            return Plan(trajectory=way[0], tail=way[1], free=True, trace=replace(no_trace(way[2]), cause_id=way[3]))
        moves = self._backing and self._backing.motion(cycle.scene, cycle.observation, len(cycle.batch))
        if not moves:
            return None
        return Plan(trajectory=moves[0], tail=moves[1], free=True, trace=no_trace("a little back, to get past"))

    def another(self, fits: Callable[[Trajectory, Trajectory], bool]) -> Plan | None:
        """The next best plan of this cycle that has a stopping tail and fits with it, for where its first is
        refused."""
        cycle = self._cycle
        assert cycle is not None
        batch, total, order, seen = cycle.batch, cycle.batch.total(), cycle.order, cycle.observation
        first = int(np.argmax(order == cycle.chosen)) + 1
        for candidate in order[first : first + OTHERS]:
            if total[candidate] > total[order[0]] + CONTACT_COST:
                break
            prop, roll = batch.props[candidate], batch.rolls[candidate]
            tail = stopping_tail(self._evaluator, batch, int(candidate), cycle.scene, seen)
            if tail is not None and fits(trajectory(roll, seen.ego, seen.t_ns), tail):
                self._remember(prop, roll, cycle.scene, seen)
                return self._decided(cycle, int(candidate), tail)
        return None

    def _decided(self, cycle: _Cycle, chosen: int, tail: Trajectory | None) -> Plan:
        """The plan of one proposal of a cycle."""
        batch, scene, observation = cycle.batch, cycle.scene, cycle.observation
        trace = explain(batch, chosen, cycle.order, scene, cycle.walls, cycle.tracks, self._evaluator.body)
        return Plan(
            trajectory=trajectory(batch.rolls[chosen], observation.ego, observation.t_ns),
            tail=tail,
            free=bool(batch.costs[chosen, Cost.COLLISION] < CONTACT_COST),
            trace=trace,
        )

    def _past(self, ways: list[Way], standing: Ints, tracks: Tracks, ego: EgoState) -> list[Way]:
        """The corridors with those two lanes over where what stands (rows of the tracks) blocks the nearer ones; where
        one is free the blocked ones are dearer: beyond the horizon nothing is to be gained on them."""
        ways = self._marked(ways, standing, tracks, ego)
        ways += self._marked(self.road.beyond(ways, ego), standing, tracks, ego)
        if math.isfinite(ways[0].blocked) and not all(math.isfinite(way.blocked) for way in ways):
            for way in ways:
                way.scalars[Corridor.PENALTY] += BLOCKED if math.isfinite(way.blocked) else 0.0
        return ways

    def _marked(self, ways: list[Way], standing: Ints, tracks: Tracks, ego: EgoState) -> list[Way]:
        """The corridors with where each is blocked."""
        return [replace(way, blocked=self.detours.blocked(way, standing, tracks, ego.speed)) for way in ways]

    def _calm(self, walls: list[Wall], slow: Ints, scene: Scene) -> Batch | None:
        """A few motions along the lane that we are on, where nothing else is open to us; None when the best of them, or
        the first, to drive as we would like, is not free of all that a better one could spare: to stand costs nothing,
        and a brisker start may meet a gap."""
        if len(scene.ways) > 1 or walls or self.road.timed or len(slow):
            return None
        batch = self._evaluator.weigh(
            keep_going(scene.ways[0], self.briefing, float(scene.ego[0]), scene.wanted, scene.halts), scene
        )
        best = int(np.argmin(batch.total()))
        spared = bool((batch.costs[[0, best]][:, SPARED] < self._spared).all())
        spared = spared and batch.costs[best, Cost.COMFORT] < CALM_COMFORT
        return batch if spared else None

    def _all(self, slow: Ints, scene: Scene, speed: float, accel: float, seconds: float) -> Batch:
        """All proposals, ways past slow riders among them, the neighbours of the best of them, and more where too many
        come to the same."""
        ways = scene.ways
        places = scene.corridors[:, Corridor.WALL]
        props = propose(ways, self.briefing, speed, accel, scene.wanted, seconds, places, scene.halts, scene.room)
        due, prob = self._due - seconds, scene.entries.prob
        gaps = seek_gaps(ways, scene.spans, prob, scene.room, self.briefing, speed, accel, due)
        past = overtakes(ways[0], scene.spans[0], slow, self.briefing, speed, scene.wanted, scene.limit)
        out = creep_out(ways, speed, scene.patience)
        batch = self._evaluator.weigh(np.concatenate([props, gaps, past, out]), scene)
        missing = LEAST - different(batch.marks)
        best = least(batch.total(), min(max(REFINED, missing // YIELD), REFINED_MOST))
        finer = refine(batch.props[best], speed)
        if len(finer):
            batch = self._evaluator.weigh(finer, scene, batch)
        return self._vary(batch, scene)

    def _slow_riders(self, scene: Scene) -> Ints:
        """The entries of riders who hold us up; the official verdict asks for no room beside them."""
        if self.briefing.limits.exact or not len(scene.entries.riders):
            return np.zeros(0, np.int64)
        shift, length, _ = self._evaluator.body.tolist()
        return slow_riders(
            scene.ways[0], scene.spans[0], scene.entries.riders, scene.entries.prob, shift + length, length - shift,
            scene.wanted,
        )  # fmt: skip

    def _feel(self, observation: Observation) -> None:
        """Take in what grip, sight and powertrain leave to the car, and what is felt in it."""
        friction = observation.friction
        self._stage.feel(observation)
        if friction != self._evaluator.friction or self.power != self._evaluator.power:
            self._evaluator.feel(friction, self.power)
            self.road.hold_in_curves(BEND_SHARE * grip(friction))

    def _vary(self, batch: Batch, scene: Scene) -> Batch:
        """The batch with more proposals where too many of its own come to the same motion."""
        for hold in HOLDS:
            missing = LEAST - different(batch.marks)
            if missing <= 0:
                break
            rows = more(scene.ways[0], self.briefing, float(scene.ego[0]), missing, hold)
            batch = self._evaluator.weigh(rows, scene, batch)
        return batch

    def _react(self, batch: Batch, scene: Scene) -> None:
        """Score the most promising proposals again, with traffic that reacts."""
        entries, costs = scene.entries, batch.costs
        hope = batch.total() - (1.0 - IGNORED) * (costs[:, Cost.COLLISION] + costs[:, Cost.REAR])
        picked = least(hope, RESCORED)
        rescore(
            picked, batch.rolls, self._evaluator.body, entries.box, entries.half, entries.prob, entries.moving,
            entries.polite, scene.left, batch.firsts, costs,
        )  # fmt: skip

    def _blame(self, batch: Batch, way: Way, walls: list[Wall]) -> None:
        """Where we have to stop in our own lane it is for those behind to keep their distance: no fear of them makes us
        break a rule."""
        bound = any(wall.corridor == 0 and wall.s < way.path.end - SPACING for wall in walls)
        if bound and not self.briefing.limits.exact:
            own = batch.props[:, Prop.CORRIDOR] == 0
            batch.costs[own, Cost.REAR] = np.minimum(batch.costs[own, Cost.REAR], REAR_MOST)

    def _keep_up(self, from_behind: float, entry: int, scene: Scene) -> None:
        """In the official verdict, where nobody brakes for us, let the road be driven as fast as the entry that is met
        first, where it comes from behind at a cost."""
        if self.briefing.limits.exact and entry >= 0 and from_behind > PRESSED:
            self.road.keep_up(float(scene.entries.box[entry, :, Entry.SPEED].max()))

    def _remember(self, prop: Array, roll: Array, scene: Scene, observation: Observation) -> None:
        seconds = (observation.t_ns - self.briefing.start_ns) * 1e-9
        way = scene.ways[int(prop[Prop.CORRIDOR])]
        self.road.keep(way)
        ahead = float(way.scalars[Corridor.S]) + float(prop[Prop.DELAY]) + max(float(prop[Prop.LENGTH]), 10.0)
        # to a motion that hardly moves all offsets are alike: held on to, one would turn the car askew bit by bit
        offset = float(prop[Prop.OFFSET]) if roll[-1, Roll.S] - roll[0, Roll.S] > HARDLY else 0.0
        self._last = (int(way.path.lanes[way.path.lane_at(ahead)]), offset, bool(len(way.borrowed)))
        self._due = seconds + float(prop[Prop.P0]) if prop[Prop.LAW] == ARRIVE else -math.inf
