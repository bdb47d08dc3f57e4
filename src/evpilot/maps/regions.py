"""Which lanes a polygon covers, and from where to where."""

import numpy as np

from evpilot.geometry.polygon import holds
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

STEP = 0.25  # [m] resolution along a lane
ACROSS = np.linspace(0.04, 0.96, 24)  # where across a lane a polygon is looked for, right to left


def lane_spans(graph: LaneGraph, polygon: Array) -> tuple[Ints, Array, Array]:
    """Lanes (M,) that a polygon (K, 2) [m] covers, spans (M, 2) [m] on them, and the covered share (M,) of their width
    where it covers most."""
    lanes: list[int] = []
    spans: list[tuple[float, float]] = []
    shares: list[float] = []
    for lane in _near(graph, polygon):
        rows = graph.points(lane)
        left, right, arc = graph.left[rows, :2], graph.right[rows, :2], graph.arc[rows]
        s, covered = _covered(left, right, arc, polygon)
        some = np.flatnonzero(covered > 0.0)
        if len(some):
            lanes.append(lane)
            spans.append((float(s[some[0]]), float(s[some[-1]])))
            shares.append(float(covered.max()))
    return np.array(lanes, np.int64), np.array(spans).reshape(-1, 2), np.array(shares)


def _near(graph: LaneGraph, polygon: Array) -> list[int]:
    """Lanes whose bounding box meets that of a polygon."""
    begin = graph.point_start[:-1]
    sides = (graph.left[:, :2], graph.right[:, :2])
    high = np.maximum(*(np.maximum.reduceat(side, begin) for side in sides))
    low = np.minimum(*(np.minimum.reduceat(side, begin) for side in sides))
    meets = np.all((high >= polygon.min(axis=0)) & (low <= polygon.max(axis=0)), axis=1)
    return np.flatnonzero(meets).tolist()


def _covered(left: Array, right: Array, arc: Array, polygon: Array) -> tuple[Array, Array]:
    """Stations s [m] on a lane and the share of its width that a polygon covers there."""
    low, high = polygon.min(axis=0) - 1.0, polygon.max(axis=0) + 1.0
    near = np.minimum(left, right), np.maximum(left, right)
    touch = np.all(np.maximum(near[1][1:], near[1][:-1]) >= low, axis=1)
    touch &= np.all(np.minimum(near[0][1:], near[0][:-1]) <= high, axis=1)
    stations = [
        np.linspace(arc[k], arc[k + 1], max(2, min(4000, int((arc[k + 1] - arc[k]) / STEP) + 2)))
        for k in np.flatnonzero(touch)
    ]
    if not stations:
        return np.zeros(1), np.zeros(1)
    s = np.unique(np.concatenate(stations))
    sides = [np.stack([np.interp(s, arc, side[:, axis]) for axis in (0, 1)], axis=1) for side in (right, left)]
    points = sides[0][:, None] * (1.0 - ACROSS)[:, None] + sides[1][:, None] * ACROSS[:, None]
    held = holds(polygon, points.reshape(-1, 2)).reshape(len(s), len(ACROSS))
    return s, held.mean(axis=1)
