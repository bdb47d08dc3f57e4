"""How a staged drive begins, what is kept from the pilot at first, and when its outcome is certain."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evpilot.control.kernel import Knot
from evpilot.maps.index import lane_index
from evpilot.maps.reference import SPACING, reference_path
from evpilot.scenarios import Scenario
from evpilot.simulate.motion import NOTHING, Motion
from evpilot.types import EgoState, Observation, Platform, Source, Truth, picked
from evpilot.types.state import Array

KNOT_STEP = 0.1  # [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How a case begins: until `until_ns` a scripted controller holds the car at a speed [m/s] on its lane's centre,
    the pilot being asked all the while and not obeyed; then it has the car."""

    until_ns: int
    speed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staging:
    """A drive that is staged. unseen: objects by id that enter the observation only from a time [ns] on; decided: asked
    in every tick with the car and the truth, whether the outcome is certain, so that the drive may end; told: what
    becomes of an observation before the pilot has it, asked once in every tick, in order."""

    approach: Approach | None = None
    unseen: tuple[tuple[int, int], ...] = ()
    decided: Callable[[EgoState, Truth], bool] | None = None
    told: Callable[[Observation], Observation] | None = None

    def shadow(self, now: int) -> bool:
        """Whether the pilot is asked at a time [ns] but not obeyed."""
        return self.approach is not None and now < self.approach.until_ns

    def seen(self, truth: Truth) -> Truth:
        """The truth as far as a sensor may know it."""
        hidden = [k for k, since in self.unseen if truth.t_ns < since]
        if not hidden:
            return truth
        keep = ~np.isin(truth.objects.id, hidden)
        return replace(truth, objects=picked(truth.objects, keep))


UNSTAGED = Staging()


def approach_motion(approach: Approach, scenario: Scenario, platform: Platform, now: int) -> Motion:
    """The approach as the loop follows it: the centre of the start's lane at the constant speed."""
    graph = scenario.graph
    x, y, z, yaw = (float(value) for value in scenario.start)
    lane, s, _ = lane_index(graph).nearest(x, y, z, yaw)
    lanes = [lane]
    seconds = (approach.until_ns - now) * 1e-9
    left = float(graph.length[lane]) - s
    while left < approach.speed * seconds and len(graph.successors(lanes[-1])):
        lanes.append(int(graph.successors(lanes[-1])[0]))
        left += float(graph.length[lanes[-1]])
    path = reference_path(graph, np.array(lanes, np.int64))
    time = KNOT_STEP * np.arange(round(seconds / KNOT_STEP) + 2, dtype=np.float64)
    way = s - platform.rear_to_center + approach.speed * time
    return Motion(
        act_ns=now,
        start_ns=now,
        plan=_on_path(path.table, time, way, approach.speed),
        held=np.zeros(4),
        tail=NOTHING,
        tail_ns=now,
        source=Source.NOMINAL,
    )


def _on_path(table: Array, time: Array, way: Array, speed: float) -> Array:
    """A packed plan (T, 7) by `Knot` at places `way` (T,) [m] of a reference path's table."""
    arc = SPACING * np.arange(len(table))
    plan = np.zeros((len(time), len(Knot)))
    plan[:, Knot.TIME], plan[:, Knot.SPEED] = time, speed
    for column, source in ((Knot.X, 0), (Knot.Y, 1), (Knot.YAW, 2), (Knot.CURVATURE, 3)):
        plan[:, column] = np.interp(way, arc, table[:, source])
    plan[:, Knot.YAW] = np.pi - np.mod(np.pi - plan[:, Knot.YAW], 2.0 * np.pi)
    return plan
