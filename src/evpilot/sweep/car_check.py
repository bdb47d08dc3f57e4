"""Whether the simulated car moves as the formulas say, and how much of its motion is of the time step."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car, car_step, parameters

FAST = 0.01  # [s] the loop's step
FINE = FAST / 32.0  # [s] one eighth of the car's own substep


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison: what, the simulated and the expected value in one unit, how far apart they may be, and what it
    rests on."""

    what: str
    simulated: float
    expected: float
    tolerance: float
    unit: str
    basis: str

    @property
    def passed(self) -> bool:
        """Whether they agree."""
        return abs(self.simulated - self.expected) <= self.tolerance


@kernel("void(f8[::1], f8[:, ::1], f8[::1], f8)")
def steer_and_push(state: Array, commands: Array, par: Array, dt: float) -> None:
    """Drive a car's state (11,) in place through commands (K, 2), acceleration and steering, each held for dt [s]."""
    for k in range(commands.shape[0]):
        car_step(state, commands[k, 0], commands[k, 1], False, 0.0, par, dt)


def checks(platform: Platform) -> list[Check]:
    """The car against closed forms, and against itself at a thirty-second of the loop's step."""
    return [
        *(braking(platform, kmh, demand) for kmh, demand in ((50.0, 4.0), (100.0, 4.0), (130.0, 5.0))),
        turning(platform, 2.0, 0.1),
        turning(platform, 20.0, 0.02),
        *converging(platform),
    ]


def braking(platform: Platform, kmh: float, demand: float) -> Check:
    """The stopping distance under a demand [m/s2] from a speed, the brake following with first-order lag."""
    par, v = parameters(platform), kmh / 3.6
    lag = platform.accel_lag
    # the brake's rate limit does not bind while demand / lag is below it
    state = _start(v)
    steps = round(3.0 * v / demand / FAST)
    steer_and_push(state, np.tile([-demand, 0.0], (steps, 1)), par, FAST)
    end = v / demand + lag  # the exponential is spent long before
    expected = v * end - demand * (end**2 / 2.0 - lag * end + lag**2 * (1.0 - math.exp(-end / lag)))
    return Check(
        what=f"stopping distance from {kmh:g} km/h at {demand:g} m/s²",
        simulated=float(state[Car.X]),
        expected=expected,
        tolerance=0.05,
        unit="m",
        basis=f"v T - a (T²/2 - lag T + lag² (1 - exp(-T/lag))), T = v/a + lag, lag {lag:g} s",
    )


def turning(platform: Platform, v: float, steering: float) -> Check:
    """The steady yaw rate at a speed [m/s] and a road-wheel angle [rad]."""
    p = platform
    state = _start(v)
    hold = np.tile([0.0, steering], (800, 1))
    steer_and_push(state, hold, parameters(p), FAST)
    now = float(state[Car.SPEED])
    under = p.mass * (p.cg_to_rear * p.cornering_rear - p.cg_to_front * p.cornering_front)
    under /= p.wheelbase * p.cornering_front * p.cornering_rear
    slow = v < 3.0
    expected = now * math.tan(steering) / p.wheelbase if slow else now * steering / (p.wheelbase + under * now**2)
    return Check(
        what=f"yaw rate at {v * 3.6:.0f} km/h and {steering:g} rad at the wheels",
        simulated=float(state[Car.YAW_RATE]),
        expected=expected,
        tolerance=0.01 * abs(expected),
        unit="rad/s",
        basis="v tan(δ) / L" if slow else f"v δ / (L + K v²), K = {under:.2g} s²/m (Rajamani, 3.3)",
    )


def converging(platform: Platform) -> list[Check]:
    """A lane change under braking: where the car is after 4 s at the loop's step, and at a thirty-second of it."""
    par, found = parameters(platform), []
    for step in (FAST, FINE):
        count = round(4.0 / step)
        time = step * (np.arange(count) // round(0.1 / step)) * round(0.1 / step)
        commands = np.column_stack([np.where(time < 2.0, 0.0, -6.0), 0.03 * np.sin(2.0 * np.pi * time / 3.0)])
        state = _start(30.0)
        steer_and_push(state, np.ascontiguousarray(commands), par, step)
        found.append(state)
    coarse, fine = found
    names = (("way along", Car.X, 0.02, "m"), ("way across", Car.Y, 0.02, "m"), ("speed", Car.SPEED, 0.02, "m/s"))
    return [
        Check(
            what=f"{name} after a braked double swerve",
            simulated=float(coarse[column]),
            expected=float(fine[column]),
            tolerance=allowed,
            unit=unit,
            basis=f"the same car at {FINE * 1e3:g} ms instead of {FAST * 1e3:g} ms",
        )
        for name, column, allowed, unit in names
    ]


def _start(v: float) -> Array:
    state = np.zeros(11)
    state[Car.SPEED] = v
    return state
