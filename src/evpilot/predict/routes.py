"""The ways that an object may take: lane sequences ahead, laid out as tables, each with its evidence."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.predict.locate import at
from evpilot.predict.roads import LENGTH, LIMIT, PRED, STOP, SUCC, SUCC_END, USERS, RoadArrays
from evpilot.types.state import Array, Ints

ROUTES_MAX = 8  # ways weighed for one object
HOPS_MAX = 32  # lanes of one way
STATIONS = 64  # rows of a way's table

# Columns of a way's table (STATIONS, 6): place, heading, speed that curves allow, speed limit
TX, TY, TZ, TYAW, TCAP, TLIMIT = range(6)

CURVE_ACCEL = 3.5  # [m/s2] what brisk drivers accept across
CURVE_BRAKE = 1.5  # [m/s2] how they slow down for a bend
CURVE_SPEED_MIN = 2.5  # [m/s] nobody is slower in a bend for the bend's sake
STOP_SPEED = 0.7  # [m/s] at a stop sign's line
STOP_SHORT = 2.5  # [m] from the line back to where the centre then is
CURVE_WINDOW = 3.0  # [m] to each side: kinks where lanes meet are no bends


@kernel()
def extend(first: int, s: float, reach: float, users: int, road: RoadArrays, ways: Ints, hops: Ints, have: int) -> int:
    """Add every way that starts on lane `first` at s and runs on for `reach` [m]; returns how many ways there are.

    Breadth first, so that when ways (ROUTES_MAX, HOPS_MAX) is full the near forks are all there; hops (ROUTES_MAX,)
    counts the lanes of each. A fork that finds no room goes on along its first branch.
    """
    lanes, metric, successor = road[1], road[2], road[3]
    if have == ROUTES_MAX:
        return have
    start = have
    ways[have, 0], hops[have] = first, 1
    have += 1
    left = np.zeros(ROUTES_MAX)
    left[start] = metric[first, LENGTH] - s
    growing = True
    while growing:
        growing = False
        for way in range(start, have):
            lane = ways[way, hops[way] - 1]
            if left[way] >= reach or hops[way] >= HOPS_MAX:
                continue
            before, base, taken = left[way], hops[way], False
            for row in range(lanes[lane, SUCC], lanes[lane, SUCC_END]):
                following = successor[row]
                if lanes[following, USERS] & users == 0:
                    continue
                target = way
                if taken:
                    if have == ROUTES_MAX:
                        break
                    target = have
                    have += 1
                    for hop in range(base):
                        ways[target, hop] = ways[way, hop]
                ways[target, base], hops[target] = following, base + 1
                left[target] = before + metric[following, LENGTH]
                taken = True
                growing = True
    return have


@kernel()
def lay_out(way: Ints, hops: int, s: float, reach: float, road: RoadArrays, table: Array) -> None:
    """Fill a way's table (STATIONS, 6), evenly spaced from s on its first lane to `reach` [m] further."""
    metric = road[2]
    spacing = reach / (STATIONS - 1)
    hop, place = 0, s
    for k in range(STATIONS):
        while hop < hops - 1 and place > metric[way[hop], LENGTH]:
            place -= metric[way[hop], LENGTH]
            hop += 1
        x, y, z, yaw, _ = at(place, way[hop], road)
        table[k, TX], table[k, TY], table[k, TZ], table[k, TYAW] = x, y, z, yaw
        table[k, TLIMIT] = metric[way[hop], LIMIT]
        table[k, TCAP] = STOP_SPEED if abs(metric[way[hop], STOP] - place - STOP_SHORT) <= spacing else math.inf
        place += spacing
    _bends(table, spacing)


@kernel()
def lay_out_against(lane: int, s: float, reach: float, road: RoadArrays, table: Array) -> None:
    """The same for who drives against a lane and those before it, from s on."""
    lanes, metric = road[1], road[2]
    spacing = reach / (STATIONS - 1)
    place = s
    for k in range(STATIONS):
        while place < 0.0 and lanes[lane, PRED] >= 0:
            lane = lanes[lane, PRED]
            place += metric[lane, LENGTH]
        x, y, z, yaw, _ = at(place, lane, road)
        table[k, TX], table[k, TY], table[k, TZ], table[k, TYAW] = x, y, z, wrap(yaw + math.pi)
        table[k, TLIMIT], table[k, TCAP] = metric[lane, LIMIT], math.inf
        place -= spacing
    _bends(table, spacing)


@kernel()
def _bends(table: Array, spacing: float) -> None:
    """Make a table's headings continuous, and bound its speeds by its bends."""
    for k in range(1, STATIONS):
        turn = table[k, TYAW] - table[k - 1, TYAW]
        if abs(turn) > 3.0:
            table[k, TYAW] = table[k - 1, TYAW] + wrap(turn)
    window = math.ceil(CURVE_WINDOW / spacing)
    for k in range(STATIONS - 1, -1, -1):
        a, b = max(k - window, 0), min(k + window, STATIONS - 1)
        bend = abs(table[b, TYAW] - table[a, TYAW]) / ((b - a) * spacing)
        cap = min(table[k, TCAP], max(CURVE_SPEED_MIN, math.sqrt(CURVE_ACCEL / max(bend, 1e-5))))
        if k < STATIONS - 1:
            cap = min(cap, math.sqrt(table[k + 1, TCAP] * table[k + 1, TCAP] + 2.0 * CURVE_BRAKE * spacing))
        table[k, TCAP] = cap


@kernel()
def continues(way: Ints, hops: int, past: Ints, past_hops: int) -> bool:
    """Whether a way goes on along a past one."""
    if hops == 0 or past_hops == 0:
        return hops == past_hops
    for first in range(past_hops):
        if past[first] == way[0]:
            same = True
            for k in range(min(hops, past_hops - first)):
                same = same and past[first + k] == way[k]
            return same
    return False
