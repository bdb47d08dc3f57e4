"""The simulated car: one compiled call for each planning tick, from the plan to the wheels and back.

At every step of the fast clock: control -> gate -> actuators -> dynamics. The exact model has one step a tick.
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.control.kernel import Tune, follow, follow_exact
from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.guard.gate import gate
from evpilot.guard.tail import tail_command
from evpilot.runlog.record import Cmd, Ego
from evpilot.types import EgoState
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car, Par, ks_bounds, ks_step
from evpilot.vehicle.powertrain.step import powered_step, spend, wind_ahead


class Held(IntEnum):
    """Columns of a held command (4,): when USED is 1 it replaces the plan for the tick."""

    USED = 0
    ACCEL = 1
    STEERING = 2
    REVERSE = 3


@kernel()
def write_row(state: Array, row: Array) -> None:
    """A car's state (11,) as a row (10,) of `RunLog.ego`."""
    row[Ego.X], row[Ego.Y], row[Ego.YAW] = state[Car.X], state[Car.Y], state[Car.YAW]
    row[Ego.SPEED], row[Ego.ACCEL] = state[Car.SPEED], state[Car.ACCEL]
    row[Ego.Z], row[Ego.LATERAL_ACCEL] = state[Car.Z], state[Car.LATERAL_ACCEL]
    row[Ego.YAW_RATE], row[Ego.STEERING], row[Ego.POWER] = (
        state[Car.YAW_RATE],
        state[Car.STEERING],
        state[Car.POWER],
    )


@kernel(
    "i8(f8[::1], f8[:, ::1], f8, f8[:, ::1], f8, f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8, i8, f8, "
    "f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1])"
)
def drive_tick(
    state: Array,
    plan: Array,
    seconds: float,
    tail: Array,
    tail_seconds: float,
    held: Array,
    last: Array,
    par: Array,
    tune: Array,
    bound: Array,
    grade: float,
    source: int,
    dt: float,
    rows: Array,
    commands: Array,
    store: Array,
    spent: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
) -> int:
    """Drive the car through one tick; the number of fast steps is that of rows (n, 10) and commands (n, 3).

    state (11,) by `Car` and last (2,), the command that passed before, are advanced in place. plan and tail (., 7) are
    packed plans, `seconds` and `tail_seconds` the times since their starts; held (4,) by `Held`. grade [rad] of the
    road. store (7,), spent (15,), ev, losses and voltages are the powertrain's, as `powered_step` takes them. Answers
    how many commands the gate replaced because they were not numbers.
    """
    replaced = 0
    reverse = False
    for k in range(rows.shape[0]):
        if held[Held.USED] != 0.0:
            accel, steering, reverse = held[Held.ACCEL], held[Held.STEERING], held[Held.REVERSE] != 0.0
        else:
            accel, steering, reverse = follow(plan, seconds + k * dt, state, tune)
        spare_accel, spare_steering = tail_command(
            tail, tail_seconds + k * dt, tune[Tune.WHEELBASE], tune[Tune.UNDERSTEER]
        )
        accel, steering, by = gate(
            accel,
            steering,
            spare_accel,
            spare_steering,
            last[0],
            last[1],
            state[Car.SPEED],
            reverse,
            source,
            tune[Tune.WHEELBASE],
            tune[Tune.UNDERSTEER],
            bound,
            dt,
        )
        replaced += by != source
        last[0], last[1] = accel, steering
        powered_step(state, store, spent, accel, steering, reverse, grade, par, ev, losses, voltages, dt)
        write_row(state, rows[k])
        commands[k, Cmd.ACCEL], commands[k, Cmd.STEERING], commands[k, Cmd.SOURCE] = accel, steering, by
    return replaced


@kernel(
    "i8(f8[::1], f8[:, ::1], f8, f8[:, ::1], f8, f8[::1], f8[::1], f8[::1], f8[::1], i8, f8, f8[::1], f8[::1], "
    "f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1])"
)
def drive_exact(
    state: Array,
    plan: Array,
    seconds: float,
    tail: Array,
    tail_seconds: float,
    held: Array,
    last: Array,
    par: Array,
    bound: Array,
    source: int,
    dt: float,
    row: Array,
    command: Array,
    store: Array,
    spent: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
) -> int:
    """One step dt [s] of CommonRoad's KS model; arguments as `drive_tick`, row (10,) and command (3,). The motion knows
    no powertrain; what it takes is accounted for."""
    speed, steering, turning = state[Car.SPEED], state[Car.STEERING], state[Car.YAW_RATE]
    reverse = held[Held.USED] != 0.0 and held[Held.REVERSE] != 0.0
    if held[Held.USED] != 0.0:
        accel, wanted = held[Held.ACCEL], held[Held.STEERING]
    else:
        accel, rate = follow_exact(plan, seconds, dt, state, par)
        wanted = steering + rate * dt
        reverse = speed + accel * dt < 0.0
    spare_accel, spare_steering = tail_command(tail, tail_seconds, par[Par.WHEELBASE], 0.0)
    accel, wanted, by = gate(
        accel,
        wanted,
        spare_accel,
        spare_steering,
        last[0],
        steering,
        speed,
        reverse,
        source,
        par[Par.WHEELBASE],
        0.0,
        bound,
        dt,
    )
    least, most = ks_bounds(speed, steering, par, dt)
    accel = min(most, max(least, accel))
    if speed >= 0.0 and not reverse:
        accel = max(accel, -speed / dt)
    rate = (wanted - steering) / dt
    last[0], last[1] = accel, wanted
    x, y, yaw, after, turned = ks_step(
        state[Car.X], state[Car.Y], state[Car.YAW], speed, steering, accel, rate, par[Par.WHEELBASE], dt
    )
    state[Car.X], state[Car.Y], state[Car.YAW] = x, y, wrap(yaw)
    state[Car.SPEED] = 0.0 if abs(after) < 1e-9 else after
    state[Car.STEERING], state[Car.ACCEL], state[Car.LATERAL_SPEED] = turned, accel, 0.0
    state[Car.YAW_RATE] = state[Car.SPEED] * math.tan(turned) / par[Par.WHEELBASE]
    state[Car.LATERAL_ACCEL] = state[Car.SPEED] * state[Car.YAW_RATE]
    par[Par.HEADWIND] = wind_ahead(state[Car.YAW], ev)
    spend(speed, 0.0, turning, state, store, spent, par, ev, losses, voltages, 0.0, dt)
    write_row(state, row)
    command[Cmd.ACCEL], command[Cmd.STEERING], command[Cmd.SOURCE] = accel, turned, by
    return int(by != source)


def ego_state(state: Array, t_ns: int) -> EgoState:
    """A car's state (11,) as the record, known exactly."""
    return EgoState(
        t_ns=t_ns,
        pose=state[[Car.X, Car.Y, Car.Z, Car.YAW]],
        velocity=state[[Car.SPEED, Car.LATERAL_SPEED]],
        accel=state[[Car.ACCEL, Car.LATERAL_ACCEL]],
        yaw_rate=float(state[Car.YAW_RATE]),
        steering=float(state[Car.STEERING]),
        cov=np.zeros((6, 6)),
    )
