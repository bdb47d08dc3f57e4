"""Setting the scene of a cycle: what is there, seen from every corridor, before anything is proposed."""

import math

import numpy as np

from evpilot.plan.animals import heeded_animals
from evpilot.plan.arrays import Tables, goal_places, goal_windows, stack_scalars
from evpilot.plan.columns import GRID, Corridor
from evpilot.plan.cost.encounter import whereabouts_of
from evpilot.plan.cost.energy import Thrift
from evpilot.plan.cost.jolt import Felt
from evpilot.plan.cost.progress import lowest_limits
from evpilot.plan.cost.reach import SECONDS, reach_of, strips_on
from evpilot.plan.crossing import heed
from evpilot.plan.deference import Deference
from evpilot.plan.entries import BY_ROAD, Entries
from evpilot.plan.held import ENOUGH, losses, way_lost
from evpilot.plan.pace import Pace
from evpilot.plan.patience import Patience
from evpilot.plan.road import Road
from evpilot.plan.rules import Rules
from evpilot.plan.scene import Scene, rolled_to, slack_of, slower_on, surprises_on, time_left
from evpilot.plan.spans import spans_again, spans_on
from evpilot.plan.walls import Wall, halting_places
from evpilot.plan.way import Way, curvature_now
from evpilot.types import Briefing, LightState, Observation, Predictions, Tracks
from evpilot.types.state import Array, Bools, Ints

SOON_RED = (LightState.GREEN, LightState.RED_AMBER)  # now or at once green, and red before long
AT_GREEN = 0.5  # of saving's weight: a second late costs two where the red to come is as long as the green that is left
GAP_NEAR = 20.0  # [m] ahead a gap among those who have priority is taken or not


class Stage:
    """Where the scenes of one drive are set. body (3,): rear axle to centre, half length, half width [m]; metre: the
    cost of one less of way."""

    def __init__(self, briefing: Briefing, road: Road, rules: Rules, body: Array, metre: float) -> None:
        self._briefing, self._road, self._rules, self._body, self._metre = briefing, road, rules, body, metre
        self._pace, self._felt = Pace(briefing.platform.speed_max), Felt()
        self._thrift: Thrift | None = None
        self._deference = Deference(briefing.graph)
        self._patience = Patience()
        self._tables = Tables()

    def save(self, thrift: Thrift | None, pace: float) -> None:
        """From now on let saving energy count so much, and wish for a share pace, 0..1, of the limits."""
        self._thrift, self._pace.share = thrift, pace

    def feel(self, observation: Observation) -> None:
        """Take in how far one sees, and what is felt in the car."""
        self._pace.see(observation)
        self._felt.take(observation.t_ns * 1e-9, float(observation.ego.accel[0]))

    def set(
        self,
        ways: list[Way],
        walls: list[Wall],
        room: Array,
        observation: Observation,
        tracks: Tracks,
        predictions: Predictions,
        level: Bools,
        last: tuple[int, float, bool] | None,
    ) -> Scene:
        """The scene of one cycle. room as `blocked.room_before` has it, level (N,) who is on our level; last: the lane
        and the offset that the last decision led to, and whether on a detour."""
        ego = observation.ego
        entries = Entries(tracks, predictions, ego, level)
        tight = bool(np.isfinite(room).any())
        if tight:
            # where another lane is free, a wall keeps the room to get out, and who has less may use it
            entries.standoff[:] = 0.0
        table = self._pace.over(self._tables.stack(ways, self._pace.sight), ego.speed)
        table = heed(table, ways, self._heeded(ways, tracks), ego.speed)
        corridors, rest = stack_scalars(ways, walls)
        spans = np.empty((len(ways), len(entries), len(GRID), 5))
        near = np.empty((len(ways), len(entries) + 1), np.int64)
        spans_on(entries.box, entries.half, entries.level, corridors, table, spans, near)
        self._trust(ways[0], entries, spans, near, corridors, table, tracks)
        wanted = self._pace.wish(ways[0])
        corridors[:, Corridor.PENALTY] += self._held(ways, corridors, entries, spans, near, wanted, rest)
        extents, strips = np.empty((*spans.shape[:2], 3)), np.empty((*spans.shape[:2], spans.shape[3], SECONDS))
        strips_on(spans, near, extents, strips)
        lowest = np.empty(len(ways))
        lowest_limits(corridors, table, lowest)
        zones = self._rules.zones(ways, entries, spans, observation, tracks)
        seconds = (observation.t_ns - self._briefing.start_ns) * 1e-9
        wheelbase = self._briefing.platform.wheelbase
        steering = math.atan(curvature_now(ego, wheelbase) * wheelbase)
        slower, thrift = self._slower(corridors, spans, near), self._thrift_now(ways[0], zones, observation)
        patience = self._patience.left(ego, not len(zones) and not any(wall.rule for wall in walls))
        state = np.array([max(ego.speed, 0.0), float(ego.accel[0]), steering, 0.0])
        return Scene(
            ways=ways,
            table=table,
            corridors=corridors,
            entries=entries,
            spans=spans,
            near=near,
            extents=extents,
            strips=strips,
            reach=reach_of(entries.box, entries.half),
            stays=whereabouts_of(entries.box, entries.half),
            zones=zones,
            places=goal_places(ways, self._briefing, seconds),
            surprises=surprises_on(ways, observation, tracks, self._briefing),
            goals=goal_windows(self._briefing, seconds),
            lowest=lowest,
            ego=state,
            slack=slack_of(self._road.area, ego, self._body),
            rest=rest,
            left=time_left(self._briefing, observation.t_ns),
            limit=self._road.limit_at(ego),
            wanted=wanted,
            halts=None if slower is None else slower[:, 0],
            thrift=thrift,
            freely=None
            if slower is None or thrift is None
            else rolled_to(corridors, table, slower, self._front(), thrift.kept),
            room=room,
            tight=tight,
            lines=halting_places(walls, len(ways)),
            patience=patience,
            fears=np.array([patience if len(way.borrowed) else 1.0 for way in ways]),
            felt=self._felt.before(),
            last=None if last is None else (_corridor_of(ways, last), last[1]),
        )

    def _heeded(self, ways: list[Way], tracks: Tracks) -> list[tuple[int, float, float]]:
        """Where to be no faster than so ready to stop, on a road: see `Crosswalks.heeded`, `heeded_animals`."""
        if self._briefing.limits.exact:
            return []
        return self._rules.crosswalks.heeded(ways, tracks) + heeded_animals(
            ways, tracks, float(self._body[0] + self._body[1])
        )

    def _trust(
        self, way: Way, entries: Entries, spans: Array, near: Ints, corridors: Array, table: Array, tracks: Tracks
    ) -> None:
        """Expect those who must let us pass to do so; the official verdict's traffic knows nothing of us."""
        if self._briefing.limits.exact or not len(entries):
            return
        drivers = BY_ROAD[tracks.kind[entries.track]] & ~self._rules.goes_before(tracks.id[entries.track])
        stopped = self._deference.expect(way, spans[0], entries, drivers, float(self._body[2]))
        if len(stopped):
            spans_again(stopped, entries.box, entries.half, entries.level, corridors, table, spans, near)

    def _held(
        self, ways: list[Way], corridors: Array, entries: Entries, spans: Array, near: Ints, wanted: float, rest: float
    ) -> Array:
        """What being behind somebody slow costs on each corridor (C,), with rest [m] to the goal; the official verdict
        asks for no overtaking."""
        if len(ways) < 2 or self._briefing.limits.exact or not self._road.bound:
            return np.zeros(len(ways))
        loss = losses(corridors, entries, spans, near, wanted, self._front(), float(self._body[2]))
        if not loss.any():
            return loss
        return self._metre * way_lost(loss, np.array([min(self._road.goes_on(way, ENOUGH), rest) for way in ways]))

    def _front(self) -> float:
        """From the rear axle to the bumper [m]."""
        return float(self._body[0] + self._body[1])

    def _slower(self, corridors: Array, spans: Array, near: Ints) -> Array | None:
        """What to slow down for on each corridor (C, 3), where saving energy counts."""
        if self._thrift is None:
            return None
        return slower_on(corridors, spans, near, self._front(), float(self._body[2]))

    def _thrift_now(self, way: Way, zones: Array, observation: Observation) -> Thrift | None:
        """How much saving energy counts now. Time is dear to who may have to stop for half a minute where he comes
        late: dearer at a green light, and all that counts at a gap among those who have priority."""
        near = float(way.scalars[Corridor.S]) + self._front() + GAP_NEAR
        if self._thrift is None or np.any((zones[:, 0] == 0.0) & (zones[:, 1] < near)):
            return None
        soon_red = self._rules.next_light(way, observation) in SOON_RED
        return self._thrift.less(AT_GREEN) if soon_red else self._thrift


def _corridor_of(ways: list[Way], last: tuple[int, float, bool]) -> int:
    """The corridor that holds the lane which the last decision led to (lane, offset, whether on a detour), or -1."""
    for c, way in enumerate(ways):
        if last[0] in way.path.lanes.tolist() and last[2] == bool(len(way.borrowed)):
            return c
    return -1
