"""Passing on the wrong side: at the speeds of motorways nobody gains on those in the lane on which one overtakes."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Cost, Prop, Roll, Span
from evpilot.types import LaneGraph, LaneKind
from evpilot.types.state import Array, Bools, Ints

FAST = 80.0 / 3.6  # [m/s] in town, and slower, lanes are chosen freely (StVO section 7 (3) and (3a))
FASTER = 10.0 / 3.6  # [m/s] than who is passed: less is no more than lanes that flow side by side
QUEUE = 60.0 / 3.6  # [m/s] who is slower stands in a queue, which may be passed on either side (section 7 (2a))
NEXT = 3.0  # [m] beside our body and further away it is no neighbouring lane
PASS_COST = 60.0  # of twice as much faster: more than the way that is gained, less than an emergency stop
LEAST = 0.4  # of it where it is hardly more
CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)
R_S, R_D, R_V = int(Roll.S), int(Roll.D), int(Roll.SPEED)
LOW, HIGH, RIGHT, LEFT, PACE = (int(c) for c in (Span.S_LOW, Span.S_HIGH, Span.D_LOW, Span.D_HIGH, Span.SPEED))


def overtaken_on(graph: LaneGraph) -> float:
    """The side on which others are overtaken: 1 left where traffic keeps right, -1 where it keeps left. Oncoming lanes
    and shoulders tell; where there are none, traffic keeps right."""
    left, right = graph.left_neighbour >= 0, graph.right_neighbour >= 0
    edge = graph.kind == LaneKind.SHOULDER
    keeps_right = np.count_nonzero(left & ~graph.left_same) + np.count_nonzero(edge[graph.right_neighbour[right]])
    keeps_left = np.count_nonzero(right & ~graph.right_same) + np.count_nonzero(edge[graph.left_neighbour[left]])
    return -1.0 if keeps_left > keeps_right else 1.0


@kernel()
def gained(roll: Array, span: Array, front: float, rear: float, half: float, side: float) -> float:
    """How much faster [m/s] a motion (T, 11) is at most while it passes somebody, span (T, 5) by `Span`, who goes our
    way in the next lane on a side (1 left, -1 right); 0 where he is in a queue, or we are level with him already."""
    most = 0.0
    if span[0, PACE] < QUEUE or roll[0, R_S] + front > 0.5 * (span[0, LOW] + span[0, HIGH]):
        return most
    for step in range(1, roll.shape[0]):
        s, d, v = roll[step, R_S], roll[step, R_D], roll[step, R_V]
        aside = span[step, RIGHT] - d - half if side > 0.0 else d - half - span[step, LEFT]
        level = s + front > span[step, LOW] and s - rear < span[step, HIGH]
        if level and v > FAST and 0.0 <= aside < NEXT:
            most = max(most, v - span[step, PACE])
    return most


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1], i8[:, ::1], f8[::1], b1[::1], f8[::1], f8, f8[:, ::1])")
def undertaking_cost(
    props: Array, rolls: Array, spans: Array, near: Ints, prob: Array, bound: Bools, body: Array, side: float,
    costs: Array,
) -> None:  # fmt: skip
    """Add to costs (R, 13) what gaining on somebody in the next lane on a side is worth, on the corridors (C,) that are
    bound by it. body (3,): rear axle to centre, half length, half width [m]; near (C, E + 1) as `spans_on` fills it."""
    front, rear, half = body[0] + body[1], body[1] - body[0], body[2]
    for r in range(props.shape[0]):
        c, worst = int(props[r, CORRIDOR]), 0.0
        for n in range(near[c, 0] if bound[c] else 0):
            e = near[c, 1 + n]
            over = gained(rolls[r], spans[c, e], front, rear, half, side) - FASTER
            if over > 0.0:
                worst = max(worst, prob[e] * min(LEAST + (1.0 - LEAST) * over / FASTER, 1.0))
        costs[r, RULE] += PASS_COST * worst
