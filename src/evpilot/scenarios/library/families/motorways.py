"""Motorways: ramps, merging, changing lanes, queues, cutting in."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evpilot.scenarios.library.roads.lines import Line, connect, straight, trace
from evpilot.scenarios.library.roads.network import KMH, Network, Road, Section
from evpilot.scenarios.library.stage import DT, Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import MOTORWAY, STRAIGHT_ON, Driver, Mix, fill, flow, put, route
from evpilot.scenarios.scenario import Behaviour, Scenario
from evpilot.types import LaneGraph, LaneKind, ObjectKind
from evpilot.types.state import Array

MAIN = Section(forward=3, backward=0, width=3.75, limit=130.0 * KMH, kind=LaneKind.MOTORWAY, shoulder=2.5)
RAMP = Section(forward=1, backward=0, width=3.75, limit=80.0 * KMH)
BRIDGE = Section(width=3.5, limit=70.0 * KMH, kind=LaneKind.COUNTRY)
MEDIAN = 4.0  # [m] between the carriageways
NEARING = 120.0  # [m] over which a ramp runs close beside the motorway, so that there is no room for a shoulder
TAPER = 60.0  # [m] over which a ramp's lane ends or begins (RAA 2008)
RAMP_AWAY, RAMP_ASIDE, RAMP_BEND = 300.0, 46.0, math.radians(17.0)  # where a ramp's far end is, seen from its mouth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carriageway:
    """One direction of a motorway in sections one after the other, with its ramps; sections end where a ramp's lane
    begins or ends."""

    parts: tuple[Road, ...]
    entry: Road | None
    exit: Road | None

    @property
    def first(self) -> tuple[int, ...]:
        """The lanes at its start, from the left."""
        return self.parts[0].forward

    @property
    def last(self) -> tuple[int, ...]:
        """The lanes at its end, from the left."""
        return self.parts[-1].forward


def carriageway(
    net: Network,
    line: Line,
    section: Section,
    *,
    on_ramp: tuple[float, float] | None = None,
    off_ramp: tuple[float, float] | None = None,
    ramp_rise: float = 0.0,
) -> Carriageway:
    """Build one direction along the left edge of its leftmost lane.

    on_ramp, off_ramp: where on the line the acceleration or deceleration lane begins and how long it is [m];
    ramp_rise: how much higher than the motorway the far ends of the ramps lie [m].
    """
    bare = replace(section, shoulder=0.0)
    cuts: list[tuple[float, Section]] = [(0.0, section)]
    if on_ramp is not None:
        cuts += [
            (on_ramp[0] - NEARING, bare),
            (on_ramp[0], replace(bare, auxiliary=LaneKind.ON_RAMP)),
            (sum(on_ramp), replace(section, flare=(section.width, 0.0))),
            (sum(on_ramp) + TAPER, section),
        ]
    if off_ramp is not None:
        cuts += [
            (off_ramp[0] - TAPER, replace(section, flare=(0.0, section.width))),
            (off_ramp[0], replace(bare, auxiliary=LaneKind.OFF_RAMP)),
            (sum(off_ramp), bare),
            (sum(off_ramp) + NEARING, section),
        ]
    ends = [s for s, _ in cuts[1:]] + [line.length]
    parts = [net.road(line.cut(s, end), kind) for (s, kind), end in zip(cuts, ends, strict=True)]
    for a, b in itertools.pairwise(parts):
        _join(net, a, b, section.forward)
    merging = next((p for p in parts if p.section.auxiliary == LaneKind.ON_RAMP), None)
    leaving = next((p for p in parts if p.section.auxiliary == LaneKind.OFF_RAMP), None)
    entry = None if merging is None else _ramp(net, merging, LaneKind.ON_RAMP, ramp_rise)
    out = None if leaving is None else _ramp(net, leaving, LaneKind.OFF_RAMP, ramp_rise)
    return Carriageway(parts=tuple(parts), entry=entry, exit=out)


def _join(net: Network, a: Road, b: Road, lanes: int) -> None:
    for one, other in zip(a.forward[:lanes], b.forward[:lanes], strict=True):
        net.connect(one, other)


def _ramp(net: Network, beside: Road, kind: LaneKind, rise: float) -> Road:
    """The ramp that leads onto the acceleration lane of a section, or away from its deceleration lane."""
    lane = net.lanes[beside.forward[-1]]
    enters = kind == LaneKind.ON_RAMP
    mouth = (lane.line.start if enters else lane.line.end).copy()
    edge = lane.left[0] if enters else lane.left[-1]
    mouth[:3] = edge
    ahead = -RAMP_AWAY if enters else RAMP_AWAY
    c, s = math.cos(mouth[3]), math.sin(mouth[3])
    far = np.array(
        [
            mouth[0] + c * ahead + s * RAMP_ASIDE,
            mouth[1] + s * ahead - c * RAMP_ASIDE,
            mouth[2] + rise,
            mouth[3] + (RAMP_BEND if enters else -RAMP_BEND),
        ]
    )
    line = connect(far, mouth, 2.0) if enters else connect(mouth, far, 2.0)
    ramp = net.road(line, replace(RAMP, kind=kind))
    if enters:
        net.connect(ramp.forward[0], beside.forward[-1])
    else:
        net.connect(beside.forward[-1], ramp.forward[0])
    return ramp


def motorway(seed: int, difficulty: float) -> Scenario:
    """Up the ramp, merge, drive two kilometres among cars and trucks, off at the exit."""
    name = "motorway"
    rng = stream(name, seed, "road")
    bend = (1.0 if rng.random() < 0.5 else -1.0) / rng.uniform(1200.0, 2200.0)
    line = trace(
        (0.0, 0.0, rng.uniform(-math.pi, math.pi)),
        [(650.0, 0.0, 0.0), (300.0, 0.0, bend), (500.0, bend, bend), (300.0, bend, 0.0), (850.0, 0.0, 0.0)],
    )
    net = Network()
    road = carriageway(net, line, MAIN, on_ramp=(470.0, 280.0), off_ramp=(1850.0, 260.0), ramp_rise=4.0)
    across = carriageway(net, line.shifted(MEDIAN).reversed(), MAIN)
    bridge = net.road(_over(line, 1320.0), BRIDGE)
    assert road.entry is not None and road.exit is not None
    stage = staged(name, seed, difficulty, net.build(), road.entry.forward[0], s=25.0, speed=16.0, seconds=150.0)
    gap = (2.6 - difficulty, 8.0 - 3.5 * difficulty)
    _drive(stage, [part.forward[:3] for part in road.parts], gap, MOTORWAY)
    _drive(stage, [across.first], (3.0, 11.0), MOTORWAY)
    for direction in (bridge.forward, bridge.backward):
        _drive(stage, [direction], (5.0, 14.0), (Mix(pace=(0.85, 1.05)),))
    return stage.scenario(
        (goal_on(stage.graph, road.exit.forward, -70.0, -25.0),),
        "Onto the motorway, two kilometres along with cars and trucks, and off at the exit.",
        ("motorway", "tour", "merge", "exit"),
    )


def on_ramp_merge(seed: int, difficulty: float) -> Scenario:
    """Find a gap in a dense right lane before the acceleration lane ends."""
    name = "on_ramp_merge"
    net = Network()
    section = replace(MAIN, forward=2, limit=100.0 * KMH)
    road = carriageway(net, straight((0.0, 0.0), (1300.0, 0.0)), section, on_ramp=(430.0, 300.0 - 80.0 * difficulty))
    assert road.entry is not None
    stage = staged(name, seed, difficulty, net.build(), road.entry.forward[0], s=110.0, speed=17.0, seconds=80.0)
    gap = (2.6 - 1.2 * difficulty, 4.6 - 2.4 * difficulty)
    _drive(stage, [part.forward[:2] for part in road.parts], gap, DENSE)
    return stage.scenario(
        (goal_on(stage.graph, road.last, 150.0, 320.0),),
        "A merge from an on-ramp into dense traffic.",
        ("motorway", "merge", "dense"),
    )


def dense_merge(seed: int, difficulty: float) -> Scenario:
    """Two lane changes to the right through dense traffic, or the exit is missed."""
    name = "dense_merge"
    net = Network()
    section = replace(MAIN, limit=80.0 * KMH)
    road = carriageway(net, straight((0.0, 0.0), (1500.0, 0.0)), section, off_ramp=(700.0, 250.0))
    assert road.exit is not None
    stage = staged(name, seed, difficulty, net.build(), road.first[1], s=150.0, speed=19.0, seconds=90.0)
    gap = (2.2 - difficulty, 4.0 - 1.8 * difficulty)
    _drive(stage, [part.forward[:3] for part in road.parts], gap, DENSE * 2)
    return stage.scenario(
        (goal_on(stage.graph, road.exit.forward, 80.0, 200.0),),
        "An exit to the right that dense traffic stands between.",
        ("motorway", "lane change", "exit", "dense"),
    )


def cut_in(seed: int, difficulty: float) -> Scenario:
    """A car from the next lane moves in close ahead."""
    name = "cut_in"
    rng = stream(name, seed, "road")
    net = Network()
    road = carriageway(net, straight((0.0, 0.0), (1500.0, 0.0)), replace(MAIN, limit=100.0 * KMH))
    lane = road.first[1]
    stage = staged(name, seed, difficulty, net.build(), lane, s=160.0, speed=25.0, seconds=80.0)
    side = 1.0 if rng.random() < 0.5 else -1.0
    speed = 25.0 - rng.uniform(1.0, 2.0 + 3.0 * difficulty)
    begin = rng.uniform(2.5, 5.0)
    ahead = 25.0 * (1.6 - 0.9 * difficulty) + 5.0 + (25.0 - speed) * (begin + 3.0)
    brakes = rng.uniform(0.0, 2.5) * difficulty
    motion = _cutting(stage, lane, 160.0 + ahead, side * MAIN.width, speed, begin, brakes)
    stage.add(ObjectKind.CAR, (4.5, 1.85, 1.5), motion, Behaviour.REPLAY)
    put(stage, _someone(0.4, 0.9), lane, 160.0 + ahead + 75.0, 24.0, route(stage.graph, lane, rng, STRAIGHT_ON))
    other = road.first[0 if side < 0.0 else 2]
    for k, s in enumerate((70.0, 118.0, 175.0, 235.0, 300.0)):
        put(stage, _someone(0.5, 0.88 + 0.02 * k), other, s, 24.5, route(stage.graph, other, rng, STRAIGHT_ON))
    put(stage, _someone(0.6, 0.9), lane, 110.0, 24.0, route(stage.graph, lane, rng, STRAIGHT_ON))
    return stage.scenario(
        (goal_on(stage.graph, road.first, 1050.0, 1200.0),),
        "A car cuts in close ahead and may brake.",
        ("motorway", "cut-in"),
    )


def stop_and_go(seed: int, difficulty: float) -> Scenario:
    """A queue that stops and starts again and again."""
    name = "stop_and_go"
    rng = stream(name, seed, "road")
    net = Network()
    line = trace(
        (0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(350.0, 0.0, 0.0), (300.0, 0.0, 0.001), (550.0, 0.001, 0.0)]
    )
    road = carriageway(net, line, replace(MAIN, forward=2, limit=100.0 * KMH))
    stage = staged(name, seed, difficulty, net.build(), road.first[1], s=90.0, speed=5.0, seconds=90.0)
    head = 250.0 + rng.uniform(0.0, 30.0)
    speed = _waves(stage, rng, difficulty)
    for k, lane in enumerate(road.first):
        way = head - 4.0 * k + np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * DT)])
        way = way[way < float(stage.graph.length[lane]) - 8.0]
        motion = _recorded(stage.graph, lane, way, np.zeros(len(way)))
        stage.add(ObjectKind.TRUCK, (13.5, 2.5, 3.8), motion, Behaviour.REPLAY)
        s = head - 7.0
        while s > 12.0:
            who = _someone(float(rng.uniform(0.2, 0.9)), float(rng.uniform(0.85, 1.05)))
            s -= who.size[0] + rng.uniform(7.0, 12.0)
            put(stage, who, lane, s, 5.0, route(stage.graph, lane, rng), headway=1.0)
    return stage.scenario(
        (goal_on(stage.graph, road.first, 330.0, 420.0),),
        "A queue on the motorway that stops and starts.",
        ("motorway", "queue", "following"),
    )


DENSE = (
    Mix(vans=0.15, low=0.2, pace=(0.88, 1.0)),
    Mix(trucks=0.12, vans=0.15, pace=(0.8, 0.92), truck_pace=0.8),
)


def _someone(character: float, speed_factor: float) -> Driver:
    return Driver(kind=ObjectKind.CAR, size=(4.5, 1.85, 1.5), character=character, speed_factor=speed_factor)


def _drive(stage: Stage, sections: Sequence[Sequence[int]], gap: tuple[float, float], mixes: Sequence[Mix]) -> None:
    """Fill the lanes of sections, from the left, each with its own mix; more keep coming at the start of the first."""
    for lanes in sections:
        for lane, mix in zip(lanes, mixes, strict=False):
            fill(stage, (lane,), gap, mix=mix, turns=STRAIGHT_ON)
    for lane, mix in zip(sections[0], mixes, strict=False):
        flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON, start=1.5, speed_share=1.0)


def _over(line: Line, s: float) -> Line:
    """A road that crosses over another 6.5 m above it."""
    x, y, _, yaw = line.at(s)
    to = np.array([math.cos(yaw + 0.5 * math.pi + 0.3), math.sin(yaw + 0.5 * math.pi + 0.3)])
    middle = np.array([x, y])
    return straight(middle - 160.0 * to, middle + 160.0 * to).lifted(6.5, 6.5)


def _along(graph: LaneGraph, lane: int, s: Array, d: Array) -> Array:
    """x, y, z, yaw (T, 4) at arc lengths s (T,) [m] and offsets d (T,) [m] of a lane."""
    rows = graph.points(lane)
    arc, center = graph.arc[rows], graph.center[rows]
    yaw = np.unwrap(np.arctan2(*np.gradient(center[:, :2], axis=0).T[::-1]))
    x, y, z, yaw = (np.interp(s, arc, column) for column in (*center.T, yaw))
    return np.column_stack([x - d * np.sin(yaw), y + d * np.cos(yaw), z, yaw])


def _recorded(graph: LaneGraph, lane: int, s: Array, d: Array) -> Array:
    """The motion (T, 6) of a car whose place on a lane is known at every step."""
    pose = _along(graph, lane, s, d)
    velocity = np.gradient(pose[:, :2], DT, axis=0)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    moving = speed > 0.5
    pose[moving, 3] = np.arctan2(velocity[moving, 1], velocity[moving, 0])
    yaw = np.remainder(pose[:, 3] + np.pi, 2.0 * np.pi) - np.pi
    return np.column_stack([pose[:, :3], yaw, speed, np.gradient(speed, DT)])


def _cutting(stage: Stage, lane: int, s: float, d: float, speed: float, begin: float, brakes: float) -> Array:
    """Drives beside a lane at d [m], moves into it within 3.5 s from `begin` [s] on, then brakes for 1.5 s at
    `brakes` [m/s2]; gone where the road ends."""
    time = np.arange(stage.last_step + 1) * DT
    slower = brakes * np.clip(time - begin - 3.5, 0.0, 1.5)
    way = s + np.concatenate([[0.0], np.cumsum((speed - slower)[:-1] * DT)])
    share = np.clip((time - begin) / 3.5, 0.0, 1.0)
    offset = d * (1.0 - share**3 * (10.0 - 15.0 * share + 6.0 * share**2))
    there = way < float(stage.graph.length[lane]) - 3.0
    return _recorded(stage.graph, lane, way[there], offset[there])


def _waves(stage: Stage, rng: np.random.Generator, difficulty: float) -> Array:
    """The speed (T,) [m/s] of the head of a queue: rolls at up to 40 km/h, stops, waits, starts again."""
    knots, speeds = [0.0], [5.0]
    while knots[-1] < stage.seconds:
        rolling = rng.uniform(6.0, 11.0)
        brake = rng.uniform(1.2, 1.5 + 1.5 * difficulty)
        for seconds, speed in (
            (rng.uniform(3.0, 5.0) + 0.4 * rolling, rolling),
            (rng.uniform(4.0, 9.0), rolling),
            (rolling / brake, 0.0),
            (rng.uniform(2.0, 6.0), 0.0),
        ):
            knots.append(knots[-1] + seconds)
            speeds.append(speed)
    return np.interp(np.arange(stage.last_step + 1) * DT, knots, speeds)
