"""What the pilot does on small roads, in closed loop at 100 Hz."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from driving_scenes import (
    CAR,
    WIDTH,
    actor,
    centre,
    drive,
    faults,
    front,
    lane,
    lane_with_crosswalk,
    lane_with_light,
    lane_with_stop_sign,
    light,
    one_lane,
    place,
    reasons,
    scene,
    touches,
    two_lanes,
    walker,
)
from planning_parts import crossing

from evpilot.maps.builder import GraphBuilder
from evpilot.pilot import EvPilot
from evpilot.plan.keep_clear import SPARE
from evpilot.scenarios import Actor, Behaviour, load
from evpilot.simulate.loop import simulate
from evpilot.types import VERDICT, Arrow, LightState, ObjectKind, Signal
from evpilot.vehicle import platforms

SPEED, ACCEL, LATERAL = 4, 5, 6
QUEUE = (0.0, 3.75, 5.55, 7.35, 9.15, 10.95, 12.75, 14.55)  # [s] after the first


def test_a_free_road_is_driven_at_its_limit_in_the_middle_of_the_lane() -> None:
    run = drive(scene(one_lane(14.0), seconds=12.0))
    assert run.outcome == "time" and not faults(run)
    assert run.ego[-1, SPEED] == pytest.approx(14.0, abs=0.3)
    assert run.ego[:, SPEED].max() < 14.1
    assert np.max(np.abs(centre(run)[:, 1])) < 0.05
    assert run.ego[:, ACCEL].max() < 1.9
    assert reasons(run)[-1].startswith("keep the lane")


@pytest.mark.parametrize("speed", [21.0, 22.6])
def test_a_higher_limit_is_not_anticipated(speed: float) -> None:
    """Nor once the car is a little too fast already, in sight of it."""
    builder = GraphBuilder()
    slow = lane(builder, 0.0, 0.0, 160.0, speed_limit=22.0)
    builder.connect(slow, lane(builder, 0.0, 160.0, 700.0, speed_limit=36.0))
    run = drive(scene(builder.build(), goals=(place(600.0, 620.0),), speed=speed, seconds=14.0))
    x, speeds = centre(run)[:, 0], run.ego[:, SPEED]
    assert speeds[(x > 120.0) & (x < 160.0)].max() < 22.4
    assert speeds[x > 200.0].max() > 26.0


def test_from_standstill_it_sets_off() -> None:
    run = drive(scene(one_lane(14.0), speed=0.0, seconds=8.0))
    assert run.ego[-1, SPEED] > 7.0


def test_who_starts_beside_the_middle_returns_to_it_gently() -> None:
    run = drive(scene(one_lane(14.0), seconds=8.0, start=np.array([20.0, 0.6, 0.0, 0.05])))
    assert abs(centre(run)[-1, 1]) < 0.15
    assert np.max(np.abs(run.ego[:, LATERAL])) < 2.0


def test_behind_a_slow_car_it_follows_with_a_gap() -> None:
    run = drive(scene(one_lane(), actor(1, (50.0, 0.0), (5.0, 0.0))))
    lead_rear = 50.0 + 5.0 * run.t_ns * 1e-9 - 2.25
    gap = lead_rear - front(run)
    assert not touches(run) and gap.min() > 3.0
    assert run.ego[-1, SPEED] == pytest.approx(5.0, abs=0.5)
    assert gap[-1] < 25.0
    assert any(reason in ("follow 1", "slow down for 1") for reason in reasons(run))


def test_behind_who_stands_it_stands_within_the_room_that_it_asks_for_beyond_a_junction() -> None:
    """Or its own rear would stand in it."""
    for speed in (6.0, 13.0):
        run = drive(scene(one_lane(), actor(1, (100.0, 0.0)), speed=speed, seconds=24.0))
        assert run.ego[-1, SPEED] < 0.05
        assert 0.5 < 100.0 - 2.25 - front(run)[-1] < SPARE


def braking(x: float, speed: float, after: float) -> Actor:
    """Somebody in lane 0 who brakes at 6 m/s2 to a standstill, from some seconds on."""
    lead = actor(1, (x, 0.0), (speed, 0.0), seconds=15.0)
    t = np.arange(len(lead.motion)) * 0.1
    motion = lead.motion.copy()
    late = np.clip(t - after, 0.0, speed / 6.0)
    motion[:, 0] = x + speed * np.minimum(t, after) + speed * late - 3.0 * late**2
    motion[:, SPEED], motion[:, ACCEL] = speed - 6.0 * late, np.where((late > 0.0) & (late < speed / 6.0), -6.0, 0.0)
    return dataclasses.replace(lead, motion=motion)


def test_behind_a_car_that_brakes_hard_it_stops_in_time() -> None:
    run = drive(scene(one_lane(10.0), braking(42.0, 10.0, 3.0), seconds=12.0))
    assert not touches(run)
    assert run.ego[-1, SPEED] < 0.3


def test_who_brakes_hard_ahead_is_stopped_for_though_the_sensor_measures_no_acceleration() -> None:
    lead = braking(62.0, 24.0, 0.5)
    motion = lead.motion.copy()
    motion[:, ACCEL] = 0.0
    run = drive(scene(one_lane(25.0), dataclasses.replace(lead, motion=motion), speed=25.0, seconds=9.0))
    assert not touches(run)
    assert run.ego[:, ACCEL].min() > -7.0


def test_behind_a_car_that_brakes_hard_it_does_not_cut_in_before_who_is_beside_it() -> None:
    beside = actor(2, (12.0, 3.5), (26.5, 0.0))
    run = drive(scene(two_lanes(25.0), braking(62.0, 24.0, 0.5), beside, speed=25.0, seconds=9.0))
    assert not touches(run)
    passed = next(f for f in run.frames if f.truth.objects.state[1, 0] > f.truth.ego.pose[0] + 8.0)
    before = centre(run)[run.t_ns <= passed.t_ns, 1]
    assert before.max() < 1.0


def test_a_blocked_lane_with_a_free_neighbour_is_left_in_time() -> None:
    run = drive(scene(two_lanes(), actor(1, (100.0, 0.0))))
    assert not touches(run)
    passing = centre(run)[np.argmin(np.abs(centre(run)[:, 0] - 100.0))]
    assert passing[1] == pytest.approx(3.5, abs=0.6)
    assert run.ego[-1, SPEED] > 12.0
    assert "change left" in {reason[:11] for reason in reasons(run)}
    assert np.max(np.abs(run.ego[:, LATERAL])) < 3.0


def test_a_blocked_lane_with_an_occupied_neighbour_is_waited_out() -> None:
    beside = [actor(10 + k, (5.0 + 14.0 * k, 3.5), (6.0, 0.0)) for k in range(8)]
    run = drive(scene(two_lanes(), actor(1, (80.0, 0.0)), *beside, speed=6.0, seconds=12.0))
    assert not touches(run)


def test_a_gap_in_the_priority_traffic_that_a_brisk_start_meets_is_taken() -> None:
    """A comfortable start does not meet it; behind it comes a queue without a gap."""
    first, *queue = (actor(1 + k, (100.0, -30.0 - 10.0 * t), (0.0, 10.0)) for k, t in enumerate(QUEUE))
    run = drive(scene(crossing(), first, *queue, speed=0.0, start=np.array([88.0, 0.0, 0.0, 0.0]), seconds=8.0))
    assert not touches(run)
    assert centre(run)[-1, 0] > 105.0


def test_who_waits_long_at_a_roundabout_does_not_turn_askew_and_gets_in() -> None:
    """Holding on to an offset while it creeps, it stood at last so that every way on led off the road."""
    run = drive(load("two_lane_roundabout@seed=700,difficulty=0.8"), seed=700)
    assert run.outcome == "goal"


def test_who_comes_from_behind_with_blue_light_gets_a_free_way() -> None:
    """The lane beside is slower and has gaps."""
    rest = [actor(2 + k, (-20.0 + 45.0 * k, WIDTH), (10.0, 0.0)) for k in range(8)]
    ambulance = actor(1, (-25.0, 0.0), (13.0, 0.0), size=(6.2, 2.1))
    blue = dataclasses.replace(ambulance, signals=np.full_like(ambulance.signals, Signal.BLUE))
    calm, yielded = (drive(scene(two_lanes(), one, *rest, speed=13.0, seconds=12.0)) for one in (ambulance, blue))
    assert np.abs(centre(calm)[:, 1]).max() < 1.0
    assert not touches(yielded)
    assert centre(yielded)[-1, 1] > 2.5


def test_who_has_somebody_beside_it_finds_a_gap_to_give_a_blue_light_its_way() -> None:
    blue = actor(1, (-6.0, 0.0), (15.5, 0.0))
    blue = dataclasses.replace(blue, signals=np.full(len(blue.motion), int(Signal.BLUE), np.uint8))
    ahead, beside = actor(2, (39.0, 0.0), (15.5, 0.0)), actor(3, (14.6, 3.5), (16.0, 0.0))
    run = drive(scene(two_lanes(22.0), blue, ahead, beside, speed=15.5, seconds=12.0))
    assert not touches(run)
    assert centre(run)[-1, 1] > 2.5


def test_a_parked_car_half_in_the_lane_is_passed_with_a_nudge() -> None:
    run = drive(scene(one_lane(), actor(1, (90.0, -2.0), kind=ObjectKind.PARKED)))
    assert not touches(run)
    y = centre(run)[:, 1]
    assert 0.2 < y.max() < 0.85
    assert abs(y[-1]) < 0.15
    assert front(run)[-1] > 150.0


def test_a_pedestrian_who_stands_in_the_lane_is_stopped_for() -> None:
    run = drive(scene(one_lane(), walker(1, (75.0, 0.0), (0.0, 0.01)), seconds=18.0))
    assert not touches(run)
    assert run.ego[-1, SPEED] < 0.2
    assert 55.0 < front(run)[-1] < 74.0
    assert run.ego[:, ACCEL].min() > -3.6


@pytest.mark.parametrize(
    ("low", "high", "slow", "fast"), [(7.0, 7.4, 8.0, 9.0), (5.0, 5.4, 12.0, 13.0), (9.0, 9.5, 6.0, 7.0)]
)
def test_a_place_in_a_window_of_time_and_speed_is_met(low: float, high: float, slow: float, fast: float) -> None:
    goal = place(88.0, 100.0, time=(low, high), speed=(slow, fast))
    run = drive(scene(one_lane(), goals=(goal,)))
    assert run.outcome == "goal"
    assert low - 0.01 <= run.t_ns[-1] * 1e-9 <= high + 0.01
    assert slow - 0.01 <= run.ego[-1, SPEED] <= fast + 0.01


def test_a_goal_of_the_official_verdict_is_met_with_its_exact_car() -> None:
    goal = place(88.0, 100.0, time=(7.0, 7.4), speed=(8.0, 9.0), yaw=(-0.1, 0.1))
    car = platforms.load("bmw320i")
    run = drive(scene(one_lane(), goals=(goal,)), limits=VERDICT, platform=car)
    assert run.outcome == "goal"
    assert len(run.t_ns) == len(run.frames)


@pytest.mark.parametrize("speed", [8.0, 12.0])
def test_in_the_official_verdict_the_car_drives_as_fast_as_who_comes_from_behind_past_the_limit(speed: float) -> None:
    """There nobody brakes for us: who drives at the limit is left to do so."""
    behind = actor(1, (-30.0, 0.0), (speed, 0.0))
    car = platforms.load("bmw320i")
    run = drive(scene(one_lane(8.0), behind, speed=8.0, seconds=15.0), limits=VERDICT, platform=car)
    assert not touches(run, car)
    assert (run.ego[-1, SPEED] > 11.0) == (speed > 8.0)
    assert run.ego[:, SPEED].max() < (15.0 if speed > 8.0 else 8.3)


def test_a_goal_on_the_other_lane_is_reached_there() -> None:
    run = drive(scene(two_lanes(), goals=(place(130.0, 150.0, 2.5, 4.5),)))
    assert run.outcome == "goal"


def test_nobody_is_overtaken_past_a_goal_in_our_own_lane() -> None:
    slow = actor(1, (330.0, 0.0), (12.0, 0.0))
    run = drive(scene(two_lanes(33.0), slow, speed=32.0, seconds=12.0, goals=(place(230.0, 330.0),)))
    assert run.outcome == "goal"


def test_a_red_light_is_stopped_for_before_the_line_and_left_at_green() -> None:
    run = drive(scene(lane_with_light(120.0), lights=(light(LightState.RED, 22.0),), seconds=32.0))
    t = run.t_ns * 1e-9
    assert front(run)[t < 22.0].max() < 120.0
    assert run.ego[t < 22.0, SPEED].min() < 0.6
    assert front(run)[-1] > 130.0
    assert "stop: the light is red" in reasons(run)


def test_a_green_light_is_passed_at_speed() -> None:
    run = drive(scene(lane_with_light(120.0), lights=(light(LightState.GREEN),), seconds=12.0))
    assert run.ego[:, SPEED].min() > 9.8


def test_a_green_light_is_passed_as_soon_by_who_wishes_to_save() -> None:
    green = scene(lane_with_light(120.0), speed=6.0, lights=(light(LightState.GREEN),), seconds=10.0)
    saving = simulate(green, functools.partial(EvPilot, eco=1.0), platform=CAR, seed=0)
    usual, late = (run.t_ns[np.argmax(front(run) > 120.0)] * 1e-9 for run in (drive(green), saving))
    assert 0.0 < late < usual + 0.2


def test_speed_that_a_slower_road_takes_away_is_not_gained_by_who_wishes_to_save_and_less_so_at_a_green_light() -> None:
    tops: list[float] = []
    for lit, eco in ((True, 0.0), (True, 0.5), (False, 0.5)):
        builder = GraphBuilder()
        before = lane(builder, 0.0, 0.0, 150.0, speed_limit=14.0)
        builder.connect(before, lane(builder, 0.0, 150.0, 400.0, speed_limit=5.0))
        if lit:
            builder.light([before], (152.0, 0.0, 5.0, math.pi), Arrow.ALL)
        lights = (light(LightState.GREEN),) if lit else ()
        world = scene(builder.build(), speed=6.0, lights=lights, seconds=18.0)
        run = simulate(world, functools.partial(EvPilot, eco=eco), platform=CAR, seed=0)
        assert front(run)[-1] > 150.0
        tops.append(float(run.ego[:, SPEED].max()))
    usual, at_green, saving = tops
    assert at_green < usual - 1.5
    assert saving < at_green - 0.3


def test_at_amber_who_can_stop_stops_and_who_cannot_goes_on() -> None:
    amber = light(LightState.AMBER, 3.0, LightState.RED)
    far = drive(scene(lane_with_light(100.0), speed=12.0, lights=(amber,), seconds=16.0))
    assert front(far).max() < 100.0
    near = drive(scene(lane_with_light(45.0), speed=13.0, lights=(amber,), seconds=5.0))
    passed = near.t_ns[np.argmax(front(near) > 45.0)] * 1e-9
    assert 0.0 < passed < 3.0
    assert near.ego[:, ACCEL].min() > -1.0


def test_at_a_stop_sign_it_halts_once_then_goes_on() -> None:
    run = drive(scene(lane_with_stop_sign(80.0), seconds=30.0))
    at_line = (front(run) > 76.0) & (front(run) <= 80.0)
    assert run.ego[at_line, SPEED].min() < 0.2
    assert front(run)[-1] > 90.0
    assert front(run)[np.argmin(run.ego[:, SPEED])] <= 80.0


def test_who_is_slow_before_a_stop_line_drives_up_to_it_and_does_not_creep() -> None:
    start = np.array([80.0 - 7.0 - CAR.rear_to_center - 0.5 * CAR.length, 0.0, 0.0, 0.0])
    run = drive(scene(lane_with_stop_sign(80.0), speed=0.6, start=start, seconds=12.0))
    stood = np.flatnonzero(run.ego[:, SPEED] < 0.1)
    assert 77.0 < front(run)[stood[0]] < 80.0
    assert run.t_ns[stood[0]] < 6.0e9  # at its pace it would take ten seconds
    assert front(run)[-1] > 90.0


def test_nobody_behind_makes_it_run_a_stop_sign() -> None:
    behind = actor(1, (3.0, 0.0), (7.0, 0.0))  # it will never brake
    run = drive(scene(lane_with_stop_sign(70.0), behind, speed=8.0, seconds=12.0))
    assert front(run)[-1] < 70.0  # it is hit at last, where it stops for the sign


def test_at_a_crossing_it_yields_to_who_steps_towards_its_way() -> None:
    run = drive(scene(lane_with_crosswalk(90.0), walker(1, (92.0, -4.0), (0.0, 1.2), wait=1.5)))
    assert not touches(run)
    t = run.t_ns * 1e-9
    crossing = (t > 1.5 + 1.0 / 1.2) & (t < 1.5 + 5.0 / 1.2)
    assert front(run)[crossing].max() < 90.5
    assert "yield to 1 at the crossing" in reasons(run)
    assert run.ego[-1, SPEED] > 3.0


def test_at_a_crossing_it_goes_on_when_the_walker_walks_away() -> None:
    run = drive(scene(lane_with_crosswalk(90.0), walker(1, (92.0, -3.2), (0.0, -1.2)), seconds=8.0))
    assert run.ego[:, SPEED].min() > 9.5


def test_with_no_way_out_it_brakes_as_hard_as_it_can() -> None:
    run = drive(scene(one_lane(), actor(1, (36.0, 0.0)), speed=14.0))
    assert run.outcome == "collision"
    assert run.ego[:, ACCEL].min() < -6.0
    assert run.ego[-1, SPEED] < 11.0


def test_a_wall_across_the_road_that_can_just_be_stopped_for_is_not_hit() -> None:
    run = drive(scene(one_lane(), actor(1, (52.0, 0.0), size=(2.0, 8.0)), speed=14.0))
    assert not touches(run)
    assert run.ego[-1, SPEED] < 0.3


def test_every_decision_has_a_tail_that_stops_and_touches_nobody() -> None:
    parked = actor(1, (100.0, -2.0), kind=ObjectKind.PARKED)
    run = drive(scene(one_lane(), parked, walker(2, (140.0, 0.0), (0.0, 0.01)), seconds=12.0))
    decisions = [frame.decision for frame in run.frames if frame.decision is not None]
    assert decisions
    for decision in decisions:
        tail, plan = decision.tail, decision.trajectory
        assert tail is not None and plan is not None
        assert tail.speed[-1] < 0.1
        np.testing.assert_allclose(tail.pose[:2], plan.pose[:2], atol=0.05)
        x = tail.pose[:, 0] + CAR.rear_to_center * np.cos(tail.pose[:, 3])
        assert x.max() + 0.5 * CAR.length < 139.7


def test_the_car_never_leaves_the_road_round_a_bend() -> None:
    builder = GraphBuilder()
    angle = np.linspace(-0.5 * math.pi, math.pi, 90)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    x = np.linspace(-120.0, 0.0, 25)
    before = builder.lane(np.column_stack([x, x * 0 + 1.75]), np.column_stack([x, x * 0 - 1.75]), speed_limit=14.0)
    middle = np.array([0.0, 25.0])
    bend = builder.lane(middle + 23.25 * ring, middle + 26.75 * ring, speed_limit=14.0)
    builder.connect(before, bend)
    goal = place(-26.8, -22.0, 26.0, 32.0)
    run = drive(
        scene(builder.build(), start=np.array([-100.0, 0.0, 0.0, 0.0]), speed=14.0, seconds=30.0, goals=(goal,))
    )
    assert run.outcome == "goal"
    path = centre(run)
    on_bend = path[path[:, 0] > 1.0]
    assert np.max(np.abs(np.hypot(on_bend[:, 0], on_bend[:, 1] - 25.0) - 25.0)) < 0.7
    assert np.max(np.abs(run.ego[:, LATERAL])) < 3.0


def test_someone_on_the_bridge_above_is_no_obstacle() -> None:
    above = actor(1, (80.0, 0.0))
    above.motion[:, 2] = 6.0
    run = drive(scene(one_lane(), dataclasses.replace(above, behaviour=Behaviour.STATIC), seconds=8.0))
    assert run.ego[:, SPEED].min() > 9.8
    assert front(run)[-1] > 100.0


@pytest.mark.parametrize("across", [5.0, 5.75, 6.5, 7.25])
def test_nobody_who_walks_towards_its_way_is_passed_a_step_in_front(across: float) -> None:
    """Whatever the timing: at speed the gap to the walker is never that of one step that he may hasten by."""
    run = drive(scene(one_lane(), walker(1, (75.0, across), (0.0, -1.3)), speed=13.0, seconds=8.0))
    steps = np.arange(len(run.ego)) * 0.01
    dx, dy = 75.0 - centre(run)[:, 0], across - 1.3 * steps - centre(run)[:, 1]
    beside = (np.abs(dx) < 0.5 * CAR.length) & (run.ego[:, SPEED] > 5.0)
    assert not touches(run)
    before = dy[beside & (dy > 0.0)] - 0.5 * CAR.width - 0.3
    assert not len(before) or before.min() > 0.6


def test_a_cyclist_is_passed_with_the_room_that_the_law_wants_or_followed() -> None:
    rider = actor(1, (60.0, -1.2), (4.5, 0.0), kind=ObjectKind.BICYCLE, size=(1.8, 0.6))
    run = drive(scene(two_lanes(), rider, seconds=12.0))
    gap = centre(run)[:, 1] - 0.5 * CAR.width + 1.2 - 0.3
    beside = np.abs(centre(run)[:, 0] - 60.0 - 4.5 * np.arange(len(run.ego)) * 0.01) < 3.3
    assert beside.any()
    assert gap[beside].min() > 1.5
    narrow = drive(scene(one_lane(), rider, seconds=12.0))
    assert front(narrow)[-1] < 60.0 + 4.5 * 12.0
    assert narrow.ego[-1, SPEED] == pytest.approx(4.5, abs=0.8)


@pytest.mark.parametrize("ahead", [26.0, 30.0])
def test_it_brakes_as_hard_as_needed_and_no_harder(ahead: float) -> None:
    """Service braking does not stop the car in time, an emergency stop would be more than it takes."""
    run = drive(scene(one_lane(), actor(1, (20.0 + ahead, 0.0)), speed=14.0, seconds=4.0))
    assert not touches(run)
    assert -7.0 < run.ego[:, ACCEL].min() < -4.0
