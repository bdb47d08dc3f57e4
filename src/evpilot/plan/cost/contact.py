"""Contact with predicted boxes, and passing them too close."""

import math

from evpilot.geometry.boxes import gap
from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.types.state import Array, Bools, Ints

R_X, R_Y, R_V, R_C, R_SI = int(Roll.X), int(Roll.Y), int(Roll.SPEED), int(Roll.COS), int(Roll.SIN)
COLLISION, CLEARANCE, REAR = int(Cost.COLLISION), int(Cost.CLEARANCE), int(Cost.REAR)
TIMES = GRID
CONTACT = 1000.0  # cost of a certain contact in the near future: above everything else together
REAR_SHARE, REAR_FADE = 1.2, 0.3  # [-, 1/s] who comes from behind can brake, the more the later
# [s], [m/s2]: who follows sees us brake, and brakes this hard as a matter of course, or as hard as it can
REACTION, EASY_BRAKE, HARD_BRAKE = 0.75, 2.0, 6.0
LEAST_REAR = 0.04  # of a contact from behind that the other has only to follow us to avoid
CONTACT_GAP = 0.12  # [m] closer than this counts as contact; grows with the horizon
SOFT_GAP = 0.7  # [m] closer than this to another costs
STANDS = 0.05  # [m/s] slower is standing (nuplan-devkit): whoever is run into then is not at fault
STOOD = 0.5  # of a contact: where none can be avoided, the car stays where it stands
ONCOMING = 1.0  # [m/s] towards us: who comes so comes not from behind, wherever between two steps we met


@kernel()
def certainty(t: float) -> float:
    """How much a predicted contact at a time ahead [s] counts: fully for 2.5 s, then less, never nothing."""
    return 1.0 if t < 2.5 else max(0.2, 1.0 - 0.16 * (t - 2.5))


@kernel()
def unavoidable(closing: float, t: float) -> float:
    """How little who comes from behind can do about a contact at a time ahead [s] with a closing speed [m/s]: 1 where
    no braking helps, `LEAST_REAR` where to follow us as everybody does is enough (StVO, para. 4)."""
    needed = closing / max(t - REACTION, 0.1)
    return min(max((needed - EASY_BRAKE) / (HARD_BRAKE - EASY_BRAKE), LEAST_REAR), 1.0)


@kernel()
def skipped(closing: float, step: int, lengths: float) -> float:
    """How much longer [m] to either side a box must be, so that who comes at a closing speed [m/s] is not passed
    through between two steps; lengths [m] is the sum of both half lengths."""
    return max(0.5 * closing * (0.1 if step <= 20 else 0.2) - lengths, 0.0)


@kernel()
def contact_cost(
    roll: Array, body: Array, entries: Array, among: Ints, window: Array, half: Array, prob: Array, moving: Bools,
    alert: bool, first: Array, cost: Array,
) -> None:  # fmt: skip
    """Contact and clearance with the predicted boxes of the entries among (K,); first (3,) keeps time, entry and
    probability of the earliest certain contact. body (3,): rear axle to centre, half length, half width [m]; window
    (2, K) the steps at which each may be near, as `in_reach` fills it; alert: whether those behind us are expected to
    brake for us."""
    shift, length, width = body[0], body[1], body[2]
    own = math.sqrt(length * length + width * width) + SOFT_GAP
    for n in range(among.shape[0]):
        if window[1, n] < 0.0:
            continue
        e, begin = among[n], int(window[0, n])
        states, boxes = roll[begin : int(window[1, n])], entries[e, begin:]
        far = own + math.sqrt(half[e, 0] ** 2 + half[e, 1] ** 2)
        soft = 0.0
        for k in range(states.shape[0]):
            one, box, step = states[k], boxes[k], begin + k
            c, s = one[R_C], one[R_SI]
            x, y = one[R_X] + shift * c, one[R_Y] + shift * s
            dx, dy = box[0] - x, box[1] - y
            # most are beside us, in a lane of their own or along the road's edge, and too far aside to matter
            wide = half[e, 1] + length * abs(c * box[3] - s * box[2]) + width * abs(c * box[2] + s * box[3])
            if abs(dy * box[2] - dx * box[3]) - wide > SOFT_GAP:
                continue
            with_us = box[4] * (c * box[2] + s * box[3])
            comes = with_us < -ONCOMING
            more = skipped(one[R_V] - with_us, step, length + half[e, 0]) if comes else 0.0
            if dx * dx + dy * dy > (far + more) ** 2:
                continue
            t = TIMES[step]
            free = gap(x, y, c, s, length, width, box[0], box[1], box[2], box[3], half[e, 0] + more, half[e, 1])
            if free < CONTACT_GAP + (0.03 * t if moving[e] else 0.0):
                closing = abs(one[R_V] - box[4])
                harm = CONTACT * prob[e] * certainty(t) * (0.7 + 0.03 * min(closing, 25.0))
                stands = one[R_V] < STANDS
                # from behind: its centre lies behind our rear bumper
                if (dx * c + dy * s < -length and not comes) or stands:
                    harm *= min(1.0, max(0.05, REAR_SHARE - REAR_FADE * t)) * (STOOD if stands else 1.0)
                    cost[REAR] += harm * (unavoidable(closing, t) if alert else 1.0)
                else:
                    cost[COLLISION] += harm
                if prob[e] > 0.3 and t < first[0]:
                    first[0], first[1], first[2] = t, e, prob[e]
                break
            if free < SOFT_GAP:
                dt = 0.1 if step <= 20 else 0.2
                share = 1.0 - free / SOFT_GAP
                soft += share * share * dt * certainty(t)
        cost[CLEARANCE] += 6.0 * prob[e] * soft
