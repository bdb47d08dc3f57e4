"""How fast the reference paths allow to be driven."""

import math

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
