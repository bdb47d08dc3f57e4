"""The careful driver's arithmetic: does a car on a line meet a thing that moves, and how hard must it brake not to."""

import math

import numpy as np

from evpilot.geometry.boxes import overlap
from evpilot.geometry.jit import kernel
from evpilot.geometry.polyline import at
from evpilot.types.state import Array, Ints

STEP = 0.1  # [s]


@kernel("f8(f8[:, ::1], f8[::1], f8, f8, f8[::1], f8[::1], f8)")
def first_contact(
    points: Array, arc: Array, s: float, speed: float, half: Array, other: Array, horizon: float
) -> float:
    """When [s from now, inf when never within the horizon] a car that keeps its line (P, 2), arc (P,) and its speed
    [m/s] meets a thing that keeps its speed and turning, and its braking.

    s [m] is where the car's centre is on the line, half (2,) its half length and width [m]; other (9,): x, y, yaw, half
    length, half width, velocity x, y [m/s], yaw rate [rad/s] and braking [m/s2], positive.
    """
    bx, by, yaw, vx, vy = other[0], other[1], other[2], other[5], other[6]
    c, sn = math.cos(other[7] * STEP), math.sin(other[7] * STEP)
    for k in range(int(horizon / STEP) + 1):
        if k > 0:
            bx, by, yaw = bx + STEP * vx, by + STEP * vy, yaw + STEP * other[7]
            pace = math.hypot(vx, vy)
            left = max(1.0 - STEP * other[8] / pace, 0.0) if pace > 0.0 else 0.0
            vx, vy = left * (c * vx - sn * vy), left * (sn * vx + c * vy)
        x, y, heading = at(s + k * STEP * speed, points, arc)
        if overlap(
            x, y, math.cos(heading), math.sin(heading), half[0], half[1],
            bx, by, math.cos(yaw), math.sin(yaw), other[3], other[4],
        ):  # fmt: skip
            return k * STEP
    return np.inf


@kernel()
def aside(t: float, accel: float, far: float) -> tuple[float, float]:
    """Offset [m] and lateral speed [m/s] after t [s] of a swerve by `far` [m], half of it accelerating sideways at
    accel [m/s2], half of it slowing down again."""
    side = math.copysign(1.0, far)
    turn = math.sqrt(abs(far) / accel)
    if t < turn:
        return side * 0.5 * accel * t * t, side * accel * t
    if t < 2.0 * turn:
        left = 2.0 * turn - t
        return far - side * 0.5 * accel * left * left, side * accel * left
    return far, 0.0


@kernel("f8[::1](f8[:, ::1], f8[::1], f8, f8, f8[::1], f8)")
def pose_at(points: Array, arc: Array, s: float, speed: float, manoeuvre: Array, t: float) -> Array:
    """x, y [m], yaw [rad] and speed [m/s] (4,) of a car on a line t [s] after it was at s [m] with a speed [m/s].

    manoeuvre (4,): reaction time [s], then braking [m/s2, negative when it speeds up], lateral acceleration [m/s2] and
    offset [m] of a swerve.
    """
    wait, brake, accel, far = manoeuvre[0], manoeuvre[1], manoeuvre[2], manoeuvre[3]
    acted = max(0.0, t - wait)
    slowing = min(acted, speed / brake) if brake > 0.0 else acted
    run = s + speed * min(t, wait) + speed * slowing - 0.5 * brake * slowing * slowing
    pace = max(speed - brake * slowing, 0.0)
    x, y, yaw = at(run, points, arc)
    out = np.empty(4)
    d, lateral = aside(acted, accel, far) if far != 0.0 else (0.0, 0.0)
    out[0], out[1] = x - d * math.sin(yaw), y + d * math.cos(yaw)
    out[2], out[3] = yaw + math.atan2(lateral, max(pace, 1.0)), pace
    return out


@kernel("b1(f8[:, ::1], f8[::1], f8, f8, f8[::1], f8[::1], f8[::1], f8[:, ::1], f8, f8)")
def collides(
    points: Array,
    arc: Array,
    s: float,
    speed: float,
    half: Array,
    manoeuvre: Array,
    times: Array,
    motion: Array,
    begin: float,
    end: float,
) -> bool:
    """Whether a car on a line that does a manoeuvre from time `begin` [s] on runs into a thing until `end` [s].

    times (N,) [s] and motion (N, 7) x, y, yaw, half length, half width, velocity x, y tell where the thing was logged;
    between them it moves straight, after them at its last velocity, and before them it is not there. Who hits a car
    that stands is not run into.
    """
    last = times.shape[0] - 1
    k = 0
    for step in range(int((end - begin) / STEP) + 1):
        now = begin + step * STEP
        if now < times[0] - 1e-9:
            continue
        while k < last and times[k + 1] <= now:
            k += 1
        own = pose_at(points, arc, s, speed, manoeuvre, step * STEP)
        if own[3] <= 0.0 and manoeuvre[1] >= 0.0:
            return False
        share = (now - times[k]) / (times[k + 1] - times[k]) if k < last else 0.0
        beyond = now - times[last] if k == last else 0.0
        after = min(k + 1, last)
        x = motion[k, 0] + share * (motion[after, 0] - motion[k, 0]) + beyond * motion[k, 5]
        y = motion[k, 1] + share * (motion[after, 1] - motion[k, 1]) + beyond * motion[k, 6]
        if overlap(
            own[0], own[1], math.cos(own[2]), math.sin(own[2]), half[0], half[1],
            x, y, math.cos(motion[k, 2]), math.sin(motion[k, 2]), motion[k, 3], motion[k, 4],
        ):  # fmt: skip
            return True
    return False


@kernel("f8[::1](f8[:, ::1], f8[::1], f8[::1], f8[::1], f8[::1], i8[::1], f8[:, ::1], f8)")
def risks(
    points: Array,
    arc: Array,
    s: Array,
    speed: Array,
    half: Array,
    tick: Ints,
    others: Array,
    horizon: float,
) -> Array:
    """`first_contact` (R,) of the car in its ticks, s (F,) and speed (F,), with each of the others (R, 9) of a tick
    (R,); inf for those that are too far away to meet."""
    out = np.full(tick.shape[0], np.inf)
    for r in range(tick.shape[0]):
        f, other = int(tick[r]), others[r]
        x, y, _ = at(s[f], points, arc)
        reach = horizon * (speed[f] + math.hypot(other[5], other[6])) + half[0] + half[1] + other[3] + other[4]
        if math.hypot(other[0] - x, other[1] - y) <= reach:
            out[r] = first_contact(points, arc, s[f], speed[f], half, other, horizon)
    return out
