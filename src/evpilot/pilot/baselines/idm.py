"""The careful simple driver: the lane's centre, the Intelligent Driver Model, red lights, bends."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evpilot.maps.reference import ReferencePath
from evpilot.pilot.baselines.ahead import RoadAhead, place_on
from evpilot.pilot.baselines.motion import MERGE_MIN, STEP, allowed_speed, follow, lay_on, merge_reach, stopping
from evpilot.types import Briefing, Command, Decision, EgoState, Observation, no_trace
from evpilot.types.state import Array

HORIZON = 8.0  # [s]
LOST = 15.0  # [m] so far from every lane there is nothing to follow
LOST_BRAKE = 2.5  # [m/s2]
PULL_APART = 2.0  # [m/s2] further from its plan the car is not under it


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a simple driver drives: share of the limit; headway [s]; standstill gap [m]; acceleration, comfortable brake
    and lateral acceleration [m/s2]; whether it regards others, red lights, and room beside when it changes lanes;
    wanted speed where the map knows no limit [m/s]."""

    speed_factor: float = 1.0
    headway: float = 1.5  # PDM-Closed (tuplan_garage)
    standstill: float = 2.0
    accel: float = 1.5
    brake: float = 3.0
    lateral: float = 2.0
    sees_others: bool = True
    obeys_lights: bool = True
    checks_room: bool = True
    no_limit: float = 14.0


class IdmPilot:
    """Follows the route's centre line behind whoever is ahead in its corridor, stops at red lights, slows for bends.

    It knows neither crossing traffic nor right of way: a yardstick, not a driver to be trusted.
    """

    style: ClassVar[Style] = Style()

    def __init__(self, briefing: Briefing) -> None:
        self._briefing = briefing
        self._road = RoadAhead(briefing, HORIZON)
        self._merge: tuple[ReferencePath, float] | None = None
        self._last: tuple[int, Array] | None = None
        self._front = briefing.platform.rear_to_center + 0.5 * briefing.platform.length

    def step(self, observation: Observation) -> Decision:
        """A trajectory over 8 s along the route, and its tail."""
        briefing, ego, limits = self._briefing, observation.ego, self._briefing.limits
        path = self._road.path(observation, self.style.checks_room)
        s, d = place_on(path, ego.pose[0], ego.pose[1])
        if abs(d) > LOST:
            return Decision(
                t_ns=observation.t_ns,
                command=Command(t_ns=observation.t_ns, accel=-LOST_BRAKE if ego.speed > 0.0 else 0.0, steering=0.0),
                trace=no_trace("off the road: stop"),
            )
        motion, reason = self._motion(observation, path, s, d)
        bend, reach = self._bend(ego), self._reach(path, s, d, ego.speed)
        tail = stopping(motion, briefing.period_ns * 1e-9, min(limits.gate_brake, 6.0), min(limits.gate_jerk, 5.0))
        self._last = (observation.t_ns, motion[:, 2])
        return Decision(
            t_ns=observation.t_ns,
            trajectory=lay_on(path, ego, s, d, bend, reach, motion),
            tail=lay_on(path, ego, s, d, bend, reach, tail),
            trace=no_trace(reason),
        )

    def _motion(self, observation: Observation, path: ReferencePath, s: float, d: float) -> tuple[Array, str]:
        """The motion (T, 3) along a path from s [m], at an offset d [m] from it, and what it is for."""
        style, briefing, ego = self.style, self._briefing, observation.ego
        center = s + briefing.platform.rear_to_center
        lead, lead_speed = self._road.lead(path, center, d, observation) if style.sees_others else (np.inf, 0.0)
        wall = self._road.red_light(path, center, observation) if style.obeys_lights else np.inf
        wall = min(wall, self._road.lane_end(path))
        driver = np.array([briefing.platform.speed_max, style.headway, style.accel, style.brake])
        allowed = allowed_speed(path, style.speed_factor, style.lateral, style.no_limit)
        jerk = min(briefing.limits.gate_jerk, 5.0)
        motion = follow(
            round(HORIZON / STEP),
            s,
            max(ego.speed, 0.0),
            self._pull(observation),
            allowed,
            self._front,
            lead,
            lead_speed,
            wall,
            style.standstill,
            driver,
            jerk,
        )
        return motion, "stop line" if wall < lead else ("follow" if lead < np.inf else "free road")

    def _pull(self, observation: Observation) -> float:
        """The acceleration [m/s2] that the car has, or is about to have: what was planned for now. The measured one
        lags behind, and planning on from it would swing."""
        measured = float(observation.ego.accel[0])
        if self._last is None:
            return measured
        then, accel = self._last
        planned = float(accel[min(round((observation.t_ns - then) * 1e-9 / STEP), len(accel) - 1)])
        return planned if abs(planned - measured) < PULL_APART else measured

    def _bend(self, ego: EgoState) -> float:
        """The curvature [1/m] that the car drives now."""
        return min(max(math.tan(ego.steering) / self._briefing.platform.wheelbase, -0.2), 0.2)

    def _reach(self, path: ReferencePath, s: float, d: float, speed: float) -> float:
        """How far it still is [m] to where the car will be on the path: that place stays while the path does."""
        if self._merge is None or self._merge[0] is not path:
            self._merge = (path, s + merge_reach(d, speed))
        return max(self._merge[1] - s, MERGE_MIN, 0.5 * abs(speed) + 2.0 * abs(d))
