"""What grip and sight leave to the car: how hard it can brake and turn, and how fast it may go."""

import math

import numpy as np

from evpilot.types.state import Array

GRAVITY = 9.81  # [m/s2]
CALM = 0.6  # of the grip is planned with, so that braking and steering together stay within it
BEND_SHARE = 0.5  # of the grip in a curve; the rest is for braking in it
SIGHT_BRAKE = 3.5  # [m/s2] ISO 15622:2018, at most, to stop for what comes into sight
SIGHT_REACTION = 0.5  # [s] until the brakes bite
SIGHT_SPARE = 5.0  # [m] before what was seen
HELD = [6, 9, 16]  # columns of `arrays.car_vector`: hardest braking, the hardest that is no emergency, and turning


def grip(friction: float) -> float:
    """The acceleration [m/s2] that the tyres can hold in any direction."""
    return friction * GRAVITY


def car_on(car: Array, friction: float) -> Array:
    """The car's limits (19,), as `arrays.car_vector` gives them, on a road of this friction."""
    limited = car.copy()
    limited[HELD] = np.minimum(car[HELD], grip(friction))
    return limited


def comfort_on(comfort: Array, friction: float) -> Array:
    """What a motion is held against, as `arrays.comfort_vector` gives it: comfortable acceleration, braking, turning,
    and the lateral limit [m/s2], which are its first four, only as far as the grip allows."""
    calm = CALM * grip(friction)
    limited = comfort.copy()
    limited[:4] = np.minimum(comfort[:4], [calm, calm, calm, max(calm, 0.9 * grip(friction))])
    return limited


def sight_speed(sight: float, friction: float) -> float:
    """The speed [m/s] from which the car stops within what it sees (Vienna Convention on Road Traffic, art. 13)."""
    brake = min(SIGHT_BRAKE, CALM * grip(friction))
    room = max(sight - SIGHT_SPARE, 0.0)
    lost = brake * SIGHT_REACTION
    return math.sqrt(lost * lost + 2.0 * brake * room) - lost
