"""What a car's battery gives over speed and push: the whole powertrain in one small table, for those who plan."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row
from evpilot.types import Platform
from evpilot.types.powertrain import Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car, Par, parameters
from evpilot.vehicle.powertrain.conditions import MILD, Conditions
from evpilot.vehicle.powertrain.packing import packed
from evpilot.vehicle.powertrain.step import spend

SPEEDS, PUSHES = 61, 41  # nodes: 0 to 60 m/s; -6 to 4 m/s2
SPEED_STEP, PUSH_LOW, PUSH_STEP = 1.0, -6.0, 0.25
STEADY = 24  # the column of no push at all
DT = 0.1  # [s]
FIRMLY = 1.5  # [m/s2] a speed is gained and lost, as in town


@kernel("void(f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1], f8[:, ::1])")
def fill(store: Array, spent: Array, par: Array, ev: Array, losses: Array, voltages: Array, table: Array) -> None:
    """Fill table (SPEEDS, PUSHES) with the power [W] from inside the battery, each entry one step from store (7,)."""
    state, kept, sums = np.zeros(11), np.empty(store.shape[0]), np.empty(spent.shape[0])
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            push = PUSH_LOW + j * PUSH_STEP
            before = max(i * SPEED_STEP - 0.5 * push * DT, 0.0)
            state[Car.SPEED], state[Car.ACCEL] = max(before + push * DT, 0.0), push
            copy_row(store, kept)
            sums[:] = 0.0
            spend(before, 0.0, 0.0, state, kept, sums, par, ev, losses, voltages, 0.0, DT)
            table[i, j] = (kept[Store.POWER] * DT + sums[Spent.BATTERY]) / DT


def power_table(platform: Platform, conditions: Conditions = MILD) -> Array:
    """Power [W] (SPEEDS, PUSHES) that leaves a platform's battery, its own losses included, at 0, 1, .. m/s and a push
    of -6, -5.75, .. 4 m/s2: acceleration times the turning parts' share, plus gravity along the slope."""
    train = packed(platform, conditions)
    par = parameters(platform, conditions=conditions)
    store, spent = train.start(conditions)
    store[Store.CHARGE] = 0.5
    table = np.zeros((SPEEDS, PUSHES))
    par[Par.TURNING] = 0.0
    fill(store, spent, par, train.ev, train.losses, train.voltages, table)
    return table


@kernel()
def power_at(speed: float, push: float, table: Array) -> float:
    """Power [W] at a speed [m/s] and a push [m/s2], linear between the nodes and constant beyond them."""
    u = min(max(speed / SPEED_STEP, 0.0), SPEEDS - 1.000001)
    w = min(max((push - PUSH_LOW) / PUSH_STEP, 0.0), PUSHES - 1.000001)
    i, j = int(u), int(w)
    u -= i
    w -= j
    low = table[i, j] + u * (table[i + 1, j] - table[i, j])
    high = table[i, j + 1] + u * (table[i + 1, j + 1] - table[i, j + 1])
    return low + w * (high - low)


def motion_table(powers: Array, turning: float) -> Array:
    """What motion is worth (SPEEDS, 2) [J] at 0, 1, .. m/s on top of the way's price: what it takes from the battery to
    get that fast, and what braking from there brings back. powers as `power_table` gives them, turning the turning
    parts' share of the mass."""
    out = np.zeros((SPEEDS, 2))
    for column, push in enumerate((FIRMLY, -FIRMLY)):
        more = powers[:, round((push - PUSH_LOW) / PUSH_STEP)] - powers[:, STEADY]
        rate = more * (1.0 + turning) / push
        out[1:, column] = np.cumsum(0.5 * SPEED_STEP * (rate[1:] + rate[:-1]))
    return out


@kernel()
def motion_at(speed: float, worths: Array, column: int) -> float:
    """A column of `motion_table` at a speed [m/s], linear in its square between the nodes."""
    i = int(min(max(speed / SPEED_STEP, 0.0), SPEEDS - 1.000001))
    low, square = i * SPEED_STEP, speed * speed
    share = (square - low * low) / (SPEED_STEP * (2.0 * low + SPEED_STEP))
    return worths[i, column] + share * (worths[i + 1, column] - worths[i, column])
