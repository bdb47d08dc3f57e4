"""What benchmarks/eco.py tells of pairs of drives."""

import math

import numpy as np
import pytest
from eco import Drive, compared, share_of_optimum, together


def made(seconds: float, energy: float, *, wait: float = 0.0, arrived: bool = True, least: float = math.nan) -> Drive:
    """A drive over 1000 m that uses its energy evenly, and stands for a while after 600 m."""
    way = np.linspace(0.0, 1000.0, 501)
    track = np.stack([way, seconds * way / 1000.0 + wait * (way > 600.0), energy * way / 1000.0], axis=1)
    return Drive(arrived, seconds + wait, 1000.0, energy, 1.0, 0, energy, least, track)


def test_sums_are_compared_and_their_error_told() -> None:
    same = [(made(100.0, 50.0), made(103.0, 45.0)), (made(200.0, 80.0), made(206.0, 72.0))]
    assert compared(same, "seconds") == pytest.approx((0.03, 0.0))
    assert compared(same, "energy") == pytest.approx((-0.1, 0.0))
    spread = [*same, (made(100.0, 50.0), made(100.0, 55.0))]
    change, error = compared(spread, "energy")
    assert change == pytest.approx(172.0 / 180.0 - 1.0)
    assert error > 0.05


def test_a_pair_of_which_one_did_not_arrive_is_left_out() -> None:
    pairs = [(made(100.0, 50.0), made(103.0, 45.0)), (made(100.0, 50.0), made(300.0, 10.0, arrived=False))]
    assert compared(pairs, "energy")[0] == pytest.approx(-0.1)
    assert math.isnan(compared(pairs[1:], "energy")[0])


def test_what_chance_parts_is_compared_up_to_there() -> None:
    parted = (made(100.0, 50.0), made(102.0, 40.0, wait=30.0))
    metres, time, energy = together([parted])
    assert 590.0 <= metres <= 600.0
    assert time == pytest.approx(0.02)
    assert energy == pytest.approx(-0.2)


def test_the_share_is_of_what_could_be_saved_in_the_same_time() -> None:
    assert share_of_optimum([(made(100.0, 50.0), made(100.0, 45.0, least=40.0))]) == pytest.approx(0.5)
