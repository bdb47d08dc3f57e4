"""Junctions and crosswalks are entered only by who can leave them."""

import numpy as np
import pytest
from planning_parts import briefing, ego_at, seen

from evpilot.geometry.boxes import corners as box_corners
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.keep_clear import (
    ASIDE,
    MIDDLE,
    OURS,
    SPARE,
    STAND_CLOSE,
    STAND_OFF,
    crossed_on,
    find_queue,
    places_to_keep_clear,
)
from evpilot.plan.road import Road
from evpilot.plan.rules import KEPT_CLEAR, Rules
from evpilot.plan.walls import Wall
from evpilot.plan.way import Way
from evpilot.scenarios.library.catalogue import build
from evpilot.types import ROAD, VERDICT, Limits, ObjectKind, Tracks

SCENE = build("keep_clear", 3, 0.5)
BRIEF = briefing(SCENE.graph, SCENE.goals)
Y = float(SCENE.start[1])


def way_at(x: float) -> Way:
    return Road(BRIEF, LaneIndex(BRIEF.graph)).ways(ego_at(x, Y))[0]


def block() -> tuple[float, float]:
    """From where to where the junction with its crosswalk reaches along x [m]."""
    way = way_at(-60.0)
    (low, high), *_ = places_to_keep_clear(crossed_on(BRIEF.graph, way))
    here = float(way.scalars[Corridor.S])
    return low - here - 60.0, high - here - 60.0


def car(
    rear: float,
    speed: float = 0.0,
    accel: float = 0.0,
    kind: ObjectKind = ObjectKind.CAR,
    y: float = Y,
    yaw: float = 0.0,
) -> Tracks:
    state = np.zeros((1, 7))
    state[0, [0, 1, 3, 4, 5]] = rear + 2.25, y, yaw, speed, accel
    return Tracks(
        t_ns=0, id=np.array([8]), kind=np.array([kind], np.uint8), state=state, velocity=np.array([[speed, 0.0]]),
        cov=np.zeros((1, 6, 6)), size=np.array([[4.5, 1.8]]), age=np.ones(1), signals=np.zeros(1, np.uint8),
        valid=np.ones(1, np.bool_),
    )  # fmt: skip


def walls(tracks: Tracks, x: float = -60.0, speed: float = 10.0, limits: Limits = ROAD) -> list[Wall]:
    brief = briefing(SCENE.graph, SCENE.goals, limits)
    ego = ego_at(x, Y, speed=speed)
    found = Rules(brief).walls([way_at(x)], seen(ego, tracks=tracks), tracks)
    return [wall for wall in found if wall.reason.startswith("keep clear")]


def test_the_junction_and_the_crosswalk_behind_it_are_one_place() -> None:
    low, high = block()
    assert -12.0 < low < 0.0 < 12.0 < high


def test_before_a_queue_that_leaves_no_room_it_stops_before_the_junction() -> None:
    low, high = block()
    (wall,) = walls(car(high + BRIEF.platform.length + SPARE - 0.3))
    assert wall.x == pytest.approx(low - STAND_OFF, abs=0.6)
    assert wall.cause_id == 8


@pytest.mark.parametrize(
    ("beyond", "speed", "accel", "kind", "kept"),
    [
        (12.0, 0.0, 0.0, ObjectKind.CAR, False),  # there is room
        (3.0, 8.0, 0.0, ObjectKind.CAR, False),  # it goes on
        (3.0, 1.5, 0.0, ObjectKind.CAR, False),  # and so does a queue that moves
        (3.0, 1.5, -1.0, ObjectKind.CAR, True),  # but not one that is about to stand
        (3.0, 0.0, 0.0, ObjectKind.PARKED, False),  # who has parked is passed
        (-10.0, 0.0, 0.0, ObjectKind.CAR, True),  # somebody else did not keep it clear
    ],
)
def test_only_a_queue_in_the_way_keeps_it_out(
    beyond: float, speed: float, accel: float, kind: ObjectKind, kept: bool
) -> None:
    assert bool(walls(car(block()[1] + beyond, speed, accel, kind))) == kept


@pytest.mark.parametrize(
    ("aside", "speed", "kept"),
    [
        (0.0, 0.0, True),
        (2.0, 0.0, True),  # its nose is over the middle of our way
        (4.5, 0.0, False),  # it stands beside our way
        (0.0, 2.0, False),  # it is about to be gone
    ],
)
def test_behind_who_stands_across_our_way_it_would_stand_in_anothers(aside: float, speed: float, kept: bool) -> None:
    low, high = block()
    across = car(0.5 * (low + high) - 2.25, speed, y=Y + aside, yaw=-0.5 * np.pi)
    assert bool(walls(across)) == kept


def test_who_is_on_it_already_enters_no_further_lane_behind_who_stands_across() -> None:
    """The lanes that cross here begin 8.7, 3.7, 1.7 and 0.7 m before the middle of the junction."""
    across = car(1.5 - 2.25, y=Y, yaw=-0.5 * np.pi)
    reach = BRIEF.platform.rear_to_center + 0.5 * BRIEF.platform.length
    first, *_ = walls(across, x=-6.0 - reach, speed=1.0)
    assert first.x == pytest.approx(-3.7 - STAND_CLOSE, abs=0.6)
    assert not walls(car(block()[1] + 3.0), x=-6.0 - reach, speed=1.0)


def test_who_is_on_it_already_goes_on_and_so_does_who_cannot_stop() -> None:
    low, high = block()
    queue = car(high + 3.0)
    front = BRIEF.platform.rear_to_center + 0.5 * BRIEF.platform.length
    assert not walls(queue, x=low - front + 1.0, speed=3.0)
    assert not walls(queue, x=low - front - 6.0, speed=12.0)


def test_who_stands_on_for_ever_is_not_waited_for_for_ever() -> None:
    low, high = block()
    queue, rules = car(high + 3.0), Rules(BRIEF)
    x = low - STAND_OFF - 0.3 - BRIEF.platform.rear_to_center - 0.5 * BRIEF.platform.length
    kept = []
    for t in (0.0, 0.5 * KEPT_CLEAR, KEPT_CLEAR + 1.0):
        ego = ego_at(x, Y, speed=0.0, t=t)
        found = rules.walls([way_at(x)], seen(ego, tracks=queue), queue)
        kept.append(any(wall.reason.startswith("keep clear") for wall in found))
    assert kept == [True, True, False]


def test_the_official_verdict_knows_no_such_rule() -> None:
    assert not walls(car(block()[1] + 3.0), limits=VERDICT)


def test_the_queue_is_found_as_by_looking_at_every_place() -> None:
    way, rng = way_at(-60.0), np.random.default_rng(3)
    state = np.zeros((40, 7))
    state[:, 0], state[:, 1], state[:, 3] = rng.uniform(-80, 80, 40), Y + rng.uniform(-5, 5, 40), rng.uniform(-2, 2, 40)
    size = np.tile([4.5, 1.8], (40, 1))
    spans, ours, bars = np.empty((40, 2)), np.zeros(40, np.bool_), np.zeros(40, np.bool_)
    find_queue(way.table, state, size, spans, ours, bars)
    assert ours.sum() > 2 and bars.sum() > 2 and (ours | bars).sum() < 38 and not np.any(ours & bars)
    for (x, y, z, yaw), span, is_ours, is_bar in zip(state[:, :4], spans, ours, bars, strict=True):
        k = int(np.argmin(np.sum((way.table[:, [Ref.X, Ref.Y, Ref.Z]] - (x, y, z)) ** 2, axis=1)))
        row = way.table[k]
        along = row[Ref.COS] * (x - row[Ref.X]) + row[Ref.SIN] * (y - row[Ref.Y])
        across = row[Ref.COS] * (y - row[Ref.Y]) - row[Ref.SIN] * (x - row[Ref.X])
        corners = box_corners(along, across, yaw - row[Ref.YAW], 4.5, 1.8)
        assert is_ours == (abs(across) < ASIDE and np.cos(yaw - row[Ref.YAW]) > OURS)
        over = corners[:, 1].min() < MIDDLE and corners[:, 1].max() > -MIDDLE
        assert is_bar == (over and not is_ours)
        half = np.ptp(corners[:, 0]) / 2 if is_bar else 2.25
        assert span == pytest.approx([0.5 * k + along - half, 0.5 * k + along + half])
