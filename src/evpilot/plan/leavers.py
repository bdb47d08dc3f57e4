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
HELD_UP = 40.0  # [m] behind what stands
ASIDE = 3.5  # [m] beside our body; further off there is a lane between
# who comes at no more than 65 km/h can brake in the second and a half that he needs to be in our way, or is past, and
# no more room in our own lane makes up for that
PASS, MOST = 18.0, 60.0  # [m/s], and the most that it costs to be faster
DRIVES = among(kind for kind in VEHICLES if kind != ObjectKind.UNKNOWN)


def leaving_places(ways: list[Way], tracks: Tracks, platform: Platform) -> Array:
    """Places (K, 8) by `Surprise` where somebody may pull out from behind what stands in the lane beside ours."""
    fast = [c for c, way in enumerate(ways) if row_here(way)[Ref.LIMIT] > FAST]
    slow = _slow_near(ways[0], tracks) if fast else np.zeros(0, np.int64)
    stands = np.abs(tracks.state[slow, 4]) < STILL
    found: list[list[float]] = []
    for c in fast if stands.any() else ():
        extent = extents(ways[c], tracks, slow)
        mine = float(ways[c].scalars[Corridor.S]) + platform.rear_to_center
        beside = _beside(extent, mine, 0.5 * platform.width) & DRIVES[tracks.kind[slow]]
        held = beside & _held_up(extent, stands)
        for (_, s, right, left), who in zip(extent[held].tolist(), tracks.id[slow[held]].tolist(), strict=True):
            found.append([c, s, right if right > 0.0 else left, 0.0, 0.0, PASS, MOST, who])
    return np.array(found).reshape(-1, len(Surprise))


def _slow_near(way: Way, tracks: Tracks) -> Ints:
    """The rows of all that stands or crawls within `LOOK` of us."""
    away = tracks.state[:, :2] - row_here(way)[: Ref.Y + 1]
    near = np.hypot(away[:, 0], away[:, 1]) < LOOK
    return np.flatnonzero(near & tracks.valid & (np.abs(tracks.state[:, 4]) < SLOW))


def _beside(extent: Array, mine: float, half: float) -> Bools:
    """Who of those that take such intervals (N, 4) along and across a way is ahead of us, in the lane beside it."""
    aside = np.maximum(extent[:, 2], -extent[:, 3]) - half
    return (extent[:, 1] > mine) & (aside > 0.0) & (aside < ASIDE)


def _held_up(extent: Array, stands: Bools) -> Bools:
    """Who of them (N,) has something that stands ahead in his way."""
    low, high, right, left = extent.T
    gap = low[None, :] - high[:, None]
    before = stands[None, :] & (gap > 0.0) & (gap < HELD_UP)
    return np.any(before & (right[None, :] < left[:, None]) & (left[None, :] > right[:, None]), axis=1)
