"""What the predictor remembers of each object from cycle to cycle: flat arrays, sorted by track id."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row, copy_rows
from evpilot.predict.choose import MODES
from evpilot.predict.follow import TYPES, prior
from evpilot.predict.routes import HOPS_MAX
from evpilot.types.state import Array, Ints

# Columns of `trace` (N, TRACE): filtered acceleration, yaw rate and velocity; the last cycle's speed and what the
# driver then saw: limit, gap to the lead and closing speed; how long it is known [s]; jitter of the acceleration, its
# last value, and the highest speed seen of late; 1 when its lead then was the ego, and the log-odds that it heeds us;
# how long it has stood for no reason that we see [s]; the last change of the acceleration; how near it is, 0..1, to
# something that stands in its lane for good, where the lane to its left is free, and the one to its right; which lane
(
    ACCEL_F,
    TURN_F,
    VX_F,
    VY_F,
    SPEED_B,
    LIMIT_B,
    GAP_B,
    CLOSING_B,
    KNOWN,
    NOISE,
    ACCEL_B,
    FASTEST,
    BEHIND_US,
    HEED,
    STOOD,
    JITTER_B,
    BLOCKED_LEFT,
    BLOCKED_RIGHT,
    BLOCKED_LANE,
) = range(19)
TRACE = 19

ACCEL_SMOOTHING = 0.15  # [s] ...
ACCEL_SMOOTHING_NOISY = 0.8  # [s] ... and so much more where the noise is 1 m2/s4
NOISE_SMOOTHING = 1.5  # [s]
NOISE_FIRST = 0.3  # [m2/s4] taken before anything is known
TRUE_SPREAD = 1.0  # [m2/s4] variance of what drivers really do; noise above it is distrusted
PACE_MEMORY = 15.0  # [s] how long a driver's highest speed tells what it wants
SMOOTHING = 0.25  # [s] time constant of the filters: recordings jitter from step to step
SMOOTHING_CLEAN = 0.1  # [s] ... of the velocity of who shows no noise: a lane change is seen as it begins

MEMORY = "Tuple((i8[::1], f8[:, ::1], f8[:, ::1], i8[:, :, ::1], i8[:, ::1], f8[:, ::1], f8[::1]))"
"""The numba type of a memory: id (N,), trace (N, TRACE), weight (N, TYPES), past ways (N, MODES, HOPS_MAX), their hops
and probabilities (N, MODES), log-odds that traffic here heeds us at all (1,)."""
Memory = tuple[Ints, Array, Array, Ints, Ints, Array, Array]


def blank(count: int) -> Memory:
    """Memory of `count` objects, all unknown."""
    return (
        np.zeros(count, np.int64),
        np.zeros((count, TRACE)),
        np.zeros((count, TYPES)),
        np.zeros((count, MODES, HOPS_MAX), np.int64),
        np.zeros((count, MODES), np.int64),
        np.zeros((count, MODES)),
        np.zeros(1),
    )


@kernel(f"void({MEMORY}, f8)")
def forget_drivers(memory: Memory, heeds: float) -> None:
    """Forget what drivers have shown of themselves: their types, and whether they heed us; heeds the log-odds of that
    for all, before anything is seen."""
    for i in range(memory[0].shape[0]):
        prior(memory[2][i])
        memory[1][i, HEED] = 0.0
    memory[6][0] = heeds


@kernel()
def recall(ids: Ints, state: Array, velocity: Array, old: Memory, new: Memory, period: float) -> None:
    """Carry the memory of each present object (ids ascending) over into `new`, its filters brought up to date."""
    fresh = 1.0 - math.exp(-period / SMOOTHING)
    new[6][0] = old[6][0]
    for i in range(ids.shape[0]):
        new[0][i] = ids[i]
        row = np.searchsorted(old[0], ids[i])
        trace = new[1][i]
        if row < old[0].shape[0] and old[0][row] == ids[i]:
            copy_row(old[1][row], new[1][i])
            copy_row(old[2][row], new[2][i])
            copy_rows(old[3][row], new[3][i])
            copy_row(old[4][row], new[4][i])
            copy_row(old[5][row], new[5][i])
            jitter = state[i, 5] - trace[ACCEL_B]
            # noise goes back and forth: of white noise two changes in a row have minus its variance as their mean
            # product, and who begins to brake hard shows none
            swing = -jitter * trace[JITTER_B]
            trace[NOISE] += (1.0 - math.exp(-period / NOISE_SMOOTHING)) * (swing - trace[NOISE])
            trace[NOISE], trace[JITTER_B] = max(trace[NOISE], 0.0), jitter
            slow = ACCEL_SMOOTHING + ACCEL_SMOOTHING_NOISY * min(trace[NOISE], 1.0)
            trace[ACCEL_F] += (1.0 - math.exp(-period / slow)) * (state[i, 5] - trace[ACCEL_F])
            trace[TURN_F] += fresh * (state[i, 6] - trace[TURN_F])
            noisy = min(trace[NOISE] / NOISE_FIRST, 1.0)
            steady = SMOOTHING_CLEAN + noisy * (SMOOTHING - SMOOTHING_CLEAN)
            now = 1.0 - math.exp(-period / steady)
            trace[VX_F] += now * (velocity[i, 0] - trace[VX_F])
            trace[VY_F] += now * (velocity[i, 1] - trace[VY_F])
            trace[KNOWN] += period
            trace[FASTEST] = max(state[i, 4], trace[FASTEST] * math.exp(-period / PACE_MEMORY))
        else:
            prior(new[2][i])
            new[5][i] = 0.0
            trace[ACCEL_F], trace[TURN_F] = state[i, 5], state[i, 6]
            trace[VX_F], trace[VY_F] = velocity[i, 0], velocity[i, 1]
            trace[KNOWN], trace[NOISE], trace[FASTEST] = 0.0, NOISE_FIRST, state[i, 4]
            trace[JITTER_B] = 0.0
        trace[ACCEL_B] = state[i, 5]


@kernel()
def trusted_accel(trace: Array) -> float:
    """The filtered acceleration [m/s2], the less of it the more it jitters (Wiener's gain)."""
    return trace[ACCEL_F] * TRUE_SPREAD / (TRUE_SPREAD + trace[NOISE])
