"""How many different motions are weighed: what comes to the same is weighed once, and more is looked at in its place.

In a queue, before a wall or at walking pace many speed laws end in one motion: behind the same lead all wanted speeds
are alike. Their place is taken by a finer spread of accelerations.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row, copy_rows
from evpilot.plan.columns import GRID, Law, Prop, Roll
from evpilot.plan.proposals import DURATIONS, cross, paths_on
from evpilot.plan.way import Way
from evpilot.types import Briefing
from evpilot.types.state import Array, Bools, Ints

LEAST = 340  # different motions in every cycle: one by one, over 300 of them are over 1 cm apart
ALIKE = 0.01  # [m] at every full second: motions no further apart are one
SECONDS = np.searchsorted(GRID, np.arange(1.0, 9.0) - 1e-9)
EARLY = 5  # [s] motions that differ only later count as one, though both are weighed
PRIME = 1_000_003
HOLDS = (2.5, 4.0, 1.5, 6.0)  # [s] how long an acceleration is kept, then the speed
SOFTEST = 0.1  # [m/s2] from standstill a weaker pull is hardly a motion
STOP_TIME = 2.0  # [s] braking that stops the car sooner is among the proposals already
HARDEST = 3.5  # [m/s2] service braking
SPARE = 1.5  # some of what is added turns out alike, too

X, Y, SPEED = int(Roll.X), int(Roll.Y), int(Roll.SPEED)
CORRIDOR = int(Prop.CORRIDOR)


@kernel()
def places_of(roll: Array, seconds: int) -> int:
    """A number for where a rollout (51, 11) is at each of the first full seconds, to `ALIKE`."""
    number = 0
    for k in range(seconds):
        row = SECONDS[k]
        number = PRIME * number + round(roll[row, X] / ALIKE)
        number = PRIME * number + round(roll[row, Y] / ALIKE)
    return number


@kernel("i8(f8[:, ::1], f8[:, :, ::1], b1[::1], i8[:, ::1], i8)")
def unite(props: Array, rolls: Array, other: Bools, marks: Ints, first: int) -> int:
    """Keep those of the proposals (R, 11) from row first on that come to another motion than all before them, moved up
    to follow each other; answers how many rows that makes in all.

    Motions are one that lie on the same corridor, are both or neither `other` (R,) than the last decision, and have the
    same places to `ALIKE` at every full second and the same speed in the end. Fills marks (R, 2): a number for all
    that, and one for the places of the first `EARLY` seconds alone.
    """
    count = first
    for r in range(first, props.shape[0]):
        early, whole = places_of(rolls[r], EARLY), places_of(rolls[r], SECONDS.shape[0])
        whole = PRIME * whole + round(rolls[r, rolls.shape[1] - 1, SPEED] / ALIKE)
        whole = PRIME * whole + 2 * int(props[r, CORRIDOR]) + int(other[r])
        known = False
        for k in range(count):
            known |= marks[k, 0] == whole
        if known:
            continue
        if r > count:
            copy_row(props[r], props[count])
            copy_rows(rolls[r], rolls[count])
            other[count] = other[r]
        marks[count, 0], marks[count, 1] = whole, early
        count += 1
    return count


def different(marks: Ints) -> int:
    """How many motions are at different places, to `ALIKE`, at any full second up to `EARLY`; marks as `unite` fills
    them."""
    return len(np.unique(marks[:, 1]))


def more(way: Way, briefing: Briefing, speed: float, missing: int, hold: float) -> Array:
    """About so many proposals (K, 11) by `Prop` on a corridor: every path with accelerations evenly spread, each kept
    for `hold` [s]."""
    paths = paths_on(way, speed, True, DURATIONS)
    low = -min(speed / STOP_TIME, HARDEST) if speed > SOFTEST * STOP_TIME else SOFTEST
    count = math.ceil(SPARE * missing / len(paths))
    accels = np.linspace(low, briefing.limits.accel, count + 2)[1:-1]
    return cross(0, paths, np.array([(Law.RAMP, float(accel), hold, 0.0, 0.0, 0.0) for accel in accels]))
