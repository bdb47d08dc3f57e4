"""All paths in use, and what the lights show, in arrays for the kernels."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from evpilot.simulate.traffic.lanes import Lanes
from evpilot.simulate.traffic.paths import Path, make_path
from evpilot.types import Arrow, LaneGraph, Turn
from evpilot.types.state import Array, Bytes, Ints

TURNS = 5  # movements in the table of lights: by `Turn`
ARROWS = {
    Turn.NONE: Arrow.STRAIGHT,
    Turn.STRAIGHT: Arrow.STRAIGHT,
    Turn.LEFT: Arrow.LEFT,
    Turn.U_TURN: Arrow.LEFT,
    Turn.RIGHT: Arrow.RIGHT,
}

T = TypeVar("T", np.float64, np.int64)


def red_table(graph: LaneGraph, index: Ints, state: Bytes) -> Ints:
    """What lights show to each movement out of each lane (L, TURNS): -1 where none rules it, else a `LightState`; where
    several do, the one with the arrow counts, and of equals the last. index (G,), state (G,): lights as they show."""
    table = np.full((len(graph), TURNS), -1, np.int64)
    strength = np.zeros((len(graph), TURNS), np.int64)
    for light, shown in zip(index.tolist(), state.tolist(), strict=True):
        arrow = int(graph.light_arrow[light])
        lanes = graph.light_lane[graph.light_lane_start[light] : graph.light_lane_start[light + 1]]
        for turn, needs in ARROWS.items():
            if arrow == Arrow.ALL or arrow & needs:
                rank = 1 if arrow == Arrow.ALL else 2
                rows = lanes[strength[lanes, turn] <= rank]
                table[rows, turn] = shown
                strength[rows, turn] = rank
    return table


class Ways:
    """All paths in use, end to end in arrays that only grow. A path is named by its number."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.paths: list[Path] = []
        self._number: dict[tuple[int, ...], int] = {}
        self._tables = [np.zeros((1024, 6)), np.zeros(1024), np.zeros(64), np.zeros((64, 4)), np.zeros((64, 9))]
        self._lane = np.zeros(64, np.int64)
        self._used = [0] * len(self._tables)
        self._first = np.zeros((64, 5), np.int64)

    def add(self, chain: list[int]) -> int:
        """The number of the path along a chain of lanes, made if it is new."""
        key = tuple(chain)
        if key not in self._number:
            path = make_path(self.lanes, chain)
            self._number[key] = len(self.paths)
            self._append(path)
            self.paths.append(path)
        return self._number[key]

    def _append(self, path: Path) -> None:
        parts = (path.point, path.arc, path.lane_s, path.event, path.clash)
        self._tables = [
            _grown(table, used, part) for table, used, part in zip(self._tables, self._used, parts, strict=True)
        ]
        self._lane = _grown(self._lane, self._used[2], path.lanes)
        self._used = [used + len(part) for used, part in zip(self._used, parts, strict=True)]
        number = len(self.paths) + 1
        if number >= len(self._first):
            self._first = np.concatenate([self._first, np.zeros_like(self._first)])
        self._first[number] = (self._used[0], self._used[2], self._used[3], self._used[4], path.wall)

    @property
    def arrays(self) -> tuple[Array, Array, Ints, Array, Array, Array, Ints]:
        """point (Q, 6), arc (Q,), lane (M,), lane_s (M,), event (E, 4), clash (C, 9), and first (W + 1, 5): where path
        w begins in points, lanes, events, clashes (it ends where w + 1 begins), and in row w + 1 whether it ends in a
        wall."""
        point, arc, lane_s, event, clash = self._tables
        return point, arc, self._lane, lane_s, event, clash, self._first


def _grown(table: npt.NDArray[T], used: int, part: npt.NDArray[T]) -> npt.NDArray[T]:
    """The table with a part written behind its first `used` rows; a larger one when it is full."""
    end = used + len(part)
    if end > len(table):
        larger = np.zeros((2 * end, *table.shape[1:]), table.dtype)
        larger[:used] = table[:used]
        table = larger
    table[used:end] = part
    return table
