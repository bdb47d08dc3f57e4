"""Speed laws of proposals that advance side by side: what each asks of the accelerator at a step.

A block holds up to `WIDTH` proposals of one corridor, those of one law side by side. The loops run over them without a
branch, so that the compiler makes vector instructions of them.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Law, Roll, Span
from evpilot.types.state import Array, Ints

WIDTH = 32  # proposals that advance side by side

CRUISE, RAMP, ARRIVE, STOP, TAIL = int(Law.CRUISE), int(Law.RAMP), int(Law.ARRIVE), int(Law.STOP), int(Law.TAIL)
S_LOW, S_HIGH, D_LOW, D_HIGH = int(Span.S_LOW), int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
S_SPEED = int(Span.SPEED)

# Rows of a block (ROWS, WIDTH), flat: the first eleven are the state as `Roll` has it; then what drives it on, what the
# law needs, what stays the same along a proposal, and the box in which it has stayed of late.
COLUMNS = len(Roll)
THETA, WISH, CAP, GAP, CLOSING, KREF, CREF, SREF, KSOON, KLATER, DS, RATE, HALF, HALFD, CLIMB = (
    WIDTH * row for row in range(COLUMNS, COLUMNS + 15)
)
OFFSET, LENGTH, SLOPE0, BEND0, C3, C4, C5, SHIFT, BEGIN, SHARE, JERKS, FLOOR, Q0, Q1, Q2, Q3, Q4 = (
    WIDTH * row for row in range(COLUMNS + 15, COLUMNS + 32)
)
LOW_X, HIGH_X, LOW_Y, HIGH_Y = (WIDTH * row for row in range(COLUMNS + 32, COLUMNS + 36))
ROWS = COLUMNS + 36
X, Y, YAW, V, A, K, S, D, J, C, SI = (WIDTH * column for column in range(COLUMNS))


@kernel()
def find_crowd(
    block: Array, many: int, front: float, half: float, extents: Array, near: Ints, crowd: Ints
) -> tuple[float, float]:
    """Fill crowd (E + 1,): how many of the entries near the corridor any of a block's proposals may ever have ahead on
    its strip, and which. Answers the least and greatest d [m] that the strips reach. front, half [m] as in
    `_find_leads`; extents (E, 3) as `strips_on` fills them."""
    low, high, behind = np.inf, -np.inf, np.inf
    for i in range(many):
        d, offset, length = block[D + i], block[OFFSET + i], block[LENGTH + i]
        # a quintic leaves the way between its ends by no more than its slope (0.2) and its bend (0.02) take it
        swing = 0.2 * abs(block[SLOPE0 + i]) * length + 0.02 * abs(block[BEND0 + i]) * length * length + 0.01
        shift = block[SHIFT + i]
        low = min(low, min(d, offset) - swing + min(shift, 0.0))
        high = max(high, max(d, offset) + swing + max(shift, 0.0))
        behind = min(behind, block[S + i])
    low, high = low - half, high + half
    crowd[0] = 0
    for n in range(near[0]):
        e = near[1 + n]
        if extents[e, 0] > behind + front * 0.5 and extents[e, 1] <= high and extents[e, 2] >= low:
            crowd[0] += 1
            crowd[crowd[0]] = e
    return low, high


@kernel()
def _find_leads(
    step: int, block: Array, many: int, s0: float, d0: float, car: Array, spans: Array, crowd: Ints,
    reach: tuple[float, float], standoff: Array,
) -> None:  # fmt: skip
    """Gap [m] and closing speed [m/s] to the nearest entry of the crowd on the strip of each of the first `many`
    proposals; gap inf when the way is free. reach is what `find_crowd` answered.

    The strip lies where the proposal will be when it gets there, so that one which passes beside is not held up.
    """
    front, half = car[3], car[4]
    rearmost, foremost, fastest = np.inf, -np.inf, 0.0
    for i in range(many):
        block[GAP + i], block[CLOSING + i] = np.inf, 0.0
        rearmost, foremost = min(rearmost, block[S + i]), max(foremost, block[S + i])
        fastest = max(fastest, block[V + i])
    for n in range(crowd[0]):
        e = crowd[1 + n]
        s_low, s_high, pace = spans[e, step, S_LOW], spans[e, step, S_HIGH], spans[e, step, S_SPEED]
        d_low, d_high = spans[e, step, D_LOW], spans[e, step, D_HIGH]
        if s_high <= rearmost + front * 0.5 or s_low - foremost - front - standoff[e] >= 6.0 + fastest * 6.0:
            continue
        if d_low > reach[1] or d_high < reach[0]:
            continue
        d_low, d_high = d_low - half, d_high + half
        for i in range(many):
            s, speed = block[S + i], block[V + i]
            x = max(s, s_low - 0.5 * front) - s0
            bent = x * x * (0.5 * block[BEND0 + i] + x * (block[C3 + i] + x * (block[C4 + i] + x * block[C5 + i])))
            there = d0 + x * block[SLOPE0 + i] + bent if x < block[LENGTH + i] else block[OFFSET + i]
            # and what is added when a delayed motion begins
            u = min(max((x - block[BEGIN + i]) * block[SHARE + i], 0.0), 1.0)
            there += block[SHIFT + i] * u * u * u * (10.0 + u * (6.0 * u - 15.0))
            free = s_low - s - front - standoff[e]
            nearer = (free < block[GAP + i]) & (free < 6.0 + speed * 6.0) & (s_high > s + front * 0.5)
            nearer = nearer & (d_low <= there) & (d_high >= there)
            block[GAP + i] = free if nearer else block[GAP + i]
            block[CLOSING + i] = speed - pace if nearer else block[CLOSING + i]


@kernel()
def lead_accel(speed: float, gap: float, closing: float, headway: float, accel: float) -> float:
    """IDM acceleration [m/s2] behind a lead; large when the way is free (gap inf)."""
    wanted = 2.0 + max(0.0, speed * headway + speed * closing / (2.0 * math.sqrt(accel * 3.0)))
    ratio = wanted / max(gap, 0.1)
    return accel * (1.0 - ratio * ratio) if gap < 1e6 else 1e3


@kernel()
def wall_accel(s: float, speed: float, wall: float, front: float, brake: float) -> float:
    """Acceleration [m/s2] that stops the front half a metre before a wall; large while there is room to spare."""
    room = wall - s - front - 0.8 - 0.25 * speed
    some = max(room, 0.05)
    needed = speed * speed / (2.0 * some)
    ease = 1.5 * (math.sqrt(2.0 * 0.6 * brake * some) - speed)
    there = -4.0 if speed > 0.05 else -1.0
    going = -needed if needed > 0.7 * brake else ease
    return there if room <= 0.05 else going


@kernel()
def asks_for_cap(law: int, t: float, block: Array, many: int) -> bool:
    """Whether the speed law of the first `many` proposals looks at the path's speed cap now."""
    if law == RAMP:
        for i in range(many):  # noqa: SIM110  a kernel has no any()
            if t >= block[Q1 + i]:
                return True
        return False
    return law in (CRUISE, STOP)


@kernel()
def wish(
    law: int,
    step: int,
    t: float,
    block: Array,
    many: int,
    s0: float,
    d0: float,
    v0: float,
    wall: float,
    car: Array,
    spans: Array,
    crowd: Ints,
    reach: tuple[float, float],
    standoff: Array,
) -> None:
    """What the speed law of the first `many` proposals of a block asks for [m/s2], before the car's limits."""
    front = car[3]
    if law == CRUISE:
        _find_leads(step, block, many, s0, d0, car, spans, crowd, reach, standoff)
        for i in range(many):
            s, v = block[S + i], block[V + i]
            # a wanted speed above the cap stays at the cap: laws of one path differ only below it
            cap = min(block[Q0 + i], block[CAP + i] * (1.0 + block[Q4 + i]))
            a = max(min(1.2 * (cap - v), car[5] + block[Q3 + i]), -3.0)
            a = min(a, lead_accel(v, block[GAP + i], block[CLOSING + i], block[Q1 + i], block[Q2 + i]))
            block[WISH + i] = min(a, wall_accel(s, v, wall, front, 2.5))
    elif law == RAMP:
        for i in range(many):
            held = min(0.0, 1.2 * (block[CAP + i] - block[V + i]))
            block[WISH + i] = block[Q0 + i] if t < block[Q1 + i] else held
    elif law == ARRIVE:
        arrived = False
        for i in range(many):
            arrived = arrived or t >= block[Q0 + i]
        if arrived:
            _find_leads(step, block, many, s0, d0, car, spans, crowd, reach, standoff)
        u = t + 0.05
        for i in range(many):
            c3, c4, c5, a0 = block[Q1 + i], block[Q2 + i], block[Q3 + i], block[Q4 + i]
            ideal = a0 + u * (6.0 * c3 + u * (12.0 * c4 + u * 20.0 * c5))
            place = s0 + t * (v0 + t * (0.5 * a0 + t * (c3 + t * (c4 + t * c5))))
            pace = v0 + t * (a0 + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))
            towards = ideal + 0.6 * (place - block[S + i]) + 1.4 * (pace - block[V + i])
            beyond = min(0.0, lead_accel(block[V + i], block[GAP + i], block[CLOSING + i], 1.0, 1.5))
            block[WISH + i] = towards if t < block[Q0 + i] else beyond
    elif law == STOP:
        for i in range(many):
            a = 1.2 * (block[CAP + i] - block[V + i])
            block[WISH + i] = min(a, wall_accel(block[S + i], block[V + i], block[Q0 + i], front, block[Q1 + i]))
    else:
        for i in range(many):
            block[WISH + i] = block[Q0 + i] if t < block[Q2 + i] else -block[Q1 + i]
