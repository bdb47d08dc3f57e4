"""Lanes of fast roads: overtaking, leaving, zipping in, making way, the emergency bay, rain."""

import itertools
import math
from dataclasses import replace

import numpy as np

from evpilot.scenarios.library.families.hazards import CAR, LEFT, RIGHT, Stretch, follow_on, stretch
from evpilot.scenarios.library.families.motorways import someone
from evpilot.scenarios.library.roads.carriageways import MAIN, carriageway
from evpilot.scenarios.library.roads.lines import straight, trace
from evpilot.scenarios.library.roads.network import KMH, Network, Section
from evpilot.scenarios.library.scripts import lane_path, script
from evpilot.scenarios.library.stage import EGO_BOX, goal_on, staged, stream
from evpilot.scenarios.library.traffic import STRAIGHT_ON, Driver, Mix, Platoons, fill, flow, put, route
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, ObjectKind, Signal

TRUCK = (13.5, 2.5, 3.8)
LOOP = Section(forward=1, backward=0, width=4.5, limit=60.0 * KMH, kind=LaneKind.OFF_RAMP)
QUEUE = Mix(trucks=0.1, vans=0.15, distracted=0.1, rude=0.15)


def overtake(seed: int, difficulty: float) -> Scenario:
    """Trucks crawl in the right lane: overtake them, and be back there before the end.

    Mix: left lane 20 % too fast, 10 % distracted, in platoons with pauses in which one can pull out; the trucks keep
    their lane and their speed, and brake only for who is right before them. Harder: slower trucks (56 to 52 km/h), more
    of them with shorter gaps between them, longer platoons with shorter pauses (12 to 8 s), less time (95 to 70 s: from
    0.2 on the goal is missed by who stays behind)."""
    name = "overtake"
    rng = stream(name, seed, "road")
    seconds = 95.0 - 25.0 * difficulty
    place = stretch(
        name, seed, difficulty, lanes=2, limit=120.0 * KMH, ego=1, s=110.0, speed=26.0, seconds=seconds, length=2100.0
    )
    stage, s = place.stage, 180.0
    for k in range(2 + round(3.0 * difficulty)):
        pace = (56.0 - 4.0 * difficulty + 0.5 * k) * KMH  # none catches up with another
        path = lane_path(stage, (place.lane,), s, [(0.0, 0.0)])
        script(stage, ObjectKind.TRUCK, TRUCK, path, [(0.0, pace), (seconds, pace)])
        s += TRUCK[0] + float(rng.uniform(40.0, 110.0 - 50.0 * difficulty))
    _platoons_pass(place)
    return stage.scenario(
        (goal_on(stage.graph, (place.lane,), 1600.0, 1900.0),),
        "Trucks in the right lane: overtake them and come back.",
        ("motorway", "overtaking"),
    )


def lane_drift(seed: int, difficulty: float) -> Scenario:
    """Two in the right lane who look at their phones drift over the line as we pass them, and start back.

    Mix: cars or trucks who look at nobody and show nothing; left lane 20 % too fast, 10 % distracted, in platoons; who
    follows us is late. Harder: they come further over the line (0.1 to 1.5 m), faster (at up to 0.25 to 0.55 m/s in the
    mean), as we are nearer (30 to 10 m behind them), longer platoons with shorter pauses (12 to 8 s), less time (95 to
    50 s)."""
    name = "lane_drift"
    rng = stream(name, seed, "road")
    pace, seconds = 27.0, 95.0 - 45.0 * difficulty
    place = stretch(
        name, seed, difficulty, lanes=3, limit=100.0 * KMH, ego=1, s=150.0, speed=pace, seconds=seconds, length=1700.0
    )
    stage, slower = place.stage, float(rng.uniform(3.0, 6.0))
    for begin in (rng.uniform(3.0, 5.0), rng.uniform(17.0, 21.0)):
        _drifts(place, float(begin), slower, rng)
    follow_on(place, place.lane, 150.0 - EGO_BOX[0] - 1.4 * pace, pace, 0.6, 0.98, reaction=round(0.8 * difficulty, 2))
    _platoons_pass(place)
    return stage.scenario(
        (goal_on(stage.graph, (place.lane,), 1200.0, 1450.0),),
        "Drivers in the right lane drift over the line as we pass them.",
        ("motorway", "passing"),
    )


def _platoons_pass(place: Stretch) -> None:
    """Fast cars in platoons in the left lane, with pauses in which one can pull out."""
    stage, hard = place.stage, place.stage.difficulty
    pause = 12.0 - 4.0 * hard
    fast = Platoons(cars=(1, 3 + round(3.0 * hard)), gap=(1.2, 2.4), pause=(pause, pause + 3.0))
    fill(stage, place.lanes[:1], fast, mix=LEFT, turns=STRAIGHT_ON, span=(0.0, 900.0))
    flow(stage, place.lanes[0], fast, mix=LEFT, turns=STRAIGHT_ON, speed_share=1.0)


def _drifts(place: Stretch, begin: float, slower: float, rng: np.random.Generator) -> None:
    """Somebody in the right lane, slower [m/s] than we, drifts to the left from `begin` [s] on, when we would be close
    behind him, holds that for a moment, and comes back at 1 m/s."""
    stage, hard = place.stage, place.stage.difficulty
    kind, size = (ObjectKind.TRUCK, TRUCK) if rng.random() < 0.4 else (ObjectKind.CAR, CAR)
    speed = stage.ego_speed - slower
    aside = 0.5 * (MAIN.width - size[1]) + 0.1 + 1.4 * hard
    across, held = aside / float(rng.uniform(0.25, 0.25 + 0.3 * hard)), float(rng.uniform(0.5, 2.5))
    near = 30.0 - 20.0 * hard + slower * begin
    s = stage.ego_s + 0.5 * (EGO_BOX[0] + size[0]) + near
    back = aside  # [s] at 1 m/s in the mean
    times = np.cumsum([0.0, begin, across, held, back]) * speed
    path = lane_path(stage, (place.lanes[2],), s, list(zip(times.tolist(), (0.0, 0.0, aside, aside, 0.0), strict=True)))
    script(stage, kind, size, path, [(0.0, speed), (stage.seconds, speed)], yields=False)


def exit_ramp(seed: int, difficulty: float) -> Scenario:
    """Off the motorway into a loop that tightens, downhill, behind a truck.

    Mix: left 20 % too fast, right 30 % trucks, 10 % distracted. Harder: the loop's radius 65 to 38 m, the deceleration
    lane 230 to 160 m, more traffic."""
    name = "exit_ramp"
    net = Network()
    section = replace(MAIN, forward=2, limit=100.0 * KMH)
    line = straight((0.0, 0.0), (1250.0, 0.0))
    off = (430.0, 230.0 - 70.0 * difficulty)
    road = carriageway(net, line, section, off_ramp=off, ramp_rise=-5.0)
    assert road.exit is not None
    start = road.exit.line.end
    bend = -1.0 / (65.0 - 27.0 * difficulty)
    pieces = [(50.0, 0.0, 0.6 * bend), (70.0, 0.6 * bend, bend), (2.6 / abs(bend), bend, bend), (40.0, bend, 0.0)]
    loop = trace((start[0], start[1], start[3]), [*pieces, (70.0, 0.0, 0.0)]).lifted(float(start[2]), start[2] - 6.0)
    down = net.road(loop.shifted(0.0), replace(LOOP, width=MAIN.width))
    net.join(road.exit, down)
    stage = staged(name, seed, difficulty, net.build(), road.first[1], s=130.0, speed=26.0, seconds=85.0)
    way = [road.first[1]]
    while way[-1] != down.forward[0]:
        after = [int(k) for k in stage.graph.successors(way[-1])]
        beside = int(stage.graph.right_neighbour[way[-1]])
        leaves = beside >= 0 and stage.graph.kind[beside] == LaneKind.OFF_RAMP
        way.append(beside if leaves else after[0])
    who = replace(someone(0.3, 0.72), kind=ObjectKind.TRUCK, size=(9.5, 2.5, 3.6))
    put(stage, who, road.first[1], 195.0, 22.0, np.array(way, np.int64))
    gap = (3.6 - 1.4 * difficulty, 9.0 - 4.0 * difficulty)
    for lane, mix in zip(road.first, (LEFT, RIGHT), strict=True):
        fill(stage, (lane,), gap, mix=mix, turns=STRAIGHT_ON)
        flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, down.forward, -45.0, -15.0),),
        "Off the motorway into a loop that tightens, behind a truck.",
        ("motorway", "exit", "curves"),
    )


def zip_merge(seed: int, difficulty: float) -> Scenario:
    """A queue crawls past the on-ramp: zip in.

    Mix: a tenth trucks, 10 % distracted, 15 % who let nobody in. Harder: a slower queue (8 to 4 m/s) with shorter gaps,
    a shorter acceleration lane (200 to 130 m)."""
    name = "zip_merge"
    net = Network()
    section = replace(MAIN, forward=2, limit=100.0 * KMH)
    ramp = (420.0, 200.0 - 70.0 * difficulty)
    road = carriageway(net, straight((0.0, 0.0), (1150.0, 0.0)), section, on_ramp=ramp)
    assert road.entry is not None
    stage = staged(name, seed, difficulty, net.build(), road.entry.forward[0], s=235.0, speed=9.0, seconds=110.0)
    crawl = 8.0 - 4.0 * difficulty
    share = crawl / section.limit
    for k in range(2):
        lanes = [part.forward[k] for part in road.parts[3:]]
        path = lane_path(stage, lanes, 30.0 + 8.0 * k, [(0.0, 0.0)])
        script(stage, ObjectKind.TRUCK, TRUCK, path, [(0.0, crawl), (45.0, crawl), (70.0, 15.0), (110.0, 15.0)])
        gap = (1.3 - 0.2 * difficulty, 2.6 - 1.1 * difficulty)
        for part in road.parts[:3]:
            fill(stage, (part.forward[k],), gap, mix=QUEUE, turns=STRAIGHT_ON, speed_share=share)
        flow(stage, road.first[k], (2.5, 5.0), mix=QUEUE, turns=STRAIGHT_ON, speed_share=share, start=4.0)
    return stage.scenario(
        (goal_on(stage.graph, road.last, 120.0, 300.0),),
        "A queue crawls past the on-ramp: zip in.",
        ("motorway", "merge", "queue"),
    )


def emergency_vehicle(seed: int, difficulty: float) -> Scenario:
    """An ambulance with blue light comes from behind in our lane: make way.

    Mix: others 10 % distracted, of all characters, and make no way of their own; the ambulance yields to nobody and
    wants 1.35 times the limit. Harder: the other lane is denser (time gaps 4.5-10 to 1.3-2.4 s), the ambulance comes
    sooner."""
    name = "emergency_vehicle"
    rng = stream(name, seed, "road")
    ego = int(rng.integers(0, 2))
    place = stretch(
        name, seed, difficulty, lanes=2, limit=80.0 * KMH, ego=ego, s=190.0, speed=20.0, seconds=80.0, length=1400.0
    )
    stage = place.stage
    size = (6.2, 2.1, 2.7)
    blue = Driver(
        kind=ObjectKind.EMERGENCY, size=size, character=0.9, speed_factor=1.35, yields=False, signals=Signal.BLUE
    )
    way = route(stage.graph, place.lane, stage.stream("blue"), STRAIGHT_ON)
    put(stage, blue, place.lane, 130.0 - 80.0 * (1.0 - difficulty), 27.0, way)
    gap = (4.5 - 3.2 * difficulty, 10.0 - 7.6 * difficulty)
    fill(stage, (place.lanes[1 - ego],), gap, mix=(RIGHT, LEFT)[ego], turns=STRAIGHT_ON)
    fill(stage, (place.lane,), (3.5, 7.0), mix=RIGHT, turns=STRAIGHT_ON, span=(240.0, 1300.0), purpose="ahead")
    flow(stage, place.lanes[1 - ego], gap, mix=(RIGHT, LEFT)[ego], turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, place.lanes, 1000.0, 1200.0),),
        "An ambulance with blue light comes from behind: make way.",
        ("motorway", "emergency vehicle"),
    )


def shoulder_stop(seed: int, difficulty: float) -> Scenario:
    """Come to a stand in the emergency bay beside the motorway, out of the traffic.

    Mix: left 20 % too fast, right 30 % trucks, 10 % distracted. Harder: a shorter bay (150 to 80 m), the left lane as
    the start, more traffic, a car already in the bay's far end from 0.5 on."""
    name = "shoulder_stop"
    rng = stream(name, seed, "road")
    net = Network()
    section = replace(MAIN, forward=2, limit=100.0 * KMH)
    bay = 150.0 - 70.0 * difficulty
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(1100.0, 0.0, 0.0)])
    first = 620.0
    cuts = (
        (0.0, first - 60.0, section),
        (first - 60.0, first, replace(section, flare=(0.0, section.width - section.shoulder))),
        (first, first + bay, replace(section, shoulder=0.0, auxiliary=LaneKind.SHOULDER)),
        (first + bay, line.length, section),
    )
    parts = [net.road(line.cut(a, b), kind) for a, b, kind in cuts]
    for a, b in itertools.pairwise(parts):
        for one, other in zip(a.forward[:2], b.forward[:2], strict=True):
            net.connect(one, other)
    ego = 0 if difficulty > 0.6 else 1
    stage = staged(name, seed, difficulty, net.build(), parts[0].forward[ego], s=130.0, speed=25.0, seconds=90.0)
    stop = parts[2].forward[2]
    if difficulty >= 0.5:
        stage.stand(ObjectKind.PARKED, (4.5, 1.8, 1.5), stage.pose(stop, bay - 8.0, 0.0), Signal.HAZARD)
    gap = (3.4 - 1.2 * difficulty, 8.0 - 3.5 * difficulty)
    for part in parts:
        for lane, mix in zip(part.forward[:2], (LEFT, RIGHT), strict=True):
            fill(stage, (lane,), gap, mix=mix, turns=STRAIGHT_ON)
    for lane, mix in zip(parts[0].forward, (LEFT, RIGHT), strict=True):
        flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, (stop,), 20.0, bay - 14.0, (0.0, 0.2)),),
        "Stop in the emergency bay beside the motorway.",
        ("motorway", "minimal risk"),
    )


def rain(seed: int, difficulty: float) -> Scenario:
    """Rain: little grip, short sight, and the end of a standing queue.

    Mix: 10 % distracted, right 30 % trucks; those in the queue stand until they can go. Harder: friction 0.5 to 0.3,
    sight 220 to 130 m; only who slows down to what is seen can stop."""
    name = "rain"
    rng = stream(name, seed, "road")
    ego = int(rng.integers(0, 2))
    place = stretch(
        name, seed, difficulty, lanes=2, limit=100.0 * KMH, ego=ego, s=110.0, speed=22.0, seconds=110.0, length=1300.0
    )
    stage = place.stage
    head = 110.0 + float(rng.uniform(450.0, 560.0))
    for k, lane in enumerate(place.lanes):
        path = lane_path(stage, (lane,), head - 6.0 * k, [(0.0, 0.0)])
        script(stage, ObjectKind.TRUCK, TRUCK, path, [(0.0, 0.0), (34.0, 0.0), (50.0, 13.0), (110.0, 13.0)])
        s = head - 6.0 * k - 0.5 * TRUCK[0] - 5.5
        for _ in range(int(rng.integers(3, 6))):
            who = someone(float(rng.uniform(0.2, 0.8)), 0.9)
            put(stage, who, lane, s, 0.0, route(stage.graph, lane, rng, STRAIGHT_ON))
            s -= who.size[0] + float(rng.uniform(2.5, 5.0))
    other, mix = place.lanes[1 - ego], (RIGHT, LEFT)[ego]
    flow(stage, other, (6.0, 12.0), mix=replace(mix, speeding=0.0), turns=STRAIGHT_ON, start=4.0)
    return stage.scenario(
        (goal_on(stage.graph, place.lanes, 900.0, 1100.0),),
        "Rain: little grip, short sight, and the end of a queue.",
        ("motorway", "rain", "queue"),
        friction=0.5 - 0.2 * difficulty,
        sight=220.0 - 90.0 * difficulty,
    )
