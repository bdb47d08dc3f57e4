"""What each part of the pilot is worth: the library driven with it, and without each in turn, in one table.

    python benchmarks/ablations.py --seeds 0:20 --out out/ablations

Every pilot drives the same families, seeds and difficulties; a run that was killed goes on where it stopped.
"""

import argparse
from pathlib import Path
from typing import Any

from evpilot.sweep.scoring import SPREAD, score
from evpilot.sweep.settings import Settings

WITHOUT = "evpilot.pilot.baselines.without:Without"
PILOTS = {
    "full pilot": "evpilot",
    "without reactive re-scoring": f"{WITHOUT}Reactive",
    "without contingency": f"{WITHOUT}Contingency",
    "without fitted drivers": f"{WITHOUT}FittedDrivers",
    "without lane-change proposals": f"{WITHOUT}LaneChanges",
    "plain IDM": "idm",
    "privileged": "privileged",
    "frozen": "frozen",
    "blind": "blind",
    "reckless": "reckless",
}
PARTS = tuple(PILOTS)[:6]  # what is driven when no pilot is named
COLUMNS = ("drives", "success", "at fault", "avoidable", "goal", "time lost", "score")


def main() -> None:
    """Drive what is asked for with every pilot, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:5", help="A:B, as in evpilot score")
    parser.add_argument("--difficulty", default="spread", help="0 to 1, or spread")
    parser.add_argument("--family", action="append", default=[], help="only these families")
    parser.add_argument("--pilot", action="append", default=[], choices=list(PILOTS), help="only these pilots")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("results/ablations"))
    asked = parser.parse_args()
    first, last = (int(part) for part in asked.seeds.split(":"))
    tables: dict[str, dict[str, Any]] = {}
    for title in asked.pilot or PARTS:
        results = score(
            "library",
            Settings(pilot=PILOTS[title]),
            seeds=range(first, last),
            families=asked.family,
            difficulty=SPREAD if asked.difficulty == "spread" else float(asked.difficulty),
            workers=asked.workers,
            resume=True,
            out=asked.out / title.replace(" ", "_"),
        )
        tables[title] = dict(results.summary)
        show(tables)


def show(tables: dict[str, dict[str, Any]]) -> None:
    """Print a line for each pilot, and in which families each drives less well than the full one."""
    print(f"{'pilot':30s}" + "".join(f"{name:>11s}" for name in COLUMNS))
    for title, summary in tables.items():
        print(f"{title:30s}" + "".join(f"{cell:>11s}" for cell in cells(summary)))
    full = tables.get("full pilot")
    if full is None:
        return
    for title, summary in tables.items():
        lost = {
            family: f"{counts['success']} for {full['families'][family]['success']}"
            for family, counts in summary["families"].items()
            if counts["success"] < full["families"][family]["success"]
        }
        if lost:
            print(f"{title} succeeds less often in: " + ", ".join(f"{name} ({how})" for name, how in lost.items()))


def cells(summary: dict[str, Any]) -> list[str]:
    """One pilot's cells in the order of COLUMNS."""
    count = summary["scenarios"]
    lost = summary["time_lost_mean"]
    return [
        str(count),
        f"{summary['success'] / count:.1%}",
        str(summary["collisions_at_fault"]),
        str(summary["collisions_avoidable"]),
        f"{summary['goal_reached'] / count:.1%}",
        "" if lost is None else f"{lost:.1%}",
        f"{summary['score_mean']:.3f}",
    ]


if __name__ == "__main__":
    main()
