"""Every scenario below a folder: driven, judged, and summed up."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evpilot.files import EvpilotError
from evpilot.sweep.case import Case
from evpilot.sweep.journal import Journal, Row
from evpilot.sweep.results import write_results
from evpilot.sweep.settings import Settings
from evpilot.sweep.workers import run_all

LIBRARY = "library"  # stands for all built-in scenarios where a folder is asked for
SUFFIXES = (".xml",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A finished sweep: its rows, one for each case in the cases' order, and their summary."""

    folder: Path
    rows: tuple[Row, ...]
    summary: dict[str, object]


def score(
    folder: str | Path,
    settings: Settings | None = None,
    *,
    seeds: Sequence[int] = (0,),
    workers: int = 1,
    resume: bool = False,
    solutions: str | Path | None = None,
    out: str | Path = "results",
    on_row: Callable[[Row, int, int], None] | None = None,
) -> Results:
    """Drive every scenario below a folder (or of the built-in "library") under every seed, in worker processes.

    Writes results.parquet (a row for each case) and summary.json into out, at the end; journal.jsonl there holds each
    case as soon as it is finished, and with resume a sweep that was killed goes on after those. solutions: a folder for
    CommonRoad solution files, each named like its scenario file; the settings should then have the platform bmw320i
    and the limits verdict. on_row is called with each row, how many are done and how many there are.

    Raises EvpilotError on bad input. A scenario that cannot be driven gives a row with its error.
    """
    conditions = settings or Settings()
    conditions.check()
    if workers < 1:
        raise EvpilotError(f"{workers} workers, allowed 1 or more")
    cases = find_cases(folder, seeds, None if solutions is None else Path(solutions))
    target = Path(out)
    said = _conditions(folder, conditions, seeds, solutions)
    with Journal(target / "journal.jsonl", said, resume) as journal:
        done = {(row["case"], row["file_sha256"], row["seed"]) for row in journal.rows}
        todo = [case for case in cases if case.key not in done]
        before = len(cases) - len(todo)
        for count, row in enumerate(run_all(todo, conditions, workers), before + 1):
            journal.add(row)
            if on_row is not None:
                on_row(row, count, len(cases))
        by_key = {(row["case"], row["file_sha256"], row["seed"]): row for row in journal.rows}
    rows = tuple(by_key[case.key] for case in cases)
    return Results(folder=target, rows=rows, summary=write_results(target, rows, said))


def find_cases(folder: str | Path, seeds: Sequence[int], solutions: Path | None) -> list[Case]:
    """All cases of a folder, sorted by name, then seed; raises EvpilotError when there are none."""
    if not seeds:
        raise EvpilotError("no seeds; name at least one, as in 0:1")
    if str(folder) == LIBRARY:
        from evpilot.scenarios import library

        return [Case(name=name, scenario=name, sha256="", seed=seed) for name in library.names() for seed in seeds]
    root = Path(folder)
    if not root.exists():
        raise EvpilotError("there is no such folder", file=root)
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise EvpilotError(f"holds no scenario file ({', '.join('*' + suffix for suffix in SUFFIXES)})", file=root)
    return [
        Case(
            name=path.name if path == root else path.relative_to(root).as_posix(),
            scenario=str(path),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            seed=seed,
            solution=None if solutions is None else solutions / path.name,
        )
        for path in files
        for seed in seeds
    ]


def _conditions(
    folder: str | Path, settings: Settings, seeds: Sequence[int], solutions: str | Path | None
) -> dict[str, object]:
    from evpilot import __version__

    return {
        "version": __version__,
        "folder": str(folder),
        "seeds": list(seeds),
        "solutions": solutions is not None,
        **settings.as_json(),
    }
