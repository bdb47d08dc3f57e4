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
from evpilot.plan.columns import CHUNK, GRID, Corridor, Law, Prop, Ref, Roll
from evpilot.plan.laws import (
    ARRIVE,
    BEGIN,
    BEND0,
    C3,
    C4,
    C5,
    CAP,
    CLIMB,
    COLUMNS,
    CREF,
    DS,
    FLOOR,
    HALF,
    HALFD,
    HIGH_X,
    HIGH_Y,
    JERKS,
    KLATER,
    KREF,
    KSOON,
    LENGTH,
    LOW_X,
    LOW_Y,
    OFFSET,
    Q0,
    Q1,
    Q2,
    Q3,
    Q4,
    RAMP,
    RATE,
    ROWS,
    SHARE,
    SHIFT,
    SI,
    SLOPE0,
    SREF,
    TAIL,
    THETA,
    WIDTH,
    WISH,
    YAW,
    A,
    C,
    D,
    J,
    K,
    S,
    V,
    X,
    Y,
    asks_for_cap,
    find_crowd,
    wish,
)
from evpilot.types.state import Array, Ints

REF_STEP = 0.5  # [m] spacing of the reference tables (maps.reference.SPACING)
BEND_SWING = 4.0  # [m]
SETTLE = 15.0  # [m] at least along which the offset is reached that a delayed motion keeps first
ELSEWHERE = 1.0  # [m] where that offset is further away it is reached ...
SETTLE_TIME, GAINED = 3.0, 3.0  # [s] ... so soon, even if we become faster by so much [m/s]
# [m], [s]: whose heading would carry it further off than that turns back sooner, in no less time than is comfortable
SWING, TURN_BACK = 0.3, 1.5
QUINTIC_SWING = 0.2  # of slope and length: how far a quintic that begins aslant swings out
PREVIEW = 0.6  # [s] ahead a bend is seen that the steering needs as long to get into
# what the car is off its line goes in so many metres or seconds: in less the gate's jerk makes it swing
LINE_NEAR, LINE_SOON = 2.0, 0.6  # [m], [s]
APART_MAX = 0.5  # [m] from the line, as far as steering takes it seriously
CAP_AHEAD = 0.85  # [s] the lag of a law that closes 1.2 of its speed's error in a second
HARD = -3.9  # [m/s2] a ramp below it is an emergency
FIRM = -2.0  # [m/s2] a ramp below it sets in as fast as the gate allows
RELEASE = 15.0  # [m/s3] the most that braking is let go with, by an actuator behind its lag
LAWS = len(Law)
VECTOR = 16  # proposals that one round of a vector loop takes

C_S, C_D, C_THETA, C_BEND = int(Corridor.S), int(Corridor.D), int(Corridor.THETA), int(Corridor.BEND)
C_START, C_COUNT, C_WALL = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL)
R_X, R_Y, R_YAW, R_K, R_CAP = int(Ref.X), int(Ref.Y), int(Ref.YAW), int(Ref.CURVATURE), int(Ref.CAP)
R_COS, R_SIN, R_SLOPE = int(Ref.COS), int(Ref.SIN), int(Ref.SLOPE)
P_CORRIDOR, P_OFFSET, P_LENGTH, P_LAW = int(Prop.CORRIDOR), int(Prop.OFFSET), int(Prop.LENGTH), int(Prop.LAW)
P_HOLD, P_DELAY = int(Prop.HOLD), int(Prop.DELAY)
P0, P1, P2, P3, P4 = int(Prop.P0), int(Prop.P1), int(Prop.P2), int(Prop.P3), int(Prop.P4)
O_ACCEL, O_JERK = int(Roll.ACCEL), int(Roll.JERK)
STEPS = len(GRID)
TIMES = GRID


@kernel()
def sample(table: Array, start: int, count: int, s: float, column: int) -> float:
    """Linear interpolation in a stacked reference table; beyond an end the last value."""
    u = min(max(s / REF_STEP, 0.0), count - 1.000001)
    k = int(u)
    f = u - k
    return (1.0 - f) * table[start + k, column] + f * table[start + k + 1, column]


@kernel()
def sine(x: float) -> float:
    """sin(x) for |x| < 1.6 to 2e-4: headings against a path are small, and a rollout takes hundreds of thousands."""
    y = x * x
    return x * (1.0 - y * (1.0 / 6.0 - y * (1.0 / 120.0 - y / 5040.0)))


@kernel()
def cosine(x: float) -> float:
    """cos(x) for |x| < 1.6 to 1e-3."""
    y = x * x
    return 1.0 - y * (0.5 - y * (1.0 / 24.0 - y * (1.0 / 720.0 - y / 40320.0)))


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
def _spots(block: Array, many: int, ahead: float, count: int, row: int, share: int) -> None:
    """Where on the path's table the proposals will be after `ahead` [s] at the speed that they have: fill the block's
    rows from `row` and `share` on with the row of the table before that place, and what of the step to the next one
    lies behind it. Apart from the look-ups, because this has a vector form."""
    last = count - 1.000001
    for i in range(many):
        u = min(max((block[S + i] + ahead * block[V + i]) / REF_STEP, 0.0), last)
        whole = int(u)
        block[row + i], block[share + i] = whole, u - whole


@kernel()
def _look(block: Array, used: int, many: int, start: int, count: int, table: Array) -> None:
    """What the path is like where each proposal is, and a little ahead: look-ups, which have no vector form."""
    # until the look-ups overwrite them, rows of the block hold where to look
    _spots(block, many, 0.0, count, KREF, CREF)
    _spots(block, many, 0.15, count, SREF, CLIMB)
    _spots(block, many, PREVIEW, count, KSOON, KLATER)
    for i in range(used):
        row, f = start + int(block[KREF + i]), block[CREF + i]
        soon, f_soon = start + int(block[SREF + i]), block[CLIMB + i]
        later, f_later = start + int(block[KSOON + i]), block[KLATER + i]
        g = 1.0 - f
        block[X + i] = g * table[row, R_X] + f * table[row + 1, R_X]
        block[Y + i] = g * table[row, R_Y] + f * table[row + 1, R_Y]
        block[YAW + i] = g * table[row, R_YAW] + f * table[row + 1, R_YAW]
        block[KREF + i] = g * table[row, R_K] + f * table[row + 1, R_K]
        block[CREF + i] = g * table[row, R_COS] + f * table[row + 1, R_COS]
        block[SREF + i] = g * table[row, R_SIN] + f * table[row + 1, R_SIN]
        block[CLIMB + i] = g * table[row, R_SLOPE] + f * table[row + 1, R_SLOPE]
        block[KSOON + i] = (1.0 - f_soon) * table[soon, R_K] + f_soon * table[soon + 1, R_K]
        block[KLATER + i] = (1.0 - f_later) * table[later, R_K] + f_later * table[later + 1, R_K]


@kernel()
def _look_for_cap(block: Array, many: int, dt: float, start: int, count: int, table: Array) -> None:
    """How fast each of the proposals may be on the path where it is and a little ahead."""
    for i in range(many):
        s, speed = block[S + i], block[V + i]
        # where the cap falls, speed is brought down with it, not behind it
        soon = sample(table, start, count, s + speed * CAP_AHEAD, R_CAP)
        block[CAP + i] = min(sample(table, start, count, s + speed * dt, R_CAP), soon)


@kernel()
def _locate(block: Array, many: int) -> None:
    """Place and heading on the map from place and heading on the path."""
    for i in range(many):
        d, theta, c_ref, s_ref = block[D + i], block[THETA + i], block[CREF + i], block[SREF + i]
        c_theta, s_theta = cosine(theta), sine(theta)
        block[X + i] -= d * s_ref
        block[Y + i] += d * c_ref
        block[YAW + i] += theta
        block[C + i] = c_ref * c_theta - s_ref * s_theta
        block[SI + i] = s_ref * c_theta + c_ref * s_theta


@kernel()
def _bound(step: int, block: Array, many: int) -> None:
    """Widen the boxes in which the proposals stay during a chunk of steps; the first step of a chunk begins them."""
    begins = step % CHUNK == 0
    for i in range(many):
        x, y = block[X + i], block[Y + i]
        block[LOW_X + i] = x if begins else min(block[LOW_X + i], x)
        block[HIGH_X + i] = x if begins else max(block[HIGH_X + i], x)
        block[LOW_Y + i] = y if begins else min(block[LOW_Y + i], y)
        block[HIGH_Y + i] = y if begins else max(block[HIGH_Y + i], y)


@kernel()
def _push(block: Array, many: int, dt: float, car: Array) -> None:
    """Acceleration towards what the law asks for, under the limits of acceleration, of the motor on the slope and of
    jerk. Braking that is harder than the law's own is let go at once: held on for ease it would stop the car for
    nothing."""
    most = car[8]
    for i in range(many):
        floor = block[FLOOR + i]
        speed = block[V + i]
        push = min(car[12], car[13] / max(speed, 1.0)) - car[14] - car[15] * speed * speed - car[18] * block[CLIMB + i]
        wish = min(max(block[WISH + i], floor), min(most, push))
        jerk = block[JERKS + i] * dt
        rise = min(max(jerk, floor - block[A + i]), RELEASE * dt)
        change = min(max(wish - block[A + i], -jerk), max(rise, jerk))
        block[J + i] = change / dt
        accel = block[A + i] + change
        stands = block[V + i] + accel * dt < 0.0
        block[A + i] = -block[V + i] / dt if stands else accel
        block[J + i] = 0.0 if stands else block[J + i]


@kernel()
def _steer(block: Array, many: int, dt: float, s0: float, d0: float, bend_limit: float, car: Array) -> None:
    """Steer towards the lateral motion, and the first half of the midpoint step."""
    lateral, lateral_jerk = car[16], car[17]
    for i in range(many):
        s, d, theta, speed, turn = block[S + i], block[D + i], block[THETA + i], block[V + i], block[K + i]
        c_theta, s_theta = cosine(theta), sine(theta)
        # curvature towards the quintic, looked at a little ahead because the steering rate is limited
        x = s + 0.15 * speed - s0
        slope0, bend0 = block[SLOPE0 + i], block[BEND0 + i]
        c3, c4, c5 = block[C3 + i], block[C4 + i], block[C5 + i]
        within = x < block[LENGTH + i]
        at = d0 + x * (slope0 + x * (0.5 * bend0 + x * (c3 + x * (c4 + x * c5))))
        along = slope0 + x * (bend0 + x * (3.0 * c3 + x * (4.0 * c4 + x * 5.0 * c5)))
        bent = bend0 + x * (6.0 * c3 + x * (12.0 * c4 + x * 20.0 * c5))
        # a delayed motion adds its own
        shift, share = block[SHIFT + i], block[SHARE + i]
        u = min(max((x - block[BEGIN + i]) * share, 0.0), 1.0)
        rest = u * (1.0 - u)
        want_d = (at if within else block[OFFSET + i]) + shift * u * u * u * (10.0 + u * (6.0 * u - 15.0))
        slope = (along if within else 0.0) + shift * share * 30.0 * rest * rest
        bend = (bent if within else 0.0) + shift * share * share * 60.0 * rest * (1.0 - 2.0 * u)
        square = max(speed * speed, 1.0)
        # d(curvature)/dt = (1 + (curvature * wheelbase)^2) / wheelbase * steering rate; and the gate before the car
        # lets no more pass than its lateral acceleration and its lateral jerk
        rate = min(car[2] / car[0] * (1.0 + turn * turn * car[0] * car[0]), lateral_jerk / square)
        hold = min(bend_limit, lateral / square)
        later, spread = block[KLATER + i], rate * PREVIEW
        k_ahead = min(max(block[KSOON + i], later - spread), later + spread)
        squeeze = 1.0 / max(1.0 - k_ahead * want_d, 0.2)
        tangent = slope * squeeze
        c_lean = 1.0 / math.sqrt(1.0 + tangent * tangent)
        near = 1.0 / max(LINE_NEAR, LINE_SOON * speed)
        off = c_lean * (tangent * c_theta - s_theta)  # sine of the heading error
        # far off its line the car approaches at a slant: what asks for more than the steering's rate swings over
        apart = min(max(want_d - d - 0.15 * speed * s_theta, -APART_MAX), APART_MAX)
        feedback = near * (apart * near + 1.8 * off)
        aim = c_lean * squeeze * (k_ahead + bend * c_lean * c_lean) + feedback
        aim = min(max(aim, -hold), hold)
        after = turn + min(max(aim - turn, -rate * dt), rate * dt)
        mean = 0.5 * (turn + after)
        accel, k = block[A + i], block[KREF + i]
        mean_speed = speed + 0.5 * accel * dt
        ds = mean_speed * c_theta / max(1.0 - d * k, 0.2)
        block[DS + i], block[RATE + i], block[K + i] = ds, mean_speed * mean, after
        block[HALFD + i] = d + 0.5 * dt * mean_speed * s_theta
        block[HALF + i] = theta + 0.5 * dt * (mean_speed * mean - k * ds)


@kernel()
def _move(block: Array, used: int, many: int, dt: float, start: int, count: int, table: Array) -> None:
    """The second half of the midpoint step of the curvilinear single track."""
    for i in range(used):
        block[KREF + i] = sample(table, start, count, block[S + i] + 0.5 * dt * block[DS + i], R_K)
    for i in range(many):
        half, k, speed, accel = block[HALF + i], block[KREF + i], block[V + i], block[A + i]
        mean_speed = speed + 0.5 * accel * dt
        ds = mean_speed * cosine(half) / max(1.0 - block[HALFD + i] * k, 0.2)
        block[S + i] += dt * ds
        block[D + i] += dt * mean_speed * sine(half)
        block[THETA + i] = min(max(block[THETA + i] + dt * (block[RATE + i] - k * ds), -1.5), 1.5)
        block[V + i] = max(speed + accel * dt, 0.0)


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
        _look(block, used, whole, start, count, table)
        _locate(block, whole)
        _bound(step, block, whole)
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
                    _look_for_cap(own, many, dt, start, count, table)
                wish(law, step, t, own, many, s0, d0, ego[0], wall, car, spans, crowd, reach, standoff)
        for i in range(used):
            # accel and jerk of this step are written below, when they are known
            state = out[rows[i], step]
            for column in range(COLUMNS):
                state[column] = block[WIDTH * column + i]
        _push(block, whole, dt, car)
        for i in range(used):
            out[rows[i], step, O_ACCEL], out[rows[i], step, O_JERK] = block[A + i], block[J + i]
        if step + 1 == STEPS:
            break
        _steer(block, whole, dt, s0, d0, bend_limit, car)
        _move(block, used, whole, dt, start, count, table)


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
