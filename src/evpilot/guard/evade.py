"""The way past somebody whom braking would not avoid: a little aside within the lane, braking or not.

Who is nearly past somebody that comes over passes him with a hand's breadth more room; braking would stop the car in
his way. Steering is the last resort: it is looked at only where braking alone meets someone.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.literals import ZERO
from evpilot.guard.contact import (
    OHALF_LENGTH,
    OVX,
    OVY,
    OX,
    OY,
    OZ,
    STEP,
    TCURVATURE,
    TIME,
    TSPEED,
    TX,
    TY,
    TYAW,
    brake_along,
    meets,
    row_at,
)
from evpilot.types.state import Array

ASIDE = (0.0, 0.15, -0.15, 0.3, -0.3, 0.45, -0.45)  # [m] a car in the middle of a lane of 3 m stays in it
ROOMS = (0.15, 0.08)  # [m] beside him: the most that can be had
LATERAL_JERK = 8.0  # [m/s3] of the quintic aside; a hard way out may jerk
SHORTEST = 0.8  # [s] to go aside
LONGEST = (60.0 * max(ASIDE) / LATERAL_JERK) ** (1.0 / 3.0)  # [s] the furthest
HORIZON = 4.0  # [s]
NEARLY = 1.5  # [s] until we are level with him: what he does later nobody knows by a hand's breadth
KNOTS = round(HORIZON / STEP) + 1
FINE = 0.02  # [s] between looks


@kernel("void(f8[:, ::1], f8)")
def move_aside(motion: Array, aside: float) -> None:
    """Draw a packed trajectory (T, 7) aside by so much [m, left positive], in place: a quintic in time, as quick as
    `LATERAL_JERK` allows (its jerk is 60 d / T^3 at most)."""
    span = max((60.0 * abs(aside) / LATERAL_JERK) ** (1.0 / 3.0), SHORTEST)
    for k in range(motion.shape[0]):
        u = min(motion[k, TIME] / span, 1.0)
        yaw, speed = motion[k, TYAW], max(motion[k, TSPEED], 1.0)
        off = aside * u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)
        side = aside * 30.0 * u * u * (1.0 - u) * (1.0 - u) / span
        pull = aside * 60.0 * u * (1.0 - u) * (1.0 - 2.0 * u) / (span * span)
        motion[k, TX] -= off * math.sin(yaw)
        motion[k, TY] += off * math.cos(yaw)
        motion[k, TYAW] = yaw + math.atan2(side, speed)
        motion[k, TCURVATURE] += pull / (speed * speed)


@kernel()
def free(motion: Array, others: Array, car: Array) -> bool:
    """Whether a packed trajectory touches nobody within `HORIZON`, be it that he runs into us."""
    row = np.empty(7)
    until = min(HORIZON, motion[motion.shape[0] - 1, TIME])
    k = ZERO
    for look in range(1, math.floor(until / FINE + 1e-9) + 1):
        t = look * FINE
        k = row_at(motion, t, row, k)
        for i in range(others.shape[0]):
            if abs(others[i, OZ] - car[3]) <= LEVEL and meets(row, car, others[i], t):
                return False
    return True


@kernel()
def follows(motion: Array, other: Array, car: Array) -> bool:
    """Whether an other is behind the car: it has to brake for us."""
    c, s = math.cos(motion[0, TYAW]), math.sin(motion[0, TYAW])
    along = (other[OX] - motion[0, TX]) * c + (other[OY] - motion[0, TY]) * s - car[0]
    return along < -car[1] - other[OHALF_LENGTH]


@kernel()
def not_behind(motion: Array, others: Array, car: Array) -> Array:
    """Those of others (N, 10) who do not follow the car."""
    ahead, count = np.empty_like(others), 0
    for i in range(others.shape[0]):
        if not follows(motion, others[i], car):
            ahead[count] = others[i]
            count += 1
    return ahead[:count]


@kernel("b1(f8[:, ::1], f8[:, ::1], f8[::1])")
def goes_on(motion: Array, others: Array, car: Array) -> bool:
    """Whether a way past that is driven already meets none of others (N, 10) but who follows."""
    wide = car.copy()
    wide[4:] = ROOMS[-1]
    return free(motion, not_behind(motion, others, car), wide)


@kernel()
def far_ahead(motion: Array, speed: float, other: Array, car: Array) -> bool:
    """Whether it takes longer than `NEARLY` until the car at a speed [m/s] is level with an other."""
    c, s = math.cos(motion[0, TYAW]), math.sin(motion[0, TYAW])
    along = (other[OX] - motion[0, TX]) * c + (other[OY] - motion[0, TY]) * s - car[0]
    closing = speed - other[OVX] * c - other[OVY] * s
    return along - car[1] - other[OHALF_LENGTH] > NEARLY * max(closing, 0.0)


@kernel("f8[:, ::1](f8[:, ::1], f8)")
def rest_of(motion: Array, passed: float) -> Array:
    """What is left of a packed trajectory (T, 7) after `passed` [s]; (0, 7) when less than `NEARLY` is."""
    last, first = motion.shape[0] - 1, 0
    if last < 0 or motion[last, TIME] - passed < NEARLY:
        return np.empty((0, 7))
    while motion[first, TIME] <= passed + 1e-6:
        first += 1
    out = np.empty((last + 2 - first, 7))
    row_at(motion, passed, out[0], ZERO)
    out[1:] = motion[first:]
    out[:, TIME] -= passed
    out[0, TIME] = 0.0
    return out


@kernel("f8[:, ::1](f8[:, ::1], f8[:, ::1], f8, f8, f8, f8[:, ::1], f8[:, ::1], f8[::1], f8, f8)")
def evade(
    motion: Array,
    braked: Array,
    speed: float,
    bite: float,
    decel: float,
    others: Array,
    whom: Array,
    car: Array,
    left: float,
    right: float,
) -> Array:
    """A way (KNOTS, 7) along a packed trajectory's path, aside by at most left or right [m], that meets none of others
    (N, 10) but who follows, where what would else be driven, braked (T, 7), meets one of whom (M, 10); else (0, 7).

    It keeps the speed now, or brakes [m/s2] after `bite` [s] where that is finite.
    """
    wide = car.copy()
    wide[4:] = 0.5 * car[4:]
    if free(braked, whom, wide):
        return np.empty((0, 7))
    for m in range(whom.shape[0]):
        if far_ahead(motion, speed, whom[m], car):
            return np.empty((0, 7))
    ahead = not_behind(motion, others, car)
    out = np.empty((KNOTS, 7))
    for room in ROOMS:
        wide[4:] = room
        for aside in ASIDE:
            for brakes in range(2 if bite < math.inf else 1):
                brake_along(motion, speed, bite if brakes else 0.0, decel if brakes else 0.0, out)
                move_aside(out, min(max(aside, -right), left))
                if free(out, ahead, wide):
                    return out
    return np.empty((0, 7))
