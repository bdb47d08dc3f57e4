"""A suite of staged cases, driven and judged: every case a row."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from evpilot.evaluate.criteria.rss import rss
from evpilot.evaluate.facts.drive import unroll
from evpilot.evaluate.verdict import worst
from evpilot.files import EvpilotError
from evpilot.geometry.jit import PACKAGE
from evpilot.regulations import SUITES, Case, CaseResult, Suite, suite
from evpilot.regulations.driving import drive_case
from evpilot.runlog import Ego, RunLog, sha256
from evpilot.simulate.loop import FAST_NS
from evpilot.sweep import recipe
from evpilot.sweep.case import peak_memory_mb
from evpilot.sweep.engine import OnRow, Runner, run, write_summary
from evpilot.sweep.identity import document_sha256, file_sha256, pilot_sha256, sources_sha256
from evpilot.sweep.names import imported
from evpilot.sweep.pilots import pilot_maker
from evpilot.sweep.settings import Settings
from evpilot.sweep.statistics import summary_of
from evpilot.sweep.table import Row, Table
from evpilot.sweep.warm import warm_up
from evpilot.sweep.workers import Work
from evpilot.types import Platform
from evpilot.vehicle import platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteJob:
    """A case as a sweep's job."""

    case: Case

    @property
    def key(self) -> str:
        """The case by name."""
        return self.case.id

    def row(self) -> Row:
        """The case, and its parameters a column each."""
        case = self.case
        head: Row = {"key": case.id, "suite": case.suite, "group": case.group, "seed": case.seed}
        return head | {name: float(value) for name, value in case.parameters}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResults:
    """A suite's finished sweep: its table, a row for each case in the suite's order, and the summary."""

    folder: Path
    suite: Suite
    table: Table
    summary: dict[str, object]


def find_suite(name: str) -> Suite:
    """A suite by its key, one of your own (`module:NAME`, `file.py:NAME`), or the one that a sweep's TOML file makes.

    Raises EvpilotError when there is none.
    """
    if name.endswith(".toml"):
        return recipe.read(Path(name))
    if ":" in name:
        found = imported(name)
        if not isinstance(found, Suite):
            raise EvpilotError(f"{name} is a {type(found).__name__}, must be a Suite")
        return found
    return suite(name)


def run_suite(
    name: str,
    settings: Settings | None = None,
    *,
    groups: Sequence[str] = (),
    every: int = 1,
    runner: Runner | None = None,
    out: str | Path = "results",
    on_row: OnRow | None = None,
) -> SuiteResults:
    """Drive and judge a suite's cases: of some groups (all when none is named), every n-th of each.

    Writes results.parquet and summary.json into out. Raises EvpilotError on bad input; a case that cannot be driven
    is a row with its `error`.
    """
    conditions, how = settings or Settings(), runner or Runner()
    conditions.check()
    how.check()
    found, car = find_suite(name), platforms.load(conditions.platform)
    cases = chosen(found, car, groups, every)
    folder = Path(out)
    said = identity(name, found, conditions, car) | {"groups": list(groups), "every": every}
    jobs = [SuiteJob(case=case) for case in cases]
    table = run(jobs, partial(make_work, name, conditions), folder, said, how, on_row)
    return SuiteResults(folder=folder, suite=found, table=table, summary=finish(folder, found, table))


def finish(folder: Path, found: Suite, table: Table) -> dict[str, object]:
    """Write and return the summary of a suite's table."""
    return write_summary(folder, summary_of(found, table.to_pylist()), table)


def chosen(found: Suite, car: Platform, groups: Sequence[str] = (), every: int = 1) -> list[Case]:
    """A suite's cases of some groups, every n-th of each group; raises EvpilotError when there are none."""
    if every < 1:
        raise EvpilotError(f"every {every}th case, allowed 1 or more")
    keys = [found.group(key).key for key in groups] or [group.key for group in found.groups]
    cases = found.cases(car)
    picked = [case for key in keys for case in [each for each in cases if each.group == key][::every]]
    if not picked:
        raise EvpilotError(f"suite {found.key} has no case in {', '.join(keys)} for the platform {car.key}")
    return picked


def identity(name: str, found: Suite, settings: Settings, car: Platform) -> dict[str, object]:
    """What was driven, by name and by hash: what a result states, and what a resumed sweep must have in common."""
    from evpilot import __version__

    believed = platforms.load(settings.planner_platform) if settings.planner_platform else car
    own = Path(name.rpartition(":")[0] or name)
    return {
        "kind": "suite",
        "version": __version__,
        "sources_sha256": sources_sha256(),
        "suite": name,
        "suite_sha256": sources_sha256() if name in SUITES else file_sha256(own),
        "title": found.title,
        "edition": found.edition,
        "sampling": recipe.sampling_of(own) if name.endswith(".toml") else "",
        "pilot": settings.pilot,
        "pilot_sha256": pilot_sha256(settings.pilot),
        "platform": settings.platform,
        "platform_name": car.name,
        "platform_sha256": document_sha256(platforms.to_document(car)),
        "planner_platform": settings.planner_platform,
        "planner_platform_sha256": document_sha256(platforms.to_document(believed)),
    }


def make_work(name: str, settings: Settings) -> Work:
    """A worker's work: kernels, suite, car and pilot loaded once."""
    warm_up(processes=1)
    found, car = find_suite(name), platforms.load(settings.platform)
    return lambda job: case_row(found, job.case, settings, car)


def case_row(found: Suite, case: Case, settings: Settings, car: Platform) -> Row:
    """Drive and judge a case; what its row holds."""
    began = time.perf_counter()
    log = drive(found, case, settings, car)
    driven = time.perf_counter()
    result = found.judge(case, log, car)
    times = [frame.plan_ms for frame in log.frames] or [0.0]
    return result_row(found, case, result) | {
        "outcome": log.outcome,
        "duration": (int(log.t_ns[-1]) - int(log.t_ns[0])) * 1e-9,
        "hardest_braking": max(0.0, -float(log.ego[:, Ego.ACCEL].min())),
        **safe_distances(log),
        "faults": sum(bool(frame.fault) for frame in log.frames),
        "first_fault": next((frame.fault for frame in log.frames if frame.fault), ""),
        "runlog_sha256": sha256(log),
        "scenario_sha256": log.header.scenario_sha256,
        "plan_ms_p50": float(np.percentile(times, 50)),
        "plan_ms_p99": float(np.percentile(times, 99)),
        "drive_s": driven - began,
        "judge_s": time.perf_counter() - driven,
        "memory_mb": peak_memory_mb(),
    }


def result_row(found: Suite, case: Case, result: CaseResult) -> Row:
    """A result as columns: `ref_NAME` whether a reference driver had contact, None where it was not asked."""
    names = found.group(case.group).references
    return {
        "verdict": str(result.verdict),
        "clause": result.clause,
        "reason": result.reason,
        "margin": None if result.margin is None else float(result.margin),
        "contact": bool(result.contact),
        "impact_speed": None if result.impact_speed is None else float(result.impact_speed),
        "preventable": ",".join(result.preventable),
        **{f"ref_{name}": result.references.get(name) for name in names},
        **{name: _plain(value) for name, value in result.values.items()},
    }


def safe_distances(log: RunLog) -> Row:
    """RSS as a monitor: the least distance [m] beyond the safe one, None where nobody was near; the time [s] in danger;
    and the part of it that the car brought about."""
    margin, *times = rss(unroll(log))
    return {margin.name: worst(margin)[0]} | {time.name: float(time.value[0]) for time in times}


def drive(found: Suite, case: Case, settings: Settings, car: Platform, step_ns: int = FAST_NS) -> RunLog:
    """The log of one case under the settings; step_ns: the loop's fast step."""
    stage = found.stage(case, car)
    pilot = stage.instead.get(settings.pilot, settings.pilot)
    return drive_case(found, case, pilot_maker(pilot), car, pilot_name=pilot, step_ns=step_ns, stage=stage)


def commit() -> str:
    """The commit of the sources, with a plus where they were changed since; empty outside a working copy."""
    git = ["git", "-C", str(PACKAGE)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10)
        changed = subprocess.run([*git, "status", "--porcelain", "."], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if head.returncode else head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
