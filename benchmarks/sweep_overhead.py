"""What the sweep engine costs: its time for each trivial case, its workers' memory, and kills at random moments.

Usage: python benchmarks/sweep_overhead.py [--cases 10000] [--workers 1] [--kernels] [--kills 0] [--out FOLDER]

--kernels lets each worker load all of evpilot's kernels first, as in a real sweep. --kills N kills a sweep N times with
SIGKILL, resumes it each time, and checks that no acknowledged row was lost and none is there twice.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "sweep"))

import trivial

from evpilot.sweep.case import peak_memory_mb
from evpilot.sweep.engine import Runner, read_results, run
from evpilot.sweep.store import read_parts
from evpilot.sweep.table import table_sha256

CONDITIONS = {"what": "trivial"}


def remembering(kernels):
    """Trivial work that also tells the worker's memory and CPU time."""
    if kernels:
        from evpilot.sweep.warm import warm_up

        warm_up(processes=1)
    return lambda job: trivial.work(job) | {"memory_mb": peak_memory_mb(), "cpu_s": time.process_time()}


def overhead(folder, cases, workers, kernels):
    shutil.rmtree(folder, ignore_errors=True)
    began, cpu, first = time.perf_counter(), time.process_time(), []

    def on_row(row, done, count):
        first[:] = first or [time.perf_counter()]

    table = run(trivial.jobs(cases), partial(remembering, kernels), folder, CONDITIONS, Runner(workers=workers), on_row)
    wall = time.perf_counter() - first[0]
    parent = time.process_time() - cpu
    memory, busy = table["memory_mb"].to_pylist(), table["cpu_s"].to_pylist()
    print(f"{cases} cases, {workers} workers, kernels {'loaded' if kernels else 'not loaded'}")
    print(f"wall: {1e3 * wall * workers / cases:.3f} ms for a case and worker (start {first[0] - began:.1f} s apart)")
    print(
        f"CPU: parent {1e3 * parent / cases:.3f} ms, worker {1e3 * (max(busy) - min(busy)) / cases:.3f} ms for a case"
    )
    tenth = len(memory) // 10
    print(f"a worker's peak memory: {max(memory[:tenth])} MB after a tenth, {max(memory)} MB at the end")
    print(f"this process: {peak_memory_mb()} MB")


def kills(folder, count, workers):
    """Kill and resume sweeps of 20,000 cases until there were `count` kills."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    acknowledged, rng, killed, finished = folder / "acknowledged", random.Random(count), 0, 0
    program = [
        sys.executable,
        trivial.__file__,
        str(folder / "swept"),
        "4000",
        str(workers),
        str(acknowledged),
        "0.002",
    ]
    run(trivial.jobs(4000), trivial.made, folder / "whole", CONDITIONS, Runner())
    expected = table_sha256(read_results(folder / "whole"))
    while killed < count:
        sweep = subprocess.Popen(program)
        try:
            sweep.wait(rng.uniform(0.2, 4.0))
        except subprocess.TimeoutExpired:
            sweep.send_signal(signal.SIGKILL)
            sweep.wait()
            killed += 1
            there = read_parts(folder / "swept")
            kept = there["key"].to_pylist() if len(there) else []
            said = acknowledged.read_text().splitlines() if acknowledged.is_file() else []
            assert set(said) <= set(kept), "an acknowledged row was lost"
            assert len(kept) == len(set(kept)), "a row is there twice"
            continue
        assert table_sha256(read_results(folder / "swept")) == expected, "the resumed table is another"
        finished += 1
        shutil.rmtree(folder / "swept")
        acknowledged.unlink()
    subprocess.run(program, check=True)
    assert table_sha256(read_results(folder / "swept")) == expected, "the resumed table is another"
    print(f"{killed} kills, {finished + 1} sweeps finished: no row lost, none doubled, every table the same")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kernels", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("sweep_overhead"))
    options = parser.parse_args()
    if options.kills:
        kills(options.out, options.kills, options.workers)
    else:
        overhead(options.out, options.cases, options.workers, options.kernels)
