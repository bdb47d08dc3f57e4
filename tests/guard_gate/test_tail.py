"""The way out: the tail's command, and an own stop that never straightens the wheels in a bend."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.guard.tail import ACCEL, CURVATURE, SPEED, TIME, YAW, X, Y, own_stop, tail_command
from evpilot.types import Trajectory
from evpilot.types.state import Array

L = 2.9
ORIGIN = np.zeros(3)


def sound(plan: Array) -> None:
    Trajectory(
        t_ns=0,
        time=plan[:, TIME],
        pose=np.column_stack([plan[:, X], plan[:, Y], 0 * plan[:, X], plan[:, YAW]]),
        speed=plan[:, SPEED],
        accel=plan[:, ACCEL],
        curvature=plan[:, CURVATURE],
    ).validate()


def test_the_tails_command_is_what_it_plans() -> None:
    tail = own_stop(ORIGIN, 10.0, 0.02, 4.0)
    accel, steering = tail_command(tail, 1.234, L, 0.001)
    speed = 10.0 - 4.0 * 1.234
    assert accel == -4.0
    assert steering == pytest.approx(math.atan(0.02 * L) + 0.001 * speed**2 * 0.02)


def test_beyond_its_end_the_tail_stands_with_its_last_bend() -> None:
    tail = own_stop(ORIGIN, 10.0, 0.02, 4.0)
    assert tail_command(tail, 99.0, L, 0.0) == (0.0, math.atan(0.02 * L))


def test_no_tail_is_no_number() -> None:
    assert all(math.isnan(value) for value in tail_command(np.zeros((0, 7)), 0.0, L, 0.0))


@settings(max_examples=200, deadline=None)
@given(speed=st.floats(-10, 60), curvature=st.floats(-0.1, 0.1), yaw=st.floats(-3.1, 3.1), decel=st.floats(1, 10))
def test_an_own_stop_is_a_sound_stop_along_the_circle(speed: float, curvature: float, yaw: float, decel: float) -> None:
    plan = own_stop(np.array([5.0, -3.0, yaw]), speed, curvature, decel)
    sound(plan)
    assert plan[-1, SPEED] == 0.0 and plan[0, SPEED] == pytest.approx(speed)
    assert np.all(plan[:, CURVATURE] == curvature)
    length = math.copysign(speed * speed / (2.0 * decel), speed)
    assert plan[-1, YAW] == pytest.approx(yaw + length * curvature, abs=1e-9)
    step = np.hypot(np.diff(plan[:, X]), np.diff(plan[:, Y])).sum()
    assert step == pytest.approx(abs(length), rel=0.03, abs=1e-6)


def path(curvature: float, length: float) -> Array:
    s = np.linspace(0.0, length, 41)
    out = np.zeros((41, 7))
    out[:, TIME], out[:, SPEED], out[:, CURVATURE] = s / 10.0, 10.0, curvature
    out[:, X], out[:, Y] = np.sin(curvature * s) / curvature, (1 - np.cos(curvature * s)) / curvature
    out[:, YAW] = curvature * s
    return out


def test_with_a_path_it_stops_along_the_path() -> None:
    bend = path(0.03, 40.0)
    pose = np.array([bend[12, X], bend[12, Y], bend[12, YAW]])
    plan = own_stop(pose, 10.0, 0.0, 4.0, bend)
    sound(plan)
    radius = np.hypot(plan[:, X], plan[:, Y] - 1 / 0.03)
    assert np.abs(radius - 1 / 0.03).max() < 0.01
    assert plan[-1, YAW] == pytest.approx(bend[12, YAW] + 0.03 * 12.5, abs=0.01)


def test_beyond_a_short_path_it_goes_on_along_its_last_bend() -> None:
    bend = path(0.03, 5.0)
    plan = own_stop(ORIGIN, 12.0, 0.0, 4.0, bend)
    radius = np.hypot(plan[:, X], plan[:, Y] - 1 / 0.03)
    assert np.abs(radius - 1 / 0.03).max() < 0.01
    assert plan[-1, YAW] == pytest.approx(0.03 * 18.0, abs=0.01)


def test_a_standing_car_stays() -> None:
    plan = own_stop(np.array([1.0, 2.0, 3.0]), 0.0, 0.1, 4.0)
    sound(plan)
    assert np.all(plan[:, SPEED] == 0.0) and np.ptp(plan[:, X]) == 0.0
