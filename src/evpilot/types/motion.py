"""What will be: predictions of others, our trajectory, the command to the car."""

from dataclasses import dataclass

from evpilot.types import checks
from evpilot.types.kinds import SOURCES, Gear, Signal, Source
from evpilot.types.state import POSITION_MAX, SPEED_MAX, Array, Ints

KNOTS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Where the others will go, map frame, box centre.

    track_id (N,); time (T,) [s] from t_ns, first 0, at most 12 knots; pose (N, M, T, 4) x, y, z, yaw; pos_cov
    (N, M, T, 2, 2) [m2]; prob (N, M), each row sums to 1 (an unused mode has 0).
    """

    t_ns: int
    track_id: Ints
    time: Array
    pose: Array
    pos_cov: Array
    prob: Array

    def validate(self) -> None:
        """Raise EvpilotError when a value is missing, not finite, or probabilities do not sum to 1."""
        name, n, t = "Predictions", len(self.track_id), len(self.time)
        checks.shaped(name, "track_id", self.track_id, (n,))
        checks.shaped(name, "time", self.time, (t,))
        checks.shaped(name, "prob", self.prob, (n, None))
        m = self.prob.shape[1]
        checks.shaped(name, "pose", self.pose, (n, m, t, 4))
        checks.shaped(name, "pos_cov", self.pos_cov, (n, m, t, 2, 2))
        checks.finite(name, "pose", self.pose)
        checks.finite(name, "pos_cov", self.pos_cov)
        checks.finite(name, "time", self.time)
        checks.within(name, "time", float(t), 1, KNOTS_MAX, "knots")
        checks.within(name, "time[0]", self.time[:1], 0.0, 0.0, "s")
        checks.increasing(name, "time", self.time)
        checks.unique(name, "track_id", self.track_id)
        checks.within(name, "prob", self.prob, 0.0, 1.0, "")
        checks.within(name, "prob row sum", self.prob.sum(axis=1), 1.0 - 1e-6, 1.0 + 1e-6, "")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trajectory:
    """A motion of the rear axle's centre, map frame, from the observation's time t_ns on.

    time (T,) [s] strictly increasing from 0; pose (T, 4); speed (T,) [m/s] signed; accel (T,) [m/s2], the rate of
    speed; curvature (T,) [1/m], positive to the left.
    """

    t_ns: int
    time: Array
    pose: Array
    speed: Array
    accel: Array
    curvature: Array

    def validate(self) -> None:
        """Raise EvpilotError when a value is missing, not finite or out of range, or time does not increase from 0."""
        name, t = "Trajectory", len(self.time)
        checks.within(name, "time", float(t), 2, 10_000, "points")
        checks.shaped(name, "time", self.time, (t,))
        for field, value, shape, most, unit in (
            ("pose", self.pose, (t, 4), POSITION_MAX, "m"),
            ("speed", self.speed, (t,), SPEED_MAX, "m/s"),
            ("accel", self.accel, (t,), 30.0, "m/s2"),
            ("curvature", self.curvature, (t,), 2.0, "1/m"),
        ):
            checks.shaped(name, field, value, shape)
            checks.within(name, field, value, -most, most, unit)
        checks.within(name, "time[0]", float(self.time[0]), 0.0, 0.0, "s")
        checks.increasing(name, "time", self.time)
        # the last is the greatest, and none of those that increase is NaN
        checks.finite(name, "time", float(self.time[-1]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Command:
    """What the car is told: accel [m/s2] the wanted dv/dt along x (the car compensates grade); steering [rad] the
    wanted road-wheel angle; gear; signals to show; source who commands."""

    t_ns: int
    accel: float
    steering: float
    gear: Gear = Gear.DRIVE
    signals: Signal = Signal.NONE
    source: Source = Source.NOMINAL

    def validate(self) -> None:
        """Raise EvpilotError when a value is not finite or out of range."""
        checks.within("Command", "accel", self.accel, -20.0, 20.0, "m/s2")
        checks.within("Command", "steering", self.steering, -1.6, 1.6, "rad")
        checks.within("Command", "source", float(self.source), *SOURCES, "")
