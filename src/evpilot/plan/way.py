"""A corridor: a reference path with what the planner must know of it, and the car's place on it."""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING, ReferencePath
from evpilot.plan.columns import Corridor, Ref
from evpilot.types import Briefing, EgoState
from evpilot.types.state import Array

S, D, THETA, BEND = int(Corridor.S), int(Corridor.D), int(Corridor.THETA), int(Corridor.BEND)
COUNT, PENALTY, WALL, END = int(Corridor.COUNT), int(Corridor.PENALTY), int(Corridor.WALL), int(Corridor.END)
REF_Z = int(Ref.Z)
SLOW = 3.0  # [m/s] up to which the steering alone tells how the car turns; from twice that on its yaw rate does
STEEPEST = 3.8  # [m] forwards for each metre sideways, at least
LEAP, STEEP = 32, 1.1  # rows between the first looks; a way in space is longer than in the plane by no more than this
APART, ALONG = 12.0, 0.5  # [m], [rad] a corridor that is more off than this does not run beside ours


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One corridor: its path, the table (P, 14) by `Ref`, the goal places on it (G, 5) goal index, s from, s to, d,
    lane; scalars (10,) by `Corridor` for the present state; from where on [m] it can be entered; from where on [m]
    something stands in it for good; and, on a detour, the parts of it (B, 3) that are over the edge of our lane: from,
    to [m], how far aside [m]."""

    path: ReferencePath
    table: Array
    goals: Array
    scalars: Array
    opens: float = -math.inf
    blocked: float = math.inf
    borrowed: Array = field(default_factory=lambda: np.zeros((0, 3)))


def row_at(way: Way, s: float) -> Array:
    """The row (14,) by `Ref` of a corridor's table at s [m], the last one beyond its end."""
    return way.table[min(int(s / SPACING), len(way.table) - 1)]


def row_here(way: Way) -> Array:
    """The row (14,) by `Ref` of a corridor's table where the car is."""
    return row_at(way, float(way.scalars[S]))


def to_go(way: Way) -> float:
    """What is still to go to the goal [m] along a corridor."""
    return float(row_here(way)[Ref.REMAINING])


def runs_beside(way: Way) -> bool:
    """Whether a corridor leads along here, so that the car can come onto it."""
    return bool(abs(way.scalars[D]) < APART and abs(way.scalars[THETA]) < ALONG)


@kernel()
def nearest_row(table: Array, x: float, y: float, z: float, every: int) -> int:
    """The row of a path's table (P, >= 5) that is nearest to a place [m], of every so many; NaN for z looks at the
    plane alone. Rows are no further apart than they are along the path, so that from one that is far off as many can
    be left out."""
    flat = math.isnan(z)
    best, bound, k, row = np.inf, np.inf, 0, 0
    for guess in range(0, table.shape[0], LEAP):
        bound = min(bound, _away(table, guess, x, y, z, flat))
    while row < table.shape[0]:
        away = _away(table, row, x, y, z, flat)
        if away < best:
            best, k = away, row
        row += max(int((away - bound) / (STEEP * SPACING)) // every, 1) * every
    return k


@kernel()
def _away(table: Array, row: int, x: float, y: float, z: float, flat: bool) -> float:
    """How far [m] a place is from a row of a path's table."""
    dx, dy = table[row, 0] - x, table[row, 1] - y
    # a spiral ramp lies above itself
    dz = 0.0 if flat else table[row, REF_Z] - z
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@kernel("void(f8[:, ::1], f8, f8, f8, f8, f8, f8[::1])")
def find_place(table: Array, x: float, y: float, z: float, yaw: float, bend: float, out: Array) -> None:
    """Fill S, D, THETA and BEND of a corridor's scalars (10,): a car with the curvature `bend` [1/m] on a path's table
    (P, 6)."""
    k = nearest_row(table, x, y, z, 1)
    heading = table[k, 2]
    along = math.cos(heading) * (x - table[k, 0]) + math.sin(heading) * (y - table[k, 1])
    s = min(max(k * SPACING + along, 0.0), (table.shape[0] - 1) * SPACING)
    u = min(int(s / SPACING), table.shape[0] - 2)
    share = s / SPACING - u
    heading = table[u, 2] + share * (table[u + 1, 2] - table[u, 2])
    px = table[u, 0] + share * (table[u + 1, 0] - table[u, 0])
    py = table[u, 1] + share * (table[u + 1, 1] - table[u, 1])
    out[S], out[D] = s, math.cos(heading) * (y - py) - math.sin(heading) * (x - px)
    out[THETA] = wrap(yaw - heading)
    out[BEND] = min(max(bend - table[u, 3], -0.1), 0.1)


def curvature_now(ego: EgoState, wheelbase: float) -> float:
    """The curvature [1/m] that the car drives: by its yaw rate, and where it is too slow for that, by its steering. At
    speed tyres slip, and a car turns less than its steering says (Gillespie 1992, "Fundamentals of Vehicle Dynamics",
    ch. 6)."""
    steered = math.tan(ego.steering) / wheelbase
    known = _known(ego)
    return steered if known == 0.0 else steered + known * (ego.yaw_rate / ego.speed - steered)


def course_now(ego: EgoState) -> float:
    """The direction [rad] in which the rear axle moves: in a fast bend the body points further in, by the slip angle
    of the rear tyres."""
    known = _known(ego)
    return float(ego.pose[3]) + known * math.atan2(float(ego.velocity[1]), max(ego.speed, SLOW))


def _known(ego: EgoState) -> float:
    """How far the motion itself, and not the steering, tells where the car goes: 0 to 1."""
    return min(max((ego.speed - SLOW) / SLOW, 0.0), 1.0)


def place_on(path: ReferencePath, ego: EgoState, briefing: Briefing, penalty: float) -> Array:
    """The scalars (10,) by `Corridor` of a car on a path; START and WALL are filled when they are
    stacked."""
    out = np.zeros(10)
    x, y, z = ego.pose[:3].tolist()
    bend = curvature_now(ego, briefing.platform.wheelbase)
    find_place(path.table, x, y, z, course_now(ego), bend, out)
    out[COUNT], out[PENALTY], out[WALL], out[END] = len(path.table), penalty, math.inf, path.end
    return out
