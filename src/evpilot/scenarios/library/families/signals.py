"""Junctions with lights: protected turns, a U-turn, a light that changes as one arrives, flashing and dark lights."""

from dataclasses import replace

import numpy as np

from evpilot.scenarios.library.families.junctions import CROSSROAD, SUBURB
from evpilot.scenarios.library.people import PERSON, across, strollers
from evpilot.scenarios.library.roads.junctions import CHANGE, Junction, phases_from, split_phases, turn_back, two_phases
from evpilot.scenarios.library.roads.network import KMH, Road, Section
from evpilot.scenarios.library.roads.town import Rule, Town
from evpilot.scenarios.library.scripts import script, time_to_stop
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.streams import green_wave, rush
from evpilot.scenarios.library.traffic import STRAIGHT_ON, Mix, fill, flow
from evpilot.scenarios.scenario import LightProgram, Scenario
from evpilot.types import LightState, ObjectKind, Priority

BICYCLE = (1.8, 0.65, 1.8)
BOULEVARD = Section(forward=2, backward=2, width=3.25, median=11.0, sidewalk=2.8, limit=50.0 * KMH)
MIXED = Mix(distracted=0.1, rude=0.05, speeding=0.1)


def protected_turn(seed: int, difficulty: float) -> Scenario:
    """A turn to the right or left with green for us alone, over a crossing where people and a cyclist go, too.

    Mix: cars 10 % distracted, 5 % who yield to nobody, 10 % too fast; people and cyclist have green and do not wait.
    Harder: less time (2.4 to 1.4 times what a careful driver needs at 30 km/h), more people, the cyclist faster."""
    name = "protected_turn"
    rng = stream(name, seed, "road")
    town, roads = _lit_crossroads(rng, CROSSROAD, 16.0)
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=30.0, speed=10.0, seconds=90.0)
    found = town.junctions["lights"]
    stage.lights = list(split_phases(found, 9.0, float(rng.uniform(0.0, 50.0))))
    way_out = roads[1 if rng.random() < 0.5 else 3]
    _crossers(stage, found, way_out, rng)
    gap = (8.0 - 3.0 * difficulty, 16.0 - 6.0 * difficulty)
    for road in roads[1:]:
        fill(stage, road.forward, gap, mix=MIXED)
        flow(stage, road.forward[0], gap, mix=MIXED)
    strollers(stage, 6)
    return stage.scenario(
        (goal_on(stage.graph, way_out.backward, 40.0, 65.0),),
        "A turn at a green light of our own, over a crossing with people and a cyclist.",
        ("junction", "lights", "pedestrians", "bicycle"),
    )


def dilemma_light(seed: int, difficulty: float) -> Scenario:
    """A light turns amber just as we arrive: stop in comfort or pass before red.

    Mix: cars 10 % distracted, 5 % who yield to nobody, 10 % too fast; somebody follows close. Harder: amber begins
    nearer to 3 s before the line (where neither is easy), the follower is closer."""
    name = "dilemma_light"
    rng = stream(name, seed, "road")
    town, roads = _lit_crossroads(rng, CROSSROAD, 16.0, length=190.0)
    lane = roads[0].forward[0]
    stage = staged(name, seed, difficulty, town.net.build(), lane, s=40.0, speed=13.0, seconds=70.0)
    found = town.junctions["lights"]
    line = float(stage.graph.stop_s[stage.graph.stop_lane == lane][0])
    side = 1.0 if rng.random() < 0.5 else -1.0
    seconds = 3.0 + 0.2 + side * (0.25 + 1.1 * (1.0 - difficulty))
    own = found.lights[next(k for k, arm in enumerate(found.arms) if arm.road is roads[0])][0]
    programs = two_phases(found, (14.0, 12.0), 0.0)
    mine = next(program for program in programs if program.light == own)
    later = mine.durations[0] - 0.05 - mine.offset
    trigger = stage.arrival(lane, line, seconds)
    cycle = sum(mine.durations)
    stage.lights = [replace(p, offset=(p.offset + later) % cycle, trigger=trigger) for p in programs]
    fill(stage, (lane,), (1.6 - 0.5 * difficulty, 1.8), mix=MIXED, turns=STRAIGHT_ON, span=(0.0, 24.0), speed_share=0.9)
    for road in roads[1:]:
        flow(stage, road.forward[0], (8.0, 16.0), mix=MIXED)
        fill(stage, road.forward, (4.0, 9.0), mix=MIXED)
    return stage.scenario(
        (goal_on(stage.graph, roads[2].backward, 40.0, 70.0),),
        "A light turns amber just as we arrive.",
        ("junction", "lights", "dilemma"),
    )


def flashing_light(seed: int, difficulty: float) -> Scenario:
    """Lights that flash amber: the signs rule, and we have the yield sign.

    Mix: cars 10 % distracted, 5 % who yield to nobody, 10 % too fast. Harder: a denser stream on the main road as we
    come (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s), the turn is a left one in the second half."""
    return _out_of_order("flashing_light", LightState.FLASHING_AMBER, seed, difficulty)


def dark_light(seed: int, difficulty: float) -> Scenario:
    """Lights that are dark: the signs rule, and we have the yield sign.

    Mix: cars 10 % distracted, 5 % who yield to nobody, 10 % too fast. Harder: a denser stream on the main road as we
    come (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s), the turn is a left one in the second half."""
    return _out_of_order("dark_light", LightState.DARK, seed, difficulty)


def u_turn_light(seed: int, difficulty: float) -> Scenario:
    """A U-turn at lights across a boulevard: wait for green, then for the oncoming.

    Mix: cars 10 % distracted, 5 % who yield to nobody, 10 % too fast. Harder: the oncoming come in platoons from the
    light before and are at ours at speed as it turns green, on both lanes, for none to 0.7 of the first green and half
    as long at each that follows (between them gaps of 7-14 to 12-24 s); our green begins more often as we come (at any
    time of its cycle to 8 to 14 s after the start); a busier cross road (gaps 7-14 to 3-7 s)."""
    name = "u_turn_light"
    rng = stream(name, seed, "road")
    town, roads = _lit_crossroads(rng, BOULEVARD, 26.0, crosswalk=False)
    found = town.junctions["lights"]
    arm = next(one for one in found.arms if one.road is roads[0])
    turn_back(town.net, arm, found.number)
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=30.0, speed=11.0, seconds=110.0)
    cycle = 26.0 + 2.0 * CHANGE
    green = float(rng.uniform(8.0 * difficulty, cycle - 24.0 * difficulty))
    stage.lights = list(phases_from(found, (16.0, 10.0), stage.graph.lights_of(stage.ego_lane)[0], green))
    gap = (7.0 - 4.0 * difficulty, 14.0 - 7.0 * difficulty)
    for road in (roads[1], roads[3]):
        for lane in road.forward:
            fill(stage, (lane,), gap, mix=MIXED)
            flow(stage, lane, gap, mix=MIXED)
    sparse = (7.0 + 5.0 * difficulty, 14.0 + 10.0 * difficulty)
    for lane in roads[2].forward:
        green_wave(stage, lane, 0.7 * difficulty, sparse, mix=MIXED, fades=0.5)
    return stage.scenario(
        (goal_on(stage.graph, roads[0].backward, 40.0, 80.0),),
        "A U-turn at lights across a boulevard.",
        ("junction", "lights", "u-turn"),
    )


def _lit_crossroads(
    rng: np.random.Generator, section: Section, reach: float, *, length: float = 120.0, crosswalk: bool = True
) -> tuple[Town, list[Road]]:
    """A junction of four arms with lights, the arms from the ego's counter-clockwise: right, ahead, left."""
    town = Town()
    town.place("lights", (0.0, 0.0), reach, Rule.LIGHTS)
    turned = rng.uniform(0.0, 360.0)
    roads = [
        town.edge("lights", turned + 90.0 * k + rng.uniform(-4.0, 4.0), length, section, crosswalk=crosswalk)
        for k in range(4)
    ]
    town.close()
    return town, roads


def _crossers(stage: Stage, found: Junction, way_out: Road, rng: np.random.Generator) -> None:
    """People and a cyclist on the crossing of the road that we turn into, set off as we come."""
    arm = next(k for k, one in enumerate(found.arms) if one.road is way_out)
    mark = found.crosswalks[arm]
    slack = 2.4 - 1.0 * stage.difficulty
    lane = way_out.backward[0]
    s = 6.0
    for k in range(1 + round(2.0 * stage.difficulty)):
        path = across(stage, mark, bool(rng.random() < 0.5), float(rng.uniform(0.2, 0.8)), before=1.5)
        pace, later = float(rng.uniform(1.1, 1.6)), 1.2 * k
        knots = [(0.0, 0.0), (later, 0.0), (later + 0.4, pace), (later + 30.0, pace)]
        trigger = stage.arrival(lane, s, 1.0 + time_to_stop(30.0 * KMH, slack))
        script(stage, ObjectKind.PEDESTRIAN, PERSON, path, knots if k else [knots[0], *knots[2:]], trigger=trigger)
    path = across(stage, mark, bool(rng.random() < 0.5), 0.5, before=9.0)
    pace = float(rng.uniform(3.5, 4.0 + 2.0 * stage.difficulty))
    trigger = stage.arrival(lane, s, 8.0 / pace + 0.8 + time_to_stop(30.0 * KMH, 0.6 * slack))
    script(stage, ObjectKind.BICYCLE, BICYCLE, path, [(0.0, 0.0), (1.2, pace), (30.0, pace)], trigger=trigger)


def _out_of_order(name: str, state: LightState, seed: int, difficulty: float) -> Scenario:
    rng = stream(name, seed, "road")
    town = Town()
    town.place("lights", (0.0, 0.0), 13.0, Rule.SIGNED_LIGHTS)
    turned = rng.uniform(0.0, 360.0)
    ranks = (Priority.YIELD, Priority.PRIORITY, Priority.YIELD, Priority.PRIORITY)
    sections = (SUBURB, CROSSROAD, SUBURB, CROSSROAD)
    roads = [
        town.edge("lights", turned + 90.0 * k + rng.uniform(-5.0, 5.0), 130.0, sections[k], priority=ranks[k])
        for k in range(4)
    ]
    town.close()
    graph = town.net.build()
    stage = staged(name, seed, difficulty, graph, roads[0].forward[0], s=45.0, speed=10.0, seconds=100.0)
    stage.lights = _all_show(state, len(graph.light_id))
    for road in (roads[1], roads[3]):
        rush(stage, road.forward, mix=MIXED, turns=STRAIGHT_ON, calm=11.0)
    flow(stage, roads[2].forward[0], (12.0, 24.0), mix=MIXED)
    strollers(stage, 4)
    goal_road = roads[3 if difficulty > 0.5 else int(rng.integers(1, 3))]
    return stage.scenario(
        (goal_on(stage.graph, goal_road.backward, 40.0, 65.0),),
        f"Lights that {'flash amber' if state == LightState.FLASHING_AMBER else 'are dark'}: the yield sign rules.",
        ("junction", "lights out of order", "yield"),
    )


def _all_show(state: LightState, count: int) -> list[LightProgram]:
    return [LightProgram(light=k, states=(state,), durations=(1.0,)) for k in range(count)]
