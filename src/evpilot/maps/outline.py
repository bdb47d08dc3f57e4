"""The outlines of lanes, piece by piece."""

import numpy as np

from evpilot.types import LaneGraph
from evpilot.types.state import Array


def quads_of(graph: LaneGraph, lane: int) -> Array:
    """The lane's area as quadrilaterals (N, 4, 2) [m] from point to point."""
    left, right = graph.left[graph.points(lane), :2], graph.right[graph.points(lane), :2]
    return np.ascontiguousarray(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))


def joint_of(graph: LaneGraph, lane: int) -> Array:
    """What lies between a lane's left bound and the bound of its neighbour that faces it (N, 4, 2)."""
    other = int(graph.left_neighbour[lane])
    ours, theirs = graph.left[graph.points(lane), :2], graph.right[graph.points(other), :2]
    if not graph.left_same[lane]:
        theirs = graph.left[graph.points(other), :2][::-1]
    # whose vertices are fewer stays at its last
    count = np.arange(max(len(ours), len(theirs)))
    ours, theirs = ours[np.minimum(count, len(ours) - 1)], theirs[np.minimum(count, len(theirs) - 1)]
    return np.ascontiguousarray(np.stack([ours[:-1], ours[1:], theirs[1:], theirs[:-1]], axis=1))


def edges_of(graph: LaneGraph, lane: int) -> Array:
    """The lane's outline as pieces of at most 1 m (E, 4): both sides and both ends."""
    left, right = graph.left[graph.points(lane), :2], graph.right[graph.points(lane), :2]
    start = np.concatenate([left[:-1], right[:-1], left[:1], left[-1:]])
    end = np.concatenate([left[1:], right[1:], right[:1], right[-1:]])
    count = np.maximum(np.ceil(np.hypot(*(end - start).T)).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)) / count[owner]
    step = (end - start)[owner]
    first = start[owner] + share[:, None] * step
    return np.ascontiguousarray(np.hstack([first, first + step / count[owner][:, None]]))
