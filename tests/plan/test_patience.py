"""Who stands for nothing but fear of a near miss does not stand for ever."""

import pytest
from planning_parts import ego_at

from evpilot.plan.patience import FEARS, FREE, LASTS, LEAST, Patience


def after(seconds: float, speed: float = 0.0, free: bool = True, x: float = 50.0) -> Patience:
    """After so long at a place."""
    kept = Patience()
    for k in range(round(10.0 * seconds) + 1):
        kept.left(ego_at(x, speed=speed, t=0.1 * k), free)
    return kept


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(0.5 * FEARS, 1.0), (FEARS + 0.5 * LASTS, 0.5), (FEARS + 2.0 * LASTS, LEAST)],
)
def test_fear_fades_while_the_car_stands_and_nothing_forbids_to_go_on(seconds: float, left: float) -> None:
    ego = ego_at(50.0, speed=0.0, t=seconds + 0.1)
    assert after(seconds).left(ego, True) == pytest.approx(left, abs=0.03)
    assert after(seconds, free=False).left(ego, True) == 1.0
    assert after(seconds, speed=1.0).left(ego, True) == 1.0


def test_it_stays_so_until_the_car_has_got_away() -> None:
    kept = after(FEARS + LASTS)
    assert kept.left(ego_at(50.0 + 0.5 * FREE, speed=2.0, t=20.0), True) < 0.1
    assert kept.left(ego_at(50.0 + 1.5 * FREE, speed=4.0, t=22.0), True) == 1.0
    assert kept.left(ego_at(50.0 + 1.6 * FREE, speed=4.0, t=22.1), True) == 1.0


def test_as_long_as_a_rule_keeps_it_the_car_is_as_careful_as_ever_and_that_time_does_not_count() -> None:
    kept = after(FEARS + 0.5 * LASTS)
    for k in range(100):
        assert kept.left(ego_at(50.0, speed=0.0, t=20.0 + 0.1 * k), False) == 1.0
    assert kept.left(ego_at(50.0, speed=0.0, t=30.0), True) == pytest.approx(0.5, abs=0.05)
