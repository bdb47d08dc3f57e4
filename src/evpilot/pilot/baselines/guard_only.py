"""The emergency brake alone, over a driver who looks at nobody: the first subject of FMVSS 127 and of UN R152."""

import dataclasses
import math
from typing import ClassVar

import numpy as np

from evpilot.guard.brake import EmergencyBrake
from evpilot.guard.contact import STEP, braking
from evpilot.guard.packed import pack, unpack
from evpilot.pilot.baselines.idm import IdmPilot, Style
from evpilot.types import Briefing, Decision, Observation, Source, Trajectory, no_trace

PEDAL_NS = 1_000_000_000  # from the warning to the brake, FMVSS 127's manual application: 1.0 s
PEDAL = 0.4 * 9.81  # [m/s2] of the driver's braking, likewise


class SteadyPilot(IdmPilot):
    """A driver who keeps to the lane and holds the speed, whoever is in the way and whatever the bend."""

    style: ClassVar[Style] = Style(lateral=3.6, obeys_lights=False, sees_others=False, checks_room=False)


class GuardOnlyPilot(SteadyPilot):
    """The steady driver with evpilot's emergency brake over him."""

    brakes_when_warned: ClassVar[bool] = False

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._brake = EmergencyBrake(briefing.platform, briefing.limits, briefing.period_ns * 1e-9, briefing.graph)
        self._warned_ns: int | None = None

    def step(self, observation: Observation) -> Decision:
        """What the driver does, or the emergency brake instead."""
        driver = super().step(observation)
        emergency = self._brake.step(observation, driver.trajectory)
        if emergency is not None:
            return _instead(driver, emergency, "emergency braking")
        if self._warned_ns is None and self._brake.warns(observation, driver.trajectory):
            self._warned_ns = observation.t_ns
        if self._warned_ns is None:
            return driver
        if self.brakes_when_warned and observation.t_ns - self._warned_ns >= PEDAL_NS and driver.trajectory is not None:
            return _instead(driver, _pedal(driver.trajectory, observation), "the warned driver brakes")
        return dataclasses.replace(driver, trace=no_trace("collision warning"))


class GuardDriverPilot(GuardOnlyPilot):
    """The same with a driver who, once warned, brakes after a second: the manual rows of FMVSS 127."""

    brakes_when_warned = True


def _instead(driver: Decision, motion: Trajectory, reason: str) -> Decision:
    return dataclasses.replace(
        driver, trajectory=motion, tail=motion, command=None, source=Source.GUARD, trace=no_trace(reason)
    )


def _pedal(plan: Trajectory, observation: Observation) -> Trajectory:
    """The driver's braking along his plan."""
    speed = observation.ego.speed
    out = np.empty((math.ceil((abs(speed) / PEDAL + 1.0) / STEP) + 1, 7))
    braking(pack(plan), speed, 0.0, PEDAL, out)
    return unpack(out, observation)
