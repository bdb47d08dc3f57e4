"""Motions backwards at walking pace along a line behind the car, each with its stop."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.boxes import gap
from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID
from evpilot.plan.cost.edge import EDGE_SPARE, outline_distance
from evpilot.plan.evaluate import Evaluator
from evpilot.types import Briefing, EgoState, Observation, Trajectory
from evpilot.types.state import Array

SPACE = 0.25  # [m] between the looks along the way back
SPARE, HELD = 0.4, 0.3  # [m] to everybody on a way back, and once on it
HARDLY = 0.02  # [m] nearer than now is not nearer
PULL, BRAKE = 0.5, 1.5  # [m/s2]
STEERING, TURNED = 0.3, 0.05  # [rad/s] of a car that stands, and [rad] near enough
LAG = 0.4  # [m/s] behind its plan
STEP = 0.1  # [s] between the knots of a motion
STILL = 0.05  # [m/s] or [m]

Line = Callable[[Array], Array]
"""Places (P, 4) x, y [m], yaw [rad], curvature [1/m] of the rear axle so far (P,) [m] back from where it is."""


@kernel("b1(f8[:, ::1], f8[::1], f8[:, :, ::1], f8[:, ::1], i8, f8)")
def keeps_apart(places: Array, body: Array, box: Array, half: Array, steps: int, spare: float) -> bool:
    """Whether a car at none of places (P, 4) of its rear axle comes nearer than `spare` [m], or than at the first, to
    any of the entries box (E, 51, 5), half (E, 2) in their first `steps` steps; body (3,) as in `road_cost`."""
    for e in range(box.shape[0]):
        wanted = spare
        for p in range(places.shape[0]):
            c, s = math.cos(places[p, 2]), math.sin(places[p, 2])
            x, y = places[p, 0] + body[0] * c, places[p, 1] + body[0] * s
            for k in range(steps):
                o = box[e, k]
                room = gap(x, y, c, s, body[1], body[2], o[0], o[1], o[2], o[3], half[e, 0], half[e, 1])
                if p == 0 and k == 0:
                    wanted = min(wanted, room - HARDLY)
                if room < wanted:
                    return False
    return True


def looks(line: Line, length: float) -> Array:
    """Places (P, 4) along a line, close enough to each other to miss nobody between them."""
    return line(np.linspace(0.0, length, max(2, math.ceil(length / SPACE) + 1)))


def is_free(
    places: Array,
    evaluator: Evaluator,
    box: Array,
    half: Array,
    observation: Observation,
    pace: float,
    spare: float = SPARE,
) -> bool:
    """Whether nothing of the entries box (E, 51, 5), half (E, 2) is nearer than `spare` [m] to the places (P, 4) of a
    way back that is driven at a pace [m/s], and all of it is seen."""
    body, area, view = evaluator.body, evaluator.road.area, observation.visible_range
    length = SPACE * len(places)
    if len(view) and view[len(view) // 2] < length + body[1] - body[0]:
        return False
    edge = [outline_distance(x, y, yaw, body, area.origin, area.table, area.tiles) for x, y, yaw, _ in places.tolist()]
    if min(edge) < min(edge[0], EDGE_SPARE) - HARDLY:
        return False
    return keeps_apart(places, body, box, half, int(np.searchsorted(GRID, 2.0 + length / pace)), spare)


@dataclass(slots=True)
class Reverse:
    """Drives back along lines at a pace [m/s]. State: the speed [m/s] that the car should have by now."""

    briefing: Briefing
    pace: float
    _speed: float = field(init=False, default=0.0)

    def drive(self, line: Line, length: float, ego: EgoState, now: int) -> tuple[Trajectory, Trajectory]:
        """The motion along so much [m] of a line, a stop where it is nothing, and its tail."""
        speed = max(-ego.speed, 0.0)
        tail = self._along(line, 0.0, speed, 0.0, ego, now)
        if length <= 0.0:
            self._speed = 0.0
            return tail, tail
        # planned anew from the speed that it has, a car that is slow to set off would never do so
        pace = max(speed, min(self._speed, speed + LAG))
        turn = abs(math.atan(float(line(np.zeros(1))[0, 3]) * self.briefing.platform.wheelbase) - ego.steering)
        wait = turn / STEERING if max(speed, pace) < STILL and turn > TURNED else 0.0
        motion = self._along(line, length, pace, wait, ego, now)
        self._speed = float(-np.interp(self.briefing.period_ns * 1e-9, motion.time, motion.speed))
        return motion, tail

    def _along(self, line: Line, length: float, speed: float, wait: float, ego: EgoState, now: int) -> Trajectory:
        """A motion to so much [m] back on a line, from a speed [m/s] on, after so many seconds in which the wheels are
        turned; with no length a firm stop."""
        time, run, pace = _timed(length, speed, wait, self.pace)
        place = line(run)
        yaw = np.pi - np.mod(np.pi - place[:, 2], 2.0 * np.pi)
        pose = np.column_stack([place[:, :2], np.full(len(time), ego.pose[2]), yaw])
        accel = np.append(-np.diff(pace) / np.diff(time), 0.0)
        return Trajectory(t_ns=now, time=time, pose=pose, speed=-pace, accel=accel, curvature=place[:, 3].copy())


def _timed(length: float, speed: float, wait: float, pace: float) -> Array:
    """Times [s], way [m] and speed [m/s] (3, K) of such a motion, at most at a pace [m/s]."""
    run, t = 0.0, 0.0
    rows = [(t, run, speed)]
    while t < wait + 1.0 or speed > 0.0:
        if length > 0.0:
            wish = min(pace, math.sqrt(2.0 * PULL * max(length - run - 0.5 * speed * STEP, 0.0))) if t >= wait else 0.0
            after = min(max(wish, speed - 2.0 * PULL * STEP), speed + PULL * STEP)
        else:
            after = speed - BRAKE * STEP
        after = after if after > 0.01 else 0.0
        run += 0.5 * (speed + after) * STEP
        speed, t = after, t + STEP
        rows.append((t, run, speed))
    rows.append((t + 1.0, run, 0.0))
    return np.array(rows).T
