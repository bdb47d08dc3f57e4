"""The car when a drive begins."""

import math

import numpy as np

from evpilot.maps.index import lane_index
from evpilot.maps.reference import SPACING, reference_path
from evpilot.scenarios import Scenario
from evpilot.types import LaneGraph, Platform
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car

LATERAL_MAX = 4.0  # [m/s2] a start whose yaw rate asks for more is taken as noise of the recording
BEND_MAX = 3.0  # [m/s2] with which a car is taken to go round a bend already
MOVES = 1.0  # [m/s]
ALONG = 0.1  # [rad] off its lane's direction, who follows the lane


def start_state(scenario: Scenario, platform: Platform, *, exact: bool) -> Array:
    """The car (11,) by `Car` at a scenario's start, whose pose is the box centre's.

    The wheels stand as the scenario says, or else as its yaw rate asks for at its speed. Files give a yaw rate of 0
    for want of one: a car that moves along its lane then goes round the lane's bend, as it must to be where it is,
    unless the model is to be taken exactly as given.
    """
    state = np.zeros(len(Car))
    x, y, z, yaw = (float(value) for value in scenario.start)
    speed, steering = scenario.start_speed, scenario.start_steering
    if steering == 0.0 and abs(speed) > MOVES:
        bend = scenario.start_yaw_rate / speed if abs(scenario.start_yaw_rate * speed) < LATERAL_MAX else 0.0
        if scenario.start_yaw_rate == 0.0 and not exact:
            most = BEND_MAX / (speed * speed)
            bend = min(most, max(-most, bend_along(scenario.graph, x, y, z, yaw)))
        steering = math.atan(bend * platform.wheelbase)
    steering = min(platform.steering_max, max(-platform.steering_max, steering))
    b = platform.rear_to_center
    state[[Car.X, Car.Y, Car.Z]] = x - b * math.cos(yaw), y - b * math.sin(yaw), z
    state[Car.YAW] = math.atan2(math.sin(yaw), math.cos(yaw)) if abs(yaw) > math.pi else yaw
    state[Car.SPEED], state[Car.STEERING], state[Car.ACCEL] = speed, steering, scenario.start_accel
    state[Car.YAW_RATE] = speed * math.tan(steering) / platform.wheelbase
    state[Car.LATERAL_ACCEL] = speed * state[Car.YAW_RATE]
    return state


def bend_along(graph: LaneGraph, x: float, y: float, z: float, yaw: float) -> float:
    """The curvature [1/m] of the lane that a place [m] with a heading [rad] follows, 0 where it follows none."""
    lane, s, _ = lane_index(graph).nearest(x, y, z, yaw)
    if lane < 0:
        return 0.0
    table = reference_path(graph, np.array([lane], np.int64)).table
    _, _, along, bend, *_ = table[min(round(s / SPACING), len(table) - 1)].tolist()
    return bend if abs(math.remainder(along - yaw, math.tau)) < ALONG else 0.0
