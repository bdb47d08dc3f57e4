"""Less grip and less sight: slower, and gentler."""

import math
from dataclasses import replace

import numpy as np
import pytest
from driving_scenes import CAR, one_lane
from planning_parts import briefing, ego_at, ring, seen

from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import car_vector, comfort_vector
from evpilot.plan.planner import Planner
from evpilot.plan.weather import CALM, SIGHT_BRAKE, SIGHT_REACTION, car_on, comfort_on, grip, sight_speed
from evpilot.predict.predictor import Predictor
from evpilot.types import ROAD, LaneGraph, Observation, no_tracks


@pytest.mark.parametrize(("sight", "friction"), [(30.0, 1.0), (60.0, 0.4), (150.0, 0.3), (400.0, 0.9)])
def test_the_car_stops_within_what_it_sees(sight: float, friction: float) -> None:
    speed = sight_speed(sight, friction)
    brake = min(SIGHT_BRAKE, CALM * grip(friction))
    assert 0.9 * sight - 5.0 < speed * SIGHT_REACTION + speed**2 / (2.0 * brake) < sight


def test_no_sight_no_motion() -> None:
    assert sight_speed(0.0, 1.0) == 0.0 and sight_speed(4.0, 0.5) == 0.0


def test_nothing_is_planned_that_the_tyres_cannot_hold() -> None:
    dry = car_vector(briefing(one_lane()))
    ice = car_on(dry, 0.2)
    assert np.array_equal(car_on(dry, 1.0)[:6], dry[:6]) and dry[6] > 6.0
    assert ice[6] == ice[9] == pytest.approx(0.2 * 9.81)
    comfort = comfort_vector(ROAD)
    assert np.array_equal(comfort_on(comfort, 1.0), comfort)
    assert np.all(comfort_on(comfort, 0.2)[:4] <= 0.2 * 9.81)


def driven(graph: LaneGraph, observation: Observation) -> np.ndarray:
    """Speeds (51,) [m/s] of the plan for one observation."""
    brief = briefing(graph)
    index = LaneIndex(graph)
    predicted = Predictor(graph, index, 0.1).predict(no_tracks(0), observation.lights, observation.ego)
    return Planner(brief, index).plan(observation, no_tracks(0), predicted).trajectory.speed


def test_fog_slows_the_car_down() -> None:
    clear = seen(ego_at(40.0, speed=12.0))
    fog = replace(clear, sight=25.0)
    assert driven(one_lane(), clear)[-1] > 12.0
    assert driven(one_lane(), fog)[-1] < sight_speed(25.0, 1.0) + 0.5


def test_on_ice_bends_are_taken_slower() -> None:
    dry = seen(ego_at(20.0, speed=9.0))
    ice = replace(dry, friction=0.2)
    radius = 30.0
    fast, slow = driven(ring(radius), dry)[-1], driven(ring(radius), ice)[-1]
    assert slow < math.sqrt(0.2 * 9.81 * radius) < fast + 1.0
    assert ROAD.emergency > 0.2 * 9.81 and CAR.brake_max > 0.2 * 9.81
