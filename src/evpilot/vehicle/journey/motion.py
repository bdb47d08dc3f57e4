"""A car on its way along a route: set off, hold the speed, brake for what comes, wait; long steps on steady ways.

Every joule goes through the simulated car's own powertrain step: there is one physics only.
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.powertrain import Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car, Par, accel_bounds
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.losses import lost_power
from evpilot.vehicle.powertrain.step import feed, limit, spend

STEP, LONG = 1.0, 10.0  # [s] while the speed changes, and while it does not
GENTLE = 0.15  # [m/s2] at least, towards the wanted speed
CRAWL = 0.2  # [m/s] who gets no faster than this does not get on


class Piece(IntEnum):
    """Columns of a piece of the way (K, 12): one speed, one grade, one weather; SI units.

    LEAVE is the speed at its end, WAIT [s] the time spent there, LEG the leg that it belongs to.
    """

    LENGTH = 0
    CRUISE = 1
    LEAVE = 2
    WAIT = 3
    GRADE = 4
    HEADWIND = 5
    AIR = 6
    ROLLING = 7
    RISE = 8
    AIR_TEMPERATURE = 9
    CLIMATE = 10
    LEG = 11


class Passed(IntEnum):
    """Columns of what was taken until a leg's end (L, 3): time [s]; energy at the battery's terminals and from inside
    of it [J]."""

    TIME = 0
    DRAWN = 1
    INSIDE = 2


@kernel("void(f8[:, ::1], f8)")
def slow_down(pieces: Array, brake: float) -> None:
    """Nothing is left faster than the next piece is driven, nor than can be braked from [m/s2]; the journey ends at
    rest. Changes LEAVE of pieces (K, 12)."""
    after = 0.0
    for k in range(pieces.shape[0] - 1, -1, -1):
        piece = pieces[k]
        piece[Piece.LEAVE] = min(piece[Piece.LEAVE], after)
        entry = math.sqrt(piece[Piece.LEAVE] ** 2 + 2.0 * brake * piece[Piece.LENGTH])
        after = min(piece[Piece.CRUISE], entry)


@kernel()
def next_speed(speed: float, left: float, piece: Array, accel: float, brake: float, par: Array) -> tuple[float, float]:
    """The speed [m/s] after a step and how long [s] that is, `left` [m] before the end of a piece."""
    cruise, leave = piece[Piece.CRUISE], piece[Piece.LEAVE]
    _, most = accel_bounds(speed, piece[Piece.GRADE], par)
    room = (speed * speed - leave * leave) / (2.0 * brake)
    if speed > leave and left <= room + 0.01:
        rate = max((speed * speed - leave * leave) / (2.0 * max(left, 0.01)), 0.1)
        dt = min(STEP, (speed - leave) / rate)
        return max(speed - rate * dt, leave), dt
    if speed > cruise + 1e-6:
        return max(cruise, speed - 0.5 * brake * STEP), STEP
    ratio = speed / cruise
    wanted = max(accel * (1.0 - ratio**4), GENTLE)
    rise = min(most, wanted)
    if rise < 0.0:
        return max(speed + rise * STEP, 0.0), STEP
    if speed < cruise - 1e-6:
        after = min(cruise, speed + rise * STEP)
        # no faster than what can still be braked from
        top = math.sqrt(leave * leave + 2.0 * brake * max(left - 0.5 * (speed + after) * STEP, 0.0))
        return max(min(after, top), min(speed, after)), STEP
    free = left - (speed * speed - leave * leave) / (2.0 * brake) if speed > leave else left
    return speed, min(LONG, max(free, 0.01) / max(speed, CRAWL))


@kernel(
    "i8(f8[:, ::1], f8, f8, f8, f8, f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1], f8[:, ::1])",
)
def travel(
    pieces: Array,
    start: float,
    accel: float,
    brake: float,
    least: float,
    store: Array,
    spent: Array,
    par: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
    rows: Array,
) -> int:
    """Drive pieces (K, 12) by `Piece` from a speed [m/s], with a comfortable acceleration and braking [m/s2].

    The battery begins as full as store (7,) has it, and is never emptier than the state of charge `least`: what is
    taken does not hang on when it was charged on the way. Writes rows (L, 3) by `Passed`, and into par and ev each
    piece's weather; answers 0, or the number of the piece, from 1, on which the car does not get on.
    """
    state = np.zeros(11)
    state[Car.SPEED] = start
    clock = 0.0
    store[Store.CHARGE] = max(store[Store.CHARGE], least)
    for k in range(pieces.shape[0]):
        piece = pieces[k]
        par[Par.AIR], par[Par.ROLLING], par[Par.ROLLING_RISE] = (
            piece[Piece.AIR],
            piece[Piece.ROLLING],
            piece[Piece.RISE],
        )
        ev[Ev.WIND_X], ev[Ev.AIR_TEMPERATURE] = -piece[Piece.HEADWIND], piece[Piece.AIR_TEMPERATURE]
        ev[Ev.CLIMATE] = piece[Piece.CLIMATE]
        left = piece[Piece.LENGTH]
        while left > 0.01:
            limit(state, store, par, ev, losses, voltages)
            before = state[Car.SPEED]
            after, dt = next_speed(before, left, piece, accel, brake, par)
            way = 0.5 * (before + after) * dt
            if way > left:
                after, dt = before + (after - before) * left / way, dt * left / way
                way = 0.5 * (before + after) * dt
            if way < 1e-4:
                if piece[Piece.LEAVE] < CRAWL and left < 1.0:
                    break
                return k + 1
            state[Car.SPEED], state[Car.ACCEL] = after, (after - before) / dt
            spend(before, 0.0, 0.0, state, store, spent, par, ev, losses, voltages, piece[Piece.GRADE], dt)
            store[Store.CHARGE] = max(store[Store.CHARGE], least)
            left -= way
            clock += dt
        if piece[Piece.WAIT] > 0.0:
            idle = lost_power(0.0, 0.0, ev[Ev.MAP_SPEED], ev[Ev.TORQUE], losses) * piece[Piece.WAIT]
            feed(idle, state, store, spent, ev, voltages, piece[Piece.WAIT])
            store[Store.CHARGE] = max(store[Store.CHARGE], least)
            clock += piece[Piece.WAIT]
        row = rows[int(piece[Piece.LEG])]
        row[Passed.TIME], row[Passed.DRAWN] = clock, spent[Spent.DRAWN]
        row[Passed.INSIDE] = spent[Spent.DRAWN] + spent[Spent.BATTERY]
    return 0
