"""A corridor: a reference path with what the planner must know of it, and the car's place on it."""

import math
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.maps.reference import SPACING, ReferencePath
from evpilot.plan.columns import Corridor, Ref
from evpilot.types import Briefing, EgoState
from evpilot.types.state import Array

APART, ALONG = 12.0, 0.5  # [m], [rad] a corridor that is more off than this does not run beside ours


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One corridor: its path, the table (P, 12) by `Ref`, the goal places on it (G, 5) goal index, s from, s to, d,
    lane; scalars (10,) by `Corridor` for the present state; from where on [m] it can be entered; and, on a detour,
    the parts of it (B, 3) that are over the edge of our lane: from, to [m], how far aside [m]."""

    path: ReferencePath
    table: Array
    goals: Array
    scalars: Array
    opens: float = -math.inf
    borrowed: Array = field(default_factory=lambda: np.zeros((0, 3)))


def runs_beside(way: Way) -> bool:
    """Whether a corridor leads along here, so that the car can come onto it."""
    return bool(abs(way.scalars[Corridor.D]) < APART and abs(way.scalars[Corridor.THETA]) < ALONG)


def place_on(path: ReferencePath, ego: EgoState, briefing: Briefing, penalty: float) -> Array:
    """The scalars (10,) by `Corridor` of a car on a path; START is filled when the tables are stacked."""
    x, y, z, yaw = ego.pose.tolist()
    table = path.table
    # a spiral ramp lies above itself
    k = int(np.argmin((table[:, 0] - x) ** 2 + (table[:, 1] - y) ** 2 + (table[:, int(Ref.Z)] - z) ** 2))
    heading = float(table[k, 2])
    dx, dy = x - table[k, 0], y - table[k, 1]
    along = math.cos(heading) * dx + math.sin(heading) * dy
    s = min(max(k * SPACING + along, 0.0), (len(table) - 1) * SPACING)
    u = min(int(s / SPACING), len(table) - 2)
    share = s / SPACING - u
    heading = float(table[u, 2] + share * (table[u + 1, 2] - table[u, 2]))
    px, py = (table[u, :2] + share * (table[u + 1, :2] - table[u, :2])).tolist()
    d = math.cos(heading) * (y - py) - math.sin(heading) * (x - px)
    out = np.zeros(10)
    out[Corridor.S], out[Corridor.D] = s, d
    out[Corridor.THETA] = wrap(yaw - heading)
    curvature = math.tan(ego.steering) / briefing.platform.wheelbase
    out[Corridor.BEND] = min(max(curvature - float(table[u, 3]), -0.1), 0.1)
    out[Corridor.COUNT] = len(table)
    out[Corridor.PENALTY] = penalty
    out[Corridor.WALL] = math.inf
    out[Corridor.END] = path.end
    return out
