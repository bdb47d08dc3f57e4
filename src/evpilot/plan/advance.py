"""One step of proposals that advance side by side: what the path is like there, and how the car moves on.

A block holds their state and what drives them, as `laws` lays it out. What has a vector form is apart from what has
none.
"""

import math

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import CHUNK, Ref
from evpilot.plan.laws import (
    BEGIN,
    BEND0,
    C3,
    C4,
    C5,
    CAP,
    CLIMB,
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
    RATE,
    SHARE,
    SHIFT,
    SI,
    SLOPE0,
    SREF,
    THETA,
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
)
from evpilot.plan.lookup import sample
from evpilot.types.state import Array

PREVIEW = 0.6  # [s] ahead a bend is seen that the steering needs as long to get into
# what the car is off its line goes in so many metres or seconds: in less the gate's jerk makes it swing
LINE_NEAR, LINE_SOON = 2.0, 0.6  # [m], [s]
APART_MAX = 0.5  # [m] from the line, as far as steering takes it seriously
CAP_AHEAD = 0.85  # [s] the lag of a law that closes 1.2 of its speed's error in a second
RELEASE = 15.0  # [m/s3] the most that braking is let go with, by an actuator behind its lag
R_X, R_Y, R_YAW, R_K, R_CAP = int(Ref.X), int(Ref.Y), int(Ref.YAW), int(Ref.CURVATURE), int(Ref.CAP)
R_COS, R_SIN, R_SLOPE = int(Ref.COS), int(Ref.SIN), int(Ref.SLOPE)


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
def _spots(block: Array, many: int, ahead: float, count: int, row: int, share: int) -> None:
    """Where on the path's table the proposals will be after `ahead` [s] at the speed that they have: fill the block's
    rows from `row` and `share` on with the row of the table before that place, and what of the step to the next one
    lies behind it. Apart from the look-ups, because this has a vector form."""
    last = count - 1.000001
    for i in range(many):
        u = min(max((block[S + i] + ahead * block[V + i]) / SPACING, 0.0), last)
        whole = int(u)
        block[row + i], block[share + i] = whole, u - whole


@kernel()
def look(block: Array, used: int, many: int, start: int, count: int, table: Array) -> None:
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
def look_for_cap(block: Array, many: int, dt: float, start: int, count: int, table: Array) -> None:
    """How fast each of the proposals may be on the path where it is and a little ahead."""
    for i in range(many):
        s, speed = block[S + i], block[V + i]
        # where the cap falls, speed is brought down with it, not behind it
        soon = sample(table, start, count, s + speed * CAP_AHEAD, R_CAP)
        block[CAP + i] = min(sample(table, start, count, s + speed * dt, R_CAP), soon)


@kernel()
def locate(block: Array, many: int) -> None:
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
def push(block: Array, many: int, dt: float, car: Array) -> None:
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
def steer(block: Array, many: int, dt: float, s0: float, d0: float, bend_limit: float, car: Array) -> None:
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
def move(block: Array, used: int, many: int, dt: float, start: int, count: int, table: Array) -> None:
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
def bound(step: int, block: Array, many: int) -> None:
    """Widen the boxes in which the proposals stay during a chunk of steps; the first step of a chunk begins them."""
    begins = step % CHUNK == 0
    for i in range(many):
        x, y = block[X + i], block[Y + i]
        block[LOW_X + i] = x if begins else min(block[LOW_X + i], x)
        block[HIGH_X + i] = x if begins else max(block[HIGH_X + i], x)
        block[LOW_Y + i] = y if begins else min(block[LOW_Y + i], y)
        block[HIGH_Y + i] = y if begins else max(block[HIGH_Y + i], y)
