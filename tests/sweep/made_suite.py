"""A small suite with real, short drives and known verdicts: for the tests of suites and of the dossier.

Every drive ends after 0.5 s. The verdict hangs on the parameters only: under 15 m at 40 km/h the pilot has contact,
which the reference driver `careful` avoids and `hasty` does not; at 20 km/h and 10 m a reason is not fit for HTML.
"""

from evpilot.regulations import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.scenarios import load

AXES = (
    Axis(name="ego_kmh", meaning="our speed", values=(20.0, 40.0)),
    Axis(name="gap_m", meaning="the gap", values=(10.0, 20.0, 30.0)),
)
NASTY = "<script>alert(1)</script> & more"


def cases(platform):
    return [
        Case(suite="made", group="go", parameters=(("ego_kmh", speed), ("gap_m", gap)))
        for speed in AXES[0].values
        for gap in AXES[1].values
    ]


def stage(case, platform):
    return Stage(scenario=load("cut_in", 1), traffic="reactive", decided=lambda ego, truth: truth.t_ns >= 500_000_000)


def judge(case, run, platform):
    hit = case["ego_kmh"] == 40.0 and case["gap_m"] < 15.0
    nasty = case["ego_kmh"] == 20.0 and case["gap_m"] < 15.0
    return CaseResult(
        verdict=Verdict.FAIL if hit or nasty else Verdict.PASS,
        clause="M 1" if hit or not nasty else "M 2",
        reason="contact that careful avoids" if hit else NASTY if nasty else "",
        margin=case["gap_m"] - 15.0,
        contact=hit,
        impact_speed=3.0 if hit else None,
        references={"careful": False, "hasty": case["gap_m"] < 25.0},
        preventable=("careful",) if hit else (),
        values={"moved_m": float(run.ego[-1, 0] - run.ego[0, 0])},
    )


def demands(results):
    bad = sum(result.verdict == Verdict.FAIL for _, result in results)
    return (f"{bad} cases failed, tolerated 0",) if bad else ()


SUITE = Suite(
    key="made",
    title="A made suite",
    edition="none",
    clauses=(
        Clause(place="M 1", requirement="Nothing is touched"),
        Clause(place="M 2", requirement="Nothing is amiss", confirmed=False),
        Clause(place="M 3", requirement="Nobody has looked at this"),
    ),
    groups=(
        Group(
            key="go", title="Going", clauses=("M 1", "M 2"), axes=AXES, map_axes=("gap_m", "ego_kmh"),
            references=("careful", "hasty"),
        ),
    ),
    cases=cases,
    stage=stage,
    judge=judge,
    demands=demands,
)  # fmt: skip
