"""Heights for obstacles of a file that gives them in the plane: those of the road below."""

from dataclasses import replace

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.types import LaneGraph


class Ground:
    """The road's height by place; where roads cross over each other, that of the lane that fits the heading best."""

    def __init__(self, graph: LaneGraph) -> None:
        self._graph = graph
        self._index: LaneIndex | None = None
        if np.any(graph.center[:, 2] != 0.0):
            plane = graph.center * np.array([1.0, 1.0, 0.0])
            self._index = LaneIndex(replace(graph, center=plane))

    @property
    def flat(self) -> bool:
        """Whether the map has no heights at all."""
        return self._index is None

    def height(self, x: float, y: float, yaw: float) -> float:
        """z [m] of the nearest lane's centre line at a place [m] for a heading [rad]."""
        if self._index is None:
            return 0.0
        lane, s, _ = self._index.nearest(x, y, 0.0, yaw)
        rows = self._graph.points(lane)
        return float(np.interp(s, self._graph.arc[rows], self._graph.center[rows, 2]))
