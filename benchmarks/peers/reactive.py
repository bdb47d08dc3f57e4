"""commonroad-reactive-planner in a closed loop: 6 s horizon, 360 samples first, re-planned in every scenario step.

It is given what its own examples give it: the obstacles' true future, and the road boundary, as collision objects.

Usage: reactive.py SOLUTIONS SCENARIO.xml ...
"""

import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from commonroad.common.file_reader import CommonRoadFileReader
from commonroad_route_planner.reference_path_planner import ReferencePathPlanner
from commonroad_route_planner.route_planner import RoutePlanner
from commonroad_rp.reactive_planner import ReactivePlanner
from commonroad_rp.state import ReactivePlannerState
from commonroad_rp.utility.config import ReactivePlannerConfiguration
from commonroad_rp.utility.utils_coordinate_system import create_coordinate_system
from outcome import Drive, write_solution

HORIZON_STEPS = 60


def lengthened(path: np.ndarray, before: float = 30.0, after: float = 150.0) -> np.ndarray:
    """The path with straight ends, since samples beyond it make the planner raise."""
    head, foot = path[1] - path[0], path[-1] - path[-2]
    first = path[0] - head / np.linalg.norm(head) * np.arange(before, 0.0, -1.0)[:, None]
    last = path[-1] + foot / np.linalg.norm(foot) * np.arange(1.0, after + 1.0)[:, None]
    return np.concatenate([first, path, last])


def planner_for(scenario: Any, problem: Any) -> ReactivePlanner:
    """The planner on the shortest route's reference path."""
    config = ReactivePlannerConfiguration()
    config.planning.dt = scenario.dt
    config.planning.time_steps_computation = HORIZON_STEPS
    config.planning.__post_init__()
    config.debug.multiproc = False
    config.debug.logging_level = "CRITICAL"
    if not problem.initial_state.has_value("slip_angle"):
        problem.initial_state.slip_angle = 0.0  # the planner deletes it unasked
    config.update(scenario, problem)
    planner = ReactivePlanner(config)
    routes = RoutePlanner(scenario.lanelet_network, problem).plan_routes()
    path = ReferencePathPlanner(scenario.lanelet_network, problem, routes).plan_shortest_reference_path()
    planner.set_reference_path(coordinate_system=create_coordinate_system(lengthened(path.reference_path)))
    return planner


def drive_one(planner: ReactivePlanner, problem: Any, drive: Drive, steps: int) -> None:
    """Plan, take one step of the plan, plan again, until the goal, the end, or no plan is found."""
    planner.record_state_and_input(planner.x_0)
    for _ in range(steps):
        if planner.goal_reached():
            drive.said = "success"
            return
        planner.set_desired_velocity(current_speed=planner.x_0.velocity)
        cpu, wall = time.process_time(), time.perf_counter()
        plan = planner.plan()
        drive.cpu_ms.append(1e3 * (time.process_time() - cpu))
        drive.wall_ms.append(1e3 * (time.perf_counter() - wall))
        drive.candidates.append(int(planner.total_count_samples))
        if plan is None:
            drive.said = "no_plan"
            return
        planner.record_state_and_input(plan[0].state_list[1])
        planner.reset(
            initial_state_cart=planner.record_state_list[-1],
            initial_state_curv=(plan[1][1], plan[2][1]),
            collision_checker=planner.collision_checker,
            coordinate_system=planner.coordinate_system,
        )
    drive.said = "success" if planner.goal_reached() else "timeout"


def centre(state: ReactivePlannerState, rear_to_center: float, wheelbase: float) -> tuple[float, ...]:
    """A recorded rear-axle state as the box centre's."""
    x, y = state.position
    yaw = state.orientation
    curvature = math.tan(state.steering_angle) / wheelbase
    return (
        x + rear_to_center * math.cos(yaw),
        y + rear_to_center * math.sin(yaw),
        yaw,
        state.velocity,
        curvature,
    )


def main() -> None:
    solutions, files = Path(sys.argv[1]), sys.argv[2:]
    for file in files:
        drive = Drive(Path(file).name.removesuffix(".xml"))
        began = time.perf_counter()
        try:
            scenario, problems = CommonRoadFileReader(file).open()
            problem = next(iter(problems.planning_problem_dict.values()))
            end = problem.goal.state_list[0].time_step.end
            planner = planner_for(scenario, problem)
            drive_one(planner, problem, drive, int(end) + 1)
        except Exception as error:  # noqa: BLE001 - a peer's failure on one file is its outcome there
            drive.said = f"error: {type(error).__name__}: {error}"[:120]
        drive.seconds = time.perf_counter() - began
        drive.simulated = len(drive.cpu_ms) * 0.1
        if drive.said in ("success", "timeout"):
            car = planner.vehicle_params
            drive.states = [centre(s, car.wb_rear_axle, car.wheelbase) for s in planner.record_state_list]
            first = problem.initial_state.time_step
            write_solution(solutions / Path(file).name, drive, scenario.scenario_id, problem.planning_problem_id, first)
        drive.emit()
    os._exit(0)  # its bindings print one line for each leaked object when the interpreter ends


if __name__ == "__main__":
    main()
