"""Everything seen as one array, as the guard's kernels take it; who of it is beside the car, and since when known."""

import math

import numpy as np
from numba import types

from evpilot.geometry.jit import kernel
from evpilot.types import EgoState, Observation, Platform, Tracks
from evpilot.types.kinds import State
from evpilot.types.state import Array, Bools

# Columns of others (N, 10)
OX, OY, OZ, OYAW, OVX, OVY, OTURN, OBRAKE, OHALF_LENGTH, OHALF_WIDTH = range(10)
SPEED, ACCEL, TURN = int(State.SPEED), int(State.ACCEL), int(State.YAW_RATE)  # of tracks

SAME_WAY = 0.8  # cosine of the angle between two headings
MOVING = 1.0  # [m/s]
FLEETING = 0.25  # [s] who is known for longer is no false report

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
    velocity = np.where(seen.has_velocity[:, None], seen.velocity, 0.0)
    out[:, OVX] = c * velocity[:, 0] - s * velocity[:, 1]
    out[:, OVY] = s * velocity[:, 0] + c * velocity[:, 1]
    out[:, OHALF_LENGTH:] = 0.5 * seen.box[:, 4:6]
    return out


def beside(others: Array, ego: EgoState, platform: Platform) -> Bools:
    """Which of others (N, 10) drive beside the car in its direction: a lane change into them is to be steered back, and
    braking would only bring those behind into danger."""
    x, y, _, yaw = ego.pose.tolist()
    out = np.empty(len(others), np.bool_)
    find_beside(others, x, y, yaw, platform.rear_to_center, 0.5 * platform.length, 0.5 * platform.width, out)
    return out


@kernel("void(f8[:, ::1], f8, f8, f8, f8, f8, f8, b1[::1])")
def find_beside(
    others: Array, x: float, y: float, yaw: float, ahead: float, length: float, width: float, out: Bools
) -> None:
    """Fill out (N,), see `beside`: the rear axle at x, y [m] and yaw; how far ahead of it the middle is, half the
    length and half the width [m]."""
    c, s = math.cos(yaw), math.sin(yaw)
    for n in range(others.shape[0]):
        other = others[n]
        dx, dy = other[OX] - x, other[OY] - y
        along, across = dx * c + dy * s - ahead, dy * c - dx * s
        same = math.cos(other[OYAW] - yaw) > SAME_WAY and math.hypot(other[OVX], other[OVY]) > MOVING
        level = abs(along) < other[OHALF_LENGTH] + length
        out[n] = same and level and abs(across) > other[OHALF_WIDTH] + width


def known(tracks: Tracks | None, row: int) -> tuple[int, int | None]:
    """The id of a track, -1 of a detection; and again where it is known for no longer than `FLEETING`, else None."""
    if tracks is None:
        return -1, None
    who = int(tracks.id[row])
    return who, who if tracks.age[row] <= FLEETING else None


def row_of(tracks: Tracks | None, who: int) -> int:
    """The row of the track with an id, -1 where there is none."""
    rows = np.zeros(0, np.int64) if tracks is None else np.flatnonzero(tracks.id == who)
    return int(rows[0]) if len(rows) else -1


def valid_rows(observation: Observation) -> Bools:
    """Which rows of the observation's tracks or detections `others_of` holds."""
    if observation.tracks is not None:
        return observation.tracks.valid
    return np.ones(0 if observation.detections is None else len(observation.detections.box), np.bool_)
