"""A transition demand: who ignores it, brakes too early or too hard fails; ours waits, then stops in its lane."""

import pytest

from evpilot.regulations import Verdict, suite
from evpilot.regulations.driving import drive_case
from evpilot.sweep.pilots import pilot_maker
from evpilot.vehicle import platforms

SUITE, SEDAN = suite("r157"), platforms.load("sedan")
NEVER, ANSWERED = "transition/speed_kmh=60,ahead_s=0,answer_s=0", "transition/speed_kmh=60,ahead_s=3,answer_s=6"


def judged(name: str, pilot: str):
    case = SUITE.case(name)
    return SUITE.judge(case, drive_case(SUITE, case, pilot_maker(pilot), SEDAN), SEDAN)


@pytest.mark.parametrize(
    ("pilot", "reason"), [("deaf", "ignored"), ("braking", "s after the demand"), ("panicking", "m/s2, allowed 4")]
)
def test_who_does_not_do_what_the_demand_asks_fails(pilot: str, reason: str) -> None:
    found = judged(NEVER, pilot)
    assert found.verdict == Verdict.FAIL and reason in found.reason, found


@pytest.mark.parametrize("name", [NEVER, ANSWERED])
def test_our_pilot_stops_only_when_nobody_answers(name: str) -> None:
    found = judged(name, "evpilot")
    assert found.verdict == Verdict.PASS, found
