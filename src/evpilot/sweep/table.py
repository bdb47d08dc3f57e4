"""Rows of results as Arrow tables: one rule for types, whatever order and in whatever parts the rows came."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evpilot.files import EvpilotError

Row = dict[str, Any]
Table = Any
"""A pyarrow.Table; pyarrow comes without type stubs."""

MEASURED = frozenset({"number", "plan_ms", "plan_ms_p50", "plan_ms_p99", "load_s", "drive_s", "judge_s", "memory_mb"})
"""Columns that differ from one machine, or one run, to another, and the row's place in its sweep. All others are equal
wherever a sweep is run."""

PLAIN = (bool, int, float, str)


def checked(row: Row) -> Row:
    """The row itself; raises ValueError unless all values are plain (None, bool, int, float, str, lists of numbers)
    and none is NaN."""
    for name, value in row.items():
        for each in value if isinstance(value, list) else (value,):
            if each is not None and not isinstance(each, PLAIN):
                raise ValueError(f"{name} is a {type(each).__name__}, must be a plain value")
            if isinstance(each, float) and math.isnan(each):
                raise ValueError(f"{name} is not a number")
    return row


def table_of(rows: Sequence[Row]) -> Table:
    """A table with a column for every name; what a row lacks is null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def joined(tables: Iterable[Table]) -> Table:
    """All rows in one table. A column that is of several kinds is of the narrowest that holds them all: whole numbers
    and others as float64, anything else as text."""
    parts = list(tables)
    kinds: dict[str, Any] = {}
    for part in parts:
        for field in part.schema:
            kinds[field.name] = _wider(kinds.get(field.name, pa.null()), field.type)
    schema = pa.schema(list(kinds.items()))
    return pa.concat_tables([_cast(part, schema) for part in parts]) if parts else pa.table({})


def read_table(path: Path) -> Table:
    """A Parquet file; raises EvpilotError when it cannot be read."""
    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise EvpilotError("cannot be read as Parquet", file=path) from error


def parquet_bytes(table: Table) -> bytes:
    """The table as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def table_sha256(table: Table) -> str:
    """A hash of all rows, ordered by their keys, without what was measured on the machine: two runs of the same sweep
    have the same, whatever the workers."""
    kept = table.select(sorted(name for name in table.column_names if name not in MEASURED)).sort_by("key")
    digest = hashlib.sha256(json.dumps(kept.column_names).encode())
    for batch in kept.to_batches(max_chunksize=1000):
        for row in batch.to_pylist():
            digest.update(json.dumps(list(row.values()), separators=(",", ":")).encode())
    return digest.hexdigest()


def _column(values: list[Any]) -> Any:
    kind = pa.null()
    for value in values:
        kind = _wider(kind, _kind(value))
    return pa.array([_text(value) for value in values] if kind == pa.string() else values, kind)


def _kind(value: object) -> Any:
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int64() if -(2**63) <= value < 2**63 else pa.float64()
    if isinstance(value, float):
        return pa.float64()
    return pa.list_(pa.float64()) if isinstance(value, list) else pa.string()


def _wider(a: Any, b: Any) -> Any:
    if a == b or b == pa.null():
        return a
    if a == pa.null():
        return b
    return pa.float64() if {a, b} == {pa.int64(), pa.float64()} else pa.string()


def _text(value: object) -> str | None:
    """A value of a column that holds texts and others: numbers as float64 writes them, wherever they stood."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, list)):
        return json.dumps(value)
    return repr(float(value))  # pyright: ignore[reportArgumentType]  the last of the plain kinds


def _cast(table: Table, schema: Any) -> Table:
    columns: list[Any] = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(len(table), field.type))
        elif field.type == pa.string() and table.schema.field(field.name).type != pa.string():
            columns.append(pa.array(map(_text, table[field.name].to_pylist()), pa.string()))
        else:
            columns.append(table[field.name].cast(field.type))
    return pa.table(columns, schema=schema)
