"""Who can be met at all: coarse bounds that spare most of the exact tests between proposals and entries."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import CHUNK, CHUNKS, GRID, Entry, Roll, Span
from evpilot.types.state import Array, Ints

STEPS = len(GRID)
SECONDS = (STEPS + 1) // 2  # every second step

E_X, E_Y = int(Entry.X), int(Entry.Y)
S_HIGH, D_LOW, D_HIGH = int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
R_X, R_Y, R_S, R_D = int(Roll.X), int(Roll.Y), int(Roll.S), int(Roll.D)


@kernel()
def bounds_of(rows: Array, first: int, last: int, one: int, two: int) -> tuple[float, float, float, float]:
    """Least and greatest value of column one, then of column two, over rows first..last-1."""
    low_a = low_b = np.inf
    high_a = high_b = -np.inf
    for row in range(first, last):
        a, b = rows[row, one], rows[row, two]
        low_a, high_a, low_b, high_b = min(low_a, a), max(high_a, a), min(low_b, b), max(high_b, b)
    return low_a, high_a, low_b, high_b


@kernel("f8[:, :, ::1](f8[:, :, ::1], f8[:, ::1])")
def reach_of(entries: Array, half: Array) -> Array:
    """The box that each entry stays in during each chunk (CHUNKS, 4, E): least and greatest x, least and greatest y of
    its corners' circle [m]."""
    reach = np.empty((CHUNKS, 4, entries.shape[0]))
    for e in range(entries.shape[0]):
        far = math.sqrt(half[e, 0] ** 2 + half[e, 1] ** 2)
        for k in range(CHUNKS):
            low_x, high_x, low_y, high_y = bounds_of(entries[e], CHUNK * k, min(CHUNK * (k + 1), STEPS), E_X, E_Y)
            reach[k, 0, e], reach[k, 1, e] = low_x - far, high_x + far
            reach[k, 2, e], reach[k, 3, e] = low_y - far, high_y + far
    return reach


@kernel()
def widened(box: Array, pad: float, out: Array) -> None:
    """Fill out (CHUNKS, 4) with a rollout's boxes, `pad` [m] wider on every side."""
    for k in range(CHUNKS):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = box[k, 0] - pad, box[k, 1] + pad, box[k, 2] - pad, box[k, 3] + pad


@kernel()
def ever_met(boxes: Array, pad: float, reach: Array) -> Ints:
    """The entries that any of the rollouts may come near at all, in order: boxes (R, CHUNKS, 4) as `roll_out` fills
    them, `pad` [m] wider, and reach as above."""
    met, most = np.zeros(reach.shape[2], np.bool_), np.empty((CHUNKS, 4))
    most[:, 0] = most[:, 2] = np.inf
    most[:, 1] = most[:, 3] = -np.inf
    for r in range(boxes.shape[0]):
        for k in range(CHUNKS):
            most[k, 0], most[k, 1] = min(most[k, 0], boxes[r, k, 0]), max(most[k, 1], boxes[r, k, 1])
            most[k, 2], most[k, 3] = min(most[k, 2], boxes[r, k, 2]), max(most[k, 3], boxes[r, k, 3])
    widened(most, pad, most)
    for k in range(CHUNKS):
        low_x, high_x, low_y, high_y = most[k, 0], most[k, 1], most[k, 2], most[k, 3]
        for e in range(reach.shape[2]):
            meets = (reach[k, 0, e] <= high_x) & (reach[k, 1, e] >= low_x)
            met[e] |= meets & (reach[k, 2, e] <= high_y) & (reach[k, 3, e] >= low_y)
    return np.flatnonzero(met)


@kernel()
def only(reach: Array, among: Ints) -> Array:
    """The reach of some entries (CHUNKS, 4, K)."""
    out = np.empty((CHUNKS, 4, among.shape[0]))
    for k in range(CHUNKS):
        for side in range(4):
            for n in range(among.shape[0]):
                out[k, side, n] = reach[k, side, among[n]]
    return out


@kernel()
def in_reach(boxes: Array, steps: int, reach: Array, window: Array) -> None:
    """Fill window (2, K): the first step at which a rollout, in its boxes (CHUNKS, 4) for so many steps, may be near
    each entry, whose reach is (CHUNKS, 4, K), and the step after the last, -1 when it never may."""
    for n in range(window.shape[1]):
        window[0, n], window[1, n] = STEPS, -1.0
    for k in range((steps + CHUNK - 1) // CHUNK):
        low_x, high_x, low_y, high_y = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        begin, end = float(CHUNK * k), float(CHUNK * (k + 1))
        for n in range(window.shape[1]):
            meets = (reach[k, 0, n] <= high_x) & (reach[k, 1, n] >= low_x)
            meets = meets & (reach[k, 2, n] <= high_y) & (reach[k, 3, n] >= low_y)
            window[0, n] = min(window[0, n], begin) if meets else window[0, n]
            window[1, n] = end if meets else window[1, n]


@kernel()
def strip_crowd(roll: Array, extents: Array, near: Ints, half: float, crowd: Ints) -> None:
    """Fill crowd (E + 1,): how many of the entries near a corridor may ever be on the rollout's strip, `half` [m] to
    each side, and not behind it; and which."""
    low, high, _, _ = bounds_of(roll, 0, roll.shape[0], R_D, R_D)
    crowd[0] = 0
    for n in range(near[0]):
        e = near[1 + n]
        if extents[e, 0] > roll[0, R_S] and extents[e, 1] <= high + half and extents[e, 2] >= low - half:
            crowd[0] += 1
            crowd[crowd[0]] = e


@kernel("void(f8[:, :, :, ::1], i8[:, ::1], f8[:, :, ::1], f8[:, :, :, ::1])")
def strips_on(spans: Array, near: Ints, extents: Array, strips: Array) -> None:
    """Of the spans (C, E, 51, 5) of who is near each corridor, near (C, E + 1): fill extents (C, E, 3), how far they
    ever reach, greatest s, least and greatest d [m]; and strips (C, E, 5, SECONDS), every other step, one column after
    the other, for loops over steps."""
    for c in range(spans.shape[0]):
        for n in range(near[c, 0]):
            e = near[c, 1 + n]
            _, extents[c, e, 0], extents[c, e, 1], _ = bounds_of(spans[c, e], 0, STEPS, S_HIGH, D_LOW)
            _, extents[c, e, 2], _, _ = bounds_of(spans[c, e], 0, STEPS, D_HIGH, D_HIGH)
            for k in range(SECONDS):
                for column in range(spans.shape[3]):
                    strips[c, e, column, k] = spans[c, e, 2 * k, column]
