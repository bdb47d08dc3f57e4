"""A case has one name, and the name finds the case again."""

import pytest

from evpilot.files import EvpilotError
from evpilot.regulations import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict, suite
from evpilot.runlog import RunLog
from evpilot.types import Platform

AXES = (
    Axis(name="ego_kmh", meaning="our speed", values=(20.0, 60.0)),
    Axis(name="gap_m", meaning="gap", values=(1.0, 59.0)),
)


def _stage(case: Case, platform: Platform) -> Stage:
    raise AssertionError("nothing is driven here")


def _judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    return CaseResult(verdict=Verdict.PASS, clause="1", reason="")


MADE = Suite(
    key="made",
    title="A made suite",
    edition="none",
    clauses=(Clause(place="1", requirement="nothing"),),
    groups=(Group(key="cut-in", title="Cut-in", clauses=("1",), axes=AXES),),
    cases=lambda platform: (),
    stage=_stage,
    judge=_judge,
)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_case_is_found_by_its_name(seed: int) -> None:
    case = Case(suite="made", group="cut-in", parameters=(("ego_kmh", 60.0), ("gap_m", 17.5)), seed=seed)
    assert MADE.case(case.id) == case
    assert case["gap_m"] == 17.5


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cut-out/ego_kmh=60,gap_m=17", "allowed cut-in"),
        ("cut-in/ego_kmh=60", "must read cut-in/ego_kmh=...,gap_m=..."),
        ("cut-in/gap_m=17,ego_kmh=60", "must read"),
        ("cut-in/ego_kmh=60,gap_m=17#x", "#SEED"),
        ("cut-in/ego_kmh=nan,gap_m=17", "allowed 20 to 60"),
        ("cut-in/ego_kmh=60,gap_m=170", "allowed 1 to 59"),
    ],
)
def test_a_name_that_is_no_case_is_refused_with_what_is_legal(name: str, says: str) -> None:
    with pytest.raises(EvpilotError, match=says):
        MADE.case(name)


def test_an_unknown_suite_is_refused() -> None:
    with pytest.raises(EvpilotError, match="suite 'r999'"):
        suite("r999")
