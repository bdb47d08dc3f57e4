"""Back out of the way of somebody who comes towards us where two cannot get past each other: along the lane that we
came, to the nearest place at which he gets by, and there until he has.

Who goes past what stands on his side of the road lets those who come drive through first (StVO section 6). Where they
came into sight too late for that, and both stand nose to nose, it is for him to make way again.
"""

import math
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Ref, Span
from evpilot.plan.evaluate import Evaluator
from evpilot.plan.reverse import HELD, SPARE, STILL, Line, Reverse, is_free, looks
from evpilot.plan.rollout import quintic
from evpilot.plan.scene import Scene
from evpilot.plan.way import Way, find_place, row_here
from evpilot.types import EgoState, LaneKind, ObjectKind, Observation, Signal, Tracks, Trajectory, among
from evpilot.types.state import Array, Ints

STUCK = 5.0  # [s] that both stand before we make way ...
THEIRS = 20.0  # [s] ... and where he is in our lane, and it was for him to do so
THINK = 1.0  # [s] between two looks for a place
IN_OURS = 1.2  # [m] from the middle of our lane: whose middle is nearer is in it
NOSE = 12.0  # [m] between the bumpers: who stands further away has more room to go on
OPPOSITE = -0.8  # cosine of the angle to our way of who comes along it
SIDE = 0.3  # [m] beside us, which others want to get past
ROOM = 0.4  # [m] beside us that we leave them
BACK = np.arange(4.0, 41.0, 2.0)  # [m]
OFFSETS = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5, 1.5, -2.0, 2.0, -2.5, 2.5, -3.0, 3.0)  # [m] beside the middle of our lane
OVER, STRAIGHT = np.array([7.0, 9.0, 12.0]), 3.0  # [m] for the way over, and straight before it at least
LOCK = 0.9  # of the steering's limits
PACE = 1.5  # [m/s]
WAITS = 30.0  # [s] for who does not come
IS_DRIVEN = among([ObjectKind.CAR, ObjectKind.TRUCK, ObjectKind.BUS, ObjectKind.EMERGENCY])
HAZARD = int(Signal.HAZARD)


@dataclass(frozen=True, slots=True, eq=False)
class Retreat:
    """A way back of a length [m] along a corridor, table (P, 14) by `Ref`, from a place s, d [m] with a slope against
    it: straight for `hold` [m], and then over to an offset [m]."""

    table: Array
    s: float
    d: float
    slope: float
    offset: float
    length: float
    hold: float = 0.0

    def places(self, run: Array) -> Array:
        """Places (P, 4), as a `Line` has them, so far (P,) [m] back."""
        x, y, yaw, bend = (
            np.interp(self.s - run, np.arange(len(self.table)) * SPACING, self.table[:, column])
            for column in (Ref.X, Ref.Y, Ref.YAW, Ref.CURVATURE)
        )
        first = _eased(run, self.d, -self.slope, self.d if self.hold else self.offset, self.hold or self.length)
        then = _eased(run - self.hold, self.d, 0.0, self.offset, self.length - self.hold)
        d, steep, twist = np.where((run <= self.hold) | (self.hold == 0.0), first, then)
        lean = np.arctan2(-steep, 1.0 - bend * d)
        curvature = np.cos(lean) ** 3 * twist + np.cos(lean) * bend / (1.0 - bend * d)
        return np.column_stack([x - d * np.sin(yaw), y + d * np.cos(yaw), yaw + lean, curvature])

    def gone(self, ego: EgoState) -> float:
        """How far [m] back the car is."""
        place = np.zeros(len(Corridor))
        x, y, z, yaw = ego.pose.tolist()
        find_place(self.table, x, y, z, yaw, 0.0, place)
        return self.s - float(place[Corridor.S])


def _eased(run: Array, d: float, slope: float, offset: float, length: float) -> Array:
    """Offset [m] and its first two derivatives (3, P) on the way from d with a slope to an offset, over a length [m]
    and straight on from there."""
    u = np.clip(run, 0.0, length)
    c3, c4, c5 = quintic(d, slope, 0.0, offset, length)
    aside = d + slope * u + u**3 * (c3 + u * (c4 + u * c5))
    steep = slope + u**2 * (3.0 * c3 + u * (4.0 * c4 + u * 5.0 * c5))
    return np.stack([aside, steep, u * (6.0 * c3 + u * (12.0 * c4 + u * 20.0 * c5))])


@dataclass(slots=True)
class GivingWay:
    """Decides when to make way backwards, and drives it. State: who stands before us and since when both do [ns], when
    it last looked for a place, the way back to it, since when we wait there, and who could have passed us there."""

    evaluator: Evaluator
    _reverse: Reverse = field(init=False)
    _who: int = field(init=False, default=-1)
    _since: int = field(init=False, default=0)
    _thought: int = field(init=False, default=0)
    _retreat: Retreat | None = field(init=False, default=None)
    _waits: float | None = field(init=False, default=None)
    _let: int = field(init=False, default=-1)

    def __post_init__(self) -> None:
        self._reverse = Reverse(self.evaluator.briefing, PACE)

    def motion(
        self, scene: Scene, observation: Observation, tracks: Tracks
    ) -> tuple[Trajectory, Trajectory, str, int] | None:
        """The motion back, or the stand there, with its stopping tail, why, and for whom; None where there is no need
        or no place."""
        ego, now = observation.ego, observation.t_ns
        if self._retreat is None:
            self._retreat = self._found(scene, observation, tracks)
        retreat = self._retreat
        if retreat is None:
            return None
        gone = retreat.gone(ego)

        def line(run: Array) -> Array:
            return retreat.places(gone + run)

        left = retreat.length - gone
        if self._waits is None and left > STILL and self._free(line, left, HELD, scene, observation):
            return *self._reverse.drive(line, left, ego, now), f"back to let {self._who} pass", self._who
        if self._waits is None:
            self._waits, self._let = (now, self._who) if left <= STILL else (-math.inf, -1)
        if ego.speed > -STILL and (now - self._waits > WAITS * 1e9 or self._past(scene, tracks)):
            self._retreat, self._waits, self._who = None, None, -1
            return None
        return *self._reverse.drive(line, 0.0, ego, now), f"let {self._who} pass", self._who

    def _found(self, scene: Scene, observation: Observation, tracks: Tracks) -> Retreat | None:
        """The way back to where who stands nose to nose with us gets by, once both have stood for long."""
        ego, now = observation.ego, observation.t_ns
        entry = self._opposite(scene, tracks) if abs(ego.speed) < STILL else -1
        who = -1 if entry < 0 else int(tracks.id[scene.entries.track[entry]])
        if who != self._who:
            self._who, self._since = who, now
        if who < 0 or who == self._let:
            return None
        his = scene.spans[0, entry, 0]
        patience = THEIRS if abs(his[Span.D_LOW] + his[Span.D_HIGH]) < 2.0 * IN_OURS else STUCK
        if now - self._since < patience * 1e9 or now - self._thought < THINK * 1e9:
            return None
        self._thought = now
        return self._to_a_place(scene.ways[0], his, scene, observation)

    def _opposite(self, scene: Scene, tracks: Tracks) -> int:
        """The entry of who stands before us, turned towards us, and does not get past us; -1 for nobody."""
        own, (shift, length, half) = scene.corridors[0], self.evaluator.body.tolist()
        rows, now = scene.entries.track, scene.spans[0, :, 0]
        turned = np.cos(tracks.state[rows, 3] - float(row_here(scene.ways[0])[Ref.YAW]))
        ahead = now[:, Span.S_LOW] - float(own[Corridor.S]) - shift - length
        wide = half + SIDE + 0.5 * length * abs(math.sin(float(own[Corridor.THETA])))
        d = float(own[Corridor.D])
        meets = (now[:, Span.D_LOW] < d + wide) & (now[:, Span.D_HIGH] > d - wide)
        stands = IS_DRIVEN[tracks.kind[rows]] & (np.abs(tracks.state[rows, 4]) < 2.0 * STILL)
        stands &= tracks.signals[rows] & HAZARD == 0
        found = meets & stands & (turned < OPPOSITE) & (ahead > -1.0) & (ahead < NOSE)
        return int(np.argmin(np.where(found, ahead, np.inf))) if found.any() else -1

    def _to_a_place(self, way: Way, his: Array, scene: Scene, observation: Observation) -> Retreat | None:
        """The shortest way back along our lane to a place beside his span (5,)."""
        s, d, theta = (float(way.scalars[column]) for column in (Corridor.S, Corridor.D, Corridor.THETA))
        aside = float(self.evaluator.body[2]) + ROOM
        slope = math.tan(theta) * (1.0 - d * float(row_here(way)[Ref.CURVATURE]))
        free = [o for o in OFFSETS if o + aside <= his[Span.D_LOW] or o - aside >= his[Span.D_HIGH]]
        for back in BACK[s - self._open(way) > BACK]:
            for offset, over in product(free, (back, *OVER[back - STRAIGHT > OVER])):
                retreat = Retreat(way.table, s, d, slope, offset, float(back), float(back - over))
                if self._drivable(retreat) and self._free(retreat.places, back, SPARE, scene, observation):
                    return retreat
        return None

    def _drivable(self, retreat: Retreat) -> bool:
        """Whether the wheels turn as far, and as fast, as a way back asks."""
        told = self.evaluator.briefing
        steering = np.arctan(looks(retreat.places, retreat.length)[:, 3] * told.platform.wheelbase)
        rate = np.abs(np.diff(steering)).max() * PACE * len(steering) / retreat.length
        return bool(
            np.abs(steering).max() < LOCK * told.platform.steering_max and rate < LOCK * told.limits.steering_rate
        )

    def _open(self, way: Way) -> float:
        """From where on [m] the road on which we stand leads here without a junction; inf where nobody goes back: in a
        junction, and on a motorway (StVO section 18 (7))."""
        graph, lanes = self.evaluator.briefing.graph, way.path.lanes
        here = way.path.lane_at(float(way.scalars[Corridor.S]))
        shut = (graph.junction[lanes] >= 0) | (graph.kind[lanes] == LaneKind.MOTORWAY)
        before = np.flatnonzero(shut[: here + 1])
        return 0.0 if not len(before) else math.inf if before[-1] == here else float(way.path.lane_s[before[-1] + 1])

    def _free(self, line: Line, length: float, spare: float, scene: Scene, observation: Observation) -> bool:
        """Whether nobody beside or behind us is nearer than `spare` [m], and all is seen; we go away from those
        ahead."""
        front = float(scene.corridors[0, Corridor.S] + self.evaluator.body[:2].sum())
        near: Ints = np.flatnonzero(scene.spans[0, :, 0, Span.S_LOW] < front)
        box, half = scene.entries.box[near], scene.entries.half[near]
        return is_free(looks(line, length), self.evaluator, box, half, observation, PACE, spare)

    def _past(self, scene: Scene, tracks: Tracks) -> bool:
        """Whether who was let pass is behind us, or gone."""
        mine = tracks.id[scene.entries.track] == self._who
        rear = float(scene.corridors[0, Corridor.S]) - float(self.evaluator.body[1] - self.evaluator.body[0])
        return bool((scene.spans[0, mine, 0, Span.S_HIGH] < rear).all())
