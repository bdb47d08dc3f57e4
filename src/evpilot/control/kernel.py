"""Following a trajectory: from plan and state to the wanted acceleration and steering, at 100 Hz.

Along the path: the plan's acceleration, looked ahead by the actuator's lag, and feedback on speed and position.
Across: the plan's curvature and feedback on the offset and the course, both judged where the car will be when the
steering has answered. In the path's arc length the error e obeys e'' + 2 w e' + w^2 e = 0 (critically damped, as in
Rajamani, Vehicle Dynamics and Control, 2nd ed., chapter 3), w = 1 / max(SETTLE * speed, SETTLE_LENGTH).
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.geometry.angles import blend, wrap
from evpilot.geometry.jit import kernel
from evpilot.types import Platform, Trajectory
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import DYNAMIC_ABOVE, KINEMATIC_BELOW, Car, Par, ks_bounds, ks_step

SETTLE = 0.7  # [s] time in which a lateral error falls to 1/e; well above the steering's lag
SETTLE_GROWTH = 0.015  # [s2/m] the same for each m/s above SETTLE_GROWS: the yaw response becomes slower, less damped
SETTLE_GROWS = 15.0  # [m/s]
SETTLE_LENGTH = 3.0  # [m] the same in metres at low speed, about a wheelbase
GAIN_POSITION = 0.6  # [1/s2] along the path
GAIN_SPEED = 1.4  # [1/s]
CORRECTION_MAX = 2.0  # [m/s2] feedback along the path
CURVATURE_MAX = 0.15  # [1/m] feedback across
LATERAL_MAX = 4.0  # [m/s2] feedback across
STILL = 0.05  # [m/s] a plan below this stands
HALT_TIME = 0.1  # [s] in which what is left of the speed goes, where the plan stands
HOLD = -1.0  # [m/s2] the brake that holds a standing car
OVERRUN = -2.5  # [m/s2] beyond the plan's end the car brakes on along its last curvature
EXACT_POLE = 0.3  # how much of a longitudinal error is left after one exact step
RATE_MARGIN = 1.0 - 1e-9  # keeps rounding inside the checker's bounds


class Knot(IntEnum):
    """Columns of a packed plan (T, 7)."""

    TIME = 0
    X = 1
    Y = 2
    YAW = 3
    SPEED = 4
    ACCEL = 5
    CURVATURE = 6


class Tune(IntEnum):
    """Columns of a follower's parameters (6,), from the planner's model of the car."""

    WHEELBASE = 0
    UNDERSTEER = 1
    STEERING_LAG = 2
    ACCEL_LAG = 3
    STEERING_MAX = 4
    RESPONSE = 5


def pack(trajectory: Trajectory) -> Array:
    """A trajectory as the kernels take it: (T, 7) by `Knot`, time [s] from the trajectory's t_ns."""
    t = trajectory
    plan = np.empty((len(t.time), len(Knot)))
    plan[:, Knot.TIME], plan[:, Knot.SPEED] = t.time, t.speed
    plan[:, Knot.X], plan[:, Knot.Y], plan[:, Knot.YAW] = t.pose[:, 0], t.pose[:, 1], t.pose[:, 3]
    plan[:, Knot.ACCEL], plan[:, Knot.CURVATURE] = t.accel, t.curvature
    return plan


def tuning(platform: Platform) -> Array:
    """The follower's parameters (6,) by `Tune`, of the linear single-track model.

    The understeer gradient [rad s2/m] is m / L * (b / Cf - a / Cr). The response [s2/m] is how long, for each m/s, the
    rear axle's course takes to answer the wheels: the rear slip that must build up, m a / (L Cr), and the yaw rate's
    time constant, Iz / (a^2 Cf + b^2 Cr); understeer shortens it by 1 + K v^2 / L.
    """
    p = platform
    a, b, front, rear = p.cg_to_front, p.cg_to_rear, p.cornering_front, p.cornering_rear
    understeer = p.mass / p.wheelbase * (b / front - a / rear)
    response = p.mass * a / (p.wheelbase * rear) + p.yaw_inertia / (a * a * front + b * b * rear)
    return np.array([p.wheelbase, understeer, p.steering_lag, p.accel_lag, p.steering_max, response])


@kernel()
def plan_at(plan: Array, seconds: float) -> tuple[float, float, float, float, float, float]:
    """x, y [m], yaw [rad], speed, accel and curvature of a packed plan at a time [s] after its start.

    Positions by cubic Hermite through the knots' velocities, the rest linear. Before the start it is the first knot;
    beyond the end the car brakes along the last curvature.
    """
    last = plan.shape[0] - 1
    if seconds >= plan[last, Knot.TIME]:
        return beyond(plan, seconds)
    seconds = max(seconds, plan[0, Knot.TIME])
    k = 0
    high = last
    while high - k > 1:
        middle = (k + high) // 2
        if plan[middle, Knot.TIME] <= seconds:
            k = middle
        else:
            high = middle
    a, b = plan[k], plan[k + 1]
    span = b[Knot.TIME] - a[Knot.TIME]
    u = (seconds - a[Knot.TIME]) / span
    h1 = u * u * (3.0 - 2.0 * u)
    h2 = u * (1.0 - u) * (1.0 - u) * span
    h3 = u * u * (u - 1.0) * span
    va, vb = a[Knot.SPEED], b[Knot.SPEED]
    x = a[Knot.X] + h1 * (b[Knot.X] - a[Knot.X])
    x += h2 * va * math.cos(a[Knot.YAW]) + h3 * vb * math.cos(b[Knot.YAW])
    y = a[Knot.Y] + h1 * (b[Knot.Y] - a[Knot.Y])
    y += h2 * va * math.sin(a[Knot.YAW]) + h3 * vb * math.sin(b[Knot.YAW])
    yaw = blend(a[Knot.YAW], b[Knot.YAW], u)
    accel = a[Knot.ACCEL] + u * (b[Knot.ACCEL] - a[Knot.ACCEL])
    curvature = a[Knot.CURVATURE] + u * (b[Knot.CURVATURE] - a[Knot.CURVATURE])
    return x, y, yaw, va + u * (vb - va), accel, curvature


@kernel()
def beyond(plan: Array, seconds: float) -> tuple[float, float, float, float, float, float]:
    """`plan_at` at or after the plan's end: a stop along the last knot's circle."""
    end = plan[plan.shape[0] - 1]
    speed, curvature = end[Knot.SPEED], end[Knot.CURVATURE]
    sign = -1.0 if speed < 0.0 else 1.0
    over = min(seconds - end[Knot.TIME], abs(speed) / -OVERRUN)
    way = speed * over + 0.5 * sign * OVERRUN * over * over
    turned = curvature * way
    chord = way * (math.sin(0.5 * turned) / (0.5 * turned) if abs(turned) > 1e-9 else 1.0)
    heading = end[Knot.YAW] + 0.5 * turned
    x = end[Knot.X] + chord * math.cos(heading)
    y = end[Knot.Y] + chord * math.sin(heading)
    left = speed + sign * OVERRUN * over
    return x, y, wrap(end[Knot.YAW] + turned), left, sign * OVERRUN if abs(left) > 0.0 else 0.0, curvature


@kernel()
def bounded(value: float, bound: float) -> float:
    """A value within -bound..bound; NaN stays NaN, for the gate to see."""
    if value > bound:
        return bound
    if value < -bound:
        return -bound
    return value


@kernel()
def across(offset: float, course: float, speed: float, settle: float) -> float:
    """The curvature [1/m] that brings an offset [m, left positive] and a course error [rad] to zero."""
    rate = 1.0 / max(settle * abs(speed), SETTLE_LENGTH)
    sign = -1.0 if speed < 0.0 else 1.0
    wish = -rate * rate * offset - sign * 2.0 * rate * math.sin(course)
    return bounded(wish, min(CURVATURE_MAX, LATERAL_MAX / max(speed * speed, 1.0)))


@kernel()
def halted(accel: float, speed: float, reverse: bool) -> float:
    """The acceleration [m/s2] where the plan stands: a car that hardly moves is held, a faster one braked at least so
    hard, and the harder the faster it still is; NaN stays NaN."""
    sign = -1.0 if reverse else 1.0
    least = min(HOLD, -abs(speed) / HALT_TIME)
    if abs(speed) < 4.0 * STILL or (sign * speed > 0.0 and sign * accel > least):
        return sign * least
    return accel


@kernel()
def follow(plan: Array, seconds: float, state: Array, tune: Array) -> tuple[float, float, bool]:
    """Wanted dv/dt [m/s2], road-wheel angle [rad] and whether in reverse, for a car state (11,) by `Car`.

    plan (T, 7) by `Knot`; seconds since the plan's start; tune (6,) by `Tune`.
    """
    speed = state[Car.SPEED]
    x, y, yaw, wanted, now, _ = plan_at(plan, seconds)
    _, _, _, soon, push, _ = plan_at(plan, seconds + tune[Tune.ACCEL_LAG])
    if abs(soon) < STILL <= abs(wanted):
        push = now  # brakes that are let go before the standstill are missing in the end, and brake nobody backwards
    reverse = soon < -STILL or (soon < STILL and wanted < -STILL)
    behind = (x - state[Car.X]) * math.cos(yaw) + (y - state[Car.Y]) * math.sin(yaw)
    accel = push + bounded(GAIN_POSITION * behind + GAIN_SPEED * (wanted - speed), CORRECTION_MAX)
    if abs(soon) < STILL and abs(wanted) < STILL:
        accel = halted(accel, speed, reverse)
    lag = tune[Tune.STEERING_LAG]
    course = state[Car.YAW] + 0.5 * lag * state[Car.YAW_RATE]
    side = state[Car.LATERAL_SPEED]
    px = state[Car.X] + lag * (speed * math.cos(course) - side * math.sin(course))
    py = state[Car.Y] + lag * (speed * math.sin(course) + side * math.cos(course))
    slip = math.copysign(1.0, speed) * math.atan2(side, max(abs(speed), 1.0))
    heading = state[Car.YAW] + lag * state[Car.YAW_RATE] + slip
    rx, ry, ryaw, _, _, _ = plan_at(plan, seconds + lag)
    slips = min(1.0, max(0.0, (speed - KINEMATIC_BELOW) / (DYNAMIC_ABOVE - KINEMATIC_BELOW)))
    stretch = 1.0 + max(tune[Tune.UNDERSTEER], 0.0) * speed * speed / tune[Tune.WHEELBASE]
    _, _, _, _, _, bend = plan_at(plan, seconds + lag + slips * tune[Tune.RESPONSE] * speed / stretch)
    settle = SETTLE + SETTLE_GROWTH * max(speed - SETTLE_GROWS, 0.0)
    offset = (py - ry) * math.cos(ryaw) - (px - rx) * math.sin(ryaw)
    curvature = bend + across(offset, wrap(heading - ryaw), -abs(speed) if reverse else speed, settle)
    steering = math.atan(curvature * tune[Tune.WHEELBASE]) + tune[Tune.UNDERSTEER] * max(speed, 0.0) ** 2 * curvature
    return accel, bounded(steering, tune[Tune.STEERING_MAX]), reverse


@kernel()
def follow_exact(plan: Array, seconds: float, dt: float, state: Array, par: Array) -> tuple[float, float]:
    """Acceleration [m/s2] and steering rate [rad/s], constant over a step dt [s] of the exact KS model.

    The step that the plan itself takes, and a share of the errors: along the path judged now, across it judged at the
    step's end, where the plan's own steering would leave the car. Always within the model's limits; the car does not
    run backwards unless the plan does.
    """
    speed, steering = state[Car.SPEED], state[Car.STEERING]
    wheelbase = par[Par.WHEELBASE]
    x, y, yaw, wanted, _, _ = plan_at(plan, seconds)
    nx, ny, nyaw, following, _, bend = plan_at(plan, seconds + dt)
    behind = (x - state[Car.X]) * math.cos(yaw) + (y - state[Car.Y]) * math.sin(yaw)
    gap = 1.0 - EXACT_POLE
    correction = gap * gap / (dt * dt) * behind + 0.5 * gap * (3.0 + EXACT_POLE) / dt * (wanted - speed)
    accel = (following - wanted) / dt + bounded(correction, CORRECTION_MAX)
    least, most = ks_bounds(speed, steering, par, dt)
    low = -speed / dt if following >= 0.0 and speed >= 0.0 else -par[Par.REVERSE_MAX] / dt
    accel = clipped(accel, max(least, low), most)
    rate = toward(steering, math.atan(bend * wheelbase), par, dt)
    px, py, pyaw, pspeed, _ = ks_step(
        state[Car.X], state[Car.Y], state[Car.YAW], speed, steering, accel, rate, wheelbase, dt
    )
    offset = (py - ny) * math.cos(nyaw) - (px - nx) * math.sin(nyaw)
    curvature = bend + across(offset, wrap(pyaw - nyaw), pspeed, SETTLE)
    edge = par[Par.ACCEL_MAX] / max(pspeed * pspeed, 1e-3)
    curvature = bounded(curvature, 0.99 * edge)
    return accel, toward(steering, math.atan(curvature * wheelbase), par, dt)


@kernel()
def clipped(value: float, low: float, high: float) -> float:
    """A value within low..high; NaN stays NaN, for the gate to see."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@kernel()
def toward(steering: float, wanted: float, par: Array, dt: float) -> float:
    """The steering rate [rad/s] that brings the angle to `wanted` [rad] in dt [s], within the model's limits."""
    goal = bounded(wanted, par[Par.STEERING_MAX] * RATE_MARGIN)
    return bounded((goal - steering) / dt, par[Par.STEERING_RATE] * RATE_MARGIN)
