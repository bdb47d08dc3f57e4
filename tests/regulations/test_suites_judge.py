"""Bad drivers fail: each criterion of the braking suites is failed by one, and met by the emergency brake alone."""

import dataclasses

import numpy as np
import pytest

from evpilot.pilot.baselines.guard_only import GuardDriverPilot, GuardOnlyPilot, SteadyPilot
from evpilot.pilot.baselines.idm import IdmPilot
from evpilot.regulations import Case, CaseResult, Verdict, fmvss127, r152, suite
from evpilot.regulations.meeting.targets import KMH
from evpilot.simulate.loop import simulate
from evpilot.types import Command, Decision, Observation, Pilot, no_trace
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")


class NervousPilot(IdmPilot):
    """Brakes whenever it sees anything."""

    def step(self, observation: Observation) -> Decision:
        """A command to brake with 3 m/s2."""
        brake = -3.0 if observation.ego.speed > 0.1 else 0.0
        command = Command(t_ns=observation.t_ns, accel=brake, steering=0.0)
        return Decision(t_ns=observation.t_ns, command=command, trace=no_trace("afraid"))


def judged(key: str, name: str, pilot: type[Pilot]) -> CaseResult:
    """The verdict on a case that a pilot drives."""
    made = suite(key)
    case = made.case(name)
    stage = made.stage(case, SEDAN)
    run = simulate(stage.scenario, pilot, platform=SEDAN, limits=stage.limits, sensor=stage.sensor, seed=case.seed)
    return made.judge(case, run, SEDAN)


MET = (
    ("r152", "stationary/ego_kmh=40#1"),
    ("r152", "moving/ego_kmh=50#2"),
    ("r152", "pedestrian/ego_kmh=40#1"),
    ("r152", "bicycle/ego_kmh=40#1"),
    ("fmvss127", "stopped/ego_kmh=80"),
    ("fmvss127", "slower/ego_kmh=80"),
    ("fmvss127", "braking/ego_kmh=80,gap_m=12,brake_g=0.5"),
    ("fmvss127", "from-right/ego_kmh=60,overlap_pct=25"),
    ("fmvss127", "from-left/ego_kmh=60"),
    ("fmvss127", "hidden/ego_kmh=50"),
    ("fmvss127", "standing/ego_kmh=55"),
    ("fmvss127", "along/ego_kmh=65"),
    ("euroncap", "ccrs/ego_kmh=20,location_pct=100"),
    ("euroncap", "ccrb/ego_kmh=80,location_pct=50"),
    ("euroncap", "ccftap/ego_kmh=10,target_kmh=30"),
    ("euroncap", "cccscp/ego_kmh=60,target_kmh=20,side=-1"),
    ("euroncap", "cpna/ego_kmh=10,location_pct=75"),
    ("euroncap", "cbfa/ego_kmh=60,location_pct=25"),
)


@pytest.mark.parametrize(("key", "name"), MET)
def test_the_driver_who_holds_the_speed_fails_and_the_emergency_brake_passes(key: str, name: str) -> None:
    bad = judged(key, name, SteadyPilot)
    assert bad.verdict is Verdict.FAIL
    assert bad.contact
    assert bad.margin is not None and bad.margin < 0.0
    good = judged(key, name, GuardOnlyPilot)
    assert good.verdict is Verdict.PASS, good.reason


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("r152", "false/situation=1,ego_kmh=40#1"),
        ("r152", "false/situation=2,ego_kmh=60#2"),
        ("r152", "false/situation=3,ego_kmh=60#2"),
        ("fmvss127", "between-cars/ego_kmh=50"),
    ],
)
def test_who_brakes_for_nothing_fails(key: str, name: str) -> None:
    assert judged(key, name, NervousPilot).verdict is Verdict.FAIL
    assert judged(key, name, GuardOnlyPilot).verdict is Verdict.PASS


def test_a_warned_driver_brakes_before_the_emergency_brake_must() -> None:
    alone = judged("fmvss127", "stopped-manual/ego_kmh=100", GuardOnlyPilot)
    both = judged("fmvss127", "stopped-manual/ego_kmh=100", GuardDriverPilot)
    assert both.verdict is alone.verdict is Verdict.PASS
    assert float(both.values["hardest_braking_mps2"] or 0.0) < float(alone.values["hardest_braking_mps2"] or 0.0)


def test_the_manual_rows_put_the_other_driver_into_the_seat() -> None:
    for name, instead in (("stopped-manual/ego_kmh=100", {"guard_only": "guard_driver"}), ("stopped/ego_kmh=80", {})):
        assert fmvss127.SUITE.stage(fmvss127.SUITE.case(name), SEDAN).instead == instead


def test_what_is_no_object_is_not_judged() -> None:
    assert judged("fmvss127", "steel-plate/ego_kmh=80", GuardOnlyPilot).verdict is Verdict.NOT_APPLICABLE


def test_the_largest_impact_speeds_of_r152() -> None:
    for speed, kind, most in (
        (35, "car", 0),
        (40, "car", 0),
        (42, "car", 10),
        (47.5, "pedestrian", 20),
        (60, "car", 35),
    ):
        assert r152.allowed(kind, speed) == pytest.approx(most)
    assert r152.allowed("bicycle", 40.0) == 10.0
    assert r152.allowed("bicycle", 60.0) == 40.0


def test_an_impact_within_the_table_passes_and_one_beyond_it_fails() -> None:
    made = suite("r152")
    case = made.case("stationary/ego_kmh=60#1")
    stage = made.stage(case, SEDAN)
    run = simulate(stage.scenario, SteadyPilot, platform=SEDAN, sensor=stage.sensor)
    slow = run.ego.copy()
    for speed, verdict in ((34.0, Verdict.PASS), (36.0, Verdict.FAIL)):
        slow[:, 4] = speed * KMH
        result = made.judge(case, dataclasses.replace(run, ego=slow), SEDAN)
        assert result.verdict is verdict
        assert result.margin == pytest.approx((35.0 - speed) * KMH, abs=1e-6)


def test_tolerated_failures_are_counted_by_kind() -> None:
    cases = [case for case in r152.SUITE.cases(SEDAN) if case.group == "bicycle"]
    fail, good = (CaseResult(verdict=v, clause="", reason="") for v in (Verdict.FAIL, Verdict.PASS))

    def lines(failures: int) -> tuple[str, ...]:
        found: list[tuple[Case, CaseResult]] = [(case, fail if k < failures else good) for k, case in enumerate(cases)]
        assert r152.SUITE.demands is not None
        return r152.SUITE.demands(found)

    most = int(np.floor(0.2 * len(cases)))
    assert lines(most) == ()
    assert lines(most + 1) == (f"bicycle: {most + 1} of {len(cases)} tests failed, tolerated 20 %",)
