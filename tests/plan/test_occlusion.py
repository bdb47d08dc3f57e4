"""Past what hides the road beside it the car drives slower, or further away."""

import numpy as np
import pytest
from driving_scenes import CAR, actor, centre, drive, one_lane, reasons, scene
from planning_parts import briefing, ego_at

from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import GRID, Cost, Prop, Roll
from evpilot.plan.occlusion import SLOWEST, hidden_places
from evpilot.plan.road import Road
from evpilot.plan.surprises import RISK, surprise_cost
from evpilot.types import LaneGraph, ObjectKind, Tracks


def standing(x: float, y: float, length: float = 6.0, kind: ObjectKind = ObjectKind.PARKED) -> Tracks:
    state = np.zeros((1, 7))
    state[0, :2] = x, y
    return Tracks(
        t_ns=0, id=np.array([1]), kind=np.array([kind], np.uint8), state=state, velocity=np.zeros((1, 2)),
        cov=np.zeros((1, 6, 6)), size=np.array([[length, 2.0]]), age=np.ones(1), signals=np.zeros(1, np.uint8),
        valid=np.ones(1, np.bool_),
    )  # fmt: skip


def places(graph: LaneGraph, x: float, tracks: Tracks) -> np.ndarray:
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(x))
    return hidden_places(ways, tracks, CAR, 1.0)


@pytest.mark.parametrize(
    ("x", "van", "limit", "count"),
    [
        (50.0, (80.0, -2.9), 14.0, 1),
        (50.0, (80.0, 2.9), 14.0, 1),
        (82.0, (80.0, -2.9), 14.0, 0),  # passed: one sees behind it
        (50.0, (80.0, -6.0), 14.0, 0),  # far aside
        (50.0, (80.0, -2.9), 33.0, 0),  # nobody walks on a motorway
        (50.0, (80.0, 0.0), 14.0, 0),  # in our way: passed on a detour
    ],
)
def test_the_place_behind_a_parked_van_is_hidden_until_we_see_past_it(x, van, limit, count) -> None:
    found = places(one_lane(limit), x, standing(*van))
    assert len(found) == count
    if count:
        assert found[0, 1] == pytest.approx(83.4, abs=0.1)
        assert abs(found[0, 2]) == pytest.approx(1.9, abs=0.05)


def test_what_hides_nobody_is_passed_as_if_it_were_not_there() -> None:
    assert len(places(one_lane(), 50.0, standing(80.0, -2.9, 0.4, ObjectKind.CONE))) == 0


@pytest.mark.parametrize(("speed", "d", "free"), [(13.0, 0.0, False), (13.0, 1.0, True), (SLOWEST, 0.0, True)])
def test_slow_or_far_is_free_and_fast_and_near_costs(speed: float, d: float, free: bool) -> None:
    props, costs = np.zeros((1, len(Prop))), np.zeros((1, len(Cost)))
    rolls = np.zeros((1, len(GRID), len(Roll)))
    rolls[0, :, Roll.S], rolls[0, :, Roll.D], rolls[0, :, Roll.SPEED] = speed * GRID, d, speed
    surprise_cost(props, rolls, np.array([[0.0, 25.0, -1.9, 15.0, 4.5, SLOWEST, 20.0, -1.0]]), 3.7, 0.95, costs)
    assert (costs[0, Cost.RULE] == 0.0) == free
    if not free:
        assert costs[0, Cost.RULE] == pytest.approx(RISK * (speed - 15.0 * (0.95 - 0.3)) ** 2)


def test_a_parked_van_is_passed_slower_or_further_away_than_an_empty_kerb() -> None:
    van = actor(1, (90.0, -2.9), kind=ObjectKind.PARKED, size=(6.0, 2.0))
    run = drive(scene(one_lane(14.0), van, speed=13.5, seconds=8.0))
    at = int(np.argmax(centre(run)[:, 0] > 92.0))
    gap = centre(run)[at, 1] + 1.9 - 0.5 * CAR.width
    assert run.ego[at, 4] <= 15.2 * (gap - 0.3) + 0.7


def test_close_between_parked_vans_it_says_why_it_is_slow() -> None:
    vans = [actor(k, (90.0, y), kind=ObjectKind.PARKED, size=(6.0, 2.0)) for k, y in ((1, -2.5), (2, 2.5))]
    run = drive(scene(one_lane(14.0), *vans, speed=13.5, seconds=8.0))
    assert "slow down where somebody may step out" in reasons(run)
