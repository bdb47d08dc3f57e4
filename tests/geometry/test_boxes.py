"""Oriented boxes: touch or apart, against sampled points and plain edge-to-edge distance."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evpilot.geometry.boxes import boxes_overlap, corners, gap

PLACE = st.floats(-6.0, 6.0)
BOX = st.tuples(PLACE, PLACE, st.floats(-3.2, 3.2), st.floats(0.5, 6.0), st.floats(0.3, 3.0)).map(np.array)


def point_to_segment(p: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    share = min(1.0, max(0.0, float(np.dot(p - a, b - a) / np.dot(b - a, b - a))))
    return float(np.hypot(*(p - a - share * (b - a))))


def inside(p: np.ndarray, box: np.ndarray) -> bool:
    c, s = math.cos(box[2]), math.sin(box[2])
    dx, dy = p[0] - box[0], p[1] - box[1]
    return abs(c * dx + s * dy) <= 0.5 * box[3] and abs(c * dy - s * dx) <= 0.5 * box[4]


def crossing(a: np.ndarray, b: np.ndarray, p: np.ndarray, q: np.ndarray) -> bool:
    def side(u: np.ndarray, v: np.ndarray, w: np.ndarray) -> float:
        return float((v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0]))

    return side(a, b, p) * side(a, b, q) < 0.0 and side(p, q, a) * side(p, q, b) < 0.0


def distance(one: np.ndarray, two: np.ndarray) -> float:
    """Plain distance of two boxes: 0 when a corner lies in the other or edges cross."""
    first, second = corners(*one), corners(*two)
    pairs = [(k, (k + 1) % 4) for k in range(4)]
    if any(inside(p, two) for p in first) or any(inside(p, one) for p in second):
        return 0.0
    if any(crossing(first[i], first[j], second[k], second[m]) for i, j in pairs for k, m in pairs):
        return 0.0
    return min(
        min(point_to_segment(p, second[i], second[j]) for p in first for i, j in pairs),
        min(point_to_segment(p, first[i], first[j]) for p in second for i, j in pairs),
    )


def gap_of(one: np.ndarray, two: np.ndarray) -> float:
    def sides(box: np.ndarray) -> tuple[float, ...]:
        return box[0], box[1], math.cos(box[2]), math.sin(box[2]), 0.5 * box[3], 0.5 * box[4]

    return gap(*sides(one), *sides(two))


@given(BOX, BOX)
def test_boxes_touch_exactly_when_they_have_no_distance(one: np.ndarray, two: np.ndarray) -> None:
    apart = distance(one, two)
    assume(apart == 0.0 or apart > 1e-6)
    assume(abs(gap_of(one, two)) > 1e-9)
    assert boxes_overlap(one, two) == (apart == 0.0)
    assert boxes_overlap(two, one) == (apart == 0.0)


@given(BOX, BOX)
def test_gap_never_exceeds_the_distance_and_tells_contact(one: np.ndarray, two: np.ndarray) -> None:
    apart, free = distance(one, two), gap_of(one, two)
    assert free <= apart + 1e-9
    if apart > 1e-6:
        assert free > 0.0
    assert free == pytest.approx(gap_of(two, one), abs=1e-9)


def test_gap_of_boxes_side_by_side_is_what_lies_between() -> None:
    one, two = np.array([0.0, 0.0, 0.0, 4.0, 2.0]), np.array([1.0, 3.5, math.pi, 4.0, 2.0])
    assert gap_of(one, two) == pytest.approx(1.5)


def test_boxes_that_share_an_edge_touch() -> None:
    assert boxes_overlap(np.array([0.0, 0.0, 0.0, 4.0, 2.0]), np.array([4.0, 0.0, 0.0, 4.0, 2.0]))


@given(BOX)
def test_corners_go_round_counter_clockwise_from_the_front_left(box: np.ndarray) -> None:
    points = corners(*box)
    c, s = math.cos(box[2]), math.sin(box[2])
    ahead, left = c * (points[0] - box[:2])[0] + s * (points[0] - box[:2])[1], (points[0] - points[3])
    assert ahead == pytest.approx(0.5 * box[3])
    assert float(-s * left[0] + c * left[1]) == pytest.approx(box[4])
    turned = np.roll(points, -1, axis=0)
    area = 0.5 * float(np.sum(points[:, 0] * turned[:, 1] - turned[:, 0] * points[:, 1]))
    assert area == pytest.approx(box[3] * box[4])


def test_other_types_are_refused_instead_of_compiled() -> None:
    with pytest.raises(TypeError):
        boxes_overlap(np.zeros(5, np.float32), np.zeros(5))
