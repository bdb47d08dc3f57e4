"""The time gap that a regulation asks for behind who is ahead."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Prop, Roll, Span
from evpilot.types.state import Array, Ints

HEADWAY_COST = 5.0  # for a second bumper to bumper, in proportion to what is missing
SPARE = 1.03  # of the gap, for what the drive will be off its plan
TIMES = GRID
CORRIDOR, CLEARANCE = int(Prop.CORRIDOR), int(Cost.CLEARANCE)
R_S, R_D, R_V = int(Roll.S), int(Roll.D), int(Roll.SPEED)
LOW, HIGH, RIGHT, LEFT = (int(c) for c in (Span.S_LOW, Span.S_HIGH, Span.D_LOW, Span.D_HIGH))


@kernel()
def _width(rolls: Array) -> tuple[float, float]:
    """The least and the greatest d [m] of any of the motions (R, 51, 11)."""
    low, high = np.inf, -np.inf
    for r in range(rolls.shape[0]):
        for step in range(1, rolls.shape[1]):
            low, high = min(low, rolls[r, step, R_D]), max(high, rolls[r, step, R_D])
    return low, high


@kernel()
def _level(low: float, high: float, half: float, spans: Array, near: Ints, crowd: Ints, nearest: Array) -> None:
    """Fill crowd (E + 1,): how many of the entries near (E + 1,) a corridor are ever level across with a body of a half
    width [m] on motions between low and high [m], and which; and nearest (51,): where the first of those begins that
    are at each step, inf where nobody is. spans (E, 51, 5)."""
    crowd[0], nearest[:] = 0, np.inf
    for n in range(near[0]):
        e, ever = near[1 + n], False
        for step in range(1, spans.shape[1]):
            span = spans[e, step]
            if span[RIGHT] < high + half and span[LEFT] > low - half:
                ever, nearest[step] = True, min(nearest[step], span[LOW])
        if ever:
            crowd[0] += 1
            crowd[crowd[0]] = e


@kernel()
def _tailgated(
    props: Array, rolls: Array, spans: Array, prob: Array, front: float, half: float, asked: Array, crowds: Ints,
    nearest: Array, costs: Array,
) -> None:  # fmt: skip
    """`headway_cost` among the crowds (C, E + 1), as `_level` fills them: apart, for a kernel that makes arrays counts
    references to each span that it looks at (see `geometry.jit.kernel`)."""
    for r in range(props.shape[0]):
        c, roll = int(props[r, CORRIDOR]), rolls[r]
        if crowds[c, 0] == 0:
            continue
        total = 0.0
        for step in range(1, roll.shape[0]):
            s, d, v = roll[step, R_S], roll[step, R_D], roll[step, R_V]
            wanted = SPARE * v * min(asked[0] + asked[1] * v, asked[2])
            if nearest[c, step] - s - front >= wanted:
                continue
            worst = 0.0
            for n in range(crowds[c, 0]):
                e = crowds[c, 1 + n]
                span = spans[c, e, step]
                free = span[LOW] - s - front
                if free < wanted and span[HIGH] > s and span[RIGHT] < d + half and span[LEFT] > d - half:
                    worst = max(worst, prob[e] * (1.0 - max(free, 0.0) / wanted))
            total += worst * (TIMES[step] - TIMES[step - 1])
        costs[r, CLEARANCE] += HEADWAY_COST * total


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1], i8[:, ::1], f8[::1], f8, f8, f8[::1], f8[:, ::1])")
def headway_cost(
    props: Array, rolls: Array, spans: Array, near: Ints, prob: Array, front: float, half: float, asked: Array,
    costs: Array,
) -> None:  # fmt: skip
    """Add to costs (R, 13) what following closer than asked (3,), headway [s] at standstill, its rise with the speed
    [s2/m] and its most [s], is worth. front, half [m] of our body; near (C, E + 1) as `spans_on` fills it."""
    crowds, (low, high) = np.empty_like(near), _width(rolls)
    nearest = np.empty((near.shape[0], rolls.shape[1]))
    for c in range(near.shape[0]):
        _level(low, high, half, spans[c], near[c], crowds[c], nearest[c])
    _tailgated(props, rolls, spans, prob, front, half, asked, crowds, nearest, costs)
