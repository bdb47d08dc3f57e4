"""All proposals driven forward at once, with the car's own dynamics: curvilinear kinematic single track.

State on a corridor: s' = v cos(theta) / (1 - d k(s)), d' = v sin(theta), theta' = v tan(steering) / wheelbase - k(s) s'
(Werling et al. 2010). Steering follows the lateral quintic under the car's steering rate; acceleration follows the
speed law under jerk and the limits.

Proposals of one corridor advance side by side, `WIDTH` at a time, those of one speed law next to each other: the inner
loops run over them without a branch, so that the compiler makes vector instructions of them.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.plan.advance import bound, locate, look, look_for_cap, move, push, steer
from evpilot.plan.columns import CHUNK, GRID, Corridor, Law, Prop, Ref, Roll
from evpilot.plan.laws import (
    ARRIVE,
    BEGIN,
    BEND0,
    C3,
    C4,
    C5,
    COLUMNS,
    FLOOR,
    JERKS,
    LENGTH,
    LOW_X,
    OFFSET,
    Q0,
    Q1,
    Q2,
    Q3,
    Q4,
    RAMP,
    ROWS,
    SHARE,
    SHIFT,
    SLOPE0,
    TAIL,
    THETA,
    WIDTH,
    A,
    D,
    J,
    K,
    S,
    V,
    asks_for_cap,
    find_crowd,
    wish,
)
from evpilot.plan.lookup import sample
from evpilot.types.state import Array, Ints

BEND_SWING = 4.0  # [m]
SETTLE = 15.0  # [m] at least along which the offset is reached that a delayed motion keeps first
ELSEWHERE = 1.0  # [m] where that offset is further away it is reached ...
SETTLE_TIME, GAINED = 3.0, 3.0  # [s] ... so soon, even if we become faster by so much [m/s]
# [m], [s]: whose heading would carry it further off than that turns back sooner, in no less time than is comfortable
SWING, TURN_BACK = 0.3, 1.5
QUINTIC_SWING = 0.2  # of slope and length: how far a quintic that begins aslant swings out
HARD = -3.9  # [m/s2] a ramp below it is an emergency
FIRM = -2.0  # [m/s2] a ramp below it sets in as fast as the gate allows
LAWS = len(Law)
VECTOR = 16  # proposals that one round of a vector loop takes

C_S, C_D, C_THETA, C_BEND = int(Corridor.S), int(Corridor.D), int(Corridor.THETA), int(Corridor.BEND)
C_START, C_COUNT, C_WALL = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL)
P_CORRIDOR, P_OFFSET, P_LENGTH, P_LAW = int(Prop.CORRIDOR), int(Prop.OFFSET), int(Prop.LENGTH), int(Prop.LAW)
P_HOLD, P_DELAY = int(Prop.HOLD), int(Prop.DELAY)
P0, P1, P2, P3, P4 = int(Prop.P0), int(Prop.P1), int(Prop.P2), int(Prop.P3), int(Prop.P4)
R_K = int(Ref.CURVATURE)
O_ACCEL, O_JERK = int(Roll.ACCEL), int(Roll.JERK)
STEPS = len(GRID)
TIMES = GRID


@kernel()
def quintic(d0: float, slope: float, bend: float, offset: float, length: float) -> tuple[float, float, float]:
    """Coefficients of x^3, x^4, x^5 that bring (d0, slope, bend) to (offset, 0, 0) after a length [m]."""
    h = offset - d0 - slope * length - 0.5 * bend * length * length
    v = -slope - bend * length
    a = -bend
    l2, l3 = length * length, length * length * length
    return (
        (10.0 * h - 4.0 * v * length + 0.5 * a * l2) / l3,
        (-15.0 * h + 7.0 * v * length - a * l2) / (l3 * length),
        (6.0 * h - 3.0 * v * length + 0.5 * a * l2) / (l3 * l2),
    )


@kernel()
def _slant(corridor: Array, table: Array) -> float:
    """The slope against the path with which every lateral motion on a corridor begins."""
    here = sample(table, int(corridor[C_START]), int(corridor[C_COUNT]), corridor[C_S], R_K)
    return math.tan(min(max(corridor[C_THETA], -1.2), 1.2)) * max(1.0 - corridor[C_D] * here, 0.2)


@kernel()
def _begin(p: Array, i: int, corridor: Array, slope: float, turn: float, ego: Array, car: Array, block: Array) -> None:
    """Put a proposal into lane i of a block, at the car's present state: slope as `_slant` gives it, turn [1/m] the
    curvature that the car drives."""
    s, d, theta = corridor[C_S], corridor[C_D], min(max(corridor[C_THETA], -1.5), 1.5)
    block[S + i], block[D + i], block[THETA + i], block[V + i], block[A + i] = s, d, theta, ego[0], ego[1]
    block[K + i] = turn
    length, target = max(p[P_LENGTH], 1.0), p[P_OFFSET]
    block[SHIFT + i], block[BEGIN + i], block[SHARE + i] = 0.0, 0.0, 1.0
    if p[P_DELAY] > 0.0:
        # first to the offset that is kept, and what is missing then is added later
        block[SHIFT + i], block[BEGIN + i], block[SHARE + i] = target - p[P_HOLD], p[P_DELAY], 1.0 / length
        length, target = max(p[P_DELAY], SETTLE), p[P_HOLD]
        if abs(target - d) > ELSEWHERE:
            length = max(min(length, SETTLE_TIME * (ego[0] + GAINED)), SETTLE)
        swing = SWING / (QUINTIC_SWING * max(abs(slope), 1e-6))
        length = min(length, max(swing, SETTLE, TURN_BACK * ego[0]))
    # a long motion must not carry on the bend of a moment: it would swing out by bend * length^2
    most_bend = BEND_SWING / (length * length)
    bend = min(max(corridor[C_BEND], -most_bend), most_bend)
    block[C3 + i], block[C4 + i], block[C5 + i] = quintic(d, slope, bend, target, length)
    block[OFFSET + i], block[LENGTH + i], block[SLOPE0 + i], block[BEND0 + i] = target, length, slope, bend
    law = int(p[P_LAW])
    hard = (law == RAMP and p[P0] < HARD) or law == TAIL
    firm = law == RAMP and p[P0] < FIRM
    block[JERKS + i] = car[10] if hard else car[11] if firm else 2.0 * car[7]
    block[FLOOR + i] = -car[6] if hard else -car[9] if law == ARRIVE else -min(car[9], 5.0)
    block[Q0 + i], block[Q1 + i], block[Q2 + i], block[Q3 + i], block[Q4 + i] = p[P0], p[P1], p[P2], p[P3], p[P4]


@kernel()
def _drive(
    runs: Ints,
    rows: Ints,
    corridor: Array,
    table: Array,
    spans: Array,
    crowd: Ints,
    reach: tuple[float, float],
    standoff: Array,
    ego: Array,
    car: Array,
    block: Array,
    out: Array,
    boxes: Array,
) -> None:
    """Drive the block's proposals to the end and write them to their rows of out and boxes; those of each law stand at
    runs[law]..runs[law + 1] - 1."""
    start, count, used = int(corridor[C_START]), int(corridor[C_COUNT]), int(runs[LAWS])
    # what has a vector form runs over whole vectors
    whole = min((used + VECTOR - 1) // VECTOR * VECTOR, WIDTH)
    s0, d0, wall, bend_limit = corridor[C_S], corridor[C_D], corridor[C_WALL], math.tan(car[1]) / car[0]
    for step in range(STEPS):
        t = TIMES[step]
        dt = TIMES[step + 1] - t if step + 1 < STEPS else 0.2
        look(block, used, whole, start, count, table)
        locate(block, whole)
        bound(step, block, whole)
        if (step + 1) % CHUNK == 0 or step + 1 == STEPS:
            for i in range(used):
                box = boxes[rows[i], step // CHUNK]
                for side in range(4):
                    box[side] = block[LOW_X + WIDTH * side + i]
        for law in range(LAWS):
            many = runs[law + 1] - runs[law]
            if many > 0:
                own = block[runs[law] :]
                if asks_for_cap(law, t, own, many):
                    look_for_cap(own, many, dt, start, count, table)
                wish(law, step, t, own, many, s0, d0, ego[0], wall, car, spans, crowd, reach, standoff)
        for i in range(used):
            # accel and jerk of this step are written below, when they are known
            state = out[rows[i], step]
            for column in range(COLUMNS):
                state[column] = block[WIDTH * column + i]
        push(block, whole, dt, car)
        for i in range(used):
            out[rows[i], step, O_ACCEL], out[rows[i], step, O_JERK] = block[A + i], block[J + i]
        if step + 1 == STEPS:
            break
        steer(block, whole, dt, s0, d0, bend_limit, car)
        move(block, used, whole, dt, start, count, table)


@kernel(
    "void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1], f8[:, :, ::1], f8[::1], f8[::1], f8[::1],"
    "f8[:, :, ::1], f8[:, :, ::1])"
)
def roll_out(
    props: Array,
    corridors: Array,
    table: Array,
    spans: Array,
    near: Ints,
    extents: Array,
    standoff: Array,
    ego: Array,
    car: Array,
    out: Array,
    boxes: Array,
) -> None:
    """Fill out (R, 51, 11) by `Roll` for proposals (R, 11) by `Prop`, and boxes (R, CHUNKS, 4) with the least and
    greatest x, least and greatest y [m] of the rear axle during each `CHUNK` steps.

    corridors (C, 10); table (sum P, 14) stacked tables; spans (C, E, 51, 5) and near (C, E + 1) as `spans_on` fills
    them; extents (C, E, 3) as `strips_on` does; standoff (E,) how much further [m] to stop behind each; ego (4,) speed,
    accel, steering, reserved; car (19,): wheelbase, steering limit [rad], steering rate [rad/s], front [m] from the
    rear axle to the bumper, half width of the strip in which a lead counts [m], comfortable acceleration, hardest
    braking (positive), comfortable jerk, hardest acceleration, hardest braking that is no emergency (positive), jerk of
    an emergency and of firm braking; what the motor gives: at most, at 1 m/s by its power, less rolling resistance and
    less the air's at 1 m/s; the gate's lateral acceleration [m/s2] and lateral jerk [m/s3]; what of gravity along a
    slope slows the car, whose wheels and motor turn, as a share.
    """
    block, turn = np.zeros(ROWS * WIDTH), math.tan(ego[2]) / car[0]
    rows, runs = np.empty(WIDTH, np.int64), np.zeros(LAWS + 1, np.int64)
    crowd = np.empty(standoff.shape[0] + 1, np.int64)
    for c in range(corridors.shape[0]):
        used, slope = ZERO, _slant(corridors[c], table)
        for law in range(LAWS):
            for r in range(props.shape[0]):
                if int(props[r, P_CORRIDOR]) == c and int(props[r, P_LAW]) == law:
                    _begin(props[r], used, corridors[c], slope, turn, ego, car, block)
                    rows[used] = r
                    used += 1
                    runs[law + 1 :] = used
                if used == WIDTH:
                    reach = find_crowd(block, used, car[3], car[4], extents[c], near[c], crowd)
                    _drive(
                        runs, rows, corridors[c], table, spans[c], crowd, reach, standoff, ego, car, block, out, boxes
                    )
                    used = ZERO
                    runs[:] = 0
        if used > 0:
            reach = find_crowd(block, used, car[3], car[4], extents[c], near[c], crowd)
            _drive(runs, rows, corridors[c], table, spans[c], crowd, reach, standoff, ego, car, block, out, boxes)
            runs[:] = 0
