"""The crosswalks of one drive: walls before those on which somebody walks, and those to come to ready to stop."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from evpilot.plan.columns import Corridor
from evpilot.plan.crossing import BEFORE, Walkers, stop_with_ease, unlit, walkers_at
from evpilot.plan.keep_clear import crosswalks_on
from evpilot.plan.lights import line_on
from evpilot.plan.walls import STOPS, Wall, wall_at
from evpilot.plan.way import Way
from evpilot.types import Briefing, EgoState, ObjectKind, Observation, Tracks, among
from evpilot.types.state import Ints

LOOK = 60.0  # [m] ahead
MAY_WALK = among([ObjectKind.PEDESTRIAN, ObjectKind.BICYCLE])

Met = list[tuple[int, float, Walkers]]
"""Crosswalks ahead on a corridor: which, where it begins [m], and who walks or rides there, as seen from it."""


@dataclass(slots=True)
class Crosswalks:
    """Looks at the crosswalks ahead; remembers where they are on each path, and the last light passed."""

    briefing: Briefing
    _marks: dict[bytes, list[tuple[int, float, float]]] = field(
        init=False, default_factory=dict[bytes, list[tuple[int, float, float]]]
    )
    _seen: tuple[list[Way], Tracks, list[Met]] | None = field(init=False, default=None)
    _line: tuple[int, float] = field(init=False, default=(-1, 0.0))  # the lane at whose light we passed, and when [s]

    def walls(self, ways: list[Way], observation: Observation, tracks: Tracks) -> list[Wall]:
        """Where to stop on each corridor for those who cross."""
        self._note_line(ways[0], observation)
        met = enumerate(zip(ways, self._met(ways, tracks), strict=True))
        return [
            wall
            for c, (way, found) in met
            for _, low, seen in found
            for wall in self._before(c, way, low, seen, observation.ego, tracks)
        ]

    def heeded(self, ways: list[Way], tracks: Tracks) -> list[tuple[int, float, float]]:
        """Where our rear axle is when we come to a crosswalk beside which somebody may step out, and how fast to be
        there: corridor, s [m], speed [m/s]."""
        places = [
            (c, way, w, low, seen.ready(tracks.kind))
            for c, (way, found) in enumerate(zip(ways, self._met(ways, tracks), strict=True))
            for w, low, seen in found
        ]
        places = [place for place in places if place[-1] < math.inf]
        since = tracks.t_ns * 1e-9 - self._line[1]
        # where lanes lie upon each other, one of them comes from where the car has not been
        may_go = {w for _, way, w, low, _ in places if unlit(self.briefing.graph, way, low, since)}
        return [
            (c, low - self._front(way) + float(way.scalars[Corridor.S]), ready)
            for c, way, w, low, ready in places
            if w in may_go
        ]

    def _before(self, c: int, way: Way, low: float, seen: Walkers, ego: EgoState, tracks: Tracks) -> list[Wall]:
        """The wall before a crosswalk that begins at low [m] on corridor c, where somebody crosses it."""
        crossing = seen.crossing()
        if not crossing.any():
            return []
        front, half = self._front(way), 0.5 * self.briefing.platform.width
        eased, late = front + STOPS + stop_with_ease(ego), seen.late((low - front) / max(ego.speed, 1.0), half)
        # as at an amber light: who could stop only hard goes on, where that leaves those who cross their time
        if eased > low - STOPS and late[crossing].all():
            return []
        who = int(tracks.id[seen.row[crossing.argmax()]])
        # who has come a little too near stops before the crossing all the same
        before = max(low - BEFORE, min(eased, low - STOPS))
        return [wall_at(c, way, before, f"yield to {who} at the crossing", who)]

    def _met(self, ways: list[Way], tracks: Tracks) -> list[Met]:
        """`_ahead` on each corridor, looked at once in every cycle."""
        if self._seen is None or self._seen[0] is not ways or self._seen[1] is not tracks:
            rows = np.flatnonzero(MAY_WALK[tracks.kind])
            self._seen = ways, tracks, [list(self._ahead(way, tracks, rows)) for way in ways]
        return self._seen[2]

    def _ahead(self, way: Way, tracks: Tracks, rows: Ints) -> Iterator[tuple[int, float, Walkers]]:
        front = self._front(way)
        for w, low, high in self._on(way) if len(rows) else ():
            if -0.5 < low - front < LOOK:
                yield w, low, walkers_at(self.briefing.graph, w, way, 0.5 * (low + high), tracks, rows)

    def _on(self, way: Way) -> list[tuple[int, float, float]]:
        """`crosswalks_on`, found once for each path."""
        key = way.path.lanes.tobytes()
        if key not in self._marks:
            self._marks[key] = crosswalks_on(self.briefing.graph, way)
        return self._marks[key]

    def _note_line(self, way: Way, observation: Observation) -> None:
        """Remember when our front passed the line of the last light."""
        graph, front = self.briefing.graph, self._front(way)
        if not len(graph.light_id):
            return
        lit = [
            lane
            for lane, begin in zip(way.path.lanes.tolist(), way.path.lane_s.tolist(), strict=True)
            if len(graph.lights_of(lane)) and begin + line_on(graph, lane) < front
        ]
        if lit and lit[-1] != self._line[0]:
            self._line = lit[-1], observation.t_ns * 1e-9

    def _front(self, way: Way) -> float:
        platform = self.briefing.platform
        return float(way.scalars[Corridor.S]) + platform.rear_to_center + 0.5 * platform.length
