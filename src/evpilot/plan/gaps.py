"""Gaps in the traffic on a neighbouring corridor, and the motions that meet them: abreast in time, then across."""

import math

import numpy as np

from evpilot.plan.columns import GRID, Corridor, Span
from evpilot.plan.proposals import COLUMNS, LENGTH_MIN, arrive, gentle
from evpilot.plan.way import Way, to_go
from evpilot.types import Briefing
from evpilot.types.state import Array

WORTH = 10.0  # [m] less to go than on our own corridor makes another one worth a gap, ...
CHEAPER = 10.0  # ... or so much less that it costs to be on it
AHEAD = (2.0, 3.5, 5.0, 7.0)  # [s] when to be abreast of a gap
DUE_MIN = 0.8  # [s] an arrival that is nearer is as good as done
LIKELY = 0.3  # a less likely mode closes no gap
BESIDE = 0.4  # [m] beside our width in which somebody is on the strip
ROOM = 1.5  # [m] to keep to either side of us at least
GAPS = 3  # the nearest at each time
HARD = 3.5  # [m/s2] a gap that asks for more is out of reach
CROSSING = 3.0  # [s] for the way across, at least


def seek_gaps(
    ways: list[Way], spans: Array, prob: Array, room: Array, briefing: Briefing, speed: float, accel: float, due: float
) -> Array:
    """Proposals (R, 11) by `Prop` that come abreast of gaps on better corridors than ours, or free ones where ours is
    blocked, or is to be left to somebody with blue light, and then cross into them.

    spans (C, E, 51, 5) by `Span`; prob (E,) of each entry; room (C,) as in `blocked.room_before`; due [s] is when the
    last decision arrives, if it does: what is sought at the same times from now in every cycle is put off for ever, and
    where nothing presses but to be out of somebody's way, what is sought later than that.
    """
    pending = DUE_MIN < due < AHEAD[-1]
    rows: list[tuple[float, ...]] = []
    for c, way in enumerate(ways[1:], 1):
        cheaper = way.scalars[Corridor.PENALTY] < ways[0].scalars[Corridor.PENALTY] - CHEAPER
        if cheaper or math.isfinite(room[c]) or to_go(way) < to_go(ways[0]) - WORTH:
            home = float(way.scalars[Corridor.D] - ways[0].scalars[Corridor.D])
            sooner = tuple(t for t in AHEAD if t < due) if cheaper else AHEAD
            times = (due, *sooner) if pending else AHEAD
            for t, distance, pace in _meetings(way, spans[c], prob, briefing, speed, times):
                law = arrive(distance, t, pace, speed, accel)
                rows.extend((c, *motion, *law) for motion in _crossings(distance, pace, home, way, briefing))
    return np.array(rows).reshape(-1, COLUMNS)


def _crossings(
    distance: float, pace: float, home: float, way: Way, briefing: Briefing
) -> list[tuple[float, float, float, float]]:
    """Offset, length, offset kept before, and for how far [m]: across at once, round the arrival, or after it."""
    # a quintic over d metres in T seconds begins with a jerk of 60 d / T^3
    seconds = max(CROSSING, (60.0 * abs(home) / briefing.limits.gate_lateral_jerk) ** (1.0 / 3.0))
    seconds = min(gentle((seconds,), way, briefing))
    length = max(LENGTH_MIN, seconds * pace)
    least = max(way.opens - float(way.scalars[Corridor.S]), 0.0)
    begins = {max(begin, least) for begin in (0.0, distance - 0.5 * length, distance)}
    return [(0.0, max(length, distance) if begin == 0.0 else length, home, begin) for begin in sorted(begins)]


def _meetings(
    way: Way, spans: Array, prob: Array, briefing: Briefing, speed: float, times: tuple[float, ...]
) -> list[tuple[float, float, float]]:
    """When [s], how far ahead [m] and at which pace [m/s] to be abreast of the gaps that can be reached."""
    found: list[tuple[float, float, float]] = []
    for t in times:
        step = int(np.searchsorted(GRID, t - 1e-9))
        reached: list[tuple[float, float, float, float]] = []
        for low, high, pace in gaps_of(spans[:, step], prob, briefing.platform.width):
            since = pace * (t - float(GRID[step]))
            place = _place(low + since, high + since, briefing, speed * t + float(way.scalars[Corridor.S]))
            distance = place - float(way.scalars[Corridor.S])
            needed = 6.0 * abs(distance - 0.5 * (speed + pace) * t) / t**2 + abs(pace - speed) / t
            if distance > 0.0 and needed < HARD:
                reached.append((needed, t, distance, pace))
        found.extend((t, distance, pace) for _, t, distance, pace in sorted(reached)[:GAPS])
    return found


def _place(low: float, high: float, briefing: Briefing, natural: float) -> float:
    """Where [m] in a gap the rear axle should be, as near as can be to where it would be anyway; NaN where the gap is
    too short."""
    shift, half = briefing.platform.rear_to_center, 0.5 * briefing.platform.length
    first, last = low + ROOM + half - shift, high - ROOM - half - shift
    inset = min(0.3 * (last - first), 5.0)
    return math.nan if last < first else min(max(natural, first + inset), last - inset)


def gaps_of(spans: Array, prob: Array, width: float) -> list[tuple[float, float, float]]:
    """The gaps on a corridor at one time, from, to [m] and the pace [m/s] of who bounds it ahead (else behind);
    spans (E, 5) by `Span`. None where nobody is on it."""
    half = 0.5 * width + BESIDE
    there = (prob > LIKELY) & (spans[:, Span.D_LOW] < half) & (spans[:, Span.D_HIGH] > -half)
    on = spans[there]
    on = on[np.argsort(on[:, Span.S_LOW], kind="stable")]
    if not len(on):
        return []
    low = np.concatenate([[-np.inf], np.maximum.accumulate(on[:, Span.S_HIGH])])
    high = np.concatenate([on[:, Span.S_LOW], [np.inf]])
    pace = np.concatenate([on[:, Span.SPEED], on[-1:, Span.SPEED]])
    return [(float(a), float(b), max(float(v), 0.0)) for a, b, v in zip(low, high, pace, strict=True) if b > a]
