"""What the eco preference saves, and what that costs in time: paired drives from line to line.

    python benchmarks/eco.py --family city protected_turn --seeds 1:4 --eco 0.25 0.5 1 --against idm --out eco.svg

Each pair is the same scenario with the same seed, without and with the preference. The energy is what left the inside
of the battery, less what the car's motion and height gained on the way, at what they take from the battery (over 0.9);
the battery's and the motor's heat is not used again, and counts as spent. A pair in which either drive does not reach
the goal is counted as failed, and left out. Chance is large: who comes a second later meets a red light. So the
standard error over the pairs is told, too, and what all pairs took as far as both drives came within a few seconds of
each other, which chance then has not parted yet.

With `--optimum` each drive is also held against the least energy for its way in its time that lights and traffic
allowed (eco_optimum.py), and the share of that saving is told.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from eco_optimum import DRIVE, saved

from evpilot.evaluate import judge
from evpilot.files import write_text
from evpilot.report.palette import palette
from evpilot.runlog import RunLog
from evpilot.scenarios import load
from evpilot.sweep import drive
from evpilot.types import Platform, Spent, Store
from evpilot.types.state import Array
from evpilot.vehicle import platforms

APART = 4.0  # [s] between two drives at a place: more is another light, or another gap
WIDTH, HEIGHT, EDGE = 560, 400, 60


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive: did it arrive, how long [s], how far [m], energy [J], the judge's score, at-fault collisions; energy
    by the map and the least that was possible [J], NaN where not asked for; and (F, 3) how far, how long and energy
    at each frame."""

    arrived: bool
    seconds: float
    metres: float
    energy: float
    score: float
    at_fault: int
    used: float
    least: float
    track: Array


def track_of(run: RunLog, car: Platform) -> Array:
    """At each frame (F, 3): how far [m], how long [s], and the energy [J] so far from inside the battery, without what
    is still in motion, height and heat."""
    speeds = np.array([frame.truth.ego.speed for frame in run.frames])
    seconds = np.array([(frame.t_ns - run.t_ns[0]) * 1e-9 for frame in run.frames])
    height = run.store[:, Store.HEIGHT] - run.store[0, Store.HEIGHT]
    moved = car.mass * (0.5 * (speeds**2 - speeds[0] ** 2) + 9.81 * height) / DRIVE
    spent = run.spent[:, Spent.DRAWN] + run.spent[:, Spent.BATTERY]
    return np.stack([run.spent[:, Spent.DISTANCE], seconds, spent - moved], axis=1)


def together(pairs: list[tuple[Drive, Drive]]) -> tuple[float, float, float]:
    """As far as both drives of each pair came to each place within APART: metres in all, change of time and energy."""
    sums = np.zeros((2, 2))
    metres = 0.0
    for pair in pairs:
        places = np.arange(0.0, min(float(one.track[-1, 0]) for one in pair), 5.0)
        rows = np.array([[np.interp(places, one.track[:, 0], one.track[:, k]) for k in (1, 2)] for one in pair])
        apart = np.flatnonzero(np.abs(rows[1, 0] - rows[0, 0]) > APART)
        last = int(apart[0]) - 1 if len(apart) else len(places) - 1
        sums += rows[:, :, last]
        metres += float(places[last])
    time, energy = (sums[1] / sums[0] - 1.0).tolist()
    return metres, time, energy


def driven(family: str, seed: int, car: Platform, eco: float, pilot: str, optimum: bool) -> Drive:
    """Drive one scenario."""
    run = drive(load(family, seed), platform=car, seed=seed, eco=eco, pilot=pilot)
    verdict = judge(run)
    seconds = float(run.t_ns[-1] - run.t_ns[0]) * 1e-9
    metres = float(run.spent[-1][Spent.DISTANCE])
    arrived = run.outcome == "goal"
    used, least = saved(run, car) if optimum and arrived else (math.nan, math.nan)
    track = track_of(run, car)
    energy = float(track[-1, 2])
    return Drive(arrived, seconds, metres, energy, verdict.score, len(verdict.at_fault), used, least, track)


def compared(pairs: list[tuple[Drive, Drive]], key: str) -> tuple[float, float]:
    """Change [share] of one field over all pairs in which both arrived, and its standard error."""
    both = np.array([[getattr(one, key) for one in pair] for pair in pairs if pair[0].arrived and pair[1].arrived])
    if not len(both):
        return math.nan, math.nan
    ratio = float(both[:, 1].sum() / both[:, 0].sum())
    off = both[:, 1] - ratio * both[:, 0]  # of a ratio of sums (Cochran 1977, 2.11)
    error = math.sqrt(float(np.sum(off * off)) / max(len(both) - 1, 1) / len(both)) / float(both[:, 0].mean())
    return ratio - 1.0, error if len(both) > 1 else math.nan


def share_of_optimum(pairs: list[tuple[Drive, Drive]]) -> float:
    """What the second drives saved, of what could be saved in their time."""
    good = [(a, b) for a, b in pairs if math.isfinite(a.used) and math.isfinite(b.least)]
    could = math.fsum(a.used - b.least for a, b in good)
    return math.fsum(a.used - b.used for a, b in good) / could if could else math.nan


def curve(points: list[tuple[str, float, float]], what: str) -> str:
    """Time against energy as a picture of what was driven; points (label, change of time, change of energy)."""
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
        f'<text x="{EDGE}" y="28" fill="{colour["ink"]}">{what}: energy against time, in per cent of the '
        "default pilot</text>",
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
    options.add_argument("--optimum", action="store_true", help="hold each drive against the least energy")
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
                one = driven(family, seed, car, eco, pilot, chosen.optimum)
                drives[label].append(one)
                print(
                    f"{family} {seed} {label:9} {'arrived' if one.arrived else 'FAILED'} {one.seconds:6.1f} s "
                    f"{one.metres:6.0f} m {one.energy / 3.6e3:7.1f} Wh score {one.score:.2f} at fault {one.at_fault}"
                    + (f" least {one.least / 3.6e3:.1f} Wh" if chosen.optimum else ""),
                    flush=True,
                )
    points: list[tuple[str, float, float]] = []
    for label, _, _ in wishes:
        pairs = list(zip(drives["default"], drives[label], strict=True))
        (time, late), (energy, unsure) = compared(pairs, "seconds"), compared(pairs, "energy")
        failed = sum(not (a.arrived and b.arrived) for a, b in pairs)
        scores = [float(np.mean([one.score for one in rows])) for rows in (drives["default"], drives[label])]
        faults = sum(one.at_fault for one in drives[label])
        print(
            f"{label:9} time {100 * time:+5.1f} +- {100 * late:.1f} %, energy {100 * energy:+5.1f} +- "
            f"{100 * unsure:.1f} %, {failed} of {len(pairs)} pairs failed, mean score {scores[1]:.3f} (default "
            f"{scores[0]:.3f}), {faults} collisions at fault"
            + (f", {100 * share_of_optimum(pairs):.0f} % of the optimum's saving" if chosen.optimum else "")
        )
        if label != "default":
            way, slower, more = together(pairs)
            print(f"{'':9} as far as together, {way:.0f} m: time {100 * slower:+.1f} %, energy {100 * more:+.1f} %")
        if np.isfinite(time):
            points.append((label, time, energy))
    if chosen.out is not None:
        what = f"{', '.join(chosen.family)}, seeds {first} to {last - 1}, {chosen.platform}"
        write_text(chosen.out, curve(points, what))


if __name__ == "__main__":
    main()
