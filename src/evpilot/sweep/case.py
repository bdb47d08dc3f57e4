"""One case of a sweep, as a worker process drives it."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from evpilot.sweep.journal import Row
from evpilot.sweep.settings import Settings


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
    def key(self) -> tuple[str, str, int]:
        """What makes it the same case in a resumed sweep."""
        return self.name, self.sha256, self.seed


def run_case(case: Case, settings: Settings) -> Row:
    """Drive and judge one case, write its solution when wanted, and return its row: plain JSON values."""
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
    return base_row(case) | {
        **verdict.row(),
        "runlog_sha256": runlog.sha256(run),
        "scenario_sha256": world.sha256,
        "reasons": [{"reason": reason, "ticks": ticks} for reason, ticks in reasons(run).items()],
        "agents_max": max((len(frame.truth.objects) for frame in run.frames), default=0),
        "plan_ms": [round(frame.plan_ms, 4) for frame in run.frames],
        "load_s": round(loaded - began, 4),
        "drive_s": round(driven - loaded, 4),
        "judge_s": round(time.perf_counter() - driven, 4),
        "simulated_s": round(duration, 4),
        "memory_mb": peak_memory_mb(),
    }


def error_row(case: Case, error: BaseException) -> Row:
    """The row of a case that could not be driven."""
    from evpilot.files import EvpilotError

    text = str(error) if isinstance(error, EvpilotError) else f"{type(error).__name__}: {error}"
    return base_row(case) | {"error": " ".join(text.split())}


def base_row(case: Case) -> Row:
    """What every row holds."""
    return {"case": case.name, "file_sha256": case.sha256, "seed": case.seed, "family": case.family, "error": ""}


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
