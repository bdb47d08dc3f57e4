"""What a regulation asks of a motion, against a plain reckoning."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, Corridor, Cost, Prop, Ref, Roll, Span
from evpilot.plan.cost.changing import GENTLE, REFUSED, ROUGH, changing_cost
from evpilot.plan.cost.headway import HEADWAY_COST, SPARE, headway_cost
from evpilot.plan.cost.lines import KEPT, KEPT_SPARE, LINE_MOST, LINE_RATE, lane_kept_cost

BODY = np.array([1.4, 2.3, 0.9])
FRONT, REAR, HALF = 3.7, 0.9, 0.9


def motion(speed: float, across: np.ndarray, bend: float = 0.0) -> np.ndarray:
    roll = np.zeros((1, len(GRID), len(Roll)))
    roll[0, :, Roll.SPEED], roll[0, :, Roll.S], roll[0, :, Roll.D] = speed, 100.0 + speed * GRID, across
    roll[0, :, Roll.CURVATURE] = bend
    return roll


def someone(low: float, speed: float, d: float = 0.0) -> np.ndarray:
    spans = np.zeros((2, 1, len(GRID), len(Span)))
    spans[..., Span.S_LOW] = low + speed * GRID
    spans[..., Span.S_HIGH] = spans[..., Span.S_LOW] + 4.5
    spans[..., Span.D_LOW], spans[..., Span.D_HIGH], spans[..., Span.SPEED] = d - 0.9, d + 0.9, speed
    return spans


@pytest.mark.parametrize("gap", [5.0, 15.0, 24.0, 40.0])
def test_a_headway_costs_in_proportion_to_what_is_missing(gap: float) -> None:
    speed, costs = 15.0, np.zeros((1, len(Cost)))
    near = np.array([[1, 0], [1, 0]])
    headway_cost(
        np.zeros((1, len(Prop))), motion(speed, np.zeros(len(GRID))), someone(100.0 + FRONT + gap, speed), near,
        np.ones(1), FRONT, HALF, np.array([1.0, 0.036, 1.6]), costs,
    )  # fmt: skip
    wanted = SPARE * speed * (1.0 + 0.036 * speed)
    assert costs[0, Cost.CLEARANCE] == pytest.approx(HEADWAY_COST * max(1.0 - gap / wanted, 0.0) * GRID[-1])


def changing(roll: np.ndarray, spans: np.ndarray, reached: bool = False, slow: float = 0.0) -> float:
    props, costs = np.zeros((1, len(Prop))), np.zeros((1, len(Cost)))
    props[0, Prop.CORRIDOR] = 1
    corridors = np.zeros((2, len(Corridor)))
    corridors[1, Corridor.D], corridors[:, Corridor.COUNT] = -1.0 if reached else -3.5, 500
    corridors[0, Corridor.D] = 2.5 if reached else 0.0
    asked = np.array([0.4, 3.0, 1.0, 1.0, slow])
    changing_cost(props, roll, corridors, np.zeros((500, len(Ref))), spans, np.ones(1), BODY, asked, costs)
    return float(costs[0, Cost.RULE])


ACROSS = -3.5 + 3.5 * np.clip(GRID / 5.0, 0.0, 1.0)


def test_a_change_before_a_fast_car_near_behind_is_refused_and_one_with_room_is_not() -> None:
    speed, rear = 22.0, 30.0
    assert changing(motion(speed, ACROSS), someone(60.0, rear)) > 0.5 * REFUSED
    assert changing(motion(speed, ACROSS), someone(0.0, rear)) == 0.0
    assert changing(motion(speed, ACROSS), someone(125.0, rear)) == 0.0, "who is ahead by then has passed"
    assert changing(motion(speed, ACROSS), someone(60.0, rear, d=-3.5)) == 0.0, "who stays on our lane"


@pytest.mark.parametrize(("rear", "share"), [(7.0, 0.0), (12.0, 0.5), (20.0, 1.0)])
def test_in_slow_traffic_who_comes_from_behind_lets_one_in(rear: float, share: float) -> None:
    beside = someone(100.0, rear)
    least = changing(motion(rear, ACROSS), beside, slow=8.0)
    assert least == pytest.approx(math.sqrt(share) * changing(motion(rear, ACROSS), beside))
    assert changing(motion(rear, ACROSS), beside) > 0.9 * REFUSED


def test_who_is_over_the_line_already_is_not_held_up_by_who_comes_from_behind() -> None:
    across = -1.0 + 1.0 * np.clip(GRID / 2.0, 0.0, 1.0)
    assert changing(motion(22.0, across), someone(60.0, 30.0), reached=True) == 0.0


def test_a_rough_change_costs() -> None:
    bend = 1.7 / 22.0**2
    far = someone(-500.0, 22.0)
    assert changing(motion(22.0, ACROSS, bend), far) == pytest.approx(ROUGH * (1.7 / GENTLE - 1.0))
    assert changing(motion(22.0, ACROSS, 0.8 / 22.0**2), far) == 0.0


@pytest.mark.parametrize(("d", "over"), [(0.0, 0.0), (0.7, 0.0), (1.0, 0.15 + KEPT_SPARE), (-1.2, 0.35 + KEPT_SPARE)])
def test_a_kept_lane_is_left_at_no_price(d: float, over: float) -> None:
    props, costs, corridors = np.zeros((1, len(Prop))), np.zeros((1, len(Cost))), np.zeros((1, len(Corridor)))
    corridors[0, Corridor.COUNT] = 500
    table = np.zeros((500, len(Ref)))
    table[:, Ref.LEFT], table[:, Ref.RIGHT], table[:, Ref.ONCOMING] = 1.75, -1.75, math.inf
    lane_kept_cost(props, motion(10.0, np.full(len(GRID), d)), corridors, table, FRONT, REAR, HALF, costs)
    wanted = KEPT * LINE_RATE * min(over, LINE_MOST) * GRID[-1]
    assert costs[0, Cost.RULE] == pytest.approx(wanted, rel=0.06)
