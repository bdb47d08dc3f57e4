"""Journeys as they turn out: made-up routes, and a world that nobody told the predictor of, driven at 50 Hz.

What is drawn here is drawn by other code and in another way than the predictor's spreads: lights with cycles of their
own that the car comes upon, a stream of traffic whose speed wanders, gusts, a roughness of the land, a car that is not
quite what its file says, an Intelligent Driver behind the wheel. The car is the simulated one, step by step.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import Platform, Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.driver import idm_accel
from evpilot.vehicle.dynamics import Car, Par, parameters
from evpilot.vehicle.journey.route import Charger, Leg, Route
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import KELVIN, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of
from evpilot.vehicle.powertrain.packing import climate_power, packed
from evpilot.vehicle.powertrain.road import road_load
from evpilot.vehicle.powertrain.step import powered_step

DT = 0.02  # [s]
SEEN = 120.0  # [m] from where a light is seen
LONGEST = 6 * 3600  # [s]
SLOWEST = 60.0 / 3.6  # [m/s]
LENGTH, LIMIT, FLOW, GRADE, WIND, AIR, ROLLING, RISE, TEMPERATURE, CLIMATE = range(10)
PLACE, CYCLE, GREEN, OFFSET = range(4)


@kernel(
    "i8(f8, f8, f8, f8[:, ::1], f8[::1], f8[:, ::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1],"
    "f8[:, ::1], f8[::1], f8[::1])"
)
def drive_on(
    until: float,
    pace: float,
    height: float,
    legs: Array,
    ends: Array,
    lights: Array,
    gusts: Array,
    stream: Array,
    driver: Array,
    state: Array,
    store: Array,
    spent: Array,
    par: Array,
    losses: Array,
    ev: Array,
    voltages: Array,
) -> int:
    """Drive on until a place [m]; state[Car.X] is where the car is, state[Car.Y] its clock [s]. Answers 1 when the
    battery is empty or nothing moves any more."""
    sign = 0  # the next light or sign
    still = 0.0
    while state[Car.X] < until - 0.05:
        s, t, v = state[Car.X], state[Car.Y], state[Car.SPEED]
        leg = min(np.searchsorted(ends, s, side="right") - 1, len(legs) - 1)
        row = legs[leg]
        par[Par.AIR], par[Par.ROLLING], par[Par.ROLLING_RISE] = row[AIR], row[ROLLING], row[RISE]
        ev[Ev.AIR_TEMPERATURE], ev[Ev.CLIMATE] = row[TEMPERATURE], row[CLIMATE]
        second = min(int(t), len(gusts) - 1)
        ev[Ev.WIND_X] = -height * (row[WIND] + gusts[second])
        most = row[LIMIT]
        if pace < 1.0:
            most = max(pace * most, min(SLOWEST, most))
        wanted = max(min(row[FLOW] * (1.0 + stream[second]), most), 1.0)
        accel = idm_accel(v, wanted, 1e9, 0.0, 2.0, 1.2, driver[0], driver[1])
        # slower stretches ahead, and where the journey ends
        for k in range(leg + 1, min(leg + 4, len(legs) + 1)):
            there = 0.0
            if k < len(legs):
                there = min(legs[k, LIMIT], max(legs[k, FLOW], 1.0))
            room = ends[k] - s - 0.5 * v
            if v > there and room < (v * v - there * there) / (2.0 * driver[1]) + 2.0:
                accel = min(accel, -(v * v - there * there) / (2.0 * max(room, 0.5)))
            if k == len(legs) and v < 1.0:
                accel = max(accel, 0.3)
        while sign < len(lights) and lights[sign, PLACE] < s - 0.5:
            sign += 1
        if sign < len(lights) and lights[sign, PLACE] - s < SEEN:
            gap = lights[sign, PLACE] - s
            cycle = lights[sign, CYCLE]
            if cycle > 0.0:
                red = (t + lights[sign, OFFSET]) % cycle > lights[sign, GREEN]
            else:
                red = still < 2.0
                if not red:
                    sign += 1
                    still = 0.0
            if red and v * v < 2.0 * 3.5 * gap:
                accel = min(accel, idm_accel(v, wanted, gap + 1.5, v, 2.0, 1.0, driver[0], driver[1]))
                still = still + DT if v < 0.3 and gap < 6.0 else 0.0
        before = state[Car.X]
        state[Car.Y] = 0.0
        powered_step(state, store, spent, accel, 0.0, False, row[GRADE], par, ev, losses, voltages, DT)
        state[Car.Y] = t + DT
        if store[Store.CHARGE] < ev[Ev.WINDOW_LOW] or t > LONGEST:
            return 1
        if before == state[Car.X] and v == 0.0 and accel > 0.1 and row[GRADE] > 0.15:
            return 1
    return 0


@dataclass(kw_only=True, eq=False)
class Journey:
    """A route as forecast, and the car in the world as it turns out."""

    platform: Platform
    route: Route
    conditions: Conditions
    legs: Array
    lights: Array
    gusts: Array
    stream: Array
    driver: Array
    height: float
    par: Array
    ev: Array
    losses: Array
    voltages: Array
    state: Array
    store: Array
    spent: Array

    def __post_init__(self) -> None:
        self._train = packed(self.platform, self.conditions)

    def drive(self, until: float, pace: float = 1.0) -> bool:
        """Drive on until a place [m]; False when the car stands before it."""
        failed = drive_on(
            until, pace, self.height, self.legs, self.route.ends, self.lights, self.gusts, self.stream, self.driver,
            self.state, self.store, self.spent, self.par, self.losses, self.ev, self.voltages,
        )  # fmt: skip
        return not failed

    @property
    def charge(self) -> float:
        """Usable, 0..1."""
        return float(self._train.usable(self.store[Store.CHARGE]))

    @charge.setter
    def charge(self, value: float) -> None:
        self.store[Store.CHARGE] = self.ev[Ev.WINDOW_LOW] + value * self.ev[Ev.WINDOW]

    @property
    def drawn(self) -> float:
        """At the battery's terminals so far [J]."""
        return float(self.spent[Spent.DRAWN])

    @property
    def inside(self) -> float:
        """From inside the battery so far [J]."""
        return float(self.spent[Spent.DRAWN] + self.spent[Spent.BATTERY])

    def again(self) -> "Journey":
        """The same world once more, from the start."""
        train = packed(self.platform, self.conditions)
        store, spent = train.start(self.conditions)
        return dataclasses.replace(
            self, state=np.zeros(11), store=store, spent=spent, ev=self.ev.copy(), par=self.par.copy()
        )


def cars() -> list[str]:
    """All electric platforms."""
    return [key for key in platforms.names() if key != "bmw320i"]


def journey(seed: int, charge: float = 1.0) -> Journey:
    """A journey that nobody has seen before, by its seed."""
    rng = np.random.default_rng([20261128, seed])
    platform = platforms.load(str(rng.choice(cars())))
    kind = str(rng.choice(["town", "country", "motorway", "mixed", "hills"]))
    temperature = KELVIN + float(rng.uniform(-12.0, 36.0))
    legs = _legs(rng, kind, temperature)
    length = sum(leg.length for leg in legs)
    chargers: tuple[Charger, ...] = ()
    if length > 40e3 and rng.random() < 0.6:
        places = np.sort(rng.uniform(0.1, 0.95, int(rng.integers(1, 5)))) * length
        chargers = tuple(
            Charger(name=f"charger {k + 1}", at=float(place), power=float(rng.choice([50e3, 150e3, 300e3])))
            for k, place in enumerate(places)
        )
    route = Route(name=f"{kind} {seed}", legs=legs, chargers=chargers)
    conditions = Conditions(charge=charge, temperature=temperature, climate=bool(rng.random() < 0.8))
    return _turned_out(platform, route, conditions, rng)


def elsewhere(made: Journey, seed: int, number: int) -> Journey:
    """A journey of a seed, its route and forecast, in another world, by its number."""
    return _turned_out(made.platform, made.route, made.conditions, np.random.default_rng([20261129, seed, number]))


def _legs(rng: np.random.Generator, kind: str, temperature: float) -> tuple[Leg, ...]:
    parts = {
        "town": [("town", rng.uniform(3e3, 18e3))],
        "country": [("town", 2e3), ("country", rng.uniform(10e3, 60e3)), ("town", 2e3)],
        "motorway": [("town", 2e3), ("motorway", rng.uniform(30e3, 220e3)), ("town", 3e3)],
        "mixed": [("town", 4e3), ("country", 12e3), ("motorway", rng.uniform(10e3, 60e3)), ("town", 4e3)],
        "hills": [("town", 1e3), ("hills", rng.uniform(10e3, 50e3)), ("town", 1e3)],
    }[kind]
    wind, towards, heading = rng.gamma(2.0, 2.0), rng.uniform(0.0, 2 * math.pi), rng.uniform(0.0, 2 * math.pi)
    weather = rng.random()
    surface = "snow" if temperature < KELVIN + 1.0 and weather < 0.15 else "wet" if weather < 0.3 else "dry"
    legs: list[Leg] = []
    busy = rng.uniform(0.7, 1.05)
    for what, metres in parts:
        left = float(metres)
        slope = 0.0
        while left > 100.0:
            step = {"town": (300, 1500), "country": (800, 4000), "motorway": (2000, 9000), "hills": (500, 2500)}[what]
            size = min(left, float(rng.uniform(*step)))
            kmh = {
                "town": (30, 50, 50, 60),
                "country": (70, 80, 100),
                "motorway": (100, 120, 130),
                "hills": (50, 70, 80),
            }
            steep = {"town": 0.012, "country": 0.02, "motorway": 0.015, "hills": 0.05}[what]
            slope = 0.6 * slope + float(rng.normal(0.0, steep))
            heading += float(rng.normal(0.0, 0.5))
            pace = min(1.0, busy * float(rng.uniform(0.85, 1.0))) if what in ("town", "motorway") else 0.97
            legs.append(
                Leg(
                    length=size,
                    limit=float(rng.choice(kmh[what])) / 3.6,
                    grade=float(np.clip(slope, -0.1, 0.1)),
                    lights=int(rng.poisson(size / 500.0)) if what == "town" else int(rng.random() < 0.1),
                    stop_signs=int(what == "town" and rng.random() < 0.15),
                    pace=pace,
                    headwind=float(wind * math.cos(heading - towards)),
                    surface=surface,
                )
            )
            left -= size
    return tuple(legs)


def _turned_out(platform: Platform, route: Route, forecast: Conditions, rng: np.random.Generator) -> Journey:
    """The world as it turns out, and the car as it is."""
    warm = forecast.temperature + float(rng.normal(0.0, 1.5))
    actual = dataclasses.replace(forecast, temperature=min(max(warm, 225.0), 330.0))
    mass = powertrain_of(platform).test_mass + float(rng.uniform(-100.0, 110.0))
    rough = 0.1 * math.exp(float(rng.normal(0.0, 0.5)))
    height = math.log(0.7 / min(rough, 0.35)) / math.log(10.0 / min(rough, 0.35))
    error = rng.normal(0.0, 1.3, 2)
    heading = float(rng.uniform(0.0, 2 * math.pi))
    bias, tyres = float(rng.normal(0.0, 0.02)), math.exp(float(rng.normal(0.0, 0.045)))
    shape, surface = float(rng.normal(1.0, 0.015)), float(rng.uniform(0.93, 1.08))
    wetness = {"dry": 1.0, "wet": float(rng.uniform(1.04, 1.16)), "snow": float(rng.uniform(1.2, 1.5))}
    air, rolling, rise = road_load(platform, actual)
    climate = climate_power(platform, actual) * float(rng.uniform(0.75, 1.25))
    rows: list[list[float]] = []
    for leg in route.legs:
        heading += float(rng.normal(0.0, 0.4))
        off = error[0] * math.cos(heading) + error[1] * math.sin(heading)
        wet = wetness[leg.surface] * tyres * (1.0 + 0.3 * (surface - 1.0))
        flow = leg.limit * leg.pace * (1.0 + bias + float(rng.normal(0.0, 0.02)))
        rows.append(
            [leg.length, leg.limit, flow, leg.grade, leg.headwind + off, air * shape, rolling * wet, rise * wet,
             actual.temperature, climate]
        )  # fmt: skip
    train = packed(platform, actual)
    store, spent = train.start(actual)
    ev = train.ev.copy()
    ev[Ev.AUXILIARY] *= math.exp(float(rng.normal(0.0, 0.12)))
    return Journey(
        platform=platform,
        route=route,
        conditions=forecast,
        legs=np.array(rows),
        lights=_lights(route, rng),
        gusts=_wander(rng, 0.25 * (2.0 + float(rng.gamma(2.0, 1.5))), 12.0),
        stream=_wander(rng, 0.03, 40.0),
        driver=np.array([rng.uniform(0.9, 1.7), rng.uniform(0.9, 1.6)]),
        height=height,
        par=parameters(platform, dynamic=False, conditions=actual, mass=mass),  # straight on, no tyre slips aside
        ev=ev,
        losses=train.losses * float(rng.normal(1.0, 0.08)),
        voltages=train.voltages,
        state=np.zeros(11),
        store=store,
        spent=spent,
    )


def _lights(route: Route, rng: np.random.Generator) -> Array:
    """Place, cycle, green time and offset of each light (a stop sign has no cycle), in their order."""
    rows: list[list[float]] = []
    luck = float(rng.normal(0.0, 0.05))
    for start, leg in zip(route.ends, route.legs, strict=False):
        for place in rng.uniform(0.05, 0.95, leg.lights) * leg.length:
            cycle = float(rng.uniform(55.0, 95.0))
            red = min(max(leg.red_share + luck + float(rng.normal(0.0, 0.08)), 0.1), 0.8)
            rows.append([start + float(place), cycle, cycle * (1.0 - red), float(rng.uniform(0.0, cycle))])
        signs = rng.uniform(0.05, 0.95, leg.stop_signs) * leg.length
        rows.extend([start + float(place), 0.0, 0.0, 0.0] for place in signs)
    return np.array(sorted(rows)).reshape(-1, 4)


def _wander(rng: np.random.Generator, sd: float, seconds: float) -> Array:
    """A quantity that wanders about 0, a value for each second."""
    keep = math.exp(-1.0 / seconds)
    out, value = np.empty(LONGEST), 0.0
    for k, step in enumerate(rng.normal(0.0, sd * math.sqrt(1.0 - keep * keep), LONGEST)):
        value = keep * value + step
        out[k] = value
    return out
