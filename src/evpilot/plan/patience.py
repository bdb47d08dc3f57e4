"""How long the car has stood for nothing but fear of a near miss: who never yields it stands for ever among others
who wait for it."""

import math
from dataclasses import dataclass

from evpilot.types import EgoState

STANDS = 0.5  # [m/s]
FEARS, LASTS = 5.0, 10.0  # [s] for which it is careful for nothing else, and in which that fades
FREE = 8.0  # [m] from there it is as careful as ever
LEAST = 0.02  # so much is left of it


@dataclass(slots=True)
class Patience:
    """Counts the time [s] for which the car has stood somewhere though no rule kept it, once or again and again."""

    _stood: float = 0.0
    _last: float = -1.0
    _x: float = 0.0
    _y: float = 0.0

    def left(self, ego: EgoState, free: bool) -> float:
        """What is left of it, 1 to `LEAST`, in a cycle; free: whether nothing forbids to go on."""
        now, (x, y) = ego.t_ns * 1e-9, ego.pose[:2].tolist()
        if math.hypot(x - self._x, y - self._y) > FREE:
            self._stood, self._x, self._y = 0.0, x, y
        elif free and ego.speed < STANDS and self._last >= 0.0:
            self._stood += now - self._last
        self._last = now
        if not free:
            return 1.0
        return min(max(1.0 - (self._stood - FEARS) / LASTS, LEAST), 1.0)
