"""Where the road is not as usual: closed lanes, a flagger, a toll gate, a lane that ends, limits that fall, bumps."""

import itertools
import math
from dataclasses import replace

import numpy as np

from evpilot.scenarios.library.families.hazards import GAP_AT, LEFT, RIGHT, follow_on, stretch
from evpilot.scenarios.library.families.motorways import DENSE, drive
from evpilot.scenarios.library.families.streets import TOWN, gentle
from evpilot.scenarios.library.people import PERSON, strollers
from evpilot.scenarios.library.roads.carriageways import MAIN
from evpilot.scenarios.library.roads.lines import trace
from evpilot.scenarios.library.roads.network import KMH, Network, Road, Section
from evpilot.scenarios.library.scripts import cones, lane_path, script
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import STRAIGHT_ON, fill, flow
from evpilot.scenarios.scenario import Behaviour, Scenario
from evpilot.types import Marking, ObjectKind, Signal

WORKS_TRUCK = (8.0, 2.5, 3.2)
WORKS_STREET = Section(width=3.4, sidewalk=2.6, limit=50.0 * KMH, divider=Marking.DASHED)
PLAZA = Section(forward=2, backward=0, width=3.5, limit=80.0 * KMH)
BUMPY = Section(width=3.25, sidewalk=2.6, limit=30.0 * KMH, divider=Marking.NONE)
BUMP_LENGTH, BUMP_LIMIT = 4.0, 15.0 * KMH


def lane_closure(seed: int, difficulty: float) -> Scenario:
    """Cones close our lane on the motorway at 116 km/h, seen late as at night.

    Mix: left lane 10 % distracted, 20 % too fast; who follows us is up to 0.6 s late. Harder: seen from 280 to 130 m, a
    taper of 120 to 60 m, a denser left lane."""
    name = "lane_closure"
    rng = stream(name, seed, "road")
    place = stretch(
        name, seed, difficulty, lanes=2, limit=120.0 * KMH, ego=1, s=150.0, speed=32.2, seconds=110.0, length=1700.0
    )
    stage, lane = place.stage, place.lane
    first, taper = 150.0 + float(rng.uniform(330.0, 450.0)), 120.0 - 60.0 * difficulty
    edge = 0.5 * MAIN.width - 0.25
    places = [(first + taper * x, -edge + 2.0 * edge * x) for x in np.linspace(0.0, 1.0, round(taper / 6.0)).tolist()]
    places += [(first + taper + 9.0 * k, edge) for k in range(1, 17)]
    cones(stage, lane, places)
    stage.stand(ObjectKind.PARKED, WORKS_TRUCK, stage.pose(lane, first + taper + 25.0, -0.2), Signal.HAZARD)
    gap = (3.4 - 1.2 * difficulty, 9.0 - 3.0 * difficulty)
    fill(stage, place.lanes[:1], gap, mix=LEFT, turns=STRAIGHT_ON)
    flow(stage, place.lanes[0], gap, mix=LEFT, turns=STRAIGHT_ON, speed_share=1.0, until=GAP_AT)
    follow_on(place, lane, 85.0, 31.0, 0.6, 0.98, reaction=round(0.6 * difficulty, 2))
    return stage.scenario(
        (goal_on(stage.graph, place.lanes, 1150.0, 1350.0),),
        "Cones close our lane on the motorway at 116 km/h, seen late.",
        ("motorway", "works", "lane change"),
        sight=280.0 - 150.0 * difficulty,
    )


def ending_lane(seed: int, difficulty: float) -> Scenario:
    """Our lane, the right one of three, ends: merge before it does.

    Mix: a tenth trucks, 10 % distracted, 10 % who let nobody in. Harder: time gaps of 3.0 to 1.7 s, less way to the end
    (420 to 280 m)."""
    name = "ending_lane"
    net = Network()
    rng = stream(name, seed, "line")
    end = 570.0 - 140.0 * difficulty
    bend = float(rng.uniform(-1.0, 1.0)) / 3000.0
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(650.0, 0.0, bend), (650.0, bend, 0.0)])
    limit = 100.0 * KMH
    three = net.road(line.cut(0.0, end), replace(MAIN, forward=3, limit=limit, shoulder=0.0))
    taper = net.road(line.cut(end, end + 60.0), replace(MAIN, forward=2, limit=limit, flare=(MAIN.width, 0.0)))
    two = net.road(line.cut(end + 60.0, line.length), replace(MAIN, forward=2, limit=limit))
    net.join(three, taper)
    net.join(taper, two)
    stage = staged(name, seed, difficulty, net.build(), three.forward[2], s=150.0, speed=24.0, seconds=75.0)
    gap = (2.4 - 0.9 * difficulty, 5.0 - 2.4 * difficulty)
    mixes = [replace(mix, distracted=0.1, rude=0.1) for mix in DENSE]
    drive(stage, [part.forward[:2] for part in (three, taper, two)], gap, mixes)
    return stage.scenario(
        (goal_on(stage.graph, two.forward, 220.0, 400.0),),
        "Our lane ends on the motorway: merge before it does.",
        ("motorway", "merge"),
    )


def variable_limits(seed: int, difficulty: float) -> Scenario:
    """Limits above the motorway fall from 120 to 60 km/h, and behind the last one crawls a queue.

    Mix: left 20 % too fast, right 30 % trucks, 10 % distracted. Harder: bigger steps between the limits, a slower queue
    (11 to 5 m/s), more traffic."""
    name = "variable_limits"
    rng = stream(name, seed, "road")
    limits = [120, 100, 80, 60] if difficulty < 0.5 else [120, 80, 60, 60]
    net = Network()
    bend = float(rng.uniform(-1.0, 1.0)) / 3000.0
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(700.0, 0.0, bend), (700.0, bend, 0.0)])
    parts: list[Road] = []
    for k, limit in enumerate(limits):
        part = net.road(
            line.cut(0.25 * k * line.length, 0.25 * (k + 1) * line.length), replace(MAIN, forward=2, limit=limit * KMH)
        )
        pose = net.lanes[part.forward[0]].line.start.copy()
        pose[3] = math.remainder(pose[3] + math.pi, 2.0 * math.pi)
        net.signs.append(("274", str(limit), pose, part.forward))
        if parts:
            net.join(parts[-1], part)
        parts.append(part)
    stage = staged(name, seed, difficulty, net.build(), parts[0].forward[1], s=120.0, speed=30.0, seconds=110.0)
    crawl = 11.0 - 6.0 * difficulty
    for k in range(2):
        lanes = [part.forward[k] for part in parts[2:]]
        path = lane_path(stage, lanes, 150.0 + 12.0 * k, [(0.0, 0.0)])
        pace = [(0.0, crawl), (25.0, crawl), (40.0, 16.0), (110.0, 16.0)]
        script(stage, ObjectKind.TRUCK, (12.0, 2.5, 3.8), path, pace)
    gap = (3.0 - difficulty, 7.0 - 2.5 * difficulty)
    for part in parts[:2]:
        for lane, mix in zip(part.forward, (LEFT, RIGHT), strict=True):
            fill(stage, (lane,), gap, mix=mix, turns=STRAIGHT_ON)
    for lane, mix in zip(parts[0].forward, (LEFT, RIGHT), strict=True):
        flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, parts[3].forward, 150.0, 300.0),),
        "Speed limits that fall step by step, and a queue behind the last.",
        ("motorway", "speed limit", "queue"),
    )


def toll_gate(seed: int, difficulty: float) -> Scenario:
    """A toll plaza: one of two gates is closed by cones, the other's barrier opens some time after one has stopped.

    Mix: who follows us is 10 % distracted. Harder: the barrier takes 1.5 to 6 s, in half of the cases it is our lane
    that is closed, seen from 200 to 100 m."""
    name = "toll_gate"
    rng = stream(name, seed, "road")
    net = Network()
    line = trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), [(650.0, 0.0, 0.0)])
    cuts = ((0.0, 230.0, 80.0), (230.0, 340.0, 30.0), (340.0, 650.0, 80.0))
    parts = [net.road(line.cut(a, b), replace(PLAZA, limit=limit * KMH)) for a, b, limit in cuts]
    net.join(parts[0], parts[1])
    net.join(parts[1], parts[2])
    ego, gate = int(rng.integers(0, 2)), int(rng.integers(0, 2))
    stage = staged(name, seed, difficulty, net.build(), parts[0].forward[ego], s=40.0, speed=20.0, seconds=90.0)
    lane, closed = parts[1].forward[gate], parts[1].forward[1 - gate]
    for d in (-0.5 * PLAZA.width, 0.5 * PLAZA.width):
        stage.stand(ObjectKind.BARRIER, (12.0, 0.3, 1.2), stage.pose(lane, 84.0, d))
    cones(stage, closed, [(60.0, d) for d in (-1.3, -0.45, 0.45, 1.3)])
    pose = np.array([*stage.pose(lane, 86.0), 0.0, 0.0])
    rows = round((1.5 + 4.5 * difficulty) * 10.0)
    stage.add(
        ObjectKind.BARRIER,
        (0.15, PLAZA.width - 0.4, 1.0),
        np.repeat(pose[None], rows, axis=0),
        Behaviour.SCRIPTED,
        trigger=stage.arrival(lane, 86.0, 0.0, 14.0),
    )
    flow(stage, parts[0].forward[gate], (9.0, 16.0), mix=RIGHT, turns=STRAIGHT_ON, start=6.0, until=40.0)
    return stage.scenario(
        (goal_on(stage.graph, parts[2].forward, 150.0, 280.0),),
        "A toll gate whose barrier opens only after one has stopped.",
        ("toll", "barrier"),
        sight=200.0 - 100.0 * difficulty,
    )


def flagger(seed: int, difficulty: float) -> Scenario:
    """Works close our lane; a flagger stands in it until those from the other side have come through.

    Mix: oncoming cars of all characters until their side is held. Harder: longer works (24 to 50 m), a longer wait (6
    to 16 s), and one more who comes late, having ignored the other flagger, from 0.7 on."""
    name = "flagger"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 340.0), WORKS_STREET)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=11.0, seconds=110.0)
    first, length = float(rng.uniform(105.0, 135.0)), 24.0 + 26.0 * difficulty
    edge = 0.5 * WORKS_STREET.width - 0.3
    cones(stage, lane, [(first + 3.0 * k, -edge + 2.0 * edge * k / 4.0) for k in range(5)])
    cones(stage, lane, [(first + 12.0 + 5.0 * k, edge) for k in range(1, int(length // 5.0))])
    stage.stand(ObjectKind.PARKED, WORKS_TRUCK, stage.pose(lane, first + 18.0, -0.3), Signal.HAZARD)
    wait = 6.0 + 10.0 * difficulty
    path = np.array([stage.pose(lane, first - 8.0, d)[:3] for d in (0.2, -3.4)])
    knots = [(0.0, 0.0), (wait, 0.0), (wait + 0.5, 1.3), (wait + 20.0, 1.3)]
    trigger = stage.arrival(lane, first - 8.0, 0.0, 22.0)
    script(stage, ObjectKind.PEDESTRIAN, PERSON, path, knots, trigger=trigger, stays=True)
    fill(stage, road.backward, (2.5, 6.0), mix=TOWN)
    flow(stage, road.backward[0], (3.0, 7.0), mix=TOWN, until=4.0 + 6.0 * difficulty)
    if difficulty > 0.7:
        flow(stage, road.backward[0], (60.0, 61.0), mix=TOWN, start=18.0 - 60.0, until=30.0, purpose="late")
    strollers(stage, 3)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -60.0, -20.0),),
        "A flagger at road works holds us until the oncoming are through.",
        ("street", "works", "flagger"),
    )


def speed_bumps(seed: int, difficulty: float) -> Scenario:
    """Speed bumps at 15 km/h on a 30 road, with a car parked half on the pavement between them.

    Mix: oncoming cars of all characters. Harder: more bumps (2 to 4), closer together, denser oncoming traffic."""
    name = "speed_bumps"
    rng = stream(name, seed, "road")
    net = Network()
    line = gentle(rng, 330.0)
    count = 2 + round(2.0 * difficulty)
    places = 80.0 + np.arange(count) * (70.0 - 15.0 * difficulty) + rng.uniform(-6.0, 6.0, count)
    parts: list[Road] = []
    begin = 0.0
    for s in places.tolist():
        parts.append(net.road(line.cut(begin, s), BUMPY))
        parts.append(net.road(line.cut(s, s + BUMP_LENGTH), replace(BUMPY, limit=BUMP_LIMIT)))
        begin = s + BUMP_LENGTH
    parts.append(net.road(line.cut(begin, line.length), BUMPY))
    for a, b in itertools.pairwise(parts):
        net.join(a, b)
    stage = staged(name, seed, difficulty, net.build(), parts[0].forward[0], s=12.0, speed=8.0, seconds=100.0)
    _parked_before_bump(stage, parts[2].forward[0])
    gap = (9.0 - 4.0 * difficulty, 20.0 - 8.0 * difficulty)
    flow(stage, parts[-1].backward[0], gap, mix=TOWN, start=1.0, speed_share=0.8)
    fill(stage, parts[-1].backward, gap, mix=TOWN, speed_share=0.8)
    strollers(stage, 4)
    return stage.scenario(
        (goal_on(stage.graph, parts[-1].forward, -35.0, -10.0),),
        "Speed bumps on a 30 road, with a car parked between them.",
        ("street", "speed bump"),
    )


def _parked_before_bump(stage: Stage, lane: int) -> None:
    middle = 0.5 * float(stage.graph.length[lane])
    stage.stand(ObjectKind.PARKED, (4.4, 1.8, 1.5), stage.pose(lane, middle, -1.3))
