"""Tables of drives and of sweeps, for a terminal."""

from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:  # the judge's kernels are no matter of tables
    from evpilot.evaluate import Verdict

GOOD, BAD, PLAIN = "green", "red", ""

ROWS = (  # of a sweep's summary: label, key, form
    ("drives", "scenarios", "d"),
    ("success", "success", "d"),
    ("goal reached", "goal_reached", "d"),
    ("collided at fault", "collisions_at_fault", "d"),
    ("  avoidably", "collisions_avoidable", "d"),
    ("collided at all", "collisions", "d"),
    ("off the road", "offroad", "d"),
    ("errors", "errors", "d"),
    ("mean time lost", "time_lost_mean", ".1%"),
    ("mean score", "score_mean", ".3f"),
)
FAULTS = ("collisions_at_fault", "collisions_avoidable", "errors")  # none is good, any is bad


def console() -> Console:
    """Where tables go."""
    return Console(soft_wrap=False)


def plain_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table with a line under its head; the columns named in right are set flush right. Where the terminal is too
    narrow its texts are broken, never its headings."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(
            Text(name), justify="right" if name in right else "left", overflow="fold", min_width=cell_len(name)
        )
    return table


def marked(text: str, good: bool | None) -> Text:
    """Text in green or red, or plain where there is nothing to judge."""
    return Text(text, style=PLAIN if good is None else GOOD if good else BAD)


def drives(verdicts: "Iterable[Verdict]") -> Table:
    """One row for each drive."""
    numbers = ("score", "time", "way", "Wh/km", "plan")
    table = plain_table("scenario", "verdict", "collisions", *numbers, right=numbers)
    for verdict in verdicts:
        mine, all_of_them = len(verdict.at_fault), len(verdict.counted)
        table.add_row(
            verdict.scenario,
            marked(_verdict(verdict), verdict.success),
            marked(f"{all_of_them}, {mine} ours" if all_of_them else "none", None if not all_of_them else mine == 0),
            f"{verdict.score:.2f}",
            f"{verdict.duration:.1f} s",
            f"{verdict.distance:.0f} m",
            _consumption(verdict),
            f"{verdict.plan_ms_p50:.1f} ms",
        )
    return table


def _consumption(verdict: "Verdict") -> str:
    value = float(verdict.metric("consumption").value[-1])
    return f"{value:.0f}" if isfinite(value) else ""


def _verdict(verdict: "Verdict") -> str:
    """What a drive fell short of, in words."""
    if verdict.success:
        return "success"
    return "short of: " + ", ".join(name.replace("_", " ") for name in verdict.shortfalls)


def summary(values: dict[str, Any]) -> Table:
    """A sweep's summary: all cases, and those with a navigation or a survival goal apart."""
    parts = {"all": values, "navigation": values["navigation"], "survival": values["survival"]}
    table = plain_table("", *parts, right=tuple(parts))
    for label, key, form in ROWS:
        cells = ("" if part[key] is None else format(part[key], form) for part in parts.values())
        goods = (part[key] == 0 if key in FAULTS else None for part in parts.values())
        table.add_row(label, *(marked(cell, good) for cell, good in zip(cells, goods, strict=True)))
    return table


def linked(path: Path) -> Text:
    """A path that a terminal may make a link of, never broken over two lines."""
    return Text(str(path), style=f"link {path.resolve().as_uri()}", no_wrap=True, overflow="ignore")
