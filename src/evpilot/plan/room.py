"""Room for the whole car: a path along lane centres is moved sideways where the body would leave the road on it.

A car that turns sweeps more width than it has: its front swings out, its rear cuts in. In the tight turns of narrow
junctions a rear axle on the lane's centre line takes a corner off the road, while a line beside it does not.
"""

import functools
import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row
from evpilot.maps.drivable import DrivableArea, Floats32, edge_distance
from evpilot.maps.reference import SPACING, ReferencePath, moved
from evpilot.types.state import Array, Ints

MARGIN = 0.4  # [m] between body and edge that is asked for
TIGHT, TIGHTER = 0.1, 6.0  # [m, -] a smaller margin weighs so much more
FARTHEST = 1.5  # [m] a path is not moved further
ROUNDS = 12
STEP_MAX = 0.25  # [m] in one round: the field is not linear
STIFFNESS = 50.0  # weight of the squared third difference, at SPACING
HOLD = 0.004  # weight of the squared move itself
PROBE = 0.2  # [m] for the field's slope


@kernel()
def _want(
    k: int,
    place: Array,
    body: Array,
    origin: Array,
    tiles_at: Ints,
    tiles: Floats32,
    band: Array,
    right: Array,
) -> float:
    """Add what the body asks of the moves around sample k to the normal equations; the squared lack of room [m2].

    place (3,): x, y, yaw; a body's point moves with the sample, and turns with the difference of its neighbours.
    """
    lack = 0.0
    c, s = math.cos(place[2]), math.sin(place[2])
    for along in (-1.0, 0.0, 1.0):
        for across in (-1.0, 1.0):
            a, b = body[0] + along * body[1], across * body[2]
            x, y = place[0] + a * c - b * s, place[1] + a * s + b * c
            free = edge_distance(x, y, origin, tiles_at, tiles)
            if free >= MARGIN:
                continue
            lack += (MARGIN - free) ** 2 * (1.0 if free > TIGHT else TIGHTER)
            gx = edge_distance(x + PROBE, y, origin, tiles_at, tiles)
            gx = (gx - edge_distance(x - PROBE, y, origin, tiles_at, tiles)) / (2.0 * PROBE)
            gy = edge_distance(x, y + PROBE, origin, tiles_at, tiles)
            gy = (gy - edge_distance(x, y - PROBE, origin, tiles_at, tiles)) / (2.0 * PROBE)
            shift = gy * c - gx * s
            turn = (gx * (-a * s - b * c) + gy * (a * c - b * s)) / (2.0 * SPACING)
            rows = (-turn, shift, turn)
            weight = 1.0 if free > TIGHT else TIGHTER
            for i in range(3):
                right[k - 1 + i] += weight * rows[i] * (MARGIN - free)
                for j in range(i + 1):
                    band[k - 1 + i, i - j] += weight * rows[i] * rows[j]
    return lack


@kernel()
def _solve(band: Array, right: Array) -> None:
    """Solve a symmetric system of bandwidth 3 in place, by Cholesky factors; band (n, 4) the diagonal and below."""
    n = band.shape[0]
    for i in range(n):
        for j in range(max(0, i - 3), i + 1):
            total = band[i, i - j]
            for k in range(max(0, i - 3), j):
                total -= band[i, i - k] * band[j, j - k]
            band[i, i - j] = math.sqrt(total) if i == j else total / band[j, 0]
    for i in range(n):
        total = right[i]
        for k in range(max(0, i - 3), i):
            total -= band[i, i - k] * right[k]
        right[i] = total / band[i, 0]
    for i in range(n - 1, -1, -1):
        total = right[i]
        for k in range(i + 1, min(n, i + 4)):
            total -= band[k, k - i] * right[k]
        right[i] = total / band[i, 0]


@kernel()
def _stiffen(move: Array, band: Array, right: Array) -> None:
    """Add what keeps the moves small and smooth to the normal equations."""
    weights = (-1.0, 3.0, -3.0, 1.0)
    for k in range(move.shape[0]):
        band[k, 0] += HOLD
        right[k] -= HOLD * move[k]
    for k in range(move.shape[0] - 3):
        bent = move[k + 3] - 3.0 * move[k + 2] + 3.0 * move[k + 1] - move[k]
        for i in range(4):
            right[k + i] -= STIFFNESS * weights[i] * bent
            for j in range(i + 1):
                band[k + i, i - j] += STIFFNESS * weights[i] * weights[j]


@kernel("f8(f8[:, ::1], i8, i8, f8[::1], f8[::1], i8[:, ::1], f4[:, :, ::1], f8[::1])")
def make_room(
    table: Array, first: int, last: int, body: Array, origin: Array, tiles_at: Ints, tiles: Floats32, best: Array
) -> float:
    """Fill best (P,) with the move to the left [m] at each sample of a path's table (P, 6) that leaves the body most
    room; the squared lack of room that remains [m2]. body (3,): rear axle to centre, half length, half width [m];
    samples first..last-1 are looked at.

    Gauss-Newton on the squared lack of room at six points of the body, with moves that are small and smooth.
    """
    count = table.shape[0]
    move = np.zeros(count)
    place = np.empty(3)
    least = np.inf
    for _ in range(ROUNDS):
        band, right = np.zeros((count, 4)), np.zeros(count)
        lack = 0.0
        for k in range(max(first, 1), min(last, count - 1)):
            place[0] = table[k, 0] - move[k] * math.sin(table[k, 2])
            place[1] = table[k, 1] + move[k] * math.cos(table[k, 2])
            stretch = max(1.0 - move[k] * table[k, 3], 0.3)
            place[2] = table[k, 2] + (move[k + 1] - move[k - 1]) / (2.0 * SPACING * stretch)
            lack += _want(k, place, body, origin, tiles_at, tiles, band, right)
        if lack < least:
            least = lack
            copy_row(move, best)
        if lack == 0.0:
            break
        _stiffen(move, band, right)
        _solve(band, right)
        share = min(1.0, STEP_MAX / max(np.abs(right).max(), 1e-9))
        for k in range(count):
            move[k] += share * right[k]
        if np.abs(move).max() > FARTHEST:
            break
    return least


def roomy(path: ReferencePath, area: DrivableArea, body: Array) -> ReferencePath:
    """The path, moved sideways where a car on it has less than `MARGIN` to the edge of the road, as far as that helps.

    body (3,): rear axle to centre, half length, half width [m]."""
    shape = float(body[0]), float(body[1]), float(body[2])
    move = _move(path.table.tobytes(), path.table.shape[1], path.end, area, shape)
    return moved(path, move) if np.any(np.abs(move) > 0.02) else path


@functools.lru_cache(maxsize=64)
def _move(table_bytes: bytes, columns: int, end: float, area: DrivableArea, body: tuple[float, float, float]) -> Array:
    """How far to the left [m] each sample of a path is moved; what was found for the last few paths is kept: a suite
    drives many cases on one road."""
    table = np.frombuffer(table_bytes).reshape(-1, columns).copy()
    first, last = math.ceil((body[1] - body[0]) / SPACING), int((end - body[0] - body[1]) / SPACING)
    move = np.zeros(len(table))
    make_room(table, first, last, np.array(body), area.origin, area.table, area.tiles, move)
    return move
