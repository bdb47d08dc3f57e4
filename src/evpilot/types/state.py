"""What is: the ego car, the things around it, the lights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError
from evpilot.types import checks
from evpilot.types.kinds import KINDS, LIGHT_STATES

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

TRACKS_AGE_MAX = 2.0  # [s] of a slow sensor; older ones are of another drive
SPEED_MAX = 120.0  # [m/s] beyond any road vehicle; a larger value is a broken message (reference/safety.md: 500 m/s)
POSITION_MAX = 1e7  # [m] a map frame is local or projected; UTM northings stay below 1e7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EgoState:
    """The car itself at one instant.

    pose (4,) x, y, z [m], yaw [rad] of the rear axle's centre on the ground, map frame; velocity (2,) [m/s] and
    accel (2,) [m/s2, without gravity] at the rear axle, ego frame; yaw_rate [rad/s]; steering [rad] at the road wheel;
    cov (6, 6) over x, y, yaw, vx, vy, yaw_rate.
    """

    t_ns: int
    pose: Array
    velocity: Array
    accel: Array
    yaw_rate: float
    steering: float
    cov: Array

    @property
    def speed(self) -> float:
        """Signed speed along the heading [m/s]."""
        return float(self.velocity[0])

    def validate(self) -> None:
        """Raise EvpilotError when a value is missing, not finite or out of range."""
        name = "EgoState"
        for field, value, shape in (
            ("pose", self.pose, (4,)),
            ("velocity", self.velocity, (2,)),
            ("accel", self.accel, (2,)),
            ("cov", self.cov, (6, 6)),
        ):
            checks.shaped(name, field, value, shape)
        checks.finite(name, "cov", self.cov)
        checks.within(name, "pose", self.pose[:3], -POSITION_MAX, POSITION_MAX, "m")
        checks.within(name, "pose.yaw", float(self.pose[3]), -np.pi, np.pi, "rad")
        checks.within(name, "velocity", self.velocity, -SPEED_MAX, SPEED_MAX, "m/s")
        checks.within(name, "accel", self.accel, -100.0, 100.0, "m/s2")
        checks.within(name, "yaw_rate", self.yaw_rate, -20.0, 20.0, "rad/s")
        checks.within(name, "steering", self.steering, -1.6, 1.6, "rad")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """What was seen in one frame, without identity, ego frame.

    box (N, 6) x, y, z, yaw, length, width of the box centre; velocity (N, 2) [m/s] over ground in ego axes, valid where
    has_velocity (N,); kind (N,) ObjectKind; score (N,) in 0..1.
    """

    t_ns: int
    box: Array
    velocity: Array
    has_velocity: Bools
    kind: Bytes
    score: Array

    def validate(self) -> None:
        """Raise EvpilotError when a value is missing, not finite or out of range."""
        name, n = "Detections", len(self.box)
        checks.shaped(name, "box", self.box, (None, 6))
        checks.shaped(name, "velocity", self.velocity, (n, 2))
        for field, value in (("has_velocity", self.has_velocity), ("kind", self.kind), ("score", self.score)):
            checks.shaped(name, field, value, (n,))
        checks.finite(name, "box", self.box)
        checks.finite(name, "velocity", self.velocity[self.has_velocity])
        checks.within(name, "kind", self.kind, *KINDS, "")
        checks.within(name, "box.position", self.box[:, :3], -POSITION_MAX, POSITION_MAX, "m")
        checks.within(name, "velocity", self.velocity[self.has_velocity], -SPEED_MAX, SPEED_MAX, "m/s")
        checks.within(name, "box.size", self.box[:, 4:6], 1e-3, 500.0, "m")
        checks.within(name, "score", self.score, 0.0, 1.0, "")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracks:
    """The things around the car with their identity, map frame, box centre.

    id (N,); kind (N,) ObjectKind; state (N, 7) by `State`; velocity (N, 2) [m/s] (its direction may differ from the
    box's yaw); cov (N, 6, 6); size (N, 2) length, width [m]; age (N,) [s] since first seen; signals (N,) `Signal`
    flags; valid (N,) bool.
    """

    t_ns: int
    id: Ints
    kind: Bytes
    state: Array
    velocity: Array
    cov: Array
    size: Array
    age: Array
    signals: Bytes
    valid: Bools

    def __len__(self) -> int:
        return len(self.id)

    def validate(self) -> None:
        """Raise EvpilotError when a value is missing, not finite, out of range, or an id appears twice."""
        name, n = "Tracks", len(self.id)
        for field, value, shape in (
            ("state", self.state, (n, 7)),
            ("velocity", self.velocity, (n, 2)),
            ("cov", self.cov, (n, 6, 6)),
            ("size", self.size, (n, 2)),
            ("age", self.age, (n,)),
        ):
            checks.shaped(name, field, value, shape)
        for field, value in (("state", self.state), ("cov", self.cov), ("age", self.age)):
            checks.finite(name, field, value)
        for field, value in (("id", self.id), ("kind", self.kind), ("signals", self.signals), ("valid", self.valid)):
            checks.shaped(name, field, value, (n,))
        checks.unique(name, "id", self.id)
        checks.within(name, "kind", self.kind, *KINDS, "")
        checks.within(name, "state.position", self.state[:, :3], -POSITION_MAX, POSITION_MAX, "m")
        checks.within(name, "state.speed", self.state[:, 4], -SPEED_MAX, SPEED_MAX, "m/s")
        checks.within(name, "velocity", self.velocity, -SPEED_MAX, SPEED_MAX, "m/s")
        checks.within(name, "size", self.size, 1e-3, 500.0, "m")


def no_tracks(t_ns: int) -> Tracks:
    """An empty road."""
    return Tracks(
        t_ns=t_ns,
        id=np.zeros(0, np.int64),
        kind=np.zeros(0, np.uint8),
        state=np.zeros((0, 7)),
        velocity=np.zeros((0, 2)),
        cov=np.zeros((0, 6, 6)),
        size=np.zeros((0, 2)),
        age=np.zeros(0),
        signals=np.zeros(0, np.uint8),
        valid=np.zeros(0, np.bool_),
    )


TRACKS_COLUMNS = ("id", "kind", "state", "velocity", "cov", "size", "age", "signals", "valid")


def picked(tracks: Tracks, rows: Bools | Ints) -> Tracks:
    """Some of the tracks, by a mask (N,) or by row numbers (M,)."""
    return Tracks(t_ns=tracks.t_ns, **{name: getattr(tracks, name)[rows] for name in TRACKS_COLUMNS})


def joined(one: Tracks, other: Tracks) -> Tracks:
    """The tracks of both, at the first one's time."""
    columns = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in TRACKS_COLUMNS}
    return Tracks(t_ns=one.t_ns, **columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lights:
    """Traffic lights in view: index (G,) into `LaneGraph.light_*`; state (G,) LightState; arrow (G,) Arrow flags."""

    t_ns: int
    index: Ints
    state: Bytes
    arrow: Bytes

    def validate(self) -> None:
        """Raise EvpilotError when lengths differ, a light appears twice, or a state is none of `LightState`."""
        for field, value in (("index", self.index), ("state", self.state), ("arrow", self.arrow)):
            checks.shaped("Lights", field, value, (len(self.index),))
        checks.unique("Lights", "index", self.index)
        checks.within("Lights", "state", self.state, *LIGHT_STATES, "")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What the simulated world holds in one tick; only the simulation, the sensors and the judge see it.

    ego is the car's true state; objects are all others, exact; lights all lights; friction the road's coefficient;
    sight the meteorological visibility [m].
    """

    t_ns: int
    ego: EgoState
    objects: Tracks
    lights: Lights
    friction: float
    sight: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """All that a pilot is told in one planning tick.

    t_ns is now. A perfect object sensor gives tracks, a noisy one detections. visible_range (K,) [m] over K equal
    bearings of the ego frame, the first straight ahead, counter-clockwise: how far the view is free. friction and
    sight [m] are estimates. demand_ns: since when the driver is asked to take over and does not, None when not asked.
    """

    t_ns: int
    ego: EgoState
    tracks: Tracks | None
    detections: Detections | None
    lights: Lights
    visible_range: Array
    friction: float
    sight: float
    demand_ns: int | None = None

    def validate(self) -> None:
        """Raise EvpilotError when a part is bad, or the car's state or the lights are of another time."""
        for part, t_ns in (("ego", self.ego.t_ns), ("lights", self.lights.t_ns)):
            if t_ns != self.t_ns:
                raise EvpilotError(f"{t_ns} ns, must be the observation's {self.t_ns} ns", place=f"Observation.{part}")
        self.ego.validate()
        if self.tracks is not None:
            self.tracks.validate()
            age = (self.t_ns - self.tracks.t_ns) * 1e-9
            checks.within("Observation", "tracks", age, 0.0, TRACKS_AGE_MAX, "s old")
        if self.detections is not None:
            self.detections.validate()
        self.lights.validate()
        checks.shaped("Observation", "visible_range", self.visible_range, (None,))
        checks.within("Observation", "visible_range", self.visible_range, 0.0, np.inf, "m")
        checks.within("Observation", "friction", self.friction, 0.01, 2.0, "")
        checks.within("Observation", "sight", self.sight, 0.0, np.inf, "m")
        if self.demand_ns is not None:
            checks.within("Observation", "demand_ns", (self.t_ns - self.demand_ns) * 1e-9, 0.0, np.inf, "s ago")
