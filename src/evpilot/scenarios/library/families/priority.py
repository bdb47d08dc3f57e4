"""Junctions where one gives way: yield signs, right before left, two rings, U-turns, cyclists, queues."""

from collections.abc import Mapping

import numpy as np

from evpilot.scenarios.library.families.junctions import CROSSROAD, NOT_FIRST, SUBURB
from evpilot.scenarios.library.families.motorways import someone
from evpilot.scenarios.library.people import strollers
from evpilot.scenarios.library.roads.junctions import turn_back
from evpilot.scenarios.library.roads.network import KMH, TAPER, Section
from evpilot.scenarios.library.roads.town import Rule, Town
from evpilot.scenarios.library.scripts import lane_path, script
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.streams import rush
from evpilot.scenarios.library.traffic import STRAIGHT_ON, Mix, fill, flow, park, put, route
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, ObjectKind, Priority, Turn

CALM = Section(width=3.0, limit=30.0 * KMH, parking=2.1, sidewalk=2.6)
AVENUE = Section(forward=2, backward=2, width=3.5, limit=50.0 * KMH)
DIVIDED = Section(forward=2, backward=2, width=3.25, median=11.0, limit=50.0 * KMH)
BICYCLE = (1.8, 0.65, 1.8)
CLEAR_OF_CROSSWALK = 5.5  # [m] along the road behind a junction: the crosswalk ends there
MOSTLY_ON: Mapping[Turn, float] = {
    Turn.NONE: 1.0,
    Turn.STRAIGHT: 1.0,
    Turn.LEFT: 0.1,
    Turn.RIGHT: 0.1,
    Turn.U_TURN: 0.0,
}
MIXED = Mix(distracted=0.1, rude=0.1, speeding=0.1)


def yield_sign(seed: int, difficulty: float) -> Scenario:
    """Cross or join a main road from the yield sign.

    Mix: 10 % distracted, 10 % who yield to nobody, 10 % too fast. Harder: a denser stream on the main road as we come
    (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s), cars parked near the corner, a left turn in the second half."""
    name = "yield_sign"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("junction", (0.0, 0.0), 12.5, Rule.SIGNS)
    turned = float(rng.uniform(0.0, 360.0))
    ranks = (Priority.YIELD, Priority.PRIORITY, Priority.YIELD, Priority.PRIORITY)
    roads = [
        town.edge(
            "junction",
            turned + 90.0 * k + rng.uniform(-8.0, 8.0),
            140.0,
            (SUBURB, CROSSROAD)[k % 2],
            priority=ranks[k],
            crosswalk=k % 2 == 0,
        )
        for k in range(4)
    ]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=55.0, speed=10.0, seconds=100.0)
    for road in (roads[1], roads[3]):
        rush(stage, road.forward, mix=MIXED, turns=MOSTLY_ON, calm=11.0)
    flow(stage, roads[2].forward[0], (12.0, 24.0), mix=MIXED)
    _park(stage, 0.2 + 0.4 * difficulty)
    strollers(stage, 4)
    way_out = roads[3] if difficulty > 0.5 else roads[int(rng.integers(1, 4))]
    return stage.scenario(
        (goal_on(stage.graph, way_out.backward, 45.0, 75.0),),
        "Cross or join a main road from the yield sign.",
        ("junction", "yield"),
    )


def right_before_left(seed: int, difficulty: float) -> Scenario:
    """Two crossings in a 30 zone where who comes from the right goes first.

    Mix: 10 % distracted, 10 % who yield to nobody, 10 % too fast. Harder: denser streams from the right as we come
    (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s; at the second crossing as long again), more parked cars."""
    name = "right_before_left"
    rng = stream(name, seed, "road")
    town = Town()
    far = float(rng.uniform(90.0, 120.0))
    town.place("first", (0.0, 0.0), 11.5, Rule.RIGHT_BEFORE_LEFT)
    town.place("second", (far, 0.0), 11.5, Rule.RIGHT_BEFORE_LEFT)
    way_in = town.edge("first", 180.0, 80.0, CALM, crosswalk=False)
    town.street("first", "second", CALM, crosswalks=(False, False))
    way_out = town.edge("second", 0.0, 80.0, CALM, crosswalk=False)
    sides = [
        town.edge(place, bearing + rng.uniform(-8.0, 8.0), 80.0, CALM, crosswalk=False)
        for place in ("first", "second")
        for bearing in (90.0, -90.0)
    ]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), way_in.forward[0], s=20.0, speed=7.5, seconds=100.0)
    gap = (14.0 - 4.0 * difficulty, 24.0 - 6.0 * difficulty)
    for k, road in enumerate(sides):
        if k % 2:  # from our right
            rush(stage, road.forward, mix=MIXED, turns=MOSTLY_ON)
        else:
            fill(stage, road.forward, (3.0, 9.0), mix=MIXED)
            flow(stage, road.forward[0], gap, mix=MIXED)
    flow(stage, way_out.forward[0], gap, mix=MIXED)
    _park(stage, 0.2 + 0.4 * difficulty)
    strollers(stage, 5)
    return stage.scenario(
        (goal_on(stage.graph, way_out.backward, 35.0, 60.0),),
        "Two crossings where who comes from the right goes first.",
        ("junction", "right before left"),
    )


def two_lane_roundabout(seed: int, difficulty: float) -> Scenario:
    """A roundabout of two lanes: choose a lane, enter over both, leave at the right exit.

    Mix: 10 % distracted, 10 % who yield to nobody, 10 % too fast. Harder: denser streams as we come (gaps 4.5-9 to
    1.2-2.2 s from the left, for 10 to 22 s; 9 to 4 s from the others)."""
    name = "two_lane_roundabout"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("ring", (0.0, 0.0), float(rng.uniform(22.0, 26.0)), Rule.ROUNDABOUT)
    turned = rng.uniform(0.0, 360.0)
    roads = [
        town.edge("ring", turned + 90.0 * k + rng.uniform(-6.0, 6.0), 120.0, AVENUE, crosswalk=False) for k in range(4)
    ]
    town.close()
    ego = int(rng.integers(0, 2))
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[ego], s=40.0, speed=10.0, seconds=90.0)
    gap = (9.0 - 5.0 * difficulty, 17.0 - 9.0 * difficulty)
    for road in roads[1:3]:
        for lane in road.forward:
            fill(stage, (lane,), (0.6 * gap[0], gap[1]), mix=MIXED)
            flow(stage, lane, gap, mix=MIXED)
    rush(stage, roads[3].forward, mix=MIXED, exits=NOT_FIRST)
    return stage.scenario(
        (goal_on(stage.graph, roads[int(rng.integers(1, 4))].backward, 45.0, 80.0),),
        "A roundabout of two lanes: choose a lane, enter, leave.",
        ("junction", "roundabout"),
    )


def u_turn(seed: int, difficulty: float) -> Scenario:
    """Turn back through an opening in the median, across traffic that has the right of way.

    Mix: 10 % distracted, 10 % who yield to nobody, 10 % too fast. Harder: a denser oncoming stream as we come (gaps
    4.5-9 to 1.2-2.2 s on each of two lanes, for 10 to 22 s)."""
    name = "u_turn"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("opening", (0.0, 0.0), 12.0, Rule.SIGNS)
    turned = float(rng.uniform(0.0, 360.0))
    roads = [
        town.edge("opening", turned + 180.0 * k, 170.0, DIVIDED, priority=Priority.PRIORITY, crosswalk=False)
        for k in range(2)
    ]
    town.close()
    found = town.junctions["opening"]
    turn_back(town.net, next(one for one in found.arms if one.road is roads[0]), found.number, Priority.YIELD)
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=60.0, speed=12.0, seconds=90.0)
    rush(stage, roads[1].forward, mix=MIXED, calm=14.0)
    flow(stage, roads[0].forward[1], (5.0, 12.0), mix=MIXED, turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, roads[0].backward, 50.0, 110.0),),
        "A U-turn through the median, across oncoming traffic.",
        ("junction", "u-turn"),
    )


def cyclist_hook(seed: int, difficulty: float) -> Scenario:
    """A right turn, and a cyclist on the track beside us who goes straight on.

    Mix: oncoming 10 % distracted, 10 % who yield to nobody, 10 % too fast; the cyclist has the right of way and
    relies on it, and brakes only for a car that already stands across. Harder: faster cyclists (4 to 7 m/s), who
    come from further behind, and one to four of them."""
    name = "cyclist_hook"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("junction", (0.0, 0.0), 12.5, Rule.SIGNS)
    ranks = (Priority.PRIORITY, Priority.YIELD, Priority.PRIORITY, Priority.YIELD)
    roads = [
        town.edge(
            "junction", 180.0 + 90.0 * k, 200.0, (CROSSROAD, SUBURB)[k % 2], priority=ranks[k], crosswalk=k % 2 == 1
        )
        for k in range(4)
    ]
    town.close()
    graph = town.net.build()
    lane = roads[0].forward[0]
    stage = staged(name, seed, difficulty, graph, lane, s=45.0, speed=12.0, seconds=80.0)
    over = next(int(k) for k in graph.successors(lane) if graph.turn[k] == Turn.STRAIGHT)
    pace, back = 4.0 + 3.0 * difficulty, 35.0 + 20.0 * difficulty
    beside = -(0.5 * CROSSROAD.width + 1.1)
    first = float(graph.length[lane]) - back
    time = (back + 8.0 - 0.5 * pace) / pace + 1.0
    seconds = time - 3.3 + float(rng.uniform(-0.7, 0.7))
    trigger = stage.arrival(over, 6.0, seconds)
    for k in range(1 + round(3.0 * difficulty)):
        begin = first - 2.4 * pace * k * float(rng.uniform(0.8, 1.1))
        path = lane_path(
            stage, (lane, over, int(graph.successors(over)[0])), max(begin, 2.0 + 3.0 * k), [(0.0, beside)]
        )
        script(stage, ObjectKind.BICYCLE, BICYCLE, path, [(0.0, 0.0), (1.0, pace), (60.0, pace)], trigger=trigger)
    gap = (7.0 - 3.0 * difficulty, 14.0 - 5.0 * difficulty)
    fill(stage, roads[2].forward, gap, mix=MIXED, turns=STRAIGHT_ON)
    flow(stage, roads[2].forward[0], gap, mix=MIXED, turns=STRAIGHT_ON)
    strollers(stage, 3)
    return stage.scenario(
        (goal_on(stage.graph, roads[1].backward, 45.0, 75.0),),
        "A right turn with a cyclist beside us who goes straight on.",
        ("junction", "bicycle", "right turn"),
    )


def keep_clear(seed: int, difficulty: float) -> Scenario:
    """A queue stands beyond a junction and the crosswalk behind it: wait before both, let those from the sides through,
    go when there is room.

    Mix: from the sides 10 % distracted, 10 % who yield to nobody, 10 % too fast. Harder: more from the sides (time gaps
    12 to 5 s), the queue stands longer (20 to 34 s)."""
    name = "keep_clear"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("junction", (0.0, 0.0), 12.5, Rule.SIGNS)
    ranks = (Priority.PRIORITY, Priority.YIELD, Priority.PRIORITY, Priority.YIELD)
    roads = [
        town.edge("junction", 180.0 + 90.0 * k, 150.0, CROSSROAD, priority=ranks[k], crosswalk=k == 2) for k in range(4)
    ]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=30.0, speed=11.0, seconds=100.0)
    ahead = roads[2].backward[0]
    waits = 20.0 + 14.0 * difficulty
    path = lane_path(stage, (ahead,), 34.0, [(0.0, 0.0)])
    script(
        stage, ObjectKind.TRUCK, (8.5, 2.5, 3.4), path, [(0.0, 0.0), (waits, 0.0), (waits + 9.0, 10.0), (100.0, 10.0)]
    )
    # from the crosswalk to the truck's rear: as many cars as find room, the last right behind the crosswalk
    first, last = CLEAR_OF_CROSSWALK + float(rng.uniform(0.0, 1.2)), 34.0 - 4.25
    count = int((last - first) // (4.5 + 1.6))
    for k in range(count):
        way = route(stage.graph, ahead, rng, STRAIGHT_ON)
        s = first + 2.25 + k * (last - first) / count
        put(stage, someone(float(rng.uniform(0.2, 0.8)), 0.95), ahead, s, 0.0, way)
    gap = (12.0 - 7.0 * difficulty, 20.0 - 10.0 * difficulty)
    for road in (roads[1], roads[3]):
        flow(stage, road.forward[0], gap, mix=MIXED, turns=STRAIGHT_ON, start=1.0)
    fill(stage, roads[2].forward, gap, mix=MIXED, turns=STRAIGHT_ON)
    flow(stage, roads[2].forward[0], gap, mix=MIXED, turns=STRAIGHT_ON)
    return stage.scenario(
        (goal_on(stage.graph, roads[2].backward, 70.0, 110.0),),
        "A queue stands beyond a junction: keep it clear.",
        ("junction", "keep clear", "queue"),
    )


def _park(stage: Stage, share: float) -> None:
    graph = stage.graph
    for lane in np.flatnonzero(graph.kind == LaneKind.PARKING).tolist():
        park(stage, lane, share, span=(TAPER, float(graph.length[lane]) - TAPER))
