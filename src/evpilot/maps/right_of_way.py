"""Who waits for whom: turns, junctions, priorities and yielding, where the source does not say, by geometry."""

import math

import numpy as np

from evpilot.types import LaneGraph, LaneKind, Priority, Turn, User
from evpilot.types.state import Array, Bools, Bytes, Ints

TURN_MIN = 0.4  # [rad] less is straight on
U_TURN_MIN = 2.6  # [rad]
CROSSING_MIN = 0.5  # [rad] paths that meet at less angle join, they do not cross
ONCOMING_MIN = 2.35  # [rad]
APPROACH = 15.0  # [m] before a conflict, where the direction of approach is taken
JUNCTION_LANE_MAX = 120.0  # [m] a longer lane is a road, whatever it crosses

# Streams of higher rank pass first (Vienna Convention on Road Traffic 1968, article 18).
RANK = {
    Priority.PRIORITY: 2,
    Priority.UNMARKED: 1,
    Priority.RIGHT_BEFORE_LEFT: 1,
    Priority.YIELD: 0,
    Priority.STOP: 0,
    Priority.ALL_WAY_STOP: 0,
}


def turned(graph: LaneGraph) -> Array:
    """How far each lane's centre line turns from end to end (L,) [rad], left positive, full turns counted."""
    return np.array([turned_by(graph, lane) for lane in range(len(graph))])


def turned_by(graph: LaneGraph, lane: int) -> float:
    """How far one lane's centre line turns from end to end [rad], left positive, full turns counted."""
    step = np.diff(graph.center[graph.points(lane), :2], axis=0)
    yaw = np.arctan2(step[:, 1], step[:, 0])[np.hypot(step[:, 0], step[:, 1]) > 1e-6]
    return float(np.sum(_wrapped(np.diff(yaw))))


def heading(graph: LaneGraph, lane: Ints, s: Array) -> Array:
    """Direction [rad] of lanes (N,) at s (N,) [m]."""
    low = graph.point_start[lane]
    # arcs of all lanes laid end to end, so that one search serves every lane
    offset = np.concatenate([[0.0], np.cumsum(graph.length + 1.0)])[:-1]
    owner = np.repeat(np.arange(len(graph)), np.diff(graph.point_start))
    laid = graph.arc + offset[owner]
    row = np.searchsorted(laid, offset[lane] + np.clip(s, 0.0, graph.length[lane]), side="right") - 1
    row = np.clip(row, low, graph.point_start[lane + 1] - 2)
    step = graph.center[row + 1, :2] - graph.center[row, :2]
    return np.arctan2(step[:, 1], step[:, 0])


def end_heading(graph: LaneGraph, lane: int) -> float:
    """Direction [rad] of a lane at its end."""
    (x0, y0), (x1, y1) = graph.center[graph.points(lane), :2][-2:].tolist()
    return math.atan2(y1 - y0, x1 - x0)


def infer_turns(graph: LaneGraph) -> Bytes:
    """turn (L,), filled in on junction lanes where the source says nothing."""
    bend = turned(graph)
    guess = np.where(bend > TURN_MIN, int(Turn.LEFT), np.where(bend < -TURN_MIN, int(Turn.RIGHT), int(Turn.STRAIGHT)))
    guess = np.where(np.abs(bend) > U_TURN_MIN, int(Turn.U_TURN), guess)
    return np.where((graph.turn == Turn.NONE) & (graph.junction >= 0), guess, graph.turn).astype(np.uint8)


def _wrapped(angle: Array) -> Array:
    return np.pi - np.mod(np.pi - angle, 2.0 * np.pi)


def _share(start: Ints, member: Ints, a: Ints, b: Ints) -> Bools:
    """Whether lanes a and b (N,) have a common member in a CSR list."""
    return np.array(
        [
            bool(set(member[start[i] : start[i + 1]].tolist()) & set(member[start[j] : start[j + 1]].tolist()))
            for i, j in zip(a.tolist(), b.tolist(), strict=True)
        ],
        np.bool_,
    ).reshape(-1)


def _owners(graph: LaneGraph) -> Ints:
    return np.repeat(np.arange(len(graph)), np.diff(graph.conflict_start))


def _approach(graph: LaneGraph) -> tuple[Ints, Array, Array]:
    """Each conflict's own lane, and the directions [rad] from which the two streams come to it."""
    own = _owners(graph)
    mine = heading(graph, own, graph.conflict_span[:, 0] - APPROACH)
    theirs = heading(graph, graph.conflict, graph.conflict_span[:, 2] - APPROACH)
    return own, mine, theirs


def infer_junctions(graph: LaneGraph) -> Ints:
    """junction (L,), filled in where the source names none: groups of short lanes for vehicles that cross each other.

    A lane that crosses one of a named junction belongs to that junction; other groups get new numbers.
    """
    own = _owners(graph)
    able = (graph.length < JUNCTION_LANE_MAX) & ((graph.users & User.VEHICLE) != 0)
    here = heading(graph, own, 0.5 * (graph.conflict_span[:, 0] + graph.conflict_span[:, 1]))
    there = heading(graph, graph.conflict, 0.5 * (graph.conflict_span[:, 2] + graph.conflict_span[:, 3]))
    angle = np.abs(_wrapped(there - here))
    crossing = (angle > CROSSING_MIN) & (angle < np.pi - CROSSING_MIN) & able[own] & able[graph.conflict]
    # named junctions come first, so that a group takes the name of the junction it touches
    lanes = len(graph)
    group = np.where(graph.junction >= 0, graph.junction, lanes + np.arange(lanes))
    pairs = list(zip(own[crossing].tolist(), graph.conflict[crossing].tolist(), strict=True))
    changed = True
    while changed:
        changed = False
        for a, b in pairs:
            low = min(int(group[a]), int(group[b]))
            for lane in (a, b):
                if group[lane] > low and graph.junction[lane] < 0:
                    group[lane] = low
                    changed = True
    junction = graph.junction.copy()
    member = np.unique(own[crossing])
    member = member[junction[member] < 0]
    fresh = group[member] >= lanes
    junction[member[~fresh]] = group[member[~fresh]]
    numbers = np.unique(group[member[fresh]], return_inverse=True)[1]
    junction[member[fresh]] = int(junction.max(initial=-1)) + 1 + numbers
    return junction


def spread_priority(graph: LaneGraph) -> Bytes:
    """priority (L,): what stands on an approach holds on the junction lanes that it leads into, and the other way."""
    priority = graph.priority.copy()
    for lane in np.flatnonzero(graph.junction >= 0).tolist():
        for before in graph.predecessors(lane).tolist():
            if priority[lane] == Priority.UNMARKED:
                priority[lane] = graph.priority[before]
            elif graph.junction[before] < 0 and priority[before] == Priority.UNMARKED:
                priority[before] = priority[lane]
    return priority


def find_yields(graph: LaneGraph) -> Bools:
    """conflict_yields (C,): whether traffic on the own lane lets the other's pass.

    In this order: lanes that part from one predecessor follow each other; vehicles wait for a crosswalk; a stream of
    lower rank by signs waits; a slip road waits for the road it joins; where lights rule both, and between oncoming
    streams, who turns left waits for who does not; else right before left (StVO section 8 (1), section 9 (3)); of
    streams that join at a small angle the one that bends more waits. An all-way stop keeps right before left among
    streams that stopped together.
    """
    if not len(graph.conflict):
        return np.zeros(0, np.bool_)
    own, mine, theirs = _approach(graph)
    other = graph.conflict
    parting = _share(graph.predecessor_start, graph.predecessor, own, other)
    rank_of = np.array([RANK[p] for p in Priority])
    rank = rank_of[graph.priority[own]] - rank_of[graph.priority[other]]
    ramp = (graph.kind == LaneKind.ON_RAMP).astype(np.int64)
    slip = ramp[own] - ramp[other]
    lit = np.zeros(len(graph), np.bool_)
    lit[graph.light_lane] = True
    for lane in graph.light_lane.tolist():
        lit[graph.successors(lane)] = True
    left = np.isin(graph.turn, (Turn.LEFT, Turn.U_TURN))
    angle = _wrapped(theirs - mine)
    turning = left[own] & ~left[other]
    from_right = (angle > CROSSING_MIN) & (angle < ONCOMING_MIN)
    from_left = (angle < -CROSSING_MIN) & (angle > -ONCOMING_MIN)
    bend = np.abs(turned(graph))
    joins = ~from_right & ~from_left & (np.abs(angle) <= CROSSING_MIN) & (bend[own] > bend[other] + 0.05)
    oncoming = np.abs(angle) >= ONCOMING_MIN
    signless = np.where(lit[own] & lit[other] | oncoming, turning, from_right | joins)
    walk = (graph.kind == LaneKind.CROSSWALK).astype(np.int64)
    walk = walk[other] - walk[own]
    waits = np.where(rank != 0, rank < 0, np.where(slip != 0, slip > 0, signless))
    return np.where(walk != 0, walk > 0, waits) & ~parting
