"""The replay page: one file that holds a drive, its verdict and all that it takes to look at them.

The page asks nothing of the network: its content-security policy allows its own script and style, by their hashes, and
nothing else. Its parts lie in `page/`; the drive is one JSON block (columns.py says how numbers are stored).
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from evpilot.evaluate.verdict import Verdict
from evpilot.files import EvpilotError
from evpilot.files.writing import write_text
from evpilot.report import happenings, motion, road, thinking
from evpilot.report.columns import Columns
from evpilot.report.sampling import Clock, clock, lanes_driven
from evpilot.runlog import RunLog, sha256
from evpilot.types.state import Array, Ints

SCRIPTS = ("data", "theme", "camera", "road", "vehicles", "stage", "marks", "plots", "panel", "player", "main")

Judged = Verdict | Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a suite tells of a run: the command that repeats it, and its word on the case, which stands before the
    judge's; passed: whether that is a pass."""

    command: str
    word: str
    passed: bool


def told_by(row: Mapping[str, Any], command: str) -> Told:
    """What a suite's row tells of its case: its verdict with the reason, or the clause where it has none."""
    word = f"{row['verdict']}: {row['reason'] or row['clause']}"
    return Told(command=command, word=word, passed=row["verdict"] == "pass")


def write(run: RunLog, verdict: Judged, path: str | Path, *, told: Told | None = None) -> None:
    """Write the replay page of a run; verdict is the judge's, its as_json(), or None where nobody judged. told: what a
    suite tells of it, where the run is a case of one.

    Raises EvpilotError when the run holds no moment to show, or path cannot be written.
    """
    write_text(path, page(run, verdict, told=told))


def page(run: RunLog, verdict: Judged, *, told: Told | None = None) -> str:
    """The page's HTML."""
    if not run.frames or not len(run.t_ns):
        raise EvpilotError("holds no planning tick; a replay needs at least one", place="RunLog")
    folder = resources.files("evpilot.report") / "page"
    style = (folder / "style.css").read_text("utf-8")
    script = '"use strict";\n' + "\n".join((folder / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": html.escape(run.header.scenario),
        "style": style,
        "script": script,
        "data": json.dumps(data(run, verdict, told), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    }
    template = (folder / "page.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def data(run: RunLog, verdict: Judged, told: Told | None = None) -> dict[str, Any]:
    """All that the page knows, as plain JSON values; columns are in "blob"."""
    columns, clocks = Columns(), clock(run)
    lanes = lanes_driven(run)
    spans = thinking.reasons(run, clocks)
    strip = thinking.band(spans, clocks.dt)
    ttc, ttc_limit = _series(verdict, "ttc", clocks)
    headway, _ = _series(verdict, "thw", clocks)
    judged = verdict.as_json() if isinstance(verdict, Verdict) else verdict
    marks = happenings.events(run, clocks, lanes, strip, ttc, _contacts(judged, clocks))
    return {
        "head": _head(run, clocks, ttc_limit) | ({} if told is None else _told(told)),
        "map": _map(run, clocks, columns),
        "ego": motion.ego(run, clocks, columns),
        "spent": motion.spent(run, clocks, columns),
        "tick": {
            "limit": columns.add(_limits(run, clocks, lanes), motion.CM),
            "ttc": columns.add(ttc, motion.CM),
            "headway": columns.add(headway, motion.CM),
            "judged": isinstance(verdict, Verdict),
            "planMs": columns.add(_planned(run, clocks), 0.01),
        },
        "objs": motion.objects(run, clocks, columns),
        "plan": thinking.plans(run, clocks, columns),
        "preds": thinking.predictions(run, clocks, columns),
        "props": thinking.proposals(run, clocks, columns),
        "walls": thinking.walls(run, clocks, columns),
        "lights": motion.lights(run, clocks, columns),
        "why": _why(spans, clocks, columns),
        "band": [[span.k0, span.k1, span.text, span.cause, span.tone] for span in strip],
        "events": [[round(event.t, 2), event.kind, event.text] for event in marks],
        "score": None if judged is None else _score(judged),
        "blob": columns.text(),
    }


def _told(told: Told) -> dict[str, Any]:
    return {"command": told.command, "ruling": [told.word, told.passed]}


def _head(run: RunLog, clocks: Clock, ttc_limit: float | None) -> dict[str, Any]:
    header, brief = run.header, run.briefing
    command = ["evpilot drive", header.scenario, f"--pilot {header.pilot}" if header.pilot else ""]
    command += [f"--traffic {header.traffic}", f"--platform {brief.platform.key}", f"--seed {header.seed}"]
    return {
        "version": header.version,
        "scenario": header.scenario,
        "scenarioHash": header.scenario_sha256,
        "hash": sha256(run),
        "pilot": header.pilot,
        "traffic": header.traffic,
        "seed": header.seed,
        "car": brief.platform.name,
        "outcome": run.outcome,
        "command": " ".join(part for part in command if part),
        "dt": clocks.dt,
        "n": clocks.ticks,
        "duration": round(clocks.duration, 6),
        "startNs": clocks.start_ns,
        "comfort": [-brief.limits.brake, brief.limits.accel],
        "ttcLimit": ttc_limit,
        "mass": brief.platform.mass,
    }


def _map(run: RunLog, clocks: Clock, columns: Columns) -> dict[str, Any]:
    graph = run.briefing.graph
    drawing = road.draw(graph, clocks.centre)
    goals = [road.turned(region[:, :2]) for goal in run.briefing.goals for region in goal.regions]
    for lane in sorted({lane for goal in run.briefing.goals for lane in goal.lanes}):
        rows = graph.points(lane)
        goals.append(road.turned(np.concatenate([graph.left[rows, :2], graph.right[rows, :2][::-1]])))
    shapes = {
        "areas": drawing.areas,
        "lines": drawing.lines,
        "marks": {"zebra": drawing.zebras, "stop": drawing.stops, "yield": drawing.yields, "goal": goals},
    }
    return {
        group: {name: _shapes(points, clocks, columns) for name, points in sorted(named.items()) if points}
        for group, named in shapes.items()
    }


def _shapes(points: list[Array], clocks: Clock, columns: Columns) -> dict[str, Any]:
    place = np.concatenate(points) - clocks.origin
    return {
        "start": columns.add(np.cumsum([0, *map(len, points)])),
        "x": columns.add(place[:, 0], motion.CM),
        "y": columns.add(place[:, 1], motion.CM),
    }


def _limits(run: RunLog, clocks: Clock, lanes: Ints) -> Array:
    """The speed limit in each tick [m/s], NaN where none is known."""
    out = np.full(clocks.ticks, np.nan)
    limit = np.append(run.briefing.graph.speed_limit, np.nan)
    out[clocks.tick] = limit[lanes]
    return np.where(np.isfinite(out), out, np.nan)


def _planned(run: RunLog, clocks: Clock) -> Array:
    out = np.full(clocks.ticks, np.nan)
    out[clocks.tick] = [frame.plan_ms for frame in run.frames]
    return out


def _series(verdict: Judged, name: str, clocks: Clock) -> tuple[Array, float | None]:
    """A judged quantity in each tick, NaN where it is not valid, and its limit."""
    out = np.full(clocks.ticks, np.nan)
    if not isinstance(verdict, Verdict):
        return out, None
    for metric in verdict.metrics:
        if metric.name == name:
            tick = np.round((metric.t_ns - clocks.start_ns) * 1e-9 / clocks.dt).astype(np.int64)
            good = metric.valid & np.isfinite(metric.value) & (tick >= 0) & (tick < clocks.ticks)
            out[tick[good]] = metric.value[good]
            return out, metric.limit
    return out, None


def _why(spans: list[thinking.Span], clocks: Clock, columns: Columns) -> dict[str, Any]:
    texts: dict[str, int] = {}
    text, cause, name, tone = (np.full(clocks.ticks, np.nan) for _ in range(4))
    for span in spans:
        text[span.k0 : span.k1] = texts.setdefault(span.text, len(texts))
        cause[span.k0 : span.k1] = span.cause
        name[span.k0 : span.k1] = span.name
        tone[span.k0 : span.k1] = ("", "yield", "fault").index(span.tone)
    rows = {"text": text, "cause": cause, "name": name, "tone": tone}
    return {"texts": list(texts)} | {key: columns.add(values) for key, values in rows.items()}


def _contacts(judged: Mapping[str, Any] | None, clocks: Clock) -> list[happenings.Event]:
    if judged is None:
        return []
    return [
        happenings.Event(
            t=max(0.0, (each["t_ns"] - clocks.start_ns) * 1e-9),
            kind="contact",
            text=f"contact with {each['object_id']}, {_blame(each)}",
        )
        for each in judged.get("collisions", [])
    ]


def _blame(contact: Mapping[str, Any]) -> str:
    if not contact["at_fault"]:
        return "not at fault"
    return "at fault" if contact.get("avoidable") else "at fault; a careful driver would not have avoided it"


def _score(judged: Mapping[str, Any]) -> dict[str, Any]:
    """What the verdict panel shows: score, gates, parts, and each metric that has a verdict of its own."""
    return {
        "total": judged.get("score"),
        "gates": dict(judged.get("gates", {})),
        "parts": [[part["name"], part["value"], part["weight"]] for part in judged.get("parts", [])],
        "goal": judged.get("goal_reached"),
        "offroad": judged.get("offroad"),
        "faults": judged.get("faults"),
        "collisions": len([each for each in judged.get("collisions", []) if not each.get("at_start")]),
        "atFault": len([e for e in judged.get("collisions", []) if e["at_fault"] and not e.get("at_start")]),
        "failed": [m["name"] for m in judged.get("metrics", []) if m.get("passed") is False],
    }
