"""What all drivers know of a map's lanes: where to go on, where to change, how fast."""

from dataclasses import dataclass

import numpy as np

from evpilot.geometry.polyline import resample
from evpilot.maps.right_of_way import turned
from evpilot.types import LaneGraph, LaneKind, Marking, User
from evpilot.types.state import Array, Bools, Ints

STEP = 2.0  # [m] between the points of a path
SPEED_FREE = 60.0  # [m/s] where nothing limits
DEAD_AHEAD = 500.0  # [m] further ahead nobody minds that a lane ends
CLOSED = (LaneKind.SHOULDER, LaneKind.BICYCLE, LaneKind.SIDEWALK, LaneKind.CROSSWALK, LaneKind.PARKING)
CLOSED_LINE = (Marking.SOLID, Marking.BROAD_SOLID, Marking.CURB)
# [m/s] that one drives where no limit is known: the general limits of StVO section 3, and a motorway's advised speed.
LIMITS = {
    LaneKind.URBAN: 50 / 3.6,
    LaneKind.INTERSECTION: 50 / 3.6,
    LaneKind.COUNTRY: 100 / 3.6,
    LaneKind.MOTORWAY: 130 / 3.6,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lanes:
    """What is the same for all paths of a map.

    center: each lane's line (P, 3) [m] with points at most STEP apart; width (L,) [m]; limit (L,)
    [m/s], a usual one where none is known; open (L,) whether cars may drive
    there; onward (L,) the straightest open successor or -1, back (L,) the straightest predecessor or -1; to_left,
    to_right (L,) the neighbour that one may change to, or -1; dead (L,) [m] from a lane's start along `onward` to where
    the lane ends and one must have left it, inf when it never does.
    """

    graph: LaneGraph
    center: tuple[Array, ...]
    plain: Array
    width: Array
    limit: Array
    open: Bools
    onward: Ints
    back: Ints
    to_left: Ints
    to_right: Ints
    dead: Array


def survey(graph: LaneGraph) -> Lanes:
    """Work out `Lanes` of a map."""
    count = len(graph)
    center = tuple(resample(graph.center[graph.points(k)], STEP) for k in range(count))
    usable = (graph.users & User.VEHICLE != 0) & ~np.isin(graph.kind, CLOSED)
    bend = np.abs(turned(graph))
    guess = np.array([LIMITS.get(LaneKind(kind), SPEED_FREE) for kind in graph.kind.tolist()])
    sides: list[Ints] = []
    for beside, same, marking in (
        (graph.left_neighbour, graph.left_same, graph.left_marking),
        (graph.right_neighbour, graph.right_same, graph.right_marking),
    ):
        fits = (beside >= 0) & same & usable[beside] & ~np.isin(marking, CLOSED_LINE)
        sides.append(np.where(fits & (graph.junction < 0), beside, -1).astype(np.int64))
    onward = np.array([_straightest(graph.successors(k), usable, bend) for k in range(count)], np.int64)
    return Lanes(
        graph=graph,
        center=center,
        plain=np.ascontiguousarray(graph.center[:, :2]),
        width=_widths(graph),
        limit=np.where(np.isfinite(graph.speed_limit), graph.speed_limit, guess),
        open=usable,
        onward=onward,
        back=np.array([_straightest(graph.predecessors(k), usable, bend) for k in range(count)], np.int64),
        to_left=sides[0],
        to_right=sides[1],
        dead=_dead(graph, onward, sides),
    )


def _straightest(choice: Ints, usable: Bools, bend: Array) -> int:
    return min(choice.tolist(), key=lambda k: (not usable[k], bend[k], k), default=-1)


def _widths(graph: LaneGraph) -> Array:
    across = np.hypot(*(graph.left[:, :2] - graph.right[:, :2]).T)
    return np.add.reduceat(across, graph.point_start[:-1]) / np.diff(graph.point_start)


def _dead(graph: LaneGraph, onward: Ints, sides: list[Ints]) -> Array:
    """A lane without successor beside lanes that go on is a lane that ends; where all end, the map ends."""
    goes_on = onward >= 0
    saved = np.zeros(len(graph), np.bool_)
    for side in sides:
        reach = goes_on.copy()
        for _ in range(12):
            reach = goes_on | ((side >= 0) & reach[side])
        saved |= reach & ~goes_on
    dead = np.where(saved, graph.length, np.inf)
    for _ in range(30):
        follow = np.where(goes_on, graph.length + dead[onward], dead)
        follow[follow > DEAD_AHEAD] = np.inf
        if np.array_equal(follow, dead):
            break
        dead = follow
    return dead
