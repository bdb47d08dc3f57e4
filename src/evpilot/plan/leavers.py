"""Who is held up in the lane beside ours on a fast road, and may pull out of it before us."""

import numpy as np

from evpilot.plan.columns import Corridor, Ref, Surprise
from evpilot.plan.detour import extents
from evpilot.plan.way import Way, row_here
from evpilot.types import VEHICLES, ObjectKind, Platform, Tracks, among
from evpilot.types.state import Array, Bools, Ints

LOOK = 200.0  # [m] ahead
FAST = 17.0  # [m/s] where no more is allowed, one stops before who pulls out, or is past
SLOW, STILL = 8.0, 0.5  # [m/s] who is held up, and what holds him up
HELD_UP = 40.0  # [m] behind what stands, or, who is faster, where he has to brake for it like this [m/s2] by now
BRAKES = 1.0
ASIDE = 3.5  # [m] beside our body; further off there is a lane between
# who comes at no more than 65 km/h can brake in the second and a half that he needs to be in our way, or is past, and
# no more room in our own lane makes up for that
PASS, MOST = 18.0, 60.0  # [m/s], and the most that it costs to be faster
DRIVES = among(kind for kind in VEHICLES if kind != ObjectKind.UNKNOWN)


def leaving_places(ways: list[Way], tracks: Tracks, platform: Platform, speed: float) -> Array:
    """Places (K, 8) by `Surprise` where somebody may pull out from behind what stands in the lane beside ours, as a car
    at a speed [m/s] comes to them."""
    fast = [c for c, way in enumerate(ways) if row_here(way)[Ref.LIMIT] > FAST]
    near = _near(ways[0], tracks) if fast else np.zeros(0, np.int64)
    pace = np.abs(tracks.state[near, 4])
    stands = pace < STILL
    found: list[list[float]] = []
    for c in fast if stands.any() else ():
        extent = extents(ways[c], tracks, near)
        mine = float(ways[c].scalars[Corridor.S]) + platform.rear_to_center
        beside = _beside(extent, mine, 0.5 * platform.width) & DRIVES[tracks.kind[near]]
        on, slow = _when_met(extent[:, 1] - mine - 0.5 * platform.length, pace, _gaps(extent, stands), speed)
        held = beside & slow
        places = extent[held, 1] + on[held]
        edges = np.where(extent[held, 2] > 0.0, extent[held, 2], extent[held, 3])
        for s, edge, who in zip(places.tolist(), edges.tolist(), tracks.id[near[held]].tolist(), strict=True):
            found.append([c, s, edge, 0.0, 0.0, PASS, MOST, who])
    return np.array(found).reshape(-1, len(Surprise))


def _near(way: Way, tracks: Tracks) -> Ints:
    """The rows of all within `LOOK` of us."""
    away = tracks.state[:, :2] - row_here(way)[: Ref.Y + 1]
    return np.flatnonzero((np.hypot(away[:, 0], away[:, 1]) < LOOK) & tracks.valid)


def _beside(extent: Array, mine: float, half: float) -> Bools:
    """Who of those that take such intervals (N, 4) along and across a way is ahead of us, in the lane beside it."""
    aside = np.maximum(extent[:, 2], -extent[:, 3]) - half
    return (extent[:, 1] > mine) & (aside > 0.0) & (aside < ASIDE)


def _gaps(extent: Array, stands: Bools) -> Array:
    """The gap [m] of each (N,) to what stands ahead in his way, inf where nothing does."""
    low, high, right, left = extent.T
    gap = low[None, :] - high[:, None]
    before = stands[None, :] & (gap > 0.0) & (right[None, :] < left[:, None]) & (left[None, :] > right[:, None])
    return np.where(before, gap, np.inf).min(axis=1, initial=np.inf)


def _when_met(ahead: Array, pace: Array, gap: Array, speed: float) -> tuple[Array, Bools]:
    """How far [m] each (N,) will have gone on when a car at a speed [m/s] comes to him, who is so far [m] ahead of its
    front at a pace [m/s], and stops evenly within a gap [m]; and whether he is held up by then."""
    stops = np.isfinite(gap) & (gap < np.maximum(HELD_UP, pace * pace / (2.0 * BRAKES)))
    brake = np.maximum(pace * pace / (2.0 * np.where(stops, gap, 1.0)), 1e-3)
    closing = speed - pace
    ahead = np.maximum(ahead, 0.0)
    t = np.minimum((np.sqrt(closing * closing + 2.0 * brake * ahead) - closing) / brake, pace / brake)
    return t * (pace - 0.5 * brake * t), stops & (pace - brake * t < SLOW)
