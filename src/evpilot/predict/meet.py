"""Who is ahead of whom: objects by lane, and the lead of each on each of its ways."""

import math

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.predict.roads import ENDING, LENGTH, RoadArrays
from evpilot.types.state import Array, Ints

BESIDE = 0.2  # [m] to spare: who leaves less is in the way
REACTS = 0.75  # [s]
LET_IN = 4.0  # [m/s2] nobody pulls out before who would have to brake harder (MOBIL's safe braking)
TOUCHING = -1.5  # [m] a deeper overlap along the lane is an error of the data, not a lead
ONCOMING = -0.3  # cosine of the angle between two headings
LANES_OF_ONE = 6  # lanes that one object is entered in


@kernel()
def enter(
    i: int,
    yaw: float,
    width: float,
    found: Ints,
    place: Array,
    count: int,
    head: Ints,
    chain: Ints,
    stand: Array,
    used: int,
) -> int:
    """Enter object i into the list of every lane that its body reaches into; returns the new number of entries.

    head (L,) first entry of each lane or -1; chain (E, 3) object, next entry, lane; stand (E, 3) s, d and cosine of
    its heading to the lane's.
    """
    entered = 0
    for k in range(count):
        if abs(place[k, 1]) > place[k, 3] + 0.5 * width or entered == LANES_OF_ONE:
            continue
        chain[used, 0], chain[used, 1], chain[used, 2] = i, head[found[k]], found[k]
        stand[used, 0], stand[used, 1] = place[k, 0], place[k, 1]
        stand[used, 2] = math.cos(wrap(yaw - place[k, 2]))
        head[found[k]] = used
        used += 1
        entered += 1
    return used


@kernel()
def find_lead(
    i: int,
    way: Ints,
    hops: int,
    s: float,
    d: float,
    reach: float,
    size: Array,
    speed: Array,
    road: RoadArrays,
    head: Ints,
    chain: Ints,
    stand: Array,
) -> tuple[int, float, float]:
    """The nearest object ahead on a way of object i that will travel it at offset d: its row, gap bumper to bumper [m],
    and the share of its motion that is along the way; -1 when there is none. size (N, 2), speed (N,)."""
    metric = road[2]
    other, gap, along = -1, math.inf, 0.0
    start = -s
    for hop in range(hops):
        if start > min(reach, gap + 20.0):
            break
        entry = head[way[hop]]
        while entry >= 0:
            j = chain[entry, 0]
            ahead = start + stand[entry, 0]
            free = ahead - 0.5 * (size[i, 0] + size[j, 0])
            passing = abs(stand[entry, 1] - d) > 0.5 * (size[i, 1] + size[j, 1]) + BESIDE
            oncoming = stand[entry, 2] < ONCOMING and speed[j] > 1.0
            if j != i and ahead > 0.0 and free > TOUCHING and free < gap and not passing and not oncoming:
                other, gap, along = j, free, max(stand[entry, 2], 0.0)
            entry = chain[entry, 1]
        start += metric[way[hop], LENGTH]
    return other, gap, along


@kernel()
def is_taken(lane: int, i: int, s: float, size: Array, speed: Array, head: Ints, chain: Ints, stand: Array) -> bool:
    """Whether somebody on a lane is beside object i, which is at s [m] of it, or would have to brake harder than
    `LET_IN` for it, `REACTS` later."""
    entry = head[lane]
    while entry >= 0:
        j = chain[entry, 0]
        behind, closing = s - stand[entry, 0], speed[j] * stand[entry, 2] - speed[i]
        room = abs(behind) - 0.5 * (size[i, 0] + size[j, 0]) - BESIDE
        left = max(room - REACTS * closing, 0.0)
        if j != i and (room < 0.0 or (behind > 0.0 and closing > 0.0 and closing * closing > 2.0 * LET_IN * left)):
            return True
        entry = chain[entry, 1]
    return False


@kernel()
def find_wall(way: Ints, hops: int, s: float, half_length: float, wall: Array, road: RoadArrays) -> float:
    """Distance from the front bumper to the first place of a way where traffic must stop now, or where the lane ends
    beside one that goes on [m]; inf if none."""
    start = -s
    for hop in range(hops):
        ahead = start + float(wall[way[hop]]) - half_length
        if -1.0 < ahead < math.inf:
            return ahead
        start += road[2][way[hop], LENGTH]
    if road[2][way[hops - 1], ENDING] == 0.0:
        return max(start - half_length, 0.0)
    return math.inf
