"""Is a scenario sound, and what does it ask: for `evpilot check FILE`."""

import collections
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evpilot.files import read_xml
from evpilot.geometry.boxes import boxes_overlap, corners
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polyline import project, resample
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go, goal_spans, remaining
from evpilot.scenarios import load
from evpilot.scenarios.scenario import Motion, Scenario
from evpilot.types import Goal, LaneGraph
from evpilot.types.state import Array, Ints

CAR = (4.508, 1.61)  # [m] CommonRoad's BMW 320i, the narrowest of its cars
RADIUS_MIN = 2.0  # [m] no car turns tighter
BEND_STEP = 1.0  # [m] over which a bend is measured
SPEED_MAX = 60.0  # [m/s] faster than any car here
YAW_RATE_MAX = 1.0  # [rad/s] a car on a road turns slower
NEAR, DETOUR = 30.0, 10.0  # a goal within NEAR [m] whose way is over DETOUR times as long lies behind
LANE_CHANGES = 150.0  # [m] that the route may count for lane changes
AGAINST = 0.5 * math.pi  # [rad] a start turned further is against the traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know beforehand. serious when the scenario may be unsolvable because of it; it is driven all the
    same."""

    text: str
    serious: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a scenario holds and asks, in words: facts as (label, text), one line for each goal, and the findings."""

    name: str
    facts: tuple[tuple[str, str], ...]
    goals: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether no finding is serious."""
        return not any(finding.serious for finding in self.findings)


def check(name_or_path: str | Path) -> Report:
    """Read a scenario and say what it asks and what is doubtful. Raises EvpilotError when it cannot be read."""
    scenario = load(name_or_path)
    report = examine(scenario)
    return Report(
        name=report.name,
        facts=report.facts,
        goals=report.goals,
        findings=report.findings + shared_ids(scenario),
    )


def examine(scenario: Scenario) -> Report:
    """What a scenario that was read or made asks, and what is doubtful about it."""
    index = LaneIndex(scenario.graph)
    found = [
        *_start_on_road(scenario, index),
        *_start_free(scenario),
        *_goals_reachable(scenario, index),
        *_lanes(scenario.graph),
        *(Finding(text=remark, serious=False) for remark in scenario.remarks),
    ]
    return Report(
        name=scenario.name,
        facts=tuple(_facts(scenario)),
        goals=tuple(goal_in_words(goal, scenario) for goal in scenario.goals),
        findings=tuple(found),
    )


def shared_ids(scenario: Scenario) -> tuple[Finding, ...]:
    """Ids that a CommonRoad file uses for things of different kinds, which other readers may refuse."""
    if not scenario.format_version:
        return ()
    seen: dict[str, str] = {}
    shared: dict[str, str] = {}
    for element in read_xml(scenario.source).root.iter():
        name = element.get("id")
        if name is None:
            continue
        if name in seen:
            shared[name] = f"<{seen[name]}> and <{element.tag}>"
        seen.setdefault(name, element.tag)
    return tuple(
        Finding(text=f"id {name} is used twice, by {kinds}; other readers may refuse the file", serious=False)
        for name, kinds in shared.items()
    )


def _start_on_road(scenario: Scenario, index: LaneIndex) -> list[Finding]:
    x, y, z, yaw = (float(value) for value in scenario.start)
    if not len(index.lanes_at(x, y, z)):
        return [Finding(text="the car starts off the road", serious=True)]
    outside = sum(not len(index.lanes_at(a, b, z)) for a, b in corners(x, y, yaw, *CAR).tolist())
    found: list[Finding] = []
    if outside:
        found.append(Finding(text=f"{outside} of the car's 4 corners start off the road", serious=True))
    lane, s, _ = index.nearest(x, y, z, yaw)
    if abs(math.remainder(yaw - _heading(scenario.graph, lane, s), 2.0 * math.pi)) > AGAINST:
        found.append(Finding(text="the car starts against the direction of every lane below it", serious=True))
    return found


def _heading(graph: LaneGraph, lane: int, s: float) -> float:
    rows = graph.points(lane)
    arc, center = graph.arc[rows], graph.center[rows]
    k = int(np.clip(np.searchsorted(arc, s, side="right") - 1, 0, len(arc) - 2))
    return math.atan2(center[k + 1, 1] - center[k, 1], center[k + 1, 0] - center[k, 0])


def _start_free(scenario: Scenario) -> list[Finding]:
    x, y, z, yaw = scenario.start.tolist()
    body = np.array([x, y, yaw, *CAR])
    hit: list[Finding] = []
    for actor in scenario.actors:
        if actor.first_step > 0 or not len(actor.motion):
            continue
        first = actor.motion[0]
        box = np.array([first[Motion.X], first[Motion.Y], first[Motion.YAW], actor.length, actor.width])
        if abs(first[Motion.Z] - z) < LEVEL and boxes_overlap(body, box):
            text = f"the car starts in collision with {actor.kind.name.lower()} {actor.id}"
            hit.append(Finding(text=text, serious=True))
    return hit


def _goals_reachable(scenario: Scenario, index: LaneIndex) -> list[Finding]:
    if not scenario.goals:
        return [Finding(text="no goal is given", serious=False)]
    if any(goal.survival for goal in scenario.goals):
        return []
    graph = scenario.graph
    x, y, z, yaw = (float(value) for value in scenario.start)
    here = index.lanes_at(x, y, z)
    if not len(here):
        here = np.array([index.nearest(x, y, z, yaw)[0]], np.int64)
    cost = cost_to_go(graph, scenario.goals)
    spans = goal_spans(graph, scenario.goals)
    if not len(spans[0]):
        return [Finding(text="no goal lies on a lane", serious=True)]
    way = min(_distance(graph, int(lane), scenario, cost, spans) for lane in here)
    if not math.isfinite(way):
        behind = any(lane in spans[0] for lane in here)
        text = "the goal lies behind the car" if behind else "no route leads from the start to a goal"
        return [Finding(text=text, serious=True)]
    straight = min(_straight(goal, scenario) for goal in scenario.goals)
    latest = max(goal.time[1] if goal.time is not None else math.inf for goal in scenario.goals)
    if straight > SPEED_MAX * (latest + scenario.dt_ns * 1e-9):
        text = f"the goal is {straight:.0f} m away and must be reached within {latest:g} s"
        return [Finding(text=text, serious=True)]
    if straight < NEAR and way > DETOUR * straight + LANE_CHANGES:
        text = f"the goal is {straight:.0f} m away but the way to it takes {way:.0f} m: it lies behind the car"
        return [Finding(text=text, serious=True)]
    return _goals_turned(scenario)


def _straight(goal: Goal, scenario: Scenario) -> float:
    """The straight distance [m] to the nearest point that bounds a goal."""
    graph = scenario.graph
    lanes = [side[graph.points(lane), :2] for lane in goal.lanes for side in (graph.left, graph.right)]
    points = np.concatenate([*goal.regions, *lanes])
    return float(np.min(np.hypot(*(points - scenario.start[:2]).T)))


def _goals_turned(scenario: Scenario) -> list[Finding]:
    """Goals whose heading the car cannot have turned to in time, when that holds for all of them."""
    worst: list[tuple[float, float]] = []
    for goal in scenario.goals:
        if goal.yaw is None or goal.time is None:
            return []
        middle, half = 0.5 * (goal.yaw[0] + goal.yaw[1]), 0.5 * (goal.yaw[1] - goal.yaw[0])
        turn = abs(math.remainder(middle - float(scenario.start[3]), 2.0 * math.pi)) - half
        if turn <= YAW_RATE_MAX * goal.time[1]:
            return []
        worst.append((turn, goal.time[1]))
    turn, time = min(worst)
    return [Finding(text=f"the goal asks for a turn of {turn:.1f} rad within {time:g} s", serious=True)]


def _distance(
    graph: LaneGraph, lane: int, scenario: Scenario, cost: Array, spans: tuple[Ints, Array, Array, Ints]
) -> float:
    """The way [m] to a goal from the start's place on a lane."""
    rows = graph.points(lane)
    center = np.ascontiguousarray(graph.center[rows, :2])
    s, _, _ = project(float(scenario.start[0]), float(scenario.start[1]), center, graph.arc[rows], 0, len(center) - 1)
    return remaining(graph, lane, s, cost, spans)


def _lanes(graph: LaneGraph) -> list[Finding]:
    found: list[Finding] = []
    tight = [int(graph.lane_id[lane]) for lane in range(len(graph)) if _tightest(graph, lane) < RADIUS_MIN]
    if tight:
        text = f"{_count(tight, 'lane')} with a bend of less than {RADIUS_MIN:g} m radius: {_listed(tight)}"
        found.append(Finding(text=text, serious=False))
    parts = _parts(graph)
    if parts > 1:
        found.append(Finding(text=f"the map falls into {parts} parts that no lane connects", serious=False))
    if not np.any(np.isfinite(graph.speed_limit)):
        found.append(Finding(text="no lane has a speed limit", serious=False))
    return found


def _tightest(graph: LaneGraph, lane: int) -> float:
    """The smallest radius [m] of a lane's centre line, measured over BEND_STEP."""
    center = np.ascontiguousarray(graph.center[graph.points(lane), :2])
    moved = np.concatenate([[True], np.any(np.diff(center, axis=0) != 0.0, axis=1)])
    line = resample(center[moved], BEND_STEP)
    step = np.diff(line, axis=0)
    if len(step) < 3:
        return math.inf
    turn = np.abs(np.diff(np.unwrap(np.arctan2(step[:, 1], step[:, 0]))))
    return float(np.hypot(*step[0]) / max(float(turn.max()), 1e-9))


def _parts(graph: LaneGraph) -> int:
    """How many groups of lanes there are that successors and neighbours hold together."""
    group = np.arange(len(graph))
    pairs = np.concatenate(
        [
            np.stack([np.repeat(np.arange(len(graph)), np.diff(graph.successor_start)), graph.successor]),
            *(
                np.stack([np.arange(len(graph)), side])[:, side >= 0]
                for side in (graph.left_neighbour, graph.right_neighbour)
            ),
        ],
        axis=1,
    )
    while True:
        low = group.copy()
        np.minimum.at(low, pairs[0], group[pairs[1]])
        np.minimum.at(low, pairs[1], group[pairs[0]])
        if np.array_equal(low, group):
            return len(np.unique(group))
        group = low


def _count(things: list[int], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _listed(things: list[int], most: int = 5) -> str:
    return ", ".join(map(str, things[:most])) + (", ..." if len(things) > most else "")


def goal_in_words(goal: Goal, scenario: Scenario) -> str:
    """All conditions of a goal in one line."""
    parts: list[str] = []
    for region in goal.regions:
        middle = region[:, :2].mean(axis=0)
        away = float(np.hypot(*(middle - scenario.start[:2])))
        parts.append(f"be in a region around ({middle[0]:.1f}, {middle[1]:.1f}) m, {away:.0f} m away")
    if goal.lanes:
        parts.append(f"be on lane {_listed([int(scenario.graph.lane_id[lane]) for lane in goal.lanes], 10)}")
    if goal.survival:
        parts.append("drive on")
    if goal.time is not None:
        parts.append(f"between {goal.time[0]:g} and {goal.time[1]:g} s")
    if goal.speed is not None:
        parts.append(f"at {goal.speed[0]:.1f} to {goal.speed[1]:.1f} m/s")
    if goal.yaw is not None:
        parts.append(f"heading {math.degrees(goal.yaw[0]):.0f} to {math.degrees(goal.yaw[1]):.0f} degrees")
    return ", ".join(parts)


def _facts(scenario: Scenario) -> list[tuple[str, str]]:
    graph, step = scenario.graph, scenario.dt_ns * 1e-9
    kinds = collections.Counter(actor.kind.name.lower() for actor in scenario.actors)
    others = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nobody"
    return [
        ("from", scenario.source),
        ("asks", scenario.description or "to be driven"),
        ("time", f"{scenario.last_step * step:.1f} s in steps of {step:g} s"),
        (
            "road",
            f"{len(graph)} lanes, {float(graph.length.sum()) / 1000.0:.2f} km; {len(graph.light_id)} lights, "
            f"{len(graph.stop_lane)} stop lines, {len(graph.crosswalk_start) - 1} crosswalks",
        ),
        ("others", others),
        ("start", f"({scenario.start[0]:.1f}, {scenario.start[1]:.1f}) m at {scenario.start_speed:.1f} m/s"),
    ]
