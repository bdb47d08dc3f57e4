"""The way that the car took, as one line: as driven, and beyond the drive's end along the lanes."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place
from evpilot.geometry.polyline import arc_length
from evpilot.maps.route import lane_sequence
from evpilot.types.state import Array

STEP = 0.5  # [m] shorter moves are left out
AHEAD = 130.0  # [m] how far the way goes on beyond the drive's end


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """points (P, 2) [m] and arc (P,) [m] of the line; s (F,) where the box centre was on it in each planning tick."""

    points: Array
    arc: Array
    s: Array


def way_taken(drive: Drive, place: Place) -> Way:
    """The line through the box centres, thinned to `STEP`, then along the last lane and its straightest successors."""
    return way_kept(drive, place, len(drive) - 1)


def way_kept(drive: Drive, place: Place, last: int) -> Way:
    """The way as driven until a tick, and from there on along the lane; where the car later was elsewhere, s is how far
    it had come."""
    xy = drive.box[:, :2]
    kept = [0]
    own = np.zeros(last + 1, np.int64)
    for tick in range(1, last + 1):
        if np.hypot(*(xy[tick] - xy[kept[-1]])) >= STEP:
            kept.append(tick)
        own[tick] = len(kept) - 1
    driven = xy[kept]
    points = np.ascontiguousarray(np.concatenate([driven, _beyond(drive, place, last)]))
    arc = arc_length(points)
    # between kept places the car is a little further along its heading
    yaw = drive.box[: last + 1, 2]
    extra = np.sum((xy[: last + 1] - driven[own]) * np.stack([np.cos(yaw), np.sin(yaw)], axis=1), axis=1)
    s = arc[own] + np.clip(extra, 0.0, STEP)
    return Way(points=points, arc=arc, s=np.append(s, s[-1] + arc_length(xy[last:])[1:]))


def lane_changes(drive: Drive, place: Place) -> list[int]:
    """The ticks in which the car's centre comes onto a lane beside that of the tick before, along which it goes on."""
    graph = drive.graph
    before, after = place.lane[:-1], place.lane[1:]
    left = (graph.left_neighbour[before] == after) & graph.left_same[before]
    right = (graph.right_neighbour[before] == after) & graph.right_same[before]
    return (1 + np.flatnonzero((before >= 0) & (after >= 0) & (left | right))).tolist()


def _beyond(drive: Drive, place: Place, tick: int) -> Array:
    """Places (N, 2) ahead of where the car was in a tick: the lane's, shifted sideways by its offset; else straight
    on."""
    x, y, yaw = drive.box[tick, :3]
    lane, s, d = int(place.lane[tick]), float(place.s[tick]), float(place.d[tick])
    heading = np.array([np.cos(yaw), np.sin(yaw)])
    if lane >= 0 and np.cos(place.direction[tick] - yaw) > 0.7:
        graph = drive.graph
        lanes = lane_sequence(graph, lane, s + AHEAD, np.zeros(len(graph)))
        line = np.concatenate([graph.center[graph.points(int(k)), :2] for k in lanes])
        line = line[np.concatenate([[True], np.hypot(*np.diff(line, axis=0).T) > 1e-3])]
        arc = arc_length(line)
        stations = np.arange(s + 2.0, min(arc[-1], s + AHEAD), 2.0)
        if len(stations) > 1:
            along = np.stack([np.interp(stations, arc, line[:, k]) for k in (0, 1)], axis=1)
            tangent = np.gradient(along, axis=0)
            tangent = tangent / np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
            along = along + d * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
            return np.concatenate([along, along[-1] + tangent[-1] * np.array([[AHEAD]])])
    return np.array([x, y]) + heading * np.array([[1.0], [AHEAD]])
