"""Places that the front must not pass now, and lines at which it only has to stand."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.plan.way import Way, row_at
from evpilot.types.state import Array

HALT_PLACE = 3.0  # [m] before a line who stands stands at it
STOPS = 0.05  # [m] within which a car stands where it wants to: so far past it, a front is still at a wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A place on a corridor that the front must not pass: s [m], x, y [m], yaw [rad], why, and whose sake (or -1);
    line [m]: that of the line where the way is free to who has stood at it, inf elsewhere; rule: whether a rule wants
    it, and not a lane that is blocked or ends."""

    corridor: int
    s: float
    x: float
    y: float
    yaw: float
    reason: str
    cause_id: int = -1
    line: float = math.inf
    rule: bool = True


def wall_at(
    c: int, way: Way, s: float, reason: str, cause_id: int = -1, line: float = math.inf, rule: bool = True
) -> Wall:
    """The wall at s [m] on the corridor of number c."""
    x, y, yaw = row_at(way, s)[:3].tolist()
    return Wall(corridor=c, s=s, x=x, y=y, yaw=yaw, reason=reason, cause_id=cause_id, line=line, rule=rule)


def halting_places(walls: list[Wall], count: int) -> Array:
    """From where on [m] the front stands at the line that comes first on each of so many corridors (C,); inf where
    none does, or something else is in the way before it."""
    places, nearest = np.full(count, math.inf), np.full(count, math.inf)
    for wall in walls:
        nearest[wall.corridor] = min(nearest[wall.corridor], wall.s)
        places[wall.corridor] = min(places[wall.corridor], wall.line - HALT_PLACE)
    return np.where(places <= nearest, places, math.inf)
