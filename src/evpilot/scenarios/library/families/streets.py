"""One street each: zebras, parked cars, narrow and curved roads."""

import math

import numpy as np

from evpilot.scenarios.library.people import cross, pavements, strollers
from evpilot.scenarios.library.roads.lines import Line, trace
from evpilot.scenarios.library.roads.network import KMH, Network, Section
from evpilot.scenarios.library.stage import goal_on, staged, stream
from evpilot.scenarios.library.traffic import Driver, Mix, fill, flow, park, put, route
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, Marking, ObjectKind

HIGH_STREET = Section(sidewalk=3.2, limit=50.0 * KMH)
SIDE_STREET = Section(width=3.25, sidewalk=2.6, limit=50.0 * KMH, divider=Marking.DASHED)
NARROW = Section(width=2.9, sidewalk=3.0, limit=30.0 * KMH, divider=Marking.NONE)
COUNTRY = Section(width=3.5, limit=100.0 * KMH, kind=LaneKind.COUNTRY, divider=Marking.SOLID)


def crossing(seed: int, difficulty: float) -> Scenario:
    """Two zebras, people who cross at a walk, some of them hidden by their number.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast; people cross as it is their right and look
    at nobody. Harder: more people at once (1 to 3), more often."""
    name = "crossing"
    rng = stream(name, seed, "road")
    line = gentle(rng, 320.0)
    net = Network()
    road = net.road(line, HIGH_STREET, zebras=(140.0, 225.0))
    stage = staged(name, seed, difficulty, net.build(), road.forward[0], s=12.0, speed=12.0, seconds=75.0)
    people, ways = stage.stream("people"), pavements(stage.graph)
    for mark, first in zip(road.crosswalks, (rng.uniform(3.0, 8.0), rng.uniform(8.0, 18.0)), strict=True):
        time = first
        while time < 50.0:
            for _ in range(int(people.integers(1, 2 + round(2.0 * difficulty)))):
                cross(stage, ways, mark, time + people.uniform(0.0, 1.5), people)
            time += people.uniform(9.0, 20.0 - 6.0 * difficulty)
    strollers(stage, 8)
    fill(stage, road.backward, (5.0, 11.0))
    flow(stage, road.backward[0], (6.0, 13.0))
    flow(stage, road.forward[0], (8.0, 16.0), start=6.0)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -45.0, -15.0),),
        "A high street with two zebra crossings and people who use them.",
        ("street", "pedestrians", "zebra"),
    )


def oncoming_narrow(seed: int, difficulty: float) -> Scenario:
    """Rows of parked cars on our side leave no room beside an oncoming car: wait in the gaps.

    Mix: oncoming cars of all characters, 10 % distracted, 5 % who make no room, 10 % too fast. Harder: longer rows
    (14-20 to 14-30 m), more who come (time gaps 12-24 to 7-21 s): past the longest row from a standstill takes one of
    17 s."""
    name = "oncoming_narrow"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 300.0), NARROW)
    stage = staged(name, seed, difficulty, net.build(), road.forward[0], s=10.0, speed=6.0, seconds=150.0)
    s = 48.0
    while s < 230.0:
        row = rng.uniform(14.0, 20.0 + 10.0 * difficulty)
        park(stage, road.forward[0], 0.95, d=-(0.5 * NARROW.width - 0.45), span=(s, s + row), purpose=f"row {s:.0f}")
        s += row + rng.uniform(26.0, 38.0)
    gap = (12.0 - 5.0 * difficulty, 24.0 - 3.0 * difficulty)
    fill(stage, road.backward, gap, mix=TOWN, speed_share=0.8)
    flow(stage, road.backward[0], gap, mix=TOWN)
    strollers(stage, 4)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -35.0, -10.0),),
        "A narrow road where rows of parked cars block our side and cars come the other way.",
        ("street", "narrow", "oncoming"),
    )


def parked_car(seed: int, difficulty: float) -> Scenario:
    """Someone has parked in the second row: use the other lane when it is free.

    Mix: oncoming cars of all characters, 10 % distracted, 5 % who make no room, 10 % too fast. Harder: more who come
    (time gaps 6-15 to 3-12 s: past the van from a standstill, two seconds kept to who comes, takes one of 9.5 s), from
    0.6 on a car that stands so, too, and more time."""
    name = "parked_car"
    rng = stream(name, seed, "road")
    net = Network()
    road = net.road(gentle(rng, 280.0), SIDE_STREET)
    lane = road.forward[0]
    seconds = 120.0 if difficulty > 0.6 else 75.0
    stage = staged(name, seed, difficulty, net.build(), lane, s=12.0, speed=10.0, seconds=seconds)
    van = (round(rng.uniform(5.4, 6.2), 2), 2.0, 2.5)
    stage.stand(ObjectKind.PARKED, van, stage.pose(lane, rng.uniform(105.0, 135.0), -rng.uniform(0.3, 0.6)))
    if difficulty > 0.6:
        stage.stand(ObjectKind.PARKED, (4.4, 1.8, 1.5), stage.pose(lane, rng.uniform(185.0, 205.0), -0.5))
    gap = (6.0 - 3.0 * difficulty, 15.0 - 3.0 * difficulty)
    fill(stage, road.backward, gap, mix=TOWN)
    flow(stage, road.backward[0], gap, mix=TOWN, start=2.0)
    strollers(stage, 6)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -40.0, -12.0),),
        "A van stands in our lane; the way round it leads through the oncoming lane.",
        ("street", "detour", "oncoming"),
    )


def curved_road(seed: int, difficulty: float) -> Scenario:
    """Bends that want less than the limit, and someone slower ahead.

    Mix: who is ahead is hesitant and slow; oncoming 10 % distracted, 10 % too fast. Harder: tighter bends (260 to 110
    m)."""
    name = "curved_road"
    rng = stream(name, seed, "road")
    sharp = 1.0 / (260.0 - 150.0 * difficulty)
    pieces: list[tuple[float, float, float]] = [(130.0, 0.0, 0.0)]
    side = 1.0 if rng.random() < 0.5 else -1.0
    for _ in range(4):
        bend = side * sharp * rng.uniform(0.6, 1.0)
        turn = rng.uniform(0.5, 1.1)
        ease = 60.0
        pieces += [(ease, 0.0, bend), (max(10.0, turn / abs(bend) - ease), bend, bend), (ease, bend, 0.0)]
        pieces.append((rng.uniform(20.0, 60.0), 0.0, 0.0))
        side = -side
    pieces.append((120.0, 0.0, 0.0))
    net = Network()
    road = net.road(trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), pieces), COUNTRY)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=15.0, speed=18.0, seconds=150.0)
    slow = Driver(kind=ObjectKind.CAR, size=(4.4, 1.8, 1.5), character=0.2, speed_factor=float(rng.uniform(0.5, 0.65)))
    put(stage, slow, lane, 62.0, 16.0, route(stage.graph, lane, rng))
    fill(stage, road.backward, (3.0, 10.0), mix=RURAL, speed_share=0.75)
    flow(stage, road.backward[0], (5.0, 12.0), mix=RURAL, speed_share=0.75)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -60.0, -20.0),),
        "A winding country road behind a slower car.",
        ("country", "curves", "following"),
    )


TOWN = Mix(pace=(0.85, 1.05), distracted=0.1, rude=0.05, speeding=0.1)
RURAL = Mix(vans=0.1, pace=(0.7, 0.9), distracted=0.1, speeding=0.1)


def gentle(rng: np.random.Generator, length: float) -> Line:
    """A street that bends a little one way and back, in some direction."""
    bend = rng.uniform(-1.0, 1.0) / 400.0
    quarter = 0.25 * length
    pieces = [(quarter, 0.0, bend), (quarter, bend, 0.0), (quarter, 0.0, -bend), (quarter, -bend, 0.0)]
    return trace((0.0, 0.0, rng.uniform(-math.pi, math.pi)), pieces)
