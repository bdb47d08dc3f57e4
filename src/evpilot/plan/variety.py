"""How many different motions are weighed: what comes to the same is weighed once, and more is looked at in its place.

In a queue, before a wall or at walking pace many speed laws end in one motion: behind the same lead all wanted speeds
are alike. Their place is taken by a finer spread of accelerations.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row, copy_rows
from evpilot.plan.columns import GRID, Prop, Roll
from evpilot.plan.proposals import DURATIONS, RAMP, cross, paths_on
from evpilot.plan.way import Way
from evpilot.types import Briefing
from evpilot.types.state import Array, Ints

LEAST = 340  # different motions in every cycle: one by one, over 300 of them are over 1 cm apart
ALIKE = 0.01  # [m] at every full second: motions no further apart are one
SECONDS = np.searchsorted(GRID, np.arange(1.0, 9.0) - 1e-9)
EARLY = 5  # [s] motions that differ only later count as one, though both are weighed
PRIME = 1_000_003
HOLDS = (2.5, 4.0, 1.5, 6.0)  # [s] how long an acceleration is kept, then the speed
SOFTEST = 0.1  # [m/s2] from standstill a weaker pull is hardly a motion
STOP_TIME = 2.0  # [s] braking that stops the car sooner is among the proposals already
HARDEST = 3.5  # [m/s2] service braking
ASIDE = 0.3  # [m] another offset than the last decision's
SPARE = 1.5  # some of what is added turns out alike, too

X, Y, SPEED = int(Roll.X), int(Roll.Y), int(Roll.SPEED)
CORRIDOR, OFFSET = int(Prop.CORRIDOR), int(Prop.OFFSET)
WHOLE, EARLY_ONLY, OTHER = 0, 1, 2  # columns of marks


@kernel()
def places_of(roll: Array, number: int, first: int, last: int) -> int:
    """A number, gone on with for where a rollout (51, 11) is at each full second from one to before another, to
    `ALIKE`."""
    for k in range(first, last):
        row = SECONDS[k]
        number = PRIME * number + round(roll[row, X] / ALIKE)
        number = PRIME * number + round(roll[row, Y] / ALIKE)
    return number


@kernel()
def leads_elsewhere(prop: Array, last: Array) -> bool:
    """Whether a proposal (11,) leads to another corridor or offset than the last decision (2,); nobody does where there
    was none (NaN)."""
    return not math.isnan(last[0]) and (prop[CORRIDOR] != last[0] or abs(prop[OFFSET] - last[1]) > ASIDE)


@kernel()
def seats_for(count: int) -> Ints:
    """An empty hash table with room to spare for so many marks: of each mark its row and 1, 0 where a seat is free."""
    size = 64
    while size < 4 * count:
        size *= 2
    return np.zeros(size, np.int64)


@kernel()
def seat_of(mark: int, column: int, marks: Ints, seats: Ints) -> int:
    """Where in the hash table a mark of a column of marks (R, 3) sits or belongs (linear probing)."""
    last = seats.shape[0] - 1
    seat = (mark ^ (mark >> 17) ^ (mark >> 37)) & last
    while seats[seat] > 0 and marks[seats[seat] - 1, column] != mark:
        seat = (seat + 1) & last
    return seat


@kernel("i8(f8[:, ::1], f8[:, :, ::1], f8[:, :, ::1], f8[::1], i8[:, ::1], i8)")
def unite(props: Array, rolls: Array, boxes: Array, last: Array, marks: Ints, first: int) -> int:
    """Keep those of the proposals (R, 11) from row first on that come to another motion than all before them, moved up
    with their rollouts and boxes, as `roll_out` fills them, to follow each other; answers how many rows that makes in
    all.

    Motions are one that lie on the same corridor, lead both or neither elsewhere than the last decision did, last (2,)
    its corridor and offset [m], NaN for none, and have the same places to `ALIKE` at every full second and the same
    speed in the end. Fills marks (R, 3): a number for all that, one for the places of the first `EARLY` seconds alone,
    and 1 for who leads elsewhere.
    """
    count, seats = first, seats_for(props.shape[0])
    for r in range(first):
        seats[seat_of(marks[r, WHOLE], WHOLE, marks, seats)] = r + 1
    for r in range(first, props.shape[0]):
        early = places_of(rolls[r], 0, 0, EARLY)
        whole = places_of(rolls[r], early, EARLY, SECONDS.shape[0])
        whole = PRIME * whole + round(rolls[r, rolls.shape[1] - 1, SPEED] / ALIKE)
        other = int(leads_elsewhere(props[r], last))
        whole = PRIME * whole + 2 * int(props[r, CORRIDOR]) + other
        seat = seat_of(whole, WHOLE, marks, seats)
        if seats[seat] > 0:
            continue
        if r > count:
            copy_row(props[r], props[count])
            copy_rows(rolls[r], rolls[count])
            copy_rows(boxes[r], boxes[count])
        marks[count, WHOLE], marks[count, EARLY_ONLY], marks[count, OTHER] = whole, early, other
        count += 1
        seats[seat] = count
    return count


@kernel("i8(i8[:, ::1])")
def different(marks: Ints) -> int:
    """How many motions are at different places, to `ALIKE`, at any full second up to `EARLY`; marks as `unite` fills
    them."""
    count, seats = 0, seats_for(marks.shape[0])
    for r in range(marks.shape[0]):
        seat = seat_of(marks[r, EARLY_ONLY], EARLY_ONLY, marks, seats)
        count += seats[seat] == 0
        seats[seat] = r + 1
    return count


def more(way: Way, briefing: Briefing, speed: float, missing: int, hold: float) -> Array:
    """About so many proposals (K, 11) by `Prop` on a corridor: every path with accelerations evenly spread, each kept
    for `hold` [s]."""
    paths = paths_on(way, speed, True, DURATIONS)
    low = -min(speed / STOP_TIME, HARDEST) if speed > SOFTEST * STOP_TIME else SOFTEST
    count = math.ceil(SPARE * missing / len(paths))
    accels = np.linspace(low, briefing.limits.accel, count + 2)[1:-1]
    return cross(0, paths, np.array([(RAMP, float(accel), hold, 0.0, 0.0, 0.0) for accel in accels]))
