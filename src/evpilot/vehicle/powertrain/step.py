"""One step of the powertrain: before the motion what it can give, after it what that took and where it went."""

import math

from evpilot.geometry.jit import kernel
from evpilot.types.powertrain import Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import GRAVITY, Car, Par, air_force, car_step, rolling_force
from evpilot.vehicle.powertrain.battery import battery_limits, drawn_current, inner_resistance, open_voltage, ramp
from evpilot.vehicle.powertrain.braking import GRIP_SHARE, brake_light, driven_grip, recuperated_force
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.losses import lost_power

STILL = 1e-9  # [m/s] nothing that moves slower takes any work
CREEPING = 0.5  # [m/s] nothing that moves slower turns fast enough to be slowed by it
BISECTIONS = 24  # a torque is found to 1e-7 of the highest
WARM, BURNING = 393.15, 433.15  # [K] above the first the motor gives less torque, at the second none
SLIP_MAX = 0.2  # beyond it a tyre slides


@kernel()
def wind_ahead(yaw: float, ev: Array) -> float:
    """The wind's speed [m/s] against a car that points to yaw [rad], map frame."""
    return -(ev[Ev.WIND_X] * math.cos(yaw) + ev[Ev.WIND_Y] * math.sin(yaw))


@kernel()
def limited_torque(speed: float, torque: float, power: float, ev: Array, losses: Array) -> float:
    """The torque [N m], torque or smaller in size, at which the inverter takes at most a power [W]; a braking torque
    gives back at most -power."""
    top, most = ev[Ev.MAP_SPEED], ev[Ev.TORQUE]
    sign = 1.0 if torque > 0.0 else -1.0
    if sign * (torque * speed + lost_power(speed, torque, top, most, losses)) <= sign * power:
        return torque
    good, bad = 0.0, 1.0
    for _ in range(BISECTIONS):
        share = 0.5 * (good + bad)
        taken = share * torque * speed + lost_power(speed, share * torque, top, most, losses)
        if sign * taken <= sign * power:
            good = share
        else:
            bad = share
    return good * torque


@kernel()
def largest_torque(speed: float, motor: float, ev: Array) -> float:
    """What the motor gives [N m], driving or braking, at a shaft speed [rad/s] and its own temperature [K]."""
    cool = ramp(motor, BURNING, WARM)
    return cool * min(ev[Ev.TORQUE], ev[Ev.SHAFT_POWER] / max(speed, 1e-3))


@kernel()
def torque_left(shaft: float, store: Array, ev: Array, losses: Array, voltages: Array) -> float:
    """The most driving torque [N m] at the moment at a shaft speed [rad/s]: as motor and battery are."""
    give, _ = battery_limits(store[Store.CHARGE], store[Store.BATTERY], ev, voltages)
    torque = largest_torque(shaft, store[Store.MOTOR], ev)
    return max(limited_torque(shaft, torque, give - ev[Ev.AUXILIARY] - ev[Ev.CLIMATE], ev, losses), 0.0)


@kernel("f8(f8[::1], f8[::1], f8[:, ::1], f8[::1])")
def power_left(store: Array, ev: Array, losses: Array, voltages: Array) -> float:
    """The most power [W] at the wheels at the moment, at twice the speed up to which a cool motor gives all its
    torque."""
    shaft = min(2.0 * ev[Ev.SHAFT_POWER] / ev[Ev.TORQUE], ev[Ev.MAP_SPEED])
    return torque_left(shaft, store, ev, losses, voltages) * shaft * ev[Ev.GEAR_EFFICIENCY]


@kernel()
def limit(state: Array, store: Array, par: Array, ev: Array, losses: Array, voltages: Array) -> None:
    """Write what the powertrain can give at the moment into par, as PUSH [m/s2] at the wheels, and the wind."""
    pace = abs(state[Car.SPEED])
    shaft = pace * ev[Ev.GEAR] / ev[Ev.WHEEL_RADIUS]
    torque = torque_left(shaft, store, ev, losses, voltages)
    force = torque * ev[Ev.GEAR] * ev[Ev.GEAR_EFFICIENCY] / ev[Ev.WHEEL_RADIUS]
    height, wheelbase, grip = par[Par.CG_HEIGHT], par[Par.WHEELBASE], par[Par.GRIP]
    push = force / par[Par.MASS]
    axle = driven_grip(ev, height, wheelbase, min(push, grip), state[Car.LATERAL_ACCEL], grip)
    par[Par.PUSH] = min(push, GRIP_SHARE * axle) - store[Store.DRAG] / par[Par.MASS]
    par[Par.HEADWIND] = wind_ahead(state[Car.YAW], ev)


@kernel()
def kinetic(speed: float, across: float, rate: float, par: Array) -> float:
    """Energy [J] of a car's motion: along with all that turns, across at the centre of gravity, and about the vertical.

    across is the rear axle's lateral speed [m/s], rate the yaw rate [rad/s].
    """
    along = 0.5 * par[Par.MASS] * (1.0 + par[Par.TURNING]) * speed * speed
    return along + kinetic_aside(across, rate, par)


@kernel()
def kinetic_aside(across: float, rate: float, par: Array) -> float:
    """The part [J] of the kinetic energy that is not along the car."""
    side = across + par[Par.CG_TO_REAR] * rate
    return 0.5 * (par[Par.MASS] * side * side + par[Par.YAW_INERTIA] * rate * rate)


@kernel()
def cornering_force(state: Array, rate_before: float, par: Array, dt: float) -> float:
    """What the tyres' slip angles take from the motion [N]: both axles' lateral forces, each times its slip.

    The forces are those that the motion needs; a tyre that slides has more slip than its force tells.
    """
    front, rear, wheelbase = par[Par.CG_TO_FRONT], par[Par.CG_TO_REAR], par[Par.WHEELBASE]
    turn = (state[Car.YAW_RATE] - rate_before) / dt
    spin = par[Par.YAW_INERTIA] * turn
    across = par[Par.MASS] * (state[Car.LATERAL_ACCEL] + rear * turn)
    at_front = abs((rear * across + spin) / wheelbase)
    at_rear = abs((front * across - spin) / wheelbase)
    pace = max(abs(state[Car.SPEED]), 1.0)
    side, rate = state[Car.LATERAL_SPEED], state[Car.YAW_RATE]
    drift_front = drift_rear = 0.0
    if side != 0.0:
        drift_front = abs(state[Car.STEERING] - math.atan2(side + wheelbase * rate, pace))
        drift_rear = abs(math.atan2(side, pace))
    slip_front = max(at_front / par[Par.CORNERING_FRONT], drift_front)
    slip_rear = max(at_rear / par[Par.CORNERING_REAR], drift_rear)
    return at_front * math.sin(min(slip_front, 1.5)) + at_rear * math.sin(min(slip_rear, 1.5))


@kernel()
def coasting_loss(shaft: float, ev: Array) -> float:
    """What a motor without current takes from its shaft [W] at a speed [rad/s]."""
    turning = shaft / ev[Ev.MAP_SPEED]
    return ev[Ev.DRAG_IRON] * turning * math.sqrt(turning) + ev[Ev.DRAG_WINDAGE] * turning**3


@kernel()
def spend(
    speed_before: float,
    across_before: float,
    rate_before: float,
    state: Array,
    store: Array,
    spent: Array,
    par: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
    grade: float,
    dt: float,
) -> None:
    """Account for a motion over dt [s] on a grade [rad]: from the three values before to state (11,).

    store (7,) by `Store`, spent (15,) by `Spent` and state's POWER are advanced in place. What the wheels must give or
    lose is the change of kinetic energy and the work against all resistances, at the step's mean speed.
    """
    way = 0.5 * (speed_before + state[Car.SPEED]) * dt
    pace = abs(way) / dt
    gained = kinetic(state[Car.SPEED], state[Car.LATERAL_SPEED], state[Car.YAW_RATE], par)
    gained -= kinetic(speed_before, across_before, rate_before, par)
    shaft = pace * ev[Ev.GEAR] / ev[Ev.WHEEL_RADIUS]
    air = air_force(way / dt, par) * way
    rolling = rolling_force(pace, grade, par) * abs(way)
    # a measured resistance has felt the coasting motor, which the map of its losses counts
    rolling -= coasting_loss(shaft, ev) * dt
    height = math.sin(grade) * way
    slope = par[Par.MASS] * GRAVITY * height
    drag = cornering_force(state, rate_before, par, dt) if pace > STILL else 0.0
    cornering = drag * pace * dt
    work = gained + air + rolling + slope + cornering
    aside = kinetic_aside(state[Car.LATERAL_SPEED], state[Car.YAW_RATE], par)
    aside -= kinetic_aside(across_before, rate_before, par)
    store[Store.DRAG] = drag + (aside / abs(way) if pace > CREEPING else 0.0)
    store[Store.HEIGHT] += height
    spent[Spent.AIR] += air
    spent[Spent.ROLLING] += rolling
    spent[Spent.GRADE] += slope
    spent[Spent.CORNERING] += cornering
    spent[Spent.DISTANCE] += abs(way)
    motor_work = turn_wheels(work, pace, shaft, state, store, spent, par, ev, losses, voltages, dt)
    feed(motor_work, state, store, spent, ev, voltages, dt)


@kernel()
def turn_wheels(
    work: float,
    pace: float,
    shaft: float,
    state: Array,
    store: Array,
    spent: Array,
    par: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
    dt: float,
) -> float:
    """Give the wheels a work [J], or take it from them, at a pace [m/s]; answers what the inverter draws [J]."""
    top, most = ev[Ev.MAP_SPEED], ev[Ev.TORQUE]
    force = work / (pace * dt) if pace > STILL else 0.0
    pull = force
    if force < 0.0:
        axle = driven_grip(
            ev, par[Par.CG_HEIGHT], par[Par.WHEELBASE], force / par[Par.MASS], state[Car.LATERAL_ACCEL], par[Par.GRIP]
        )
        pull = -recuperated_force(-force, pace, ev, axle, par[Par.GRIP], par[Par.MASS])
    slip = min(SLIP_MAX, max(-SLIP_MAX, pull / ev[Ev.SLIP_STIFFNESS]))
    turning = shaft * (1.0 + slip)
    efficiency = ev[Ev.GEAR_EFFICIENCY]
    torque = pull * ev[Ev.WHEEL_RADIUS] / ev[Ev.GEAR]
    torque = torque / efficiency if torque > 0.0 else torque * efficiency
    if torque < 0.0:
        _, take = battery_limits(store[Store.CHARGE], store[Store.BATTERY], ev, voltages)
        wanted = max(torque, -largest_torque(turning, store[Store.MOTOR], ev))
        wanted = limited_torque(turning, wanted, -(take + ev[Ev.AUXILIARY] + ev[Ev.CLIMATE]), ev, losses)
        pull *= wanted / torque
        torque = wanted
    lost = lost_power(turning, torque, top, most, losses) * dt
    at_wheel = pull * pace * dt
    slipped = at_wheel * slip
    at_shaft = torque * turning * dt
    friction = at_wheel - work if force < 0.0 or pace <= STILL else 0.0
    spent[Spent.SLIP] += slipped
    spent[Spent.GEAR] += at_shaft - at_wheel - slipped
    spent[Spent.FRICTION] += friction
    spent[Spent.MOTOR] += lost
    heat = ev[Ev.MOTOR_COOLING] * (store[Store.MOTOR] - ev[Ev.AIR_TEMPERATURE])
    store[Store.MOTOR] += (lost - heat * dt) / ev[Ev.MOTOR_HEAT]
    if at_shaft + lost < 0.0:
        spent[Spent.RECUPERATED] -= at_shaft + lost
    slowing = 0.0
    if force < 0.0:
        spent[Spent.BRAKED] -= work
        slowing = -force / par[Par.MASS]
    store[Store.LIGHT] = brake_light(store[Store.LIGHT], slowing, friction)
    return at_shaft + lost


@kernel()
def feed(motor: float, state: Array, store: Array, spent: Array, ev: Array, voltages: Array, dt: float) -> None:
    """Draw what motor [J], auxiliaries and climate take in dt [s] from the battery, or store it."""
    auxiliary, climate = ev[Ev.AUXILIARY] * dt, ev[Ev.CLIMATE] * dt
    power = (motor + auxiliary + climate) / dt
    charge, temperature = store[Store.CHARGE], store[Store.BATTERY]
    resistance = inner_resistance(temperature, ev)
    current = drawn_current(power, open_voltage(charge, voltages), resistance)
    # the voltage at the step's middle: so drawing and the table's integral agree
    voltage = open_voltage(charge - 0.5 * current * dt / ev[Ev.CAPACITY], voltages)
    current = drawn_current(power, voltage, resistance)
    heat = (current * voltage - power) * dt
    store[Store.CHARGE] = charge - current * dt / ev[Ev.CAPACITY]
    cooled = ev[Ev.BATTERY_COOLING] * (temperature - ev[Ev.AIR_TEMPERATURE]) * dt
    store[Store.BATTERY] = temperature + (heat - cooled) / ev[Ev.BATTERY_HEAT]
    store[Store.POWER] = state[Car.POWER] = power
    spent[Spent.DRAWN] += power * dt
    spent[Spent.BATTERY] += heat
    spent[Spent.AUXILIARY] += auxiliary
    spent[Spent.CLIMATE] += climate


@kernel("void(f8[::1], f8[::1], f8[::1], f8, f8, b1, f8, f8[::1], f8[::1], f8[:, ::1], f8[::1], f8)")
def powered_step(
    state: Array,
    store: Array,
    spent: Array,
    accel: float,
    steering: float,
    reverse: bool,
    grade: float,
    par: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
    dt: float,
) -> None:
    """`car_step` with a powertrain: the car accelerates as that can, and every joule is accounted for.

    state (11,) by `Car`, store (7,) by `Store`, spent (15,) by `Spent` and two columns of par are advanced in place.
    """
    limit(state, store, par, ev, losses, voltages)
    speed, across, rate = state[Car.SPEED], state[Car.LATERAL_SPEED], state[Car.YAW_RATE]
    car_step(state, accel, steering, reverse, grade, par, dt)
    spend(speed, across, rate, state, store, spent, par, ev, losses, voltages, grade, dt)
