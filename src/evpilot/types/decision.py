"""The pilot's contract: what it is given once, what it answers in every planning tick."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evpilot.files import EvpilotError
from evpilot.types import checks
from evpilot.types.kinds import SOURCES, Rejection, Source
from evpilot.types.lane_graph import LaneGraph
from evpilot.types.motion import Command, Predictions, Trajectory
from evpilot.types.platform import Limits, Platform
from evpilot.types.state import Array, Bools, Bytes, Ints, Observation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """One way to finish: every condition that is not None must hold in one instant.

    regions: polygons (K, 2) [m] of which one must hold the box centre, empty when any place will do; lanes: indices of
    lanes of which one must hold it (goal lanelets), empty likewise (with both, either serves); time (2,) [s] window
    since the start; speed (2,) [m/s] and yaw (2,) [rad, second >= first, may pass pi] intervals.
    """

    regions: tuple[Array, ...] = ()
    lanes: tuple[int, ...] = ()
    time: tuple[float, float] | None = None
    speed: tuple[float, float] | None = None
    yaw: tuple[float, float] | None = None

    @property
    def survival(self) -> bool:
        """Whether it asks for no place: only to drive on until its time."""
        return not self.regions and not self.lanes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Briefing:
    """Given to a pilot once: the map, the goals (any one finishes), the car as the planner knows it, the limits, the
    planning period [ns], the start time [ns], the latest time [ns] at which the drive ends, and a seed."""

    graph: LaneGraph
    goals: tuple[Goal, ...]
    platform: Platform
    limits: Limits
    period_ns: int
    start_ns: int
    end_ns: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanTrace:
    """Why a decision is what it is.

    reason: one phrase; cause_id: the object that it is about, or -1. xy (R, K, 2): R proposals as K points [m] from
    now to their end; cost (R,); rejection (R,) Rejection. walls (W, 3): x, y, yaw of virtual walls, wall_reason their
    phrases. considered: how many proposals were weighed in all, by Rejection (6,) in counts.
    """

    reason: str
    cause_id: int
    xy: Array
    cost: Array
    rejection: Bytes
    walls: Array
    wall_reason: tuple[str, ...]
    counts: Ints

    def validate(self) -> None:
        """Raise EvpilotError when parts differ in length, a place is not finite, or a reason is no text."""
        name, r, w = "PlanTrace", len(self.xy), len(self.walls)
        checks.shaped(name, "xy", self.xy, (r, None, 2))
        checks.shaped(name, "cost", self.cost, (r,))
        checks.shaped(name, "rejection", self.rejection, (r,))
        checks.shaped(name, "walls", self.walls, (w, 3))
        checks.shaped(name, "counts", self.counts, (len(Rejection),))
        checks.finite(name, "xy", self.xy)
        checks.finite(name, "walls", self.walls)
        texts: list[object] = [self.reason, *self.wall_reason]
        if len(self.wall_reason) != w or any(not isinstance(text, str) for text in texts):
            raise EvpilotError(f"{texts!r}, must be one text for the reason and one for each wall", place=name)


def no_trace(reason: str) -> PlanTrace:
    """A trace that holds only its reason."""
    return PlanTrace(
        reason=reason,
        cause_id=-1,
        xy=np.zeros((0, 2, 2)),
        cost=np.zeros(0),
        rejection=np.zeros(0, np.uint8),
        walls=np.zeros((0, 3)),
        wall_reason=(),
        counts=np.zeros(6, np.int64),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """A pilot's answer to one observation: a trajectory with its tail, or a command to hold for one tick.

    tail starts at the same time and place as trajectory, equals it for the first planning period at least, then brakes
    to a standstill along its path; the loop goes on with the newest tail when the next decision does not come.
    source says who drives a trajectory: the gate lets GUARD and TAIL brake harder than NOMINAL. predictions and trace
    are for the log.
    """

    t_ns: int
    trajectory: Trajectory | None = None
    tail: Trajectory | None = None
    command: Command | None = None
    predictions: Predictions | None = None
    trace: PlanTrace | None = None
    source: Source = Source.NOMINAL

    def validate(self) -> None:
        """Raise EvpilotError unless it holds exactly one of trajectory and command, each sound."""
        if (self.trajectory is None) == (self.command is None):
            raise EvpilotError("must hold either a trajectory or a command", place="Decision")
        for part in (self.trajectory, self.tail, self.command, self.predictions, self.trace):
            if part is not None:
                part.validate()
        checks.within("Decision", "source", float(self.source), *SOURCES, "")


class Pilot(Protocol):
    """Whatever drives: made from a Briefing, then asked once in every planning tick. One that has a method
    `charged(charge)` too is told the battery's usable charge, 0..1, before each step; one that has `powered(power)` the
    most power [W] that its wheels can get at the moment."""

    def __init__(self, briefing: Briefing) -> None: ...

    def step(self, observation: Observation) -> Decision:
        """Decide on one observation; acts at its t_ns + the loop's compute_delay."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricResult:
    """One judged quantity over a drive: t_ns (T,), value (T,) and valid (T,); limit in the same unit; passed None means
    not applicable, never a pass. clause names the rule or paper. score in 0..1 where the metric is part of one.
    cause_id (T,) the object that decides each value, -1 for none. at_least: low values are the bad ones."""

    name: str
    clause: str
    unit: str
    t_ns: Ints
    value: Array
    valid: Bools
    limit: float | None
    passed: bool | None
    score: float | None = None
    cause_id: Ints | None = None
    at_least: bool = False
