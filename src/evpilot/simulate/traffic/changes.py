"""When a driver changes lanes: MOBIL over what it sees along its path."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.simulate.traffic.drivers import HALF_LENGTH, HALF_WIDTH, POLITE, follow
from evpilot.simulate.traffic.scene import ACROSS, AHEAD, ALONG, HALF, HIGH, LOW, SIDE, WHO, room_behind
from evpilot.types.state import Array
from evpilot.vehicle.driver import mobil_gain, mobil_wants

THRESHOLD = 0.2  # [m/s2] gain that a change must bring (highway-env)
BRAKE_SAFE = 2.0  # [m/s2] that a change may ask of the new follower (highway-env)
BRAKE_NEEDED = 3.5  # [m/s2] the same when the route or the lane's end asks for the change
NEED_GAIN = 5.0  # [m/s2] that a change needed by the route counts for
GAP_MIN = 1.0  # [m] to either new neighbour
ACROSS_TIME, ACROSS_MIN = 4.0, 15.0  # [s], [m] that the way across takes: what stands on it is in the way
STANDS = 0.3  # [m/s]
FOLLOWER_HEADWAY = 0.5  # [s] that the new follower keeps at least


@kernel()
def beside(seen: Array, count: int, low: float, high: float, half: float) -> tuple[int, int, float, float]:
    """The rows of the next thing ahead and behind within a lateral interval (-1: none), and the gaps [m] to them."""
    lead, follower = -1, -1
    ahead, back = np.inf, np.inf
    for k in range(count):
        if seen[k, LOW] > high or seen[k, HIGH] < low:
            continue
        gap = abs(seen[k, AHEAD]) - seen[k, HALF] - half
        if seen[k, AHEAD] >= 0.0:
            if gap < ahead:
                ahead, lead = gap, k
        elif gap < back:
            back, follower = gap, k
    return lead, follower, ahead, back


@kernel()
def barred(seen: Array, count: int, speed: float, half: float, low: float, high: float) -> bool:
    """Whether something stands ahead between two strips, inside the lateral interval low..high: a row of cones closes
    a lane whose middle is free."""
    for k in range(count):
        one = seen[k]
        near = -half < one[AHEAD] < ACROSS_TIME * speed + ACROSS_MIN
        if near and abs(one[ALONG]) + abs(one[ACROSS]) < STANDS and one[LOW] > low and one[HIGH] < high:
            return True
    return False


@kernel()
def other_accel(other: int, who: Array, wanted: Array, default: Array, speed: float, gap: float, ahead: float) -> float:
    """How another follows at a gap [m] behind something at a speed `ahead`; one that is no driver by default's row."""
    row = who[other] if other < who.shape[0] else default
    top = wanted[other] if other < who.shape[0] else max(speed, 5.0)
    return follow(row, speed, top, gap, speed - ahead)


@kernel()
def _behind(row: Array, speed: float, wanted: float, seen: Array, lead: int, gap: float) -> float:
    """How a driver follows a lead (a row of `seen`, -1: none) at a gap [m]."""
    if lead < 0:
        return follow(row, speed, wanted, np.inf, 0.0)
    return follow(row, speed, wanted, room_behind(seen[lead], gap, speed), speed - seen[lead, ALONG])


@kernel()
def change_gain(
    me: int,
    speed: float,
    place: float,
    offset: float,
    needed: bool,
    seen: Array,
    count: int,
    who: Array,
    wanted: Array,
    default: Array,
) -> float:
    """What a driver gains [m/s2] by a change to a lane whose middle lies `offset` [m] left of its own path; -inf when
    MOBIL (Kesting, Treiber and Helbing 2007) refuses it. place is its own lateral place, wanted (D,)
    the speeds that drivers want.
    """
    row = who[me]
    half, wide = row[HALF_LENGTH], row[HALF_WIDTH] + SIDE
    lead, follower, ahead, back = beside(seen, count, place - wide, place + wide, half)
    new_lead, new_follower, new_ahead, new_back = beside(seen, count, offset - wide, offset + wide, half)
    # from before somebody who stands one only drives away
    stands = new_follower >= 0 and abs(seen[new_follower, ALONG]) < STANDS
    if new_ahead < GAP_MIN or new_back < (0.0 if stands else GAP_MIN):
        return -np.inf
    if barred(seen, count, speed, half, min(place, offset) + wide, max(place, offset) - wide):
        return -np.inf
    own_before = _behind(row, speed, wanted[me], seen, lead, ahead)
    own_after = _behind(row, speed, wanted[me], seen, new_lead, new_ahead)
    new_before, new_after, old_before, old_after = 0.0, 0.0, 0.0, 0.0
    if new_follower >= 0:
        other, theirs = int(seen[new_follower, WHO]), max(seen[new_follower, ALONG], 0.0)
        if new_back < FOLLOWER_HEADWAY * theirs + 2.0 * max(theirs - speed, 0.0):
            return -np.inf
        room = new_back + new_ahead + 2.0 * half
        front = seen[new_lead, ALONG] if new_lead >= 0 else theirs
        new_before = other_accel(other, who, wanted, default, theirs, room, front)
        new_after = new_before if stands else other_accel(other, who, wanted, default, theirs, new_back, speed)
    if follower >= 0:
        other, theirs = int(seen[follower, WHO]), max(seen[follower, ALONG], 0.0)
        front = seen[lead, ALONG] if lead >= 0 else theirs
        old_before = other_accel(other, who, wanted, default, theirs, back, speed)
        old_after = other_accel(other, who, wanted, default, theirs, back + ahead + 2.0 * half, front)
    gain = mobil_gain(own_after, own_before, new_after, new_before, old_after, old_before, row[POLITE])
    safe = BRAKE_NEEDED if needed else BRAKE_SAFE
    gain += NEED_GAIN if needed else 0.0
    if not mobil_wants(gain, new_after, own_after, THRESHOLD, safe) or not math.isfinite(gain):
        return -np.inf
    return gain
