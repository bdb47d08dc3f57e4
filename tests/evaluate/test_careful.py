"""The careful driver in the car's place: what it would have avoided, what it needed, and what it would not wait for."""

import math

import numpy as np
import pytest

from evpilot.evaluate.reference.kernels import STEP, collides, first_contact, pose_at
from evpilot.geometry.boxes import boxes_overlap
from evpilot.types import Goal, LightState, ObjectKind

LINE = np.ascontiguousarray(np.column_stack([np.linspace(0.0, 300.0, 301), np.zeros(301)]))
ARC = LINE[:, 0].copy()
HALF = np.array([2.4, 0.95])


def hit(verdict):
    (one,) = verdict.counted
    return one


# --- what could have been avoided


def test_running_into_a_slow_car_in_plain_view_is_avoidable(made):
    assert hit(made.verdict(made.cruise(12.0), others=(made.Other(made.cruise(3.0, x=60.0)),))).avoidable


def test_nobody_avoids_who_appears_a_car_length_ahead(made):
    cut_in = made.Other(made.cruise(10.0, x=45.0), span=(2.0, 99.0))
    verdict = made.verdict(made.cruise(25.0), others=(cut_in,))
    assert hit(verdict).at_fault and not hit(verdict).avoidable


def pedestrian_from_the_right(made):
    return made.Other(made.through([0.0, 1.5, 6.0], [42.0, 42.0, 42.0], [-5.0, -5.0, 4.0]), ObjectKind.PEDESTRIAN,
                      length=0.5, width=0.5, name=9)  # fmt: skip


def test_a_pedestrian_in_view_is_avoidable_and_one_from_behind_a_van_is_not(made):
    van = made.Other(made.cruise(0.0, x=36.0, y=-3.4), kind=ObjectKind.PARKED, length=11.0, width=2.2, name=2)
    walker = pedestrian_from_the_right(made)
    road = made.straight_road(lanes=1, oncoming=1)
    open_road = made.verdict(made.cruise(11.0), road, others=(walker,))
    hidden = made.verdict(made.cruise(11.0), road, others=(walker, van))
    assert [one.object_id for one in (*open_road.counted, *hidden.counted)] == [9, 9]
    assert hit(open_road).avoidable
    assert not hit(hidden).avoidable


def test_on_ice_the_same_standing_car_is_not_avoided(made):
    late = made.Other(made.cruise(0.0, x=58.0), kind=ObjectKind.PARKED, span=(1.0, 99.0))
    road = made.straight_road(lanes=1)
    dry = made.verdict(made.cruise(15.0), road, others=(late,))
    ice = made.verdict(made.cruise(15.0), road, others=(late,), friction=0.15)
    assert hit(dry).avoidable and not hit(ice).avoidable


def test_a_swerve_counts_when_the_lane_beside_is_free(made):
    debris = made.Other(made.cruise(0.0, x=85.0), kind=ObjectKind.BARRIER, length=1.0, width=1.0, span=(1.0, 99.0))
    beside = made.Other(made.cruise(25.0, y=made.WIDTH), name=2)
    road = made.straight_road(lanes=2)
    free = made.verdict(made.cruise(25.0), road, others=(debris,), seconds=4.0)
    taken = made.verdict(made.cruise(25.0), road, others=(debris, beside), seconds=4.0)
    assert hit(free).avoidable and not hit(taken).avoidable


def test_who_has_left_before_does_not_take_the_way_out(made):
    debris = made.Other(made.cruise(0.0, x=85.0), kind=ObjectKind.BARRIER, length=1.0, width=1.0, span=(1.0, 99.0))
    leaver = made.Other(made.cruise(25.0, y=made.WIDTH), name=2, span=(0.0, 1.2))
    verdict = made.verdict(made.cruise(25.0), made.straight_road(lanes=2), others=(debris, leaver), seconds=4.0)
    assert hit(verdict).avoidable


def test_who_is_run_into_from_behind_could_not_help_it(made):
    fast = made.Other(made.cruise(20.0, x=-40.0))
    assert not hit(made.verdict(made.cruise(8.0), others=(fast,))).avoidable


# --- emergencies


def braking(speed, hard, start, x=0.0):
    def motion(t):
        dt = np.clip(t - start, 0.0, speed / hard)
        early = np.minimum(t, start)
        return x + speed * early + speed * dt - 0.5 * hard * dt**2, 0.0 * t, 0.0 * t, speed - hard * dt

    return motion


def test_hard_braking_is_excused_in_an_emergency_only(made):
    late = made.Other(made.cruise(0.0, x=62.0), kind=ObjectKind.PARKED, span=(1.0, 99.0))
    road = made.straight_road(lanes=1)
    needed = made.verdict(braking(15.0, 6.0, 1.75), road, others=(late,), seconds=6.0)
    wanton = made.verdict(braking(15.0, 6.0, 1.75), road, seconds=6.0)
    assert not needed.counted
    assert needed.shortfalls == () and needed.success
    assert wanton.shortfalls == ("comfort",) and not wanton.success


def test_hard_braking_in_an_emergency_is_excused_though_a_way_out_is_taken_then(made):
    def motion(t):
        """Braking from 15 to 6 m/s with 6 m/s2, and then over to the lane on the left."""
        x, _, _, speed = braking(15.0, 6.0, 1.75)(np.minimum(t, 3.25))
        over = np.clip((t - 3.25) / 2.75, 0.0, 1.0)
        y, slope = made.WIDTH * over**3 * (10.0 - 15.0 * over + 6.0 * over**2), 30.0 * over**2 * (1.0 - over) ** 2
        return x + 6.0 * np.maximum(t - 3.25, 0.0), y, np.arctan2(made.WIDTH * slope / 2.75, speed), speed

    late = made.Other(made.cruise(0.0, x=66.0), kind=ObjectKind.PARKED, span=(1.0, 99.0))
    needed = made.verdict(motion, made.straight_road(lanes=2), others=(late,), seconds=9.0)
    wanton = made.verdict(motion, made.straight_road(lanes=2), seconds=9.0)
    assert needed.metric("lon_brake").passed is False and not needed.counted
    assert needed.shortfalls == () and wanton.shortfalls == ("comfort",)


def test_braking_at_the_very_moment_of_an_emergency_is_excused_although_smoothing_spreads_it(made):
    late = made.Other(made.cruise(0.0, x=58.0), kind=ObjectKind.PARKED, span=(1.5, 99.0))
    at_once = made.verdict(braking(15.0, 7.0, 1.5), made.straight_road(lanes=1), others=(late,), seconds=6.0)
    assert at_once.metric("lon_jerk").passed is False
    assert not at_once.counted and at_once.shortfalls == ()


def test_setting_off_within_the_limits_is_comfortable_from_the_first_moment(made):
    """The car's own start, jerk 3.6 m/s3 at most; a filter that extrapolates it says more than 4.13 at its start."""
    starts = [0.0, 0.12, 0.38, 0.74, 1.05, 1.23, 1.34, 1.41, 1.45, 1.35, 1.1, 0.81, 0.62, 0.4, 0.24, 0.0]

    def motion(t):
        fine = np.linspace(0.0, float(t[-1]), 20 * len(t))
        accel = np.interp(fine, 0.1 * np.arange(len(starts)), starts)
        speed = 10.0 + np.concatenate([[0.0], np.cumsum(0.5 * (accel[1:] + accel[:-1]) * np.diff(fine))])
        way = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(fine))])
        return np.interp(t, fine, way), 0.0 * t, 0.0 * t, np.interp(t, fine, speed)

    verdict = made.verdict(motion, made.straight_road(lanes=1), seconds=6.0)
    assert verdict.metric("lon_jerk").passed is True
    assert verdict.shortfalls == ()


def test_slamming_the_brake_at_the_very_start_is_not_comfortable(made):
    verdict = made.verdict(braking(15.0, 4.0, 0.05), made.straight_road(lanes=1), seconds=6.0)
    assert verdict.metric("lon_jerk").passed is False
    assert verdict.shortfalls == ("comfort",)


@pytest.mark.parametrize(("brake", "excused"), [(7.0, True), (2.5, False)])
def test_who_brakes_as_hard_as_somebody_ahead_is_excused_before_they_come_close(made, brake, excused):
    """At 25 m/s, 30 m behind: with 4 s to contact left by speeds alone it would be too late."""
    ahead = made.Other(braking(25.0, brake, 1.0, x=37.0), name=3)
    verdict = made.verdict(braking(25.0, 7.0, 1.3), made.straight_road(lanes=1), others=(ahead,), seconds=6.0)
    assert verdict.metric("lon_brake").passed is False and not verdict.counted
    assert verdict.shortfalls == (() if excused else ("comfort",))


def test_who_brakes_hard_for_what_was_long_in_view_is_not_excused(made):
    seen = made.Other(made.cruise(0.0, x=62.0), kind=ObjectKind.PARKED)
    verdict = made.verdict(braking(15.0, 6.0, 1.75), made.straight_road(lanes=1), others=(seen,), seconds=6.0)
    assert verdict.shortfalls == ("comfort",)


def test_shortfalls_name_what_went_wrong(made):
    road = made.straight_road(lanes=1, limit=8.0)
    there = Goal(regions=(np.array([[150.0, -2.0], [160.0, -2.0], [160.0, 2.0], [150.0, 2.0]]),))
    slow = made.Other(made.cruise(3.0, x=60.0))
    verdict = made.verdict(made.cruise(12.0), road, others=(slow,), goals=(there,))
    assert verdict.shortfalls == ("goal", "collision", "over_speed")
    assert verdict.row()["shortfalls"] == "goal+collision+over_speed" and verdict.row()["collisions_avoidable"] == 1


# --- caution


def goal_at(x):
    return Goal(regions=(np.array([[x, -2.0], [x + 10.0, -2.0], [x + 10.0, 2.0], [x, 2.0]]),))


def test_standing_on_an_empty_road_is_idle(made):
    verdict = made.verdict(made.cruise(0.0), seconds=25.0, goals=(goal_at(100.0),))
    assert verdict.metric("idle").value[0] > 20.0 and verdict.metric("idle").passed is False
    assert "idle" in verdict.shortfalls


@pytest.mark.parametrize("cause", ["queue", "red", "crossing traffic"])
def test_standing_with_a_cause_is_not_idle(made, cause):
    graph, others, light = made.straight_road(), (), None
    if cause == "queue":
        others = (made.Other(made.cruise(0.0, x=6.5)),)
    elif cause == "red":
        graph, light = made.crossing(light=True), lambda t: LightState.RED
    else:
        graph = made.crossing()
        others = tuple(
            made.Other(made.cruise(10.0, x=10.0, y=-20.0 - 15.0 * k, yaw=math.pi / 2), name=k) for k in range(20)
        )
    start = -6.0 if cause != "queue" else 0.0
    verdict = made.verdict(
        made.cruise(0.0, x=start), graph, others=others, seconds=25.0, goals=(goal_at(100.0),), light=light
    )
    assert verdict.metric("idle").value[0] < 3.0 and "idle" not in verdict.shortfalls


@pytest.mark.parametrize(("rear", "idle"), [(15.0, False), (22.0, True)])
def test_a_queue_beyond_a_junction_that_leaves_no_room_is_a_cause_to_stand(made, rear, idle):
    queue = made.Other(made.through([0.0, 23.0, 60.0], [rear + 2.25, rear + 2.25, rear + 500.0]))
    waits = made.through([0.0, 4.0, 28.0, 36.0], [-25.0, -4.0, -4.0, 60.0])
    verdict = made.verdict(waits, made.crossing(), others=(queue,), seconds=36.0, goals=(goal_at(45.0),))
    assert ("idle" in verdict.shortfalls) == idle


def test_who_waits_close_behind_is_no_cause_to_stand(made):
    behind = made.Other(made.cruise(0.0, x=-5.8))
    verdict = made.verdict(made.cruise(0.0), others=(behind,), goals=(goal_at(100.0),), seconds=25.0)
    assert "idle" in verdict.shortfalls


def test_a_queue_on_the_road_below_is_no_cause_to_stand(made):
    below = made.Other(made.cruise(0.0, x=6.5))
    bridge = made.verdict(made.cruise(0.0), others=(below,), seconds=25.0, goals=(goal_at(100.0),), z=6.0)
    assert bridge.metric("idle").value[0] > 20.0


def test_a_drive_of_one_tick_with_nobody_there_is_judged(made):
    verdict = made.verdict(made.cruise(0.0), seconds=0.01, goals=(goal_at(100.0),))
    assert verdict.shortfalls == ("goal",)
    assert verdict.metric("idle").passed


def test_the_oncoming_lane_may_be_used_for_what_blocks_the_own_lane_only(made):
    road = made.straight_road(lanes=1, oncoming=2)
    against = made.cruise(8.0, y=made.WIDTH)

    def parked(y):
        return (made.Other(made.cruise(0.0, x=30.0, y=y), kind=ObjectKind.PARKED),)

    blocked = made.verdict(against, road, others=parked(0.0), seconds=5.0)
    elsewhere = made.verdict(against, road, others=parked(2.0 * made.WIDTH), seconds=5.0)
    assert "wrong_way" not in blocked.shortfalls
    assert "wrong_way" in elsewhere.shortfalls


def test_dawdling_loses_time_and_following_the_traffic_does_not(made):
    road = made.straight_road(limit=15.0)
    brisk = made.verdict(made.cruise(15.0), road, goals=(goal_at(350.0),))
    slow = made.verdict(made.cruise(5.0), road, goals=(goal_at(350.0),))
    queue = tuple(
        made.Other(made.cruise(5.0, x=-30.0 + 15.0 * k, y=made.WIDTH * (k % 2)), name=k) for k in range(6) if k != 2
    )
    among = made.verdict(made.cruise(5.0), road, others=queue, goals=(goal_at(350.0),))
    assert brisk.metric("time_lost").value[0] < 0.05
    assert slow.metric("time_lost").value[0] > 0.3
    assert among.metric("time_lost").value[0] < 0.05


# --- kernels against plain twins


def test_first_contact_as_a_plain_loop_finds_it():
    rng = np.random.default_rng(3)
    met = 0
    for _ in range(200):
        place = rng.uniform([5.0, -15.0, -3.0], [60.0, 15.0, 3.0])
        other = np.array([*place, 2.2, 0.9, *rng.uniform(-8.0, 8.0, 2), rng.uniform(-0.5, 0.5), rng.uniform(0, 3)])
        speed = float(rng.uniform(0, 15))
        found = first_contact(LINE, ARC, 10.0, speed, HALF, other, 4.0)
        x, y, yaw, vx, vy = other[0], other[1], other[2], other[5], other[6]
        plain = math.inf
        for k in range(41):
            if k:
                x, y, yaw = x + STEP * vx, y + STEP * vy, yaw + STEP * other[7]
                turn = complex(vx, vy) * complex(math.cos(STEP * other[7]), math.sin(STEP * other[7]))
                turn *= max(abs(turn) - STEP * other[8], 0.0) / abs(turn) if abs(turn) > 0.0 else 0.0
                vx, vy = turn.real, turn.imag
            own = np.array([10.0 + k * STEP * speed, 0.0, 0.0, 4.8, 1.9])
            if boxes_overlap(own, np.array([x, y, yaw, 4.4, 1.8])):
                plain = k * STEP
                break
        met += math.isfinite(plain)
        assert found == pytest.approx(plain)
    assert 20 < met < 180


def test_braking_and_swerving_go_where_the_formulas_say():
    brake = np.array([0.75, 5.0, 3.0, 0.0])
    x, _, _, speed = pose_at(LINE, ARC, 0.0, 20.0, brake, 2.75)
    assert (x, speed) == pytest.approx((20.0 * 0.75 + 20.0 * 2.0 - 0.5 * 5.0 * 4.0, 10.0))
    x, _, _, speed = pose_at(LINE, ARC, 0.0, 20.0, brake, 99.0)
    assert (x, speed) == pytest.approx((15.0 + 40.0, 0.0))
    swerve = np.array([0.75, 0.0, 3.0, -1.75])
    half_way = math.sqrt(1.75 / 3.0)
    _, y, yaw, _ = pose_at(LINE, ARC, 0.0, 20.0, swerve, 0.75 + half_way)
    assert y == pytest.approx(-0.875) and yaw == pytest.approx(-math.atan2(3.0 * half_way, 20.0))
    _, y, yaw, _ = pose_at(LINE, ARC, 0.0, 20.0, swerve, 5.0)
    assert (y, yaw) == pytest.approx((-1.75, 0.0))


def test_a_thing_is_met_where_it_was_logged_and_goes_on_beyond_the_log():
    times = np.array([1.0, 2.0])
    across = np.array([[30.0, -10.0, math.pi / 2, 2.2, 0.9, 0.0, 5.0], [30.0, -5.0, math.pi / 2, 2.2, 0.9, 0.0, 5.0]])
    keep = np.array([0.75, 0.0, 3.0, 0.0])
    assert collides(LINE, ARC, 0.0, 10.0, HALF, keep, times, across, 0.0, 5.0)
    assert not collides(LINE, ARC, 0.0, 20.0, HALF, keep, times, across, 0.0, 5.0)
    assert not collides(LINE, ARC, 0.0, 10.0, HALF, keep, times, across, 0.0, 2.0)
