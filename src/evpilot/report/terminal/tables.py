"""Tables of drives and of sweeps, for a terminal."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evpilot.evaluate import Verdict

GOOD, BAD, PLAIN = "green", "red", ""


def console() -> Console:
    """Where tables go."""
    return Console(soft_wrap=False)


def plain_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table with a line under its head; the columns named in right are set flush right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(Text(name), justify="right" if name in right else "left", overflow="fold")
    return table


def marked(text: str, good: bool | None) -> Text:
    """Text in green or red, or plain where there is nothing to judge."""
    return Text(text, style=PLAIN if good is None else GOOD if good else BAD)


def drives(verdicts: Iterable[Verdict]) -> Table:
    """One row for each drive."""
    numbers = ("score", "time [s]", "way [m]", "plan [ms]")
    table = plain_table(
        "scenario",
        "goal",
        "score",
        "collisions",
        "off road",
        "short of",
        "time [s]",
        "way [m]",
        "plan [ms]",
        right=numbers,
    )
    for verdict in verdicts:
        mine, all_of_them = len(verdict.at_fault), len(verdict.counted)
        touched = "none" if not all_of_them else f"{all_of_them}, {mine} at fault"
        table.add_row(
            verdict.scenario,
            marked("reached" if verdict.goal_reached else "missed", verdict.goal_reached),
            f"{verdict.score:.2f}",
            marked(touched, None if not all_of_them else mine == 0),
            marked("yes" if verdict.offroad else "no", False if verdict.offroad else None),
            marked(", ".join(verdict.shortfalls) or "nothing", verdict.success),
            f"{verdict.duration:.1f}",
            f"{verdict.distance:.0f}",
            f"{verdict.plan_ms_p50:.1f}",
        )
    return table


def summary(values: dict[str, Any]) -> Table:
    """A sweep's summary: all cases, and those with a navigation or a survival goal apart."""
    numbers = (
        "drives",
        "success",
        "goal reached",
        "at fault",
        "avoidable",
        "collisions",
        "off road",
        "errors",
        "mean score",
    )
    table = plain_table("", *numbers, right=numbers)
    for name in ("all", "navigation", "survival"):
        part = values if name == "all" else values[name]
        mean = part["score_mean"]
        table.add_row(
            name,
            str(part["scenarios"]),
            str(part["success"]),
            str(part["goal_reached"]),
            marked(str(part["collisions_at_fault"]), part["collisions_at_fault"] == 0),
            marked(str(part["collisions_avoidable"]), part["collisions_avoidable"] == 0),
            str(part["collisions"]),
            str(part["offroad"]),
            marked(str(part["errors"]), part["errors"] == 0),
            "" if mean is None else f"{mean:.3f}",
        )
    return table


def linked(path: Path) -> Text:
    """A path that a terminal may make a link of, never broken over two lines."""
    return Text(str(path), style=f"link {path.resolve().as_uri()}", no_wrap=True, overflow="ignore")
