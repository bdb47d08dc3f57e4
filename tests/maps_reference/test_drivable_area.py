"""The signed distance to the edge of the road, against plain geometry on the lanes' union."""

import math

import numpy as np
import pytest

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.drivable import CELL, REACH, DrivableArea, drivable_area
from evpilot.types import LaneGraph

Rect = tuple[float, float, float, float]


def lanes(*rects: Rect) -> LaneGraph:
    """Each rectangle x0, x1, y0, y1 as a lane along x."""
    builder = GraphBuilder()
    for x0, x1, y0, y1 in rects:
        builder.lane([(x0, y1), (x1, y1)], [(x0, y0), (x1, y0)])
    return builder.build()


def area_of(*rects: Rect) -> DrivableArea:
    graph = lanes(*rects)
    return drivable_area(graph, np.arange(len(graph)))


def outline_distance(x: float, y: float, outline: list[tuple[float, float]]) -> float:
    """Signed distance to a closed polygon: positive inside (even-odd), by plain loops."""
    best, inside = math.inf, False
    for k in range(len(outline)):
        (ax, ay), (bx, by) = outline[k - 1], outline[k]
        share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        share = min(1.0, max(0.0, share))
        best = min(best, math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay)))
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return best if inside else -best


def check(area: DrivableArea, outline: list[tuple[float, float]], low: tuple[float, float], high: tuple[float, float]):
    rng = np.random.default_rng(1)
    for x, y in rng.uniform(low, high, (600, 2)):
        true = max(-REACH, min(REACH, outline_distance(x, y, outline)))
        # half a cell where the sign changes between cells, a little at corners from interpolation
        assert area.distance(x, y) == pytest.approx(true, abs=0.15), (x, y)


def test_one_lane() -> None:
    check(
        area_of((0.0, 50.0, -2.0, 2.0)),
        [(0.0, -2.0), (50.0, -2.0), (50.0, 2.0), (0.0, 2.0)],
        (-5.0, -6.0),
        (55.0, 6.0),
    )


def test_lanes_side_by_side_have_no_edge_between_them() -> None:
    area = area_of((0.0, 40.0, 0.0, 3.5), (0.0, 40.0, -3.5, 0.0), (40.0, 70.0, -3.5, 0.0))
    outline = [(0.0, -3.5), (70.0, -3.5), (70.0, 0.0), (40.0, 0.0), (40.0, 3.5), (0.0, 3.5)]
    check(area, outline, (-4.0, -7.0), (74.0, 7.0))
    assert area.distance(20.0, 0.0) > 2.9


def test_a_bent_lane_at_any_angle() -> None:
    builder = GraphBuilder()
    angle = np.linspace(0.3, 2.0, 80)
    round_ = np.column_stack([np.cos(angle), np.sin(angle)])
    builder.lane(28.0 * round_ + 200.0, 32.0 * round_ + 200.0)
    area = drivable_area(builder.build(), np.array([0]))
    for turn in (0.6, 1.1, 1.8):
        for radius in (26.0, 28.5, 30.0, 31.2, 33.0):
            want = 2.0 - abs(radius - 30.0)
            x, y = 200.0 + radius * math.cos(turn), 200.0 + radius * math.sin(turn)
            assert area.distance(x, y) == pytest.approx(want, abs=0.12)


@pytest.mark.parametrize("crack", [0.02, 0.1, 0.25])
def test_a_crack_between_lanes_is_no_edge(crack: float) -> None:
    area = area_of((0.0, 40.0, 0.5 * crack, 3.5), (0.0, 40.0, -3.5, -0.5 * crack))
    assert min(area.distance(x, 0.0) for x in np.arange(5.0, 35.0, 0.37)) > 2.5


def test_a_gap_of_a_metre_is_an_edge() -> None:
    area = area_of((0.0, 40.0, 0.5, 3.5), (0.0, 40.0, -3.5, -0.5))
    assert area.distance(20.0, 0.0) == pytest.approx(-0.5, abs=0.15)


def test_between_cells_the_distance_changes_evenly() -> None:
    area = area_of((0.0, 40.0, -2.0, 2.0))
    y = np.linspace(0.7, 1.6, 200)
    found = np.array([area.distance(20.03, float(v)) for v in y])
    np.testing.assert_allclose(np.diff(found), -np.diff(y), atol=1e-5)
    np.testing.assert_allclose(found, 2.0 - y, atol=0.5 * CELL)


def test_far_away_is_off_the_road_by_the_reach() -> None:
    area = area_of((0.0, 40.0, -2.0, 2.0))
    for x, y in ((1e3, 0.0), (-1e6, 1e6), (20.0, 30.0), (math.nan, 0.0), (math.inf, -math.inf)):
        assert area.distance(x, y) == -REACH


def test_only_the_lanes_that_are_asked_for_count() -> None:
    graph = lanes((0.0, 40.0, 0.0, 3.5), (0.0, 40.0, -3.5, 0.0))
    one = drivable_area(graph, np.array([0]))
    assert one.distance(20.0, 1.75) == pytest.approx(1.75, abs=0.1)
    assert one.distance(20.0, -1.75) == pytest.approx(-1.75, abs=0.1)


def test_it_holds_on_maps_in_national_coordinates() -> None:
    near = area_of((0.0, 40.0, -2.0, 2.0))
    far = area_of((4.5e6, 4.5e6 + 40.0, 5.3e6 - 2.0, 5.3e6 + 2.0))
    for x, y in ((3.0, 0.5), (20.0, 1.3), (39.0, -2.6)):
        assert far.distance(4.5e6 + x, 5.3e6 + y) == pytest.approx(near.distance(x, y), abs=1e-3)


def test_where_every_gap_counts_a_crack_is_an_edge_and_a_shared_bound_is_none() -> None:
    gap = lanes((0.0, 60.0, 0.0, 3.5), (0.0, 60.0, 3.6, 7.1))
    both = np.arange(2)
    assert drivable_area(gap, both).distance(30.0, 3.5) > 2.0
    assert abs(drivable_area(gap, both, exact=True).distance(30.0, 3.5)) < 0.1
    shared = lanes((0.0, 60.0, 0.0, 3.5), (0.0, 60.0, 3.5, 7.0))
    assert drivable_area(shared, both, exact=True).distance(30.0, 3.5) > 2.0


def test_where_every_gap_counts_a_hairline_is_an_edge() -> None:
    gap = lanes((0.0, 60.0, 0.0, 3.5), (0.0, 60.0, 3.5001, 7.0))
    assert abs(drivable_area(gap, np.arange(2), exact=True).distance(30.0, 3.5)) < 0.1


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("points", [2, 61])
@pytest.mark.parametrize("told", [True, False])
def test_where_every_gap_counts_none_is_between_lanes_that_the_source_calls_neighbours(
    same: bool, points: int, told: bool
) -> None:
    builder = GraphBuilder()
    x = np.linspace(0.0, 60.0, points)
    right = builder.lane([(0.0, 3.5), (60.0, 3.5)], [(0.0, 0.0), (60.0, 0.0)])
    low, high = np.column_stack([x, np.full(points, 3.8)]), np.column_stack([x, np.full(points, 7.3)])
    left = builder.lane(high, low) if same else builder.lane(low[::-1], high[::-1])
    if told:
        builder.neighbours(left, right, same)
    graph = builder.build(find_neighbours=True)
    assert graph.left_neighbour[right] == left
    area = drivable_area(graph, np.arange(2), exact=True)
    distance = [area.distance(float(x), 3.65) for x in np.arange(5.0, 55.0, 0.7)]
    assert min(distance) > 2.0 if told else max(distance) < 0.0
