"""Predicted boxes as seen from the corridors: from where to where along and across, at every step."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import GRID, Corridor, Ref, Span
from evpilot.types.state import Array, Bools, Ints

TRACK = 1.0  # [m] to each side of the car's middle: who is behind it there follows it
NEAR = 6.0  # [m] beside a path; further away nobody is followed on it
ASIDE = 15.0  # [m] who is further away is not on a corridor
OFF = 2.0 * ASIDE  # [m] from all samples: certainly further aside or along, from any of them
STRIDE = 8  # rows between the samples among which the nearest is looked for first
AFRESH = 4  # steps after which who is not near a path is looked for on all of it again

C_START, C_COUNT, C_S, C_D = int(Corridor.START), int(Corridor.COUNT), int(Corridor.S), int(Corridor.D)
R_X, R_Y, R_Z, R_COS, R_SIN = int(Ref.X), int(Ref.Y), int(Ref.Z), int(Ref.COS), int(Ref.SIN)
R_K = int(Ref.CURVATURE)
S_LOW, S_HIGH, D_LOW, D_HIGH = int(Span.S_LOW), int(Span.S_HIGH), int(Span.D_LOW), int(Span.D_HIGH)
S_SPEED = int(Span.SPEED)
STEPS = len(GRID)


def in_strip(spans: Array, half: float) -> Bools:
    """Which spans (E, 5) touch a strip of half a width [m]."""
    return (spans[:, Span.D_LOW] <= half) & (spans[:, Span.D_HIGH] >= -half)


@kernel()
def _samples(corridor: Array, table: Array, stride: int) -> Array:
    """Every `stride`th sample of a corridor (N, 3), x, y, z [m], side by side: they are looked through all the time."""
    start, count = int(corridor[C_START]), int(corridor[C_COUNT])
    out = np.empty(((count + stride - 1) // stride, 3))
    for k in range(out.shape[0]):
        row = start + stride * k
        out[k, 0], out[k, 1], out[k, 2] = table[row, R_X], table[row, R_Y], table[row, R_Z]
    return out


@kernel()
def _row_anywhere(x: float, y: float, z: float, coarse: Array) -> tuple[int, float]:
    """Row of the nearest of every `STRIDE`th sample, also for the level, and how far away [m] in the plane the nearest
    of all samples is at least; coarse (N, 3) as `_samples` gives it."""
    best, flat, near = np.inf, np.inf, 0
    for k in range(coarse.shape[0]):
        dx, dy, dz = x - coarse[k, 0], y - coarse[k, 1], z - coarse[k, 2]
        square = dx * dx + dy * dy
        flat = min(flat, square)
        if square + dz * dz < best:
            best, near = square + dz * dz, k
    return STRIDE * near, math.sqrt(flat) - STRIDE * SPACING


@kernel()
def _nearest_row(x: float, y: float, samples: Array, row: int) -> int:
    """Row of the nearest of the samples (N, 3), downhill from one."""
    dx, dy = x - samples[row, 0], y - samples[row, 1]
    best = dx * dx + dy * dy
    for direction in (1, -1):
        k = row + direction
        while 0 <= k < samples.shape[0]:
            dx, dy = x - samples[k, 0], y - samples[k, 1]
            square = dx * dx + dy * dy
            if square > best:
                break
            best, row = square, k
            k += direction
    return row


@kernel()
def on_strip(span: Array, strip: float) -> bool:
    """Whether a span (5,) touches the strip of so many metres to each side of a path."""
    return span[D_LOW] < strip and span[D_HIGH] > -strip


@kernel()
def _no_span(span: Array) -> None:
    span[S_LOW], span[S_HIGH], span[D_LOW], span[D_HIGH], span[S_SPEED] = 1e6, -1e6, 1e6, -1e6, 0.0


@kernel()
def _one_span(entry: Array, half: Array, table: Array, start: int, row: int, span: Array) -> None:
    c, s = table[start + row, R_COS], table[start + row, R_SIN]
    dx, dy = entry[0] - table[start + row, R_X], entry[1] - table[start + row, R_Y]
    along, across = c * dx + s * dy, c * dy - s * dx
    if abs(across) > ASIDE or abs(along) > ASIDE:
        _no_span(span)
        return
    cosine = c * entry[2] + s * entry[3]
    sine = abs(c * entry[3] - s * entry[2])
    long = half[0] * abs(cosine) + half[1] * sine
    wide = half[0] * sine + half[1] * abs(cosine)
    place = row * SPACING + along
    span[S_LOW], span[S_HIGH] = place - long, place + long
    span[D_LOW], span[D_HIGH] = across - wide, across + wide
    span[S_SPEED] = entry[4] * cosine


@kernel()
def _moved(entry: Array, step: int, since: int) -> float:
    """How far [m] an entry (51, 5) is at the steps from one on, at most, until it is looked for again, from where it
    was at another."""
    square = 0.0
    for k in range(step, min(step + AFRESH, STEPS)):
        dx, dy = entry[k, 0] - entry[since, 0], entry[k, 1] - entry[since, 1]
        square = max(square, dx * dx + dy * dy)
    return math.sqrt(square)


@kernel()
def _bends_little(corridor: Array, table: Array) -> bool:
    """Whether whoever is within `ASIDE` of a corridor has one nearest place on it: it bends around none of them."""
    start = int(corridor[C_START])
    most = 0.0
    for row in range(start, start + int(corridor[C_COUNT])):
        most = max(most, abs(table[row, R_K]))
    return most * 2.0 * ASIDE <= 1.0


@kernel()
def _spans_of(
    entry: Array,
    size: Array,
    level: float,
    corridor: Array,
    table: Array,
    samples: Array,
    coarse: Array,
    little: bool,
    spans: Array,
) -> bool:
    """`spans_on` for one entry (51, 5) and one corridor (10,), which bends little or not: spans (51, 5), and whether it
    is one of those near."""
    start, across = int(corridor[C_START]), corridor[C_D]
    seen, row, away = 0, 0, 0.0
    found = close = off = False
    for step in range(STEPS):
        # who crosses a path that bends back is not nearest where he was nearest before
        if step % AFRESH == 0 and not found:
            off = away > OFF and away - _moved(entry, step, seen) > OFF
            if not off:
                seen = step
                row, away = _row_anywhere(entry[step, 0], entry[step, 1], level, coarse)
        if off:
            _no_span(spans[step])
            continue
        row = _nearest_row(entry[step, 0], entry[step, 1], samples, row)
        _one_span(entry[step], size, table, start, row, spans[step])
        here = on_strip(spans[step], NEAR)
        found = here or (little and spans[step, S_LOW] <= spans[step, S_HIGH])
        close = close or here
    now = spans[0]
    follows = now[S_HIGH] < corridor[C_S] and now[D_LOW] < across + TRACK and now[D_HIGH] > across - TRACK
    return close and not follows


@kernel("void(f8[:, :, ::1], f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1])")
def spans_on(
    entries: Array, size: Array, level: Array, corridors: Array, table: Array, spans: Array, near: Ints
) -> None:
    """Fill spans (C, E, 51, 5) by `Span`: every predicted box (E, 51, 5) by `Entry`, half size (E, 2), height level
    (E,) [m] now, as an interval along and across each corridor. Off the corridor (over `ASIDE`) both intervals are
    empty (low > high). near (C, E + 1): how many entries ever come within `NEAR` of the path, and which. Who follows
    the car is not one: it is never ahead, though a prediction that does not heed the car may lead through it."""
    for c in range(corridors.shape[0]):
        near[c, 0], little = 0, _bends_little(corridors[c], table)
        samples, coarse = _samples(corridors[c], table, 1), _samples(corridors[c], table, STRIDE)
        for e in range(entries.shape[0]):
            if _spans_of(entries[e], size[e], level[e], corridors[c], table, samples, coarse, little, spans[c, e]):
                near[c, 0] += 1
                near[c, near[c, 0]] = e


@kernel("void(i8[::1], f8[:, :, ::1], f8[:, ::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, :, :, ::1], i8[:, ::1])")
def spans_again(
    changed: Ints, entries: Array, size: Array, level: Array, corridors: Array, table: Array, spans: Array, near: Ints
) -> None:
    """The same where only some entries (K,) have changed since."""
    is_near = np.empty(entries.shape[0], np.bool_)
    for c in range(corridors.shape[0]):
        is_near[:], little = False, _bends_little(corridors[c], table)
        samples, coarse = _samples(corridors[c], table, 1), _samples(corridors[c], table, STRIDE)
        for n in range(near[c, 0]):
            is_near[near[c, 1 + n]] = True
        for k in range(changed.shape[0]):
            e = int(changed[k])
            is_near[e] = _spans_of(
                entries[e], size[e], level[e], corridors[c], table, samples, coarse, little, spans[c, e]
            )
        near[c, 0] = 0
        for e in range(entries.shape[0]):
            if is_near[e]:
                near[c, 0] += 1
                near[c, near[c, 0]] = e
