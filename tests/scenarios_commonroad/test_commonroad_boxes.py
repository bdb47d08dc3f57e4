"""Boxes that cover polygons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.geometry.boxes import corners
from evpilot.scenarios.commonroad_boxes import FILL_MIN, area, box_along, cover, hull, smallest_box

POINTS = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=4, max_size=12, unique=True)


def holds(box, points):
    x, y, yaw, length, width = box
    rel = points - (x, y)
    c, s = math.cos(yaw), math.sin(yaw)
    return (np.abs(rel @ [c, s]) <= 0.5 * length + 1e-6) & (np.abs(rel @ [-s, c]) <= 0.5 * width + 1e-6)


@given(POINTS)
@settings(deadline=None)
def test_smallest_box_covers_all_and_beats_any_other_direction(points):
    array = np.array(points)
    if len(hull(array)) < 3 or area(hull(array)) < 1e-3:
        return
    box = smallest_box(array)
    assert np.all(holds(box, array))
    for yaw in np.linspace(0.0, math.pi, 60):
        other = box_along(array, float(yaw))
        assert box[3] * box[4] <= other[3] * other[4] + 1e-6


@given(st.floats(-3, 3), st.floats(1, 20), st.floats(0.5, 5))
@settings(deadline=None)
def test_rectangle_is_its_own_box(yaw, length, width):
    box = smallest_box(corners(3.0, -2.0, yaw, length, width))
    assert box[:2] == pytest.approx((3.0, -2.0), abs=1e-6)
    assert sorted(box[3:]) == pytest.approx(sorted((length, width)))


def test_bent_polygon_gets_several_boxes_that_fill_better():
    theta = np.linspace(0.0, 0.5 * math.pi, 20)
    bend = np.concatenate(
        [np.stack([r * np.cos(t), r * np.sin(t)], axis=1) for r, t in ((20.0, theta), (23.0, theta[::-1]))]
    )
    boxes = cover(bend)
    assert 4 <= len(boxes) <= 8
    filled = area(bend) / sum(box[3] * box[4] for box in boxes)
    single = smallest_box(bend)
    assert filled > 0.6 > FILL_MIN * area(bend) / (single[3] * single[4])
    # sampled inside the bend, every place is in a box
    inside = np.array([(r * math.cos(t), r * math.sin(t)) for r in (20.1, 21.5, 22.9) for t in theta[1:-1]])
    assert np.all(np.any([holds(box, inside) for box in boxes], axis=0))


def test_boxes_of_a_given_heading_keep_it():
    triangle = np.array([(0.0, 0.0), (10.0, 0.0), (0.0, 6.0)])
    boxes = cover(triangle, 0.0)
    assert len(boxes) > 1 and all(box[2] == 0.0 for box in boxes)
