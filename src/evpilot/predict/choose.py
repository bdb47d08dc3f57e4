"""Which of its ways an object takes: evidence for each, the best few kept, steady over time."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.maps.turns import side_of
from evpilot.predict.locate import NEAR_MAX
from evpilot.predict.roads import ENDING, LEFT, LENGTH, RIGHT, SHOULDER, SUCC, SUCC_END, TURN, USERS, RoadArrays
from evpilot.predict.routes import (
    ROUTES_MAX,
    STATIONS,
    TCAP,
    TX,
    TY,
    TYAW,
    continues,
    extend,
    lay_out,
)
from evpilot.types.kinds import Signal
from evpilot.types.state import Array, Ints

MODES = 3
LOOK_AHEAD = 1.2  # [s] the lateral motion is carried on so far to see which lane it leads into
OFFSET_SIGMA = 0.45  # of a lane's half width ...
OFFSET_SIGMA_MIN = 0.6  # [m]
YAW_SIGMA = 0.30  # [rad]
YAW_MAX = 1.2  # [rad] nobody drives along a lane at such an angle
OUTSIDE_COST = 1.5  # a lane that does not hold the centre
WANDER = 0.375  # [m] drivers wander in their lanes, UN R157 Annex 3: more is perceived as the begin of a cut-in ...
LEAVING_SIGMA, LEAVING_MOST = 0.2, 5.0  # [m/s] ... all the more the faster who comes there moves to the next lane ...
LEAVING_FAR = 0.15  # [m] ... and the further off he is and still goes there
LEAVING_COST = 4.0  # how badly the lane beside fits who goes there, at most, before any of that
SIGNAL_GAIN = 2.0
UNSHOWN_COST = (
    1.4  # one in four does not show a turn (Ponziani, SAE 2012-01-0261), all who go straight on show none ...
)
UNSHOWN_WITHIN = 30.0  # [m] ... before it
BEND_COST = 0.7  # turning off is rarer than going on
BEND_MIN = 0.5  # [rad] a turn, not a bend of the road
HASTE_SIGMA = 1.5  # [m/s] faster than the bend ahead allows
HASTE_MAX = 2.5  # not everybody slows down for bends
FREE_COST = 6.0  # leaving all lanes
START_MAX = 4  # lanes that an object may be on or move into
MARGIN = 4.5  # a start lane this much less likely than the best is not followed
PROB_MIN = 0.02
MERGE_TIME = 5.0  # [s] before its lane's end, or what blocks it, a driver thinks of the next lane ...
MERGE_ROOM = 30.0  # [m] ... at least so far
MERGE_COST = 4.0
SHOWN_MOST = 3.0  # how badly the lane beside fits who shows a change to it, at most, however little he has moved ...
LAMP_TURN = 40.0  # [m] ... unless he comes to a turn to that side within this
ALIKE = 0.8  # [m] ways closer than this are one ...
ALIKE_SPAN = 8.0  # [s] ... as far as the object comes in this time
MEMORY = 0.3  # [s] how long past evidence counts

LEFT_LAMP, RIGHT_LAMP = int(Signal.LEFT), int(Signal.RIGHT)
HAZARD_LAMP = int(Signal.HAZARD)
SEEN_LAMPS = 128  # beside the lamps of `Signal`: those of this vehicle are seen at all, it has shown one before


@kernel()
def lane_cost(yaw: float, speed: float, drift: float, s: float, d: float, lane_yaw: float, half: float) -> float:
    """How badly an object's place, heading and sideways motion (all by the lane) fit a lane: minus its log-likelihood.
    drift [m/s] is the velocity to the left of the lane."""
    turn = abs(wrap(yaw - lane_yaw))
    if turn > YAW_MAX:
        return math.inf
    sigma = max(OFFSET_SIGMA_MIN, OFFSET_SIGMA * half)
    soon = (d + LOOK_AHEAD * drift) / sigma
    fit = 0.5 * soon * soon + 0.5 * (turn / YAW_SIGMA) ** 2 * min(1.0, 0.3 + speed / 5.0)
    return min(fit, 12.0) + (OUTSIDE_COST if abs(d) > half else 0.0)


@kernel()
def lamp_side(signals: int) -> float:
    """The side that the indicators show: 1 left, -1 right, 0 neither, or both."""
    if signals & HAZARD_LAMP:
        return 0.0
    return (1.0 if signals & LEFT_LAMP else 0.0) - (1.0 if signals & RIGHT_LAMP else 0.0)


@kernel()
def lamp_cost(signals: int, turn: float) -> float:
    """Evidence of the indicators for a movement to the left (turn > 0), right (< 0) or straight on (0)."""
    lamp = lamp_side(signals)
    if turn == 0.0:
        return 0.5 * SIGNAL_GAIN * abs(lamp)
    return -SIGNAL_GAIN * lamp * math.copysign(1.0, turn)


@kernel()
def leaving_gain(drift_x: float, drift_y: float, place: Array, side: float) -> float:
    """Evidence of a change to the lane on a side (1 left, -1 right) of an object's lane, its place (4,) there: going on
    as it does it is soon further off the middle than drivers wander."""
    yaw = place[2]
    drift = side * (drift_y * math.cos(yaw) - drift_x * math.sin(yaw))
    off = side * place[1]
    if off + LOOK_AHEAD * drift <= WANDER or drift <= 0.0:
        return 0.0
    steady = min(drift / LEAVING_SIGMA, 1.0)
    return min(0.5 * (drift / LEAVING_SIGMA) ** 2 + steady * max(off - WANDER, 0.0) / LEAVING_FAR, LEAVING_MOST)


@kernel()
def turn_begins(table: Array) -> float:
    """How far ahead [m] a way's table (STATIONS, 6) begins to turn, inf where it does not."""
    for k in range(1, STATIONS):
        if abs(table[k, TYAW] - table[0, TYAW]) > 0.5 * BEND_MIN:
            return math.hypot(table[k, TX] - table[0, TX], table[k, TY] - table[0, TY])
    return math.inf


@kernel()
def way_cost(table: Array, speed: float, signals: int) -> float:
    """Evidence on a way from its shape (STATIONS, 6): turning is rarer, signalled, and not done too fast."""
    bend = table[STATIONS - 1, TYAW] - table[0, TYAW]
    haste = max(0.0, speed - table[0, TCAP] - 0.5) / HASTE_SIGMA
    cost = min(0.5 * haste * haste, HASTE_MAX)
    if abs(bend) <= BEND_MIN:
        return cost + lamp_cost(signals, 0.0)
    if signals & SEEN_LAMPS and lamp_side(signals) == 0.0 and turn_begins(table) < UNSHOWN_WITHIN:
        cost += UNSHOWN_COST
    return cost + BEND_COST + lamp_cost(signals, bend)


@kernel()
def turns_off(lane: int, left: float, side: float, road: RoadArrays) -> bool:
    """Whether a lane of which `left` [m] are left is, or soon leads into, a turn to a side (1 left, -1 right)."""
    lanes, successor = road[1], road[3]
    if side_of(lanes[lane, TURN]) == side:
        return True
    if left <= LAMP_TURN:
        for row in range(lanes[lane, SUCC], lanes[lane, SUCC_END]):
            if side_of(lanes[successor[row], TURN]) == side:
                return True
    return False


@kernel()
def nearness(left: float, speed: float) -> float:
    """How near a driver at a speed [m/s] is to where its lane is no use any more, `left` [m] ahead: 1 there, 0 or less
    where it does not think of it yet."""
    return 1.0 - left / (MERGE_TIME * abs(speed) + MERGE_ROOM)


@kernel()
def starts(
    row: Array,
    drift_x: float,
    drift_y: float,
    users: int,
    signals: int,
    found: Ints,
    place: Array,
    count: int,
    road: RoadArrays,
    blocked: tuple[float, float, float],
    cost: Array,
) -> int:
    """Costs (NEAR_MAX,) of starting on each lane found; returns the index of the best, -1 when none serves.
    row is the object's `Tracks.state`, drift its filtered velocity [m/s]; blocked 0..1: how near it is to something
    that stands in a lane, which is as good as its end, for a change to the left and to the right; and which lane."""
    lanes, best = road[1], -1
    for k in range(count):
        cost[k] = math.inf
        if lanes[found[k], USERS] & users:
            yaw = place[k, 2]
            drift = drift_y * math.cos(yaw) - drift_x * math.sin(yaw)
            cost[k] = lane_cost(row[3], abs(row[4]), drift, place[k, 0], place[k, 1], yaw, place[k, 3])
        if cost[k] < math.inf and (best < 0 or cost[k] < cost[best]):
            best = k
    if best >= 0:
        here = found[best]
        rest = road[2][here, LENGTH] - place[best, 0]
        near_end = nearness(rest + road[2][here, ENDING], row[4])
        for k in range(count):
            side = 1.0 if found[k] == lanes[here, LEFT] else (-1.0 if found[k] == lanes[here, RIGHT] else 0.0)
            if side != 0.0:
                if side == lamp_side(signals) and cost[k] < math.inf and not turns_off(here, rest, side, road):
                    cost[k] = min(cost[k], cost[best] + SHOWN_MOST)
                leaves = leaving_gain(drift_x, drift_y, place[best], side)
                if leaves > 0.0 and side * place[best, 1] > WANDER and cost[k] < math.inf:
                    cost[k] = min(cost[k], cost[best] + LEAVING_COST)
                cost[k] += lamp_cost(signals, side) - leaves
                goes_on = lanes[found[k], SUCC_END] > lanes[found[k], SUCC]
                # from another lane, nothing drives it back to the one that is blocked
                out = here == int(blocked[2]) and not lanes[found[k], SHOULDER]
                shut = blocked[0 if side > 0.0 else 1] if out else 0.0
                urge = max(near_end if goes_on else 0.0, shut)
                if urge > 0.0 and cost[k] < math.inf:
                    cost[k] = min(cost[k], cost[best] + MERGE_COST * (0.5 - urge))
    return best


@kernel()
def weigh(
    row: Array,
    drift_x: float,
    drift_y: float,
    reach: float,
    users: int,
    signals: int,
    road: RoadArrays,
    found: Ints,
    place: Array,
    count: int,
    blocked: tuple[float, float, float],
    ways: Ints,
    hops: Ints,
    origin: Array,
    tables: Array,
    cost: Array,
) -> int:
    """All ways of an object with their cost; returns their number. blocked: see `starts`.

    Fills ways (ROUTES_MAX, HOPS_MAX), hops, origin (ROUTES_MAX, 3) s, d, lane heading at the start, tables
    (ROUTES_MAX, STATIONS, 6) and cost (ROUTES_MAX,).
    """
    lane_costs = np.empty(NEAR_MAX)
    best = starts(row, drift_x, drift_y, users, signals, found, place, count, road, blocked, lane_costs)
    have = ZERO
    if best < 0:
        return 0
    limit = lane_costs[best] + MARGIN
    for _ in range(START_MAX):
        k = int(np.argmin(lane_costs[:count]))
        if not lane_costs[k] <= limit:
            break
        first = have
        have = extend(found[k], place[k, 0], reach, users, road, ways, hops, have)
        for way in range(first, have):
            origin[way, 0], origin[way, 1], origin[way, 2] = place[k, 0], place[k, 1], place[k, 2]
            lay_out(ways[way], hops[way], place[k, 0], reach, road, tables[way])
            cost[way] = lane_costs[k] + way_cost(tables[way], abs(row[4]), signals)
        lane_costs[k] = math.inf
    return have


@kernel()
def likelihoods(
    cost: Array,
    count: int,
    ways: Ints,
    hops: Ints,
    past: Ints,
    past_hops: Ints,
    past_prob: Array,
    period: float,
    prob: Array,
) -> None:
    """Probabilities (ROUTES_MAX + 1,) of an object's ways; entry `count` is that of leaving all lanes."""
    lowest = FREE_COST
    for k in range(count):
        lowest = min(lowest, cost[k])
    total = 0.0
    for k in range(count + 1):
        prob[k] = math.exp(lowest - (cost[k] if k < count else FREE_COST))
        total += prob[k]
    for k in range(count + 1):
        prob[k] /= total
    before = np.zeros(ROUTES_MAX + 1)
    known = 0.0
    for mode in range(past_prob.shape[0]):
        known += hand_down(count, ways, hops, past[mode], past_hops[mode], past_prob[mode], prob, before)
    if known > 1e-9:
        fresh = 1.0 - math.exp(-period / MEMORY)
        for k in range(count + 1):
            prob[k] = fresh * prob[k] + (1.0 - fresh) * before[k] / known


@kernel()
def hand_down(
    count: int, ways: Ints, hops: Ints, past: Ints, past_hops: int, share: float, prob: Array, before: Array
) -> float:
    """Give a past mode's probability to the ways that continue it, as the evidence of now divides it among them;
    returns what was given: 0 when none continues it."""
    total = 0.0
    for k in range(count + 1):
        if continues(ways[min(k, ROUTES_MAX - 1)], hops[k] if k < count else 0, past, past_hops):
            total += prob[k]
    if share <= 0.0 or total <= 0.0:
        return 0.0
    for k in range(count + 1):
        if continues(ways[min(k, ROUTES_MAX - 1)], hops[k] if k < count else 0, past, past_hops):
            before[k] += share * prob[k] / total
    return share


@kernel()
def merge_alike(prob: Array, count: int, tables: Array, origin: Array, part: float) -> None:
    """Ways that are the same place for place over the first `part` of their tables become one: the likeliest of them
    takes the probability of all (maps hold lanes that lie upon each other)."""
    last = min(max(int(part * (STATIONS - 1)), 1), STATIONS - 1)
    for a in range(count):
        for b in range(count):
            if a == b or prob[b] <= 0.0 or prob[a] < prob[b] or (prob[a] == prob[b] and a > b):
                continue
            alike = abs(origin[a, 1] - origin[b, 1]) < ALIKE
            for k in range(5):
                row = (last * k) // 4
                away = math.hypot(tables[a, row, TX] - tables[b, row, TX], tables[a, row, TY] - tables[b, row, TY])
                alike = alike and away < ALIKE
            if alike:
                prob[a] += prob[b]
                prob[b] = 0.0


@kernel()
def best_modes(prob: Array, count: int, order: Ints, kept: Array) -> int:
    """The up to MODES likeliest of count + 1 entries: their index in order (MODES,), their share in kept (MODES,)."""
    used, total = 0, 0.0
    for _ in range(MODES):
        best = -1
        for k in range(count + 1):
            taken = False
            for other in range(used):
                taken = taken or order[other] == k
            if not taken and (best < 0 or prob[k] > prob[best]):
                best = k
        if best < 0 or (used > 0 and prob[best] < PROB_MIN):
            break
        order[used], kept[used] = best, prob[best]
        total += prob[best]
        used += 1
    for mode in range(MODES):
        kept[mode] = kept[mode] / total if mode < used else 0.0
    return used
