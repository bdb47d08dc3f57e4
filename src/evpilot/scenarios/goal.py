"""When a goal is reached: the one answer that the loop and the judge share."""

import numpy as np

from evpilot.geometry.polygon import holds
from evpilot.types import Goal, LaneGraph
from evpilot.types.state import Array, Bools

TIME_SLACK = 1e-6  # [s] step times are multiples of dt in floating point
SLACK = 1e-9  # [m/s], [rad] rounding


def goal_reached(goal: Goal, graph: LaneGraph, x: float, y: float, yaw: float, speed: float, seconds: float) -> bool:
    """Whether one instant fulfils every condition of a goal; x, y [m] and yaw [rad] of the box CENTRE.

    seconds since the scenario's start; graph holds the lanes that the goal may name.
    """
    return bool(goal_mask(goal, graph, *np.array([[x], [y], [yaw], [speed], [seconds]]))[0])


def goal_mask(goal: Goal, graph: LaneGraph, x: Array, y: Array, yaw: Array, speed: Array, seconds: Array) -> Bools:
    """`goal_reached` for N instants at once: all arguments and the answer (N,)."""
    good = np.ones(len(x), np.bool_)
    if goal.time is not None:
        good &= (seconds >= goal.time[0] - TIME_SLACK) & (seconds <= goal.time[1] + TIME_SLACK)
    if goal.speed is not None:
        good &= (speed >= goal.speed[0] - SLACK) & (speed <= goal.speed[1] + SLACK)
    if goal.yaw is not None:
        good &= np.mod(yaw - goal.yaw[0] + SLACK, 2.0 * np.pi) <= goal.yaw[1] - goal.yaw[0] + 2.0 * SLACK
    if goal.survival or not good.any():
        return good
    there = np.zeros(len(x), np.bool_)
    points = np.array((x, y)).T
    for polygon in places(goal, graph):
        there |= holds(polygon, points)
    return good & there


def places(goal: Goal, graph: LaneGraph) -> list[Array]:
    """The polygons (K, 2) [m] of which one must hold the centre: the goal's regions and its lanes' areas."""
    found = list(goal.regions)
    for lane in goal.lanes:
        rows = graph.points(lane)
        found.append(np.concatenate([graph.left[rows, :2], graph.right[rows, :2][::-1]]))
    return found
