"""Which corridors the road offers."""

import math

import numpy as np
import pytest
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.road import Road
from evpilot.types import LaneGraph, Turn

RADIUS = 16.0
LEFT, ON = 1, 2


def fork() -> LaneGraph:
    """A lane eastwards to x = 100 that goes left, as lane 1, and on, as lane 2, over a junction, with a way behind each
    of them."""
    builder = GraphBuilder()
    turn = np.linspace(0.0, 0.5 * math.pi, 20)
    bend = np.column_stack([100.0 + RADIUS * np.sin(turn), RADIUS * (1.0 - np.cos(turn))])
    ways = [
        np.array([(0.0, 0.0), (50.0, 0.0), (100.0, 0.0)]),
        bend,
        np.column_stack([np.linspace(100.0, 120.0, 11), np.zeros(11)]),
        np.array([(116.0, 16.0), (116.0, 60.0), (116.0, 150.0)]),
        np.array([(120.0, 0.0), (160.0, 0.0), (300.0, 0.0)]),
    ]
    for k, way in enumerate(ways):
        along = np.gradient(way, axis=0)
        aside = 1.75 * np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
        turns = {LEFT: Turn.LEFT, ON: Turn.STRAIGHT}.get(k, Turn.STRAIGHT)
        builder.lane(way + aside, way - aside, speed_limit=14.0, junction=0 if k in (LEFT, ON) else -1, turn=turns)
    for one, after in ((0, LEFT), (0, ON), (LEFT, 3), (ON, 4)):
        builder.connect(one, after)
    return builder.build()


def offered(x: float, y: float = 0.0, yaw: float = 0.0) -> set[int]:
    graph = fork()
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(x, y, yaw))
    return {int(lane) for way in ways for lane in way.path.lanes} & {LEFT, ON}


def on_the_bend(angle: float) -> tuple[float, float, float]:
    return 100.0 + RADIUS * math.sin(angle), RADIUS * (1.0 - math.cos(angle)), angle


def test_at_the_fork_of_a_junction_both_ways_are_open() -> None:
    assert offered(99.5) == {LEFT, ON}


@pytest.mark.parametrize("x", [104.0, 107.0])
def test_who_has_gone_on_past_the_fork_does_not_turn_any_more(x: float) -> None:
    assert offered(x) == {ON}


@pytest.mark.parametrize("angle", [0.3, 0.6])
def test_who_has_begun_to_turn_does_not_go_on_straight(angle: float) -> None:
    assert offered(*on_the_bend(angle)) == {LEFT}


def test_who_makes_way_a_little_in_a_turn_still_turns() -> None:
    x, y, yaw = on_the_bend(0.6)
    assert offered(x + 0.8 * math.sin(yaw), y - 0.8 * math.cos(yaw), yaw) == {LEFT}
