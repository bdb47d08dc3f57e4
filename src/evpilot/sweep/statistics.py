"""What a suite's results say: counts, the pilot against each reference driver, intervals, and what got worse."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scipy.special import betaincinv

from evpilot.regulations import CaseResult, Suite, Verdict
from evpilot.sweep.table import Row

CONFIDENCE = 0.95
COMFORTABLE = 3.0  # [m/s2] braking up to which an avoided case counts as comfortable
ERROR = "error"
OUTCOMES = ("comfortable", "hard", "better", "both", "preventable")
SAME_MARGIN = 0.01  # margins that differ by less count as the same


def clopper_pearson(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval of a binomial share (Clopper and Pearson 1934); (0, 1) without trials. Raises
    ValueError unless 0 <= hits <= trials and 0 < confidence < 1."""
    if not (0 <= hits <= trials and 0.0 < confidence < 1.0):
        raise ValueError(f"{hits} of {trials} at {confidence}")
    if not trials:
        return 0.0, 1.0
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1.0 - tail)) if hits < trials else 1.0
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrant:
    """A pilot against one reference driver, over the cases in which that driver was asked: how many both avoid, only
    the driver avoids (the preventable contacts, by name), only the pilot avoids, and neither."""

    reference: str
    both_avoid: int
    preventable: tuple[str, ...]
    better: int
    neither: int
    both_impact: tuple[float, ...] = field(default=())

    @property
    def asked(self) -> int:
        """How many cases that is."""
        return self.both_avoid + len(self.preventable) + self.better + self.neither


def quadrants(rows: Sequence[Row]) -> list[Quadrant]:
    """The 2x2 table for each reference driver (columns `ref_NAME`), in the columns' order."""
    names = dict.fromkeys(name for row in rows for name in row if name.startswith("ref_"))
    found: list[Quadrant] = []
    for column in names:
        asked = [row for row in rows if row.get(column) is not None and not row["error"]]
        if not asked:
            continue
        apart: dict[tuple[bool, bool], list[Row]] = {(p, r): [] for p in (False, True) for r in (False, True)}
        for row in asked:
            apart[bool(row["contact"]), bool(row[column])].append(row)
        found.append(
            Quadrant(
                reference=column.removeprefix("ref_"),
                both_avoid=len(apart[False, False]),
                preventable=tuple(row["key"] for row in apart[True, False]),
                better=len(apart[False, True]),
                neither=len(apart[True, True]),
                both_impact=tuple(r["impact_speed"] for r in apart[True, True] if r["impact_speed"] is not None),
            )
        )
    return found


def outcome(row: Row) -> str:
    """What a coverage map shows of a case: avoided comfortably, by hard braking, or better than every reference driver
    that was asked; contact like all of them, or preventable; "failed" where anything else was amiss, "error"."""
    if row["error"]:
        return ERROR
    asked = [bool(value) for name, value in row.items() if name.startswith("ref_") and value is not None]
    if row["contact"]:
        return "preventable" if row["preventable"] or row["verdict"] == Verdict.FAIL else "both"
    if row["verdict"] == Verdict.FAIL:
        return "failed"
    if asked and all(asked):
        return "better"
    return "comfortable" if row.get("hardest_braking", 0.0) <= COMFORTABLE else "hard"


def failed(row: Row) -> bool:
    """Whether a case counts against the pilot."""
    return bool(row["error"]) or row["verdict"] == Verdict.FAIL


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows have each verdict, errors apart."""
    found = Counter(ERROR if row["error"] else str(row["verdict"]) for row in rows)
    return {name: found[name] for name in (*map(str, Verdict), ERROR)}


def demands_of(found: Suite, rows: Sequence[Row]) -> tuple[str, ...]:
    """The suite's demands on all results together that are not met; those that could not be driven fail in them."""
    if found.demands is None:
        return ()
    return tuple(found.demands([(found.case(row["key"]), result_of(found, row)) for row in rows]))


def result_of(found: Suite, row: Row) -> CaseResult:
    """A row as the result that it was made of."""
    group = found.group(row["group"])
    if row["error"]:
        return CaseResult(verdict=Verdict.FAIL, clause=group.clauses[0], reason=row["error"])
    names = {axis.name for axis in group.axes}
    return CaseResult(
        verdict=Verdict(row["verdict"]),
        clause=row["clause"],
        reason=row["reason"],
        margin=row["margin"],
        contact=row["contact"],
        impact_speed=row["impact_speed"],
        references={r: row[f"ref_{r}"] for r in group.references if row.get(f"ref_{r}") is not None},
        preventable=tuple(filter(None, row["preventable"].split(","))),
        values={name: value for name, value in row.items() if name not in names | COLUMNS and name[:4] != "ref_"},
    )


COLUMNS = frozenset(
    {"key", "number", "suite", "group", "seed", "error", "verdict", "clause", "reason", "margin", "contact"}
    | {"impact_speed", "preventable"}
)


def summary_of(found: Suite, rows: Sequence[Row]) -> dict[str, object]:
    """A suite's summary: counts over all and by group, quadrants, failures by name, demands that are not met. Plain
    JSON values."""
    return {
        "suite": found.key,
        "title": found.title,
        "edition": found.edition,
        "cases": len(rows),
        "verdicts": counts(rows),
        "failures": [row["key"] for row in rows if failed(row)],
        "demands_not_met": list(demands_of(found, rows)),
        "groups": {
            group.key: _group_summary([row for row in rows if row["group"] == group.key])
            for group in found.groups
            if any(row["group"] == group.key for row in rows)
        },
        "simulated_s": round(sum(row.get("duration") or 0.0 for row in rows), 1),
        "drive_s": round(sum((row.get("drive_s") or 0.0) + (row.get("judge_s") or 0.0) for row in rows), 1),
        "memory_mb_max": max((row["memory_mb"] for row in rows if row.get("memory_mb")), default=None),
    }


def _group_summary(rows: Sequence[Row]) -> dict[str, object]:
    driven = [row for row in rows if not row["error"]]
    impacts = [row["impact_speed"] for row in driven if row["impact_speed"] is not None]
    return {
        "cases": len(rows),
        "verdicts": counts(rows),
        "outcomes": dict(Counter(outcome(row) for row in rows)),
        "contacts": sum(bool(row["contact"]) for row in driven),
        "least_margin": least([row["margin"] for row in driven]),
        "largest_impact": max(impacts, default=None),
        "references": {
            q.reference: {
                "asked": q.asked,
                "both_avoid": q.both_avoid,
                "preventable": len(q.preventable),
                "better": q.better,
                "neither": q.neither,
            }
            for q in quadrants(rows)
        },
    }


def least(values: Iterable[float | None]) -> float | None:
    """The smallest of the finite ones, None when there is none."""
    return min((value for value in values if value is not None and math.isfinite(value)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case that another pilot or version does otherwise: better 1 or -1, and how, in words."""

    case: str
    better: int
    what: str


def compare_suites(before: Sequence[Row], after: Sequence[Row]) -> tuple[list[CaseChange], int]:
    """Which cases got worse and better, the worst first, and how many both have: the verdict decides, then a contact,
    then its speed, then the margin."""
    old = {row["key"]: row for row in before}
    both = [(old[row["key"]], row) for row in after if row["key"] in old]
    changes = [change for a, b in both if (change := _case_change(a, b)) is not None]
    return sorted(changes, key=lambda change: (change.better, change.case)), len(both)


def _case_change(old: Row, new: Row) -> CaseChange | None:
    ranks = [2 if row["error"] else int(row["verdict"] == Verdict.FAIL) for row in (old, new)]
    words = [ERROR if row["error"] else str(row["verdict"]) for row in (old, new)]
    if ranks[0] != ranks[1]:
        return CaseChange(case=new["key"], better=1 if ranks[1] < ranks[0] else -1, what=" -> ".join(words))
    if ranks[1] == 2:
        return None
    if bool(old["contact"]) != bool(new["contact"]):
        what = "contact now" if new["contact"] else "contact no more"
        return CaseChange(case=new["key"], better=-1 if new["contact"] else 1, what=what)
    for name, sign, unit in (("impact_speed", -1.0, " m/s"), ("margin", 1.0, "")):
        a, b = old[name], new[name]
        if a is not None and b is not None and math.isfinite(a) and math.isfinite(b) and abs(b - a) > SAME_MARGIN:
            what = f"{name.replace('_', ' ')} {a:.2f} -> {b:.2f}{unit}"
            return CaseChange(case=new["key"], better=1 if sign * (b - a) > 0.0 else -1, what=what)
    return None


def shares(rows: Sequence[Row]) -> dict[str, Any]:
    """Of cases drawn by chance: how many failed, and the exact interval of the share."""
    bad = sum(failed(row) for row in rows)
    low, high = clopper_pearson(bad, len(rows))
    return {"failed": bad, "cases": len(rows), "low": low, "high": high, "confidence": CONFIDENCE}
