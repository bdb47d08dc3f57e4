"""Everything seen as one array, as the guard's kernels take it."""

import math

import numpy as np
from numba import types

from evpilot.geometry.jit import kernel
from evpilot.types import Observation
from evpilot.types.kinds import State
from evpilot.types.state import Array, Bools

# Columns of others (N, 10)
OX, OY, OZ, OYAW, OVX, OVY, OTURN, OBRAKE, OHALF_LENGTH, OHALF_WIDTH = range(10)
SPEED, ACCEL, TURN = int(State.SPEED), int(State.ACCEL), int(State.YAW_RATE)  # of tracks


# a user's own arrays may be parts of others, or not to be written to
READ, READ_BOOLS = types.Array(types.float64, 2, "A", readonly=True), types.Array(types.boolean, 1, "A", readonly=True)


@kernel(types.void(READ, READ, READ, READ_BOOLS, types.float64, types.float64[:, ::1]))
def fill_others(state: Array, velocity: Array, size: Array, valid: Bools, late: float, out: Array) -> None:
    """Fill out (K, 10), see `others_of`, with the valid ones of tracks (N,) that are `late` [s] old."""
    row = 0
    for n in range(state.shape[0]):
        if not valid[n]:
            continue
        other, speed = out[row], state[n, SPEED]
        other[OX], other[OY] = state[n, 0] + velocity[n, 0] * late, state[n, 1] + velocity[n, 1] * late
        other[OZ], other[OYAW], other[OVX], other[OVY] = state[n, 2], state[n, 3], velocity[n, 0], velocity[n, 1]
        other[OTURN], other[OBRAKE] = state[n, TURN], -state[n, ACCEL] * np.sign(speed)
        other[OHALF_LENGTH], other[OHALF_WIDTH] = 0.5 * size[n, 0], 0.5 * size[n, 1]
        row += 1


def others_of(observation: Observation) -> Array:
    """Everything seen (N, 10), map frame, where it should be by now: valid tracks, else the raw detections (their turn
    and braking unknown)."""
    tracks, seen = observation.tracks, observation.detections
    if tracks is not None:
        out = np.empty((np.count_nonzero(tracks.valid), 10))
        late = max((observation.t_ns - tracks.t_ns) * 1e-9, 0.0)
        fill_others(tracks.state, tracks.velocity, tracks.size, tracks.valid, late, out)
        return out
    if seen is None:
        return np.zeros((0, 10))
    x, y, z, yaw = observation.ego.pose
    c, s = math.cos(yaw), math.sin(yaw)
    out = np.zeros((len(seen.box), 10))
    out[:, OX] = x + c * seen.box[:, 0] - s * seen.box[:, 1]
    out[:, OY] = y + s * seen.box[:, 0] + c * seen.box[:, 1]
    out[:, OZ] = z + seen.box[:, 2]
    out[:, OYAW] = yaw + seen.box[:, 3]
    known = np.where(seen.has_velocity[:, None], seen.velocity, 0.0)
    out[:, OVX] = c * known[:, 0] - s * known[:, 1]
    out[:, OVY] = s * known[:, 0] + c * known[:, 1]
    out[:, OHALF_LENGTH:] = 0.5 * seen.box[:, 4:6]
    return out
