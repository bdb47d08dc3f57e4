"""Findings about a scenario before it is driven."""

from dataclasses import replace

import numpy as np
import pytest
import small_file as small

from evpilot.scenarios.check import check, examine
from evpilot.scenarios.commonroad import read
from evpilot.types import Goal


@pytest.fixture
def scenario(write):
    return read(write(small.small_2020a()))


def serious(scenario):
    return [finding.text for finding in examine(scenario).findings if finding.serious]


def test_sound_scenario_says_what_it_asks(write):
    report = check(write(small.small_2020a()))
    assert report.sound
    facts = dict(report.facts)
    assert "6 lanes" in facts["road"] and "1 lights" in facts["road"] and "1 crosswalks" in facts["road"]
    assert "1 parked" in facts["others"] and facts["time"] == "12.0 s in steps of 0.1 s"
    region, lanes = report.goals
    assert "at 2.0 to 14.0 m/s" in region and "145 m away" in region
    assert lanes == "be on lane 4, 5, between 1 and 8 s"


def start(scenario, x, y, yaw=0.0):
    return replace(scenario, start=np.array([x, y, 0.0, yaw]))


def test_start_off_the_road(scenario):
    assert serious(start(scenario, 5.0, -30.0))[0] == "the car starts off the road"
    assert "2 of the car's 4 corners start off the road" in serious(start(scenario, 5.0, -3.2))


def test_start_in_collision(scenario):
    assert "the car starts in collision with car 51" in serious(start(scenario, 26.0, -1.75))


def test_start_against_the_traffic(scenario):
    assert any("against the direction" in text for text in serious(start(scenario, 5.0, -1.75, 3.14)))


def test_no_route(scenario):
    lane = scenario.graph.lane_id.tolist().index(3)
    goal = Goal(lanes=(lane,), time=(0.0, 5.0))
    assert serious(replace(scenario, goals=(goal,))) == ["no route leads from the start to a goal"]


def test_goal_off_every_lane(scenario):
    goal = Goal(regions=(np.array([(0.0, 90.0), (2.0, 90.0), (2.0, 92.0)]),), time=(0.0, 5.0))
    assert serious(replace(scenario, goals=(goal,))) == ["no goal lies on a lane"]


def test_goal_behind(scenario):
    goal = Goal(regions=(np.array([(10.0, -3.0), (14.0, -3.0), (14.0, -0.5), (10.0, -0.5)]),), time=(0.0, 5.0))
    assert "the goal lies behind the car" in serious(replace(start(scenario, 32.0, -1.75), goals=(goal,), actors=()))


def test_goal_too_far_for_its_time(scenario):
    goal = replace(scenario.goals[0], time=(0.0, 2.0))
    (text,) = serious(replace(scenario, goals=(goal,)))
    assert text == "the goal is 142 m away and must be reached within 2 s"


def test_goal_that_asks_for_an_impossible_turn(scenario):
    goal = replace(scenario.goals[0], yaw=(3.0, 3.2), time=(0.0, 1.5))
    near = replace(start(scenario, 130.0, -1.75), goals=(goal,), actors=())
    assert serious(near) == ["the goal asks for a turn of 3.0 rad within 1.5 s"]


def test_ids_that_two_kinds_share_are_named(write):
    path = write(small.small_2020a().replace('dynamicObstacle id="52"', 'dynamicObstacle id="20"'))
    texts = [finding.text for finding in check(path).findings]
    assert any("id 20 is used twice, by <trafficSign> and <dynamicObstacle>" in text for text in texts)


def test_survival_needs_no_route(write):
    scenario = read(write(small.small_2020a()), problem_id=71)
    assert not serious(scenario)


def test_what_was_not_taken_as_the_file_says_it_is_told(write):
    leap = check(write(small.small_2020a().replace('<successor ref="5"/>', '<successor ref="5"/><successor ref="2"/>')))
    assert leap.sound
    assert any("begins 60.1 m from its end: left out" in finding.text for finding in leap.findings)
