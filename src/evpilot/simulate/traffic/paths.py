"""The ways that drivers follow: chains of lanes as one line, with all that rules it, in arrays for the kernels."""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from evpilot.geometry.polyline import arc_length, resample
from evpilot.maps.right_of_way import turned
from evpilot.types import Arrow, LaneGraph, LaneKind, Marking, Priority, StopKind, Turn, User
from evpilot.types.state import Array, Bools, Bytes, Ints

STEP = 2.0  # [m] between the points of a path
BACK = 60.0  # [m] of lanes behind a driver that its path keeps, to see who follows
BEND_SPAN = 6.0  # [m] to either side, over which the curvature is taken: recorded maps have kinks
BEND_ACCEL = 2.5  # [m/s2] across, in curves
CAP_BRAKE = 2.0  # [m/s2] braking for a curve or a lower limit
SPEED_FREE = 60.0  # [m/s] where nothing limits
WAIT_BEFORE = 1.0  # [m] before a conflict without a line where one waits
LINE_REACH = 15.0  # [m] how far before a conflict's junction lane a stop line may stand to be its waiting place
DEAD_AHEAD = 500.0  # [m] further ahead nobody minds that a lane ends
TOUCHING = 0.05  # [m] joints closer than this need no point twice

STOP_SIGN, LIGHT, CROSSWALK = 0, 1, 2  # what `Ways.event` rows are
MERGE = 1.0  # in the last column of `Ways.clash`: the two lanes join
TURNS = 5  # movements in the table of lights: by `Turn`
ARROWS = {
    Turn.NONE: Arrow.STRAIGHT,
    Turn.STRAIGHT: Arrow.STRAIGHT,
    Turn.LEFT: Arrow.LEFT,
    Turn.U_TURN: Arrow.LEFT,
    Turn.RIGHT: Arrow.RIGHT,
}
CLOSED = (LaneKind.SHOULDER, LaneKind.BICYCLE, LaneKind.SIDEWALK, LaneKind.CROSSWALK, LaneKind.PARKING)
# [m/s] that one drives where no limit is known: the general limits of StVO section 3, and a motorway's advised speed.
LIMITS = {
    LaneKind.URBAN: 50 / 3.6,
    LaneKind.INTERSECTION: 50 / 3.6,
    LaneKind.COUNTRY: 100 / 3.6,
    LaneKind.MOTORWAY: 130 / 3.6,
}
CLOSED_LINE = (Marking.SOLID, Marking.BROAD_SOLID, Marking.CURB)


T = TypeVar("T", np.float64, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lanes:
    """What is the same for all paths of a map.

    center: each lane's line (P, 3) [m] with points at most STEP apart; width (L,) [m]; limit (L,)
    [m/s], a usual one where none is known; open (L,) whether cars may drive
    there; onward (L,) the straightest open successor or -1, back (L,) the straightest predecessor or -1; to_left,
    to_right (L,) the neighbour that one may change to, or -1; dead (L,) [m] from a lane's start along `onward` to where
    the lane ends and one must have left it, inf when it never does.
    """

    graph: LaneGraph
    center: tuple[Array, ...]
    plain: Array
    width: Array
    limit: Array
    open: Bools
    onward: Ints
    back: Ints
    to_left: Ints
    to_right: Ints
    dead: Array


def survey(graph: LaneGraph) -> Lanes:
    """Work out `Lanes` of a map."""
    count = len(graph)
    center = tuple(resample(graph.center[graph.points(k)], STEP) for k in range(count))
    usable = (graph.users & User.VEHICLE != 0) & ~np.isin(graph.kind, CLOSED)
    bend = np.abs(turned(graph))
    guess = np.array([LIMITS.get(LaneKind(kind), SPEED_FREE) for kind in graph.kind.tolist()])
    sides: list[Ints] = []
    for beside, same, marking in (
        (graph.left_neighbour, graph.left_same, graph.left_marking),
        (graph.right_neighbour, graph.right_same, graph.right_marking),
    ):
        fits = (beside >= 0) & same & usable[beside] & ~np.isin(marking, CLOSED_LINE)
        sides.append(np.where(fits & (graph.junction < 0), beside, -1).astype(np.int64))
    onward = np.array([_straightest(graph.successors(k), usable, bend) for k in range(count)], np.int64)
    return Lanes(
        graph=graph,
        center=center,
        plain=np.ascontiguousarray(graph.center[:, :2]),
        width=_widths(graph),
        limit=np.where(np.isfinite(graph.speed_limit), graph.speed_limit, guess),
        open=usable,
        onward=onward,
        back=np.array([_straightest(graph.predecessors(k), usable, bend) for k in range(count)], np.int64),
        to_left=sides[0],
        to_right=sides[1],
        dead=_dead(graph, onward, sides),
    )


def _straightest(choice: Ints, usable: Bools, bend: Array) -> int:
    return min(choice.tolist(), key=lambda k: (not usable[k], bend[k], k), default=-1)


def _widths(graph: LaneGraph) -> Array:
    across = np.hypot(*(graph.left[:, :2] - graph.right[:, :2]).T)
    return np.add.reduceat(across, graph.point_start[:-1]) / np.diff(graph.point_start)


def _dead(graph: LaneGraph, onward: Ints, sides: list[Ints]) -> Array:
    """A lane without successor beside lanes that go on is a lane that ends; where all end, the map ends."""
    goes_on = onward >= 0
    saved = np.zeros(len(graph), np.bool_)
    for side in sides:
        reach = goes_on.copy()
        for _ in range(12):
            reach = goes_on | ((side >= 0) & reach[side])
        saved |= reach & ~goes_on
    dead = np.where(saved, graph.length, np.inf)
    for _ in range(30):
        follow = np.where(goes_on, graph.length + dead[onward], dead)
        follow[follow > DEAD_AHEAD] = np.inf
        if np.array_equal(follow, dead):
            break
        dead = follow
    return dead


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """One way: lanes (K,) and where each begins on it lane_s (K,) [m]; origin [m] where its first own lane begins (the
    lanes before it lie behind). point (P, 5): x, y, z, curve speed, limit [m/s]; arc (P,) [m]. event (E, 4): s [m],
    kind, lane or crosswalk, turn. clash (C, 8): from s to s [m], the other lane, from s to s [m] on it, who yields (1
    we, 0 they, 2 both or none), where to wait [m], whether they merge. wall: one must leave it before its end."""

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
    limit = lanes.limit[np.repeat(whole, np.diff(np.append(begin, len(line))))]
    point = np.column_stack(
        [line, _ahead(_curve_speed(line, arc), arc), _ahead(np.minimum(limit, SPEED_FREE), arc)],
    )
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
            wait = _waiting(graph, whole, lane_s, place, s_in)
            rows.append((s_in, s_out, float(other), float(span[2]), float(span[3]), yields, wait, merge))
    return np.array(sorted(rows), np.float64).reshape(-1, 8)


def _meet(a: Ints, b: Ints) -> bool:
    return bool(set(a.tolist()) & set(b.tolist()))


def _yields_back(graph: LaneGraph, lane: int, other: int) -> bool:
    rows = slice(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1]))
    return bool(np.any(graph.conflict_yields[rows] & (graph.conflict[rows] == other)))


def _waiting(graph: LaneGraph, whole: list[int], lane_s: Array, place: int, s_in: float) -> float:
    """Where to wait for a conflict: at the stop line before it, at its junction's edge if close, else just before."""
    wait = s_in - WAIT_BEFORE
    if (
        place
        and graph.junction[whole[place]] >= 0 > graph.junction[whole[place - 1]]
        and s_in - lane_s[place] < LINE_REACH
    ):
        wait = min(wait, float(lane_s[place]))
    for before in range(max(place - 1, 0), place + 1):
        for k in np.flatnonzero(graph.stop_lane == whole[before]):
            line = float(lane_s[before] + graph.stop_s[k])
            if s_in - LINE_REACH - 10.0 < line < s_in:
                wait = min(wait, line)
    return wait


def red_table(graph: LaneGraph, index: Ints, state: Bytes) -> Ints:
    """What lights show to each movement out of each lane (L, TURNS): -1 where none rules it, else a `LightState`; where
    several do, the one with the arrow counts, and of equals the last. index (G,), state (G,): lights as they show."""
    table = np.full((len(graph), TURNS), -1, np.int64)
    strength = np.zeros((len(graph), TURNS), np.int64)
    for light, shown in zip(index.tolist(), state.tolist(), strict=True):
        arrow = int(graph.light_arrow[light])
        lanes = graph.light_lane[graph.light_lane_start[light] : graph.light_lane_start[light + 1]]
        for turn, needs in ARROWS.items():
            if arrow == Arrow.ALL or arrow & needs:
                rank = 1 if arrow == Arrow.ALL else 2
                rows = lanes[strength[lanes, turn] <= rank]
                table[rows, turn] = shown
                strength[rows, turn] = rank
    return table


class Ways:
    """All paths in use, end to end in arrays that only grow. A path is named by its number."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.paths: list[Path] = []
        self._number: dict[tuple[int, ...], int] = {}
        self._tables = [np.zeros((1024, 5)), np.zeros(1024), np.zeros(64), np.zeros((64, 4)), np.zeros((64, 8))]
        self._lane = np.zeros(64, np.int64)
        self._used = [0] * len(self._tables)
        self._first = np.zeros((64, 5), np.int64)

    def add(self, chain: list[int]) -> int:
        """The number of the path along a chain of lanes, made if it is new."""
        key = tuple(chain)
        if key not in self._number:
            path = make_path(self.lanes, chain)
            self._number[key] = len(self.paths)
            self._append(path)
            self.paths.append(path)
        return self._number[key]

    def _append(self, path: Path) -> None:
        parts = (path.point, path.arc, path.lane_s, path.event, path.clash)
        self._tables = [
            _grown(table, used, part) for table, used, part in zip(self._tables, self._used, parts, strict=True)
        ]
        self._lane = _grown(self._lane, self._used[2], path.lanes)
        self._used = [used + len(part) for used, part in zip(self._used, parts, strict=True)]
        number = len(self.paths) + 1
        if number >= len(self._first):
            self._first = np.concatenate([self._first, np.zeros_like(self._first)])
        self._first[number] = (self._used[0], self._used[2], self._used[3], self._used[4], path.wall)

    @property
    def arrays(self) -> tuple[Array, Array, Ints, Array, Array, Array, Ints]:
        """point (Q, 5), arc (Q,), lane (M,), lane_s (M,), event (E, 4), clash (C, 8), and first (W + 1, 5): where path
        w begins in points, lanes, events, clashes (it ends where w + 1 begins), and in row w + 1 whether it ends in a
        wall."""
        point, arc, lane_s, event, clash = self._tables
        return point, arc, self._lane, lane_s, event, clash, self._first


def _grown(table: npt.NDArray[T], used: int, part: npt.NDArray[T]) -> npt.NDArray[T]:
    """The table with a part written behind its first `used` rows; a larger one when it is full."""
    end = used + len(part)
    if end > len(table):
        larger = np.zeros((2 * end, *table.shape[1:]), table.dtype)
        larger[:used] = table[:used]
        table = larger
    table[used:end] = part
    return table
