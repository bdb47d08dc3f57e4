"""A route as energy sees it: legs, each of one limit, grade, traffic and weather, and the chargers along it."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.files import EvpilotError
from evpilot.types import checks
from evpilot.types.state import Array

LEGS_MAX, CHARGERS_MAX = 5_000, 200
LENGTH_MAX = 3e6  # [m] of a whole route
RED_SHARE = 0.45  # estimated: of the lights that a car meets, at equal greens and some coordination
WAIT = 15.0  # [s] estimated: half a red phase of 30 s
SIGN_WAIT = 2.0  # [s] at a stop sign
ROLLING = {"dry": 1.0, "wet": 1.1, "snow": 1.35}  # estimated: rolling resistance against a dry road's
UNSURE = {"dry": 1.0, "wet": 1.2, "snow": 2.0}  # estimated: its spread, with the water's or snow's depth, against that
GRIP = {"dry": 1.0, "wet": 0.7, "snow": 0.3}  # of a dry road's grip


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch of road. SI units.

    limit [m/s]: the speed limit, or less where bends ask for it. grade [rad], uphill positive. lights: how many, each
    red with a probability red_share and then for wait [s] on average; stop_signs. pace: the speed that traffic allows,
    as a share of the limit. headwind [m/s] as forecast, 10 m above the ground, positive against the car. temperature
    [K]: None is the journey's. surface: dry, wet or snow.
    """

    length: float
    limit: float
    grade: float = 0.0
    lights: int = 0
    red_share: float = RED_SHARE
    wait: float = WAIT
    stop_signs: int = 0
    pace: float = 1.0
    headwind: float = 0.0
    temperature: float | None = None
    surface: str = "dry"
    name: str = ""

    def validate(self, place: str = "Leg") -> None:
        """Raise EvpilotError when a value is out of range; place names the leg."""
        for field, (low, high, unit) in BOUNDS.items():
            value = getattr(self, field)
            if value is not None:
                checks.within(place, field, float(value), low, high, unit)
        if self.surface not in ROLLING:
            raise EvpilotError(f"'{self.surface[:40]}', allowed {', '.join(ROLLING)}", place=f"{place}.surface")


BOUNDS: dict[str, tuple[float, float, str]] = {
    "length": (0.1, 1e6, "m"),
    "limit": (1.0, 70.0, "m/s"),
    "grade": (-0.32, 0.32, "rad"),
    "lights": (0.0, 500.0, ""),
    "red_share": (0.0, 1.0, ""),
    "wait": (0.0, 600.0, "s"),
    "stop_signs": (0.0, 500.0, ""),
    "pace": (0.1, 1.5, ""),
    "headwind": (-40.0, 40.0, "m/s"),
    "temperature": (223.15, 333.15, "K"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """A fast charger: `at` [m] along the route, power [W], detour [m] there and back, wait [s] until it is free."""

    name: str
    at: float
    power: float
    detour: float = 0.0
    wait: float = 0.0

    def validate(self, place: str = "Charger") -> None:
        """Raise EvpilotError when a value is out of range."""
        checks.within(place, "at", self.at, 0.0, LENGTH_MAX, "m")
        checks.within(place, "power", self.power, 1e3, 1e6, "W")
        checks.within(place, "detour", self.detour, 0.0, 1e5, "m")
        checks.within(place, "wait", self.wait, 0.0, 14_400.0, "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Legs in their order, and chargers by their place."""

    name: str
    legs: tuple[Leg, ...]
    chargers: tuple[Charger, ...] = ()

    def validate(self) -> None:
        """Raise EvpilotError when there is no leg, there are too many, or one of them or a charger is out of range."""
        for what, rows, low, high in (("legs", self.legs, 1, LEGS_MAX), ("chargers", self.chargers, 0, CHARGERS_MAX)):
            if not low <= len(rows) <= high:
                raise EvpilotError(f"{len(rows)}, allowed {low} to {high}", place=what)
        for k, leg in enumerate(self.legs, 1):
            leg.validate(f"legs {k}")
        if self.length > LENGTH_MAX:
            raise EvpilotError(f"{self.length / 1e3:.0f} km in all, allowed at most {LENGTH_MAX / 1e3:.0f} km")
        last = 0.0
        for k, charger in enumerate(self.chargers, 1):
            charger.validate(f"chargers {k}")
            if not last <= charger.at <= self.length + 1.0:
                what = f"{charger.at / 1e3:g} km, allowed ascending from 0 to the route's {self.length / 1e3:g} km"
                raise EvpilotError(what, place=f"chargers {k}.at")
            last = charger.at

    @property
    def length(self) -> float:
        """Of all legs [m]."""
        return math.fsum(leg.length for leg in self.legs)

    @property
    def ends(self) -> Array:
        """Where the legs begin and end (L + 1,) [m]."""
        return np.concatenate([[0.0], np.cumsum([leg.length for leg in self.legs])])
