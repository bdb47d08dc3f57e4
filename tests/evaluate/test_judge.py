"""Every criterion passes a good driver and fails a deliberately bad one; what does not apply is None."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from evpilot.evaluate import Contact, judge
from evpilot.evaluate.criteria.rules import beyond
from evpilot.files import EvpilotError
from evpilot.geometry.boxes import corners
from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import load
from evpilot.types import Goal, LightState, Marking, ObjectKind, Source, Spent, Store


def passed(verdict, name):
    return verdict.metric(name).passed


def test_a_good_drive_alone_passes_everything_that_applies(made):
    verdict = made.verdict(made.cruise(13.0), made.straight_road(limit=13.9))
    assert verdict.score > 0.95
    assert verdict.collisions == ()
    assert verdict.gates == {"nc": 1.0, "dac": 1.0, "mp": 1.0, "ddc": 1.0}
    failed = [metric.name for metric in verdict.metrics if metric.passed is False]
    assert failed == []
    for name in ("ttc", "thw", "red_light", "stop_sign", "solid_line"):
        assert passed(verdict, name) is None, name


# --- collisions


def test_rear_ender_is_at_fault(made):
    slow = made.Other(made.cruise(3.0, x=40.0), name=7)
    verdict = made.verdict(made.cruise(12.0), others=(slow,))
    (hit,) = verdict.collisions
    assert (hit.object_id, hit.contact, hit.at_fault) == (7, Contact.FRONT, True)
    assert hit.relative_speed == pytest.approx(9.0, abs=1e-6)
    assert verdict.gates["nc"] == 0.0 and verdict.score == 0.0
    assert passed(verdict, "ttc") is False and passed(verdict, "ttc_nuplan") is False
    assert passed(verdict, "drac") is False and passed(verdict, "btn") is False


def test_hit_of_a_standing_car_is_at_fault(made):
    parked = made.Other(made.cruise(0.0, x=40.0), kind=ObjectKind.PARKED)
    (hit,) = made.verdict(made.cruise(10.0), others=(parked,)).collisions
    assert hit.contact == Contact.STOPPED_TRACK and hit.at_fault


def test_hit_from_behind_is_not_at_fault(made):
    fast = made.Other(made.cruise(20.0, x=-40.0))
    verdict = made.verdict(made.cruise(8.0), others=(fast,))
    (hit,) = verdict.collisions
    assert hit.contact == Contact.REAR and not hit.at_fault
    assert verdict.gates["nc"] == 1.0 and verdict.at_fault == () and len(verdict.counted) == 1


def test_hit_while_standing_is_not_at_fault(made):
    fast = made.Other(made.cruise(10.0, x=-30.0))
    (hit,) = made.verdict(made.cruise(0.0), others=(fast,)).collisions
    assert hit.contact == Contact.STOPPED_EGO and not hit.at_fault


def test_lateral_hit_is_the_fault_of_who_leaves_its_lane(made):
    def beside(y0, y1):
        return made.through([0.0, 2.0, 4.0, 20.0], [0.0, 20.0, 40.0, 200.0], [y0, y0, y1, y1])

    stays = made.verdict(made.cruise(10.0), others=(made.Other(beside(made.WIDTH, 1.0)),))
    assert [(one.contact, one.at_fault) for one in stays.collisions] == [(Contact.LATERAL, False)]
    neighbour = made.Other(made.cruise(10.0, x=-3.0, y=made.WIDTH))
    drifts = made.verdict(beside(0.0, 2.2), others=(neighbour,))
    assert [(one.contact, one.at_fault) for one in drifts.collisions] == [(Contact.LATERAL, True)]


def test_one_cone_halves_the_gate_and_a_second_closes_it(made):
    cones = [
        made.Other(made.cruise(0.0, x=x), kind=ObjectKind.CONE, length=0.3, width=0.3, name=name)
        for name, x in ((1, 30.0), (2, 50.0))
    ]
    assert made.verdict(made.cruise(10.0), others=tuple(cones[:1])).gates["nc"] == 0.5
    assert made.verdict(made.cruise(10.0), others=tuple(cones)).gates["nc"] == 0.0


def test_an_overlap_at_the_start_is_told_apart_and_counts_nowhere(made):
    on_top = made.Other(made.cruise(10.0, x=1.0))
    verdict = made.verdict(made.cruise(10.0), others=(on_top,))
    (hit,) = verdict.collisions
    assert hit.at_start and not hit.at_fault
    assert verdict.counted == () and verdict.gates["nc"] == 1.0
    assert verdict.row()["collisions_at_start"] == 1 and verdict.row()["collisions"] == 0
    assert passed(verdict, "ttc") is True


def test_who_parts_and_comes_back_has_collided(made):
    again = made.Other(made.through([0.0, 2.0, 5.0, 9.0], [1.0, 40.0, 60.0, 65.0]))
    verdict = made.verdict(made.cruise(10.0), others=(again,))
    assert [one.at_start for one in verdict.collisions] == [True, False]
    assert len(verdict.at_fault) == 1


def test_a_car_on_the_bridge_above_is_not_hit(made):
    below = made.Other(made.cruise(0.0, x=30.0))
    verdict = made.verdict(made.cruise(10.0), made.straight_road(), others=(below,), z=6.0)
    assert verdict.collisions == ()


# --- the road


def test_off_the_road(made):
    leaves = made.through([0.0, 2.0, 4.0, 9.0], [0.0, 20.0, 40.0, 90.0], [0.0, 0.0, -3.0, -3.0])
    verdict = made.verdict(leaves)
    assert verdict.offroad and verdict.gates["dac"] == 0.0 and verdict.score == 0.0
    assert passed(verdict, "off_road") is False
    # the road ends at y = -1.75; the far side of a body in line with it is at -3 - half its width
    assert verdict.metric("off_road").value[-1] == pytest.approx(1.25 + made.CAR.width / 2, abs=1e-6)


def test_a_crack_between_lanes_is_no_edge(made):
    builder = GraphBuilder()
    x = [-50.0, 400.0]
    for low, high in ((-3.5, -0.02), (0.02, 3.5)):
        builder.lane([[a, high] for a in x], [[a, low] for a in x])
    verdict = made.verdict(made.cruise(10.0), builder.build())
    assert not verdict.offroad and verdict.gates["dac"] == 1.0
    assert verdict.metric("off_road").value.max() < 0.03


def test_wrong_way(made):
    road = made.straight_road(lanes=1, oncoming=1)
    verdict = made.verdict(made.cruise(10.0, y=made.WIDTH), road)
    assert passed(verdict, "wrong_way") is False
    assert verdict.gates["ddc"] == 0.0
    slow = made.verdict(made.cruise(4.0, y=made.WIDTH), road)
    assert slow.gates["ddc"] == 0.5 and passed(slow, "wrong_way") is False
    assert made.verdict(made.cruise(10.0), road).gates["ddc"] == 1.0


def test_speeder(made):
    road = made.straight_road(limit=10.0)
    verdict = made.verdict(made.cruise(10.0, accel=1.0), road)
    assert passed(verdict, "over_speed") is False
    assert next(part for part in verdict.parts if part.name == "speed").value < 0.2
    assert passed(made.verdict(made.cruise(9.9), road), "over_speed") is True
    assert passed(made.verdict(made.cruise(30.0)), "over_speed") is None


def test_a_start_above_the_limit_may_slow_down(made):
    road = made.straight_road(limit=10.0)
    assert passed(made.verdict(made.cruise(14.0, accel=-1.5), road, seconds=4.0), "over_speed") is True
    assert passed(made.verdict(made.cruise(14.0), road), "over_speed") is False


def test_solid_line(made):
    weave = made.through([0.0, 2.0, 5.0, 9.0], [0.0, 20.0, 50.0, 90.0], [0.0, 0.0, made.WIDTH, made.WIDTH])
    for marking, expected in ((Marking.SOLID, False), (Marking.DASHED, None)):
        road = made.straight_road(left_marking=marking)
        assert passed(made.verdict(weave, road), "solid_line") is expected
    keeps = made.verdict(made.cruise(10.0), made.straight_road(left_marking=Marking.SOLID))
    assert passed(keeps, "solid_line") is True


def test_the_other_level_of_a_spiral_is_no_line_of_ours():
    graph = load("spiral_ramp@difficulty=0.74", 2).graph
    lane = 0
    rows = graph.points(lane)
    for k in range(2, rows.stop - rows.start - 2, 3):
        x, y, z = graph.center[rows][k]
        yaw = np.arctan2(*(graph.center[rows][k + 1, :2] - graph.center[rows][k - 1, :2])[::-1])
        for line, sign in ((graph.left, 1.0), (graph.right, -1.0)):
            assert beyond(graph, line, lane, corners(x, y, yaw, 0.5, 1.8), z, sign) == 0.0


# --- lights and stop signs


def test_red_light_runner(made):
    red = made.verdict(made.cruise(10.0, x=-40.0), made.crossing(light=True), light=lambda t: LightState.RED)
    assert passed(red, "red_light") is False
    green = made.verdict(made.cruise(10.0, x=-40.0), made.crossing(light=True), light=lambda t: LightState.GREEN)
    assert passed(green, "red_light") is True
    waits = made.cruise(10.0, x=-40.0, accel=-1.6)
    assert passed(made.verdict(waits, made.crossing(light=True), light=lambda t: LightState.RED), "red_light") is True
    elsewhere = made.verdict(made.cruise(10.0, x=60.0), made.crossing(light=True), light=lambda t: LightState.RED)
    assert passed(elsewhere, "red_light") is None


def test_red_counts_at_the_moment_of_crossing(made):
    # the front passes the line at x = -2 after (38 - half length) / 10 s
    def switching(at, first, then):
        return lambda t: first if t < at else then

    run = {"ego": made.cruise(10.0, x=-40.0), "graph": made.crossing(light=True)}
    early = made.verdict(**run, light=switching(2.0, LightState.RED, LightState.GREEN))
    late = made.verdict(**run, light=switching(4.5, LightState.GREEN, LightState.RED))
    assert passed(early, "red_light") is True and passed(late, "red_light") is True


def test_flashing_red_at_a_junction_is_a_stop_sign(made):
    road = made.crossing(light=True)
    halts = made.through([0.0, 3.2, 5.0, 9.0], [-40.0, -5.0, -5.0, 35.0])
    for ego, fine in ((made.cruise(10.0, x=-40.0), False), (halts, True)):
        verdict = made.verdict(ego, road, light=lambda t: LightState.FLASHING_RED)
        assert passed(verdict, "red_light") is fine


def test_stop_sign(made):
    road = made.crossing(stop=True)
    assert passed(made.verdict(made.cruise(8.0, x=-40.0), road), "stop_sign") is False
    half = made.CAR.length / 2
    stop = -2.0 - half - 1.0
    halts = made.through([0.0, 5.0, 7.0, 12.0], [-40.0, stop, stop, 30.0])
    assert passed(made.verdict(halts, road, seconds=11.0), "stop_sign") is True
    early = made.through([0.0, 3.0, 5.0, 12.0], [-40.0, stop - 10.0, stop - 10.0, 30.0])
    assert passed(made.verdict(early, road, seconds=11.0), "stop_sign") is False
    assert passed(made.verdict(made.cruise(3.0, x=-90.0), road, seconds=5.0), "stop_sign") is None


# --- comfort, progress, goals, energy, guard


def test_jerky_driver_fails_comfort_and_sensor_noise_does_not(made):
    def pumping(t):
        speed = 12.0 + 1.5 * np.sin(4.0 * t)
        return 12.0 * t - 0.375 * (np.cos(4.0 * t) - 1.0), 0.0 * t, 0.0 * t, speed

    verdict = made.verdict(pumping)
    assert passed(verdict, "lon_jerk") is False and passed(verdict, "lon_accel") is False
    assert next(part for part in verdict.parts if part.name == "comfort").value == 0.0
    smooth = made.verdict(made.cruise(12.0), noise=3.0)
    assert passed(smooth, "lon_jerk") is True and passed(smooth, "jerk") is True


def test_hard_braking_fails(made):
    def slams(t):
        braked = np.clip(t - 2.0, 0.0, 2.0)
        return 20.0 * t - 4.5 * braked**2 - 18.0 * np.maximum(t - 4.0, 0.0), 0.0 * t, 0.0 * t, 20.0 - 9.0 * braked

    verdict = made.verdict(slams)
    assert all(passed(verdict, name) is False for name in ("lon_brake", "lon_jerk", "jerk"))
    assert passed(verdict, "lon_accel") is True


def test_swerving_fails(made):
    def weave(t):
        return 15.0 * t, np.sin(2.0 * t), np.arctan2(2.0 * np.cos(2.0 * t), 15.0), np.full(len(t), 15.0)

    verdict = made.verdict(weave)
    assert passed(verdict, "lat_accel") is True

    def wild(t):
        return 15.0 * t, np.sin(4.0 * t), np.arctan2(4.0 * np.cos(4.0 * t), 15.0), np.full(len(t), 15.0)

    worse = made.verdict(wild)
    assert all(passed(worse, name) is False for name in ("lat_accel", "yaw_rate", "yaw_accel"))


def test_who_stands_still_makes_no_progress(made):
    verdict = made.verdict(made.cruise(0.0))
    assert verdict.gates["mp"] == 0.0 and verdict.score == 0.0
    assert passed(verdict, "progress") is False


def test_goal(made):
    square = np.array([[60.0, -1.7], [70.0, -1.7], [70.0, 1.7], [60.0, 1.7]])
    there = Goal(regions=(square,), time=(0.0, 8.0))
    reached = made.verdict(made.cruise(10.0), goals=(there,))
    assert reached.goal_reached is True and not reached.survival
    assert next(part for part in reached.parts if part.name == "progress").value == 1.0
    short = made.verdict(made.cruise(4.0), goals=(there,))
    assert short.goal_reached is False and 0.5 < next(p for p in short.parts if p.name == "progress").value < 0.6
    beside = made.verdict(made.cruise(10.0, y=made.WIDTH), goals=(there,))
    assert beside.goal_reached is False
    assert made.verdict(made.cruise(10.0)).goal_reached is None
    assert made.verdict(made.cruise(10.0), goals=(Goal(time=(7.0, 8.0)),)).survival


def test_energy_and_guard_are_measured(made):
    run = made.drive(
        made.cruise(10.0),
        power=18_000.0,
        source=lambda t: np.where((t > 2.0) & (t < 3.0) | (t > 5.0), Source.GUARD, Source.NOMINAL),
        faults=(3, 4),
    )
    verdict = judge(run)
    assert verdict.metric("energy").value[0] == pytest.approx(18_000.0 * 8.0 / 3600.0)
    assert verdict.metric("consumption").value[0] == pytest.approx(40.0 / 0.08)
    assert not verdict.metric("energy_air").valid[0], "a log that does not tell where it went has no parts"
    assert verdict.metric("guard_interventions").value[0] == 2.0
    assert passed(verdict, "guard_interventions") is None
    assert passed(verdict, "pilot_faults") is False and verdict.faults == 2


def test_the_energys_parts_come_from_the_record(made):
    run = made.drive(made.cruise(10.0))
    spent = np.zeros((len(run.frames), len(Spent)))
    spent[-1] = 3_600.0 * np.arange(1.0, len(Spent) + 1)
    spent[-1, Spent.BRAKED], spent[-1, Spent.RECUPERATED] = 7_200.0, 5_400.0
    store = np.full((len(run.frames), len(Store)), 0.5)
    verdict = judge(replace(run, spent=spent, store=store))
    assert verdict.metric("energy").value[0] == spent[-1, Spent.DRAWN] / 3_600.0
    assert verdict.metric("energy_drive").value[0] == (spent[-1, Spent.GEAR] + spent[-1, Spent.MOTOR]) / 3_600.0
    assert verdict.metric("recuperated_share").value[0] == 0.75
    assert verdict.metric("charge_end").value[0] == 0.5
    assert {"energy_air", "energy_grade", "energy_braking"} <= set(verdict.row())


# --- criticality


def test_ttc_names_who_decides(made):
    near, far = made.Other(made.cruise(5.0, x=40.0), name=3), made.Other(made.cruise(1.0, x=120.0), name=4)
    metric = made.verdict(made.cruise(10.0), others=(far, near), seconds=2.0).metric("ttc")
    gap = 40.0 - made.CAR.length / 2 - 2.25
    assert metric.value[0] == pytest.approx(gap / 5.0)
    assert metric.cause_id is not None and metric.cause_id[0] == 3


def test_tailgater(made):
    gap = made.CAR.length / 2 + 2.25
    near = made.Other(made.cruise(20.0, x=gap + 8.0))
    verdict = made.verdict(made.cruise(20.0), others=(near,))
    assert passed(verdict, "thw") is False and verdict.metric("thw").value[5] == pytest.approx(0.4)
    polite = made.Other(made.cruise(20.0, x=gap + 30.0))
    assert passed(made.verdict(made.cruise(20.0), others=(polite,)), "thw") is True
    beside = made.Other(made.cruise(20.0, x=gap + 8.0, y=made.WIDTH))
    assert passed(made.verdict(made.cruise(20.0), others=(beside,)), "thw") is None


def test_a_braking_leader_asks_for_more_than_its_speed_tells(made):
    gap = made.CAR.length / 2 + 2.25
    leader = made.Other(made.cruise(20.0, x=gap + 20.0, accel=-6.0))
    verdict = made.verdict(made.cruise(20.0), others=(leader,), seconds=1.0)
    assert verdict.metric("drac").value[0] == pytest.approx(0.0)
    assert verdict.metric("btn").valid.all()


def test_pet_of_a_crossing(made):
    # the other's front comes to the near edge of the car's path 1 s after the car's rear has left the crossing
    half = made.CAR.length / 2
    clear = (10.0 + 0.9 + half) / 10.0
    start = -0.5 * made.CAR.width - 2.25 - 10.0 * (clear + 1.0)
    north = made.Other(made.cruise(10.0, x=10.0, y=start, yaw=np.pi / 2))
    verdict = made.verdict(made.cruise(10.0), made.crossing(), others=(north,))
    metric = verdict.metric("pet")
    assert np.nanmin(metric.value[metric.valid]) == pytest.approx(1.0, abs=0.21)
    assert passed(verdict, "pet") is None and verdict.collisions == ()


# --- the verdict itself


def test_rows_have_the_same_keys_and_json_is_plain(made):
    calm = made.verdict(made.cruise(10.0))
    busy = made.verdict(
        made.cruise(12.0), made.crossing(light=True), others=(made.Other(made.cruise(3.0, x=40.0)),), seconds=3.0
    )
    assert list(calm.row()) == list(busy.row())
    for verdict in (calm, busy):
        json.dumps(verdict.as_json(), allow_nan=False)
        json.dumps(verdict.row(), allow_nan=False)


def test_a_single_tick_is_judged_and_an_empty_log_is_refused(made):
    run = made.drive(made.cruise(10.0), seconds=0.02)
    assert len(run.frames) == 1
    assert judge(run).gates["nc"] == 1.0
    with pytest.raises(EvpilotError, match="no planning tick"):
        judge(replace(run, frames=()))


def test_a_start_off_the_map_is_judged(made):
    verdict = made.verdict(made.cruise(10.0, y=40.0))
    assert verdict.offroad and verdict.offroad_at_start and passed(verdict, "wrong_way") is None


def test_judging_is_quick(made, slowness):
    others = tuple(
        made.Other(made.cruise(8.0 + 0.1 * k, x=-100.0 + 12.0 * k, y=made.WIDTH * (1 + k % 3)), name=k)
        for k in range(50)
    )
    run = made.drive(made.cruise(10.0), made.straight_road(lanes=4), others=others, seconds=20.0)
    judge(run)
    begin = time.process_time()
    judge(run)
    assert time.process_time() - begin < 0.3 * slowness()


def test_the_oncoming_lane_may_be_used_to_pass_what_blocks_the_own_one_unless_somebody_is_met(made):
    road = made.straight_road(lanes=1, oncoming=1)
    out = made.through([0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 20.0, 40.0, 60.0, 80.0], [0.0, 3.5, 3.5, 0.0, 0.0])
    van = made.Other(made.cruise(0.0, x=30.0), kind=ObjectKind.PARKED)
    assert made.verdict(out, road, others=(van,)).gates["ddc"] == 1.0
    assert made.verdict(out, road).gates["ddc"] == 0.0
    meets = made.Other(made.cruise(10.0, x=85.0, y=3.5, yaw=np.pi), name=2)
    assert made.verdict(out, road, others=(van, meets)).gates["ddc"] < 1.0


def test_on_the_way_back_what_stands_at_the_lane_s_edge_has_been_a_reason_to_leave_it(made):
    """Though the car, nearly back, is beside its line by then, and no longer beside itself."""
    road = made.straight_road(lanes=1, oncoming=1)
    out = made.through(
        [0.0, 2.0, 3.0, 4.0, 5.0, 7.0], [0.0, 20.0, 30.0, 40.0, 50.0, 70.0], [0.0, 3.5, 3.5, 2.2, 2.2, 0.0]
    )

    def shortfalls(*places: float) -> tuple[str, ...]:
        cones = (made.Other(made.cruise(0.0, x=x, y=1.7), kind=ObjectKind.CONE, name=int(x)) for x in places)
        return made.verdict(out, road, others=tuple(cones)).shortfalls

    assert "wrong_way" not in shortfalls(27.0, 31.0)
    assert "wrong_way" in shortfalls(15.0, 19.0)


@pytest.mark.parametrize(("pace", "allowed"), [(6.0, True), (9.0, False)])
def test_who_drives_slower_than_half_the_limit_may_be_passed_in_the_oncoming_lane(made, pace, allowed):
    road = made.straight_road(lanes=1, oncoming=1, limit=14.0)
    out = made.through([0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 20.0, 40.0, 60.0, 80.0], [0.0, 3.5, 3.5, 0.0, 0.0])
    slow = made.Other(made.cruise(pace, x=44.0 - 4.0 * pace), kind=ObjectKind.CAR)
    assert ("wrong_way" not in made.verdict(out, road, others=(slow,)).shortfalls) == allowed
