"""Where the wheels stand when a drive begins."""

import math

import numpy as np
import pytest
from straight_road import scenario

from evpilot.maps.builder import GraphBuilder
from evpilot.simulate.start import BEND_MAX, start_state
from evpilot.types import LaneGraph
from evpilot.vehicle import platforms
from evpilot.vehicle.dynamics import Car

CAR = platforms.load("sedan")


def ring(radius: float) -> LaneGraph:
    """A lane that bends to the left around the origin, from (radius, 0) on."""
    angle = np.linspace(0.0, 3.0, 200)
    out = np.column_stack([np.cos(angle), np.sin(angle)])
    builder = GraphBuilder()
    builder.lane((radius - 1.75) * out, (radius + 1.75) * out)
    return builder.build()


def start(radius: float, speed: float, turned: float = 0.0, *, exact: bool = False, **known: float) -> np.ndarray:
    """The car at 60 degrees on the ring, turned so much [rad] off its direction."""
    at = math.radians(60.0)
    place = np.array([radius * math.cos(at), radius * math.sin(at), 0.0, at + 0.5 * math.pi + turned])
    return start_state(scenario(graph=ring(radius), start=place, start_speed=speed, **known), CAR, exact=exact)


@pytest.mark.parametrize(("radius", "speed"), [(20.0, 6.0), (60.0, 12.0), (300.0, 25.0)])
def test_who_moves_along_a_bend_goes_round_it(radius: float, speed: float) -> None:
    state = start(radius, speed)
    assert state[Car.YAW_RATE] == pytest.approx(speed / radius, rel=0.03)
    assert math.tan(state[Car.STEERING]) == pytest.approx(CAR.wheelbase / radius, rel=0.03)


def test_but_with_no_more_than_a_driver_bears() -> None:
    state = start(20.0, 15.0)
    assert state[Car.YAW_RATE] * state[Car.SPEED] == pytest.approx(BEND_MAX)


@pytest.mark.parametrize(
    "state",
    [
        start(20.0, 6.0, exact=True),
        start(20.0, 0.5),
        start(20.0, 6.0, turned=0.3),
        start_state(scenario(), CAR, exact=False),
    ],
    ids=["exact model", "hardly moves", "across its lane", "straight lane"],
)
def test_otherwise_the_wheels_are_straight(state: np.ndarray) -> None:
    assert state[Car.STEERING] == 0.0 and state[Car.YAW_RATE] == 0.0


def test_what_the_scenario_says_counts() -> None:
    assert start(20.0, 6.0, start_steering=-0.1)[Car.STEERING] == pytest.approx(-0.1)
    assert start(20.0, 6.0, start_yaw_rate=-0.2)[Car.YAW_RATE] == pytest.approx(-0.2)
