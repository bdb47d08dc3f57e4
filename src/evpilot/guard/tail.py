"""The way out: the command along a verified stopping tail, and an own stop where there is none."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array

STEP = 0.1  # [s] between the knots of an own stop
REST = 1.0  # [s] standstill at its end
TIME, X, Y, YAW, SPEED, ACCEL, CURVATURE = range(7)


@kernel()
def tail_command(tail: Array, seconds: float, wheelbase: float, understeer: float) -> tuple[float, float]:
    """Acceleration [m/s2] and road-wheel angle [rad] that a packed tail (T, 7) asks for at a time [s] after its start.

    Feed-forward only: it has nothing in common with the follower whose command it replaces. Columns: time, x, y, yaw,
    speed, accel, curvature; understeer [rad s2/m] is the car's gradient. Beyond the end its last values hold; an empty
    tail answers NaN.
    """
    last = tail.shape[0] - 1
    if last < 0:
        return math.nan, math.nan
    k = 0
    while k < last and tail[k + 1, TIME] <= seconds:
        k += 1
    accel, speed, curvature = tail[k, ACCEL], tail[k, SPEED], tail[k, CURVATURE]
    if k < last:
        share = max(0.0, (seconds - tail[k, TIME]) / (tail[k + 1, TIME] - tail[k, TIME]))
        accel += share * (tail[k + 1, ACCEL] - accel)
        speed += share * (tail[k + 1, SPEED] - speed)
        curvature += share * (tail[k + 1, CURVATURE] - curvature)
    return accel, math.atan(curvature * wheelbase) + understeer * max(speed, 0.0) ** 2 * curvature


def own_stop(pose: Array, speed: float, curvature: float, decel: float, path: Array | None = None) -> Array:
    """A stop as a packed plan (T, 7), the columns as in `tail_command`, for a car that was left without a tail.

    pose (3,) x, y [m], yaw [rad] of the rear axle; speed [m/s] signed; decel [m/s2, positive]. It follows the packed
    plan `path` from the point nearest to the car, where one is given, and else, or beyond its end, the circle of the
    curvature [1/m] there: it never straightens the wheels in a bend.
    """
    sign = -1.0 if speed < 0.0 else 1.0
    brake = abs(speed) / decel
    time = np.append(np.arange(0.0, brake, STEP), [brake, brake + REST])
    time = time[np.append(True, np.diff(time) > 1e-6)]
    moving = np.minimum(time, brake)
    way = abs(speed) * moving - 0.5 * decel * moving**2
    x, y, yaw, bend = _along(way, sign, pose, curvature, path)
    out = np.zeros((len(time), 7))
    out[:, TIME], out[:, X], out[:, Y], out[:, YAW], out[:, CURVATURE] = time, x, y, yaw, bend
    out[:, SPEED] = sign * np.maximum(abs(speed) - decel * time, 0.0)
    out[:, ACCEL] = np.where(time < brake - 1e-9, -sign * decel, 0.0)
    return out


def _along(
    way: Array, sign: float, pose: Array, curvature: float, path: Array | None
) -> tuple[Array, Array, Array, Array]:
    """x, y, yaw and curvature at distances way (T,) [m] of driving from the car."""
    if path is None or len(path) < 2:
        x, y, yaw = _circle(way * sign, pose, curvature)
        return x, y, yaw, np.full(len(way), curvature)
    steps = np.hypot(np.diff(path[:, X]), np.diff(path[:, Y]))
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    nearest = int(np.argmin((path[:, X] - pose[0]) ** 2 + (path[:, Y] - pose[1]) ** 2))
    at = path[nearest]
    ahead = sign * ((pose[0] - at[X]) * math.cos(at[YAW]) + (pose[1] - at[Y]) * math.sin(at[YAW]))
    wanted = arc[nearest] + ahead + way
    end = path[-1]
    heading = np.unwrap(path[:, YAW])
    x, y, yaw = (np.interp(wanted, arc, column) for column in (path[:, X], path[:, Y], heading))
    bend = np.interp(wanted, arc, path[:, CURVATURE])
    over = wanted > arc[-1]
    x[over], y[over], yaw[over] = _circle(
        sign * (wanted[over] - arc[-1]), np.array([end[X], end[Y], heading[-1]]), float(end[CURVATURE])
    )
    return x, y, yaw, bend


def _circle(way: Array, pose: Array, curvature: float) -> tuple[Array, Array, Array]:
    """x, y, yaw at signed distances way (T,) [m] along a circle of the curvature [1/m] from a pose."""
    half = 0.5 * curvature * way
    chord = way * np.sinc(half / math.pi)
    heading = pose[2] + half
    return pose[0] + chord * np.cos(heading), pose[1] + chord * np.sin(heading), pose[2] + 2.0 * half
