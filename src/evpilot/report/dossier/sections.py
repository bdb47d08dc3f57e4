"""What the dossier's sections say of one suite, computed from its evidence: plain values for the templates."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from evpilot.regulations import Clause, Verdict
from evpilot.report.dossier import maps
from evpilot.report.dossier.evidence import Evidence
from evpilot.report.words import counted, short, span
from evpilot.sweep.statistics import OUTCOMES, failed, least, outcome, quadrants, shares

BARS = (*zip((*OUTCOMES, "failed", "error"), ("o1", "o2", "o3", "o4", "warn", "caution", "ink3"), strict=True),)
MAPS_SHOWN = 4
SLICE_LEAST = 6  # cases that make a slice worth a map of its own
NAMES_SHOWN = 60


def identities(evidence: Evidence) -> list[tuple[str, str, bool]]:
    """System and version: label, value, whether it is a hash."""
    said, summary = evidence.conditions, evidence.summary
    hours = summary["drive_s"] / 3600.0
    run = (
        f"{len(evidence.rows):,} drives, {hours:.1f} core hours"
        if hours >= 0.1
        else (f"{len(evidence.rows):,} drives, {60.0 * hours:.1f} core minutes")
    )
    return [
        ("System under test", f"pilot {said['pilot']}", False),
        ("Version", f"evpilot {said['version']}", False),
        ("Vehicle", f"{evidence.car.name}, {evidence.car.mass:,.0f} kg", False),
        ("Regulation", f"{evidence.suite.title}, {evidence.suite.edition}", False),
        ("Dossier written at commit", short(evidence.commit), True),
        ("Pilot's sources", short(said["pilot_sha256"]), True),
        ("Car's parameters", short(said["platform_sha256"]), True),
        ("Results", short(summary["results_sha256"]), True),
        ("Program's sources", short(said["sources_sha256"]), True),
        ("Sampling", sampling(evidence), False),
        ("Run", run, False),
        ("Machine", f"{summary['machine']['processor']}, Python {summary['machine']['python']}", False),
    ]


def sampling(evidence: Evidence) -> str:
    """How the cases were chosen."""
    said = evidence.conditions
    if said["sampling"]:
        return str(said["sampling"])
    parts = ["full grid" if said["every"] == 1 else f"every {said['every']}th case of the grid"]
    if said["groups"]:
        parts.append(f"groups {', '.join(said['groups'])}")
    return ", ".join(parts)


def groups(evidence: Evidence) -> list[dict[str, Any]]:
    """The verdict on each group."""
    found: list[dict[str, Any]] = []
    for group, rows in evidence.groups:
        counts = Counter(outcome(row) for row in rows)
        bad = sum(failed(row) for row in rows)
        applicable = sum(row["verdict"] != Verdict.NOT_APPLICABLE for row in rows)
        avoided = [row["margin"] for row in rows if row["verdict"] == Verdict.PASS and not row["contact"]]
        braking = [row["hardest_braking"] for row in rows if not row["error"]]
        found.append(
            {
                "key": group.key,
                "title": group.title,
                "cases": len(rows),
                "bars": [(kind, token, counts[kind]) for kind, token in BARS if counts[kind]],
                "preventable": sum(bool(row["preventable"]) for row in rows),
                "failed": bad,
                "margin": least(avoided),
                "margin_of": group.margin,
                "braking": max(braking, default=None),
                "verdict": ("fail", "fails") if bad else ("pass", "passes") if applicable else ("na", "not applicable"),
                "interval": shares(rows) if evidence.conditions["sampling"] else None,
            }
        )
    return found


def coverage(evidence: Evidence, *, all_of_them: bool) -> list[dict[str, Any]]:
    """The maps of each group: the worst of all slices, and the slices that tell most, or all."""
    found: list[dict[str, Any]] = []
    for group, rows in evidence.groups:
        every = maps.slices(group, rows)
        if not every:
            continue
        full = every if all_of_them or len(every) == 1 else [item for item in every if len(item.rows) >= SLICE_LEAST]
        shown = full if all_of_them else maps.telling(full, MAPS_SHOWN)
        pictures = [
            (item.title(group) or "All cases", len(item.rows), maps.picture(group, item.rows)) for item in shown
        ]
        overview = len(every) > 1 and not all_of_them
        worst = maps.picture(group, list(maps.worst(group, rows).values()), references=False) if overview else ""
        counts = Counter(outcome(row) for row in rows)
        found.append(
            {
                "title": group.title,
                "key": group.key,
                "worst": worst,
                "maps": pictures,
                "slices": len(every),
                "counts": [(kind, token, counts[kind]) for kind, token in BARS],
                "references": maps.drawn(group, rows),
                "axes": [(axis.name, axis.meaning, span(axis.values), len(axis.values)) for axis in group.axes],
            }
        )
    return found


def comparisons(evidence: Evidence) -> dict[str, Any]:
    """The 2x2 tables over all groups, the preventable misses by group and by name, and the impacts of neither."""
    by_group = [(group, {q.reference: q for q in quadrants(rows)}) for group, rows in evidence.groups]
    names = list(dict.fromkeys(name for _, found in by_group for name in found))
    whole = quadrants(evidence.rows)
    missed = list(dict.fromkeys(key for q in whole for key in q.preventable))
    under = {key: [q.reference for q in whole if key in set(q.preventable)] for key in missed[:NAMES_SHOWN]}
    return {
        "quadrants": whole,
        "references": names,
        "groups": [(group.title, [found.get(name) for name in names]) for group, found in by_group],
        "missed": [(key, ", ".join(names)) for key, names in under.items()],
        "more": max(0, len(missed) - NAMES_SHOWN),
        "impacts": [impacts(q.reference, q.both_impact) for q in whole if q.both_impact],
    }


def safe_distances(evidence: Evidence) -> dict[str, Any]:
    """RSS as a monitor: in how many drives its distances were not kept, and in how many because of the car, the longest
    first."""
    rows = [row for row in evidence.rows if row.get("rss_outside") is not None]
    own = sorted((row for row in rows if row["rss_broken_by_car"] > 0.0), key=lambda row: -row["rss_broken_by_car"])
    return {
        "drives": len(rows),
        "outside": sum(row["rss_outside"] > 0.0 for row in rows),
        "own": len(own),
        "longest": [(row["key"], row["rss_broken_by_car"], row["rss_outside"]) for row in own[:5]],
    }


def impacts(name: str, speeds: Sequence[float]) -> dict[str, Any]:
    """The pilot's impact speeds in cases that a reference driver does not avoid either, in km/h."""
    order = sorted(3.6 * speed for speed in speeds)
    return {"reference": name, "cases": len(order), "median": order[len(order) // 2], "most": order[-1]}


def domain(evidence: Evidence) -> list[tuple[str, str]]:
    """The operational design domain as far as the cases show it: attribute and span."""
    speeds: list[float] = []
    for group, rows in evidence.groups:
        for axis in group.axes:
            if axis.name in ("ego_kmh", "speed_kmh", "subject_kmh"):
                speeds += [row[axis.name] for row in rows]
    group, rows = evidence.groups[0]
    stage = evidence.suite.stage(evidence.suite.case(rows[0]["key"]), evidence.car)
    scenario, sensor = stage.scenario, stage.sensor
    lanes = len(scenario.graph.lane_id)
    return [
        ("Speed of the car", f"{min(speeds):g} to {max(speeds):g} km/h" if speeds else "as the cases say"),
        ("Road", f"as staged for each group; the first has {counted(lanes, 'lane segment')}"),
        ("Friction of the road", f"{float(scenario.friction):g} of the tyres' dry grip"),
        (
            "Other road users",
            "scripted as the cases say; "
            + {"replay": "they do not react", "reactive": "they react", "mixed": "some react"}[stage.traffic],
        ),
        ("Sensing", f"object level, {sensor.name}"),
        ("Leaving the domain", "not driven in this run unless a group above says so"),
    ]


def kinds_of_failure(evidence: Evidence) -> list[dict[str, Any]]:
    """The failures by clause and by reason, numbers in the reasons left out."""
    found: Counter[tuple[str, str]] = Counter()
    for row in evidence.failures:
        reason = row["error"] or row["reason"]
        found[
            ("not driven" if row["error"] else row["clause"]), re.sub(r"(?<![\w.])-?\d+(\.\d+)?", "N", reason)[:160]
        ] += 1
    return [{"clause": clause, "reason": reason, "cases": n} for (clause, reason), n in found.most_common(12)]


def rules_by_group(evidence: Evidence) -> dict[str, Any]:
    """Rule x event: each clause against each group of cases."""
    clauses: list[tuple[Clause, list[str]]] = []
    for clause in evidence.suite.clauses:
        cells: list[str] = []
        for group, rows in evidence.groups:
            bad = sum(failed(row) and row["clause"] == clause.place for row in rows)
            cells.append(f"{bad:,} of {len(rows):,}" if clause.place in group.clauses else "")
        clauses.append((clause, cells))
    return {"groups": [group.title for group, _ in evidence.groups], "clauses": clauses}


def track_plan(evidence: Evidence) -> list[dict[str, Any]]:
    """Which cases to repeat on a track: of each group the tightest that was passed, the hardest braked, and the first
    failure."""
    found: list[dict[str, Any]] = []
    for group, rows in evidence.groups:
        good = [row for row in rows if not row["error"] and not failed(row) and not row["contact"]]
        tight = [row for row in good if row["margin"] is not None]
        picks = [
            ("tightest passed", min(tight, key=lambda row: row["margin"], default=None)),
            ("hardest braked", max(good, key=lambda row: row["hardest_braking"], default=None)),
            ("first failure", next((row for row in rows if failed(row)), None)),
        ]
        seen: set[str] = set()
        for why, row in picks:
            if row is not None and row["key"] not in seen:
                seen.add(row["key"])
                found.append({"group": group.title, "why": why, "row": row})
    return found


def faults(evidence: Evidence) -> dict[str, Any]:
    """Faults of the pilot that were met in the drives."""
    met = [row for row in evidence.rows if not row["error"] and row["faults"]]
    return {"drives": len(met), "of": len(evidence.rows), "first": [(r["key"], r["first_fault"]) for r in met[:5]]}


def credible(evidence: Evidence) -> list[tuple[str, str, str, str]]:
    """How far the simulator can be believed: kind of verdict, what, what was measured, how."""
    said = evidence.credibility
    car, again, finer = said["car"], said["again"], said["finer"]
    closed, steps = [c for c in car if "ms instead" not in c["basis"]], [c for c in car if "ms instead" in c["basis"]]
    turned = [case for case in finer["cases"] if case["verdict"][0] != case["verdict"][1]]
    struck = [case for case in finer["cases"] if case["contact"][0] != case["contact"][1]]
    apart = max((abs(case["margin"]) for case in finer["cases"] if case["margin"] is not None), default=None)
    caught = sum(bool(fault["failed"]) for fault in said["faults"])
    lines = [
        (
            "fail" if again["different"] else "pass",
            "Same result again",
            f"identical bits in {len(again['cases']) - len(again['different'])} of {len(again['cases'])} sampled cases",
            "driven again in another process; the hash of all records is compared",
        ),
        (
            "fail" if turned else "pass",
            f"Loop at {finer['step_ms']:g} ms instead of {2 * finer['step_ms']:g} ms",
            f"{len(turned)} of {len(finer['cases'])} verdicts change, {len(struck)} contacts"
            + ("" if apart is None else f"; margins by at most {apart:.3f}"),
            "sampled cases, driven again at half the step",
        ),
        (
            "pass" if all(c["passed"] for c in steps) else "fail",
            "Car at a thirty-second of the step",
            "; ".join(
                f"{c['what'].split(' after')[0]} {abs(c['simulated'] - c['expected']) * 1e3:.0f} m{c['unit']}"
                for c in steps
            )
            + " apart",
            "a braked double swerve from 108 km/h, 4 s",
        ),
        (
            "pass" if all(c["passed"] for c in closed) else "fail",
            "Closed forms",
            f"{sum(c['passed'] for c in closed)} of {len(closed)} agree",
            "; ".join(c["what"] for c in closed),
        ),
        (
            "pass" if caught == len(said["faults"]) and caught else "gap",
            "Seeded faults",
            f"{caught} of {len(said['faults'])} planted bad pilots are failed by the criteria",
            ", ".join(fault["pilot"] for fault in said["faults"]),
        ),
    ]
    if not evidence.same_sources:
        text = "the results were driven by other sources than those that measured here and drove the replays"
        lines.append(("gap", "One program", text, "drive the suite again for a dossier to hand over"))
    return lines
