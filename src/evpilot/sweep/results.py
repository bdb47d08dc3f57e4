"""What a score's results sum up to, and what two of them differ in."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evpilot.files import EvpilotError
from evpilot.sweep.engine import read_results
from evpilot.sweep.table import Row

REASONS = 24  # kinds of reason in a summary
SAME = 0.005  # scores that differ by less count as the same


def summarise(rows: Sequence[Row]) -> dict[str, object]:
    """The summary of a sweep.

    scenarios: cases, which are files times seeds. goal_reached, collisions, collisions_at_fault, offroad, errors: in
    how many cases (collisions and off-road starts that the scenario begins with apart); success: with nothing amiss at
    all; collisions_avoidable: at fault, and a careful driver would have avoided it. time_lost_mean: the share of the
    time that a driver alone on the road, or the traffic's pace, would not have needed. score_mean: nuPlan's
    closed-loop score, an error counting 0. shortfalls: what kept drives from success, by name, in how many; reasons:
    in what share of the planning cycles the most frequent kinds of reason were given. plan_ms_p50, plan_ms_p99 [ms]:
    CPU time of a planning cycle, over all cycles of all cases. real_time_factor: simulated time over the loop's wall
    time. navigation, survival: the same counts apart by whether a goal asks for a place or only to drive on; families:
    by the library's families.
    """
    driven = [row for row in rows if not row["error"]]
    cycles = np.array([ms for row in driven for ms in row["plan_ms"]] or [0.0])
    loop = sum(row["drive_s"] for row in driven)
    navigation = [row for row in driven if not row["survival_goal"]]
    survival = [row for row in driven if row["survival_goal"]]
    return {
        **_counts(rows),
        "plan_ms_p50": round(float(np.percentile(cycles, 50)), 3),
        "plan_ms_p99": round(float(np.percentile(cycles, 99)), 3),
        "real_time_factor": round(sum(row["simulated_s"] for row in driven) / loop, 2) if loop else None,
        "memory_mb_max": max((row["memory_mb"] for row in driven), default=None),
        "navigation": _counts(navigation),
        "survival": _counts(survival),
        "families": {
            family: _counts([row for row in rows if row.get("family") == family])
            for family in dict.fromkeys(str(row["family"]) for row in rows if row.get("family"))
        },
    }


def _counts(rows: Sequence[Row]) -> dict[str, object]:
    driven = [row for row in rows if not row["error"]]
    lost = [row["time_lost"] for row in driven if row["time_lost"] is not None]
    scores = [row["score"] if not row["error"] else 0.0 for row in rows]
    return {
        "scenarios": len(rows),
        "goal_reached": sum(bool(row["goal_reached"]) for row in driven),
        "success": sum(bool(row["success"]) for row in driven),
        "collisions": sum(row["collisions"] > 0 for row in driven),
        "collisions_at_fault": sum(row["collisions_at_fault"] > 0 for row in driven),
        "collisions_avoidable": sum(row["collisions_avoidable"] > 0 for row in driven),
        "offroad": sum(bool(row["offroad"]) for row in driven),
        "errors": len(rows) - len(driven),
        "time_lost_mean": round(float(np.mean(lost)), 4) if lost else None,
        "score_mean": round(float(np.mean([s or 0.0 for s in scores])), 4) if rows else None,
        "shortfalls": _most(Counter(name for row in driven for name in row["shortfalls"].split("+") if name)),
        "reasons": _reasons(driven),
    }


def _most(counts: Counter[str]) -> dict[str, int]:
    """The counts, the highest first, then by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _reasons(driven: Sequence[Row]) -> dict[str, float]:
    """The share of all cycles in which each of the `REASONS` most frequent kinds of reason was given."""
    counts: Counter[str] = Counter()
    for row in driven:
        counts.update(json.loads(row["reasons"]))
    whole = sum(counts.values())
    return {reason: round(ticks / whole, 4) for reason, ticks in list(_most(counts).items())[:REASONS]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A case whose outcome differs between two sweeps: better 1 or -1, what changed in words, and both scores."""

    case: str
    seed: int
    better: int
    what: str
    before: float | None
    after: float | None


def compare(before: str | Path, after: str | Path) -> tuple[list[Change], int]:
    """What got better and worse from one sweep to another, worst first, and how many cases both have.

    The first that differs decides: driven at all, collisions at fault, goal reached, off the road, other collisions,
    then the score by more than 0.005. Raises EvpilotError when a sweep's results cannot be read.
    """
    old, new = _by_case(before), _by_case(after)
    both = [key for key in old if key in new]
    changes = [change for key in both if (change := _change(key, old[key], new[key])) is not None]
    return sorted(changes, key=lambda c: (c.better, (c.after or 0.0) - (c.before or 0.0), c.case, c.seed)), len(both)


OUTCOMES: tuple[tuple[str, Callable[[Row], Any], str, str], ...] = (
    ("error", lambda row: not row["error"], "is driven now", "fails now"),
    ("at fault", lambda row: not row.get("collisions_at_fault"), "collides at fault no more", "collides at fault"),
    ("goal", lambda row: bool(row.get("goal_reached")), "reaches the goal", "misses the goal"),
    ("road", lambda row: not row.get("offroad"), "stays on the road", "leaves the road"),
    ("collision", lambda row: not row.get("collisions"), "is hit no more", "is hit"),
)


def _change(key: tuple[str, int], old: Row, new: Row) -> Change | None:
    scores = old.get("score"), new.get("score")
    for _, good, gained, lost in OUTCOMES:
        if good(old) != good(new):
            better = 1 if good(new) else -1
            what = gained if better > 0 else lost
            break
    else:
        gain = (scores[1] or 0.0) - (scores[0] or 0.0)
        if abs(gain) < SAME:
            return None
        better, what = (1 if gain > 0 else -1), "score"
    return Change(case=key[0], seed=key[1], better=better, what=what, before=scores[0], after=scores[1])


def read_rows(results: str | Path) -> list[Row]:
    """The rows of a score, from its folder or its results.parquet; raises EvpilotError when they cannot be read."""
    rows: list[Row] = read_results(results).to_pylist()
    if not all({"case", "seed", "error"} <= set(row) for row in rows):
        raise EvpilotError("is not a table of `evpilot score`: it lacks case, seed or error", file=results)
    return rows


def _by_case(results: str | Path) -> dict[tuple[str, int], Row]:
    return {(str(row["case"]), int(row["seed"])): row for row in read_rows(results)}
