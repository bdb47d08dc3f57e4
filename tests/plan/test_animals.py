"""Animals beside the road are come up to with foresight."""

import math

import numpy as np
import pytest
from driving_scenes import lane
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING
from evpilot.plan.animals import ALERT, READY, heeded_animals
from evpilot.plan.road import Road
from evpilot.types import ObjectKind, Tracks

REACH = 3.7


def deer(x: float, y: float, vy: float, kind: ObjectKind = ObjectKind.ANIMAL) -> Tracks:
    state = np.array([[x, y, 0.0, math.copysign(0.5 * math.pi, vy), abs(vy), 0.0, 0.0]])
    return Tracks(
        t_ns=0, id=np.array([7]), kind=np.array([kind], np.uint8), state=state, velocity=np.array([[0.0, vy]]),
        cov=np.zeros((1, 6, 6)), size=np.array([[1.6, 0.5]]), age=np.ones(1), signals=np.zeros(1, np.uint8),
        valid=np.ones(1, np.bool_),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("y", "vy", "ready"),
    [
        (7.0, -4.0, READY),  # runs to our way from either side
        (-7.0, 4.0, READY),
        (7.0, 0.0, ALERT),  # stands beside it
        (9.0, -0.6, ALERT),  # walks to it, and is long not there
        (-7.0, -4.0, None),  # runs off
        (15.0, -4.0, None),  # is far from the road
    ],
)
def test_how_an_animal_beside_the_road_is_come_up_to(y: float, vy: float, ready: float | None) -> None:
    builder = GraphBuilder()
    lane(builder, 0.0, 0.0, 300.0, speed_limit=25.0)
    graph = builder.build()
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(50.0, speed=22.0))
    found = heeded_animals(ways, deer(130.0, y, vy), REACH)
    assert [of for _, _, of in found] == ([] if ready is None else [ready] * len(ways))
    if ready is not None:
        at = float(ways[0].table[round(found[0][1] / SPACING), 0])
        assert at == pytest.approx(130.0 - REACH, abs=1.5)
    assert heeded_animals(ways, deer(130.0, y, vy, ObjectKind.PEDESTRIAN), REACH) == []
    assert heeded_animals(ways, deer(40.0, y, vy), REACH) == []  # behind us
    below = deer(130.0, y, vy)
    below.state[0, 2] = -6.0
    assert heeded_animals(ways, below, REACH) == []  # under our bridge
