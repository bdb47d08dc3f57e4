"""When the oncoming lane was used with reason: something stood or crept in the own one, and the way back was clear."""

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place, off_course
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Bools

BEHIND, AHEAD = 25.0, 45.0  # [m] from what we pass: the way back to the lane, and the way out of it
BESIDE = (1.0, 6.0)  # [m] across, between our centre and that of what we pass
SLOW = 0.5  # of the limit: who drives slower blocks the lane
SLOW_ELSE = 5.0  # [m/s] the same where no limit is known
STRIP = 1.8  # [m] across: who comes towards us within it meets us
ONCOMING = 0.5  # [m/s]
CLEAR = 2.0  # [s] to the nearest of those


def borrowed(drive: Drive, place: Place) -> Bools:
    """The ticks (F,) at which the car may drive against its lane's direction: a standing or slow thing beside or ahead
    blocks the own lane, and nobody is met within `CLEAR` (issue 3: no fault while the way back is clear in truth)."""
    allowed = np.zeros(len(drive), np.bool_)
    turned = np.array([off_course(*pair) for pair in zip(drive.box[:, 2], place.direction, strict=True)])
    for tick in np.flatnonzero((place.lane >= 0) & (turned > 0.5 * np.pi)):
        along, across, pace = _seen(drive, int(tick), float(place.direction[tick]) + np.pi)
        # against its direction no limit is known of where the car is: that of the lane it is in counts
        limit = float(drive.graph.speed_limit[place.lane[tick]])
        slow = np.abs(pace) < (SLOW * limit if np.isfinite(limit) else SLOW_ELSE)
        # behind us it counts until we are back, however little it is beside us by then: cones stand at the lane's edge
        beside = ((np.abs(across) > BESIDE[0]) | (along < 0.0)) & (np.abs(across) < BESIDE[1])
        beside &= _own_side(drive.graph, int(place.lane[tick])) * across >= 0.0
        blocked = slow & beside & (along > -BEHIND) & (along < AHEAD)
        meets = (np.abs(across) < STRIP) & (pace < -ONCOMING) & (along > 0.0)
        meets &= along < CLEAR * (abs(drive.speed[tick]) - pace)
        allowed[tick] = bool(np.any(blocked)) and not np.any(meets)
    return allowed


def _own_side(graph: LaneGraph, oncoming: int) -> float:
    """On which side of a car that drives against a lane its own lane lies: -1 right, 1 left, 0 not known."""
    on_left, on_right = graph.left_neighbour[oncoming], graph.right_neighbour[oncoming]
    if on_left >= 0 and not graph.left_same[oncoming]:
        return -1.0
    return 1.0 if on_right >= 0 and not graph.right_same[oncoming] else 0.0


def _seen(drive: Drive, tick: int, yaw: float) -> tuple[Array, Array, Array]:
    """The others of a tick from our centre: along and to the left of a direction [m], speed along it [m/s]."""
    others = drive.others
    rows = slice(int(others.start[tick]), int(others.start[tick + 1]))
    offset = others.box[rows, :2] - drive.box[tick, :2]
    c, s = np.cos(yaw), np.sin(yaw)
    along, across = c * offset[:, 0] + s * offset[:, 1], c * offset[:, 1] - s * offset[:, 0]
    return along, across, c * others.velocity[rows, 0] + s * others.velocity[rows, 1]
