"""Lanes cut into short quadrilaterals on a uniform grid: what every look-up by place works on."""

from dataclasses import dataclass

import numpy as np

from evpilot.types import LaneGraph
from evpilot.types.state import Array, Ints

PIECES_MAX = 400_000  # caps memory on a map of absurd extent; the pieces then get longer
ENTRIES_MAX = 4_000_000  # of pieces in cells, likewise
GRID_MAX = 1_000_000  # likewise for grid cells, which then get wider


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """N pieces, each at most about one step long, in lane order.

    lane (N,); row (N,) of the graph's point arrays at which the piece's segment starts; span (N, 2) [m] along the lane;
    corners (N, 4, 2) [m] left and right at the start, right and left at the end, in the order left start, left end,
    right end, right start; z (N,) [m] in the middle.
    """

    lane: Ints
    row: Ints
    span: Array
    corners: Array
    z: Array


def cut(graph: LaneGraph, step: float) -> Pieces:
    """All lanes of a graph cut into pieces of at most `step` [m] along their longer bound."""
    size = np.diff(graph.point_start)
    owner = np.repeat(np.arange(len(graph)), size)
    rows = np.flatnonzero(owner[:-1] == owner[1:])
    sides = (graph.left, graph.right)
    long = np.max([np.hypot(*(side[rows + 1, :2] - side[rows, :2]).T) for side in sides], axis=0)
    step = max(step, float(long.sum()) / PIECES_MAX)
    count = np.maximum(1, np.ceil(long / step).astype(np.int64))
    row = np.repeat(rows, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    begin = number / np.repeat(count, count)
    end = (number + 1) / np.repeat(count, count)

    def between(values: Array, share: Array) -> Array:
        share = share[:, None] if values.ndim == 2 else share
        return values[row] * (1.0 - share) + values[row + 1] * share

    left, right = graph.left[:, :2], graph.right[:, :2]
    corners = np.stack([between(left, begin), between(left, end), between(right, end), between(right, begin)], axis=1)
    span = np.stack([between(graph.arc, begin), between(graph.arc, end)], axis=1)
    return Pieces(
        lane=owner[row],
        row=row,
        span=span,
        corners=np.ascontiguousarray(corners),
        z=between(graph.center[:, 2], 0.5 * (begin + end)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """A uniform grid over pieces: frame (5,) x and y of its corner, cell size [m], columns, rows; cell c owns
    piece[start[c]:start[c + 1]], with c = column * rows + row."""

    frame: Array
    start: Ints
    piece: Ints


def grid(corners: Array, size: float) -> Grid:
    """The grid in which each piece (N, 4, 2) stands in all cells that its bounding box touches."""
    if not len(corners):
        return Grid(
            frame=np.array([0.0, 0.0, size, 1.0, 1.0]), start=np.zeros(2, np.int64), piece=np.zeros(0, np.int64)
        )
    low, high = corners.min(axis=1), corners.max(axis=1)
    origin = low.min(axis=0)
    extent = high.max(axis=0) - origin
    size = max(size, float(np.sqrt(extent[0] * extent[1] / GRID_MAX)), float(extent.max()) / GRID_MAX)
    while True:
        shape = np.floor(extent / size).astype(np.int64) + 1
        first = np.minimum(np.floor((low - origin) / size).astype(np.int64), shape - 1)
        last = np.minimum(np.floor((high - origin) / size).astype(np.int64), shape - 1)
        wide = last - first + 1
        count = wide[:, 0] * wide[:, 1]
        if int(count.sum()) <= ENTRIES_MAX or not np.any(count > 1):
            break
        size *= 2.0
    owner = np.repeat(np.arange(len(corners)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    tall = wide[owner, 1]
    cell = (first[owner, 0] + number // tall) * shape[1] + first[owner, 1] + number % tall
    order = np.argsort(cell, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=int(shape[0] * shape[1])))]).astype(np.int64)
    frame = np.array([origin[0], origin[1], size, float(shape[0]), float(shape[1])])
    return Grid(frame=frame, start=start, piece=owner[order])
