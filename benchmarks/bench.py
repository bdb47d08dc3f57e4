#!/usr/bin/env python3
"""evpilot and its peers on the same recorded scenarios, in one run, one thread each; then how evpilot's cost grows.

Usage: benchmarks/bench.py [--scenarios 8] [--folder DIR] [--skip-peers] [--skip-scaling]   (`make bench`)

Each contestant runs in a process and an environment of its own (.bench/), drives every scenario in closed loop, and
writes CommonRoad solutions that the official checker judges. The peers see the recorded future of the others; evpilot
predicts it. Absolute times differ from machine to machine: compare within one run.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from environments import ROOT, environment, one_thread
from scaling import print_scaling
from verdict import verdicts

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("EVPILOT_DATA", ROOT / ".." / "shared" / "data")).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """Who takes part: its name, the Python that runs it, its harness and the harness's options; of its cycles those
    count that weighed a number of candidates between least and most."""

    name: str
    python: str
    harness: str
    options: tuple[str, ...] = ()
    least: int = 0
    most: int = 1_000_000


def contestants() -> list[Contestant]:
    """evpilot and the peers that install."""
    fiss, reactive = str(environment("fiss")), str(environment("reactive"))
    return [
        evpilot(0),
        Contestant(name="fiss_plus, default counts", python=fiss, harness="fiss.py", options=("5", "5", "5")),
        Contestant(
            name="fiss_plus, 300-900 candidates",
            python=fiss,
            harness="fiss.py",
            options=("9", "9", "9"),
            least=300,
            most=900,
        ),
        # where the car cannot drive any of its 360 samples, as from a start that is turned or bent against the path, it
        # goes on to 1,740 and to 8,874, which takes it a second: those cycles are left out, to its advantage
        Contestant(name="reactive-planner, 6 s, 360 samples", python=reactive, harness="reactive.py", most=360),
    ]


def evpilot(count: int) -> Contestant:
    """Ours, with so many candidates proposed in a cycle; 0: its own."""
    name = f"evpilot, {count} proposed" if count else "evpilot"
    return Contestant(name=name, python=sys.executable, harness="ours.py", options=(str(count),))


def run(contestant: Contestant, files: list[Path], out: Path) -> list[dict[str, Any]]:
    """Its rows, one for each scenario that it got through."""
    solutions = out / contestant.name.replace(" ", "_").replace(",", "")
    solutions.mkdir(parents=True, exist_ok=True)
    for old in solutions.glob("*.xml"):
        old.unlink()
    print(f"running {contestant.name} ...", file=sys.stderr, flush=True)
    command = [contestant.python, HERE / "peers" / contestant.harness, solutions, *contestant.options, *files]
    done = subprocess.run(command, env=one_thread(), capture_output=True, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(rows) < len(files):
        print(f"{contestant.name} ended after {len(rows)} of {len(files)}: {done.stderr[-300:]}", file=sys.stderr)
    words = verdicts(files, solutions, out / "parts", 2)
    for row in rows:
        row["valid"] = words.get(row["scenario"]) == "valid"
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A contestant's cycles that count: CPU time [ms] and candidates of each, (N,)."""

    ms: npt.NDArray[np.float64]
    candidates: npt.NDArray[np.float64]

    @property
    def per_candidate(self) -> float:
        """CPU time of one candidate [us]."""
        return float(1e3 * self.ms.sum() / max(self.candidates.sum(), 1.0))


def paired(ours: Contestant, theirs: Contestant, results: dict[str, list[dict[str, Any]]]) -> str:
    """How much faster per cycle one is than another, on the scenarios on which the other has cycles that count; it had
    none on the rest, with how many candidates it ended instead."""
    counted = [row for row in results[theirs.name] if len(figures(theirs, [row]).ms)]
    there = {row["scenario"] for row in counted}
    missing = [f"{row['scenario']} ({max(row['candidates'], default=0)} candidates, {row['said']})"
               for row in results[theirs.name] if row["scenario"] not in there]  # fmt: skip
    none = f"; no such cycle on {', '.join(missing)}" if missing else ""
    if not there:
        return f"{theirs.name} cannot be compared{none}: choose more scenarios"
    mine = figures(ours, [row for row in results[ours.name] if row["scenario"] in there])
    other = figures(theirs, counted)
    ratio = np.median(other.ms) / np.median(mine.ms)
    return (
        f"per cycle {ratio:.1f} times faster than {theirs.name}, on {len(there)} scenarios: {np.median(mine.ms):.2f} "
        f"against {np.median(other.ms):.2f} ms in {len(mine.ms)} and {len(other.ms)} cycles{none}"
    )


def figures(contestant: Contestant, rows: list[dict[str, Any]]) -> Figures:
    """What a contestant's rows say of its cycles."""
    cycles = [
        (ms, count)
        for row in rows
        for ms, count in zip(row["cpu_ms"], row["candidates"], strict=False)
        if contestant.least <= count <= contestant.most
    ]
    table = np.array(cycles, float).reshape(-1, 2)
    return Figures(ms=table[:, 0], candidates=table[:, 1])


def weighing(wanted: float, files: list[Path], out: Path) -> Contestant:
    """evpilot with as many proposals as make it weigh so many candidates in the median: it adds to what is proposed."""
    tried = evpilot(round(wanted))
    more = float(np.median(figures(tried, run(tried, files, out)).candidates)) - wanted
    return evpilot(round(wanted - more))


def print_table(taking_part: list[Contestant], results: dict[str, list[dict[str, Any]]], count: int) -> None:
    """One line for each contestant, and how evpilot compares."""
    head = ("", "cycles", "ms/cycle", "p99", "candidates", "us/candidate", "valid", "own word", "x real time", "MB")
    print(f"\n{count} scenarios\n\n| " + " | ".join(head) + " |\n|---" + "|---:" * (len(head) - 1) + "|")
    for contestant in taking_part:
        rows = results[contestant.name]
        one = figures(contestant, rows)
        if not len(one.ms):
            print(f"| {contestant.name} | no such cycle |" + " |" * (len(head) - 2))
            continue
        real_time = sum(row["simulated"] for row in rows) / sum(row["seconds"] for row in rows)
        cells = (
            f"{len(one.ms)}",
            f"{np.median(one.ms):.2f}",
            f"{np.percentile(one.ms, 99):.2f}",
            f"{np.median(one.candidates):.0f}",
            f"{one.per_candidate:.1f}",
            f"{sum(row['valid'] for row in rows)}",
            f"{sum(row['said'] in ('goal', 'success') for row in rows)}",
            f"{real_time:.1f}",
            f"{max(row['memory_mb'] for row in rows):.0f}",
        )
        print(f"| {contestant.name} | " + " | ".join(cells) + " |")
    if len(taking_part) < 4:
        return
    ours, _, fiss, reactive, *equal = taking_part
    print(f"\n{paired(ours, reactive, results)}")
    for one in equal:
        print(per_candidate(figures(one, results[one.name]), figures(fiss, results[fiss.name])))


def per_candidate(ours: Figures, theirs: Figures) -> str:
    """What one of our candidates costs against one of theirs, where both weigh about as many in a cycle."""
    return (
        f"per candidate {ours.per_candidate / theirs.per_candidate:.2f} of fiss_plus's cost, {ours.per_candidate:.1f} "
        f"against {theirs.per_candidate:.1f} us, with {np.median(ours.candidates):.0f} and "
        f"{np.median(theirs.candidates):.0f} candidates in the median of {len(ours.ms)} and {len(theirs.ms)} cycles"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DATA / "commonroad" / "recorded_ngsim")
    parser.add_argument("--scenarios", type=int, default=8, help="how many, spread evenly over the folder")
    parser.add_argument("--skip-peers", action="store_true")
    parser.add_argument("--skip-scaling", action="store_true")
    args = parser.parse_args()
    files = sorted(args.folder.resolve().rglob("*.xml"))
    if not files:
        sys.exit(f"bench: no scenarios below {args.folder}; set EVPILOT_DATA to the folder that holds commonroad/")
    chosen = [files[i] for i in np.unique(np.linspace(0, len(files) - 1, args.scenarios).astype(int))]
    out = ROOT / "results" / "bench"
    taking_part = contestants()[: 1 if args.skip_peers else None]
    results = {one.name: run(one, chosen, out) for one in taking_part}
    counted = [] if args.skip_peers else figures(taking_part[2], results[taking_part[2].name]).candidates
    if len(counted):
        taking_part.append(weighing(float(np.median(counted)), chosen, out))
        results[taking_part[-1].name] = run(taking_part[-1], chosen, out)
    print_table(taking_part, results, len(chosen))
    (out / "rows.json").write_text(json.dumps(results))
    if not args.skip_scaling:
        print_scaling(chosen[0])


if __name__ == "__main__":
    main()
