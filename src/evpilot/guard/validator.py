"""Is a plan fit to be driven: numbers, limits, road, contacts, and the way out of it.

Independent of the planner: own projection, own overlap test, own idea of the road. It asks only what is certain, so
that it never stops a sane drive: a contact counts when it happens under every simple expectation of the other, and a
plan that meets someone is refused only if braking along its path would not.
"""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.guard.area import Area, AreaArrays
from evpilot.guard.contact import braking, meeting
from evpilot.guard.course import Courses
from evpilot.guard.faults import CONTACT, FAULTS, LIMIT_SLACK, examine
from evpilot.guard.gate import FIRM
from evpilot.guard.others import others_of
from evpilot.guard.packed import apart_at, checked, pack, unpack
from evpilot.guard.tail import own_stop
from evpilot.types import Decision, LaneGraph, Limits, Observation, Platform, Trajectory
from evpilot.types.state import Array

CONTACT_WINDOW = 1.5  # [s] the plan is looked at so far: later it will be another
TAIL_WINDOW = 3.0  # [s]
GRIP_SHARE = 0.85  # of friction that a stop may use
GRAVITY = 9.81  # [m/s2]
MINIMAL_RISK = 4.0  # [m/s2] UN R157 5.5.1: a minimal risk manoeuvre brakes no harder
BRAKE_SLACK = 0.2  # [m/s2] over the hardest braking, for rounding and differences of speeds
TAIL_APART = 0.3  # [m] between plan and tail within the first period

BRAKE_BOUND, LATERAL_BOUND, JERK_BOUND, LATERAL_JERK_BOUND = 2, 4, 5, 6  # places in `bounds_of`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a plan is refused: which trajectory, phrase, value and limit in a unit, time [s] into it."""

    part: str
    phrase: str
    value: float
    limit: float
    unit: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.part} {self.phrase}: {self.value:.3g} {self.unit} at {self.seconds:.1f} s,"
            f" allowed {self.limit:.3g} {self.unit}"
        )


def bounds_of(platform: Platform, limits: Limits) -> Array:
    """What a plan may ask for (11,), see `knot_fault`: the gate's limits with a little slack, the car's abilities."""
    # until the brakes bite; the exact model has none
    dead = 0.0 if limits.exact else platform.accel_lag + 0.5 * limits.emergency / platform.brake_jerk
    return np.array(
        [
            platform.speed_max + 0.5,
            LIMIT_SLACK * min(limits.gate_accel, platform.accel_max),
            limits.emergency + BRAKE_SLACK,
            LIMIT_SLACK * math.tan(platform.steering_max) / platform.wheelbase,
            LIMIT_SLACK * limits.gate_lateral,
            LIMIT_SLACK * limits.gate_jerk,
            1.5 * LIMIT_SLACK * limits.gate_lateral_jerk,
            LIMIT_SLACK * limits.steering_rate,
            platform.wheelbase,
            limits.gate_brake,
            dead,
        ]
    )


class Validator:
    """Checks every decision of one drive. Its answers depend on nothing but the arguments."""

    def __init__(self, platform: Platform, limits: Limits, period_s: float, graph: LaneGraph | None = None) -> None:
        self._platform, self._period = platform, period_s
        self._bound = bounds_of(platform, limits)
        self._area = NOWHERE if graph is None else Area(graph).arrays
        self._courses = None if graph is None else Courses(graph)

    def check(self, decision: Decision, observation: Observation) -> str:
        """Why a decision must not be driven, as one line with value and limit; "" when it may.

        A trajectory needs a tail that starts along it, is itself fit, and ends at a standstill; one that comes without
        passes when `stopping_tail` finds one. A command is not looked at: the gate bounds it.
        """
        if decision.trajectory is None:
            return "" if decision.command is not None else "holds neither a trajectory nor a command"
        others = others_of(observation)
        wrong = self._check(decision.trajectory, observation, others, "plan", CONTACT_WINDOW, False)
        return wrong or self._check_tail(decision.trajectory, decision.tail, observation, others)

    def check_trajectory(
        self,
        trajectory: Trajectory,
        observation: Observation,
        part: str = "plan",
        window: float = CONTACT_WINDOW,
        hard: bool = False,
    ) -> str:
        """The same for a trajectory alone; contacts count within `window` [s]. A hard one, a way out, may jerk."""
        return self._check(trajectory, observation, others_of(observation), part, window, hard)

    def _check(
        self,
        trajectory: Trajectory,
        observation: Observation,
        others: Array,
        part: str,
        window: float,
        hard: bool,
    ) -> str:
        """The same among others (N, 10), as `others_of` gives them."""
        packed, wrong = checked(trajectory)
        if wrong:
            return f"{part}: {wrong}"
        if trajectory.t_ns != observation.t_ns:
            return f"{part}: of time {trajectory.t_ns} ns, now is {observation.t_ns} ns"
        ego, car = observation.ego, self._box(observation)
        state = np.array([ego.pose[0], ego.pose[1], ego.pose[3], ego.speed, ego.pose[2]])
        bound = self._bound.copy()
        # a car that is in a bend too fast cannot help it at once
        bound[LATERAL_BOUND] = max(bound[LATERAL_BOUND], LIMIT_SLACK * abs(ego.speed * ego.yaw_rate))
        if hard:
            bound[JERK_BOUND] = bound[LATERAL_JERK_BOUND] = np.inf
        asked = (packed, state, self._period, bound, car)
        code, value, limit, seconds = examine(*asked, others, window, self._area)
        if code == CONTACT:
            sure = self._sure(packed, window, others, car, False)
            if len(sure) < len(others):
                code, value, limit, seconds = examine(*asked, sure, window, self._area)
        if not code:
            return ""
        phrase, unit = FAULTS[code]
        return str(Reason(part=part, phrase=phrase, value=value, limit=limit, unit=unit, seconds=seconds))

    def passes(self, trajectory: Trajectory, observation: Observation, hard: bool = False) -> bool:
        """Whether a trajectory is in order and certainly meets nobody within `TAIL_WINDOW`, braked for or not."""
        if self.check_trajectory(trajectory, observation, hard=hard):
            return False
        packed, others, car = pack(trajectory), others_of(observation), self._box(observation)
        return meeting(packed, TAIL_WINDOW, self._sure(packed, TAIL_WINDOW, others, car, True), car, True)[1] < 0

    def stopping_tail(self, plan: Trajectory, observation: Observation) -> Trajectory | None:
        """The hardest stop along a plan's path after one period, None when it leads into someone or off the road.

        A planner may find no tail only because a follower would not brake for it: that is no reason to brake at once.
        """
        speed, decel = observation.ego.speed, float(self._bound[BRAKE_BOUND]) - BRAKE_SLACK
        out = np.empty((math.ceil((abs(speed) / decel + self._period) / 0.1) + 3, 7))
        braking(pack(plan), speed, self._period, decel, out)
        tail = unpack(out, observation)
        return None if self.check_trajectory(tail, observation, "tail", TAIL_WINDOW, hard=True) else tail

    def stop_along(self, tail: Trajectory, observation: Observation) -> Trajectory | None:
        """A stop at once, from where the car is, along an older tail and as firm as that; None when it is not fit."""
        stop = self._own_stop(tail, max(float(np.abs(tail.accel).max()), FIRM), observation)
        return None if self.check_trajectory(stop, observation, "tail", hard=True) else stop

    def minimal_risk(self, path: Trajectory | None, observation: Observation, firm: float = MINIMAL_RISK) -> Trajectory:
        """The stop for when nothing is fit to be driven: at once, at most `MINIMAL_RISK` firm, along a path, or with
        the wheels held where they are when there is none. It is not checked: there is nothing left to prefer to it."""
        return self._own_stop(path, min(firm, MINIMAL_RISK), observation)

    def _sure(self, motion: Array, until: float, others: Array, car: Array, standing: bool) -> Array:
        """Others (N, 10) without those whom their lanes take past a motion, see `Courses.certain`."""
        return others if self._courses is None else others[self._courses.certain(motion, until, others, car, standing)]

    def _box(self, observation: Observation) -> Array:
        car, height = self._platform, float(observation.ego.pose[2])
        return np.array([car.rear_to_center, 0.5 * car.length, 0.5 * car.width, height, 0.0, 0.0])

    def _own_stop(self, path: Trajectory | None, firm: float, observation: Observation) -> Trajectory:
        ego, platform = observation.ego, self._platform
        decel = min(firm, platform.brake_max, GRIP_SHARE * observation.friction * GRAVITY)
        curvature = math.tan(ego.steering) / platform.wheelbase
        packed = None if path is None else pack(path)
        return unpack(own_stop(ego.pose[[0, 1, 3]], ego.speed, curvature, decel, packed), observation)

    def _check_tail(self, plan: Trajectory, tail: Trajectory | None, observation: Observation, others: Array) -> str:
        if tail is None:
            return "" if self.stopping_tail(plan, observation) is not None else "plan: has no stopping tail"
        wrong = self._check(tail, observation, others, "tail", TAIL_WINDOW, True)
        if wrong:
            return wrong
        if abs(tail.speed[-1]) > 0.1:
            return f"tail: ends at {tail.speed[-1]:.3g} m/s, allowed a standstill"
        apart = apart_at(self._period, pack(plan), pack(tail))
        if not apart <= TAIL_APART:
            return f"tail: leaves the plan by {apart:.3g} m within its first period, allowed {TAIL_APART} m"
        return ""


NOWHERE: AreaArrays = (
    np.array([0.0, 0.0, 1.0]),
    np.zeros(2, np.int64),
    np.zeros(1, np.int64),
    np.zeros(0, np.int64),
    np.zeros((0, 4, 2)),
    np.zeros(0),
)
"""The area of no map: nothing is asked of the road."""


def check(trajectory: Trajectory, observation: Observation, platform: Platform, limits: Limits) -> str:
    """Why a trajectory must not be driven ("" when it may), without map or tail; see `Validator` for all checks."""
    return Validator(platform, limits, 0.1).check_trajectory(trajectory, observation)
