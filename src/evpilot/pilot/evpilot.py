"""evpilot's own pilot: track, predict, plan, and a guard that has the last word."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evpilot.guard.brake import EmergencyBrake
from evpilot.guard.validator import Validator
from evpilot.maps.index import lane_index
from evpilot.plan.planner import Plan, Planner
from evpilot.predict.predictor import Predictor
from evpilot.track.memory import Memory
from evpilot.track.tracker import Tracker
from evpilot.types import (
    Briefing,
    Decision,
    EgoState,
    Lights,
    Observation,
    Predictions,
    Source,
    Tracks,
    Trajectory,
    no_trace,
)

SOON = 1.0  # [s]
DEMAND_NS = 10_000_000_000  # UN R157 5.4.4: so long a driver may take to answer a transition demand
ROOM_KEPT = 0.1  # [m] to the edge of the lane, on a way past somebody
DRIFT = 0.8  # [s] that the car goes on sideways before it is steered back
AHEAD = 2.5  # [s] of a plan, within which a way past somebody goes aside and has passed him
COMFORT_STOP = 2.5  # [m/s2] of the stop when he does not; UN R157 allows 4.0


class Foresight(Protocol):
    """Whatever tells where the others will go."""

    def predict(self, tracks: Tracks, lights: Lights, ego: EgoState) -> Predictions:
        """Predictions for all tracks; asked once in every planning tick."""
        ...


class Keeper(Protocol):
    """Whatever tells how to drive for a charge at the goal: eco, how much saving counts, and pace, the share of higher
    limits that is driven at most, both 0..1."""

    eco: float
    pace: float

    def read(self, ego: EgoState, charge: float) -> bool:
        """Take in where the car is and its usable charge, 0..1, in every tick; whether both were asked anew."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What takes part in deciding; each can be left out, to see what it is worth (benchmarks/ablations.py). reactive:
    proposals are scored again with traffic that reacts; contingent: motions that share their first second are weighed
    together; fitted_drivers: the others' drivers are learnt from what they
    do; lane_changes: proposals on other lanes."""

    reactive: bool = True
    contingent: bool = True
    fitted_drivers: bool = True
    lane_changes: bool = True


ALL_PARTS = Parts()


class EvPilot:
    """The stages composed, read from top to bottom in `step`.

    State: what the tracker and the predictor remember of the others, the planner's last choice, the newest stopping
    tail that the guard accepted, whether the emergency brake is on. foresight takes the predictor's place. eco
    0..1: how much saving energy counts. keeper: what a request for the charge at the goal makes of that, and of the
    pace, from the usable charge that `charged` tells.
    """

    def __init__(
        self,
        briefing: Briefing,
        *,
        parts: Parts = ALL_PARTS,
        foresight: Foresight | None = None,
        eco: float = 0.0,
        keeper: Keeper | None = None,
    ) -> None:
        index = lane_index(briefing.graph)
        self._index, self._graph, self._width = index, briefing.graph, briefing.platform.width
        self._lane_kept = briefing.limits.lane_kept
        period = briefing.period_ns * 1e-9
        self._firmest = briefing.limits.gate_brake
        self._tracker, self._memory = Tracker(period), Memory()
        self._foresight = foresight or Predictor(
            briefing.graph,
            index,
            period,
            briefing.platform,
            fitted=parts.fitted_drivers,
            heeded=not briefing.limits.exact,
        )
        self._planner = Planner(
            briefing,
            index,
            reactive=parts.reactive,
            contingent=parts.contingent,
            lane_changes=parts.lane_changes,
            eco=eco,
        )
        self._validator = Validator(briefing.platform, briefing.limits, period, briefing.graph)
        self._brake = EmergencyBrake(briefing.platform, briefing.limits, period, briefing.graph)
        self._tail: Trajectory | None = None
        self._keeper, self._charge = keeper, 0.0
        if keeper is not None:
            self._planner.save(keeper.eco, keeper.pace)

    def charged(self, charge: float) -> None:
        """Be told the battery's usable charge, 0..1, before a step."""
        self._charge = charge

    def powered(self, power: float) -> None:
        """Be told the most power [W] that the wheels can get, before a step."""
        self._planner.power = power

    def step(self, observation: Observation) -> Decision:
        """One planning tick: from what is seen to where to drive."""
        observation.validate()
        if self._keeper is not None and self._keeper.read(observation.ego, self._charge):
            self._planner.save(self._keeper.eco, self._keeper.pace)
        tracks = self._tracks(observation)
        if observation.detections is None:
            observation = dataclasses.replace(observation, tracks=tracks)
        predictions = self._foresight.predict(tracks, observation.lights, observation.ego)
        plan = self._planner.plan(observation, tracks, predictions)
        decision = self._guarded(self._decision(plan, predictions), observation)
        return self._stopping(decision, observation) if unanswered(observation) else decision

    def _decision(self, plan: Plan, predictions: Predictions | None) -> Decision:
        return Decision(
            t_ns=plan.trajectory.t_ns,
            trajectory=plan.trajectory,
            tail=plan.tail,
            predictions=predictions,
            trace=plan.trace,
            source=self._source(plan.trajectory),
        )

    def _stopping(self, decision: Decision, observation: Observation) -> Decision:
        """A stop in the lane, along the way that the decision takes and at least as firm as that, with hazard lights:
        the minimal risk manoeuvre of UN R157 5.4.4 for a driver who does not answer."""
        plan = decision.trajectory
        if plan is None or plan.accel[plan.time <= SOON].min() < -COMFORT_STOP or decision.source != Source.NOMINAL:
            return dataclasses.replace(decision, source=Source.MINIMAL_RISK)
        stop = self._validator.minimal_risk(plan, observation, COMFORT_STOP)
        return self._instead(decision, stop, Source.MINIMAL_RISK, "minimal risk stop: the driver does not answer", -1)

    def _tracks(self, observation: Observation) -> Tracks:
        if observation.detections is not None:
            return self._tracker.update(observation.detections, observation.ego)
        return self._memory.update(observation.tracks, observation.t_ns)

    def _source(self, trajectory: Trajectory) -> Source:
        """Who commands: a plan that soon asks for more than service braking must pass the gate as the guard's do."""
        soon = trajectory.accel[trajectory.time <= SOON]
        return Source.GUARD if soon.min() < -self._firmest - 0.01 else Source.NOMINAL

    def _guarded(self, decision: Decision, observation: Observation) -> Decision:
        """The decision if the guard accepts it; else emergency braking, the next best that it accepts, the last
        accepted tail going on, or where that is not fit either, a stop along it (reference/safety.md: a plan that was
        refused is never driven).

        One exception: where no stop is free of contact, a plan that is itself in order is better than a stop into
        someone, or beside someone who comes over.
        """
        braking = self._brake.step(observation, decision.trajectory)
        past = self._past(decision, braking or decision.trajectory, observation)
        if past is not None:
            return past
        if braking is not None:
            cause = self._brake.cause
            reason = f"emergency braking for {cause}" if cause >= 0 else "emergency braking"
            return self._instead(decision, braking, Source.GUARD, reason, cause)
        fault = self._validator.check(decision, observation)
        if fault and decision.tail is not None:
            # the guard may know a harder stop than the planner's
            bare = dataclasses.replace(decision, tail=None)
            if not self._validator.check(bare, observation):
                decision, fault = bare, ""
        if fault:
            other = self._planner.another(lambda motion, tail: self._accepts(motion, tail, observation))
            if other is not None:
                decision, fault = self._decision(other, decision.predictions), ""
        if not fault:
            decision = self._with_tail(decision, observation)
            self._tail = decision.tail
            return decision
        way_out = self._way_out(observation)
        stop = way_out or self._validator.minimal_risk(self._tail, observation)
        past = self._past(decision, stop, observation)
        if past is not None:
            return past
        if self._only_plan_passes(decision, stop, observation):
            return decision
        if way_out is not None:
            self._tail = way_out
            return self._instead(decision, way_out, Source.TAIL, f"stop: {fault}", -1)
        return self._instead(decision, stop, Source.MINIMAL_RISK, f"minimal risk stop: {fault}", -1)

    def _accepts(self, motion: Trajectory, tail: Trajectory, observation: Observation) -> bool:
        """Whether the guard accepts a motion with its stopping tail."""
        source = self._source(motion)
        return not self._validator.check(
            Decision(t_ns=motion.t_ns, trajectory=motion, tail=tail, source=source), observation
        )

    def _past(self, decision: Decision, driven: Trajectory | None, observation: Observation) -> Decision | None:
        """The way past somebody into whose way what would else be driven brakes, None where it does not."""
        if driven is None or not self._brake.may_evade(driven):
            return None
        plan = decision.trajectory
        aside = self._brake.evasion(observation, plan, driven, self._room(observation.ego, plan))
        if aside is None:
            return None
        if self._validator.check_trajectory(aside, observation, hard=True):
            self._brake.refuse()
            return None
        past = self._instead(decision, driven, Source.GUARD, "past somebody whom braking would meet", -1)
        return dataclasses.replace(past, trajectory=aside)

    def _room(self, ego: EgoState, plan: Trajectory | None) -> tuple[float, float]:
        """Room to the left and right within the lane [m] of where the car, going on as it does, is in `DRIFT`; and
        where the lane is to be kept whatever happens, of all places to which the plan leads, too."""
        x, y, z, yaw = (float(value) for value in ego.pose)
        lane, s, d = self._index.nearest(x, y, z, yaw)
        if lane < 0:
            return 0.0, 0.0
        graph = self._graph
        rows = graph.points(lane)
        k = rows.start + min(max(int(np.searchsorted(graph.arc[rows], s)), 1), rows.stop - rows.start - 1)
        along = graph.center[k, :2] - graph.center[k - 1, :2]
        d += DRIFT * ego.speed * math.sin(yaw - math.atan2(float(along[1]), float(along[0])))
        offsets = [d, *(self._offsets(plan, lane) if plan is not None and self._lane_kept else [])]
        spare = 0.5 * (float(np.hypot(*(graph.left[k, :2] - graph.right[k, :2]))) - self._width) - ROOM_KEPT
        return max(spare - max(offsets), 0.0), max(spare + min(offsets), 0.0)

    def _offsets(self, plan: Trajectory, lane: int) -> list[float]:
        """How far [m] to the left of its lane's middle a plan leads, here and there within `AHEAD`, as far as it stays
        in the lane or the one that follows."""
        rows = np.flatnonzero(plan.time <= AHEAD)[::5]
        near = [self._index.nearest(*plan.pose[row].tolist()) for row in rows]
        beside = (self._graph.left_neighbour[lane], self._graph.right_neighbour[lane])
        return [d for other, _, d in near if other >= 0 and other not in beside]

    def _only_plan_passes(self, decision: Decision, stop: Trajectory, observation: Observation) -> bool:
        """Whether the stop leads into someone or off the road, and the plan does not."""
        plan, guard = decision.trajectory, self._validator
        return plan is not None and guard.passes(plan, observation) and not guard.passes(stop, observation, hard=True)

    def _way_out(self, observation: Observation) -> Trajectory | None:
        """The last accepted tail going on, or a stop along it where the car fell behind it; None when neither is
        fit."""
        if self._tail is None:
            return None
        last = shifted(self._tail, observation.t_ns)
        if self._validator.check_trajectory(last, observation, "tail", hard=True):
            stop = self._validator.stop_along(self._tail, observation)
            if stop is None:
                return None
            last = stop
        return last

    def _with_tail(self, accepted: Decision, observation: Observation) -> Decision:
        """An accepted decision with the stopping tail that let the guard accept it, where the planner gave none."""
        if accepted.tail is not None or accepted.trajectory is None:
            return accepted
        return dataclasses.replace(accepted, tail=self._validator.stopping_tail(accepted.trajectory, observation))

    def _instead(self, decision: Decision, motion: Trajectory, source: Source, reason: str, cause: int) -> Decision:
        trace = dataclasses.replace(decision.trace or no_trace(reason), reason=reason, cause_id=cause)
        return dataclasses.replace(decision, trajectory=motion, tail=motion, source=source, trace=trace)


def unanswered(observation: Observation) -> bool:
    """Whether the driver has been asked to take over for so long that the car must stop by itself."""
    return observation.demand_ns is not None and observation.t_ns - observation.demand_ns >= DEMAND_NS


def shifted(tail: Trajectory, t_ns: int) -> Trajectory:
    """What is left of an older trajectory from a time [ns] on, its end held."""
    passed = (t_ns - tail.t_ns) * 1e-9
    time = np.concatenate([[passed], tail.time[tail.time > passed + 1e-6], [max(passed, float(tail.time[-1])) + 1.0]])
    yaw = np.unwrap(tail.pose[:, 3])
    pose = np.stack([np.interp(time, tail.time, column) for column in (*tail.pose[:, :3].T, yaw)], axis=1)
    pose[:, 3] = np.pi - np.mod(np.pi - pose[:, 3], 2.0 * np.pi)
    speed, accel, bend = (np.interp(time, tail.time, row) for row in (tail.speed, tail.accel, tail.curvature))
    accel[-1] = 0.0
    return Trajectory(t_ns=t_ns, time=time - passed, pose=pose, speed=speed, accel=accel, curvature=bend)
