"""Which lanes an actor follows: as it is told, as its recording shows, or straight on."""

import math
from collections import deque

import numpy as np

from evpilot.geometry.polyline import at, project
from evpilot.maps.index import LaneIndex
from evpilot.scenarios import Actor, Motion
from evpilot.simulate.traffic.lanes import Lanes
from evpilot.types.state import Array

EVERY = 5.0  # [m] between the recorded places that are matched to lanes
YAW_MAX = 1.0  # [rad] further from a lane's direction a car does not follow it
BESIDE = 0.6  # [m] how far the centre may lie outside a lane that it still follows
YAW_COST = 4.0  # [m/rad]
JUMP_COST = 30.0  # [m] for lanes that do not connect
CHANGE_COST = 3.0  # [m] for a change of lanes
SEARCH_DEPTH = 6  # lanes between two matched ones
LANES_MAX = 400  # in a path


def place_on(lanes: Lanes, lane: int, x: float, y: float) -> tuple[float, float, float]:
    """s [m], d [m, left positive] and direction [rad] of a lane next to a place."""
    low, high = int(lanes.graph.point_start[lane]), int(lanes.graph.point_start[lane + 1])
    line, arc = lanes.plain[low:high], lanes.graph.arc[low:high]
    s, d, _ = project(x, y, line, arc, 0, len(arc) - 1)
    return s, d, at(s, line, arc)[2]


def _candidates(lanes: Lanes, index: LaneIndex, pose: Array, yaw: float) -> dict[int, float]:
    """The lanes that a car at a pose may be following, each with the cost of it."""
    x, y, z = float(pose[0]), float(pose[1]), float(pose[2])
    near = index.nearest(x, y, z, yaw)[0]
    found: dict[int, float] = {}
    for lane in {*index.lanes_at(x, y, z).tolist(), *([near] if near >= 0 else [])}:
        _, d, heading = place_on(lanes, lane, x, y)
        off = abs(math.remainder(yaw - heading, 2.0 * math.pi))
        if off < YAW_MAX and abs(d) < 0.5 * lanes.width[lane] + BESIDE:
            found[lane] = abs(d) + YAW_COST * off + (0.0 if lanes.open[lane] else CHANGE_COST)
    return dict(sorted(found.items()))


def start_lane(lanes: Lanes, index: LaneIndex, pose: Array, yaw: float) -> int:
    """The lane that a car at a pose follows, or -1 when it follows none."""
    found = _candidates(lanes, index, pose, yaw)
    return min(found, key=lambda lane: (found[lane], lane), default=-1)


def _step_cost(lanes: Lanes, a: int, b: int) -> float:
    graph = lanes.graph
    if a == b or b in graph.successors(a):
        return 0.0
    if b in (int(graph.left_neighbour[a]), int(graph.right_neighbour[a])):
        return CHANGE_COST
    return 1.0 if any(b in graph.successors(int(k)) for k in graph.successors(a)) else JUMP_COST


def recorded_lanes(lanes: Lanes, index: LaneIndex, actor: Actor) -> list[int]:
    """The chain of lanes under a recording: the cheapest by offset, direction and connection (Viterbi 1967)."""
    motion = actor.motion
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(motion[:, :2], axis=0).T))])
    rows = np.unique(np.searchsorted(run, np.append(np.arange(0.0, run[-1], EVERY), run[-1])))
    best: dict[int, tuple[float, list[int]]] = {}
    for row in rows.tolist():
        found = _candidates(lanes, index, motion[row], float(motion[row, Motion.YAW]))
        if not found:
            continue
        if not best:
            best = {lane: (cost, [lane]) for lane, cost in found.items()}
            continue
        after: dict[int, tuple[float, list[int]]] = {}
        for lane, cost in found.items():
            total, chain = min(
                ((value + _step_cost(lanes, chain[-1], lane), chain) for value, chain in best.values()),
                key=lambda item: item[0],
            )
            after[lane] = (total + cost, chain if chain[-1] == lane else [*chain, lane])
        best = after
    return connect(lanes, min(best.values(), key=lambda item: item[0])[1]) if best else []


def connect(lanes: Lanes, wanted: list[int]) -> list[int]:
    """A chain in which each lane succeeds the one before or lies beside it; cut where there is no such way."""
    chain = wanted[:1]
    for lane in wanted[1:]:
        between = _search(lanes, chain[-1], lane)
        if not between:
            break
        chain.extend(between)
    return chain


def _search(lanes: Lanes, start: int, end: int) -> list[int]:
    """The fewest lanes from start (left out) to end, over successors first, then neighbours; empty when too far."""
    graph = lanes.graph
    queue = deque([(start, [])])
    seen = {start}
    while queue:
        lane, way = queue.popleft()
        sides = [int(k) for k in (lanes.to_left[lane], lanes.to_right[lane]) if k >= 0]
        for after in [*graph.successors(lane).tolist(), *sides]:
            if after == end:
                return [*way, after]
            if after not in seen and len(way) < SEARCH_DEPTH:
                seen.add(after)
                queue.append((after, [*way, after]))
    return []


def split(lanes: Lanes, route: list[int]) -> tuple[list[int], list[int]]:
    """The part of a route that needs no lane change, and the rest, which begins beside the last lane of the first."""
    end = 1
    while end < len(route) and route[end] in lanes.graph.successors(route[end - 1]):
        end += 1
    return route[:end], route[end:]


def onward(lanes: Lanes, chain: list[int], length: float) -> list[int]:
    """A chain continued straight on until `length` [m] from its start, or the road's end.

    Where that would go round in a circle, another way is taken if there is one.
    """
    graph = lanes.graph
    chain = list(chain)
    reached = float(graph.length[chain].sum())
    while reached < length and lanes.onward[chain[-1]] >= 0 and len(chain) < LANES_MAX:
        after = int(lanes.onward[chain[-1]])
        if after in chain:
            fresh = [int(k) for k in graph.successors(chain[-1]) if int(k) not in chain and lanes.open[int(k)]]
            after = fresh[0] if fresh else after
        chain.append(after)
        reached += float(graph.length[after])
    return chain
