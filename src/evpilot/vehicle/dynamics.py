"""How a car moves: single-track models, actuators and what resists.

`car_step` is the simulated car: a dynamic single-track model with linear tyres that a friction circle limits, blended
into the kinematic one at low speed (Rajamani, Vehicle Dynamics and Control, 2nd ed., sections 2.2 and 2.3).
`ks_step` is CommonRoad's kinematic single-track model, integrated to far below its checker's tolerance
(Althoff et al. 2017, CommonRoad: composable benchmarks for motion planning on roads).
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.powertrain.conditions import MILD, Conditions
from evpilot.vehicle.powertrain.road import road_load, turning_mass

GRAVITY = 9.81  # [m/s2]
GRIP_SHARE = 0.95  # what driving and braking may take of the friction circle; the rest keeps the car steerable (ABS)
KINEMATIC_BELOW = 3.0  # [m/s] slip angles lose their meaning towards standstill
DYNAMIC_ABOVE = 6.0  # [m/s]
SUBSTEP = 2.5e-3  # [s] resolves the tyres' response, whose rate is below 100 1/s above KINEMATIC_BELOW
KS_SUBSTEP = 0.0125  # [s] RK4 is then exact to 1e-9 m over a step


class Car(IntEnum):
    """Columns of a car's state (11,): rear axle, map frame; lateral speed and acceleration at the rear axle."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3
    SPEED = 4
    LATERAL_SPEED = 5
    YAW_RATE = 6
    STEERING = 7
    ACCEL = 8
    LATERAL_ACCEL = 9
    POWER = 10


class Par(IntEnum):
    """Columns of a car's parameters (27,), as `parameters` lays them out; SI units.

    AIR is the air's force over its speed squared [N s2/m2]; ROLLING the rolling resistance over the weight and
    ROLLING_RISE its rise with the speed [s/m]; TURNING the turning parts' inertia over the mass. HEADWIND [m/s] and
    PUSH [m/s2], what the wheels can give at the moment, are the powertrain's to write.
    """

    WHEELBASE = 0
    CG_TO_FRONT = 1
    CG_TO_REAR = 2
    CG_HEIGHT = 3
    MASS = 4
    YAW_INERTIA = 5
    CORNERING_FRONT = 6
    CORNERING_REAR = 7
    GRIP = 8
    STEERING_MAX = 9
    STEERING_RATE = 10
    STEERING_LAG = 11
    ACCEL_MAX = 12
    BRAKE_MAX = 13
    ACCEL_LAG = 14
    ACCEL_JERK = 15
    BRAKE_JERK = 16
    SPEED_MAX = 17
    REVERSE_MAX = 18
    DRIVE_POWER = 19
    AIR = 20
    ROLLING = 21
    ROLLING_RISE = 22
    TURNING = 23
    HEADWIND = 24
    PUSH = 25
    DYNAMIC = 26


def parameters(
    platform: Platform,
    friction: float = 1.0,
    *,
    dynamic: bool = True,
    conditions: Conditions = MILD,
    mass: float = 0.0,
) -> Array:
    """A platform as the kernels take it (27,) by `Par`; friction scales the tyres' grip; dynamic False leaves the
    kinematic model at every speed; mass [kg] takes the place of the platform's where it is given."""
    p = platform
    mass = mass or p.mass
    air, rolling, rise = road_load(p, conditions)
    return np.array(
        [
            p.wheelbase,
            p.cg_to_front,
            p.cg_to_rear,
            p.cg_height,
            mass,
            p.yaw_inertia * mass / p.mass,
            p.cornering_front,
            p.cornering_rear,
            p.friction * friction * GRAVITY,
            p.steering_max,
            p.steering_rate_max,
            p.steering_lag,
            p.accel_max,
            p.brake_max,
            p.accel_lag,
            p.accel_jerk,
            p.brake_jerk,
            p.speed_max,
            p.reverse_speed_max,
            p.drive_power,
            air,
            rolling,
            rise,
            turning_mass(p) / mass,
            0.0,
            math.inf,
            1.0 if dynamic else 0.0,
        ]
    )


@kernel()
def lagged(value: float, wanted: float, lag: float, rise: float, fall: float, dt: float) -> float:
    """A first-order actuator after dt [s]: it closes on `wanted` with time constant lag [s], at most `rise` upwards and
    `fall` downwards per second."""
    share = 1.0 - math.exp(-dt / lag) if lag > 0.0 else 1.0
    return value + min(rise * dt, max(-fall * dt, share * (wanted - value)))


@kernel()
def air_force(speed: float, par: Array) -> float:
    """The air's force [N] against forward motion at a speed [m/s], headwind included."""
    wind = speed + par[Par.HEADWIND]
    return par[Par.AIR] * wind * abs(wind)


@kernel()
def rolling_force(pace: float, grade: float, par: Array) -> float:
    """Rolling resistance [N] against any motion at a pace [m/s, at least 0], on a grade [rad]."""
    return par[Par.MASS] * GRAVITY * math.cos(grade) * (par[Par.ROLLING] + par[Par.ROLLING_RISE] * pace)


@kernel()
def resistance(speed: float, grade: float, par: Array) -> float:
    """What slows the car [m/s2]: rolling, air and grade [rad, uphill positive], against forward motion."""
    rolling = math.copysign(rolling_force(abs(speed), grade, par), speed) if speed != 0.0 else 0.0
    return (air_force(speed, par) + rolling) / par[Par.MASS] + GRAVITY * math.sin(grade)


@kernel()
def accel_bounds(speed: float, grade: float, par: Array) -> tuple[float, float]:
    """The least and the largest dv/dt [m/s2] along the direction of motion that motor, brakes and tyres give.

    The motor's force is capped by ACCEL_MAX, by DRIVE_POWER and by PUSH; both pairs by the tyres' grip.
    """
    pace = abs(speed)
    against = math.copysign(1.0, speed) * resistance(speed, grade, par)
    grip = GRIP_SHARE * par[Par.GRIP]
    push = min(par[Par.ACCEL_MAX], par[Par.DRIVE_POWER] / (par[Par.MASS] * max(pace, 1.0)), par[Par.PUSH], grip)
    return -min(par[Par.BRAKE_MAX], grip), (push - against) / (1.0 + par[Par.TURNING])


@kernel()
def tyre_force(stiffness: float, slip: float, load: float, along: float, grip: float) -> float:
    """Lateral force [N] of an axle: linear in the slip angle [rad], inside the friction circle.

    load is the axle's load as a mass [kg], along its longitudinal force [N], grip the tyres' friction [m/s2].
    """
    circle = load * grip
    left = math.sqrt(max(circle * circle - along * along, 0.0))
    return min(left, max(-left, stiffness * slip))


@kernel()
def slide(state: Array, accel: float, par: Array, dt: float) -> tuple[float, float]:
    """Lateral speed at the rear axle [m/s] and yaw rate [rad/s] of the dynamic model after dt [s], forward motion."""
    front, rear = par[Par.CG_TO_FRONT], par[Par.CG_TO_REAR]
    speed = max(state[Car.SPEED], KINEMATIC_BELOW)
    rate, steering = state[Car.YAW_RATE], state[Car.STEERING]
    side = state[Car.LATERAL_SPEED] + rear * rate
    shift = accel * par[Par.CG_HEIGHT] / GRAVITY
    load_front = par[Par.MASS] * max(rear - shift, 0.0) / par[Par.WHEELBASE]
    load_rear = par[Par.MASS] * max(front + shift, 0.0) / par[Par.WHEELBASE]
    slip_front = steering - math.atan2(side + front * rate, speed)
    slip_rear = -math.atan2(side - rear * rate, speed)
    force_front = tyre_force(par[Par.CORNERING_FRONT], slip_front, load_front, load_front * accel, par[Par.GRIP])
    force_rear = tyre_force(par[Par.CORNERING_REAR], slip_rear, load_rear, load_rear * accel, par[Par.GRIP])
    across = force_front * math.cos(steering)
    side += dt * ((across + force_rear) / par[Par.MASS] - speed * rate)
    rate += dt * (front * across - rear * force_rear) / par[Par.YAW_INERTIA]
    return side - rear * rate, rate


@kernel()
def car_step(state: Array, accel: float, steering: float, reverse: bool, grade: float, par: Array, dt: float) -> None:
    """Advance a car's state (11,) in place by dt [s] under a command held constant.

    accel [m/s2] is the wanted dv/dt (negative speeds the car up backwards in reverse), steering [rad] the wanted
    road-wheel angle, grade [rad] of the road along the heading. A brake holds the car; it never turns the motion round.
    """
    count = max(1, math.ceil(dt / SUBSTEP - 1e-6))
    h = dt / count
    sign = -1.0 if reverse else 1.0
    for _ in range(count):
        turned = lagged(
            state[Car.STEERING], steering, par[Par.STEERING_LAG], par[Par.STEERING_RATE], par[Par.STEERING_RATE], h
        )
        state[Car.STEERING] = min(par[Par.STEERING_MAX], max(-par[Par.STEERING_MAX], turned))
        pace = max(sign * state[Car.SPEED], 0.0)
        least, most = accel_bounds(sign * pace, grade, par)
        push = lagged(
            sign * state[Car.ACCEL],
            min(most, max(least, sign * accel)),
            par[Par.ACCEL_LAG],
            par[Par.ACCEL_JERK],
            par[Par.BRAKE_JERK],
            h,
        )
        top = par[Par.REVERSE_MAX] if reverse else par[Par.SPEED_MAX]
        after = min(max(top, pace), max(0.0, pace + h * push))
        move(state, sign * pace, sign * after, h, par)


@kernel()
def move(state: Array, before: float, after: float, h: float, par: Array) -> None:
    """Advance the plane motion by h [s] while the speed goes from `before` to `after` [m/s]."""
    accel = (after - before) / h
    mean = 0.5 * (before + after)
    rate = after * math.tan(state[Car.STEERING]) / par[Par.WHEELBASE]
    side = 0.0
    share = (before - KINEMATIC_BELOW) / (DYNAMIC_ABOVE - KINEMATIC_BELOW) * par[Par.DYNAMIC]
    if share > 0.0:
        share = min(share, 1.0)
        sliding, turning = slide(state, accel, par, h)
        side = share * sliding
        rate += share * (turning - rate)
    yaw = state[Car.YAW] + 0.25 * h * (state[Car.YAW_RATE] + rate)
    across = 0.5 * (state[Car.LATERAL_SPEED] + side)
    state[Car.X] += h * (mean * math.cos(yaw) - across * math.sin(yaw))
    state[Car.Y] += h * (mean * math.sin(yaw) + across * math.cos(yaw))
    state[Car.YAW] = wrap(state[Car.YAW] + 0.5 * h * (state[Car.YAW_RATE] + rate))
    state[Car.LATERAL_ACCEL] = (side - state[Car.LATERAL_SPEED]) / h + after * rate
    state[Car.SPEED] = after
    state[Car.LATERAL_SPEED] = side
    state[Car.YAW_RATE] = rate
    state[Car.ACCEL] = accel


@kernel()
def ks_step(
    x: float,
    y: float,
    yaw: float,
    speed: float,
    steering: float,
    accel: float,
    rate: float,
    wheelbase: float,
    dt: float,
) -> tuple[float, float, float, float, float]:
    """CommonRoad's KS model after dt [s]: x, y [m] of the rear axle, yaw [rad, not wrapped], speed, steering.

    accel [m/s2] and steering rate [rad/s] are constant over the step; integrated by RK4 in substeps of 12.5 ms.
    """
    count = max(1, math.ceil(dt / KS_SUBSTEP - 1e-6))
    h = dt / count
    for k in range(count):
        v0, v1, v2 = speed + k * h * accel, speed + (k + 0.5) * h * accel, speed + (k + 1) * h * accel
        t0 = math.tan(steering + k * h * rate)
        t1 = math.tan(steering + (k + 0.5) * h * rate)
        t2 = math.tan(steering + (k + 1) * h * rate)
        turn0, turn1, turn2 = v0 * t0 / wheelbase, v1 * t1 / wheelbase, v2 * t2 / wheelbase
        yaw_b = yaw + 0.5 * h * turn0
        yaw_c = yaw + 0.5 * h * turn1
        yaw_d = yaw + h * turn1
        x += h / 6.0 * (v0 * math.cos(yaw) + 2.0 * v1 * (math.cos(yaw_b) + math.cos(yaw_c)) + v2 * math.cos(yaw_d))
        y += h / 6.0 * (v0 * math.sin(yaw) + 2.0 * v1 * (math.sin(yaw_b) + math.sin(yaw_c)) + v2 * math.sin(yaw_d))
        yaw += h / 6.0 * (turn0 + 4.0 * turn1 + turn2)
    return x, y, yaw, speed + dt * accel, steering + dt * rate


@kernel()
def ks_bounds(speed: float, steering: float, par: Array, dt: float) -> tuple[float, float]:
    """The least and the largest acceleration [m/s2] that CommonRoad's KS model takes over a step of dt [s].

    The motor gives ACCEL_MAX up to its switching speed, then constant power over the mass; the friction circle
    sqrt(a^2 + (v * yaw rate)^2) <= ACCEL_MAX is judged from the step's start (reference/commonroad.md, quirk 6).
    """
    top = par[Par.ACCEL_MAX]
    across = speed * speed * math.tan(steering) / par[Par.WHEELBASE]
    circle = math.sqrt(max(top * top - across * across, 0.0)) * (1.0 - 1e-9)
    specific = par[Par.DRIVE_POWER] / par[Par.MASS]
    pace = max(speed, 0.0)
    # the power limit holds at every speed within the step: a * (v + a dt) <= P / m
    power = (math.sqrt(pace * pace + 4.0 * dt * specific) - pace) / (2.0 * dt)
    return -circle, min(circle, power, (par[Par.SPEED_MAX] - pace) / dt)
