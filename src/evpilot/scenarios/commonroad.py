"""Reading CommonRoad scenario files, XML 2018b and 2020a."""

import math
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from evpilot.files import EvpilotError
from evpilot.files.markup import Document, read_xml, shown
from evpilot.files.numbers import to_float
from evpilot.scenarios import commonroad_values as values
from evpilot.scenarios.commonroad_actors import ACCEL_MAX, ActorReader
from evpilot.scenarios.commonroad_codes import VERSIONS
from evpilot.scenarios.commonroad_ground import Ground
from evpilot.scenarios.commonroad_map import Cycle, MapReader, by_id
from evpilot.scenarios.scenario import Actor, Behaviour, LightProgram, Scenario
from evpilot.types import Goal
from evpilot.types.state import SPEED_MAX, Array

NS = 1_000_000_000
PARTS = {
    "location",
    "scenarioTags",
    "lanelet",
    "trafficSign",
    "trafficLight",
    "intersection",
    "obstacle",
    "staticObstacle",
    "dynamicObstacle",
    "environmentObstacle",
    "phantomObstacle",
    "planningProblem",
}
PROBLEMS_MAX = 100
GOALS_MAX = 100


def read(path: str | Path, problem_id: int | None = None) -> Scenario:
    """Read a CommonRoad scenario; of several planning problems the first, or that with the given id.

    Step 0 of the result is the problem's own start; the file's numbers are shifted by `Scenario.first_time_step`.
    Ids must be unique among things of one kind (among lanelets, among obstacles, ...; incomings within their
    intersection): references always name the kind, so the same number for things of two kinds is unambiguous.
    Raises EvpilotError, with file, line and element, on anything that is not a sound file.
    """
    path = Path(path)
    document = read_xml(path)
    try:
        return _scenario(document, path, problem_id)
    except EvpilotError as error:
        if error.file is None:
            raise EvpilotError(str(error), file=path) from None
        raise


def _scenario(document: Document, path: Path, problem_id: int | None) -> Scenario:
    root = document.root
    version = _header(document)
    dt = _step(document)
    problem = _problem(document, problem_id)
    road = MapReader(document)
    ground = Ground(road.graph)
    actors = ActorReader(document, dt, ground).actors
    initial = document.only(problem, "initialState")
    first = values.step(document, document.only(initial, "time"))
    goals = _goals(document, problem, road, dt, first)
    return Scenario(
        name=path.name.removesuffix(".xml").removesuffix(".cr"),
        source=str(path),
        sha256=document.sha256,
        dt_ns=round(dt * NS),
        last_step=max(round(goal.time[1] / dt) for goal in goals if goal.time is not None),
        graph=road.graph,
        start=_start(document, initial, ground),
        start_speed=_value(document, initial, "velocity", -SPEED_MAX, SPEED_MAX, "m/s", required=True),
        start_accel=_value(document, initial, "acceleration", -ACCEL_MAX, ACCEL_MAX, "m/s2"),
        start_yaw_rate=_value(document, initial, "yawRate", -20.0, 20.0, "rad/s"),
        goals=goals,
        actors=tuple(moved for actor in actors if (moved := _from_step(actor, first)) is not None),
        lights=tuple(_program(number, cycle, dt, first) for number, cycle in enumerate(road.cycles)),
        problem_id=document.identity(problem),
        description=f"{root.get('source', '')}; {root.get('author', '')}".strip("; "),
        tags=_tags(root),
        benchmark_id=document.attribute(root, "benchmarkID"),
        format_version=version,
        first_time_step=first,
        start_yaw_in_file=_yaw(document, initial),
        remarks=road.remarks,
    )


def _header(document: Document) -> str:
    """The format's version; raises EvpilotError on another root, version or unknown part."""
    root = document.root
    if root.tag != "commonRoad":
        raise document.error(root, "is not the root of a CommonRoad scenario, which is <commonRoad>")
    version = document.attribute(root, "commonRoadVersion")
    if version not in VERSIONS:
        raise document.error(root, f"commonRoadVersion {version[:40]!r}, allowed {' and '.join(VERSIONS)}")
    for part in root:
        if part.tag not in PARTS:
            raise document.error(part, f"is unknown in <commonRoad>, allowed {', '.join(sorted(PARTS))}")
    if root.find("lanelet") is None:
        raise document.error(root, "has no <lanelet>, needs at least one")
    return version


def _step(document: Document) -> float:
    text = document.attribute(document.root, "timeStepSize")
    step = to_float(text)
    if step is None or not 1e-3 <= step <= 10.0:
        raise document.error(document.root, f"timeStepSize {shown(text)} s, allowed 0.001 to 10 s")
    return step


def _problem(document: Document, problem_id: int | None) -> Element:
    elements = document.root.findall("planningProblem")
    if not elements:
        raise document.error(document.root, "has no <planningProblem>, needs at least one")
    if len(elements) > PROBLEMS_MAX:
        raise document.error(document.root, f"{len(elements)} planning problems, allowed at most {PROBLEMS_MAX}")
    known = by_id(document, elements)
    if problem_id is None:
        return elements[0]
    if problem_id not in known:
        listed = ", ".join(map(str, known))
        raise document.error(document.root, f"has no planning problem {problem_id}, it has {listed}")
    return known[problem_id]


def _value(
    document: Document, state: Element, tag: str, low: float, high: float, unit: str, required: bool = False
) -> float:
    part = document.child(state, tag) if required else state.find(tag)
    return 0.0 if part is None else values.value(document, part, low, high, unit)


def _yaw(document: Document, initial: Element) -> float:
    """The initial orientation [rad] as the file has it."""
    return _value(document, initial, "orientation", -values.ANGLE_MAX, values.ANGLE_MAX, "rad", required=True)


def _start(document: Document, initial: Element, ground: Ground) -> Array:
    """x, y, z, yaw of the box centre; z is that of the lane below on a map with heights."""
    x, y = values.place(document, document.only(initial, "position"))
    yaw = float(math.pi - np.mod(math.pi - _yaw(document, initial), 2.0 * math.pi))
    return np.array([x, y, ground.height(x, y, yaw), yaw])


def _goals(document: Document, problem: Element, road: MapReader, dt: float, first: int) -> tuple[Goal, ...]:
    states = problem.findall("goalState")
    if not states:
        raise document.error(problem, "has no <goalState>, needs at least one")
    if len(states) > GOALS_MAX:
        raise document.error(problem, f"{len(states)} goal states, allowed at most {GOALS_MAX}")
    return tuple(_goal(document, state, road, dt, first) for state in states)


def _goal(document: Document, state: Element, road: MapReader, dt: float, first: int) -> Goal:
    time = document.only(state, "time")
    begin, end = values.steps(document, time)
    if end < first:
        raise document.error(time, f"ends at step {end}, before the problem starts at step {first}")
    position = state.find("position")
    regions: list[Array] = []
    lanes: list[int] = []
    if position is not None:
        regions = values.shapes(document, position, values.REGION_MAX)
        lanes = [road.lane_of(reference) for reference in position.findall("lanelet")]
        exact = position.find("point")
        if exact is not None:
            raise document.error(exact, "a goal must be a shape or lanelets; no car stops exactly on a point")
        if not regions and not lanes:
            raise document.error(position, "holds neither a shape nor a lanelet")
    bounds = {
        tag: None if part is None else values.interval(document, part, low, high, unit)
        for tag, low, high, unit in (
            ("velocity", -SPEED_MAX, SPEED_MAX, "m/s"),
            ("orientation", -values.ANGLE_MAX, values.ANGLE_MAX, "rad"),
        )
        for part in (state.find(tag),)
    }
    return Goal(
        regions=tuple(regions),
        lanes=tuple(lanes),
        time=(max(0, begin - first) * dt, (end - first) * dt),
        speed=bounds["velocity"],
        yaw=bounds["orientation"],
    )


def _from_step(actor: Actor, first: int) -> Actor | None:
    """An actor in steps since the problem's start; None when it is gone by then."""
    if actor.behaviour == Behaviour.STATIC or first == 0:
        return actor
    gone = max(0, first - actor.first_step)
    if gone >= len(actor.motion):
        return None
    return replace(
        actor,
        first_step=max(0, actor.first_step - first),
        motion=actor.motion[gone:].copy(),
        signals=actor.signals[gone:].copy(),
    )


def _program(number: int, cycle: Cycle, dt: float, first: int) -> LightProgram:
    phases, offset = cycle
    period = sum(steps for _, steps in phases)
    return LightProgram(
        light=number,
        states=tuple(state for state, _ in phases),
        durations=tuple(steps * dt for _, steps in phases),
        offset=((first - offset) % period) * dt,
    )


def _tags(root: Element) -> tuple[str, ...]:
    named = root.get("tags", "").split()
    listed = root.find("scenarioTags")
    return tuple(named if listed is None else [one.tag for one in listed])
