"""Lanes that are blocked, or end, beside one that is free: by when one has to be out of them, and where one stops
else."""

import math

import numpy as np

from evpilot.plan.columns import Corridor
from evpilot.plan.walls import STOPS, Wall, wall_at
from evpilot.plan.way import STEEPEST, Way, runs_beside
from evpilot.types import Briefing, EgoState
from evpilot.types.state import Array

BRAKE = 3.0  # [m/s2] who would have to brake harder stops nearer to what stands
LEAST = 1.0  # [m] before what stands there is no more room to keep
LOOK = 120.0  # [m] ahead a lane's end is thought of ...
END_BRAKE = 4.0  # [m/s2] ... by who can stop there without an emergency


def free(way: Way) -> bool:
    """Whether a corridor is a lane that leads along here past what stands."""
    return not math.isfinite(way.blocked) and not len(way.borrowed) and runs_beside(way)


def room_before(ways: list[Way], front: float) -> Array:
    """How far ahead [m] (C,) the way over to each free lane has to be done: when a bumper, `front` [m] before the rear
    axle, comes to what stands in our own lane, or in one between; inf to others, and where our own is free."""
    shut = math.isfinite(ways[0].blocked)
    return np.array([_room(ways, way) if shut and free(way) else math.inf for way in ways]) - front


def _room(ways: list[Way], way: Way) -> float:
    d = float(way.scalars[Corridor.D])
    between = [one for one in ways[1:] if 0.0 < one.scalars[Corridor.D] * d < d * d]
    return min(one.blocked - float(one.scalars[Corridor.S]) for one in (ways[0], *between))


def room_to_get_out(ways: list[Way], room: Array, front: float, ego: EgoState) -> list[Wall]:
    """Where to stop in each blocked lane, so far before what stands that a free lane can be reached from standstill;
    none where there is no free lane. room (C,) and front as in `room_before`."""
    halt = _halt(front, ego)
    d = np.array([way.scalars[Corridor.D] for way in ways])
    walls: list[Wall] = []
    for c, way in enumerate(ways if np.isfinite(room).any() else ()):
        if math.isfinite(way.blocked):
            s = float(way.scalars[Corridor.S]) + max(front + float((room - STEEPEST * np.abs(d - d[c])).min()), halt)
            walls += [wall_at(c, way, s, "stop: the lane is blocked", rule=False)] if s < way.blocked - LEAST else []
    return walls


def dead_ends(ways: list[Way], front: float, briefing: Briefing, ego: EgoState) -> list[Wall]:
    """Where to stop in each lane from which the way goes on only beside it, what follows being a shoulder or nothing:
    so far before its end that the lane beside it can be reached from standstill. front as in `room_before`; none in the
    official verdict, and where all that is asked is to get through the time unharmed."""
    if briefing.limits.exact or all(goal.survival for goal in briefing.goals):
        return []
    end = np.array([_ends(way, briefing) for way in ways])
    d = np.array([way.scalars[Corridor.D] for way in ways])
    on = d[[free(way) and not ends for way, ends in zip(ways, end, strict=True)]]
    walls: list[Wall] = []
    for c in np.flatnonzero(end).tolist():
        way = ways[c]
        here, last = float(way.scalars[Corridor.S]), way.path.end
        left = last - here - front
        if 0.0 <= left < LOOK and max(ego.speed, 0.0) ** 2 <= 2.0 * END_BRAKE * max(left, 0.3):
            turn_out = last - (STEEPEST * float(np.abs(on - d[c]).min()) if len(on) else 0.0)
            place = min(last, max(turn_out, here + _halt(front, ego)))
            walls.append(wall_at(c, way, place, "stop: the lane ends", rule=False))
    return walls


def _halt(front: float, ego: EgoState) -> float:
    """How far ahead of its rear axle [m] a car's front, `front` [m] before it, comes to a stand with ease."""
    return front + STOPS + max(ego.speed, 0.0) ** 2 / (2.0 * BRAKE)


def _ends(way: Way, briefing: Briefing) -> bool:
    """Whether a corridor's last lane leads nowhere, lies beside another, and is not where we want to go."""
    graph, last = briefing.graph, int(way.path.lanes[-1])
    if len(way.goals) or len(way.borrowed) or len(graph.successors(last)):
        return False
    beside = graph.left_same[last] and graph.left_neighbour[last] >= 0
    return bool(beside or (graph.right_same[last] and graph.right_neighbour[last] >= 0))
