"""What the dossier says of all its suites together: plain values for the templates."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from evpilot.regulations import Verdict
from evpilot.report.dossier.evidence import Evidence
from evpilot.report.dossier.standing import GAPS
from evpilot.report.words import are, brief, counted, listed
from evpilot.sweep.statistics import failed
from evpilot.sweep.table import Row


def headline(all_evidence: Sequence[Evidence]) -> dict[str, Any]:
    """The result first: the worst that there is to say, in one line and one paragraph."""
    rows = [row for each in all_evidence for row in each.rows]
    bad = [row for row in rows if failed(row)]
    missed = [row for row in bad if row["preventable"]]
    demands = [demand for each in all_evidence for demand in each.summary["demands_not_met"]]
    where = listed([brief(each.suite.title) for each in all_evidence])
    count = f"{len(rows):,} case{'s' if len(rows) != 1 else ''} of {where}"
    if missed:
        loud, rest = counted(len(missed), "preventable contact"), f" in {count}"
    elif bad:
        loud, rest = counted(len(bad), "failure"), f" in {count}"
    elif demands:
        loud, rest = counted(len(demands), "demand") + " not met", f" over {count}"
    else:
        loud, rest = "", f"No failure in {count}"
    return {"loud": loud, "rest": rest, "lead": _lead(all_evidence, rows, bad, missed, demands)}


def _lead(
    all_evidence: Sequence[Evidence], rows: list[Row], bad: list[Row], missed: list[Row], demands: list[str]
) -> str:
    told: list[str] = []
    if missed:
        told.append(
            f"In {counted(len(missed), 'case')} the pilot met another road user whom a careful reference driver would"
            " have avoided."
        )
    other = [row for row in bad if not row["preventable"]]
    if other:
        kinds = Counter("could not be driven" if row["error"] else row["clause"] for row in other)
        text = ", ".join(f"{count:,} under {kind}" for kind, count in kinds.most_common(4))
        told.append(f"{counted(len(other), 'further case') if missed else counted(len(other), 'case')} failed: {text}.")
    if not bad:
        told.append("Every case that was driven is passed, not applicable, or shown to be out of this car's reach.")
    if demands:
        told.append(f"{counted(len(demands), 'demand')} on all cases together {are(len(demands))} not met.")
    told += [
        f"This is a sample: {len(each.rows):,} of the {each.whole:,} cases of {each.suite.title}; what lies between"
        " them was not driven."
        for each in all_evidence
        if len(each.rows) < each.whole
    ]
    infeasible = sum(row["verdict"] == Verdict.INFEASIBLE for row in rows)
    if infeasible:
        told.append(f"{counted(infeasible, 'case')} {are(infeasible)} beyond what this car can do, by search.")
    return " ".join(told)


def trace(all_evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Clause -> requirement -> cases -> verdict, the clauses without a case as gaps."""
    found: list[dict[str, Any]] = []
    for evidence in all_evidence:
        for clause in evidence.suite.clauses:
            rows = evidence.of_clause(clause)
            titles = [group.title for group, _ in evidence.groups if clause.place in group.clauses]
            bad = [row for row in rows if failed(row) and (row["error"] or row["clause"] == clause.place)]
            found.append(
                {
                    "place": clause.place,
                    "requirement": clause.requirement,
                    "confirmed": clause.confirmed,
                    "evidence": ", ".join(titles),
                    "cases": len(rows),
                    "verdict": ("gap", "gap")
                    if not rows
                    else ("fail", f"{len(bad):,} fail")
                    if bad
                    else ("pass", "shown" if len(evidence.rows) == evidence.whole else "shown on sample"),
                }
            )
    return found


def gaps() -> list[dict[str, Any]]:
    """What no suite of ours covers, by name."""
    return [{"place": place, "requirement": text, "who": who} for place, text, who in GAPS]


def today() -> str:
    """The date of the dossier."""
    return datetime.now(tz=UTC).date().isoformat()
