"""UN R79's lane changes: who changes without looking, roughly, or too slowly fails."""

import dataclasses

import numpy as np
import pytest

from evpilot.evaluate import judge
from evpilot.pilot.baselines.faulty import HeedlessPilot
from evpilot.pilot.baselines.reckless import RecklessPilot
from evpilot.plan.cost.changing import critical_gap
from evpilot.regulations import CaseResult, Verdict, r79
from evpilot.regulations.driving import drive_case
from evpilot.runlog import Ego, RunLog
from evpilot.sweep.pilots import pilot_maker
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
NEAR = "lane-change/ego_kmh=110,rear_kmh=130,distance_share=0.3"
FAR = "lane-change/ego_kmh=110,rear_kmh=110,distance_share=3"


def driven(name: str) -> RunLog:
    return drive_case(r79.SUITE, r79.SUITE.case(name), RecklessPilot, SEDAN)


def judged(name: str, run: RunLog) -> CaseResult:
    return r79.SUITE.judge(r79.SUITE.case(name), run, SEDAN)


def test_the_critical_distance() -> None:
    """130 behind 110 km/h: 5.56 m/s faster, 0.4 s of it, a stop of the difference with 3 m/s2, and one second."""
    assert r79.critical(130 / 3.6, 110 / 3.6) == pytest.approx(5.5556 * 0.4 + 5.5556**2 / 6.0 + 30.5556, abs=1e-3)
    assert r79.critical(20.0, 30.0) == pytest.approx(30.0)


def test_who_does_not_look_behind_fails() -> None:
    result = judged(NEAR, driven(NEAR))
    assert result.verdict is Verdict.FAIL
    assert result.clause == r79.REAR


def test_who_does_not_look_behind_falls_short_on_any_road() -> None:
    run = drive_case(r79.SUITE, r79.SUITE.case(NEAR), HeedlessPilot, SEDAN)
    assert "cut_in" in judge(run).shortfalls


@pytest.mark.parametrize("name", [NEAR, FAR, "lane-change/ego_kmh=80,rear_kmh=130,distance_share=0.7"])
def test_our_pilot_waits_for_room_and_changes_gently(name: str) -> None:
    run = drive_case(r79.SUITE, r79.SUITE.case(name), pilot_maker("evpilot"), SEDAN)
    result = judged(name, run)
    assert result.verdict is Verdict.PASS, result
    assert "cut_in" not in judge(run).shortfalls


def test_the_planners_critical_gap_is_the_clauses() -> None:
    for rear, speed in ((36.1, 30.6), (20.0, 30.0), (30.0, 10.0)):
        assert critical_gap(rear, speed, 0.4, 3.0, 1.0) == pytest.approx(r79.critical(rear, speed))


def test_who_swerves_fails_even_with_room() -> None:
    result = judged(FAR, driven(FAR))
    assert result.verdict is Verdict.FAIL
    assert result.clause == r79.GENTLE


@pytest.mark.parametrize(("seconds", "verdict"), [(5.0, Verdict.PASS), (14.0, Verdict.FAIL)])
def test_the_manoeuvre_is_timed_on_the_line(seconds: float, verdict: Verdict) -> None:
    """A straight drift of one lane's width: the body is on the line for 1.85 of its 3.5 m."""
    run = driven(FAR)
    ego = run.ego.copy()
    ego[:, Ego.Y] = 3.5 * np.clip((run.t_ns * 1e-9 - 1.0) / seconds, 0.0, 1.0)
    ego[:, Ego.YAW] = ego[:, Ego.LATERAL_ACCEL] = 0.0
    result = judged(FAR, dataclasses.replace(run, ego=ego))
    assert result.verdict is verdict
    assert result.values["on_the_line_s"] == pytest.approx(seconds * 1.85 / 3.5, abs=0.03)
    if verdict is Verdict.FAIL:
        assert result.clause == r79.TIMELY


def test_who_stays_in_the_lane_is_not_judged() -> None:
    run = driven(FAR)
    ego = run.ego.copy()
    ego[:, Ego.Y] = ego[:, Ego.YAW] = 0.0
    assert judged(FAR, dataclasses.replace(run, ego=ego)).verdict is Verdict.NOT_APPLICABLE
