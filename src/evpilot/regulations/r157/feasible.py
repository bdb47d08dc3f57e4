"""Could this car have avoided it at all: a search over braking and holding, with its actuators and the latency."""

import math
from functools import lru_cache

import numpy as np

from evpilot.evaluate.reference.grids import WIDTH
from evpilot.geometry.jit import kernel
from evpilot.types import Limits, Platform
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car, car_step, parameters

STEP = 0.01  # [s]
ONSETS = np.arange(0.0, 6.01, 0.1)  # [s] after the sensor's latency, at which the brake is applied ...
HOLDS = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 60.0])  # [s] ... and for how long
LEVELS = np.array([1.0, 0.6, 0.3])  # of the hardest braking


@kernel("b1(f8, f8, f8, f8, f8, f8[::1], f8[:, ::1], f8, f8)")
def avoids(
    speed: float, start: float, onset: float, hold: float, brake: float, par: Array, other: Array, reach: float,
    wide: float,
) -> bool:  # fmt: skip
    """Whether a car that starts at `start` [m] with a speed [m/s], keeps it, brakes [m/s2] from `onset` [s] for `hold`
    [s] and then keeps what speed is left, stays clear of an other whose places (T, 2) are known every 0.1 s.

    reach, wide [m]: the sums of the half lengths and of the half widths.
    """
    state = np.zeros(11)
    state[Car.X], state[Car.SPEED] = start, speed
    rows = other.shape[0]
    for k in range(10 * (rows - 1)):
        row, share = k // 10, (k % 10) / 10.0
        x = other[row, 0] + share * (other[row + 1, 0] - other[row, 0])
        y = other[row, 1] + share * (other[row + 1, 1] - other[row, 1])
        if abs(x - state[Car.X]) <= reach and abs(y) <= wide:
            return False
        t = k * STEP
        braking = onset <= t < onset + hold
        car_step(state, -brake if braking else 0.0, 0.0, False, 0.0, par, STEP)
    return True


Others = tuple[tuple[bytes, float], ...]


def feasible(
    others: list[tuple[Array, float]], speed: float, start: float, platform: Platform, limits: Limits, latency: float
) -> bool:
    """Whether any profile of braking and holding avoids all the others, each its places (T, 2) every 0.1 s from the
    hand-over on and its half length [m]; start [m] is where our box centre is then, latency [s] when we can act
    first."""
    brake = min(limits.emergency, platform.brake_max)
    packed = tuple((np.ascontiguousarray(places).tobytes(), half) for places, half in others)
    size = (0.5 * platform.length, 0.5 * (platform.width + WIDTH))
    return _search(packed, speed, start, latency, tuple(parameters(platform).tolist()), brake, size)


@lru_cache(maxsize=4096)
def _search(
    others: Others,
    speed: float,
    start: float,
    latency: float,
    platform: tuple[float, ...],
    brake: float,
    size: tuple[float, float],
) -> bool:
    par = np.array(platform)
    known = [(np.frombuffer(places).reshape(-1, 2).copy(), half) for places, half in others]
    if _avoids_all(speed, start, math.inf, 0.0, 0.0, par, known, size):
        return True
    return any(
        _avoids_all(speed, start, latency + onset, hold, level * brake, par, known, size)
        for onset in ONSETS.tolist()
        for hold in HOLDS.tolist()
        for level in LEVELS.tolist()
    )


def _avoids_all(
    speed: float,
    start: float,
    onset: float,
    hold: float,
    brake: float,
    par: Array,
    known: list[tuple[Array, float]],
    size: tuple[float, float],
) -> bool:
    return all(avoids(speed, start, onset, hold, brake, par, other, size[0] + half, size[1]) for other, half in known)
