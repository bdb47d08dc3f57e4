"""A scenario: a map, a start, goals, and the others with what they do."""

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from evpilot.types import Goal, LaneGraph, LightState, ObjectKind
from evpilot.types.state import Array, Bytes, Ints


class Behaviour(IntEnum):
    """How an actor moves when traffic may react."""

    REPLAY = 0  # as recorded, whatever the others do
    REACTIVE = 1  # follows its route with a driver model
    STATIC = 2
    SCRIPTED = 3  # as written, from its trigger on, in every kind of traffic


class Motion(IntEnum):
    """Columns of `Actor.motion` (T, 6): box centre, map frame."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3
    SPEED = 4
    ACCEL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What the ego's arrival sets off: its box centre comes within `metres` of x, y [m], or would at its speed and on
    the straight line be there within `seconds`. So a scene happens at whatever pace one comes."""

    x: float
    y: float
    seconds: float
    metres: float = 0.0

    def fires(self, x: float, y: float, speed: float) -> bool:
        """Whether the ego at x, y [m] with a speed [m/s] sets it off now."""
        return math.hypot(x - self.x, y - self.y) <= max(self.metres, self.seconds * abs(speed))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actor:
    """One other road user or obstacle.

    motion (T, 6) by `Motion`, one row for each scenario step from first_step on (a STATIC one has a single row and
    stays for ever; a REACTIVE one needs only its start, further rows are its recording); signals (T,) Signal flags.
    route (K,) lanes that a REACTIVE actor follows, may be empty: then it is worked out from the recording or the map.
    character 0 hesitant .. 1 assertive; speed_factor scales the limit to its wanted speed; reaction [s] that a
    REACTIVE one is late to answer a need to brake (distracted). yields: False for who gives way to nobody: a REACTIVE
    one ignores right of way and zebras, a SCRIPTED one does not stop for a car in its way. trigger: a SCRIPTED one
    stands at its first row until the ego sets it off. velocity (T, 2) [m/s], map frame, where it is known better than
    from the positions. appears: an actor that moves is not there at all, and its steps do not count, until the ego sets
    this off: the traffic of a place that comes as the ego does.
    """

    id: int
    kind: ObjectKind
    length: float
    width: float
    height: float
    first_step: int
    motion: Array
    signals: Bytes
    behaviour: Behaviour
    route: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    character: float = 0.5
    speed_factor: float = 1.0
    reaction: float = 0.0
    yields: bool = True
    trigger: Trigger | None = None
    velocity: Array | None = None
    appears: Trigger | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightProgram:
    """The phases of one light: index into the graph's lights; the cycle of (state, seconds), offset seconds into it at
    the scenario's start. With a trigger the cycle stands still there until the ego sets it off."""

    light: int
    states: tuple[LightState, ...]
    durations: tuple[float, ...]
    offset: float = 0.0
    trigger: Trigger | None = None

    def at(self, seconds: float) -> LightState:
        """What the light shows a time [s] after the scenario's start, or after its trigger."""
        rest = (seconds + self.offset) % sum(self.durations)
        for state, duration in zip(self.states, self.durations, strict=True):
            if rest < duration:
                return state
            rest -= duration
        return self.states[-1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """All that a drive needs, wherever it came from.

    start (4,) x, y, z, yaw of the car's box CENTRE, map frame; start_speed [m/s], start_accel [m/s2], start_yaw_rate
    [rad/s]. dt_ns is the recording's step; last_step the step at which the drive ends at the latest. friction 0..1
    scales the tyres' grip; sight [m] is the visibility. problem_id is the CommonRoad planning problem's id, or 0;
    benchmark_id and format_version name the CommonRoad scenario, first_time_step is the file's number for step 0
    and start_yaw_in_file [rad] its number for start's yaw, which may be whole turns away; remarks tell what was not
    taken as the file says it.
    sha256 covers the source file, or the generated content.
    """

    name: str
    source: str
    sha256: str
    dt_ns: int
    last_step: int
    graph: LaneGraph
    start: Array
    start_speed: float
    start_accel: float = 0.0
    start_yaw_rate: float = 0.0
    start_steering: float = 0.0
    goals: tuple[Goal, ...] = ()
    actors: tuple[Actor, ...] = ()
    lights: tuple[LightProgram, ...] = ()
    friction: float = 1.0
    sight: float = 1e4
    problem_id: int = 0
    description: str = ""
    tags: tuple[str, ...] = ()
    benchmark_id: str = ""
    format_version: str = ""
    first_time_step: int = 0
    start_yaw_in_file: float = 0.0
    remarks: tuple[str, ...] = ()
