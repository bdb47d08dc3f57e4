"""Lanes by place, against plain geometry."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_maps import bridge, crossing, motorway, straight

from evpilot.geometry.polygon import holds, in_polygon
from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex, lanes_in_cell, locate, on_lane

GRAPH, ARMS = crossing()
INDEX = LaneIndex(GRAPH)


def outline(graph, lane):
    rows = graph.points(lane)
    return np.concatenate([graph.left[rows, :2], graph.right[rows, :2][::-1]])


def plain_nearest(graph, lane, x, y):
    """s and d on a lane by dense sampling."""
    rows = graph.points(lane)
    s = np.linspace(0.0, graph.length[lane], 20001)
    line = np.stack([np.interp(s, graph.arc[rows], graph.center[rows, k]) for k in (0, 1)], axis=1)
    away = np.hypot(*(line - (x, y)).T)
    return s[np.argmin(away)], away.min()


@given(st.floats(-70.0, 70.0), st.floats(-70.0, 70.0))
@settings(max_examples=300, deadline=None)
def test_lanes_at_agrees_with_the_outlines(x, y):
    expected = [k for k in range(len(GRAPH)) if holds(outline(GRAPH, k), np.array([[x, y]]))[0]]
    edges = [np.concatenate([outline(GRAPH, k), outline(GRAPH, k)[:1]]) for k in range(len(GRAPH))]
    close = min(_to_line(x, y, edge) for edge in edges)
    if close > 1e-6:
        assert INDEX.lanes_at(x, y, 0.0).tolist() == expected


def _to_line(x, y, line):
    a, b = line[:-1], line[1:]
    e = b - a
    share = np.clip(np.sum(((x, y) - a) * e, axis=1) / np.maximum(np.sum(e * e, axis=1), 1e-12), 0.0, 1.0)
    return np.hypot(*((x, y) - a - share[:, None] * e).T).min()


@given(st.floats(-200.0, 200.0), st.floats(-200.0, 200.0))
@settings(max_examples=200, deadline=None)
def test_nearest_finds_the_closest_lane_anywhere(x, y):
    lane, s, d = INDEX.nearest(x, y, 0.0)
    held = INDEX.lanes_at(x, y, 0.0)
    candidates = held if len(held) else range(len(GRAPH))
    best = min(plain_nearest(GRAPH, k, x, y)[1] for k in candidates)
    assert abs(d) == pytest.approx(best, abs=0.02)
    if len(held):
        assert lane in held
    # the centre of a bend is equally far from all of it: the place must be a nearest one, not a certain one
    rows = GRAPH.points(lane)
    px, py = (np.interp(s, GRAPH.arc[rows], GRAPH.center[rows, k]) for k in (0, 1))
    assert math.hypot(px - x, py - y) == pytest.approx(best, abs=0.02)


def test_heading_decides_between_lanes_that_overlap():
    for k, arm in enumerate(ARMS):
        yaw = 0.5 * math.pi * k
        x, y = (math.cos(yaw) * 0.0 - math.sin(yaw) * -1.75, math.sin(yaw) * 0.0 + math.cos(yaw) * -1.75)
        lane, s, d = INDEX.nearest(x, y, 0.0, yaw)
        assert lane == arm["straight"] and s == pytest.approx(10.0) and d == pytest.approx(0.0)


def test_offset_is_positive_to_the_left():
    assert INDEX.nearest(-30.0, -1.0, 0.0, 0.0) == (ARMS[0]["in"], pytest.approx(30.0), pytest.approx(0.75))
    assert INDEX.nearest(-30.0, -2.5, 0.0, 0.0)[2] == pytest.approx(-0.75)


def test_height_tells_a_bridge_from_the_road_below():
    graph, below, above = bridge()
    index = LaneIndex(graph)
    assert index.lanes_at(0.0, 0.0, 0.0).tolist() == [below]
    assert index.lanes_at(0.0, 0.0, 6.5).tolist() == [above]
    assert index.nearest(0.0, 0.0, 5.0)[0] == above
    assert index.nearest(0.0, 0.0, 30.0)[0] == -1
    assert len(index.lanes_at(0.0, 0.0, 30.0)) == 0


def test_far_away_is_still_found_quickly():
    graph, lanes = motorway()
    lane, _, d = LaneIndex(graph).nearest(1e6, 1e6, 0.0)
    assert lane == lanes["left2"] and d > 1e6


def test_long_two_point_lane_is_found_all_along():
    builder = GraphBuilder()
    lane = straight(builder, 0.0, 3000.0, 0.0)
    index = LaneIndex(builder.build())
    for x in np.linspace(1.0, 2999.0, 50):
        assert index.nearest(float(x), 1.0, 0.0) == (lane, pytest.approx(x), pytest.approx(1.0))


@numba.njit
def located(x, y, z, yaw, arrays):
    return locate(x, y, z, yaw, arrays)


def test_kernels_can_use_the_arrays():
    x, y = -30.0, -1.0
    assert located(x, y, 0.0, 0.0, INDEX.arrays) == INDEX.nearest(x, y, 0.0, 0.0)


def test_kernels_agree_with_their_python_twins():
    """The same functions, uncompiled."""
    rng = np.random.default_rng(0)
    for x, y in rng.uniform(-60.0, 60.0, (200, 2)):
        first, last = lanes_in_cell.py_func(x, y, INDEX.arrays)
        held = {
            int(INDEX.arrays[3][p]) for p in INDEX.arrays[2][first:last] if in_polygon.py_func(x, y, INDEX.arrays[5][p])
        }
        assert sorted(held) == INDEX.lanes_at(x, y, 0.0).tolist()
        lane, s, d = INDEX.nearest(x, y, 0.0)
        row = int(GRAPH.point_start[lane] + np.searchsorted(GRAPH.arc[GRAPH.points(lane)], s, side="right") - 1)
        again = on_lane.py_func(x, y, lane, row, INDEX.arrays)
        assert again[:2] == pytest.approx((s, d), abs=1e-9)
