"""How far a suite's results can be believed: measured on a sample of its own cases, and kept beside the results."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evpilot.files import read_json, write_text
from evpilot.regulations import Suite, Verdict
from evpilot.runlog import sha256
from evpilot.simulate.loop import FAST_NS
from evpilot.sweep.car_check import checks
from evpilot.sweep.identity import document_sha256, sources_sha256
from evpilot.sweep.pilots import SHORT, own_class
from evpilot.sweep.settings import Settings
from evpilot.sweep.statistics import failed
from evpilot.sweep.suites import case_row, drive, result_row
from evpilot.sweep.table import Row
from evpilot.types import Platform

PLANTED = (
    "blind", "reckless", "late", "braking", "creeping", "tailgating", "pedestrian-blind", "heedless", "frozen",
)  # fmt: skip
"""Pilots each with a mistake that a criterion must catch."""
OnStep = Callable[[str, int, int], None]


def credibility(
    folder: Path,
    found: Suite,
    rows: Sequence[Row],
    settings: Settings,
    car: Platform,
    *,
    sample: int = 6,
    on_step: OnStep | None = None,
) -> dict[str, Any]:
    """What was measured, as plain JSON values, from the folder's credibility.json where it is of the same sources, rows
    and sample.

    car: the car's comparisons with closed forms and with finer steps. again: sampled cases driven again, how many gave
    the same bits. finer: sampled cases at half the loop's step, which outcomes changed. faults: bad pilots driven on
    the case of each group that asked most of the pilot, and which clauses failed them.
    """
    state = document_sha256([sources_sha256(), settings.as_json(), sample, [row["key"] for row in rows]])
    path = folder / "credibility.json"
    if path.is_file() and (kept := read_json(path)).get("state") == state:
        return kept
    driven = [row for row in rows if not row["error"]]
    picked = spread(driven, sample)
    telling = [hardest([row for row in driven if row["group"] == group]) for group in groups_of(driven)]
    count = 2 * len(picked) + len(PLANTED) * len(telling)
    done = 0

    def step(what: str) -> None:
        nonlocal done
        done += 1
        if on_step is not None:
            on_step(what, done, count)

    again: list[str] = []
    finer: list[dict[str, Any]] = []
    for row in picked:
        case = found.case(row["key"])
        step(f"driving {case.id} again")
        if sha256(drive(found, case, settings, car)) != row["runlog_sha256"]:
            again.append(case.id)
        step(f"driving {case.id} at half the step")
        log = drive(found, case, settings, car, step_ns=FAST_NS // 2)
        finer.append(_difference(row, result_row(found, case, found.judge(case, log, car))))
    faults: list[dict[str, Any]] = []
    for name in PLANTED:
        planted = dataclasses.replace(settings, pilot=name)
        tried: list[Row] = []
        for row in telling:
            step(f"planting {name}")
            tried.append(_with(found, row, planted, car))
        faults.append(_caught(name, tried))
    value = {
        "state": state,
        "car": [dataclasses.asdict(check) | {"passed": check.passed} for check in checks(car)],
        "again": {"cases": [row["key"] for row in picked], "different": again},
        "finer": {"step_ms": FAST_NS / 2e6, "cases": finer},
        "faults": faults,
    }
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
    return value


def spread(rows: Sequence[Row], count: int) -> list[Row]:
    """So many rows, evenly over their order, both ends among them."""
    if len(rows) <= count:
        return list(rows)
    return [rows[round(place)] for place in np.linspace(0, len(rows) - 1, count)]


def hardest(rows: Sequence[Row]) -> Row:
    """Of the passed rows the one with the hardest braking, of all where none is passed: what asked most."""
    passed = [row for row in rows if not failed(row) and not row["contact"]]
    return max(passed or rows, key=lambda row: row["hardest_braking"])


def groups_of(rows: Sequence[Row]) -> list[str]:
    """The groups of some rows, in their order."""
    return list(dict.fromkeys(row["group"] for row in rows))


def describe(name: str) -> str:
    """What a pilot of ours is: the first line of its class's docstring."""
    module, _, cls = SHORT[name].rpartition(":")
    text = (own_class(module, cls).__doc__ or name).strip()
    return " ".join(text.split("\n\n")[0].split())


def _with(found: Suite, row: Row, settings: Settings, car: Platform) -> Row:
    case = found.case(row["key"])
    try:
        return {"key": case.id, "error": ""} | case_row(found, case, settings, car)
    except Exception as error:  # noqa: BLE001  a planted pilot may fail in any way; that is no verdict
        return {"key": case.id, "error": f"{type(error).__name__}: {error}"}


def _caught(name: str, tried: Sequence[Row]) -> dict[str, Any]:
    clauses = Counter(row["clause"] for row in tried if not row["error"] and row["verdict"] == Verdict.FAIL)
    first = next((row for row in tried if not row["error"] and failed(row)), None)
    return {
        "pilot": name,
        "what": describe(name),
        "cases": len(tried),
        "failed": sum(clauses.values()),
        "errors": sum(bool(row["error"]) for row in tried),
        "clauses": dict(clauses),
        "example": None if first is None else {"case": first["key"], "reason": first["reason"]},
    }


def _difference(row: Row, finer: Row) -> dict[str, Any]:
    margins = row["margin"], finer["margin"]
    apart = None if None in margins or not np.isfinite(margins).all() else round(finer["margin"] - row["margin"], 4)
    return {
        "case": row["key"],
        "verdict": [row["verdict"], finer["verdict"]],
        "contact": [row["contact"], finer["contact"]],
        "margin": apart,
    }
