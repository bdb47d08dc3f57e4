"""Room beside cyclists."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, Corridor, Cost, Prop, Ref, Roll, Span
from evpilot.plan.cost.passing import (
    BEHIND_COST,
    HELD_UP,
    PASSING_COST,
    TIME_COST,
    TIME_KEPT,
    missing_room,
    passing_cost,
    room_beside,
)

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


def priced(props: np.ndarray, rolls: np.ndarray, spans: np.ndarray, riders: np.ndarray, costs: np.ndarray) -> None:
    """`passing_cost` on one straight corridor along which 14 m/s would be driven, those who come from 1.75 m on."""
    corridors, table = np.zeros((1, len(Corridor))), np.zeros((400, len(Ref)))
    corridors[0, Corridor.COUNT], corridors[0, Corridor.WALL] = len(table), math.inf
    table[:, Ref.ONCOMING] = 1.75
    count = spans.shape[1]
    near = np.array([[count, *range(count)]])
    body = np.array([0.5 * (FRONT - REAR), 0.5 * (FRONT + REAR), HALF])
    passing_cost(
        props, rolls, corridors, table, spans, near, riders, np.ones(count), body, room_beside(14.0), 14.0, costs
    )


def test_who_ends_behind_a_rider_is_held_up_and_who_passed_is_not() -> None:
    props, costs = np.zeros((2, len(Prop))), np.zeros((2, len(Cost)))
    spans = np.ascontiguousarray(rider(20.0, 4.5)[None, None])
    priced(props, np.stack([motion(4.5, 0.0), motion(10.0, 2.0)]), spans, np.array([0]), costs)
    assert costs[:, Cost.PROGRESS].tolist() == pytest.approx([HELD_UP * (14.0 - 4.5), 0.0])


def test_nobody_ends_close_behind_a_rider_whom_there_is_no_room_to_pass() -> None:
    spans = np.ascontiguousarray(rider(20.0, 4.5, d=-1.5)[None, None])
    ends = np.array([-6.0, -1.5, -0.2, -0.2])  # [m] behind him, the last with the room to pass
    rolls = np.stack([motion(4.5, d) for d in (0.0, 0.0, 0.0, 1.2)])
    rolls[:, :, Roll.S] += (20.0 - 0.9 - FRONT + ends)[:, None]
    props, costs = np.zeros((4, len(Prop))), np.zeros((4, len(Cost)))
    priced(props, rolls, spans, np.array([0]), costs)
    far, near, beside, wide = costs[:, Cost.RULE]
    assert far == wide == 0.0 < near < beside == pytest.approx(BEHIND_COST, rel=0.2)


@pytest.mark.parametrize(("place", "dear"), [(130.0, True), (260.0, False)])
def test_in_the_lane_of_those_who_come_there_is_time_left_to_them(place: float, dear: bool) -> None:
    props, costs = np.zeros((1, len(Prop))), np.zeros((1, len(Cost)))
    out = motion(10.0, 2.0)
    out[GRID > 5.0, Roll.D] = 0.0
    spans = np.ascontiguousarray(np.stack([rider(20.0, 4.5), rider(place, -14.0, d=3.0)])[None])
    priced(props, out[None], spans, np.array([0]), costs)
    # when it is back, they meet after (place - 0.9 - FRONT - 24 m/s * 5 s) / 24 m/s
    short = max(0.0, 1.0 - (place - 0.9 - FRONT - 24.0 * 5.0) / 24.0 / TIME_KEPT)
    assert costs[0, Cost.RULE] == pytest.approx(TIME_COST * short**2, abs=0.25 * TIME_COST * short)
    assert (costs[0, Cost.RULE] > 10.0) == dear


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
    priced(props, motion(speed, d)[None], spans, np.array([0]), costs)
    assert (costs[0, Cost.RULE] > 0.3 * PASSING_COST) == dear
    assert (costs[0, Cost.RULE] == 0.0) == (not dear)


def test_out_of_town_it_is_more() -> None:
    assert room_beside(14.0) == pytest.approx(1.6)
    assert room_beside(28.0) == pytest.approx(2.1)
    assert room_beside(math.inf) == pytest.approx(1.6)
