"""A motion along a path: car-following rolled out, laid on the path, and its stopping tail."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING, ReferencePath
from evpilot.types import EgoState, Trajectory
from evpilot.types.state import Array
from evpilot.vehicle.driver import idm_accel

STEP = 0.1  # [s]
CURVE_BRAKE = 1.0  # [m/s2] before a bend
MERGE_TIME = 3.0  # [s] to come over onto the path
MERGE_MIN = 12.0  # [m]


@kernel("f8[:, ::1](i8, f8, f8, f8, f8[::1], f8, f8, f8, f8, f8, f8[::1], f8)")
def follow(
    steps: int,
    s: float,
    speed: float,
    accel: float,
    allowed: Array,
    front: float,
    lead: float,
    lead_speed: float,
    wall: float,
    standstill: float,
    driver: Array,
    jerk: float,
) -> Array:
    """Roll a driver out along a path: (steps + 1, 3) s [m], speed [m/s], acceleration [m/s2] every STEP.

    allowed (P,) speed at each path sample; front [m] from s to the bumper; lead and wall [m] on the path (inf: none);
    driver (4,) wanted-speed cap, headway, acceleration, comfortable brake. The lead keeps its speed, and the
    acceleration changes by at most `jerk` [m/s3] times STEP, twice that when braking.
    """
    out = np.zeros((steps + 1, 3))
    out[0, 0], out[0, 1], out[0, 2] = s, speed, accel
    for k in range(1, steps + 1):
        at = min(max(int(s / SPACING), 0), allowed.shape[0] - 1)
        wanted = min(allowed[at], driver[0])
        pull = idm_accel(speed, wanted, math.inf, 0.0, standstill, driver[1], driver[2], driver[3])
        if lead < math.inf:
            gap = lead + max(lead_speed, 0.0) * (k - 1) * STEP - s - front
            following = idm_accel(speed, wanted, gap, speed - lead_speed, standstill, driver[1], driver[2], driver[3])
            pull = min(pull, following)
        gap = wall - s - front
        # who can no longer stop before the line goes on
        if gap < math.inf and gap > -0.5 and speed * speed < 2.0 * 4.0 * (gap + 1.0):
            pull = min(pull, idm_accel(speed, wanted, gap + 0.5, speed, 1.0, 0.8, driver[2], driver[3]))
        accel = min(max(pull, accel - 2.0 * jerk * STEP), accel + jerk * STEP)
        after = speed + accel * STEP
        if after < 0.0:
            accel, after = -speed / STEP, 0.0
        s += 0.5 * (speed + after) * STEP
        speed = after
        out[k, 0], out[k, 1], out[k, 2] = s, speed, accel
    out[:-1, 2] = out[1:, 2].copy()
    return out


def allowed_speed(path: ReferencePath, factor: float, lateral: float, no_limit: float) -> Array:
    """The speed [m/s] at each sample of a path (P,): the limit times a factor, and what bends allow at a lateral
    acceleration [m/s2], slowing down in good time."""
    limit = np.where(np.isfinite(path.table[:, 5]), path.table[:, 5], no_limit) * factor
    allowed = np.minimum(limit, np.sqrt(lateral / np.maximum(np.abs(path.table[:, 3]), 1e-6)))
    square = allowed**2
    # going backwards, the square of the speed may grow by 2 a ds per sample
    ramp = 2.0 * CURVE_BRAKE * SPACING * np.arange(len(square))
    reachable = np.minimum.accumulate((square + ramp)[::-1])[::-1] - ramp
    return np.ascontiguousarray(np.sqrt(np.maximum(reachable, 1.0)))


def lay_on(
    path: ReferencePath, ego: EgoState, s: float, d: float, bend_now: float, reach: float, motion: Array
) -> Trajectory:
    """A motion (T, 3) of the rear axle's centre as a trajectory that starts at the car's pose and curvature bend_now
    [1/m], and has come over onto the path after reach [m]: the offset is a quintic in arc length (Werling et al. 2010).
    """
    table = path.table
    arc = SPACING * np.arange(len(table))
    run = motion[:, 0]
    x, y, yaw, bend, z = (np.interp(run, arc, table[:, k]) for k in range(5))
    turn = math.remainder(ego.pose[3] - yaw[0], 2.0 * math.pi)
    slope = math.tan(min(max(turn, -1.2), 1.2)) * (1.0 - bend[0] * d)
    off, rate, curl = _quintic(d, slope, bend_now - bend[0], reach, run - s)
    heading = yaw + np.arctan2(rate, np.maximum(1.0 - bend * off, 0.1))
    pose = np.column_stack(
        [x - off * np.sin(yaw), y + off * np.cos(yaw), z, np.remainder(heading + np.pi, 2 * np.pi) - np.pi]
    )
    pose[0] = ego.pose
    curvature = np.clip((bend + curl) / np.maximum(1.0 - bend * off, 0.1), -0.3, 0.3)
    return Trajectory(
        t_ns=ego.t_ns,
        time=STEP * np.arange(len(motion), dtype=np.float64),
        pose=pose,
        speed=np.ascontiguousarray(motion[:, 1]),
        accel=np.ascontiguousarray(motion[:, 2]),
        curvature=curvature,
    )


def merge_reach(d: float, speed: float) -> float:
    """How far [m] it takes to come over onto the path from an offset d [m]."""
    return max(MERGE_TIME * abs(speed), MERGE_MIN, 4.0 * abs(d))


def _quintic(d: float, slope: float, curl: float, reach: float, run: Array) -> tuple[Array, Array, Array]:
    """Offset and its two derivatives by arc length, from (d, slope, curl) to the path itself after `reach`."""
    u = np.clip(run / reach, 0.0, 1.0)
    a, b, c = d, slope * reach, 0.5 * curl * reach**2
    c3, c4, c5 = -10.0 * a - 6.0 * b - 3.0 * c, 15.0 * a + 8.0 * b + 3.0 * c, -6.0 * a - 3.0 * b - c
    off = a + b * u + c * u**2 + c3 * u**3 + c4 * u**4 + c5 * u**5
    rate = (b + 2.0 * c * u + 3.0 * c3 * u**2 + 4.0 * c4 * u**3 + 5.0 * c5 * u**4) / reach
    second = (2.0 * c + 6.0 * c3 * u + 12.0 * c4 * u**2 + 20.0 * c5 * u**3) / reach**2
    return off, rate, second


def stopping(motion: Array, hold: float, brake: float, jerk: float) -> Array:
    """A motion (T, 3) that equals this one for `hold` [s], then brakes [m/s2] to a standstill and rests there."""
    rows = [motion[k] for k in range(min(round(hold / STEP) + 1, len(motion)))]
    s, speed, accel = rows[-1]
    while speed > 0.0 or len(rows) < 3:
        accel = max(accel - jerk * STEP, -brake)
        after = max(speed + accel * STEP, 0.0)
        rows[-1] = np.array([s, speed, (after - speed) / STEP])
        s, speed = s + 0.5 * (speed + after) * STEP, after
        rows.append(np.array([s, speed, 0.0]))
    rows.append(np.array([s, 0.0, 0.0]))
    return np.array(rows)
