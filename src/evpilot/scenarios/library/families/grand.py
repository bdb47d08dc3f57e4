"""The grand tour: twenty minutes through a town, over a country road, along the motorway, and through another town."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evpilot.scenarios.library.families.people import BICYCLE, CHILD, runs_over
from evpilot.scenarios.library.people import Pavement, cross, pavements
from evpilot.scenarios.library.roads.carriageways import (
    MAIN,
    RAMP_ASIDE,
    RAMP_AWAY,
    RAMP_BEND,
    Carriageway,
    carriageway,
)
from evpilot.scenarios.library.roads.lines import trace
from evpilot.scenarios.library.roads.network import KMH, Network, Road, Section
from evpilot.scenarios.library.roads.town import Rule, Town
from evpilot.scenarios.library.scripts import lane_path, script
from evpilot.scenarios.library.stage import Stage, goal_on, staged, stream
from evpilot.scenarios.library.traffic import CITY, MOTORWAY, STRAIGHT_ON, fill, flow
from evpilot.scenarios.scenario import Scenario, Trigger
from evpilot.types import LaneKind, ObjectKind, Priority
from evpilot.types.state import Array

APART = (206.0, 222.0)  # [m] between places, along and across
ARM = 75.0  # [m] of the side streets
COMES = 150.0  # [m] before a place its traffic sets off
WIDE = 3.75  # [m] the lanes that lead to the motorway
STREET = Section(parking=2.2, sidewalk=2.8)
CALM = Section(width=3.1, limit=30.0 * KMH, sidewalk=2.6)
HIGH_STREET = Section(sidewalk=3.2)
AVENUE = Section(forward=2, backward=2, width=3.25, sidewalk=3.0)
SIDE = Section(sidewalk=2.6)
TO_COUNTRY = Section(width=WIDE, limit=70.0 * KMH)
COUNTRY = Section(width=WIDE, limit=100.0 * KMH, kind=LaneKind.COUNTRY)
REACH = {
    Rule.LIGHTS: 17.0,
    Rule.SIGNS: 14.0,
    Rule.RIGHT_BEFORE_LEFT: 12.0,
    Rule.ALL_WAY_STOP: 13.0,
    Rule.ROUNDABOUT: 16.0,
}
STRAIGHT = (
    *(Rule.LIGHTS,) * 4, *(Rule.SIGNS,) * 5, *(Rule.RIGHT_BEFORE_LEFT,) * 3, Rule.ALL_WAY_STOP, *(Rule.ROUNDABOUT,) * 2,
)  # fmt: skip
BENT = (Rule.LIGHTS, Rule.RIGHT_BEFORE_LEFT, Rule.ROUNDABOUT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class District:
    """Places on a way to and fro over a grid: their names in order, the streets between them, the side streets of each,
    and the roads that come in at the first and go out at the last (both built from the map's edge inwards)."""

    names: tuple[str, ...]
    streets: tuple[Road, ...]
    sides: tuple[tuple[Road, ...], ...]
    way_in: Road
    way_out: Road


def grand_tour(seed: int, difficulty: float) -> Scenario:
    """Two towns of 25 and 9 places, each with its own rule, a winding country road and three kilometres of motorway.

    Mix: 8 % distracted (late), 5 % who yield to nobody, 8 % too fast, of all characters, and on the motorway the usual
    trucks; traffic and people come as the ego does, and leave. Harder: more of them (time gaps 6-13 to 3-8 s)."""
    name = "grand_tour"
    rng = stream(name, seed, "town")
    town = Town()
    old = district(town, "old", rng, (0.0, 0.0), 0.0, 5, 5, last=TO_COUNTRY)
    country = _country(town.net, old.way_out, rng)
    fast = _motorway(town.net, country.line.end, rng)
    assert fast.entry is not None and fast.exit is not None
    town.net.join(country, fast.entry)
    out = fast.exit.line.end
    reach = ARM + REACH[Rule.SIGNS]
    corner = out[:2] + reach * np.array([math.cos(out[3]), math.sin(out[3])])
    new = district(town, "new", rng, (float(corner[0]), float(corner[1])), float(out[3]), 3, 3, first=TO_COUNTRY)
    town.net.connect(fast.exit.forward[0], new.way_in.forward[0])
    town.close()
    stage = staged(name, seed, difficulty, town.net.build(), old.way_in.forward[0], s=20.0, speed=9.0, seconds=1620.0)
    stage.lights = town.programs(stage.stream("lights"))
    ways = pavements(stage.graph)
    for part in (old, new):
        _people_district(stage, town, part, ways)
    _people_country(stage, country, fast)
    stage.scope = None
    return stage.scenario(
        (goal_on(stage.graph, new.way_out.backward, 35.0, 65.0),),
        "Twenty minutes through two towns, over a country road and along the motorway.",
        ("city", "country", "motorway", "tour"),
    )


def district(
    town: Town,
    prefix: str,
    rng: np.random.Generator,
    origin: tuple[float, float],
    yaw: float,
    columns: int,
    rows: int,
    *,
    first: Section = STREET,
    last: Section = STREET,
) -> District:
    """Build places on a grid whose first is at `origin` [m], the way leading to and fro along rows in direction yaw
    [rad]; it comes in and leaves in that direction, so the rows are odd in number."""
    cells = [(c if r % 2 == 0 else columns - 1 - c, r) for r in range(rows) for c in range(columns)]
    along, across = float(rng.uniform(*APART)), float(rng.uniform(*APART))
    turn = [_bend(cells, k) for k in range(len(cells))]
    rules = _rules(rng, turn)
    names = tuple(f"{prefix}{k}" for k in range(len(cells)))
    c, s = math.cos(yaw), math.sin(yaw)
    for name, (column, row), rule in zip(names, cells, rules, strict=True):
        x, y = column * along, row * across
        town.place(name, (origin[0] + c * x - s * y, origin[1] + s * x + c * y), REACH[rule], rule)
    ours = [Priority.YIELD if rng.random() < 0.5 else Priority.PRIORITY for _ in names]
    theirs = [Priority.PRIORITY if one == Priority.YIELD else Priority.YIELD for one in ours]
    streets = [
        town.street(a, b, _section(rng), priority=(ours[k], ours[k + 1]), zebras=(0.5,) if rng.random() < 0.3 else ())
        for k, (a, b) in enumerate(itertools.pairwise(names))
    ]
    degrees = math.degrees(yaw)
    way_in = town.edge(names[0], degrees + 180.0, ARM, first, priority=ours[0], crosswalk=False)
    way_out = town.edge(names[-1], degrees, ARM + 20.0, last, priority=ours[-1], crosswalk=False)
    sides = [
        tuple(
            town.edge(name, degrees + 90.0 * free, ARM, SIDE, priority=theirs[k])
            for free in range(4)
            if free not in _used(cells, k)
        )
        for k, name in enumerate(names)
    ]
    return District(names=names, streets=tuple(streets), sides=tuple(sides), way_in=way_in, way_out=way_out)


def _used(cells: list[tuple[int, int]], k: int) -> set[int]:
    """The quarter turns from the grid's direction in which the way leads to and from a place."""
    before = cells[k - 1] if k else (cells[0][0] - 1, cells[0][1])
    after = cells[k + 1] if k + 1 < len(cells) else (cells[-1][0] + 1, cells[-1][1])
    quarter = {(1, 0): 0, (0, 1): 1, (-1, 0): 2, (0, -1): 3}
    return {quarter[other[0] - cells[k][0], other[1] - cells[k][1]] for other in (before, after)}


def _bend(cells: list[tuple[int, int]], k: int) -> bool:
    """Whether the way turns at a place."""
    used = _used(cells, k)
    return used not in ({0, 2}, {1, 3})


def _rules(rng: np.random.Generator, bends: list[bool]) -> list[Rule]:
    """A rule for each place; signs rule where the way goes straight on, and at the first and the last."""
    straight = [STRAIGHT[k] for k in rng.permutation(len(STRAIGHT)).tolist()]
    found: list[Rule] = []
    for k, bend in enumerate(bends):
        if k in (0, len(bends) - 1):
            found.append(Rule.SIGNS)
        elif bend:
            found.append(BENT[int(rng.integers(0, len(BENT)))])
        else:
            found.append(straight[k % len(straight)])
    return found


def _section(rng: np.random.Generator) -> Section:
    return (STREET, STREET, CALM, HIGH_STREET, AVENUE)[int(rng.integers(0, 5))]


def _country(net: Network, town_end: Road, rng: np.random.Generator) -> Road:
    """A winding road that goes on where a town's last road, built inwards, begins."""
    x, y, _, yaw = town_end.line.start.tolist()
    bend = float(rng.uniform(1.0, 1.6)) / 320.0 * (1.0 if rng.random() < 0.5 else -1.0)
    wave = [(70.0, 0.0, bend), (90.0, bend, bend), (70.0, bend, 0.0)]
    back = [(length, -one, -other) for length, one, other in wave]
    pieces = [(180.0, 0.0, 0.0), *wave, *back, (160.0, 0.0, 0.0), *back, *wave, (200.0, 0.0, 0.0)]
    road = net.road(trace((x, y, yaw + math.pi), pieces), COUNTRY)
    net.connect(town_end.backward[0], road.forward[0])
    net.connect(road.backward[0], town_end.forward[0])
    return road


def _motorway(net: Network, ramp: Array, rng: np.random.Generator) -> Carriageway:
    """A carriageway whose on-ramp begins at a pose (4,)."""
    yaw = float(ramp[3]) - RAMP_BEND
    c, s = math.cos(yaw), math.sin(yaw)
    mouth = ramp[:2] + np.array([c * RAMP_AWAY - s * RAMP_ASIDE, s * RAMP_AWAY + c * RAMP_ASIDE])
    merge = 470.0
    edge = mouth + MAIN.forward * MAIN.width * np.array([-s, c])
    start = edge - merge * np.array([c, s])
    bend = (1.0 if rng.random() < 0.5 else -1.0) / float(rng.uniform(1400.0, 2200.0))
    pieces = [(900.0, 0.0, 0.0), (300.0, 0.0, bend), (600.0, bend, bend), (300.0, bend, 0.0), (1700.0, 0.0, 0.0)]
    line = trace((float(start[0]), float(start[1]), yaw), pieces)
    return carriageway(net, line, MAIN, on_ramp=(merge, 280.0), off_ramp=(2900.0, 260.0))


def _people_district(stage: Stage, town: Town, part: District, ways: list[Pavement]) -> None:
    """Traffic on the side streets and on the street beyond each place, and something that happens there, as the ego
    comes."""
    hard, rng = stage.difficulty, stage.stream(f"life {part.names[0]}")
    gap = (6.0 - 3.0 * hard, 13.0 - 5.0 * hard)
    for k, name in enumerate(part.names):
        x, y = town.places[name].center
        stage.scope = Trigger(x=x, y=y, seconds=0.0, metres=COMES)
        for road in part.sides[k]:
            flow(stage, road.forward[0], gap, mix=CITY, start=0.0, until=55.0)
        if k == len(part.streets):
            break
        street = part.streets[k]
        fill(stage, street.backward, (0.7 * gap[0], gap[1]), mix=CITY)
        for mark in street.crosswalks:
            for _ in range(2):
                cross(stage, ways, mark, float(rng.uniform(14.0, 40.0)), rng)
        if len(street.forward) == 1 and not street.crosswalks:
            EVENTS[int(rng.integers(0, len(EVENTS)))](stage, street, rng)


def _nothing(stage: Stage, street: Road, rng: np.random.Generator) -> None:
    """Just somebody ahead on a street."""
    fill(stage, street.forward, (5.0, 11.0), purpose="ahead")


def _child(stage: Stage, street: Road, rng: np.random.Generator) -> None:
    """A child runs over the street."""
    runs_over(
        stage, street.forward[0], float(rng.uniform(80.0, 110.0)), street.section, slack=1.8 - 0.5 * stage.difficulty,
        size=CHILD,
    )  # fmt: skip


def _cyclist(stage: Stage, street: Road, rng: np.random.Generator) -> None:
    """A cyclist rides ahead to the end of the street."""
    lane, pace = street.forward[0], float(rng.uniform(3.8, 5.2))
    path = lane_path(stage, (lane,), 45.0, [(0.0, -0.95)])
    script(stage, ObjectKind.BICYCLE, BICYCLE, path, [(0.0, pace), (90.0, pace)], first_step=0)


# nothing that closes a lane: other drivers do not go round it, and would stand before it for ever
EVENTS: tuple[Callable[[Stage, Road, np.random.Generator], None], ...] = (
    _nothing,
    _child,
    _cyclist,
)


def _people_country(stage: Stage, country: Road, fast: Carriageway) -> None:
    """Oncoming cars on the country road, and traffic on the motorway."""
    hard = stage.difficulty
    x, y = country.line.start[:2].tolist()
    stage.scope = Trigger(x=x, y=y, seconds=0.0, metres=COMES)
    rural = replace(CITY, pace=(0.75, 0.95))
    fill(stage, country.backward, (5.0 - 2.0 * hard, 14.0), mix=rural)
    flow(stage, country.backward[0], (6.0, 14.0), mix=rural, until=70.0)
    x, y = country.line.at(country.line.length - 250.0)[:2].tolist()
    stage.scope = Trigger(x=x, y=y, seconds=0.0, metres=COMES)
    gap = (3.4 - 1.2 * hard, 9.0 - 3.5 * hard)
    for part in fast.parts:
        for lane, mix in zip(part.forward[:3], MOTORWAY, strict=True):
            fill(stage, (lane,), gap, mix=mix, turns=STRAIGHT_ON)
    for lane, mix in zip(fast.first, MOTORWAY, strict=True):
        flow(stage, lane, gap, mix=mix, turns=STRAIGHT_ON, start=1.5, until=110.0, speed_share=1.0)
