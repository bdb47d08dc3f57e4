"""Behind somebody slow: what a lane loses beyond the horizon, which is too short to overtake within it."""

import math

import numpy as np

from evpilot.plan.columns import Corridor, Span
from evpilot.plan.entries import Entries
from evpilot.plan.spans import in_strip
from evpilot.types.state import Array, Ints

BEYOND = 2.0  # [s] of driving on behind him that count
CAUGHT = 10.0  # [s] in which who drives as he likes would come up to him
LIKELY = 0.5
# [m/s] who is slower, stands, comes towards us or brakes is no slow lead, but in the way, and so is what he brakes for
MOVES, STEADY = 3.0, 3.0
# [m] of a free lane that goes on to the goal: with less nothing is overtaken any more, with more all that is slow
LEAST, ENOUGH = 300.0, 600.0


def losses(
    corridors: Array, entries: Entries, spans: Array, near: Ints, wanted: float, front: float, half: float
) -> Array:
    """How much slower than wanted [m/s] goes who is next ahead all the time on each corridor (C,), if he would be
    caught. spans, near: of the scene; front [m] from the rear axle to the bumper, half [m] of our width."""
    return np.array([_loss(corridors[c], entries, spans[c], row, wanted, front, half) for c, row in enumerate(near)])


def way_lost(loss: Array, left: Array) -> Array:
    """What `losses` (C,) cost of way [m] within `BEYOND`, as far as another corridor is faster and goes on long enough;
    left (C,) [m]: how far each goes on to the goal."""
    share = np.clip((left - LEAST) / (ENOUGH - LEAST), 0.0, 1.0)
    gains = np.maximum(loss[:, None] - loss[None, :], 0.0) * share[None, :]
    return BEYOND * gains.max(axis=1)


def _loss(
    corridor: Array, entries: Entries, spans: Array, near: Ints, wanted: float, front: float, half: float
) -> float:
    rows = near[1 : 1 + near[0]]
    rows = rows[entries.prob[rows] >= LIKELY]
    bumper, now, then = float(corridor[Corridor.S]) + front, spans[rows, 0], spans[rows, -1]
    ahead = (now[:, Span.S_LOW] > bumper) & in_strip(now, half) & in_strip(then, half)
    if not ahead.any():
        return 0.0
    gap = np.where(ahead, now[:, Span.S_LOW] - bumper, math.inf)
    lead = int(np.argmin(gap))
    before, pace = float(now[lead, Span.SPEED]), float(then[lead, Span.SPEED])
    goes_on = min(before, pace) > MOVES and before - pace < STEADY
    slower = wanted - pace
    return slower if goes_on and slower > 0.0 and float(gap[lead]) < CAUGHT * slower else 0.0
