"""The simple drivers on a straight road, the car following their plans exactly."""

import itertools

import numpy as np
import pytest

from evpilot.maps.builder import GraphBuilder
from evpilot.pilot.baselines.blind import BlindPilot
from evpilot.pilot.baselines.idm import IdmPilot
from evpilot.pilot.baselines.reckless import RecklessPilot
from evpilot.types import (
    ROAD,
    Briefing,
    EgoState,
    Goal,
    LaneGraph,
    Lights,
    LightState,
    ObjectKind,
    Observation,
    Tracks,
    Trajectory,
    no_tracks,
)
from evpilot.vehicle import platforms

LIMIT = 14.0
STOP_LINE = 150.0
SEDAN = platforms.load("sedan")


def road(lanes: int = 1, light: bool = False) -> LaneGraph:
    builder = GraphBuilder()
    xs = np.linspace(0.0, 600.0, 121)
    made = [
        builder.lane(
            np.stack([xs, np.full(121, 3.5 * k + 1.75)], 1),
            np.stack([xs, np.full(121, 3.5 * k - 1.75)], 1),
            speed_limit=LIMIT,
        )
        for k in range(lanes)
    ]
    for right, left in itertools.pairwise(made):
        builder.neighbours(left, right)
    if light:
        builder.stop_line(made[0], STOP_LINE)
        builder.light([made[0]], (STOP_LINE + 10.0, 3.0, 0.0, np.pi))
    return builder.build()


def briefing(graph: LaneGraph, goal_lane: int = 0) -> Briefing:
    goal = Goal(lanes=(goal_lane,)) if goal_lane else Goal(time=(0.0, 60.0))
    return Briefing(
        graph=graph,
        goals=(goal,),
        platform=SEDAN,
        limits=ROAD,
        period_ns=100_000_000,
        start_ns=0,
        end_ns=60_000_000_000,
        seed=0,
    )


def ego_at(x: float, y: float, yaw: float, speed: float, accel: float, t_ns: int, curvature: float = 0.0) -> EgoState:
    return EgoState(
        t_ns=t_ns,
        pose=np.array([x, y, 0.0, yaw]),
        velocity=np.array([speed, 0.0]),
        accel=np.array([accel, 0.0]),
        yaw_rate=0.0,
        steering=float(np.arctan(curvature * SEDAN.wheelbase)),
        cov=np.zeros((6, 6)),
    )


def standing_car(x: float, t_ns: int) -> Tracks:
    return Tracks(
        t_ns=t_ns,
        id=np.array([7]),
        kind=np.array([ObjectKind.CAR], np.uint8),
        state=np.array([[x, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]),
        velocity=np.zeros((1, 2)),
        cov=np.zeros((1, 6, 6)),
        size=np.array([[4.5, 1.8]]),
        age=np.ones(1),
        signals=np.zeros(1, np.uint8),
        valid=np.ones(1, np.bool_),
    )


def drive(pilot_class, graph, seconds, speed, car_x=None, light=None, goal_lane=0):
    """The rear axle's x, y, speed and acceleration every 0.1 s, and all plans."""
    pilot = pilot_class(briefing(graph, goal_lane))
    ego = ego_at(5.0, 0.0, 0.0, speed, 0.0, 0)
    rows, plans = [], []
    for tick in range(round(seconds * 10)):
        t_ns = tick * 100_000_000
        lights = Lights(
            t_ns=t_ns,
            index=np.arange(0 if light is None else 1),
            state=np.array([] if light is None else [light], np.uint8),
            arrow=np.zeros(0 if light is None else 1, np.uint8),
        )
        decision = pilot.step(
            Observation(
                t_ns=t_ns,
                ego=ego,
                tracks=no_tracks(t_ns) if car_x is None else standing_car(car_x, t_ns),
                detections=None,
                lights=lights,
                visible_range=np.full(16, 200.0),
                friction=1.0,
                sight=1e4,
            )
        )
        decision.validate()
        plan = decision.trajectory
        plans.append((plan, decision.tail))
        rows.append((*ego.pose[:2], ego.speed, ego.accel[0]))
        ego = ego_at(*plan.pose[1, [0, 1, 3]], plan.speed[1], plan.accel[1], t_ns + 100_000_000, plan.curvature[1])
    return np.array(rows), plans


def test_idm_reaches_the_limit_and_stays_below():
    rows, _ = drive(IdmPilot, road(), 25.0, 3.0)
    assert 0.93 * LIMIT < rows[-1, 2] <= LIMIT + 1e-6
    assert np.abs(rows[:, 1]).max() < 0.05


def test_idm_stops_behind_a_standing_car():
    rows, _ = drive(IdmPilot, road(), 25.0, 13.0, car_x=160.0)
    front = rows[-1, 0] + SEDAN.rear_to_center + 0.5 * SEDAN.length
    assert rows[-1, 2] < 0.2
    assert 0.8 < 160.0 - 2.25 - front < 4.0
    assert rows[:, 3].min() > -4.0


def test_idm_stops_at_red_and_passes_at_green():
    red, _ = drive(IdmPilot, road(light=True), 25.0, 12.0, light=LightState.RED)
    front = red[-1, 0] + SEDAN.rear_to_center + 0.5 * SEDAN.length
    assert red[-1, 2] < 0.2
    assert STOP_LINE - 4.0 < front < STOP_LINE
    green, _ = drive(IdmPilot, road(light=True), 20.0, 12.0, light=LightState.GREEN)
    assert green[-1, 0] > STOP_LINE + 50.0


def test_idm_changes_to_the_lane_that_leads_to_the_goal():
    rows, _ = drive(IdmPilot, road(2), 12.0, 10.0, goal_lane=1)
    assert rows[-1, 1] == pytest.approx(3.5, abs=0.1)
    assert np.abs(np.diff(rows[:, 1])).max() < 0.3


def test_it_stops_where_its_lane_ends_and_gives_up_off_the_road():
    builder = GraphBuilder()
    xs = np.linspace(0.0, 150.0, 31)
    ramp, main, on = (
        builder.lane(
            np.stack([xs + x, 0 * xs + y + 1.75], 1), np.stack([xs + x, 0 * xs + y - 1.75], 1), speed_limit=LIMIT
        )
        for x, y in ((0.0, 0.0), (0.0, 3.5), (150.0, 3.5))
    )
    builder.connect(main, on)
    builder.neighbours(main, ramp)
    rows, _ = drive(IdmPilot, builder.build(), 25.0, 12.0)
    front = rows[-1, 0] + SEDAN.rear_to_center + 0.5 * SEDAN.length
    assert rows[-1, 2] < 0.2
    assert front < 150.5
    pilot = IdmPilot(briefing(builder.build()))
    far = Observation(
        t_ns=0, ego=ego_at(50.0, 400.0, 0.0, 10.0, 0.0, 0), tracks=no_tracks(0), detections=None,
        lights=Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8)),
        visible_range=np.full(16, 200.0), friction=1.0, sight=1e4,
    )  # fmt: skip
    command = pilot.step(far).command
    assert command is not None
    assert command.accel < 0.0


def test_blind_drives_into_a_standing_car():
    rows, _ = drive(BlindPilot, road(), 20.0, 13.0, car_x=160.0)
    assert rows[-1, 0] > 160.0


def test_reckless_speeds_and_runs_the_light():
    rows, _ = drive(RecklessPilot, road(light=True), 20.0, 13.0, light=LightState.RED)
    assert rows[:, 2].max() > 1.3 * LIMIT
    assert rows[-1, 0] > STOP_LINE + 50.0


@pytest.mark.parametrize("pilot_class", [IdmPilot, BlindPilot, RecklessPilot])
def test_every_tail_follows_the_plan_for_a_period_and_stops(pilot_class):
    _, plans = drive(pilot_class, road(), 6.0, 10.0, car_x=160.0)
    for plan, tail in plans:
        assert isinstance(plan, Trajectory)
        assert np.allclose(plan.pose[:2], tail.pose[:2])
        assert tail.speed[-1] == 0.0
        assert np.all(np.diff(tail.pose[:, 0]) > -1e-6)


def test_same_observations_same_plans():
    one, plans = drive(IdmPilot, road(), 3.0, 10.0, car_x=100.0)
    two, again = drive(IdmPilot, road(), 3.0, 10.0, car_x=100.0)
    assert np.array_equal(one, two)
    assert all(np.array_equal(a[0].pose, b[0].pose) for a, b in zip(plans, again, strict=True))
