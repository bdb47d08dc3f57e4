"""Routes and goals on the lane graph."""

import numpy as np
import pytest
from made_maps import crossing, motorway, straight

from evpilot.geometry.boxes import corners
from evpilot.maps.builder import GraphBuilder
from evpilot.maps.route import LANE_CHANGE_COST, cost_to_go, goal_spans, lane_sequence, remaining
from evpilot.types import Goal, User


def region(x, y, length, width, yaw=0.0):
    return corners(x, y, yaw, length, width)


def test_cost_is_the_way_from_the_start_of_a_lane():
    graph, arms = crossing()
    cost = cost_to_go(graph, (Goal(lanes=(arms[1]["out"],)),))
    turn = graph.length[arms[0]["left"]]
    assert cost[arms[1]["out"]] == 0.0
    assert cost[arms[0]["in"]] == pytest.approx(50.0 + turn)
    assert np.isinf(cost[arms[0]["right"]]) and np.isinf(cost[arms[0]["out"]])


def test_lane_change_has_its_price():
    graph, lanes = motorway()
    cost = cost_to_go(graph, (Goal(lanes=(lanes["left2"],)),))
    assert cost[lanes["left"]] == pytest.approx(200.0)
    # over there at once, or later on the second stretch
    assert cost[lanes["right"]] == pytest.approx(200.0 + LANE_CHANGE_COST)
    assert cost_to_go(graph, (Goal(lanes=(lanes["left2"],)),), 5.0)[lanes["right"]] == pytest.approx(205.0)


def test_opposite_neighbour_is_no_way():
    builder = GraphBuilder()
    one, other = straight(builder, 0.0, 100.0, 0.0), straight(builder, -100.0, 0.0, -3.5, np.pi)
    builder.opposite(one, other)
    graph = builder.build()
    assert np.isinf(cost_to_go(graph, (Goal(lanes=(other,)),))[one])


def test_lane_for_others_is_the_last_resort():
    builder = GraphBuilder()
    start, bus, long, goal = (
        straight(builder, 0.0, 50.0, 0.0),
        straight(builder, 50.0, 100.0, 0.0, users=User.BUS),
        straight(builder, 50.0, 100.0, 10.0),
        straight(builder, 100.0, 150.0, 0.0),
    )
    for a, b in ((start, bus), (start, long), (bus, goal), (long, goal)):
        builder.connect(a, b)
    graph = builder.build()
    cost = cost_to_go(graph, (Goal(lanes=(goal,)),))
    assert lane_sequence(graph, start, 200.0, cost).tolist() == [start, long, goal]
    assert cost[bus] == pytest.approx(50.0)


def test_survival_goal_costs_nothing_anywhere():
    graph, lanes = motorway()
    assert not np.any(cost_to_go(graph, (Goal(time=(0.0, 5.0)), Goal(lanes=(lanes["left"],)))))


def test_region_lies_on_the_lane_whose_middle_it_covers():
    graph, lanes = motorway()
    lane, s0, s1, goal = goal_spans(graph, (Goal(regions=(region(300.0, 0.6, 10.0, 1.7),)),))
    assert lane.tolist() == [lanes["right2"]] and goal.tolist() == [0]
    assert (s0[0], s1[0]) == (pytest.approx(95.0, abs=0.3), pytest.approx(105.0, abs=0.3))


def test_region_over_two_lanes_lies_on_both():
    graph, lanes = motorway()
    lane, *_ = goal_spans(graph, (Goal(regions=(region(300.0, 1.75, 10.0, 7.0),)),))
    assert sorted(lane) == sorted([lanes["left2"], lanes["right2"]])


def test_region_at_the_edge_counts_where_it_touches():
    graph, lanes = motorway()
    lane, *_ = goal_spans(graph, (Goal(regions=(region(300.0, -1.5, 4.0, 1.0),)),))
    assert lane.tolist() == [lanes["right2"]]


def test_heading_window_leaves_only_fitting_lanes():
    graph, arms = crossing()
    box = region(1.75, -1.75, 3.0, 3.0)
    every, *_ = goal_spans(graph, (Goal(regions=(box,)),))
    east, *_ = goal_spans(graph, (Goal(regions=(box,), yaw=(-0.1, 0.1)),))
    assert arms[1]["straight"] in every and arms[0]["straight"] in every
    assert arms[0]["straight"] in east and arms[1]["straight"] not in east


def test_heading_window_that_fits_nothing_is_left_out():
    graph, lanes = motorway()
    lane, *_ = goal_spans(graph, (Goal(lanes=(lanes["left"],), yaw=(1.5, 1.6)),))
    assert lane.tolist() == [lanes["left"]]


def test_sequence_follows_the_cheapest_lanes_then_the_straightest():
    graph, arms = crossing()
    arm = arms[0]
    cost = cost_to_go(graph, (Goal(lanes=(arms[1]["out"],)),))
    assert lane_sequence(graph, arm["in"], 100.0, cost).tolist() == [arm["in"], arm["left"], arms[1]["out"]]
    nowhere = np.full(len(graph), np.inf)
    assert lane_sequence(graph, arm["in"], 100.0, nowhere).tolist() == [arm["in"], arm["straight"], arm["out"]]
    assert lane_sequence(graph, arm["in"], 10.0, cost).tolist() == [arm["in"]]


def test_sequence_on_a_ring_ends():
    builder = GraphBuilder()
    a, b = straight(builder, 0.0, 50.0, 0.0), straight(builder, -50.0, 0.0, -30.0, np.pi)
    builder.connect(a, b)
    builder.connect(b, a)
    graph = builder.build()
    assert lane_sequence(graph, a, 1e6, np.zeros(2)).tolist() == [a, b]


def test_remaining_counts_from_where_the_car_is():
    graph, lanes = motorway()
    goals = (Goal(regions=(region(300.0, 0.0, 10.0, 2.0),)),)
    cost, spans = cost_to_go(graph, goals), goal_spans(graph, goals)
    assert remaining(graph, lanes["right"], 150.0, cost, spans) == pytest.approx(145.0, abs=0.3)
    assert remaining(graph, lanes["right2"], 50.0, cost, spans) == pytest.approx(45.0, abs=0.3)
    assert remaining(graph, lanes["left2"], 50.0, cost, spans) == pytest.approx(75.0, abs=0.3)
    assert remaining(graph, lanes["right2"], 98.0, cost, spans) == 0.0
    assert np.isinf(remaining(graph, lanes["right2"], 150.0, cost, spans))
