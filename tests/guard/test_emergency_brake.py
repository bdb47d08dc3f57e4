"""Emergency braking at all speeds and for all who may be met; never for those who are off the path."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evpilot.guard.brake import EmergencyBrake
from evpilot.types import (
    ROAD,
    Detections,
    EgoState,
    Lights,
    ObjectKind,
    Observation,
    Tracks,
    Trajectory,
    joined,
    no_tracks,
)
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
PERIOD = 0.1
CAR, WALKER = (4.5, 1.8), (0.6, 0.6)


def tracks(x, y, yaw, speed, size=CAR, accel=0.0, turn=0.0) -> Tracks:
    state = np.array([[x, y, 0.0, yaw, speed, accel, turn]])
    return replace(
        no_tracks(0), id=np.array([3]), kind=np.array([ObjectKind.CAR], np.uint8), state=state,
        velocity=speed * np.array([[math.cos(yaw), math.sin(yaw)]]), cov=np.zeros((1, 6, 6)), size=np.array([size]),
        age=np.ones(1), signals=np.zeros(1, np.uint8), valid=np.ones(1, np.bool_),
    )  # fmt: skip


def seen(x: float, speed: float, others: Tracks | None, detections: Detections | None = None) -> Observation:
    ego = EgoState(
        t_ns=0, pose=np.array([x, 0.0, 0.0, 0.0]), velocity=np.array([speed, 0.0]), accel=np.zeros(2), yaw_rate=0.0,
        steering=0.0, cov=np.zeros((6, 6)),
    )  # fmt: skip
    lights = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))
    return Observation(
        t_ns=0, ego=ego, tracks=others, detections=detections, lights=lights, visible_range=np.full(8, 200.0),
        friction=1.0, sight=1e4,
    )  # fmt: skip


def straight(x: float, speed: float, accel: float = 0.0) -> Trajectory:
    time = 0.1 * np.arange(61)
    until = np.minimum(time, -speed / accel) if accel < 0.0 else time
    run = speed * until + 0.5 * accel * until**2
    pose = np.zeros((61, 4))
    pose[:, 0] = x + run
    return Trajectory(
        t_ns=0, time=time, pose=pose, speed=np.maximum(speed + accel * time, 0.0), accel=np.full(61, accel),
        curvature=np.zeros(61),
    )  # fmt: skip


def run(speed: float, other: tuple, size=CAR, seconds: float = 12.0, planned: bool = True):
    """A blind plan at constant speed; braking builds up by the car's own lag. Returns least gap [m], speed at contact
    or None, and when braking began with what time to the place of contact."""
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    x, v, a = 0.0, speed, 0.0
    ox, oy, yaw, ospeed = other
    hit, began = None, None
    front, half_w = SEDAN.rear_to_center + 0.5 * SEDAN.length, 0.5 * SEDAN.width
    for tick in range(round(seconds / PERIOD)):
        plan = straight(x, v) if planned else None
        answer = brake.step(seen(x, v, tracks(ox, oy, yaw, ospeed, size)), plan)
        wanted = 0.0 if answer is None else float(answer.accel[0])
        if answer is not None and began is None:
            began = tick * PERIOD
        for _ in range(10):
            a += (wanted - a) * 0.01 / max(SEDAN.accel_lag, 0.01)
            v = max(v + a * 0.01, 0.0)
            x += v * 0.01
            ox, oy = ox + ospeed * math.cos(yaw) * 0.01, oy + ospeed * math.sin(yaw) * 0.01
            across = abs(oy) - half_w - 0.5 * (size[0] * abs(math.sin(yaw)) + size[1] * abs(math.cos(yaw)))
            along = ox - x - front - 0.5 * (size[0] * abs(math.cos(yaw)) + size[1] * abs(math.sin(yaw)))
            if across < 0.0 and -SEDAN.length - 1.0 < along < 0.0 and hit is None and v > 0.1:
                hit = v
    return hit, began


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("speed", [2.0, 5.0, 10.0, 20.0, 30.0, 40.0])
def test_it_stops_before_a_standing_car_and_not_before_it_must(speed, planned):
    distance = 15.0 + speed * 4.5
    hit, began = run(speed, (distance, 0.0, 0.0, 0.0), planned=planned)
    assert hit is None
    assert began is not None
    free = distance - 2.25 - SEDAN.rear_to_center - 0.5 * SEDAN.length - speed * began
    assert free < speed**2 / (2.0 * 6.0) + 0.7 * speed + 1.5


@pytest.mark.parametrize("speed", [15.0, 25.0, 35.0])
def test_it_brakes_for_a_slower_car_ahead(speed):
    hit, began = run(speed, (70.0, 0.0, 0.0, 6.0))
    assert hit is None and began is not None


@pytest.mark.parametrize("speed", [5.0, 9.0, 14.0])
@pytest.mark.parametrize("pace", [1.4, 2.2])
def test_it_brakes_for_a_walker_who_steps_into_the_path(speed, pace):
    meet = 4.0 * speed
    hit, began = run(speed, (meet + SEDAN.rear_to_center + 2.0, -4.0 * pace, math.pi / 2, pace), WALKER)
    assert hit is None and began is not None


def test_it_brakes_for_a_crossing_car_and_lessens_the_blow_of_an_oncoming_one():
    hit, began = run(12.0, (50.0, 28.0, -math.pi / 2, 7.0))
    assert hit is None and began is not None
    hit, began = run(15.0, (90.0, 0.0, math.pi, 10.0))
    assert began is not None
    assert hit is None or hit < 8.0


@pytest.mark.parametrize(
    "other",
    [
        (40.0, 2.2, 0.0, 0.0),  # parked beside the path
        (60.0, 3.5, math.pi, 14.0),  # oncoming in its lane
        (-8.0, 0.0, 0.0, 16.0),  # overtaking from behind: not ours
        (40.0, -6.0, math.pi / 2, 0.0),  # waits at the side
        (15.0, 0.0, 0.0, 12.0),  # drives ahead at our speed
        (10.0, 3.2, 0.0, 13.0),  # passes beside
        (60.0, -40.0, math.pi / 2, 5.0),  # crosses long after us
    ],
)
def test_it_leaves_harmless_others_alone(other):
    _, began = run(12.0, other, seconds=3.0)
    assert began is None


def test_a_plan_that_brakes_or_steers_clear_itself_is_left_alone():
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    wall = tracks(30.0, 0.0, 0.0, 0.0)
    assert brake.step(seen(0.0, 12.0, wall), straight(0.0, 12.0, -3.5)) is None
    swerve = straight(0.0, 12.0)
    aside = swerve.pose.copy()
    aside[:, 1] = 3.0 / (1.0 + np.exp(-(aside[:, 0] - 12.0) / 2.0))
    aside[:, 3] = np.arctan(np.gradient(aside[:, 1], aside[:, 0]))
    assert brake.step(seen(0.0, 12.0, wall), replace(swerve, pose=aside)) is None


def test_a_plan_that_brakes_harder_is_not_made_softer_where_both_meet_the_other():
    observation, brake = seen(0.0, 20.0, tracks(16.0, 0.0, 0.0, 0.0)), EmergencyBrake(SEDAN, ROAD, PERIOD)
    braked = replace(observation, ego=replace(observation.ego, accel=np.array([-8.0, 0.0])))
    for plan, firm in ((straight(0.0, 20.0), 8.0), (straight(0.0, 20.0, -9.0), 9.0)):
        answer = brake.step(braked, plan)
        assert answer is not None and answer.accel[0] == pytest.approx(-firm)


def test_a_lane_change_into_the_car_beside_is_not_answered_by_braking():
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    plan = straight(0.0, 20.0)
    aside = plan.pose.copy()
    aside[:, 1] = np.minimum(0.04 * aside[:, 0], 3.5)
    beside = tracks(1.0, 3.5, 0.0, 19.0)
    assert brake.step(seen(0.0, 20.0, beside), replace(plan, pose=aside)) is None
    standing = tracks(26.0, 2.8, 0.0, 0.0)
    assert brake.step(seen(0.0, 20.0, standing), replace(plan, pose=aside)) is not None


def test_it_does_not_brake_into_the_way_of_one_behind_for_one_whom_braking_later_still_spares():
    one, two = tracks(8.3, 2.4, -0.05, 16.5), tracks(-13.0, 3.1, -0.03, 17.5)
    both = replace(
        one, id=np.array([3, 4]), kind=np.repeat(one.kind, 2), state=np.concatenate([one.state, two.state]),
        velocity=np.concatenate([one.velocity, two.velocity]), cov=np.zeros((2, 6, 6)), size=np.repeat(one.size, 2, 0),
        age=np.ones(2), signals=np.zeros(2, np.uint8), valid=np.ones(2, np.bool_),
    )  # fmt: skip
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    assert brake.step(seen(0.0, 18.0, both), straight(0.0, 18.0)) is None


def cut_in(speed: float, gap: float, pace: float, lateral: float, driver: str) -> bool:
    """Whether a driver touches somebody `gap` [m] ahead on the next lane who comes across: one who only holds his
    speed, one who brakes at once, or the blind one with the emergency brake."""
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    x, v, a, reach = 0.0, speed, 0.0, 0.5 * SEDAN.length + 2.25
    ox, oy = SEDAN.rear_to_center + gap + reach, 3.5
    for _ in range(80):
        other = replace(tracks(ox, oy, 0.0, pace), velocity=np.array([[pace, -lateral]]))
        answer = brake.step(seen(x, v, other), straight(x, v)) if driver == "guarded" else None
        wanted = -8.0 if driver == "braking" else 0.0 if answer is None else float(answer.accel[0])
        for _ in range(10):
            a += (wanted - a) * 0.01 / SEDAN.accel_lag
            v = max(v + a * 0.01, 0.0)
            x, ox, oy = x + v * 0.01, ox + pace * 0.01, oy - lateral * 0.01
            if abs(ox - x - SEDAN.rear_to_center) < reach and abs(oy) < 0.5 * SEDAN.width + 0.9:
                return True
    return False


@pytest.mark.parametrize("lateral", [0.5, 0.9, 1.3, 1.7])
@pytest.mark.parametrize(("speed", "pace"), [(13.9, 5.6), (19.4, 11.1), (16.7, 2.8), (36.0, 8.0)])
def test_it_is_never_worse_than_braking_at_once_or_holding_the_speed(speed, pace, lateral):
    outcome = {
        gap: [cut_in(speed, float(gap), pace, lateral, driver) for driver in ("holding", "braking", "guarded")]
        for gap in range(0, 60, 3)
    }
    assert any(holding != braking for holding, braking, _ in outcome.values()), "it must matter what one does"
    assert not [gap for gap, (holding, braking, guarded) in outcome.items() if guarded and not (holding and braking)]


def test_while_it_brakes_a_new_plan_does_not_lead_it_into_whom_it_passes():
    speed, half = 8.2, 0.5 * SEDAN.width
    beside = tracks(8.0, half + 0.5 * CAR[1] + 0.07, 0.0, 0.0)
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    assert brake.step(seen(0.0, speed, beside), straight(0.0, speed)) is not None
    for tick in range(1, 6):
        x, v = 0.8 * tick - 0.04 * tick**2, speed - 0.8 * tick
        # a plan for a car that comes to a stand, back to the lane's middle
        plan = straight(x, v)
        run = plan.pose[:, 0] - x
        pose = plan.pose.copy()
        pose[:, 1], pose[:, 3] = 0.02 * run**2, np.arctan(0.04 * run)
        driven = brake.step(seen(x, v, beside), replace(plan, pose=pose, curvature=np.full(61, 0.04)))
        assert driven is not None
        front = driven.pose[:, 1] + (SEDAN.rear_to_center + 0.5 * SEDAN.length) * np.sin(driven.pose[:, 3])
        assert np.all(front < 0.07)


def test_it_holds_the_car_that_stopped_close_before_somebody():
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    front = SEDAN.rear_to_center + 0.5 * SEDAN.length
    wall = tracks(front + 0.3 + 2.25, 0.0, 0.0, 0.0)
    creeping = straight(0.0, 0.0, 1.0)
    pose = np.stack([0.5 * creeping.time**2, *np.zeros((3, 61))], axis=1)
    assert brake.step(seen(0.0, 0.0, wall), replace(creeping, speed=creeping.time, pose=pose)) is not None


def test_it_lets_go_when_the_danger_is_gone():
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    assert brake.step(seen(0.0, 12.0, tracks(18.0, 0.0, 0.0, 0.0)), straight(0.0, 12.0)) is not None
    assert brake.active and brake.cause == 3
    answers = [brake.step(seen(0.0, 8.0, no_tracks(0)), straight(0.0, 8.0)) for _ in range(4)]
    assert answers[0] is not None
    assert answers[-1] is None
    assert not brake.active


def test_raw_detections_serve_as_well():
    box = np.array([[18.0, 0.0, 0.0, 0.0, 4.5, 1.8]])
    raw = Detections(
        t_ns=0, box=box, velocity=np.zeros((1, 2)), has_velocity=np.zeros(1, np.bool_),
        kind=np.ones(1, np.uint8), score=np.ones(1),
    )  # fmt: skip
    answer = EmergencyBrake(SEDAN, ROAD).step(seen(100.0, 12.0, None, raw), straight(100.0, 12.0))
    assert answer is not None
    answer.validate()
    assert answer.accel[0] < -6.0
    assert answer.speed[-1] == 0.0


def test_a_broken_plan_counts_as_none():
    broken = replace(straight(0.0, 12.0), speed=np.full(61, np.nan))
    assert EmergencyBrake(SEDAN, ROAD).step(seen(0.0, 12.0, tracks(18.0, 0.0, 0.0, 0.0)), broken) is not None


@pytest.mark.parametrize(
    ("bend", "offset", "brakes"), [(1 / 40, 3.5, False), (-1 / 60, 3.5, False), (-1 / 60, 0.0, True)]
)
def test_who_comes_round_a_bend_in_his_lane_is_no_danger_and_in_ours_he_is(bend, offset, brakes):
    """Our way is straight for 20 m, then bends; before it his velocity points across our lane."""
    speed, time = 14.0, 0.1 * np.arange(61)
    step = 0.5 * (1.0 + np.sign(speed * time - 20.0)) * bend
    yaw = np.concatenate([[0.0], np.cumsum(0.1 * speed * step[:-1])])
    pose = np.zeros((61, 4))
    pose[1:, 0] = np.cumsum(0.1 * speed * np.cos(0.5 * (yaw[1:] + yaw[:-1])))
    pose[1:, 1] = np.cumsum(0.1 * speed * np.sin(0.5 * (yaw[1:] + yaw[:-1])))
    pose[:, 3] = np.arctan2(np.sin(yaw), np.cos(yaw))
    plan = Trajectory(
        t_ns=0, time=time, pose=pose, speed=np.full(61, speed), accel=np.zeros(61), curvature=step
    )  # fmt: skip
    braked = []
    for k in range(20, 58):
        x, y = pose[k, 0] - offset * math.sin(yaw[k]), pose[k, 1] + offset * math.cos(yaw[k])
        brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
        braked.append(brake.step(seen(0.0, speed, tracks(x, y, yaw[k] + math.pi, 16.0)), plan) is not None)
    assert any(braked) == brakes


def test_who_was_there_for_a_moment_only_is_braked_for_no_more() -> None:
    """A false report of one frame costs one tick of braking; who is known, or leaves the path, costs three."""
    known, aside = tracks(22.0, 0.0, 0.0, 0.0), tracks(22.0, 8.0, 0.0, 0.0)
    new = replace(known, age=np.zeros(1))
    for there, after, ticks in ((new, no_tracks(0), 0), (known, no_tracks(0), 2), (new, aside, 2)):
        brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
        assert brake.step(seen(0.0, 20.0, there), straight(0.0, 20.0)) is not None
        answers = [brake.step(seen(0.0, 20.0, after), straight(0.0, 20.0)) is not None for _ in range(4)]
        assert answers == [True] * ticks + [False] * (4 - ticks) and not brake.active


def test_it_knows_whom_it_brakes_for_while_others_come_and_go() -> None:
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    met = tracks(9.0, 0.0, 0.0, 0.0)
    assert brake.step(seen(0.0, 8.0, met), straight(0.0, 8.0)) is not None and brake.cause == 3
    far = replace(tracks(-60.0, 8.0, 0.0, 0.0), id=np.array([2]))
    clear = replace(met, state=met.state + np.array([0.0, 30.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
    now = seen(0.1, 7.5, joined(far, clear))
    assert brake.step(now, straight(0.1, 7.5)) is not None and brake.cause == 3


@pytest.mark.parametrize("aside, pace, brakes", [(-1.6, 6.0, False), (-1.6, 1.0, True), (-1.5, 6.0, True)])
def test_who_cuts_in_close_and_draws_away_is_braked_for_only_where_he_touches(aside, pace, brakes) -> None:
    ahead = 0.05 if aside < -1.5 else -0.4
    other = tracks(SEDAN.rear_to_center + 0.5 * SEDAN.length + 0.5 * CAR[0] + ahead, aside, 0.2, pace)
    brake = EmergencyBrake(SEDAN, ROAD, PERIOD)
    assert (brake.step(seen(0.0, 2.6, other), straight(0.0, 2.6)) is not None) == brakes
