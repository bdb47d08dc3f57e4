"""Where an object is on the lanes around it."""

import math

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.maps.index import IndexArrays, lanes_in_cell
from evpilot.predict.roads import COUNT, FIRST, HALF, LENGTH, STEP, YAW, RoadArrays, X, Y, Z
from evpilot.types.state import Array, Ints

NEAR_MAX = 24  # lanes looked at for one object
REACH = 2.0  # [m] to the side: lanes that a car may enter next


@kernel()
def project(x: float, y: float, lane: int, guess: float, road: RoadArrays) -> tuple[float, float, float]:
    """s, d (left positive), heading of the lane there, downhill from a guess of s; s runs on beyond the ends."""
    node, lanes, metric = road[0], road[1], road[2]
    first, count, step = lanes[lane, FIRST], lanes[lane, COUNT], metric[lane, STEP]
    k = min(max(int(guess / max(step, 1e-3)), 0), count - 1)
    best = (x - node[first + k, X]) ** 2 + (y - node[first + k, Y]) ** 2
    for way in (1, -1):
        while 0 <= k + way < count:
            square = (x - node[first + k + way, X]) ** 2 + (y - node[first + k + way, Y]) ** 2
            if square >= best:
                break
            best, k = square, k + way
    at = first + k
    if k == count - 1 or (
        k > 0
        and (x - node[at, X]) * (node[at, X] - node[at - 1, X]) + (y - node[at, Y]) * (node[at, Y] - node[at - 1, Y])
        < 0.0
    ):
        at -= 1
    ex, ey = node[at + 1, X] - node[at, X], node[at + 1, Y] - node[at, Y]
    long = max(math.hypot(ex, ey), 1e-6)
    along = ((x - node[at, X]) * ex + (y - node[at, Y]) * ey) / long
    across = ((y - node[at, Y]) * ex - (x - node[at, X]) * ey) / long
    share = min(max(along / long, 0.0), 1.0)
    yaw = node[at, YAW] + share * (node[at + 1, YAW] - node[at, YAW])
    return (at - first) * step + along / long * step, across, yaw


@kernel()
def at(s: float, lane: int, road: RoadArrays) -> tuple[float, float, float, float, float]:
    """x, y, z, yaw and half width at s on a lane; beyond an end it goes on straight."""
    node, lanes, metric = road[0], road[1], road[2]
    first, count, step = lanes[lane, FIRST], lanes[lane, COUNT], metric[lane, STEP]
    place = s / max(step, 1e-6)
    k = min(max(int(place), 0), count - 2)
    share = place - k
    a, b = first + k, first + k + 1
    inside = min(max(share, 0.0), 1.0)
    return (
        node[a, X] + share * (node[b, X] - node[a, X]),
        node[a, Y] + share * (node[b, Y] - node[a, Y]),
        node[a, Z] + inside * (node[b, Z] - node[a, Z]),
        node[a, YAW] + inside * (node[b, YAW] - node[a, YAW]),
        node[a, HALF] + inside * (node[b, HALF] - node[a, HALF]),
    )


@kernel()
def _held_already(lane: int, found: Ints, count: int) -> bool:
    held = False
    for k in range(count):
        held = held or found[k] == lane
    return held


@kernel()
def _along_row(x: float, y: float, row: int, index: IndexArrays) -> float:
    """Roughly where along its lane a place beside one segment of the lane's centre line is [m]."""
    center, arc = index[8], index[9]
    ex, ey = center[row + 1, 0] - center[row, 0], center[row + 1, 1] - center[row, 1]
    along = (x - center[row, 0]) * ex + (y - center[row, 1]) * ey
    return arc[row] + along / max(math.sqrt(ex * ex + ey * ey), 1e-6)


@kernel()
def near(
    x: float,
    y: float,
    z: float,
    yaw: float,
    road: RoadArrays,
    index: IndexArrays,
    found: Ints,
    place: Array,
) -> int:
    """Lanes beside and under a place: those in the index's cells at the place and REACH to its left and right.

    Fills found (NEAR_MAX,) and place (NEAR_MAX, 4) with s, d, lane heading and half width there; returns their number.
    """
    count = 0
    for side in (0.0, REACH, -REACH):
        first, last = lanes_in_cell(x - side * math.sin(yaw), y + side * math.cos(yaw), index)
        for row in range(first, last):
            piece = int(index[2][row])
            lane = int(index[3][piece])
            if count == NEAR_MAX or _held_already(lane, found, count):
                continue
            guess = _along_row(x, y, int(index[4][piece]), index)
            s, d, heading = project(x, y, lane, guess, road)
            if s < -0.5 or s > road[2][lane, LENGTH] + 0.5:
                continue
            _, _, lane_z, _, half = at(s, lane, road)
            if abs(d) > half + 1.5 * REACH or abs(lane_z - z) > LEVEL:
                continue
            found[count] = lane
            place[count, 0], place[count, 1], place[count, 2], place[count, 3] = s, d, wrap(heading), half
            count += 1
    return count
