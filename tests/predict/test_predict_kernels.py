"""The predictor's parts against plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.geometry.polyline import project as project_line
from evpilot.maps.builder import GraphBuilder
from evpilot.predict.follow import HEADWAYS, SPEED_SHARES, TIMES, TYPES, character, learn, prior
from evpilot.predict.locate import at, project
from evpilot.predict.pose import along_way
from evpilot.predict.roads import Roads
from evpilot.predict.routes import HOPS_MAX, ROUTES_MAX, STATIONS, TCAP, continues, extend, lay_out
from evpilot.types import Lights, LightState, User
from evpilot.vehicle.driver import idm_accel


def ring_road() -> GraphBuilder:
    """A smooth S of three lanes one after the other, and a side branch after the first."""
    builder, half = GraphBuilder(), np.array([0.0, 1.75])
    xs = np.linspace(0.0, 180.0, 91)
    center = np.stack([xs, 12.0 * np.sin(xs / 40.0)], 1)
    for first in (0, 30, 60):
        part = center[first : first + 31]
        builder.lane(part + half, part - half, speed_limit=10.0)
    branch = np.stack([60.0 + np.linspace(0, 40, 21), center[30, 1] - np.linspace(0, 30, 21)], 1)
    builder.lane(branch + half, branch - half)
    for a, b in ((0, 1), (1, 2), (0, 3)):
        builder.connect(a, b)
    builder.light([0], (70.0, 0.0, 0.0, 0.0))
    return builder


GRAPH = ring_road().build()
ROADS = Roads(GRAPH)
CARS = int(User.VEHICLE)


@settings(deadline=None, max_examples=80)
@given(st.floats(5.0, 55.0), st.floats(-3.0, 3.0), st.floats(-10.0, 10.0))
def test_projection_agrees_with_the_exact_one(along, aside, off_guess):
    x, y, _, yaw, _ = at(along, 0, ROADS.arrays)
    x, y = x - aside * math.sin(yaw), y + aside * math.cos(yaw)
    s, d, heading = project(x, y, 0, along + off_guess, ROADS.arrays)
    nodes = np.ascontiguousarray(ROADS.node[: ROADS.lane[0, 1], :2])
    arc = ROADS.metric[0, 1] * np.arange(len(nodes))
    exact_s, exact_d, _ = project_line(x, y, nodes, arc, 0, len(nodes) - 1)
    assert s == pytest.approx(exact_s, abs=0.25)
    assert d == pytest.approx(exact_d, abs=0.1)
    assert heading == pytest.approx(yaw, abs=0.1)


def ways_from(lane: int, s: float, reach: float) -> list[list[int]]:
    ways, hops = np.zeros((ROUTES_MAX, HOPS_MAX), np.int64), np.zeros(ROUTES_MAX, np.int64)
    count = extend(lane, s, reach, CARS, ROADS.arrays, ways, hops, 0)
    return sorted(ways[k, : hops[k]].tolist() for k in range(count))


def test_all_ways_within_reach_are_found():
    assert ways_from(0, 10.0, 20.0) == [[0]]
    assert ways_from(0, 10.0, 80.0) == [[0, 1], [0, 3]]
    assert ways_from(0, 10.0, 500.0) == [[0, 1, 2], [0, 3]]


def test_a_table_lies_on_its_lanes_and_slows_for_bends():
    table = np.zeros((STATIONS, 6))
    lay_out(np.array([0, 1, 2]), 3, 5.0, 150.0, ROADS.arrays, table)
    assert np.abs(table[:, 1] - 12.0 * np.sin(table[:, 0] / 40.0)).max() < 0.15
    assert np.all(np.abs(np.diff(table[:, 3])) < 0.1)
    spacing = 150.0 / (STATIONS - 1)
    assert np.all(np.diff(table[:, TCAP] ** 2) > -2.0 * 1.5 * spacing - 1e-9)


def test_a_way_continues_the_past_one_it_agrees_with():
    past = np.array([3, 4, 5, 6])
    assert continues(np.array([3, 4]), 2, past, 4)
    assert continues(np.array([5, 6, 9]), 3, past, 4)
    assert not continues(np.array([4, 9]), 2, past, 4)
    assert not continues(np.array([7]), 1, past, 4)
    assert continues(np.zeros(1, np.int64), 0, past, 0)
    assert not continues(np.array([3]), 1, past, 0)


@pytest.mark.parametrize(("share", "headway"), [(0.55, 1.1), (0.9, 1.8), (1.25, 0.6)])
def test_a_driver_is_recognised_by_what_it_does(share, headway):
    weight, limit, rng = np.zeros(TYPES), 14.0, np.random.Generator(np.random.Philox(1))
    prior(weight)
    for k in range(150):
        speed = 9.0 + 8.0 * math.sin(0.1 * k)
        gap, closing = (25.0 + 8.0 * math.sin(0.07 * k), math.sin(0.2 * k)) if k % 2 else (math.inf, 0.0)
        done = idm_accel(speed, share * limit, gap, closing, 2.0, headway, 2.0, 3.0) + rng.normal(0.0, 0.2)
        learn(weight, speed, limit, gap, closing, done, 0.8, 0.5)
    believed, kept = character(weight, 0.7, 0.0)
    assert believed == pytest.approx(share, abs=0.12)
    assert kept == pytest.approx(headway, abs=0.35)


def test_character_stays_within_what_people_do():
    weight = np.zeros(TYPES)
    prior(weight)
    for wild in (80.0, -80.0, 0.0):
        learn(weight, 10.0, 14.0, 0.0, 50.0, wild, 0.8, 1.0)
    share, headway = character(weight, 0.7, 0.0)
    assert min(SPEED_SHARES) <= share <= max(SPEED_SHARES)
    assert min(HEADWAYS) <= headway <= max(HEADWAYS)


@settings(deadline=None, max_examples=40)
@given(st.floats(-1.5, 1.5), st.floats(-1.2, 1.2), st.floats(-0.8, 0.8), st.floats(0.0, 20.0))
def test_a_motion_starts_as_seen_and_settles_at_its_offset(d, drift, target, speed):
    table = np.zeros((STATIONS, 6))
    table[:, 0] = np.linspace(0.0, 200.0, STATIONS)
    run, pace = speed * np.array([0, 0.3, 0.6, 1, 1.5, 2, 2.7, 3.4, 4.2, 5.2, 6.5, 8]), np.full(12, speed)
    pose = np.zeros((12, 4))
    along_way(table, 200.0 / (STATIONS - 1), run, pace, d, target, drift, 0.1, pose)
    assert pose[0, :2] == pytest.approx([0.0, d], abs=1e-9)
    assert pose[0, 3] == pytest.approx(0.1)
    if speed > 5.0:
        assert pose[-1, 1] == pytest.approx(target, abs=0.1)
    if speed == 0.0:
        assert np.allclose(pose[:, 1], d)


def moved_over(d: float, drift: float, speed: float, column: int = 1, yaw: float = 0.0) -> np.ndarray:
    """Offsets (12,) [m], or headings, at each knot of who goes over to a straight way, his box at an angle to it."""
    table = np.zeros((STATIONS, 6))
    table[:, 0] = np.linspace(0.0, 200.0, STATIONS)
    pose, pace = np.zeros((12, 4)), np.full(12, speed)
    along_way(table, 200.0 / (STATIONS - 1), speed * np.array(TIMES), pace, d, 0.0, drift, yaw, pose)
    return pose[:, column]


@pytest.mark.parametrize("speed", [1.5, 2.8])
def test_who_moves_over_goes_on_as_fast_sideways_however_slowly_it_moves_on(speed):
    assert np.diff(moved_over(2.3, -1.0, speed))[0] / TIMES[1] == pytest.approx(-1.0, abs=0.1)


def test_a_box_that_goes_aside_without_turning_stays_so():
    """At 0.9 m/s aside and 2.8 m/s along, a box turned into its course would reach 0.6 m further to the side."""
    yaw = moved_over(3.3, -0.9, 2.8, column=3)
    assert yaw[0] == pytest.approx(0.0, abs=1e-9) and np.abs(yaw).max() < 0.1


@pytest.mark.parametrize("speed", [5.0, 21.0])
def test_a_box_that_goes_aside_turned_into_its_course_stays_so(speed):
    """The front corner of a long truck is a quarter of a metre further over than its middle."""
    course = 0.75 / speed
    yaw = moved_over(-3.0, 0.75, speed, column=3, yaw=course)
    assert yaw[:4] == pytest.approx([course] * 4, rel=0.25)


def test_who_moves_over_steadily_is_not_expected_to_hurry():
    """At 0.9 m/s he has come 1.35 m nearer after 1.5 s: there is time to pass."""
    assert np.interp(1.5, TIMES, moved_over(3.3, -0.9, 8.3)) == pytest.approx(3.3 - 1.35, abs=0.1)


def test_walls_stand_where_lights_are_closed():
    for state, closed in ((LightState.RED, True), (LightState.GREEN, False), (LightState.DARK, False)):
        seen = Lights(t_ns=0, index=np.array([0]), state=np.array([state], np.uint8), arrow=np.zeros(1, np.uint8))
        walls = ROADS.walls(seen)
        assert np.isfinite(walls[0]) == closed
        assert np.all(np.isinf(walls[1:]))
