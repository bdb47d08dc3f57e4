"""The car models against theory, an independent integrator, and what no car may ever do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.dynamics import (
    GRAVITY,
    Car,
    Par,
    accel_bounds,
    car_step,
    ks_bounds,
    ks_step,
    parameters,
    resistance,
)

SEDAN, SU7, BMW = (platforms.load(key) for key in ("sedan", "su7", "bmw320i"))
DT = 0.01


def at_speed(speed: float) -> Array:
    state = np.zeros(11)
    state[Car.SPEED] = speed
    return state


def run(state: Array, par: Array, seconds: float, accel: float, steering: float, grade: float = 0.0) -> Array:
    rows = []
    for _ in range(round(seconds / DT)):
        car_step(state, accel, steering, False, grade, par, DT)
        rows.append(state.copy())
    return np.array(rows)


@settings(max_examples=60, deadline=None)
@given(
    speed=st.floats(0, 40),
    steering=st.floats(-1.0, 1.0),
    accel=st.floats(-11, 11),
    rate=st.floats(-0.4, 0.4),
    dt=st.sampled_from([0.1, 0.2, 0.25]),
)
def test_ks_is_commonroads_equation(speed: float, steering: float, accel: float, rate: float, dt: float) -> None:
    wheelbase = BMW.wheelbase

    def flow(_: float, s: Array) -> list[float]:
        return [s[3] * math.cos(s[2]), s[3] * math.sin(s[2]), s[3] * math.tan(s[4]) / wheelbase, accel, rate]

    start = [3.0, -4.0, 0.3, speed, steering]
    exact = solve_ivp(flow, (0.0, dt), start, rtol=1e-11, atol=1e-12).y[:, -1]
    found = np.array(ks_step(*start, accel, rate, wheelbase, dt))
    assert np.allclose(found, exact, atol=2e-5, rtol=0.0)  # a thousandth of the checker's tolerance of 2 cm


def test_ks_drives_a_circle() -> None:
    steering = 0.2
    radius = BMW.wheelbase / math.tan(steering)
    x, y, yaw, _, _ = ks_step(0.0, 0.0, 0.0, 10.0, steering, 0.0, 0.0, BMW.wheelbase, 1.0)
    assert (x, y) == pytest.approx((radius * math.sin(yaw), radius * (1 - math.cos(yaw))), abs=1e-7)


@settings(max_examples=100, deadline=None)
@given(speed=st.floats(0, 50.8), steering=st.floats(-1.066, 1.066), dt=st.sampled_from([0.1, 0.2, 0.25]))
def test_ks_bounds_keep_commonroads_limits(speed: float, steering: float, dt: float) -> None:
    least, most = ks_bounds(speed, steering, parameters(BMW), dt)
    yaw_rate = speed * math.tan(steering) / BMW.wheelbase
    circle = abs(speed * yaw_rate)
    for accel in (least, most) if circle < 11.5 else ():
        assert math.hypot(accel, circle) <= 11.5 + 1e-9
    assert most <= 11.5 and least >= -11.5
    for moment in (speed, speed + most * dt):
        assert moment <= 7.319 or most <= 11.5 * 7.319 / moment + 1e-6 or most <= 0.0
    assert speed + most * dt <= 50.8 + 1e-9


@pytest.mark.parametrize("speed", [8.0, 15.0, 25.0])
@pytest.mark.parametrize("car", [SEDAN, SU7, BMW])
def test_steady_cornering_is_the_linear_single_tracks(speed: float, car: platforms.Platform) -> None:
    par = parameters(car)
    steering = 0.02
    state = at_speed(speed)
    run(state, par, 6.0, 0.0, steering)
    a, b, front, rear = car.cg_to_front, car.cg_to_rear, car.cornering_front, car.cornering_rear
    understeer = car.mass / car.wheelbase * (b / front - a / rear)
    yaw_rate = speed * steering / (car.wheelbase + understeer * speed * speed)
    assert state[Car.YAW_RATE] == pytest.approx(yaw_rate, rel=0.01)
    slip = car.mass * a / (car.wheelbase * rear) * speed * yaw_rate
    assert state[Car.LATERAL_SPEED] / speed == pytest.approx(-slip, rel=0.02)


def test_slow_cornering_is_the_circle_of_the_wheels() -> None:
    state = at_speed(2.0)
    rows = run(state, parameters(SEDAN), 40.0, 0.0, 0.3)[200:]
    radius = SEDAN.wheelbase / math.tan(0.3)
    width = np.ptp(rows[:, Car.X])
    assert width == pytest.approx(2.0 * radius, rel=0.01)
    assert np.all(rows[:, Car.LATERAL_SPEED] == 0.0)


@pytest.mark.parametrize("friction", [1.0, 0.5, 0.2])
def test_grip_is_never_exceeded(friction: float) -> None:
    par = parameters(SEDAN, friction)
    rows = run(at_speed(25.0), par, 4.0, -9.0, 0.3)
    # the force at the centre of gravity, from its motion
    side = rows[:, Car.LATERAL_SPEED] + SEDAN.cg_to_rear * rows[:, Car.YAW_RATE]
    fast = rows[1:, Car.SPEED] > 7.0
    across = np.diff(side) / DT + rows[1:, Car.SPEED] * rows[1:, Car.YAW_RATE]
    total = np.hypot(across, rows[1:, Car.ACCEL])[fast]
    assert total.max() <= friction * GRAVITY * 1.03
    assert rows[:, Car.ACCEL].min() >= -friction * GRAVITY


def test_stopping_distance_is_that_of_grip_and_lag() -> None:
    speed = 100.0 / 3.6
    rows = run(at_speed(speed), parameters(SU7), 6.0, -20.0, 0.0)
    decel = 0.95 * GRAVITY
    shortest = speed**2 / (2.0 * decel)
    assert rows[-1, Car.SPEED] == 0.0
    assert shortest < rows[-1, Car.X] < shortest + 0.5 * speed


def test_a_brake_never_turns_the_motion_round() -> None:
    for speed, grade in ((3.0, 0.0), (3.0, 0.15), (3.0, -0.15), (0.0, 0.15)):
        rows = run(at_speed(speed), parameters(SEDAN), 5.0, -3.0, 0.0, grade)
        assert rows[:, Car.SPEED].min() == 0.0
        assert np.ptp(rows[-100:, Car.X]) == 0.0 and rows[-1, Car.ACCEL] == 0.0


def test_reverse_goes_backwards_up_to_its_top_speed() -> None:
    state, par = np.zeros(11), parameters(SEDAN)
    for _ in range(1500):
        car_step(state, -1.0, 0.1, True, 0.0, par, DT)
    assert state[Car.SPEED] == pytest.approx(-SEDAN.reverse_speed_max)
    assert state[Car.YAW_RATE] < 0.0
    for _ in range(1000):
        car_step(state, 2.0, 0.1, True, 0.0, par, DT)
    assert state[Car.SPEED] == 0.0


def test_acceleration_to_a_hundred_is_the_makers() -> None:
    rows = run(at_speed(0.0), parameters(SU7), 12.0, 20.0, 0.0)
    seconds = DT * np.argmax(rows[:, Car.SPEED] > 100.0 / 3.6)
    assert seconds == pytest.approx(5.28, abs=0.5)  # EVKX


def test_top_speed_holds() -> None:
    rows = run(at_speed(55.0), parameters(SU7), 20.0, 3.0, 0.0)
    assert rows[:, Car.SPEED].max() == pytest.approx(SU7.speed_max)


def test_the_wheels_turn_no_faster_and_no_further_than_they_can() -> None:
    rows = run(at_speed(2.0), parameters(SEDAN), 3.0, 0.0, 2.0)
    steering = rows[:, Car.STEERING]
    assert np.abs(np.diff(steering)).max() <= SEDAN.steering_rate_max * DT + 1e-12
    assert steering.max() <= SEDAN.steering_max


def test_actuators_lag_by_their_time_constant() -> None:
    rows = run(at_speed(10.0), parameters(SEDAN), 1.0, -1.0, 0.0)
    after_lag = rows[round(SEDAN.accel_lag / DT) - 1, Car.ACCEL]
    assert after_lag == pytest.approx(-(1.0 - math.exp(-1.0)), abs=0.01)


@pytest.mark.parametrize("speed", [0.0, 5.0, 30.0])
@pytest.mark.parametrize("grade", [-0.05, 0.0, 0.05])
def test_air_rolling_and_grade_resist(speed: float, grade: float) -> None:
    against = GRAVITY * math.sin(grade)
    against += 0.5 * 1.2041 * SEDAN.drag_area * speed**2 / SEDAN.mass  # dry air at 20 degrees and sea level
    against += GRAVITY * SEDAN.rolling_resistance * math.cos(grade) if speed > 0.0 else 0.0
    assert resistance(speed, grade, parameters(SEDAN)) == pytest.approx(against, rel=1e-4)


def test_a_steep_hill_takes_what_the_motor_has() -> None:
    par = parameters(SEDAN)
    assert accel_bounds(40.0, 0.1, par)[1] < accel_bounds(40.0, 0.0, par)[1] - 0.9
    par[Par.DRIVE_POWER] = 10_000.0
    rows = run(at_speed(30.0), par, 60.0, 1.0, 0.0, 0.1)
    assert 4.0 < rows[-1, Car.SPEED] < 6.0


@settings(max_examples=40, deadline=None)
@given(
    speed=st.floats(0, 50),
    commands=st.lists(st.tuples(st.floats(-20, 20), st.floats(-1.6, 1.6)), min_size=5, max_size=20),
    friction=st.floats(0.1, 1.2),
)
def test_no_command_breaks_the_model(speed: float, commands: list[tuple[float, float]], friction: float) -> None:
    state, par = at_speed(speed), parameters(SU7, friction)
    for accel, steering in commands:
        for _ in range(10):
            car_step(state, accel, steering, False, 0.0, par, DT)
            assert np.all(np.isfinite(state))
            assert 0.0 <= state[Car.SPEED] <= SU7.speed_max
            assert -math.pi < state[Car.YAW] <= math.pi
            assert abs(state[Car.YAW_RATE]) < 6.0
