"""Changing lanes before somebody who comes along the other one."""

import numpy as np

from evpilot.evaluate.criteria.priority import demand
from evpilot.evaluate.criteria.single import events
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.others import Track, tracks
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.reference.careful import EMERGENCY
from evpilot.geometry.polyline import arc_length, project
from evpilot.types import VEHICLES, LaneGraph, MetricResult, ObjectKind
from evpilot.types.state import Array

LETS_IN = 8.0  # [m/s] where all are as slow, one lets another in
OVER_MOST = 6.0  # [s] that a body is over the line before its middle is
ON_IT = 1.3  # [m] beside a lane's middle
BEHIND = 100.0  # [m] and what lanes lead there
SAME_WAY = 0.5  # [rad]


def cut_in(drive: Drive, place: Place) -> MetricResult:
    """One value for each change to a lane on which somebody came who was faster than `LETS_IN`: how hard [m/s2] it had
    to brake, a careful driver's reaction after we came over the line, so as not to run into us; at most `EMERGENCY`."""
    times: list[int] = []
    values: list[float] = []
    logged = tracks(drive)
    for tick, lane in changes(drive.graph, place, round(OVER_MOST / drive.step)):
        lines = _leading_to(drive.graph, lane)
        asked = [demand(drive, track, tick, 0.0) for track in logged.values() if _comes(drive, track, tick, lines)]
        if asked:
            times.append(int(drive.t_ns[tick]))
            values.append(max(asked))
    clause = "Vienna Convention on Road Traffic 1968, art. 14 (1); UN R157 Annex 3's reaction"
    passed = max(values) <= EMERGENCY if values else None
    return events("cut_in", clause, "m/s2", times, values, EMERGENCY, passed)


def changes(graph: LaneGraph, place: Place, most: int) -> list[tuple[int, int]]:
    """The tick in which the body comes over the line, at most so many before the middle does, and the new lane, of each
    change of lanes."""
    lanes = place.lane
    changed = (np.flatnonzero(np.diff(lanes)) + 1).tolist()
    return [
        (_over_the_line(place, tick, tick - most), int(lanes[tick]))
        for tick in changed
        if _beside(graph, int(lanes[tick - 1]), int(lanes[tick]))
    ]


def _beside(graph: LaneGraph, before: int, after: int) -> bool:
    """Whether a lane lies beside another, or one of those that this leads to, and goes the same way."""
    if before < 0 or after < 0 or after in graph.successors(before):
        return False
    onward = np.append(graph.successors(before), before)
    left = (graph.left_neighbour[onward] == after) & graph.left_same[onward]
    right = (graph.right_neighbour[onward] == after) & graph.right_same[onward]
    return bool(np.any(left | right))


def _over_the_line(place: Place, tick: int, first: int) -> int:
    """The first tick, before one in which the middle is on another lane, from which on the body was on both."""
    while tick > max(first, 0) and not place.one_lane[tick - 1]:
        tick -= 1
    return tick


def _leading_to(graph: LaneGraph, lane: int) -> list[tuple[Array, Array]]:
    """The middles (P, 2) [m], and arc lengths (P,) [m], of a lane and of those that lead to it, for `BEHIND`."""
    found: list[tuple[Array, Array]] = []
    ahead = [(lane, BEHIND)]
    while ahead:
        one, rest = ahead.pop()
        line = np.ascontiguousarray(graph.center[graph.points(one), :2])
        found.append((line, arc_length(line)))
        if rest > 0.0:
            ahead.extend((int(k), rest - float(graph.length[k])) for k in graph.predecessors(one))
    return found


def _comes(drive: Drive, track: Track, tick: int, lines: list[tuple[Array, Array]]) -> bool:
    """Whether somebody comes along one of some lines, from behind or beside us, in a tick."""
    k = track.row_at(tick)
    if k < 0 or track.kind not in (*VEHICLES, ObjectKind.BICYCLE) or track.speed[k] < LETS_IN:
        return False
    x, y, yaw = drive.box[tick, :3]
    dx, dy = track.box[k, 0] - x, track.box[k, 1] - y
    behind = -BEHIND < np.cos(yaw) * dx + np.sin(yaw) * dy < 0.0
    if not behind or np.cos(track.box[k, 2] - yaw) < np.cos(SAME_WAY):
        return False
    there = float(track.box[k, 0]), float(track.box[k, 1])
    places = (project(*there, line, arc, 0, len(line) - 1) for line, arc in lines)
    return any(abs(d) < ON_IT for _, d, _ in places)
