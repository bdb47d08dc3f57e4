"""The last gate before the car, at 100 Hz: nothing passes that is not a number or not within the limits.

A command that is not finite is replaced by the stopping tail's, never clipped: `max(-3, min(3, nan))` is 3.
The limits are those of `Limits.gate_*` (reference/safety.md). Braking by the tail or the guard is exempt from the jerk
limits and may reach `emergency`. When the steering angle is already beyond the lateral acceleration's limit, because
the car became faster, it is unwound at the full steering rate: acceleration outranks jerk.
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import Limits, Source
from evpilot.types.state import Array

NOMINAL = int(Source.NOMINAL)
TAIL = int(Source.TAIL)
FIRM = 4.0  # [m/s2] a minimal-risk stop, UN R157 5.3.1: at most 4.0
STANDING = 0.02  # [m/s]
RELEASE = 20.0  # [m/s3] how an emergency's braking is let go, down to the ordinary limit
EASE = 1.0  # [m/s2] coming down to a speed that is allowed, as a comfort stop does
EASE_TIME = 1.0  # [s]


class Bound(IntEnum):
    """Columns of the gate's bounds (8,)."""

    ACCEL = 0
    BRAKE = 1
    LATERAL = 2
    JERK = 3
    LATERAL_JERK = 4
    EMERGENCY = 5
    STEERING_RATE = 6
    SPEED = 7


def bounds(limits: Limits, speed: float = math.inf) -> Array:
    """The gate's bounds (8,) by `Bound`, all positive, SI; speed [m/s] is what a degraded pilot may drive."""
    x = limits
    return np.array(
        [
            x.gate_accel,
            x.gate_brake,
            x.gate_lateral,
            x.gate_jerk,
            x.gate_lateral_jerk,
            x.emergency,
            x.steering_rate,
            speed,
        ]
    )


@kernel()
def within(value: float, low: float, high: float) -> float:
    """A finite value within low..high."""
    return min(high, max(low, value))


@kernel()
def gate_accel(wanted: float, last: float, emergency: bool, bound: Array, dt: float, standing: bool) -> float:
    """The passed acceleration [m/s2] along the motion; wanted and last are finite. An emergency's braking is let go
    with `RELEASE`, the brake of a car that stands at once: nobody feels it."""
    low = -bound[Bound.EMERGENCY] if emergency else -bound[Bound.BRAKE]
    high = bound[Bound.ACCEL]
    base = within(last, low, high)
    step = bound[Bound.JERK] * dt
    least = low if emergency else max(low, base - step)
    rise = max(step, min(RELEASE * dt, -bound[Bound.BRAKE] + step - base))
    most = max(base, 0.0) + step if standing else base + rise
    return within(wanted, least, min(high, most))


@kernel()
def eased(wanted: float, speed: float, bound: Array) -> float:
    """The acceleration [m/s2] along the motion that keeps the speed's bound, or comes down to it gently."""
    return min(wanted, max((bound[Bound.SPEED] - abs(speed)) / EASE_TIME, -EASE))


@kernel()
def gate_steering(
    wanted: float, last: float, speed: float, emergency: bool, reach: float, bound: Array, dt: float
) -> float:
    """The passed road-wheel angle [rad]; all arguments are finite.

    reach [m] is the wheelbase plus understeer gradient times speed squared, so that the car's lateral acceleration is
    speed^2 * tan(angle) / reach.
    """
    square = max(speed * speed, 1e-6)
    edge = math.atan(bound[Bound.LATERAL] * reach / square)
    step = bound[Bound.STEERING_RATE] * dt
    if abs(last) <= edge and not emergency:
        slope = math.cos(last) ** 2
        step = min(step, bound[Bound.LATERAL_JERK] * dt * reach * slope / square)
    return within(within(wanted, -edge, edge), last - step, last + step)


@kernel()
def gate(
    accel: float,
    steering: float,
    spare_accel: float,
    spare_steering: float,
    last_accel: float,
    last_steering: float,
    speed: float,
    reverse: bool,
    source: int,
    wheelbase: float,
    understeer: float,
    bound: Array,
    dt: float,
) -> tuple[float, float, int]:
    """What reaches the car: acceleration [m/s2], road-wheel angle [rad] and who commands (`Source`).

    spare_* is the tail's command, last_* what passed one step [s] ago, speed [m/s] as measured. When the command is not
    finite the tail's is taken; when that is not finite either, a firm stop with the wheels held where they are.
    understeer [rad s2/m] is the car's gradient, taken as 0 when it oversteers.
    """
    if not (math.isfinite(accel) and math.isfinite(steering) and math.isfinite(speed)):
        accel, steering, source = spare_accel, spare_steering, TAIL
    last_steering = last_steering if math.isfinite(last_steering) else 0.0
    last_accel = last_accel if math.isfinite(last_accel) else 0.0
    sign = -1.0 if reverse else 1.0
    if not (math.isfinite(accel) and math.isfinite(steering) and math.isfinite(speed)):
        accel, steering, source = -sign * FIRM, last_steering, TAIL
    emergency = source != NOMINAL
    wanted = sign * accel if not math.isfinite(speed) else eased(sign * accel, speed, bound)
    standing = abs(speed) < STANDING
    passed = sign * gate_accel(wanted, sign * last_accel, emergency, bound, dt, standing)
    if not math.isfinite(speed):
        return passed, last_steering, source
    reach = wheelbase + max(understeer, 0.0) * speed * speed
    return passed, gate_steering(steering, last_steering, speed, emergency, reach, bound, dt), source
