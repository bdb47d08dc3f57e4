"""Not being at a line yet where one only has to have stood."""

import math

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Cost, Prop, Roll
from evpilot.types.state import Array

CORRIDOR, PROGRESS, R_S = int(Prop.CORRIDOR), int(Cost.PROGRESS), int(Roll.S)
STEPS = len(GRID)
TIMES = GRID
LATE = 0.3  # a second: what lies behind the line is as much later, and no motion of the horizon shows it


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[::1], f8, f8[:, ::1])")
def halting_cost(props: Array, rolls: Array, places: Array, front: float, costs: Array) -> None:
    """Add to costs (R, 13) the time until the front, `front` [m] before the rear axle, comes to the place (C,) [m] on
    its corridor from which on it stands at a line, the horizon where it does not come there.

    Without it to creep there is as good as to drive there: the way is as long, and what is gained lies beyond the
    line."""
    for r in range(props.shape[0]):
        place = places[int(props[r, CORRIDOR])] - front
        if rolls[r, 0, R_S] >= place or place == math.inf:
            continue
        step = 1
        while step < STEPS - 1 and rolls[r, step, R_S] < place:
            step += 1
        costs[r, PROGRESS] += LATE * TIMES[step]
