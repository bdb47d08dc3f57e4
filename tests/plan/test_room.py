"""Paths leave the whole car room: in tight turns of narrow lanes they swing out where lane centres would not."""

import math

import numpy as np
import pytest
from driving_scenes import CAR, lane
from planning_parts import briefing, ego_at

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.drivable import DrivableArea, drivable_area
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING, ReferencePath, reference_path
from evpilot.plan import room
from evpilot.plan.columns import Ref
from evpilot.plan.road import Road
from evpilot.plan.room import make_room, roomy
from evpilot.types import Goal, LaneGraph
from evpilot.types.state import Array

BODY = np.array([CAR.rear_to_center, 0.5 * CAR.length, 0.5 * CAR.width])


def corner(radius: float, width: float = 2.7, turn: float = 1.0) -> LaneGraph:
    """40 m straight on, a quarter turn to the left (turn 1) or right (-1), 40 m straight on."""
    angle = np.linspace(0.0, 0.5 * math.pi, 12)
    bend = np.column_stack([40.0 + radius * np.sin(angle), turn * radius * (1.0 - np.cos(angle))])
    leave = bend[-1] + np.column_stack([np.zeros(20), turn * np.linspace(2.0, 40.0, 20)])
    come = np.column_stack([np.linspace(0.0, 38.0, 20), np.zeros(20)])
    middle = np.concatenate([come, bend, leave])
    chord = np.gradient(middle, axis=0)
    left = np.stack([-chord[:, 1], chord[:, 0]], 1) / np.hypot(chord[:, 0], chord[:, 1])[:, None]
    builder = GraphBuilder()
    builder.lane(middle + 0.5 * width * left, middle - 0.5 * width * left, speed_limit=10.0)
    return builder.build()


def clearances(path: ReferencePath, area: DrivableArea) -> Array:
    """The least distance of the body's six points from the edge at each sample within the lanes [m]."""
    rows = [k for k in range(len(path.table)) if 2.0 < k * SPACING < path.end - 5.0]
    return np.array([min(area.distance(*p) for p in points(*path.table[k, :3])) for k in rows])


def points(x: float, y: float, yaw: float) -> list[tuple[float, float]]:
    c, s = math.cos(yaw), math.sin(yaw)
    across = (-BODY[2], BODY[2])
    along = (BODY[0] - BODY[1], BODY[0], BODY[0] + BODY[1])
    return [(x + a * c - b * s, y + a * s + b * c) for a in along for b in across]


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_in_a_tight_turn_the_body_stays_on_the_road(turn: float) -> None:
    graph = corner(7.0, width=3.2, turn=turn)
    area = drivable_area(graph, np.arange(len(graph)))
    path = reference_path(graph, np.array([0]))
    assert clearances(path, area).min() < -0.1
    better = roomy(path, area, BODY)
    assert clearances(better, area).min() > 0.15
    assert np.abs(better.table[:, 3]).max() < math.tan(CAR.steering_max) / CAR.wheelbase


def test_where_there_is_room_the_path_stays() -> None:
    graph = corner(20.0, width=4.0)
    path = reference_path(graph, np.array([0]))
    assert roomy(path, drivable_area(graph, np.arange(len(graph))), BODY) is path


def test_a_moved_path_is_sampled_evenly_and_keeps_its_limits() -> None:
    graph = corner(6.0)
    path = roomy(reference_path(graph, np.array([0])), drivable_area(graph, np.arange(len(graph))), BODY)
    steps = np.hypot(*np.diff(path.table[:, :2], axis=0).T)
    np.testing.assert_allclose(steps, SPACING, atol=0.02)
    assert np.all(path.table[:, 5] == 10.0)
    assert path.end == pytest.approx(78.0 + 3.0 * math.pi, abs=1.5)


def test_make_room_is_gauss_newton_on_the_lack_of_room(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = corner(6.0)
    area, path = drivable_area(graph, np.arange(len(graph))), reference_path(graph, np.array([0]))
    first, last = 8, int(path.end / SPACING) - 10
    move = np.zeros(len(path.table))
    lack = make_room(path.table, first, last, BODY, area.origin, area.table, area.tiles, move)
    twin, twin_lack = by_hand(path.table, first, last, area)
    assert lack == pytest.approx(twin_lack, rel=1e-6)
    np.testing.assert_allclose(move, twin, atol=1e-6)


def by_hand(table: Array, first: int, last: int, area: DrivableArea) -> tuple[Array, float]:
    count = len(table)
    third = np.diff(np.eye(count), n=3, axis=0)
    move, best, least = np.zeros(count), np.zeros(count), math.inf
    for _ in range(room.ROUNDS):
        rows, off, weights = lacks(table, move, first, last, area)
        lack = float((weights * off**2).sum())
        if lack < least:
            least, best = lack, move.copy()
        normal = (rows.T * weights) @ rows + room.STIFFNESS * third.T @ third + room.HOLD * np.eye(count)
        right = (rows.T * weights) @ off - room.STIFFNESS * third.T @ (third @ move) - room.HOLD * move
        step = np.linalg.solve(normal, right)
        move = move + min(1.0, room.STEP_MAX / np.abs(step).max()) * step
        if np.abs(move).max() > room.FARTHEST:
            break
    return best, least


def lacks(table: Array, move: Array, first: int, last: int, area: DrivableArea) -> tuple[Array, Array, Array]:
    rows, off, weights = [np.zeros(len(table))], [0.0], [0.0]
    for k in range(first, last):
        x, y, yaw, bend = table[k, :4]
        x, y = x - move[k] * math.sin(yaw), y + move[k] * math.cos(yaw)
        yaw += (move[k + 1] - move[k - 1]) / (2.0 * SPACING * max(1.0 - move[k] * bend, 0.3))
        for px, py in points(x, y, yaw):
            free = area.distance(px, py)
            if free >= room.MARGIN:
                continue
            gx = (area.distance(px + 0.2, py) - area.distance(px - 0.2, py)) / 0.4
            gy = (area.distance(px, py + 0.2) - area.distance(px, py - 0.2)) / 0.4
            turn = (gy * (px - x) - gx * (py - y)) / (2.0 * SPACING)
            row = np.zeros(len(table))
            row[k - 1 : k + 2] = -turn, gy * math.cos(yaw) - gx * math.sin(yaw), turn
            rows.append(row)
            off.append(room.MARGIN - free)
            weights.append(1.0 if free > room.TIGHT else room.TIGHTER)
    return np.array(rows), np.array(off), np.array(weights)


def fork() -> tuple[Road, int, int]:
    """A road that goes straight on or round a bend to the left, where the goal lies; the lane of the bend, and the one
    straight on."""
    builder = GraphBuilder()
    angle = np.linspace(0.0, 0.5 * math.pi, 20)
    round_ = np.column_stack([np.sin(angle), -np.cos(angle)])
    middle = np.array([40.0, 15.0])
    come, on = lane(builder, 0.0, -100.0, 40.0), lane(builder, 0.0, 40.0, 100.0)
    bend = builder.lane(middle + 13.25 * round_, middle + 16.75 * round_, speed_limit=10.0)
    builder.connect(come, bend)
    builder.connect(come, on)
    graph = builder.build()
    road = Road(briefing(graph, (Goal(time=(0.0, 60.0), lanes=(bend,)),)), LaneIndex(graph))
    return road, bend, on


def test_a_corridor_goes_on_being_offered_when_the_car_has_come_off_its_lanes() -> None:
    road, bend, _ = fork()
    (way, *_) = road.ways(ego_at(30.0))
    assert bend in way.path.lanes
    beyond = ego_at(50.0, 1.0, yaw=0.3)
    assert not any(bend in other.path.lanes for other in road.ways(beyond))
    road.keep(way)
    assert bend in road.ways(beyond)[0].path.lanes


def test_a_way_out_that_leads_to_no_goal_does_not_make_the_car_forget_the_one_that_does() -> None:
    road, bend, on = fork()
    road.keep(road.ways(ego_at(30.0))[0])
    astray = ego_at(50.0, 1.0, yaw=0.3)
    aside = next(way for way in road.ways(astray) if on in way.path.lanes)
    road.keep(aside)
    assert any(bend in way.path.lanes for way in road.ways(astray))


def test_where_our_turn_and_the_way_on_lie_upon_each_other_only_our_turn_is_offered() -> None:
    road, bend, on = fork()
    ways = road.ways(ego_at(43.0))
    assert [bend in way.path.lanes for way in ways] == [True]
    assert not any(on in way.path.lanes for way in ways)


def test_a_way_that_never_led_to_the_goal_is_worth_less_than_one_that_does() -> None:
    road, bend, on = fork()
    ego = ego_at(2.0)
    (come,) = (int(k) for k in road.briefing.graph.predecessors(bend))
    ours, astray = (road.paths.along(lanes, ego)[1][:, Ref.REMAINING] for lanes in ((come, bend), (on,)))
    assert astray[0] > ours[0]
