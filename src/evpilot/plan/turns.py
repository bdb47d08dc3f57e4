"""Whose turn it is where all must stop: who came first goes first."""

from dataclasses import dataclass, field

import numpy as np

from evpilot.plan.entries import Entries
from evpilot.plan.lights import line_on
from evpilot.plan.places import ON_IT, fronts_at, places_on
from evpilot.plan.way import Way
from evpilot.types import VEHICLES, EgoState, LaneGraph, Priority, Tracks, among
from evpilot.types.state import Array, Bools, Ints

NEAR = 40.0  # [m] who stands further off does not stand at this junction
STANDS = 0.5  # [m/s]
QUEUE, STRIP = 9.0, 1.5  # [m] from middle to middle, [m] aside: who stands behind somebody is not first at its line
UNDER_WAY = 2.0  # [s] who is so near to being in our way has begun to go, whosever turn it is
EACH = 1.0  # [m] from one place on their way to the next
BEYOND = ON_IT + 0.2  # [m] behind a line begin the places at which only those are who have set off
CAN_WAIT = among(VEHICLES)


@dataclass(slots=True)
class Turns:
    """Remembers, for each stop line at which we have come to stand, who was there before us (ids): who stood first at
    its line, and who had set off from there by then, or does while we still stand. Those go first, and nobody else but
    who is under way already (Uniform Vehicle Code section 11-403)."""

    before: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])
    _places: dict[int, Array] = field(init=False, default_factory=dict[int, Array])

    def arrive(self, line: int, graph: LaneGraph, tracks: Tracks, ego: EgoState) -> None:
        """Take in, as long as we stand at a line, who waited as we came, and who drives in the junction."""
        if line not in self._places:
            self._places[line] = beyond_lines(graph, line)
        if line not in self.before:
            self.before[line] = frozenset(tracks.id[first_at_line(tracks, ego)].tolist())
        self.before[line] |= frozenset(tracks.id[in_it(self._places[line], tracks)].tolist())

    def forget(self, line: int) -> None:
        """Let go of a line that lies behind."""
        self.before.pop(line, None)

    def goes_before(self, ids: Ints) -> Bools:
        """Which of some ids (N,) go before us at a line at which we have stood."""
        if not self.before:
            return np.zeros(len(ids), np.bool_)
        return np.isin(ids, sorted(frozenset().union(*self.before.values())))

    def waited_for(self, line: int, zones: Array, entries: Entries, tracks: Tracks) -> Bools:
        """Which of the zones (Z, 8) of `priority.busy` at our line's junction stay: of those whose turn it is, and of
        those under way."""
        if line not in self.before:
            return np.ones(len(zones), np.bool_)
        ids = tracks.id[entries.track[zones[:, 6].astype(np.int64)]]
        return np.isin(ids, list(self.before[line])) | (zones[:, 3] < UNDER_WAY)


def beyond_lines(graph: LaneGraph, line: int) -> Array:
    """Places (P, 3), as `places_on` has them, on the ways over the junction behind a stop line, from `BEYOND` its
    lines on."""
    inside = graph.successors(int(graph.stop_lane[line]))
    junctions = graph.junction[inside[graph.junction[inside] >= 0]]
    parts = [np.zeros((0, 3))]
    for lane in np.flatnonzero(np.isin(graph.junction, junctions)).tolist():
        before = [k for k in graph.predecessors(lane).tolist() if graph.junction[k] < 0]
        lines = [line_on(graph, k) + BEYOND for k in before]
        over = [begin - float(graph.length[k]) for k, begin in zip(before, lines, strict=True)]
        parts.append(places_on(graph, lane, max(over, default=0.0), EACH))
        parts.extend(places_on(graph, k, begin, EACH) for k, begin in zip(before, lines, strict=True))
    return np.concatenate(parts)


def in_it(places: Array, tracks: Tracks) -> Ints:
    """The rows of the vehicles whose front is at one of some places (P, 3)."""
    there = fronts_at(places, tracks).any(axis=1)
    return np.flatnonzero(there & tracks.valid & CAN_WAIT[tracks.kind])


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
