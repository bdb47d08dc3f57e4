"""Animals beside the road: one that runs to it may stop in the light, and one that stands there may run."""

import math

import numpy as np

from evpilot.geometry.level import LEVEL
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.way import Way
from evpilot.types import ObjectKind, Tracks
from evpilot.types.state import Array

LOOK = 150.0  # [m] ahead
BESIDE, OURS = 12.0, 2.0  # [m] from the middle of our way: who is further off, and who is on it already
RUNS = 0.5  # [m/s] towards our way
READY, ALERT = 3.0, 16.0  # [m/s] at which we come to where one runs onto our way, and past one that stands beside it
SECONDS = 4.0  # who needs longer to our way is not waited for yet


def heeded_animals(ways: list[Way], tracks: Tracks, reach: float) -> list[tuple[int, float, float]]:
    """Where our rear axle is when we come to an animal that may be on our way then, and how fast to be there, as
    `crossing.heed` takes it: corridor, s [m], speed [m/s]. reach [m] from the rear axle to the bumper.

    What one foresees of an animal says that it is past before we come; it may not be, and who slows down in time needs
    no hard braking (deer flee late or not at all: Blackwell and Seamans, J. Wildlife Management 73, 2009)."""
    rows = np.flatnonzero((tracks.kind == ObjectKind.ANIMAL) & tracks.valid)
    return [
        (c, place - reach, ready)
        for c, way in enumerate(ways)
        for row in rows
        for place, ready in [_met(way, tracks.state[row], tracks.velocity[row])]
        if ready < math.inf and 0.0 < place - reach - float(way.scalars[Corridor.S]) < LOOK
    ]


def _met(way: Way, state: Array, velocity: Array) -> tuple[float, float]:
    """Where [m] on a corridor an animal is met, and how fast [m/s] to come there, inf for as one likes."""
    row = int(np.hypot(way.table[:, Ref.X] - state[0], way.table[:, Ref.Y] - state[1]).argmin())
    x, y, yaw = way.table[row, : Ref.YAW + 1]
    if abs(way.table[row, Ref.Z] - state[2]) > LEVEL:
        return 0.0, math.inf
    c, s = math.cos(yaw), math.sin(yaw)
    along, across = c * (state[0] - x) + s * (state[1] - y), c * (state[1] - y) - s * (state[0] - x)
    towards = -math.copysign(1.0, across) * (c * velocity[1] - s * velocity[0])
    away = abs(across)
    if away > BESIDE or abs(along) > BESIDE:
        return 0.0, math.inf
    if towards > RUNS and away - OURS < SECONDS * towards:
        return row * SPACING + along, READY
    return row * SPACING + along, ALERT if towards > -RUNS else math.inf
