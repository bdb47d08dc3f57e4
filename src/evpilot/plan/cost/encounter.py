"""Near misses: how soon the car would touch another if both kept their velocity, along a motion.

That is nuPlan's time to collision (nuplan-devkit time_to_collision_within_bound): others that cross and that come
towards us count like those ahead, and a drive fails at its worst moment.
"""

import math

import numpy as np

from evpilot.geometry.boxes import touch_span
from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Entry, Roll
from evpilot.types.state import Array

TTC_MIN = 0.95  # [s] nuplan-devkit: less fails a drive
TTC_SURE = 1.35  # [s] from here on nothing is held against a motion: plan and drive differ a little
TTC_LOOK = 1.4  # [s]
LAST = 25  # the step at 3 s: where others are later is too unsure for such a narrow measure
FADE = 0.2  # [1/s] ahead
BEHIND = math.cos(math.radians(150.0))  # nuplan-devkit is_agent_behind: those are not ours to keep clear of
CREEPING = 0.1  # [m/s] who hardly moves runs into nobody
SPARE = 0.1  # [m] to each side
WORST, LASTING = 0.7, 0.5  # [-, 1/s] of the price: for the worst moment, and for every second
TIMES = GRID
R_X, R_Y, R_V, R_C, R_SI = int(Roll.X), int(Roll.Y), int(Roll.SPEED), int(Roll.COS), int(Roll.SIN)
E_X, E_Y, E_C, E_S, E_V = int(Entry.X), int(Entry.Y), int(Entry.COS), int(Entry.SIN), int(Entry.SPEED)


@kernel()
def whereabouts(rows: Array, x: int, y: int, speed: int, pad: float) -> tuple[float, float, float, float]:
    """The box that somebody stays in for `LAST` steps, and for TTC_LOOK more at any speed then had: least and greatest
    x, least and greatest y [m], pad [m] on every side."""
    low_x = low_y = np.inf
    high_x = high_y = -np.inf
    fastest = 0.0
    for step in range(0, min(LAST + 1, rows.shape[0]), 5):
        low_x, high_x = min(low_x, rows[step, x]), max(high_x, rows[step, x])
        low_y, high_y = min(low_y, rows[step, y]), max(high_y, rows[step, y])
        fastest = max(fastest, abs(rows[step, speed]))
    # and what happens between the steps looked at
    pad += (TTC_LOOK + 0.5) * fastest
    return low_x - pad, high_x + pad, low_y - pad, high_y + pad


@kernel("f8[:, ::1](f8[:, :, ::1], f8[:, ::1])")
def whereabouts_of(entries: Array, half: Array) -> Array:
    """`whereabouts` of all entries (4, E)."""
    boxes = np.empty((4, entries.shape[0]))
    for e in range(entries.shape[0]):
        far = math.sqrt(half[e, 0] ** 2 + half[e, 1] ** 2)
        boxes[0, e], boxes[1, e], boxes[2, e], boxes[3, e] = whereabouts(entries[e], E_X, E_Y, E_V, far)
    return boxes


@kernel()
def severity(ttc: float) -> float:
    """How bad a time to collision [s] is: 0 from TTC_SURE on, 1 at TTC_MIN, up to 2."""
    if ttc >= TTC_SURE:
        return 0.0
    return min((TTC_SURE - ttc) / (TTC_SURE - TTC_MIN), 2.0 - ttc / TTC_MIN)


@kernel()
def time_to_touch(
    one: Array, body: Array, other: Array, half: Array, dx: float, dy: float, wx: float, wy: float, reach: float
) -> float:
    """The time to collision [s] of a state of ours (11,) by `Roll` and of an entry (5,) by `Entry`; inf from TTC_LOOK
    on, when never, and for who is behind. body (3,) as in `score`; dx, dy [m] from our rear axle to the other's centre,
    wx, wy [m/s] its velocity less ours; reach [m] the sum of both boxes' half diagonals."""
    c, s = one[R_C], one[R_SI]
    along, behind = dx * c + dy * s, BEHIND * math.sqrt(dx * dx + dy * dy)
    dx, dy = dx - body[0] * c, dy - body[0] * s
    across, pace = dx * wy - dy * wx, wx * wx + wy * wy
    apart = math.sqrt(dx * dx + dy * dy) - reach
    if along < behind or one[R_V] < CREEPING:
        return np.inf
    if apart > 0.0 and (across * across > reach * reach * pace or apart * apart > TTC_LOOK * TTC_LOOK * pace):
        return np.inf
    enter, leave = touch_span(
        dx, dy, wx, wy, c, s, body[1] + SPARE, body[2] + SPARE, other[E_C], other[E_S], half[0], half[1]
    )
    return max(enter, 0.0) if leave >= 0.0 and enter < TTC_LOOK else np.inf


@kernel()
def encounter_cost(roll: Array, body: Array, entries: Array, half: Array, prob: Array, boxes: Array) -> float:
    """The near misses of a motion (T, 11), looked at every 0.4 s: for the likeliest at its worst moment, and while they
    last. boxes (4, E) as `whereabouts_of` gives them."""
    own = math.sqrt(body[1] * body[1] + body[2] * body[2]) + SPARE
    low_x, high_x, low_y, high_y = whereabouts(roll, R_X, R_Y, R_V, own + body[0])
    last = min(LAST + 1, roll.shape[0])
    cost = 0.0
    for e in range(entries.shape[0]):
        if boxes[0, e] > high_x or boxes[1, e] < low_x or boxes[2, e] > high_y or boxes[3, e] < low_y:
            continue
        reach = own + math.sqrt(half[e, 0] ** 2 + half[e, 1] ** 2)
        worst, lasting, step = 0.0, 0.0, 2
        while step < last:
            dx, dy = entries[e, step, E_X] - roll[step, R_X], entries[e, step, E_Y] - roll[step, R_Y]
            v, pace = roll[step, R_V], entries[e, step, E_V]
            wx, wy = (
                pace * entries[e, step, E_C] - v * roll[step, R_C],
                pace * entries[e, step, E_S] - v * roll[step, R_SI],
            )
            # most are too far for their closing speed, or go away: what can be told with no root
            square, coming, far = dx * dx + dy * dy, dx * wx + dy * wy, reach + body[0]
            near = square < far * far
            most = far + TTC_LOOK * (abs(v) + abs(pace))
            if near or (coming < 0.0 and square < most * most):
                ttc = time_to_touch(roll[step], body, entries[e, step], half[e], dx, dy, wx, wy, reach)
                if ttc < TTC_SURE:
                    bad = severity(ttc) * (1.0 - FADE * TIMES[step])
                    worst, lasting = max(worst, bad), lasting + 0.4 * bad
            step += 4 if step < 18 else 2
        cost += prob[e] * (WORST * worst + LASTING * lasting)
    return cost
