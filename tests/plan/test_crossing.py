"""Crosswalks: who steps out is let pass in comfort, and where somebody waits the car comes ready to stop."""

from dataclasses import replace

import numpy as np
import pytest
from driving_scenes import CAR, drive, front, lane, lane_with_crosswalk, scene, touches, walker
from planning_parts import briefing, ego_at, seen
from test_rules import FRONT, people, walls_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.advance import CAP_AHEAD
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.crossing import LAGS, MODERATE, READY, SLOWING, TURNED, heed, unlit
from evpilot.plan.crosswalks import Crosswalks
from evpilot.plan.road import Road
from evpilot.runlog.record import Ego
from evpilot.types import Arrow, LaneGraph, LightState, Turn


def at_the_crossing(wait: float, seconds: float = 11.0) -> tuple[float, float]:
    """The speed [m/s] at which the car comes onto a crosswalk where somebody waits so long [s] at the kerb, and its
    hardest braking [m/s2]."""
    run = drive(scene(lane_with_crosswalk(90.0), walker(1, (92.0, -4.0), (0.0, 1.2), wait=wait), seconds=seconds))
    assert not touches(run)
    speed = float(np.interp(90.0, front(run), run.ego[:, Ego.SPEED]))
    return speed, -float(run.ego[:, Ego.ACCEL].min())


@pytest.mark.parametrize("wait", [3.5, 4.0, 5.0, 6.0])
def test_who_steps_out_from_the_kerb_is_let_pass_in_comfort(wait: float) -> None:
    assert at_the_crossing(wait)[1] < 3.0


def test_a_crossing_beside_which_somebody_waits_is_reached_ready_to_stop() -> None:
    speed, braking = at_the_crossing(30.0)
    assert speed < READY + 1.0
    assert braking < SLOWING + 0.5


@pytest.mark.parametrize(
    ("who", "ready"),
    [
        ((92.0, -4.0, 0.0, 0.0), [READY]),  # waits at the kerb
        ((92.0, 7.0, 0.0, -1.2), [READY]),  # comes up to it on the left
        ((95.0, -5.5, -1.2, 0.6), [READY]),  # comes up to it beside
        ((92.0, -4.0, 1.2, 0.0), [MODERATE]),  # walks along the road, past it
        ((87.6, -4.0, 1.2, 0.0), [MODERATE]),  # is about to
        ((85.8, -4.0, 1.2, 0.0), [MODERATE]),  # will in less than 4 s
        ((92.0, -8.2, 1.2, 0.0), [MODERATE]),  # the same on a wide pavement
        ((96.5, -4.0, 1.2, 0.0), []),  # has walked past
        ((96.5, -4.0, -1.2, 0.0), [MODERATE]),  # comes back
        ((82.0, -4.0, 1.2, 0.0), []),  # walks along the road
        ((92.0, -5.5, 0.0, -1.2), []),  # walks away
        ((92.0, -9.0, 0.0, 0.0), []),  # stands elsewhere
        ((92.0, 0.0, 0.0, 0.0), []),  # is on our way: that is a wall's task
    ],
)
def test_who_may_step_out_is_heeded(who: tuple[float, float, float, float], ready: list[float]) -> None:
    brief = briefing(lane_with_crosswalk(90.0))
    ways = Road(brief, LaneIndex(brief.graph)).ways(ego_at(50.0, speed=8.0))
    assert [speed for _, _, speed in Crosswalks(brief).heeded(ways, people(who))] == ready


def junction(*turns: Turn) -> LaneGraph:
    """A lane with a light to x = 100 and a crosswalk at 90, one for each turn over a junction to 120, one beyond with a
    crosswalk at 124."""
    builder = GraphBuilder()
    before = lane(builder, 0.0, 0.0, 100.0, speed_limit=14.0)
    beyond = lane(builder, 0.0, 120.0, 300.0, speed_limit=14.0)
    for turn in turns:
        inside = lane(builder, 0.0, 100.0, 120.0, speed_limit=14.0, junction=0, turn=turn)
        builder.connect(before, inside)
        builder.connect(inside, beyond)
    builder.light([before], (122.0, 0.0, 5.0, np.pi), Arrow.ALL)
    for x, own in ((90.0, before), (124.0, beyond)):
        builder.crosswalk([(x, -5.0), (x + 4.0, -5.0), (x + 4.0, 5.0), (x, 5.0)], [own])
    return builder.build()


@pytest.mark.parametrize(("turn", "x"), [(Turn.STRAIGHT, 50.0), (Turn.STRAIGHT, 105.0), (Turn.RIGHT, 105.0)])
def test_who_waits_for_a_light_while_ours_is_green_is_not_heeded_but_where_we_turn(turn: Turn, x: float) -> None:
    brief = briefing(junction(turn))
    way = Road(brief, LaneIndex(brief.graph)).ways(ego_at(x, speed=5.0))[0]
    begin = float(np.interp(0.0, way.table[:, Ref.X] - 124.0, np.arange(len(way.table)) * 0.5))
    assert unlit(brief.graph, way, begin) == (turn == Turn.RIGHT)
    if x < 90.0:
        assert not unlit(brief.graph, way, begin - 34.0)


@pytest.mark.parametrize(("seconds", "ready"), [(3.0, []), (TURNED + 1.0, [READY])])
def test_who_waits_beyond_a_junction_is_heeded_once_our_light_may_have_turned(
    seconds: float, ready: list[float]
) -> None:
    """Somebody kept us in the junction for so long."""
    brief = briefing(junction(Turn.STRAIGHT))
    road, crosswalks = Road(brief, LaneIndex(brief.graph)), Crosswalks(brief)
    waits = people((126.0, -4.0, 0.0, 0.0))
    for t in (0.0, 1.0, seconds):
        ego = ego_at(105.0, speed=1.0, t=t)
        ways, now = road.ways(ego), replace(waits, t_ns=ego.t_ns)
        crosswalks.walls(ways, seen(ego, [LightState.UNSEEN]), now)
    assert [speed for _, _, speed in crosswalks.heeded(ways, now)] == ready


def test_where_lanes_lie_upon_each_other_who_waits_is_heeded_on_all_of_them() -> None:
    """One of them is how others come there, straight on past their light."""
    brief = briefing(junction(Turn.RIGHT, Turn.STRAIGHT))
    ways = Road(brief, LaneIndex(brief.graph)).ways(ego_at(110.0, speed=5.0))
    turns = {int(turn) for way in ways for turn in brief.graph.turn[way.path.lanes]}
    assert len(ways) == 2 and {int(Turn.RIGHT), int(Turn.STRAIGHT)} < turns
    waits = people((126.0, -4.0, 0.0, 0.0))
    assert [(c, speed) for c, _, speed in Crosswalks(brief).heeded(ways, waits)] == [(0, READY), (1, READY)]


def test_who_sets_off_close_before_somebody_who_waits_does_so_gently() -> None:
    """The harder one speeds up, the later one stops: from 1 m/s two metres before the crossing."""
    close = np.array([88.0 - 0.5 * CAR.length, 0.0, 0.0, 0.0])
    waits = walker(1, (92.0, -4.0), (0.0, 0.0))
    run = drive(scene(lane_with_crosswalk(90.0), waits, start=close, speed=1.0, seconds=3.0))
    assert run.ego[front(run) < 90.0, Ego.ACCEL].max() < 1.2
    assert front(run)[-1] > 91.0


def test_heeding_slows_down_no_harder_than_with_ease_and_lets_go_at_the_place() -> None:
    brief = briefing(lane_with_crosswalk(90.0))
    ways = Road(brief, LaneIndex(brief.graph)).ways(ego_at(50.0, speed=8.0))
    table, here = ways[0].table.copy(), float(ways[0].scalars[Corridor.S])
    for ahead, speed in ((40.0, 14.0), (5.0, 14.0), (15.0, 2.0)):
        slower = heed(table, ways, [(0, here + ahead, READY)], speed)
        s = 0.5 * np.arange(len(table)) - here
        last = ahead + CAP_AHEAD * READY
        beyond = s > last
        assert np.array_equal(slower[beyond], table[beyond])
        for column, lag in ((Ref.CAP, 1.0), (Ref.LIMIT, LAGS)):
            reached = slower[(s >= 0.0) & ~beyond, column]
            gentle = np.sqrt(max(speed**2 - 2.0 * SLOWING * last, 0.0))
            assert reached.min() == pytest.approx(lag * max(READY, gentle), abs=0.3)
            assert reached[0] >= min(speed, table[0, column]) - 0.5
    assert heed(table, ways, [], 8.0) is table


def test_who_comes_a_little_near_to_a_crossing_stops_as_softly_as_room_allows() -> None:
    """At 8 m/s with 3 m/s2, which sets in over 0.9 s, the front comes 14.1 m far."""
    walls = walls_at(
        lane_with_crosswalk(90.0), ego_at(90.0 - 14.4 - FRONT, speed=8.0), tracks=people((92.0, -3.0, 0.0, 1.2))
    )
    assert walls[0].s == pytest.approx(89.74, abs=0.05)


@pytest.mark.parametrize(("room", "y", "waits"), [(12.0, -3.0, True), (12.0, -6.0, False), (40.0, -6.0, True)])
def test_who_could_stop_only_hard_goes_on_before_who_is_still_far(room: float, y: float, waits: bool) -> None:
    ego = ego_at(90.0 - room - FRONT, speed=12.0)
    assert bool(walls_at(lane_with_crosswalk(90.0), ego, tracks=people((92.0, y, 0.0, 1.2)))) == waits
