"""Solid lines bound the body where the map has them."""

import math

import numpy as np
import pytest
from driving_scenes import lane
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import GRID, Corridor, Cost, Ref, Roll
from evpilot.plan.cost.lines import LINE_RATE, ON, line_cost
from evpilot.plan.road import Road
from evpilot.types import ROAD, VERDICT, Limits, Marking


@pytest.mark.parametrize(("limits", "left"), [(ROAD, 1.75), (VERDICT, math.inf)])
def test_a_corridor_knows_its_solid_lines_and_the_official_verdict_none(limits: Limits, left: float) -> None:
    builder = GraphBuilder()
    lane(builder, 0.0, 0.0, 300.0, left_marking=Marking.SOLID, right_marking=Marking.DASHED)
    graph = builder.build()
    way = Road(briefing(graph, limits=limits), LaneIndex(graph)).ways(ego_at(50.0))[0]
    assert way.table[100, Ref.LEFT] == pytest.approx(left, abs=0.05)
    assert way.table[100, Ref.RIGHT] == -math.inf


@pytest.mark.parametrize(
    ("d", "bend", "over"),
    [
        (0.0, 0.0, 0.0),  # in the middle
        (1.2, 0.0, 0.4),  # half a body over the line
        (-1.2, 0.0, 0.0),  # on the other side there is none
        (0.6, -0.05, 0.1423),  # in a bend to the right the front swings out
    ],
)
def test_a_body_over_a_solid_line_costs_by_how_far_and_how_long(d: float, bend: float, over: float) -> None:
    table = np.zeros((200, len(Ref)))
    table[:, Ref.LEFT], table[:, Ref.RIGHT], table[:, Ref.CURVATURE] = 1.75, -math.inf, bend
    corridor = np.zeros(len(Corridor))
    corridor[Corridor.COUNT] = len(table)
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D] = 10.0 + 5.0 * GRID, d
    cost = np.zeros(len(Cost))
    line_cost(roll, 3.7, 1.0, 0.95, corridor, table, cost)
    assert cost[Cost.RULE] == pytest.approx(LINE_RATE * 8.0 * max(over - ON, 0.0), rel=0.03, abs=1e-9)
