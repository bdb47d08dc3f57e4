"""A car that follows a speed trace as a driver on a test bench does, as well as its powertrain can."""

from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import LOST, Platform, Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.cycles.traces import Trace
from evpilot.vehicle.dynamics import Car, Par, accel_bounds, parameters
from evpilot.vehicle.powertrain.conditions import CERTIFIED, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of
from evpilot.vehicle.powertrain.packing import Packed, packed
from evpilot.vehicle.powertrain.step import kinetic, limit, spend

STEP = 0.1  # [s]
CHARGING = 0.86  # battery over wall: charger, cable and the battery's own resistance while it is charged
SPEED_SLACK, TIME_SLACK = 2.0 / 3.6, 1.0  # [m/s], [s] UN GTR 15, annex 6, 2.6.8.3: how far a driver may be off
WH = 3.6e3  # [J]


@kernel("void(f8[::1], f8[::1], f8, f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1])")
def follow(
    wanted: Array,
    grade: Array,
    dt: float,
    store: Array,
    spent: Array,
    par: Array,
    ev: Array,
    losses: Array,
    voltages: Array,
    rows: Array,
    sums: Array,
) -> None:
    """Follow speeds [m/s] (N,) on grades [rad] (N,) at steps of dt [s], straight on.

    Writes rows (N, 5): speed, acceleration, power at the battery, its charge, its temperature; and sums (N, 15), spent
    after each step. The first row is the start.
    """
    state = np.zeros(11)
    state[Car.SPEED] = wanted[0]
    for k in range(len(wanted)):
        if k > 0:
            limit(state, store, par, ev, losses, voltages)
            before = state[Car.SPEED]
            least, most = accel_bounds(before, grade[k], par)
            accel = min(most, max(least, (wanted[k] - before) / dt))
            state[Car.SPEED] = min(par[Par.SPEED_MAX], max(0.0, before + accel * dt))
            state[Car.ACCEL] = (state[Car.SPEED] - before) / dt
            spend(before, 0.0, 0.0, state, store, spent, par, ev, losses, voltages, grade[k], dt)
        rows[k, 0], rows[k, 1], rows[k, 2] = state[Car.SPEED], state[Car.ACCEL], store[Store.POWER]
        rows[k, 3], rows[k, 4] = store[Store.CHARGE], store[Store.BATTERY]
        sums[k] = spent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """A driven cycle, at K steps.

    time (K,) [s]; speed, wanted (K,) [m/s]; power (K,) [W] at the battery; charge (K,) usable, 0..1; spent (15,) [J] by
    `Spent`; sums (K, 15) its course; stored [J] is what the battery lost inside, kinetic and potential [J] what the car
    gained: the other side of the balance; mass [kg]. off is how far [m/s] the car fell short of the trace beyond the
    legal slack.
    """

    trace: Trace
    time: Array
    speed: Array
    wanted: Array
    power: Array
    charge: Array
    spent: Array
    sums: Array
    stored: float
    kinetic: float
    potential: float
    mass: float
    off: float

    @property
    def distance(self) -> float:
        """Driven [m]."""
        return float(self.spent[Spent.DISTANCE])

    @property
    def battery_per_km(self) -> float:
        """Energy at the battery's terminals [Wh/km]; auxiliaries over the time that the cycle lasts by its law."""
        drawn, took = float(self.spent[Spent.DRAWN]), float(self.time[-1])
        standing = float(self.spent[Spent.AUXILIARY] + self.spent[Spent.CLIMATE]) * (1.0 - self.trace.seconds / took)
        return (drawn - standing) / WH / self.distance * 1e3

    @property
    def wall_per_km(self) -> float:
        """Energy at the wall [Wh/km]."""
        return self.battery_per_km / CHARGING

    @property
    def recuperated_share(self) -> float:
        """What of the work taken by braking came back to the battery's terminals, 0..1."""
        braked = float(self.spent[Spent.BRAKED])
        return float(self.spent[Spent.RECUPERATED]) / braked if braked > 0.0 else 0.0

    @property
    def imbalance(self) -> float:
        """What the two sides of the energy balance differ by, over the throughput: numbers' noise and nothing else."""
        lost = float(np.sum(self.spent[list(LOST)]))
        return (self.stored - self.kinetic - self.potential - lost) / max(lost + abs(self.potential), 1.0)


def bench(
    platform: Platform,
    trace: Trace,
    conditions: Conditions = CERTIFIED,
    *,
    mass: float = 0.0,
    train: Packed | None = None,
    par: Array | None = None,
) -> Bench:
    """Drive a trace with a car of its test mass, or of another [kg]; train and par take the place of the platform's.

    Raises EvpilotError on conditions out of range.
    """
    train = train or packed(platform, conditions)
    mass = mass or powertrain_of(platform).test_mass
    par = parameters(platform, conditions=conditions, mass=mass) if par is None else par
    count = round(trace.time[-1] / STEP) + 1
    time = STEP * np.arange(count)
    wanted = np.interp(time, trace.time, trace.speed)
    grade = np.interp(time - 0.5 * STEP, trace.time, trace.grade)
    store, spent = train.start(conditions)
    before = train.stored(float(store[Store.CHARGE]))
    rows, sums = np.zeros((count, 5)), np.zeros((count, len(spent)))
    follow(wanted, grade, STEP, store, spent, par, train.ev, train.losses, train.voltages, rows, sums)
    first, last = (kinetic(float(rows[k, 0]), 0.0, 0.0, par) for k in (0, -1))
    return Bench(
        trace=trace,
        time=time,
        speed=rows[:, 0],
        wanted=wanted,
        power=rows[:, 2],
        charge=train.usable(rows[:, 3]),
        spent=spent,
        sums=sums,
        stored=before - train.stored(float(store[Store.CHARGE])),
        kinetic=last - first,
        potential=float(par[Par.MASS]) * 9.81 * float(store[Store.HEIGHT]),
        mass=float(par[Par.MASS]),
        off=_off(rows[:, 0], wanted),
    )


def _off(speed: Array, wanted: Array) -> float:
    """The largest distance [m/s] from the band that the trace and its slack in time and speed leave."""
    reach = round(TIME_SLACK / STEP)
    padded = np.pad(wanted, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    low, high = windows.min(axis=1) - SPEED_SLACK, windows.max(axis=1) + SPEED_SLACK
    return float(max(np.max(low - speed), np.max(speed - high), 0.0))
