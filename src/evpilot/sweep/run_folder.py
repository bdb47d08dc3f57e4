"""A run's folder: written under a temporary name, renamed when it is complete."""

import json
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from evpilot import runlog
from evpilot.evaluate import Verdict
from evpilot.files import EvpilotError
from evpilot.runlog import RunLog


@contextmanager
def complete_folder(target: Path) -> Generator[Path]:
    """A new folder to write into; it takes the target's name, and an older one's place, only when nothing failed."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise EvpilotError(f"cannot write here: {error.strerror}", file=target) from error
    try:
        yield unfinished
        unfinished.chmod(0o755)
        if target.exists():
            if not (target / "run.mcap").is_file():
                raise EvpilotError("is there already and is no run's folder; name another one", file=target)
            shutil.rmtree(target)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


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
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")
