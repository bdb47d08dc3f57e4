"""Where lanes are blocked for good: left in time, and with room to get out of them."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from driving_scenes import CAR, actor, centre, drive, front, lane, place, scene, touches
from planning_parts import briefing, ego_at

import evpilot
from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.blocked import dead_ends, room_before, room_to_get_out
from evpilot.plan.columns import Corridor
from evpilot.plan.cost.trapped import missing_room
from evpilot.plan.road import Road
from evpilot.plan.walls import Wall
from evpilot.types import ROAD, VERDICT, Goal, LaneGraph, Limits, Signal

FRONT = CAR.rear_to_center + 0.5 * CAR.length


@functools.cache
def three_lanes(limit: float = 27.8) -> LaneGraph:
    """Lanes 0, 1 and 2 from the right."""
    builder = GraphBuilder()
    lanes = [lane(builder, 3.5 * k, 0.0, 900.0, speed_limit=limit) for k in range(3)]
    builder.neighbours(lanes[1], lanes[0])
    builder.neighbours(lanes[2], lanes[1])
    return builder.build()


def wrecks(x: float):
    """In lanes 0 and 1, with hazard lights."""
    return [
        replace(actor(1 + k, (x + 7.0 * k, 3.5 * (1 - k))), signals=np.array([Signal.HAZARD], np.uint8))
        for k in range(2)
    ]


GOAL = {"goals": (place(800.0, 850.0, -2.0, 9.0),)}


def test_two_blocked_lanes_are_left_without_braking() -> None:
    run = drive(scene(three_lanes(), *wrecks(320.0), speed=27.0, seconds=22.0, **GOAL))
    assert not touches(run)
    x, y = centre(run).T
    assert y[np.argmin(np.abs(x - 320.0))] > 5.5
    assert min(frame.observation.ego.speed for frame in run.frames) > 25.0
    assert x[-1] > 500.0


def test_who_cannot_get_over_stops_with_room_to_pull_out_and_does_so() -> None:
    """A row of cars on the free lane leaves no gap, and ends."""
    row = [actor(10 + k, (185.0 - 9.0 * k, 7.0), (12.0, 0.0), seconds=45.0) for k in range(37)]
    run = drive(scene(three_lanes(), *wrecks(200.0), *row, speed=18.0, seconds=38.0, **GOAL))
    assert not touches(run)
    stood = [frame.observation.ego for frame in run.frames if frame.observation.ego.speed < 0.3]
    assert max(ego.pose[0] for ego in stood) + FRONT < 200.0 - 2.25 - 12.0
    assert front(run)[-1] > 230.0


@pytest.mark.parametrize(
    ("run", "d", "missing", "stays"),
    [(0.0, 0.0, 14.56, 17.0), (5.0, 0.0, 19.56, 18.67), (0.0, 6.5, 0.0, 0.0), (-20.0, 0.0, 0.0, 10.33)],
)
def test_room_that_is_missing_is_what_the_way_over_takes(run: float, d: float, missing: float, stays: float) -> None:
    """A free lane 7 m to the left that has to be reached 9 m ahead; a car that has gone on by `run` [m], d [m] to the
    left."""
    corridors = np.zeros((2, len(Corridor)))
    corridors[1, Corridor.D] = -7.0
    assert missing_room(run, d, corridors, 0, np.array([np.inf, 9.0])) == pytest.approx((missing, stays), abs=0.01)


def test_the_wall_keeps_the_way_over_to_the_free_lane() -> None:
    """Lanes 0 and 1 are blocked 100 m and 107 m ahead; who is fast stops nearer, and nobody where no lane is free."""
    road = Road(briefing(three_lanes()), LaneIndex(three_lanes()))

    def walls(speed: float, free: bool) -> list[float]:
        ego = ego_at(100.0, 0.0, 0.0, speed)
        ways = [replace(way, blocked=way.scalars[Corridor.S] + 100.0 + 7.0 * k) for k, way in enumerate(road.ways(ego))]
        ways += road.beyond(ways, ego) if free else []
        room = room_before(ways, FRONT)
        return [wall.s - float(ways[0].scalars[Corridor.S]) for wall in room_to_get_out(ways, room, FRONT, ego)]

    assert walls(5.0, True) == pytest.approx([100.0 - 3.8 * 7.0, 100.0 - 3.8 * 3.5], abs=0.2)
    assert walls(22.0, True)[0] == pytest.approx(FRONT + 22.0**2 / 6.0, abs=0.2)
    assert walls(5.0, False) == []


def test_who_is_in_a_free_lane_has_nowhere_to_get_out_of() -> None:
    """Though the lane between it and another free one is blocked."""
    road = Road(briefing(three_lanes()), LaneIndex(three_lanes()))
    ego = ego_at(100.0, 0.0, 0.0, 10.0)
    own, beside = road.ways(ego)
    assert not np.isfinite(room_before([own, replace(beside, blocked=80.0)], FRONT)).any()
    assert np.isfinite(room_before([replace(own, blocked=80.0), beside], FRONT)).tolist() == [False, True]


def ending_lane() -> LaneGraph:
    """A lane of 150 m on the right of one that goes on, beside nothing, to 400 m."""
    builder = GraphBuilder()
    through = [lane(builder, 3.5, 0.0, 150.0), lane(builder, 3.5, 150.0, 400.0)]
    builder.connect(*through)
    builder.neighbours(through[0], lane(builder, 0.0, 0.0, 150.0))
    return builder.build()


def ends(x: float, speed: float, survival: bool = False, limits: Limits = ROAD) -> list[Wall]:
    goal = Goal(time=(20.0, 20.0)) if survival else place(300.0, 320.0, 1.75, 5.25)
    brief = briefing(ending_lane(), (goal,), limits)
    ego = ego_at(x, 0.0, 0.0, speed)
    return dead_ends(Road(brief, LaneIndex(brief.graph)).ways(ego), FRONT, brief, ego)


@pytest.mark.parametrize(
    ("x", "speed", "stop"),
    [
        (60.0, 10.0, 150.0 - 3.8 * 3.5),  # with room to get over from standstill
        (130.0, 8.0, 130.0 + FRONT + 64.0 / 6.0),  # who is too fast for that brakes no harder for it
        (140.0, 0.0, 140.0 + FRONT),  # who stands nearer stays there
    ],
)
def test_a_lane_that_ends_beside_the_way_to_the_goal_is_left_or_stopped_in(x: float, speed: float, stop: float) -> None:
    (wall,) = ends(x, speed)
    assert wall.x == pytest.approx(stop, abs=0.5)  # to a row of the table
    assert "lane ends" in wall.reason and not wall.rule


def test_nobody_stops_at_a_lane_s_end_who_could_not_or_only_has_to_survive() -> None:
    assert not ends(140.0, 20.0)
    assert not ends(60.0, 10.0, survival=True)
    assert not ends(60.0, 10.0, limits=VERDICT)


def test_who_comes_to_the_end_of_his_lane_beside_a_dense_queue_zips_in() -> None:
    """No rule keeps who stands there: he must not wait for ever for a gap that nobody leaves who need not."""
    run = evpilot.drive("zip_merge@difficulty=0.99", seed=6426)
    waits = sum(frame.truth.ego.speed < 0.3 for frame in run.frames) * 0.1
    assert run.outcome == "goal" and waits < 20.0
