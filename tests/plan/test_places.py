"""Where a lane is watched, and whose front is there."""

import math

import numpy as np
import pytest
from driving_scenes import lane

from evpilot.maps.builder import GraphBuilder
from evpilot.plan.places import ON_IT, fronts_at, places_on
from evpilot.types import ObjectKind, Tracks


def tracks(*rows: tuple[float, float, float]) -> Tracks:
    """Cars of 4 m, x, y [m] of their middle and yaw [rad]."""
    count = len(rows)
    state = np.array([(x, y, 0.0, yaw, 5.0, 0.0, 0.0) for x, y, yaw in rows])
    return Tracks(
        t_ns=0, id=np.arange(count), kind=np.full(count, ObjectKind.CAR, np.uint8), state=state,
        velocity=np.zeros((count, 2)), cov=np.tile(0.01 * np.eye(6), (count, 1, 1)),
        size=np.full((count, 2), (4.0, 1.8)), age=np.ones(count),
        signals=np.zeros(count, np.uint8), valid=np.ones(count, np.bool_),
    )  # fmt: skip


def test_places_run_along_the_middle_of_a_lane_from_one_place_to_another() -> None:
    builder = GraphBuilder()
    straight = lane(builder, 2.0, 0.0, 20.0)
    angle = np.linspace(0.0, 0.5 * math.pi, 200)
    round_ = np.column_stack([np.sin(angle), -np.cos(angle)])
    bend = builder.lane(18.0 * round_, 22.0 * round_)
    graph = builder.build()
    np.testing.assert_allclose(places_on(graph, straight, 5.0, 2.0, 10.0), [(5, 2, 0), (7, 2, 0), (9, 2, 0)], atol=1e-9)
    assert len(places_on(graph, straight, -3.0, 1.0)) == 20
    assert places_on(graph, straight, 20.0, 1.0).shape == (0, 3)
    x, y, yaw = places_on(graph, bend, 0.0, 1.0).T
    np.testing.assert_allclose(np.hypot(x, y), 20.0, atol=0.01)
    np.testing.assert_allclose(yaw, np.arctan2(x, -y), atol=0.02)


@pytest.mark.parametrize(("x", "yaw", "there"), [(8.0, 0.0, True), (12.0, math.pi, True), (12.0, 0.0, False)])
def test_a_front_is_there_and_not_a_middle(x: float, yaw: float, there: bool) -> None:
    place = np.array([(10.0, 0.0, 0.0)])
    found = fronts_at(place, tracks((x, 0.0, yaw), (x, ON_IT + 0.1, yaw)))
    assert found.tolist() == [[there], [False]]
