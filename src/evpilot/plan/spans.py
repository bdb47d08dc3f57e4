"""Predicted boxes as seen from the corridors: from where to where along and across, at every step."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.plan.columns import GRID, Corridor, Ref, Span
from evpilot.types.state import Array, Ints

REF_STEP = 0.5  # [m] spacing of the reference tables (maps.reference.SPACING)
TRACK = 1.0  # [m] to each side of the car's middle: who is behind it there follows it
NEAR = 6.0  # [m] beside a path; further away nobody is followed on it
AFRESH = 4  # steps after which who is not near a path is looked for on all of it again

C_START, C_COUNT, C_S, C_D = int(Corridor.START), int(Corridor.COUNT), int(Corridor.S), int(Corridor.D)
R_X, R_Y, R_Z, R_COS, R_SIN = int(Ref.X), int(Ref.Y), int(Ref.Z), int(Ref.COS), int(Ref.SIN)
S_LOW, S_HIGH, D_LOW, D_HIGH = int(Span.S_LOW), int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
S_SPEED = int(Span.SPEED)
STEPS = len(GRID)


@kernel()
def _nearest_row(x: float, y: float, z: float, table: Array, start: int, count: int, hint: int) -> int:
    """Row of the nearest sample: a full look in strides without a hint, also for the level, then downhill from it."""
    if hint < 0:
        best, hint = np.inf, 0
        for k in range(0, count, 8):
            dx, dy, dz = x - table[start + k, R_X], y - table[start + k, R_Y], z - table[start + k, R_Z]
            if dx * dx + dy * dy + dz * dz < best:
                best, hint = dx * dx + dy * dy + dz * dz, k
    dx, dy = x - table[start + hint, R_X], y - table[start + hint, R_Y]
    best = dx * dx + dy * dy
    for direction in (1, -1):
        k = hint + direction
        while 0 <= k < count:
            dx, dy = x - table[start + k, R_X], y - table[start + k, R_Y]
            square = dx * dx + dy * dy
            if square > best:
                break
            best, hint = square, k
            k += direction
    return hint


@kernel()
def _one_span(entry: Array, half: Array, table: Array, start: int, row: int, span: Array) -> None:
    c, s = table[start + row, R_COS], table[start + row, R_SIN]
    dx, dy = entry[0] - table[start + row, R_X], entry[1] - table[start + row, R_Y]
    along, across = c * dx + s * dy, c * dy - s * dx
    if abs(across) > 15.0 or abs(along) > 15.0:
        span[S_LOW], span[S_HIGH], span[D_LOW], span[D_HIGH], span[S_SPEED] = 1e6, -1e6, 1e6, -1e6, 0.0
        return
    cosine = c * entry[2] + s * entry[3]
    sine = abs(c * entry[3] - s * entry[2])
    long = half[0] * abs(cosine) + half[1] * sine
    wide = half[0] * sine + half[1] * abs(cosine)
    place = row * REF_STEP + along
    span[S_LOW], span[S_HIGH] = place - long, place + long
    span[D_LOW], span[D_HIGH] = across - wide, across + wide
    span[S_SPEED] = entry[4] * cosine


@kernel()
def extents_of(spans: Array) -> Array:
    """How far each entry's spans (E, 51, 5) ever reach (E, 3): greatest s, least and greatest d [m]."""
    extents = np.empty((spans.shape[0], 3))
    for e in range(spans.shape[0]):
        s_high = d_high = -np.inf
        d_low = np.inf
        for step in range(STEPS):
            span = spans[e, step]
            s_high, d_low, d_high = max(s_high, span[S_HIGH]), min(d_low, span[D_LOW]), max(d_high, span[D_HIGH])
        extents[e, 0], extents[e, 1], extents[e, 2] = s_high, d_low, d_high
    return extents


@kernel("void(f8[:, :, ::1], f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1])")
def spans_on(
    entries: Array, size: Array, level: Array, corridors: Array, table: Array, spans: Array, near: Ints
) -> None:
    """Fill spans (C, E, 51, 5) by `Span`: every predicted box (E, 51, 5) by `Entry`, half size (E, 2), height level
    (E,) [m] now, as an interval along and across each corridor. Off the corridor (over 15 m aside) both intervals are
    empty (low > high). near (C, E + 1): how many entries ever come within `NEAR` of the path, and which. Who follows
    the car is not one: it is never ahead, though a prediction that does not heed the car may lead through it."""
    for c in range(corridors.shape[0]):
        start, count = int(corridors[c, C_START]), int(corridors[c, C_COUNT])
        near[c, 0] = 0
        for e in range(entries.shape[0]):
            row = -1
            here = close = False
            for step in range(STEPS):
                x, y = entries[e, step, 0], entries[e, step, 1]
                # who crosses a path that bends back is not nearest where he was nearest before
                row = -1 if step % AFRESH == 0 and not here else row
                row = _nearest_row(x, y, level[e], table, start, count, row)
                span = spans[c, e, step]
                _one_span(entries[e, step], size[e], table, start, row, span)
                here = span[D_LOW] < NEAR and span[D_HIGH] > -NEAR
                close = close or here
            now = spans[c, e, 0]
            across = corridors[c, C_D]
            follows = now[S_HIGH] < corridors[c, C_S] and now[D_LOW] < across + TRACK and now[D_HIGH] > across - TRACK
            if close and not follows:
                near[c, 0] += 1
                near[c, near[c, 0]] = e
