"""Boxes in relative motion: when would the car and each other thing touch if both kept their velocity."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.geometry.boxes import overlap, touch_span
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.types.state import Array, Bools, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encounters:
    """For each of the R rows of `Others`: enter, leave (R,) [s] the span of time, which may begin in the past, in which
    the boxes touch at constant velocity (inf, -inf when never); touch (R,) whether they touch now; bearing (R,) [rad]
    the unsigned angle from the car's heading to the other's centre, seen from the rear axle."""

    enter: Array
    leave: Array
    touch: Bools
    bearing: Array


def meet(drive: Drive) -> Encounters:
    """Every pair of the car and another thing in every tick."""
    others = drive.others
    ego = np.ascontiguousarray(np.column_stack([drive.box, drive.velocity, drive.z]))
    enter, leave, touch = touch_times(ego, others.tick, others.box, others.velocity, others.z)
    yaw = drive.box[others.tick, 2]
    heading = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
    to = others.box[:, :2] - (drive.box[others.tick, :2] - drive.platform.rear_to_center * heading)
    along = np.sum(to * heading, axis=1)
    across = heading[:, 0] * to[:, 1] - heading[:, 1] * to[:, 0]
    return Encounters(enter=enter, leave=leave, touch=touch, bearing=np.abs(np.arctan2(across, along)))


@kernel("Tuple((f8[::1], f8[::1], b1[::1]))(f8[:, ::1], i8[::1], f8[:, ::1], f8[:, ::1], f8[::1])")
def touch_times(ego: Array, tick: Ints, box: Array, velocity: Array, z: Array) -> tuple[Array, Array, Bools]:
    """When two boxes that keep velocity and heading touch, exactly: enter (R,), leave (R,) [s], and touch now (R,).

    ego (F, 8): x, y, yaw, length, width, velocity x, y, and z; tick (R,) the ego row of each of the boxes (R, 5) with
    velocity (R, 2) and height z (R,).
    """
    count = tick.shape[0]
    enter = np.full(count, np.inf)
    leave = np.full(count, -np.inf)
    touch = np.zeros(count, np.bool_)
    for r in range(count):
        e = ego[tick[r]]
        if abs(z[r] - e[7]) > LEVEL:
            continue
        ac, as_, al, aw = math.cos(e[2]), math.sin(e[2]), 0.5 * e[3], 0.5 * e[4]
        bc, bs, bl, bw = math.cos(box[r, 2]), math.sin(box[r, 2]), 0.5 * box[r, 3], 0.5 * box[r, 4]
        dx, dy = box[r, 0] - e[0], box[r, 1] - e[1]
        wx, wy = velocity[r, 0] - e[5], velocity[r, 1] - e[6]
        touch[r] = overlap(e[0], e[1], ac, as_, al, aw, box[r, 0], box[r, 1], bc, bs, bl, bw)
        enter[r], leave[r] = touch_span(dx, dy, wx, wy, ac, as_, al, aw, bc, bs, bl, bw)
    return enter, leave, touch
