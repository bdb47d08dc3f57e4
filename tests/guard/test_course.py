"""Whom the lanes lead past the car is not braked for; whom they lead into it is, and who leaves his lane for us."""

import math
from dataclasses import replace

import numpy as np
import pytest
from test_emergency_brake import SEDAN, seen, straight, tracks

from evpilot.geometry.boxes import gap
from evpilot.guard.brake import EmergencyBrake
from evpilot.guard.course import Courses, bend_of, headed, place_beside, takes_past
from evpilot.guard.others import others_of
from evpilot.guard.packed import pack
from evpilot.guard.validator import Validator
from evpilot.maps.builder import GraphBuilder
from evpilot.types import ROAD, LaneGraph, Tracks
from evpilot.types.state import Array

SPEED, PACE = 8.0, 7.0  # [m/s] ours, along y = 0, and his
RADIUS = 15.0  # [m] of the bend in which he turns to his right, beside us
BESIDE = 3.5  # [m] to our left his lane goes on
TURN = 0.25 * math.pi  # [rad] that he still has to turn


def arc(angle: float, turn: float, radius: float) -> Array:
    """A line (M, 2) of an arc from the origin on: it starts towards an angle and turns by another (right: negative)."""
    yaw = angle + np.linspace(0.0, turn, 31)
    side = np.sign(turn) * radius
    return side * np.stack([np.sin(yaw) - math.sin(angle), math.cos(angle) - np.cos(yaw)], axis=1)


def on(point: Array, angle: float, long: float) -> Array:
    """A line (M, 2) straight on from a point."""
    return point + np.linspace(0.0, long, 41)[:, None] * np.array([math.cos(angle), math.sin(angle)])


def exit_at(x: float) -> Array:
    """The middle of a lane that turns to run beside us against our direction from x on, from 20 m before its bend."""
    bend = arc(TURN - math.pi, -TURN, RADIUS)
    bend += np.array([x, BESIDE]) - bend[-1]
    before = bend[0] - np.linspace(20.0, 0.5, 40)[:, None] * np.array(
        [math.cos(TURN - math.pi), math.sin(TURN - math.pi)]
    )
    return np.concatenate([before, bend, on(bend[-1], math.pi, 40.0)[1:]])


def road(*middles: Array) -> LaneGraph:
    """Lanes of 3.5 m around their middles; each goes on in none."""
    builder = GraphBuilder()
    for middle in middles:
        yaw = headed(middle)[:, 2]
        aside = 1.75 * np.stack([-np.sin(yaw), np.cos(yaw)], axis=1)
        builder.lane(middle + aside, middle - aside)
    return builder.build()


def coming(x: float, *, turn: float = 0.0, drift: float = 0.0) -> Tracks:
    """Who is where the bend of `exit_at(x)` begins, still heads straight for our lane, and drifts to his left."""
    place, yaw = exit_at(x)[40], TURN - math.pi
    others = tracks(*place, yaw, PACE, turn=turn)
    others.velocity[0] += drift * np.array([-math.sin(yaw), math.cos(yaw)])
    return others


def brakes(others: Tracks, graph: LaneGraph | None) -> bool:
    return EmergencyBrake(SEDAN, ROAD, 0.1, graph).step(seen(0.0, SPEED, others), straight(0.0, SPEED)) is not None


OURS = on(np.array([-30.0, 0.0]), 0.0, 130.0)


@pytest.mark.parametrize("x", [3.0, 5.0, 7.0])
def test_whom_a_bent_lane_takes_past_us_is_not_braked_for_and_whom_none_does_is(x: float) -> None:
    others = coming(x)
    assert brakes(others, None), "his velocity points at us"
    assert not brakes(others, road(exit_at(x), OURS))
    place = others.state[0, :2]
    assert brakes(others, road(on(place - 20.0 * math.sqrt(0.5), TURN, 50.0), OURS)), "a lane against his way"
    assert brakes(others, road(on(place + 20.0 * math.sqrt(0.5), TURN - math.pi, 50.0), OURS)), "a straight one"
    assert brakes(others, road(exit_at(x) + np.array([0.0, 8.0]), OURS)), "one beside him"


def test_in_a_ring_of_short_lanes_the_look_ahead_ends() -> None:
    builder = GraphBuilder()
    yaw = np.linspace(0.0, 2.0 * math.pi, 41)
    circle = 1.5 * np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
    lanes = [builder.lane(0.5 * circle[k : k + 2], 1.5 * circle[k : k + 2]) for k in range(40)]
    for k in range(40):
        builder.connect(lanes[k], lanes[(k + 1) % 40])
    ways = Courses(builder.build())._ways(others_of(seen(0.0, 8.0, tracks(1.5, 0.0, 0.5 * math.pi, 300.0)))[0], 1800.0)
    assert len(ways) == 1 and bend_of(ways[0].line) > 3.0


def test_an_area_where_somebody_may_be_follows_no_lane() -> None:
    others = coming(5.0)
    assert not brakes(others, road(exit_at(5.0), OURS))
    assert brakes(replace(others, size=np.array([[4.5, 3.2]])), road(exit_at(5.0), OURS))


def test_a_driver_is_warned_of_nobody_whom_his_lane_takes_past() -> None:
    observation, plan = seen(0.0, SPEED, coming(5.0)), straight(0.0, SPEED)
    assert EmergencyBrake(SEDAN, ROAD, 0.1).warns(observation, plan)
    graph = road(exit_at(5.0), on(np.array([-30.0, 0.0]), 0.0, 230.0))
    drifting = seen(0.0, SPEED, coming(5.0, drift=2.0))
    assert EmergencyBrake(SEDAN, ROAD, 0.1, graph).warns(drifting, plan)
    assert not EmergencyBrake(SEDAN, ROAD, 0.1, graph).warns(observation, plan)


@pytest.mark.parametrize("x", [3.0, 5.0, 7.0])
def test_who_leaves_his_lane_for_us_is_braked_for_on_a_bend_too(x: float) -> None:
    assert brakes(coming(x, drift=2.0), road(exit_at(x), OURS))


@pytest.mark.parametrize(("x", "turn", "braked"), [(10.5, -0.3, False), (10.5, -0.1, True), (7.0, 0.3, True)])
def test_where_lanes_part_that_one_counts_that_turns_as_he_does(x: float, turn: float, braked: bool) -> None:
    """One lane turns away beside us; the other bears left a little, into our way."""
    others = coming(x, turn=turn)
    on_into_us = on(np.zeros(2), TURN - math.pi, 20.0)
    bend = arc(TURN - math.pi, 0.3, 60.0) + on_into_us[-1]
    into_us = np.concatenate([on_into_us, bend[1:], on(bend[-1], TURN - math.pi + 0.3, 30.0)[1:]])
    into_us += others.state[0, :2] - on_into_us[-1]
    assert brakes(others, None)
    assert brakes(others, road(exit_at(x), into_us, OURS)) == braked


def test_a_plan_is_not_refused_for_whom_his_lane_takes_past() -> None:
    others, graph = coming(5.0), road(exit_at(5.0), on(np.array([-30.0, 0.0]), 0.0, 230.0))
    plan = straight(0.0, SPEED)
    blind = Validator(SEDAN, ROAD, 0.1)
    assert not blind.passes(plan, seen(0.0, SPEED, others))
    assert Validator(SEDAN, ROAD, 0.1, graph).passes(plan, seen(0.0, SPEED, others))
    gone_wrong = replace(others, velocity=coming(5.0, drift=2.0).velocity)
    assert not Validator(SEDAN, ROAD, 0.1, graph).passes(plan, seen(0.0, SPEED, gone_wrong))


def test_a_place_beside_a_line_is_told_by_how_far_along_and_aside_it_is() -> None:
    line = headed(arc(0.4, 1.2, 20.0))
    for angle, d in ((0.3, 1.0), (0.7, -0.8), (1.1, 0.0)):
        x, y = arc(0.4, angle, 20.0)[-1] + d * np.array([-math.sin(0.4 + angle), math.cos(0.4 + angle)])
        assert place_beside(line, x, y) == (pytest.approx(20.0 * angle, abs=0.03), pytest.approx(d, abs=0.03),
                                      pytest.approx(0.4 + angle, abs=0.01))  # fmt: skip


def plainly_past(motion: Array, until: float, other: Array, car: Array, line: Array, course: Array) -> bool:
    """`takes_past`, by interpolation along the line and the gap between boxes."""
    arcs = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line[:, :2], axis=0).T))])
    for t in np.arange(0.0, until + 1e-9, 0.1):
        at = [np.interp(t, motion[:, 0], motion[:, column]) for column in (1, 2, 3)]
        s, d = course[0] + course[2] * t, course[1] + course[3] * t
        x, y, yaw = (np.interp(s, arcs, column) for column in (line[:, 0], line[:, 1], np.unwrap(line[:, 2])))
        c, sn, turned = math.cos(at[2]), math.sin(at[2]), yaw + course[4]
        if gap(
            at[0] + car[0] * c, at[1] + car[0] * sn, c, sn, car[1] + car[4], car[2] + car[5],
            x - d * math.sin(yaw), y + d * math.cos(yaw), math.cos(turned), math.sin(turned), other[8], other[9],
        ) <= 0.0:  # fmt: skip
            return False
    return True


def test_who_goes_along_a_line_is_where_plain_interpolation_has_him() -> None:
    rng, found = np.random.default_rng(5), []
    motion, car = pack(straight(0.0, SPEED)), np.array([1.4, 2.4, 0.95, 0.0, 0.4, 0.1])
    for _ in range(300):
        turn = rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.6)
        line = headed(arc(rng.uniform(-3.0, 3.0), turn, 45.0) + rng.uniform([0.0, -8.0], [30.0, 8.0]))
        course = np.array([rng.uniform(0.0, 3.0), *rng.uniform([-1.0, 2.0, -0.5, -0.2], [1.0, 8.0, 0.5, 0.2])])
        other = np.array([0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 2.2, 0.9])
        found.append(takes_past(motion, 2.5, other, car, line, course))
        assert found[-1] == plainly_past(motion, 2.5, other, car, line, course)
    assert 60 < sum(found) < 240
