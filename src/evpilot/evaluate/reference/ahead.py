"""Who is in the way on a route: those behind whom a driver stays who keeps to it."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.criteria.criticality import in_the_way
from evpilot.evaluate.facts.drive import Drive, box_corners
from evpilot.evaluate.facts.others import tracks
from evpilot.geometry.level import LEVEL
from evpilot.types import VEHICLES, LaneGraph
from evpilot.types.state import Array, Bools, Ints

STANDS = 0.5  # [m] who moves on by no more until the end of the drive stands for good
Piece = tuple[int, float, float]
"""A lane, from where to where [m] on it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """Others on a route, of tick i the rows start[i]:start[i + 1], start (F + 1,); motion (R, 2): their rear [m from
    the route's start] and their speed along it [m/s]."""

    start: Ints
    motion: Array

    @classmethod
    def nobody(cls, ticks: int) -> "Ahead":
        """An empty road, for so many ticks."""
        return cls(start=np.zeros(ticks + 1, np.int64), motion=np.zeros((0, 2)))


def ahead_on(drive: Drive, route: list[Piece]) -> Ahead:
    """The vehicles whose body reaches into the strip that a car along the route sweeps, beyond its start. Who stands
    until the end of the drive is left out: whether that is a queue or what a driver finds a way round, the log does not
    tell."""
    points, arc = _line(drive.graph, route)
    others = drive.others
    if len(points) < 2 or not len(others.id):
        return Ahead.nobody(len(drive))
    near = np.abs(others.z - drive.z[others.tick]) <= LEVEL
    half = np.zeros((len(drive), 2))
    half[:, 1] = 0.5 * drive.platform.width
    rear, pace = in_the_way(
        points,
        arc,
        np.zeros(len(drive)),
        half,
        float(arc[-1]),
        others.tick,
        others.box,
        np.ascontiguousarray(box_corners(others.box)),
        others.velocity,
        near & np.isin(others.kind, VEHICLES) & _goes_on(drive),
    )
    found = np.flatnonzero(np.isfinite(rear))
    start = np.searchsorted(others.tick[found], np.arange(len(drive) + 1)).astype(np.int64)
    return Ahead(start=start, motion=np.ascontiguousarray(np.column_stack([rear[found], pace[found]])))


def _line(graph: LaneGraph, route: list[Piece]) -> tuple[Array, Array]:
    """A route's middle (P, 2) [m] and how far along it each point is (P,) [m]."""
    points: list[Array] = []
    arcs: list[Array] = []
    reached = 0.0
    for lane, begin, end in route:
        rows = graph.points(lane)
        arc = np.array(graph.arc[rows])
        at = np.concatenate([[begin], arc[(arc > begin) & (arc < end)], [end]])
        points.append(np.column_stack([np.interp(at, arc, graph.center[rows, k]) for k in (0, 1)]))
        arcs.append(at - begin + reached)
        reached += end - begin
    if not route:
        return np.zeros((0, 2)), np.zeros(0)
    line, along = np.concatenate(points), np.concatenate(arcs)
    kept = np.concatenate([[True], np.diff(along) > 1e-6])
    return np.ascontiguousarray(line[kept]), np.ascontiguousarray(along[kept])


def _goes_on(drive: Drive) -> Bools:
    """Rows (R,) of others that are elsewhere when they are last seen."""
    moves = np.zeros(len(drive.others.id), np.bool_)
    for one in tracks(drive).values():
        moves[one.row] = np.hypot(*(one.box[-1, :2] - one.box[:, :2]).T) > STANDS
    return moves
