"""One compiled call per cycle: from tracks to predictions."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.geometry.rows import copy_rows
from evpilot.maps.index import ARRAYS, IndexArrays
from evpilot.predict.choose import HAZARD_LAMP, MODES, nearness
from evpilot.predict.follow import (
    AHEAD,
    ALONG,
    D0,
    EVIDENCE,
    HEADING,
    HEED_MAX,
    HEED_SHARED,
    HEED_SURE,
    LEAD,
    LEARN_NOISE,
    LEARN_SIGMA,
    S0,
    SPACING,
    TARGET,
    USED,
    WALL,
    character,
    heeding,
    known_limit,
    learn,
    roll,
)
from evpilot.predict.locate import NEAR_MAX, at, near, project
from evpilot.predict.meet import enter, find_lead, find_wall, is_taken
from evpilot.predict.memory import (
    ACCEL_F,
    BEHIND_US,
    BLOCKED_LANE,
    BLOCKED_LEFT,
    BLOCKED_RIGHT,
    CLOSING_B,
    FASTEST,
    GAP_B,
    HEED,
    KNOWN,
    LIMIT_B,
    MEMORY,
    NOISE,
    SPEED_B,
    STOOD,
    TURN_F,
    VX_F,
    VY_F,
    Memory,
    recall,
    trusted_accel,
)
from evpilot.predict.modes import DRIVE, RIDE, STAY, WALK, movement, ways_of
from evpilot.predict.pose import along_way, onwards, spread
from evpilot.predict.roads import LEFT, RIGHT, ROAD, RoadArrays
from evpilot.predict.routes import STATIONS, TLIMIT
from evpilot.predict.walk import AGO, intents, sets_off
from evpilot.types.kinds import ObjectKind
from evpilot.types.state import Array, Bools, Bytes, Ints

SCRATCH = "Tuple((f8[:, :, :, ::1], f8[:, :, ::1], f8[:, :, ::1], f8[:, :, ::1], i8[::1], i8[:, ::1], f8[:, ::1]))"
"""The numba type of `Scratch`: tables (N, MODES, STATIONS, 6), per-mode numbers (N, MODES, 10), run and pace
(N, MODES, KNOTS), head (L,), chain (E, 3), stand (E, 3)."""
Scratch = tuple[Array, Array, Array, Array, Ints, Ints, Array]


BRISK = 5.0  # [m/s] who comes slower to what blocks its lane, or stands there, looks for a gap first
CYCLE_SPEED = 5.5  # [m/s] a cyclist's wish, as a limit is a driver's
STANDS = 0.2  # [m/s] ...
STARTS = 0.3  # [m/s2] ... and with less acceleration: it waits
REASON = 8.0  # [m] a lead or a red light within explains why it stands
STOOD_FIRST, STOOD_MAX = 1.0, 4.0  # [s] who is first seen standing has stood so long; longer says no more


@kernel()
def meet_leads(
    i: int,
    row: Array,
    mode: Array,
    memory: Memory,
    size: Array,
    speed: Array,
    road: RoadArrays,
    wall: Array,
    head: Ints,
    chain: Ints,
    stand: Array,
    fixed: Bools,
) -> None:
    """Find the lead and the red light on each way of object i; and remember how near it is to one of those fixed (N,)
    that stands in its lane, as `nearness` says, where the lane beside is free."""
    reach = mode[0, SPACING] * (STATIONS - 1)
    trace = memory[1][i]
    trace[BLOCKED_LEFT], trace[BLOCKED_RIGHT] = 0.0, 0.0
    for m in range(MODES):
        hops = memory[4][i, m]
        if mode[m, USED] > 0.0 and hops > 0:
            way, s = memory[3][i, m], mode[m, S0]
            lead, gap, along = find_lead(i, way, hops, s, mode[m, TARGET], reach, size, speed, road, head, chain, stand)
            mode[m, LEAD], mode[m, AHEAD], mode[m, ALONG] = float(lead), gap, along
            _, _, _, _, half = at(s, way[0], road)
            if lead >= 0 and fixed[lead] and abs(mode[m, D0]) <= half:
                near_it = nearness(gap, speed[i]) * min(speed[i] / BRISK, 1.0)
                for side in range(2):
                    beside = road[1][way[0], LEFT if side == 0 else RIGHT]
                    if beside >= 0 and near_it > 0.0:
                        there, _, _ = project(row[0], row[1], beside, s, road)
                        if not is_taken(beside, i, there, size, speed, head, chain, stand):
                            trace[BLOCKED_LEFT + side], trace[BLOCKED_LANE] = near_it, float(way[0])
            mode[m, WALL] = find_wall(way, hops, s, 0.5 * size[i, 0], wall, road)


@kernel()
def stays_put(move: int, kind: int, signals: int, speed: float) -> bool:
    """Whether an object stands for good: what has no mind of its own, what nobody knows, and who has hazard lights on.
    Others who stand wait for something, and those behind with them."""
    return move == STAY or (speed < STANDS and (kind == ObjectKind.UNKNOWN or (signals & HAZARD_LAMP) > 0))


@kernel()
def get_to_know(i: int, speed: Array, limit: float, mode: Array, memory: Memory, period: float) -> None:
    """Learn from what driver i did since the last cycle, then remember what it sees now."""
    trace, weight, world = memory[1][i], memory[2][i], memory[6]
    sigma = LEARN_SIGMA + LEARN_NOISE * math.sqrt(trace[NOISE])
    lead = int(mode[0, LEAD])
    closing = speed[i] - mode[0, ALONG] * speed[lead] if lead >= 0 else 0.0
    if trace[KNOWN] > 0.0:
        gap, sure = trace[GAP_B], math.inf
        if trace[BEHIND_US] > 0.0 and trace[LIMIT_B] > 0.0:
            share, headway = character(weight, trace[SPEED_B] / trace[LIMIT_B], 0.0)
            wanted = share * trace[LIMIT_B]
            told = heeding(trace[SPEED_B], wanted, headway, gap, trace[CLOSING_B], trace[ACCEL_F])
            told *= min(1.0, period / EVIDENCE)
            trace[HEED] = min(max(trace[HEED] + told, -HEED_MAX), HEED_MAX)
            world[0] = min(max(world[0] + HEED_SHARED * told, -HEED_MAX), HEED_MAX)
            sure = trace[HEED] + world[0]
            gap = gap if sure > 0.0 else math.inf
        if trace[LIMIT_B] > 0.0 and abs(sure) > HEED_SURE:
            observed = (speed[i] - trace[SPEED_B]) / period
            learn(weight, trace[SPEED_B], trace[LIMIT_B], gap, trace[CLOSING_B], observed, sigma, period)
    elif limit > 0.0:
        gap = mode[0, AHEAD] if lead < speed.shape[0] - 1 else math.inf
        learn(weight, speed[i], limit, gap, closing, trace[ACCEL_F], sigma, EVIDENCE)
    trace[SPEED_B], trace[LIMIT_B], trace[GAP_B], trace[CLOSING_B] = speed[i], limit, mode[0, AHEAD], closing
    trace[BEHIND_US] = 1.0 if lead == speed.shape[0] - 1 else 0.0


@kernel()
def wait_on(speed: float, mode: Array, trace: Array, stays: bool, period: float) -> float:
    """How long [s] an object is expected to stand on: as long as it has stood for no reason that we see. Its reason,
    somebody to let pass perhaps, will not be gone at once; and what `stays_put` has none that could go."""
    reason = min(mode[0, AHEAD], mode[0, WALL]) < REASON
    if reason or speed > STANDS or trace[ACCEL_F] > STARTS:
        trace[STOOD] = 0.0
    elif trace[KNOWN] > 0.0:
        trace[STOOD] = min(trace[STOOD] + period, STOOD_MAX)
    else:
        trace[STOOD] = STOOD_FIRST
    return math.inf if stays and trace[STOOD] >= STOOD_MAX else trace[STOOD]


@kernel()
def draw(
    i: int,
    row: Array,
    trace: Array,
    move: int,
    tables: Array,
    mode: Array,
    run: Array,
    pace: Array,
    pose: Array,
    cov: Array,
) -> None:
    """Poses (MODES, KNOTS, 4) and covariances of object i; an unused mode repeats mode 0."""
    for m in range(MODES):
        if mode[m, USED] <= 0.0:
            copy_rows(pose[0], pose[m])
            for k in range(cov.shape[1]):
                copy_rows(cov[0, k], cov[m, k])
            continue
        if mode[m, SPACING] > 0.0:
            yaw = mode[m, HEADING]
            drift = trace[VY_F] * math.cos(yaw) - trace[VX_F] * math.sin(yaw)
            along_way(
                tables[m], mode[m, SPACING], run[m], pace[m], mode[m, D0], mode[m, TARGET], drift, row[3], pose[m]
            )
        else:
            moving = math.hypot(trace[VX_F], trace[VY_F]) > 0.3
            course = math.atan2(trace[VY_F], trace[VX_F]) if moving else row[3]
            turn = trace[TURN_F] if move == DRIVE else 0.0
            onwards(row[0], row[1], row[2], row[3], course, turn, run[m], pose[m])
        spread(pose[m], run[m], move == WALK, cov[m])


@kernel()
def pace_of(
    i: int,
    row: Array,
    kind: int,
    move: int,
    trace: Array,
    velocity: Array,
    tables: Array,
    mode: Array,
    prob: Array,
    speed: Array,
    accel: Array,
    limit: Array,
    driver: Array,
) -> None:
    """Fill speed, accel and limit (N,) of object i as the rollout takes them, and what the limit means to it."""
    if mode[0, SPACING] > 0.0:
        posted = known_limit(tables[0, 0, TLIMIT], row[4])
        limit[i] = max(min(posted, CYCLE_SPEED) if move == RIDE else posted, trace[FASTEST])
        driver[i, 2] = limit[i] / posted
    if move == WALK:
        speed[i] = math.hypot(velocity[0], velocity[1])
    elif move != STAY:
        speed[i], accel[i] = row[4], trusted_accel(trace)
    if move in (WALK, RIDE):
        before = max(math.hypot(trace[VX_F], trace[VY_F]), speed[i] - AGO * trace[ACCEL_F])
        intents(kind, speed[i], before, mode, prob)


@kernel(
    f"void(i8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], u1[::1], u1[::1], f8[::1], f8[::1], f8, {ROAD}, {ARRAYS},"
    f" {MEMORY}, {MEMORY}, {SCRATCH}, f8[:, :, :, ::1], f8[:, :, :, :, ::1], f8[:, ::1])"
)
def predict(
    ids: Ints,
    state: Array,
    velocity: Array,
    size: Array,
    kind: Bytes,
    signals: Bytes,
    ego: Array,
    wall: Array,
    period: float,
    road: RoadArrays,
    index: IndexArrays,
    old: Memory,
    new: Memory,
    scratch: Scratch,
    pose: Array,
    cov: Array,
    prob: Array,
) -> None:
    """Predict N objects (ids ascending) for one cycle.

    state (N, 7), velocity (N, 2), size (N + 1, 2) [the ego's last], kind and signals (N,); ego (7,) as a row of state,
    box centre; wall (L,) where each lane is closed by a light now. old is the last cycle's memory, new is filled.
    Fills pose (N, MODES, KNOTS, 4), cov (N, MODES, KNOTS, 2, 2) and prob (N, MODES).
    """
    count = ids.shape[0]
    tables, mode, run, pace, head, chain, stand = scratch
    recall(ids, state, velocity, old, new, period)
    found, place = np.zeros(NEAR_MAX, np.int64), np.zeros((NEAR_MAX, 4))
    speed, accel, limit = np.zeros(count + 1), np.zeros(count + 1), np.zeros(count + 1)
    driver, moves, fixed = np.zeros((count + 1, 5)), np.zeros(count, np.int64), np.zeros(count + 1, np.bool_)
    entries = ZERO
    for i in range(count + 1):
        row = state[i] if i < count else ego
        nearby = near(row[0], row[1], row[2], row[3], road, index, found, place)
        entries = enter(i, row[3], size[i, 1], found, place, nearby, head, chain, stand, entries)
        if i == count:
            mode[i, :, :] = 0.0
            mode[i, :, LEAD], mode[i, 0, USED] = -1.0, 1.0
            speed[i], accel[i] = max(ego[4], 0.0), ego[5]
            continue
        moves[i] = movement(kind[i], row[4])
        trace = new[1][i]
        ways_of(
            i,
            row,
            trace,
            moves[i],
            kind[i],
            signals[i],
            size[i],
            road,
            found,
            place,
            nearby,
            new,
            tables[i],
            mode[i],
            prob[i],
            period,
        )
        pace_of(i, row, kind[i], moves[i], trace, velocity[i], tables[i], mode[i], prob[i], speed, accel, limit, driver)
        sets_off(kind[i], speed[i], trace[STOOD], found, place, nearby, road, mode[i], prob[i])
        fixed[i] = stays_put(moves[i], kind[i], signals[i], speed[i])
    for i in range(count):
        meet_leads(i, state[i], mode[i], new, size, speed, road, wall, head, chain, stand, fixed)
        get_to_know(i, speed, limit[i], mode[i], new, period)
        driver[i, 0], driver[i, 1] = character(new[2][i], speed[i] / max(limit[i], 0.1), accel[i])
        driver[i, 3] = 1.0 / (1.0 + math.exp(-new[1][i, HEED] - new[6][0]))
        driver[i, 4] = wait_on(speed[i], mode[i], new[1][i], fixed[i], period)
    for entry in range(entries):
        head[chain[entry, 2]] = -1
    roll(tables, mode[: count + 1], speed, accel, driver, run, pace)
    for i in range(count):
        draw(i, state[i], new[1][i], moves[i], tables[i], mode[i], run[i], pace[i], pose[i], cov[i])
