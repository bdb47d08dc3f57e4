"""A suite's cases become rows, verdicts, counts and comparisons, and a sweep's file becomes a suite."""

from pathlib import Path
from typing import Any

import pytest

from evpilot.files import EvpilotError
from evpilot.sweep.engine import Runner, read_results
from evpilot.sweep.recipe import read
from evpilot.sweep.settings import Settings
from evpilot.sweep.statistics import clopper_pearson, compare_suites, outcome, quadrants
from evpilot.sweep.suites import chosen, find_suite, run_suite
from evpilot.vehicle import platforms

MADE = f"{Path(__file__).with_name('made_suite.py')}:SUITE"


@pytest.mark.slow
def test_a_suites_rows_tell_verdicts_and_are_the_same_in_another_run(tmp_path: Path) -> None:
    settings = Settings(pilot="idm")
    results = run_suite(MADE, settings, out=tmp_path / "a")
    rows = results.table.to_pylist()
    assert [row["verdict"] for row in rows] == ["fail", "pass", "pass", "fail", "pass", "pass"], rows
    assert all(row["moved_m"] > 0.0 and row["outcome"] == "decided" for row in rows)
    summary: Any = results.summary
    assert summary["failures"] == ["go/ego_kmh=20,gap_m=10", "go/ego_kmh=40,gap_m=10"]
    assert summary["demands_not_met"] == ["2 cases failed, tolerated 0"]
    careful = summary["groups"]["go"]["references"]["careful"]
    assert careful == {"asked": 6, "both_avoid": 5, "preventable": 1, "better": 0, "neither": 0}
    assert summary["groups"]["go"]["references"]["hasty"]["better"] == 3
    again = run_suite(MADE, settings, every=2, runner=Runner(workers=2), out=tmp_path / "b")
    hashes = {row["key"]: row["runlog_sha256"] for row in rows}
    assert [row["key"] for row in again.table.to_pylist()] == [row["key"] for row in rows[::2]]
    assert all(hashes[row["key"]] == row["runlog_sha256"] for row in again.table.to_pylist())
    resumed = run_suite(MADE, settings, every=2, runner=Runner(resume=True), out=tmp_path / "b")
    assert resumed.table.equals(again.table) and read_results(tmp_path / "b").equals(again.table)


def test_cases_are_chosen_by_group_and_by_every_nth() -> None:
    found, car = find_suite(MADE), platforms.load("sedan")
    assert len(chosen(found, car)) == 6
    assert [case["gap_m"] for case in chosen(found, car, ("go",), 4)] == [10.0, 20.0]
    with pytest.raises(EvpilotError, match="allowed go"):
        chosen(found, car, ("stop",))


@pytest.mark.parametrize("name", ["r999", "nothing.toml", "nothing.py:SUITE", f"{MADE[:-5]}NASTY"])
def test_a_suite_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(EvpilotError):
        find_suite(name)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.30850), (10, 10, 0.69150, 1.0), (5, 10, 0.18709, 0.81291), (1, 100, 0.00025, 0.05446)],
)
def test_intervals_are_those_of_the_tables(hits: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(hits, trials) == pytest.approx((low, high), abs=1e-5)


def row(key: str, **changes: Any) -> dict[str, Any]:
    plain = {"key": key, "error": "", "verdict": "pass", "contact": False, "impact_speed": None, "margin": 1.0}
    return plain | {"preventable": "", "hardest_braking": 1.0, "ref_careful": False} | changes


def test_every_preventable_miss_is_named_and_an_error_is_in_no_table() -> None:
    rows = [
        row("a"),
        row("b", contact=True, impact_speed=2.0, preventable="careful", verdict="fail"),
        row("c", ref_careful=True),
        row("d", contact=True, impact_speed=9.0, ref_careful=True, verdict="infeasible"),
        row("e", error="died", verdict=None, contact=None, margin=None),
        row("f", ref_careful=None),
        row("g", hardest_braking=6.0),
        row("h", verdict="fail"),
    ]
    (found,) = quadrants(rows)
    assert (found.both_avoid, found.preventable, found.better, found.neither) == (3, ("b",), 1, 1)
    assert found.both_impact == (9.0,)
    kinds = ["comfortable", "preventable", "better", "both", "error", "comfortable", "hard", "failed"]
    assert [outcome(each) for each in rows] == kinds


def test_a_comparison_says_which_cases_got_worse_worst_first() -> None:
    before = [row("same"), row("fails"), row("touches"), row("closer"), row("heals", verdict="fail"), row("gone")]
    after = [
        row("same", margin=1.005),
        row("fails", verdict="fail"),
        row("touches", contact=True, impact_speed=1.0),
        row("closer", margin=0.5),
        row("heals"),
    ]
    changes, both = compare_suites(before, after)
    assert both == 5
    assert {change.case: change.what for change in changes} == {
        "closer": "margin 1.00 -> 0.50",
        "fails": "pass -> fail",
        "touches": "contact now",
        "heals": "fail -> pass",
    }
    assert [change.better for change in changes] == [-1, -1, -1, 1]


RECIPE = """
title = "Cut-ins"
scenario = "cut_in"
criterion = "no_contact"
seeds = "0:2"
[parameters]
difficulty = { low = 0.2, high = 0.8, draw = "uniform" }
lanes = [2, 3]
[sampling]
count = 5
seed = 7
"""


def test_a_sweeps_file_becomes_a_suite_with_reproducible_draws(tmp_path: Path) -> None:
    path = tmp_path / "cut_ins.toml"
    path.write_text(RECIPE)
    car = platforms.load("sedan")
    found, again = read(path), read(path)
    cases = found.cases(car)
    assert len(cases) == 2 * 5 * 2 and len({case.id for case in cases}) == 20
    assert [case.id for case in cases] == [case.id for case in again.cases(car)]
    assert all(found.case(case.id) == case for case in cases)
    assert all(0.2 <= case["difficulty"] <= 0.8 for case in cases)
    path.write_text(RECIPE.replace("seed = 7", "seed = 8"))
    assert [case.id for case in read(path).cases(car)] != [case.id for case in cases]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("scenario =", "scenery =", "scenery: is no key"),
        ('"no_contact"', '"luck"', "allowed success"),
        ("[2, 3]", "[2, 2]", "different numbers"),
        ("[2, 3]", '["two"]', "is no number"),
        ("low = 0.2", "low = 0.9", "low < high"),
        ("count = 5", "count = 0", "1 to 1000000"),
        ("[sampling]\ncount = 5\nseed = 7", "", "goes with parameters that are drawn"),
        ('"0:2"', '"2:0"', "A < B"),
        ("[2, 3]", "{ from = 0, to = 1e9, step = 1 }", "step > 0"),
    ],
)
def test_a_bad_file_is_refused_where_it_is_bad(old: str, new: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.toml"
    path.write_text(RECIPE.replace(old, new))
    with pytest.raises(EvpilotError, match=told):
        read(path)


@pytest.mark.slow
def test_a_sweep_of_the_library_is_driven_and_judged(tmp_path: Path) -> None:
    path = tmp_path / "cut_ins.toml"
    path.write_text('scenario = "animal"\ncriterion = "no_contact"\n[parameters]\ndifficulty = [0.2]\n')
    results = run_suite(str(path), Settings(pilot="blind"), out=tmp_path / "out")
    (only,) = results.table.to_pylist()
    assert not only["error"] and only["verdict"] in ("pass", "fail") and only["score"] is not None
    assert (only["verdict"] == "fail") == only["contact"]
