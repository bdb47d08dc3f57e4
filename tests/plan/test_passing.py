"""Room beside cyclists."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, Cost, Prop, Roll, Span
from evpilot.plan.cost.passing import PASSING_COST, missing_room, passing_cost, room_beside

FRONT, REAR, HALF = 3.7, 1.0, 0.95


def motion(speed: float, d: float) -> np.ndarray:
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D], roll[:, Roll.SPEED] = speed * GRID, d, speed
    return roll


def rider(s: float, speed: float, d: float = -1.0) -> np.ndarray:
    span = np.zeros((len(GRID), len(Span)))
    span[:, Span.S_LOW], span[:, Span.S_HIGH] = s - 0.9 + speed * GRID, s + 0.9 + speed * GRID
    span[:, Span.D_LOW], span[:, Span.D_HIGH], span[:, Span.SPEED] = d - 0.3, d + 0.3, speed
    return span


def plain(roll: np.ndarray, span: np.ndarray, wanted: float) -> float:
    s, d = roll[:, Roll.S], roll[:, Roll.D]
    beside = (s + FRONT >= span[:, Span.S_LOW]) & (s - REAR <= span[:, Span.S_HIGH])
    beside &= roll[:, Roll.SPEED] >= span[:, Span.SPEED] + 0.8
    free = np.maximum(np.maximum(span[:, Span.D_LOW] - d - HALF, d - HALF - span[:, Span.D_HIGH]), 0.0)
    return float(np.max(np.where(beside, wanted - free, 0.0), initial=0.0))


def test_the_kernel_is_its_twin() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        roll = motion(float(rng.uniform(0.0, 15.0)), float(rng.uniform(-1.0, 4.0)))
        span = rider(float(rng.uniform(-10.0, 40.0)), float(rng.uniform(0.0, 8.0)), float(rng.uniform(-2.0, 2.0)))
        assert missing_room(roll, span, FRONT, REAR, HALF, 1.6) == pytest.approx(max(plain(roll, span, 1.6), 0.0))


@pytest.mark.parametrize(
    ("speed", "d", "dear"),
    [
        (10.0, 0.0, True),  # 0.35 m beside the handlebar
        (10.0, 2.0, False),  # 1.75 m
        (4.6, 0.0, False),  # rides along behind
    ],
)
def test_passing_close_is_dear_and_following_is_not(speed: float, d: float, dear: bool) -> None:
    props, costs = np.zeros((1, len(Prop))), np.zeros((1, len(Cost)))
    spans = np.ascontiguousarray(rider(20.0, 4.5)[None, None])
    passing_cost(
        props, motion(speed, d)[None], spans, np.array([0]), np.ones(1), FRONT, REAR, HALF, room_beside(14.0), costs
    )
    assert (costs[0, Cost.RULE] > 0.3 * PASSING_COST) == dear
    assert (costs[0, Cost.RULE] == 0.0) == (not dear)


def test_out_of_town_it_is_more() -> None:
    assert room_beside(14.0) == pytest.approx(1.6)
    assert room_beside(28.0) == pytest.approx(2.1)
    assert room_beside(math.inf) == pytest.approx(1.6)
