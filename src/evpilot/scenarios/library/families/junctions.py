"""One junction each: four-way stop, roundabout, unprotected left turn."""

from evpilot.scenarios.library.people import cross, pavements, strollers
from evpilot.scenarios.library.roads.network import KMH, TAPER, Road, Section
from evpilot.scenarios.library.roads.town import Rule, Town
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.streams import rush
from evpilot.scenarios.library.traffic import STRAIGHT_ON, fill, flow, park
from evpilot.scenarios.scenario import Scenario
from evpilot.types import LaneKind, Priority, Turn

CROSSROAD = Section(limit=50.0 * KMH, sidewalk=2.8)
SUBURB = Section(limit=50.0 * KMH, parking=2.2, sidewalk=2.8)
# of those who pass a roundabout's first, second, third exit, who leaves: so that they pass our entry, which is behind
# the first exit of who comes from the left, and behind the second of who comes from ahead
NOT_FIRST = (0.0, 0.5, 1.0)
COUNTRY = Section(width=3.5, limit=70.0 * KMH, kind=LaneKind.COUNTRY)


def four_way_stop(seed: int, difficulty: float) -> Scenario:
    """Who stops first goes first.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters. Harder: more traffic
    on all arms (time gaps 9-16 to 6-11 s)."""
    name = "four_way_stop"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("stop", (0.0, 0.0), 12.0, Rule.ALL_WAY_STOP)
    roads = [town.edge("stop", 90.0 * k + rng.uniform(-6.0, 6.0), 110.0, SUBURB) for k in range(4)]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=14.0, speed=9.0, seconds=84.0)
    _around(stage, town, roads, gap=(9.0 - 3.0 * difficulty, 16.0 - 5.0 * difficulty))
    exit_road = roads[int(rng.integers(1, 4))]
    return stage.scenario(
        (goal_on(stage.graph, exit_road.backward, 45.0, 70.0),),
        "A junction where all must stop: who came first goes first.",
        ("junction", "all-way stop"),
    )


def roundabout(seed: int, difficulty: float) -> Scenario:
    """Wait for a gap in the ring, leave it at the first, second or third exit.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters. Harder: a denser stream
    from the left as we come (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s)."""
    name = "roundabout"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("ring", (0.0, 0.0), float(rng.uniform(14.5, 18.0)), Rule.ROUNDABOUT)
    turned = rng.uniform(0.0, 360.0)
    roads = [town.edge("ring", turned + 90.0 * k + rng.uniform(-8.0, 8.0), 110.0, CROSSROAD) for k in range(4)]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), roads[0].forward[0], s=14.0, speed=9.0, seconds=84.0)
    gap = (9.0 - 3.0 * difficulty, 17.0 - 5.0 * difficulty)
    # a platoon that hardly anybody holds up comes from the left and passes our entry as we get there
    rush(stage, roads[3].forward, exits=NOT_FIRST)
    for road in (roads[1], roads[2]):
        flow(stage, road.forward[0], gap, start=6.0)
    for road in roads:
        fill(stage, road.backward, (0.5 * gap[0], 1.5 * gap[1]), purpose="leaving")
    _furnish(stage)
    strollers(stage, 6)
    exit_road = roads[int(rng.integers(1, 4))]
    return stage.scenario(
        (goal_on(stage.graph, exit_road.backward, 45.0, 70.0),),
        "A roundabout of one lane: yield, enter, leave at the right exit.",
        ("junction", "roundabout"),
    )


def unprotected_left(seed: int, difficulty: float) -> Scenario:
    """Turn left across a stream that has the right of way.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters; people cross at a walk and
    look at nobody. Harder: a denser oncoming stream as we come (gaps 4.5-9 to 1.2-2.2 s, for 10 to 22 s), more
    people."""
    name = "unprotected_left"
    rng = stream(name, seed, "road")
    town = Town()
    town.place("junction", (0.0, 0.0), 12.5, Rule.SIGNS)
    main = [
        town.edge("junction", b, 160.0, CROSSROAD, priority=Priority.PRIORITY, crosswalk=False) for b in (180.0, 0.0)
    ]
    side = [
        town.edge("junction", b + rng.uniform(-8.0, 8.0), 90.0, SUBURB, priority=Priority.YIELD, crosswalk=True)
        for b in (90.0, -90.0)
    ]
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), main[0].forward[0], s=75.0, speed=12.0, seconds=75.0)
    rush(stage, main[1].forward, turns=STRAIGHT_ON)
    flow(stage, main[0].forward[0], (8.0, 18.0), start=8.0)
    for road in side:
        flow(stage, road.forward[0], (12.0, 24.0), turns=TO_RIGHT)
    _furnish(stage)
    ways, people = pavements(stage.graph), stage.stream("crossers")
    across = town.junctions["junction"].crosswalks
    for arm in sorted(across):
        time = people.uniform(6.0, 20.0)
        while time < stage.seconds - 15.0:
            cross(stage, ways, across[arm], time, people)
            time += people.uniform(18.0 - 8.0 * difficulty, 34.0 - 12.0 * difficulty)
    return stage.scenario(
        (goal_on(stage.graph, side[0].backward, 40.0, 65.0),),
        "A left turn across oncoming traffic that has the right of way, into a street that people cross.",
        ("junction", "unprotected left", "pedestrians"),
    )


TO_RIGHT = {Turn.NONE: 1.0, Turn.STRAIGHT: 0.0, Turn.LEFT: 0.0, Turn.RIGHT: 1.0, Turn.U_TURN: 0.0}


def _around(stage: Stage, town: Town, roads: list[Road], gap: tuple[float, float]) -> None:
    """Traffic on all arms, people on the pavements, parked cars."""
    for road in roads:
        fill(stage, road.forward, (0.4 * gap[0], 0.5 * gap[1]))
        fill(stage, road.backward, (0.5 * gap[0], 1.5 * gap[1]), purpose="leaving")
        flow(stage, road.forward[0], gap)
    _furnish(stage)
    strollers(stage, 6)


def _furnish(stage: Stage) -> None:
    graph = stage.graph
    for lane in (graph.kind == LaneKind.PARKING).nonzero()[0].tolist():
        park(stage, lane, 0.4, span=(TAPER, float(graph.length[lane]) - TAPER))
