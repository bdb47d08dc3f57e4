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
from environments import ROOT, environment, one_thread
from scaling import print_scaling
from verdict import verdicts

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("EVPILOT_DATA", ROOT / ".." / "shared" / "data")).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """Who takes part: its name, the Python that runs it, its harness and the harness's options."""

    name: str
    python: str
    harness: str
    options: tuple[str, ...] = ()


def contestants() -> list[Contestant]:
    """evpilot and the peers that install."""
    fiss, reactive = str(environment("fiss")), str(environment("reactive"))
    return [
        Contestant(name="evpilot", python=sys.executable, harness="ours.py"),
        Contestant(name="fiss_plus, its counts", python=fiss, harness="fiss.py", options=("5", "5", "5")),
        Contestant(name="fiss_plus, many", python=fiss, harness="fiss.py", options=("13", "13", "13")),
        Contestant(name="reactive-planner, 6 s", python=reactive, harness="reactive.py"),
    ]


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


def print_table(results: dict[str, list[dict[str, Any]]], count: int) -> None:
    """One line for each contestant."""
    head = ("", "ms/cycle", "p99", "candidates", "us/candidate", "valid", "own word: goal", "x real time", "MB")
    print(f"\n{count} scenarios\n\n| " + " | ".join(head) + " |\n|---" + "|---:" * (len(head) - 1) + "|")
    for name, rows in results.items():
        if not rows:
            print(f"| {name} | did not run |" + " |" * (len(head) - 2))
            continue
        cycles = np.concatenate([row["cpu_ms"] for row in rows])
        candidates = np.concatenate([row["candidates"] for row in rows])
        real_time = sum(row["simulated"] for row in rows) / sum(row["seconds"] for row in rows)
        cells = (
            f"{np.median(cycles):.2f}",
            f"{np.percentile(cycles, 99):.2f}",
            f"{np.median(candidates):.0f}",
            f"{1e3 * cycles.sum() / max(candidates.sum(), 1):.1f}",
            f"{sum(row['valid'] for row in rows)}",
            f"{sum(row['said'] in ('goal', 'success') for row in rows)}",
            f"{real_time:.1f}",
            f"{max(row['memory_mb'] for row in rows):.0f}",
        )
        print(f"| {name} | " + " | ".join(cells) + " |")


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
    print_table(results, len(chosen))
    (out / "rows.json").write_text(json.dumps(results))
    if not args.skip_scaling:
        print_scaling(chosen[0])


if __name__ == "__main__":
    main()
