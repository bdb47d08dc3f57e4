"""Who is met on a track test: the targets' sizes, and straight motions that are exact at any time."""

from dataclasses import dataclass

import numpy as np

from evpilot.scenarios.scenario import Actor, Behaviour
from evpilot.types import ObjectKind
from evpilot.types.state import Array

KMH = 1.0 / 3.6  # [m/s per km/h]
STEP_NS = 100_000_000  # between the rows of a target's motion, as long as a planning tick
STEP = STEP_NS * 1e-9  # [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A target: its kind, its box [m], and how far its reference point, which is to be met at the impact location, lies
    ahead of the box's centre [m]."""

    kind: ObjectKind
    length: float
    width: float
    height: float
    reference: float = 0.0


# Sizes and reference points of Euro NCAP's targets: Vector's OpenSCENARIO models of the 2026 frontal protocol
CAR = Shape(kind=ObjectKind.CAR, length=4.023, width=1.712, height=1.427)  # global vehicle target
ADULT = Shape(kind=ObjectKind.PEDESTRIAN, length=0.6, width=0.5, height=1.8, reference=-0.06)
CHILD = Shape(kind=ObjectKind.PEDESTRIAN, length=0.711, width=0.298, height=1.154, reference=-0.0405)
CYCLIST = Shape(kind=ObjectKind.BICYCLE, length=1.89, width=0.5, height=1.2, reference=0.62)
SMALL_CAR = Shape(kind=ObjectKind.PARKED, length=4.316, width=1.79, height=1.48)  # obstruction vehicles
LARGE_CAR = Shape(kind=ObjectKind.PARKED, length=4.418, width=1.82, height=1.533)


@dataclass(frozen=True, slots=True)
class Pace:
    """A speed over time: knots (seconds, speed [m/s]), linear between them, constant before and after."""

    knots: tuple[tuple[float, float], ...]

    def speed(self, time: Array) -> Array:
        """The speed [m/s] at each time [s]."""
        seconds, speeds = (np.array(part) for part in zip(*self.knots, strict=True))
        return np.interp(time, seconds, speeds)

    def way(self, time: Array) -> Array:
        """How far one has come since the first knot [m] at each time [s], exactly; negative before it."""
        seconds, speeds = (np.array(part) for part in zip(*self.knots, strict=True))
        done = np.concatenate([[0.0], np.cumsum(0.5 * (speeds[1:] + speeds[:-1]) * np.diff(seconds))])
        k = np.clip(np.searchsorted(seconds, time, side="right") - 1, 0, len(seconds) - 1)
        since = time - seconds[k]
        return done[k] + 0.5 * (speeds[k] + self.speed(time)) * since

    def pull(self, time: Array) -> Array:
        """The acceleration [m/s2] from each time [s] on."""
        return (self.speed(time + 1e-3) - self.speed(time)) / 1e-3


def steady(speed: float) -> Pace:
    """A constant speed [m/s]."""
    return Pace(((0.0, speed),))


def setting_off(speed: float, meeting: float, way: float, run_up: float) -> Pace:
    """From standing still to a speed [m/s] at a constant acceleration over `run_up` [m], so that `way` [m] are covered
    at the time of the meeting [s], and on as far again, where one stands."""
    begins = meeting - (2.0 * run_up + way - run_up) / speed
    ends = meeting + way / speed
    return Pace(((begins, 0.0), (begins + 2.0 * run_up / speed, speed), (ends, speed), (ends + 0.3, 0.0)))


def braking(speed: float, begins: float, decel: float, last: float = 0.0) -> Pace:
    """A constant speed [m/s], from a time [s] on braked [m/s2] down to `last` [m/s]."""
    return Pace(((begins, speed), (begins + (speed - last) / decel, last)))


def mover(
    number: int, shape: Shape, place: tuple[float, float], yaw: float, pace: Pace, at: float, end: float
) -> Actor:
    """A target that moves straight along its yaw [rad] and has its box centre at `place` [m] at the time `at` [s];
    its rows run from 0 to `end` [s]."""
    time = STEP * np.arange(round(end / STEP) + 1, dtype=np.float64)
    way = pace.way(time) - pace.way(np.array([at]))
    motion = np.column_stack(
        [
            place[0] + np.cos(yaw) * way,
            place[1] + np.sin(yaw) * way,
            np.zeros(len(time)),
            np.full(len(time), yaw),
            pace.speed(time),
            pace.pull(time),
        ]
    )
    return _actor(number, shape, motion, Behaviour.REPLAY)


def shifted(
    number: int, shape: Shape, place: tuple[float, float], pace: Pace, aside: Pace, at: float, end: float
) -> Actor:
    """A car in direction +x that changes lanes to the right, its box at yaw 0: its centre is at place[0] [m] at the
    time `at` [s], and place[1] [m] to the left less the way of the pace `aside`."""
    plain = mover(number, shape, place, 0.0, pace, at, end)
    time = STEP * np.arange(len(plain.motion), dtype=np.float64)
    plain.motion[:, 1] -= np.maximum(aside.way(time), 0.0)
    return plain


def standing(number: int, shape: Shape, place: tuple[float, float], yaw: float) -> Actor:
    """A target or an obstruction that stands with its box centre at a place [m]."""
    return _actor(number, shape, np.array([[*place, 0.0, yaw, 0.0, 0.0]]), Behaviour.STATIC)


def _actor(number: int, shape: Shape, motion: Array, behaviour: Behaviour) -> Actor:
    return Actor(
        id=number,
        kind=shape.kind,
        length=shape.length,
        width=shape.width,
        height=shape.height,
        first_step=0,
        motion=np.ascontiguousarray(motion),
        signals=np.zeros(len(motion), np.uint8),
        behaviour=behaviour,
    )
