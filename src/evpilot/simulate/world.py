"""The world of a drive: what is true at a time, where the ground is, and who touches the car."""

import copy
import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from evpilot.geometry.boxes import overlap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.maps.index import LaneIndex
from evpilot.scenarios import Scenario
from evpilot.simulate import traffic
from evpilot.types import EgoState, Lights, LightState, Platform, Truth
from evpilot.types.state import Array, Bools

PROBE = 1.0  # [m] before and behind the car between which the road's grade is taken
GRADE_MAX = 0.35  # [rad] steeper than any road: a fault of the map


@kernel("b1[::1](f8, f8, f8, f8, f8, f8, f8[:, ::1], f8[:, ::1])")
def touched(x: float, y: float, z: float, yaw: float, length: float, width: float, state: Array, size: Array) -> Bools:
    """Which of N objects, state (N, 7) by `State` and size (N, 2), touch the box centred at x, y, z [m]."""
    found = np.zeros(state.shape[0], np.bool_)
    cos, sin = math.cos(yaw), math.sin(yaw)
    for k in range(state.shape[0]):
        found[k] = abs(state[k, 2] - z) <= LEVEL and overlap(
            x,
            y,
            cos,
            sin,
            0.5 * length,
            0.5 * width,
            state[k, 0],
            state[k, 1],
            math.cos(state[k, 3]),
            math.sin(state[k, 3]),
            0.5 * size[k, 0],
            0.5 * size[k, 1],
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the world of a drive is made from, and no pilot is told but one that is privileged (a yardstick, never a
    driver): the scenario, the kind of traffic, the seed, the simulated car."""

    scenario: Scenario
    traffic: str
    seed: int
    platform: Platform


class World:
    """All that is true but the car: the others, the lights, the ground; one scenario with one kind of traffic."""

    def __init__(self, scenario: Scenario, kind: str, seed: int, platform: Platform) -> None:
        self._scenario = scenario
        self._platform = platform
        self._traffic = traffic.make(kind, scenario, seed, platform.length, platform.width)
        self._since_ns: dict[int, int] = {}
        self._light_index = np.arange(len(scenario.graph.light_id), dtype=np.int64)
        self._arrow = scenario.graph.light_arrow.astype(np.uint8)
        self._dark = np.full(len(self._light_index), LightState.DARK, np.uint8)
        self._hilly = bool(len(scenario.graph.center)) and float(np.ptp(scenario.graph.center[:, 2])) > 0.0
        self._lanes = LaneIndex(scenario.graph) if self._hilly else None

    def truth(self, t_ns: int, ego: EgoState) -> Truth:
        """What is true at t_ns [ns], when the car is `ego`; to be asked once for each tick, in order."""
        self._set_off(t_ns, ego)
        lights = self.lights(t_ns)
        size = (self._platform.length, self._platform.width)
        return Truth(
            t_ns=t_ns,
            ego=ego,
            objects=self._traffic.step(t_ns, ego, size, lights),
            lights=lights,
            friction=self._scenario.friction,
            sight=self._scenario.sight,
        )

    def fork(self) -> Self:
        """The same world as it is now, to be gone on with apart: what would be true if the car did this or that."""
        twin = copy.copy(self)
        twin._traffic, twin._since_ns = self._traffic.fork(), dict(self._since_ns)
        return twin

    def lights(self, t_ns: int) -> Lights:
        """What every light of the map shows; one without a program is dark."""
        state = self._dark.copy()
        for k, program in enumerate(self._scenario.lights):
            since = self._since_ns.get(k, t_ns) if program.trigger is not None else 0
            state[program.light] = program.at((t_ns - since) * 1e-9)
        return Lights(t_ns=t_ns, index=self._light_index, state=state, arrow=self._arrow)

    def _set_off(self, t_ns: int, ego: EgoState) -> None:
        """Let those lights go on whose trigger the car is for the first time."""
        b = self._platform.rear_to_center
        for k, program in enumerate(self._scenario.lights):
            if program.trigger is None or k in self._since_ns:
                continue
            x, y, _, yaw = ego.pose.tolist()
            if program.trigger.fires(x + b * math.cos(yaw), y + b * math.sin(yaw), ego.speed):
                self._since_ns[k] = t_ns

    def ground(self, x: float, y: float, z: float, yaw: float) -> tuple[float, float]:
        """Height [m] of the road under a place and its grade [rad] along yaw; off the map the height z is kept."""
        if self._lanes is None:
            return z, 0.0
        dx, dy = PROBE * math.cos(yaw), PROBE * math.sin(yaw)
        behind = self._height(self._lanes, x - dx, y - dy, z, yaw)
        ahead = self._height(self._lanes, x + dx, y + dy, z, yaw)
        grade = math.atan2(ahead - behind, 2.0 * PROBE)
        return 0.5 * (ahead + behind), min(GRADE_MAX, max(-GRADE_MAX, grade))

    def _height(self, lanes: LaneIndex, x: float, y: float, z: float, yaw: float) -> float:
        lane, s, _ = lanes.nearest(x, y, z, yaw)
        if lane < 0:
            return z
        rows = self._scenario.graph.points(lane)
        return float(np.interp(s, self._scenario.graph.arc[rows], self._scenario.graph.center[rows, 2]))

    def touching(self, truth: Truth) -> frozenset[int]:
        """The ids of the objects that touch the car's box."""
        if not len(truth.objects):
            return frozenset()
        x, y, z, yaw = truth.ego.pose.tolist()
        b = self._platform.rear_to_center
        x, y = x + b * math.cos(yaw), y + b * math.sin(yaw)
        state = np.ascontiguousarray(truth.objects.state)
        hit = touched(x, y, z, yaw, self._platform.length, self._platform.width, state, truth.objects.size)
        return frozenset(truth.objects.id[hit].tolist())
