"""The lane graph as the predictor walks it: evenly spaced centre lines, and where lights stop the traffic."""

import math

import numpy as np

from evpilot.types import LaneGraph, LaneKind, LightState, StopKind, User
from evpilot.types.state import Array, Ints, Lights

SPACING = 2.0  # [m] between nodes, at most

# Columns of `Roads.node`
X, Y, Z, YAW, HALF = range(5)
# Columns of `Roads.lane`
FIRST, COUNT, SUCC, SUCC_END, LEFT, RIGHT, USERS, TURN, PRED, SHOULDER = range(10)
# Columns of `Roads.metric`
LENGTH, STEP, LIMIT, STOP, ENDING = range(5)

ROAD = "Tuple((f8[:, ::1], i8[:, ::1], f8[:, ::1], i8[::1]))"
"""The numba type of `Roads.arrays`: node, lane, metric, successor."""
RoadArrays = tuple[Array, Ints, Array, Ints]

STOP_STATES = (LightState.RED, LightState.RED_AMBER, LightState.AMBER, LightState.FLASHING_RED)
ENDING_HOPS = 6  # lanes before its last in which a driver knows that the lane ends
WHEELED = User.VEHICLE | User.BICYCLE | User.TRAIN


class Roads:
    """Arrays for the kernels.

    node (Q, 5): x, y, z [m], yaw [rad, continuous within a lane], half width [m]. lane (L, 10): first node, node count,
    first and last successor row, left and right neighbour of the same direction or -1, users, turn, the lane before it
    (of several the first, -1 for none), 1 for a shoulder. metric (L, 5): length, node spacing [m], speed limit [m/s],
    place of a stop sign's line [m, inf none], how far beyond the lane's end its road goes on until it ends beside a
    lane that does not [m, inf never]. successor (S,). stop_end (L,): where a light stops the lane's traffic [m].
    """

    def __init__(self, graph: LaneGraph) -> None:
        self.graph = graph
        count = len(graph)
        nodes = [_nodes(graph, lane) for lane in range(count)]
        counts = np.array([len(rows) for rows in nodes], np.int64)
        self.node: Array = np.ascontiguousarray(np.concatenate([np.zeros((0, 5)), *nodes]))
        first = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)
        self.lane: Ints = np.zeros((count, 10), np.int64)
        self.lane[:, FIRST], self.lane[:, COUNT] = first, counts
        self.lane[:, SUCC], self.lane[:, SUCC_END] = graph.successor_start[:-1], graph.successor_start[1:]
        self.lane[:, LEFT] = np.where(graph.left_same, graph.left_neighbour, -1)
        self.lane[:, RIGHT] = np.where(graph.right_same, graph.right_neighbour, -1)
        self.lane[:, USERS], self.lane[:, TURN] = graph.users, graph.turn
        self.lane[:, PRED] = [min(graph.predecessors(lane).tolist(), default=-1) for lane in range(count)]
        self.lane[:, SHOULDER] = graph.kind == LaneKind.SHOULDER
        self.metric: Array = np.zeros((count, 5))
        self.metric[:, LENGTH] = graph.length
        self.metric[:, STEP] = graph.length / np.maximum(counts - 1, 1)
        self.metric[:, LIMIT] = graph.speed_limit
        self.metric[:, STOP] = _stop_signs(graph)
        self.metric[:, ENDING] = _endings(self.lane, graph)
        self.successor: Ints = np.ascontiguousarray(graph.successor, np.int64)
        self.arrays: RoadArrays = (self.node, self.lane, self.metric, self.successor)
        self.stop_end = _stop_places(graph)
        self._open: Array = np.full(count, np.inf)

    def walls(self, lights: Lights) -> Array:
        """Where traffic on each lane must stop now [m along it], inf where it need not: red and amber lights (L,)."""
        wall = self._open.copy()
        for index, state in zip(lights.index.tolist(), lights.state.tolist(), strict=True):
            if state in STOP_STATES:
                rows = slice(self.graph.light_lane_start[index], self.graph.light_lane_start[index + 1])
                lanes = self.graph.light_lane[rows]
                wall[lanes] = self.stop_end[lanes]
        return wall


def _nodes(graph: LaneGraph, lane: int) -> Array:
    """A lane's centre line at equal spacing, with continuous heading and half width."""
    rows = graph.points(lane)
    arc, center = graph.arc[rows], graph.center[rows]
    count = max(2, math.ceil(float(graph.length[lane]) / SPACING) + 1)
    at = np.linspace(0.0, float(arc[-1]), count)
    out = np.zeros((count, 5))
    for column in range(3):
        out[:, column] = np.interp(at, arc, center[:, column])
    chord = np.gradient(out[:, :2], axis=0)
    out[:, YAW] = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0]))
    width = np.sqrt(np.sum((graph.left[rows, :2] - graph.right[rows, :2]) ** 2, axis=1))
    out[:, HALF] = 0.5 * np.interp(at, arc, width)
    return out


def _stop_places(graph: LaneGraph) -> Array:
    """Where on each lane a light stops its traffic: at its stop line, else at its end [m] (L,)."""
    place = np.array(graph.length, np.float64)
    for lane, s, kind in zip(graph.stop_lane, graph.stop_s, graph.stop_kind, strict=True):
        if kind in (StopKind.LIGHT, StopKind.LINE):
            place[lane] = s
    return place


def _stop_signs(graph: LaneGraph) -> Array:
    """Where on each lane a stop sign's line is [m] (L,), inf where there is none."""
    place = np.full(len(graph), np.inf)
    for lane, s, kind in zip(graph.stop_lane, graph.stop_s, graph.stop_kind, strict=True):
        if kind == StopKind.STOP_SIGN:
            place[lane] = min(float(place[lane]), float(s))
    return place


def _endings(lane: Ints, graph: LaneGraph) -> Array:
    """How far beyond a lane's end its road runs out while a neighbour goes on [m] (L,): an on-ramp's way."""
    beside = [int(k) for k in range(len(graph)) if lane[k, LEFT] >= 0 or lane[k, RIGHT] >= 0]
    count = lane[:, SUCC_END] - lane[:, SUCC]
    left = np.full(len(graph), np.inf)
    for k in beside:
        if count[k] == 0 and any(count[other] > 0 for other in lane[k, [LEFT, RIGHT]] if other >= 0):
            left[k] = 0.0
    for _ in range(ENDING_HOPS):
        for k in beside:
            if count[k] == 1 and not np.isfinite(left[k]):
                following = int(graph.successor[lane[k, SUCC]])
                left[k] = left[following] + float(graph.length[following])
    return left
