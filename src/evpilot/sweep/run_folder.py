"""A run's folder: written under a temporary name, renamed when it is complete."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from evpilot import runlog
from evpilot.evaluate import Verdict
from evpilot.files import EvpilotError, whole_folder, write_text
from evpilot.runlog import RunLog


@contextmanager
def run_folder(target: Path) -> Generator[Path]:
    """A new folder to write a run into; it takes the target's name, and an older run's place, when nothing failed.

    Raises EvpilotError rather than replace anything that is no run's folder.
    """
    if target.exists() and not (target / "run.mcap").is_file():
        raise EvpilotError("is there already and is no run's folder; name another one", file=target)
    with whole_folder(target) as folder:
        yield folder


def write_records(folder: Path, run: RunLog, verdict: Verdict) -> None:
    """Write run.mcap, metrics.json (the verdict and runlog_sha256) and config.json (the resolved configuration)."""
    runlog.write(run, folder / "run.mcap")
    head = run.header
    metrics = verdict.as_json() | {"runlog_sha256": runlog.sha256(run)}
    conditions = {
        "version": head.version,
        "scenario": head.scenario,
        "scenario_sha256": head.scenario_sha256,
        "problem_id": head.problem_id,
        "pilot": head.pilot,
        "traffic": head.traffic,
        "seed": head.seed,
        "config": head.config,
        "machine": head.machine,
    }
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "config.json", conditions)


def write_json(path: Path, value: object) -> None:
    """Write readable JSON; NaN and infinity are a mistake of the caller's."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
