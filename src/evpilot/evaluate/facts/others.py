"""Each other road user over time, and where the car is on the way that it goes."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.geometry.polyline import arc_length, project
from evpilot.types.state import Array, Ints

STEP = 0.3  # [m] shorter moves are left out of a way
EVERY = 0.6  # [m] between the places along the car's outline that are looked at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """One other road user: row (n,) in `Others`, tick (n,), box (n, 5) and speed (n,) [m/s] in each tick it was there;
    its kind."""

    kind: int
    row: Ints
    tick: Ints
    box: Array
    speed: Array

    def row_at(self, tick: int) -> int:
        """Its own row of a tick, -1 when it was not there."""
        k = int(np.searchsorted(self.tick, tick))
        return k if k < len(self.tick) and self.tick[k] == tick else -1


def tracks(drive: Drive) -> dict[int, Track]:
    """All others by id."""
    others = drive.others
    order = np.lexsort((others.tick, others.id))
    numbers, first = np.unique(others.id[order], return_index=True)
    found: dict[int, Track] = {}
    for number, rows in zip(numbers.tolist(), np.split(order, first[1:]), strict=True) if len(order) else ():
        found[number] = Track(
            kind=int(others.kind[rows[0]]),
            row=rows,
            tick=others.tick[rows],
            box=others.box[rows],
            speed=np.hypot(others.velocity[rows, 0], others.velocity[rows, 1]),
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """The way that somebody goes: points (P, 2) [m], arc (P,) [m], and where it is on it in each of its rows [m]."""

    points: Array
    arc: Array
    at: Array

    @classmethod
    def along(cls, box: Array) -> "Around":
        """The way through boxes (n, 5), straight on beyond the last."""
        xy = box[:, :2]
        moved = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        kept = np.flatnonzero(np.diff(np.floor(moved / STEP), prepend=-1.0) > 0.0)
        yaw = float(box[kept[-1], 2])
        on = xy[kept[-1]] + 30.0 * np.array([np.cos(yaw), np.sin(yaw)])
        points = np.ascontiguousarray(np.vstack([xy[kept], on]))
        arc = arc_length(points)
        return cls(points=points, arc=arc, at=np.interp(moved, moved[kept], arc[:-1]))

    def arc_of(self, row: int) -> float:
        """Where it is in one of its rows [m]."""
        return float(self.at[row])

    def span(self, box: Array, half_width: float) -> tuple[float, float] | None:
        """From where to where [m] a box (5,) reaches into the strip of a half width [m] round the way; None when it
        does not. What is behind its start does not count."""
        places = [project(x, y, self.points, self.arc, 0, len(self.arc) - 1)[:2] for x, y in outline(box)]
        inside = [s for s, d in places if abs(d) <= half_width and 0.0 < s < self.arc[-1]]
        return (min(inside), max(inside)) if inside else None


def outline(box: Array) -> Array:
    """Places (N, 2) along the outline of a box (5,) and its middle line."""
    length, width = float(box[3]), float(box[4])
    u = np.linspace(-0.5, 0.5, max(2, round(length / EVERY))) * length
    v = np.array([-0.5, 0.0, 0.5]) * width
    x, y = (a.ravel() for a in np.meshgrid(u, v))
    c, s = np.cos(box[2]), np.sin(box[2])
    return np.column_stack([box[0] + c * x - s * y, box[1] + s * x + c * y])
