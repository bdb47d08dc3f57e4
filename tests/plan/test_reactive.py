"""Re-scoring with traffic that reacts: what a merge costs when the one behind brakes for it."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.plan.cost.contact import contact_cost
from evpilot.plan.reactive import (
    ATTENTION,
    BRAKE_MOST,
    FIRM,
    IGNORED,
    TRUST_FROM,
    TRUST_FULL,
    courtesy,
    react,
    rescore,
    trust,
)
from evpilot.types.state import Array

BODY = np.array([1.4, 2.4, 0.95])  # rear axle to centre, half length, half width
HALF = np.array([2.3, 0.9])
STEPS = len(GRID)


def straight_roll(x: float, y: float, speed: float, shift: float = 0.0, yaw: float = 0.0) -> Array:
    """The car's rear axle at constant speed; shift [m] is what it moves to the left within 3 s."""
    roll = np.zeros((STEPS, len(Roll)))
    roll[:, Roll.X] = x + speed * GRID * math.cos(yaw)
    roll[:, Roll.Y] = y + speed * GRID * math.sin(yaw) + shift * np.minimum(GRID / 3.0, 1.0)
    roll[:, Roll.SPEED], roll[:, Roll.YAW] = speed, yaw
    roll[:, Roll.COS], roll[:, Roll.SIN] = math.cos(yaw), math.sin(yaw)
    return roll


def straight_box(x: float, y: float, speed: float, yaw: float = 0.0) -> Array:
    """A predicted box (51, 5) at constant speed."""
    c, s = math.cos(yaw), math.sin(yaw)
    columns = (x + speed * GRID * c, y + speed * GRID * s, 0.0 * GRID + c, 0.0 * GRID + s, 0.0 * GRID + speed)
    return np.ascontiguousarray(np.stack(columns, axis=1))


def rescored(roll: Array, *boxes: Array, polite: bool = True, rear: float = 500.0) -> tuple[Array, Array]:
    """Costs (11,) and firsts (4,) of one rollout whose first contact is with entry 0 and costs `rear` from behind."""
    count = len(boxes)
    costs, firsts = np.zeros((1, len(Cost))), np.array([[3.0, 0.0, 1.0, np.inf]])
    costs[0, Cost.REAR] = rear
    rescore(
        np.zeros(1, np.int64), roll[None], BODY, np.stack(boxes), np.tile(HALF, (count, 1)), np.ones(count),
        np.ones(count, np.bool_), np.full(count, polite), 60.0, firsts, costs,
    )  # fmt: skip
    return costs[0], firsts[0]


def plain_react(roll: Array, box: Array) -> tuple[Array, float]:
    """`react` without its short cuts: the nearest place by looking at all, boxes by interpolation."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(box[:, :2], axis=0).T))])
    runs, speeds, imposed = [0.0], [box[0, 4]], 0.0
    for step in range(STEPS - 1):
        dt = GRID[step + 1] - GRID[step]
        run, speed = runs[-1], speeds[-1]
        free = min((box[step + 1, 4] - speed) / dt, 2.0)
        accel = free
        at = int(np.argmin((box[:, 0] - roll[step, Roll.X]) ** 2 + (box[:, 1] - roll[step, Roll.Y]) ** 2))
        axis = np.array([[box[at, 2], box[at, 3]], [-box[at, 3], box[at, 2]]])
        own = np.array([roll[step, Roll.COS], roll[step, Roll.SIN]])
        along, across = axis @ (roll[step, :2] + BODY[0] * own - box[at, :2])
        turn = np.abs(axis @ own)
        long, wide = BODY[1] * turn[0] + BODY[2] * turn[1], BODY[1] * turn[1] + BODY[2] * turn[0]
        if GRID[step] >= ATTENTION and abs(across) - wide < HALF[1] + 0.3 and arc[at] + along > run:
            pace = roll[step, Roll.SPEED] * float(axis[0] @ own)
            gap = max(arc[at] + along - long - run - HALF[0], 0.01)
            wish = 1.0 + max(0.0, speed * 1.0 + speed * (speed - pace) / (2.0 * math.sqrt(2.0 * 3.0)))
            ease = 2.0 * (1.0 - (speed / max(1.2 * speed, 1.0)) ** 4)
            push = max(ease - 2.0 * (wish / gap) ** 2, -BRAKE_MOST)
            accel = min(free, push) if pace > 0.0 else free
            imposed = max(imposed, min(free, 0.0) - accel)
        after = max(speed + accel * dt, 0.0)
        runs.append(min(run + 0.5 * (speed + after) * dt, arc[step + 1]))
        speeds.append(after)
    place = np.array(runs)
    return np.stack([np.interp(place, arc, box[:, 0]), np.interp(place, arc, box[:, 1])], axis=1), imposed


@pytest.mark.parametrize(
    ("roll", "box"),
    [
        (straight_roll(0.0, 0.0, 8.0), straight_box(-20.0, 0.0, 14.0)),
        (straight_roll(5.0, -3.5, 10.0, shift=3.5), straight_box(-12.0, 0.0, 12.0)),
        (straight_roll(0.0, 0.0, 12.0, yaw=0.1), straight_box(-25.0, -2.0, 16.0, yaw=0.15)),
        (straight_roll(0.0, 0.0, 10.0), straight_box(30.0, 0.0, 10.0)),
    ],
)
def test_a_reaction_is_what_the_plain_model_says(roll: Array, box: Array) -> None:
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(box[:, :2], axis=0).T))])
    out = np.empty_like(box)
    imposed = react(roll, BODY, box, arc, HALF, np.empty((STEPS, 3)), out)
    places, expected = plain_react(roll, box)
    assert imposed == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(out[:, :2], places, atol=1e-6)


def test_a_contact_that_the_one_behind_avoids_shrinks_to_the_share_of_those_who_do_not_look() -> None:
    roll, behind = straight_roll(0.0, 0.0, 10.0), straight_box(-20.0, 0.0, 14.0)
    sure, first = np.zeros(len(Cost)), np.full(3, np.inf)
    window, one = np.array([[0.0], [float(STEPS)]]), np.ones(1)
    contact_cost(roll, BODY, behind[None], np.zeros(1, np.int64), window, HALF[None], one, one > 0.0, True, first, sure)
    assert sure[Cost.REAR] > 1.0
    costs, firsts = rescored(roll, behind, rear=float(sure[Cost.REAR]))
    assert first[0] > TRUST_FULL
    assert costs[Cost.REAR] == pytest.approx(IGNORED * sure[Cost.REAR])
    assert trust(TRUST_FROM) == 0.0 < trust(0.5 * (TRUST_FROM + TRUST_FULL)) < trust(first[0]) == 1.0 - IGNORED
    assert not np.isfinite(firsts[0]) and firsts[1] == -1.0


def test_who_cannot_escape_a_contact_stays_where_it_stands() -> None:
    """One comes straight at the car, which stands, or rolls off."""
    comes, one = straight_box(6.0, 0.5, 8.0, yaw=math.pi), np.ones(1)
    window, costs = np.array([[0.0], [float(STEPS)]]), []
    for speed in (0.0, 0.15, 1.0):
        cost, first = np.zeros(len(Cost)), np.full(3, np.inf)
        roll = straight_roll(0.0, 0.0, speed)
        contact_cost(
            roll, BODY, comes[None], np.zeros(1, np.int64), window, HALF[None], one, one > 0.0, False, first, cost
        )
        assert np.isfinite(first[0])
        costs.append(float(cost.sum()))
    assert costs[0] < 0.7 * min(costs[1:])


def test_cutting_in_closely_costs_more_than_with_room() -> None:
    merge = straight_roll(0.0, -3.5, 10.0, shift=3.5)
    close, _ = rescored(merge, straight_box(-8.0, 0.0, 13.0), rear=0.0)
    roomy, _ = rescored(merge, straight_box(-30.0, 0.0, 13.0), rear=0.0)
    assert close[Cost.COURTESY] > roomy[Cost.COURTESY]
    assert courtesy(FIRM + 1.0) > courtesy(FIRM) == 0.0


def test_nobody_across_no_walker_and_nobody_ahead_is_thought_to_give_way() -> None:
    roll = straight_roll(0.0, 0.0, 10.0)
    across = straight_box(40.0, -40.0, 10.0, yaw=0.5 * math.pi)
    for boxes, polite in (((across,), True), ((straight_box(-15.0, 0.0, 14.0),), False)):
        costs, firsts = rescored(roll, *boxes, polite=polite)
        assert costs[Cost.REAR] == 500.0 and costs[Cost.COURTESY] == 0.0
        assert firsts[0] == 3.0
    costs, _ = rescored(roll, straight_box(20.0, 0.0, 10.0))
    assert costs[Cost.REAR] == 500.0 and costs[Cost.COURTESY] == 0.0


def test_who_is_followed_at_a_distance_is_left_in_peace() -> None:
    costs, _ = rescored(straight_roll(0.0, 0.0, 12.0), straight_box(-60.0, 0.0, 12.0))
    assert costs[Cost.COURTESY] == 0.0 and costs[Cost.REAR] == 500.0
