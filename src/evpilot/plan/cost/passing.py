"""Room beside cyclists: who passes one leaves it, or stays behind; and is back before those who come."""

import math

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Cost, Prop, Ref, Roll, Span
from evpilot.types.state import Array, Ints

ROOM_TOWN, ROOM_COUNTRY = 1.5, 2.0  # [m] StVO section 5 (4)
COUNTRY = 60.0 / 3.6  # [m/s] where it is allowed to drive faster, it is out of town
SPARE = 0.1  # [m] that a drive may be off its plan
FASTER = 0.8  # [m/s] than the cyclist: passing, not riding along
PASSING_COST = 120.0  # with half of the room missing, and as it begins to be missing half as dear
BEHIND, BEHIND_TIME = 1.5, 0.6  # [m], [s] to keep behind one beside whom there is not the room to pass
BEHIND_COST, SETTLED = 15.0, 40  # with none of it left, by the square of the share that is missing; from 6 s on
HELD_UP = 4.0  # for each m/s that is missing behind one in the end: as dear as the metres of some 12 s
HELD_NEAR = 45.0  # [m] ahead of us now: nobody keeps further off to be held up less
TIME_KEPT = 2.0  # [s] to those who come, while we are in their lane ...
TIME_COST = 250.0  # ... with none of it left, squared with the share that is missing
LIKELY = 0.3
BESIDE, NEXT = 0.2, 3.5  # [m] who is further aside of our body, or of the line of a way round, meets us not
CORRIDOR = int(Prop.CORRIDOR)
RULE, PROGRESS = int(Cost.RULE), int(Cost.PROGRESS)
START, COUNT, WALL, PLACE = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL), int(Corridor.S)
ONCOMING = int(Ref.ONCOMING)
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


@kernel()
def crowding(roll: Array, span: Array, front: float, half: float, wanted: float) -> float:
    """How much too near behind somebody who rides our way, span (T, 5) by `Span`, a motion (T, 11) comes that has not
    the room wanted beside him: by the share of the distance that is missing; 0 for one that is past him."""
    worst = 0.0
    for step in range(SETTLED, roll.shape[0]):
        gap, d = span[step, LOW] - roll[step, R_S] - front, roll[step, R_D]
        beside = max(span[step, RIGHT] - d - half, d - half - span[step, LEFT])
        if gap > -BEHIND and beside < wanted - 2.0 * SPARE:
            worst = max(worst, 1.0 - max(gap, 0.0) / (BEHIND + BEHIND_TIME * max(roll[step, R_V], 0.0)))
    return worst


@kernel()
def missing_time(
    roll: Array, spans: Array, near: Ints, prob: Array, corridor: Array, table: Array, front: float, half: float
) -> float:
    """The largest share of `TIME_KEPT` that is missing to those who come while a motion (T, 11) is in their lane; spans
    (E, T, 5) by `Span`, near (E + 1) as `spans_on` fills it."""
    worst = 0.0
    start, count = int(corridor[START]), int(corridor[COUNT])
    for step in range(1, roll.shape[0], 2):
        s, d = roll[step, R_S], roll[step, R_D]
        theirs = table[start + min(int(max(s, 0.0) / SPACING), count - 1), ONCOMING]
        if (theirs > 0.0 and d + half < theirs) or (theirs < 0.0 and d - half > theirs):
            continue
        for n in range(near[0]):
            e = near[1 + n]
            pace, gap = spans[e, step, PACE], spans[e, step, LOW] - s - front
            # the line of a way round leads back to our lane: where they are it no longer lies in theirs
            room = NEXT if theirs == 0.0 else half + BESIDE
            beside = spans[e, step, RIGHT] > d + room or spans[e, step, LEFT] < d - room
            if prob[e] >= LIKELY and pace < -FASTER and gap > 0.0 and not beside:
                worst = max(worst, 1.0 - gap / ((roll[step, R_V] - pace) * TIME_KEPT))
    return worst


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1], i8[::1], f8[::1], f8[::1],"
    "f8, f8, f8[:, ::1])"
)
def passing_cost(
    props: Array, rolls: Array, corridors: Array, table: Array, spans: Array, near: Ints, riders: Ints, prob: Array,
    body: Array, wanted: float, wish: float, costs: Array,
) -> None:  # fmt: skip
    """Add to costs (R, 13) what passing riders, entries (K,), with less room than wanted [m] is worth, or with too
    little time to those who come, and what crowding them from behind, or being held up by one in the end is. body (3,):
    rear axle to centre, half length, half width [m]; wish [m/s]: the speed that we would like."""
    front, rear, half = body[0] + body[1], body[1] - body[0], body[2]
    last = rolls.shape[1] - 1
    for r in range(props.shape[0]):
        c, roll = int(props[r, CORRIDOR]), rolls[r]
        held = 0.0
        for e in riders:
            span = spans[c, e]
            if span[0, PACE] <= 0.0:
                continue
            share = missing_room(roll, span, front, rear, half, wanted) / wanted
            close = crowding(roll, span, front, half, wanted)
            costs[r, RULE] += prob[e] * (PASSING_COST * share * (0.5 + share) + BEHIND_COST * close * close)
            near_us = span[0, LOW] < corridors[c, PLACE] + front + HELD_NEAR and corridors[c, WALL] > span[last, LOW]
            beside = span[last, LEFT] < -half - wanted or span[last, RIGHT] > half + wanted
            if near_us and not beside and span[last, HIGH] > roll[last, R_S] - rear:
                held = max(held, prob[e] * (wish - span[last, PACE]))
        costs[r, PROGRESS] += HELD_UP * held
        short = missing_time(roll, spans[c], near[c], prob, corridors[c], table, front, half)
        costs[r, RULE] += TIME_COST * short * short
