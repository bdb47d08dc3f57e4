"""Traffic rules as constraints on proposals: walls that the front must not pass, zones that belong to others."""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.plan import detour
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.crossing import stop_with_ease
from evpilot.plan.crosswalks import Crosswalks
from evpilot.plan.doubt import Doubt
from evpilot.plan.entries import Entries
from evpilot.plan.keep_clear import Crossed, barred
from evpilot.plan.lights import Passed, at_junction, line_on, shown
from evpilot.plan.priority import (
    MARGIN_BEFORE,
    ZONE_COST,
    ZONE_COST_EXACT,
    busy,
    held_back,
    held_places,
    let_out,
    signalled,
    turning_spans,
    yield_spans,
)
from evpilot.plan.turns import Turns, all_stop
from evpilot.plan.walls import HALT_PLACE, STOPS, Wall, wall_at
from evpilot.plan.way import Way, row_at
from evpilot.types import (
    Briefing,
    EgoState,
    Lights,
    LightState,
    Observation,
    Signal,
    StopKind,
    Tracks,
)
from evpilot.types.state import Array, Bools, Ints

LOOK = 120.0  # [m] ahead
COMFORT_BRAKE = 2.0  # [m/s2] for a light that is hidden
RED_BRAKE = 6.0  # [m/s2] a red one for all who can at all
CLEAR_BRAKE = 4.0  # [m/s2] for a place to be kept clear: it asks for no emergency stop
HALT_SPEED = 0.2  # [m/s]
HALT_TIME = 0.5  # [s] at a stop sign (Autoware's hold)
GONE = 60.0  # [m] from where the car has stood at a line: who comes back to it stops again
PROB_MIN = 0.15  # a less likely way of somebody who has priority is not waited for
STRIP_MARGIN = 0.45  # [m] to each side of us: who is within it is in our way
STEPS_IN = 2.0  # [s] in which who walks beside a junction is in our way: then he is waited for
KEPT_CLEAR = 45.0  # [s] who still stands there then has broken down
BLUE_LOOK, BLUE_MOVES = 80.0, 2.0  # [m] behind, [m/s] within which who comes with blue light is made way for
BLUE = int(Signal.BLUE)
STOP_STATES = (LightState.RED, LightState.RED_AMBER, LightState.AMBER, LightState.FLASHING_RED)
# at a junction a flashing red light is a stop sign; one that stays hidden is passed with care in the end [s]
PASSED_AFTER_HALT = {LightState.FLASHING_RED: HALT_TIME, LightState.UNSEEN: 3.0}
SAID = {state: f"stop: the light is {state.name.lower().replace('_', '-')}" for state in LightState}
SAID[LightState.UNSEEN] = "stop: the light is hidden"


@dataclass(slots=True)
class Rules:
    """What the rules ask in one cycle; remembers the stop lines at which the car has stood: since when [s], and where
    (x, y [m])."""

    briefing: Briefing
    halted: dict[tuple[str, int], tuple[float, float, float]] = field(
        default_factory=dict[tuple[str, int], tuple[float, float, float]]
    )
    _yields: dict[tuple[bytes, tuple[int, ...], tuple[int, ...]], tuple[list[tuple[float, float]], Array]] = field(
        init=False, default_factory=dict
    )
    _passed: Passed = field(init=False, default_factory=Passed)
    # the lanes at whose lights we are to stop in this cycle, and were in the last
    _stopping: set[int] = field(init=False, default_factory=set[int])
    _begun: set[int] = field(init=False, default_factory=set[int])
    crosswalks: Crosswalks = field(init=False)
    _crossed: Crossed = field(init=False)
    _signs: Ints = field(init=False)  # the stop lines with a stop sign
    _turns: Turns = field(init=False, default_factory=Turns)
    _doubt: Doubt = field(init=False, default_factory=Doubt)
    _strip: float = field(init=False)  # [m] to each side of us: who is within it is in our way
    _price: float = field(init=False)  # of being where somebody has priority

    def __post_init__(self) -> None:
        self._crossed, self.crosswalks = Crossed(self.briefing.graph), Crosswalks(self.briefing)
        self._signs = np.flatnonzero(self.briefing.graph.stop_kind == int(StopKind.STOP_SIGN))
        self._strip = 0.5 * self.briefing.platform.width + STRIP_MARGIN
        self._price = ZONE_COST_EXACT if self.briefing.limits.exact else ZONE_COST

    def walls(self, ways: list[Way], observation: Observation, tracks: Tracks) -> list[Wall]:
        """All walls ahead on all corridors."""
        self._forget(observation.ego)
        self._begun, self._stopping = self._stopping, set()
        found: list[Wall] = []
        for c, way in enumerate(ways):
            found.extend(self._lights(c, way, observation))
            found.extend(self._stop_signs(c, way, observation, tracks))
            found.extend(self._keep_clear(c, way, observation, tracks))
        return found + self.crosswalks.walls(ways, observation, tracks)

    def held_up(self, ways: list[Way], tracks: Tracks) -> list[Way]:
        """The corridors on which we would hold up somebody with blue light who comes behind: free way is to be made at
        once (StVO section 38 (1))."""
        rows = np.flatnonzero((tracks.signals & BLUE > 0) & (tracks.state[:, 4] > BLUE_MOVES) & tracks.valid)
        if self.briefing.limits.exact or not len(rows):
            return []
        return [way for way in ways if self._comes_behind(way, tracks, rows)]

    def _comes_behind(self, way: Way, tracks: Tracks, rows: Ints) -> bool:
        """Whether any of some tracks (rows) comes behind us in the strip that we take on a corridor."""
        extent, s = detour.extents(way, tracks, rows), float(way.scalars[Corridor.S])
        half = 0.5 * self.briefing.platform.width
        turn = np.cos(tracks.state[rows, 3] - row_at(way, s)[Ref.YAW])
        behind = (extent[:, 0] < s) & (extent[:, 1] > s - BLUE_LOOK) & (turn > 0.0)
        return bool(np.any(behind & (extent[:, 2] < half) & (extent[:, 3] > -half)))

    def _front(self, way: Way) -> float:
        platform = self.briefing.platform
        return float(way.scalars[Corridor.S]) + platform.rear_to_center + 0.5 * platform.length

    def _lights(self, c: int, way: Way, observation: Observation) -> list[Wall]:
        graph = self.briefing.graph
        walls: list[Wall] = []
        for number in range(len(way.path.lanes)) if len(graph.light_id) else ():
            state = shown(graph, way, number, observation.lights)
            if state is None:
                continue
            lane = int(way.path.lanes[number])
            s = float(way.path.lane_s[number]) + line_on(graph, lane)
            opens = state in PASSED_AFTER_HALT and at_junction(graph, way, number)
            if opens:
                hold = PASSED_AFTER_HALT[state]
                if self._has_stood(("light", lane), s - self._front(way), observation, hold):
                    continue
                brake = COMFORT_BRAKE if state == LightState.UNSEEN else RED_BRAKE
            elif state in STOP_STATES:
                # amber is for those who can stop with ease (its usual timing), and for who has begun to
                if state == LightState.AMBER and lane not in self._begun and not self._with_ease(way, s, observation):
                    continue
                brake = RED_BRAKE
            else:
                continue
            if self._can_stop(way, s, observation.ego.speed, brake):
                self._stopping.add(lane)
                walls.append(wall_at(c, way, s, SAID[state], line=s if opens else math.inf))
        return walls

    def next_light(self, way: Way, observation: Observation) -> LightState | None:
        """What the next light on a corridor shows, None where there is none within LOOK."""
        graph, front = self.briefing.graph, self._front(way)
        for number in range(len(way.path.lanes)) if len(graph.light_id) else ():
            state = shown(graph, way, number, observation.lights)
            if state is None:
                continue
            s = float(way.path.lane_s[number]) + line_on(graph, int(way.path.lanes[number]))
            if 0.0 <= s - front < LOOK:
                return state
        return None

    def _has_stood(self, line: tuple[str, int], room: float, observation: Observation, hold: float) -> bool:
        """Whether the car has stood for a time [s] at a line that is `room` [m] ahead of its front."""
        now, ego = observation.t_ns * 1e-9, observation.ego
        if ego.speed < HALT_SPEED and -0.5 < room < HALT_PLACE:
            self.halted.setdefault(line, (now, float(ego.pose[0]), float(ego.pose[1])))
        return line in self.halted and now - self.halted[line][0] >= hold

    def _forget(self, ego: EgoState) -> None:
        """Let go of the lines that lie behind for good: they bind anew when the car comes back."""
        for line, (_, x, y) in list(self.halted.items()):
            if math.hypot(ego.pose[0] - x, ego.pose[1] - y) > GONE:
                del self.halted[line]
                if line[0] == "stop":
                    self._turns.forget(line[1])

    def _can_stop(self, way: Way, s: float, speed: float, brake: float) -> bool:
        room = s - self._front(way)
        return -STOPS <= room < LOOK and speed * speed <= 2.0 * brake * max(room, 0.3)

    def _with_ease(self, way: Way, s: float, observation: Observation) -> bool:
        return stop_with_ease(observation.ego) <= s - self._front(way)

    def _stop_signs(self, c: int, way: Way, observation: Observation, tracks: Tracks) -> list[Wall]:
        graph = self.briefing.graph
        walls: list[Wall] = []
        for k in self._signs:
            for place in np.flatnonzero(way.path.lanes == graph.stop_lane[k]):
                s = float(way.path.lane_s[place] + graph.stop_s[k])
                room = s - self._front(way)
                stood = self._has_stood(("stop", int(k)), room, observation, HALT_TIME)
                if ("stop", int(k)) in self.halted and room > -0.5:
                    self._turns.arrive(int(k), graph, tracks, observation.ego)
                if stood or not -1.0 <= room <= LOOK:
                    continue
                if self._can_stop(way, s, observation.ego.speed, RED_BRAKE):
                    walls.append(wall_at(c, way, _halt_at(s, room, observation.ego), "stop: stop sign", line=s))
        return walls

    def _keep_clear(self, c: int, way: Way, observation: Observation, tracks: Tracks) -> list[Wall]:
        """Before a junction or a crosswalk that we could not leave; see `keep_clear.barred`."""
        if self.briefing.limits.exact:
            return []
        front, speed = self._front(way), observation.ego.speed
        parts = [part for part in self._crossed.ahead(way, front) if self._can_stop(way, part.stop, speed, CLEAR_BRAKE)]
        walls: list[Wall] = []
        for part, row in barred(parts, way, tracks, front, self.briefing.platform.length, speed):
            line = ("clear", int(way.path.lanes[way.path.lane_at(part.low)]))
            if not self._has_stood(line, part.stop - front, observation, KEPT_CLEAR):
                who = int(tracks.id[row])
                walls.append(wall_at(c, way, part.stop, f"keep clear: {who} stands there", who))
        return walls

    def zones(self, ways: list[Way], entries: Entries, spans: Array, observation: Observation, tracks: Tracks) -> Array:
        """Conflict areas and when those who have priority use them (Z, 8): see `cost.yielding.zone_cost`."""
        speed = observation.ego.speed
        others = np.flatnonzero(entries.moving & (entries.prob >= PROB_MIN))
        riders = np.intersect1d(others, entries.riders) if len(entries.riders) else entries.riders
        owed: list[tuple[bytes, Array]] = []
        for c, way in enumerate(ways):
            front = self._front(way)
            used = self._crossed_by(c, way, front, others, entries, spans[c], observation, tracks)
            if len(riders):
                used += self._ridden_past(c, way, front, riders, entries, spans[c], speed)
            # a way round leads along the same lanes, and is a little longer
            key = way.path.lanes.tobytes() + bytes([len(way.borrowed) > 0])
            owed.append((key, np.concatenate([np.zeros((0, 8)), *used])))
        blocks = [
            let_out(zones, self._front(way), speed, entries)
            for way, zones in zip(ways, self._doubt.kept(owed, entries, tracks), strict=True)
            if len(zones)
        ]
        for c, way in enumerate(ways):
            if len(way.borrowed):
                blocks.append(detour.zones(c, way, self._front(way), speed, entries, spans[c]))
        return np.concatenate([np.zeros((0, 8)), *blocks])

    def _crossed_by(
        self, c: int, way: Way, front: float, others: Ints, entries: Entries, spans: Array, observation: Observation,
        tracks: Tracks,
    ) -> list[Array]:  # fmt: skip
        """The zones (K, 8) of each part of corridor c, ahead of our front [m], that others (N,), rows of the entries,
        have before us."""
        speed = observation.ego.speed
        owed, held = self._yields_on(way, observation.lights, front, tracks)
        ahead = _in_view(owed, front)
        free = others[~held_back(held, tracks)[entries.track[others]]] if ahead and len(held) else others
        if not len(free):
            return []
        found = (busy(c, part, front, speed, self._strip, entries, free, spans, self._price) for part in ahead)
        return [_steps_in(self._in_turn(way, zones, entries, tracks), entries) for zones in found]

    def _ridden_past(
        self, c: int, way: Way, front: float, riders: Ints, entries: Entries, spans: Array, speed: float
    ) -> list[Array]:
        """The zones (K, 8) of each part of corridor c, ahead of our front [m], on which it turns off across riders
        (N,), rows of the entries."""
        return [
            busy(c, part, front, speed, self._strip, entries, riders, spans, self._price, beside=True)
            for part in _in_view(turning_spans(self.briefing.graph, way), front)
        ]

    def goes_before(self, ids: Ints) -> Bools:
        """Which of some ids (N,) go before us where all must stop."""
        return self._turns.goes_before(ids)

    def _in_turn(self, way: Way, zones: Array, entries: Entries, tracks: Tracks) -> Array:
        """The zones (K, 8) of one part of a corridor without those who have to wait for us at an all-way stop."""
        if not self._turns.before or not len(zones) or not all_stop(self.briefing.graph, way, float(zones[0, 1])):
            return zones
        graph = self.briefing.graph
        lines = (k for k in self._turns.before if graph.stop_lane[k] in way.path.lanes)
        for line in lines:
            zones = zones[self._turns.waited_for(line, zones, entries, tracks)]
        return zones

    def _yields_on(
        self, way: Way, lights: Lights, front: float, tracks: Tracks
    ) -> tuple[list[tuple[float, float]], Array]:
        """`yield_spans` and `held_places`, found once for each path and what its lights show."""
        graph = self.briefing.graph
        careful, green = (), ()
        if len(graph.light_id):
            careful, green = signalled(graph, way, lights, self._passed, front, tracks)
        key = way.path.lanes.tobytes(), careful, green
        if key not in self._yields:
            self._yields[key] = yield_spans(graph, way, careful, green), held_places(graph, way, green)
        return self._yields[key]


def _halt_at(s: float, room: float, ego: EgoState) -> float:
    """Where to stand at a stop sign whose line is at s [m], `room` [m] ahead: who has come near enough stands there,
    and does not creep up to it first while others come and go."""
    return min(s, s - room + STOPS + stop_with_ease(ego)) if 0.0 <= room < HALT_PLACE else s


def _in_view(parts: list[tuple[float, float]], front: float) -> list[tuple[float, float]]:
    """The parts of a corridor [m] that end beyond our front and begin within `LOOK`."""
    return [part for part in parts if part[1] >= front and part[0] <= front + LOOK]


def _steps_in(zones: Array, entries: Entries) -> Array:
    """Zones (K, 8) without those on foot who are not soon in our way: away from crosswalks people walk on along the
    kerb rather than straight on over the junction, and where one does come, contact is what counts."""
    if not len(entries.walkers) or not len(zones):
        return zones
    later = np.isin(zones[:, 6], entries.walkers) & (zones[:, 3] > STEPS_IN - MARGIN_BEFORE)
    return zones[~later]
