"""Who drives by a model in a scenario: its lanes, its character, how fast it wants to go, where it once halted."""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.polyline import project
from evpilot.maps.index import LaneIndex
from evpilot.scenarios import Actor, Behaviour, Motion, Scenario
from evpilot.simulate.traffic.drivers import character, driver
from evpilot.simulate.traffic.lanes import Lanes
from evpilot.simulate.traffic.paths import Path
from evpilot.simulate.traffic.routes import connect, onward, recorded_lanes, split, start_lane
from evpilot.types import VEHICLES, ObjectKind
from evpilot.types.state import Array

DRIVEN = (*VEHICLES, ObjectKind.BICYCLE)
RECORDED_MIN = 5  # rows from which a recording shows how fast one wants to go
WANTED_SHARE = 95.0  # percentile of the recorded speeds that one wants to go
WANTED_MORE = 1.1  # times that: who follows others wants more than it gets
WANTED_MIN = 6.0  # [m/s] that a recorded vehicle wants at least: who was held up all the time does not show it
WANTED_MIN_CYCLE = 3.0  # [m/s]
BOLD_MAX = 2.0
STANDING = 0.3  # [m/s]
HALT_TIME = 1.0  # [s] that a recorded halt lasts at least
HALTS = 3  # halts that a driver remembers
PATH_SPARE = 150.0  # [m] of path beyond what can be driven
PATH_MAX = 4000.0  # [m]
SPEED_GUESS = 40.0  # [m/s] bound on how far a driver gets where nothing limits it


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A driver's part: its actor, the lanes still to follow by the route (the first is the present path's), when it
    may appear [ns], its row in the table of drivers, where and until when its recording halted, whether it
    still moves as recorded."""

    actor: Actor
    route: list[int]
    appears_ns: int
    row: Array
    halts: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    held: bool = False


def cast(scenario: Scenario, lanes: Lanes, index: LaneIndex, seed: int, replaying: frozenset[int]) -> list[Role]:
    """The roles of all actors that can drive by a model, those on a lane, sorted by id; those in `replaying` are held
    back until their recording would run into somebody."""
    roles: list[Role] = []
    for actor in sorted(scenario.actors, key=lambda one: one.id):
        if actor.kind not in DRIVEN or actor.behaviour in (Behaviour.STATIC, Behaviour.SCRIPTED):
            continue
        route = _route(actor, lanes, index)
        if route:
            roles.append(_role(actor, route, scenario, seed, actor.id in replaying))
    return roles


def _route(actor: Actor, lanes: Lanes, index: LaneIndex) -> list[int]:
    """The lanes that an actor follows, first that on which it starts; empty when it is on none."""
    start = start_lane(lanes, index, actor.motion[0], float(actor.motion[0, Motion.YAW]))
    if start < 0:
        return []
    if len(actor.route):
        told = actor.route.tolist()
        if start in told:
            return connect(lanes, told[told.index(start) :])
        return connect(lanes, [start, *told])
    if len(actor.motion) >= RECORDED_MIN:
        return recorded_lanes(lanes, index, actor) or [start]
    return [start]


def _role(actor: Actor, route: list[int], scenario: Scenario, seed: int, held: bool) -> Role:
    mood, gipps = character(seed, actor.id, actor.character)
    recorded = len(actor.motion) >= RECORDED_MIN
    speed = np.abs(actor.motion[:, Motion.SPEED])
    least = WANTED_MIN_CYCLE if actor.kind == ObjectKind.BICYCLE else WANTED_MIN
    wanted = max(WANTED_MORE * float(np.percentile(speed, WANTED_SHARE)), least) if recorded else math.inf
    factor = math.inf if recorded else actor.speed_factor
    return Role(
        actor=actor,
        route=route,
        appears_ns=actor.first_step * scenario.dt_ns,
        row=driver(
            mood, gipps, wanted, factor, actor.length, actor.width, reaction=actor.reaction, rude=not actor.yields
        ),
        halts=_halts(actor, scenario) if recorded else [],
        held=held,
    )


def _halts(actor: Actor, scenario: Scenario) -> list[tuple[float, float, float]]:
    """Where x, y [m] a recording stands for HALT_TIME or longer, and until when [s since the start]; one that stands
    to the end of the scenario stands for ever. A recording has no lights, but its cars stopped at them."""
    dt = scenario.dt_ns * 1e-9
    still = np.abs(actor.motion[:, Motion.SPEED]) < STANDING
    edge = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(np.int8)))
    found: list[tuple[float, float, float]] = []
    for begin, end in edge.reshape(-1, 2).tolist():
        if (end - begin) * dt >= HALT_TIME:
            last = actor.first_step + end
            until = math.inf if last >= scenario.last_step else last * dt
            found.append((float(actor.motion[begin, 0]), float(actor.motion[begin, 1]), until))
    return found[:HALTS]


def halt_table(role: Role, path: Path) -> Array:
    """A role's halts (HALTS, 2) on a path: where its front stood [m], until when [s]."""
    table = np.zeros((HALTS, 2))
    line = np.ascontiguousarray(path.point[:, :2])
    for k, (x, y, until) in enumerate(role.halts):
        s, d, _ = project(x, y, line, path.arc, 0, len(path.arc) - 1)
        if abs(d) < 6.0:
            table[k] = s + 0.5 * role.actor.length, until
    return table


def boldness(role: Role, path: Path) -> float:
    """How much faster than others a role takes curves: as its recording on a path shows, at most BOLD_MAX."""
    motion = role.actor.motion
    if len(motion) < RECORDED_MIN:
        return 1.0
    line = np.ascontiguousarray(path.point[:, :2])
    bold = 1.0
    for x, y, speed in motion[:: max(1, len(motion) // 20), [Motion.X, Motion.Y, Motion.SPEED]]:
        s, d, _ = project(x, y, line, path.arc, 0, len(path.arc) - 1)
        if abs(d) < 3.0:
            bold = max(bold, float(speed) / float(np.interp(s, path.arc, path.point[:, 3])))
    return min(bold, BOLD_MAX)


def chain_for(lanes: Lanes, route: list[int], wanted: float, seconds: float) -> tuple[list[int], list[int]]:
    """The lanes of a path along a route as far as it goes without a change and then straight on, far enough for the
    rest of the drive; and the rest of the route, from beside the end of its part."""
    part, rest = split(lanes, route)
    length = min(PATH_MAX, min(wanted, SPEED_GUESS) * seconds + PATH_SPARE)
    return onward(lanes, part, length + float(lanes.graph.length[part[0]])), rest


def unrecorded(scenario: Scenario) -> bool:
    """Whether someone in a scenario has nothing to replay: it only has a start, and moves by a model or waits for the
    ego."""
    return any(
        a.trigger is not None or a.appears is not None or (a.behaviour == Behaviour.REACTIVE and len(a.motion) < 2)
        for a in scenario.actors
    )


def recorded_ids(scenario: Scenario) -> list[int]:
    """The ids of all actors that can be replayed, ascending."""
    return sorted(a.id for a in scenario.actors if a.behaviour != Behaviour.REACTIVE or len(a.motion) >= 2)


def drawn(scenario: Scenario, seed: int) -> frozenset[int]:
    """About half of the actors that can be replayed, by seed and actor."""
    found: list[int] = []
    for number in recorded_ids(scenario):
        words = np.random.SeedSequence([seed & (2**63 - 1), number & (2**64 - 1), 2]).generate_state(1, np.uint32)
        if int(words[0]) & 1:
            found.append(number)
    return frozenset(found)
