"""Kalman filters of tracked things, all of them in one call.

A thing's motion x (6,) is its place, velocity and acceleration in the map frame; velocity and acceleration turn with
its yaw rate (constant turn rate and acceleration, with the turn taken from the second filter: both stay linear).
People have no acceleration (constant velocity). Its direction y (2,) is yaw and yaw rate.
"""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.rows import copy_row
from evpilot.types.state import Array, Bools, Ints

ACCEL_NOISE = 3.0  # [m/s2 per root s] how a car's acceleration wanders
ACCEL_FADE = 2.0  # [s] in which an acceleration that nobody confirms fades
WALK_NOISE = 1.0  # [m/s per root s] how a walker's velocity wanders
PLACE_NOISE = 0.05  # [m per root s]
TURN_NOISE = 0.3  # [rad/s per root s] how a yaw rate wanders
TURN_FADE = 1.0  # [s]
TURN_SPEED = 2.0  # [m/s] slower things do not turn in a curve
TURN_MAX = 1.0  # [rad/s]
YAW_NOISE = 0.02  # [rad per root s]


@kernel()
def _transition(f: Array, angle: float, dt: float, walks: bool) -> None:
    """Write the matrix that carries a motion on: velocity and acceleration turn by `angle`."""
    f[:, :] = 0.0
    turn = np.empty((2, 2))
    turn[0, 0] = turn[1, 1] = math.cos(angle)
    turn[0, 1], turn[1, 0] = -math.sin(angle), math.sin(angle)
    fade = 0.0 if walks else math.exp(-dt / ACCEL_FADE)
    gain = 0.0 if walks else dt
    for i in range(2):
        f[i, i] = 1.0
        for j in range(2):
            f[i, 2 + j] = 0.5 * dt * ((1.0 if i == j else 0.0) + turn[i, j])
            f[i, 4 + j] = 0.5 * dt * gain * turn[i, j]
            f[2 + i, 2 + j] = turn[i, j]
            f[2 + i, 4 + j] = gain * turn[i, j]
            f[4 + i, 4 + j] = fade * turn[i, j]


@kernel()
def _carry(f: Array, x: Array, p: Array) -> None:
    """x = f x, p = f p f', in place."""
    moved = np.zeros(6)
    half = np.zeros((6, 6))
    for i in range(6):
        for j in range(6):
            moved[i] += f[i, j] * x[j]
            for k in range(6):
                half[i, j] += f[i, k] * p[k, j]
    copy_row(moved, x)
    for i in range(6):
        for j in range(6):
            p[i, j] = 0.0
            for k in range(6):
                p[i, j] += half[i, k] * f[j, k]


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, :, ::1], b1[::1], f8)")
def predict(x: Array, p: Array, y: Array, q: Array, walks: Bools, dt: float) -> None:
    """Carry all motions x (N, 6), p (N, 6, 6) and directions y (N, 2), q (N, 2, 2) on by dt [s], in place."""
    f = np.zeros((6, 6))
    for n in range(x.shape[0]):
        angle = 0.0
        if not walks[n] and x[n, 2] * x[n, 2] + x[n, 3] * x[n, 3] > TURN_SPEED * TURN_SPEED:
            angle = min(max(y[n, 1], -TURN_MAX), TURN_MAX) * dt
        _transition(f, angle, dt, walks[n])
        _carry(f, x[n], p[n])
        place = PLACE_NOISE * PLACE_NOISE * dt
        for k in range(2):
            p[n, k, k] += place
            if walks[n]:
                p[n, k, k] += WALK_NOISE * WALK_NOISE * dt * dt * dt / 3.0
                p[n, 2 + k, 2 + k] += WALK_NOISE * WALK_NOISE * dt
            else:
                p[n, 2 + k, 2 + k] += ACCEL_NOISE * ACCEL_NOISE * dt * dt * dt / 3.0
                p[n, 4 + k, 4 + k] += ACCEL_NOISE * ACCEL_NOISE * dt
        fade = math.exp(-dt / TURN_FADE)
        y[n, 0] = wrap(y[n, 0] + y[n, 1] * dt)
        y[n, 1] *= fade
        a, b, c = q[n, 0, 0], q[n, 0, 1], q[n, 1, 1]
        q[n, 0, 0] = a + 2.0 * dt * b + dt * dt * c + YAW_NOISE * YAW_NOISE * dt
        q[n, 0, 1] = q[n, 1, 0] = fade * (b + dt * c)
        q[n, 1, 1] = fade * fade * c + TURN_NOISE * TURN_NOISE * dt


@kernel()
def _observe(x: Array, p: Array, which: int, value: float, variance: float) -> None:
    """Take in one measured component of a motion (6,) with its covariance p (6, 6)."""
    innovation = value - x[which]
    total = p[which, which] + variance
    gain = p[:, which] / total
    row = p[which].copy()
    for i in range(6):
        x[i] += gain[i] * innovation
        for j in range(6):
            p[i, j] -= gain[i] * row[j]
    for i in range(6):
        for j in range(i):
            p[i, j] = p[j, i] = 0.5 * (p[i, j] + p[j, i])


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, :, ::1], i8[::1], i8[::1], f8[:, ::1], f8[:, ::1], b1[::1],"
    "f8[::1], f8, f8)"
)
def update(
    x: Array,
    p: Array,
    y: Array,
    q: Array,
    rows: Ints,
    seen: Ints,
    box: Array,
    velocity: Array,
    has_velocity: Bools,
    place_sigma: Array,
    velocity_sigma: float,
    yaw_sigma: float,
) -> None:
    """Take in matched detections, in place: rows (M,) of the tracks, seen (M,) of the detections; box (D, 6), velocity
    (D, 2) in the map frame; place_sigma (D,) [m]. A box turned by more than 90 degrees counts turned back."""
    for m in range(rows.shape[0]):
        n, d = rows[m], seen[m]
        sigma = float(place_sigma[d])
        for k in range(2):
            _observe(x[n], p[n], k, box[d, k], sigma * sigma)
        if has_velocity[d]:
            for k in range(2):
                _observe(x[n], p[n], 2 + k, velocity[d, k], velocity_sigma * velocity_sigma)
        innovation = wrap(box[d, 3] - y[n, 0])
        if abs(innovation) > 0.5 * math.pi:
            innovation = wrap(innovation + math.pi)
        total = q[n, 0, 0] + yaw_sigma * yaw_sigma
        g0, g1 = q[n, 0, 0] / total, q[n, 1, 0] / total
        y[n, 0] = wrap(y[n, 0] + g0 * innovation)
        y[n, 1] += g1 * innovation
        a, b = q[n, 0, 0], q[n, 0, 1]
        q[n, 0, 0] = a - g0 * a
        q[n, 0, 1] = q[n, 1, 0] = b - g0 * b
        q[n, 1, 1] -= g1 * b


@kernel("f8[:, ::1](f8[:, ::1], f8[:, :, ::1], f8[::1], f8[:, ::1], f8[:, ::1], b1[::1], f8[::1], f8, f8, f8)")
def distances(
    x: Array,
    p: Array,
    z: Array,
    box: Array,
    velocity: Array,
    has_velocity: Bools,
    place_sigma: Array,
    velocity_sigma: float,
    gate: float,
    far: float,
) -> Array:
    """Squared Mahalanobis distance (N, D) of each detection to each track, by place and, where it is measured, half as
    much by velocity; inf beyond the gate, `far` [m], or LEVEL of height."""
    out = np.full((x.shape[0], box.shape[0]), np.inf)
    for n in range(x.shape[0]):
        for d in range(box.shape[0]):
            dx, dy = box[d, 0] - x[n, 0], box[d, 1] - x[n, 1]
            if dx * dx + dy * dy > far * far or abs(box[d, 2] - z[n]) > LEVEL:
                continue
            noise = place_sigma[d] * place_sigma[d]
            a, b, c = p[n, 0, 0] + noise, p[n, 0, 1], p[n, 1, 1] + noise
            square = (c * dx * dx - 2.0 * b * dx * dy + a * dy * dy) / (a * c - b * b)
            if square > gate:
                continue
            if has_velocity[d]:
                for k in range(2):
                    off = velocity[d, k] - x[n, 2 + k]
                    square += 0.5 * off * off / (p[n, 2 + k, 2 + k] + velocity_sigma * velocity_sigma)
            out[n, d] = square
    return out
