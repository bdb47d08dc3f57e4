"""One case of a sweep, as a worker process drives it."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from evpilot.sweep.settings import Settings
from evpilot.sweep.table import Row
from evpilot.sweep.warm import warm_up
from evpilot.sweep.workers import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A scenario (file, or a library's name) under one seed. name is its path below the sweep's folder; sha256 the
    file's, empty for the library's; family its family there; solution where to write its CommonRoad solution, or
    None."""

    name: str
    scenario: str
    sha256: str
    seed: int
    solution: Path | None = None
    family: str = ""

    @property
    def key(self) -> str:
        """What makes it the same case in a resumed sweep."""
        return f"{self.name}#{self.seed}" + (f"@{self.sha256[:16]}" if self.sha256 else "")

    def row(self) -> Row:
        """What every row holds."""
        return {
            "key": self.key,
            "case": self.name,
            "file_sha256": self.sha256,
            "seed": self.seed,
            "family": self.family,
        }


def make_work(settings: Settings) -> Work:
    """A worker's work: drive and judge cases under the settings, all kernels loaded."""
    warm_up(processes=1)
    return lambda case: run_case(case, settings)


def run_case(case: Case, settings: Settings) -> Row:
    """Drive and judge one case, write its solution when wanted, and return what its row holds."""
    from evpilot import runlog
    from evpilot.evaluate import judge
    from evpilot.evaluate.facts.reasons import reasons
    from evpilot.scenarios import load
    from evpilot.sweep import solutions
    from evpilot.sweep.driving import drive_with

    began = time.perf_counter()
    world = load(case.scenario, case.seed)
    loaded = time.perf_counter()
    run = drive_with(world, settings, case.seed)
    driven = time.perf_counter()
    verdict = judge(run)
    if case.solution is not None:
        solutions.write(case.solution, world, run)
    duration = (int(run.t_ns[-1]) - int(run.t_ns[0])) * 1e-9
    return {
        **verdict.row(),
        "runlog_sha256": runlog.sha256(run),
        "scenario_sha256": world.sha256,
        "reasons": json.dumps(reasons(run)),
        "agents_max": max((len(frame.truth.objects) for frame in run.frames), default=0),
        "plan_ms": [round(frame.plan_ms, 4) for frame in run.frames],
        "load_s": round(loaded - began, 4),
        "drive_s": round(driven - loaded, 4),
        "judge_s": round(time.perf_counter() - driven, 4),
        "simulated_s": round(duration, 4),
        "memory_mb": peak_memory_mb(),
    }


def peak_memory_mb() -> float:
    """This process's largest resident size so far, of the program itself: Linux's rusage also counts what the parent
    process had when it made this one, so its own account is read where there is one. 0 where nothing is known."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024.0, 1)
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, on macOS bytes
    return round(peak / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0), 1)
