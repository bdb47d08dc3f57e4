"""What a regulation asks of a lane change: that it is gentle, and that who comes from behind need not brake hard."""

import math

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Cost, Prop, Ref, Roll, Span
from evpilot.types.state import Array

LANE_APART = 1.0  # [m] between our lane's middle and another's, at least
REFUSED = 150.0  # of a change that is not allowed; a contact costs far more
SPARE = 1.1  # of the distance, for what the drive will be off its plan
PAST = 4.0  # [m] ahead of our bumper from where on somebody has passed us
ROUGH = 60.0  # of a lateral acceleration of twice the bound
GENTLE = 0.85  # of the bound: the drive is not as smooth as its plan
MIDDLE = 1.0  # [m] beside the lane's middle where somebody is on it
BEHIND = 100.0  # [m] and further nobody is looked at
CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)
C_D, C_START, C_COUNT = int(Corridor.D), int(Corridor.START), int(Corridor.COUNT)
R_S, R_D, R_V, R_K = int(Roll.S), int(Roll.D), int(Roll.SPEED), int(Roll.CURVATURE)
LOW, HIGH, RIGHT, LEFT, PACE = (int(c) for c in (Span.S_LOW, Span.S_HIGH, Span.D_LOW, Span.D_HIGH, Span.SPEED))
CURVE = int(Ref.CURVATURE)


@kernel()
def critical_gap(rear: float, speed: float, reaction: float, brake: float, headway: float) -> float:
    """The least gap [m] to who comes from behind at `rear` [m/s] for whom a change at `speed` leaves room (UN R79
    5.6.4.7): it reacts, brakes, and then keeps a headway [s]."""
    faster = max(rear - speed, 0.0)
    return faster * reaction + faster * faster / (2.0 * brake) + speed * headway


@kernel()
def missing_rear_room(
    roll: Array, step: int, spans: Array, prob: Array, rear: float, front: float, asked: Array
) -> float:
    """The largest share that is missing of the critical gap when a motion (T, 11) reaches the other lane at a step, of
    entries spans (E, T, 5); rear, front [m] from the rear axle to the bumpers."""
    worst = 0.0
    s, v = roll[step, R_S], roll[step, R_V]
    for e in range(spans.shape[0]):
        span = spans[e, step]
        if span[RIGHT] > MIDDLE or span[LEFT] < -MIDDLE or span[LOW] > s + front + PAST or span[HIGH] < s - BEHIND:
            continue
        # it may be expected to slow down behind us: that is what it must not have to
        pace = max(span[PACE], spans[e, 0, PACE])
        least = SPARE * critical_gap(pace, v, asked[0], asked[1], asked[2])
        if least > 0.0:
            missing = min(max(1.0 - (s - rear - span[HIGH]) / least, 0.0), 1.0)
            worst = max(worst, prob[e] * missing * at_stake(pace, asked[4]))
    return worst


@kernel()
def at_stake(pace: float, slow: float) -> float:
    """What share of the room is asked for who comes at a pace [m/s]: none of who is as slow [m/s] as where one lets
    another in, all from twice that on."""
    return 1.0 if slow <= 0.0 else min(max(pace / slow - 1.0, 0.0), 1.0)


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], f8[::1], f8[::1], f8[::1], f8[:, ::1])"
)
def changing_cost(
    props: Array, rolls: Array, corridors: Array, table: Array, spans: Array, prob: Array, body: Array, asked: Array,
    costs: Array,
) -> None:  # fmt: skip
    """Add to costs (R, 13) what is wrong with the lane changes among the motions. body (3,): rear axle to centre, half
    length, half width [m]; asked (4,): reaction, braking and headway of who comes from behind, lateral acceleration.

    A change that has begun, the body being over the line between the lanes, is not looked at again for who comes from
    behind: to stay on the line is no better.
    """
    front, rear = body[0] + body[1], body[1] - body[0]
    for r in range(props.shape[0]):
        c = int(props[r, CORRIDOR])
        home = abs(corridors[c, C_D] - corridors[0, C_D])
        if home < LANE_APART:
            continue
        roll = rolls[r]
        line = 0.5 * home + body[2]
        step, most = 0, 0.0
        while step < roll.shape[0] and abs(roll[step, R_D]) > line:
            step += 1
        if 0 < step < roll.shape[0] and asked[1] > 0.0:
            missing = missing_rear_room(roll, step, spans[c], prob, rear, front, asked)
            costs[r, RULE] += REFUSED * math.sqrt(missing)
        if asked[3] > 0.0:
            start, count = int(corridors[c, C_START]), int(corridors[c, C_COUNT])
            for k in range(roll.shape[0]):
                row = start + min(max(int(roll[k, R_S] / SPACING), 0), count - 1)
                bent = roll[k, R_K] - table[row, CURVE]
                most = max(most, roll[k, R_V] ** 2 * abs(bent))
            costs[r, RULE] += ROUGH * max(most / (GENTLE * asked[3]) - 1.0, 0.0)
