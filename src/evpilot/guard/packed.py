"""A trajectory as one array, as the guard's kernels take it, and back."""

import math

import numpy as np
from numba import types

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.guard.contact import TACCEL, TCURVATURE, TIME, TSPEED, TX, TY, TYAW, row_at
from evpilot.types import Observation, Trajectory
from evpilot.types.state import Array

# a user's own arrays may be parts of others, or not to be written to
READ_ROW, READ = (types.Array(types.float64, axes, "A", readonly=True) for axes in (1, 2))


def pack(trajectory: Trajectory) -> Array:
    """A trajectory as one array (T, 7): time, x, y, yaw, speed, accel, curvature."""
    out = np.empty((len(trajectory.time), 7))
    fill_motion(trajectory.time, trajectory.pose, trajectory.speed, trajectory.accel, trajectory.curvature, out)
    return out


@kernel(types.void(READ_ROW, READ, READ_ROW, READ_ROW, READ_ROW, types.float64[:, ::1]))
def fill_motion(time: Array, pose: Array, speed: Array, accel: Array, curvature: Array, out: Array) -> None:
    """Fill out (T, 7), see `pack`, with a trajectory's columns."""
    for k in range(time.shape[0]):
        out[k, TIME], out[k, TX], out[k, TY], out[k, TYAW] = time[k], pose[k, 0], pose[k, 1], pose[k, 3]
        out[k, TSPEED], out[k, TACCEL], out[k, TCURVATURE] = speed[k], accel[k], curvature[k]


def checked(trajectory: Trajectory) -> tuple[Array, str]:
    """A trajectory as `pack` gives it, and what makes it no trajectory: shapes, NaN, times that do not increase; empty
    when sound."""
    count, none = len(trajectory.time), np.zeros((0, 7))
    if trajectory.pose.shape != (count, 4):
        return none, f"pose has shape {trajectory.pose.shape}, allowed ({count}, 4)"
    if not count == len(trajectory.speed) == len(trajectory.accel) == len(trajectory.curvature):
        return none, "its columns differ in length"
    if count < 2:
        return none, f"{count} knots, allowed 2 or more"
    packed = pack(trajectory)
    if not all_finite(packed) or not all_finite(trajectory.pose):
        return packed, "a value is not finite"
    if not on_time(packed):
        return packed, "its times do not increase from 0"
    return packed, ""


@kernel(types.boolean(READ))
def all_finite(table: Array) -> bool:
    """Whether a table (N, M) holds neither NaN nor infinity."""
    sound = True
    for row in table:
        for value in row:
            sound &= np.isfinite(value)
    return sound


@kernel("b1(f8[:, ::1])")
def on_time(motion: Array) -> bool:
    """Whether a packed trajectory's times increase from 0."""
    sound = motion[0, TIME] == 0.0
    for k in range(1, motion.shape[0]):
        sound &= motion[k, TIME] > motion[k - 1, TIME]
    return sound


@kernel("f8(f8, f8[:, ::1], f8[:, ::1])")
def apart_at(t: float, one: Array, other: Array) -> float:
    """How far apart [m] two packed trajectories are at t [s]."""
    here, there = np.empty(7), np.empty(7)
    row_at(one, t, here, ZERO)
    row_at(other, t, there, ZERO)
    return math.hypot(here[TX] - there[TX], here[TY] - there[TY])


def unpack(motion: Array, observation: Observation) -> Trajectory:
    """A packed trajectory as a record, starting exactly at the car's pose."""
    pose = np.empty((len(motion), 4))
    pose[:, :2], pose[:, 2], pose[:, 3] = motion[:, TX : TY + 1], observation.ego.pose[2], motion[:, TYAW]
    pose[0] = observation.ego.pose
    return Trajectory(
        t_ns=observation.t_ns,
        time=motion[:, TIME].copy(),
        pose=pose,
        speed=motion[:, TSPEED].copy(),
        accel=motion[:, TACCEL].copy(),
        curvature=motion[:, TCURVATURE].copy(),
    )
