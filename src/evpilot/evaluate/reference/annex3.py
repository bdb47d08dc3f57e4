"""UN R157's careful and competent driver for cut-ins (Annex 3, guidance), integrated at 0.01 s.

The gate on the time to collision, and when the second, harder stage of braking begins, are read from secondary sources
and to be confirmed against the official text.
"""

import math

import numpy as np

from evpilot.evaluate.reference.grids import (
    BEHIND,
    BESIDE,
    HALF,
    KMH,
    LANE,
    LAST,
    NO_CONTACT,
    SIZE,
    WIDTH,
    ramp_rows,
)
from evpilot.geometry.jit import kernel
from evpilot.types.state import Array, Ints

STEP = 0.01  # [s]
PERCEIVED = 0.375  # [m] lateral deviation of the other from its lane's centre
TTC_GATE = 2.0  # [s] unconfirmed
EVALUATION, DELAY = 0.4, 0.75  # [s]
JERK, FIRST = 12.65, 0.774 * 9.81  # [m/s3], [m/s2] reached in 0.6 s
SECOND, SECOND_RISE = 0.85 * 9.81, 0.6  # [m/s2], [s] once it overlaps over the whole width; unconfirmed


@kernel("f8(f8, f8)")
def annex3_brake(since_start: float, since_overlap: float) -> float:
    """Braking [m/s2] so long [s] after it began, and after the lateral overlap was complete; negative: not yet."""
    if since_start < 0.0:
        return 0.0
    first = min(JERK * since_start, FIRST)
    if since_overlap < 0.0:
        return first
    return max(first, min(SECOND, SECOND * since_overlap / SECOND_RISE))


@kernel("void(f8, f8, f8, i8, f8[:, ::1])")
def cut_in_motion(other_speed: float, start: float, lateral_speed: float, ramp: int, out: Array) -> None:
    """Where a cut-in of the grid is in each row: out (R, 2) along and across [m], from the first ramp row on; start [m]
    where its centre is after the ramp."""
    moving = math.floor(LANE * 10.0 / lateral_speed) + 1 if lateral_speed > 0.0 else 0
    for row in range(out.shape[0]):
        after = row - ramp
        out[row, 0] = start + after * other_speed / 10.0
        if after < 0:
            out[row, 1] = LANE
            for k in range(row, ramp):
                out[row, 1] += 0.15 * k / 10.0
        else:
            out[row, 1] = LANE - min(after, moving) * lateral_speed / 10.0


@kernel()
def _annex3(u: float, other_speed: float, motion: Array, x: float, half: float, wide: float) -> tuple[int, float]:
    began, overlapped = np.inf, np.inf
    centre = motion[0, 1]
    for step in range(10 * (motion.shape[0] - 1)):
        t = step * STEP
        row, share = step // 10, (step % 10) / 10.0
        place = motion[row, 0] + share * (motion[row + 1, 0] - motion[row, 0])
        y = motion[row, 1] + share * (motion[row + 1, 1] - motion[row, 1])
        free = abs(x - place) - half - HALF
        if free < 0.0 and abs(y) < wide:
            return (BESIDE if x > place else BEHIND), u - other_speed
        closing = u - other_speed
        if began == np.inf and x <= place and centre - y > PERCEIVED:
            if free > TTC_GATE * max(closing, 0.0):
                return NO_CONTACT, 0.0  # ordinary following, not a cut-in to be reacted to
            began = t + EVALUATION + DELAY
        if overlapped == np.inf and y <= 0.0:
            overlapped = t
        after = max(0.0, u - STEP * annex3_brake(t - began, t - max(overlapped, began)))
        x += 0.5 * (u + after) * STEP
        u = after
    return NO_CONTACT, 0.0


@kernel("void(f8[:, ::1], i8[::1], f8, f8, i8[::1], f8[::1])")
def _run_annex3(cases: Array, ramp: Ints, half: float, wide: float, outcome: Ints, impact: Array) -> None:
    for n in range(cases.shape[0]):
        u, other = cases[n, 0] / KMH, cases[n, 1] / KMH
        motion = np.empty((ramp[n] + LAST + 1, 2))
        cut_in_motion(other, cases[n, 2] + (half + HALF), cases[n, 3], ramp[n], motion)
        outcome[n], impact[n] = _annex3(u, other, motion, -ramp[n] * u / 10.0, half, wide)


def run_annex3(cases: Array, size: tuple[float, float] = SIZE) -> tuple[Ints, Array]:
    """Outcome and impact speed of cut-ins (N, 4), as `grids.run_cut_ins` gives them, under this driver in a car of a
    size [m]."""
    ramp = ramp_rows(cases[:, 3])
    outcome, impact = np.zeros(len(cases), np.int64), np.zeros(len(cases))
    half, wide = 0.5 * size[0], 0.5 * (size[1] + WIDTH)
    _run_annex3(np.ascontiguousarray(cases), ramp, half, wide, outcome, impact)
    return outcome, impact
