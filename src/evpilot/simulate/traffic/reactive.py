"""Traffic that reacts: drivers with models on the lanes, everyone else as recorded but careful."""

import copy
import math
from typing import Self

import numpy as np

from evpilot.geometry.boxes import boxes_overlap
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polyline import project
from evpilot.maps.index import LaneIndex
from evpilot.scenarios import Motion, Scenario
from evpilot.simulate.traffic import motion as col
from evpilot.simulate.traffic import scene
from evpilot.simulate.traffic.cast import HALTS, boldness, cast, chain_for, halt_table
from evpilot.simulate.traffic.drivers import BOLD, COLUMNS, HALF_LENGTH, HOME, WANTED, driver
from evpilot.simulate.traffic.lanes import survey
from evpilot.simulate.traffic.line import box_on
from evpilot.simulate.traffic.people import Clocks, busy_walks, fired, will_hit
from evpilot.simulate.traffic.replay import record
from evpilot.simulate.traffic.routes import connect, split, start_lane
from evpilot.simulate.traffic.tick import tick
from evpilot.simulate.traffic.ways import Ways, red_table
from evpilot.types import VULNERABLE, EgoState, Lights, ObjectKind, Signal, Tracks
from evpilot.types.state import Array, Bytes, Ints

HARDEST = 9.0  # [m/s2] on a dry road: what a car's tyres give
ROOM_LATE = 2.0  # [m] free before and behind who appears during the drive
ROOM_TIME = 0.5  # [s] of its speed that must be free besides
STANDING = 0.1  # [m/s]
BRAKE_SEEN = -0.8  # [m/s2] from which brake lamps show
ALWAYS = int(Signal.HAZARD | Signal.BLUE)  # lamps that stay lit
RETURN_MIN = 300.0  # [m] that a wished change must last before the route needs another


class ReactiveTraffic:
    """Drivers with models (IDM and MOBIL, some of Gipps's family) who react to the car and to each other.

    Every vehicle on a lane drives from its start state along its route; one that would appear inside another waits
    until its place is free. `replaying` holds the ids of actors that move exactly as recorded; with `yielding`, those
    of them that are on a lane drive on by a model when they would otherwise run into one that reacts. All others
    (people, bicycles and cars off the lanes) keep to their recorded paths but stop before they run into a car.
    """

    def __init__(
        self, scenario: Scenario, seed: int, replaying: frozenset[int] = frozenset(), yielding: bool = False
    ) -> None:
        self._scenario = scenario
        self._lanes = survey(scenario.graph)
        self._index = LaneIndex(scenario.graph)
        self._ways = Ways(self._lanes)
        self._roles = cast(scenario, self._lanes, self._index, seed, replaying)
        self._recording = record(scenario)
        self._yielding = yielding
        self._t_ns = -1
        self._count = 0
        self._make_drivers()
        self._make_others(replaying)
        self._roads = self._road_arrays()
        self._default = driver(0.5, False, math.inf, 1.0, 4.5, 1.8)
        self._reds = np.zeros((0, 5), np.int64)
        self._shown = b""

    def _make_drivers(self) -> None:
        drivers, others = len(self._roles), len(self._recording.id)
        self._id = np.array([role.actor.id for role in self._roles], np.int64)
        self._kind = np.array([role.actor.kind for role in self._roles], np.uint8)
        self._size = np.array([[r.actor.length, r.actor.width] for r in self._roles], float).reshape(-1, 2)
        self._who = np.array([role.row for role in self._roles], float).reshape(-1, COLUMNS)
        self._lit = np.array([next(iter(role.actor.signals), 0) & ALWAYS for role in self._roles], np.uint8)
        self._motion = np.zeros((drivers, 12))
        self._link = np.zeros((drivers, 5), np.int64)
        self._halts = np.zeros((drivers, HALTS, 2))
        self._rest: list[list[int]] = [[] for _ in self._roles]
        self._need_s = np.full(drivers, np.inf)
        self._end = np.full(drivers, np.inf)
        self._appeared = np.zeros(drivers, np.int64)
        self._waiting = np.array([not role.held for role in self._roles], np.bool_)
        self._appears = tuple(role.actor.appears for role in self._roles)
        self._absent = np.array([trigger is not None for trigger in self._appears], np.bool_)
        self._due = np.array([role.appears_ns for role in self._roles], np.int64)
        self._actor = np.searchsorted(self._recording.id, self._id)
        self._things = np.zeros((drivers + 1 + others, 14))
        self._things[:, scene.COS] = 1.0
        self._here = np.zeros(len(self._things), np.bool_)

    def _make_others(self, replaying: frozenset[int]) -> None:
        """Everyone who is not a driver: rows of `things` after the drivers' and the car's."""
        recording = self._recording
        self._other = ~np.isin(recording.id, self._id[self._waiting])
        exact = recording.fixed | np.isin(recording.id, np.array(sorted(replaying), np.int64))
        self._clocks = Clocks(recording, self._other & ~exact & recording.yields)
        first = len(self._roles) + 1
        soft = np.isin(recording.kind, (*VULNERABLE, ObjectKind.ANIMAL, ObjectKind.BALL)) & ~recording.fixed
        self._things[first:, scene.SOFT] = soft
        self._things[first:, scene.STAYS] = recording.fixed
        self._things[first:, scene.HALF_L : scene.HALF_W + 1] = 0.5 * recording.size
        self._things[: first - 1, scene.HALF_L : scene.HALF_W + 1] = 0.5 * self._size
        solid = ~soft & ~np.isin(recording.kind, (ObjectKind.PEDESTRIAN, ObjectKind.BICYCLE))
        self._minded = np.concatenate([np.ones(first, np.bool_), solid & ~recording.fixed])

    def _road_arrays(self) -> tuple[Array, Ints, Ints, Ints, Array, Array, Ints, Bytes]:
        lanes, graph = self._lanes, self._lanes.graph
        sides = np.ascontiguousarray(np.stack([lanes.to_left, lanes.to_right], axis=1))
        apart = 0.5 * (lanes.width[:, None] + lanes.width[sides])
        offsets = np.ascontiguousarray(apart * np.array([1.0, -1.0]))
        return (
            graph.length,
            graph.successor_start,
            graph.successor,
            sides,
            offsets,
            lanes.dead,
            graph.junction,
            graph.turn,
        )

    def step(self, t_ns: int, ego: EgoState, ego_size: tuple[float, float], lights: Lights) -> Tracks:
        """Everyone at t_ns: those who drive have reacted to what was true at the call before."""
        if self._t_ns < 0:
            self._ahead = math.hypot(*(self._scenario.start[:2] - ego.pose[:2]))
            self._clocks.start(t_ns)
        else:
            self._drive((t_ns - self._t_ns) * 1e-9)
            self._clocks.advance(t_ns, self._things, self._minded & self._here)
        late = self._t_ns >= 0
        self._t_ns = t_ns
        self._place_ego(ego, ego_size)
        car = self._things[len(self._roles)]
        x, y, speed = float(car[scene.X]), float(car[scene.Y]), float(car[scene.SPEED])
        self._clocks.set_off(t_ns, x, y, speed)
        for i in fired(self._appears, self._absent, x, y, speed):
            self._absent[i] = False
            self._due[i] += t_ns
        self._place_others()
        self._enter(t_ns, late)
        if self._yielding:
            self._hand_over(t_ns)
        self._see_lights(lights)
        return self._tracks(t_ns)

    def fork(self) -> Self:
        """The same traffic as it is now, to be stepped on apart; what never changes, or only grows, is shared."""
        shared = (
            self._scenario,
            self._lanes,
            self._index,
            self._ways,
            self._roles,
            self._appears,
            self._recording,
            self._roads,
            self._default,
        )
        twin = copy.copy(self)
        memo = {id(part): part for part in shared}
        vars(twin).update({name: copy.deepcopy(value, memo) for name, value in vars(self).items()})
        return twin

    def _see_lights(self, lights: Lights) -> None:
        shown = lights.index.tobytes() + lights.state.tobytes()
        if shown != self._shown or not len(self._reds):
            self._shown = shown
            self._reds = red_table(self._scenario.graph, lights.index, lights.state)

    def _drive(self, dt: float) -> None:
        graph = self._scenario.graph
        busy = busy_walks(graph.crosswalk_start, graph.crosswalk, self._things, self._here)
        drivers = len(self._roles)
        changes = tick(
            self._motion,
            self._link,
            self._who,
            self._things,
            self._here,
            self._halts,
            self._reds,
            busy,
            self._t_ns * 1e-9,
            dt,
            self._count,
            self._ways.arrays,
            self._roads,
            self._index.arrays,
            self._default,
            HARDEST * self._scenario.friction,
        )
        self._count += 1
        present = self._here[:drivers]
        for i in np.flatnonzero(changes).tolist():
            self._change(i, int(changes[i]))
        for i in np.flatnonzero(present & (self._motion[:, col.S] > self._need_s)).tolist():
            self._give_up(i)
        present &= self._motion[:, col.S] <= self._end

    def _change(self, i: int, side: int) -> None:
        """Let a driver begin a change to the lane on one side, unless its route forbids."""
        path = self._ways.paths[self._link[i, col.PATH]]
        lane = int(path.lanes[path.lane_at(self._motion[i, col.S])])
        target = int((self._lanes.to_left if side > 0 else self._lanes.to_right)[lane])
        rest = self._rest[i]
        route = connect(self._lanes, [target, rest[-1]]) if rest else [target]
        wished = self._link[i, col.NEED] == 0
        if rest and route[-1] != rest[-1]:
            return
        part, later = split(self._lanes, route)
        if wished and later and float(self._lanes.graph.length[part].sum()) < RETURN_MIN:
            return
        self._link[i, col.CHANGING] = side
        self._motion[i, col.SINCE] = 0.0
        self._follow(i, route)

    def _give_up(self, i: int) -> None:
        """A change that the route needed has become impossible: go straight on."""
        self._rest[i] = []
        self._need_s[i] = np.inf
        self._link[i, col.NEED] = 0

    def _follow(self, i: int, route: list[int]) -> None:
        """Put a driver on the path along a route, at the place where it is."""
        role = self._roles[i]
        seconds = max(self._scenario.last_step * self._scenario.dt_ns - self._t_ns, 0) * 1e-9
        chain, rest = chain_for(self._lanes, route, float(self._who[i, WANTED]), seconds)
        number = self._ways.add(chain)
        path = self._ways.paths[number]
        x, y = self._things[i, scene.X], self._things[i, scene.Y]
        line = np.ascontiguousarray(path.point[:, :2])
        last = min(
            int(np.searchsorted(path.arc, path.origin + self._lanes.graph.length[chain[0]] + 20.0)), len(line) - 1
        )
        s, d, _ = project(x, y, line, path.arc, 0, last)
        mid_x, mid_y, _, _, tx, ty = box_on(s, d, float(self._who[i, HALF_LENGTH]), path.point, path.arc)
        self._motion[i, col.S] = s
        self._motion[i, col.D] = d + (y - mid_y) * tx - (x - mid_x) * ty  # in a bend its middle is inside its axles
        self._link[i, col.PATH], self._link[i, col.PASSED] = number, -1
        self._halts[i] = halt_table(role, path)
        self._who[i, BOLD] = boldness(role, path)
        self._rest[i] = rest
        self._end[i] = math.inf if path.wall else path.length
        self._need_s[i] = np.inf
        self._link[i, col.NEED] = 0
        if rest:
            last_own = split(self._lanes, route)[0][-1]
            self._link[i, col.NEED] = 1 if self._lanes.graph.left_neighbour[last_own] == rest[0] else -1
            place = path.lanes.tolist().index(last_own)
            self._need_s[i] = path.lane_s[place] + self._lanes.graph.length[last_own]
        elif path.wall:
            self._link[i, col.NEED] = 1 if self._lanes.to_left[path.lanes[-1]] >= 0 else -1

    def _place_ego(self, ego: EgoState, size: tuple[float, float]) -> None:
        row = self._things[len(self._roles)]
        x, y, z, yaw = (float(v) for v in ego.pose)
        cos, sin = math.cos(yaw), math.sin(yaw)
        side = float(ego.velocity[1]) + ego.yaw_rate * self._ahead
        row[:] = 0.0
        row[scene.X], row[scene.Y], row[scene.Z] = x + self._ahead * cos, y + self._ahead * sin, z
        row[scene.COS], row[scene.SIN] = cos, sin
        row[scene.HALF_L], row[scene.HALF_W] = 0.5 * size[0], 0.5 * size[1]
        row[scene.VX], row[scene.VY] = ego.speed * cos - side * sin, ego.speed * sin + side * cos
        row[scene.SPEED] = ego.speed
        self._here[len(self._roles)] = True

    def _place_others(self) -> None:
        who, state, velocity, signals = self._recording.at(self._clocks.now)
        keep = self._other[who]
        who, state, velocity, signals = who[keep], state[keep], velocity[keep], signals[keep]
        rate = self._clocks.rate[who]
        state[:, 4] *= rate
        state[:, 6] *= rate
        velocity *= rate[:, None]
        rows = len(self._roles) + 1 + who
        self._here[len(self._roles) + 1 :] = False
        self._here[rows] = True
        self._things[rows, :3] = state[:, :3]
        self._things[rows, scene.COS], self._things[rows, scene.SIN] = np.cos(state[:, 3]), np.sin(state[:, 3])
        self._things[rows, scene.VX : scene.VY + 1] = velocity
        self._things[rows, scene.SPEED] = state[:, 4]
        self._others = who, state, velocity, signals

    def _enter(self, t_ns: int, late: bool) -> None:
        """Let those appear whose time has come and whose place is free."""
        for i in np.flatnonzero(self._waiting & ~self._absent & (self._due <= t_ns)).tolist():
            role = self._roles[i]
            start = role.actor.motion[0]
            room = 2.0 * ROOM_LATE + 2.0 * ROOM_TIME * abs(float(start[Motion.SPEED])) if late else 0.0
            length, width = role.actor.length + room, role.actor.width
            if not self._free(np.array([start[0], start[1], start[Motion.YAW], length, width]), float(start[2])):
                continue
            self._begin(i, start[:4], float(start[Motion.SPEED]), role.route)
            self._appeared[i] = t_ns

    def _begin(self, i: int, pose: Array, speed: float, route: list[int]) -> None:
        """Put a driver on the road at a pose (4,) with a speed [m/s]."""
        row = self._things[i]
        row[scene.X : scene.Z + 1] = pose[:3]
        row[scene.COS], row[scene.SIN] = math.cos(pose[3]), math.sin(pose[3])
        self._motion[i] = 0.0
        self._motion[i, col.V] = row[scene.SPEED] = max(speed, 0.0)
        self._motion[i, col.YAW] = pose[3]
        self._motion[i, col.SINCE] = 10.0
        row[scene.VX], row[scene.VY] = row[scene.SPEED] * row[scene.COS], row[scene.SPEED] * row[scene.SIN]
        self._follow(i, route)
        # cyclists keep to the side on which they ride
        self._who[i, HOME] = self._motion[i, col.D] if self._kind[i] == ObjectKind.BICYCLE else 0.0
        self._waiting[i] = False
        self._here[i] = True

    def _hand_over(self, t_ns: int) -> None:
        """Let those drive on by a model whose recording would run into somebody who reacts."""
        recording, drivers = self._recording, len(self._roles)
        present = np.isin(self._actor, self._others[0])
        held = np.flatnonzero(present & self._other[self._actor])
        if not len(held):
            return
        actor = self._actor[held]
        step = t_ns // recording.dt_ns - recording.first[actor]
        minds = self._here.copy()
        minds[drivers:] = False
        hit = will_hit(
            recording.state,
            recording.row[actor] + step,
            recording.count[actor] - step,
            0.5 * recording.size[actor],
            recording.dt_ns * 1e-9,
            self._things,
            minds,
        )
        who, state, velocity, signals = self._others
        for i in held[hit].tolist():
            now = state[np.searchsorted(who, self._actor[i])]
            lane = start_lane(self._lanes, self._index, now, float(now[3]))
            if lane < 0:
                continue
            route = self._roles[i].route
            self._begin(i, now[:4], float(now[4]), route[route.index(lane) :] if lane in route else [lane])
            self._appeared[i] = recording.first[self._actor[i]] * recording.dt_ns
            self._other[self._actor[i]] = False
            self._here[drivers + 1 + self._actor[i]] = False
        keep = self._other[who]
        self._others = who[keep], state[keep], velocity[keep], signals[keep]

    def _free(self, box: Array, z: float) -> bool:
        near = self._here & (np.abs(self._things[:, scene.Z] - z) < LEVEL)
        near &= np.hypot(self._things[:, 0] - box[0], self._things[:, 1] - box[1]) < 60.0
        for row in self._things[near]:
            yaw = math.atan2(row[scene.SIN], row[scene.COS])
            other = np.array([row[0], row[1], yaw, 2.0 * row[scene.HALF_L], 2.0 * row[scene.HALF_W]])
            if boxes_overlap(box, other):
                return False
        return True

    def _signals(self, drivers: Ints) -> Bytes:
        """What the drivers' lamps show (N,): braking, a change of lanes, or the next turn."""
        m, link = self._motion[drivers], self._link[drivers]
        brake = (m[:, col.A] < BRAKE_SEEN) | (m[:, col.V] < STANDING)
        side = np.where(link[:, col.CHANGING] != 0, link[:, col.CHANGING], link[:, col.LAMPS])
        shown = np.where(brake, int(Signal.BRAKE), 0)
        shown += np.where(side > 0, int(Signal.LEFT), 0) + np.where(side < 0, int(Signal.RIGHT), 0)
        return shown.astype(np.uint8)

    def _tracks(self, t_ns: int) -> Tracks:
        """Drivers and others in one, sorted by id."""
        drivers = np.flatnonzero(self._here[: len(self._roles)])
        lit = self._lit[drivers]
        m, rows = self._motion[drivers], self._things[drivers]
        own = np.column_stack(
            [rows[:, :3], m[:, col.YAW], m[:, col.V], m[:, col.A], m[:, col.TURNING]],
        )
        who, state, velocity, signals = self._others
        number = np.concatenate([self._id[drivers], self._recording.id[who]])
        order = np.argsort(number, kind="stable")
        lamps = self._signals(drivers) | lit
        age = np.concatenate([(t_ns - self._appeared[drivers]) * 1e-9, self._recording.age(who, t_ns)])
        return Tracks(
            t_ns=t_ns,
            id=number[order],
            kind=np.concatenate([self._kind[drivers], self._recording.kind[who]])[order],
            state=np.concatenate([own, state])[order],
            velocity=np.concatenate([rows[:, scene.VX : scene.VY + 1], velocity])[order],
            cov=np.zeros((len(number), 6, 6)),
            size=np.concatenate([self._size[drivers], self._recording.size[who]])[order],
            age=np.asarray(age[order], np.float64),
            signals=np.concatenate([lamps, signals])[order],
            valid=np.ones(len(number), np.bool_),
        )
