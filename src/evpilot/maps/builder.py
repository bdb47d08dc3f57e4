"""Making a lane graph: readers and generators say what there is, the builder works out the rest."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError
from evpilot.maps.beside import infer_neighbours
from evpilot.maps.conflicts import find_conflicts
from evpilot.maps.parts import Crosswalk, Lane, Post, Stop, across, joined, points_3d, starts
from evpilot.maps.regions import lane_spans
from evpilot.maps.right_of_way import find_yields, infer_junctions, infer_turns, spread_priority
from evpilot.types import Arrow, LaneGraph, LaneKind, Marking, Priority, StopKind, Turn, User
from evpilot.types.state import Array, Ints

LENGTH_MIN = 1e-3  # [m] a shorter lane has no direction
NO_CODES: Ints = np.zeros(0, np.int64)
NOBODY = User(0)


class GraphBuilder:
    """Collects lanes and what stands on them; `build` makes the graph. Lanes are named by the index `lane` returns."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self._stops: list[Stop] = []
        self._lights: list[Post] = []
        self._signs: list[Post] = []
        self._crosswalks: list[Crosswalk] = []

    def lane(
        self,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        *,
        lane_id: int | None = None,
        kind: LaneKind = LaneKind.URBAN,
        users: User = User.VEHICLE,
        users_against: User = NOBODY,
        speed_limit: float = np.inf,
        left_marking: Marking = Marking.UNKNOWN,
        right_marking: Marking = Marking.UNKNOWN,
        turn: Turn = Turn.NONE,
        junction: int = -1,
        priority: Priority = Priority.UNMARKED,
    ) -> int:
        """Add a lane between its bounds (P, 2 or 3) [m] in driving direction; return its index.

        speed_limit in m/s, inf when none is known. Raises EvpilotError when the bounds differ in length, have fewer
        than two points, are not finite, or when the centre line has no length.
        """
        bounds = [points_3d(side, f"lane {lane_id}") for side in (left, right)]
        if len(bounds[0]) != len(bounds[1]):
            raise EvpilotError(
                f"{len(bounds[0])} points left and {len(bounds[1])} right; both bounds must have the same number",
                place=f"lane {lane_id}",
            )
        if len(bounds[0]) < 2:
            raise EvpilotError("fewer than two points in a bound", place=f"lane {lane_id}")
        center = 0.5 * (bounds[0] + bounds[1])
        length = float(np.sum(np.hypot(*np.diff(center[:, :2], axis=0).T)))
        if length < LENGTH_MIN:
            raise EvpilotError(f"length {length:g} m, allowed {LENGTH_MIN} m or more", place=f"lane {lane_id}")
        if not speed_limit > 0.0:
            raise EvpilotError(f"speed limit {speed_limit:g} m/s, must be positive", place=f"lane {lane_id}")
        index = len(self._lanes)
        self._lanes.append(
            Lane(
                lane_id=index if lane_id is None else lane_id,
                left=bounds[0],
                right=bounds[1],
                kind=kind,
                users=users,
                users_against=users_against,
                speed_limit=speed_limit,
                left_marking=left_marking,
                right_marking=right_marking,
                turn=turn,
                junction=junction,
                priority=priority,
            )
        )
        return index

    def connect(self, lane: int, successor: int) -> None:
        """Say that a lane goes on in another."""
        if successor not in self._lanes[lane].successors:
            self._lanes[lane].successors.append(successor)

    def neighbours(self, left_lane: int, right_lane: int, same: bool = True) -> None:
        """Say that two lanes lie side by side, in the same direction."""
        if not same:
            self.opposite(left_lane, right_lane)
            return
        self.beside(right_lane, left=left_lane)
        self.beside(left_lane, right=right_lane)

    def opposite(self, one: int, other: int) -> None:
        """Say that two lanes of opposite directions share their left bound (traffic on the right)."""
        self.beside(one, left=other, same=False)
        self.beside(other, left=one, same=False)

    def beside(self, lane: int, *, left: int = -1, right: int = -1, same: bool = True) -> None:
        """Say what lies left or right of a lane, one-sided."""
        one = self._lanes[lane]
        if left >= 0:
            one.left_neighbour, one.left_same = left, same
        if right >= 0:
            one.right_neighbour, one.right_same = right, same

    def mirror_neighbours(self) -> None:
        """Let what one lane says of its neighbour hold for the neighbour too, where that says nothing."""
        for index, lane in enumerate(self._lanes):
            for other, same, on_left in (
                (lane.left_neighbour, lane.left_same, True),
                (lane.right_neighbour, lane.right_same, False),
            ):
                if other < 0:
                    continue
                # across an opposite neighbour the shared side keeps its name, else it changes
                if on_left != same and self._lanes[other].left_neighbour < 0:
                    self.beside(other, left=index, same=same)
                elif on_left == same and self._lanes[other].right_neighbour < 0:
                    self.beside(other, right=index, same=same)

    def mark(
        self,
        lane: int,
        *,
        junction: int | None = None,
        turn: Turn | None = None,
        priority: Priority | None = None,
        speed_limit: float | None = None,
    ) -> None:
        """Say more of a lane that was added before."""
        one = self._lanes[lane]
        one.junction = one.junction if junction is None else junction
        one.turn = one.turn if turn is None else turn
        one.priority = one.priority if priority is None else priority
        one.speed_limit = one.speed_limit if speed_limit is None else speed_limit

    def stop_line(
        self, lane: int, s: float, kind: StopKind = StopKind.LINE, points: npt.ArrayLike | None = None
    ) -> None:
        """Add a stop line at s [m] on a lane, across it unless its end points (2, 2 or 3) [m] are given."""
        ends = None if points is None else points_3d(points, "stop line")
        self._stops.append(Stop(lane, s, kind, ends))

    def light(
        self,
        lanes: Sequence[int],
        pose: npt.ArrayLike,
        arrow: Arrow = Arrow.ALL,
        light_id: int | None = None,
    ) -> int:
        """Add a traffic light at pose (4,) that rules the ends (or stop lines) of lanes; return its index."""
        number = len(self._lights) if light_id is None else light_id
        self._lights.append(Post(np.array(pose, float).reshape(4), tuple(lanes), number=number, arrow=arrow))
        return len(self._lights) - 1

    def sign(self, code: str, value: str, pose: npt.ArrayLike, lanes: Sequence[int]) -> None:
        """Add a traffic sign at pose (4,), as its source names it; it changes nothing by itself."""
        self._signs.append(Post(np.array(pose, float).reshape(4), tuple(lanes), code=code, value=value))

    def crosswalk(self, polygon: npt.ArrayLike, lanes: Sequence[int] | None = None) -> int:
        """Add a crosswalk (K, 2 or 3) [m] over lanes, found by geometry when not given; return its index."""
        self._crosswalks.append(Crosswalk(points_3d(polygon, "crosswalk"), None if lanes is None else tuple(lanes)))
        return len(self._crosswalks) - 1

    def build(self, *, find_neighbours: bool = False) -> LaneGraph:
        """The graph, with predecessors, arc lengths, conflicts, turns, and who yields, worked out.

        find_neighbours fills in neighbours by geometry for lanes that have none, for sources that often leave them out.
        Junctions that the source does not name are inferred from lanes that cross. A sign or light without a stop
        line gets one at its lane's end. Raises EvpilotError on a map with no lanes.
        """
        if not self._lanes:
            raise EvpilotError("the map has no lanes; a scenario needs at least one")
        graph = self._plain()
        if find_neighbours:
            graph = infer_neighbours(graph)
        start, conflict, span = find_conflicts(graph)
        graph = replace(graph, conflict_start=start, conflict=conflict, conflict_span=span)
        graph = replace(graph, junction=infer_junctions(graph))
        graph = replace(graph, turn=infer_turns(graph))
        graph = replace(graph, priority=spread_priority(graph))
        graph = replace(graph, conflict_yields=find_yields(graph))
        return self._with_crosswalks(self._with_stops(graph))

    def _plain(self) -> LaneGraph:
        """All that is given or follows lane by lane."""
        lanes = self._lanes
        left = np.concatenate([lane.left for lane in lanes])
        right = np.concatenate([lane.right for lane in lanes])
        center = 0.5 * (left + right)
        point_start = starts([len(lane.left) for lane in lanes])
        arc = _arcs(center, point_start)
        before: list[list[int]] = [[] for _ in lanes]
        for index, lane in enumerate(lanes):
            for after in lane.successors:
                before[after].append(index)
        return LaneGraph(
            lane_id=np.array([lane.lane_id for lane in lanes], np.int64),
            point_start=point_start,
            center=center,
            left=left,
            right=right,
            arc=arc,
            length=arc[point_start[1:] - 1],
            kind=np.array([lane.kind for lane in lanes], np.uint8),
            users=np.array([lane.users for lane in lanes], np.int64),
            users_against=np.array([lane.users_against for lane in lanes], np.int64),
            speed_limit=np.array([lane.speed_limit for lane in lanes], np.float64),
            left_marking=np.array([lane.left_marking for lane in lanes], np.uint8),
            right_marking=np.array([lane.right_marking for lane in lanes], np.uint8),
            successor_start=starts([len(lane.successors) for lane in lanes]),
            successor=joined([lane.successors for lane in lanes]),
            predecessor_start=starts([len(one) for one in before]),
            predecessor=joined(before),
            left_neighbour=np.array([lane.left_neighbour for lane in lanes], np.int64),
            right_neighbour=np.array([lane.right_neighbour for lane in lanes], np.int64),
            left_same=np.array([lane.left_same for lane in lanes], np.bool_),
            right_same=np.array([lane.right_same for lane in lanes], np.bool_),
            left_told=np.array([lane.left_neighbour >= 0 for lane in lanes], np.bool_),
            junction=np.array([lane.junction for lane in lanes], np.int64),
            turn=np.array([lane.turn for lane in lanes], np.uint8),
            priority=np.array([lane.priority for lane in lanes], np.uint8),
            conflict_start=np.zeros(len(lanes) + 1, np.int64),
            conflict=NO_CODES,
            conflict_span=np.zeros((0, 4)),
            conflict_yields=np.zeros(0, np.bool_),
            stop_line=np.zeros((0, 2, 3)),
            stop_lane=NO_CODES,
            stop_s=np.zeros(0),
            stop_kind=np.zeros(0, np.uint8),
            light_id=np.array([light.number for light in self._lights], np.int64),
            light_pose=np.array([light.pose for light in self._lights], np.float64).reshape(-1, 4),
            light_arrow=np.array([light.arrow for light in self._lights], np.uint8),
            light_lane_start=starts([len(light.lanes) for light in self._lights]),
            light_lane=joined([light.lanes for light in self._lights]),
            sign_code=tuple(sign.code for sign in self._signs),
            sign_value=tuple(sign.value for sign in self._signs),
            sign_pose=np.array([sign.pose for sign in self._signs], np.float64).reshape(-1, 4),
            sign_lane_start=starts([len(sign.lanes) for sign in self._signs]),
            sign_lane=joined([sign.lanes for sign in self._signs]),
            crosswalk_start=np.zeros(1, np.int64),
            crosswalk=np.zeros((0, 3)),
            crosswalk_lane_start=np.zeros(1, np.int64),
            crosswalk_lane=NO_CODES,
            crosswalk_span=np.zeros((0, 2)),
        )

    def _with_stops(self, graph: LaneGraph) -> LaneGraph:
        stops = list(self._stops)
        ruled = {lane: StopKind.LIGHT for light in self._lights for lane in light.lanes}
        kinds = {
            Priority.STOP: StopKind.STOP_SIGN,
            Priority.ALL_WAY_STOP: StopKind.STOP_SIGN,
            Priority.YIELD: StopKind.YIELD_SIGN,
        }
        for index, lane in enumerate(self._lanes):
            if lane.priority in kinds and lane.junction < 0:
                ruled.setdefault(index, kinds[lane.priority])
        drawn = {stop.lane for stop in stops}
        stops.extend(Stop(k, float(graph.length[k]), ruled[k], None) for k in sorted(ruled) if k not in drawn)
        stops.sort(key=lambda stop: (stop.lane, stop.s))
        s = [float(np.clip(stop.s, 0.0, graph.length[stop.lane])) for stop in stops]
        ends = [
            across(graph, stop.lane, at) if stop.ends is None else stop.ends for stop, at in zip(stops, s, strict=True)
        ]
        kind = [ruled[stop.lane] if stop.kind == StopKind.LINE and stop.lane in ruled else stop.kind for stop in stops]
        return replace(
            graph,
            stop_line=np.array(ends, np.float64).reshape(-1, 2, 3),
            stop_lane=np.array([stop.lane for stop in stops], np.int64),
            stop_s=np.array(s, np.float64),
            stop_kind=np.array(kind, np.uint8),
        )

    def _with_crosswalks(self, graph: LaneGraph) -> LaneGraph:
        lanes: list[list[int]] = []
        spans: list[Array] = []
        for one in self._crosswalks:
            crossed, span, _ = lane_spans(graph, one.polygon[:, :2])
            kept = [k for k in range(len(crossed)) if one.lanes is None or int(crossed[k]) in one.lanes]
            lanes.append([int(crossed[k]) for k in kept])
            spans.append(span[kept])
        return replace(
            graph,
            crosswalk_start=starts([len(one.polygon) for one in self._crosswalks]),
            crosswalk=np.concatenate([np.zeros((0, 3)), *(one.polygon for one in self._crosswalks)]),
            crosswalk_lane_start=starts([len(one) for one in lanes]),
            crosswalk_lane=joined(lanes),
            crosswalk_span=np.concatenate([np.zeros((0, 2)), *spans]),
        )


def _arcs(center: Array, point_start: Ints) -> Array:
    """Distance (P,) [m] of every point of the centre lines (P, 3) from the first of its lane."""
    step = np.concatenate([[0.0], np.hypot(*np.diff(center[:, :2], axis=0).T)])
    step[point_start[:-1]] = 0.0
    run = np.cumsum(step)
    return run - np.repeat(run[point_start[:-1]], np.diff(point_start))
