"""The way past somebody whom braking would not avoid: found where there is one, never where braking helps or there is
no room, and driven by the pilot."""

import math
from dataclasses import replace

import numpy as np
import pytest
from test_emergency_brake import SEDAN, seen, straight, tracks

from evpilot.guard.brake import EmergencyBrake
from evpilot.guard.evade import ASIDE, LATERAL_JERK, SHORTEST, move_aside
from evpilot.guard.packed import pack
from evpilot.regulations import suite
from evpilot.regulations.driving import drive_case
from evpilot.sweep.pilots import pilot_maker
from evpilot.types import ROAD, Observation, Trajectory
from evpilot.types.state import joined

SPEED, SIDE = 16.6, 3.0  # [m/s], [m] the other's centre beside our path's


def merging(ahead: float, pace: float, towards: float):
    """A car that comes over from the left, its centre so far ahead of ours [m]."""
    other = tracks(SEDAN.rear_to_center + ahead, SIDE, 0.0, pace)
    other.velocity[0, 1] = -towards
    return other


def way(
    others, speed: float = SPEED, room: tuple[float, float] = (0.5, 0.5)
) -> tuple[Trajectory | None, Trajectory | None]:
    """What the emergency brake drives, and the way past."""
    brake = EmergencyBrake(SEDAN, ROAD)
    observation, plan = seen(0.0, speed, others), straight(0.0, speed)
    braking = brake.step(observation, plan)
    driven = braking or plan
    return braking, brake.evasion(observation, plan, driven, room) if brake.may_evade(driven) else None


@pytest.mark.parametrize("aside", [a for a in ASIDE if a])
def test_a_way_aside_is_as_drawn_and_no_more_jerky_than_said(aside: float) -> None:
    motion = pack(straight(0.0, SPEED))
    moved = motion.copy()
    move_aside(moved, aside)
    span = max((60.0 * abs(aside) / LATERAL_JERK) ** (1 / 3), SHORTEST)
    u = np.minimum(motion[:, 0] / span, 1.0)
    assert moved[:, 2] == pytest.approx(aside * (10 * u**3 - 15 * u**4 + 6 * u**5))
    assert moved[:, 1] == pytest.approx(motion[:, 1])
    assert np.tan(moved[:, 3]) == pytest.approx(np.gradient(moved[:, 2], moved[:, 1]), abs=0.03)
    assert np.abs(np.diff(moved[:, 6]) * SPEED**2 / 0.1).max() < 1.05 * LATERAL_JERK


def test_who_is_nearly_past_goes_aside_instead_of_braking_into_him() -> None:
    braking, past = way(merging(ahead=11.8, pace=2.8, towards=1.1))
    assert braking is not None and past is not None
    assert past.pose[-1, 1] < -0.1 and past.speed[-1] == pytest.approx(SPEED)
    assert abs(past.pose[:, 1]).max() <= max(ASIDE) + 1e-9


def test_where_braking_avoids_the_contact_the_car_brakes() -> None:
    braking, past = way(tracks(24.0, 0.0, 0.0, 0.0))
    assert braking is not None and past is None


def test_nobody_else_is_met_on_the_way_past() -> None:
    one = merging(ahead=11.8, pace=2.8, towards=1.1)
    wall = tracks(SEDAN.rear_to_center, -0.5 * SEDAN.width - 0.95, 0.0, SPEED)
    wall.id[0] = 4
    assert way(one)[1] is not None
    braking, past = way(joined(one, wall))
    assert braking is not None
    assert past is None or past.pose[:, 1].min() > -0.05


def test_the_car_stays_in_its_lane() -> None:
    past = way(merging(ahead=11.8, pace=2.8, towards=1.1), room=(0.5, 0.2))[1]
    assert past is None or past.pose[:, 1].min() > -0.2 - 1e-9


def test_a_plan_that_brakes_beside_somebody_into_his_way_goes_on() -> None:
    other = merging(ahead=-2.0, pace=11.0, towards=0.6)
    brake, observation = EmergencyBrake(SEDAN, ROAD), seen(0.0, SPEED, other)
    plan = straight(0.0, SPEED, -5.0)
    assert brake.step(observation, plan) is None
    past = brake.evasion(observation, plan, plan, (0.5, 0.5))
    assert past is not None and past.speed[-1] == pytest.approx(SPEED)
    fresh, gentle = EmergencyBrake(SEDAN, ROAD), straight(0.0, SPEED, -1.0)
    assert fresh.may_evade(plan) and not fresh.may_evade(gentle)


def test_a_way_past_is_driven_to_its_end_also_where_nothing_brakes_any_more() -> None:
    brake, other = EmergencyBrake(SEDAN, ROAD), merging(ahead=11.8, pace=2.8, towards=1.1)
    first, plan = seen(0.0, SPEED, other), straight(0.0, SPEED)
    past = brake.evasion(first, plan, brake.step(first, plan) or plan, (0.5, 0.5))
    assert past is not None
    for seconds, driven in ((0.6, True), (2.0, False)):
        later = moved(first, past, seconds)
        assert later.tracks is not None
        later = replace(later, tracks=replace(later.tracks, state=later.tracks.state + 200.0))
        calm = replace(straight(float(later.ego.pose[0]), SPEED), t_ns=later.t_ns)
        while brake.step(later, calm) is not None:
            pass  # until it lets go
        again = brake.evasion(later, calm, calm, (0.5, 0.5)) if brake.may_evade(calm) else None
        assert (again is not None) == driven


def test_nobody_far_ahead_is_passed_by_a_hands_breadth() -> None:
    """Level with him in 2.2 s, passing would need him to keep his way to the decimetre until then: the car brakes."""
    far = merging(ahead=78.0, pace=2.8, towards=0.5)
    braking, past = way(far, speed=36.0)
    assert braking is not None and past is None


def test_where_nothing_helps_the_car_brakes() -> None:
    braking, past = way(tracks(12.0, 0.0, 0.0, 0.0))
    assert braking is not None and past is None


@pytest.mark.parametrize(
    "name",
    [
        "cut-in-high/ego_kmh=130,other_kmh=10,gap_m=25,lateral_mps=1.6",
        "cut-in-low/ego_kmh=60,other_kmh=10,gap_m=10,lateral_mps=1.2",
        "cut-in-high/ego_kmh=90,other_kmh=10,gap_m=25,lateral_mps=1.4",
        "cut-in-high/ego_kmh=110,other_kmh=10,gap_m=35,lateral_mps=1.4",
    ],
)
def test_the_pilot_passes_who_cuts_in_too_late_to_brake_for(name: str) -> None:
    r157 = suite("r157")
    case = r157.case(name)
    found = r157.judge(case, drive_case(r157, case, pilot_maker("evpilot"), SEDAN), SEDAN)
    assert not found.contact and not math.isnan(found.margin or 0.0), found
    assert found.values["over_edge_m"] <= 0.0


def test_a_way_past_that_is_driven_goes_on_and_is_not_drawn_further_aside_each_time() -> None:
    brake, other = EmergencyBrake(SEDAN, ROAD), merging(ahead=11.8, pace=2.8, towards=1.1)
    first, plan = seen(0.0, SPEED, other), straight(0.0, SPEED)
    past = brake.evasion(first, plan, brake.step(first, plan) or plan, (0.5, 0.5))
    assert past is not None
    later = moved(first, past, 0.1)
    aside = replace(plan, pose=plan.pose + np.array([0.0, float(past.pose[1, 1]) - 0.2, 0.0, 0.0]))
    again = brake.evasion(later, aside, brake.step(later, aside) or aside, (0.5, 0.5))
    assert again is not None
    there = np.interp(again.time + 0.1, past.time, past.pose[:, 1])
    assert again.pose[:, 1] == pytest.approx(there, abs=1e-6)


def test_a_way_past_that_was_refused_is_not_gone_on_with() -> None:
    brake, other = EmergencyBrake(SEDAN, ROAD), merging(ahead=11.8, pace=2.8, towards=1.1)
    first, plan = seen(0.0, SPEED, other), straight(0.0, SPEED)
    past = brake.evasion(first, plan, brake.step(first, plan) or plan, (0.5, 0.5))
    assert past is not None
    brake.refuse()
    later = moved(first, past, 0.1)
    fresh = brake.evasion(later, plan, brake.step(later, plan) or plan, (0.0, 0.0))
    assert fresh is None or fresh.pose[:, 1].min() > float(past.pose[:, 1].min()) + 0.05


def moved(before: Observation, driven: Trajectory, seconds: float) -> Observation:
    """What is seen where the car has driven a trajectory for so long, and the others have gone on."""
    assert before.tracks is not None
    t_ns = before.t_ns + round(1e9 * seconds)
    pose = np.array([np.interp(seconds, driven.time, column) for column in driven.pose.T])
    state = before.tracks.state.copy()
    state[:, :2] += seconds * before.tracks.velocity
    tracks = replace(before.tracks, t_ns=t_ns, state=state)
    return replace(before, t_ns=t_ns, ego=replace(before.ego, t_ns=t_ns, pose=pose), tracks=tracks)
