"""Back a little and on again, where a car that stands cannot get past the road's edge, or what stands there, forwards.

As drivers turn in three moves: backwards along an arc at walking pace, where the road and everybody near leave room, if
the way forwards from there leads further than the one from here. What the car overhangs, or is too near to, where it
stands is held against no motion that does not make it worse.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from evpilot.geometry.boxes import gap
from evpilot.geometry.jit import kernel
from evpilot.plan.columns import Corridor, Roll
from evpilot.plan.cost.edge import EDGE_SPARE, outline_distance
from evpilot.plan.evaluate import Evaluator
from evpilot.plan.proposals import CREEP_OVER, LENGTH_MIN, OUT_PACES, at_pace
from evpilot.plan.reverse import STILL, Line, Reverse, is_free, looks
from evpilot.plan.scene import Scene, slack_at
from evpilot.plan.way import STEEPEST, find_place
from evpilot.types import EgoState, Observation, Trajectory
from evpilot.types.state import Array, Bools, Ints

STUCK = 6.0  # [s] that a car stands before it thinks of going back ...
THINK = 1.0  # [s] ... and between two such thoughts
LENGTHS = (1.0, 2.0, 3.0, 4.5, 6.5)  # [m] back
LOCKS = (-0.95, 0.0, 0.95)  # shares of the steering's limit
GAIN = 2.0  # [m] further on than without
FULL = 12.0  # [m] on is far enough
TOUCH = 0.35  # [m] to what stands on the way on: more than counts as contact ...
TOUCH_OUT = 0.7  # [m] ... and the same onto another lane: no nearer than a plan likes to go past
PACE = 0.8  # [m/s]
MOST, PLACE = 3, 15.0  # times within so many metres
X, Y, YAW, S = int(Roll.X), int(Roll.Y), int(Roll.YAW), int(Roll.S)


@kernel("f8(f8[:, :, ::1], f8[::1], f8[::1], i8[:, ::1], f4[:, :, ::1], f8, f8[:, :, ::1], f8[:, ::1], b1[::1], f8)")
def way_on(
    rolls: Array,
    body: Array,
    origin: Array,
    table: Ints,
    tiles: npt.NDArray[np.float32],
    slack: float,
    box: Array,
    half: Array,
    moving: Bools,
    touch: float,
) -> float:
    """How far [m] the best of motions (R, 51, 11) leads before the car leaves the road, further than the slack [m], or
    comes nearer than `touch` [m] to somebody who stands."""
    best = 0.0
    for r in range(rolls.shape[0]):
        run = rolls[r, 0, S]
        for step in range(1, rolls.shape[1]):
            x, y, yaw = rolls[r, step, X], rolls[r, step, Y], rolls[r, step, YAW]
            free = outline_distance(x, y, yaw, body, origin, table, tiles) >= EDGE_SPARE - slack
            c, s = math.cos(yaw), math.sin(yaw)
            x, y = x + body[0] * c, y + body[0] * s
            for e in range(box.shape[0] if free else 0):
                if not moving[e]:
                    o = box[e, 0]
                    room = gap(x, y, c, s, body[1], body[2], o[0], o[1], o[2], o[3], half[e, 0], half[e, 1])
                    free = free and room > touch
            if not free:
                break
            best = max(best, rolls[r, step, S] - run)
    return best


@dataclass(frozen=True, slots=True)
class Arc:
    """A way back: curvature [1/m], and where the rear axle ends: x, y [m]."""

    curvature: float
    x: float
    y: float

    def left(self, ego: EgoState) -> float:
        """How far [m] back the end still is."""
        x, y, _, yaw = ego.pose.tolist()
        return (x - self.x) * math.cos(yaw) + (y - self.y) * math.sin(yaw)


@dataclass(slots=True)
class Backing:
    """Decides when to go back, and drives it. State: since when the car stands and when it last thought of it [ns], the
    way back that it is on, where it went back and how often."""

    evaluator: Evaluator
    _reverse: Reverse = field(init=False)
    _since: int | None = field(init=False, default=None)
    _thought: int = field(init=False, default=0)
    _arc: Arc | None = field(init=False, default=None)
    _place: tuple[float, float] = field(init=False, default=(math.inf, math.inf))
    _times: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._reverse = Reverse(self.evaluator.briefing, PACE)

    def motion(self, scene: Scene, observation: Observation, first: int) -> tuple[Trajectory, Trajectory] | None:
        """The motion back with its stopping tail, None where there is no need or no room. Proposals of the cycle stand
        in the rows before `first`."""
        ego, now = observation.ego, observation.t_ns
        if self._arc is None and self._ponders(ego, now):
            self._arc = self._best(scene, observation, first)
            self._note(ego)
        arc = self._arc
        if arc is None:
            return None
        line, length = arc_behind(ego, arc.curvature), arc.left(ego)
        if length < STILL or not self._free(looks(line, length), scene, observation):
            self._arc, self._since, length = None, None, 0.0
            if ego.speed > -STILL:
                return None
        return self._reverse.drive(line, length, ego, now)

    def _ponders(self, ego: EgoState, now: int) -> bool:
        """Whether the car has stood for long, and not thought of it lately, nor tried it too often here."""
        if abs(ego.speed) > STILL:
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        if math.hypot(ego.pose[0] - self._place[0], ego.pose[1] - self._place[1]) > PLACE:
            self._times = 0
        due = now - self._since >= STUCK * 1e9 and now - self._thought >= THINK * 1e9
        self._thought = now if due else self._thought
        return due and self._times < MOST

    def _note(self, ego: EgoState) -> None:
        if self._arc is not None:
            self._times += 1
            self._place = float(ego.pose[0]), float(ego.pose[1])

    def _best(self, scene: Scene, observation: Observation, first: int) -> Arc | None:
        """The way back, if any, from which on it leads furthest, as seen from here."""
        ego, platform = observation.ego, self.evaluator.briefing.platform
        now = self._on_from(scene, ego.pose, ego.steering, first)
        if now >= FULL:
            return None
        best, found = now + GAIN, None
        for lock in LOCKS:
            steering = lock * platform.steering_max
            bend = math.tan(steering) / platform.wheelbase
            for length in LENGTHS:
                places = looks(arc_behind(ego, bend), length)
                if not self._free(places, scene, observation):
                    break
                x, y, yaw, _ = places[-1].tolist()
                on = min(self._on_from(scene, np.array([x, y, ego.pose[2], yaw]), steering, first), FULL) - length
                if on > best:
                    best, found = on, Arc(bend, x, y)
        return found

    def _on_from(self, scene: Scene, pose: Array, steering: float, first: int) -> float:
        """How far [m] the car comes from a pose (4,) on our lane or a way round what stands in it."""
        evaluator, entries = self.evaluator, scene.entries
        area, wheelbase = evaluator.road.area, evaluator.briefing.platform.wheelbase
        x, y, z, yaw = pose.tolist()
        corridors = scene.corridors.copy()
        for way, row in zip(scene.ways, corridors, strict=True):
            find_place(way.table, x, y, z, yaw, math.tan(steering) / wheelbase, row)
        near = np.zeros_like(scene.near)
        state = np.array([0.0, 0.0, steering, 0.0])
        touch = TOUCH_OUT if scene.tight else TOUCH
        onward = evaluator.rolled(_onward(scene), replace(scene, corridors=corridors, near=near, ego=state), first)
        slack = slack_at(area, x, y, yaw, evaluator.body)
        return way_on(
            onward.rolls, evaluator.body, area.origin, area.table, area.tiles, slack, entries.box, entries.half,
            entries.moving, touch,
        )  # fmt: skip

    def _free(self, places: Array, scene: Scene, observation: Observation) -> bool:
        """Whether nothing is in the way at the places (P, 4) of a way back, and all of it is seen."""
        return is_free(places, self.evaluator, scene.entries.box, scene.entries.half, observation, PACE)


def _onward(scene: Scene) -> Array:
    """Proposals (K, 11) on our lane at walking pace; onto one that is not blocked as calmly, and round what stands in
    ours as briskly, as it is then driven."""
    rows: list[Array] = []
    for c, way in enumerate(scene.ways):
        if math.isfinite(scene.room[c]):
            rows.append(at_pace(c, (max(STEEPEST * abs(float(way.scalars[Corridor.D])), LENGTH_MIN),)))
        elif len(way.borrowed):
            rows.append(at_pace(c, (LENGTH_MIN,), OUT_PACES[0]))
        elif not c:
            rows.append(at_pace(c, CREEP_OVER))
    return np.concatenate(rows)


def arc_behind(ego: EgoState, curvature: float) -> Line:
    """The arc of a curvature [1/m] that leads back from where the car is."""
    x, y, _, yaw = ego.pose.tolist()

    def line(run: Array) -> Array:
        half = -0.5 * curvature * run
        chord = -run * np.sinc(half / math.pi)
        places = (x + chord * np.cos(yaw + half), y + chord * np.sin(yaw + half), yaw + 2.0 * half)
        return np.column_stack([*places, np.full(len(run), curvature)])

    return line
