"""What each rolled-out proposal costs: contact, road, rules, goal, progress, comfort, clearance, lane."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Corridor, Cost, Prop
from evpilot.plan.cost.comfort import comfort_cost, refused
from evpilot.plan.cost.contact import SOFT_GAP, contact_cost
from evpilot.plan.cost.edge import road_cost
from evpilot.plan.cost.encounter import encounter_cost, whereabouts_of
from evpilot.plan.cost.following import ttc_cost
from evpilot.plan.cost.goal import detour_cost, goal_bonus, goal_boxes, goal_time, schedule_cost
from evpilot.plan.cost.horizon import AFTER, steps_until
from evpilot.plan.cost.lines import line_cost
from evpilot.plan.cost.progress import progress_cost
from evpilot.plan.cost.reach import SECONDS, boxes_of, ever_met, in_reach, only, reach_of, strip_crowd, strips_of
from evpilot.plan.cost.yielding import wall_cost, zone_cost
from evpilot.plan.spans import extents_of
from evpilot.types.state import Array, Bools, Ints

STEPS = len(GRID)

RULE, GOAL, REACHED = int(Cost.RULE), int(Cost.GOAL), int(Cost.REACHED)
START, COUNT, WALL = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL)
CORRIDOR = int(Prop.CORRIDOR)
CLEARANCE = int(Cost.CLEARANCE)

REFUSED = 150.0  # what the guard will not let pass is not driven, but a stop in its place
CONTENDER = 20.0  # near misses are priced where the cost is no further above the best so far: the others cannot win
STRIP_MARGIN = 0.1  # [m] beside our width in which somebody ahead is followed


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
    """Fill costs (R, 12) by `Cost` and firsts (R, 4): time, entry, probability of the first contact; goal's time."""
    shift = body[0]
    front, rear = shift + body[1], body[1] - shift
    own = math.sqrt(body[1] * body[1] + body[2] * body[2]) + SOFT_GAP
    reach, boxes = reach_of(entries, half), boxes_of(rolls, own + shift)
    among = ever_met(boxes, reach)
    reach, window = only(reach, among), np.empty((2, among.shape[0]))
    strips, work = strips_of(spans, near), np.empty(5 * SECONDS)
    crowd = np.empty(entries.shape[0] + 1, np.int64)
    extents = np.empty((spans.shape[0], spans.shape[1], 3))
    for c in range(spans.shape[0]):
        extents[c] = extents_of(spans[c])
    areas = goal_boxes(goals, owned, starts, polygon)
    stays, alert, best = whereabouts_of(entries, half), limits[8] > 0.0, np.inf
    for r in range(props.shape[0]):
        c = int(props[r, CORRIDOR])
        costs[r, :] = 0.0
        firsts[r, 0], firsts[r, 1], firsts[r, 2] = np.inf, -1.0, 0.0
        firsts[r, 3] = goal_time(rolls[r], shift, goals, areas, owned, starts, polygon)
        # the drive ends at the goal, or when its time is up: what lies behind that is not driven
        ahead = rolls[r, : steps_until(min(firsts[r, 3], wish[4]) + AFTER)]
        in_reach(boxes[r], ahead.shape[0], reach, window)
        contact_cost(ahead, body, entries, among, window, half, prob, moving, alert, firsts[r], costs[r])
        road_cost(ahead, body, origin, tile_table, tiles, slack, limits[7], costs[r])
        comfort_cost(ahead, limits, costs[r])
        if limits[5] < 1e3 and refused(ahead, limits):
            costs[r, RULE] += REFUSED
        line_cost(ahead, front, rear, body[2], corridors[c], table, costs[r])
        zone_cost(ahead, c, front, rear, zones, costs[r])
        strip_crowd(ahead, extents[c], near[c], body[2] + STRIP_MARGIN, crowd)
        ttc_cost(ahead, strips[c], crowd, prob, standoff, front, body[2] + STRIP_MARGIN, work, costs[r])
        # what is done once the goal is reached is neither progress nor the reverse
        end = steps_until(firsts[r, 3]) - 1 if firsts[r, 3] < firsts[r, 0] else STEPS - 1
        progress_cost(rolls[r], end, corridors[c], table, wish, costs[r])
        wall_cost(ahead, front, corridors[c, WALL], costs[r])
        if wish[2] > 0.0:
            first, count = int(corridors[c, START]), int(corridors[c, COUNT])
            detour = detour_cost(rolls[r], first, count, table, wish)
            costs[r, GOAL] += schedule_cost(rolls[r], c, places, shift, detour)
        if firsts[r, 3] < firsts[r, 0]:
            costs[r, REACHED] -= goal_bonus(firsts[r, 3], wish[2] > 0.0)
        if alert and costs[r].sum() < best + CONTENDER:
            costs[r, CLEARANCE] += limits[8] * encounter_cost(ahead, body, entries, half, prob, stays)
            best = min(best, costs[r].sum())
