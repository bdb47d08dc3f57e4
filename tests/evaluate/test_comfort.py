"""The filter that the criteria of comfort are smoothed with."""

import itertools

import numpy as np
import pytest

from evpilot.evaluate.criteria.comfort import savgol

STEP = 0.01


@pytest.mark.parametrize("length", [4, 5, 40, 41, 42, 141, 500])
def test_the_filter_is_that_of_savitzky_and_golay(length: int) -> None:
    from scipy.signal import savgol_filter  # a second to import: not for the whole suite to wait for

    value = 5.0 + np.cumsum(np.random.default_rng(length).normal(size=length))
    for window, (order, derivative) in itertools.product((0.4, 0.7, 1.4), ((2, 0), (2, 1), (3, 0), (3, 2))):
        count = min(2 * round(0.5 * window / STEP) + 1, length)
        expected = savgol_filter(value, count, order, deriv=derivative, delta=STEP)
        found = savgol(value, window, STEP, order, derivative)
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max()), (window, order, derivative)


def test_the_acceleration_of_a_fall_is_found_at_its_ends_too() -> None:
    t = np.arange(100) * STEP
    assert savgol(3.0 * t - 4.9 * t**2, 0.4, STEP, 3, 2) == pytest.approx(np.full(100, -9.8))
    assert savgol(3.0 * t - 4.9 * t**2, 0.4, STEP, 2, 1) == pytest.approx(3.0 - 9.8 * t)


def test_of_too_few_samples_nothing_is_told() -> None:
    assert np.isnan(savgol(np.array([1.0, 2.0]), 0.4, STEP, 2)).all()
