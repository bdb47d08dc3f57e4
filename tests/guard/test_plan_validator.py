"""One broken plan for each check, all refused with value and limit; sane plans all accepted."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.geometry.boxes import boxes_overlap
from evpilot.guard.area import Area, off_road
from evpilot.guard.validator import Validator, check
from evpilot.maps.builder import GraphBuilder
from evpilot.types import (
    ROAD,
    Decision,
    EgoState,
    LaneGraph,
    Lights,
    ObjectKind,
    Observation,
    Tracks,
    Trajectory,
    no_tracks,
)
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
STEP = 0.1


def road() -> LaneGraph:
    builder = GraphBuilder()
    xs = np.linspace(-50.0, 400.0, 91)
    for k in range(2):
        builder.lane(np.stack([xs, 0 * xs + 3.5 * k + 1.75], 1), np.stack([xs, 0 * xs + 3.5 * k - 1.75], 1))
    builder.neighbours(1, 0)
    return builder.build()


GRAPH = road()
VALIDATOR = Validator(SEDAN, ROAD, 0.1, GRAPH)


def drive(speed: float, accels: np.ndarray, bends: np.ndarray, x: float = 0.0, y: float = 0.0) -> Trajectory:
    """A kinematically exact motion from accelerations and curvatures at knots every 0.1 s."""
    v, yaw, fine = speed, 0.0, 20
    pose, speeds = [(x, y, 0.0, 0.0)], [speed]
    for a, k0, k1 in zip(accels[:-1], bends[:-1], bends[1:], strict=True):
        for i in range(fine):
            dt = STEP / fine
            mid = max(v + 0.5 * a * dt, 0.0)
            bend = k0 + (k1 - k0) * (i + 0.5) / fine
            x, y = x + mid * dt * math.cos(yaw), y + mid * dt * math.sin(yaw)
            yaw, v = yaw + mid * dt * bend, max(v + a * dt, 0.0)
        pose.append((x, y, 0.0, yaw))
        speeds.append(v)
    return Trajectory(
        t_ns=0, time=STEP * np.arange(len(accels)), pose=np.array(pose), speed=np.array(speeds),
        accel=np.array(accels, float), curvature=np.array(bends, float),
    )  # fmt: skip


def cruise(speed: float = 10.0, seconds: float = 5.0, accel: float = 0.0) -> Trajectory:
    count = round(seconds / STEP) + 1
    return drive(speed, np.full(count, accel), np.zeros(count))


def stop(speed: float = 10.0, decel: float = 3.0) -> Trajectory:
    count = round((speed / decel + 1.0) / STEP) + 1
    accels = np.where(np.arange(count) == 0, 0.0, -decel)
    motion = drive(speed, accels, np.zeros(count))
    return replace(motion, accel=np.where(motion.speed > 0.0, accels, 0.0))


def others(*rows: tuple[float, ...]) -> Tracks:
    """Rows of x, y, yaw, speed, acceleration, yaw rate: cars of 4.5 x 1.8 m."""
    n = len(rows)
    state = np.zeros((n, 7))
    for k, (x, y, yaw, speed, accel, turn) in enumerate(rows):
        state[k] = (x, y, 0.0, yaw, speed, accel, turn)
    velocity = state[:, 4:5] * np.stack([np.cos(state[:, 3]), np.sin(state[:, 3])], 1)
    return replace(
        no_tracks(0), id=np.arange(n), kind=np.full(n, ObjectKind.CAR, np.uint8), state=state, velocity=velocity,
        cov=np.zeros((n, 6, 6)), size=np.tile([4.5, 1.8], (n, 1)), age=np.ones(n), signals=np.zeros(n, np.uint8),
        valid=np.ones(n, np.bool_),
    )  # fmt: skip


def seen(speed: float = 10.0, y: float = 0.0, tracks: Tracks | None = None) -> Observation:
    ego = EgoState(
        t_ns=0, pose=np.array([0.0, y, 0.0, 0.0]), velocity=np.array([speed, 0.0]), accel=np.zeros(2), yaw_rate=0.0,
        steering=0.0, cov=np.zeros((6, 6)),
    )  # fmt: skip
    lights = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))
    return Observation(
        t_ns=0, ego=ego, tracks=no_tracks(0) if tracks is None else tracks, detections=None, lights=lights,
        visible_range=np.full(8, 200.0), friction=1.0, sight=1e4,
    )  # fmt: skip


def verdict(plan: Trajectory, tail: Trajectory | None, observation: Observation) -> str:
    return VALIDATOR.check(Decision(t_ns=0, trajectory=plan, tail=tail), observation)


@pytest.mark.parametrize("speed", [0.0, 2.0, 10.0, 25.0])
def test_a_plain_drive_with_its_tail_is_accepted(speed):
    assert verdict(cruise(speed), stop(speed), seen(speed)) == ""


def test_a_lane_change_is_accepted():
    count = 51
    t = STEP * np.arange(count)
    bends = 0.006 * np.sin(2.0 * np.pi * t / 5.0)
    assert VALIDATOR.check_trajectory(drive(10.0, np.zeros(count), bends), seen()) == ""


def spoil(plan: Trajectory, column: str, row: int, value: float) -> Trajectory:
    array = getattr(plan, column).copy()
    array[row] = value
    return replace(plan, **{column: array})


BROKEN = {
    "a value is not finite": spoil(cruise(), "speed", 7, np.nan),
    "its times do not increase": spoil(cruise(), "time", 7, 0.1),
    "starts away": replace(cruise(), pose=cruise().pose + np.array([0.0, 1.8, 0.0, 0.0])),
    "another direction": replace(cruise(), pose=cruise().pose + np.array([0.0, 0.0, 0.0, 0.3])),
    "another speed": cruise(13.0),
    "faster than the car can be": spoil(cruise(), "speed", 20, 95.0),
    "accelerates beyond": cruise(accel=3.0),
    "brakes beyond": cruise(accel=-11.0, seconds=0.8),
    "more than the car can steer": drive(10.0, np.zeros(21), np.full(21, 0.5)),
    "accelerates sideways": drive(10.0, np.zeros(21), np.full(21, 0.06)),
    "jerks along": drive(10.0, np.where(np.arange(31) % 10 < 5, 2.0, -3.4), np.zeros(31)),
    "jerks sideways": drive(10.0, np.zeros(31), np.where(np.arange(31) % 10 < 5, 0.038, -0.038)),
    "moves further": replace(cruise(), pose=cruise().pose * np.array([1.4, 1.0, 1.0, 1.0])),
    "turns otherwise": replace(cruise(), curvature=np.full(51, 0.02) * (np.arange(51) > 3)),
    "slips sideways": replace(
        cruise(), pose=cruise().pose + 0.35 * np.arange(51)[:, None] * np.array([-0.07, 1.0, 0.0, 0.0])
    ),
    "leaves the road": drive(10.0, np.zeros(31), np.full(31, -0.02)),
}  # fmt: skip


@pytest.mark.parametrize("phrase", BROKEN)
def test_a_broken_plan_is_refused_with_its_reason(phrase):
    reason = VALIDATOR.check_trajectory(BROKEN[phrase], seen())
    assert phrase in reason
    if "finite" not in phrase and "times" not in phrase:
        assert "allowed" in reason and "at" in reason


def test_steering_too_fast_at_low_speed_is_refused():
    plan = drive(2.0, np.zeros(31), np.where(np.arange(31) % 10 < 5, 0.15, -0.15))
    assert "steers faster" in VALIDATOR.check_trajectory(plan, seen(2.0))


def test_stale_or_misshapen_plans_are_refused():
    assert "now is" in VALIDATOR.check_trajectory(replace(cruise(), t_ns=5), seen())
    assert "shape" in VALIDATOR.check_trajectory(replace(cruise(), pose=np.zeros((3, 3))), seen())
    assert "length" in VALIDATOR.check_trajectory(replace(cruise(), speed=np.zeros(3)), seen())
    assert "2 or more" in VALIDATOR.check_trajectory(drive(10.0, np.zeros(1), np.zeros(1)), seen())


def test_what_is_written_to_after_it_was_looked_at_is_looked_at_again():
    """A pilot in our own process may hand over the same arrays with other values, and so may whoever sees for it."""
    plan, seen_now = cruise(), seen(tracks=others((60.0, 0.0, 0.0, 10.0, 0.0, 0.0)))
    assert VALIDATOR.check_trajectory(plan, seen_now) == ""
    plan.pose[3, 0] = np.nan
    assert "not finite" in VALIDATOR.check_trajectory(plan, seen_now)
    assert seen_now.tracks is not None
    seen_now.tracks.state[0, :2], seen_now.tracks.velocity[0] = (17.0, 0.0), 0.0
    assert VALIDATOR.check_trajectory(cruise(), seen_now) != ""


def test_the_guard_finds_a_tail_where_the_planner_has_none():
    tail = VALIDATOR.stopping_tail(cruise(), seen())
    assert tail is not None
    assert tail.speed[-1] == 0.0
    assert tail.pose[-1, 0] < 8.0
    follower = seen(10.0, tracks=others((-6.0, 0.0, 0.0, 10.0, 0.0, 0.0)))
    assert verdict(cruise(), None, follower) == ""


def test_a_plan_needs_a_tail_that_stops_along_it():
    assert verdict(cruise(), None, seen()) == ""
    assert "standstill" in verdict(cruise(), cruise(), seen())
    aside = replace(stop(), pose=stop().pose + np.linspace(0, 1, len(stop().pose))[:, None] * np.array([0, 0.1, 0, 0]))
    assert verdict(cruise(), aside, seen()) == ""
    ahead = cruise(10.0)
    behind = stop(11.0)
    behind = replace(behind, pose=behind.pose - np.array([0.45, 0.0, 0.0, 0.0]))
    assert "leaves the plan" in verdict(ahead, behind, seen(10.0))


def test_driving_into_a_standing_car_is_refused_and_stopping_before_it_is_not():
    scene = seen(10.0, tracks=others((20.0, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert "meets another" in verdict(cruise(), stop(), scene)
    assert verdict(stop(10.0, 4.5), stop(10.0, 4.5), scene) == ""


def test_when_nothing_helps_any_more_the_plan_is_accepted():
    scene = seen(20.0, tracks=others((14.0, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert verdict(stop(20.0, 8.0), stop(20.0, 8.0), scene) == ""


@pytest.mark.parametrize(
    "row",
    [
        (12.0, 0.0, 0.0, 10.0, 0.0, 0.0),  # a lead at our speed
        (-5.0, 0.0, 0.0, 14.0, 0.0, 0.0),  # a fast one behind
        (9.0, 3.5, 0.0, 10.0, 0.0, 0.0),  # beside
        (40.0, 3.5, np.pi, 14.0, 0.0, 0.0),  # oncoming beside
        (25.0, 9.0, -np.pi / 2, 5.0, -4.0, 0.0),  # crosses, but brakes
        (30.0, 8.0, -2.4, 12.0, 0.0, 0.9),  # oncoming in a bend, its turn keeps it clear
        (2.0, 0.3, 0.0, 0.0, 0.0, 0.0),  # touches us from the start
        (6.6, 0.0, 0.0, 9.0, 2.0, 0.0),  # close ahead, slower, but gaining speed
    ],
)
def test_harmless_others_do_not_spoil_a_plan(row):
    assert verdict(cruise(), stop(), seen(10.0, tracks=others(row))) == ""


def test_a_car_that_starts_off_the_road_may_come_back():
    scene = seen(5.0, y=-1.6)
    count = 31
    t = STEP * np.arange(count)
    back = drive(5.0, np.zeros(count), 0.02 * np.sin(2.0 * np.pi * t / 3.0), y=-1.6)
    assert VALIDATOR.check_trajectory(back, scene) == ""
    away = drive(5.0, np.zeros(count), -0.03 * np.ones(count), y=-1.6)
    assert "leaves the road" in VALIDATOR.check_trajectory(away, scene)


def test_the_road_ends_where_only_a_lane_ends_but_not_where_the_map_does():
    builder = GraphBuilder()
    xs = np.linspace(0.0, 60.0, 13)
    first, second, ramp = (
        builder.lane(np.stack([xs + x, 0 * xs + y + 1.75], 1), np.stack([xs + x, 0 * xs + y - 1.75], 1))
        for x, y in ((0.0, 0.0), (60.0, 0.0), (0.0, -3.5))
    )
    builder.connect(first, second)
    builder.neighbours(first, ramp)
    area = Area(builder.build()).arrays
    assert off_road(150.0, 0.0, 0.0, area) == 0.0
    assert off_road(70.0, -3.5, 0.0, area) == 1.0


def test_a_road_that_falls_steeply_is_not_left_by_driving_down_it() -> None:
    builder = GraphBuilder()
    xs = np.linspace(-50.0, 400.0, 91)
    left, right = (np.stack([xs, 0 * xs + side, -0.14 * xs], 1) for side in (1.75, -1.75))
    builder.lane(left, right)
    validator = Validator(SEDAN, ROAD, 0.1, builder.build())
    straight = np.zeros(41)
    assert validator.check_trajectory(drive(20.0, straight, straight), seen(20.0)) == ""
    aside = drive(20.0, straight, straight + 0.004)
    assert "leaves the road" in validator.check_trajectory(aside, seen(20.0))


def test_without_a_map_the_short_form_checks_the_rest():
    assert check(BROKEN["leaves the road"], seen(), SEDAN, ROAD) == ""
    assert "sideways" in check(BROKEN["accelerates sideways"], seen(), SEDAN, ROAD)


@settings(deadline=None, max_examples=60)
@given(st.floats(-60, 520), st.floats(-8, 10))
def test_distance_from_the_road_agrees_with_plain_geometry(x, y):
    inside_x, inside_y = min(max(x, -50.0), 500.0), min(max(y, -1.75), 5.25)
    truth = min(math.hypot(x - inside_x, y - inside_y), 1.0)
    assert off_road(x, y, 0.0, AREA.arrays) == pytest.approx(truth, abs=1e-9)


AREA = Area(GRAPH)


@settings(deadline=None, max_examples=200)
@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-4, 4), st.floats(-4, 4))
def test_the_guards_overlap_test_agrees_with_the_planners(x, y, one, other):
    from evpilot.guard.contact import apart

    mine = not apart(
        x, y, math.cos(one), math.sin(one), 2.4, 0.95, math.cos(other), math.sin(other), 2.25, 0.9
    )  # fmt: skip
    theirs = boxes_overlap(np.array([0.0, 0.0, one, 4.8, 1.9]), np.array([x, y, other, 4.5, 1.8]))
    assert mine == theirs
