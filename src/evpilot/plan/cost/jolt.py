"""How fast acceleration turns into braking, or back: what jolts those aboard, with what they have felt just before."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Cost, Roll
from evpilot.types.state import Array

R_A, COMFORT = int(Roll.ACCEL), int(Cost.COMFORT)
STEP = 0.1  # [s]
HALF = 7  # steps to either side: nuPlan's jerk is the slope of a line through 1.4 s of acceleration
MOMENTS = (HALF * (HALF + 1) * (2 * HALF + 1)) // 3  # the sum of the squares of -HALF..HALF
SPAN = 20  # steps of a motion that are `STEP` apart
HARSH_JERK = 3.5  # [m/s3] nuPlan calls up to 4.13 comfortable, who stops and sets off at once overshoots as much
JOLT_MOST = 25.0  # what it costs at most


class Felt:
    """The acceleration along of the last moments, as the car felt it; before its first it is taken to be the same."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._accel: list[float] = []

    def take(self, seconds: float, accel: float) -> None:
        """Remember an acceleration [m/s2] at a time [s], later than the last."""
        while self._seconds and self._seconds[0] < seconds - 2.0 * HALF * STEP:
            del self._seconds[0], self._accel[0]
        self._seconds.append(seconds)
        self._accel.append(accel)

    def before(self) -> Array:
        """(HALF,) [m/s2] in steps of `STEP` until just before the last that was taken, oldest first."""
        times = self._seconds[-1] - STEP * np.arange(HALF, 0.0, -1.0)
        return np.interp(times, self._seconds, self._accel)


@kernel()
def harshest(accel: Array) -> float:
    """The greatest jerk [m/s3] of either sign in accelerations (N,) [m/s2] at steps of `STEP`, as nuPlan feels it."""
    worst = 0.0
    for first in range(accel.shape[0] - 2 * HALF):
        slope = 0.0
        for k in range(2 * HALF + 1):
            slope += (k - HALF) * accel[first + k]
        worst = max(worst, abs(slope) / (MOMENTS * STEP))
    return worst


@kernel()
def even(accel: Array) -> bool:
    """Whether accelerations differ so little that no line through some of them is steep."""
    low, high = np.inf, -np.inf
    for value in accel:
        low, high = min(low, value), max(high, value)
    return (high - low) * 0.5 * HALF * (HALF + 1) < HARSH_JERK * MOMENTS * STEP


@kernel("void(f8[:, :, ::1], f8[::1], f8, f8[:, ::1])")
def jolt_cost(rolls: Array, before: Array, price: float, costs: Array) -> None:
    """Add to costs (R, 13) what motions (R, 51, 11) by `Roll` cost for jolting those aboard; before (HALF,) as `Felt`
    has it; price of each m/s3 beyond `HARSH_JERK`."""
    accel = np.empty(HALF + SPAN)
    accel[:HALF] = before
    for r in range(rolls.shape[0]):
        accel[HALF:] = rolls[r, :SPAN, R_A]
        if not even(accel):
            costs[r, COMFORT] += min(price * max(harshest(accel) - HARSH_JERK, 0.0), JOLT_MOST)
