"""Writing CommonRoad solution files, for the official verdict.

The format is that of commonroad-io's CommonRoadSolutionWriter: a kinematic single-track (KS) trajectory of a BMW 320i
(vehicle type 2) with cost function SM1.
"""

import math
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from evpilot.files import EvpilotError, write_text
from evpilot.scenarios.scenario import Scenario
from evpilot.types.state import Array

VEHICLE = "KS2"
COST = "SM1"
FIELDS = ("x", "y", "steeringAngle", "velocity", "orientation", "time")


def write_solution(path: str | Path, *, scenario: Scenario, states: Array, version: str = "") -> None:
    """Write the states of a drive as the solution of a scenario's planning problem.

    states (T, 6): time step of the scenario, from 0 and without gaps; x, y [m] of the box CENTRE; steering [rad];
    speed [m/s]; yaw [rad]. The file numbers steps and yaw as the scenario's file does: its verdict refuses a yaw that
    is a whole turn off. version is the format's, by default that of the scenario. Raises EvpilotError when the
    scenario is no CommonRoad file or the states are not finite, too few, or not consecutive.
    """
    version = version or scenario.format_version
    if not scenario.benchmark_id or not version:
        raise EvpilotError("only a scenario from a CommonRoad file has a solution file", place=scenario.name)
    if states.ndim != 2 or states.shape[1] != 6 or len(states) < 2:
        raise EvpilotError(f"states of shape {states.shape}, allowed (2 or more, 6)", place=scenario.name)
    if not np.all(np.isfinite(states)):
        raise EvpilotError("a state is not finite", place=scenario.name)
    if not np.array_equal(states[:, 0], np.arange(len(states))):
        raise EvpilotError("time steps must be 0, 1, 2, ... without gaps", place=scenario.name)
    turn = 2.0 * math.pi * round((scenario.start_yaw_in_file - scenario.start[3]) / (2.0 * math.pi))
    yaw = np.unwrap(np.concatenate([[scenario.start[3]], states[:, 5]]))[1:] + turn
    benchmark = f"{VEHICLE}:{COST}:{scenario.benchmark_id}:{version}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<CommonRoadSolution benchmark_id={quoteattr(benchmark)}>",
        f'  <ksTrajectory planningProblem="{scenario.problem_id}">',
    ]
    for row, heading in zip(states, yaw, strict=True):
        values = (*(repr(float(value)) for value in (*row[1:5], heading)), str(scenario.first_time_step + int(row[0])))
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in zip(FIELDS, values, strict=True))
        lines.append(f"    <ksState>{fields}</ksState>")
    lines += ["  </ksTrajectory>", "</CommonRoadSolution>", ""]
    write_text(path, "\n".join(lines))
