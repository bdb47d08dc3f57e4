"""Where an object is at each knot: along its way with its offset fading, or on by its present motion."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.predict.follow import KNOTS, TIMES
from evpilot.predict.routes import STATIONS, TX, TY, TYAW, TZ
from evpilot.types.state import Array

SETTLE = 1.1  # [s] time constant of moving to the wanted offset ...
SETTLE_SLOW, STEADILY = 1.6, 2.4  # [s] ... at most, of who goes there so slowly that it takes so many of them
SETTLE_RUN = 4.0  # [m] nobody moves sideways without moving on
SLANT_MAX = 0.5  # [rad]
TURN_FADE = 1.0  # [s] a turn off the lanes fades like this
SWAY = (0.15, 0.35)  # [m, m/s] spread across the way: now and growing ...
SWAY_MAX = 0.9  # [m] ... up to what a lane leaves room for
PACE_SIGMA = 0.7  # [m/s2] spread of the acceleration
PACE_SIGMA_MAX = 12.0  # [m]


@kernel()
def along_way(
    table: Array,
    spacing: float,
    run: Array,
    pace: Array,
    d: float,
    target: float,
    drift: float,
    yaw: float,
    pose: Array,
) -> None:
    """Poses (KNOTS, 4) on a way after run (KNOTS,) [m]: offset d [m] with its drift [m/s] goes over to the target as a
    critically damped spring would take it. A box that does not turn into its course now does not do so as long as it
    goes aside."""
    off = d - target
    needed = -off / (STEADILY * drift) if off * drift < 0.0 else SETTLE
    settle = min(max(needed, SETTLE), SETTLE_SLOW)
    # what it moves sideways now it does, however slowly it moves on
    push = drift * max(settle, SETTLE_RUN / max(pace[0], 1.0)) + off
    lean = np.empty(KNOTS)
    for k in range(KNOTS):
        # at the first knot both are 0, and the pace tells which is to grow faster
        by_time = TIMES[k] / settle < run[k] / SETTLE_RUN if k > 0 else pace[0] * settle > SETTLE_RUN
        u = TIMES[k] / settle if by_time else run[k] / SETTLE_RUN
        fade = math.exp(-u)
        aside = target + (off + push * u) * fade
        rate = (push - off - push * u) * fade
        slant = rate / (settle * max(pace[k], 0.5)) if by_time else rate / SETTLE_RUN
        lean[k] = min(max(slant, -SLANT_MAX), SLANT_MAX)
        place = run[k] / spacing
        at = min(int(place), STATIONS - 2)
        part = place - at
        inside = min(part, 1.0)
        heading = table[at, TYAW] + inside * (table[at + 1, TYAW] - table[at, TYAW])
        pose[k, 0] = table[at, TX] + part * (table[at + 1, TX] - table[at, TX]) - aside * math.sin(heading)
        pose[k, 1] = table[at, TY] + part * (table[at + 1, TY] - table[at, TY]) + aside * math.cos(heading)
        pose[k, 2] = table[at, TZ] + inside * (table[at + 1, TZ] - table[at, TZ])
        pose[k, 3] = wrap(heading + lean[k])
    first, turned = lean[0], wrap(yaw - pose[0, 3])
    aslide = max(min(turned, 0.0), -first) if first > 0.0 else min(max(turned, 0.0), -first)
    for k in range(KNOTS):
        share = min(max(lean[k] / first, 0.0), 1.0) if aslide != 0.0 else 0.0
        pose[k, 3] = wrap(pose[k, 3] + aslide * share + (turned - aslide) * math.exp(-run[k] / SETTLE_RUN))


@kernel()
def onwards(x: float, y: float, z: float, yaw: float, course: float, yaw_rate: float, run: Array, pose: Array) -> None:
    """Poses (KNOTS, 4) by constant turn rate that fades: course [rad] is the direction of motion, yaw the box's."""
    pose[0, 0], pose[0, 1], pose[0, 2], pose[0, 3] = x, y, z, yaw
    before = 0.0
    for k in range(1, KNOTS):
        turned = yaw_rate * TURN_FADE * (1.0 - math.exp(-TIMES[k] / TURN_FADE))
        step = run[k] - run[k - 1]
        middle = course + 0.5 * (before + turned)
        pose[k, 0] = pose[k - 1, 0] + step * math.cos(middle)
        pose[k, 1] = pose[k - 1, 1] + step * math.sin(middle)
        pose[k, 2] = z
        pose[k, 3] = wrap(yaw + turned)
        before = turned


@kernel()
def spread(pose: Array, run: Array, walker: bool, cov: Array) -> None:
    """Position covariance (KNOTS, 2, 2): long along the heading, narrow across; walkers spread evenly."""
    for k in range(KNOTS):
        t = TIMES[k]
        across = min(SWAY[0] + SWAY[1] * t, SWAY_MAX)
        along = min(SWAY[0] + 0.1 * t + 0.5 * PACE_SIGMA * t * t, PACE_SIGMA_MAX)
        if walker:
            across = SWAY[0] + 0.4 * t
            along = across
        elif run[KNOTS - 1] < 0.5:
            across, along = SWAY[0], SWAY[0] + 0.1 * t
        c, s = math.cos(pose[k, 3]), math.sin(pose[k, 3])
        a2, b2 = along * along, across * across
        cov[k, 0, 0] = c * c * a2 + s * s * b2
        cov[k, 1, 1] = s * s * a2 + c * c * b2
        cov[k, 0, 1] = c * s * (a2 - b2)
        cov[k, 1, 0] = cov[k, 0, 1]
