"""The one engine behind every sweep: jobs -> worker processes (or Ray) -> rows on disk -> one table."""

import json
import os
import platform
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa

from evpilot.files import EvpilotError, write_bytes, write_text
from evpilot.sweep.store import Store, read_head, read_parts
from evpilot.sweep.table import Row, Table, joined, parquet_bytes, read_table, table_sha256
from evpilot.sweep.workers import BUDGET, Job, Make, run_local

OnRow = Callable[[Row, int, int], None]  # an acknowledged row, how many there are, how many there will be
RESULTS, SUMMARY = "results.parquet", "summary.json"
LAST: Row = {}  # comes after the last row


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """How a sweep is run: worker processes; the time budget of a case [s]; the shard, "i/n" of n; whether a stopped
    sweep goes on; a Ray cluster's address ("local" starts one here), empty for processes of this machine."""

    workers: int = 1
    budget: float = BUDGET
    shard: str = "1/1"
    resume: bool = False
    ray: str = ""

    def check(self) -> tuple[int, int]:
        """The shard's numbers; raises EvpilotError when one of the values is not allowed."""
        if self.workers < 1:
            raise EvpilotError(f"{self.workers} workers, allowed 1 or more")
        if not 0.0 < self.budget < float("inf"):
            raise EvpilotError(f"a budget of {self.budget:g} s for a case, must be over 0 s")
        first, slash, count = self.shard.partition("/")
        if not (slash and first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count)):
            raise EvpilotError(f"shard {self.shard!r}, allowed I/N with 1 <= I <= N, as in 1/4")
        return int(first), int(count)


def run(
    jobs: Sequence[Job],
    make: Make,
    folder: Path,
    conditions: dict[str, object],
    runner: Runner,
    on_row: OnRow | None = None,
) -> Table:
    """Do all jobs of a sweep's shard and return their rows, in the jobs' order, as a table that is also written as
    results.parquet. Columns: key, number (the job's place in the whole sweep), the job's own, error, the work's.

    A row is acknowledged, and on_row called, only when it is on disk. Raises EvpilotError on bad values, when the
    folder holds another sweep, or when it cannot be written; what was acknowledged is then resumed.
    """
    index, count = runner.check()
    number = {job.key: place for place, job in enumerate(jobs)}
    if len(number) < len(jobs):
        raise EvpilotError("two cases of the sweep have the same name")
    mine = jobs[index - 1 :: count]
    with Store(folder, conditions, len(jobs), resume=runner.resume, shard=runner.shard) as store:
        todo = [job for job in mine if job.key not in store.done]
        finished = len(mine) - len(todo)
        with closing(_rows(todo, make, runner)) as rows:
            for row in chain(rows, [LAST]):
                if row is not None and row is not LAST:
                    store.add({"key": row["key"], "number": number[row["key"]]} | row)
                for kept in store.flush() if store.due() or row is LAST else ():
                    finished += 1
                    if on_row is not None:
                        on_row(kept, finished, len(mine))
        table = _in_order(store.table(), {job.key: number[job.key] for job in mine})
    write_bytes(folder / RESULTS, parquet_bytes(table))
    return table


def _rows(todo: Sequence[Job], make: Make, runner: Runner) -> Generator[Row | None]:
    if runner.ray:
        from evpilot.sweep.cluster import run_on_ray

        return run_on_ray(todo, make, runner.ray, workers=runner.workers, budget=runner.budget)
    return run_local(todo, make, runner.workers, runner.budget)


def _in_order(table: Table, number: dict[str, int]) -> Table:
    """The rows of some keys in the order of their numbers, which take the place of those that they had."""
    if not len(table):
        return table
    places = pa.array([number.get(key) for key in table["key"].to_pylist()], pa.int64())
    table = table.set_column(table.column_names.index("number"), "number", places)
    return table.filter(places.is_valid()).sort_by("number").combine_chunks()


def merge(shards: Sequence[Path], folder: Path) -> Table:
    """Put the finished shards of one sweep together: the folder's results are those of the sweep run whole.

    Raises EvpilotError when the shards are of different sweeps, overlap, or leave cases out.
    """
    heads = [read_head(shard) for shard in shards]
    for shard, head in zip(shards, heads, strict=True):
        if (head["conditions"], head["count"]) != (heads[0]["conditions"], heads[0]["count"]):
            raise EvpilotError(f"is of another sweep than {shards[0]}", file=shard)
    table = joined(read_parts(shard) for shard in shards)
    count = heads[0]["count"]
    numbers = sorted(table["number"].to_pylist()) if len(table) else []
    if len(set(numbers)) < len(numbers):
        raise EvpilotError(f"{len(numbers) - len(set(numbers))} cases are in more than one shard", file=folder)
    if len(numbers) < count:
        missing = count - len(numbers)
        raise EvpilotError(f"{missing} of {count} cases are in no shard; finish them with --resume", file=folder)
    with Store(folder, heads[0]["conditions"], count) as store:
        table = table.sort_by("number").combine_chunks()
        for row in table.to_pylist():
            store.add(row)
        store.flush()
    write_bytes(folder / RESULTS, parquet_bytes(table))
    return table


def write_summary(folder: Path, summary: dict[str, object], table: Table) -> dict[str, object]:
    """Write summary.json with the sweep's conditions, its results' hash and the machine; returns all of it."""
    head = read_head(folder)
    whole = summary | {
        "results_sha256": table_sha256(table) if len(table) else "",
        "conditions": head["conditions"],
        "shard": head["shard"],
        "machine": machine(),
    }
    write_text(folder / SUMMARY, json.dumps(whole, indent=2, allow_nan=False) + "\n")
    return whole


def read_results(results: str | Path) -> Table:
    """A sweep's table, from its folder (perhaps unfinished) or its results.parquet; raises EvpilotError when there is
    none, or it cannot be read."""
    path = Path(results)
    if path.is_dir() and not (path / RESULTS).is_file() and (path / "sweep.json").is_file():
        return read_parts(path)
    path = path / RESULTS if path.is_dir() else path
    if not path.is_file():
        raise EvpilotError("there is no such file; name the folder that a sweep has written", file=path)
    return read_table(path)


def machine() -> dict[str, object]:
    """The machine and the programs that decide about its arithmetic."""
    import numba
    import numpy

    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "numba": numba.__version__,
    }
