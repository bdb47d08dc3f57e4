"""Reference paths: smooth, evenly sampled, and true to the lanes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.reference import RUN_OUT, SPACING, reference_path, smooth
from evpilot.types import LaneGraph

X, Y, YAW, CURVATURE, Z, LIMIT = range(6)


def whittaker(points: np.ndarray, stiffness: float) -> np.ndarray:
    """The smoother as one dense solve: (I + stiffness D'D) q = p, D the third difference."""
    third = np.diff(np.eye(len(points)), n=3, axis=0)
    return np.linalg.solve(np.eye(len(points)) + stiffness * third.T @ third, points)


def ring_lane(builder: GraphBuilder, radius: float, begin: float, end: float, points: int = 40, **rest: float) -> int:
    """A lane 3.5 m wide round the origin, counter-clockwise."""
    angle = np.linspace(begin, end, points)
    round_ = np.column_stack([np.cos(angle), np.sin(angle)])
    return builder.lane((radius - 1.75) * round_, (radius + 1.75) * round_, **rest)


def straight_lanes(lengths: list[float], limits: list[float], step: float = 2.0) -> LaneGraph:
    builder, begin, lanes = GraphBuilder(), 0.0, []
    for length, limit in zip(lengths, limits, strict=True):
        x = np.linspace(begin, begin + length, max(2, int(length / step)))
        begin += length
        lanes.append(
            builder.lane(np.column_stack([x, x * 0 + 1.75]), np.column_stack([x, x * 0 - 1.75]), speed_limit=limit)
        )
    for one, after in itertools.pairwise(lanes):
        builder.connect(one, after)
    return builder.build()


@given(st.integers(4, 40), st.floats(0.0, 500.0), st.integers(0, 1000))
def test_smoothing_is_the_penalised_least_squares_solution(count: int, stiffness: float, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, 2)) * 10.0
    np.testing.assert_allclose(smooth(points, stiffness), whittaker(points, stiffness), atol=1e-7)


def test_smoothing_leaves_parabolas_alone_and_its_input_too() -> None:
    t = np.arange(30.0)
    parabola = np.column_stack([t, 0.02 * t * t - t])
    kept = parabola.copy()
    np.testing.assert_allclose(smooth(parabola, 60.0), kept, atol=1e-7)
    np.testing.assert_array_equal(parabola, kept)


def test_samples_are_half_a_metre_apart() -> None:
    builder = GraphBuilder()
    lane = ring_lane(builder, 20.0, 0.0, 2.0)
    table = reference_path(builder.build(), np.array([lane])).table
    apart = np.hypot(*np.diff(table[:, :2], axis=0).T)
    np.testing.assert_allclose(apart, SPACING, atol=2e-3)


@pytest.mark.parametrize("radius", [8.0, 15.0, 60.0, 300.0])
def test_a_circle_keeps_its_curvature_and_its_place(radius: float) -> None:
    builder = GraphBuilder()
    lane = ring_lane(builder, radius, 0.0, min(2.5, 100.0 / radius) + 0.5, 60)
    path = reference_path(builder.build(), np.array([lane]))
    inner = slice(20, max(21, int(path.end / SPACING) - 30))
    np.testing.assert_allclose(path.table[inner, CURVATURE], 1.0 / radius, rtol=0.12)
    assert float(np.mean(path.table[inner, CURVATURE])) == pytest.approx(1.0 / radius, rel=0.03)
    off = np.hypot(path.table[inner, X], path.table[inner, Y]) - radius
    assert np.max(np.abs(off)) < 0.15


def test_a_clockwise_bend_has_negative_curvature() -> None:
    builder = GraphBuilder()
    angle = np.linspace(2.0, 0.0, 40)
    round_ = np.column_stack([np.cos(angle), np.sin(angle)])
    builder.lane(31.75 * round_, 28.25 * round_)
    path = reference_path(builder.build(), np.array([0]))
    assert float(np.median(path.table[10:80, CURVATURE])) == pytest.approx(-1.0 / 30.0, rel=0.03)


def test_yaw_goes_on_beyond_half_a_turn_without_a_jump() -> None:
    builder = GraphBuilder()
    ring_lane(builder, 20.0, 0.0, 5.5, 120)
    table = reference_path(builder.build(), np.array([0])).table
    assert np.max(np.abs(np.diff(table[:, YAW]))) < 0.1
    assert table[:, YAW].max() > math.pi


def test_a_zigzag_of_survey_errors_is_ironed_out() -> None:
    x = np.arange(0.0, 100.0, 2.0)
    wobble = 0.05 * np.where(np.arange(len(x)) % 2 == 0, 1.0, -1.0)
    builder = GraphBuilder()
    builder.lane(np.column_stack([x, 1.75 + wobble]), np.column_stack([x, -1.75 + wobble]))
    table = reference_path(builder.build(), np.array([0])).table
    assert np.max(np.abs(table[:, CURVATURE])) < 0.01
    assert np.max(np.abs(table[:, Y])) < 0.1


def test_the_path_runs_out_straight_and_level_beyond_its_last_lane() -> None:
    x = np.linspace(0.0, 80.0, 41)
    builder = GraphBuilder()
    z = 0.05 * x
    builder.lane(np.column_stack([x, x * 0 + 1.75, z]), np.column_stack([x, x * 0 - 1.75, z]))
    path = reference_path(builder.build(), np.array([0]))
    assert path.end == pytest.approx(80.0, abs=0.5)
    assert (len(path.table) - 1) * SPACING == pytest.approx(80.0 + RUN_OUT, abs=1.0)
    beyond = path.table[int(90.0 / SPACING) :]
    np.testing.assert_allclose(beyond[:, [Y, YAW, CURVATURE]], 0.0, atol=1e-3)
    np.testing.assert_allclose(beyond[:, Z], 4.0, atol=0.05)


def test_lanes_and_limits_change_where_the_next_lane_begins() -> None:
    graph = straight_lanes([40.0, 25.0, 60.0], [14.0, 8.0, 20.0])
    path = reference_path(graph, np.arange(3))
    np.testing.assert_allclose(path.lane_s, [0.0, 40.0, 65.0], atol=0.2)
    assert [path.lane_at(s) for s in (-5.0, 0.0, 39.0, 41.0, 64.0, 66.0, 500.0)] == [0, 0, 0, 1, 1, 2, 2]
    limits = path.table[:, LIMIT]
    assert limits[int(38.0 / SPACING)] == 14.0
    assert limits[int(42.0 / SPACING)] == 8.0
    assert limits[-1] == 20.0


def test_lanes_of_a_few_decimetres_and_repeated_points_are_no_trouble() -> None:
    graph = straight_lanes([30.0, 0.3, 30.0], [10.0, 10.0, 10.0])
    table = reference_path(graph, np.arange(3)).table
    assert np.all(np.isfinite(table[:, :5]))
    np.testing.assert_allclose(table[:, Y], 0.0, atol=1e-6)
