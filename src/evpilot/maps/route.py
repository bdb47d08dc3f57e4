"""Routes: where the goals lie, how far each lane is from them, which lanes to follow."""

import functools
import heapq

import numpy as np

from evpilot.maps.regions import lane_spans
from evpilot.maps.right_of_way import heading, turned_by
from evpilot.types import Goal, LaneGraph, User
from evpilot.types.state import Array, Ints

LANE_CHANGE_COST = 30.0  # [m] of driving that a lane change is worth
FOREIGN_LANE_COST = 500.0  # [m] for entering a lane that is not for cars: only where no other way leads to the goal
TOUCH = 0.3  # [m]
YAW_SLACK = 0.5  # [rad] between a car's heading and its lane's


@functools.lru_cache(maxsize=4)
def goal_spans(graph: LaneGraph, goals: tuple[Goal, ...]) -> tuple[Ints, Array, Array, Ints]:
    """Where on which lanes the goals lie: lane (G,), from s0 (G,) to s1 (G,) [m], and which goal (G,).

    A goal lane counts from end to end. A region counts on the lanes whose centre line it covers, or, if it covers
    none, on all that it touches; of those only lanes within YAW_SLACK of the goal's heading window, if there are any.
    What was found last is kept: a suite drives many cases on one road. Not to be written to.
    """
    rows: list[tuple[int, float, float, int]] = []
    for number, goal in enumerate(goals):
        found = [(lane, 0.0, float(graph.length[lane])) for lane in goal.lanes]
        for region in goal.regions:
            found.extend(_region_spans(graph, region))
        rows.extend((*span, number) for span in _headed(graph, found, goal.yaw))
    rows = sorted(set(rows))
    lane, s0, s1, goal_index = zip(*rows, strict=True) if rows else ((), (), (), ())
    return np.array(lane, np.int64), np.array(s0), np.array(s1), np.array(goal_index, np.int64)


def _region_spans(graph: LaneGraph, region: Array) -> list[tuple[int, float, float]]:
    lanes, spans, shares = lane_spans(graph, region)
    if not len(lanes):
        return []
    # a region that reaches past the middle of a lane from either side covers its centre line
    main = shares >= 0.5 if np.any(shares >= 0.5) else shares >= 0.5 * shares.max()
    # a lane that only touches the region with an end is no way to it
    long = spans[:, 1] - spans[:, 0] >= TOUCH
    main &= long if np.any(main & long) else True
    return [(int(lane), float(a), float(b)) for lane, (a, b) in zip(lanes[main], spans[main], strict=True)]


def _headed(
    graph: LaneGraph, spans: list[tuple[int, float, float]], window: tuple[float, float] | None
) -> list[tuple[int, float, float]]:
    if window is None or not spans:
        return spans
    lane = np.array([span[0] for span in spans], np.int64)
    middle = 0.5 * (window[0] + window[1])
    width = 0.5 * (window[1] - window[0]) + YAW_SLACK
    ends = [heading(graph, lane, np.array([span[k] for span in spans])) for k in (1, 2)]
    off = np.min([np.abs(np.pi - np.mod(np.pi - (yaw - middle), 2.0 * np.pi)) for yaw in ends], axis=0)
    kept = [span for span, away in zip(spans, off, strict=True) if away <= width]
    return kept or spans


@functools.lru_cache(maxsize=4)
def cost_to_go(graph: LaneGraph, goals: tuple[Goal, ...], lane_change_cost: float = LANE_CHANGE_COST) -> Array:
    """The cheapest way from the START of each lane to any goal (L,): metres driven plus lane changes; inf where no way
    leads to one; 0 everywhere when a goal asks for no place.

    Dijkstra backwards over the lanes (Dijkstra 1959). A lane change goes to a neighbour of the same direction. Kept,
    and not to be written to, as `goal_spans`.
    """
    if not goals or any(goal.survival for goal in goals):
        return np.zeros(len(graph))
    cost = np.full(len(graph), np.inf)
    lane, s0, _, _ = goal_spans(graph, goals)
    np.minimum.at(cost, lane, s0)
    entry = np.where(graph.users & User.CAR, 0.0, FOREIGN_LANE_COST)
    queue = [(float(cost[k]), int(k)) for k in np.unique(lane)]
    heapq.heapify(queue)
    while queue:
        reached, to = heapq.heappop(queue)
        if reached > cost[to]:
            continue
        ways = [(int(before), float(graph.length[before])) for before in graph.predecessors(to)]
        ways.extend((beside, lane_change_cost) for beside in neighbours(graph, to))
        for origin, extra in ways:
            new = reached + extra + float(entry[to])
            if new < cost[origin]:
                cost[origin] = new
                heapq.heappush(queue, (new, origin))
    return cost


def remaining(graph: LaneGraph, lane: int, s: float, cost: Array, spans: tuple[Ints, Array, Array, Ints]) -> float:
    """The cheapest way [m] from s [m] on a lane: to a goal ahead on it, or on to its successors or neighbours.

    cost (L,) is `cost_to_go`, spans `goal_spans`. Of a neighbour only what is ahead of the same share of its length
    counts, and a lane change is paid once.
    """
    if not len(spans[0]) and not np.any(cost):
        return 0.0
    ways = [_along(graph, lane, s, cost, spans)]
    for step in (0, 1):
        side, beside, paid = lane, (graph.left_neighbour, graph.right_neighbour)[step], 0.0
        seen = {lane}
        while beside[side] >= 0 and (graph.left_same, graph.right_same)[step][side] and int(beside[side]) not in seen:
            side = int(beside[side])
            seen.add(side)
            paid += LANE_CHANGE_COST
            share = s / float(graph.length[lane])
            ways.append(paid + _along(graph, side, share * float(graph.length[side]), cost, spans))
    return min(ways)


def _along(graph: LaneGraph, lane: int, s: float, cost: Array, spans: tuple[Ints, Array, Array, Ints]) -> float:
    own = (spans[0] == lane) & (spans[2] >= s)
    ahead = float(np.min(np.maximum(spans[1][own] - s, 0.0), initial=np.inf))
    left = float(graph.length[lane]) - s
    return min([ahead, *(left + float(cost[after]) for after in graph.successors(lane))])


def neighbours(graph: LaneGraph, lane: int) -> list[int]:
    """The lanes beside a lane in the same direction, left first."""
    sides = ((graph.left_neighbour, graph.left_same), (graph.right_neighbour, graph.right_same))
    return [int(beside[lane]) for beside, same in sides if beside[lane] >= 0 and same[lane]]


def lane_sequence(graph: LaneGraph, lane: int, length: float, cost: Array) -> Ints:
    """A lane and its best successors until `length` [m] from the lane's start, or the road's end.

    cost (L,) is `cost_to_go`; among successors of no finite cost, and between equals, the straightest is best. A lane
    is never listed twice.
    """
    sequence = [int(lane)]
    reached = float(graph.length[lane])
    while reached < length:
        choice = [int(k) for k in graph.successors(sequence[-1]) if int(k) not in sequence]
        if not choice:
            break
        least = min((float(cost[k]), not graph.users[k] & User.CAR) for k in choice)
        equal = [k for k in choice if (float(cost[k]), not graph.users[k] & User.CAR) == least]
        best = equal[0] if len(equal) == 1 else min(equal, key=lambda k: (abs(turned_by(graph, k)), k))
        sequence.append(best)
        reached += float(graph.length[best])
    return np.array(sequence, np.int64)
