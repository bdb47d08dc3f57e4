"""`evpilot check`, `scenarios`, `platforms`: what there is, and what a scenario asks."""

import collections
import math

import numpy as np

from evpilot.geometry.boxes import boxes_overlap
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go
from evpilot.report.terminal.tables import console, marked, plain_table
from evpilot.scenarios import Scenario, library, load
from evpilot.types import Goal
from evpilot.vehicle import platforms

CAR = (4.508, 1.61)  # [m] length and width of CommonRoad's BMW 320i, the narrowest of its cars


def show_library() -> None:
    """Print the built-in scenarios."""
    table = plain_table("name", "what it asks")
    for name in library.names():
        table.add_row(name, library.describe(name))
    console().print(table)


def show_platforms() -> None:
    """Print the built-in cars."""
    table = plain_table("key", "car", "length [m]", "mass [kg]", "battery [kWh]", right=("length [m]", "mass [kg]"))
    for key in platforms.names():
        car = platforms.load(key)
        energy = f"{car.battery_energy / 3.6e6:.1f}" if car.battery_energy > 0.0 else ""
        table.add_row(key, car.name, f"{car.length:.2f}", f"{car.mass:.0f}", energy)
    console().print(table)


def show_scenario(name: str) -> None:
    """Print what a scenario holds and asks, and what is wrong with it. Raises EvpilotError when it cannot be read."""
    scenario = load(name, 0)
    table = plain_table("", scenario.name)
    for label, text in _facts(scenario):
        table.add_row(label, text)
    for number, goal in enumerate(scenario.goals, 1):
        table.add_row("goal" if len(scenario.goals) == 1 else f"goal {number}", goal_in_words(goal, scenario))
    screen = console()
    screen.print(table)
    remarks = findings(scenario)
    for remark in remarks:
        screen.print(marked(f"note: {remark}", False))
    if not remarks:
        screen.print(marked("sound", True))


def findings(scenario: Scenario) -> list[str]:
    """What a driver of this scenario should know beforehand; it can be driven all the same."""
    found: list[str] = []
    x, y, z, yaw = (float(value) for value in scenario.start)
    index = LaneIndex(scenario.graph)
    if not len(index.lanes_at(x, y, z)):
        found.append("the car starts off the road")
    body = np.array([x, y, yaw, *CAR])
    for actor in scenario.actors:
        if actor.first_step == 0 and len(actor.motion):
            other = np.array([*actor.motion[0, [0, 1, 3]], actor.length, actor.width])
            if abs(actor.motion[0, 2] - z) < 2.5 and boxes_overlap(body, other):
                found.append(f"the car starts in collision with {actor.kind.name.lower()} {actor.id}")
    if not scenario.goals:
        found.append("no goal is given")
    elif not any(goal.survival for goal in scenario.goals):
        lane, _, _ = index.nearest(x, y, z, yaw)
        if lane < 0 or not math.isfinite(cost_to_go(scenario.graph, scenario.goals)[lane]):
            found.append("no route leads from the start to a goal")
    return found


def goal_in_words(goal: Goal, scenario: Scenario) -> str:
    """All conditions of a goal in one line."""
    parts: list[str] = []
    for region in goal.regions:
        middle = np.asarray(region)[:, :2].mean(axis=0)
        away = float(np.hypot(*(middle - scenario.start[:2])))
        parts.append(f"be in a region around ({middle[0]:.1f}, {middle[1]:.1f}) m, {away:.0f} m away")
    if goal.lanes:
        ids = ", ".join(str(int(scenario.graph.lane_id[lane])) for lane in goal.lanes)
        parts.append(f"be on lane {ids}")
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
            f"{len(graph)} lanes, {graph.length.sum() / 1000.0:.2f} km; {len(graph.light_id)} lights, "
            f"{len(graph.stop_lane)} stop lines, {len(graph.crosswalk_start) - 1} crosswalks",
        ),
        ("others", others),
        ("start", f"({scenario.start[0]:.1f}, {scenario.start[1]:.1f}) m at {scenario.start_speed:.1f} m/s"),
    ]
