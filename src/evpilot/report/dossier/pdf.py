"""The dossier's text as PDF, set by typst (`pip install "evpilot[pdf]"`); maps and replays stay in the site."""

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError, write_bytes

SETTING = """#set page(paper: "a4", margin: 16mm, numbering: "1 / 1")
#set text(size: 9.4pt)
#set par(justify: false)
#set table(stroke: (x: none, y: 0.4pt + rgb("#D7DDE2")), inset: (x: 3pt, y: 4pt), align: left)
#show heading.where(level: 1): set text(size: 19pt)
#show heading.where(level: 2): it => block(above: 16pt, below: 7pt, text(size: 13pt, it.body))
"""


def write_pdf(path: Path, values: dict[str, Any]) -> None:
    """Write what the site's templates get as a PDF; raises EvpilotError when typst is not installed."""
    try:
        typst = importlib.import_module("typst")
    except ModuleNotFoundError:
        raise EvpilotError('typst is not installed; pip install "evpilot[pdf]"') from None
    write_bytes(path, typst.compile(document(values).encode()))


def document(values: dict[str, Any]) -> str:
    """The typst source."""
    head, first = values["headline"], values["suites"][0]
    parts = [SETTING, f'#heading(level: 1)[#text(fill: rgb("#C2410C"))[{said(head["loud"])}]{said(head["rest"])}]']
    parts.append(said(head["lead"]) + "\n\n")
    told = f"Simulated, object level, pilot {first['pilot']} version {first['version']}. Not an approval, not a rating."
    parts.append(f"*{said(told)}*\n")
    for suite in values["suites"]:
        parts += [_section(suite["title"]), _table(("", ""), [(a, b) for a, b, _ in suite["identities"]])]
        rows = [(g["title"], g["cases"], g["preventable"], g["failed"], g["verdict"][1]) for g in suite["groups"]]
        parts += [_section("Verdict per group"), _table(("Group", "Cases", "Preventable", "Failed", "Verdict"), rows)]
        failures = [(kind["clause"], kind["reason"], kind["cases"]) for kind in suite["kinds"]]
        parts += [_section("Failures by kind"), _table(("Clause", "Why", "Cases"), failures)]
        quads = [
            (q.reference, q.asked, q.both_avoid, len(q.preventable), q.better, q.neither)
            for q in suite["compared"]["quadrants"]
        ]
        names = ("Reference driver", "Cases", "Both avoid", "Only pilot hits", "Pilot better", "Neither avoids")
        parts += [_section("Pilot against reference drivers"), _table(names, quads)]
    cases = [(case["title"], f"{case['clause']}: {case['reason']}", case["command"]) for case in values["failures"]]
    parts += [_section("Failures shown in the site"), _table(("Case", "Why", "Command"), cases)]
    trace = [(line["place"], line["requirement"], line["cases"], line["verdict"][1]) for line in values["trace"]]
    trace += [(gap["place"], gap["requirement"], 0, "gap") for gap in values["gaps"]]
    parts += [_section("Requirement trace and gaps"), _table(("Clause", "Requirement", "Cases", "Verdict"), trace)]
    for suite in values["suites"]:
        parts += [_section("Domain"), _table(("", ""), suite["domain"])]
        rows = [(what, measured, how) for _, what, measured, how in suite["credible"]]
        parts += [_section("Credibility of the simulator"), _table(("What", "Measured", "How"), rows)]
    hazards = [(*hazard, "to be added by a person") for hazard in values["hazards"]]
    names = ("Hazard", "Triggering conditions", "Evidence here", "Risk")
    parts += [_section("Hazards and SOTIF"), _table(names, hazards)]
    parts += [_section("Limits"), _table(("", ""), values["limits"])]
    return "\n".join(parts)


def said(text: object) -> str:
    """A text as typst takes it whatever it holds: a string, not markup."""
    quoted = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'#"{quoted}"'


def _section(title: str) -> str:
    return f"== {said(title)}"


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = list(rows)
    if not lines:
        return said("none") + "\n"
    head = "".join(f'[#text(fill: rgb("#616D78"))[{said(name)}]],' for name in names) if any(names) else ""
    body = "".join("".join(f"[{said(cell)}]," for cell in row) + "\n" for row in lines)
    wide = ", ".join("auto" if len(str(lines[0][k])) < 12 else "1fr" for k in range(len(names)))
    return f"#table(columns: ({wide}), {f'table.header({head}),' if head else ''}\n{body})\n"
