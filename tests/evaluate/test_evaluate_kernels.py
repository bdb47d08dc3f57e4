"""Each compiled kernel against a plain twin."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.evaluate.criteria.criticality import encroachment, in_the_way, required_braking
from evpilot.evaluate.expert import ACCEL, BRAKE, HEADWAY, STANDSTILL, drive_alone
from evpilot.evaluate.facts.area import FAR, LaneArea, indexed
from evpilot.evaluate.facts.encounters import touch_times
from evpilot.geometry.boxes import boxes_overlap
from evpilot.geometry.polyline import arc_length
from evpilot.vehicle.driver import idm_accels

number = st.floats(-30.0, 30.0)
speed = st.floats(-15.0, 15.0)
angle = st.floats(-math.pi, math.pi)


@settings(deadline=None, max_examples=60)
@given(number, number, angle, angle, speed, speed, speed, speed)
def test_touch_times_bracket_every_overlap_of_a_stepped_motion(x, y, yaw, other_yaw, vx, vy, wx, wy):
    ego = np.array([[0.0, 0.0, yaw, 4.6, 1.9, vx, vy, 0.0]])
    box = np.array([[x, y, other_yaw, 4.5, 1.8]])
    velocity = np.array([[wx, wy]])
    enter, leave, touch = touch_times(ego, np.zeros(1, np.int64), box, velocity, np.zeros(1))
    assert touch[0] == boxes_overlap(ego[0, :5].copy(), box[0])
    for t in np.arange(0.0, 4.0, 0.05):
        a, b = ego[0, :5].copy(), box[0].copy()
        a[:2] += t * ego[0, 5:7]
        b[:2] += t * velocity[0]
        if boxes_overlap(a, b):
            assert enter[0] - 1e-6 <= t <= leave[0] + 1e-6
        else:
            assert not enter[0] + 1e-6 < t < leave[0] - 1e-6


def test_touch_times_ignore_another_level():
    ego = np.array([[0.0, 0.0, 0.0, 4.6, 1.9, 10.0, 0.0, 0.0]])
    box = np.array([[20.0, 0.0, 0.0, 4.5, 1.8]])
    for z, expected in ((0.0, 20.0 - 4.55), (2.4, 20.0 - 4.55), (2.6, np.inf)):
        enter, _, _ = touch_times(ego, np.zeros(1, np.int64), box, np.zeros((1, 2)), np.array([z]))
        assert enter[0] == pytest.approx(expected / 10.0)


def ring(radius=20.0, width=3.5, pieces=24) -> LaneArea:
    """A lane round a quarter of a circle."""
    turn = np.linspace(0.0, 0.5 * np.pi, pieces + 1)
    spokes = np.stack([np.cos(turn), np.sin(turn), 0.0 * turn], axis=1)
    left, right = (radius - 0.5 * width) * spokes, (radius + 0.5 * width) * spokes
    quad = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
    return area_of(quad)


def area_of(quad) -> LaneArea:
    """The area of quads that all belong to lane 0."""
    owner = np.zeros(len(quad), np.int64)
    return indexed(np.zeros(1, np.int64), quad, owner, np.full(2, -25.0), np.full(2, 45.0))


@settings(deadline=None, max_examples=100)
@given(st.floats(0.01, 40.0), st.floats(0.01, 0.5 * math.pi - 0.01))
def test_area_of_a_bend(radius, turn):
    area = ring()
    point = np.array([[radius * math.cos(turn), radius * math.sin(turn), 0.0]])
    chord_error = 22.0 * (1.0 - math.cos(0.25 * math.pi / 24))
    beyond = max(radius - 21.75, 18.25 - radius)
    distance = area.outside(point)[0]
    assert abs(distance - min(max(beyond, 0.0), FAR)) <= chord_error + 1e-9
    if abs(beyond) > chord_error:
        assert area.holds(point)[0, 0] == (beyond < 0.0)


def test_area_is_of_its_level():
    area = ring()
    point = np.array([[20.0 / math.sqrt(2.0), 20.0 / math.sqrt(2.0), 5.0]])
    assert not area.holds(point)[0, 0] and area.outside(point)[0] == FAR


def test_a_twisted_quadrilateral_still_covers_its_sides():
    # a bend so tight that the right bound runs backwards: both triangles count
    quad = np.array([[[0.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.9, 0.0, 0.0], [1.1, 0.0, 0.0]]])
    area = area_of(quad)
    assert area.holds(np.array([[1.0, 1.5, 0.0], [1.0, 0.3, 0.0], [1.9, 0.3, 0.0]]))[:, 0].tolist() == [
        True,
        True,
        False,
    ]


@given(st.floats(0.0, 30.0), st.floats(0.0, 30.0), st.floats(-8.0, 2.0), st.floats(0.5, 60.0))
def test_required_braking_just_keeps_clear(v, u, accel, gap):
    needed = float(required_braking(*(np.array([value]) for value in (v, u, accel, gap)))[0])
    t = np.arange(0.0, 60.0, 0.002)

    def travelled(start, change):
        until = np.minimum(t, start / -change) if change < -1e-9 else t
        return start * until + 0.5 * change * until**2

    def least_gap(braking):
        moving = t <= (v / braking if braking > 1e-9 else np.inf)
        room = gap + travelled(u, accel) - travelled(v, -braking)
        return room[moving].min()

    if accel <= 0.0:
        assert least_gap(needed + 0.02) > -0.2
        if needed > 0.1:
            assert least_gap(0.9 * needed) < 0.2


def test_in_the_way_on_a_bend():
    turn = np.linspace(0.0, 1.5, 61)
    points = np.ascontiguousarray(np.stack([50.0 * np.sin(turn), 50.0 * (1.0 - np.cos(turn))], axis=1))
    arc = arc_length(points)
    cars = np.array(
        [
            [50.0 * math.sin(0.8), 50.0 * (1.0 - math.cos(0.8)), 0.8, 4.0, 1.8],  # on the line, 40 m along
            [46.0 * math.sin(0.8), 50.0 - 46.0 * math.cos(0.8), 0.8, 4.0, 1.8],  # 4 m to the left of it
            [40.0, 0.0, 0.0, 4.0, 1.8],  # straight ahead, but the way turns off
        ]
    )
    c, s = np.cos(cars[:, 2]), np.sin(cars[:, 2])
    half = np.array([[2.0, 0.9], [-2.0, 0.9], [-2.0, -0.9], [2.0, -0.9]])
    corners = np.stack(
        [
            cars[:, 0:1] + c[:, None] * half[:, 0] - s[:, None] * half[:, 1],
            cars[:, 1:2] + s[:, None] * half[:, 0] + c[:, None] * half[:, 1],
        ],
        axis=2,
    )
    velocity = np.ascontiguousarray(5.0 * np.stack([c, s], axis=1))
    gap, along = in_the_way(
        points,
        arc,
        np.zeros(1),
        np.array([[2.3, 0.95]]),
        np.zeros(3, np.int64),
        cars,
        np.ascontiguousarray(corners),
        velocity,
        np.ones(3, np.bool_),
    )
    assert gap[0] == pytest.approx(40.0 - 2.0 - 2.3, abs=0.1) and along[0] == pytest.approx(5.0, abs=0.01)
    assert np.isinf(gap[1:]).all()


def test_encroachment_twin():
    rng = np.random.default_rng(3)
    ticks, horizon = 60, 20
    time = 0.1 * np.arange(ticks)
    ego = np.column_stack([8.0 * time, 0 * time, 0 * time, 0 * time + 4.6, 0 * time + 1.9, 0 * time, time])
    start = np.arange(0, 4 * ticks + 1, 4).astype(np.int64)
    place, way = rng.uniform(-20.0, 50.0, (4, 2)), rng.uniform(-2.0, 2.0, 4)
    box = np.array(
        [
            [*(place[k] + 9.0 * t * np.array([np.cos(way[k]), np.sin(way[k])])), way[k], 4.5, 1.8]
            for t in time
            for k in range(4)
        ]
    )
    ids = np.tile(np.arange(4), ticks).astype(np.int64)
    value, who = encroachment(ego, start, box, np.zeros(len(box)), ids, np.ones(len(box), np.bool_), horizon)
    for i in range(ticks):
        apart = [
            abs(time[j] - time[i])
            for j in range(max(0, i - horizon), min(ticks, i + horizon + 1))
            for r in range(start[j], start[j + 1])
            if boxes_overlap(ego[i, :5].copy(), box[r]) and math.cos(box[r, 2]) <= math.cos(math.radians(20.0))
        ]
        assert value[i] == pytest.approx(min(apart, default=np.inf))
        assert (who[i] >= 0) == bool(apart)
    assert np.isfinite(value).any()


def alone(wanted, length, speed, front, line, sign, shut, steps, dt):
    """The twin of drive_alone."""
    s = 0.0
    done = [False] * len(line)
    for t in range(steps):
        gap = np.inf
        for j in range(len(line)):
            room = line[j] - s - front
            if room < 0.0 or done[j]:
                continue
            if sign[j]:
                done[j] = speed < 0.3 and room < 2.0 * STANDSTILL
            else:
                done[j] = bool(shut[j, t]) and speed**2 > 2.0 * BRAKE * room
            if not done[j] and (sign[j] or shut[j, t]):
                gap = min(gap, room)
        here = wanted[min(int(s), len(wanted) - 1)]
        values = (speed, here, gap, speed, STANDSTILL, HEADWAY, ACCEL, BRAKE)
        after = max(speed + idm_accels(*(np.array([value]) for value in values))[0] * dt, 0.0)
        s, speed = s + 0.5 * (speed + after) * dt, after
        if s >= length:
            return length
    return s


def test_drive_alone_twin():
    wanted = np.concatenate([np.full(80, 14.0), np.full(40, 6.0), np.full(200, 20.0)])
    line, sign = np.array([60.0, 150.0]), np.array([False, True])
    shut = np.zeros((2, 400), np.bool_)
    shut[0, :120] = True
    for steps in (10, 100, 200, 400):
        args = (wanted, 319.0, 8.0, 2.3, line, sign, np.ascontiguousarray(shut[:, :steps]), steps, 0.1)
        assert drive_alone(*args) == pytest.approx(alone(*args), abs=1e-9)
    assert drive_alone(*args) < 319.0
