"""How people drive: car-following (IDM) and lane changes (MOBIL), shared by traffic, prediction and judges."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array

GAP_MIN = 0.01  # [m] closer than this is contact; keeps the interaction term finite
BRAKE_LIMIT = 10.0  # [m/s2] no road car brakes harder, whatever the formula says


@kernel()
def idm_accel(
    speed: float, wanted: float, gap: float, closing: float, s0: float, headway: float, accel: float, brake: float
) -> float:
    """Acceleration [m/s2] of the Intelligent Driver Model (Treiber, Hennecke and Helbing 2000).

    speed and wanted speed [m/s], gap [m] bumper to bumper (inf with nobody ahead), closing = speed - leader's speed
    [m/s], s0 standstill gap [m], headway [s], accel and comfortable brake [m/s2, both positive]. Two bounds beyond the
    paper: a car faster than wanted brakes at most at `brake`, and no answer is below -BRAKE_LIMIT.
    """
    ratio = speed / max(wanted, 0.1)
    free = max(accel * (1.0 - ratio * ratio * ratio * ratio), -brake)
    if not gap < 1e6:
        return free
    wish = s0 + max(0.0, speed * headway + speed * closing / (2.0 * math.sqrt(accel * brake)))
    share = wish / max(gap, GAP_MIN)
    return max(free - accel * share * share, -BRAKE_LIMIT)


@kernel(
    "f8[::1](f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1])",
)
def idm_accels(
    speed: Array, wanted: Array, gap: Array, closing: Array, s0: Array, headway: Array, accel: Array, brake: Array
) -> Array:
    """`idm_accel` for N cars: all arguments and the answer (N,)."""
    out = np.empty(speed.shape[0])
    for k in range(speed.shape[0]):
        out[k] = idm_accel(speed[k], wanted[k], gap[k], closing[k], s0[k], headway[k], accel[k], brake[k])
    return out


@kernel()
def mobil_gain(
    own_after: float,
    own_before: float,
    new_after: float,
    new_before: float,
    old_after: float,
    old_before: float,
    politeness: float,
) -> float:
    """What a lane change gains [m/s2] by MOBIL (Kesting, Treiber and Helbing 2007), the car's own acceleration plus
    politeness times what it does to the new and the old follower (accelerations [m/s2] after and before)."""
    others = (new_after - new_before) + (old_after - old_before)
    return own_after - own_before + politeness * others


@kernel()
def mobil_wants(gain: float, new_after: float, own_after: float, threshold: float, brake_safe: float) -> bool:
    """Whether MOBIL changes lanes: the gain is above the threshold [m/s2], and neither the new follower nor the car
    itself must then brake harder than brake_safe [m/s2, positive]."""
    return gain > threshold and new_after >= -brake_safe and own_after >= -brake_safe
