"""Every built-in scenario is sound: its start, its goal, its actors, its lights, and that it is the same each time."""

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest

from evpilot.files import EvpilotError
from evpilot.geometry.boxes import boxes_overlap
from evpilot.geometry.polygon import holds
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go
from evpilot.scenarios import Behaviour, Scenario, library, load
from evpilot.scenarios.check import examine
from evpilot.scenarios.library.stage import content_hash
from evpilot.types import LaneKind, LightState, Turn, User

NAMES = library.names()


def lane_of_start(scenario: Scenario) -> int:
    x, y, z, yaw = scenario.start
    return LaneIndex(scenario.graph).nearest(float(x), float(y), float(z), float(yaw))[0]


def boxes(scenario: Scenario, step: int) -> tuple[list[int], np.ndarray, np.ndarray]:
    ids, rows, heights = [], [], []
    for actor in scenario.actors:
        k = 0 if actor.behaviour == Behaviour.STATIC else step - actor.first_step
        if 0 <= k < len(actor.motion):
            x, y, z, yaw, _, _ = actor.motion[k]
            ids.append(actor.id)
            rows.append([x, y, yaw, actor.length, actor.width])
            heights.append(z)
    return ids, np.array(rows).reshape(-1, 5), np.array(heights)


def test_there_are_at_least_ten_and_each_says_what_it_asks():
    assert len(NAMES) >= 10 and NAMES[0] == "city"
    for name in NAMES:
        assert 10 < len(library.describe(name)) < 120


@pytest.mark.parametrize("name", NAMES)
def test_each_says_who_else_is_there_and_what_is_harder(name: str):
    told = library.characters(name)
    assert "Harder:" in told
    assert len(told.split("Harder:")[0]) > 20


def test_no_familys_drivers_are_all_polite_where_they_are_drawn_by_the_dozen():
    """Over some seeds, wherever many drivers react, somebody is late, yields to nobody or is too fast."""
    for name in NAMES:
        count = 0
        for seed in range(3):
            drivers = [one for one in library.build(name, seed, 0.9).actors if one.behaviour == Behaviour.REACTIVE]
            count += len(drivers)
            if any(one.reaction > 0.0 or not one.yields or one.speed_factor > 1.15 for one in drivers):
                break
        else:
            assert count < 30, name


@pytest.mark.parametrize("name", NAMES)
def test_builds_quickly(name: str, slowness: Callable[[], float]):
    def spent(seed: int) -> float:
        begin = time.process_time()
        library.build(name, seed)
        return time.process_time() - begin

    assert any(spent(seed) < 0.6 * slowness() for seed in (0, 1))  # 0.2 s on an idle core


def test_the_start_is_on_a_lane_and_along_it(scenario: Scenario):
    graph = scenario.graph
    x, y, z, yaw = (float(value) for value in scenario.start)
    lane, _, d = LaneIndex(graph).nearest(x, y, z, yaw)
    rows = graph.points(lane)
    k = int(np.argmin(np.hypot(*(graph.center[rows][:, :2] - scenario.start[:2]).T)))
    k = min(k, rows.stop - rows.start - 2)
    along = np.diff(graph.center[rows][k : k + 2, :2], axis=0)[0]
    assert abs(d) < 0.1
    assert abs(np.angle(np.exp(1j * (np.arctan2(along[1], along[0]) - yaw)))) < 0.05
    assert graph.users[lane] & User.CAR
    assert scenario.start_speed <= graph.speed_limit[lane] + 1e-9


def test_a_route_leads_to_the_goal_in_the_time_allowed(scenario: Scenario):
    cost = cost_to_go(scenario.graph, scenario.goals)
    way = float(cost[lane_of_start(scenario)])
    assert np.isfinite(way)
    assert 60.0 < way < 4000.0
    seconds = scenario.last_step * scenario.dt_ns * 1e-9
    assert way / seconds < 0.6 * float(np.max(scenario.graph.speed_limit[np.isfinite(scenario.graph.speed_limit)]))


def test_nobody_stands_in_anybody_at_the_start(scenario: Scenario):
    ids, rows, heights = boxes(scenario, 0)
    ids = [0, *ids]
    rows = np.vstack([[*scenario.start[[0, 1, 3]], 5.0, 2.0], rows])
    heights = np.concatenate([[scenario.start[2]], heights])
    for i in range(len(rows)):
        near = np.flatnonzero(np.hypot(rows[:, 0] - rows[i, 0], rows[:, 1] - rows[i, 1]) < 30.0)
        for k in near[near > i]:
            if abs(heights[i] - heights[k]) < 2.5:
                assert not boxes_overlap(rows[i], rows[k]), (ids[i], ids[k])


def test_those_in_one_lane_keep_a_second_of_distance_at_the_start(scenario: Scenario):
    index = LaneIndex(scenario.graph)
    queue: dict[int, list[tuple[float, float, float]]] = {}
    for actor in scenario.actors:
        if actor.behaviour == Behaviour.REACTIVE and actor.first_step == 0:
            x, y, z, yaw, speed, _ = (float(value) for value in actor.motion[0])
            lane, s, _ = index.nearest(x, y, z, yaw)
            queue.setdefault(lane, []).append((s, actor.length, speed))
    for cars in queue.values():
        cars.sort()
        for (s, length, speed), (ahead, longer, _) in itertools.pairwise(cars):
            assert ahead - s - 0.5 * (length + longer) >= 1.0 * speed


def test_arrivals_in_one_lane_come_a_second_apart(scenario: Scenario):
    arrivals: dict[int, list[int]] = {}
    for actor in scenario.actors:
        if actor.behaviour == Behaviour.REACTIVE and actor.first_step > 0:
            arrivals.setdefault(int(actor.route[0]), []).append(actor.first_step)
    for steps in arrivals.values():
        assert min(np.diff(sorted(steps)), default=10) >= 10


def test_routes_are_connected_and_open_to_cars(scenario: Scenario):
    graph = scenario.graph
    index = LaneIndex(graph)
    for actor in scenario.actors:
        if actor.behaviour != Behaviour.REACTIVE:
            continue
        assert len(actor.motion) == 1
        x, y, z, yaw = (float(value) for value in actor.motion[0, :4])
        assert index.nearest(x, y, z, yaw)[0] == actor.route[0]
        assert np.all(graph.users[actor.route] & User.CAR)
        for a, b in zip(actor.route, actor.route[1:], strict=False):
            beside = b in (graph.left_neighbour[a], graph.right_neighbour[a])
            assert b in graph.successors(int(a)) or beside


def test_people_walk_and_nobody_jumps(scenario: Scenario):
    for actor in scenario.actors:
        if actor.behaviour not in (Behaviour.REPLAY, Behaviour.SCRIPTED):
            continue
        assert np.all(np.isfinite(actor.motion))
        step = np.hypot(*np.diff(actor.motion[:, :2], axis=0).T)
        reach = 4.1 * 0.1 if actor.length < 1.0 else 40.0 * 0.1
        assert step.max(initial=0.0) <= reach
        assert actor.first_step + len(actor.motion) <= scenario.last_step + 1


def test_lights_never_let_crossing_streams_go_together(scenario: Scenario):
    graph = scenario.graph
    if not len(graph.light_id):
        assert not scenario.lights
        return
    assert sorted(program.light for program in scenario.lights) == list(range(len(graph.light_id)))
    ruled: dict[int, int] = {}
    for light in range(len(graph.light_id)):
        for lane in graph.light_lane[graph.light_lane_start[light] : graph.light_lane_start[light + 1]]:
            for after in graph.successors(int(lane)):
                ruled[int(after)] = light
    programs = {program.light: program for program in scenario.lights}
    pairs = set()
    for lane, light in ruled.items():
        for other in graph.conflict[graph.conflict_start[lane] : graph.conflict_start[lane + 1]].tolist():
            turns = {Turn(graph.turn[lane]), Turn(graph.turn[other])}
            permissive = turns & {Turn.LEFT, Turn.U_TURN} or turns <= {Turn.RIGHT}
            if other in ruled and ruled[other] != light and not permissive:
                pairs.add((min(light, ruled[other]), max(light, ruled[other])))
    assert pairs
    go = (LightState.GREEN, LightState.AMBER)
    for a, b in sorted(pairs):
        times = np.arange(0.0, 120.0, 0.25)
        together = [t for t in times if programs[a].at(t) in go and programs[b].at(t) in go]
        assert not together


def test_people_at_lights_cross_on_red(scenario: Scenario):
    graph = scenario.graph
    if not len(graph.light_id):
        return
    programs = {program.light: program for program in scenario.lights}
    people = [a for a in scenario.actors if a.behaviour == Behaviour.REPLAY]
    for light, program in programs.items():
        lane = int(graph.light_lane[graph.light_lane_start[light]])
        line = float(graph.stop_s[graph.stop_lane == lane][0])
        for mark in range(len(graph.crosswalk_start) - 1):
            rows = slice(int(graph.crosswalk_lane_start[mark]), int(graph.crosswalk_lane_start[mark + 1]))
            lanes, spans = graph.crosswalk_lane[rows], graph.crosswalk_span[rows]
            if lane not in lanes or not 0.0 < spans[list(lanes).index(lane)][0] - line < 3.0:
                continue
            polygon = graph.crosswalk[graph.crosswalk_start[mark] : graph.crosswalk_start[mark + 1], :2]
            for one in people:
                on = np.flatnonzero(holds(polygon, one.motion[:, :2]))
                if len(on):
                    assert program.at((one.first_step + int(on[0])) * 0.1) == LightState.RED


def test_goals_are_on_lanes_for_cars(scenario: Scenario):
    graph = scenario.graph
    index = LaneIndex(graph)
    for goal in scenario.goals:
        assert goal.time is None and goal.regions
        for region in goal.regions:
            x, y = region.mean(axis=0)
            lanes = index.lanes_at(float(x), float(y), 0.0)
            if len(lanes):
                assert any(graph.users[k] & User.CAR for k in lanes)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scenario_and_another_a_different_one(
    name: str, built_once: Callable[[str, int], Scenario]
):
    first, again, other = built_once(name, 0), library.build(name, 0), built_once(name, 1)
    assert first.sha256 == again.sha256 == content_hash(again)
    assert first.sha256 != other.sha256


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(EvpilotError, match="roundabout"):
        library.build("roundabuot")
    with pytest.raises(EvpilotError, match="did you mean"):
        library.describe("zzz")


@pytest.mark.parametrize(("seed", "difficulty"), [(-1, 0.5), (2**70, 0.5), (0, 1.5), (0, float("nan"))])
def test_a_bad_seed_or_difficulty_is_refused_with_what_is_allowed(seed: int, difficulty: float):
    with pytest.raises(EvpilotError, match="allowed 0 to"):
        library.build("city", seed, difficulty)


def test_the_city_is_rich():
    scenario = library.build("city")
    kinds = {int(kind) for kind in scenario.graph.kind}
    assert {LaneKind.URBAN, LaneKind.SIDEWALK, LaneKind.PARKING, LaneKind.INTERSECTION} <= kinds
    assert len({int(turn) for turn in scenario.graph.turn} & {Turn.LEFT, Turn.RIGHT, Turn.STRAIGHT}) == 3
    assert len(scenario.graph.crosswalk_start) > 15
    assert 400.0 < float(cost_to_go(scenario.graph, scenario.goals)[lane_of_start(scenario)]) < 1100.0


def test_a_scenarios_own_name_loads_it_again():
    for name in ("cut_in", "cut_in-3", "cut_in@difficulty=0.8", "cut_in-3@difficulty=0.25"):
        assert load(name).name == name
    assert load("cut_in@seed=3,difficulty=0.5").sha256 == load("cut_in-3").sha256 == library.build("cut_in", 3).sha256
    assert load("cut_in-3", 7).name == "cut_in-3"


@pytest.mark.parametrize("name", ["cut_in@speed=3", "cut_in@seed=x", "cut_in@difficulty=2", "cut_in@"])
def test_a_name_that_says_something_else_is_refused(name: str):
    with pytest.raises(EvpilotError, match="allowed"):
        load(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("seed", "difficulty"), [(11, 0.0), (12, 0.4), (13, 1.0)])
def test_every_difficulty_builds_and_nothing_is_doubtful_about_any_of_them(name: str, seed: int, difficulty: float):
    scenario = library.build(name, seed, difficulty)
    assert np.isfinite(cost_to_go(scenario.graph, scenario.goals)[lane_of_start(scenario)])
    report = examine(scenario)
    assert report.sound, report.findings
