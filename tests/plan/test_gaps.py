"""Corridors to a goal lanes over, and the gaps on them that are sought."""

import itertools
import math

import numpy as np
import pytest
from driving_scenes import CAR, WIDTH, actor, drive, lane, place, scene, two_lanes
from planning_parts import box, briefing, ego_at, prop, roll

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import Tables, stack_scalars
from evpilot.plan.columns import GRID, Corridor, Law, Prop, Roll
from evpilot.plan.gaps import gaps_of, seek_gaps
from evpilot.plan.proposals import propose
from evpilot.plan.road import Road
from evpilot.plan.spans import spans_on
from evpilot.types import Goal, LaneGraph
from evpilot.types.state import Array

LEFT_GOAL = place(150.0, 160.0, WIDTH - 1.0, WIDTH + 1.0, time=(9.0, 10.0))


def lanes_abreast(count: int) -> LaneGraph:
    builder = GraphBuilder()
    lanes = [lane(builder, k * WIDTH, speed_limit=20.0) for k in range(count)]
    for right, left in itertools.pairwise(lanes):
        builder.neighbours(left, right)
    return builder.build()


def sought(
    goal: Goal, others: list[Array], speed: float = 10.0, due: float = 0.0, room: float = math.inf, price: float = 0.0
) -> tuple[Array, Array]:
    """The proposals that seek gaps (R, 11), and the rollouts of them (R, 51, 11)."""
    graph = two_lanes()
    brief = briefing(graph, (goal,))
    ways = Road(brief, LaneIndex(graph)).ways(ego_at(30.0, speed=speed))
    ways[0].scalars[Corridor.PENALTY] += price
    table, (corridors, _) = Tables().stack(ways), stack_scalars(ways, [])
    entries = np.ascontiguousarray(np.array(others))
    spans, near = np.empty((2, len(others), len(GRID), 5)), np.empty((2, len(others) + 1), np.int64)
    spans_on(entries, np.tile([2.25, 0.9], (len(others), 1)), np.zeros(len(others)), corridors, table, spans, near)
    props = seek_gaps(ways, spans, np.ones(len(others)), np.full(len(ways), room), brief, speed, 0.0, due)
    return props, roll(graph, ego_at(30.0, speed=speed), props).rolls if len(props) else np.zeros((0, len(GRID), 11))


def test_a_delayed_motion_keeps_its_lane_first() -> None:
    row = prop(Law.RAMP, 0.0, 8.0, offset=WIDTH, length=40.0)
    row[Prop.HOLD], row[Prop.DELAY] = 0.0, 30.0
    way = roll(two_lanes(), ego_at(30.0), row[None]).rolls[0]
    share = np.clip((way[:, Roll.S] - 60.0) / 40.0, 0.0, 1.0)
    smooth = WIDTH * (10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5)
    np.testing.assert_allclose(way[:, Roll.D], smooth, atol=0.15)
    assert np.abs(way[way[:, Roll.S] < 58.0, Roll.D]).max() < 0.05


def test_who_heads_for_the_other_lane_turns_back_before_waiting_for_a_gap() -> None:
    row = prop(Law.RAMP, 0.0, 8.0, offset=WIDTH, length=60.0)
    row[Prop.HOLD], row[Prop.DELAY] = 0.0, 75.0
    way = roll(two_lanes(), ego_at(30.0, speed=15.0, yaw=0.05), row[None]).rolls[0]
    waits = way[:, Roll.S] < 100.0
    assert np.abs(way[waits, Roll.D]).max() < 0.45
    assert np.abs(way[waits, Roll.SPEED] ** 2 * way[waits, Roll.CURVATURE]).max() < 2.5


def test_the_gaps_lie_between_those_on_the_lane() -> None:
    spans = np.array([[50.0, 54.5, -1.0, 1.0, 9.0], [20.0, 24.5, -1.0, 1.0, 8.0], [30.0, 34.5, 2.6, 4.4, 5.0]])
    found = gaps_of(spans, np.ones(3), 1.9)
    assert found == [(-math.inf, 20.0, 8.0), (24.5, 50.0, 9.0), (54.5, math.inf, 9.0)]
    assert gaps_of(spans, np.full(3, 0.1), 1.9) == []


def test_a_gap_is_sought_on_a_lane_that_is_no_better_where_our_own_is_blocked() -> None:
    anywhere = place(150.0, 160.0, -2.0, WIDTH + 2.0)
    others = [box(34.0, WIDTH, 11.0), box(56.0, WIDTH, 11.0)]
    assert not len(sought(anywhere, others)[0])
    assert len(sought(anywhere, others, room=60.0)[0])


def test_a_gap_ahead_is_met_at_its_pace_between_its_bounds() -> None:
    # two cars beside and before us leave 17 m between them, some 8 m ahead of where we would be
    behind, ahead = box(34.0, WIDTH, 11.0), box(56.0, WIDTH, 11.0)
    props, rolls = sought(LEFT_GOAL, [behind, ahead])
    met = 0
    for p, way in zip(props, rolls, strict=True):
        step = int(np.searchsorted(GRID, p[Prop.P0] - 1e-9))
        rear, front = way[step, Roll.X] - 1.0, way[step, Roll.X] + 4.0
        met += rear > behind[step, 0] + 2.25 and front < ahead[step, 0] - 2.25
        assert way[step, Roll.SPEED] == pytest.approx(11.0, abs=0.8)
    assert met >= 3
    assert {0.0} < set(props[:, Prop.DELAY])


def test_the_arrival_that_was_decided_on_is_sought_again() -> None:
    traffic = [box(34.0, WIDTH, 11.0), box(56.0, WIDTH, 11.0)]
    assert 4.3 not in sought(LEFT_GOAL, traffic)[0][:, Prop.P0]
    assert 4.3 in sought(LEFT_GOAL, traffic, due=4.3)[0][:, Prop.P0]


def test_what_makes_way_for_somebody_is_not_put_off() -> None:
    traffic = [box(34.0, WIDTH, 11.0), box(56.0, WIDTH, 11.0)]
    anywhere = place(150.0, 160.0, -2.0, WIDTH + 2.0)
    assert max(sought(anywhere, traffic, price=25.0)[0][:, Prop.P0]) == 7.0
    assert max(sought(anywhere, traffic, price=25.0, due=4.3)[0][:, Prop.P0]) == 4.3
    assert max(sought(LEFT_GOAL, traffic, due=4.3)[0][:, Prop.P0]) == 7.0


def test_no_gap_is_sought_that_is_too_short_or_where_it_does_not_help() -> None:
    close = [box(44.0 + 7.0 * k, WIDTH, 10.0) for k in range(-20, 21)]
    assert len(sought(LEFT_GOAL, close)[0]) == 0
    assert len(sought(place(150.0, 160.0, -1.0, 1.0, time=(9.0, 10.0)), [box(60.0, WIDTH, 10.0)])[0]) == 0


def test_a_goal_two_lanes_over_has_its_corridor() -> None:
    graph = lanes_abreast(4)
    ego = ego_at(30.0)
    for y, count in ((2.0 * WIDTH, 3), (0.0, 2)):
        brief = briefing(graph, (place(150.0, 160.0, y - 1.0, y + 1.0, time=(9.0, 10.0)),))
        ways = Road(brief, LaneIndex(graph)).ways(ego)
        assert len(ways) == count
    assert ways[0].opens == -math.inf


def test_a_lane_that_begins_further_ahead_is_entered_where_it_begins() -> None:
    builder = GraphBuilder()
    before, after = lane(builder, 0.0, 0.0, 80.0), lane(builder, 0.0, 80.0, 400.0)
    apart, beside = lane(builder, WIDTH, 0.0, 80.0), lane(builder, WIDTH, 80.0, 400.0)
    builder.connect(before, after)
    builder.connect(apart, beside)
    builder.neighbours(beside, after)
    brief = briefing(builder.build(), (LEFT_GOAL,))
    ways = Road(brief, LaneIndex(brief.graph)).ways(ego_at(40.0))
    assert len(ways) == 2
    assert ways[1].opens - ways[1].scalars[Corridor.S] == pytest.approx(40.0, abs=1.0)
    props = propose(ways, brief, 10.0, 0.0, 14.0, 0.0, np.full(2, np.inf))
    mine = props[props[:, Prop.CORRIDOR] == 1]
    assert np.all(mine[:, Prop.DELAY] > 39.0)
    np.testing.assert_allclose(mine[:, Prop.HOLD], -WIDTH, atol=0.1)


def test_it_reaches_a_goal_two_lanes_over_through_moving_traffic() -> None:
    graph = lanes_abreast(3)
    slow = [actor(number, (60.0 + 45.0 * number, WIDTH), (12.0, 0.0)) for number in range(3)]
    goal = place(210.0, 214.0, 2.0 * WIDTH - 1.0, 2.0 * WIDTH + 1.0, time=(10.0, 12.0))
    run = drive(scene(graph, *slow, speed=16.0, goals=(goal,), seconds=13.0), platform=CAR)
    assert run.outcome == "goal"
