"""Roads of several lanes along a line, collected into a lane graph."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios.library.roads.lines import Line
from evpilot.types import Arrow, LaneGraph, LaneKind, Marking, Priority, StopKind, Turn, User
from evpilot.types.state import Array

KMH = 1.0 / 3.6  # [m/s per km/h]
PARKING_CLEAR = 13.0  # [m] without parked cars before a road's end, for the sight of those who cross
ZEBRA_CLEAR = 5.0  # [m] without parked cars beside a crosswalk; StVO section 12 (1): 5 m before it
BAY_MIN = 16.0  # [m] a shorter strip is not worth its tapers
CROSSING = 4.0  # [m] width of a crosswalk
KERB_STEP = 0.1  # of its width: how a parking strip begins
TAPER = 4.0  # [m] over which the kerb moves out to make room for parking
NOBODY = User(0)
RAMPS = (LaneKind.ON_RAMP, LaneKind.OFF_RAMP)
WALKING = 7.0 * KMH  # [m/s] limit on pavements


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A road's cross-section. forward and backward: driving lanes each way; widths in m, of both sides alike.

    The line of the road lies between the directions, or on the left edge of a one-way road. auxiliary: the kind of a
    further lane on the right (an acceleration or deceleration lane). flare: how much wider [m] the shoulder begins and
    ends, beside a lane that ends or begins there. median separates the directions.
    """

    forward: int = 1
    backward: int = 1
    width: float = 3.25
    limit: float = 50.0 * KMH
    kind: LaneKind = LaneKind.URBAN
    median: float = 0.0
    parking: float = 0.0
    sidewalk: float = 0.0
    shoulder: float = 0.0
    flare: tuple[float, float] = (0.0, 0.0)
    auxiliary: LaneKind | None = None
    divider: Marking | None = None

    def kinds(self, forward: bool) -> tuple[LaneKind, ...]:
        """The kinds of the driving lanes of a direction, from the middle outwards."""
        if not forward:
            return (self.kind,) * self.backward
        return (self.kind,) * self.forward + (() if self.auxiliary is None else (self.auxiliary,))

    def edge(self, forward: bool) -> float:
        """How far from the line the driving lanes of a direction end [m]."""
        return 0.5 * self.median + len(self.kinds(forward)) * self.width

    def bays(self, length: float, zebras: Sequence[float]) -> list[tuple[float, float]]:
        """Where one may park along a road of a length [m]: away from its ends and from crosswalks that start at zebras.

        A strip begins and ends with a taper of TAPER [m]."""
        if not self.parking:
            return []
        cuts = [(0.0, PARKING_CLEAR), (length - PARKING_CLEAR, length)]
        cuts += [(s - ZEBRA_CLEAR, s + CROSSING + ZEBRA_CLEAR) for s in zebras]
        cuts.sort()
        return [(a[1], b[0]) for a, b in itertools.pairwise(cuts) if b[0] - a[1] >= BAY_MIN]

    def markings(self, k: int, forward: bool) -> tuple[Marking, Marking]:
        """The left and right marking of a direction's lane k, counted from the middle."""
        kinds = self.kinds(forward)
        between = [Marking.BROAD_DASHED if kind in RAMPS and kind != self.kind else Marking.DASHED for kind in kinds]
        if self.divider is not None:
            middle = self.divider
        elif self.forward == self.backward == 1 and not self.median:
            middle = Marking.DASHED
        else:
            middle = Marking.SOLID
        if self.parking:
            outer = Marking.NONE
        elif self.shoulder:
            outer = Marking.BROAD_SOLID
        else:
            outer = Marking.CURB if self.sidewalk else Marking.SOLID
        return (between[k] if k else middle, between[k + 1] if k + 1 < len(kinds) else outer)


@dataclass(slots=True, kw_only=True, eq=False)
class Lane:
    """One lane before the graph is built; bounds (P, 3) in driving direction, line its centre."""

    line: Line
    left: Array
    right: Array
    kind: LaneKind
    users: User
    users_against: User = NOBODY
    limit: float
    left_marking: Marking
    right_marking: Marking
    turn: Turn = Turn.NONE
    junction: int = -1
    priority: Priority = Priority.UNMARKED

    @property
    def width(self) -> float:
        """At its start [m]."""
        return float(np.hypot(*(self.left[0] - self.right[0])[:2]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Road:
    """Lanes side by side along a line. forward and backward: driving lanes from the middle outwards (the auxiliary one
    last); parking: all parking strips; sidewalk: on the right and on the left of the line, or -1; crosswalks: those
    between its ends."""

    line: Line
    section: Section
    forward: tuple[int, ...]
    backward: tuple[int, ...]
    parking: tuple[int, ...]
    sidewalk: tuple[int, int]
    crosswalks: tuple[int, ...]


@dataclass(slots=True)
class Network:
    """Roads under construction. Lanes are numbered in the order in which they are added."""

    lanes: list[Lane] = field(default_factory=list[Lane])
    links: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    beside: list[tuple[int, int, bool]] = field(default_factory=list[tuple[int, int, bool]])
    stops: list[tuple[int, float, StopKind]] = field(default_factory=list[tuple[int, float, StopKind]])
    lights: list[tuple[tuple[int, ...], Array, Arrow]] = field(
        default_factory=list[tuple[tuple[int, ...], Array, Arrow]]
    )
    signs: list[tuple[str, str, Array, tuple[int, ...]]] = field(
        default_factory=list[tuple[str, str, Array, tuple[int, ...]]]
    )
    crosswalks: list[Array] = field(default_factory=list[Array])
    roads: list[Road] = field(default_factory=list[Road])
    junctions: int = 0

    def add(self, lane: Lane) -> int:
        """Its index."""
        self.lanes.append(lane)
        return len(self.lanes) - 1

    def connect(self, a: int, b: int) -> None:
        """Lane b continues lane a."""
        self.links.append((a, b))

    def strip(
        self,
        line: Line,
        near: float | Array,
        far: float | Array,
        *,
        forward: bool,
        kind: LaneKind,
        users: User,
        limit: float,
        markings: tuple[Marking, Marking],
    ) -> int:
        """A lane between two distances [m] from a line, to its right when forward, else to its left; its index.

        markings: of the left (near) and the right (far) bound as its driver sees them.
        """
        near, far = np.broadcast_to(near, line.arc.shape), np.broadcast_to(far, line.arc.shape)
        if not forward:
            line, near, far = line.reversed(), near[::-1], far[::-1]
        return self.add(
            Lane(
                line=line.shifted(-0.5 * (near + far)),
                left=line.offset(-near),
                right=line.offset(-far),
                kind=kind,
                users=users,
                limit=limit,
                left_marking=markings[0],
                right_marking=markings[1],
            )
        )

    def road(self, line: Line, section: Section, zebras: Sequence[float] = ()) -> Road:
        """All lanes of a cross-section along a line, with their neighbours; zebras start at these places [m] on it."""
        forward = self._driving(line, section, True)
        backward = self._driving(line, section, False)
        if forward and backward and not section.median:
            self.beside.append((forward[0], backward[0], False))
        for side, lanes in ((True, forward), (False, backward)):
            if section.shoulder and lanes:
                self.beside.append((lanes[-1], self._shoulder(line, section, side), True))
        bays = section.bays(line.length, zebras)
        road = Road(
            line=line,
            section=section,
            forward=forward,
            backward=backward,
            parking=(*self._parking(line, section, True, bays), *self._parking(line, section, False, bays)),
            sidewalk=(self._sidewalk(line, section, True, bays), self._sidewalk(line, section, False, bays)),
            crosswalks=tuple(self.crosswalk(line, s, section.edge(True), section.edge(False)) for s in zebras),
        )
        self.roads.append(road)
        return road

    def _driving(self, line: Line, section: Section, forward: bool) -> tuple[int, ...]:
        kinds = section.kinds(forward)
        lanes = tuple(
            self.strip(
                line,
                section.edge(forward) - (len(kinds) - k) * section.width,
                section.edge(forward) - (len(kinds) - k - 1) * section.width,
                forward=forward,
                kind=kind,
                users=User.VEHICLE | User.BICYCLE if kind == LaneKind.URBAN else User.VEHICLE,
                limit=section.limit,
                markings=section.markings(k, forward),
            )
            for k, kind in enumerate(kinds)
        )
        self.beside.extend((a, b, True) for a, b in itertools.pairwise(lanes))
        return lanes

    def _shoulder(self, line: Line, section: Section, forward: bool) -> int:
        edge = section.edge(forward)
        return self.strip(
            line,
            edge,
            edge + section.shoulder + np.interp(line.arc / line.length, (0.0, 1.0), section.flare),
            forward=forward,
            kind=LaneKind.SHOULDER,
            users=User.EMERGENCY,
            limit=section.limit,
            markings=(Marking.BROAD_SOLID, Marking.NONE),
        )

    def _parking(
        self, line: Line, section: Section, forward: bool, bays: Sequence[tuple[float, float]]
    ) -> tuple[int, ...]:
        edge = section.edge(forward)
        lanes: list[int] = []
        for bay in bays:
            part = line.cut(*bay)
            taper = np.clip(np.minimum(part.arc, part.length - part.arc) / TAPER, KERB_STEP, 1.0)
            lanes.append(
                self.strip(
                    part,
                    edge,
                    edge + section.parking * taper,
                    forward=forward,
                    kind=LaneKind.PARKING,
                    users=User.VEHICLE,
                    limit=section.limit,
                    markings=(Marking.DASHED, Marking.CURB),
                )
            )
        return tuple(lanes)

    def _sidewalk(self, line: Line, section: Section, forward: bool, bays: Sequence[tuple[float, float]]) -> int:
        if not section.sidewalk:
            return -1
        edge = section.edge(forward)
        inside = [np.minimum(line.arc - first, last - line.arc) for first, last in bays]
        bay = section.parking * np.clip(np.max([np.zeros_like(line.arc), *inside], axis=0) / TAPER, 0.0, 1.0)
        return self.strip(
            line,
            edge + bay,
            edge + section.parking + section.sidewalk,
            forward=forward,
            kind=LaneKind.SIDEWALK,
            users=User.PEDESTRIAN,
            limit=WALKING,
            markings=(Marking.CURB, Marking.NONE),
        )

    def crosswalk(self, line: Line, s: float, right: float, left: float) -> int:
        """A crosswalk from s to s + CROSSING [m] along a line, from `right` to `left` [m] beside it; its index."""
        near, far = line.at(s), line.at(s + CROSSING)
        across = [
            [p[0] - d * math.sin(p[3]), p[1] + d * math.cos(p[3]), p[2]]
            for p, d in ((near, -right), (far, -right), (far, left), (near, left))
        ]
        self.crosswalks.append(np.array(across))
        return len(self.crosswalks) - 1

    def join(self, a: Road, b: Road) -> None:
        """Road b goes on where road a ends: lanes are connected from the middle outwards."""
        for one, two in zip(a.forward, b.forward, strict=False):
            self.connect(one, two)
        for one, two in zip(b.backward, a.backward, strict=False):
            self.connect(one, two)

    def build(self) -> LaneGraph:
        """The graph; its lanes have the indices of this network."""
        builder = GraphBuilder()
        for lane in self.lanes:
            builder.lane(
                lane.left,
                lane.right,
                kind=lane.kind,
                users=lane.users,
                users_against=lane.users_against,
                speed_limit=lane.limit,
                left_marking=lane.left_marking,
                right_marking=lane.right_marking,
                turn=lane.turn,
                junction=lane.junction,
                priority=lane.priority,
            )
        for a, b in self.links:
            builder.connect(a, b)
        for a, b, same in self.beside:
            if same:
                builder.neighbours(a, b, same=True)
            else:
                builder.opposite(a, b)
        for lane, s, kind in self.stops:
            builder.stop_line(lane, s, kind=kind)
        for lanes, pose, arrow in self.lights:
            builder.light(list(lanes), pose, arrow=arrow)
        for code, value, pose, lanes in self.signs:
            builder.sign(code, value, pose, list(lanes))
        for polygon in self.crosswalks:
            builder.crosswalk(polygon)
        return builder.build()
