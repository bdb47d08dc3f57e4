"""Where to charge on the way: the stops that bring the car there soonest, and enough in the battery with them.

Shortest path (Dijkstra 1959) over chargers and the charge on leaving them, in steps of `LEVEL`.
"""

import heapq
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.journey.prediction import Belief, Prediction
from evpilot.vehicle.journey.route import Charger, Route
from evpilot.vehicle.powertrain.charging import charging_power
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import Conditions
from evpilot.vehicle.powertrain.packing import packed

LEVEL = 0.02  # of the usable charge
RESERVES = (0.05, 0.02)  # of the usable charge with which a charger is reached at least; and where else nothing helps
STRANDED = 0.9  # the probability with which that is, at least: who arrives with too little is sorry, who stands is lost
OVERHEAD = 240.0  # [s] estimated: to park, plug in, pay, and leave again
DETOUR_SPEED = 14.0  # [m/s]


class Tank:
    """A battery as a journey sees it: usable charge 0..1 against the energy [J] inside."""

    def __init__(self, platform: Platform, conditions: Conditions) -> None:
        train = packed(platform, conditions)
        self.charges = np.linspace(0.0, 1.0, 101)
        low, window = float(train.ev[Ev.WINDOW_LOW]), float(train.ev[Ev.WINDOW])
        self.energies = np.array([train.stored(low + window * float(c)) for c in self.charges])

    @property
    def capacity(self) -> float:
        """Usable energy [J]."""
        return float(self.energies[-1] - self.energies[0])

    def held(self, charge: float) -> float:
        """Usable energy [J] at a usable charge."""
        return float(np.interp(charge, self.charges, self.energies) - self.energies[0])

    def after(self, charge: float, energy: float) -> float:
        """The charge once so much energy [J] is taken from inside; below 0 where there is not as much."""
        left = float(np.interp(charge, self.charges, self.energies)) - energy
        if left < self.energies[0]:
            return (left - float(self.energies[0])) / self.capacity
        return float(np.interp(left, self.energies, self.charges))


@dataclass(frozen=True, slots=True)
class Stop:
    """A charging stop: where, with which usable charge one arrives there as expected and leaves, and how long [s] it
    lasts in all, of which charging."""

    charger: Charger
    arrival: float
    departure: float
    seconds: float
    charging: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Stops in their order; the charge at the end as expected and as the confidence leaves it; time [s] in all."""

    stops: tuple[Stop, ...]
    arrival: float
    arrival_low: float
    seconds: float


class Stops:
    """Plans charging stops on a route for one car."""

    def __init__(self, platform: Platform, conditions: Conditions, route: Route) -> None:
        self.tank = Tank(platform, conditions)
        self.chargers = route.chargers
        self._filled = [_filling(platform, self.tank, charger.power) for charger in route.chargers]

    def plan(
        self,
        prediction: Prediction,
        charge: float,
        least: float,
        z: float,
        *,
        at: float = 0.0,
        belief: Belief | None,
        reserve: float = RESERVES[0],
    ) -> Plan | None:
        """The soonest way from a place `at` [m] with a usable charge to the end with `least` there, sure by z standard
        deviations, and a reserve at each charger, as sure and with STRANDED at least. None where there is none."""
        end = float(prediction.ends[-1])
        ahead = [k for k, charger in enumerate(self.chargers) if charger.at > at + 1.0]
        places = [at, *(self.chargers[k].at for k in ahead), end]
        last = len(places) - 1
        hops = self._hops(prediction, places, ahead, belief)
        queue: list[tuple[float, int, _Node]] = [(0.0, 0, _Node(0, charge, charge, ()))]
        best: dict[tuple[int, int], float] = {}
        count = 0
        while queue:
            seconds, _, node = heapq.heappop(queue)
            if node.place == last:
                return Plan(stops=node.stops, arrival=node.charge, arrival_low=node.low, seconds=seconds)
            for to in range(node.place + 1, last + 1):
                took, mean, sd = hops[node.place][to - node.place - 1]
                need, margin = (least, z) if to == last else (reserve, max(z, deviations(STRANDED)))
                arrival, low = self.tank.after(node.charge, mean), self.tank.after(node.charge, mean + margin * sd)
                if low < need:
                    continue
                if to == last:
                    count += 1
                    heapq.heappush(queue, (seconds + took, count, _Node(last, arrival, low, node.stops)))
                    continue
                number = ahead[to - 1]
                for leaving, pause, charging in self._charged(number, arrival):
                    key, when = (to, round(leaving / LEVEL)), seconds + took + pause
                    if when >= best.get(key, math.inf):
                        continue
                    best[key], count = when, count + 1
                    stop = Stop(self.chargers[number], arrival, leaving, pause, charging)
                    heapq.heappush(queue, (when, count, _Node(to, leaving, leaving, (*node.stops, stop))))
        return None

    def _hops(
        self, prediction: Prediction, places: list[float], ahead: list[int], belief: Belief | None
    ) -> list[list[tuple[float, float, float]]]:
        """From each place to each later one: time [s], mean and standard deviation [J] of what that takes."""
        aside = [0.0, *(0.5 * self.chargers[k].detour for k in ahead), 0.0]
        times = [float(prediction.until(prediction.time, place)) for place in places]
        table: list[list[tuple[float, float, float]]] = []
        for i, first in enumerate(places):
            row: list[tuple[float, float, float]] = []
            for j in range(i + 1, len(places)):
                mean, sd = prediction.between(first, places[j], belief)
                detour = aside[i] + aside[j]
                mean += detour * max(mean, 0.0) / max(places[j] - first, 1.0)
                row.append((times[j] - times[i] + detour / DETOUR_SPEED, mean, sd))
            table.append(row)
        return table

    def _charged(self, number: int, arrival: float) -> list[tuple[float, float, float]]:
        """Charge on leaving, length of the stop and of charging [s], for every level above the arrival's."""
        filled = self._filled[number]
        levels = self.tank.charges[:: round(LEVEL * 100)]
        from_now = float(np.interp(max(arrival, 0.0), self.tank.charges, filled))
        fixed = OVERHEAD + self.chargers[number].wait
        return [
            (float(level), fixed + float(done) - from_now, float(done) - from_now)
            for level, done in zip(levels, filled[:: round(LEVEL * 100)], strict=True)
            if level >= arrival + LEVEL
        ]


@dataclass(frozen=True, slots=True)
class _Node:
    place: int
    charge: float
    low: float
    stops: tuple[Stop, ...]


def deviations(sure: float) -> float:
    """How many standard deviations above the mean hold a probability."""
    return NormalDist().inv_cdf(sure)


def _filling(platform: Platform, tank: Tank, most: float) -> Array:
    """Time [s] (101,) from empty to each of the tank's charges at a charger."""
    middles = 0.5 * (tank.charges[1:] + tank.charges[:-1])
    powers = np.array([charging_power(platform, float(charge), most) for charge in middles])
    with np.errstate(divide="ignore"):
        steps = np.diff(tank.energies) / powers
    return np.concatenate([[0.0], np.cumsum(steps)])
