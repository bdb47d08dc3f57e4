"""A trajectory as one array, as the guard's kernels take it, and back."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.guard.contact import TACCEL, TCURVATURE, TIME, TSPEED, TX, TY, TYAW, row_at
from evpilot.types import Observation, Trajectory
from evpilot.types.state import Array


def pack(trajectory: Trajectory) -> Array:
    """A trajectory as one array (T, 7): time, x, y, yaw, speed, accel, curvature."""
    out = np.empty((len(trajectory.time), 7))
    out[:, TIME], out[:, TX : TY + 1], out[:, TYAW] = trajectory.time, trajectory.pose[:, :2], trajectory.pose[:, 3]
    out[:, TSPEED], out[:, TACCEL] = trajectory.speed, trajectory.accel
    out[:, TCURVATURE] = trajectory.curvature
    return out


def checked(trajectory: Trajectory) -> tuple[Array, str]:
    """A trajectory as `pack` gives it, and what makes it no trajectory: shapes, NaN, times that do not increase; empty
    when sound."""
    count, none = len(trajectory.time), np.zeros((0, 7))
    if trajectory.pose.shape != (count, 4):
        return none, f"pose has shape {trajectory.pose.shape}, allowed ({count}, 4)"
    if any(len(part) != count for part in (trajectory.speed, trajectory.accel, trajectory.curvature)):
        return none, "its columns differ in length"
    if count < 2:
        return none, f"{count} knots, allowed 2 or more"
    packed = pack(trajectory)
    if not all_finite(packed) or not math.isfinite(trajectory.pose[:, 2].sum()):
        return packed, "a value is not finite"
    if not on_time(packed):
        return packed, "its times do not increase from 0"
    return packed, ""


@kernel("b1(f8[:, ::1])")
def all_finite(motion: Array) -> bool:
    """Whether a packed trajectory holds neither NaN nor infinity."""
    sound = True
    for row in motion:
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
