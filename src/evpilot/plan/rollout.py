"""All proposals driven forward at once, with the car's own dynamics: curvilinear kinematic single track.

State on a corridor: s' = v cos(theta) / (1 - d k(s)), d' = v sin(theta), theta' = v tan(steering) / wheelbase - k(s) s'
(Werling et al. 2010). Steering follows the lateral quintic under the car's steering rate; acceleration follows the
speed law under jerk and the limits.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Corridor, Law, Prop, Ref, Span
from evpilot.types.state import Array, Ints

REF_STEP = 0.5  # [m] spacing of the reference tables (maps.reference.SPACING)
BEND_SWING = 4.0  # [m]
NEAR = 6.0  # [m] beside a path; further away nobody is followed on it

C_S, C_D, C_THETA, C_BEND = int(Corridor.S), int(Corridor.D), int(Corridor.THETA), int(Corridor.BEND)
C_START, C_COUNT, C_WALL = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL)
R_X, R_Y, R_YAW, R_K, R_CAP = int(Ref.X), int(Ref.Y), int(Ref.YAW), int(Ref.CURVATURE), int(Ref.CAP)
R_COS, R_SIN = int(Ref.COS), int(Ref.SIN)
P_CORRIDOR, P_OFFSET, P_LENGTH, P_LAW = int(Prop.CORRIDOR), int(Prop.OFFSET), int(Prop.LENGTH), int(Prop.LAW)
P0, P1, P2, P3, P4 = int(Prop.P0), int(Prop.P1), int(Prop.P2), int(Prop.P3), int(Prop.P4)
CRUISE, RAMP, ARRIVE, STOP, TAIL = int(Law.CRUISE), int(Law.RAMP), int(Law.ARRIVE), int(Law.STOP), int(Law.TAIL)
S_LOW, S_HIGH, D_LOW, D_HIGH, S_SPEED = (
    int(Span.S_LOW),
    int(Span.S_HIGH),
    int(Span.D_LOW),
    int(Span.D_HIGH),
    int(Span.SPEED),
)
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
def arc_tangent(x: float) -> float:
    """atan(x) to 4e-3 for |x| < 1 (Rajan et al. 2006), to 0.05 beyond."""
    if abs(x) <= 1.0:
        return x * (0.25 * math.pi + 0.273 * (1.0 - abs(x)))
    return math.atan(x)


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
def lead_accel(
    step: int,
    s: float,
    d: float,
    speed: float,
    headway: float,
    accel: float,
    front: float,
    half: float,
    spans: Array,
    near: Ints,
) -> float:
    """IDM acceleration [m/s2] behind the nearest entry on our strip at a grid step; large when the way is free."""
    gap, closing = np.inf, 0.0
    reach = 6.0 + speed * 6.0
    for i in range(near[0]):
        e = near[1 + i]
        if spans[e, step, D_LOW] > d + half or spans[e, step, D_HIGH] < d - half:
            continue
        if spans[e, step, S_HIGH] <= s + front * 0.5:
            continue
        free = spans[e, step, S_LOW] - s - front
        if free < gap and free < reach:
            gap = free
            closing = speed - spans[e, step, S_SPEED]
    if gap == np.inf:
        return 1e3
    wanted = 2.0 + max(0.0, speed * headway + speed * closing / (2.0 * math.sqrt(accel * 3.0)))
    ratio = wanted / max(gap, 0.1)
    return accel * (1.0 - ratio * ratio)


@kernel()
def wall_accel(s: float, speed: float, wall: float, front: float, brake: float) -> float:
    """Acceleration [m/s2] that stops the front half a metre before a wall; large while there is room to spare."""
    room = wall - s - front - 0.5
    if room <= 0.05:
        return -4.0 if speed > 0.05 else -1.0
    needed = speed * speed / (2.0 * room)
    return -needed if needed > 0.7 * brake else 1.5 * (math.sqrt(2.0 * 0.7 * brake * room) - speed)


@kernel()
def wanted_accel(
    p: Array, step: int, t: float, s: float, d: float, speed: float, start_s: float, start_speed: float,
    cap: float, wall: float, car: Array, spans: Array, near: Ints,
) -> float:  # fmt: skip
    """What the speed law asks for [m/s2], before the car's limits."""
    law = int(p[P_LAW])
    front, half = car[3], car[4]
    if law == CRUISE:
        # a wanted speed above the cap stays at the cap: laws of one path differ only below it
        a = min(1.2 * (min(p[P0], cap) - speed), car[5])
        a = max(a, -3.0)
        a = min(a, lead_accel(step, s, d, speed, p[P1], p[P2], front, half, spans, near))
        return min(a, wall_accel(s, speed, wall, front, 2.5))
    if law == RAMP:
        return p[P0] if t < p[P1] else min(0.0, 1.2 * (cap - speed))
    if law == ARRIVE:
        if t < p[P0]:
            u = t + 0.05
            ideal = p[P4] + u * (6.0 * p[P1] + u * (12.0 * p[P2] + u * 20.0 * p[P3]))
            place = start_s + t * (start_speed + t * (0.5 * p[P4] + t * (p[P1] + t * (p[P2] + t * p[P3]))))
            pace = start_speed + t * (p[P4] + t * (3.0 * p[P1] + t * (4.0 * p[P2] + t * 5.0 * p[P3])))
            return ideal + 0.6 * (place - s) + 1.4 * (pace - speed)
        return min(0.0, lead_accel(step, s, d, speed, 1.0, 1.5, front, half, spans, near))
    if law == STOP:
        return min(1.2 * (cap - speed), wall_accel(s, speed, p[P0], front, p[P1]))
    return p[P0] if t < p[P2] else -p[P1]


@kernel()
def _roll_one(
    p: Array, corridor: Array, table: Array, spans: Array, near: Ints, ego: Array, car: Array, out: Array
) -> None:
    start, count = int(corridor[C_START]), int(corridor[C_COUNT])
    s, d, theta = corridor[C_S], corridor[C_D], min(max(corridor[C_THETA], -1.5), 1.5)
    s0, speed, accel = s, ego[0], ego[1]
    start_speed = speed
    bend_limit = math.tan(car[1]) / car[0]
    turn = math.tan(ego[2]) / car[0]
    slope0 = math.tan(min(max(theta, -1.2), 1.2)) * max(1.0 - d * sample(table, start, count, s, R_K), 0.2)
    length = max(p[P_LENGTH], 1.0)
    # a long motion must not carry on the bend of a moment: it would swing out by bend * length^2
    most_bend = BEND_SWING / (length * length)
    bend0 = min(max(corridor[C_BEND], -most_bend), most_bend)
    c3, c4, c5 = quintic(d, slope0, bend0, p[P_OFFSET], length)
    law = int(p[P_LAW])
    hard = (law == RAMP and p[P0] < -3.5) or law == TAIL
    jerk_limit = 4.0 * car[7] if hard else 2.0 * car[7]
    floor = -car[6] if hard or law == ARRIVE else -min(car[6], 5.0)
    for step in range(STEPS):
        # where we are: one look into the table serves all columns
        u = min(max(s / REF_STEP, 0.0), count - 1.000001)
        row = start + int(u)
        f = u - int(u)
        g = 1.0 - f
        c_ref = g * table[row, R_COS] + f * table[row + 1, R_COS]
        s_ref = g * table[row, R_SIN] + f * table[row + 1, R_SIN]
        k = g * table[row, R_K] + f * table[row + 1, R_K]
        c_theta, s_theta = cosine(theta), sine(theta)
        out[step, 0] = g * table[row, R_X] + f * table[row + 1, R_X] - d * s_ref
        out[step, 1] = g * table[row, R_Y] + f * table[row + 1, R_Y] + d * c_ref
        out[step, 2] = g * table[row, R_YAW] + f * table[row + 1, R_YAW] + theta
        out[step, 3] = speed
        out[step, 5] = turn
        out[step, 6] = s
        out[step, 7] = d
        out[step, 9] = c_ref * c_theta - s_ref * s_theta
        out[step, 10] = s_ref * c_theta + c_ref * s_theta
        t = TIMES[step]
        dt = TIMES[step + 1] - t if step + 1 < STEPS else 0.2
        # along: the speed law under jerk and limits
        cap = sample(table, start, count, s + speed * dt, R_CAP)
        wish = wanted_accel(p, step, t, s, d, speed, s0, start_speed, cap, corridor[C_WALL], car, spans, near)
        wish = min(max(wish, floor), car[8])
        change = min(max(wish - accel, -jerk_limit * dt), jerk_limit * dt)
        out[step, 8] = change / dt
        accel = accel + change
        if speed + accel * dt < 0.0:
            accel = -speed / dt
        out[step, 4] = accel
        # across: curvature towards the quintic, looked at a little ahead because the steering rate is limited
        x = s + 0.15 * speed - s0
        want_d, slope, bend = p[P_OFFSET], 0.0, 0.0
        if x < length:
            want_d = corridor[C_D] + x * (slope0 + x * (0.5 * bend0 + x * (c3 + x * (c4 + x * c5))))
            slope = slope0 + x * (bend0 + x * (3.0 * c3 + x * (4.0 * c4 + x * 5.0 * c5)))
            bend = bend0 + x * (6.0 * c3 + x * (12.0 * c4 + x * 20.0 * c5))
        k_ahead = sample(table, start, count, s + 0.15 * speed, R_K)
        squeeze = max(1.0 - k_ahead * want_d, 0.2)
        tangent = slope / squeeze
        c_lean = 1.0 / math.sqrt(1.0 + tangent * tangent)
        reach = max(2.0, 0.45 * speed)
        feedback = (want_d - d - 0.15 * speed * s_theta) / (reach * reach) + 1.8 * (
            arc_tangent(tangent) - theta
        ) / reach
        aim = k_ahead * c_lean / squeeze + bend * c_lean * c_lean * c_lean / squeeze + feedback
        aim = min(max(aim, -bend_limit), bend_limit)
        # d(curvature)/dt = (1 + (curvature * wheelbase)^2) / wheelbase * steering rate
        most = car[2] * dt * (1.0 + (turn * car[0]) ** 2) / car[0]
        before = turn
        turn = turn + min(max(aim - turn, -most), most)
        rate = 0.5 * (before + turn)
        # midpoint step of the curvilinear single track
        mean_speed = speed + 0.5 * accel * dt
        ds = mean_speed * c_theta / max(1.0 - d * k, 0.2)
        half_theta = theta + 0.5 * dt * (mean_speed * rate - k * ds)
        half_d = d + 0.5 * dt * mean_speed * s_theta
        k = sample(table, start, count, s + 0.5 * dt * ds, R_K)
        ds = mean_speed * cosine(half_theta) / max(1.0 - half_d * k, 0.2)
        s = s + dt * ds
        d = d + dt * mean_speed * sine(half_theta)
        theta = min(max(theta + dt * (mean_speed * rate - k * ds), -1.5), 1.5)
        speed = max(speed + accel * dt, 0.0)


@kernel("void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1], f8[::1], f8[::1], f8[:, :, ::1])")
def roll_out(
    props: Array, corridors: Array, table: Array, spans: Array, near: Ints, ego: Array, car: Array, out: Array
) -> None:
    """Fill out (R, 51, 11) by `Roll` for proposals (R, 9) by `Prop`.

    corridors (C, 10); table (sum P, 10) stacked reference tables; spans (C, E, 51, 5) and near (C, E + 1) as `spans_on`
    fills them; ego (4,) speed, accel, steering,
    reserved; car (9,): wheelbase, steering limit [rad], steering rate [rad/s], front [m] from the rear axle to the
    bumper, half width of the strip in which a lead counts [m], comfortable acceleration, hardest braking (positive),
    comfortable jerk, hardest acceleration.
    """
    for r in range(props.shape[0]):
        c = int(props[r, P_CORRIDOR])
        _roll_one(props[r], corridors[c], table, spans[c], near[c], ego, car, out[r])


@kernel()
def _nearest_row(x: float, y: float, table: Array, start: int, count: int, hint: int) -> int:
    """Row of the nearest sample: a full look in strides without a hint, then downhill from it."""
    if hint < 0:
        best, hint = np.inf, 0
        for k in range(0, count, 8):
            dx, dy = x - table[start + k, R_X], y - table[start + k, R_Y]
            if dx * dx + dy * dy < best:
                best, hint = dx * dx + dy * dy, k
    dx, dy = x - table[start + hint, R_X], y - table[start + hint, R_Y]
    best = dx * dx + dy * dy
    for direction in (1, -1):
        k = hint + direction
        while 0 <= k < count:
            dx, dy = x - table[start + k, R_X], y - table[start + k, R_Y]
            square = dx * dx + dy * dy
            if square > best:
                break
            best, hint = square, k
            k += direction
    return hint


@kernel()
def _one_span(entry: Array, half: Array, table: Array, start: int, row: int, span: Array) -> None:
    c, s = table[start + row, R_COS], table[start + row, R_SIN]
    dx, dy = entry[0] - table[start + row, R_X], entry[1] - table[start + row, R_Y]
    along, across = c * dx + s * dy, c * dy - s * dx
    if abs(across) > 15.0 or abs(along) > 15.0:
        span[S_LOW], span[S_HIGH], span[D_LOW], span[D_HIGH], span[S_SPEED] = 1e6, -1e6, 1e6, -1e6, 0.0
        return
    cosine = c * entry[2] + s * entry[3]
    sine = abs(c * entry[3] - s * entry[2])
    long = half[0] * abs(cosine) + half[1] * sine
    wide = half[0] * sine + half[1] * abs(cosine)
    place = row * REF_STEP + along
    span[S_LOW], span[S_HIGH] = place - long, place + long
    span[D_LOW], span[D_HIGH] = across - wide, across + wide
    span[S_SPEED] = entry[4] * cosine


@kernel("void(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1])")
def spans_on(entries: Array, size: Array, corridors: Array, table: Array, spans: Array, near: Ints) -> None:
    """Fill spans (C, E, 51, 5) by `Span`: every predicted box (E, 51, 5) by `Entry`, half size (E, 2), as an interval
    along and across each corridor. Off the corridor (over 15 m aside) both intervals are empty (low > high). near
    (C, E + 1): how many entries ever come within `NEAR` of the path, and which."""
    for c in range(corridors.shape[0]):
        start, count = int(corridors[c, C_START]), int(corridors[c, C_COUNT])
        near[c, 0] = 0
        for e in range(entries.shape[0]):
            row = -1
            close = False
            for step in range(STEPS):
                x, y = entries[e, step, 0], entries[e, step, 1]
                row = _nearest_row(x, y, table, start, count, row)
                span = spans[c, e, step]
                _one_span(entries[e, step], size[e], table, start, row, span)
                close = close or (span[D_LOW] < NEAR and span[D_HIGH] > -NEAR)
            if close:
                near[c, 0] += 1
                near[c, near[c, 0]] = e
