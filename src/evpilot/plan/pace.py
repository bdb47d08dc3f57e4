"""How fast the car would like to go: the lower of what the road, its curves, the sight and the wish to save allow."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.way import Way
from evpilot.plan.weather import sight_speed
from evpilot.types import Observation
from evpilot.types.state import Array

PACED = 60.0 / 3.6  # [m/s] nobody is held up by who drives slower than this to save energy
EASE = 0.7  # [m/s] so much below the present speed is asked for at once
AHEAD = 200  # samples of the way ahead that count for the wished speed


@dataclass(slots=True)
class Pace:
    """The speeds of one drive. speed_max [m/s] of the car; share 0..1 of the limits above PACED that is wished for;
    sight [m/s] from which the car stops within what it sees."""

    speed_max: float
    share: float = 1.0
    sight: float = math.inf

    def see(self, observation: Observation) -> None:
        """Take in how far one sees."""
        self.sight = sight_speed(observation.sight, observation.friction)

    def wish(self, way: Way) -> float:
        """The speed [m/s] that we would like: the highest that limit, curves and sight allow on the way ahead."""
        row = int(way.scalars[Corridor.S] / SPACING)
        ahead = self.over(way.table[row : row + AHEAD])
        return min(float(ahead[:, Ref.CAP].max()), self.speed_max, self.sight)

    def over(self, table: Array, speed: float = 0.0) -> Array:
        """A table (P, 14) by `Ref` with the wished share of the limits, which leaves PACED at least, as its caps; as
        its limits too, down to which who drives at a higher speed [m/s] eases off."""
        if self.share >= 1.0:
            return table
        slower, limits = table.copy(), table[:, Ref.LIMIT]
        paced = np.maximum(self.share * limits, np.minimum(limits, PACED))
        slower[:, Ref.CAP] = np.minimum(table[:, Ref.CAP], paced)
        slower[:, Ref.LIMIT] = np.minimum(limits, np.maximum(paced, speed - EASE))
        return slower
