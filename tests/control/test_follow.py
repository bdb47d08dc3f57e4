"""The follower on the simulated car: how far it strays from its plan, at every speed, with lags, and in reverse."""

import dataclasses
import math

import numpy as np
import pytest

from evpilot.control.kernel import Knot, follow, follow_exact, pack, plan_at, tuning
from evpilot.guard.gate import bounds
from evpilot.runlog import Cmd, Ego
from evpilot.simulate.car import drive_exact, drive_tick
from evpilot.types import ROAD, VERDICT, Platform, Source, Trajectory
from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.dynamics import Car, ks_step, parameters
from evpilot.vehicle.powertrain.conditions import MILD
from evpilot.vehicle.powertrain.packing import packed

SEDAN, SU7, BMW = (platforms.load(key) for key in ("sedan", "su7", "bmw320i"))
FINE = 0.001


def powertrain(car: Platform) -> tuple[Array, ...]:
    """What `drive_tick` takes last: a powertrain with four fifths of its charge."""
    train = packed(car)
    return (*train.start(MILD), train.ev, train.losses, train.voltages)


NONE, FREE = np.zeros((0, 7)), np.zeros(4)


def motion(speed, curvature, seconds: float) -> tuple[Trajectory, Array]:
    """A trajectory with knots every 0.1 s from speed(t) and curvature(t), and the same finely: t, x, y, yaw, speed."""
    t = np.arange(round(seconds / FINE) + 1) * FINE
    v, k = speed(t) + 0 * t, curvature(t) + 0 * t
    yaw = integral(v * k)
    x, y = integral(v * np.cos(yaw)), integral(v * np.sin(yaw))
    knot = slice(None, None, 100)
    heading = np.arctan2(np.sin(yaw), np.cos(yaw))
    plan = Trajectory(
        t_ns=0,
        time=t[knot],
        pose=np.column_stack([x, y, 0 * x, heading])[knot],
        speed=v[knot],
        accel=np.gradient(v, FINE)[knot],
        curvature=k[knot],
    )
    return plan, np.column_stack([t, x, y, yaw, v])


def integral(rate: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * FINE)])


def start(plan: Trajectory, car: Platform) -> Array:
    state = np.zeros(11)
    state[Car.X], state[Car.Y], state[Car.YAW] = plan.pose[0, 0], plan.pose[0, 1], plan.pose[0, 3]
    state[Car.SPEED], state[Car.ACCEL] = plan.speed[0], plan.accel[0]
    state[Car.STEERING] = math.atan(plan.curvature[0] * car.wheelbase)
    return state


def drive(plan: Trajectory, fine: Array, car: Platform, offset: float = 0.0, believed: Platform | None = None):
    """Errors along, across and in speed at 100 Hz, in the plan's frame, and the commands."""
    state = start(plan, car)
    state[Car.Y] += offset
    steps = round(plan.time[-1] / 0.01) - 30  # the follower looks ahead, and beyond its end a plan brakes
    rows, commands = np.zeros((steps, 10)), np.zeros((steps, 3))
    last = np.array([state[Car.ACCEL], state[Car.STEERING]])
    drive_tick(
        state, pack(plan), 0.0, NONE, 0.0, FREE, last, parameters(car), tuning(believed or car), bounds(ROAD),
        0.0, 0, 0.01, rows, commands, *powertrain(car),
    )  # fmt: skip
    x, y, yaw, v = (np.interp(0.01 * np.arange(1, steps + 1), fine[:, 0], fine[:, k]) for k in range(1, 5))
    dx, dy = rows[:, 0] - x, rows[:, 1] - y
    along, across = dx * np.cos(yaw) + dy * np.sin(yaw), dy * np.cos(yaw) - dx * np.sin(yaw)
    return along, across, rows[:, 4] - v, commands


@pytest.mark.parametrize(
    ("speed", "bound"), [(1, 0.01), (3, 0.01), (5, 0.02), (8, 0.03), (12, 0.04), (20, 0.07), (30, 0.15), (45, 0.33)]
)
@pytest.mark.parametrize("car", [SEDAN, SU7, BMW], ids=lambda car: car.key)
def test_a_winding_road_at_two_metres_per_second_squared(speed: float, bound: float, car: Platform) -> None:
    amplitude = min(2.0 / speed**2, 0.12)
    plan, fine = motion(lambda t: speed + 0 * t, lambda t: amplitude * np.sin(t), 15.0)
    along, across, off, _ = drive(plan, fine, car)
    assert np.abs(across).max() < bound
    assert np.abs(along).max() < 0.03 and np.abs(off).max() < 0.03


@pytest.mark.parametrize("speed", [1.0, 5.0, 15.0, 30.0, 45.0])
def test_an_offset_is_taken_back_without_swinging(speed: float) -> None:
    plan, fine = motion(lambda t: speed + 0 * t, lambda t: 0 * t, 15.0)
    _, across, _, commands = drive(plan, fine, SEDAN, offset=0.5)
    assert np.abs(across[-100:]).max() < 0.04
    assert across.min() > -0.06
    assert np.abs(np.diff(commands[:, 1])).max() <= 0.5 * 0.01 + 1e-12


def test_braking_to_a_stop_ends_at_the_line_and_stays() -> None:
    speed = lambda t: np.maximum(12.0 - 2.0 * t, 0.0)  # noqa: E731
    plan, fine = motion(speed, lambda t: 0 * t, 10.0)
    along, _, off, _ = drive(plan, fine, SEDAN)
    assert abs(along[-1]) < 0.15
    assert np.ptp(along[-200:]) < 1e-9 and off[-1] == 0.0


@pytest.mark.parametrize("car", [SEDAN, SU7, BMW], ids=lambda car: car.key)
@pytest.mark.parametrize("speed", [1.0, 1.5, 3.0, 8.0])
def test_a_hard_stop_is_braked_to_the_end_and_held(speed: float, car: Platform) -> None:
    """A plan that brakes at 8 m/s2: the car, slower to answer, stands 0.25 s later at the most, and stays."""
    plan, _ = motion(lambda t: np.maximum(speed - 8.0 * t, 0.0), lambda t: 0 * t, 4.0)
    plan = dataclasses.replace(plan, accel=np.where(plan.speed > 0.0, -8.0, 0.0))
    state, rows, commands = start(plan, car), np.zeros((300, 10)), np.zeros((300, 3))
    state[Car.ACCEL] = 0.0
    drive_tick(
        state, pack(plan), 0.0, NONE, 0.0, FREE, np.zeros(2), parameters(car), tuning(car), bounds(ROAD),
        0.0, int(Source.GUARD), 0.01, rows, commands, *powertrain(car),
    )  # fmt: skip
    stands = int(np.argmax(rows[:, Ego.SPEED] <= 0.0))
    assert 0.01 * (stands + 1) < speed / 8.0 + 0.25
    assert np.all(rows[stands:, Ego.SPEED] == 0.0) and np.all(commands[stands:, Cmd.ACCEL] < 0.0)


def test_pulling_away_from_rest() -> None:
    plan, fine = motion(lambda t: 1.5 * t, lambda t: 0.05 + 0 * t, 5.0)
    along, across, off, _ = drive(plan, fine, SEDAN)
    assert np.abs(along).max() < 0.3 and np.abs(across).max() < 0.06 and np.abs(off).max() < 0.35


def test_reverse_along_a_bend() -> None:
    plan, fine = motion(lambda t: -1.5 * np.minimum(t, 1.0), lambda t: 0.08 * np.sin(0.5 * t), 12.0)
    along, across, _, _ = drive(plan, fine, SEDAN, offset=0.2)
    assert np.abs(across[-100:]).max() < 0.03
    assert np.abs(along[-100:]).max() < 0.05


def test_a_wrong_belief_about_the_car_is_bounded() -> None:
    plan, fine = motion(lambda t: 15.0 + 0 * t, lambda t: 0.008 * np.sin(t), 15.0)
    _, across, _, _ = drive(plan, fine, SU7, believed=BMW)
    assert np.abs(across).max() < 0.5


def twin_at(plan: Trajectory, fine: Array, seconds: float) -> list[float]:
    k = round(seconds / FINE)
    return fine[k, 1:].tolist()


def test_plan_between_its_knots_is_the_motion() -> None:
    plan, fine = motion(lambda t: 10.0 + np.sin(t), lambda t: 0.03 * np.sin(t), 5.0)
    packed = pack(plan)
    for seconds in np.arange(0.0, 4.9, 0.037).round(3):
        x, y, yaw, speed, _, curvature = plan_at(packed, seconds)
        expected = twin_at(plan, fine, seconds)
        assert (x, y) == pytest.approx(tuple(expected[:2]), abs=2e-4)
        assert (yaw, speed) == pytest.approx(tuple(expected[2:]), abs=2e-3)
        assert curvature == pytest.approx(0.03 * math.sin(seconds), abs=1e-4)


def test_beyond_its_end_a_plan_is_a_stop_along_the_last_bend() -> None:
    plan, _ = motion(lambda t: 10.0 + 0 * t, lambda t: 0.02 + 0 * t, 1.0)
    packed = pack(plan)
    x, y, yaw, speed, accel, curvature = plan_at(packed, 3.0)
    way = 10.0 + 10.0 * 2.0 - 0.5 * 2.5 * 4.0
    radius = 1.0 / 0.02
    assert (x, y) == pytest.approx((radius * math.sin(way / radius), radius * (1 - math.cos(way / radius))), abs=0.01)
    assert (yaw, speed, accel, curvature) == pytest.approx((way / radius, 5.0, -2.5, 0.02), abs=1e-3)
    assert plan_at(packed, 60.0)[3:5] == (0.0, 0.0)


def test_before_its_start_a_plan_is_its_first_knot() -> None:
    plan, _ = motion(lambda t: 10.0 + 0 * t, lambda t: 0 * t, 1.0)
    assert plan_at(pack(plan), -1.0)[:4] == (0.0, 0.0, 0.0, 10.0)


def test_a_plan_that_is_not_a_number_gives_a_command_that_is_none() -> None:
    plan, _ = motion(lambda t: 10.0 + 0 * t, lambda t: 0 * t, 1.0)
    for column in (Knot.X, Knot.SPEED, Knot.ACCEL, Knot.CURVATURE):
        packed = pack(plan)
        packed[:, column] = math.nan
        accel, steering, _ = follow(packed, 0.2, start(plan, SEDAN), tuning(SEDAN))
        assert math.isnan(accel) or math.isnan(steering)


def ks_plan(seed: int, dt: float, speed: float, wheelbase: float) -> Trajectory:
    """A plan that CommonRoad's KS model drove with random inputs within its limits."""
    random = np.random.Generator(np.random.Philox(seed))
    state, rows, accels = (0.0, 0.0, 0.0, speed, 0.0), [], []
    for k in range(60):
        rows.append(state)
        wish = math.atan(min(4.0 / max(state[3] ** 2, 1.0), 0.2) * wheelbase * math.sin(k * dt + random.uniform(0, 1)))
        rate = float(np.clip((wish - state[4]) / dt, -0.4, 0.4))
        accel = float(np.clip(random.normal(0.0, 1.5), -3.0, 2.0))
        accel = max(accel, -state[3] / dt) if state[3] < 1.0 else accel
        accels.append(accel)
        state = ks_step(*state, accel, rate, wheelbase, dt)
    table = np.array(rows)
    heading = np.arctan2(np.sin(table[:, 2]), np.cos(table[:, 2]))
    return Trajectory(
        t_ns=0,
        time=dt * np.arange(60),
        pose=np.column_stack([table[:, :2], np.zeros(60), heading]),
        speed=table[:, 3],
        accel=np.array(accels),
        curvature=np.tan(table[:, 4]) / wheelbase,
    )


def drive_ks(plan: Trajectory, dt: float, state: Array) -> Array:
    """Distance from the plan at each step of the exact car."""
    row, command, knots, par, train = np.zeros(10), np.zeros(3), pack(plan), parameters(BMW), powertrain(BMW)
    off = []
    for k in range(len(plan.time) - 1):
        drive_exact(
            state, knots, k * dt, NONE, 0.0, FREE, np.zeros(2), par, bounds(VERDICT), 0, dt, row, command, *train
        )
        off.append(math.hypot(*(row[:2] - plan.pose[k + 1, :2])))
    return np.array(off)


@pytest.mark.parametrize("dt", [0.1, 0.2, 0.25])
@pytest.mark.parametrize("speed", [2.0, 8.0, 14.0])
def test_exact_car_follows_a_ks_plan_exactly(dt: float, speed: float) -> None:
    for seed in range(5):
        plan = ks_plan(seed, dt, speed, BMW.wheelbase)
        assert drive_ks(plan, dt, start(plan, BMW)).max() < 1e-6


@pytest.mark.parametrize("dt", [0.1, 0.25])
def test_exact_car_comes_back_to_its_plan(dt: float) -> None:
    plan = ks_plan(1, dt, 8.0, BMW.wheelbase)
    state = start(plan, BMW)
    state[Car.X] += 0.3
    state[Car.Y] += 0.3
    off = drive_ks(plan, dt, state)
    assert off[-1] < 0.02 and off.max() < 0.6


def test_exact_inputs_are_within_the_models_limits() -> None:
    par = parameters(BMW)
    random = np.random.Generator(np.random.Philox(5))
    for _ in range(300):
        speed, bend, steering = random.uniform(0, 30), random.uniform(-0.3, 0.3), random.uniform(-1.0, 1.0)
        if speed**2 * abs(math.tan(steering)) / BMW.wheelbase > 11.0:
            continue
        plan, _ = motion(lambda t, v=speed: v + 5.0 * t, lambda t, k=bend: k + 0 * t, 1.0)
        state = np.zeros(11)
        state[Car.SPEED], state[Car.STEERING], state[Car.Y] = speed, steering, random.normal()
        accel, rate = follow_exact(pack(plan), 0.0, 0.1, state, par)
        assert abs(rate) <= 0.4 and abs(steering + 0.1 * rate) <= 1.066
        assert math.hypot(accel, speed**2 * math.tan(steering) / BMW.wheelbase) <= 11.5
        assert speed + 0.1 * accel >= -1e-12


def test_exact_car_stands_still_on_a_standing_plan() -> None:
    plan, _ = motion(lambda t: np.maximum(5.0 - 4.0 * t, 0.0), lambda t: 0 * t, 6.0)
    state = start(plan, BMW)
    drive_ks(plan, 0.1, state)
    assert state[Car.SPEED] == 0.0
    assert state[Car.X] == pytest.approx(plan.pose[-1, 0], abs=0.02)
