"""A route cut into pieces for the kernel: at lights, stop signs and the ends of legs."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.journey.motion import slow_down
from evpilot.vehicle.journey.route import GRIP, ROLLING, SIGN_WAIT, UNSURE, Leg, Route
from evpilot.vehicle.journey.spreads import WIND_AT_CAR
from evpilot.vehicle.powertrain.conditions import COLDEST, HOTTEST, Conditions
from evpilot.vehicle.powertrain.packing import climate_power
from evpilot.vehicle.powertrain.road import road_load

ACCEL, BRAKE = 1.2, 1.0  # [m/s2] in everyday traffic: highD, and the set-offs of the WLTC
SLOWEST = 60.0 / 3.6  # [m/s] nobody is asked to go slower than this to save energy
SURPLUS = 0.3  # [m/s] the pilot keeps under the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is uncertain, as the journey's motion is told: offsets from what is expected (wind [m/s] against the car at
    10 m, temperature [K]) and factors."""

    wind: float = 0.0
    temperature: float = 0.0
    rolling: float = 1.0
    air: float = 1.0
    pace: float = 1.0
    lights: float = 1.0
    vigour: float = 1.0
    auxiliaries: float = 1.0
    climate: float = 1.0


USUAL = World()


def pieces_of(platform: Platform, route: Route, conditions: Conditions, pace: float, world: World) -> Array:
    """Pieces (K, 12) by `Piece`; pace is the share of the limit that the car drives where traffic allows it."""
    rows: list[tuple[float, ...]] = []
    weather: dict[float, tuple[float, ...]] = {}
    for number, leg in enumerate(route.legs):
        told = leg.temperature if leg.temperature is not None else conditions.temperature
        if told not in weather:
            weather[told] = _weather(platform, conditions, told + world.temperature)
        air, rolling, rise, climate = weather[told]
        warm = told + world.temperature
        wet = ROLLING[leg.surface] * (1.0 + UNSURE[leg.surface] * (world.rolling - 1.0))
        wind = WIND_AT_CAR * (leg.headwind + world.wind)
        cruise = min(cruise_speed(leg, pace) * world.pace, platform.speed_max)
        for length, share, wait in _cut(leg, world.lights):
            leave = cruise * math.sqrt(1.0 - share)
            # a share of all cars' stops takes their time; slowing down by as much energy would take less
            lost = share * wait + _lost(cruise, leave, share, world)
            rows.append(
                (length, cruise, leave, lost, leg.grade, wind, air * world.air, rolling * wet, rise * wet, warm,
                 climate * world.climate, number)
            )  # fmt: skip
    out = np.array(rows)
    slow_down(out, BRAKE * world.vigour * min(GRIP[leg.surface] for leg in route.legs) ** 0.5)
    return out


def cruise_speed(leg: Leg, pace: float) -> float:
    """The speed [m/s] on a free stretch of a leg at a pace, a share of the limit; SLOWEST at least, where allowed."""
    allowed = min(leg.limit * leg.pace, leg.limit * 1.1)
    wanted = max(pace * leg.limit, min(SLOWEST, leg.limit)) if pace < 1.0 else leg.limit - SURPLUS
    return max(min(allowed, wanted), 0.5)


def _cut(leg: Leg, more: float) -> list[tuple[float, float, float]]:
    """Length [m], probability of a stop at the end, and how long [s] that lasts, for each stretch of a leg."""
    stops = [(min(leg.red_share * more, 1.0), leg.wait)] * leg.lights + [(1.0, SIGN_WAIT)] * leg.stop_signs
    if not stops:
        return [(leg.length, 0.0, 0.0)]
    step = leg.length / len(stops)
    rows = [(0.5 * step if k == 0 else step, share, wait) for k, (share, wait) in enumerate(stops)]
    return [*rows, (0.5 * step, 0.0, 0.0)]


def _lost(cruise: float, leave: float, share: float, world: World) -> float:
    """Time [s] that a share of stops from cruise [m/s] takes beyond slowing down to `leave` and speeding up again."""
    each = 0.5 * (1.0 / ACCEL + 1.0 / BRAKE) / world.vigour
    return each * (share * cruise - (cruise - leave) ** 2 / cruise)


def _weather(platform: Platform, conditions: Conditions, temperature: float) -> tuple[float, float, float, float]:
    """Air, rolling resistance and its rise, and what climate takes, at a temperature [K]."""
    warm = min(max(temperature, COLDEST), HOTTEST)
    there = Conditions(temperature=warm, pressure=conditions.pressure, climate=conditions.climate)
    return *road_load(platform, there), climate_power(platform, there)
