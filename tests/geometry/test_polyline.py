"""Polylines: length, resampling, projection and places along them, each against plain NumPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.geometry.polyline import arc_length, at, headings, project, resample

PLACE = st.floats(-50.0, 50.0)
LINES = (
    st.lists(st.tuples(PLACE, PLACE), min_size=2, max_size=12, unique=True)
    .map(np.array)
    .filter(lambda line: bool(np.all(np.hypot(*np.diff(line, axis=0).T) > 1e-3)))
)


def nearest(x: float, y: float, line: np.ndarray) -> float:
    """Distance to a polyline, by a plain loop."""
    best = math.inf
    for a, b in itertools.pairwise(line):
        share = min(1.0, max(0.0, float(np.dot([x, y] - a, b - a) / np.dot(b - a, b - a))))
        best = min(best, math.hypot(*(np.array([x, y]) - a - share * (b - a))))
    return best


@given(LINES, PLACE, PLACE)
def test_project_finds_the_nearest_place(line: np.ndarray, x: float, y: float) -> None:
    arc = arc_length(line)
    s, d, segment = project(x, y, line, arc, 0, len(line) - 1)
    assert abs(d) == pytest.approx(nearest(x, y, line), abs=1e-9)
    assert arc[segment] - 1e-9 <= s <= arc[segment + 1] + 1e-9
    px, py, _ = at(s, line, arc)
    assert math.hypot(x - px, y - py) == pytest.approx(abs(d), abs=1e-6)


def test_left_is_positive_and_ends_hold() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    arc = arc_length(line)
    assert project(4.0, 2.0, line, arc, 0, 2) == pytest.approx((4.0, 2.0, 0))
    assert project(4.0, -2.0, line, arc, 0, 2) == pytest.approx((4.0, -2.0, 0))
    assert project(-3.0, 0.0, line, arc, 0, 2)[0] == 0.0
    assert project(10.0, 14.0, line, arc, 0, 2)[0] == pytest.approx(20.0)


def test_project_skips_points_that_repeat() -> None:
    line = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 0.0], [10.0, 0.0]])
    assert project(7.0, 1.0, line, arc_length(line), 0, 3)[:2] == pytest.approx((7.0, 1.0))


def test_at_goes_on_straight_beyond_the_ends() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    arc = arc_length(line)
    assert at(-5.0, line, arc) == pytest.approx((-5.0, 0.0, 0.0))
    assert at(23.0, line, arc) == pytest.approx((10.0, 13.0, 0.5 * math.pi))
    assert at(15.0, line, arc) == pytest.approx((10.0, 5.0, 0.5 * math.pi))


@given(LINES, st.floats(0.2, 20.0))
def test_resampling_keeps_the_ends_and_the_spacing(line: np.ndarray, step: float) -> None:
    even = resample(line, step)
    np.testing.assert_allclose(even[[0, -1]], line[[0, -1]], atol=1e-9)
    total = arc_length(line)[-1]
    assert len(even) >= total / step
    assert np.all(np.hypot(*np.diff(even, axis=0).T) <= step + 1e-9)
    assert max(nearest(x, y, line) for x, y in even) < 1e-6


def test_resampling_carries_heights_along() -> None:
    even = resample(np.array([[0.0, 0.0, 1.0], [10.0, 0.0, 3.0]]), 2.5)
    np.testing.assert_allclose(even[:, 2], [1.0, 1.5, 2.0, 2.5, 3.0])


def test_headings_of_a_circle_are_its_tangents() -> None:
    angle = np.linspace(0.0, 1.5, 60)
    circle = 30.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(headings(circle)[1:-1], angle[1:-1] + 0.5 * math.pi, atol=1e-9)
