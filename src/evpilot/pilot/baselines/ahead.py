"""The road ahead of a simple driver: which lanes it follows, and what is on them."""

import math

import numpy as np

from evpilot.geometry.polyline import project
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING, ReferencePath, reference_path
from evpilot.maps.route import cost_to_go, lane_sequence, neighbours
from evpilot.types import Briefing, LaneGraph, LightState, Observation
from evpilot.types.state import Array

HORIZON_ROOM = 60.0  # [m] path that must lie ahead, more than what is driven within the horizon
STOP_STATES = (LightState.RED, LightState.RED_AMBER, LightState.AMBER, LightState.FLASHING_RED)
ASTRAY = 5.0  # [m] so far from the path it is not followed any more
BESIDE = 0.3  # [m] to spare between two bodies that pass each other


class RoadAhead:
    """Keeps the path that leads on from the car towards the goal, and lays a new one where the old one ends or the
    lanes demand a change."""

    def __init__(self, briefing: Briefing, horizon: float) -> None:
        self.graph: LaneGraph = briefing.graph
        self._index = LaneIndex(briefing.graph)
        self._cost = cost_to_go(briefing.graph, briefing.goals)
        self._rear_to_center = briefing.platform.rear_to_center
        self._width = briefing.platform.width
        self._horizon = horizon
        self._path: ReferencePath | None = None

    def path(self, observation: Observation, room_beside: bool) -> ReferencePath:
        """The path to follow now. A change to the neighbour lane that leads to the goal is begun when this lane does
        not, and room_beside is False or that lane is free beside the car."""
        ego = observation.ego
        x, y, z, yaw = ego.pose
        x, y = x + self._rear_to_center * math.cos(yaw), y + self._rear_to_center * math.sin(yaw)
        need = abs(ego.speed) * self._horizon + HORIZON_ROOM
        path = self._path
        lane, passed = -1, 0.0
        if path is not None:
            s, d = place_on(path, x, y)
            row = path.lane_at(s)
            lane, passed = int(path.lanes[row]), s - float(path.lane_s[row])
            extends = len(self.graph.successors(int(path.lanes[-1]))) > 0
            if abs(d) > ASTRAY:
                lane = -1
            elif not (path.end - s < need and extends) and self._wished(lane) == lane:
                return path
        if lane < 0:
            lane, passed, _ = self._index.nearest(x, y, z, yaw)
        wished = self._wished(lane)
        if wished != lane and room_beside and not self._free_beside(wished, observation):
            wished = lane
            if path is not None and path.end - place_on(path, x, y)[0] > need:
                return path
        self._path = reference_path(self.graph, lane_sequence(self.graph, wished, passed + need + 60.0, self._cost))
        return self._path

    def _wished(self, lane: int) -> int:
        """The lane to be on: a neighbour where that one leads to the goal by a cheaper way, all told."""
        best, cost = lane, float(self._cost[lane])
        for beside in neighbours(self.graph, lane):
            # the costs count from the lanes' starts, so neighbours compare like with like
            if self._cost[beside] + 1.0 < cost:
                best, cost = beside, float(self._cost[beside])
        return best

    def _free_beside(self, lane: int, observation: Observation) -> bool:
        """Whether nobody on a lane is, or soon will be, beside the car."""
        points = np.ascontiguousarray(self.graph.center[self.graph.points(lane), :2])
        arc = np.ascontiguousarray(self.graph.arc[self.graph.points(lane)])
        ego = observation.ego
        own, _, _ = project(ego.pose[0], ego.pose[1], points, arc, 0, len(points) - 1)
        for x, y, _, speed, length, _ in others(observation):
            s, d, _ = project(x, y, points, arc, 0, len(points) - 1)
            behind, ahead = 6.0 + 1.5 * max(speed - ego.speed, 0.0), 6.0 + 1.5 * max(ego.speed - speed, 0.0)
            if abs(d) < 1.8 and -behind - 0.5 * length < s - own < ahead + 0.5 * length + 4.0:
                return False
        return True

    def lead(self, path: ReferencePath, s: float, offset: float, observation: Observation) -> tuple[float, float]:
        """Where along the path the tail of the nearest other ahead of s (the car's centre) is [m], and its speed along
        the path [m/s]; (inf, 0) when nobody's body reaches into the car's corridor, which is as wide as from the car's
        own offset [m] to the path."""
        place, pace = math.inf, 0.0
        for x, y, yaw, speed, length, width in others(observation):
            at, d = place_on(path, x, y)
            row = path.table[min(int(at / SPACING), len(path.table) - 1)]
            turn = yaw - row[2]
            half_across = 0.5 * (length * abs(math.sin(turn)) + width * abs(math.cos(turn)))
            half_along = 0.5 * (length * abs(math.cos(turn)) + width * abs(math.sin(turn)))
            room = half_across + 0.5 * self._width + BESIDE
            within = min(offset, 0.0) - room < d < max(offset, 0.0) + room
            if at > s and within and at - half_along < place:
                place, pace = at - half_along, speed * math.cos(turn)
        return place, pace

    def red_light(self, path: ReferencePath, s: float, observation: Observation) -> float:
        """Where along the path the first stop line of a red or amber light after s is [m], inf if there is none."""
        graph, wall = self.graph, math.inf
        for light, state in zip(observation.lights.index, observation.lights.state, strict=True):
            if state not in STOP_STATES:
                continue
            ruled = graph.light_lane[graph.light_lane_start[light] : graph.light_lane_start[light + 1]]
            for row in np.flatnonzero(np.isin(path.lanes, ruled)):
                lane = int(path.lanes[row])
                stops = graph.stop_s[graph.stop_lane == lane]
                at = float(path.lane_s[row]) + float(stops[-1] if len(stops) else graph.length[lane])
                if s < at < wall:
                    wall = at
        return wall

    def lane_end(self, path: ReferencePath) -> float:
        """Where the last lane of a path ends [m], if it does while a lane beside it goes on; inf if not."""
        last = int(path.lanes[-1])
        going_on = any(len(self.graph.successors(beside)) for beside in neighbours(self.graph, last))
        return path.end if going_on and not len(self.graph.successors(last)) else math.inf


def place_on(path: ReferencePath, x: float, y: float) -> tuple[float, float]:
    """Arc length [m] and offset [m, left positive] of a point on a path."""
    points = np.ascontiguousarray(path.table[:, :2])
    arc = SPACING * np.arange(len(points), dtype=np.float64)
    s, d, _ = project(x, y, points, arc, 0, len(points) - 1)
    return s, d


def others(observation: Observation) -> Array:
    """Everything around the car (N, 6): x, y, yaw, speed along the yaw, length, width; map frame."""
    tracks, seen = observation.tracks, observation.detections
    if tracks is not None:
        return np.column_stack([tracks.state[:, [0, 1, 3, 4]], tracks.size])
    if seen is None:
        return np.zeros((0, 6))
    x, y, _, yaw = observation.ego.pose
    c, s = math.cos(yaw), math.sin(yaw)
    box = seen.box
    speed = seen.velocity[:, 0] * np.cos(box[:, 3]) + seen.velocity[:, 1] * np.sin(box[:, 3])
    return np.column_stack(
        [
            x + c * box[:, 0] - s * box[:, 1],
            y + s * box[:, 0] + c * box[:, 1],
            yaw + box[:, 3],
            np.where(seen.has_velocity, speed, 0.0),
            box[:, 4:6],
        ]
    )
