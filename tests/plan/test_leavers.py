"""Past who is held up in the lane beside ours on a fast road the car drives slower, or further away."""

import numpy as np
import pytest
from driving_scenes import CAR, WIDTH, actor, centre, drive, lane, place, reasons, scene, touches, two_lanes
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import Surprise
from evpilot.plan.leavers import PASS, leaving_places
from evpilot.plan.road import Road
from evpilot.types import ObjectKind, Tracks

TYRE = ObjectKind.UNKNOWN


def tracks(*rows: tuple[float, float, float, ObjectKind]) -> Tracks:
    """x, y [m], speed [m/s], kind of each, all four metres long."""
    state = np.zeros((len(rows), 7))
    for k, (x, y, speed, _) in enumerate(rows):
        state[k, :2], state[k, 4] = (x, y), speed
    count = len(rows)
    return Tracks(
        t_ns=0, id=np.arange(count), kind=np.array([row[3] for row in rows], np.uint8), state=state,
        velocity=state[:, [4, 6]].copy(), cov=np.zeros((count, 6, 6)), size=np.tile([4.0, 1.8], (count, 1)),
        age=np.ones(count), signals=np.zeros(count, np.uint8), valid=np.ones(count, np.bool_),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "others", "count"),
    [
        (30.0, [(130.0, -WIDTH, 2.0, ObjectKind.CAR), (150.0, -WIDTH, 0.0, TYRE)], 1),
        (30.0, [(130.0, WIDTH, 2.0, ObjectKind.CAR), (150.0, WIDTH, 0.0, TYRE)], 1),
        (30.0, [(130.0, -WIDTH, 2.0, ObjectKind.CAR)], 0),  # nothing holds him up
        (30.0, [(130.0, -WIDTH, 2.0, ObjectKind.CAR), (110.0, -WIDTH, 0.0, TYRE)], 0),  # he is past it
        (30.0, [(130.0, -WIDTH, 2.0, ObjectKind.CAR), (150.0, 0.0, 0.0, TYRE)], 0),  # it lies in our lane
        (30.0, [(130.0, -WIDTH, 12.0, ObjectKind.CAR), (250.0, -WIDTH, 0.0, TYRE)], 0),  # he drives on yet
        (30.0, [(130.0, -2.0 * WIDTH, 2.0, ObjectKind.CAR), (150.0, -2.0 * WIDTH, 0.0, TYRE)], 0),  # a lane between
        (30.0, [(130.0, 0.0, 2.0, ObjectKind.CAR), (150.0, 0.0, 0.0, TYRE)], 0),  # he is in our way as it is
        (30.0, [(40.0, -WIDTH, 2.0, ObjectKind.CAR), (60.0, -WIDTH, 0.0, TYRE)], 0),  # behind us
        (14.0, [(130.0, -WIDTH, 2.0, ObjectKind.CAR), (150.0, -WIDTH, 0.0, TYRE)], 0),  # slow as we are, one stops
    ],
)
def test_who_is_held_up_beside_our_lane_on_a_fast_road_may_pull_out(limit, others, count) -> None:
    graph = two_lanes(limit)
    way = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(100.0))[:1]
    found = leaving_places(way, tracks(*others), CAR, 15.0)
    assert len(found) == count
    if count:
        # his bumper is at 132 m now, and when we come there 4 m on
        assert found[0, Surprise.S] == pytest.approx(136.0, abs=0.6)
        assert abs(found[0, Surprise.EDGE]) == pytest.approx(WIDTH - 0.9, abs=0.05)


@pytest.mark.parametrize(("speed", "gap", "on"), [(12.0, 36.0, 32.0), (12.0, 80.0, None), (20.0, 60.0, 60.0)])
def test_who_still_drives_is_met_where_he_is_held_up(speed: float, gap: float, on: float | None) -> None:
    """At 15 m/s, 28 m behind somebody who brakes for a tyre with 2, 0.9 and 3.3 m/s2."""
    graph = two_lanes(30.0)
    way = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(100.0))[:1]
    brakes = (130.0, -WIDTH, speed, ObjectKind.CAR), (134.0 + gap, -WIDTH, 0.0, TYRE)
    found = leaving_places(way, tracks(*brakes), CAR, 15.0)
    assert [place[Surprise.S] for place in found] == ([] if on is None else [pytest.approx(132.0 + on, abs=1.0)])


def passed(*others: tuple[float, ObjectKind]) -> tuple[float, set[str]]:
    """How fast [m/s] a car that would drive at 33 passes the first of those that stand at x [m] in the lane to its
    right, and what it says on the way."""
    builder = GraphBuilder()
    left, right = (lane(builder, y, 0.0, 700.0, speed_limit=33.0) for y in (0.0, -WIDTH))
    builder.neighbours(left, right)
    stand = [actor(k + 1, (x, -WIDTH), kind=kind) for k, (x, kind) in enumerate(others)]
    goal = place(560.0, 580.0)
    run = drive(scene(builder.build(), *stand, speed=33.0, goals=(goal,), seconds=30.0), platform=CAR)
    assert run.outcome == "goal" and not touches(run)
    return float(run.ego[int(np.argmax(centre(run)[:, 0] > others[0][0])), 4]), reasons(run)


def test_who_stands_before_a_tyre_is_passed_slower_than_who_stands_alone() -> None:
    held_up, said = passed((250.0, ObjectKind.CAR), (262.0, TYRE))
    alone, said_alone = passed((250.0, ObjectKind.CAR))
    assert 0.9 * PASS < held_up < alone - 4.0
    assert "slow down, 1 may pull out" in said and not any("pull out" in one for one in said_alone)
