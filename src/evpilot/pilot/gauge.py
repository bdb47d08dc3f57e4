"""Keeping a request for the charge at the goal while driving: pace and saving follow what was used so far."""

import math

from evpilot.types import EgoState
from evpilot.vehicle.journey.request import SURE, Answer, Watch

EVERY, PARTS = 200.0, 50.0  # [m] after which, and the part of the way after which, the watch is asked anew


class Gauge:
    """Reads a car's usable charge and odometer for a watch, and tells how to drive: pace, the share of the limits, and
    eco, how much saving counts, both 0..1.

    Where the request is met less surely than wished, saving counts in full. Where it cannot be kept any more, `refusal`
    says why, and the slowest pace still gets furthest.
    """

    def __init__(self, watch: Watch, eco: float = 0.0) -> None:
        self._watch, self._least_eco = watch, eco
        self._charge = watch.request.conditions.charge
        self._way = self._asked = 0.0
        self._last: tuple[float, float] | None = None
        self._answered(watch.now)

    def read(self, ego: EgoState, charge: float) -> bool:
        """Take in where the car is and its usable charge, 0..1; whether how to drive was asked anew."""
        x, y = float(ego.pose[0]), float(ego.pose[1])
        if self._last is not None:
            self._way += math.hypot(x - self._last[0], y - self._last[1])
        self._last = x, y
        request = self._watch.request
        end = float(request.route.ends[-1])
        at = min(self._way, end)
        if at - self._asked < max(EVERY, end / PARTS):
            return False
        used = request.tank.held(self._charge) - request.tank.held(charge)
        self._answered(self._watch.passed(at, used, charge))
        self._asked, self._charge = at, charge
        return True

    def _answered(self, answer: Answer) -> None:
        self.pace, self.refusal = answer.pace, answer.refusal
        self.eco = self._least_eco if answer.sure >= SURE[0] else 1.0
