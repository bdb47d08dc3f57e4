"""Rollouts are motions that the car can drive: against fine Cartesian integration, and within every limit."""

import math

import numpy as np
import pytest
from driving_scenes import CAR, one_lane, two_lanes
from planning_parts import boxes_of, ego_at, prop, ring, roll, standing

from evpilot.maps.builder import GraphBuilder
from evpilot.plan.columns import GRID, Law, Roll
from evpilot.plan.proposals import arrive
from evpilot.types import ROAD, VERDICT, LaneGraph, Limits
from evpilot.vehicle import platforms
from evpilot.vehicle.dynamics import accel_bounds, parameters

FRONT = CAR.rear_to_center + 0.5 * CAR.length
STEP = np.diff(GRID)


def driven(one: np.ndarray, fine: int = 200) -> np.ndarray:
    """Places (51, 2) of the plain single track in map axes under a rollout's accelerations and curvatures."""
    x, y, yaw, v = one[0, [Roll.X, Roll.Y, Roll.YAW, Roll.SPEED]]
    places = [(x, y)]
    for k, dt in enumerate(STEP):
        for i in range(fine):
            share = (i + 0.5) / fine
            bend = one[k, Roll.CURVATURE] + share * (one[k + 1, Roll.CURVATURE] - one[k, Roll.CURVATURE])
            h = dt / fine
            middle = v + 0.5 * h * one[k, Roll.ACCEL]
            half = yaw + 0.5 * h * middle * bend
            x, y = x + h * middle * math.cos(half), y + h * middle * math.sin(half)
            yaw, v = yaw + h * middle * bend, max(0.0, v + h * one[k, Roll.ACCEL])
        places.append((x, y))
    return np.array(places)


MOTIONS = [
    prop(Law.CRUISE, 12.0, 1.2, 1.5, length=25.0),
    prop(Law.CRUISE, 8.0, 1.2, 1.5, offset=0.9, length=20.0),
    prop(Law.RAMP, 1.5, 8.0, offset=-0.9, length=30.0),
    prop(Law.RAMP, -2.5, 8.0, offset=0.4, length=15.0),
    prop(Law.TAIL, 0.5, 6.0, 0.1, offset=0.4, length=40.0),
]


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("road", ["straight", "bend"])
def test_a_rollout_is_the_single_track_driven_finely(motion: np.ndarray, road: str) -> None:
    graph, speed = (one_lane(), 10.0) if road == "straight" else (ring(40.0), 8.0)
    ego = ego_at(30.0, 0.3, 0.03, speed=speed, steering=0.01)
    one = roll(graph, ego, motion[None]).rolls[0]
    true = driven(one)
    off = np.hypot(one[:, Roll.X] - true[:, 0], one[:, Roll.Y] - true[:, 1])
    assert off[20] < 0.06  # the 2 s that matter most
    assert off.max() < 0.4


@pytest.mark.parametrize("motion", MOTIONS)
def test_cosine_and_sine_are_those_of_the_yaw(motion: np.ndarray) -> None:
    one = roll(ring(30.0), ego_at(35.0, speed=7.0), motion[None]).rolls[0]
    np.testing.assert_allclose(one[:, Roll.COS], np.cos(one[:, Roll.YAW]), atol=2e-3)
    np.testing.assert_allclose(one[:, Roll.SIN], np.sin(one[:, Roll.YAW]), atol=2e-3)


@pytest.mark.parametrize("road", ["straight", "bend"])
def test_the_boxes_hold_every_place_of_each_part_of_a_motion_and_no_more(road: str) -> None:
    graph = one_lane() if road == "straight" else ring(40.0)
    driven = roll(graph, ego_at(30.0, 0.3, 0.03, speed=8.0), np.array(MOTIONS * 9))
    np.testing.assert_array_equal(driven.boxes, boxes_of(driven.rolls))


def test_it_starts_where_the_car_is() -> None:
    ego = ego_at(50.0, 0.4, 0.05, speed=9.0, accel=0.7, steering=0.02)
    rolls = roll(two_lanes(), ego, np.array([*MOTIONS, prop(Law.CRUISE, 12.0, 1.0, 1.5, corridor=1)])).rolls
    np.testing.assert_allclose(rolls[:, 0, Roll.X], 50.0, atol=1e-6)
    np.testing.assert_allclose(rolls[:, 0, Roll.Y], 0.4, atol=1e-6)
    np.testing.assert_allclose(rolls[:, 0, Roll.YAW], 0.05, atol=1e-6)
    np.testing.assert_allclose(rolls[:, 0, Roll.SPEED], 9.0)
    np.testing.assert_allclose(rolls[:, 0, Roll.CURVATURE], math.tan(0.02) / CAR.wheelbase)


@pytest.mark.parametrize("steering", [-0.2, 0.0, 0.2])
@pytest.mark.parametrize("speed", [2.0, 8.0, 14.0])
def test_steering_keeps_its_rate_and_its_stop(speed: float, steering: float) -> None:
    props = np.array([prop(Law.RAMP, 0.0, 8.0, offset=off, length=9.0) for off in (-3.0, -0.5, 0.0, 0.9, 3.5)])
    rolls = roll(one_lane(), ego_at(50.0, speed=speed, steering=steering), props).rolls
    angle = np.arctan(rolls[:, :, Roll.CURVATURE] * CAR.wheelbase)
    rate = np.abs(np.diff(angle, axis=1)) / STEP
    # steps of 0.2 s are taken straight: the rate at their beginning is exact
    assert rate.max() <= min(ROAD.steering_rate, CAR.steering_rate_max) * 1.08
    assert np.abs(angle).max() <= CAR.steering_max + 1e-9


def s_bend(radius: float, turned: float) -> LaneGraph:
    """A lane that bends left after 30 m and right again at once, through so many radians each."""
    arc = int(radius * turned)
    bend = np.concatenate([np.zeros(30), np.full(arc, 1.0 / radius), np.full(arc, -1.0 / radius), np.zeros(150)])
    yaw = np.cumsum(bend)
    middle = np.cumsum(np.column_stack([np.cos(yaw), np.sin(yaw)]), axis=0)
    left = np.column_stack([-np.sin(yaw), np.cos(yaw)])
    builder = GraphBuilder()
    builder.lane(middle + 1.75 * left, middle - 1.75 * left)
    return builder.build()


@pytest.mark.parametrize(("radius", "speed"), [(14.0, 7.5), (16.0, 6.5), (24.0, 8.0), (60.0, 12.0), (230.0, 25.0)])
def test_no_motion_turns_faster_than_the_gate_lets_the_car(radius: float, speed: float) -> None:
    """Else the car runs wide of its plan in an S-bend, and off the road."""
    props = np.array([prop(Law.RAMP, 0.0, 8.0, offset=off, length=15.0) for off in (-1.5, 0.0, 1.5)])
    rolls = roll(s_bend(radius, 0.8), ego_at(12.0, speed=speed), props).rolls
    bend, square = rolls[:, :, Roll.CURVATURE], speed * speed
    assert np.abs(np.diff(bend, axis=1) / STEP).max() * square <= 1.001 * ROAD.gate_lateral_jerk
    assert np.abs(bend).max() * square <= 1.001 * ROAD.gate_lateral


@pytest.mark.parametrize(("radius", "speed"), [(14.0, 5.2), (50.0, 8.6), (80.0, 12.0), (200.0, 20.0)])
def test_a_bend_is_turned_into_in_time(radius: float, speed: float) -> None:
    """At up to 2 m/s2, which is what the planner takes bends at."""
    d = roll(s_bend(radius, 0.6), ego_at(12.0, speed=speed), prop(Law.RAMP, 0.0, 8.0)[None]).rolls[0, :, Roll.D]
    assert np.abs(d).max() < 0.4


@pytest.mark.parametrize("limits", [ROAD, VERDICT])
def test_acceleration_and_jerk_keep_the_limits(limits) -> None:
    laws = [
        prop(Law.CRUISE, 14.0, 0.7, 2.0), prop(Law.RAMP, 1.5, 8.0), prop(Law.RAMP, -2.5, 8.0),
        prop(Law.STOP, 80.0, 2.0), prop(*arrive(60.0, 4.0, 5.0, 10.0, 1.0)),
    ]  # fmt: skip
    rolls = roll(one_lane(), ego_at(30.0, accel=1.0), np.array(laws), limits=limits).rolls
    accel = rolls[:, :-1, Roll.ACCEL]
    assert accel.max() <= (limits.gate_accel if not limits.exact else 4.5) + 1e-9
    assert accel.min() >= -limits.gate_brake - 1e-9
    before = np.concatenate([np.ones((len(laws), 1)), accel[:, :-1]], axis=1)
    jerk = (accel - before) / STEP
    moving = rolls[:, 1:, Roll.SPEED] > 0.0
    firm = np.array([False, False, not limits.exact, False, False])
    bound = np.where(firm, limits.gate_jerk, 2.0 * limits.jerk)[:, None]
    assert np.all((np.abs(jerk) <= bound + 1e-6) | ~moving)
    assert np.all(rolls[:, :, Roll.SPEED] >= 0.0)


@pytest.mark.parametrize("name", ["leaf30", "zoe_r135", "sedan", "su7_max"])
@pytest.mark.parametrize("speed", [10.0, 25.0, 34.0])
def test_no_motion_asks_the_motor_for_more_than_it_has(name: str, speed: float) -> None:
    car = platforms.load(name)
    laws = [prop(Law.RAMP, 1.9, 8.0), prop(Law.CRUISE, 60.0, 0.7, 2.0, 0.5)]
    rolls = roll(one_lane(60.0), ego_at(30.0, speed=speed), np.array(laws), car=car).rolls
    par = parameters(car)
    most = np.array([accel_bounds(v, 0.0, par)[1] for v in rolls[:, :-1, Roll.SPEED].ravel().tolist()])
    asked = rolls[:, :-1, Roll.ACCEL].ravel()
    assert np.all(asked <= most + 0.02)
    assert asked.max() > min(most.min(), 1.8) - 0.15, "nor for less"


@pytest.mark.parametrize(("limits", "own", "left"), [(ROAD, 3.5, 3.5), (VERDICT, 5.0, 2.2)])
def test_braking_of_an_emergency_is_let_go_when_the_way_is_free(limits: Limits, own: float, left: float) -> None:
    ego = ego_at(30.0, speed=8.0, accel=-8.0)
    one = roll(one_lane(), ego, prop(Law.CRUISE, 12.0, 1.2, 1.5)[None], limits=limits).rolls[0]
    # 15 m/s3 down to the law's own braking, and only from there with the ease of a drive: 8 m/s would be gone
    assert one[3, Roll.ACCEL] > -own - 0.5
    assert one[:, Roll.SPEED].min() > left
    assert np.max(np.diff(one[4:20, Roll.ACCEL])) < 0.31


def test_speed_is_the_integral_of_acceleration_and_never_goes_backwards() -> None:
    rolls = roll(one_lane(), ego_at(50.0, speed=5.0), np.array(MOTIONS)).rolls
    speed, accel = rolls[:, :, Roll.SPEED], rolls[:, :, Roll.ACCEL]
    np.testing.assert_allclose(np.diff(speed, axis=1), accel[:, :-1] * STEP, atol=1e-9)
    assert np.all(np.diff(rolls[:, :, Roll.S], axis=1) >= -1e-9)


@pytest.mark.parametrize(("offset", "length"), [(0.9, 30.0), (-0.9, 30.0), (0.4, 20.0), (3.5, 45.0)])
def test_it_stays_on_the_quintic_and_ends_at_its_offset(offset: float, length: float) -> None:
    one = roll(one_lane(), ego_at(50.0, speed=10.0), prop(Law.RAMP, 0.0, 8.0, offset=offset, length=length)[None])
    way = one.rolls[0]
    share = np.clip((way[:, Roll.S] - 50.0) / length, 0.0, 1.0)
    quintic = offset * (10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5)
    np.testing.assert_allclose(way[:, Roll.D], quintic, atol=0.04 * abs(offset) + 0.04)
    assert way[-1, Roll.D] == pytest.approx(offset, abs=0.03)
    np.testing.assert_allclose(way[:, Roll.Y], way[:, Roll.D], atol=1e-9)


def test_in_a_bend_it_keeps_the_middle() -> None:
    one = roll(ring(25.0, 7.0), ego_at(40.0, speed=7.0), prop(Law.CRUISE, 7.0, 1.2, 1.5)[None]).rolls[0]
    assert np.abs(one[:, Roll.D]).max() < 0.3
    assert np.median(one[30:, Roll.CURVATURE]) == pytest.approx(1.0 / 25.0, rel=0.1)


def test_each_proposal_is_driven_the_same_whoever_is_beside_it() -> None:
    rng = np.random.default_rng(0)
    props = np.array([
        prop(int(rng.integers(0, 5)), *rng.uniform(0.5, 9.0, 3), offset=rng.uniform(-1, 1), length=rng.uniform(8, 40))
        for _ in range(83)
    ])  # fmt: skip
    ego = ego_at(50.0, 0.2, -0.02, accel=-0.4)
    together = roll(one_lane(), ego, props).rolls
    order = rng.permutation(len(props))
    shuffled = roll(one_lane(), ego, props[order]).rolls
    np.testing.assert_array_equal(shuffled, together[order])
    for k in (0, 41, 82):
        np.testing.assert_array_equal(roll(one_lane(), ego, props[k : k + 1]).rolls[0], together[k])


@pytest.mark.parametrize(
    ("distance", "t", "pace"), [(60.0, 6.0, 9.0), (40.0, 4.0, 9.5), (75.0, 6.0, 13.0), (30.0, 5.0, 3.0)]
)
def test_an_arrival_is_there_in_time_at_speed(distance: float, t: float, pace: float) -> None:
    law = arrive(distance, t, pace, 10.0, 0.0)
    one = roll(one_lane(20.0), ego_at(30.0, speed=10.0), prop(*law)[None]).rolls[0]
    assert np.interp(t, GRID, one[:, Roll.S]) - 30.0 == pytest.approx(distance, abs=0.35)
    assert np.interp(t, GRID, one[:, Roll.SPEED]) == pytest.approx(pace, abs=0.35)


def test_the_arrival_quintic_meets_place_speed_and_rest_exactly() -> None:
    for distance, t, pace, speed, accel in ((50.0, 5.0, 8.0, 11.0, -0.5), (12.0, 3.0, 0.0, 6.0, 1.0)):
        law, end, c3, c4, c5, a0 = arrive(distance, t, pace, speed, accel)
        assert law == Law.ARRIVE and end == t and a0 == accel
        assert speed * t + accel * t**2 / 2 + c3 * t**3 + c4 * t**4 + c5 * t**5 == pytest.approx(distance)
        assert speed + accel * t + 3 * c3 * t**2 + 4 * c4 * t**3 + 5 * c5 * t**4 == pytest.approx(pace)
        assert accel + 6 * c3 * t + 12 * c4 * t**2 + 20 * c5 * t**3 == pytest.approx(0.0, abs=1e-9)


def test_cruising_behind_a_slow_lead_never_touches_it() -> None:
    spans = standing(70.0, 74.5, speed=4.0)
    one = roll(one_lane(), ego_at(30.0, speed=10.0), prop(Law.CRUISE, 14.0, 1.2, 1.5)[None], spans).rolls[0]
    gap = spans[0, 0, :, 0] - one[:, Roll.S] - FRONT
    assert gap.min() > 2.0
    assert one[-1, Roll.SPEED] < 7.0


def test_cruising_ignores_who_is_beside_the_strip_or_behind() -> None:
    free = roll(one_lane(), ego_at(30.0), prop(Law.CRUISE, 14.0, 1.2, 1.5)[None]).rolls
    beside = standing(45.0, 50.0, d=(2.0, 4.0))
    behind = standing(20.0, 24.0, speed=12.0)
    for spans in (beside, behind):
        np.testing.assert_array_equal(
            roll(one_lane(), ego_at(30.0), prop(Law.CRUISE, 14.0, 1.2, 1.5)[None], spans).rolls, free
        )


def test_cruising_and_stopping_end_before_the_wall() -> None:
    ego = ego_at(30.0, speed=10.0)
    cruise = roll(one_lane(), ego, prop(Law.CRUISE, 14.0, 1.2, 1.5)[None], wall=80.0).rolls[0]
    stop = roll(one_lane(), ego, prop(Law.STOP, 80.0, 2.0)[None]).rolls[0]
    for one in (cruise, stop):
        assert one[-1, Roll.S] + FRONT < 80.0
        assert one[-1, Roll.SPEED] < 1.5
        assert one[-1, Roll.S] + FRONT > 70.0


def test_a_tail_keeps_on_for_its_period_then_brakes_to_a_standstill() -> None:
    one = roll(one_lane(), ego_at(30.0, speed=14.0), prop(Law.TAIL, 0.0, 6.0, 0.3)[None]).rolls[0]
    np.testing.assert_allclose(one[:3, Roll.ACCEL], 0.0, atol=1e-9)
    assert one[10, Roll.ACCEL] == pytest.approx(-6.0, abs=0.1)
    assert one[-1, Roll.SPEED] == 0.0
    assert one[-1, Roll.S] - 30.0 == pytest.approx(14.0 * 0.3 + 14.0**2 / 12.0, abs=4.5)
