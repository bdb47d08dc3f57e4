"""Who can be met at all: coarse bounds that spare most of the exact tests between proposals and entries."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Entry, Roll, Span
from evpilot.types.state import Array, Ints

CHUNK = 6  # steps that are bounded together
STEPS = len(GRID)
CHUNKS = (STEPS + CHUNK - 1) // CHUNK
SECONDS = (STEPS + 1) // 2  # every second step

E_X, E_Y = int(Entry.X), int(Entry.Y)
R_X, R_Y, R_S, R_D = int(Roll.X), int(Roll.Y), int(Roll.S), int(Roll.D)
S_HIGH, D_LOW, D_HIGH = int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)


@kernel()
def bounds_of(rows: Array, first: int, last: int, one: int, two: int) -> tuple[float, float, float, float]:
    """Least and greatest value of column one, then of column two, over rows first..last-1."""
    low_a = low_b = np.inf
    high_a = high_b = -np.inf
    for row in range(first, last):
        a, b = rows[row, one], rows[row, two]
        low_a, high_a, low_b, high_b = min(low_a, a), max(high_a, a), min(low_b, b), max(high_b, b)
    return low_a, high_a, low_b, high_b


@kernel()
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
def in_reach(roll: Array, reach: Array, pad: float, window: Array) -> None:
    """Fill window (2, E): the first step at which a rollout may come within `pad` [m] of each entry, and the step after
    the last, -1 when it never may."""
    for e in range(window.shape[1]):
        window[0, e], window[1, e] = STEPS, -1.0
    for k in range((roll.shape[0] + CHUNK - 1) // CHUNK):
        last = min(CHUNK * (k + 1), roll.shape[0])
        low_x, high_x, low_y, high_y = bounds_of(roll, CHUNK * k, last, R_X, R_Y)
        low_x, high_x, low_y, high_y = low_x - pad, high_x + pad, low_y - pad, high_y + pad
        begin, end = float(CHUNK * k), float(CHUNK * (k + 1))
        for e in range(window.shape[1]):
            meets = (reach[k, 0, e] <= high_x) & (reach[k, 1, e] >= low_x)
            meets = meets & (reach[k, 2, e] <= high_y) & (reach[k, 3, e] >= low_y)
            window[0, e] = min(window[0, e], begin) if meets else window[0, e]
            window[1, e] = end if meets else window[1, e]


@kernel()
def strip_bounds(spans: Array) -> Array:
    """Where each entry comes along and across each corridor (C, E, 3): greatest s, least and greatest d [m]."""
    bounds = np.empty((spans.shape[0], spans.shape[1], 3))
    for c in range(spans.shape[0]):
        for e in range(spans.shape[1]):
            _, bounds[c, e, 0], bounds[c, e, 1], _ = bounds_of(spans[c, e], 0, STEPS, S_HIGH, D_LOW)
            _, bounds[c, e, 2], _, _ = bounds_of(spans[c, e], 0, STEPS, D_HIGH, D_HIGH)
    return bounds


@kernel()
def strip_crowd(roll: Array, bounds: Array, near: Ints, half: float, crowd: Ints) -> None:
    """Fill crowd (E + 1,): how many of the entries near a corridor may ever be on the rollout's strip, `half` [m] to
    each side, and not behind it; and which."""
    low, high, _, _ = bounds_of(roll, 0, roll.shape[0], R_D, R_D)
    crowd[0] = 0
    for n in range(near[0]):
        e = near[1 + n]
        if bounds[e, 0] > roll[0, R_S] and bounds[e, 1] <= high + half and bounds[e, 2] >= low - half:
            crowd[0] += 1
            crowd[crowd[0]] = e


@kernel()
def strips_of(spans: Array) -> Array:
    """Every other step of spans (C, E, 51, 5), one column after the other (C, E, 5, SECONDS): for loops over steps."""
    strips = np.empty((spans.shape[0], spans.shape[1], spans.shape[3], SECONDS))
    for c in range(spans.shape[0]):
        for e in range(spans.shape[1]):
            for k in range(SECONDS):
                for column in range(spans.shape[3]):
                    strips[c, e, column, k] = spans[c, e, 2 * k, column]
    return strips
