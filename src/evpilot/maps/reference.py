"""Reference paths: the centre lines of a lane sequence, joined, smoothed and sampled evenly."""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel
from evpilot.geometry.polyline import arc_length, resample
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

SPACING = 0.5  # [m] between samples
FIT_SPACING = 1.0  # [m] between the points that are smoothed
STIFFNESS = 60.0  # weight of the squared third difference: keeps circles, takes out waves shorter than about 12 m
RUN_OUT = 60.0  # [m] the path goes on straight beyond the last lane, so that every horizon fits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferencePath:
    """A smooth line to drive along, map frame, sampled every `SPACING` m from s = 0 at the start of the first lane.

    lanes (K,) and lane_s (K,): the lanes and the arc length [m] at which each begins; end [m] where the last one ends
    (beyond it the path goes on straight). table (P, 6): x, y [m], yaw [rad, unwrapped], curvature [1/m], z [m],
    speed limit [m/s, inf when none].
    """

    lanes: Ints
    lane_s: Array
    end: float
    table: Array

    def lane_at(self, s: float) -> int:
        """Position in `lanes` of the lane at arc length s [m]."""
        return int(min(max(self.lane_s.searchsorted(s, side="right") - 1, 0), len(self.lanes) - 1))


@kernel("f8[:, ::1](f8[:, ::1], f8)")
def smooth(points: npt.NDArray[np.float64], stiffness: float) -> npt.NDArray[np.float64]:
    """The points (P, C) q that minimise |q - p|^2 + stiffness * |third difference of q|^2, P at least 4.

    Whittaker's smoother (1923): one solve with a symmetric matrix of bandwidth 3, by Cholesky factors in place.
    """
    n, columns = points.shape
    band = np.zeros((n, 4))
    band[:, 0] = 1.0
    weights = (-1.0, 3.0, -3.0, 1.0)
    for row in range(n - 3):
        for i in range(4):
            for j in range(i + 1):
                band[row + i, i - j] += stiffness * weights[i] * weights[j]
    for i in range(n):
        for j in range(max(0, i - 3), i + 1):
            total = band[i, i - j]
            for k in range(max(0, i - 3), j):
                total -= band[i, i - k] * band[j, j - k]
            band[i, i - j] = np.sqrt(total) if i == j else total / band[j, 0]
    result = points.copy()
    for c in range(columns):
        for i in range(n):
            total = result[i, c]
            for k in range(max(0, i - 3), i):
                total -= band[i, i - k] * result[k, c]
            result[i, c] = total / band[i, 0]
        for i in range(n - 1, -1, -1):
            total = result[i, c]
            for k in range(i + 1, min(n, i + 4)):
                total -= band[k, k - i] * result[k, c]
            result[i, c] = total / band[i, 0]
    return result


def reference_path(graph: LaneGraph, lanes: Ints) -> ReferencePath:
    """The reference path along lanes that follow each other (successor to successor), at least one."""
    return _path_along(graph, tuple(lanes.tolist()))


@functools.lru_cache(maxsize=8)
def _path_along(graph: LaneGraph, sequence: tuple[int, ...]) -> ReferencePath:
    """`reference_path`. The last few are kept: start, approach and planner of a drive ask for the same one, and so do
    all drives of a suite on one road."""
    lanes = np.array(sequence, np.int64)
    pieces = [graph.center[graph.points(int(lane))] for lane in lanes]
    line = np.concatenate([pieces[0]] + [piece[1:] for piece in pieces[1:]])
    keep = np.concatenate([[True], np.sum(np.diff(line[:, :2], axis=0) ** 2, axis=1) > 1e-6])
    line = _with_run_out(line[keep])
    fitted = smooth(np.ascontiguousarray(resample(line, FIT_SPACING)), STIFFNESS)
    table = samples(evenly(fitted))
    lengths = graph.length[lanes]
    scale = arc_length(table[:, :2])[-1] / max(float(lengths.sum()) + RUN_OUT, 1e-9)
    lane_s = np.concatenate([[0.0], np.cumsum(lengths)]) * scale
    places = np.searchsorted(lane_s[1:-1], np.arange(len(table)) * SPACING, side="right")
    table[:, 5] = graph.speed_limit[lanes][places]
    return ReferencePath(lanes=lanes, lane_s=lane_s[:-1], end=float(lane_s[-1]), table=table)


def moved(path: ReferencePath, lateral: Array) -> ReferencePath:
    """The path moved to the left by lateral (P,) [m] at each of its samples, sampled evenly again."""
    table = path.table
    x = table[:, 0] - np.sin(table[:, 2]) * lateral
    y = table[:, 1] + np.cos(table[:, 2]) * lateral
    arc = arc_length(np.stack([x, y], axis=1))
    before = np.arange(len(table)) * SPACING
    result = samples(evenly(np.stack([x, y, table[:, 4]], axis=1)))
    result[:, 5] = table[np.searchsorted(arc, np.arange(len(result)) * SPACING, side="right") - 1, 5]
    lane_s, end = np.interp(path.lane_s, before, arc), float(np.interp(path.end, before, arc))
    return ReferencePath(lanes=path.lanes, lane_s=lane_s, end=end, table=result)


def _with_run_out(line: Array) -> Array:
    """The line with a straight end piece in its mean direction over the last metres."""
    back = np.searchsorted(arc_length(line), arc_length(line)[-1] - 5.0)
    ahead = line[-1] - line[min(int(back), len(line) - 2)]
    ahead[2] = 0.0
    return np.vstack([line, line[-1] + ahead / max(float(np.hypot(ahead[0], ahead[1])), 1e-9) * RUN_OUT])


def evenly(points: Array) -> Array:
    """The same line at exactly `SPACING` m, so that a sample is found by division."""
    arc = arc_length(points[:, :2])
    wanted = np.arange(0.0, arc[-1], SPACING)
    return np.stack([np.interp(wanted, arc, points[:, k]) for k in range(3)], axis=1)


def samples(points: Array) -> Array:
    """Samples (P, 6) from evenly spaced points (P, 3); curvature by central differences of the heading."""
    chord = np.gradient(points[:, :2], axis=0)
    yaw = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0]))
    step = np.hypot(chord[:, 0], chord[:, 1])
    curvature = np.gradient(yaw) / np.maximum(step, 1e-6)
    limit = np.full(len(points), np.inf)
    return np.ascontiguousarray(np.stack([points[:, 0], points[:, 1], yaw, curvature, points[:, 2], limit], axis=1))
