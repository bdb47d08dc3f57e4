"""evpilot under the peers' conditions: CommonRoad's kinematic BMW 320i, the recording replayed.

Prints one line of JSON for each drive. Its plan_ms is the CPU time of track, predict, plan and validate, from its own
predictions: it never sees the recording's future, which the peers are given.

Usage: ours.py SOLUTIONS COUNT SCENARIO.xml ...   (COUNT: how many candidates to weigh in a cycle; 0: its own)
"""

import json
import sys
import time
from pathlib import Path

import denser

from evpilot.scenarios import load
from evpilot.sweep import solutions
from evpilot.sweep.case import peak_memory_mb
from evpilot.sweep.driving import drive
from evpilot.sweep.warm import warm_up


def main() -> None:
    folder, count, files = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    warm_up()
    if count:
        denser.weigh(count)
    for file in files:
        world = load(file, 0)
        began = time.perf_counter()
        run = drive(world, platform="bmw320i", limits="verdict", traffic="replay")
        seconds = time.perf_counter() - began
        solutions.write(folder / Path(file).name, world, run)
        asked = [frame for frame in run.frames if frame.plan_ms > 0.0]
        traces = [frame.decision.trace for frame in asked if frame.decision is not None]
        row = {
            "scenario": Path(file).name.removesuffix(".xml"),
            "cpu_ms": [frame.plan_ms for frame in asked],
            "candidates": [int(trace.counts.sum()) for trace in traces if trace is not None],
            "agents": [len(frame.truth.objects) for frame in asked],
            "said": run.outcome,
            "seconds": seconds,
            "simulated": (int(run.t_ns[-1]) - int(run.t_ns[0])) * 1e-9,
            "memory_mb": peak_memory_mb(),
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
