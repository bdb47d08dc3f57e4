"""What a dossier is made of: a suite's results, read back and checked, with what was measured about the simulator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError, read_json
from evpilot.regulations import Clause, Group, Suite
from evpilot.sweep.credibility import credibility
from evpilot.sweep.engine import SUMMARY, read_results
from evpilot.sweep.identity import sources_sha256
from evpilot.sweep.settings import Settings
from evpilot.sweep.statistics import failed
from evpilot.sweep.suites import chosen, commit, find_suite
from evpilot.sweep.table import Row
from evpilot.types import Platform
from evpilot.vehicle import platforms

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """One suite's results: its name as the command line takes it, the suite, its rows, the summary as written,
    what drove, how many cases the whole suite has, and the simulator's credibility."""

    folder: Path
    name: str
    suite: Suite
    rows: tuple[Row, ...]
    summary: dict[str, Any]
    settings: Settings
    car: Platform
    whole: int
    commit: str
    credibility: dict[str, Any]

    @property
    def conditions(self) -> dict[str, Any]:
        """What the results state about themselves."""
        return self.summary["conditions"]

    @property
    def same_sources(self) -> bool:
        """Whether the program that drove is the one that now measures and replays."""
        return self.conditions["sources_sha256"] == sources_sha256()

    @property
    def failures(self) -> list[Row]:
        """The rows that count against the pilot: preventable contacts first, other contacts, the rest."""
        bad = [row for row in self.rows if failed(row)]
        return sorted(bad, key=lambda row: (not row["preventable"], not row["contact"]))

    @property
    def groups(self) -> list[tuple[Group, list[Row]]]:
        """The suite's groups of which there are results, each with its rows."""
        apart = [(group, [row for row in self.rows if row["group"] == group.key]) for group in self.suite.groups]
        return [(group, rows) for group, rows in apart if rows]

    def of_clause(self, clause: Clause) -> list[Row]:
        """The rows of the groups that a clause rules."""
        return [row for group, rows in self.groups if clause.place in group.clauses for row in rows]

    def command(self, key: str) -> str:
        """What repeats a case."""
        options = f" --pilot {self.settings.pilot} --platform {self.settings.platform}"
        return f"evpilot suite replay {self.name} '{key}'{options}"


def gather(folder: Path, sample: int, on_step: OnStep | None) -> Evidence:
    """Read a suite's results and measure the simulator on a sample of them.

    Raises EvpilotError when the folder holds no suite's finished results.
    """
    if not (folder / SUMMARY).is_file():
        raise EvpilotError("holds no finished results; finish them with --resume, or merge the shards", file=folder)
    summary = read_json(folder / SUMMARY)
    said = summary.get("conditions", {})
    if said.get("kind") != "suite":
        raise EvpilotError(
            "is of `evpilot score`; a dossier is made of `evpilot suite` or `evpilot sweep`", file=folder
        )
    if summary["shard"] != "1/1":
        raise EvpilotError(f"is shard {summary['shard']}; merge the shards first", file=folder)
    settings = Settings(pilot=said["pilot"], platform=said["platform"], planner_platform=said["planner_platform"])
    settings.check()
    found, car = find_suite(said["suite"]), platforms.load(settings.platform)
    rows: tuple[Row, ...] = tuple(read_results(folder).to_pylist())
    return Evidence(
        folder=folder,
        name=said["suite"],
        suite=found,
        rows=rows,
        summary=summary,
        settings=settings,
        car=car,
        whole=len(chosen(found, car)),
        commit=commit(),
        credibility=credibility(folder, found, rows, settings, car, sample=sample, on_step=on_step),
    )


def chosen_failures(evidence: Evidence, count: int) -> list[Row]:
    """The failures that get a replay: from each group and clause in turn, so that all kinds are there."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in evidence.failures:
        if not row["error"]:
            kinds.setdefault((row["group"], row["clause"]), []).append(row)
    return interleaved(list(kinds.values()), count)


def interleaved(lists: Sequence[list[Row]], count: int) -> list[Row]:
    """The first of each, the second of each ..., so many."""
    longest = max(map(len, lists), default=0)
    return [each[k] for k in range(longest) for each in lists if k < len(each)][:count]
