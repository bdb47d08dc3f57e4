"""Where somebody may step out who cannot be seen: behind what stands beside our way."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Cost, Prop, Ref, Roll
from evpilot.plan.detour import extents
from evpilot.plan.way import Way
from evpilot.plan.weather import grip
from evpilot.types import FIXED, VEHICLES, ObjectKind, Platform, Tracks, among
from evpilot.types.state import Array

LOOK = 60.0  # [m] ahead
STREET = 17.0  # [m/s] where it is allowed to drive faster, nobody walks
ASIDE = 2.5  # [m] beside our body: who steps out further away is seen in time
WALKER = 0.4  # [m] half a person, who needs as much room to step out
WALK_SPEED = 1.0  # [m/s] of an occluded walker (Autoware, occlusion_spot)
REACTION = 0.3  # [s] a planning cycle, and until the brakes bite
BRAKE = 0.774  # [g] UN R157 Annex 3, as far as the road's friction allows
SLOWEST = 4.0  # [m/s] nobody asks for less
RISK, RISK_MOST = 0.4, 20.0  # cost of the square of a m/s too fast, at most: for somebody who may not be there
HIDING = among(k for k in (*VEHICLES, *FIXED) if k not in (ObjectKind.CONE, ObjectKind.BUILDING))
STILL = 0.3  # [m/s]
NEAR = 15.0  # [m] a thing's middle may be beyond what we look at

C_S, C_D = int(Corridor.S), int(Corridor.D)
R_V, R_S, R_D = int(Roll.SPEED), int(Roll.S), int(Roll.D)
CORRIDOR, RULE = int(Prop.CORRIDOR), int(Cost.RULE)


def hidden_places(ways: list[Way], tracks: Tracks, platform: Platform, friction: float) -> Array:
    """Places (K, 4) behind standing things that we do not see now and from where somebody may step into our way:
    corridor, s [m], d [m] of the thing's edge towards us, braking [m/s2] that the road is good for."""
    rows = [way.table[min(int(way.scalars[C_S] / SPACING), len(way.table) - 1)] for way in ways]
    streets = [c for c, row in enumerate(rows) if row[Ref.LIMIT] <= STREET]
    if not streets:
        return np.zeros((0, 4))
    here = rows[0][: Ref.Y + 1]
    near = np.all(np.abs(tracks.state[:, :2] - here) < LOOK + NEAR, axis=1)
    still = np.flatnonzero(near & HIDING[tracks.kind] & tracks.valid & (np.abs(tracks.state[:, 4]) < STILL))
    brake = min(BRAKE * 9.81, grip(friction))
    found: list[tuple[float, float, float, float]] = []
    for c in streets if len(still) else ():
        found.extend((c, s, d, brake) for s, d in _beside(ways[c], extents(ways[c], tracks, still), platform))
    return np.array(found).reshape(-1, 4)


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


@kernel("void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8, f8, f8[:, ::1])")
def hidden_cost(props: Array, rolls: Array, places: Array, front: float, half: float, costs: Array) -> None:
    """Add to costs (R, 13) what passing hidden places (K, 4) too fast or too near is worth.

    Who steps out there when our front is x ahead is in our way after the gap to our side at WALK_SPEED. Slower than
    2 * brake * (that time - reaction) we have passed by then or can stop before, wherever we are when he appears.
    front [m] from the rear axle to the bumper, half [m] of our width.
    """
    for r in range(props.shape[0]):
        c, roll = int(props[r, CORRIDOR]), rolls[r]
        worst = 0.0
        step = 0
        for k in range(places.shape[0]):
            if int(places[k, 0]) != c:
                continue
            step = 0
            while step < roll.shape[0] and roll[step, R_S] + front < places[k, 1]:
                step += 1
            if step == roll.shape[0]:
                continue
            gap = max(abs(places[k, 2] - roll[step, R_D]) - half, 0.0)
            safe = max(2.0 * places[k, 3] * (gap / WALK_SPEED - REACTION), SLOWEST)
            worst = max(worst, roll[step, R_V] - safe)
        costs[r, RULE] += min(RISK * worst * worst, RISK_MOST)
