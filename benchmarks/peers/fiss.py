"""FISS+ (fiss-planner) in its own closed-loop benchmark, timed per cycle from outside.

Usage: fiss.py SOLUTIONS W V T SCENARIO.xml ...   (W V T: samples over width, speed and time; its default is 5 5 5)
"""

import sys
import time
from pathlib import Path
from typing import Any

from commonroad.common.file_reader import CommonRoadFileReader
from fiss_planner.commonroad import benchmark
from outcome import Drive, write_solution


class Timed:
    """A local planner whose `step` is timed; everything else passes through."""

    def __init__(self, planner: Any, drive: Drive) -> None:
        self._planner = planner
        self._drive = drive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._planner, name)

    def step(self, *arguments: Any) -> Any:
        cpu, wall = time.process_time(), time.perf_counter()
        out = self._planner.step(*arguments)
        self._drive.cpu_ms.append(1e3 * (time.process_time() - cpu))
        self._drive.wall_ms.append(1e3 * (time.perf_counter() - wall))
        self._drive.candidates.append(int(out.stats.num_generated))
        return out


def main() -> None:
    solutions, samples, files = Path(sys.argv[1]), tuple(map(int, sys.argv[2:5])), sys.argv[5:]
    options = benchmark.Options(planner="fiss_plus", smoother=False, samples=samples, vehicle="BMW_320i")
    make = benchmark._make_local_planner
    for file in files:
        drive = Drive(Path(file).name.removesuffix(".xml"))
        benchmark._make_local_planner = lambda opts, vehicle, drive=drive: Timed(make(opts, vehicle), drive)
        last: list[Any] = []

        def on_step(_t: float, ego: Any, _obstacles: Any, out: Any, _road: Any, drive=drive, last=last) -> None:
            drive.states.append((ego.x, ego.y, ego.yaw, ego.v, ego.kappa))
            last[:] = [out.trajectory]

        scenario, problems = CommonRoadFileReader(file).open()
        problem = next(iter(problems.planning_problem_dict.values()))
        began = time.perf_counter()
        row, _ = benchmark.run_scenario(file, options, on_step=on_step)
        drive.seconds, drive.said = time.perf_counter() - began, str(row["status"])
        drive.simulated = len(drive.cpu_ms) * scenario.dt
        if last and len(last[0]) >= 2:
            end = last[0].sample(float(scenario.dt))
            drive.states.append((end.x, end.y, end.yaw, end.v, end.kappa))
        if len(drive.states) > 1:
            name = solutions / Path(file).name
            write_solution(
                name, drive, scenario.scenario_id, problem.planning_problem_id, problem.initial_state.time_step
            )
        drive.emit()


if __name__ == "__main__":
    main()
