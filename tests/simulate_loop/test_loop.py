"""The closed loop: how drives end, what is recorded, and that it is the same every time."""

import gc
import math
from dataclasses import replace

import numpy as np
import pytest
from straight_road import GOAL, Brakes, Steady, car, road, scenario

from evpilot.files import EvpilotError
from evpilot.runlog import Cmd, Ego, RunLog, sha256
from evpilot.scenarios import LightProgram
from evpilot.simulate.loop import planning_period, simulate
from evpilot.simulate.world import World
from evpilot.types import LOST, ROAD, VERDICT, Goal, LightState, Source, Spent, Store
from evpilot.vehicle import platforms
from evpilot.vehicle.powertrain.conditions import Conditions

SEDAN = platforms.load("sedan")
BMW = platforms.load("bmw320i")


def drive(changes: dict[str, object] | None = None, **options: object) -> RunLog:
    make = options.pop("pilot", Steady)
    return simulate(scenario(**(changes or {})), make, **({"platform": SEDAN} | options))  # type: ignore[arg-type]


def test_goal_ends_the_drive_where_the_box_centre_is_in_it() -> None:
    run = drive()
    assert run.outcome == "goal"
    centre = run.ego[-1, Ego.X] + SEDAN.rear_to_center
    assert 100.0 <= centre <= 100.0 + 10.0 * 0.1 + 0.1
    assert run.frames[-1].t_ns == run.t_ns[-1]


def test_last_frame_holds_the_world_and_no_decision() -> None:
    run = drive()
    last = run.frames[-1]
    assert last.decision is None and last.fault == ""
    assert all(frame.decision is not None for frame in run.frames[:-1])


def test_time_is_up_without_a_goal() -> None:
    run = drive({"goals": (), "last_step": 37})
    assert run.outcome == "time"
    assert run.t_ns[-1] == 3_700_000_000
    assert len(run.frames) == 38


def test_the_clock_is_integer_and_regular() -> None:
    run = drive({"goals": (), "last_step": 20})
    assert np.array_equal(run.t_ns, np.arange(201) * 10_000_000)
    assert [frame.t_ns for frame in run.frames] == [k * 100_000_000 for k in range(21)]
    assert run.ego.shape == (201, 10) and run.command.shape == (201, 3)


@pytest.mark.parametrize(("dt_ns", "period"), [(40, 100), (100, 100), (200, 200), (250, 250)])
def test_planning_period(dt_ns: int, period: int) -> None:
    world = scenario(dt_ns=dt_ns * 1_000_000)
    assert planning_period(world, ROAD) == period * 1_000_000
    assert planning_period(world, VERDICT) == dt_ns * 1_000_000


def test_collision_ends_the_drive_unless_told_otherwise() -> None:
    parked = {"actors": (car(7, 60.0, 0.0),)}
    hit = drive(parked)
    assert hit.outcome == "collision"
    nose = hit.ego[-1, Ego.X] + SEDAN.rear_to_center + 0.5 * SEDAN.length
    assert 57.75 <= nose <= 57.75 + 1.1
    assert drive(parked, stop_on_collision=False).outcome == "goal"


def test_a_start_that_overlaps_is_no_collision_until_it_has_ended() -> None:
    assert drive({"actors": (car(7, 6.0, 10.0),)}).outcome == "goal"


def test_nobody_is_hit_ten_metres_below() -> None:
    below = car(7, 60.0, 0.0)
    below.motion[:, 2] = -10.0
    assert drive({"actors": (below,)}).outcome == "goal"


def test_survival_goal_is_reached_when_its_window_opens() -> None:
    run = drive({"goals": (Goal(time=(3.0, 4.0)),)})
    assert run.outcome == "goal" and run.t_ns[-1] == 3_000_000_000


def test_a_window_of_one_step_is_met_exactly() -> None:
    run = drive({"goals": (Goal(time=(14.9, 14.9)),)})
    assert run.outcome == "goal" and run.t_ns[-1] == 14_900_000_000


def test_all_conditions_must_hold_in_one_instant() -> None:
    late = replace(GOAL, time=(14.0, 15.0))
    assert drive({"goals": (late,)}).outcome == "time"
    assert drive({"goals": (replace(GOAL, speed=(11.0, 12.0)),)}).outcome == "time"
    assert drive({"goals": (replace(GOAL, yaw=(3.0, 3.4)),)}).outcome == "time"
    assert drive({"goals": (replace(GOAL, yaw=(-0.1, 0.1), speed=(9.0, 11.0)),)}).outcome == "goal"
    assert drive({"goals": (Goal(lanes=(0,), time=(2.0, 3.0)),)}).outcome == "goal"


def test_same_seed_same_bits() -> None:
    first, second = (drive({"actors": (car(1, 80.0, 9.0), car(2, 120.0, 9.0))}) for _ in range(2))
    assert sha256(first) == sha256(second)
    assert first.ego.tobytes() == second.ego.tobytes()


def test_memory_is_not_collected_in_a_drive_and_is_afterwards() -> None:
    during = []
    drive({"last_step": 3, "goals": ()}, on_tick=lambda _: during.append(gc.isenabled()))
    assert during == [False] * 4 and gc.isenabled()


def test_exact_start_is_the_scenarios_to_the_bit() -> None:
    start = np.array([5.0, 0.3, 0.0, 0.1])
    run = drive({"start": start}, platform=BMW, limits=VERDICT)
    b = BMW.rear_to_center
    x, y, yaw = run.ego[0, Ego.X], run.ego[0, Ego.Y], run.ego[0, Ego.YAW]
    assert yaw == 0.1 and run.ego[0, Ego.SPEED] == 10.0 and run.ego[0, Ego.STEERING] == 0.0
    assert x + b * math.cos(yaw) == pytest.approx(5.0, abs=1e-14)
    assert y + b * math.sin(yaw) == pytest.approx(0.3, abs=1e-14)


@pytest.mark.parametrize("dt_ns", [100_000_000, 200_000_000, 250_000_000])
def test_exact_rows_are_the_scenarios_steps(dt_ns: int) -> None:
    run = drive({"dt_ns": dt_ns, "goals": (), "last_step": 10}, platform=BMW, limits=VERDICT)
    assert np.array_equal(run.t_ns, np.arange(11) * dt_ns)
    assert np.allclose(run.ego[:, Ego.X], run.ego[0, Ego.X] + 10.0 * np.arange(11) * dt_ns * 1e-9, atol=1e-9)


def test_a_goal_met_at_the_start_takes_the_exact_car_one_more_step() -> None:
    here = (Goal(lanes=(0,)),)
    assert len(drive({"goals": here}).t_ns) == 1
    run = drive({"goals": here}, platform=BMW, limits=VERDICT)
    assert run.outcome == "goal" and run.t_ns.tolist() == [0, 100_000_000]


def test_a_delayed_decision_acts_later() -> None:
    run = drive({"last_step": 5, "goals": ()}, pilot=Brakes, compute_delay=0.05)
    acted = np.flatnonzero(run.command[1:, Cmd.SOURCE] == Source.GUARD) + 1
    assert run.t_ns[acted[0]] == 60_000_000
    with pytest.raises(EvpilotError, match="exact"):
        drive(limits=VERDICT, compute_delay=0.05)


def test_emergency_braking_passes_the_gate() -> None:
    run = drive({"last_step": 20, "goals": ()}, pilot=Brakes)
    assert run.ego[:, Ego.ACCEL].min() < -7.5
    assert run.ego[-1, Ego.SPEED] == 0.0


def test_the_planners_car_may_be_another() -> None:
    seen = []

    class Looks(Steady):
        def __init__(self, briefing) -> None:
            super().__init__(briefing)
            seen.append(briefing.platform.key)

    run = drive(pilot=Looks, planner_platform=platforms.load("su7"))
    assert seen == ["su7"]
    assert run.header.config["platform"]["key"] == "sedan"  # type: ignore[index]


def test_lights_follow_their_programs() -> None:
    from evpilot.maps.builder import GraphBuilder

    builder = GraphBuilder()
    x = np.linspace(0.0, 200.0, 41)
    lane = builder.lane(np.column_stack([x, x * 0 + 2]), np.column_stack([x, x * 0 - 2]))
    builder.light([lane], np.array([198.0, 3.0, 4.0, math.pi]))
    program = LightProgram(light=0, states=(LightState.GREEN, LightState.RED), durations=(1.0, 1.0))
    run = drive({"graph": builder.build(), "lights": (program,), "goals": (), "last_step": 20})
    states = [int(frame.truth.lights.state[0]) for frame in run.frames]
    assert states == [LightState.GREEN] * 10 + [LightState.RED] * 10 + [LightState.GREEN]


def test_the_car_climbs_with_the_road_and_pays_for_it() -> None:
    flat = drive({"last_step": 50, "goals": ()})
    hill = drive({"last_step": 50, "goals": (), "graph": road(rise=0.05)})
    assert hill.ego[-1, Ego.Z] == pytest.approx(0.05 * hill.ego[-1, Ego.X], abs=0.06)
    work = SEDAN.mass * 9.81 * 0.05 * 50.0 / SEDAN.drivetrain_efficiency
    paid = (hill.ego[:, Ego.POWER].sum() - flat.ego[:, Ego.POWER].sum()) * 0.01
    assert paid == pytest.approx(work, rel=0.05)


def test_every_joule_of_a_drive_is_in_its_record() -> None:
    run = drive({"last_step": 50, "goals": ()})
    assert run.spent.shape == (len(run.frames), len(Spent)) and run.store.shape == (len(run.frames), len(Store))
    drawn = run.ego[1:, Ego.POWER].sum() * 0.01
    assert run.spent[-1, Spent.DRAWN] == pytest.approx(drawn, rel=1e-9)
    assert np.all(np.diff(run.spent[:, Spent.ROLLING]) >= 0.0)
    capacity = SEDAN.battery_energy
    assert run.store[0, Store.CHARGE] - run.store[-1, Store.CHARGE] == pytest.approx(drawn / capacity, rel=0.15)
    lost = float(run.spent[-1, list(LOST)].sum())
    moved = 0.5 * SEDAN.mass * 1.03 * (run.ego[-1, Ego.SPEED] ** 2 - run.ego[0, Ego.SPEED] ** 2)
    assert lost + moved == pytest.approx(drawn, rel=0.05)


def test_a_car_with_an_empty_battery_comes_to_a_stop_and_says_nothing_else() -> None:
    run = drive({"last_step": 50, "goals": ()}, conditions=Conditions(charge=0.0))
    assert run.ego[-1, Ego.SPEED] < run.ego[0, Ego.SPEED]
    assert not any(frame.fault for frame in run.frames)


def test_off_the_map_the_ground_stays_level() -> None:
    world = World(scenario(graph=road(rise=0.05)), "replay", 0, SEDAN)
    height, grade = world.ground(-1e4, 0.0, 50.0, 0.0)
    assert math.isfinite(height) and math.isfinite(grade)


def test_bad_arguments_are_one_clear_line() -> None:
    for options, word in (({"traffic": "wild"}, "wild"), ({"compute_delay": math.nan}, "delay")):
        with pytest.raises(EvpilotError, match=word):
            drive(**options)
