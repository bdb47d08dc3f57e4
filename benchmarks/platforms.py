"""The library on every car: what changes with the platform.

    python benchmarks/platforms.py --family cut_in roundabout --seeds 0:1 --platform sedan leaf40 su7

One row for each family: success on each car, and what fell short where it did; at the end each car's success, mean time
and consumption against the first car's.
"""

import argparse
import math
from dataclasses import dataclass

import numpy as np

from evpilot.evaluate import judge
from evpilot.scenarios import library, load
from evpilot.sweep import drive
from evpilot.vehicle import platforms

SAME = 0.02  # of success, within which a car drives as well as the first


@dataclass(frozen=True, slots=True)
class Cell:
    """One drive: whether it succeeded, what fell short, time [s], Wh/km."""

    success: bool
    short_of: tuple[str, ...]
    seconds: float
    consumption: float


def driven(family: str, seed: int, car: str) -> Cell:
    """Drive one scenario with one car, which the planner knows."""
    verdict = judge(drive(load(family, seed), platform=car, seed=seed))
    used = float(verdict.metric("consumption").value[-1])
    return Cell(verdict.success, tuple(verdict.shortfalls), verdict.duration, used)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--family", nargs="+", default=list(library.names()))
    options.add_argument("--seeds", default="0:1")
    options.add_argument("--platform", nargs="+", default=["sedan", *(k for k in platforms.names() if k != "sedan")])
    chosen = options.parse_args()
    first, last = map(int, chosen.seeds.split(":"))
    cells: dict[str, list[Cell]] = {car: [] for car in chosen.platform}
    for family in chosen.family:
        for seed in range(first, last):
            for car in chosen.platform:
                one = driven(family, seed, car)
                cells[car].append(one)
                how = "success" if one.success else "short of " + ", ".join(one.short_of)
                print(
                    f"{family:18} {seed} {car:15} {how}, {one.seconds:.1f} s, {one.consumption:.0f} Wh/km", flush=True
                )
    usual = cells[chosen.platform[0]]
    for car, rows in cells.items():
        share, base = (float(np.mean([one.success for one in part])) for part in (rows, usual))
        longer = math.fsum(one.seconds for one in rows) / math.fsum(one.seconds for one in usual) - 1.0
        mean = float(np.nanmean([one.consumption for one in rows]))
        verdict = "as well" if share >= base - SAME else "WORSE"
        print(f"{car:15} {100 * share:5.1f} % success ({verdict}), time {100 * longer:+.1f} %, {mean:.0f} Wh/km")


if __name__ == "__main__":
    main()
