"""How fast the reference paths allow to be driven."""

import math

import numpy as np
import pytest
from driving_scenes import lane
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import Ref
from evpilot.plan.road import Road
from evpilot.types import ROAD, VERDICT, Goal, Limits

SLOW = 10.0 / 3.6


@pytest.mark.parametrize(
    ("limits", "seconds", "least", "most"),
    [
        (VERDICT, 12.0, 100.0 / 12.0, 14.0),  # no goal is missed for a 10 km/h sign that the verdict does not know
        (VERDICT, 200.0, SLOW, SLOW),  # none is broken for nothing
        (ROAD, 12.0, SLOW, SLOW),  # nor on a road
    ],
)
def test_a_limit_gives_way_to_a_goal_of_the_official_verdict_only(
    limits: Limits, seconds: float, least: float, most: float
) -> None:
    builder = GraphBuilder()
    here = lane(builder, 0.0, 0.0, 100.0, speed_limit=SLOW)
    there = lane(builder, 100.0, 0.0, 60.0, speed_limit=SLOW)
    builder.connect(here, there)
    graph, goal = builder.build(), Goal(lanes=(there,), time=(0.0, seconds))
    way = Road(briefing(graph, (goal,), limits), LaneIndex(graph)).ways(ego_at(0.0, speed=2.0))[0]
    assert least - 1e-6 <= way.table[:, Ref.LIMIT].min() <= way.table[:, Ref.LIMIT].max() <= most + 1e-6
    assert math.isfinite(way.table[:, Ref.CAP].max())


def bend_of(limits: Limits) -> Road:
    """A lane with a limit of 8 m/s that bends with a radius of 20 m."""
    angle = np.linspace(0.0, 0.5 * math.pi, 20)
    round_ = np.column_stack([np.sin(angle), -np.cos(angle)])
    builder = GraphBuilder()
    come = lane(builder, 0.0, 0.0, 100.0, speed_limit=8.0)
    bend = builder.lane(
        np.array([100.0, 20.0]) + 18.25 * round_, np.array([100.0, 20.0]) + 21.75 * round_, speed_limit=8.0
    )
    builder.connect(come, bend)
    graph = builder.build()
    return Road(briefing(graph, (Goal(lanes=(bend,), time=(0.0, 200.0)),), limits), LaneIndex(graph))


def test_limit_and_bends_are_driven_as_fast_as_who_comes_from_behind_and_no_faster_without() -> None:
    road, me = bend_of(VERDICT), ego_at(0.0, speed=8.0)
    before = road.ways(me)[0].table
    assert before[:, Ref.LIMIT].max() == 8.0
    road.keep_up(12.0)
    after = road.ways(me)[0].table
    assert after[:, Ref.LIMIT].min() > 12.0
    assert after[:, Ref.CAP].min() > before[:, Ref.CAP].min()
    road.keep_up(9.0)  # somebody slower, too: he changes nothing
    assert road.ways(me)[0].table[:, Ref.LIMIT].min() == after[:, Ref.LIMIT].min()
