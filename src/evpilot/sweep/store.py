"""What a sweep has finished: a folder of Parquet parts, each whole and on disk before its rows count.

    sweep.json               the sweep's conditions, its number of cases, and the shard that this folder holds
    parts/L-FIRST-LAST.parquet   parts of level L; one of a level above takes the place of those in its range

A part appears under its name only when it is whole (`files.write_bytes`), and parts that a merged one covers are read
no more, so that a kill at any moment leaves every acknowledged row there once.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from evpilot.files import EvpilotError, read_json, write_bytes, write_text
from evpilot.sweep.table import Row, Table, joined, parquet_bytes, read_table, table_of

PART_ROWS = 1000
PART_SECONDS = 1.0  # a finished row waits no longer for its part to be written
MERGE_AT = 32  # parts of one level


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A part's file by its name: level, and the numbers of the first and the last part that went into it."""

    first: int
    last: int
    level: int

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.level}-{self.first:07d}-{self.last:07d}.parquet"


class Store:
    """A sweep's folder, open for one process. Rows added are buffered; `flush` returns those that it acknowledges."""

    def __init__(
        self, folder: Path, conditions: dict[str, object], count: int, *, resume: bool = False, shard: str = "1/1"
    ) -> None:
        """Open a folder; with resume, take over its rows when they are of the same conditions and shard.

        Raises EvpilotError when they are of others, another process has the folder, it cannot be written, or it holds
        what no sweep has written.
        """
        self.folder, self.parts_folder = folder, folder / "parts"
        self._head = json.loads(json.dumps({"conditions": conditions, "count": count, "shard": shard}))
        self._rows: list[Row] = []
        self._since = time.monotonic()
        try:
            self.parts_folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
        except OSError as error:
            raise EvpilotError(f"cannot write here: {error.strerror}", file=folder) from error
        try:
            kept = resume and (folder / "sweep.json").is_file()
            if kept:
                _same(folder / "sweep.json", self._head)
            self._clean(keep=kept)
            write_text(folder / "sweep.json", json.dumps(self._head, indent=2) + "\n")
            self.parts = live_parts(folder)
            self.done = {key for part in self.parts for key in _keys(self.parts_folder / part.name)}
        except BaseException:
            self._unlock()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def add(self, row: Row) -> None:
        """Take a finished row, to be written with the next part; one whose key is there already is dropped."""
        if row["key"] not in self.done:
            if not self._rows:
                self._since = time.monotonic()
            self._rows.append(row)
            self.done.add(row["key"])

    def due(self) -> bool:
        """Whether it is time for a part to be written."""
        late = time.monotonic() - self._since >= PART_SECONDS
        return len(self._rows) >= PART_ROWS or (bool(self._rows) and late)

    def flush(self) -> list[Row]:
        """Write the rows taken as one part; returns them: they are acknowledged. Raises EvpilotError when the disk
        does not take them; whatever was acknowledged before stays."""
        if not self._rows:
            return []
        number = self.parts[-1].last + 1 if self.parts else 1
        part = Part(number, number, 0)
        try:
            self._write(part, parquet_bytes(table_of(self._rows)))
        except EvpilotError as error:
            self.done.difference_update(row["key"] for row in self._rows)
            safe = f"{len(self.done)} finished cases are safe: see to it, and go on with --resume"
            raise EvpilotError(f"{error}; {safe}") from None
        self.parts.append(part)
        rows, self._rows = self._rows, []
        with contextlib.suppress(EvpilotError):  # many small parts are as good as a large one
            self._merge(0)
        return rows

    def table(self) -> Table:
        """All acknowledged rows."""
        return joined(read_table(self.parts_folder / part.name) for part in self.parts)

    def _merge(self, level: int) -> None:
        """Make one part of a level's, once there are MERGE_AT of them, and look at the level above."""
        mine = [part for part in self.parts if part.level == level]
        if len(mine) < MERGE_AT:
            return
        whole = Part(mine[0].first, mine[-1].last, level + 1)
        self._write(whole, parquet_bytes(joined(read_table(self.parts_folder / part.name) for part in mine)))
        self.parts = sorted([*(part for part in self.parts if part.level != level), whole])
        for part in mine:
            (self.parts_folder / part.name).unlink(missing_ok=True)
        self._merge(level + 1)

    def _write(self, part: Part, data: bytes) -> None:
        write_bytes(self.parts_folder / part.name, data)
        _sync_folder(self.parts_folder)

    def _clean(self, *, keep: bool) -> None:
        """Remove what a kill left half done; without keep, everything of an older sweep."""
        live = {part.name for part in live_parts(self.folder)} if keep else set[str]()
        for path in self.parts_folder.iterdir():
            if path.is_dir():
                raise EvpilotError(
                    "a folder among the parts of a sweep, which are files: choose another --out", file=path
                )
            if path.name not in live:
                path.unlink()
        if not keep:
            for name in ("results.parquet", "summary.json", "credibility.json"):
                (self.folder / name).unlink(missing_ok=True)


def live_parts(folder: Path) -> list[Part]:
    """The parts of a sweep's folder that count, in the order in which their rows were written."""
    found: list[Part] = []
    paths = (folder / "parts").glob("*-*-*.parquet")
    for part in sorted((_part(path) for path in paths), key=lambda part: (part.first, -part.last, -part.level)):
        if not found or part.last > found[-1].last:
            found.append(part)
    return found


def read_parts(folder: Path) -> Table:
    """All rows that a sweep, perhaps one that still runs, has acknowledged; they may be none."""
    return joined(read_table(folder / "parts" / part.name) for part in live_parts(folder))


def read_head(folder: Path) -> dict[str, Any]:
    """A folder's sweep.json; raises EvpilotError when it is none."""
    head = read_json(folder / "sweep.json")
    if not isinstance(head, dict) or not {"conditions", "count", "shard"} <= set(head):
        raise EvpilotError("does not describe a sweep: it lacks conditions, count or shard", file=folder / "sweep.json")
    return head


def _part(path: Path) -> Part:
    level, first, last = path.stem.split("-")
    return Part(int(first), int(last), int(level))


def _keys(path: Path) -> Iterable[str]:
    try:
        return pq.read_table(path, columns=["key"])["key"].to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise EvpilotError("cannot be read as Parquet; leave out --resume to start anew", file=path) from error


def _same(path: Path, head: dict[str, Any]) -> None:
    """Raise EvpilotError, naming what differs, unless a sweep's file says the same as the head."""
    there = read_head(path.parent)
    old, new = there["conditions"], head["conditions"]
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    changed += [key for key in ("shard",) if there[key] != head[key]]
    if changed:
        raise EvpilotError(
            f"the sweep to resume had another {', '.join(changed)}; name another --out, or leave out --resume",
            file=path,
        )


def _locked(folder: Path) -> int | None:
    """Keep the folder from other processes until this one ends, where the system has such locks."""
    if os.name != "posix":
        return None
    import fcntl

    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise EvpilotError("another sweep is writing here; wait for it, or name another --out", file=folder) from None
    return handle


def _sync_folder(folder: Path) -> None:
    """Make a file's name itself last, where the system has such a thing."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
