"""Speed traces: the NEDC from its definition, the others from files."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evpilot.files import EvpilotError, read_text
from evpilot.files.numbers import to_float
from evpilot.types.state import Array

BYTES_MAX = 4 * 1024 * 1024
ROWS_MAX = 100_000
SPEED_MAX = 400.0  # [km/h]
DURATION_MAX = 100_000.0  # [s]
STEP_MAX = 60.0  # [s] between two rows
ACCEL_MAX = 12.0  # [m/s2]
GRADE_MAX = 30.0  # [%]
COLUMNS = ("time_s", "speed_kmh", "grade_percent")

FILES = {
    "udds": "udds.csv",
    "hwfet": "hwfet.csv",
    "us06": "us06.csv",
    "wltc3b": "wltc_class3b.csv",
    "cltc-p": "cltc_p_as_found.csv",
}
"""The traces that laws print as tables: evpilot reads them from EVPILOT_DATA, and ships none."""

TITLES = {
    "nedc": "NEDC (UN R83)",
    "udds": "UDDS (40 CFR 86 appendix I)",
    "hwfet": "HWFET (40 CFR 600 appendix I)",
    "us06": "US06 (40 CFR 86 appendix I)",
    "wltc3b": "WLTC class 3b (UN GTR 15)",
    "cltc-p": "CLTC-P as found: 34 s of idling too many, not the legal trace (GB/T 38146.1)",
}
LEGAL_SECONDS = {"cltc-p": 1800.0}
"""How long a cycle lasts by its law where the file at hand lasts longer: auxiliaries are counted over this time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A speed trace: time (N,) [s] from 0, ascending; speed (N,) [m/s]; grade (N,) [rad]; seconds [s] by its law."""

    name: str
    title: str
    time: Array
    speed: Array
    grade: Array
    seconds: float


# UN R83, annex 4a, appendix 1, tables 1 and 2: (seconds, speed at the end in km/h), each stretch linear
URBAN = (
    (11, 0), (4, 15), (8, 15), (2, 10), (3, 0), (21, 0), (5, 15), (2, 15), (5, 32), (24, 32), (8, 10), (3, 0), (21, 0),
    (5, 15), (2, 15), (9, 35), (2, 35), (8, 50), (12, 50), (8, 35), (13, 35), (2, 32), (7, 10), (3, 0), (7, 0),
)  # fmt: skip
EXTRA_URBAN = (
    (20, 0), (5, 15), (2, 15), (9, 35), (2, 35), (8, 50), (2, 50), (13, 70), (50, 70), (8, 50), (69, 50), (13, 70),
    (50, 70), (35, 100), (30, 100), (20, 120), (10, 120), (16, 80), (8, 50), (10, 0), (20, 0),
)  # fmt: skip


def nedc() -> Trace:
    """The New European Driving Cycle of UN R83: four urban cycles and an extra-urban one."""
    time, speed = [0.0], [0.0]
    for seconds, reached in URBAN * 4 + EXTRA_URBAN:
        time.append(time[-1] + seconds)
        speed.append(reached / 3.6)
    whole = np.arange(time[-1] + 1.0)
    return _trace("nedc", TITLES["nedc"], whole, np.interp(whole, time, speed), np.zeros(len(whole)))


def trace_of(name_or_path: str) -> Trace:
    """The trace with a name, or of a CSV file. Raises EvpilotError when there is none or the file is no trace."""
    if name_or_path == "nedc":
        return nedc()
    if name_or_path in FILES:
        return read_trace(_legal_file(name_or_path), name_or_path)
    if name_or_path.lower().endswith(".csv"):
        return read_trace(Path(name_or_path))
    names = ", ".join(("nedc", *FILES))
    raise EvpilotError(f"no cycle '{name_or_path[:60]}'; there are {names}, or the path of a .csv file")


def _legal_file(name: str) -> Path:
    folder = os.environ.get("EVPILOT_DATA", "")
    path = Path(folder) / "cycles" / FILES[name]
    if not folder or not path.is_file():
        where = f"EVPILOT_DATA is {folder}, which lacks it" if folder else "EVPILOT_DATA is not set"
        raise EvpilotError(
            f"the trace {TITLES[name]} is a law's table that evpilot does not ship; set EVPILOT_DATA to a folder with "
            f"cycles/{FILES[name]} (columns {COLUMNS[0]},{COLUMNS[1]}); {where}"
        )
    return path


def read_trace(path: Path, name: str = "") -> Trace:
    """A trace from CSV: a head line time_s,speed_kmh with grade_percent where wanted, then one row for each time.

    Raises EvpilotError, with line and column, on anything else.
    """
    rows = [line.split(",") if line.strip() else [] for line in read_text(path, BYTES_MAX).splitlines()]
    if len(rows) > ROWS_MAX:
        raise EvpilotError(f"{len(rows)} rows, allowed at most {ROWS_MAX}", file=path)
    head = [cell.strip().lower() for cell in rows[0]]
    if head not in ([*COLUMNS[:2]], [*COLUMNS]):
        raise EvpilotError(
            f"head {','.join(head)[:60]!r}, must be {','.join(COLUMNS[:2])} or {','.join(COLUMNS)}",
            file=path,
            place="line 1",
        )
    table = [_row(row, len(head), path, line) for line, row in enumerate(rows[1:], 2) if row]
    if len(table) < 2:
        raise EvpilotError(f"{len(table)} rows of numbers, at least 2 are needed", file=path)
    values = np.array(table)
    _check(values, path)
    grade = np.arctan(values[:, 2] / 100.0) if len(head) > 2 else np.zeros(len(values))
    time = values[:, 0] - values[0, 0]
    return _trace(name or path.stem, TITLES.get(name, path.name), time, values[:, 1] / 3.6, grade)


def _row(row: list[str], width: int, path: Path, line: int) -> list[float]:
    if len(row) != width:
        raise EvpilotError(f"{len(row)} columns, must be {width}", file=path, place=f"line {line}")
    legal = ((0.0, DURATION_MAX, "s"), (0.0, SPEED_MAX, "km/h"), (-GRADE_MAX, GRADE_MAX, "%"))
    values: list[float] = []
    for column, (cell, (low, high, unit)) in enumerate(zip(row, legal, strict=False)):
        value = to_float(cell)
        if value is None or not low <= value <= high:
            found = repr(cell[:40]) if value is None else f"{value:g} {unit}"
            place = f"line {line}, {COLUMNS[column]}"
            raise EvpilotError(f"{found}, allowed {low:g} to {high:g} {unit}", file=path, place=place)
        values.append(value)
    return values


def _check(values: Array, path: Path) -> None:
    steps = np.diff(values[:, 0])
    bad = np.flatnonzero((steps <= 0.0) | (steps > STEP_MAX))
    if len(bad):
        k = int(bad[0])
        what = f"{steps[k]:g} s after the row before, allowed above 0 to {STEP_MAX:g} s"
        raise EvpilotError(what, file=path, place=f"row {k + 2}, time_s")
    rates = np.abs(np.diff(values[:, 1])) / 3.6 / steps
    if rates.max() > ACCEL_MAX:
        k = int(np.argmax(rates))
        what = f"changes by {rates[k]:.3g} m/s2, allowed at most {ACCEL_MAX:g} m/s2"
        raise EvpilotError(what, file=path, place=f"row {k + 2}, speed_kmh")


def _trace(name: str, title: str, time: Array, speed: Array, grade: Array) -> Trace:
    seconds = min(float(time[-1]), LEGAL_SECONDS.get(name, math.inf))
    return Trace(name=name, title=title, time=time, speed=speed, grade=grade, seconds=seconds)
