"""How many different motions are weighed where there is a choice: enough however slowly the car goes."""

import numpy as np
import pytest
from driving_scenes import actor, drive, one_lane, scene
from planning_parts import boxes_of

from evpilot.plan import planner
from evpilot.plan.batch import Batch
from evpilot.plan.columns import GRID, Law, Prop, Roll
from evpilot.plan.planner import Planner
from evpilot.plan.scene import Scene
from evpilot.plan.variety import different, unite

FIVE = int(np.searchsorted(GRID, 5.0 - 1e-9)) + 1


def apart(rolls: np.ndarray) -> int:
    """How many motions differ by over 1 cm from each other within 5 s, one by one."""
    kept: list[np.ndarray] = []
    for one in rolls[:, :FIVE, :2]:
        if all(np.abs(one - other).max() > 0.01 for other in kept):
            kept.append(one)
    return len(kept)


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, np.ndarray]]:
    """Of every cycle that is driven from here on, each with all that could be done: how many different motions are
    counted, and the rollouts."""
    seen: list[tuple[int, np.ndarray]] = []
    vary = Planner._vary

    def kept(self: Planner, batch: Batch, now: Scene) -> Batch:
        varied = vary(self, batch, now)
        seen.append((different(varied.marks), varied.rolls.copy()))
        return varied

    monkeypatch.setattr(Planner, "_vary", kept)
    monkeypatch.setattr(Planner, "_calm", lambda *_: None)
    return seen


@pytest.mark.parametrize("speed", [0.0, 1.0, 3.0, 12.0])
def test_there_are_three_hundred_different_motions_behind_a_queue(
    weighed: list[tuple[int, np.ndarray]], speed: float
) -> None:
    run = drive(scene(one_lane(), actor(1, (28.0 + 2.0 * speed, 0.0)), speed=speed, seconds=4.0))
    assert len(weighed) >= 30
    assert min(count for count, _ in weighed) >= 300
    assert min(apart(rolls) for _, rolls in weighed[::10]) >= 290
    assert all(frame.decision is not None for frame in run.frames[:-1])


def united(rolls: np.ndarray, corridors: list[float], offsets: list[float]) -> tuple[list[float], int]:
    """Numbers of the proposals that are kept, and how many of them count as different; the last decision led to the
    middle of corridor 0."""
    props, marks = np.zeros((len(rolls), len(Prop))), np.zeros((len(rolls), 3), np.int64)
    props[:, Prop.CORRIDOR], props[:, Prop.OFFSET], props[:, Prop.P4] = corridors, offsets, np.arange(len(rolls))
    moved, boxes = rolls.copy(), boxes_of(rolls)
    count = unite(props, moved, boxes, np.array([0.0, 0.0]), marks, 0)
    assert np.array_equal(boxes[:count], boxes_of(moved[:count])), "each box belongs to its motion"
    return props[:count, Prop.P4].tolist(), different(marks[:count])


def test_motions_that_differ_by_less_than_a_centimetre_are_weighed_once() -> None:
    rolls = np.zeros((3, len(GRID), 11))
    rolls[1, 20:, 0], rolls[2, :, 1] = 0.003, 0.05
    assert united(rolls, [0.0, 0.0, 0.0], [0.0] * 3) == ([0.0, 2.0], 2)


def test_motions_that_differ_only_later_or_by_what_else_they_cost_are_weighed_but_not_counted() -> None:
    rolls = np.zeros((5, len(GRID), 11))
    rolls[1, -1, Roll.X], rolls[2, -1, Roll.SPEED] = 0.5, 0.5
    assert united(rolls, [0.0, 0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.5]) == (
        [0.0, 1.0, 2.0, 3.0, 4.0],
        1,
    )


def test_what_is_added_are_accelerations_between_those_proposed(weighed: list[tuple[int, np.ndarray]]) -> None:
    added: list[np.ndarray] = []
    more = planner.more
    try:
        planner.more = lambda *a: added.append(more(*a)) or added[-1]
        drive(scene(one_lane(), actor(1, (28.0, 0.0)), speed=1.0, seconds=1.0))
    finally:
        planner.more = more
    rows = np.concatenate(added)
    assert np.all(rows[:, Prop.LAW] == Law.RAMP) and np.all(np.abs(rows[:, Prop.P0]) <= 3.5)
    assert len(np.unique(rows[:, Prop.P0])) > 5


def test_what_is_kept_is_what_a_search_one_by_one_keeps() -> None:
    rng = np.random.default_rng(3)
    rolls = np.zeros((900, len(GRID), 11))
    rolls[:, -1, Roll.X] = rng.integers(0, 60, 900) * 0.02
    rolls[:, 20:, Roll.Y] = rng.integers(0, 10, 900)[:, None] * 0.02
    corridors, offsets = rng.integers(0, 2, 900).astype(float), rng.choice([0.0, 0.5], 900)
    seen: set[tuple[float, ...]] = set()
    kept: list[float] = []
    for r in range(900):
        other = corridors[r] != 0.0 or offsets[r] > 0.3
        motion = (rolls[r, -1, Roll.X], rolls[r, -1, Roll.Y], corridors[r], other)
        if motion not in seen:
            seen.add(motion)
            kept.append(r)
    assert united(rolls, corridors.tolist(), offsets.tolist()) == (kept, 10)
