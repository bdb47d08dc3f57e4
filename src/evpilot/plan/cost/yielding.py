"""Being where others have priority, and passing what must not be passed."""

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.plan.walls import STOPS
from evpilot.types.state import Array

R_V, R_S = int(Roll.SPEED), int(Roll.S)
RULE = int(Cost.RULE)
STEPS = len(GRID)
TIMES = GRID
BROKEN_RULE = 250.0
ROLLING = 1.5  # [s] before somebody is gone from a zone, who waits for him rolls on to where they would meet
EARLY, TARDY, LEAST = 0.5, 0.4, 0.2  # [s] of a zone's margins within which it costs a share, at least the last
NOSE = 0.3  # [m] who is no further in a zone than this can still let pass
INCH = 0.02  # [m] by which who moves less stays where it is
HARD = 3.5  # [m/s2] who would have to brake harder to stop before it stops that far in it


@kernel()
def zone_cost(roll: Array, corridor: int, front: float, rear: float, zones: Array, cost: Array) -> None:
    """Cost of being in a zone while it belongs to others. zones (Z, 8): corridor, from, to [m on it], from, to [s],
    weight, entry, and from where [m] they are really in our way: who stands before the zone sets off `ROLLING`
    before they are gone. A place that the car is in already has to be left for them. Who comes only after the horizon
    must find us gone. A little too early or too late costs a part: it is no reason to brake hard."""
    last = roll.shape[0] - 1
    stops = roll[0, R_S] + front + roll[0, R_V] * roll[0, R_V] / (2.0 * HARD)
    for z in range(zones.shape[0]):
        begin = zones[z, 1] + (NOSE if stops > zones[z, 1] else 0.0)
        if int(zones[z, 0]) != corridor:
            continue
        worst = 0.0
        for step in range(1, roll.shape[0]):
            t = TIMES[step]
            if t < zones[z, 3]:
                continue
            if t > zones[z, 4] or worst == 1.0:
                break
            low = max(begin, zones[z, 7]) if t > zones[z, 4] - ROLLING else begin
            if roll[step, R_S] + front > low and roll[step, R_S] - rear < zones[z, 2]:
                deep = min((t - zones[z, 3]) / EARLY, (zones[z, 4] - t) / TARDY)
                worst = max(worst, min(max(deep, LEAST), 1.0))
        cost[RULE] += worst * zones[z, 5]
        rest = zones[z, 2] - roll[last, R_S] + rear
        inside = roll[last, R_S] + front > begin and rest > 0.0 and last == STEPS - 1
        if inside and TIMES[last] < zones[z, 3] < TIMES[last] + rest / max(roll[last, R_V], 1.0):
            cost[RULE] += zones[z, 5]


@kernel()
def wall_cost(roll: Array, front: float, wall: float, cost: Array) -> None:
    """Cost of a front, `front` [m] before the rear axle, that ends beyond a wall [m along the corridor] from before
    it, or that stands as good as at it and goes on."""
    begin, end = roll[0, R_S] + front, roll[roll.shape[0] - 1, R_S] + front
    if begin <= wall + STOPS and end > (wall if begin <= wall else begin + INCH):
        cost[RULE] += BROKEN_RULE
