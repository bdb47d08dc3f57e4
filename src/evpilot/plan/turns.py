"""Whose turn it is where all must stop: who came first goes first."""

from dataclasses import dataclass, field

import numpy as np

from evpilot.plan.entries import Entries
from evpilot.plan.way import Way
from evpilot.types import VEHICLES, EgoState, LaneGraph, Priority, Tracks, among
from evpilot.types.state import Array, Bools, Ints

NEAR = 40.0  # [m] who stands further off does not stand at this junction
STANDS = 0.5  # [m/s]
QUEUE, STRIP = 9.0, 1.5  # [m] from middle to middle, [m] aside: who stands behind somebody is not first at its line
UNDER_WAY = 2.0  # [s] who is so near to being in our way has begun to go, whosever turn it is
CAN_WAIT = among(VEHICLES)


@dataclass(slots=True)
class Turns:
    """Remembers, for each stop line at which we have come to stand, who stood at its line before (ids): those go first,
    and nobody else but who is under way already (Uniform Vehicle Code section 11-403)."""

    before: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    def arrive(self, line: int, tracks: Tracks, ego: EgoState) -> None:
        """Take in who waits as we come to stand at a line, once."""
        if line not in self.before:
            self.before[line] = frozenset(tracks.id[first_at_line(tracks, ego)].tolist())

    def forget(self, line: int) -> None:
        """Let go of a line that lies behind."""
        self.before.pop(line, None)

    def waited_for(self, line: int, zones: Array, entries: Entries, tracks: Tracks) -> Bools:
        """Which of the zones (Z, 8) of `priority.busy` at our line's junction stay: of those whose turn it is, and of
        those under way."""
        if line not in self.before:
            return np.ones(len(zones), np.bool_)
        ids = tracks.id[entries.track[zones[:, 6].astype(np.int64)]]
        return np.isin(ids, list(self.before[line])) | (zones[:, 3] < UNDER_WAY)


def first_at_line(tracks: Tracks, ego: EgoState) -> Ints:
    """The rows of those who stand near us with nobody standing before them."""
    away = np.hypot(tracks.state[:, 0] - ego.pose[0], tracks.state[:, 1] - ego.pose[1])
    still = np.abs(tracks.state[:, 4]) < STANDS
    rows = np.flatnonzero(tracks.valid & CAN_WAIT[tracks.kind] & still & (away < NEAR))
    x, y, yaw = (tracks.state[rows, k] for k in (0, 1, 3))
    dx, dy = x[None] - x[:, None], y[None] - y[:, None]
    c, s = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    ahead, aside = c * dx + s * dy, np.abs(c * dy - s * dx)
    blocked = ((ahead > 0.5) & (ahead < QUEUE) & (aside < STRIP)).any(axis=1)
    return rows[~blocked]


def all_stop(graph: LaneGraph, way: Way, low: float) -> bool:
    """Whether all must stop before the junction that begins, on a way, at or before a place [m]."""
    return graph.priority[way.path.lanes[way.path.lane_at(low + 0.1)]] == Priority.ALL_WAY_STOP
