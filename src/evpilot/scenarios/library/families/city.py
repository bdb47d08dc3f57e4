"""Towns to drive through: the tour that a user sees first, and blocks with lights."""

from collections.abc import Sequence

import numpy as np

from evpilot.scenarios.library.people import cross, pavements, strollers
from evpilot.scenarios.library.roads.junctions import CHANGE, phases_from, two_phases
from evpilot.scenarios.library.roads.network import KMH, TAPER, Road, Section
from evpilot.scenarios.library.roads.town import Rule, Town
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.streams import green_wave
from evpilot.scenarios.library.traffic import CITY, STRAIGHT_ON, TURNS, entries, fill, flow, park
from evpilot.scenarios.scenario import LightProgram, Scenario
from evpilot.types import LaneKind, LightState, ObjectKind, Priority, User
from evpilot.types.state import Array

AVENUE = Section(forward=2, backward=2, width=3.25, sidewalk=3.5)
STREET = Section(parking=2.2, sidewalk=2.8)
LANE = Section(width=3.1, limit=30.0 * KMH, parking=2.1, sidewalk=2.6)
BLOCK = Section(parking=2.1, sidewalk=2.8)
# [s] after an arm's red begins until the last car is out of the junction, and people set off (RiLSA 2015)
CLEARED = 4.0
GREEN = (14.0, 12.0)  # [s] of the first pair of arms and of the other; the tour meets both lights near their turn


def tour(seed: int, difficulty: float) -> Scenario:
    """Old town and avenue: right at lights, left against oncoming traffic, a zebra, a roundabout, a zebra.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters; people cross at zebras as
    is their right, and at lights on their green. Harder: more cars (time gaps 16-30 to 10-20 s); against our left turn
    platoons that come as the light turns green and take none to 0.6 of it."""
    name = "city"
    rng = stream(name, seed, "town")
    town, way_in, way_out, zebras = _old_town(rng)
    graph = town.net.build()
    stage = staged(
        name, seed, difficulty, graph, way_in.forward[0], s=22.0, speed=9.0, seconds=180.0 + 20.0 * difficulty
    )
    lights = stage.stream("lights")
    stage.lights = [
        *two_phases(town.junctions["west gate"], GREEN, -lights.uniform(9.0, 14.0)),
        *two_phases(town.junctions["east gate"], GREEN, GREEN[0] + CHANGE - lights.uniform(26.0, 33.0)),
    ]
    gap = (16.0 - 6.0 * difficulty, 30.0 - 10.0 * difficulty)
    against = next(arm for arm in town.junctions["east gate"].arms if abs(arm.bearing) < 0.1).incoming
    for lane in against:
        green_wave(stage, lane, 0.6 * difficulty, gap)
    _populate(stage, town, gap, 10, 12, onward=against)
    _zebra_crossers(stage, zebras)
    _houses(stage, 22)
    goal = goal_on(graph, way_out.backward, 90.0, 115.0)
    return stage.scenario(
        (goal,),
        "A tour of the built-in city: right at lights onto the avenue, left against oncoming traffic, over a zebra, "
        "three quarters round a roundabout, along the park.",
        ("city", "tour", "lights", "roundabout", "pedestrians"),
    )


def city_blocks(seed: int, difficulty: float) -> Scenario:
    """Four junctions with lights round a block; the way leads to the far corner or straight on.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters; people cross on their green.
    Harder: more cars (time gaps 11-22 to 7-14 s); westwards, against our left turns, platoons that come from light to
    light as it turns green and take none to 0.6 of it; our first green begins more often as we come; more people (10 to
    30), who set off up to 4 s later, as those who turn are there."""
    name = "city_blocks"
    rng = stream(name, seed, "town")
    town = Town()
    wide, high = float(rng.uniform(95.0, 140.0)), float(rng.uniform(95.0, 140.0))
    corners = {"sw": (0.0, 0.0), "se": (wide, 0.0), "ne": (wide, high), "nw": (0.0, high)}
    for key, center in corners.items():
        town.place(key, center, 13.0, Rule.LIGHTS)
    pairs = (("sw", "se"), ("nw", "ne"), ("sw", "nw"), ("se", "ne"))
    streets = [town.street(a, b, BLOCK) for a, b in pairs]
    arms = {
        (key, bearing): town.edge(key, bearing, 85.0, BLOCK)
        for key, bearings in (("sw", (180, -90)), ("se", (0, -90)), ("ne", (0, 90)), ("nw", (180, 90)))
        for bearing in bearings
    }
    town.close()
    way_in, way_out = arms["sw", 180], arms["ne", 90 if rng.random() < 0.5 else 0]
    stage = staged(
        name,
        seed,
        difficulty,
        town.net.build(),
        way_in.forward[0],
        s=18.0,
        speed=9.0,
        seconds=150.0 + 30.0 * difficulty,
    )
    against = [arms[key, 0].forward[0] for key in ("se", "ne")]
    lights = stage.stream("lights")
    green = float(lights.uniform(7.0 * difficulty, sum(GREEN) + 2.0 * CHANGE - 22.0 * difficulty))
    stage.lights = [
        *phases_from(town.junctions["sw"], GREEN, stage.graph.lights_of(stage.ego_lane)[0], green),
        # who comes the other way has had green at the corner before, and finds this one green, too
        *phases_from(town.junctions["se"], GREEN, stage.graph.lights_of(against[0])[0], green - wide / BLOCK.limit),
        *two_phases(town.junctions["nw"], GREEN, float(lights.uniform(0.0, 38.0))),
        *two_phases(town.junctions["ne"], GREEN, float(lights.uniform(0.0, 38.0))),
    ]
    gap = (11.0 - 4.0 * difficulty, 22.0 - 8.0 * difficulty)
    for lane in against:
        green_wave(stage, lane, 0.6 * difficulty, gap)
    onward = (*against, streets[0].backward[0], streets[1].backward[0])
    _populate(stage, town, gap, 8, 10 + round(20.0 * difficulty), late=4.0 * difficulty, onward=onward)
    return stage.scenario(
        (goal_on(stage.graph, way_out.backward, 35.0, 60.0),),
        "Blocks with lights at every corner, cars and people all around.",
        ("city", "lights", "pedestrians"),
    )


def _old_town(rng: np.random.Generator) -> tuple[Town, Road, Road, list[int]]:
    """The town, the road on which the tour begins, the one on which it ends, and its zebras between junctions."""
    east = 165.0 + float(rng.uniform(-6.0, 6.0))
    town = Town()
    town.place("mill", (0.0, -125.0), 13.0, Rule.SIGNS)
    town.place("west gate", (0.0, 0.0), 17.0, Rule.LIGHTS)
    town.place("east gate", (east, 0.0), 17.0, Rule.LIGHTS)
    town.place("school", (0.0, 140.0), 14.5, Rule.SIGNS)
    town.place("fountain", (east, 150.0), 15.5, Rule.ROUNDABOUT)
    way_in = town.edge("mill", -90.0, 70.0, STREET, priority=Priority.PRIORITY)
    town.edge("mill", 180.0, 90.0, LANE, priority=Priority.YIELD)
    town.street("mill", "west gate", STREET, priority=Priority.PRIORITY)
    town.edge("west gate", 180.0, 110.0, AVENUE)
    town.street("west gate", "east gate", AVENUE)
    town.edge("east gate", 0.0, 110.0, AVENUE)
    town.edge("east gate", -90.0, 110.0, STREET)
    town.street("west gate", "school", LANE, priority=Priority.YIELD)
    hill = town.street("east gate", "fountain", STREET, zebras=(0.5,))
    town.edge("school", 180.0, 90.0, STREET, priority=Priority.PRIORITY)
    town.edge("school", 90.0, 80.0, LANE, priority=Priority.YIELD)
    park_road = town.street("school", "fountain", STREET, (25.0, 152.0), priority=Priority.PRIORITY, zebras=(0.6,))
    town.edge("fountain", 0.0, 90.0, STREET)
    town.edge("fountain", 90.0, 80.0, LANE)
    town.close()
    return town, way_in, park_road, [*hill.crosswalks, *park_road.crosswalks]


def _populate(
    stage: Stage,
    town: Town,
    gap: tuple[float, float],
    strolling: int,
    crossing: int,
    *,
    late: float = 0.0,
    onward: Sequence[int] = (),
) -> None:
    """Cars on every street and at every edge, parked cars, people on the pavements and on the crosswalks, of whom some
    set off up to `late` [s] after their light; those on the lanes `onward` go straight on."""
    graph = stage.graph
    driving = (graph.users & User.CAR > 0) & (graph.junction < 0) & (graph.kind != LaneKind.PARKING)
    for lane in np.flatnonzero(graph.kind == LaneKind.PARKING).tolist():
        park(stage, lane, 0.3, span=(TAPER, float(graph.length[lane]) - TAPER))
    for lane in np.flatnonzero(driving).tolist():
        fill(stage, (lane,), (0.6 * gap[0], gap[1]), mix=CITY, turns=STRAIGHT_ON if lane in onward else TURNS)
    for lane in (one for one in entries(graph) if one not in onward):
        flow(stage, lane, gap)
    strollers(stage, strolling)
    _light_crossers(stage, town, crossing, late)


def _light_crossers(stage: Stage, town: Town, count: int, late: float) -> None:
    """People who cross an arm at lights while its traffic has red, some of them up to `late` [s] after the others."""
    rng = stage.stream("crossers")
    ways = pavements(stage.graph)
    programs = {program.light: program for program in stage.lights}
    options: list[tuple[int, float]] = []
    for found in town.junctions.values():
        for arm, mark in found.crosswalks.items():
            for light in found.lights.get(arm, ()):
                options.extend((mark, time + CLEARED) for time in red_begins(programs[light], stage.seconds - 15.0))
    for k in rng.permutation(len(options))[:count].tolist():
        mark, time = options[k]
        cross(stage, ways, mark, time + rng.uniform(0.0, 1.5 + late), rng, wait=8.0)


def red_begins(program: LightProgram, until: float) -> list[float]:
    """When [s] a light turns red."""
    red = sum(program.durations[: program.states.index(LightState.RED)])
    cycle = sum(program.durations)
    return np.arange((red - program.offset) % cycle, until, cycle).tolist()


def _zebra_crossers(stage: Stage, zebras: list[int]) -> None:
    """People who step onto the zebras every 9 to 20 s."""
    rng = stage.stream("zebras")
    ways = pavements(stage.graph)
    for mark in zebras:
        time = rng.uniform(4.0, 14.0)
        while time < stage.seconds - 20.0:
            cross(stage, ways, mark, time, rng)
            time += rng.uniform(9.0, 20.0)


def _houses(stage: Stage, count: int) -> None:
    """Buildings behind the pavements, where there is room for them."""
    graph, rng = stage.graph, stage.stream("houses")
    road = np.vstack([graph.left[:, :2], graph.right[:, :2]])
    built: list[Array] = []
    walks = np.flatnonzero(graph.kind == LaneKind.SIDEWALK)
    for _ in range(40 * count):
        lane = int(rng.choice(walks))
        length, depth = rng.uniform(14.0, 28.0), rng.uniform(10.0, 15.0)
        pose = stage.pose(lane, rng.uniform(0.0, float(graph.length[lane])), -(0.5 * depth + 4.2))
        spot = np.array([pose[0], pose[1], pose[3], length, depth])
        near = [one for one in built if np.hypot(*(one[:2] - spot[:2])) < 45.0]
        if _free(spot, road, 2.0) and all(
            _free(spot, _outline(one), 3.0) and _free(one, _outline(spot), 3.0) for one in near
        ):
            built.append(spot)
            stage.stand(ObjectKind.BUILDING, (round(length, 1), round(depth, 1), 9.0), pose)
        if len(built) == count:
            return


def _free(spot: Array, points: Array, margin: float) -> bool:
    """Whether no point (P, 2) lies in a box (5,) x, y, yaw, length, width grown by margin [m]."""
    c, s = np.cos(spot[2]), np.sin(spot[2])
    dx, dy = points[:, 0] - spot[0], points[:, 1] - spot[1]
    inside = (np.abs(c * dx + s * dy) < 0.5 * spot[3] + margin) & (np.abs(c * dy - s * dx) < 0.5 * spot[4] + margin)
    return not bool(np.any(inside))


def _outline(spot: Array) -> Array:
    """Points (P, 2) at most 5 m apart round and inside a box."""
    c, s = np.cos(spot[2]), np.sin(spot[2])
    u = np.linspace(-0.5, 0.5, 7) * spot[3]
    v = np.linspace(-0.5, 0.5, 4) * spot[4]
    x, y = (a.ravel() for a in np.meshgrid(u, v))
    return np.column_stack([spot[0] + c * x - s * y, spot[1] + s * x + c * y])
