"""How much of a motion is driven at all: to the goal, or until the drive's time is up."""

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID

AFTER = 0.25  # [s] a drive is judged a little beyond its end
STEPS = len(GRID)
TIMES = GRID


@kernel()
def steps_until(t: float) -> int:
    """How many grid steps lie before a time [s], at least two."""
    count = 2
    while count < STEPS and TIMES[count] <= t:
        count += 1
    return count
