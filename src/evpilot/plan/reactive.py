"""The best proposals scored again with traffic that reacts: who is merged in front of brakes.

Each vehicle keeps to its likeliest predicted way; its progress on it is driven anew with the Intelligent Driver Model
(Treiber et al. 2000), never faster than predicted, behind the car's box wherever that is ahead on the way. What the car
imposes on others costs, as in MOBIL (Kesting et al. 2007). Whether they react is not known: a contact that they avoid
keeps the share `IGNORED` of its cost.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_rows
from evpilot.plan.columns import GRID, Cost, Entry, Roll
from evpilot.plan.cost.contact import contact_cost
from evpilot.plan.cost.horizon import AFTER, steps_until
from evpilot.types.state import Array, Bools, Ints
from evpilot.vehicle.driver import idm_accel

IGNORED = 0.4  # of those who could brake for us do not: replayed traffic never does
TRUST_FROM, TRUST_FULL = 2.0, 4.0  # [s] ahead: contacts that nobody else is trusted to avoid; that they mostly do
ATTENTION = 0.5  # [s] before anybody reacts
SPEED_GAIN = 1.2  # of the speed now: nobody speeds up because of us
S0, HEADWAY, ACCEL, BRAKE = 1.0, 1.0, 2.0, 3.0  # EPSILON (Ding et al. 2021): 1.0 m, 0.5-1.5 s, 2.0 m/s2
BRAKE_MOST = 4.0  # [m/s2] nobody is trusted to brake harder for us
BESIDE = 0.3  # [m] between the sides; closer than this the car counts as ahead
TURN_MOST = 0.5  # cosine of the angle between the ways: across, right of way decides, not courtesy
FIRM, FIRM_COST = 2.0, 3.0  # [m/s2] braking that MOBIL imposes at most; what each m/s2 above that costs

STEPS = len(GRID)
TIMES = GRID
E_X, E_Y, E_C, E_S, E_V = int(Entry.X), int(Entry.Y), int(Entry.COS), int(Entry.SIN), int(Entry.SPEED)
R_X, R_Y, R_V, R_C, R_S = int(Roll.X), int(Roll.Y), int(Roll.SPEED), int(Roll.COS), int(Roll.SIN)
COLLISION, CLEARANCE, COURTESY = int(Cost.COLLISION), int(Cost.CLEARANCE), int(Cost.COURTESY)
REAR, COSTS = int(Cost.REAR), len(Cost)


@kernel()
def progress_of(box: Array, arc: Array) -> None:
    """Distance [m] that a predicted box (51, 5) has come at each step, into arc (51,)."""
    arc[0] = 0.0
    for step in range(1, STEPS):
        dx, dy = box[step, E_X] - box[step - 1, E_X], box[step, E_Y] - box[step - 1, E_Y]
        arc[step] = arc[step - 1] + math.sqrt(dx * dx + dy * dy)


@kernel()
def nearest_on(x: float, y: float, box: Array, row: int) -> int:
    """The step of a predicted way that is nearest to a place, downhill from a step near it."""
    dx, dy = box[row, E_X] - x, box[row, E_Y] - y
    best = dx * dx + dy * dy
    for direction in (1, -1):
        k = row + direction
        while 0 <= k < STEPS:
            dx, dy = box[k, E_X] - x, box[k, E_Y] - y
            if dx * dx + dy * dy > best:
                break
            best, row = dx * dx + dy * dy, k
            k += direction
    return row


@kernel()
def ego_on(roll: Array, step: int, body: Array, box: Array, arc: Array, row: int) -> tuple[float, float, float, float]:
    """The car at a step as seen along a predicted way whose nearest step is `row`: from where to where along it [m],
    how far the middle is aside [m] less half its width, and its speed along it [m/s]."""
    c, s = roll[step, R_C], roll[step, R_S]
    x, y = roll[step, R_X] + body[0] * c - box[row, E_X], roll[step, R_Y] + body[0] * s - box[row, E_Y]
    along, across = box[row, E_C] * x + box[row, E_S] * y, box[row, E_C] * y - box[row, E_S] * x
    cosine, sine = box[row, E_C] * c + box[row, E_S] * s, abs(box[row, E_C] * s - box[row, E_S] * c)
    long = body[1] * abs(cosine) + body[2] * sine
    wide = body[1] * sine + body[2] * abs(cosine)
    middle = arc[row] + along
    return middle - long, middle + long, abs(across) - wide, roll[step, R_V] * cosine


@kernel()
def ever_ahead(roll: Array, body: Array, box: Array, arc: Array, half: Array, seen: Array) -> bool:
    """Whether the car is ever on a vehicle's predicted way (51, 5) and goes along it; fills seen (51, 3): where on it
    the car's middle is at each step, -inf where it is not on it, where its rear [m], and its speed along it [m/s]."""
    row, ever = 0, False
    for step in range(roll.shape[0] - 1):
        row = nearest_on(roll[step, R_X], roll[step, R_Y], box, row)
        seen[step, 0] = -np.inf
        if TIMES[step] >= ATTENTION:
            low, high, aside, pace = ego_on(roll, step, body, box, arc, row)
            if aside < half[1] + BESIDE and pace > 0.0:
                seen[step, 0], seen[step, 1], seen[step, 2], ever = 0.5 * (low + high), low, pace, True
    return ever


@kernel()
def react(roll: Array, body: Array, box: Array, arc: Array, half: Array, seen: Array, out: Array) -> float:
    """Drive a vehicle along its predicted way (51, 5) behind the car; fill out (51, 5) with its boxes, as predicted
    where the car is never ahead, and return the hardest braking [m/s2, positive] that the car imposes on it beyond what
    was predicted, 0 when none. seen (51, 3) is working space."""
    copy_rows(box, out)
    if not ever_ahead(roll, body, box, arc, half, seen):
        return 0.0
    run, speed, at, imposed = 0.0, max(box[0, E_V], 0.0), 0, 0.0
    for step in range(roll.shape[0] - 1):
        dt = TIMES[step + 1] - TIMES[step]
        # as predicted, or, once behind that, no faster than predicted at this time
        free = min((max(box[step + 1, E_V], 0.0) - speed) / dt, ACCEL)
        accel = free
        if seen[step, 0] > run:
            wanted, gap, closing = max(SPEED_GAIN * speed, 1.0), seen[step, 1] - run - half[0], speed - seen[step, 2]
            push = idm_accel(speed, wanted, gap, closing, S0, HEADWAY, ACCEL, BRAKE)
            accel = min(free, max(push, -BRAKE_MOST))
            imposed = max(imposed, min(free, 0.0) - accel)
        after = max(speed + accel * dt, 0.0)
        run = min(run + 0.5 * (speed + after) * dt, arc[step + 1])
        speed = after
        while at < STEPS - 2 and arc[at + 1] < run:
            at += 1
        if run < arc[step + 1] - 1e-6:
            share = (run - arc[at]) / max(arc[at + 1] - arc[at], 1e-6)
            out[step + 1, E_X] = box[at, E_X] + share * (box[at + 1, E_X] - box[at, E_X])
            out[step + 1, E_Y] = box[at, E_Y] + share * (box[at + 1, E_Y] - box[at, E_Y])
            out[step + 1, E_C], out[step + 1, E_S] = box[at, E_C], box[at, E_S]
            out[step + 1, E_V] = speed
    return imposed


@kernel()
def courtesy(imposed: float) -> float:
    """What braking that is imposed on somebody [m/s2] costs."""
    return FIRM_COST * max(0.0, imposed - FIRM)


@kernel()
def trust(t: float) -> float:
    """What share of a contact at a time ahead [s] the other may be expected to avoid: nothing of one that is near,
    for by then we should have seen it; of a later one all but `IGNORED`, for there is time to see and to give up."""
    return (1.0 - IGNORED) * min(max((t - TRUST_FROM) / (TRUST_FULL - TRUST_FROM), 0.0), 1.0)


@kernel()
def may_react(roll: Array, box: Array) -> bool:
    """Whether a vehicle comes from behind or beside and goes our way at any time: only then it follows."""
    for step in range(0, roll.shape[0], 5):
        dx, dy = box[step, E_X] - roll[step, R_X], box[step, E_Y] - roll[step, R_Y]
        c, s = roll[step, R_C], roll[step, R_S]
        same = box[step, E_C] * c + box[step, E_S] * s > TURN_MOST
        if same and dx * dx + dy * dy < 3600.0 and dx * c + dy * s < 10.0:
            return True
    return False


@kernel(
    "void(i8[::1], f8[:, :, ::1], f8[::1], f8[:, :, ::1], f8[:, ::1], f8[::1], b1[::1], b1[::1], f8, f8[:, ::1],"
    "f8[:, ::1])"
)
def rescore(
    picked: Ints, rolls: Array, body: Array, entries: Array, half: Array, prob: Array, moving: Bools, polite: Bools,
    left: float, firsts: Array, costs: Array,
) -> None:  # fmt: skip
    """Change the costs (R, 13) by `Cost` of the rollouts picked (B,) to those expected when the entries marked in
    polite (E,) react; a first contact (firsts, as `score` fills them) that they avoid is struck out.

    left [s] is how long the drive lasts; the other arguments are those of `score`.
    """
    count = entries.shape[0]
    arcs, boxes, sums = np.empty((count, STEPS)), np.empty((count, STEPS, 5)), np.empty((2, COSTS))
    first, only, window, seen = np.empty((2, 3)), np.empty(1, np.int64), np.zeros((2, 1)), np.empty((STEPS, 3))
    window[1, 0] = STEPS
    for e in range(count):
        if polite[e]:
            progress_of(entries[e], arcs[e])
    for b in range(picked.shape[0]):
        r = picked[b]
        ahead = rolls[r, : steps_until(min(firsts[r, 3], left) + AFTER)]
        for e in range(count):
            if not polite[e] or not may_react(ahead, entries[e]):
                continue
            imposed = react(ahead, body, entries[e], arcs[e], half[e], seen, boxes[e])
            if imposed < 0.05:
                continue
            sums[:] = 0.0
            # True: who reacts does so to us, and those behind brake for us
            first[:, 0] = np.inf
            only[0] = e
            contact_cost(ahead, body, entries, only, window, half, prob, moving, True, first[0], sums[0])
            contact_cost(ahead, body, boxes, only, window, half, prob, moving, True, first[1], sums[1])
            share = trust(first[0, 0])
            for column in (COLLISION, REAR, CLEARANCE):
                costs[r, column] += share * (sums[1, column] - sums[0, column])
            costs[r, COURTESY] += prob[e] * courtesy(imposed)
            if int(firsts[r, 1]) == e and first[1, 0] == np.inf:
                firsts[r, 0], firsts[r, 1], firsts[r, 2] = np.inf, -1.0, 0.0
