"""UN R157's cases: that they are the regulation's, are driven as it says, and judged by what was driven."""

import numpy as np
import pytest

from evpilot.evaluate.reference import grids
from evpilot.evaluate.reference.models import Model
from evpilot.pilot.baselines.blind import BlindPilot
from evpilot.pilot.baselines.idm import IdmPilot
from evpilot.regulations import Verdict, suite
from evpilot.regulations.driving import drive_case
from evpilot.regulations.r157 import motions
from evpilot.regulations.r157.cut_in import demands, impacts
from evpilot.regulations.r157.gap import minimum_gap
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS
from evpilot.runlog import Ego
from evpilot.sweep.pilots import pilot_maker
from evpilot.types import UN_R157, Command, Decision
from evpilot.vehicle import platforms

SUITE = suite("r157")
SEDAN = platforms.load("sedan")
CLOSE = "cut-in-low/ego_kmh=60,other_kmh=20,gap_m=25,lateral_mps=1.2"
STRAIGHT = "cut-in-low/ego_kmh=60,other_kmh=20,gap_m=30,lateral_mps=0"


class BrakingPilot:
    """Brakes whatever happens."""

    def __init__(self, briefing):
        pass

    def step(self, observation):
        command = Command(t_ns=observation.t_ns, accel=-3.0 if observation.ego.speed > 0.0 else 0.0, steering=0.0)
        return Decision(t_ns=observation.t_ns, command=command)


def test_the_suite_holds_as_many_drives_as_the_protocol():
    compared = ("cut-in-low", "cut-in-high", "cut-out-cc", "cut-out-fsm", "following-cc", "following-fsm")
    cases = [case for case in SUITE.cases(SEDAN) if case.group in compared]
    assert len(cases) == len({case.id for case in cases}) == 43_912
    assert SUITE.case(cases[1234].id) == cases[1234]


@pytest.mark.parametrize(("lateral", "ramp"), [(0.0, 0), (0.3, 3), (0.8, 6), (1.2, 9), (1.7, 12)])
def test_a_cut_in_moves_as_the_grid_says(lateral, ramp):
    places, velocity = motions.cut_in(20.0, 17.0, lateral, 2.15)
    row = APPROACH_ROWS + ramp
    assert places[row] == pytest.approx([21.3, 3.5])
    assert -velocity[row, 1] == lateral and np.all(velocity[: APPROACH_ROWS + 1, 1] == 0.0 if ramp else True)
    assert np.allclose(np.diff(places[:, 0]), 20.0 / 36.0)
    if lateral:
        assert np.allclose(np.diff(places[row : row + 15, 1]), -lateral / 10.0)
        assert places[-1, 1] == pytest.approx(3.5 - (np.floor(35.0 / lateral) + 1) * lateral / 10.0)


def test_what_a_drive_shows_of_the_reference_drivers_is_what_the_grid_says():
    cases = grids.cut_ins("low")
    rng = np.random.default_rng(5)
    out = {model.name.lower(): grids.cut_in_outcomes(model, cases) for model in Model}
    for k in rng.choice(len(cases), 60, replace=False):
        found = impacts(cases[k : k + 1], grids.SIZE)
        assert all((found[name] is not None) == out[name].fine[k] for name in out)


def test_the_approach_is_held_whatever_the_pilot_wants_and_its_braking_in_shadow_is_seen():
    case = SUITE.case(STRAIGHT)
    run = drive_case(SUITE, case, BrakingPilot, SEDAN)
    held = run.ego[run.t_ns <= APPROACH_NS]
    assert np.all(np.abs(held[:, Ego.SPEED] - 60.0 / 3.6) < 0.02) and np.all(np.abs(held[:, Ego.Y]) < 0.01)
    assert run.ego[-1, Ego.SPEED] < 10.0
    verdict = SUITE.judge(case, run, SEDAN)
    assert verdict.verdict == Verdict.FAIL and "in shadow" in verdict.reason


def test_who_sees_nobody_misses_what_a_careful_driver_avoids():
    case = SUITE.case(CLOSE)
    run = drive_case(SUITE, case, BlindPilot, SEDAN)
    verdict = SUITE.judge(case, run, SEDAN)
    assert verdict.verdict == Verdict.FAIL and verdict.contact and "fsm" in verdict.preventable
    assert verdict.impact_speed == pytest.approx(40.0 / 3.6, abs=0.3)


def test_an_undisturbed_pass_is_passed_and_ends_early():
    case = SUITE.case(STRAIGHT)
    run = drive_case(SUITE, case, BlindPilot, SEDAN)
    verdict = SUITE.judge(case, run, SEDAN)
    assert verdict.verdict == Verdict.PASS and run.outcome == "decided" and run.t_ns[-1] < 8e9


def test_who_has_come_down_to_the_others_speed_takes_little_thought():
    case = SUITE.case("cut-in-low/ego_kmh=40,other_kmh=20,gap_m=56,lateral_mps=0.8")
    run = drive_case(SUITE, case, pilot_maker("evpilot"), SEDAN)
    assert run.outcome == "decided"
    weighed = [
        len(frame.decision.trace.cost) for frame in run.frames[-25:-1] if frame.decision and frame.decision.trace
    ]
    assert np.median(weighed) < 30


def test_what_stands_ahead_of_a_cut_out_is_seen_only_when_the_leader_is_aside():
    case = SUITE.case("cut-out-cc/speed_kmh=60,distance_m=62,lateral_mps=1.5")
    run = drive_case(SUITE, case, IdmPilot, SEDAN)
    for frame in run.frames:
        leader = frame.truth.objects.state[0, 1]
        assert (2 in frame.observation.tracks.id) <= (leader < -0.375 + 0.16)
    assert 2 in run.frames[-1].observation.tracks.id


def test_the_clause_asks_for_far_and_slow_cut_ins_and_not_for_near_and_swift_ones():
    assert demands(60.0, 20.0, 40.0, 0.5, 2.15)
    assert not demands(60.0, 10.0, 5.0, 1.7, 2.15) and not demands(60.0, 20.0, 40.0, 0.0, 2.15)


FAULTS = [
    ("blind", CLOSE),
    ("late", "following-cc/speed_kmh=100,brake_g=0.8"),
    ("braking", STRAIGHT),
    ("creeping", STRAIGHT),
    ("tailgating", "following-cc/speed_kmh=90,brake_g=0.9"),
    ("pedestrian-blind", "pedestrian/ego_kmh=40,pedestrian_kmh=5,offset_m=0,side=1"),
    ("heedless", STRAIGHT),
    ("braking", "wandering/ego_kmh=60,slower_kmh=10,gap_m=10,period_s=6"),
    ("cc_jrc", "cut-in-low/ego_kmh=60,other_kmh=20,gap_m=29,lateral_mps=1.2"),
]


@pytest.mark.parametrize(("pilot", "name"), FAULTS, ids=lambda value: value.split("/")[0])
def test_every_criterion_is_failed_by_a_driver_with_the_fault(pilot, name):
    case = SUITE.case(name)
    verdict = SUITE.judge(case, drive_case(SUITE, case, pilot_maker(pilot), SEDAN), SEDAN)
    assert verdict.verdict == Verdict.FAIL, verdict


@pytest.mark.parametrize("name", [CLOSE, STRAIGHT, "following-cc/speed_kmh=100,brake_g=0.8"])
def test_the_pilot_passes_where_the_faulty_fail(name):
    case = SUITE.case(name)
    verdict = SUITE.judge(case, drive_case(SUITE, case, pilot_maker("evpilot"), SEDAN), SEDAN)
    assert verdict.verdict == Verdict.PASS, verdict


def test_the_fuzzy_safety_model_at_the_wheel_avoids_what_its_rows_avoid():
    case = SUITE.case(CLOSE)
    run = drive_case(SUITE, case, pilot_maker("fsm"), SEDAN)
    assert not SUITE.judge(case, run, SEDAN).contact
    # eight rows of 0.1 s of waiting before the first braking
    braking = run.t_ns[1:][run.ego[1:, Ego.ACCEL] < -0.5]
    assert 3.8e9 <= braking[0] <= 4.4e9


def test_who_follows_too_close_fails_the_minimum_gap():
    case = SUITE.case("gap-recovery/speed_kmh=40,share=0.6")
    verdict = SUITE.judge(case, drive_case(SUITE, case, pilot_maker("tailgating"), SEDAN), SEDAN)
    assert verdict.verdict == Verdict.FAIL and "minimum gap" in verdict.reason


@pytest.mark.parametrize("speed", [30, 60])
def test_the_pilot_restores_the_tables_gap(speed):
    case = SUITE.case(f"gap-recovery/speed_kmh={speed},share=0.6")
    verdict = SUITE.judge(case, drive_case(SUITE, case, pilot_maker("evpilot"), SEDAN), SEDAN)
    assert verdict.verdict == Verdict.PASS and verdict.values["brake"] < 4.0, verdict


def test_the_pilots_headway_is_nowhere_below_the_regulations_table():
    for speed in np.arange(2.0, 36.0, 0.1):
        assert UN_R157.headway_at(speed) * speed >= minimum_gap(np.array([speed]))[0] - 1e-9
