"""Which places a polygon holds, against a ray from each place across each edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.geometry.jit import kernel
from evpilot.geometry.polygon import holds, in_polygon


@kernel("b1(f8, f8, f8[:, ::1])")
def held(x, y, corners):
    return in_polygon(x, y, corners)


def plain(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    x, y = points.T
    odd = np.zeros(len(points), np.bool_)
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= ((a[1] > y) != (b[1] > y)) & (x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    return odd


@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(0, 60), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_polygon_holds_what_a_ray_from_each_point_says(seed: int, corners: int, count: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    polygon, points = 5.0 * rng.normal(size=(corners, 2)), 5.0 * rng.normal(size=(count, 2))
    if whole:  # points as high as corners, level edges
        polygon, points = np.round(polygon), np.round(points)
    assert holds(polygon, points).tolist() == plain(points, polygon).tolist()
    if not whole:
        assert [held(*point, polygon) for point in points] == plain(points, polygon).tolist()


@pytest.mark.parametrize("place", [0.0, 0.3, 1.0, 2.7])
def test_of_two_that_share_an_edge_exactly_one_holds_a_place_on_it(place: float) -> None:
    along = np.array([0.1, 0.2]) + place / 3.0 * np.array([2.9, 2.8])
    left = np.array([[0.1, 0.2], [3.0, 3.0], [-2.0, 4.0]])
    right = np.array([[3.0, 3.0], [0.1, 0.2], [4.0, -1.0]])
    assert held(*along, left) + held(*along, right) == 1
