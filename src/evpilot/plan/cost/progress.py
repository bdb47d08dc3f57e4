"""What is still to go, driving faster than allowed, and driving off the middle of the lane."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Corridor, Cost, Ref, Roll
from evpilot.plan.lookup import sample
from evpilot.types.state import Array

R_V, R_S, R_D = int(Roll.SPEED), int(Roll.S), int(Roll.D)
RULE, PROGRESS, LANE = int(Cost.RULE), int(Cost.PROGRESS), int(Cost.LANE)
LIMIT, REMAINING = int(Ref.LIMIT), int(Ref.REMAINING)
START, COUNT, PENALTY, HOME = int(Corridor.START), int(Corridor.COUNT), int(Corridor.PENALTY), int(Corridor.HOME)
SOON = 25  # the step at 3 s
EARLY = 0.5  # of what is still to go counts early: what is put off in every cycle is never done
ASIDE = 1.5  # [m] further from the middle of a lane the car is on another
BEYOND_RATE, BEYOND_MOST = 25.0, 1.0  # of a second a metre too far over, as for a line; further costs no more [m]
NEARLY = 1e-6  # [m/s]
SPEEDING_MOST = 30.0  # a second at the limit: no speed limit is worth an emergency stop
LIMIT_LEAST = 1.0  # [m/s]


@kernel("void(f8[:, ::1], f8[:, ::1], f8[::1])")
def lowest_limits(corridors: Array, table: Array, lowest: Array) -> None:
    """Fill lowest (C,): the lowest speed limit [m/s] on each corridor."""
    for c in range(corridors.shape[0]):
        start, lowest[c] = int(corridors[c, START]), np.inf
        for row in range(start, start + int(corridors[c, COUNT])):
            lowest[c] = min(lowest[c], table[row, LIMIT])


@kernel()
def speeding_cost(roll: Array, end: int, start: int, count: int, table: Array, wish: Array) -> float:
    """Cost of being over the speed limit until the step `end`: by the way, as much as the time that it takes at the
    limit, for by time alone who is much too fast would be through all the cheaper. wish as in `progress_cost`."""
    over = 0.0
    for step in range(1, end + 1):
        dt = 0.1 if step <= 20 else 0.2
        limit = sample(table, start, count, roll[step, R_S], LIMIT)
        if abs(roll[step, R_D]) > ASIDE:
            limit = min(limit, wish[5])
        excess = max(0.0, roll[step, R_V] - limit)
        share = max(roll[step, R_V] / max(limit, LIMIT_LEAST), 1.0) if wish[8] > 0.0 else 1.0
        over += dt * share * min(wish[6] * excess + wish[7] * excess * excess, SPEEDING_MOST)
    return over


@kernel()
def ever_faster(roll: Array, end: int, pace: float) -> bool:
    """Whether a rollout is ever faster than a pace [m/s] until the step `end`, or nearly so fast."""
    fastest = 0.0
    for step in range(1, end + 1):
        fastest = max(fastest, roll[step, R_V])
    return fastest > pace - NEARLY


@kernel()
def off_middle(roll: Array, end: int, home: float) -> float:
    """For how long [s], and by the square of how far [m2], a rollout is off the middle, at `home` [m], until a step."""
    off = 0.0
    for step in range(1, end + 1, 2):
        off += (0.2 if step <= 20 else 0.4) * min((roll[step, R_D] - home) ** 2, 4.0)
    return off


@kernel()
def too_far_over(roll: Array, end: int, home: float) -> float:
    """For how long [s] and how far [m] who comes over from another lane is past the one whose middle is at `home` [m]:
    what turns too late for its speed comes out in the lane after."""
    came = roll[0, R_D] - home
    if abs(came) <= ASIDE:
        return 0.0
    total, side = 0.0, -1.0 if came > 0.0 else 1.0
    for step in range(1, end + 1, 2):
        over = side * (roll[step, R_D] - home) - ASIDE
        total += (0.2 if step <= 20 else 0.4) * min(max(over, 0.0), BEYOND_MOST)
    return total


@kernel()
def progress_cost(
    roll: Array, end: int, corridor: Array, table: Array, lowest: float, wish: Array, cost: Array
) -> None:
    """Cost still to go at the step `end`, and time over the speed limit, which until the lane is reached is that of the
    lane here; lowest [m/s] of all on the corridor. wish (9,): what is to go [m] from here on the best corridor, from
    which progress counts; seconds until the first goal's time is up, what a corridor without a goal costs, weight of a
    metre to go, seconds until the drive ends, the speed limit here [m/s], what a second of speeding costs for each m/s
    and for its square, and whether (1 or 0) by the way."""
    start, count = int(corridor[START]), int(corridor[COUNT])
    remaining = sample(table, start, count, roll[end, R_S], REMAINING) - wish[0]
    soon = sample(table, start, count, roll[min(SOON, end), R_S], REMAINING) - wish[0]
    cost[PROGRESS] += wish[3] * (remaining + EARLY * soon)
    if ever_faster(roll, end, min(lowest, wish[5])):
        cost[RULE] += speeding_cost(roll, end, start, count, table, wish)
    cost[LANE] += 0.25 * off_middle(roll, end, corridor[HOME]) + corridor[PENALTY]
    cost[RULE] += BEYOND_RATE * too_far_over(roll, end, corridor[HOME])
