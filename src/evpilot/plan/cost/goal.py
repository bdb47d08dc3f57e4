"""Whether and when a goal is met, and how well its time is kept."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.polygon import in_polygon
from evpilot.plan.columns import CHUNK, CHUNKS, GRID, Ref, Roll
from evpilot.plan.lookup import sample
from evpilot.types.state import Array, Ints

R_X, R_Y, R_YAW, R_V = int(Roll.X), int(Roll.Y), int(Roll.YAW), int(Roll.SPEED)
R_C, R_SI, R_S, R_D = int(Roll.COS), int(Roll.SIN), int(Roll.S), int(Roll.D)
REMAINING = int(Ref.REMAINING)
STEPS = len(GRID)
TIMES = GRID
GOAL_BONUS, SOONER = 120.0, 2.0  # [-, 1/s]
GOAL_PULL = 5.0  # for a second earlier, about what the way in it is worth
LATE = 0.4  # cost of a metre that will be missing when a goal's time is up
RESERVE = 1.4  # of the pace that is just in time: somebody may yet be in the way


@kernel()
def _meets(
    x: float, y: float, yaw: float, v: float, goal: Array, starts: Ints, polygon: Array, first: int, last: int
) -> bool:
    if v < goal[2] or v > goal[3]:
        return False
    turned = np.fmod(yaw - goal[4], 2.0 * math.pi)
    if turned < 0.0:
        turned += 2.0 * math.pi
    if turned > goal[5] - goal[4]:
        return False
    if first == last:
        return True
    for k in range(first, last):  # noqa: SIM110  a kernel has no any()
        if in_polygon(x, y, polygon[starts[k] : starts[k + 1]]):
            return True
    return False


@kernel()
def goal_boxes(goals: Array, owned: Ints, starts: Ints, polygon: Array) -> Array:
    """The box around each goal's areas (G, 4): least and greatest x, least and greatest y [m]; all where any place will
    do."""
    boxes = np.empty((goals.shape[0], 4))
    for g in range(goals.shape[0]):
        first, last = starts[owned[g]], starts[owned[g + 1]]
        if first == last:
            boxes[g, 0], boxes[g, 1], boxes[g, 2], boxes[g, 3] = -np.inf, np.inf, -np.inf, np.inf
        else:
            boxes[g, 0], boxes[g, 1] = polygon[first:last, 0].min(), polygon[first:last, 0].max()
            boxes[g, 2], boxes[g, 3] = polygon[first:last, 1].min(), polygon[first:last, 1].max()
    return boxes


@kernel()
def steps_near(whereabouts: Array, area: Array) -> tuple[int, int]:
    """From which step to before which a rollout, in its boxes (CHUNKS, 4), may be at an area in its box (4,), or pass
    it on the way from the step before."""
    first, last = STEPS, 0
    for k in range(CHUNKS):
        now, before = whereabouts[k], whereabouts[max(k - 1, 0)]
        meets = min(now[0], before[0]) <= area[1] and max(now[1], before[1]) >= area[0]
        if meets and min(now[2], before[2]) <= area[3] and max(now[3], before[3]) >= area[2]:
            first, last = min(first, CHUNK * k), min(CHUNK * (k + 1), STEPS)
    return first, last


@kernel()
def goal_time(
    roll: Array, whereabouts: Array, shift: float, goals: Array, boxes: Array, owned: Ints, starts: Ints, polygon: Array
) -> float:
    """When a goal is met first [s], inf when never within the horizon.

    whereabouts (CHUNKS, 4): the boxes in which the car's middle stays during each chunk; goals (G, 6): window low, high
    [s from now], speed low, high, yaw low, high (0, 2 pi when any); boxes (G, 4) around their areas; owned (G + 1,)
    which polygons each owns (none: any place); starts (K + 1,) into polygon (Q, 2)."""
    best = np.inf
    for g in range(goals.shape[0]):
        low, high = goals[g, 0], goals[g, 1]
        first, last = steps_near(whereabouts, boxes[g])
        for step in range(first, last):
            t = TIMES[step]
            if t < low - 1e-6:
                continue
            before = TIMES[step - 1] if step > 0 else 0.0
            # the window may open or close between two steps: look at its edges, too
            for probe in (max(before, low), min(t, high)):
                if probe > high + 1e-6 or probe >= best or (probe <= before and step > 0):
                    continue
                f = (t - probe) / (t - before) if step > 0 else 0.0
                b = max(step - 1, 0)
                x = (1.0 - f) * (roll[step, R_X] + shift * roll[step, R_C]) + f * (roll[b, R_X] + shift * roll[b, R_C])
                y = (1.0 - f) * (roll[step, R_Y] + shift * roll[step, R_SI]) + f * (
                    roll[b, R_Y] + shift * roll[b, R_SI]
                )
                if x < boxes[g, 0] or x > boxes[g, 1] or y < boxes[g, 2] or y > boxes[g, 3]:
                    continue
                yaw = (1.0 - f) * roll[step, R_YAW] + f * roll[b, R_YAW]
                v = (1.0 - f) * roll[step, R_V] + f * roll[b, R_V]
                if _meets(x, y, yaw, v, goals[g], starts, polygon, owned[g], owned[g + 1]):
                    best = probe
            if t >= high:
                break
    return best


@kernel()
def goal_bonus(t: float, timed: bool) -> float:
    """What reaching a goal at a time ahead [s] is worth. Without a clock a goal at the horizon's end is worth no more
    than one just beyond it."""
    return GOAL_BONUS - SOONER * t if timed else GOAL_PULL * (TIMES[STEPS - 1] - t)


@kernel()
def detour_cost(roll: Array, start: int, count: int, table: Array, wish: Array) -> float:
    """How badly a proposal on a corridor without a goal keeps to the time: what is still to go needs a pace."""
    step = STEPS - 1
    while step > 1 and TIMES[step] > wish[1]:
        step -= 1
    rest = sample(table, start, count, roll[step, R_S], REMAINING)
    late = max(0.0, rest - max(wish[1] - TIMES[step], 0.0) * max(roll[step, R_V], 3.0))
    return wish[2] + LATE * min(late, 150.0)


@kernel()
def schedule_cost(roll: Array, corridor: int, places: Array, shift: float, bound: float) -> float:
    """How badly a proposal keeps to the time at which a goal must be met; the least over the goals on its corridor.

    places (K, 7): corridor, s from, s to, d [m] of the box centre, window low, high [s from now], pace [m/s] wanted
    there. bound is what a corridor without a goal costs."""
    best = bound
    for k in range(places.shape[0]):
        if int(places[k, 0]) != corridor:
            continue
        low, high, near, far = places[k, 4], places[k, 5], places[k, 1] - shift, places[k, 2] - shift
        step = STEPS - 1
        if low < TIMES[STEPS - 1]:
            step = 0
            while step < STEPS - 1 and TIMES[step] < low - 1e-6:
                step += 1
        s, v = roll[step, R_S], roll[step, R_V]
        left_low, left_high = low - TIMES[step], high - TIMES[step]
        if left_high <= 0.11:
            miss = max(0.0, near - s) + max(0.0, s - far) + abs(roll[step, R_D] - places[k, 3])
            cost = 1.5 * min(miss, 40.0) + 0.5 * abs(v - places[k, 6]) * (1.0 if places[k, 6] >= 0.0 else 0.0)
        else:
            slow = max(0.0, near - s) / left_high
            fast = max(0.0, far - s) / max(left_low, 0.2)
            cost = 2.0 * max(0.0, slow - v - 0.5 * left_high) + 1.5 * min(max(0.0, s - far), 40.0)
            pace = min(max(v, RESERVE * slow), fast)
            cost += 0.6 * abs(v - pace) + 1.5 * min(abs(roll[step, R_D] - places[k, 3]), 4.0)
            if places[k, 6] >= 0.0:
                cost += 0.5 * max(0.0, abs(v - places[k, 6]) - left_high)
        best = min(best, cost)
    return best
