"""What each rolled-out proposal costs: contact, road, rules, goal, progress, comfort, clearance, lane."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.boxes import gap
from evpilot.geometry.jit import kernel
from evpilot.maps.drivable import edge_distance
from evpilot.plan.columns import GRID, Corridor, Cost, Prop, Ref, Roll
from evpilot.plan.reach import SECONDS, in_reach, reach_of, strip_bounds, strip_crowd, strips_of
from evpilot.plan.rollout import sample
from evpilot.types.state import Array, Bools, Ints

STEPS = len(GRID)
TIMES = GRID

R_X, R_Y, R_YAW, R_V = int(Roll.X), int(Roll.Y), int(Roll.YAW), int(Roll.SPEED)
R_C, R_SI = int(Roll.COS), int(Roll.SIN)
R_A, R_K, R_S, R_D, R_J = int(Roll.ACCEL), int(Roll.CURVATURE), int(Roll.S), int(Roll.D), int(Roll.JERK)
COLLISION, ROAD, RULE, GOAL, PROGRESS = (
    int(Cost.COLLISION),
    int(Cost.ROAD),
    int(Cost.RULE),
    int(Cost.GOAL),
    int(Cost.PROGRESS),
)
REAR = int(Cost.REAR)
COMFORT, CLEARANCE, LANE, REACHED = int(Cost.COMFORT), int(Cost.CLEARANCE), int(Cost.LANE), int(Cost.REACHED)
LIMIT, REMAINING = int(Ref.LIMIT), int(Ref.REMAINING)
START, COUNT, PENALTY, WALL, HOME = (
    int(Corridor.START),
    int(Corridor.COUNT),
    int(Corridor.PENALTY),
    int(Corridor.WALL),
    int(Corridor.HOME),
)
CORRIDOR, OFFSET = int(Prop.CORRIDOR), int(Prop.OFFSET)
OWN_S, OWN_D, OWN_V, WORST, TIGHT = (SECONDS * row for row in range(5))

CONTACT = 1000.0  # cost of a certain contact in the near future: above everything else together
REAR_SHARE, REAR_FADE = 1.2, 0.3  # [-, 1/s] who comes from behind can brake, the more the later
OFF_ROAD = 500.0
REFUSED = 150.0  # what the guard will not let pass is not driven, but a stop in its place
REFUSED_UNTIL = 24  # the step at 2.8 s: what comes later is not looked at by the guard
NEAR_EDGE = 0.3  # [m] closer to the edge of the road than this costs
EDGE_SPARE = 0.05  # [m] off the road from here on: about what the field of distances is off at its corners
BROKEN_RULE = 250.0
GOAL_BONUS, SOONER = 120.0, 2.0  # [-, 1/s]
GOAL_PULL = 5.0  # for a second earlier, about what the way in it is worth
SOFT_GAP = 0.7  # [m] closer than this to another costs
SOON = 25  # the step at 3 s
STANDS = 0.2  # [m/s]
EARLY, TARDY, LEAST = 0.5, 0.4, 0.2  # [s] of a zone's margins within which it costs a share, at least the last
ASIDE = 1.5  # [m] further from the middle of a lane the car is still on another
LATE = 0.4  # cost of a metre that will be missing when a goal's time is up
TTC_LOW, TTC_COST = 1.6, 20.0  # [s, 1/s] nuPlan fails a drive below 0.95 s
AFTER = 0.25  # [s] a drive is judged a little beyond its end
FOLLOW_GAP, FOLLOW_TIME = 1.5, 0.8  # [m], [s] behind somebody, below UN R157's 1.0 s and more: tight, yet no tailgating
FOLLOW_COST = 8.0  # for a second bumper to bumper
SPEEDING_MOST = 30.0  # a second: no speed limit is worth an emergency stop
ALARM = 25.0  # for braking beyond what the gate lets pass without an emergency
CONTACT_GAP = 0.12  # [m] closer than this counts as contact; grows with the horizon


@kernel()
def certainty(t: float) -> float:
    """How much a predicted contact at a time ahead [s] counts: fully for 2.5 s, then less, never nothing."""
    return 1.0 if t < 2.5 else max(0.2, 1.0 - 0.16 * (t - 2.5))


@kernel()
def steps_until(t: float) -> int:
    """How many grid steps lie before a time [s], at least two."""
    count = 2
    while count < STEPS and TIMES[count] <= t:
        count += 1
    return count


@kernel()
def contact_cost(
    roll: Array, body: Array, entries: Array, window: Array, half: Array, prob: Array, moving: Bools, first: Array,
    cost: Array,
) -> None:  # fmt: skip
    """Contact and clearance with every predicted box; first (3,) keeps time, entry and probability of the earliest
    certain contact. body (3,): rear axle to centre, half length, half width [m]; window (2, E) the steps at which each
    may be near, as `in_reach` fills it."""
    shift, length, width = body[0], body[1], body[2]
    own = math.sqrt(length * length + width * width) + SOFT_GAP
    for e in range(entries.shape[0]):
        if window[1, e] < 0.0:
            continue
        far = own + math.sqrt(half[e, 0] ** 2 + half[e, 1] ** 2)
        soft = 0.0
        for step in range(int(window[0, e]), min(int(window[1, e]), roll.shape[0])):
            c, s = roll[step, R_C], roll[step, R_SI]
            x, y = roll[step, R_X] + shift * c, roll[step, R_Y] + shift * s
            dx, dy = entries[e, step, 0] - x, entries[e, step, 1] - y
            if dx * dx + dy * dy > far * far:
                continue
            t = TIMES[step]
            free = gap(
                x,
                y,
                c,
                s,
                length,
                width,
                entries[e, step, 0],
                entries[e, step, 1],
                entries[e, step, 2],
                entries[e, step, 3],
                half[e, 0],
                half[e, 1],
            )
            if free < CONTACT_GAP + (0.03 * t if moving[e] else 0.0):
                closing = abs(roll[step, R_V] - entries[e, step, 4])
                harm = CONTACT * prob[e] * certainty(t) * (0.7 + 0.03 * min(closing, 25.0))
                # from behind: its centre lies behind our rear bumper
                # nor is it ours who stand
                if dx * c + dy * s < -length or roll[step, R_V] < STANDS:
                    cost[REAR] += harm * min(1.0, max(0.05, REAR_SHARE - REAR_FADE * t))
                else:
                    cost[COLLISION] += harm
                if prob[e] > 0.3 and t < first[0]:
                    first[0], first[1], first[2] = t, e, prob[e]
                break
            if free < SOFT_GAP:
                dt = 0.1 if step <= 20 else 0.2
                share = 1.0 - free / SOFT_GAP
                soft += share * share * dt * certainty(t)
        cost[CLEARANCE] += 6.0 * prob[e] * soft


@kernel()
def road_cost(
    roll: Array,
    body: Array,
    origin: Array,
    table: Ints,
    tiles: npt.NDArray[np.float32],
    slack: float,
    blur: float,
    cost: Array,
) -> None:
    """Cost of leaving the drivable area with any of ten places on the car's outline; slack [m] is how far the car is
    out at the start, which every proposal may keep. Over the first `blur` [m] the cost grows as their square: nobody
    stands for ever for want of a centimetre."""
    shift, length, width = body[0], body[1], body[2]
    # three discs along the car cover it: where all are on the road and NEAR_EDGE more, no corner is near its edge
    ahead = 2.0 / 3.0 * length
    clear = math.sqrt((length - ahead) ** 2 + width * width) + NEAR_EDGE
    worst, out = 0.0, False
    for step in range(1, roll.shape[0], 2):
        c, s = roll[step, R_C], roll[step, R_SI]
        x, y = roll[step, R_X] + shift * c, roll[step, R_Y] + shift * s
        middle = edge_distance(x, y, origin, table, tiles)
        if middle > 2.9 or (
            middle > clear
            and edge_distance(x + ahead * c, y + ahead * s, origin, table, tiles) > clear
            and edge_distance(x - ahead * c, y - ahead * s, origin, table, tiles) > clear
        ):
            continue
        closest = 3.0
        for along in (-length, -0.5 * length, 0.0, 0.5 * length, length):
            for across in (-width, width):
                px, py = x + along * c - across * s, y + along * s + across * c
                closest = min(closest, edge_distance(px, py, origin, table, tiles))
        if closest < EDGE_SPARE - slack and not out:
            t = TIMES[step]
            share = min(1.0, (EDGE_SPARE - slack - closest) / max(blur, 1e-6))
            harm = OFF_ROAD * share * share * (1.0 if t < 4.0 else max(0.3, 1.0 - 0.2 * (t - 4.0)))
            worst = max(worst, harm + 20.0 * min(-closest, 3.0))
            out = share >= 1.0
        elif closest < NEAR_EDGE:
            cost[CLEARANCE] += 1.5 * (NEAR_EDGE - max(closest, 0.0)) * 0.2 / NEAR_EDGE
    cost[ROAD] += worst


@kernel()
def comfort_cost(roll: Array, limits: Array, cost: Array) -> None:
    """Acceleration and jerk along and across; hard limits (lateral, braking) dearly. limits (8,): comfortable
    acceleration, service braking, lateral acceleration, the lateral acceleration that must not be passed [m/s2]."""
    total = 0.0
    hardest = 0.0
    last = roll[0, R_V] ** 2 * roll[0, R_K]
    for step in range(1, roll.shape[0]):
        dt = 0.1 if step <= 20 else 0.2
        a, v = roll[step, R_A], roll[step, R_V]
        lateral = v * v * roll[step, R_K]
        lateral_jerk = (lateral - last) / dt
        last = lateral
        total += dt * (0.08 * a * a + 0.015 * roll[step, R_J] ** 2 + 0.12 * lateral * lateral)
        total += dt * 0.01 * min(lateral_jerk * lateral_jerk, 100.0)
        hardest = min(hardest, a)
        over = max(0.0, abs(lateral) - limits[2])
        hard = max(0.0, -a - limits[1])
        total += dt * (1.5 * over * over + 0.5 * hard * hard)
        if abs(lateral) > limits[3]:
            total += dt * 40.0
    # an emergency stop frightens who is aboard and who follows, however short it is
    cost[COMFORT] += total + (ALARM if hardest < -limits[6] - 0.3 else 0.0)


@kernel()
def refused(roll: Array, limits: Array) -> bool:
    """Whether the guard would refuse a motion for what it asks of the tyres: limits[4] the lateral acceleration [m/s2],
    limits[5] its change [m/s3] in half a second, hard braking (limits[6] [m/s2]) apart."""
    last = roll[0, R_V] ** 2 * roll[0, R_K]
    most = max(limits[4], 1.2 * abs(last))
    for step in range(1, min(roll.shape[0], REFUSED_UNTIL)):
        if abs(roll[step, R_V] ** 2 * roll[step, R_K]) > most:
            return True
        later = step + 5 if step <= 15 else step + 3
        if later >= roll.shape[0] or min(roll[step, R_A], roll[later, R_A]) < -limits[6] or roll[later, R_V] < 0.5:
            continue
        change = roll[later, R_V] ** 2 * roll[later, R_K] - roll[step, R_V] ** 2 * roll[step, R_K]
        if abs(change) > limits[5] * (TIMES[later] - TIMES[step]):
            return True
    return False


@kernel()
def in_polygon(x: float, y: float, polygon: Array, first: int, last: int) -> bool:
    """Even-odd rule on rows first..last-1."""
    inside = False
    j = last - 1
    for i in range(first, last):
        if (polygon[i, 1] > y) != (polygon[j, 1] > y):
            share = (y - polygon[i, 1]) / (polygon[j, 1] - polygon[i, 1])
            if x < polygon[i, 0] + share * (polygon[j, 0] - polygon[i, 0]):
                inside = not inside
        j = i
    return inside


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
        if in_polygon(x, y, polygon, starts[k], starts[k + 1]):
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
def goal_time(
    roll: Array, shift: float, goals: Array, boxes: Array, owned: Ints, starts: Ints, polygon: Array
) -> float:
    """When a goal is met first [s], inf when never within the horizon.

    goals (G, 6): window low, high [s from now], speed low, high, yaw low, high (0, 2 pi when any); boxes (G, 4) around
    their areas; owned (G + 1,) which polygons each owns (none: any place); starts (K + 1,) into polygon (Q, 2)."""
    best = np.inf
    for g in range(goals.shape[0]):
        low, high = goals[g, 0], goals[g, 1]
        for step in range(STEPS):
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
def progress_cost(roll: Array, end: int, corridor: Array, table: Array, wish: Array, cost: Array) -> None:
    """Cost still to go at the step `end`, and time over the speed limit, which until the lane is reached is that of the
    lane here. wish (7,): what is to go [m] where REMAINING is 0, seconds until the first goal's time is up, what a
    corridor without a goal costs, weight of a metre to go, seconds until the drive ends, the speed limit here [m/s],
    what speeding costs."""
    start, count = int(corridor[START]), int(corridor[COUNT])
    remaining = sample(table, start, count, roll[end, R_S], REMAINING)
    # half of it counts early: what is put off in every cycle is never done
    soon = sample(table, start, count, roll[min(SOON, end), R_S], REMAINING)
    cost[PROGRESS] += wish[3] * (remaining + 0.5 * soon)
    over = 0.0
    for step in range(1, end + 1):
        dt = 0.1 if step <= 20 else 0.2
        limit = sample(table, start, count, roll[step, R_S], LIMIT)
        if abs(roll[step, R_D]) > ASIDE:
            limit = min(limit, wish[5])
        excess = max(0.0, roll[step, R_V] - limit)
        over += dt * min(wish[6] * (excess + excess * excess), SPEEDING_MOST)
    cost[RULE] += over
    off = 0.0
    for step in range(1, end + 1, 2):
        dt = 0.2 if step <= 20 else 0.4
        off += dt * min((roll[step, R_D] - corridor[HOME]) ** 2, 4.0)
    cost[LANE] += 0.25 * off + corridor[PENALTY]


@kernel()
def detour_cost(roll: Array, start: int, count: int, table: Array, wish: Array) -> float:
    """How badly a proposal on a corridor without a goal keeps to the time: what is still to go needs a pace."""
    step = STEPS - 1
    while step > 1 and TIMES[step] > wish[1]:
        step -= 1
    rest = sample(table, start, count, roll[step, R_S], REMAINING) + wish[0]
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
            pace = min(max(v, slow), fast)
            cost += 0.6 * abs(v - pace) + 1.5 * min(abs(roll[step, R_D] - places[k, 3]), 4.0)
            if places[k, 6] >= 0.0:
                cost += 0.5 * max(0.0, abs(v - places[k, 6]) - left_high)
        best = min(best, cost)
    return best


@kernel()
def zone_cost(roll: Array, corridor: int, front: float, rear: float, zones: Array, cost: Array) -> None:
    """Cost of being in a zone while it belongs to others. zones (Z, 6): corridor, from, to [m on it], from, to [s],
    weight. A place that the car is in already is not counted. Who comes only after the horizon must find us gone.
    A little too early or too late costs a part: it is no reason to brake hard."""
    last = roll.shape[0] - 1
    for z in range(zones.shape[0]):
        if int(zones[z, 0]) != corridor or roll[0, R_S] + front > zones[z, 1]:
            continue
        worst = 0.0
        for step in range(1, roll.shape[0]):
            t = TIMES[step]
            if t < zones[z, 3]:
                continue
            if t > zones[z, 4] or worst == 1.0:
                break
            if roll[step, R_S] + front > zones[z, 1] and roll[step, R_S] - rear < zones[z, 2]:
                deep = min((t - zones[z, 3]) / EARLY, (zones[z, 4] - t) / TARDY)
                worst = max(worst, min(max(deep, LEAST), 1.0))
        cost[RULE] += worst * zones[z, 5]
        rest = zones[z, 2] - roll[last, R_S] + rear
        inside = roll[last, R_S] + front > zones[z, 1] and rest > 0.0 and last == STEPS - 1
        if inside and TIMES[last] < zones[z, 3] < TIMES[last] + rest / max(roll[last, R_V], 1.0):
            cost[RULE] += zones[z, 5]


@kernel()
def ttc_cost(
    roll: Array,
    strips: Array,
    crowd: Ints,
    prob: Array,
    standoff: Array,
    front: float,
    half: float,
    work: Array,
    cost: Array,
) -> None:
    """Cost of closing in on what is ahead on our strip with less than TTC_LOW to contact, and of following closer than
    somebody who may brake allows. strips (E, 5, SECONDS) as `strips_of` gives them, crowd as `strip_crowd` fills it,
    work (5 * SECONDS,)."""
    count = (roll.shape[0] + 1) // 2
    for k in range(count):
        work[OWN_S + k], work[OWN_D + k], work[OWN_V + k] = roll[2 * k, R_S], roll[2 * k, R_D], roll[2 * k, R_V]
        work[WORST + k], work[TIGHT + k] = 0.0, 0.0
    for n in range(crowd[0]):
        e = crowd[1 + n]
        strip, likely, apart = strips[e], prob[e], FOLLOW_GAP + standoff[e]
        for k in range(count):
            s, d, v = work[OWN_S + k], work[OWN_D + k], work[OWN_V + k]
            free = strip[0, k] - s - front
            closing, wanted = TTC_LOW * (v - strip[4, k]), apart + FOLLOW_TIME * v
            ahead = (strip[1, k] > s) & (strip[2, k] <= d + half) & (strip[3, k] >= d - half)
            worst = likely * (1.0 - max(free, 0.0) / max(closing, 0.1)) if ahead & (free < closing) else 0.0
            tight = likely * (1.0 - max(free, 0.0) / wanted) if ahead & (free < wanted) else 0.0
            work[WORST + k], work[TIGHT + k] = max(work[WORST + k], worst), max(work[TIGHT + k], tight)
    total = 0.0
    close = 0.0
    for k in range(count):
        dt = (0.2 if 2 * k <= 20 else 0.4) * certainty(TIMES[2 * k])
        total += work[WORST + k] * dt
        close += work[TIGHT + k] * work[TIGHT + k] * dt
    cost[CLEARANCE] += TTC_COST * total + FOLLOW_COST * close


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[::1], b1[::1],"
    "f8[::1], f8[:, :, :, ::1], i8[:, ::1], f8[::1], f8[::1], i8[:, ::1], f4[:, :, ::1], f8, f8[::1], f8[:, ::1],"
    "i8[::1], i8[::1], f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1])"
)
def score(
    props: Array,
    rolls: Array,
    corridors: Array,
    table: Array,
    entries: Array,
    half: Array,
    prob: Array,
    moving: Bools,
    standoff: Array,
    spans: Array,
    near: Ints,
    body: Array,
    origin: Array,
    tile_table: Ints,
    tiles: npt.NDArray[np.float32],
    slack: float,
    limits: Array,
    goals: Array,
    owned: Ints,
    starts: Ints,
    polygon: Array,
    wish: Array,
    zones: Array,
    places: Array,
    costs: Array,
    firsts: Array,
) -> None:
    """Fill costs (R, 10) by `Cost` and firsts (R, 4): time, entry, probability of the first contact; goal's time."""
    shift = body[0]
    front, rear = shift + body[1], body[1] - shift
    own = math.sqrt(body[1] * body[1] + body[2] * body[2]) + SOFT_GAP
    reach, window = reach_of(entries, half), np.empty((2, entries.shape[0]))
    strips, work = strips_of(spans), np.empty(5 * SECONDS)
    bounds, crowd = strip_bounds(spans), np.empty(entries.shape[0] + 1, np.int64)
    boxes = goal_boxes(goals, owned, starts, polygon)
    for r in range(props.shape[0]):
        c = int(props[r, CORRIDOR])
        costs[r, :] = 0.0
        firsts[r, 0], firsts[r, 1], firsts[r, 2] = np.inf, -1.0, 0.0
        firsts[r, 3] = goal_time(rolls[r], shift, goals, boxes, owned, starts, polygon)
        # the drive ends at the goal, or when its time is up: what lies behind that is not driven
        ahead = rolls[r, : steps_until(min(firsts[r, 3], wish[4]) + AFTER)]
        in_reach(ahead, reach, own + shift, window)
        contact_cost(ahead, body, entries, window, half, prob, moving, firsts[r], costs[r])
        road_cost(ahead, body, origin, tile_table, tiles, slack, limits[7], costs[r])
        comfort_cost(ahead, limits, costs[r])
        if limits[5] < 1e3 and refused(ahead, limits):
            costs[r, RULE] += REFUSED
        zone_cost(ahead, c, front, rear, zones, costs[r])
        strip_crowd(ahead, bounds[c], near[c], body[2] + 0.1, crowd)
        ttc_cost(ahead, strips[c], crowd, prob, standoff, front, body[2] + 0.1, work, costs[r])
        # what is done once the goal is reached is neither progress nor the reverse
        end = steps_until(firsts[r, 3]) - 1 if firsts[r, 3] < firsts[r, 0] else STEPS - 1
        progress_cost(rolls[r], end, corridors[c], table, wish, costs[r])
        wall = corridors[c, WALL]
        if rolls[r, 0, R_S] + front <= wall and ahead[ahead.shape[0] - 1, R_S] + front > wall:
            costs[r, RULE] += BROKEN_RULE
        if wish[2] > 0.0:
            first, count = int(corridors[c, START]), int(corridors[c, COUNT])
            detour = detour_cost(rolls[r], first, count, table, wish)
            costs[r, GOAL] += schedule_cost(rolls[r], c, places, shift, detour)
        if firsts[r, 3] < firsts[r, 0]:
            # without a clock a goal at the horizon's end is worth no more than one just beyond it
            if wish[2] > 0.0:
                costs[r, REACHED] -= GOAL_BONUS - SOONER * firsts[r, 3]
            else:
                costs[r, REACHED] -= GOAL_PULL * (TIMES[STEPS - 1] - firsts[r, 3])
