"""What jolts those aboard: acceleration that turns into braking at once."""

import numpy as np
import pytest
from planning_parts import line

from evpilot.evaluate.criteria.comfort import JERK_WINDOW, smoothed
from evpilot.plan.arrays import JOLT
from evpilot.plan.columns import Cost, Roll
from evpilot.plan.cost.jolt import HALF, HARSH_JERK, JOLT_MOST, SPAN, STEP, Felt, even, harshest, jolt_cost


def cost_after(felt: float, *ahead: np.ndarray) -> np.ndarray:
    """What motions with these accelerations (20,) [m/s2] cost after an even one."""
    rolls = np.array([line() for _ in ahead])
    for roll, accel in zip(rolls, ahead, strict=True):
        roll[:SPAN, Roll.ACCEL] = accel
    costs = np.zeros((len(rolls), len(Cost)))
    jolt_cost(rolls, np.full(HALF, felt), JOLT, costs)
    return costs[:, Cost.COMFORT]


def towards(start: float, end: float, rate: float) -> np.ndarray:
    """From one acceleration to another at a jerk [m/s3]."""
    change = np.sign(end - start) * rate * STEP * np.arange(1, SPAN + 1)
    return np.clip(start + change, min(start, end), max(start, end))


def test_jerk_is_what_the_judge_finds() -> None:
    rng = np.random.default_rng(1)
    for accel in rng.normal(0.0, 2.0, (20, HALF + SPAN)):
        judged = smoothed(accel, JERK_WINDOW, STEP, 1)[HALF:-HALF]
        assert harshest(accel) == pytest.approx(np.abs(judged).max())
        assert not even(accel) or harshest(accel) < HARSH_JERK


def test_from_full_acceleration_hard_braking_costs_more_when_it_comes_at_once() -> None:
    at_once, eased, lighter = cost_after(
        2.0, towards(2.0, -3.0, 15.0), towards(2.0, -3.0, 3.5), towards(2.0, -1.5, 15.0)
    )
    assert at_once > 10.0
    assert eased == lighter == 0.0


def test_the_same_braking_is_no_jolt_where_the_car_brakes_already() -> None:
    assert cost_after(-1.0, towards(-1.0, -3.0, 15.0))[0] == 0.0


def test_letting_go_of_the_brake_at_once_is_one_too_and_no_jolt_costs_more_than_it_may() -> None:
    let_go, most = cost_after(-3.5, towards(-3.5, 0.4, 15.0), towards(-3.5, 9.0, 90.0))
    assert 0.0 < let_go < most == JOLT_MOST


def test_what_was_felt_is_known_at_even_steps_and_before_the_first_moment_it_is_the_same() -> None:
    felt = Felt()
    felt.take(0.0, 1.0)
    assert np.all(felt.before() == 1.0)
    for k in range(1, 40):
        felt.take(0.2 * k, float(k))
    assert felt.before() == pytest.approx(39.0 - 0.5 * np.arange(HALF, 0, -1))
