"""The line of a way round: out to the side of our lane, past what stands there, and back."""

import math
from dataclasses import dataclass, replace

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.way import Way
from evpilot.types import LaneGraph
from evpilot.types.state import Array

# [m/s2], [m/s3] across, on the short bends out and back; more jerk the gate lets no car have (reference/safety.md)
CURVE_ACCEL, CURVE_JERK = 2.5, 3.6
# [m/s] at which the way out and back is driven with no more than that across, and at least where it is short
PACE, PACE_LEAST = 6.5, 5.5
LENGTH_MIN = 9.0  # [m] of the way out or back
LEADS = 0.1  # [m] that matter
FULL, LEAVE = 1.0, 0.5  # [m] fully aside so far behind an obstacle's near end; on the way back before its far end
COMMIT = 7.0  # [m] the front is no closer to an obstacle before we own the lane beside ...
NOSE = 0.5  # [m] ... nor further out in it
POCKET = 2.0  # [m] between two obstacles, beside the ways back and out, to return to the lane


@dataclass(frozen=True, slots=True)
class Bump:
    """Where a path leaves its line: from its near end low to its far end high [m] fully aside [m]; pace [m/s] at which
    the ways out and back are comfortable."""

    low: float
    high: float
    aside: float
    pace: float = PACE

    @property
    def seconds(self) -> float:
        """That the way out takes, and the way back, see `_eased`."""
        aside = abs(self.aside)
        return max(math.sqrt(8.0 * aside / CURVE_ACCEL), math.cbrt(32.0 * aside / CURVE_JERK))

    @property
    def length(self) -> float:
        """Of the way out and of the way back [m]."""
        return max(LENGTH_MIN, self.pace * self.seconds)


def joined(bumps: list[Bump]) -> list[Bump]:
    """Bumps with too little between them to return become one; where it is only enough for shorter ways, these are
    driven more slowly. One to the other side ends the detour before it."""
    found: list[Bump] = []
    for bump in bumps:
        last = found[-1] if found else None
        if last is None:
            found.append(bump)
            continue
        pace = (bump.low - last.high - POCKET) / (last.seconds + bump.seconds)
        if pace >= PACE_LEAST:
            found[-1] = replace(last, pace=min(last.pace, pace))
            found.append(replace(bump, pace=min(bump.pace, pace)))
        elif bump.aside * last.aside < 0.0:
            break
        else:
            aside = max(bump.aside, last.aside, key=abs)
            found[-1] = Bump(last.low, max(bump.high, last.high), aside, last.pace)
    return found


def first_met(bumps: tuple[Bump, ...], extent: Array, need_left: Array, need_right: Array) -> tuple[int, int] | None:
    """The first bump, and row of extent (K, 4), that the bump leads too near to; None when it is clear of all."""
    for n, bump in enumerate(bumps):
        for k in range(len(extent)):
            line = profile(np.linspace(extent[k, 0], extent[k, 1], 5), bump)
            leads = (np.abs(line) > LEADS) & (line > need_right[k] + LEADS) & (line < need_left[k] - LEADS)
            if bool(leads.any()):
                return n, k
    return None


def profile(s: Array, bump: Bump) -> Array:
    """How far aside [m] the line is at s (P,) [m]."""
    out = np.clip((s - (bump.low + FULL - bump.length)) / bump.length, 0.0, 1.0)
    back = np.clip((s - (bump.high - LEAVE)) / bump.length, 0.0, 1.0)
    return bump.aside * _eased(out - back)


def _eased(u: Array) -> Array:
    """From 0 to 1 with the least change of curvature for the length that it takes: 32 / length^3, the curvature at most
    8 / length^2 (a quintic's changes at 60)."""
    near = np.minimum(u, 1.0 - u)
    w = np.maximum(near - 0.25, 0.0)
    half = np.where(near < 0.25, 16.0 / 3.0 * near**3, 1.0 / 12.0 + w * (1.0 + w * (4.0 - 16.0 / 3.0 * w)))
    return np.where(u < 0.5, half, 1.0 - half)


def borrowed_by(bump: Bump, own: Way, graph: LaneGraph, half: float) -> tuple[float, float, float]:
    """From where to where [m on our way] a bump takes us over the edge of our lane, and how far aside [m]."""
    room = max(0.5 * width_at(bump, own, graph) - half, 0.0)
    s: Array = np.arange(bump.low - 40.0, bump.high + 40.0, SPACING, dtype=np.float64)
    out = np.abs(profile(s, bump)) - room
    over, nose = s[out > 0.0], s[out > NOSE]
    low = max(float(over.min()), bump.low - COMMIT) if len(over) else bump.low
    low = min(low, float(nose.min())) if len(nose) else low
    high = float(over.max()) if len(over) else bump.high
    return low, high, bump.aside


def width_at(bump: Bump, own: Way, graph: LaneGraph) -> float:
    """Mean width [m] of our lane where a bump begins."""
    row = min(int(bump.low / SPACING), len(own.table) - 1)
    rows = graph.points(int(own.path.lanes[own.path.lane_at(row * SPACING)]))
    return float(np.hypot(*(graph.left[rows, :2] - graph.right[rows, :2]).T).mean())
