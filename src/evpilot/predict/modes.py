"""The modes of one object: how it moves, the ways that it may take, the likeliest of them kept."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row, copy_rows
from evpilot.predict.choose import ALIKE_SPAN, MODES, WANDER, best_modes, likelihoods, merge_alike, weigh
from evpilot.predict.follow import AHEAD, D0, HEADING, LEAD, S0, SPACING, TARGET, USED, WALL
from evpilot.predict.locate import at
from evpilot.predict.memory import BLOCKED_LANE, BLOCKED_LEFT, BLOCKED_RIGHT, VX_F, VY_F, Memory
from evpilot.predict.roads import USERS, RoadArrays
from evpilot.predict.routes import HOPS_MAX, ROUTES_MAX, STATIONS, lay_out_against
from evpilot.types.kinds import ObjectKind, User
from evpilot.types.state import Array, Ints

HORIZON = 8.0  # [s]
KEPT_OFFSET = 0.7  # share of its offset that a driver keeps in the lane
CARRIED = 3.0  # [s] of its sideways motion that is carried on of who leaves his lane's middle
SPEED_GAIN = 6.0  # [m/s] more than now, at most, within the horizon
AGAINST = -0.8  # cosine of the angle between a heading and the lane that it is against
WALK, RIDE, DRIVE, STAY = 0, 1, 2, 3
VEHICLE_LANES = int(User.VEHICLE | User.TRAIN)
BICYCLE_LANES = int(User.VEHICLE | User.BICYCLE)


@kernel()
def movement(kind: int, speed: float) -> int:
    """How an object of a kind moves."""
    if kind == ObjectKind.PEDESTRIAN or kind == ObjectKind.ANIMAL or kind == ObjectKind.BALL:
        return WALK
    if (
        kind == ObjectKind.PARKED
        or kind == ObjectKind.CONE
        or kind == ObjectKind.BARRIER
        or kind == ObjectKind.BUILDING
    ):
        return STAY
    if speed < -0.3:
        return WALK
    return RIDE if kind == ObjectKind.BICYCLE else DRIVE


@kernel()
def users_of(kind: int, move: int) -> int:
    """Which lanes an object may follow, as `User` flags; 0 for none."""
    if move == RIDE:
        return BICYCLE_LANES
    return VEHICLE_LANES if move == DRIVE else 0


@kernel()
def ways_of(
    i: int,
    row: Array,
    trace: Array,
    move: int,
    kind: int,
    signals: int,
    size: Array,
    road: RoadArrays,
    found: Ints,
    place: Array,
    count: int,
    memory: Memory,
    tables: Array,
    mode: Array,
    prob: Array,
    period: float,
) -> None:
    """Choose the modes of object i: fills its tables (MODES, STATIONS, 6), mode (MODES, COLUMNS), prob (MODES,), and
    its past ways in the memory."""
    mode[:, :] = 0.0
    mode[:, LEAD], mode[:, WALL], mode[:, AHEAD] = -1.0, math.inf, math.inf
    ways, hops = np.zeros((ROUTES_MAX, HOPS_MAX), np.int64), np.zeros(ROUTES_MAX, np.int64)
    origin, cost = np.zeros((ROUTES_MAX, 3)), np.zeros(ROUTES_MAX)
    drafts = np.empty((ROUTES_MAX, STATIONS, 6))
    reach = max(HORIZON * (abs(row[4]) + SPEED_GAIN), 40.0)
    users = users_of(kind, move)
    have = 0
    if users:
        have = weigh(
            row,
            trace[VX_F],
            trace[VY_F],
            reach,
            users,
            signals,
            road,
            found,
            place,
            count,
            (trace[BLOCKED_LEFT], trace[BLOCKED_RIGHT], trace[BLOCKED_LANE]),
            ways,
            hops,
            origin,
            drafts,
            cost,
        )
    share = np.zeros(ROUTES_MAX + 1)
    past, past_hops, past_prob = memory[3][i], memory[4][i], memory[5][i]
    likelihoods(cost, have, ways, hops, past, past_hops, past_prob, period, share)
    merge_alike(share, have, drafts, origin, max(abs(row[4]), 2.0) * ALIKE_SPAN / reach)
    keep(i, trace, size, road, ways, hops, origin, drafts, have, share, reach, memory, tables, mode, prob)
    if users and have == 0:
        go_against(row, users, road, found, place, count, reach, tables[0], mode[0])


@kernel()
def go_against(
    row: Array, users: int, road: RoadArrays, found: Ints, place: Array, count: int, reach: float, table: Array,
    mode: Array,
) -> None:  # fmt: skip
    """Let the only mode of an object that no lane fits follow, at its offset, the lane on which it drives the wrong
    way, where there is one: it stays on the road in a bend, too."""
    for k in range(count):
        against = math.cos(wrap(row[3] - place[k, 2])) < AGAINST
        if against and abs(place[k, 1]) <= place[k, 3] and road[1][found[k], USERS] & users:
            lay_out_against(found[k], place[k, 0], reach, road, table)
            mode[SPACING] = reach / (STATIONS - 1)
            mode[S0], mode[HEADING] = place[k, 0], wrap(place[k, 2] + math.pi)
            mode[D0] = mode[TARGET] = -place[k, 1]
            return


@kernel()
def wanted_offset(d: float, drift: float, room: float, half: float) -> float:
    """The offset [m] to which a driver moves in a lane of half a width [m]: back a little towards the middle, within
    the room [m] that its body has; who is leaving the middle, further off than drivers wander, is taken to go on."""
    if abs(d) > WANDER and d * drift > 0.0:
        return min(max(d + CARRIED * drift, -half), half)
    return min(max(KEPT_OFFSET * d, -room), room)


@kernel()
def moves_over(drift: float, ways: Ints, origin: Array, order: Ints, m: int) -> bool:
    """Whether another of the modes, rows of ways and origin (s, d, heading), is a change to the lane to which the
    object drifts: then mode m is that it does not, and does not go on to the edge of its lane either."""
    for other in order:
        if other < ways.shape[0] and ways[other, 0] != ways[order[m], 0] and origin[other, 1] * drift < 0.0:
            return True
    return False


@kernel()
def keep(
    i: int,
    trace: Array,
    size: Array,
    road: RoadArrays,
    ways: Ints,
    hops: Ints,
    origin: Array,
    drafts: Array,
    have: int,
    share: Array,
    reach: float,
    memory: Memory,
    tables: Array,
    mode: Array,
    prob: Array,
) -> None:
    """Keep the likeliest of an object's `have` ways (their shares in `share`, the last that of no way) as its modes."""
    past, past_hops, past_prob = memory[3][i], memory[4][i], memory[5][i]
    order = np.zeros(MODES, np.int64)
    used = best_modes(share, have, order, prob)
    for m in range(MODES):
        k = order[m]
        past_prob[m] = prob[m]
        past_hops[m] = 0
        if m >= used:
            continue
        mode[m, USED] = 1.0
        if k < have:
            copy_row(ways[k], past[m])
            copy_rows(drafts[k], tables[m])
            past_hops[m] = hops[k]
            mode[m, SPACING] = reach / (STATIONS - 1)
            mode[m, S0], mode[m, D0], mode[m, HEADING] = origin[k, 0], origin[k, 1], origin[k, 2]
            _, _, _, _, half = at(origin[k, 0], ways[k, 0], road)
            room = max(half - 0.5 * size[1], 0.0)
            if abs(origin[k, 1]) <= half:
                drift = trace[VY_F] * math.cos(origin[k, 2]) - trace[VX_F] * math.sin(origin[k, 2])
                if moves_over(drift, ways, origin, order[:used], m):
                    drift = 0.0
                mode[m, TARGET] = wanted_offset(origin[k, 1], drift, room, half)
