"""What the eco preference saves, and what that costs in time: paired drives from line to line.

    python benchmarks/eco.py --family city protected_turn --seeds 1:4 --eco 0.25 0.5 1 --against idm --out eco.svg

Each pair is the same scenario with the same seed, without and with the preference. The energy is what left the inside
of the battery, less what the car's motion and height gained on the way, at what they take from the battery (over 0.9);
the battery's and the motor's heat is not used again, and counts as spent. A pair in which either drive does not reach
the goal is counted as failed, and left out.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evpilot.evaluate import judge
from evpilot.files import write_text
from evpilot.report.palette import palette
from evpilot.runlog import Ego, RunLog
from evpilot.scenarios import load
from evpilot.sweep import drive
from evpilot.types import Platform, Spent, Store
from evpilot.vehicle import platforms

DRIVE = 0.9  # of what the battery gives, that reaches the motion
WIDTH, HEIGHT, EDGE = 560, 400, 60


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive: did it arrive, how long [s], how far [m], energy [J], the judge's score, at-fault collisions."""

    arrived: bool
    seconds: float
    metres: float
    energy: float
    score: float
    at_fault: int


def accounted(run: RunLog, car: Platform) -> float:
    """Energy [J] from inside the battery, without what is still in motion, height and heat."""
    spent, first, last = run.spent[-1], run.store[0], run.store[-1]
    speeds = run.ego[[0, -1], Ego.SPEED]
    kinetic = 0.5 * car.mass * float(speeds[1] ** 2 - speeds[0] ** 2)
    height = car.mass * 9.81 * float(last[Store.HEIGHT] - first[Store.HEIGHT])
    return float(spent[Spent.DRAWN] + spent[Spent.BATTERY]) - (kinetic + height) / DRIVE


def driven(family: str, seed: int, car: Platform, eco: float, pilot: str) -> Drive:
    """Drive one scenario."""
    run = drive(load(family, seed), platform=car, seed=seed, eco=eco, pilot=pilot)
    verdict = judge(run)
    seconds = float(run.t_ns[-1] - run.t_ns[0]) * 1e-9
    metres = float(run.spent[-1][Spent.DISTANCE])
    return Drive(run.outcome == "goal", seconds, metres, accounted(run, car), verdict.score, len(verdict.at_fault))


def compared(pairs: list[tuple[Drive, Drive]]) -> tuple[float, float]:
    """Change of time and of energy [share] over all pairs in which both arrived."""
    good = [(a, b) for a, b in pairs if a.arrived and b.arrived]
    if not good:
        return float("nan"), float("nan")
    times, energies = (
        np.array([[getattr(one, key) for one in pair] for pair in good]) for key in ("seconds", "energy")
    )
    return float(times[:, 1].sum() / times[:, 0].sum() - 1.0), float(energies[:, 1].sum() / energies[:, 0].sum() - 1.0)


def curve(points: list[tuple[str, float, float]]) -> str:
    """Time against energy as a picture; points (label, change of time, change of energy)."""
    colour = palette()
    most_time = max(0.05, *(abs(time) for _, time, _ in points)) * 1.15
    most_energy = max(0.05, *(abs(energy) for _, _, energy in points)) * 1.15

    def place(time: float, energy: float) -> tuple[float, float]:
        x = EDGE + (time / most_time + 0.15) / 1.15 * (WIDTH - 2 * EDGE)
        return x, EDGE + (-energy / most_energy + 0.15) / 1.15 * (HEIGHT - 2 * EDGE)

    zero = place(0.0, 0.0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour["surface"]}"/>',
        f'<text x="{EDGE}" y="28" fill="{colour["ink"]}">energy against time, in per cent of the default pilot</text>',
        f'<path d="M{EDGE} {zero[1]:.0f}H{WIDTH - EDGE}M{zero[0]:.0f} {EDGE}V{HEIGHT - EDGE}" '
        f'stroke="{colour["line"]}"/>',
    ]
    line = sorted((p for p in points if p[0].startswith("eco") or p[0] == "default"), key=lambda point: point[1])
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(time, energy) for _, time, energy in line))
    out.append(f'<polyline points="{way}" fill="none" stroke="{colour["ego"]}" stroke-width="2"/>')
    for label, time, energy in points:
        x, y = place(time, energy)
        text = f"{label}: {100 * time:+.1f}, {100 * energy:+.1f}"
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour["ego"]}"/>')
        out.append(f'<text x="{x + 8:.1f}" y="{y - 6:.1f}" fill="{colour["ink2"]}">{text}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--family", nargs="+", default=["city", "protected_turn", "roundabout", "yield_sign"])
    options.add_argument("--seeds", default="1:4")
    options.add_argument("--eco", nargs="+", type=float, default=[0.25, 0.5, 1.0])
    options.add_argument("--against", nargs="*", default=[], help="other pilots, for comparison")
    options.add_argument("--platform", default="su7")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    car = platforms.load(chosen.platform)
    first, last = map(int, chosen.seeds.split(":"))
    wishes = [("default", 0.0, "evpilot"), *((f"eco {eco:g}", eco, "evpilot") for eco in chosen.eco)]
    wishes += [(name, 0.0, name) for name in chosen.against]
    drives: dict[str, list[Drive]] = {label: [] for label, _, _ in wishes}
    for family in chosen.family:
        for seed in range(first, last):
            for label, eco, pilot in wishes:
                one = driven(family, seed, car, eco, pilot)
                drives[label].append(one)
                print(
                    f"{family} {seed} {label:9} {'arrived' if one.arrived else 'FAILED'} {one.seconds:6.1f} s "
                    f"{one.metres:6.0f} m {one.energy / 3.6e3:7.1f} Wh score {one.score:.2f} at fault {one.at_fault}",
                    flush=True,
                )
    points: list[tuple[str, float, float]] = []
    for label, _, _ in wishes:
        pairs = list(zip(drives["default"], drives[label], strict=True))
        time, energy = compared(pairs)
        failed = sum(not (a.arrived and b.arrived) for a, b in pairs)
        scores = [float(np.mean([one.score for one in rows])) for rows in (drives["default"], drives[label])]
        faults = sum(one.at_fault for one in drives[label])
        print(
            f"{label:9} time {100 * time:+5.1f} %, energy {100 * energy:+5.1f} %, {failed} of {len(pairs)} pairs "
            f"failed, mean score {scores[1]:.3f} (default {scores[0]:.3f}), {faults} collisions at fault"
        )
        if np.isfinite(time):
            points.append((label, time, energy))
    if chosen.out is not None:
        write_text(chosen.out, curve(points))


if __name__ == "__main__":
    main()
