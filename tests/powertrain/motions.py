"""A car with its powertrain, driven without a pilot, and the two sides of its energy balance."""

from dataclasses import dataclass

import numpy as np

from evpilot.types import LOST, Platform, Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import GRAVITY, Car, Par, parameters
from evpilot.vehicle.powertrain.conditions import MILD, Conditions
from evpilot.vehicle.powertrain.packing import packed
from evpilot.vehicle.powertrain.step import kinetic, powered_step

DT = 0.01


@dataclass
class Rig:
    """A car at a speed, under conditions; `state`, `store` and `spent` are as the kernels advance them."""

    platform: Platform
    conditions: Conditions = MILD
    speed: float = 0.0
    friction: float = 1.0

    def __post_init__(self) -> None:
        self.train = packed(self.platform, self.conditions)
        self.par = parameters(self.platform, self.friction, conditions=self.conditions)
        self.store, self.spent = self.train.start(self.conditions)
        self.state = np.zeros(11)
        self.state[Car.SPEED] = self.speed
        self.first = (self._stored(), self._kinetic())

    def drive(self, seconds: float, accel: float, steering: float = 0.0, grade: float = 0.0) -> Array:
        """Hold a command; gives the states (K, 11)."""
        t = self.train
        rows = []
        for _ in range(round(seconds / DT)):
            powered_step(
                self.state, self.store, self.spent, accel, steering, False, grade, self.par, t.ev, t.losses,
                t.voltages, DT,
            )  # fmt: skip
            rows.append(self.state.copy())
        return np.array(rows)

    def imbalance(self, left_out: Spent | None = None) -> float:
        """Battery and motion against the sum of all losses but one that is left out, over the throughput."""
        lost = sum(float(self.spent[column]) for column in LOST if column != left_out)
        given = self.first[0] - self._stored()
        moved = self._kinetic() - self.first[1] + self.par[Par.MASS] * GRAVITY * self.store[Store.HEIGHT]
        through = float(np.sum(np.abs(self.spent[list(LOST)])))
        return (given - moved - lost) / max(through, 1.0)

    def _stored(self) -> float:
        return self.train.stored(float(self.store[Store.CHARGE]))

    def _kinetic(self) -> float:
        s = self.state
        return float(kinetic(s[Car.SPEED], s[Car.LATERAL_SPEED], s[Car.YAW_RATE], self.par))
