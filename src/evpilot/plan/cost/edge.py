"""Leaving the road, and driving close to its edge."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel
from evpilot.maps.drivable import edge_distance
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.types.state import Array, Ints

R_X, R_Y, R_C, R_SI = int(Roll.X), int(Roll.Y), int(Roll.COS), int(Roll.SIN)
ROAD, CLEARANCE = int(Cost.ROAD), int(Cost.CLEARANCE)
TIMES = GRID
OFF_ROAD = 500.0
NEAR_EDGE = 0.3  # [m] closer to the edge of the road than this costs
EDGE_SPARE = 0.05  # [m] off the road from here on: about what the field of distances is off at its corners


@kernel("f8(f8, f8, f8, f8[::1], f8[::1], i8[:, ::1], f4[:, :, ::1])")
def outline_distance(
    x: float, y: float, yaw: float, body: Array, origin: Array, table: Ints, tiles: npt.NDArray[np.float32]
) -> float:
    """The least distance [m] to the edge of the road of ten places on the outline of a car whose rear axle is at a
    place; body (3,): rear axle to centre, half length, half width [m]."""
    c, s = math.cos(yaw), math.sin(yaw)
    x, y = x + body[0] * c, y + body[0] * s
    least = np.inf
    for a in (-1.0, -0.5, 0.0, 0.5, 1.0):
        for b in (-1.0, 1.0):
            along, across = a * body[1], b * body[2]
            px, py = x + along * c - across * s, y + along * s + across * c
            least = min(least, edge_distance(px, py, origin, table, tiles))
    return least


@kernel()
def road_cost(
    roll: Array,
    body: Array,
    origin: Array,
    table: Ints,
    tiles: npt.NDArray[np.float32],
    slack: float,
    blur: float,
    cost: Array,
) -> None:
    """Cost of leaving the drivable area with any of ten places on the car's outline; slack [m] is how far the car is
    out at the start, which every proposal may keep. Over the first `blur` [m] the cost grows as their square: nobody
    stands for ever for want of a centimetre; nor does anybody creep out, a centimetre in every cycle: it grows on from
    what was kept."""
    shift, length, width = body[0], body[1], body[2]
    # three discs along the car cover it: where all are on the road and NEAR_EDGE more, no corner is near its edge
    ahead = 2.0 / 3.0 * length
    clear = math.sqrt((length - ahead) ** 2 + width * width) + NEAR_EDGE
    worst, out = 0.0, False
    for step in range(1, roll.shape[0], 2):
        c, s = roll[step, R_C], roll[step, R_SI]
        x, y = roll[step, R_X] + shift * c, roll[step, R_Y] + shift * s
        middle = edge_distance(x, y, origin, table, tiles)
        if middle > 2.9 or (
            middle > clear
            and edge_distance(x + ahead * c, y + ahead * s, origin, table, tiles) > clear
            and edge_distance(x - ahead * c, y - ahead * s, origin, table, tiles) > clear
        ):
            continue
        closest = 3.0
        for along in (-length, -0.5 * length, 0.0, 0.5 * length, length):
            for across in (-width, width):
                px, py = x + along * c - across * s, y + along * s + across * c
                closest = min(closest, edge_distance(px, py, origin, table, tiles))
        if closest < EDGE_SPARE - slack and not out:
            t = TIMES[step]
            more = EDGE_SPARE - slack - closest
            share = min(1.0, more * (more + 2.0 * slack) / max(blur * blur, 1e-12))
            harm = OFF_ROAD * share * (1.0 if t < 4.0 else max(0.3, 1.0 - 0.2 * (t - 4.0)))
            worst = max(worst, harm + 20.0 * min(-closest, 3.0))
            out = share >= 1.0
        elif closest < NEAR_EDGE:
            cost[CLEARANCE] += 1.5 * (NEAR_EDGE - max(closest, 0.0)) * 0.2 / NEAR_EDGE
    cost[ROAD] += worst
