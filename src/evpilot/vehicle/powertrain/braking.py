"""Recuperation on the driven axle, the friction brakes for the rest, and the brake light.

What the wheels must lose is given; recuperation takes what motor, battery, speed and grip allow, and the friction
brakes take all that is left. So the car slows down equally whether recuperation is there or not (UN R13-H, 5.2.18.1).
"""

import math

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array
from evpilot.vehicle.powertrain.battery import ramp
from evpilot.vehicle.powertrain.columns import Ev

GRIP_SHARE = 0.95  # what driving and braking may take of the friction circle; the rest keeps the car steerable (ABS)
REGEN_GRIP = 0.8  # of the driven axle's grip, for recuperation: the ABS works on the friction brakes
FIRM, LIMIT = 0.6, 0.85  # of the whole grip: from the first on recuperation makes room for the ABS, beyond the second
LIGHT_MUST = 1.3  # [m/s2] UN R13-H 5.2.22.4: above it recuperation alone must show the brake light
LIGHT_MAY = 0.7  # [m/s2] 5.2.22.2 and 5.2.22.4: below it none is shown


@kernel()
def axle_grip(front_share: float, height: float, wheelbase: float, push: float, grip: float) -> tuple[float, float]:
    """Forces [N/kg of the car] that front and rear tyres can transmit while the car accelerates by push [m/s2].

    front_share of the weight at rest; height of the centre of gravity [m]; grip [m/s2] of the tyres.
    """
    moved = push * height / (wheelbase * 9.81)
    return grip * max(front_share - moved, 0.0), grip * max(1.0 - front_share + moved, 0.0)


@kernel()
def driven_grip(ev: Array, height: float, wheelbase: float, push: float, across: float, grip: float) -> float:
    """The driven axle's longitudinal grip [N/kg of the car] at a push along and an acceleration across [m/s2]."""
    left = math.sqrt(max(1.0 - (across / max(grip, 1e-6)) ** 2, 0.0))
    front, rear = axle_grip(ev[Ev.FRONT_SHARE], height, wheelbase, push, grip)
    if ev[Ev.DRIVEN] == 0.0:
        return left * front
    return left * rear if ev[Ev.DRIVEN] == 1.0 else left * grip


@kernel()
def recuperated_force(brake: float, pace: float, ev: Array, axle: float, grip: float, mass: float) -> float:
    """The part [N] of a braking force [N] that speed [m/s] and grip leave to the driven wheels' motor.

    axle is the driven axle's grip [N/kg of the car], grip that of all tyres [m/s2].
    """
    slow = ramp(pace, ev[Ev.FADE_LOW], ev[Ev.FADE_HIGH])
    room = 1.0 - ramp(brake / (mass * max(grip, 1e-6)), FIRM, LIMIT)
    return slow * min(room * brake, REGEN_GRIP * axle * mass)


@kernel()
def brake_light(shown: float, slowing: float, friction: float) -> float:
    """Whether the brake light shows (1 or 0) at a deceleration [m/s2] by the brakes, with friction [J] or without.

    Between the two thresholds recuperation alone leaves it as it was: it never flickers.
    """
    if slowing < LIGHT_MAY:
        return 0.0
    return 1.0 if slowing > LIGHT_MUST or friction > 0.0 else shown
