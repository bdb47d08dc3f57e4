"""The summary counts what it says, and a comparison names every case that changed, and how."""

from pathlib import Path
from typing import Any

import pytest

from evpilot.files import EvpilotError
from evpilot.sweep.results import compare, read_rows, summarise
from evpilot.sweep.table import parquet_bytes, table_of


def row(case: str, **changes: Any) -> dict[str, Any]:
    values = {
        "case": case,
        "seed": 0,
        "error": "",
        "survival_goal": False,
        "goal_reached": True,
        "collisions": 0,
        "collisions_at_fault": 0,
        "collisions_avoidable": 0,
        "success": True,
        "time_lost": 0.2,
        "shortfalls": "",
        "reasons": '{"keep the lane": 3}',
        "offroad": False,
        "score": 1.0,
        "plan_ms": [1.0, 2.0, 3.0],
        "drive_s": 0.5,
        "simulated_s": 10.0,
        "memory_mb": 300.0,
    }
    return values | changes


def failed(case: str) -> dict[str, Any]:
    return {"case": case, "seed": 0, "error": "broken.xml: line 1: is empty"}


def test_the_summary_counts_cases_and_tells_navigation_from_survival() -> None:
    rows = [
        row("a"),
        row("b", collisions=2, collisions_at_fault=1, score=0.0, goal_reached=False, success=False, time_lost=0.6),
        row("c", survival_goal=True, offroad=True, score=0.5, success=False, time_lost=None),
        failed("d"),
    ]
    found = summarise(rows)
    assert {key: found[key] for key in ("scenarios", "goal_reached", "collisions", "collisions_at_fault")} == {
        "scenarios": 4,
        "goal_reached": 2,
        "collisions": 1,
        "collisions_at_fault": 1,
    }
    assert (found["success"], found["collisions_avoidable"], found["time_lost_mean"]) == (1, 0, 0.4)
    assert found["offroad"] == 1
    assert found["errors"] == 1
    assert found["score_mean"] == pytest.approx(1.5 / 4)
    assert found["plan_ms_p50"] == 2.0
    assert found["real_time_factor"] == 20.0
    navigation, survival = found["navigation"], found["survival"]
    assert isinstance(navigation, dict)
    assert isinstance(survival, dict)
    assert (navigation["scenarios"], navigation["goal_reached"]) == (2, 1)
    assert (survival["scenarios"], survival["goal_reached"]) == (1, 1)


def test_a_sweep_in_which_nothing_could_be_driven_still_has_a_summary() -> None:
    found = summarise([failed("a")])
    assert found["errors"] == 1
    assert found["score_mean"] == 0.0
    assert found["real_time_factor"] is None


def test_the_summary_names_what_families_are_short_of_and_why_plans_were_made() -> None:
    yields = '{"keep the lane": 1, "yield to N": 6}'
    rows = [
        row("a", family="rain"),
        row("b", family="rain", success=False, shortfalls="goal+comfort", reasons=yields),
        row("c", family="rain", success=False, shortfalls="comfort"),
        row("d", family="city"),
    ]
    found = summarise(rows)
    families = found["families"]
    assert isinstance(families, dict)
    assert families["rain"]["shortfalls"] == {"comfort": 2, "goal": 1}
    assert families["city"]["shortfalls"] == {}
    assert families["rain"]["reasons"] == {"keep the lane": round(7 / 13, 4), "yield to N": round(6 / 13, 4)}
    assert found["reasons"] == {"keep the lane": 0.625, "yield to N": 0.375}


def test_comparing_names_what_got_worse_first_and_what_got_better(tmp_path: Path) -> None:
    before = [row("same"), row("goal"), row("crash", collisions_at_fault=1, collisions=1), failed("file"), row("score")]
    after = [
        row("same", score=0.999),
        row("goal", goal_reached=False),
        row("crash"),
        row("file"),
        row("score", score=0.9),
    ]
    _written(tmp_path / "a", before)
    _written(tmp_path / "b", [*after, row("new")])
    changes, both = compare(tmp_path / "a", tmp_path / "b" / "results.parquet")
    assert both == 5
    assert {change.case: (change.better, change.what) for change in changes} == {
        "goal": (-1, "misses the goal"),
        "score": (-1, "score"),
        "crash": (1, "collides at fault no more"),
        "file": (1, "is driven now"),
    }
    assert [change.better for change in changes] == [-1, -1, 1, 1]


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and nothing else"])
def test_results_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "results.parquet").write_bytes(content)
    with pytest.raises(EvpilotError, match=r"results\.parquet"):
        read_rows(tmp_path)


def _written(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir()
    (folder / "results.parquet").write_bytes(parquet_bytes(table_of(rows)))
