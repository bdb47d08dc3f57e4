"""Jobs that cost nothing, and those that die, hang or raise: for the tests and the benchmark of the sweep engine.

As a program: python trivial.py FOLDER COUNT WORKERS ACKNOWLEDGED [SLEEP] runs or resumes a sweep of them and appends
the key of each acknowledged row to a file.
"""

import os
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evpilot.sweep.engine import Runner, run


@dataclass(frozen=True)
class Trivial:
    name: str
    number: int = 0

    @property
    def key(self):
        return self.name

    def row(self):
        return {"key": self.name, "case": self.name}


def made(sleep=0.0):
    return partial(work, sleep=sleep)


def work(job, sleep=0.0):
    if job.name == "deadly":
        os._exit(9)
    if job.name == "hangs":
        time.sleep(60.0)
    if job.name == "raises":
        raise ZeroDivisionError("one by nothing")
    if job.name == "nan":
        return {"value": float("nan")}
    time.sleep(sleep)
    third = job.number % 3
    return {"value": job.number * 0.1 if third else None, "count": third, "threads": os.environ["OMP_NUM_THREADS"]}


def jobs(count):
    return [Trivial(f"case-{number}", number) for number in range(count)]


def main():
    folder, count, workers, acknowledged, *sleep = sys.argv[1:]
    with Path(acknowledged).open("a") as file:

        def on_row(row, done, total):
            file.write(row["key"] + "\n")
            file.flush()

        make = partial(made, float(sleep[0]) if sleep else 0.0)
        run(
            jobs(int(count)), make, Path(folder), {"what": "trivial"}, Runner(workers=int(workers), resume=True), on_row
        )


if __name__ == "__main__":
    main()
