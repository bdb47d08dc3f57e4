"""How drivers move along their paths, and where that puts their boxes."""

import math

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.simulate.traffic.drivers import HALF_LENGTH
from evpilot.simulate.traffic.line import box_on
from evpilot.simulate.traffic.scene import CLAIM_X, CLAIM_Y, COS, SIN, SPEED, VX, VY, X, Y, Z
from evpilot.types.state import Array, Ints

# Columns of the drivers' motion (D, 12): along their path [m], beside it [m, left], speed, acceleration, sideways
# speed; how long they waited at a crossing, stood at a stop sign, since their last change of lanes [s]; yaw, yaw rate;
# how long a need to brake went unseen [s]; where beside their path they mean to be [m, left].
S, D, V, A, RATE, WAITED, STOOD, SINCE, YAW, TURNING, UNSEEN, AIM = range(12)
# Columns of their links (D, 5): path; side that the route needs (1 left, -1 right); changing lanes; the stop sign
# honoured last; what their lamps show.
PATH, NEED, CHANGING, PASSED, LAMPS = range(5)

SETTLE_CHANGE = 0.9  # [1/s] how fast a change of lanes, or to where one passes somebody, settles (about 4 s)
SETTLE_DRIFT = 0.25  # [1/s] how fast a recorded offset decays
SIDEWAYS_MAX = 1.5  # [m/s]
SIDEWAYS_SHARE = 0.45  # of the speed: who creeps steers hard
SETTLED = 0.25  # [m] from the lane's middle a change is over
STANDS = 0.1  # [m/s]


@kernel()
def place(i: int, motion: Array, who: Array, link: Ints, point: Array, arc: Array, things: Array, dt: float) -> None:
    """Write where driver i is into `things`, and its yaw and yaw rate."""
    m = motion[i]
    x, y, z, along, tx, ty = box_on(m[S], m[D], who[i, HALF_LENGTH], point, arc)
    yaw = wrap(along + math.atan2(m[RATE], max(m[V], 2.0)))
    m[TURNING] = wrap(yaw - m[YAW]) / dt if dt > 0.0 else 0.0
    m[YAW] = yaw
    row = things[i]
    row[X], row[Y], row[Z] = x, y, z
    row[COS], row[SIN] = math.cos(yaw), math.sin(yaw)
    row[VX], row[VY] = m[V] * tx - m[RATE] * ty, m[V] * ty + m[RATE] * tx
    row[SPEED] = m[V]
    row[CLAIM_X], row[CLAIM_Y] = 0.0, 0.0
    if link[i, CHANGING] != 0 and m[V] > STANDS:  # who cannot move over does not keep others from it
        row[CLAIM_X], row[CLAIM_Y] = m[D] * ty, -m[D] * tx


@kernel()
def move(m: Array, link: Ints, stays: bool, swings: bool, dt: float) -> None:
    """Integrate one driver over dt [s]: constant acceleration, no reverse; a damped swing towards where it means to be,
    a swift one if it swings, none if it stays at its offset."""
    speed = max(m[V] + m[A] * dt, 0.0)
    if m[A] < 0.0 and speed == 0.0:
        m[S] += 0.5 * m[V] * m[V] / -m[A] if m[V] > 0.0 else 0.0
        m[A] = -m[V] / dt
    else:
        m[S] += 0.5 * (m[V] + speed) * dt
    m[V] = speed
    settle = SETTLE_CHANGE if swings else SETTLE_DRIFT
    rate = m[RATE] + (-2.0 * settle * m[RATE] - settle * settle * (m[D] - m[AIM])) * dt
    bound = min(SIDEWAYS_MAX, SIDEWAYS_SHARE * speed)
    m[RATE] = 0.0 if stays else min(max(rate, -bound), bound)
    m[D] += m[RATE] * dt
    m[SINCE] += dt
    if link[CHANGING] != 0 and abs(m[D]) < SETTLED:
        link[CHANGING] = 0
        m[SINCE] = 0.0
