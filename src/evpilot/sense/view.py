"""What can be seen from one point in the plane when boxes hide what is behind them."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.types.state import Array, Bools

RAYS = 11  # lines of sight over an object's width
TOUCH = 0.1  # [m] two boxes this close do not hide each other


@kernel()
def entry(ox: float, oy: float, dx: float, dy: float, box: Array) -> float:
    """Distance [m] at which a ray from (ox, oy) along the unit vector (dx, dy) meets a box, inf when it does not.

    box: x, y [m], cos and sin of its yaw, half length, half width [m]. Slab test (Kay and Kajiya 1986).
    """
    rx, ry = ox - box[0], oy - box[1]
    px, py = rx * box[2] + ry * box[3], ry * box[2] - rx * box[3]
    vx, vy = dx * box[2] + dy * box[3], dy * box[2] - dx * box[3]
    near, far = -np.inf, np.inf
    for p, v, half in ((px, vx, box[4]), (py, vy, box[5])):
        if abs(v) < 1e-12:
            if abs(p) > half:
                return np.inf
            continue
        one, two = (-half - p) / v, (half - p) / v
        near, far = max(near, min(one, two)), min(far, max(one, two))
    if near > far or far < 0.0:
        return np.inf
    return max(near, 0.0)


@kernel()
def spread(ox: float, oy: float, box: Array) -> tuple[float, float, float]:
    """How a box looks from (ox, oy): bearing of its centre [rad], and from it the right and left edge [rad]."""
    bearing = math.atan2(box[1] - oy, box[0] - ox)
    right, left = 0.0, 0.0
    for sl in (-1.0, 1.0):
        for sw in (-1.0, 1.0):
            x = box[0] + sl * box[4] * box[2] - sw * box[5] * box[3] - ox
            y = box[1] + sl * box[4] * box[3] + sw * box[5] * box[2] - oy
            turn = wrap(math.atan2(y, x) - bearing)
            right, left = min(right, turn), max(left, turn)
    return bearing, right, left


@kernel("f8[::1](f8, f8, f8[:, ::1], f8[::1], b1[::1])")
def seen_share(ox: float, oy: float, boxes: Array, z: Array, hides: Bools) -> Array:
    """The share (N,) 0..1 of each object's lines of sight from (ox, oy) that no other box cuts.

    boxes (N, 6): x, y, cos, sin, half length, half width; z (N,) [m]; hides (N,) whether a box hides what is behind.
    """
    n = boxes.shape[0]
    look = np.empty((n, 3))
    near = np.empty(n)
    reach = np.empty(n)
    for i in range(n):
        look[i, 0], look[i, 1], look[i, 2] = spread(ox, oy, boxes[i])
        distance = math.hypot(boxes[i, 0] - ox, boxes[i, 1] - oy)
        reach[i] = math.hypot(boxes[i, 4], boxes[i, 5])
        near[i] = distance - reach[i]
    share = np.ones(n)
    for i in range(n):
        if near[i] < 0.0:
            continue
        free = 0
        for k in range(RAYS):
            angle = look[i, 0] + look[i, 1] + (look[i, 2] - look[i, 1]) * (k + 0.5) / RAYS
            dx, dy = math.cos(angle), math.sin(angle)
            end = entry(ox, oy, dx, dy, boxes[i]) - TOUCH
            clear = True
            for j in range(n):
                if j == i or not hides[j] or near[j] > end or abs(z[j] - z[i]) > LEVEL:
                    continue
                if entry(ox, oy, dx, dy, boxes[j]) < end:
                    clear = False
                    break
            free += clear
        share[i] = free / RAYS
    return share


@kernel("f8[::1](f8, f8, f8, f8, f8, i8, f8[:, ::1], f8[::1], b1[::1])")
def free_range(
    ox: float, oy: float, oz: float, yaw: float, reach: float, bearings: int, boxes: Array, z: Array, hides: Bools
) -> Array:
    """How far [m] the view is free along each of K equal bearings, the first along yaw, counter-clockwise; at most
    reach. The boxes are as for `seen_share`; those that hold the point itself hide nothing."""
    free = np.full(bearings, reach)
    for k in range(bearings):
        angle = yaw + 2.0 * math.pi * k / bearings
        dx, dy = math.cos(angle), math.sin(angle)
        for j in range(boxes.shape[0]):
            if hides[j] and abs(z[j] - oz) <= LEVEL:
                distance = entry(ox, oy, dx, dy, boxes[j])
                if distance > 0.0:
                    free[k] = min(free[k], distance)
    return free


@kernel("b1[::1](f8, f8, f8[:, ::1], f8[:, ::1])")
def cut(ox: float, oy: float, points: Array, boxes: Array) -> Bools:
    """Whether a box cuts the line of sight from (ox, oy) to each of the points (M, 2); boxes as for `seen_share`."""
    found = np.zeros(points.shape[0], np.bool_)
    for k in range(points.shape[0]):
        dx, dy = points[k, 0] - ox, points[k, 1] - oy
        far = math.hypot(dx, dy)
        for j in range(boxes.shape[0]):
            if far > 0.0 and entry(ox, oy, dx / far, dy / far, boxes[j]) < far:
                found[k] = True
    return found
