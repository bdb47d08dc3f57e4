"""What is proposed: enough, distinct, for every way on, and towards every goal."""

import numpy as np
import pytest
from driving_scenes import lane, one_lane, place, two_lanes
from planning_parts import SURVIVE, briefing, ego_at, ring

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.columns import Corridor, Law, Prop, Ref
from evpilot.plan.proposals import arrive, propose, refine
from evpilot.plan.road import Road
from evpilot.types import Goal, LaneGraph


def proposed(
    graph: LaneGraph,
    goals: tuple[Goal, ...] = SURVIVE,
    speed: float = 10.0,
    seconds: float = 0.0,
    wall: float = np.inf,
):
    brief = briefing(graph, goals)
    ways = Road(brief, LaneIndex(graph)).ways(ego_at(40.0, speed=speed))
    return propose(ways, brief, speed, 0.0, 14.0, seconds, np.full(len(ways), wall)), ways


def test_every_corridor_gets_every_kind_of_motion_once() -> None:
    props, ways = proposed(two_lanes())
    assert len(ways) == 2
    assert len(np.unique(props, axis=0)) == len(props) > 150
    for c in range(2):
        mine = props[props[:, Prop.CORRIDOR] == c]
        assert {Law.CRUISE, Law.RAMP} <= set(mine[:, Prop.LAW].astype(int))
        assert mine[mine[:, Prop.LAW] == Law.RAMP][:, Prop.P0].min() == -9.0
    assert np.all(props[:, Prop.LENGTH] > 0.0)


def test_before_a_wall_a_stop_at_it_is_proposed() -> None:
    for wall, stops in ((90.0, True), (40.0 + 160.0, False), (np.inf, False)):
        props, _ = proposed(one_lane(), wall=wall)
        assert np.any((props[:, Prop.LAW] == Law.STOP) & (props[:, Prop.P0] == wall)) == stops


def test_without_a_timed_goal_nothing_has_to_arrive() -> None:
    props, _ = proposed(one_lane())
    assert not np.any(props[:, Prop.LAW] == Law.ARRIVE)


def test_arrivals_aim_at_the_goal_in_its_window() -> None:
    goal = place(100.0, 110.0, time=(5.0, 6.0), speed=(6.0, 8.0))
    props, _ = proposed(one_lane(), (goal,), seconds=1.0)
    mine = props[props[:, Prop.LAW] == Law.ARRIVE]
    assert len(mine) >= 10
    for p in mine:
        t, c3, c4, c5, a = p[Prop.P0 :]
        pace = 10.0 + t * (a + t * (3 * c3 + t * (4 * c4 + t * 5 * c5)))
        way = t * (10.0 + t * (0.5 * a + t * (c3 + t * (c4 + t * c5))))
        assert 4.0 - 1e-6 <= t <= 5.0 + 1e-6
        assert 6.0 - 1e-6 <= pace <= 8.0 + 1e-6
        centre = 40.0 + way + 1.395
        assert 99.0 <= centre <= 111.0


@pytest.mark.parametrize(("speed", "least", "most"), [(10.0, 100.0, 104.0), (16.0, 118.0, 124.0), (45.0, 246.0, 250.0)])
def test_of_a_long_goal_the_place_is_sought_that_asks_for_the_least(speed: float, least: float, most: float) -> None:
    props, _ = proposed(one_lane(), (place(100.0, 250.0, time=(4.9, 5.1)),), speed=speed)
    mine = props[props[:, Prop.LAW] == Law.ARRIVE]
    t, c3, c4, c5, a = mine[:, Prop.P0 :].T
    centre = 40.0 + t * (speed + t * (0.5 * a + t * (c3 + t * (c4 + t * c5)))) + 1.395
    assert np.any((centre > least) & (centre < most))


def test_a_goal_that_asks_for_a_speed_and_no_time_is_aimed_at_in_its_middle() -> None:
    props, _ = proposed(one_lane(), (place(100.0, 250.0, speed=(4.0, 6.0)),))
    first = props[props[:, Prop.LAW] == Law.ARRIVE][0]
    t, c3, c4, c5, a = first[Prop.P0 :]
    assert 40.0 + t * (10.0 + t * (0.5 * a + t * (c3 + t * (c4 + t * c5)))) + 1.395 == pytest.approx(175.0, abs=1.0)


def test_a_goal_whose_time_is_over_is_not_aimed_at() -> None:
    props, _ = proposed(one_lane(), (place(100.0, 110.0, time=(1.0, 2.0)),), seconds=5.0)
    assert not np.any(props[:, Prop.LAW] == Law.ARRIVE)


@pytest.mark.parametrize("speed", [0.0, 3.0, 14.0])
def test_all_numbers_are_finite_at_any_speed(speed: float) -> None:
    props, _ = proposed(two_lanes(), (place(60.0, 70.0, time=(2.0, 9.0)),), speed=speed)
    assert np.all(np.isfinite(props))


def test_refining_varies_offset_length_and_law_but_not_the_corridor() -> None:
    best = np.zeros((2, len(Prop)))
    best[:, Prop.LENGTH] = 20.0
    best[0, Prop.LAW], best[0, Prop.P0] = Law.RAMP, -1.0
    best[1, [Prop.CORRIDOR]] = 1
    best[1, Prop.LAW :] = arrive(50.0, 5.0, 9.0, 10.0, 0.0)
    finer = refine(best, 10.0)
    assert len(finer) > 10
    assert set(finer[:, Prop.CORRIDOR]) == {0.0, 1.0}
    assert np.abs(finer[:, Prop.OFFSET]).max() == pytest.approx(0.2)
    assert not np.any(np.all(finer[:, None] == best[None], axis=2))
    assert refine(best[:0], 10.0).shape == (0, len(Prop))


def test_speed_caps_slow_down_for_the_bend_in_time() -> None:
    graph = ring(15.0, 14.0)
    way = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(20.0))[0]
    cap = way.table[:, Ref.CAP]
    bend = cap[int(80.0 / 0.5)]
    assert bend == pytest.approx(np.sqrt(2.0 * 15.0), rel=0.1)
    assert cap[int(10.0 / 0.5)] > bend + 3.0
    before = cap[: int(70.0 / 0.5)]
    assert np.all(np.diff(before**2) / (2 * 0.5) >= -1.5 - 1e-6)


def test_what_is_still_to_go_falls_by_a_metre_each_metre_up_to_the_goal() -> None:
    graph = one_lane()
    way = Road(briefing(graph, (place(150.0, 160.0),)), LaneIndex(graph)).ways(ego_at(40.0))[0]
    rest = way.table[:, Ref.REMAINING]
    np.testing.assert_allclose(np.diff(rest[20:280]), -0.5, atol=1e-6)
    assert rest[int(200.0 / 0.5)] > rest[int(150.0 / 0.5)]


def test_the_own_lane_comes_first_and_knows_where_the_car_is_on_it() -> None:
    graph = two_lanes()
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(40.0, 3.3, 0.05))
    assert ways[0].path.lanes[0] == 1
    assert ways[0].scalars[Corridor.S] == pytest.approx(40.0, abs=0.05)
    assert ways[0].scalars[Corridor.D] == pytest.approx(-0.2, abs=0.02)
    assert ways[0].scalars[Corridor.THETA] == pytest.approx(0.05)
    assert ways[1].scalars[Corridor.D] == pytest.approx(3.3, abs=0.02)


def test_off_its_lane_with_the_oncoming_one_under_it_the_way_stays_its_own() -> None:
    builder = GraphBuilder()
    ours = lane(builder, 0.0)
    x = np.linspace(400.0, 0.0, 80)
    theirs = builder.lane(np.column_stack([x, x * 0 + 1.75]), np.column_stack([x, x * 0 + 5.25]))
    builder.opposite(ours, theirs)
    graph = builder.build()
    road = Road(briefing(graph), LaneIndex(graph))
    road.keep(road.ways(ego_at(40.0))[0])
    assert road.ways(ego_at(41.0, 2.8))[0].path.lanes[0] == ours
