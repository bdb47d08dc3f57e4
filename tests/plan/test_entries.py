"""Who is on our road, where roads have height."""

import math
from dataclasses import replace

import numpy as np
import pytest
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.entries import on_our_level
from evpilot.plan.road import Road
from evpilot.types import LaneGraph


def lane_along(middle: np.ndarray) -> LaneGraph:
    """One lane of 3.5 m along a line (P, 3)."""
    way = np.gradient(middle[:, :2], axis=0)
    across = np.column_stack([-way[:, 1], way[:, 0], 0.0 * way[:, 0]]) * 1.75 / np.hypot(way[:, 0], way[:, 1])[:, None]
    builder = GraphBuilder()
    builder.lane(middle + across, middle - across, speed_limit=14.0)
    return builder.build()


def seen_from(graph: LaneGraph, row: int, *places: np.ndarray) -> list[bool]:
    """Who of those at some places (3,) is on the level of a car on the lane's centre line, at one of its rows."""
    here, after = graph.center[row], graph.center[row + 1]
    yaw = math.atan2(after[1] - here[1], after[0] - here[0])
    ego = replace(ego_at(0.0), pose=np.array([*here, yaw]))
    state = np.zeros((len(places), 7))
    state[:, :3] = places
    return on_our_level(state, ego, Road(briefing(graph), LaneIndex(graph)).ways(ego)).tolist()


@pytest.mark.parametrize("grade", [0.0, 0.09, -0.15])
def test_who_is_far_down_or_up_the_slope_is_on_our_road(grade: float) -> None:
    x = np.linspace(0.0, 300.0, 61)
    graph = lane_along(np.column_stack([x, 0.0 * x, grade * x]))
    ahead, over = graph.center[30], graph.center[30] + np.array([0.0, 0.0, 6.0])
    assert seen_from(graph, 4, ahead, over) == [True, False]


def test_who_is_a_turn_further_on_a_spiral_ramp_is_below_us() -> None:
    turn = np.linspace(0.0, 5.0 * math.pi, 200)
    graph = lane_along(np.column_stack([20.0 * np.cos(turn), 20.0 * np.sin(turn), -0.8 * turn]))
    rows_of_a_turn = round(2.0 * math.pi / (turn[1] - turn[0]))
    assert seen_from(graph, 10, graph.center[18], graph.center[10 + rows_of_a_turn]) == [True, False]
