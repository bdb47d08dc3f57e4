"""`evpilot suite`, `sweep`, `results`, `merge` and `dossier`, for a terminal."""

import json
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evpilot.files import EvpilotError, write_text
from evpilot.report.terminal.progress import bar, warmed_up
from evpilot.report.terminal.tables import console, linked, marked, plain_table
from evpilot.sweep.engine import Runner, merge, read_results
from evpilot.sweep.run_folder import run_folder, write_json, write_records
from evpilot.sweep.settings import Settings
from evpilot.vehicle import platforms

FAILURES_SHOWN = 20
ROWS_SHOWN = 200
MODELS = ("evaluate.reference.table",)
VERDICTS = (
    "SELECT \"group\", coalesce(verdict, 'error') AS verdict, count(*) AS cases FROM results GROUP BY ALL ORDER BY ALL"
)


def show_suites() -> None:
    """Print every suite with its groups and how many cases each has for the default car."""
    warmed_up()
    from evpilot.regulations import SUITES
    from evpilot.sweep.suites import find_suite

    car = platforms.load("sedan")
    table = plain_table("suite", "group", "title", "cases", right=("cases",))
    for key in SUITES:
        found = find_suite(key)
        cases = found.cases(car)
        table.add_row(key, "", f"{found.title}, {found.edition}", str(len(cases)))
        for group in found.groups:
            table.add_row("", group.key, group.title, str(sum(case.group == group.key for case in cases)))
    console().print(table)


def run_and_show(name: str, settings: Settings, groups: Sequence[str], every: int, runner: Runner, out: Path) -> None:
    """Run a suite with a bar, then print its verdicts, its failures and the demands that are not met."""
    settings.check()
    runner.check()
    warmed_up()
    from evpilot.sweep.suites import run_suite

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    screen = bar(counted=True)
    with Progress(*columns, console=screen.console, transient=True, disable=screen.disable) as progress:
        task = progress.add_task("driving", total=None, rate="")
        failures = 0

        def on_row(row: dict[str, Any], done: int, count: int) -> None:
            nonlocal failures
            failures += bool(row["error"]) or row["verdict"] == "fail"
            speed = progress.tasks[0].speed
            rate = f"{speed:.1f}/s" if speed else ""
            progress.update(task, completed=done, total=count, rate=rate, description=f"driving, {failures} failed")

        results = run_suite(name, settings, groups=groups, every=every, runner=runner, out=out, on_row=on_row)
    _show_summary(results.summary, results.table.to_pylist(), name, settings)
    console().print("results:", linked(results.folder / "summary.json"))


def sweep_and_show(file: Path, pilot: str, platform: str, every: int, runner: Runner, out: Path) -> None:
    """Run a sweep's TOML file."""
    from evpilot.sweep.recipe import settings_of

    said = settings_of(file)
    settings = Settings(pilot=pilot or said.get("pilot", "evpilot"), platform=platform or said.get("platform", "sedan"))
    run_and_show(str(file), settings, (), every, runner, out)


def _show_summary(summary: dict[str, Any], rows: Sequence[dict[str, Any]], name: str, settings: Settings) -> None:
    numbers = ("cases", "pass", "fail", "infeasible", "error", "preventable")
    table = plain_table("group", *numbers, "least margin", right=(*numbers, "least margin"))
    for key, group in summary["groups"].items():
        verdicts = group["verdicts"]
        preventable = max((each["preventable"] for each in group["references"].values()), default=0)
        margin = group["least_margin"]
        table.add_row(
            key,
            str(group["cases"]),
            str(verdicts["pass"]),
            *(marked(str(verdicts[kind]), verdicts[kind] == 0) for kind in ("fail", "infeasible", "error")),
            marked(str(preventable), preventable == 0),
            "" if margin is None else f"{margin:.2f}",
        )
    screen = console()
    screen.print(table)
    reasons = {row["key"]: row["error"] or row["reason"] for row in rows}
    for key in summary["failures"][:FAILURES_SHOWN]:
        screen.print(f"{key}: {reasons[key]}", style="red", markup=False, highlight=False, soft_wrap=True)
        options = f" --pilot {settings.pilot} --platform {settings.platform}"
        screen.print(f"  evpilot suite replay {name} '{key}'{options}", markup=False, highlight=False, soft_wrap=True)
    if (more := len(summary["failures"]) - FAILURES_SHOWN) > 0:
        screen.print(f"and {more} more in results.parquet")
    for demand in summary["demands_not_met"]:
        screen.print(f"not met: {demand}", style="red", markup=False, highlight=False, soft_wrap=True)
    version = f"{settings.pilot} version {summary['conditions']['version']}"
    screen.print(f"Simulated, object level, {version}. Evidence, not an approval.", markup=False, highlight=False)


def write_models(grid: str, csv: Path) -> None:
    """Write the reference drivers' outcomes over a grid."""
    warmed_up(MODELS)
    from evpilot.evaluate.reference.table import outcome_table

    table = outcome_table(grid)
    write_text(csv, table.csv())
    console().print(f"{len(table.cases)} cases:", linked(csv))


def replay_case(name: str, case_id: str, settings: Settings, out: Path) -> None:
    """Drive one case of a suite again; write its records, its replay and its result into a folder of its own."""
    settings.check()
    warmed_up()
    from evpilot.report import replay
    from evpilot.sweep.suites import find_suite

    found = find_suite(name)
    folder = out / file_name(f"{found.key}-{case_id}")
    row = write_case(name, case_id, settings, folder)
    screen = console()
    told = replay.told_by(row, "")
    screen.print(marked(told.word, told.passed))
    screen.print("replay:", linked(folder / "replay.html"))


def write_case(name: str, case_id: str, settings: Settings, folder: Path) -> dict[str, Any]:
    """Drive a case and write its run folder (result.json is the suite's row); returns the row."""
    from evpilot.evaluate import judge
    from evpilot.report import replay
    from evpilot.sweep.suites import drive, find_suite, result_row

    found, car = find_suite(name), platforms.load(settings.platform)
    case = found.case(case_id)
    log = drive(found, case, settings, car)
    row = {"suite": name, "case": case.id} | result_row(found, case, found.judge(case, log, car))
    verdict = judge(log)
    command = f"evpilot suite replay {name} '{case.id}' --pilot {settings.pilot} --platform {settings.platform}"
    with run_folder(folder) as unfinished:
        write_records(unfinished, log, verdict)
        write_json(unfinished / "result.json", row)
        replay.write(log, verdict, unfinished / "replay.html", told=replay.told_by(row, command))
    return row


def file_name(text: str) -> str:
    """A name that every file system takes."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in text).lstrip(".")[:180]


def show_query(folder: Path, query: str, csv: Path | None) -> None:
    """Print, or write, what DuckDB answers to a query over a sweep's rows. Raises EvpilotError when it is no query."""
    import duckdb

    rows = read_results(folder)
    try:
        with duckdb.connect() as database:
            database.register("results", rows)
            answer = database.sql(query or VERDICTS).to_arrow_table()
    except duckdb.Error as error:
        raise EvpilotError(f"the query: {str(error).splitlines()[0]}") from None
    if csv is not None:
        from pyarrow.csv import write_csv

        write_csv(answer, csv)
        console().print(f"{len(answer)} rows:", linked(csv))
        return
    table = plain_table(*answer.column_names)
    for row in answer.slice(0, ROWS_SHOWN).to_pylist():
        table.add_row(*(_shown(value) for value in row.values()))
    console().print(table)
    if len(answer) > ROWS_SHOWN:
        console().print(f"and {len(answer) - ROWS_SHOWN} more; --csv FILE writes them all")


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def merge_and_show(out: Path, shards: Sequence[Path]) -> None:
    """Put shards together, with the summary of the whole."""
    from evpilot.sweep.engine import write_summary

    if out.exists():
        raise EvpilotError("is there already; name a new folder", file=out)
    table = merge(shards, out)
    conditions = json.loads((out / "sweep.json").read_text("utf-8"))["conditions"]
    if conditions.get("kind") == "suite":
        from evpilot.sweep.suites import find_suite, finish

        finish(out, find_suite(conditions["suite"]), table)
    else:
        from evpilot.sweep.results import summarise

        write_summary(out, summarise(table.to_pylist()), table)
    console().print(f"{len(table)} cases:", linked(out / "summary.json"))


def show_changes_of_suites(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> None:
    """Print which cases of a suite got worse, and which better."""
    from evpilot.sweep.statistics import compare_suites

    changes, both = compare_suites(before, after)
    table = plain_table("", "case", "what")
    for change in changes:
        table.add_row(marked("better" if change.better > 0 else "worse", change.better > 0), change.case, change.what)
    screen = console()
    if changes:
        screen.print(table)
    better = sum(change.better > 0 for change in changes)
    worse = len(changes) - better
    screen.print(f"{both} cases in both: {better} better, {worse} worse, {both - len(changes)} the same")


def write_dossier(results: Sequence[Path], out: Path, replays: int, *, pdf: bool, show: bool) -> None:
    """Write the dossier's site, with a bar, and open it when asked to."""
    warmed_up()
    from evpilot.report.dossier import write

    with bar(counted=True) as progress:
        task = progress.add_task("gathering evidence", total=None)

        def on_step(what: str, done: int, count: int) -> None:
            progress.update(task, description=what, completed=done, total=count)

        page = write(results, out, replays=replays, pdf=pdf, on_step=on_step)
    console().print("dossier:", linked(page))
    if show:
        webbrowser.open(page.resolve().as_uri())
