"""How many different motions are weighed, and more of them where many proposals come to the same.

In a queue, before a wall or at walking pace many speed laws end in one motion: behind the same lead all wanted speeds
are alike. Their place is taken by a finer spread of accelerations.
"""

import math

import numpy as np

from evpilot.plan.columns import GRID, Law
from evpilot.plan.proposals import DURATIONS, cross, paths_on
from evpilot.plan.way import Way
from evpilot.types import Briefing
from evpilot.types.state import Array

LEAST = 310  # different motions in every cycle
ALIKE = 0.01  # [m] over the first 5 s: motions no further apart are one
LOOKED_AT = np.searchsorted(GRID, np.array([1.0, 2.0, 3.0, 4.0, 5.0]) - 1e-9)
WEIGHTS = np.array([1, 1_000_003, 998_244_353, 1_000_000_007, 754_974_721, 167_772_161, 469_762_049, 1_224_736_769,
                    2_013_265_921, 104_857_601])  # fmt: skip
HOLDS = (2.5, 4.0, 1.5, 6.0)  # [s] how long an acceleration is kept, then the speed
SOFTEST = 0.1  # [m/s2] from standstill a weaker pull is hardly a motion
STOP_TIME = 2.0  # [s] braking that stops the car sooner is among the proposals already
HARDEST = 3.5  # [m/s2] service braking
SPARE = 2.5  # some of what is added turns out alike, too


def distinct(rolls: Array) -> int:
    """How many of the rollouts (R, 51, 11) are at different places, to `ALIKE`, at any full second up to 5 s."""
    places = np.rint(rolls[:, LOOKED_AT, :2] * (1.0 / ALIKE)).astype(np.int64).reshape(len(rolls), -1)
    return len(np.unique((places * WEIGHTS).sum(axis=1)))


def more(way: Way, briefing: Briefing, speed: float, missing: int, hold: float) -> Array:
    """About so many proposals (K, 11) by `Prop` on a corridor: every path with accelerations evenly spread, each kept
    for `hold` [s]."""
    paths = paths_on(way, speed, True, DURATIONS)
    low = -min(speed / STOP_TIME, HARDEST) if speed > SOFTEST * STOP_TIME else SOFTEST
    count = math.ceil(SPARE * missing / len(paths))
    accels = np.linspace(low, briefing.limits.accel, count + 2)[1:-1]
    return cross(0, paths, np.array([(Law.RAMP, float(accel), hold, 0.0, 0.0, 0.0) for accel in accels]))
