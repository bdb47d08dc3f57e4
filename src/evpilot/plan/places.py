"""Places along the middle of lanes, and who is at them: where a lane is watched for what drives there."""

import math

import numpy as np

from evpilot.types import LaneGraph, Tracks
from evpilot.types.state import Array, Bools

ON_IT = 1.5  # [m] from a place on its way one is there


def places_on(graph: LaneGraph, lane: int, begin: float, each: float, end: float = math.inf) -> Array:
    """Places (P, 3), x, y [m] and yaw [rad], along the middle of a lane from one place on it [m] and then each so many
    metres until another; none where nothing of the lane lies between."""
    rows = graph.points(lane)
    begin, end = max(begin, 0.0), min(end, float(graph.length[lane]))
    arc = np.arange(begin, end, each)
    x, y = (np.interp(arc, graph.arc[rows], graph.center[rows, k]) for k in range(2))
    piece = np.clip(np.searchsorted(graph.arc[rows], arc, side="right") - 1, 0, rows.stop - rows.start - 2)
    step = np.diff(graph.center[rows, :2], axis=0)[piece]
    return np.column_stack([x, y, np.arctan2(step[:, 1], step[:, 0])])


def fronts_at(places: Array, tracks: Tracks) -> Bools:
    """Which of the tracks (N,) have their front at which of some places (P, 3), as (N, P)."""
    yaw, half = tracks.state[:, 3], 0.5 * tracks.size[:, 0]
    x, y = tracks.state[:, 0] + half * np.cos(yaw), tracks.state[:, 1] + half * np.sin(yaw)
    return np.hypot(x[:, None] - places[:, 0], y[:, None] - places[:, 1]) < ON_IT
