"""Room beside who is on the road on foot."""

import numpy as np
import pytest
from driving_scenes import CAR, actor, centre, drive, front, one_lane, scene

from evpilot.plan.columns import GRID, Cost, Prop, Roll, Span
from evpilot.plan.cost.afoot import HARMFUL, NEAR_COST, PER_SPEED, ROOM, ROOM_MOST, afoot_cost, nearness
from evpilot.plan.cost.contact import certainty
from evpilot.runlog.record import Ego
from evpilot.types import ObjectKind

FRONT, REAR, HALF = 3.7, 1.0, 0.95


def motion(speed: float, d: float) -> np.ndarray:
    roll = np.zeros((len(GRID), len(Roll)))
    roll[:, Roll.S], roll[:, Roll.D], roll[:, Roll.SPEED] = speed * GRID, d, speed
    return roll


def walker(s: float, d: float, pace: float = 0.0) -> np.ndarray:
    """Somebody at s, d who walks across, to the left."""
    span = np.zeros((len(GRID), len(Span)))
    span[:, Span.S_LOW], span[:, Span.S_HIGH] = s - 0.3, s + 0.3
    span[:, Span.D_LOW], span[:, Span.D_HIGH] = d - 0.3 + pace * GRID, d + 0.3 + pace * GRID
    return span


def plain(roll: np.ndarray, span: np.ndarray) -> float:
    s, d, v = roll[1:, Roll.S], roll[1:, Roll.D], roll[1:, Roll.SPEED]
    beside = (s + FRONT >= span[1:, Span.S_LOW]) & (s - REAR <= span[1:, Span.S_HIGH])
    free = np.maximum(np.maximum(span[1:, Span.D_LOW] - d - HALF, d - HALF - span[1:, Span.D_HIGH]), 0.0)
    share = np.maximum(1.0 - free / np.minimum(ROOM + PER_SPEED * v, ROOM_MOST), 0.0)
    sure = np.array([certainty(float(t)) for t in GRID[1:]])
    worth = share * (0.5 + share) * np.minimum(v / HARMFUL, 1.0) ** 2 * sure
    return float(np.max(np.where(beside, worth, 0.0), initial=0.0))


def test_the_kernel_is_its_twin() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        roll = motion(float(rng.uniform(0.0, 25.0)), float(rng.uniform(-2.0, 2.0)))
        span = walker(float(rng.uniform(-5.0, 60.0)), float(rng.uniform(-4.0, 4.0)), float(rng.uniform(-1.5, 1.5)))
        assert nearness(roll, span, FRONT, REAR, HALF) == pytest.approx(plain(roll, span))


def test_slowly_or_with_room_is_cheaper_than_fast_and_near() -> None:
    rolls = np.stack([motion(20.0, 0.0), motion(2.0, 0.0), motion(20.0, 0.8)])
    spans = walker(10.0, -1.7)[None, None]
    costs = np.zeros((3, len(Cost)))
    body = np.array([0.5 * (FRONT - REAR), 0.5 * (FRONT + REAR), HALF])
    afoot_cost(np.zeros((3, len(Prop))), rolls, spans, np.array([0]), np.array([0.5]), body, costs)
    fast, slow, aside = costs[:, Cost.RULE]
    assert fast > 3.0 * slow and fast > 2.0 * aside
    assert fast < 1.5 * 0.5 * NEAR_COST


def test_somebody_who_stands_at_the_edge_of_the_lane_is_passed_with_room_or_slowly() -> None:
    person = actor(1, (150.0, -1.3), kind=ObjectKind.PEDESTRIAN, size=(0.5, 0.5))
    run = drive(scene(one_lane(), person, speed=14.0, seconds=30.0))
    middle = centre(run)
    beside = np.abs(middle[:, 0] - 150.0) < 0.5 * CAR.length + 0.25
    free = middle[beside, 1] - 0.5 * CAR.width + 1.3 - 0.25
    assert front(run)[-1] > 200.0
    assert np.all(free > ROOM)
    assert np.all(run.ego[beside, Ego.SPEED] < (free - ROOM) / PER_SPEED + 4.0)
