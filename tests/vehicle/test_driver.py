"""Car-following and lane changes against their papers' formulas."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.vehicle.driver import BRAKE_LIMIT, idm_accel, idm_accels, mobil_gain, mobil_wants

DRIVER = (2.0, 1.5, 1.5, 3.0)  # s0, headway, accel, brake


def paper(speed: float, wanted: float, gap: float, closing: float) -> float:
    s0, headway, accel, brake = DRIVER
    wish = s0 + max(0.0, speed * headway + speed * closing / (2.0 * math.sqrt(accel * brake)))
    return accel * (1.0 - (speed / wanted) ** 4 - (wish / gap) ** 2)


@settings(deadline=None)
@given(speed=st.floats(0, 30), wanted=st.floats(30, 40), gap=st.floats(10, 200), closing=st.floats(-10, 10))
def test_idm_is_the_papers(speed: float, wanted: float, gap: float, closing: float) -> None:
    expected = max(paper(speed, wanted, gap, closing), -BRAKE_LIMIT)
    assert abs(idm_accel(speed, wanted, gap, closing, *DRIVER) - expected) < 1e-9


@settings(deadline=None)
@given(speed=st.floats(0, 60), wanted=st.floats(-1, 60), gap=st.floats(-5, 1e9), closing=st.floats(-60, 60))
def test_idm_is_always_a_possible_acceleration(speed: float, wanted: float, gap: float, closing: float) -> None:
    accel = idm_accel(speed, wanted, gap, closing, *DRIVER)
    assert -BRAKE_LIMIT <= accel <= DRIVER[2]


def test_nobody_ahead_is_a_free_road() -> None:
    assert idm_accel(0.0, 15.0, math.inf, 0.0, *DRIVER) == DRIVER[2]
    assert idm_accel(15.0, 15.0, math.inf, 0.0, *DRIVER) == 0.0
    assert idm_accel(40.0, 15.0, math.inf, 0.0, *DRIVER) == -DRIVER[3]


def test_a_queue_settles_at_the_wanted_gap() -> None:
    speed, gap = 20.0, 60.0
    for _ in range(2000):
        accel = idm_accel(speed, 30.0, gap, speed - 15.0, *DRIVER)
        speed = max(0.0, speed + 0.05 * accel)
        gap += 0.05 * (15.0 - speed)
    wish = (2.0 + 1.5 * 15.0) / math.sqrt(1.0 - 0.5**4)
    assert abs(speed - 15.0) < 0.01 and abs(gap - wish) < 0.1


def test_array_twin_agrees() -> None:
    random = np.random.Generator(np.random.Philox(3))
    columns = [random.uniform(low, high, 50) for low, high in ((0, 30), (5, 40), (0.1, 90), (-9, 9))]
    driver = [np.full(50, value) for value in DRIVER]
    found = idm_accels(*columns, *driver)
    one = [idm_accel(*(float(column[k]) for column in columns), *DRIVER) for k in range(50)]
    assert found.tolist() == one


def test_mobil_weighs_the_others_by_politeness_and_keeps_them_safe() -> None:
    assert mobil_gain(1.0, 0.2, -1.0, 0.0, 0.5, 0.0, 0.0) == 0.8
    assert abs(mobil_gain(1.0, 0.2, -1.0, 0.0, 0.5, 0.0, 1.0) - 0.3) < 1e-12
    assert mobil_wants(0.8, -1.0, 1.0, 0.2, 2.0)
    assert not mobil_wants(0.8, -2.5, 1.0, 0.2, 2.0)
    assert not mobil_wants(0.8, -1.0, -2.5, 0.2, 2.0)
    assert not mobil_wants(0.1, -1.0, 1.0, 0.2, 2.0)
