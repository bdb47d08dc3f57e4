"""What each rolled-out proposal costs: contact, road, rules, goal, progress, comfort, clearance, lane.

What is dear to find, whether the car leaves the road and whom it nearly misses, `price_best` finds only of those that
could be among the best `KEEN`: of the others it is enough to know that they are not.
"""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import ascending
from evpilot.plan.columns import CHUNKS, GRID, Corridor, Cost, Prop
from evpilot.plan.cost.comfort import comfort_cost, refused
from evpilot.plan.cost.contact import ONCOMING, SOFT_GAP, contact_cost
from evpilot.plan.cost.edge import road_cost
from evpilot.plan.cost.encounter import encounter_cost
from evpilot.plan.cost.following import ttc_cost
from evpilot.plan.cost.goal import detour_cost, goal_bonus, goal_boxes, goal_time, schedule_cost
from evpilot.plan.cost.horizon import AFTER, steps_until
from evpilot.plan.cost.lines import line_cost
from evpilot.plan.cost.progress import progress_cost
from evpilot.plan.cost.reach import SECONDS, ever_met, in_reach, only, strip_crowd, widened
from evpilot.plan.cost.yielding import wall_cost, zone_cost
from evpilot.plan.reactive import IGNORED
from evpilot.types.state import Array, Bools, Ints

STEPS = len(GRID)

RULE, GOAL, REACHED = int(Cost.RULE), int(Cost.GOAL), int(Cost.REACHED)
START, COUNT, WALL = int(Corridor.START), int(Corridor.COUNT), int(Corridor.WALL)
CORRIDOR = int(Prop.CORRIDOR)
COLLISION, REAR, CLEARANCE = int(Cost.COLLISION), int(Cost.REAR), int(Cost.CLEARANCE)

REFUSED = 150.0  # what the guard will not let pass is not driven, but a stop in its place
CONTENDER = 20.0  # near misses are priced where the cost is no further above the best so far: the others cannot win
KEEN = 24  # more than are scored again, refined, or asked for a tail
STRIP_MARGIN = 0.1  # [m] beside our width in which somebody ahead is followed


@kernel()
def _goal_costs(
    roll: Array, corridor: Array, c: int, table: Array, lowest: float, places: Array, shift: float, wish: Array,
    first: Array, cost: Array,
) -> None:  # fmt: skip
    """What is still to go, and how the goals' times are kept. first (4,): see `score`."""
    # what is done once the goal is reached is neither progress nor the reverse
    end = steps_until(first[3]) - 1 if first[3] < first[0] else STEPS - 1
    progress_cost(roll, end, corridor, table, lowest, wish, cost)
    if wish[2] > 0.0:
        detour = detour_cost(roll, int(corridor[START]), int(corridor[COUNT]), table, wish)
        cost[GOAL] += schedule_cost(roll, c, places, shift, detour)
    if first[3] < first[0]:
        cost[REACHED] -= goal_bonus(first[3], wish[2] > 0.0)


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[::1],"
    "b1[::1], f8[:, :, ::1], f8[::1], f8[::1], f8[:, ::1], i8[::1], i8[::1], f8[:, ::1], f8[::1], f8[:, ::1],"
    "f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1])"
)
def score(
    props: Array,
    rolls: Array,
    boxes: Array,
    corridors: Array,
    table: Array,
    entries: Array,
    half: Array,
    prob: Array,
    moving: Bools,
    reach: Array,
    body: Array,
    limits: Array,
    goals: Array,
    owned: Ints,
    starts: Ints,
    polygon: Array,
    wish: Array,
    zones: Array,
    places: Array,
    lowest: Array,
    costs: Array,
    firsts: Array,
) -> None:
    """Fill costs (R, 13) by `Cost`, all but what `price_best` adds, and firsts (R, 4): time, entry, probability of the
    first contact; goal's time. rolls and boxes as `roll_out` fills them; reach: of the entries, as `reach_of` gives
    it; lowest (C,) as `lowest_limits` fills it."""
    shift = body[0]
    front, rear = shift + body[1], body[1] - shift
    own = math.sqrt(body[1] * body[1] + body[2] * body[2]) + SOFT_GAP
    among = ever_met(boxes, own + shift, reach)
    reach, window, box = only(reach, among), np.empty((2, among.shape[0])), np.empty((CHUNKS, 4))
    areas = goal_boxes(goals, owned, starts, polygon)
    for r in range(props.shape[0]):
        c, first, cost = int(props[r, CORRIDOR]), firsts[r], costs[r]
        cost[:] = 0.0
        first[0], first[1], first[2] = np.inf, -1.0, 0.0
        widened(boxes[r], own + shift, box)
        first[3] = goal_time(rolls[r], box, shift, goals, areas, owned, starts, polygon)
        # the drive ends at the goal, or when its time is up: what lies behind that is not driven
        ahead = rolls[r, : steps_until(min(first[3], wish[4]) + AFTER)]
        in_reach(box, ahead.shape[0], reach, window)
        contact_cost(ahead, body, entries, among, window, half, prob, moving, limits[8] > 0.0, first, cost)
        comfort_cost(ahead, limits, cost)
        if limits[5] < 1e3 and refused(ahead, limits):
            cost[RULE] += REFUSED
        zone_cost(ahead, c, front, rear, zones, cost)
        wall_cost(ahead, front, corridors[c, WALL], cost)
        _goal_costs(rolls[r], corridors[c], c, table, lowest[c], places, shift, wish, first, cost)


@kernel()
def _insert(best: Array, value: float) -> None:
    """Put a value among the least ones, ascending."""
    k = best.shape[0] - 1
    if value >= best[k]:
        return
    while k > 0 and best[k - 1] > value:
        best[k] = best[k - 1]
        k -= 1
    best[k] = value


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[::1], f8[::1],"
    "i8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1], f8[:, ::1], f8[::1], f8[::1], i8[:, ::1], f4[:, :, ::1], f8, f8[::1],"
    "f8[::1], f8, f8[:, ::1], f8[:, ::1])"
)
def price_best(
    props: Array,
    rolls: Array,
    corridors: Array,
    table: Array,
    entries: Array,
    half: Array,
    prob: Array,
    standoff: Array,
    near: Ints,
    extents: Array,
    strips: Array,
    stays: Array,
    body: Array,
    origin: Array,
    tile_table: Ints,
    tiles: npt.NDArray[np.float32],
    slack: float,
    limits: Array,
    fears: Array,
    left: float,
    firsts: Array,
    costs: Array,
) -> None:
    """Add to costs (R, 13) what leaving the road, solid lines, tailgating and near misses cost those proposals that can
    be among the best `KEEN`, whatever contacts others may still avoid. extents, strips as `strips_on` fills them, stays
    as `whereabouts_of` gives them; fears (C,): see `ttc_cost`; left [s]: when the drive ends."""
    front, rear, strip = body[0] + body[1], body[1] - body[0], body[2] + STRIP_MARGIN
    work, crowd = np.empty(5 * SECONDS), np.empty(entries.shape[0] + 1, np.int64)
    bounds, best = np.empty(props.shape[0]), np.full(KEEN, np.inf)
    # near misses of those who come have a price of their own where they have one at all: a way round leads towards them
    # long before it leaves our lane
    least = -ONCOMING if limits[8] > 0.0 else -np.inf
    for r in range(props.shape[0]):
        # others may avoid a contact that they could brake for, or be to blame for it
        bounds[r] = costs[r].sum() - (1.0 - IGNORED) * costs[r, COLLISION] - costs[r, REAR]
    for r in ascending(bounds):
        if bounds[r] > best[KEEN - 1]:
            break
        c, cost = int(props[r, CORRIDOR]), costs[r]
        ahead = rolls[r, : steps_until(min(firsts[r, 3], left) + AFTER)]
        road_cost(ahead, body, origin, tile_table, tiles, slack, limits[7], cost)
        line_cost(ahead, front, rear, body[2], corridors[c], table, cost)
        strip_crowd(ahead, extents[c], near[c], strip, crowd)
        ttc_cost(ahead, strips[c], crowd, prob, standoff, front, strip, least, fears[c], work, cost)
        if limits[8] > 0.0 and cost.sum() < best[0] + CONTENDER:
            cost[CLEARANCE] += limits[8] * encounter_cost(ahead, body, entries, half, prob, stays)
        _insert(best, cost.sum())
