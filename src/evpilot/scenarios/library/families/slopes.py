"""Roads with height: a spiral ramp, a long descent."""

import math

from evpilot.scenarios.library.roads.lines import trace
from evpilot.scenarios.library.roads.network import KMH, Network, Section
from evpilot.scenarios.library.stage import goal_on, staged, stream
from evpilot.scenarios.library.traffic import STRAIGHT_ON, Driver, Mix, fill, flow, put, route
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, Marking, ObjectKind

SPIRAL = Section(forward=1, backward=1, width=4.2, limit=30.0 * KMH, divider=Marking.SOLID)
DESCENT = Section(width=3.5, limit=80.0 * KMH, kind=LaneKind.COUNTRY, divider=Marking.SOLID)
LEVEL_MIN = 4.2  # [m] between two turns of a spiral
CAREFUL = Mix(pace=(0.7, 0.95), distracted=0.1)


def spiral_ramp(seed: int, difficulty: float) -> Scenario:
    """Down a spiral of two turns above each other, others ahead and coming up.

    Mix: 10 % distracted, nobody faster than the limit. Harder: a radius of 30 to 17 m, steeper, more that come up."""
    name = "spiral_ramp"
    rng = stream(name, seed, "road")
    radius = 30.0 - 13.0 * difficulty
    side = 1.0 if rng.random() < 0.5 else -1.0
    turns = 4.0 * math.pi * radius
    bend = side / radius
    pieces = [(40.0, 0.0, 0.0), (18.0, 0.0, bend), (turns, bend, bend), (18.0, bend, 0.0), (60.0, 0.0, 0.0)]
    line = trace((0.0, 0.0, float(rng.uniform(-math.pi, math.pi))), pieces)
    drop = LEVEL_MIN * 2.0 + turns * (0.01 + 0.02 * difficulty)
    net = Network()
    road = net.road(line.lifted(drop, 0.0), SPIRAL)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=8.0, speed=6.0, seconds=120.0)
    slow = Driver(kind=ObjectKind.CAR, size=(4.6, 1.85, 1.6), character=0.2, speed_factor=0.6)
    put(stage, slow, lane, 32.0, 4.5, route(stage.graph, lane, rng, STRAIGHT_ON))
    gap = (12.0 - 6.0 * difficulty, 22.0 - 10.0 * difficulty)
    fill(stage, road.backward, gap, mix=CAREFUL, speed_share=0.7)
    flow(stage, road.backward[0], gap, mix=CAREFUL, speed_share=0.7)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -35.0, -10.0),),
        "Down a spiral ramp of two turns above each other.",
        ("ramp", "spiral", "grade"),
    )


def downhill(seed: int, difficulty: float) -> Scenario:
    """A winding road that falls all the way, behind a truck that crawls down.

    Mix: oncoming 10 % distracted, nobody faster than the limit. Harder: 4 to 9 % on average, bends of 160 to 75 m."""
    name = "downhill"
    rng = stream(name, seed, "road")
    pieces: list[tuple[float, float, float]] = [(100.0, 0.0, 0.0)]
    side = 1.0 if rng.random() < 0.5 else -1.0
    sharp = 1.0 / (160.0 - 85.0 * difficulty)
    for _ in range(4):
        bend = side * sharp * float(rng.uniform(0.7, 1.0))
        turn = float(rng.uniform(0.6, 1.3))
        pieces += [
            (40.0, 0.0, bend),
            (max(10.0, turn / abs(bend) - 40.0), bend, bend),
            (40.0, bend, 0.0),
            (25.0, 0.0, 0.0),
        ]
        side = -side
    pieces.append((90.0, 0.0, 0.0))
    line = trace((0.0, 0.0, float(rng.uniform(-math.pi, math.pi))), pieces)
    net = Network()
    road = net.road(line.lifted((0.04 + 0.05 * difficulty) * line.length, 0.0), DESCENT)
    lane = road.forward[0]
    stage = staged(name, seed, difficulty, net.build(), lane, s=15.0, speed=16.0, seconds=150.0)
    truck = Driver(
        kind=ObjectKind.TRUCK, size=(11.0, 2.5, 3.6), character=0.2, speed_factor=float(rng.uniform(0.42, 0.55))
    )
    put(stage, truck, lane, 75.0, 10.0, route(stage.graph, lane, rng, STRAIGHT_ON))
    fill(stage, road.backward, (4.0, 12.0), mix=CAREFUL, speed_share=0.75)
    flow(stage, road.backward[0], (6.0, 14.0), mix=CAREFUL, speed_share=0.75)
    return stage.scenario(
        (goal_on(stage.graph, road.forward, -60.0, -20.0),),
        "A winding road that falls all the way, behind a truck.",
        ("country", "grade", "curves"),
    )
