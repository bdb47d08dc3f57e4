"""Where somebody may step out who cannot be seen: behind what stands beside our way."""

import numpy as np

from evpilot.plan.columns import Corridor, Ref, Surprise
from evpilot.plan.detour import extents
from evpilot.plan.way import Way, row_here
from evpilot.plan.weather import grip
from evpilot.types import FIXED, VEHICLES, ObjectKind, Platform, Tracks, among
from evpilot.types.state import Array

LOOK = 60.0  # [m] ahead
STREET = 17.0  # [m/s] where it is allowed to drive faster, nobody walks
ASIDE = 2.5  # [m] beside our body: who steps out further away is seen in time
WALKER = 0.4  # [m] half a person, who needs as much room to step out
WALK_SPEED = 1.0  # [m/s] of an occluded walker (Autoware, occlusion_spot)
REACTION = 0.3  # [s] a planning cycle, and until the brakes bite
SLOWEST = 4.0  # [m/s] nobody asks for less
MOST = 20.0  # of the cost: somebody who may not be there
BRAKE = 0.774  # [g] UN R157 Annex 3, as far as the road's friction allows
HIDING = among(k for k in (*VEHICLES, *FIXED) if k not in (ObjectKind.CONE, ObjectKind.BUILDING))
STILL = 0.3  # [m/s]
NEAR = 15.0  # [m] a thing's middle may be beyond what we look at

C_S, C_D = int(Corridor.S), int(Corridor.D)


def hidden_places(ways: list[Way], tracks: Tracks, platform: Platform, friction: float) -> Array:
    """Places (K, 8) by `Surprise` behind standing things that we do not see now and from where somebody may step into
    our way.

    Who steps out there when our front is x ahead is in our way after the gap to our side at WALK_SPEED. Slower than
    2 * brake * (that time - reaction) we have passed by then or can stop before, wherever we are when he appears."""
    streets = [c for c, way in enumerate(ways) if row_here(way)[Ref.LIMIT] <= STREET]
    if not streets:
        return np.zeros((0, len(Surprise)))
    here = row_here(ways[0])[: Ref.Y + 1]
    near = np.all(np.abs(tracks.state[:, :2] - here) < LOOK + NEAR, axis=1)
    still = np.flatnonzero(near & HIDING[tracks.kind] & tracks.valid & (np.abs(tracks.state[:, 4]) < STILL))
    brake = min(BRAKE * 9.81, grip(friction))
    found: list[list[float]] = []
    for c in streets if len(still) else ():
        places = _beside(ways[c], extents(ways[c], tracks, still), platform)
        found.extend([c, s, d, 2.0 * brake / WALK_SPEED, 2.0 * brake * REACTION, SLOWEST, MOST, -1] for s, d in places)
    return np.array(found).reshape(-1, len(Surprise))


def _beside(way: Way, extent: Array, platform: Platform) -> list[tuple[float, float]]:
    """s and d [m] of such places on one way, from the intervals (N, 4) that things take along and across it."""
    eye_s, eye_d = float(way.scalars[C_S]) + platform.rear_to_center, float(way.scalars[C_D])
    front = eye_s + 0.5 * platform.length
    found: list[tuple[float, float]] = []
    for low, high, right, left in extent.tolist():
        side = 1.0 if right > 0.0 else -1.0
        edge = right if side > 0.0 else left
        if side * edge <= 0.0 or abs(edge) > ASIDE + 0.5 * platform.width or not front < high + WALKER < front + LOOK:
            continue
        beyond = (extent[:, 0] < high + 2.0 * WALKER) & (extent[:, 1] > high + 2.0 * WALKER)
        beyond &= side * (extent[:, 3 if side < 0.0 else 2]) < abs(edge) + WALKER
        # the line of sight to who stands there passes the thing's far corner
        place, away = high + WALKER, edge + side * WALKER
        there = eye_d + (away - eye_d) * (high - eye_s) / (place - eye_s)
        if not beyond.any() and low < place and side * (there - edge) > 0.0:
            found.append((place, edge))
    return found
