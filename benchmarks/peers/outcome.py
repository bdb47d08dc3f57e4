"""What every peer's harness writes: its driven states as a CommonRoad solution, its timings as one JSON line.

Runs inside the peers' own environments (commonroad-io, no evpilot).
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from commonroad.common.solution import (
    CommonRoadSolutionWriter,
    CostFunction,
    PlanningProblemSolution,
    Solution,
    VehicleModel,
    VehicleType,
)
from commonroad.scenario.state import KSState
from commonroad.scenario.trajectory import Trajectory

WHEELBASE = 2.5789  # [m] CommonRoad vehicle models, BMW 320i


@dataclass
class Drive:
    """One closed-loop drive of a peer: CPU and wall time of each planning cycle [ms], its candidates, its states
    (x, y, yaw, speed, curvature) of the box centre, one for each scenario step from the start on."""

    scenario: str
    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    states: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    said: str = ""
    seconds: float = 0.0
    simulated: float = 0.0

    def emit(self) -> None:
        """Print the row that bench.py reads."""
        row = {name: getattr(self, name) for name in ("scenario", "cpu_ms", "wall_ms", "candidates", "said")}
        row |= {"seconds": self.seconds, "simulated": self.simulated}
        row["memory_mb"] = peak_memory_mb()
        print(json.dumps(row), flush=True)


def peak_memory_mb() -> float:
    """The process's largest resident size; Linux's rusage would count its parent's too."""
    peaks = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0].split()[1]) / 1024.0


def write_solution(path: Path, drive: Drive, scenario_id: object, problem_id: int, first_step: int) -> None:
    """Write the driven states as a solution of the KS model with the BMW 320i, named like the scenario file."""
    states = [
        KSState(
            time_step=first_step + step,
            position=np.array([x, y]),
            orientation=yaw,
            velocity=speed,
            steering_angle=math.atan(WHEELBASE * curvature),
        )
        for step, (x, y, yaw, speed, curvature) in enumerate(drive.states)
    ]
    part = PlanningProblemSolution(
        planning_problem_id=problem_id,
        vehicle_model=VehicleModel.KS,
        vehicle_type=VehicleType.BMW_320i,
        cost_function=CostFunction.JB1,
        trajectory=Trajectory(first_step, states),
    )
    solution = Solution(scenario_id, [part])
    CommonRoadSolutionWriter(solution).write_to_file(str(path.parent), path.name, overwrite=True)
