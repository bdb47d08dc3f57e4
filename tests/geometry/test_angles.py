"""Angles stay in (-pi, pi] and turn the short way."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.geometry.angles import blend, wrap

ANGLES = st.floats(-1e4, 1e4)


@given(ANGLES)
def test_wrap_keeps_the_direction_within_half_a_turn(angle: float) -> None:
    turned = wrap(angle)
    assert -math.pi < turned <= math.pi
    assert math.cos(turned) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(turned) == pytest.approx(math.sin(angle), abs=1e-9)


@pytest.mark.parametrize("angle", [math.pi, -math.pi, 3.0 * math.pi])
def test_half_a_turn_is_plus_pi(angle: float) -> None:
    assert wrap(angle) == pytest.approx(math.pi)


@given(ANGLES, st.floats(-3.1, 3.1), st.floats(0.0, 1.0))
def test_blend_goes_the_short_way(start: float, turn: float, share: float) -> None:
    assert wrap(blend(start, start + turn, share) - start - share * turn) == pytest.approx(0.0, abs=1e-7)
