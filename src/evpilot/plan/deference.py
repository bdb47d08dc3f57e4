"""Who must let us pass is expected to, as long as it easily can: the principle of trust in traffic.

Predictions know everybody's way and pace, not who waits for whom. Of somebody who by the map gives way to us they say
that it drives on into our way, and a car that believed them would wait for all who wait for it.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.right_of_way import heading
from evpilot.plan.columns import GRID, Corridor, Entry, Span
from evpilot.plan.entries import Entries
from evpilot.plan.rules import STRIP_MARGIN
from evpilot.plan.spans import on_strip
from evpilot.plan.way import Way
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Bools, Ints

# [m/s2] who has to brake this much at most is expected to; the harder, the less, and from the second on not any more
EASY_BRAKE, HARD_BRAKE = 2.0, 4.0
UNYIELDING = 0.25  # so many of those who have to wait for us go first
NEAR = 0.5  # [s] who is in our way so soon is as good as there
KEPT = 1.0  # [m] before our way
SPREAD = 2.0  # [m] beyond a conflict's area, where our ways meet all the same
S_HIGH = int(Span.S_HIGH)
ALONG = 0.75  # cosine of the angle to a lane, at least, of who may be on it


@dataclass(slots=True)
class Deference:
    """Where on our corridors others give way to us, by a map; found once for each path."""

    graph: LaneGraph
    _parts: dict[bytes, Array] = field(init=False, default_factory=dict)

    def expect(self, way: Way, spans: Array, entries: Entries, drivers: Bools, half: float) -> Ints:
        """Let those who must give way to us on a corridor stop before it, in their predicted boxes: the entries (K,) so
        changed; where that takes more than easy braking, their driving on only becomes the less probable, so that trust
        is not lost all at once. spans (E, 51, 5) by `Span`; drivers (E,) who is at a wheel; half [m] of our width."""
        parts = self._owed(way)
        if not len(parts):
            return np.zeros(0, np.int64)
        strip = half + STRIP_MARGIN
        first = np.empty(len(spans), np.int64)
        find_first(spans, strip, float(way.scalars[Corridor.S]), first)
        come = np.flatnonzero((first > 0) & drivers & (GRID[first] > NEAR))
        held = [e for e in come.tolist() if owes(parts, spans[e, first[e]], entries.box[e, first[e]])]
        comes = np.bincount(entries.track[come], entries.prob[come])
        stopped: list[int] = []
        for e in held:
            needed = braking_before(entries.box[e], int(first[e]))
            if needed <= EASY_BRAKE:
                stop_before(entries.box[e], int(first[e]))
                stopped.append(e)
            else:
                share = min((needed - EASY_BRAKE) / (HARD_BRAKE - EASY_BRAKE), 1.0)
                entries.prob[e] *= share * comes_all_the_same(float(comes[entries.track[e]]))
        return np.array(stopped, np.int64)

    def _owed(self, way: Way) -> Array:
        """`owed_on`, found once for each path."""
        key = way.path.lanes.tobytes()
        if key not in self._parts:
            self._parts[key] = owed_on(self.graph, way)
        return self._parts[key]


def comes_all_the_same(prob: float) -> float:
    """What is left of the probability that somebody comes into our way, who does not brake for it as he should: as far
    as he may take another way, that is what it tells (Bayes)."""
    return UNYIELDING / (1.0 - prob + UNYIELDING * prob)


@kernel("void(f8[:, :, ::1], f8, f8, i8[::1])")
def find_first(spans: Array, strip: float, s: float, first: Ints) -> None:
    """Fill first (E,): the first step at which each of the spans (E, 51, 5) is on our strip, so far [m] to either side,
    and not behind s [m]; -1 where none is."""
    for e in range(spans.shape[0]):
        first[e] = -1
        for step in range(spans.shape[1]):
            span = spans[e, step]
            if on_strip(span, strip) and span[S_HIGH] > s:
                first[e] = step
                break


def owed_on(graph: LaneGraph, way: Way) -> Array:
    """The parts of a corridor (K, 4) on which the ways of others meet it: from, to [m along it], their direction [rad]
    where they come to it, and 1 where they must let us pass and we not them, else 0; none where nobody must."""
    rows: list[tuple[float, float, float, float]] = []
    for lane, begin in zip(way.path.lanes.tolist(), way.path.lane_s.tolist(), strict=True):
        for k in range(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1])):
            other = int(graph.conflict[k])
            low, high, theirs, _ = graph.conflict_span[k].tolist()
            owed = not graph.conflict_yields[k] and _yields(graph, other, lane)
            yaw = float(heading(graph, np.array([other]), np.array([theirs]))[0])
            rows.append((begin + low, begin + high, yaw, float(owed)))
    parts = np.array(rows).reshape(-1, 4)
    return parts if parts[:, 3].any() else parts[:0]


def _yields(graph: LaneGraph, lane: int, to: int) -> bool:
    rows = slice(int(graph.conflict_start[lane]), int(graph.conflict_start[lane + 1]))
    return bool(np.any(graph.conflict_yields[rows] & (graph.conflict[rows] == to)))


def owes(parts: Array, span: Array, box: Array) -> bool:
    """Whether who comes onto our strip there, a row (5,) of spans and of boxes, gives way to us, whichever of the ways
    that fit it takes."""
    yaw = math.atan2(box[Entry.SIN], box[Entry.COS])
    meets = (span[Span.S_LOW] < parts[:, 1] + SPREAD) & (span[Span.S_HIGH] > parts[:, 0] - SPREAD)
    fits = meets & (np.cos(parts[:, 2] - yaw) > ALONG)
    return bool(fits.any() and parts[fits, 3].all())


def braking_before(box: Array, step: int) -> float:
    """How hard [m/s2] a predicted box (51, 5) by `Entry` must brake to stop before where it is at a step."""
    room, speed = _room(box, step), max(float(box[0, Entry.SPEED]), 0.0)
    return speed * speed / (2.0 * room) if room > 0.0 else math.inf if speed > 0.0 else 0.0


def stop_before(box: Array, step: int) -> None:
    """Let a predicted box (51, 5) by `Entry` stop before where it is at a step."""
    last = max(int(np.searchsorted(_arc(box), max(_room(box, step), 0.0), side="right")) - 1, 0)
    box[last:, : Entry.SPEED] = box[last, : Entry.SPEED]
    box[last:, Entry.SPEED] = 0.0


def _room(box: Array, step: int) -> float:
    return float(_arc(box)[step - 1]) - KEPT


def _arc(box: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(box[:, :2], axis=0).T))])
