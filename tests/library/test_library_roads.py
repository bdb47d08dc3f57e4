"""Roads made in code: smooth, continuous, of feasible width and curvature, with neighbours that lie beside."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.scenarios import Scenario
from evpilot.scenarios.library.roads.lines import connect, join, smallest_radius, straight, trace
from evpilot.types import LaneKind, User


def ends(points: np.ndarray) -> tuple[float, float]:
    first, last = points[1] - points[0], points[-1] - points[-2]
    return math.atan2(first[1], first[0]), math.atan2(last[1], last[0])


def test_lanes_go_on_where_and_as_they_end(scenario: Scenario):
    graph = scenario.graph
    for lane in range(len(graph)):
        rows = graph.points(lane)
        for after in graph.successors(lane).tolist():
            others = graph.points(after)
            for bound in (graph.left, graph.right, graph.center):
                assert np.linalg.norm(bound[rows][-1] - bound[others][0]) < 0.01
            turn = math.remainder(ends(graph.center[others])[0] - ends(graph.center[rows])[1], 2.0 * math.pi)
            assert abs(turn) < math.radians(5.0), (lane, after)


def test_lanes_are_smooth_and_wide_enough(scenario: Scenario):
    graph = scenario.graph
    for lane in np.flatnonzero(graph.users & User.CAR > 0).tolist():
        rows = graph.points(lane)
        center = graph.center[rows]
        step = np.hypot(*np.diff(center[:, :2], axis=0).T)
        assert step.min() > 0.1 and step.max() < 2.5
        assert smallest_radius(center) >= 5.0, lane
        if graph.kind[lane] != LaneKind.PARKING:
            width = np.hypot(*(graph.left[rows] - graph.right[rows])[:, :2].T)
            assert width.min() >= 2.2 and width.max() <= 5.0, lane


def test_bounds_lie_left_and_right_and_never_turn_back(scenario: Scenario):
    graph = scenario.graph
    for lane in range(len(graph)):
        rows = graph.points(lane)
        along = np.gradient(graph.center[rows][:, :2], axis=0)
        across = (graph.left[rows] - graph.right[rows])[:, :2]
        assert np.all(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0] > 0.0), lane
        if graph.users[lane] & User.CAR:
            for bound in (graph.left, graph.right):
                forward = np.sum(
                    np.diff(bound[rows][:, :2], axis=0) * np.diff(graph.center[rows][:, :2], axis=0), axis=1
                )
                assert np.all(forward > 0.0), lane


def test_neighbours_share_a_bound(scenario: Scenario):
    graph = scenario.graph
    for lane in range(len(graph)):
        rows = graph.points(lane)
        left, right = int(graph.left_neighbour[lane]), int(graph.right_neighbour[lane])
        if left >= 0 and graph.junction[lane] < 0:
            other = graph.right[graph.points(left)] if graph.left_same[lane] else graph.left[graph.points(left)][::-1]
            assert np.allclose(graph.left[rows][[0, -1]], other[[0, -1]], atol=0.01)
        if left >= 0:
            back = graph.right_neighbour if graph.left_same[lane] else graph.left_neighbour
            assert back[left] == lane
        if right >= 0:
            assert graph.left_neighbour[right] == lane


def test_stop_lines_and_crosswalks_lie_on_their_lanes(scenario: Scenario):
    graph = scenario.graph
    assert np.all((graph.stop_s >= 0.0) & (graph.stop_s <= graph.length[graph.stop_lane]))
    assert np.all(np.diff(graph.crosswalk_lane_start) >= 1)
    for lane, s in zip(graph.stop_lane.tolist(), graph.stop_s.tolist(), strict=True):
        assert any(graph.junction[k] >= 0 for k in graph.successors(lane)), (lane, s)


def test_driving_lanes_lead_somewhere(scenario: Scenario):
    graph = scenario.graph
    inside = np.flatnonzero(graph.junction >= 0)
    assert np.all(np.diff(graph.successor_start)[inside] > 0)
    assert np.all(np.diff(graph.predecessor_start)[inside] > 0)


POSE = st.tuples(
    st.floats(8.0, 60.0), st.floats(-20.0, 20.0), st.floats(-math.pi / 2, math.pi / 2), st.floats(-3.0, 3.0)
)


@given(POSE)
@settings(max_examples=60, deadline=None)
def test_a_connector_begins_and_ends_as_asked(target: tuple[float, float, float, float]):
    x, y, yaw, z = target
    line = connect(np.zeros(4), np.array([x, y, z, yaw]))
    assert np.allclose(line.start, 0.0)
    assert np.allclose(line.end[:3], (x, y, z))
    assert math.isclose(math.remainder(line.end[3] - yaw, 2.0 * math.pi), 0.0, abs_tol=1e-9)
    assert np.all(np.diff(line.arc) > 0.0) and np.diff(line.arc).max() < 1.6


@given(st.floats(8.0, 200.0), st.floats(0.1, 3.0))
@settings(max_examples=40, deadline=None)
def test_an_arc_is_a_circle(radius: float, angle: float):
    line = trace((0.0, 0.0, 0.0), [(radius * angle, 1.0 / radius, 1.0 / radius)])
    away = np.hypot(line.poses[:, 0], line.poses[:, 1] - radius)
    assert np.allclose(away, radius, atol=2e-3)
    assert math.isclose(line.end[3], angle, rel_tol=1e-9)


def test_a_parallel_of_an_arc_is_an_arc_about_the_same_centre():
    line = trace((0.0, 0.0, 0.0), [(30.0, 0.05, 0.05)])
    inner = line.shifted(3.0)
    assert np.allclose(np.hypot(inner.poses[:, 0], inner.poses[:, 1] - 20.0), 17.0, atol=1e-3)
    back = line.reversed().offset(-3.0)[::-1]
    assert np.allclose(back, line.offset(3.0))


def test_cuts_of_a_line_join_to_the_line():
    line = trace((0.0, 0.0, 1.0), [(50.0, 0.0, 0.02), (50.0, 0.02, 0.0)])
    parts = [line.cut(a, b) for a, b in itertools.pairwise((0.0, 17.3, 60.0, line.length))]
    whole = join(parts)
    assert np.allclose(whole.end, line.end)
    assert whole.length == pytest.approx(line.length, abs=0.01)


def test_a_cut_beyond_the_line_is_refused():
    with pytest.raises(EvpilotError, match="allowed within 0 to 10 m"):
        straight((0.0, 0.0), (10.0, 0.0)).cut(4.0, 12.0)
