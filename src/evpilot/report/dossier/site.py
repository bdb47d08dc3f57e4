"""The dossier's site: index.html, coverage.html, tables as CSV, and a folder with the replay of each shown failure."""

import base64
import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from evpilot.evaluate import judge
from evpilot.files import EvpilotError, whole_folder, write_text
from evpilot.report import picture, replay, words
from evpilot.report.dossier import maps, overview, sections, standing
from evpilot.report.dossier.evidence import Evidence, chosen_failures, gather
from evpilot.report.dossier.safety_case import tree
from evpilot.sweep.run_folder import write_json, write_records
from evpilot.sweep.suites import drive
from evpilot.sweep.table import Row

OnStep = Callable[[str, int, int], None]
SAMPLE = 6  # cases on which the simulator is measured
TOC = (
    ("verdicts", "Verdicts"),
    ("failures", "Failures"),
    ("coverage", "Coverage"),
    ("reference", "Reference drivers"),
    ("trace", "Requirement trace"),
    ("gaps", "Gaps"),
    ("domain", "Domain"),
    ("hazards", "Hazards"),
    ("faults", "Faults"),
    ("rules", "Traffic rules"),
    ("monitoring", "Monitoring"),
    ("track", "Track plan"),
    ("credibility", "Credibility"),
    ("case", "Safety case"),
    ("limits", "Limits"),
)
COLUMNS = ("group", "key", "clause", "verdict", "reason", "margin", "contact", "impact_speed", "preventable", "error")
CHANGED = ".evpilot_dossier"  # marks a folder that a dossier may replace


def write(
    results: Sequence[Path],
    out: Path,
    *,
    replays: int = 20,
    sample: int = SAMPLE,
    pdf: bool = False,
    on_step: OnStep | None = None,
) -> Path:
    """Write the dossier of suites' results into a folder; returns its index.html.

    replays: how many failures get a replay page; they are driven again for it. sample: cases on which the simulator is
    measured. pdf: also dossier.pdf (the extra `evpilot[pdf]`). Raises EvpilotError when results cannot be read, are of
    different pilots, or the folder is there and no dossier's.
    """
    if out.exists() and not (out / CHANGED).is_file():
        raise EvpilotError("is there already and is no dossier; name another folder", file=out)
    all_evidence = [gather(Path(folder), sample, on_step) for folder in results]
    pilots = {(each.conditions["pilot"], each.conditions["pilot_sha256"]) for each in all_evidence}
    if len(pilots) != 1:
        raise EvpilotError(f"results of {len(pilots)} pilots; a dossier is of one")
    with whole_folder(out) as folder:
        shown = _replays(all_evidence, folder, replays, on_step)
        values = context(all_evidence, shown)
        for name in ("index.html", "coverage.html"):
            write_text(folder / name, render(name, values))
        write_text(folder / "cases.csv", _table(all_evidence, [list(each.rows) for each in all_evidence]))
        write_text(folder / "failures.csv", _table(all_evidence, [each.failures for each in all_evidence]))
        write_json(folder / "evidence.json", [_said(each) for each in all_evidence])
        write_text(folder / CHANGED, "")
        if pdf:
            from evpilot.report.dossier.pdf import write_pdf

            write_pdf(folder / "dossier.pdf", values)
    return out / "index.html"


def context(all_evidence: Sequence[Evidence], shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All that the templates show."""
    style, script = _page("style.css"), _page("script.js")
    return {
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "date": overview.today(),
        "toc": TOC,
        "headline": overview.headline(all_evidence),
        "suites": [_suite(each) for each in all_evidence],
        "failures": shown,
        "failures_count": sum(len(each.failures) for each in all_evidence),
        "trace": overview.trace(all_evidence),
        "gaps": overview.gaps(),
        "tree": tree(all_evidence),
        "hazards": standing.HAZARDS,
        "events": standing.EVENTS,
        "correlation": standing.CORRELATION,
        "limits": standing.LIMITS,
    }


def render(name: str, values: dict[str, Any]) -> str:
    """A page of the site; every value is escaped but the pictures, the style and the script."""
    loader = DictLoader({each: _page(each) for each in ("index.html", "coverage.html", "macros.html")})
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(name).render(values)


def _suite(evidence: Evidence) -> dict[str, Any]:
    found = sections.groups(evidence)
    driven, whole = len(evidence.rows), evidence.whole
    return {
        "key": evidence.suite.key,
        "title": evidence.suite.title,
        "edition": evidence.suite.edition,
        "pilot": evidence.conditions["pilot"],
        "version": evidence.conditions["version"],
        "hash": words.short(evidence.summary["results_sha256"]),
        "identities": sections.identities(evidence),
        "groups": found,
        "margins": "; ".join(dict.fromkeys(each["margin_of"] for each in found)),
        "demands": evidence.summary["demands_not_met"],
        "kinds": sections.kinds_of_failure(evidence),
        "maps": sections.coverage(evidence, all_of_them=False),
        "all_maps": sections.coverage(evidence, all_of_them=True),
        "spans": [
            {
                "title": group.title,
                "axes": [(axis.meaning, words.span(axis.values), len(axis.values)) for axis in group.axes],
                "cases": len(rows),
            }
            for group, rows in evidence.groups
        ],
        "sampling": sections.sampling(evidence),
        "excluded": "none" if driven == whole else f"{whole - driven:,} of {whole:,} cases, by the sampling",
        "compared": sections.comparisons(evidence),
        "rss": sections.safe_distances(evidence),
        "domain": sections.domain(evidence),
        "faults": sections.faults(evidence),
        "rules": sections.rules_by_group(evidence),
        "track": sections.track_plan(evidence),
        "credible": sections.credible(evidence),
        "car_checks": evidence.credibility["car"],
        "planted": evidence.credibility["faults"],
    }


def _replays(
    all_evidence: Sequence[Evidence], folder: Path, count: int, on_step: OnStep | None
) -> list[dict[str, Any]]:
    """Drive the shown failures again, write a folder for each, and say what the page tells of them."""
    share = -(-count // len(all_evidence))
    picked = [(each, row) for each in all_evidence for row in chosen_failures(each, share)][:count]
    shown: list[dict[str, Any]] = []
    for number, (evidence, row) in enumerate(picked, 1):
        if on_step is not None:
            on_step(f"replaying {row['key']}", number, len(picked))
        shown.append(_shown(evidence, row, folder, f"failures/{number:03d}"))
    return shown


def _shown(evidence: Evidence, row: Row, folder: Path, name: str) -> dict[str, Any]:
    found, car = evidence.suite, evidence.car
    case = found.case(row["key"])
    log, command = drive(found, case, evidence.settings, car), evidence.command(row["key"])
    verdict, target = judge(log), folder / name
    target.mkdir(parents=True)
    write_records(target, log, verdict)
    replay.write(log, verdict, target / "replay.html", told=replay.told_by(row, command))
    write_json(target / "result.json", row)
    end = (int(log.t_ns[-1]) - int(log.t_ns[0])) * 1e-9
    at = end if row["contact"] else picture.striking_moment(log)
    for dark, file in ((False, "moment.svg"), (True, "moment_dark.svg")):
        picture.write(log, at, target / file, dark=dark, width=660, height=280, span=48.0, words=False)
    facts = [
        (axis.meaning, f"{case[axis.name]:g} {maps.unit(axis.name)}".strip()) for axis in found.group(case.group).axes
    ]
    if row["impact_speed"] is not None:
        facts.append(("impact", f"{3.6 * row['impact_speed']:.1f} km/h"))
    if row["margin"] is not None:
        facts.append(("margin", f"{row['margin']:.2f}"))
    return {
        "folder": name,
        "at": f"#t={max(0.0, at - 2.0):.1f}",
        "title": f"{found.group(case.group).title}: {row['key'].partition('/')[2]}",
        "facts": facts,
        "clause": row["clause"],
        "reason": row["reason"],
        "preventable": row["preventable"].replace(",", ", "),
        "command": command,
        "alt": f"The drive after {at:.1f} s",
    }


def _table(all_evidence: Sequence[Evidence], rows: Sequence[Sequence[Row]]) -> str:
    """Cases as CSV: from the clause to the log's hash and the command."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["suite", *COLUMNS, "clauses_of_group", "runlog_sha256", "scenario_sha256", "command"])
    for evidence, some in zip(all_evidence, rows, strict=True):
        clauses = {group.key: "; ".join(group.clauses) for group, _ in evidence.groups}
        for row in some:
            hashes = [row.get("runlog_sha256"), row.get("scenario_sha256")]
            values = [row.get(name) for name in COLUMNS]
            writer.writerow([evidence.name, *values, clauses[row["group"]], *hashes, evidence.command(row["key"])])
    return text.getvalue()


def _said(evidence: Evidence) -> dict[str, Any]:
    return {"conditions": evidence.conditions, "commit": evidence.commit, "credibility": evidence.credibility} | {
        key: evidence.summary[key] for key in ("results_sha256", "machine", "verdicts", "groups")
    }


def _page(name: str) -> str:
    return (resources.files("evpilot.report.dossier") / "page" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
