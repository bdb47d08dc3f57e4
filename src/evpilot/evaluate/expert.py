"""The reference for progress: how far an IDM driver gets along the route in the drive's time, in the drive's traffic.

nuPlan compares with the log's expert, who drove in the same traffic (nuplan-devkit, ego_progress_along_expert_route).
The reference stays behind who is ahead on its lane, or on the one beside where that leads further, but waits for nobody
else, and stops counting at the goal.
"""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.criteria.rules import along_lanes
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.reference.ahead import Ahead, Piece, ahead_on
from evpilot.evaluate.reference.idm import UNKNOWN_LIMIT, distance_on
from evpilot.maps.route import cost_to_go, goal_spans, lane_sequence, neighbours
from evpilot.types import Goal, LaneGraph
from evpilot.types.state import Array

SPARE = 100.0  # [m] of route beyond what the fastest driver covers
WAY_SLACK = 0.5  # [m] of the way that the car made
LANE_CHANGE = 1.0  # [m] enough to prefer the route with fewer changes, too little to make a detour


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the car got along its route, how far the reference would have got, and how far the goal was [m, inf when
    there is no place to reach]; expert is None where the start is on no lane."""

    car: float
    expert: float | None
    goal: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remaining:
    """Driving left to the nearest goal on each lane: metres (L,) from its start, follow (L,) the lane to go on with or
    -1; first, last: per lane where on it the goal begins and ends [m]."""

    graph: LaneGraph
    metres: Array
    follow: tuple[int, ...]
    first: dict[int, float]
    last: dict[int, float]

    def at(self, lane: int, s: float) -> float:
        """Metres left to the goal from s [m] on a lane; inf where no way leads to it."""
        if lane in self.first and s > self.last[lane]:
            ways = self.metres[self.graph.successors(lane)]
            return float(self.graph.length[lane] - s + ways.min()) if len(ways) else float("inf")
        return max(float(self.metres[lane]) - s, 0.0)

    def route(self, lane: int, s: float) -> list[Piece]:
        """The pieces of lanes from a place to the goal; a lane change takes no distance."""
        pieces: list[Piece] = []
        for _ in range(2 * len(self.graph)):
            if lane in self.first and s <= self.last[lane]:
                return [*pieces, (lane, s, max(s, self.first[lane]))]
            after = self._after(lane)
            if after < 0:
                return pieces
            if after in self.graph.successors(lane):
                pieces.append((lane, s, float(self.graph.length[lane])))
                s = 0.0
            else:
                s *= float(self.graph.length[after] / self.graph.length[lane])
            lane = after
        return pieces

    def _after(self, lane: int) -> int:
        if lane not in self.first:
            return self.follow[lane]
        ways = self.graph.successors(lane)
        return int(ways[np.argmin(self.metres[ways])]) if len(ways) else -1


def remaining(graph: LaneGraph, goals: tuple[Goal, ...]) -> Remaining:
    """Work out the metres to the goals along the cheapest ways."""
    cost = cost_to_go(graph, goals, LANE_CHANGE)
    lanes, begin, end, _ = goal_spans(graph, goals)
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for lane, s0, s1 in zip(lanes.tolist(), begin.tolist(), end.tolist(), strict=True):
        first[lane] = min(s0, first.get(lane, s0))
        last[lane] = max(s1, last.get(lane, s1))
    metres = np.full(len(graph), np.inf)
    follow = np.full(len(graph), -1, np.int64)
    for lane in np.argsort(cost, kind="stable").tolist():
        if lane in first:
            metres[lane] = first[lane]
        elif np.isfinite(cost[lane]):
            ways = [
                (float(cost[k] + graph.length[lane]), int(k), float(graph.length[lane])) for k in graph.successors(lane)
            ]
            ways += [(float(cost[k] + LANE_CHANGE), k, 0.0) for k in neighbours(graph, lane)]
            _, after, extra = min(ways)
            metres[lane], follow[lane] = metres[after] + extra, after
    return Remaining(graph=graph, metres=metres, follow=tuple(follow.tolist()), first=first, last=last)


def progress(drive: Drive, place: Place, reached: bool) -> Progress:
    """The car's and the reference's distance along the route.

    To a goal that lies at a place: how much nearer the car has come to it at best, all the way if it has reached it.
    Else, or where no way leads to the goal: the distance along the lanes that it drove on, backwards counting against
    it; the reference then follows the car's own lanes.
    """
    left, starts = _to_goal(drive, place)
    if left is not None:
        distance, start = starts[0]
        best = 0.0 if reached else min(left.at(*at) for held in place.held for at in held)
        expert = _furthest(drive, left.route(*start), [left.route(*at) for at in _beside(drive, *start)])
        return Progress(car=max(distance - best, 0.0), expert=min(expert, distance), goal=distance)
    car = float(np.sum(along_lanes(drive, place)))
    if place.lane[0] < 0:
        return Progress(car=car, expert=None, goal=np.inf)
    start = int(place.lane[0]), float(place.s[0])
    beside = [_own_route(drive, place, *at) for at in _beside(drive, *start)]
    expert = _furthest(drive, _own_route(drive, place, *start), beside)
    return Progress(car=car, expert=expert, goal=np.inf)


def _to_goal(drive: Drive, place: Place) -> tuple[Remaining | None, list[tuple[float, tuple[int, float]]]]:
    """What is left to a goal that lies at a place, and metres to it from each start, the least first; None where no way
    leads there."""
    goals = drive.run.briefing.goals
    if not goals or any(goal.survival for goal in goals) or not place.held[0]:
        return None, []
    left = remaining(drive.graph, goals)
    starts = sorted((left.at(*at), at) for at in place.held[0])
    return (left, starts) if np.isfinite(starts[0][0]) else (None, [])


def _beside(drive: Drive, lane: int, s: float) -> list[tuple[int, float]]:
    """The same place on the lanes beside."""
    length = drive.graph.length
    return [(k, float(s * length[k] / length[lane])) for k in neighbours(drive.graph, lane)]


def _furthest(drive: Drive, route: list[Piece], beside: list[list[Piece]]) -> float:
    """How far the reference gets [m] in the traffic on a route or, where that leads further, on those beside; at most
    as far as alone on the first."""
    steps = max(round(drive.duration / drive.step), 0)
    alone = distance_on(drive, route, steps, Ahead.nobody(len(drive)))
    reached = 0.0
    for way in (route, *beside):
        if reached < alone:
            reached = max(reached, distance_on(drive, way, steps, ahead_on(drive, way)))
    return min(reached, alone)


def time_alone(drive: Drive, place: Place, made: Progress, reached: bool) -> float:
    """Time [s] that the reference needs alone on the road for the way that the car made; the drive's own where it needs
    longer."""
    route = _route(drive, place)
    total = max(round(drive.duration / drive.step), 1)
    if not route:
        return drive.duration
    nobody = Ahead.nobody(len(drive))
    way = made.goal if reached and np.isfinite(made.goal) else made.car
    low, high = 0, total
    while low < high:  # its distance grows with its time: bisection
        middle = (low + high) // 2
        if distance_on(drive, route, middle, nobody) >= way - WAY_SLACK:
            high = middle
        else:
            low = middle + 1
    return min(low * drive.step, drive.duration)


def _route(drive: Drive, place: Place) -> list[Piece]:
    """The way to the goal from the start, or where there is none, the car's own lanes."""
    left, starts = _to_goal(drive, place)
    if left is not None:
        return left.route(*starts[0][1])
    return _own_route(drive, place, int(place.lane[0]), float(place.s[0])) if place.lane[0] >= 0 else []


def _own_route(drive: Drive, place: Place, lane: int, s: float) -> list[Piece]:
    """From s [m] on a lane on, the lanes that the car drove on, then the straightest, for as far as anyone gets."""
    graph = drive.graph
    strange = np.ones(len(graph))
    strange[place.lane[place.lane >= 0]] = 0.0
    length = s + SPARE + drive.duration * max(drive.speed.max(), max(UNKNOWN_LIMIT.values()))
    sequence = lane_sequence(graph, lane, length, strange)
    return [(int(k), s if k == lane else 0.0, float(graph.length[k])) for k in sequence]
