"""Every scenario below a folder: driven, judged, and summed up."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evpilot.files import EvpilotError
from evpilot.sweep.case import Case, make_work
from evpilot.sweep.engine import OnRow, Runner, run, write_summary
from evpilot.sweep.identity import sources_sha256
from evpilot.sweep.results import summarise
from evpilot.sweep.settings import Settings
from evpilot.sweep.table import Row

LIBRARY = "library"  # stands for all built-in scenarios where a folder is asked for
SUFFIXES = (".xml",)
SPREAD = -1.0  # stands for a difficulty that each seed has of its own
GOLDEN = 0.6180339887498949  # multiples of the golden ratio fill 0..1 evenly, however many there are (Weyl)


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
    families: Sequence[str] = (),
    difficulty: float | None = None,
    out: str | Path = "results",
    on_row: OnRow | None = None,
) -> Results:
    """Drive every scenario below a folder (or of the built-in "library") under every seed, in worker processes.

    Writes results.parquet (a row for each case) and summary.json into out, at the end; each case's row is on disk
    there within a second, and with resume a sweep that was killed goes on after those. solutions: a folder for
    CommonRoad solution files, each named like its scenario file; the settings should then have the platform bmw320i
    and the limits verdict. families: those of the library, all when empty; difficulty 0..1 of all of them, or
    `SPREAD`, which spreads the seeds evenly over 0..1; None is the library's own. on_row is called with each row, how
    many are done and how many there are.

    Raises EvpilotError on bad input. A scenario that cannot be driven gives a row with its error.
    """
    conditions = settings or Settings()
    conditions.check()
    runner = Runner(workers=workers, resume=resume)
    runner.check()
    cases = cases_of(folder, seeds, solutions, families, difficulty)
    target = Path(out)
    said = _conditions(folder, conditions, seeds, solutions)
    if families or difficulty is not None:
        said |= {"families": list(families), "difficulty": "spread" if difficulty == SPREAD else difficulty}
    table = run(cases, partial(make_work, conditions), target, said, runner, on_row)
    rows: tuple[Row, ...] = tuple(table.to_pylist())
    return Results(folder=target, rows=rows, summary=write_summary(target, summarise(rows), table))


def cases_of(
    folder: str | Path,
    seeds: Sequence[int],
    solutions: str | Path | None = None,
    families: Sequence[str] = (),
    difficulty: float | None = None,
) -> list[Case]:
    """The cases that `score` drives for these arguments; raises EvpilotError when they name none."""
    if str(folder) == LIBRARY:
        return library_cases(families, seeds, difficulty)
    if families or difficulty is not None:
        raise EvpilotError("only the library has families and difficulties; name 'library' as the folder")
    return find_cases(folder, seeds, None if solutions is None else Path(solutions))


def library_cases(families: Sequence[str], seeds: Sequence[int], difficulty: float | None = None) -> list[Case]:
    """The cases of some families of the library, all when none is named; raises EvpilotError on an unknown one."""
    from evpilot.scenarios import library

    if not seeds:
        raise EvpilotError("no seeds; name at least one, as in 0:1")
    if difficulty is not None and difficulty != SPREAD and not 0.0 <= difficulty <= 1.0:
        raise EvpilotError(f"difficulty {difficulty:g}, allowed 0 to 1, or spread")
    cases: list[Case] = []
    for family in families or library.names():
        library.describe(family)
        for seed in seeds:
            share = round((0.5 + GOLDEN * seed) % 1.0, 2) if difficulty == SPREAD else difficulty
            name = family if share is None else f"{family}@difficulty={share:g}"
            cases.append(Case(name=name, scenario=name, sha256="", seed=seed, family=family))
    return cases


def find_cases(folder: str | Path, seeds: Sequence[int], solutions: Path | None) -> list[Case]:
    """All cases of a folder, sorted by name, then seed; raises EvpilotError when there are none."""
    if not seeds:
        raise EvpilotError("no seeds; name at least one, as in 0:1")
    if str(folder) == LIBRARY:
        return library_cases((), seeds)
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
        "sources_sha256": sources_sha256(),
        "folder": str(folder),
        "seeds": list(seeds),
        "solutions": solutions is not None,
        **settings.as_json(),
    }
