"""What a sweep has finished: one line of JSON for each case, on disk before it counts."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from evpilot.files import EvpilotError

Row = dict[str, Any]


class Journal:
    """An append-only file. Its first line states the sweep's conditions; every other one is a finished case's row.

    A row is acknowledged when `add` returns: written, flushed and on disk. A last line cut short by a kill is dropped.
    """

    def __init__(self, path: Path, conditions: dict[str, object], resume: bool) -> None:
        """Open for appending; with resume, take over the rows of the same conditions. Raises EvpilotError when the
        journal is of other conditions or cannot be written."""
        self.path = path
        self.rows: list[Row] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if resume and path.is_file():
                self._take_over(conditions)
            else:
                path.write_bytes(_line(conditions))
            self._file = path.open("ab")
        except OSError as error:
            raise EvpilotError(f"cannot write here: {error.strerror}", file=path) from error
        _sync_folder(path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        """Acknowledge a finished case."""
        self._file.write(_line(row))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.rows.append(row)

    def _take_over(self, conditions: dict[str, object]) -> None:
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        lines = [_parsed(self.path, number, line) for number, line in enumerate(whole.splitlines(), 1)]
        if not lines:
            self.path.write_bytes(_line(conditions))
            return
        if lines[0] != json.loads(_line(conditions)):
            changed = [key for key in conditions if lines[0].get(key) != conditions[key]]
            raise EvpilotError(
                f"the sweep to resume had another {', '.join(changed)}; name another --out, or leave out --resume",
                file=self.path,
            )
        self.rows = lines[1:]
        if len(whole) < len(data):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))


def _line(row: Row | dict[str, object]) -> bytes:
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _parsed(path: Path, number: int, line: bytes) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise EvpilotError(
            "is not JSON; leave out --resume to start anew", file=path, place=f"line {number}"
        ) from error
    if not isinstance(row, dict):
        raise EvpilotError("is no JSON object; leave out --resume to start anew", file=path, place=f"line {number}")
    return cast(Row, row)


def _sync_folder(folder: Path) -> None:
    """Make the file's name itself last, where the system has such a thing."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
