"""The ways that the car took through junctions, and whose ways they cross."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place
from evpilot.geometry.polyline import arc_length, project
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

LANES_MAX = 14  # of one junction: half round a ring with many arms
BEFORE, AHEAD = 60.0, 40.0  # [m] along the roads that lead to a junction and away from it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movement:
    """One way through a junction: its lanes; first and last planning tick in it; line (P, 2) [m], arc (P,) [m] from
    `BEFORE` the junction to `AHEAD` behind it; begin (n,) [m] where each of its lanes starts on the line."""

    lanes: tuple[int, ...]
    first: int
    last: int
    line: Array
    arc: Array
    begin: Array

    def places(self, points: Array) -> Array:
        """Where points (N, 2) are on the line (N, 2): along and to the left [m]."""
        last = len(self.arc) - 1
        return np.array([project(x, y, self.line, self.arc, 0, last)[:2] for x, y in points]).reshape(-1, 2)

    def conflicts(self, graph: LaneGraph) -> list[tuple[int, int, float, float]]:
        """What crosses or joins it: (row in the graph's conflicts, other lane, from, to [m] on the line)."""
        found: list[tuple[int, int, float, float]] = []
        for lane, begin in zip(self.lanes, self.begin.tolist(), strict=True):
            for row in range(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1])):
                low, high = graph.conflict_span[row, :2].tolist()
                found.append((row, int(graph.conflict[row]), begin + low, begin + high))
        return found


def movements(drive: Drive, place: Place) -> list[Movement]:
    """Every way through a junction, from the lane before it to the lane behind it; one that the drive ends in goes as
    the car was located last."""
    graph = drive.graph
    inside = (place.lane >= 0) & (graph.junction[place.lane] >= 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    found: list[Movement] = []
    for first, end in edges.reshape(-1, 2).tolist():
        before = int(place.lane[first - 1]) if first > 0 else -1
        after = int(place.lane[end]) if end < len(drive) else -1
        lanes = _chain(graph, before, after) or _driven(place.lane[first:end])
        found.append(_movement(graph, before, lanes, first, end - 1))
    return found


def _chain(graph: LaneGraph, before: int, after: int) -> list[int]:
    """The fewest junction lanes from one lane to another; empty when there is no such way."""
    if before < 0 or after < 0:
        return []
    came: dict[int, int] = {}
    queue = deque([before])
    depth = {before: 0}
    while queue:
        lane = queue.popleft()
        for after_lane in graph.successors(lane).tolist():
            if after_lane == after and lane != before:
                chain = [lane]
                while came[chain[-1]] != before:
                    chain.append(came[chain[-1]])
                return chain[::-1]
            if graph.junction[after_lane] >= 0 and after_lane not in came and depth[lane] < LANES_MAX:
                came[after_lane] = lane
                depth[after_lane] = depth[lane] + 1
                queue.append(after_lane)
    return []


def _driven(lanes: Ints) -> list[int]:
    """The lanes in the order in which they were driven, each once."""
    return list(dict.fromkeys(lanes.tolist()))


def _movement(graph: LaneGraph, before: int, lanes: list[int], first: int, last: int) -> Movement:
    parts = [graph.center[graph.points(lane), :2] for lane in lanes]
    begin = np.concatenate([[0.0], np.cumsum(graph.length[lanes])])[:-1]
    if before >= 0 and lanes[0] in graph.successors(before):
        parts.insert(0, _piece(graph, before, float(graph.length[before]) - BEFORE, float(graph.length[before])))
        begin = begin + arc_length(np.ascontiguousarray(parts[0]))[-1]
    onward = graph.successors(lanes[-1])
    if len(onward):
        parts.append(_piece(graph, int(onward[0]), 0.0, AHEAD))
    line = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
    line = np.ascontiguousarray(line[np.concatenate([[True], np.hypot(*np.diff(line, axis=0).T) > 1e-6])])
    return Movement(lanes=tuple(lanes), first=first, last=last, line=line, arc=arc_length(line), begin=begin)


def _piece(graph: LaneGraph, lane: int, low: float, high: float) -> Array:
    """The centre (P, 2) of a lane between two places on it [m], as far as it reaches."""
    rows = graph.points(lane)
    arc = graph.arc[rows]
    low, high = max(low, 0.0), min(high, float(arc[-1]))
    at = np.concatenate([[low], arc[(arc > low) & (arc < high)], [high]])
    return np.column_stack([np.interp(at, arc, graph.center[rows, k]) for k in range(2)])
