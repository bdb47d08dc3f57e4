"""Room beside cyclists: who passes one leaves it, or stays behind."""

import math

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Cost, Prop, Roll, Span
from evpilot.types.state import Array, Ints

ROOM_TOWN, ROOM_COUNTRY = 1.5, 2.0  # [m] StVO section 5 (4)
COUNTRY = 60.0 / 3.6  # [m/s] where it is allowed to drive faster, it is out of town
SPARE = 0.1  # [m] that a drive may be off its plan
FASTER = 0.8  # [m/s] than the cyclist: passing, not riding along
PASSING_COST = 120.0  # with no room at all; squared with what is missing
CORRIDOR = int(Prop.CORRIDOR)
RULE = int(Cost.RULE)
R_S, R_D, R_V = int(Roll.S), int(Roll.D), int(Roll.SPEED)
LOW, HIGH, RIGHT, LEFT, PACE = (int(c) for c in (Span.S_LOW, Span.S_HIGH, Span.D_LOW, Span.D_HIGH, Span.SPEED))


def room_beside(limit: float) -> float:
    """The room [m] that the law wants beside a cyclist where so fast [m/s] is allowed, and a little to spare."""
    return (ROOM_COUNTRY if COUNTRY < limit < math.inf else ROOM_TOWN) + SPARE


@kernel()
def missing_room(roll: Array, span: Array, front: float, rear: float, half: float, wanted: float) -> float:
    """The most that is missing [m] of the room wanted beside somebody who rides our way, span (T, 5) by `Span`, while
    a motion (T, 11) by `Roll` passes."""
    worst = 0.0
    for step in range(roll.shape[0]):
        s, d = roll[step, R_S], roll[step, R_D]
        if s + front < span[step, LOW] or s - rear > span[step, HIGH] or roll[step, R_V] < span[step, PACE] + FASTER:
            continue
        worst = max(worst, wanted - max(span[step, RIGHT] - d - half, d - half - span[step, LEFT], 0.0))
    return worst


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1], i8[::1], f8[::1], f8, f8, f8, f8, f8[:, ::1])")
def passing_cost(
    props: Array, rolls: Array, spans: Array, riders: Ints, prob: Array, front: float, rear: float, half: float,
    wanted: float, costs: Array,
) -> None:  # fmt: skip
    """Add to costs (R, 13) what passing riders, entries (K,), with less room than wanted [m] is worth. front, rear
    [m] from the rear axle to the bumpers, half [m] of our width."""
    for r in range(props.shape[0]):
        c = int(props[r, CORRIDOR])
        for e in riders:
            if spans[c, e, 0, PACE] <= 0.0:
                continue
            share = missing_room(rolls[r], spans[c, e], front, rear, half, wanted) / wanted
            costs[r, RULE] += PASSING_COST * prob[e] * share * share
