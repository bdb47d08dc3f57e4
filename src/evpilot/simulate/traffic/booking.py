"""Who comes along which lane: what right of way is judged by."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row
from evpilot.maps.index import IndexArrays, locate
from evpilot.simulate.traffic.paths import LIGHT, STOP_SIGN
from evpilot.simulate.traffic.scene import COS, HALF_L, SIN, SPEED, X, Y, Z
from evpilot.simulate.traffic.yielding import AWAY, COMER, PAUSE, stops_at
from evpilot.types.state import Array, Ints

BOOKED_MAX = 16  # lanes that one thing may come along
HALT_SOON = 2.0  # [s] before its recorded halt ends, a car counts as coming again
BOOK_REACH = 80.0  # [m] that bookings reach ahead


@kernel()
def _book(lane: int, who: int, away: float, pause: float, lanes: Ints, rows: Array, count: int) -> int:
    if count < rows.shape[0]:
        lanes[count] = lane
        rows[count, COMER], rows[count, AWAY], rows[count, PAUSE] = who, away, pause
        return count + 1
    return count


@kernel()
def book_driver(
    i: int,
    front: float,
    speed: float,
    path: int,
    lane: Ints,
    lane_s: Array,
    event: Array,
    first: Ints,
    lights: Ints,
    halts: Array,
    now: float,
    passed: int,
    lanes: Ints,
    rows: Array,
    count: int,
) -> int:
    """Book the lanes that a driver will come along, up to a light, or a recorded halt, that stops it. passed: the stop
    sign that it honoured last (a row of event, or -1)."""
    reach = BOOK_REACH + 3.0 * speed
    stop = sign = np.inf
    for k in range(first[path, 2], first[path + 1, 2]):
        gap = event[k, 0] - front
        if gap > -1.0 and event[k, 1] == STOP_SIGN and k > passed:
            sign = min(sign, event[k, 0])
        if gap > -1.0 and event[k, 1] == LIGHT and stops_at(lights[int(event[k, 2]), int(event[k, 3])], speed, gap):
            stop = event[k, 0]
            break
    for k in range(halts.shape[0]):
        if now + HALT_SOON < halts[k, 1] and halts[k, 0] > front - 1.0:
            stop = min(stop, halts[k, 0] + 0.5)
    for k in range(first[path, 1], first[path + 1, 1]):
        begin = lane_s[k]
        end = lane_s[k + 1] if k + 1 < first[path + 1, 1] else np.inf
        if end < front - 30.0:
            continue
        if begin > front + reach or begin > stop - 0.1:
            break
        pause = sign - front if sign <= begin + 0.1 else -np.inf
        count = _book(lane[k], i, begin - front, pause, lanes, rows, count)
    return count


@kernel()
def book_foreign(
    j: int,
    things: Array,
    index: IndexArrays,
    length: Array,
    successor_start: Ints,
    successor: Ints,
    lights: Ints,
    lanes: Ints,
    rows: Array,
    count: int,
) -> int:
    """Book all lanes that a thing of unknown aims may come along."""
    row = things[j]
    yaw = math.atan2(row[SIN], row[COS])
    lane, s, d = locate(row[X], row[Y], row[Z], yaw, index)
    if lane < 0 or abs(d) > 4.0:
        return count
    reach = BOOK_REACH + 3.0 * row[SPEED]
    stack_lane = np.empty(64, np.int64)
    stack_away = np.empty(64)
    stack_lane[0], stack_away[0] = lane, -s - row[HALF_L]
    depth, booked = 1, 0
    while depth > 0 and booked < BOOKED_MAX:
        depth -= 1
        lane, away = stack_lane[depth], stack_away[depth]
        count = _book(lane, j, away, -np.inf, lanes, rows, count)
        booked += 1
        end = away + length[lane]
        if end > reach or (
            lights[lane, 0] >= 0 and stops_at(lights[lane, 0], row[SPEED], max(end, 0.0)) and end > -1.0
        ):
            continue
        for k in range(successor_start[lane], successor_start[lane + 1]):
            if depth < stack_lane.shape[0]:
                stack_lane[depth], stack_away[depth] = successor[k], end
                depth += 1
    return count


@kernel()
def sorted_by_lane(lanes: Ints, rows: Array, count: int, total: int) -> tuple[Ints, Array]:
    """Bookings grouped by lane: start (L + 1,) and rows in that order (counting sort, stable)."""
    start = np.zeros(total + 1, np.int64)
    for k in range(count):
        start[lanes[k] + 1] += 1
    for k in range(total):
        start[k + 1] += start[k]
    at = start[:-1].copy()
    out = np.empty((count, 3))
    for k in range(count):
        copy_row(rows[k], out[at[lanes[k]]])
        at[lanes[k]] += 1
    return start, out
