"""A drive of the exact kinematic car as CommonRoad's solution file."""

from pathlib import Path

import numpy as np

from evpilot.files import EvpilotError
from evpilot.runlog import Ego, RunLog
from evpilot.scenarios import Scenario
from evpilot.scenarios.solution import write_solution
from evpilot.types.state import Array


def states(run: RunLog, scenario: Scenario) -> Array:
    """The drive's states (T, 6) by scenario step: step, x, y of the box centre [m], steering [rad], speed [m/s], yaw
    [rad]. Raises EvpilotError unless the car was the exact model, whose clock is the scenario's."""
    if not run.briefing.limits.exact:
        raise EvpilotError("a solution needs the exact model; drive with the limits 'verdict'", place=scenario.name)
    ego = run.ego
    arm, yaw = run.briefing.platform.rear_to_center, ego[:, Ego.YAW]
    x, y = ego[:, Ego.X] + arm * np.cos(yaw), ego[:, Ego.Y] + arm * np.sin(yaw)
    step = np.round(run.t_ns / scenario.dt_ns)
    return np.stack([step, x, y, ego[:, Ego.STEERING], ego[:, Ego.SPEED], yaw], axis=1)


def write(path: Path, scenario: Scenario, run: RunLog) -> None:
    """Write the solution; a drive that ended where it began has none, since the checker takes no single state."""
    rows = states(run, scenario)
    if len(rows) > 1:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_solution(path, scenario=scenario, states=rows)
