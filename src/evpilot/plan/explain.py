"""Why a decision is what it is, in one phrase and for the log."""

import functools

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.batch import Batch
from evpilot.plan.columns import GRID, HORIZON, Corridor, Cost, Entry, Law, Prop, Roll, Span, Surprise
from evpilot.plan.scene import Scene
from evpilot.plan.surprises import slowed_for
from evpilot.plan.walls import Wall
from evpilot.plan.way import Way
from evpilot.types import PlanTrace, Rejection, Tracks
from evpilot.types.state import Array, Bytes, Ints

TRACED = 40  # rejected proposals in the log
CONTACT_COST = 60.0  # from here on a proposal counts as one that meets somebody
ROAD_COST = 50.0
RULE_COST = 20.0
COMFORT_COST = 15.0
COLLISION, ROAD, RULE, COMFORT = int(Cost.COLLISION), int(Cost.ROAD), int(Cost.RULE), int(Cost.COMFORT)
MEETS, LEAVES, BREAKS, SHAKES, COSTS_MORE = (
    int(kind) for kind in (Rejection.COLLISION, Rejection.ROAD, Rejection.RULE, Rejection.COMFORT, Rejection.COST)
)
RAMP, ARRIVE = int(Law.RAMP), int(Law.ARRIVE)
REASONS = len(Rejection)
TRACE_STEPS = np.arange(0, len(GRID), 5)
LEAD_STEPS = (0, 10, 20)
STRIP = 1.2  # [m] to each side of where the car will be
S, D = int(Roll.S), int(Roll.D)
S_LOW, S_HIGH, D_LOW, D_HIGH = int(Span.S_LOW), int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
UNHURRIED, NEAR = 0.4, 30.0  # [m/s2], [m] nobody brakes as yet for a line that lies beyond a stop as gentle
LEAD_REACH = 50.0  # [m]
STAYS = 1.0  # [m] within the horizon
ALONG, DRIVES = 0.5, 0.5  # cosine of the angle to our way from which on, and [m/s] at which, one goes it before us


def rejections(costs: Array, chosen: int) -> Bytes:
    """Why each proposal was not taken (R,), by what weighs most in its cost (R, 9)."""
    kinds = np.empty(len(costs), np.uint8)
    reject(costs, kinds)
    kinds[chosen] = Rejection.CHOSEN
    return kinds


@kernel("void(f8[:, ::1], u1[::1])")
def reject(costs: Array, kinds: Bytes) -> None:
    """Fill kinds (R,) by `Rejection`, as if none were chosen."""
    for r in range(costs.shape[0]):
        if costs[r, COLLISION] > CONTACT_COST:
            kinds[r] = MEETS
        elif costs[r, ROAD] > ROAD_COST:
            kinds[r] = LEAVES
        elif costs[r, RULE] > RULE_COST:
            kinds[r] = BREAKS
        else:
            kinds[r] = SHAKES if costs[r, COMFORT] > COMFORT_COST else COSTS_MORE


def explain(
    batch: Batch, chosen: int, order: Ints, scene: Scene, walls: list[Wall], tracks: Tracks, body: Array
) -> PlanTrace:
    """The trace of one cycle: reason and cause of the choice, and a spread of what was rejected. body (3,): rear axle
    to centre, half length, half width [m]."""
    kinds = rejections(batch.costs, chosen)
    picked = order[_spread(len(order))]
    reason, cause = phrase(batch, chosen, scene, walls, tracks, body)
    return PlanTrace(
        reason=reason,
        cause_id=cause,
        xy=np.ascontiguousarray(batch.rolls[picked[:, None], TRACE_STEPS, :2]),
        cost=batch.costs[picked].sum(axis=1),
        rejection=kinds[picked],
        walls=np.array([(wall.x, wall.y, wall.yaw) for wall in walls]).reshape(-1, 3),
        wall_reason=tuple(wall.reason for wall in walls),
        counts=np.bincount(kinds, minlength=REASONS),
    )


@functools.lru_cache
def _spread(count: int) -> Ints:
    """Places of so many proposals, evenly spread, the first and the last among them."""
    return np.linspace(0, count - 1, min(TRACED, count)).astype(np.int64)


def phrase(batch: Batch, chosen: int, scene: Scene, walls: list[Wall], tracks: Tracks, body: Array) -> tuple[str, int]:
    """What the car does and because of whom: (phrase, id of the cause or -1)."""
    prop, roll, front, half = batch.props[chosen], batch.rolls[chosen], float(body[0] + body[1]), float(body[2])
    corridor = int(prop[Prop.CORRIDOR])
    ids = tracks.id[scene.entries.track]
    slows = float(roll[20, Roll.SPEED]) < float(roll[0, Roll.SPEED]) - 0.7
    if batch.firsts[chosen, 0] < 2.5:
        return _meets(roll, scene, int(batch.firsts[chosen, 1]), ids)
    if float(roll[30, Roll.SPEED]) < 1.0 or slows:
        waits = _waits(roll, corridor, walls, scene.zones, ids, front)
        if waits is not None:
            return waits
    if len(scene.ways[corridor].borrowed):
        stays = float(roll[-1, Roll.S] - roll[0, Roll.S]) < STAYS
        return ("wait to pass what stands in the lane" if stays else "pass what stands in the lane"), -1
    lead = _lead(roll, scene.spans[corridor])
    who = int(ids[lead]) if lead >= 0 else -1
    side = _side(scene.ways, corridor)
    if side:
        return (f"change {side} round {who}" if who >= 0 and slows else f"change {side}"), who
    if prop[Prop.LAW] == RAMP and prop[Prop.P0] < -3.5:
        return (f"brake hard for {who}" if who >= 0 else "brake hard"), who
    if lead >= 0 and (slows or float(roll[0, Roll.SPEED]) < 1.0 or _gap(roll, scene.spans[corridor, lead]) < 25.0):
        if _crosses(scene.spans[corridor, lead, 0], scene.entries.box[lead, 0]):
            return f"yield to {who}", who
        return (f"follow {who}" if not slows else f"slow down for {who}"), who
    if abs(float(prop[Prop.OFFSET])) > 0.6:
        return f"pass with a nudge to the {'left' if prop[Prop.OFFSET] > 0 else 'right'}", -1
    if prop[Prop.LAW] == ARRIVE:
        return "keep the lane, arrive in time", -1
    wary = slowed_for(roll, corridor, scene.surprises, front, half) if slows else None
    if wary is not None:
        return _wary(int(wary[Surprise.WHO]))
    return ("slow down for the road ahead" if slows else "keep the lane"), -1


def _wary(who: int) -> tuple[str, int]:
    """Why somebody who has not come yet is slowed down for."""
    return ("slow down where somebody may step out" if who < 0 else f"slow down, {who} may pull out"), who


def _meets(roll: Array, scene: Scene, entry: int, ids: Ints) -> tuple[str, int]:
    """Who is met whatever we do."""
    other, there = int(ids[entry]), scene.entries.box[entry, 0]
    ahead = (there[0] - roll[0, Roll.X]) * roll[0, Roll.COS] + (there[1] - roll[0, Roll.Y]) * roll[0, Roll.SIN]
    return (f"brake: {other} is in the way" if ahead > 0.0 else f"{other} comes from behind"), other


def _waits(
    roll: Array, corridor: int, walls: list[Wall], zones: Array, ids: Ints, front: float
) -> tuple[str, int] | None:
    """What a motion that slows down stops for: the nearest of lines and of places that belong to others; None for
    neither."""
    speed, here = float(roll[0, Roll.SPEED]), float(roll[0, Roll.S])
    reach = here + speed * speed / (2.0 * UNHURRIED) + NEAR
    found = [(wall.s, wall.reason, wall.cause_id) for wall in walls if wall.corridor == corridor and wall.s < reach]
    place = roll[:, Roll.S] + front
    theirs = zones[(zones[:, 0] == corridor) & (zones[:, 1] >= place[0]) & (zones[:, 1] < place[-1] + NEAR)]
    # of those we do not go before
    begins = [float(GRID[place > z].min(initial=HORIZON)) for z in theirs[:, 1]]
    theirs = theirs[theirs[:, 3] < np.array(begins)]
    if len(theirs):
        first = theirs[np.argmin(theirs[:, 3])]
        who = int(ids[int(first[6])])
        found.append((float(first[1]), f"yield to {who}", who))
    return min(found)[1:] if found else None


@kernel("i8(f8[:, ::1], f8[:, :, ::1])")
def _lead(roll: Array, spans: Array) -> int:
    """The nearest entry ahead on the strip that the car will drive along, within LEAD_REACH; -1 for none."""
    nearest, lead = LEAD_REACH, -1
    for e in range(spans.shape[0]):
        for step in LEAD_STEPS:
            s, d, span = roll[step, S], roll[step, D], spans[e, step]
            gap = span[S_LOW] - s
            if span[D_LOW] < d + STRIP and span[D_HIGH] > d - STRIP and span[S_HIGH] > s and gap < nearest:
                nearest, lead = gap, e
    return lead


def _crosses(span: Array, box: Array) -> bool:
    """Whether who drives at a row (5,) of boxes, and of spans as seen from our way, drives across it or towards us."""
    return bool(span[Span.SPEED] < ALONG * box[Entry.SPEED] and box[Entry.SPEED] > DRIVES)


def _gap(roll: Array, span: Array) -> float:
    return float(span[0, 0] - roll[0, Roll.S])


def _side(ways: list[Way], corridor: int) -> str:
    """left or right when the corridor is beside the one we are on, else empty."""
    if corridor == 0:
        return ""
    own, other = ways[0].scalars[Corridor.D], ways[corridor].scalars[Corridor.D]
    return "left" if other < own - 1.0 else "right" if other > own + 1.0 else ""
