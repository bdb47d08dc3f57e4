"""Every joule that leaves the battery is found again: the books are kept twice, and they agree."""

import numpy as np
import pytest
from motions import Rig

from evpilot.types import LOST, Spent
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.follow import bench
from evpilot.vehicle.cycles.traces import nedc
from evpilot.vehicle.dynamics import Car
from evpilot.vehicle.powertrain.conditions import Conditions

CLOSED = 1e-6  # of throughput
CARS = [platforms.load(key) for key in platforms.names()]


@pytest.mark.parametrize("key", platforms.names())
def test_the_balance_closes_on_a_cycle(key: str) -> None:
    run = bench(platforms.load(key), nedc())
    assert abs(run.imbalance) < CLOSED
    assert run.off == 0.0, "a car must be able to follow the trace"


def random_drive(number: int) -> Rig:
    """Any car in any weather, on hills and in bends, from an empty to a full battery."""
    random = np.random.Generator(np.random.Philox(number))
    conditions = Conditions(
        charge=float(random.choice([0.0, 0.02, 0.5, 0.99, 1.0, random.uniform()])),
        temperature=float(random.uniform(243.0, 318.0)),
        wind=(float(random.uniform(-15, 15)), float(random.uniform(-15, 15))),
        health=float(random.uniform(0.7, 1.0)),
    )
    rig = Rig(CARS[number % len(CARS)], conditions, float(random.uniform(0, 40)), random.uniform(0.1, 1.0))
    for _ in range(6):
        rig.drive(0.6, random.uniform(-9, 6), random.uniform(-0.1, 0.1), random.uniform(-0.12, 0.12))
    return rig


def test_the_balance_closes_on_a_thousand_random_drives() -> None:
    worst = max(abs(random_drive(number).imbalance()) for number in range(1000))
    assert worst < CLOSED


@pytest.mark.parametrize("missing", LOST)
def test_a_loss_that_nobody_books_is_found(missing: Spent) -> None:
    rig = Rig(platforms.load("sedan"), Conditions(temperature=268.0), 10.0)
    rig.drive(3.0, 1.5, 0.06)
    rig.drive(4.0, -6.0, -0.05)
    assert abs(rig.imbalance()) < CLOSED < abs(rig.imbalance(missing))


def test_what_a_hill_takes_it_gives_back() -> None:
    rig = Rig(platforms.load("sedan"), speed=15.0)
    rig.drive(10.0, 0.0, 0.0, 0.05)
    up = rig.spent[Spent.GRADE]
    rig.drive(10.0, 0.0, 0.0, -0.05)
    assert up > 1e5 and abs(rig.spent[Spent.GRADE]) < 0.01 * up
    assert rig.spent[Spent.RECUPERATED] > 0.3 * up


def test_a_bend_costs_more_than_the_straight() -> None:
    straight, bend = (Rig(platforms.load("sedan"), speed=15.0) for _ in range(2))
    straight.drive(10.0, 0.0)
    bend.drive(10.0, 0.0, 0.05)
    # the tyres' slip angles, by hand: each axle's force squared over its stiffness, times the way
    car = bend.platform
    force = car.mass * 15.0 * bend.state[Car.YAW_RATE]
    front, rear = force * car.cg_to_rear / car.wheelbase, force * car.cg_to_front / car.wheelbase
    by_hand = (front**2 / car.cornering_front + rear**2 / car.cornering_rear) * 150.0
    assert straight.spent[Spent.CORNERING] == 0.0
    assert bend.spent[Spent.CORNERING] == pytest.approx(by_hand, rel=0.1)
    assert bend.spent[Spent.DRAWN] - straight.spent[Spent.DRAWN] > by_hand


def test_a_car_that_spins_is_not_pushed_by_what_is_not_there() -> None:
    """However wild the motion, the battery gives no more than it can."""
    for number in range(0, 200, 5):
        rig = random_drive(number)
        rows = rig.drive(2.0, 3.0, 0.1)
        assert rows[:, Car.POWER].max() < 1.3 * rig.platform.powertrain.battery_power  # type: ignore[union-attr]
        assert np.abs(rows[:, Car.LATERAL_SPEED]).max() < 45.0
