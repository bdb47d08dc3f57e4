"""People in the way: from behind parked cars, at zebras, at a bus stop, on bicycles."""

from dataclasses import replace

import numpy as np

from evpilot.scenarios.library.families.streets import gentle
from evpilot.scenarios.library.people import PERSON, across, cross, pavements, strollers
from evpilot.scenarios.library.roads.network import KMH, TAPER, Network, Road, Section
from evpilot.scenarios.library.scripts import lane_path, script, time_to_stop
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import Mix, Platoons, fill, flow, park
from evpilot.scenarios.scenario import Scenario, Trigger
from evpilot.types import ObjectKind, Signal
from evpilot.types.state import Array

STREET = Section(parking=2.2, sidewalk=2.8, limit=50.0 * KMH)
SCHOOL = Section(parking=2.2, sidewalk=2.8, limit=30.0 * KMH)
ZEBRAS = Section(sidewalk=3.2, limit=50.0 * KMH)
BUS_ROAD = Section(width=3.5, parking=3.2, sidewalk=2.8, limit=50.0 * KMH)
MIXED = Mix(pace=(0.85, 1.05), distracted=0.15, rude=0.1, speeding=0.1)
VAN = (5.9, 2.05, 2.6)
BUS = (12.0, 2.55, 3.1)
BUS_OUT = 3.6  # [s] from when a bus starts until its corner is in our way
BICYCLE = (1.8, 0.65, 1.8)
CHILD = (0.4, 0.45, 1.2)
BALL = (0.25, 0.25, 0.25)
IN_WAY = 1.2  # [m] from our lane's middle: there one is in the car's way
RUN_MAX = 4.0  # [m/s]
STEP_OUT = 0.9  # [m] from the lane's edge back to where one stands hidden
START = 0.4  # [s] to get going


def jaywalker(seed: int, difficulty: float) -> Scenario:
    """Somebody steps out before a parked van, sees the car, freezes in its way, and walks on.

    Mix: 15 % distracted, 10 % who yield to nobody, 10 % too fast, all the other way; the walker never looks first.
    Harder: less time (1.7 to 1.1 times what a careful driver needs), a faster walker, more vans that hide nobody."""
    name = "jaywalker"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 300.0), STREET)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=12.0, seconds=60.0)
    s = float(rng.uniform(120.0, 170.0))
    _parked_row(stage, road, s, difficulty)
    pace = float(rng.uniform(1.4, 1.8 + 0.8 * difficulty))
    steps_out(stage, lane, s, pace, STREET, slack=1.7 - 0.6 * difficulty, freeze=float(rng.uniform(1.8, 2.6)))
    _street_life(stage, road, difficulty)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -45.0, -15.0),),
        "Somebody steps out from behind a parked van and freezes in our way.",
        ("street", "pedestrians", "occlusion"),
    )


def school_ball(seed: int, difficulty: float) -> Scenario:
    """A ball rolls out between parked cars on an empty school road, and a child runs after it.

    Mix: nobody drives but us; the child looks at nothing but the ball. Harder: the child follows the ball sooner (2.2
    to 0.8 s), runs faster, leaves less time (1.6 to 1.1 times what a careful driver needs at the limit), and comes more
    often from the other side of the road, in plain view and not in our lane until the last moment."""
    name = "school_ball"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 240.0), SCHOOL)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=8.0, seconds=70.0)
    s = float(rng.uniform(95.0, 140.0))
    _parked_row(stage, road, s, difficulty)
    pace = float(rng.uniform(2.0, 2.4 + 0.8 * difficulty))
    behind, slack = 2.2 - 1.4 * difficulty, 1.6 - 0.5 * difficulty
    if rng.random() < difficulty:
        child = runs_over(stage, lane, s, SCHOOL, slack=slack, size=CHILD, delay=behind)
        # it comes to rest before it is in our way
        from_kerb, roll = _over(stage, lane, s + 1.0, SCHOOL, 7.5)[::-1], 3.5
    else:
        child = steps_out(stage, lane, s, pace, SCHOOL, slack=slack, freeze=2.0, size=CHILD, delay=behind)
        from_kerb, roll = _over(stage, lane, s + 1.0, SCHOOL, 7.5), 4.0
    script(
        stage,
        ObjectKind.BALL,
        BALL,
        from_kerb,
        [(0.0, roll), (3.2, 0.0)],
        trigger=child,
        yields=False,
        stays=True,
    )
    strollers(stage, 3)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -40.0, -15.0),),
        "A ball rolls onto an empty school road, and a child runs after it.",
        ("street", "child", "occlusion"),
    )


def hesitant_crossing(seed: int, difficulty: float) -> Scenario:
    """People at two zebras who step on, hesitate in the middle or turn back, and cross in the end.

    Mix: of those who cross a third walks on, a third hesitates, a third turns back first; oncoming cars: 15 %
    distracted, 10 % who do not yield, 10 % too fast. Harder: less time (2.2 to 1.3 times what a careful driver needs),
    longer hesitation, two at once."""
    name = "hesitant_crossing"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 320.0), ZEBRAS, zebras=(135.0, 225.0))
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=12.0, seconds=80.0)
    kinds = rng.permutation(3)
    for k, (mark, s) in enumerate(zip(road.crosswalks, (137.0, 227.0), strict=True)):
        for other in range(1 + (difficulty > 0.6)):
            slack = 2.2 - 0.9 * difficulty + 0.5 * other
            at_zebra(stage, lane, mark, s, int(kinds[(k + other) % 3]), slack, rng, right=other == 0)
    people = stage.stream("people")
    for mark in road.crosswalks:
        cross(stage, pavements(stage.graph), mark, people.uniform(30.0, 45.0), people)
    strollers(stage, 6)
    fill(stage, road.backward, (5.0, 11.0), mix=MIXED)
    flow(stage, road.backward[0], (6.0, 13.0), mix=MIXED)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -45.0, -15.0),),
        "Two zebras with people who hesitate on them or turn back.",
        ("street", "pedestrians", "zebra"),
    )


def bus_stop(seed: int, difficulty: float) -> Scenario:
    """A bus at its stop pulls out before us, or a passenger crosses in front of it, or somebody runs over the road to
    catch it.

    Mix: oncoming cars 15 % distracted, 10 % who do not yield, 10 % too fast; the bus takes its right to pull out (StVO
    section 20 (5)) and does not wait; neither the passenger nor who is late looks. Harder: less time (2.6 to 1.3 times,
    for the passenger 1.7 to 1.1 times, what a careful driver needs)."""
    name = "bus_stop"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 420.0), BUS_ROAD)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=12.0, seconds=90.0)
    s = float(rng.uniform(125.0, 165.0))
    beside = -(0.5 * BUS_ROAD.width + 0.5 * BUS_ROAD.parking)
    kind, slack = seed % 3, 1.7 - 0.6 * difficulty
    if kind == 0:
        knots = [(0.0, beside), (2.0, beside), (24.0, 0.0)]
        path = lane_path(stage, (lane,), s, knots)
        seconds = (
            time_to_stop(BUS_ROAD.limit, 2.4 - 1.2 * difficulty) + BUS_OUT - difficulty + 0.5 * BUS[0] / BUS_ROAD.limit
        )
        trigger = stage.arrival(lane, s, seconds)
        top = float(rng.uniform(7.5, 9.5))
        script(
            stage,
            ObjectKind.BUS,
            BUS,
            path,
            [(0.0, 0.0), (top / 1.2, top)],
            trigger=trigger,
            yields=False,
            signals=Signal.LEFT,
        )
    else:
        stage.stand(ObjectKind.BUS, BUS, stage.pose(lane, s, beside), Signal.HAZARD)
    if kind == 1:
        pace = float(rng.uniform(1.3, 1.7 + 0.6 * difficulty))
        steps_out(stage, lane, s + 0.5 * BUS[0] + 0.8, pace, BUS_ROAD, slack=slack, freeze=1.8)
    elif kind == 2:
        runs_over(stage, lane, s + float(rng.uniform(-2.0, 8.0)), BUS_ROAD, slack=slack)
    strollers(stage, 6)
    fill(stage, road.backward, (4.0, 10.0), mix=MIXED)
    flow(stage, road.backward[0], (5.0, 12.0), mix=MIXED)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -45.0, -15.0),),
        "A bus pulls out of its stop before us, or a passenger crosses in front of it.",
        ("street", "bus", "pedestrians"),
    )


def cyclist_ahead(seed: int, difficulty: float) -> Scenario:
    """A cyclist on the right of our lane: pass with 1.5 m (StVO section 5 (4)) when the other lane is free, or follow.

    Mix: oncoming cars 15 % distracted, 10 % who do not yield, 5 % too fast, in platoons with pauses in which one can
    pass; the cyclist sways, and goes round drains without looking back. Harder: longer platoons with shorter pauses (26
    to 20 s), less time (125 to 70 s: from 0.6 on the goal is missed by who never passes), more sway, from 0.7 on a
    second cyclist."""
    name = "cyclist_ahead"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 520.0), ZEBRAS)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=14.0, speed=10.0, seconds=125.0 - 55.0 * difficulty)
    for k in range(1 + (difficulty > 0.7)):
        s, pace = 50.0 + 22.0 * k + float(rng.uniform(0.0, 8.0)), float(rng.uniform(3.8, 5.4))
        knots = [(0.0, -1.05)]
        while knots[-1][0] < 480.0:
            way = knots[-1][0] + float(rng.uniform(9.0, 25.0))
            knots.append((way, -1.05 + float(rng.uniform(0.0, 0.15 + 0.4 * difficulty))))
        path = lane_path(stage, (lane,), s, knots)
        script(stage, ObjectKind.BICYCLE, BICYCLE, path, [(0.0, pace), (90.0, pace)])
    # much the same speeds: a platoon stays one, and the pause behind it open, all along the street
    mix = replace(MIXED, pace=(0.95, 1.0), speeding=0.05)
    pause = 26.0 - 6.0 * difficulty
    oncoming = Platoons(cars=(2, 3 + round(3.0 * difficulty)), gap=(1.6, 3.0), pause=(pause, pause + 4.0))
    fill(stage, road.backward, oncoming, mix=mix)
    flow(stage, road.backward[0], oncoming, mix=mix)
    strollers(stage, 4)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -45.0, -15.0),),
        "A cyclist ahead in our lane, and cars that come the other way.",
        ("street", "bicycle", "oncoming"),
    )


def _parked_row(stage: Stage, road: Road, s: float, difficulty: float) -> None:
    """A van that ends 0.8 m before s [m] and a car beyond, so that one can step out between; others as it comes."""
    lane, section = road.forward[0], road.section
    beside = -(0.5 * section.width + 0.5 * section.parking)
    stage.stand(ObjectKind.PARKED, VAN, stage.pose(lane, s - 0.8 - 0.5 * VAN[0], beside))
    stage.stand(ObjectKind.PARKED, (4.4, 1.8, 1.5), stage.pose(lane, s + 4.2, beside))
    graph = stage.graph
    for strip in road.parking:
        park(stage, strip, 0.25 + 0.5 * difficulty, span=(TAPER, float(graph.length[strip]) - TAPER))


def _over(stage: Stage, lane: int, s: float, section: Section, beyond: float) -> Array:
    """The way (2, 3) across the road at s [m] from where one stands hidden to `beyond` [m] left of the lane."""
    near = stage.pose(lane, s, -(0.5 * section.width + STEP_OUT))
    return np.array([near[:3], stage.pose(lane, s, beyond)[:3]])


def steps_out(
    stage: Stage,
    lane: int,
    s: float,
    pace: float,
    section: Section,
    *,
    slack: float,
    freeze: float,
    size: tuple[float, float, float] = PERSON,
    delay: float = 0.0,
) -> Trigger:
    """Somebody steps from behind what stands beside the lane into its middle, stays there, walks on; a careful driver
    at the limit has `slack` times the time that it takes to stop. It starts `delay` [s] after what sets it off."""
    hidden = STEP_OUT + 0.5 * size[1]
    middle = 0.5 * section.width + STEP_OUT
    out = START + (middle - 0.5 * pace * START) / pace
    limit = section.limit
    trigger = stage.arrival(lane, s, delay + START + hidden / pace + time_to_stop(limit, slack))
    knots = [(0.0, 0.0), (delay, 0.0), (delay + START, pace), (delay + out - 0.2, pace), (delay + out + 0.2, 0.0)]
    rest = delay + out + 0.2 + freeze
    knots += [(rest, 0.0), (rest + START, 1.5), (rest + 30.0, 1.5)]
    if delay == 0.0:
        knots = knots[1:]
    beyond = 0.5 * section.width + section.width + section.parking + 1.5
    path = _over(stage, lane, s, section, beyond)
    script(stage, ObjectKind.PEDESTRIAN, size, path, knots, trigger=trigger, yields=False)
    return trigger


def runs_over(
    stage: Stage,
    lane: int,
    s: float,
    section: Section,
    *,
    slack: float,
    size: tuple[float, float, float] = PERSON,
    delay: float = 0.0,
) -> Trigger:
    """Somebody runs over the road from the other side without a look, through our lane just as we come; seen as soon as
    between the parked cars there, when a careful driver at the limit has `slack` times the time that it takes to
    stop."""
    edge = 1.5 * section.width  # of the road, from our lane's middle
    needed = time_to_stop(section.limit, slack)
    pace = min((edge - IN_WAY) / needed, RUN_MAX)
    trigger = stage.arrival(lane, s, delay + START + (STEP_OUT + edge - IN_WAY) / pace)
    knots = [(0.0, 0.0), (delay, 0.0), (delay + START, pace), (delay + 60.0, pace)]
    path = _over(stage, lane, s, section, edge + STEP_OUT)[::-1]
    script(stage, ObjectKind.PEDESTRIAN, size, path, knots if delay else knots[1:], trigger=trigger, yields=False)
    return trigger


def at_zebra(
    stage: Stage, lane: int, mark: int, s: float, kind: int, slack: float, rng: np.random.Generator, *, right: bool
) -> None:
    """Somebody at a zebra who walks on (kind 0), hesitates in the middle of our lane (1), or turns back first (2)."""
    path = across(stage, mark, right, float(rng.uniform(0.2, 0.8)), before=1.2)
    pace = float(rng.uniform(1.1, 1.6))
    wait = 1.0 + 2.0 * stage.difficulty + float(rng.uniform(0.0, 1.0))
    knots = [(0.0, 0.0), (START, pace)]
    if kind == 1:
        stop = START + (2.2 if right else 5.4) / pace
        knots += [(stop, pace), (stop + 0.3, 0.0), (stop + 0.3 + wait, 0.0), (stop + 0.8 + wait, pace)]
    elif kind == 2:
        stop = START + 1.6 / pace
        knots += [(stop, pace), (stop + 0.6, -pace), (stop + 1.2, -pace), (stop + 1.5, 0.0)]
        knots += [(stop + 1.5 + wait, 0.0), (stop + 2.0 + wait, pace)]
    knots.append((knots[-1][0] + 30.0, pace))
    seconds = 1.2 / pace + time_to_stop(ZEBRAS.limit, slack)
    script(stage, ObjectKind.PEDESTRIAN, PERSON, path, knots, trigger=stage.arrival(lane, s, seconds, 10.0))


def _street_life(stage: Stage, road: Road, difficulty: float) -> None:
    gap = (6.0 - 2.0 * difficulty, 14.0 - 4.0 * difficulty)
    fill(stage, road.backward, gap, mix=MIXED)
    flow(stage, road.backward[0], gap, mix=MIXED)
    strollers(stage, 6)
