"""What each scene promises happens, whatever the pace: who does not look is hit, who brakes carefully is not."""

import numpy as np
import pytest
from ghost import SIZE, run

from evpilot.scenarios import Behaviour, load
from evpilot.types import ObjectKind, Signal

BLOCKING = {
    "jaywalker": (ObjectKind.PEDESTRIAN,),
    "school_ball": (ObjectKind.PEDESTRIAN,),
    "bus_stop": (ObjectKind.BUS, ObjectKind.PEDESTRIAN),
    "cyclist_ahead": (ObjectKind.BICYCLE,),
    "cut_in": (ObjectKind.CAR, ObjectKind.TRUCK),
    "overtake": (ObjectKind.TRUCK,),
    "hard_braking": (ObjectKind.CAR,),
    "cut_out": (ObjectKind.CAR, ObjectKind.TRUCK),
    "tailgater": (ObjectKind.UNKNOWN, ObjectKind.CAR),
    "debris": (ObjectKind.UNKNOWN, ObjectKind.CAR),
    "animal": (ObjectKind.ANIMAL,),
    "crashed_cars": (ObjectKind.CAR, ObjectKind.TRUCK),
}
"""Families in which something comes to stand or move in the ego's own lane, and what."""


@pytest.mark.parametrize("name", BLOCKING)
@pytest.mark.parametrize(("seed", "difficulty"), [(1, 1.0), (2, 0.3)])
def test_who_does_not_look_hits_what_is_in_the_way_and_who_brakes_in_time_does_not(
    name: str, seed: int, difficulty: float
):
    scenario = load(f"{name}@seed={seed},difficulty={difficulty}")
    speed = float(np.max(scenario.graph.speed_limit[np.isfinite(scenario.graph.speed_limit)]))
    kinds = {actor.id: actor.kind for actor in scenario.actors}
    blind = run(scenario, 45.0, brakes=False, speed=speed)
    assert kinds.get(blind.hit) in BLOCKING[name]
    careful = run(scenario, len(blind.speed) * 0.1 + 6.0, brakes=True, speed=speed)
    assert not careful.hit


@pytest.mark.parametrize("name", ["jaywalker", "school_ball", "animal", "hesitant_crossing"])
def test_what_the_ego_sets_off_happens_just_before_it_at_every_pace(name: str):
    scenario = load(f"{name}@seed=1,difficulty=0.8")
    moving = [actor.id for actor in scenario.actors if actor.behaviour == Behaviour.SCRIPTED]
    for speed in (6.0, 9.0):
        seen = run(scenario, 60.0, brakes=False, speed=speed)
        begun = []
        for place, now in zip(seen.place, seen.tracks, strict=True):
            row = now.state[np.isin(now.id, moving)]
            if np.any(row[:, 4] > 0.2):
                begun.append(float(np.min(np.hypot(row[:, 0] - place[0], row[:, 1] - place[1]))))
        assert begun and 8.0 < begun[0] < 12.0 * speed


def test_nobody_moves_before_the_ego_comes():
    scenario = load("jaywalker@seed=2,difficulty=0.7")
    walker = next(actor.id for actor in scenario.actors if actor.trigger is not None)
    seen = run(scenario, 20.0, brakes=False, speed=0.5)
    places = np.array([now.state[now.id == walker][0, :2] for now in seen.tracks])
    assert np.ptp(places, axis=0).max() < 1e-9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("difficulty", "in_time"), [(0.0, True), (0.8, False), (1.0, False)])
def test_who_follows_the_cyclist_to_the_goal_is_there_in_time_only_where_it_is_easy(
    seed: int, difficulty: float, in_time: bool
):
    scenario = load(f"cyclist_ahead@seed={seed},difficulty={difficulty}")
    corners = np.vstack(scenario.goals[0].regions)
    for actor in scenario.actors:
        if actor.kind == ObjectKind.BICYCLE:
            away = np.hypot(*(actor.motion[: scenario.last_step - 50, :2] - corners.mean(axis=0)).T)
            # whether it has passed the goal's middle with room for who follows to be there
            assert (int(np.argmin(away)) < len(away) - 1) == in_time


def test_at_an_all_way_stop_every_arm_has_its_turn():
    scenario = load("four_way_stop@seed=130,difficulty=0.84")
    seen = run(scenario, 45.0, brakes=False, speed=0.01)
    waits, longest = {}, {}
    for now in seen.tracks:
        first = np.hypot(now.state[:, 0], now.state[:, 1]) < 24.0
        for one, stands in zip(now.id[first].tolist(), now.state[first, 4] < 0.3, strict=True):
            waits[one] = waits.get(one, 0.0) + 0.1 if stands else 0.0
            longest[one] = max(longest.get(one, 0.0), waits[one])
    assert len(longest) > 15
    assert max(longest.values()) < 16.0


@pytest.mark.parametrize("seed", [1, 2])
def test_who_cuts_in_indicates_comes_over_close_ahead_and_is_slow_then(seed: int):
    scenario = load(f"cut_in@seed={seed},difficulty=0.9")
    cutter = next(actor for actor in scenario.actors if actor.behaviour == Behaviour.SCRIPTED)
    seen = run(scenario, 20.0, brakes=True)
    rows = [now.state[now.id == cutter.id][0] for now in seen.tracks]
    lit = [bool(now.signals[now.id == cutter.id][0]) for now in seen.tracks]
    across = [abs(row[1] - place[1]) for row, place in zip(rows, seen.place, strict=True)]
    over, gap = int(np.argmax(np.array(across) < 0.1)), 0.5 * (cutter.length + SIZE[0])
    assert across[0] > 3.0 and 0 < lit.index(True) < over
    assert 0.3 < (rows[over][0] - seen.place[over][0] - gap) / scenario.start_speed < 1.6
    assert rows[-1][4] < scenario.start_speed - 8.0


@pytest.mark.parametrize(("name", "least"), [("cyclist_ahead", 18.0), ("overtake", 7.0)])
def test_those_who_come_leave_pauses_in_which_one_can_pass(name: str, least: float):
    scenario = load(f"{name}@seed=1,difficulty=0.9")
    first = sorted(a.first_step for a in scenario.actors if a.behaviour == Behaviour.REACTIVE and a.first_step)
    gaps = np.diff(first) * scenario.dt_ns * 1e-9
    assert np.any(gaps > least) and np.any(gaps < 5.0)
    assert not np.any((gaps > 5.0) & (gaps < least))


@pytest.mark.parametrize(("difficulty", "stuck"), [(0.5, False), (0.7, True), (1.0, True)])
def test_who_only_follows_the_queue_comes_to_stand_for_good_where_it_is_hard(difficulty: float, stuck: bool):
    scenario = load(f"stop_and_go@seed=1,difficulty={difficulty}")
    seen = run(scenario, 80.0, brakes=True, speed=8.0)
    come = np.hypot(*(seen.place[:, :2] - seen.place[0, :2]).T)
    assert not seen.hit
    assert (come[-1] - come[-200] < 1.0) == stuck


@pytest.mark.parametrize("seed", range(12))
def test_nobody_starts_too_near_behind_a_car_that_has_broken_down_to_get_out_past_it(seed: int):
    scenario = load(f"stop_and_go@seed={seed},difficulty=0.9")
    broken = next(a for a in scenario.actors if a.signals[0] == Signal.HAZARD)
    x, y, _, yaw = broken.motion[0, :4]
    for other in (a for a in scenario.actors if a is not broken):
        dx, dy = other.motion[0, 0] - x, other.motion[0, 1] - y
        behind, aside = -(np.cos(yaw) * dx + np.sin(yaw) * dy), np.cos(yaw) * dy - np.sin(yaw) * dx
        assert abs(aside) > 2.0 or not 0.0 < behind < 22.0


@pytest.mark.parametrize("name", ["u_turn_light", "city_blocks", "city"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("difficulty", "least", "most"), [(0.9, 3, 9), (0.0, 0, 2)])
def test_a_platoon_comes_to_the_light_as_it_turns_green_where_it_is_hard(
    name: str, seed: int, difficulty: float, least: int, most: int
):
    scenario = load(f"{name}@seed={seed},difficulty={difficulty}")
    graph, found = scenario.graph, []
    for program in scenario.lights:
        lane = int(graph.light_lane[graph.light_lane_start[program.light]])
        way = float(graph.length[lane] / graph.speed_limit[lane])
        late = [a for a in scenario.actors if a.first_step and len(a.route) and a.route[0] == lane]
        there = np.array([a.first_step * scenario.dt_ns * 1e-9 + way for a in late])
        cycle = sum(program.durations)
        greens = np.arange(-program.offset % cycle, scenario.last_step * scenario.dt_ns * 1e-9, cycle)
        found.extend(int(np.count_nonzero((there >= green) & (there < green + 8.0))) for green in greens)
    assert least <= max(found) <= most
