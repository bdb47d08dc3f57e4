"""Motorways: ramps, merging, changing lanes, queues, cutting in."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evpilot.scenarios.library.roads.carriageways import MAIN, MEDIAN, carriageway
from evpilot.scenarios.library.roads.lines import Line, straight, trace
from evpilot.scenarios.library.roads.network import KMH, Network, Section
from evpilot.scenarios.library.scripts import lane_path, script
from evpilot.scenarios.library.stage import DT, EGO_BOX, Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import (
    MOTORWAY,
    STRAIGHT_ON,
    Driver,
    Mix,
    Platoons,
    driver,
    fill,
    flow,
    put,
    route,
)
from evpilot.scenarios.scenario import Behaviour, Scenario
from evpilot.types import LaneGraph, LaneKind, ObjectKind, Signal
from evpilot.types.state import Array

CAR = (4.5, 1.85, 1.5)
TRUCK = (13.5, 2.5, 3.8)
CAR_ACROSS, TRUCK_ACROSS = 3.0, 4.5  # [s] that a change of lanes takes
BRIDGE = Section(width=3.5, limit=70.0 * KMH, kind=LaneKind.COUNTRY)


def motorway(seed: int, difficulty: float) -> Scenario:
    """Up the ramp, merge, drive two kilometres among cars and trucks, off at the exit.

    Mix: left 5 % distracted and 15 % too fast, middle 10 % distracted and 5 % who let nobody in, right 10 % distracted,
    a third of them trucks. Harder: denser lanes (time gaps 2.6-8 to 1.6-4.5 s)."""
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
    drive(stage, [part.forward[:3] for part in road.parts], gap, MOTORWAY)
    drive(stage, [across.first], (3.0, 11.0), MOTORWAY)
    for direction in (bridge.forward, bridge.backward):
        drive(stage, [direction], (5.0, 14.0), (Mix(pace=(0.85, 1.05)),))
    return stage.scenario(
        (goal_on(stage.graph, road.exit.forward, -70.0, -25.0),),
        "Onto the motorway, two kilometres along with cars and trucks, and off at the exit.",
        ("motorway", "tour", "merge", "exit"),
    )


def on_ramp_merge(seed: int, difficulty: float) -> Scenario:
    """Find a gap in a dense right lane before the acceleration lane ends.

    Mix: 8 % distracted, 10 % who let nobody in, an eighth trucks on the right. Harder: time gaps of 2.6-4.6 to 1.4-2.2
    s, an acceleration lane of 300 to 220 m."""
    name = "on_ramp_merge"
    net = Network()
    section = replace(MAIN, forward=2, limit=100.0 * KMH)
    road = carriageway(net, straight((0.0, 0.0), (1300.0, 0.0)), section, on_ramp=(430.0, 300.0 - 80.0 * difficulty))
    assert road.entry is not None
    stage = staged(name, seed, difficulty, net.build(), road.entry.forward[0], s=110.0, speed=17.0, seconds=80.0)
    gap = (2.6 - 1.2 * difficulty, 4.6 - 2.4 * difficulty)
    drive(stage, [part.forward[:2] for part in road.parts], gap, DENSE)
    return stage.scenario(
        (goal_on(stage.graph, road.last, 150.0, 320.0),),
        "A merge from an on-ramp into dense traffic.",
        ("motorway", "merge", "dense"),
    )


def dense_merge(seed: int, difficulty: float) -> Scenario:
    """Two lane changes to the right through dense traffic, or the exit is missed.

    Mix: 8 % distracted, 10 % who let nobody in, an eighth trucks. Harder: time gaps of 2.2-4 to 1.2-2.2 s."""
    name = "dense_merge"
    net = Network()
    section = replace(MAIN, limit=80.0 * KMH)
    road = carriageway(net, straight((0.0, 0.0), (1500.0, 0.0)), section, off_ramp=(700.0, 250.0))
    assert road.exit is not None
    stage = staged(name, seed, difficulty, net.build(), road.first[1], s=150.0, speed=19.0, seconds=90.0)
    gap = (2.2 - difficulty, 4.0 - 1.8 * difficulty)
    drive(stage, [part.forward[:3] for part in road.parts], gap, DENSE * 2)
    return stage.scenario(
        (goal_on(stage.graph, road.exit.forward, 80.0, 200.0),),
        "An exit to the right that dense traffic stands between.",
        ("motorway", "lane change", "exit", "dense"),
    )


def cut_in(seed: int, difficulty: float) -> Scenario:
    """Somebody from the next lane moves in close ahead, and is or becomes slow: fall back, then get past.

    Mix: half are trucks that pull out from the right to pass another truck, half are cars that come in at hardly less
    than our speed and then brake; they look at nobody. Left lane 20 % too fast, 10 % distracted, in platoons; who
    follows us is late. Harder: they come in closer (the truck at a time gap of 2.6 to 1.2 s, the car at 1.7 to 0.6 s),
    are slower in the end (by 4 to 11.5 m/s), the car brakes at 1 to 3 m/s2, they indicate later (2 to 0.5 s before),
    who follows us is closer (1.9 to 1.1 s) and later (up to 0.8 s); less time (95 to 44 s: from 0.8 on the goal is
    missed by who stays behind)."""
    name = "cut_in"
    rng = stream(name, seed, "road")
    net = Network()
    road = carriageway(net, straight((0.0, 0.0), (1600.0, 0.0)), replace(MAIN, limit=100.0 * KMH))
    (left, lane, right), pace = road.first, 27.0
    seconds = 95.0 - 51.0 * difficulty
    stage = staged(name, seed, difficulty, net.build(), lane, s=160.0, speed=pace, seconds=seconds)
    front = _truck_pulls_out(stage, lane, right, rng) if rng.random() < 0.5 else _car_presses_in(stage, lane, rng)
    put(stage, someone(0.4, 0.98), lane, front + 110.0, pace, route(stage.graph, lane, rng, STRAIGHT_ON))
    behind = 160.0 - EGO_BOX[0] - pace * (1.9 - 0.8 * difficulty)
    late = replace(someone(0.6, 0.98), reaction=round(0.8 * difficulty, 2))
    put(stage, late, lane, behind, pace, route(stage.graph, lane, rng, STRAIGHT_ON), headway=0.5)
    pause = 9.0 - 3.0 * difficulty
    fast = Platoons(cars=(1, 2 + round(2.0 * difficulty)), gap=(1.3, 2.6), pause=(pause, pause + 3.0))
    fill(stage, (left,), fast, mix=PASSING, turns=STRAIGHT_ON)
    flow(stage, left, fast, mix=PASSING, turns=STRAIGHT_ON, speed_share=1.0)
    return stage.scenario(
        (goal_on(stage.graph, road.first, 1150.0, 1300.0),),
        "A truck or a car cuts in close ahead and is slow, or brakes.",
        ("motorway", "cut-in"),
    )


def stop_and_go(seed: int, difficulty: float) -> Scenario:
    """A queue of two lanes that stop and start again and again, each in its own time.

    Mix: characters from hesitant to assertive, 15 % distracted; the heads of the queue look at nobody. Harder: they
    brake at up to 1.5 to 3.5 m/s2; from 0.6 on a car has broken down in our lane, 60 to 90 m ahead, and who does not
    find a place in the other lane, into which all before it press, stays behind it."""
    name = "stop_and_go"
    rng = stream(name, seed, "road")
    net = Network()
    line = trace(
        (0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(350.0, 0.0, 0.0), (300.0, 0.0, 0.001), (550.0, 0.001, 0.0)]
    )
    road = carriageway(net, line, replace(MAIN, forward=2, limit=100.0 * KMH))
    stage = staged(name, seed, difficulty, net.build(), road.first[1], s=90.0, speed=5.0, seconds=90.0)
    head = 250.0 + rng.uniform(0.0, 30.0)
    broken = -math.inf
    if difficulty > 0.6:
        broken = stage.ego_s + stage.stream("broken down").uniform(60.0, 90.0)
        stage.stand(ObjectKind.CAR, CAR, stage.pose(stage.ego_lane, broken), Signal.HAZARD)
    for k, lane in enumerate(road.first):
        speed = _waves(stage, rng, difficulty)
        way = head - 4.0 * k + np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * DT)])
        way = way[way < float(stage.graph.length[lane]) - 8.0]
        motion = recorded(stage.graph, lane, way, np.zeros(len(way)))
        stage.add(ObjectKind.TRUCK, TRUCK, motion, Behaviour.SCRIPTED)
        s = head - 7.0
        while s > 12.0:
            who = driver(rng, CRAWLING)
            s -= who.size[0] + rng.uniform(7.0, 12.0)
            if lane != stage.ego_lane or not 0.0 < broken - s < GETS_OUT:
                put(stage, who, lane, s, 5.0, route(stage.graph, lane, rng), headway=1.0)
    return stage.scenario(
        (goal_on(stage.graph, road.first, 330.0, 420.0),),
        "A queue on the motorway that stops and starts; where it is hard, a car has broken down in our lane.",
        ("motorway", "queue", "following"),
    )


PASSING = Mix(vans=0.1, low=0.3, pace=(0.98, 1.1), distracted=0.1, speeding=0.2)
CRAWLING = Mix(vans=0.1, low=0.2, high=0.9, pace=(0.85, 1.05), distracted=0.15)
GETS_OUT = 24.0  # [m] behind what stands, who drives at 5 m/s stops early enough to get out past it
DENSE = (
    Mix(vans=0.15, low=0.2, pace=(0.88, 1.0), distracted=0.08, rude=0.1),
    Mix(trucks=0.12, vans=0.15, pace=(0.8, 0.92), truck_pace=0.8, distracted=0.08, rude=0.1),
)


def someone(character: float, speed_factor: float) -> Driver:
    """Who drives an ordinary car: character 0 hesitant .. 1 assertive, factor on the limit."""
    return Driver(kind=ObjectKind.CAR, size=(4.5, 1.85, 1.5), character=character, speed_factor=speed_factor)


def drive(stage: Stage, sections: Sequence[Sequence[int]], gap: tuple[float, float], mixes: Sequence[Mix]) -> None:
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


def along(graph: LaneGraph, lane: int, s: Array, d: Array) -> Array:
    """x, y, z, yaw (T, 4) at arc lengths s (T,) [m] and offsets d (T,) [m] of a lane."""
    rows = graph.points(lane)
    arc, center = graph.arc[rows], graph.center[rows]
    yaw = np.unwrap(np.arctan2(*np.gradient(center[:, :2], axis=0).T[::-1]))
    x, y, z, yaw = (np.interp(s, arc, column) for column in (*center.T, yaw))
    return np.column_stack([x - d * np.sin(yaw), y + d * np.cos(yaw), z, yaw])


def recorded(graph: LaneGraph, lane: int, s: Array, d: Array) -> Array:
    """The motion (T, 6) of a car whose place on a lane is known at every step."""
    pose = along(graph, lane, s, d)
    velocity = np.gradient(pose[:, :2], DT, axis=0)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    moving = speed > 0.5
    pose[moving, 3] = np.arctan2(velocity[moving, 1], velocity[moving, 0])
    yaw = np.remainder(pose[:, 3] + np.pi, 2.0 * np.pi) - np.pi
    return np.column_stack([pose[:, :3], yaw, speed, np.gradient(speed, DT)])


def _truck_pulls_out(stage: Stage, lane: int, right: int, rng: np.random.Generator) -> float:
    """A truck moves over from the right lane, behind a slower one there. Tells where its front is at the start [m]."""
    hard = stage.difficulty
    speed = stage.ego_speed - 4.0 - 7.5 * hard
    begin = float(rng.uniform(1.5, 3.0))
    ahead = stage.ego_speed * (2.6 - 1.4 * hard) + (stage.ego_speed - speed) * (begin + TRUCK_ACROSS)
    s = stage.ego_s + 0.5 * (EGO_BOX[0] + TRUCK[0]) + ahead
    _cut_in(stage, ObjectKind.TRUCK, lane, s, TRUCK, -1.0, begin, TRUCK_ACROSS, [(0.0, speed), (stage.seconds, speed)])
    factor = (speed - 2.5) / float(stage.graph.speed_limit[right])
    slower = Driver(kind=ObjectKind.TRUCK, size=TRUCK, character=0.3, speed_factor=factor)
    put(stage, slower, right, s + TRUCK[0] + 30.0, speed - 2.5, route(stage.graph, right, rng, STRAIGHT_ON))
    return s + 0.5 * TRUCK[0]


def _car_presses_in(stage: Stage, lane: int, rng: np.random.Generator) -> float:
    """A car moves over from either side and brakes once it is in. Tells where its front is at the start [m]."""
    hard, pace = stage.difficulty, stage.ego_speed
    speed = pace - float(rng.uniform(0.0, 1.5))
    begin = float(rng.uniform(1.5, 3.0))
    ahead = pace * (1.7 - 1.1 * hard) + (pace - speed) * (begin + CAR_ACROSS)
    s = stage.ego_s + 0.5 * (EGO_BOX[0] + CAR[0]) + ahead
    brakes, slow, settled = 1.0 + 2.0 * hard, pace - 4.0 - 7.5 * hard, begin + CAR_ACROSS
    knots = [(0.0, speed), (settled, speed), (settled + (speed - slow) / brakes, slow), (stage.seconds, slow)]
    side = -1.0 if rng.random() < 0.5 else 1.0
    _cut_in(stage, ObjectKind.CAR, lane, s, CAR, side, begin, CAR_ACROSS, knots)
    return s + 0.5 * CAR[0]


def _cut_in(
    stage: Stage,
    kind: ObjectKind,
    lane: int,
    s: float,
    size: tuple[float, float, float],
    side: float,
    begin: float,
    across: float,
    knots: Sequence[tuple[float, float]],
) -> None:
    """Somebody at s [m] beside a lane (side 1 left, -1 right) moves into it from `begin` [s] on within `across` [s], at
    a profile of speeds that is even until then."""
    speed, beside = knots[0][1], side * MAIN.width
    places = [(0.0, beside), (begin * speed, beside), ((begin + across) * speed, 0.0)]
    script(
        stage,
        kind,
        size,
        lane_path(stage, (lane,), s, places),
        knots,
        yields=False,
        signals=Signal.RIGHT if side > 0.0 else Signal.LEFT,
        lit=(begin - 2.0 + 1.5 * stage.difficulty, begin + across),
    )


def _waves(stage: Stage, rng: np.random.Generator, difficulty: float) -> Array:
    """The speed (T,) [m/s] of the head of a queue: rolls at up to 40 km/h, stops, waits, starts again."""
    knots, speeds = [0.0], [5.0]
    while knots[-1] < stage.seconds:
        rolling = rng.uniform(6.0, 11.0)
        brake = rng.uniform(1.2, 1.5 + 2.0 * difficulty)
        for seconds, speed in (
            (rng.uniform(3.0, 5.0) + 0.4 * rolling, rolling),
            (rng.uniform(4.0, 9.0), rolling),
            (rolling / brake, 0.0),
            (rng.uniform(2.0, 6.0), 0.0),
        ):
            knots.append(knots[-1] + seconds)
            speeds.append(speed)
    return np.interp(np.arange(stage.last_step + 1) * DT, knots, speeds)
