"""The RSS monitor: the formulas as published, who broke a distance, and that it decides no verdict."""

from itertools import pairwise

import numpy as np
import pytest

from evpilot.evaluate.criteria.rss import By, nearest, safe_behind, safe_beside, safe_oncoming


def _stop(speed: float, reaction: float, brake: float) -> float:
    return speed * reaction + 0.5 * 3.5 * reaction**2 + (speed + 3.5 * reaction) ** 2 / (2 * brake)


def _side(speed: float, reaction: float) -> float:
    after = speed + 0.2 * reaction
    return 0.5 * (speed + after) * reaction + after * abs(after) / 1.6


@pytest.mark.parametrize(("speed", "other"), [(0.0, 0.0), (20.0, 20.0), (30.0, 5.0), (5.0, 30.0)])
def test_distances_are_those_published(speed: float, other: float) -> None:
    assert safe_behind(speed, other, 1.0) == pytest.approx(max(_stop(speed, 1.0, 4.0) - other**2 / 16.0, 0.0))
    assert safe_oncoming(speed, other) == pytest.approx(_stop(speed, 1.0, 3.0) + _stop(other, 2.0, 4.0))


@pytest.mark.parametrize(("speed", "other"), [(0.0, 0.0), (0.5, 0.0), (0.0, 1.2), (-1.0, 1.0)])
def test_room_beside_is_that_published(speed: float, other: float) -> None:
    assert safe_beside(speed, other) == pytest.approx(0.1 + max(_side(speed, 1.0) + _side(other, 2.0), 0.0))


def measured(made, ego, *others, **how):
    found = made.verdict(ego, others=others, **how)
    return found.metric("rss"), found.metric("rss_outside").value[0], found.metric("rss_broken_by_car").value[0]


def test_who_keeps_its_distance_is_safe(made):
    rss, outside, own = measured(made, made.cruise(20.0), made.Other(made.cruise(20.0, x=75.0), name=3))
    assert rss.passed is True and outside == own == 0.0 and rss.cause_id[0] == 3
    half = made.CAR.length / 2 + 2.25
    assert rss.value[0] == pytest.approx(75.0 - half - safe_behind(20.0, 20.0, 1.0))


def test_a_driver_who_closes_up_breaks_it(made):
    rss, outside, own = measured(made, made.cruise(25.0), made.Other(made.cruise(15.0, x=130.0)), seconds=7.0)
    assert rss.passed is False and 0.0 < own == outside < 7.0


def test_who_is_cut_in_on_has_not_broken_it(made):
    cutter = made.Other(made.through([0.0, 2.0, 5.0, 8.0], [20.0, 60.0, 120.0, 180.0], [3.5, 3.5, 0.0, 0.0]))
    rss, outside, own = measured(made, made.cruise(20.0), cutter)
    assert rss.passed is False and outside > 2.0 and own == 0.0


def test_who_cuts_in_before_a_faster_car_has_broken_it(made):
    ego = made.through([0.0, 2.0, 5.0, 8.0], [50.0, 90.0, 150.0, 210.0], [0.0, 0.0, 3.5, 3.5])
    rss, outside, own = measured(made, ego, made.Other(made.cruise(22.0, x=20.0, y=3.5)))
    assert rss.passed is False and own == pytest.approx(outside) and own > 0.5


def test_who_is_tailgated_has_not_broken_it(made):
    _, outside, own = measured(made, made.cruise(15.0, x=150.0), made.Other(made.cruise(25.0, x=20.0)))
    assert outside > 1.0 and own == 0.0


def test_beside_on_another_lane_and_behind_a_stand_nobody_is_in_danger(made):
    assert measured(made, made.cruise(20.0), made.Other(made.cruise(20.0, x=5.0, y=3.5)))[1] == 0.0
    assert measured(made, made.cruise(0.0), made.Other(made.cruise(0.0, x=7.0)))[1] == 0.0
    assert (
        measured(made, made.cruise(20.0), made.Other(made.cruise(10.0, x=30.0, yaw=np.pi / 2)), seconds=1.0)[1] == 0.0
    )


def test_it_decides_nothing(made):
    good = made.verdict(made.cruise(10.0))
    near = made.verdict(made.cruise(10.0), others=(made.Other(made.cruise(10.0, x=25.0)),))
    assert near.metric("rss").passed is False and near.shortfalls == good.shortfalls and near.score == good.score


def test_the_nearest_of_a_tick_is_as_numpy_says():
    rng = np.random.default_rng(5)
    start = np.array([0, 0, 3, 4, 9, 12])
    margin, ids = rng.choice([-1.0, 2.0, 3.0, np.inf], 12), rng.permutation(12)
    margin[9:] = np.inf
    by = rng.choice([By.NOBODY, By.CAR, By.OTHER], 12).astype(np.int64)
    least, who, danger, own = nearest(margin, by, start, ids)
    for tick, (first, last) in enumerate(pairwise(start)):
        rows = slice(first, last)
        assert least[tick] == margin[rows].min(initial=np.inf)
        assert who[tick] == (ids[rows][margin[rows].argmin()] if np.isfinite(least[tick]) else -1)
        assert danger[tick] == np.any(by[rows] != By.NOBODY)
        assert own[tick] == np.any(by[rows] == By.CAR)
