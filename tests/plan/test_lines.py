"""Solid lines bound the body where the map has them."""

import math

import numpy as np
import pytest
from driving_scenes import CAR, centre, drive, lane, place, scene
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import GRID, Corridor, Cost, Ref, Roll
from evpilot.plan.cost.lines import LINE_RATE, ON, ONCOMING_RATE, line_cost
from evpilot.plan.road import Road
from evpilot.types import ROAD, VERDICT, LaneKind, Limits, Marking


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
    table[:, Ref.ONCOMING] = math.inf
    corridor = np.zeros(len(Corridor))
    corridor[Corridor.COUNT] = len(table)
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D] = 10.0 + 5.0 * GRID, d
    cost = np.zeros(len(Cost))
    line_cost(roll, 3.7, 1.0, 0.95, corridor, table, cost)
    assert cost[Cost.RULE] == pytest.approx(LINE_RATE * 8.0 * max(over - ON, 0.0), rel=0.03, abs=1e-9)


@pytest.mark.parametrize(
    ("side", "d", "over"), [(1.0, 1.2, 0.4), (1.0, -1.2, 0.0), (-1.0, -1.2, 0.4), (-1.0, 1.2, 0.0)]
)
def test_the_lane_of_those_who_come_is_entered_only_for_a_reason(side: float, d: float, over: float) -> None:
    """On the left where one drives on the right, and the other way round."""
    table = np.zeros((200, len(Ref)))
    table[:, Ref.LEFT], table[:, Ref.RIGHT], table[:, Ref.ONCOMING] = math.inf, -math.inf, 1.75 * side
    corridor = np.zeros(len(Corridor))
    corridor[Corridor.COUNT] = len(table)
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D] = 10.0 + 5.0 * GRID, d
    cost = np.zeros(len(Cost))
    line_cost(roll, 3.7, 1.0, 0.95, corridor, table, cost)
    assert cost[Cost.RULE] == pytest.approx(ONCOMING_RATE * 8.0 * max(over - ON, 0.0), rel=0.03, abs=1e-9)


@pytest.mark.parametrize(("turned", "over"), [(0.0, 0.0), (0.1, 3.7 * 0.1 - 0.2)])
def test_a_car_that_stands_askew_with_a_corner_over_the_line_is_over_it(turned: float, over: float) -> None:
    table = np.zeros((200, len(Ref)))
    table[:, Ref.LEFT], table[:, Ref.RIGHT], table[:, Ref.ONCOMING] = 1.75, -math.inf, math.inf
    corridor = np.zeros(len(Corridor))
    corridor[Corridor.COUNT] = len(table)
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D], roll[:, Roll.YAW] = 10.0, 0.6, turned
    cost = np.zeros(len(Cost))
    line_cost(roll, 3.7, 1.0, 0.95, corridor, table, cost)
    assert cost[Cost.RULE] == pytest.approx(LINE_RATE * 8.0 * max(over - ON, 0.0), rel=0.03, abs=1e-9)


def test_a_fast_bend_is_driven_in_its_lane_and_not_cut() -> None:
    """A country road whose bend, to our side, is a little tight for its limit: no tyre over its middle."""
    builder, radius = GraphBuilder(), 230.0
    angle = np.linspace(0.0, 1.3, 120)
    s = np.concatenate([np.linspace(0.0, 140.0, 60), 140.0 + radius * angle[1:]])
    turned = np.concatenate([np.zeros(60), angle[1:]])
    x = np.minimum(s, 140.0) + radius * np.sin(turned)
    y = radius * (1.0 - np.cos(turned))
    middle, left = np.column_stack([x, y]), np.column_stack([-np.sin(turned), np.cos(turned)])
    rest = {"speed_limit": 27.0, "left_marking": Marking.DASHED, "kind": LaneKind.COUNTRY}
    own = builder.lane(middle + 1.75 * left, middle - 1.75 * left, **rest)  # type: ignore[arg-type]
    other = builder.lane((middle + 1.75 * left)[::-1], (middle + 5.25 * left)[::-1], **rest)  # type: ignore[arg-type]
    builder.opposite(own, other)
    ex, ey = middle[-8].tolist()
    run = drive(
        scene(builder.build(), speed=25.0, seconds=20.0, goals=(place(ex - 9.0, ex + 9.0, ey - 9.0, ey + 9.0),))
    )
    at = centre(run)
    away = np.hypot(at[:, 0] - 140.0, at[:, 1] - radius) - radius
    bent = at[:, 0] > 150.0
    assert bent.any()
    # the slip of the rear tyres points the body into the bend: who took that for the way would end a metre inside
    assert away[bent].min() > 0.5 * CAR.width - 1.75 + 0.1
    assert away[bent].max() < 1.75 - 0.5 * CAR.width
