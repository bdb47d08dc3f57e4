"""What a graph builder collects, and how lists become the columns of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError
from evpilot.types import Arrow, LaneGraph, LaneKind, Marking, Priority, StopKind, Turn, User
from evpilot.types.state import Array, Ints


@dataclass(slots=True)
class Lane:
    """A lane as the builder was told: bounds (P, 3) [m], what it is for, and the lanes around it by index, or -1."""

    lane_id: int
    left: Array
    right: Array
    kind: LaneKind
    users: User
    users_against: User
    speed_limit: float
    left_marking: Marking
    right_marking: Marking
    turn: Turn
    junction: int
    priority: Priority
    successors: list[int] = field(default_factory=list[int])
    left_neighbour: int = -1
    right_neighbour: int = -1
    left_same: bool = True
    right_same: bool = True


@dataclass(slots=True)
class Stop:
    """A stop line at s [m] on a lane; ends (2, 3) [m], or None for straight across."""

    lane: int
    s: float
    kind: StopKind
    ends: Array | None


@dataclass(slots=True)
class Post:
    """A light or a sign, and the lanes it rules."""

    pose: Array
    lanes: tuple[int, ...]
    number: int = 0
    arrow: Arrow = Arrow.ALL
    code: str = ""
    value: str = ""


@dataclass(slots=True)
class Crosswalk:
    """A crosswalk (K, 3) [m], and the lanes it may cross, or None for any."""

    polygon: Array
    lanes: tuple[int, ...] | None


def points_3d(points: npt.ArrayLike, place: str) -> Array:
    """Points (P, 3) from (P, 2) or (P, 3); raises EvpilotError unless finite."""
    array = np.array(points, np.float64)
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        raise EvpilotError(f"points of shape {array.shape}, allowed (P, 2) or (P, 3)", place=place)
    if not np.all(np.isfinite(array)):
        raise EvpilotError("a point is not finite", place=place)
    return array if array.shape[1] == 3 else np.column_stack([array, np.zeros(len(array))])


def starts(sizes: Sequence[int]) -> Ints:
    """The CSR starts (N + 1,) of lists of these sizes."""
    return np.concatenate([[0], np.cumsum(np.array(sizes, np.int64))]).astype(np.int64)


def joined(lists: Sequence[Sequence[int]]) -> Ints:
    """The members of lists, one after another."""
    return np.array([item for one in lists for item in one], np.int64)


def across(graph: LaneGraph, lane: int, s: float) -> Array:
    """The line (2, 3) across a lane at s [m], left end first."""
    rows = graph.points(lane)
    arc = graph.arc[rows]
    return np.array([[np.interp(s, arc, side[rows, axis]) for axis in range(3)] for side in (graph.left, graph.right)])
