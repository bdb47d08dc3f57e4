"""Closing in on who is ahead, and following too close."""

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.plan.cost.contact import certainty
from evpilot.plan.cost.reach import SECONDS
from evpilot.types.state import Array, Ints

R_V, R_S, R_D = int(Roll.SPEED), int(Roll.S), int(Roll.D)
CLEARANCE = int(Cost.CLEARANCE)
TIMES = GRID
OWN_S, OWN_D, OWN_V, WORST, TIGHT = (SECONDS * row for row in range(5))
TTC_LOW, TTC_COST = 1.6, 20.0  # [s, 1/s] nuPlan fails a drive below 0.95 s
FOLLOW_GAP, FOLLOW_TIME = 1.5, 0.8  # [m], [s] behind somebody, below UN R157's 1.0 s and more: tight, yet no tailgating
FOLLOW_COST = 8.0  # for a second bumper to bumper


@kernel()
def ttc_cost(
    roll: Array,
    strips: Array,
    crowd: Ints,
    prob: Array,
    standoff: Array,
    front: float,
    half: float,
    least: float,
    fear: float,
    work: Array,
    cost: Array,
) -> None:
    """Cost of closing in on what is ahead on our strip with less than TTC_LOW to contact, and of following closer than
    somebody who may brake allows. strips (E, 5, SECONDS) as `strips_on` fills them, crowd as `strip_crowd` fills it,
    least [m/s] the speed along the corridor below which somebody comes and is no lead, fear the share of the cost that
    counts, work (5 * SECONDS,)."""
    count = (roll.shape[0] + 1) // 2
    for k in range(count):
        work[OWN_S + k], work[OWN_D + k], work[OWN_V + k] = roll[2 * k, R_S], roll[2 * k, R_D], roll[2 * k, R_V]
        work[WORST + k], work[TIGHT + k] = 0.0, 0.0
    for n in range(crowd[0]):
        e = crowd[1 + n]
        strip, likely, apart = strips[e], prob[e], FOLLOW_GAP + standoff[e]
        for k in range(count):
            s, d, v = work[OWN_S + k], work[OWN_D + k], work[OWN_V + k]
            free = strip[0, k] - s - front
            closing, wanted = TTC_LOW * (v - strip[4, k]), apart + FOLLOW_TIME * v
            ahead = (strip[1, k] > s) & (strip[2, k] <= d + half) & (strip[3, k] >= d - half) & (strip[4, k] > least)
            worst = likely * (1.0 - max(free, 0.0) / max(closing, 0.1)) if ahead & (free < closing) else 0.0
            tight = likely * (1.0 - max(free, 0.0) / wanted) if ahead & (free < wanted) else 0.0
            work[WORST + k], work[TIGHT + k] = max(work[WORST + k], worst), max(work[TIGHT + k], tight)
    total = 0.0
    close = 0.0
    for k in range(count):
        dt = (0.2 if 2 * k <= 20 else 0.4) * certainty(TIMES[2 * k])
        total += work[WORST + k] * dt
        close += work[TIGHT + k] * work[TIGHT + k] * dt
    cost[CLEARANCE] += fear * (TTC_COST * total + FOLLOW_COST * close)
