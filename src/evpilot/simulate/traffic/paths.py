"""The ways that drivers follow: chains of lanes as one line, with all that rules it."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.polyline import arc_length
from evpilot.maps.right_of_way import end_heading
from evpilot.simulate.traffic.lanes import SPEED_FREE, Lanes
from evpilot.types import LaneGraph, Priority, StopKind, Turn
from evpilot.types.state import Array, Ints

BACK = 60.0  # [m] of lanes behind a driver that its path keeps, to see who follows
BEND_SPAN = 6.0  # [m] to either side, over which the curvature is taken: recorded maps have kinks
BEND_ACCEL = 2.5  # [m/s2] across, in curves
CAP_BRAKE = 2.0  # [m/s2] braking for a curve or a lower limit
WAIT_BEFORE = 1.0  # [m] before a conflict without a line where one waits
LINE_REACH = 15.0  # [m] how far before a conflict's junction lane a stop line may stand to be its waiting place
AGAINST = -0.7  # cosine of the angle between two approaches that are oncoming to each other
ROOM_INSIDE = 1.5  # [m] in a junction, at least, of who waits there: else it stands on the crosswalk before it
TOUCHING = 0.05  # [m] joints closer than this need no point twice

STOP_SIGN, LIGHT, CROSSWALK = 0, 1, 2  # what `Path.event` rows are
MERGE = 1.0  # in the eighth column of `Path.clash`: the two lanes join


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """One way: lanes (K,) and where each begins on it lane_s (K,) [m]; origin [m] where its first own lane begins (the
    lanes before it lie behind). point (P, 6): x, y, z, curve speed, limit [m/s], half
    the lane's width [m]; arc (P,) [m]. event (E, 4): s [m],
    kind, lane or crosswalk, turn. clash (C, 9): from s to s [m], the other lane, from s to s [m] on it, who yields (1
    we, 0 they, 2 both or none), where to wait [m], whether they merge, where they wait [m] on the other lane. wall: one
    must leave it before its end."""

    lanes: Ints
    lane_s: Array
    origin: float
    point: Array
    arc: Array
    event: Array
    clash: Array
    wall: bool

    @property
    def length(self) -> float:
        """[m] of the whole line."""
        return float(self.arc[-1])

    def lane_at(self, s: float) -> int:
        """The place in `lanes` of the one at s [m]."""
        return max(int(np.searchsorted(self.lane_s, s, side="right")) - 1, 0)


def make_path(lanes: Lanes, chain: list[int]) -> Path:
    """The way along a chain of connected lanes, with up to BACK metres of lanes before it."""
    behind: list[int] = []
    gained, first = 0.0, chain[0]
    while gained < BACK and lanes.back[first] >= 0 and lanes.back[first] not in behind and len(behind) < 20:
        first = int(lanes.back[first])
        behind.insert(0, first)
        gained += float(lanes.graph.length[first])
    whole = behind + chain
    line, begin = _joined(lanes, whole)
    arc = arc_length(line[:, :2])
    lane_s = arc[begin]
    lane = np.repeat(whole, np.diff(np.append(begin, len(line))))
    limit = _ahead(np.minimum(lanes.limit[lane], SPEED_FREE), arc)
    point = np.column_stack([line, _ahead(_curve_speed(line, arc), arc), limit, 0.5 * lanes.width[lane]])
    last = chain[-1]
    return Path(
        lanes=np.array(whole, np.int64),
        lane_s=lane_s,
        origin=float(lane_s[len(behind)]),
        point=point,
        arc=arc,
        event=_events(lanes.graph, whole, lane_s),
        clash=_clashes(lanes.graph, whole, lane_s),
        wall=bool(lanes.onward[last] < 0 and lanes.dead[last] < np.inf),
    )


def _joined(lanes: Lanes, whole: list[int]) -> tuple[Array, Ints]:
    """All points in turn, and the row at which each lane begins."""
    parts: list[Array] = []
    begin: list[int] = []
    rows = 0
    for lane in whole:
        part = lanes.center[lane]
        if parts and math.hypot(*(part[0, :2] - parts[-1][-1, :2])) < TOUCHING:
            part = part[1:]
            begin.append(rows - 1)
        else:
            begin.append(rows)
        parts.append(part)
        rows += len(part)
    return np.concatenate(parts), np.array(begin, np.int64)


def _curve_speed(line: Array, arc: Array) -> Array:
    step = np.diff(line[:, :2], axis=0)
    middle = 0.5 * (arc[1:] + arc[:-1])
    yaw = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    bend = np.abs(np.interp(arc + BEND_SPAN, middle, yaw) - np.interp(arc - BEND_SPAN, middle, yaw)) / (2.0 * BEND_SPAN)
    return np.clip(np.sqrt(BEND_ACCEL / np.maximum(bend, 1e-6)), 2.0, SPEED_FREE)


def _ahead(cap: Array, arc: Array) -> Array:
    """The speed from which every lower cap ahead is met by braking at CAP_BRAKE."""
    energy = cap * cap + 2.0 * CAP_BRAKE * arc
    least = np.minimum.accumulate(energy[::-1])[::-1]
    return np.sqrt(np.maximum(least - 2.0 * CAP_BRAKE * arc, 0.0))


def _events(graph: LaneGraph, whole: list[int], lane_s: Array) -> Array:
    rows: list[tuple[float, float, float, float]] = []
    kinds = {StopKind.STOP_SIGN: STOP_SIGN, StopKind.LIGHT: LIGHT}
    walk_of = np.repeat(np.arange(len(graph.crosswalk_lane_start) - 1), np.diff(graph.crosswalk_lane_start))
    for place, lane in enumerate(whole):
        turn = float(graph.turn[whole[place + 1]]) if place + 1 < len(whole) else 0.0
        for k in np.flatnonzero(graph.stop_lane == lane):
            kind = StopKind(int(graph.stop_kind[k]))
            if kind in kinds:
                rows.append((float(lane_s[place] + graph.stop_s[k]), float(kinds[kind]), float(lane), turn))
        for k in np.flatnonzero(graph.crosswalk_lane == lane):
            s = float(lane_s[place] + graph.crosswalk_span[k, 0])
            rows.append((s, float(CROSSWALK), float(walk_of[k]), turn))
    return np.array(sorted(rows), np.float64).reshape(-1, 4)


def _clashes(graph: LaneGraph, whole: list[int], lane_s: Array) -> Array:
    rows: list[tuple[float, ...]] = []
    own = set(whole)
    for place, lane in enumerate(whole):
        low, high = int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1])
        for k in range(low, high):
            other = int(graph.conflict[k])
            if other in own or _meet(graph.predecessors(lane), graph.predecessors(other)):
                continue
            span = graph.conflict_span[k]
            yields = float(graph.conflict_yields[k])
            all_way = graph.priority[lane] == graph.priority[other] == Priority.ALL_WAY_STOP
            if all_way or bool(yields) == _yields_back(graph, other, lane):
                yields = 2.0
            merge = MERGE if _meet(graph.successors(lane), graph.successors(other)) else 0.0
            s_in, s_out = float(lane_s[place] + span[0]), float(lane_s[place] + span[1])
            wait = float(lane_s[place]) + _waiting_for(graph, whole[place - 1] if place else -1, lane, other, span[0])
            before = graph.predecessors(other)
            # who is between its line and the junction has entered nothing yet
            theirs = max(_waiting_for(graph, int(before[0]) if len(before) else -1, other, lane, span[2]), 0.0)
            rows.append((s_in, s_out, float(other), float(span[2]), float(span[3]), yields, wait, merge, theirs))
    return np.array(sorted(rows), np.float64).reshape(-1, 9)


def _meet(a: Ints, b: Ints) -> bool:
    return bool(set(a.tolist()) & set(b.tolist()))


def _yields_back(graph: LaneGraph, lane: int, other: int) -> bool:
    rows = slice(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1]))
    return bool(np.any(graph.conflict_yields[rows] & (graph.conflict[rows] == other)))


def _waiting_for(graph: LaneGraph, before: int, lane: int, other: int, low: float) -> float:
    """`_waiting` for who comes along another lane. Who turns left at a green light goes as far into the junction as
    nobody's way is crossed, waits there for the oncoming, and leaves it when they have red (StVO section 37 (2))."""
    wait = _waiting(graph, before, lane, float(low))
    if before < 0 or graph.turn[lane] != Turn.LEFT or not _oncoming(graph, before, lane, other):
        return wait
    rows = slice(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1]))
    crossed = [
        float(span[0])
        for third, span in zip(graph.conflict[rows].tolist(), graph.conflict_span[rows], strict=True)
        if before not in graph.predecessors(third)
    ]
    inside = min(crossed) - WAIT_BEFORE
    return max(wait, inside) if inside > ROOM_INSIDE else wait


def _oncoming(graph: LaneGraph, before: int, lane: int, other: int) -> bool:
    """Whether lights rule a junction lane and another, which has priority and is come to the opposite way."""
    theirs = graph.predecessors(other)
    if not _yields_back(graph, lane, other) or not len(theirs):
        return False
    lit = len(graph.lights_of(before)) > 0 and len(graph.lights_of(int(theirs[0]))) > 0
    return lit and math.cos(end_heading(graph, before) - end_heading(graph, int(theirs[0]))) < AGAINST


def _waiting(graph: LaneGraph, before: int, lane: int, low: float) -> float:
    """Where on a lane [m] who comes to it from the one before (-1: from none) waits for a conflict that begins at low
    [m]: at the stop line before it, at its junction's edge if close, else just before."""
    wait = low - WAIT_BEFORE
    if before >= 0 and graph.junction[lane] >= 0 > graph.junction[before] and low < LINE_REACH:
        wait = min(wait, 0.0)
    for k in np.flatnonzero(np.isin(graph.stop_lane, (before, lane))):
        line = float(graph.stop_s[k] - (graph.length[before] if graph.stop_lane[k] == before else 0.0))
        if low - LINE_REACH - 10.0 < line < low:
            wait = min(wait, line)
    return wait
