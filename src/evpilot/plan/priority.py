"""Who has priority over us where: the parts of a corridor that are theirs, and when."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.right_of_way import end_heading
from evpilot.plan.columns import GRID, Entry, Span
from evpilot.plan.entries import Entries
from evpilot.plan.lights import Passed, at_junction, line_on
from evpilot.plan.places import ON_IT, fronts_at, places_on
from evpilot.plan.spans import on_strip
from evpilot.plan.way import Way
from evpilot.types import LaneGraph, Lights, LightState, Priority, Signal, Tracks, Turn
from evpilot.types.state import Array, Bools, Ints

MARGIN_BEFORE, MARGIN_AFTER = 1.0, 0.5  # [s] between us and those who have priority
PAST = 0.5  # [m] behind the car once it is past them
# who comes with one chance in four outweighs all way that is gained in town within the horizon; the official verdict
# asks for goals in time, and knows no right of way
ZONE_COST, ZONE_COST_EXACT = 180.0, 90.0
CAREFUL_STATES = (LightState.FLASHING_RED, LightState.DARK, LightState.UNSEEN)  # everybody else is let pass
GO_STATES = (LightState.GREEN, LightState.AMBER)  # those across have red
DRIVES, EACH = 2.0, 2.0  # [m/s] of who drives on a lane, [m] from one place on it to the next
HELD_FAR = 120.0  # [m] before a red light who comes is held back by it
BLUE = int(Signal.BLUE)
SETS_OFF = 2.0  # [m/s] who is faster does not wait
COMMITTED = 3.0  # [m/s2] who would have to brake harder to wait has begun to go, and the others see that ...
STOPS_FOR_US = 2.0  # [m/s2] ... who need not brake harder than this, a reaction [s] later, to let us out
REACTION = 0.75
BRAKES_BITE = 0.5  # [s] until we, who just accelerated, brake
SEEN_TO_GO = 0.2  # what is left of the weight of those who can still stop for who has begun to go
ALONG = 0.7  # cosine of the angle between ways that count as one
TURNS = (Turn.LEFT, Turn.RIGHT, Turn.U_TURN)
STEPS = len(GRID)
S_LOW, S_HIGH, PACE, SPEED = int(Span.S_LOW), int(Span.S_HIGH), int(Span.SPEED), int(Entry.SPEED)
ACROSS = 0.7  # cosine of the angle between two approaches: closer to a right angle, only one of them has green


def signalled(
    graph: LaneGraph, way: Way, lights: Lights, passed: Passed, front: float, tracks: Tracks
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The junction lanes of a corridor behind lights that are out of order or out of view, and its lanes whose light is
    green at a junction, or was when our front [m] passed its line and nobody has driven on from across since."""
    careful: list[int] = []
    green: list[int] = []
    for number, lane in enumerate(way.path.lanes.tolist()):
        state = passed.shown(graph, way, number, lights, front)
        beyond = float(way.path.lane_s[number]) + line_on(graph, lane) < front
        if state in GO_STATES and beyond and _others_go(graph, way, number, tracks):
            passed.forget(lane, int(way.path.lanes[number + 1]))
            state = LightState.UNSEEN
        if state in CAREFUL_STATES:
            careful.extend(int(k) for k in way.path.lanes[number : number + 2] if graph.junction[k] >= 0)
        elif state in GO_STATES and at_junction(graph, way, number):
            green.append(lane)
    return tuple(careful), tuple(green)


def _others_go(graph: LaneGraph, way: Way, number: int, tracks: Tracks) -> bool:
    """Whether somebody drives on where those have red for whom our lane of this number has green."""
    lane, *inside = (int(k) for k in way.path.lanes[number : number + 2])
    return any(
        _held(graph, int(other), lane) and _driven_on(graph, int(other), tracks)
        for own in inside
        for other in graph.conflict[graph.conflict_start[own] : graph.conflict_start[own + 1]]
    )


def _driven_on(graph: LaneGraph, lane: int, tracks: Tracks) -> bool:
    """Whether somebody drives on the first half of a lane, along it."""
    places = places_on(graph, lane, 0.0, EACH, 0.5 * float(graph.length[lane]))
    far = np.hypot(tracks.state[:, 0, None] - places[:, 0], tracks.state[:, 1, None] - places[:, 1])
    on_it = (far.min(axis=1, initial=np.inf) < ON_IT) & (tracks.state[:, 4] > DRIVES) & tracks.valid
    if not on_it.any():
        return False
    yaw = places[far[on_it].argmin(axis=1), 2]
    return bool(np.any(np.cos(tracks.state[on_it, 3] - yaw) > ALONG))


def yield_spans(
    graph: LaneGraph, way: Way, careful: tuple[int, ...] = (), green: tuple[int, ...] = ()
) -> list[tuple[float, float]]:
    """Parts of a corridor [m] on which others have priority, each once, in order; on the careful lanes all have, and
    where all must stop all may.

    Where our light is green, that of the roads across is red: who waits there is not waited for, so that a left turn
    advances to where it meets the oncoming."""
    found: list[tuple[float, float]] = []
    passed: list[int] = []
    for lane, begin in zip(way.path.lanes, way.path.lane_s, strict=True):
        rows = slice(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1]))
        of = zip(graph.conflict[rows], graph.conflict_span[rows], graph.conflict_yields[rows], strict=True)
        for other, span, yields in of:
            owed = yields and not any(_held(graph, int(other), own) for own in passed)
            all_have = int(lane) in careful or graph.priority[lane] == Priority.ALL_WAY_STOP
            if owed or (all_have and not _one_approach(graph, int(lane), int(other))):
                found.append((float(begin + span[0]), float(begin + span[1])))
        if int(lane) in green:
            passed.append(int(lane))
    found.sort()
    merged: list[tuple[float, float]] = []
    for low, high in found:
        if merged and low <= merged[-1][1] + 1.0:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def held_places(graph: LaneGraph, way: Way, green: tuple[int, ...]) -> Array:
    """Places (P, 3), x, y [m], yaw [rad], on the roads across a corridor, up to their lines, that its green lanes hold
    back: whose front is there has red, whatever way it is expected to take."""
    lanes = way.path.lanes.tolist()
    held: list[int] = []
    for number, own in enumerate(lanes):
        if own not in green:
            continue
        for inside in lanes[number : number + 2]:
            rows = slice(int(graph.conflict_start[inside]), int(graph.conflict_start[inside + 1]))
            across = [other for other in graph.conflict[rows].tolist() if _held(graph, other, own)]
            held.extend(lane for other in across for lane in graph.predecessors(other).tolist())
    parts = [np.zeros((0, 3))]
    for lane in sorted(set(held)):
        parts.extend(_before_line(graph, lane))
    return np.concatenate(parts)


def _before_line(graph: LaneGraph, lane: int) -> list[Array]:
    """Places (P, 3) along a lane up to its line, and along those that lead to it, for `HELD_FAR`."""
    parts: list[Array] = []
    rest, end = HELD_FAR, line_on(graph, lane)
    while rest > 0.0:
        parts.append(places_on(graph, lane, end - rest, EACH, end))
        before, rest = graph.predecessors(lane), rest - end
        if not len(before):
            break
        lane = int(before[0])
        end = float(graph.length[lane])
    return parts


def held_back(places: Array, tracks: Tracks) -> Bools:
    """Which of the tracks (N,) wait, or will, at a red light: their front is at one of the places (P, 3) of
    `held_places`, and heads on. Who comes with blue light does not wait."""
    along = np.cos(tracks.state[:, 3, None] - places[:, 2]) > ALONG
    return (fronts_at(places, tracks) & along).any(axis=1) & (tracks.signals & BLUE == 0)


def turning_spans(graph: LaneGraph, way: Way) -> list[tuple[float, float]]:
    """Parts of a corridor [m] on which it turns off over a junction. Cyclists who ride on beside us have priority there
    (StVO section 9 (3)); beside the road, they are on no lane that could say so."""
    ends = np.append(way.path.lane_s[1:], way.path.end)
    return [
        (float(begin), float(end))
        for lane, begin, end in zip(way.path.lanes, way.path.lane_s, ends, strict=True)
        if graph.junction[lane] >= 0 and graph.turn[lane] in TURNS
    ]


def _one_approach(graph: LaneGraph, lane: int, other: int) -> bool:
    """Whether two lanes part from one: who comes along the other comes as we do, and crosses nobody's way."""
    return bool(np.intersect1d(graph.predecessors(lane), graph.predecessors(other)).size)


def _held(graph: LaneGraph, lane: int, own: int) -> bool:
    """Whether a junction lane can only be reached from lanes across ours that have a light: theirs is red while that of
    our lane `own` is green."""
    beyond = [int(k) for k in graph.successors(own)]
    if not any(graph.junction[k] >= 0 and graph.junction[k] == graph.junction[lane] for k in beyond):
        return False
    before = [int(k) for k in graph.predecessors(lane)]
    ours = end_heading(graph, own)
    return bool(before) and all(
        len(graph.lights_of(k)) > 0 and abs(math.cos(end_heading(graph, k) - ours)) < ACROSS for k in before
    )


def busy(
    c: int,
    part: tuple[float, float],
    front: float,
    speed: float,
    strip: float,
    entries: Entries,
    others: Ints,
    spans: Array,
    weight: float,
    *,
    beside: bool = False,
) -> Array:
    """The zones (K, 8), as `cost.yielding.zone_cost` takes them, in which entries (N,) are within `strip` [m] of a part
    of corridor c [m], by the spans (E, 51, 5) of all; front [m] is our bumper's place, at a speed [m/s]; weight is the
    cost of being there.

    Who is on our corridor now and goes our way is traffic to follow, not to yield to. Before the part we wait for all
    of it, or where we stand, until somebody is about to be gone; once in it, only before where he crosses or joins our
    way. So we do from the start for those who come from `beside` us. Once we could only wait by braking hard, who can
    still let us out in comfort counts little: they see us come, and to stop in their way helps nobody."""
    low, high = part
    steps, extents = np.empty((len(others), 3), np.int64), np.empty((len(others), 2))
    count = find_users(spans, entries.box, others, low, high, strip, steps, extents)
    who, first, last = steps[:count].T
    begin, reach = extents[:count].T
    zones = np.empty((count, 8))
    # we are out of somebody's way once past where they cross or join ours, though others may cross further on
    zones[:, 0], zones[:, 2] = c, np.minimum(high, reach + PAST)
    meets = np.minimum(np.maximum(low, begin - PAST), zones[:, 2])
    zones[:, 1] = meets if front > low or beside else low
    zones[:, 7] = meets if speed < SETS_OFF else zones[:, 1]
    zones[:, 3], zones[:, 4] = GRID[first] - MARGIN_BEFORE, GRID[last] + MARGIN_AFTER
    zones[:, 5] = weight * entries.prob[who]
    zones[:, 6] = who
    return zones


def let_out(zones: Array, front: float, speed: float, entries: Entries) -> Array:
    """The zones (K, 8) of a corridor in which those count little who see us come, and can still let us out in comfort:
    who could only be waited for by braking hard, here or nearer on our way. To stop in their way helps nobody."""
    begun = speed * speed > 2.0 * COMMITTED * np.maximum(zones[:, 1] - front - BRAKES_BITE * speed, 0.0)
    if begun.any():
        who = zones[:, 6].astype(np.int64)
        begun |= np.isin(entries.track[who], entries.track[who[begun]])
        # the step at which each comes there, of which the zone keeps the time
        enters = np.searchsorted(GRID, zones[:, 3] + MARGIN_BEFORE - 1e-9)
        zones[begun & _can_stop(entries.box[who], enters), 5] *= SEEN_TO_GO
    return zones


@kernel("i8(f8[:, :, ::1], f8[:, :, ::1], i8[::1], f8, f8, f8, i8[:, ::1], f8[:, ::1])")
def find_users(
    spans: Array, box: Array, others: Ints, low: float, high: float, strip: float, steps: Ints, extents: Array
) -> int:
    """How many of some entries (N,) use a part of a corridor, from low to high [m], and do not go along it now.

    spans, box (E, 51, 5) of all by `Span` and `Entry`; fills steps (N, 3): which, its first and last step there; and
    extents (N, 2): its least and greatest s [m] in between."""
    count = 0
    for e in others:
        first, last, begin, reach = -1, -1, np.inf, -np.inf
        for step in range(STEPS):
            span = spans[e, step]
            if on_strip(span, strip) and span[S_LOW] < high and span[S_HIGH] > low:
                first, last = step if first < 0 else first, step
                begin, reach = min(begin, span[S_LOW]), max(reach, span[S_HIGH])
        follows = on_strip(spans[e, 0], strip) and spans[e, 0, PACE] > ALONG * abs(box[e, 0, SPEED])
        if first < 0 or follows:
            continue
        steps[count, 0], steps[count, 1], steps[count, 2] = e, first, last
        extents[count, 0], extents[count, 1] = begin, reach
        count += 1
    return count


def _can_stop(boxes: Array, enters: Ints) -> Bools:
    """Which of those who come (K, 51, 5) can stop in comfort before where they are at a step (K,)."""
    apart = np.hypot(np.diff(boxes[..., Entry.X]), np.diff(boxes[..., Entry.Y]))
    way = np.concatenate([np.zeros((len(boxes), 1)), np.cumsum(apart, axis=1)], axis=1)
    pace = np.abs(boxes[:, 0, Entry.SPEED])
    room = way[np.arange(len(boxes)), np.maximum(enters - 1, 0)] - REACTION * pace
    return pace * pace <= 2.0 * STOPS_FOR_US * np.maximum(room, 0.0)
