"""`evpilot score` and `evpilot compare`: sweeps, and what two of them differ in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from evpilot.report.terminal.progress import bar, ready_to_read, warmed_up
from evpilot.report.terminal.tables import console, linked, marked, plain_table, summary
from evpilot.sweep.engine import read_results
from evpilot.sweep.results import compare
from evpilot.sweep.scoring import LIBRARY, cases_of, score
from evpilot.sweep.settings import Settings

FAILURES_SHOWN = 20
REASONS_SHOWN = 12


def score_and_show(
    folder: str,
    settings: Settings,
    *,
    seeds: Sequence[int],
    workers: int,
    resume: bool,
    solutions: Path | None,
    families: Sequence[str],
    difficulty: float | None,
    out: Path,
) -> None:
    """Run a sweep with a bar, then print its summary and the cases that could not be driven.

    Raises EvpilotError on bad input, before anything is compiled but what reads the library.
    """
    settings.check()
    if folder == LIBRARY:
        ready_to_read()
    cases_of(folder, seeds, solutions, families, difficulty)
    warmed_up()
    with bar(counted=True) as progress:
        task = progress.add_task("driving", total=None)

        def on_row(row: dict[str, Any], done: int, count: int) -> None:
            progress.update(task, completed=done, total=count, description=f"driving ({row['case']})")

        results = score(
            folder,
            settings,
            seeds=seeds,
            workers=workers,
            resume=resume,
            solutions=solutions,
            families=families,
            difficulty=difficulty,
            out=out,
            on_row=on_row,
        )
    screen = console()
    screen.print(summary(results.summary))
    values = results.summary
    screen.print(
        f"plan {values['plan_ms_p50']} ms median, {values['plan_ms_p99']} ms p99; "
        f"{values['real_time_factor']} times real time; {values['memory_mb_max']} MB"
    )
    _show_families(results.rows, values)
    for row in results.rows:
        if row["error"]:
            Console(stderr=True).print(
                f"{row['case']}: {row['error']}", style="red", markup=False, highlight=False, soft_wrap=True
            )
    screen.print("results:", linked(results.folder / "summary.json"))


def _show_families(rows: Sequence[dict[str, Any]], values: dict[str, Any]) -> None:
    """Print the counts of each family of the library, why plans were what they were, and how to see the first failures
    again."""
    if not values["families"]:
        return
    numbers = ("runs", "success", "at fault", "lost")
    table = plain_table("family", *numbers, "short of", right=numbers)
    for family, counts in values["families"].items():
        lost = counts["time_lost_mean"]
        table.add_row(
            family,
            *(str(counts[key]) for key in ("scenarios", "success", "collisions_at_fault")),
            "" if lost is None else f"{lost:.0%}",
            ", ".join(f"{name} {count}" for name, count in counts["shortfalls"].items()),
        )
    screen = console()
    screen.print(table)
    reasons = plain_table("cycles", "reason of the plan", right=("cycles",))
    for reason, share in list(values["reasons"].items())[:REASONS_SHOWN]:
        reasons.add_row(f"{share:.1%}", Text(reason))
    screen.print(reasons)
    failed = [row for row in rows if row["error"] or not row["success"]]
    for row in failed[:FAILURES_SHOWN]:
        screen.print(f"evpilot drive {row['case']} --seed {row['seed']}", markup=False, highlight=False)
    if len(failed) > FAILURES_SHOWN:
        screen.print(f"and {len(failed) - FAILURES_SHOWN} more in results.parquet, where success is not true")


def show_changes(before: Path, after: Path) -> None:
    """Print every case whose outcome differs, what got worse first."""
    if all({"group", "verdict"} <= set(read_results(results).column_names) for results in (before, after)):
        from evpilot.report.terminal.suites import show_changes_of_suites

        show_changes_of_suites(read_results(before).to_pylist(), read_results(after).to_pylist())
        return
    changes, both = compare(before, after)
    table = plain_table(
        "", "scenario", "seed", "what", "score before", "after", right=("seed", "score before", "after")
    )
    for change in changes:
        table.add_row(
            marked("better" if change.better > 0 else "worse", change.better > 0),
            change.case,
            str(change.seed),
            change.what,
            *("" if score is None else f"{score:.3f}" for score in (change.before, change.after)),
        )
    screen = console()
    if changes:
        screen.print(table)
    better = sum(change.better > 0 for change in changes)
    screen.print(
        f"{both} cases in both: {better} better, {len(changes) - better} worse, {both - len(changes)} the same"
    )
