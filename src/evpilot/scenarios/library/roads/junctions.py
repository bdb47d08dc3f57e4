"""Junctions of any number of arms: connectors, right of way, stop lines, lights with programs, crosswalks."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.scenarios.library.roads.lines import Line, connect, join, trace
from evpilot.scenarios.library.roads.network import CROSSING, KMH, WALKING, Lane, Network, Road
from evpilot.scenarios.scenario import LightProgram
from evpilot.types import Arrow, LaneKind, LightState, Marking, Priority, StopKind, Turn, User
from evpilot.types.state import Array

STRAIGHT = math.radians(45.0)  # an arm within this of straight on is reached by going straight
U_TURN = math.radians(150.0)  # no connector turns further: it would be a U-turn
CROSSING_GAP = 2.0  # [m] from the junction's area to the crosswalk
YIELD_GAP = 6.0  # [m] likewise where traffic yields: room for a car that waits at the junction's edge
EDGE_GAP = 0.3  # [m] from a stop line to the junction's area
STOP_GAP = 1.0  # [m] from the stop line to the crosswalk
TURN_LIMIT = 30.0 * KMH  # [m/s] on connectors that turn
U_TURN_LIMIT = 20.0 * KMH  # [m/s]
WAITS = {
    Priority.STOP: StopKind.STOP_SIGN,
    Priority.ALL_WAY_STOP: StopKind.STOP_SIGN,
    Priority.YIELD: StopKind.YIELD_SIGN,
}
SIGNS = {Priority.STOP: "206", Priority.ALL_WAY_STOP: "206", Priority.YIELD: "205", Priority.PRIORITY: "306"}  # StVO
PHASES = (LightState.GREEN, LightState.AMBER, LightState.RED, LightState.RED_AMBER)
AMBER, ALL_RED, RED_AMBER = 3.0, 2.0, 1.0  # [s] RiLSA 2015: amber at 50 km/h, clearance, red and amber
CHANGE = AMBER + ALL_RED + RED_AMBER  # [s] from the end of one pair's green to the beginning of the other's


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The end (or start) of a road at a junction, with the right of way of its traffic and whether people cross it."""

    road: Road
    at_end: bool
    priority: Priority = Priority.UNMARKED
    crosswalk: bool = False

    @property
    def incoming(self) -> tuple[int, ...]:
        """Lanes that lead into the junction, from the middle outwards."""
        return self.road.forward if self.at_end else self.road.backward

    @property
    def outgoing(self) -> tuple[int, ...]:
        """Lanes that leave the junction, from the middle outwards."""
        return self.road.backward if self.at_end else self.road.forward

    @property
    def outward(self) -> Line:
        """The road's line, away from the junction."""
        return self.road.line.reversed() if self.at_end else self.road.line

    @property
    def bearing(self) -> float:
        """The direction away from the junction [rad]."""
        return math.remainder(float(self.outward.start[3]), 2.0 * math.pi)

    def pavement(self, right: bool) -> int:
        """The pavement on the right or left looking away from the junction, or -1."""
        return self.road.sidewalk[0 if right != self.at_end else 1]

    @property
    def crossing_gap(self) -> float:
        """From the end of the road to its crosswalk [m]."""
        return YIELD_GAP if self.priority == Priority.YIELD else CROSSING_GAP

    @property
    def line_back(self) -> float:
        """From the end of the road to its stop line [m]: before the crosswalk, but who yields waits beyond it."""
        before = self.crosswalk and self.priority != Priority.YIELD
        return self.crossing_gap + CROSSING + STOP_GAP if before else EDGE_GAP

    def edge(self, right: bool) -> float:
        """How far from the line the driving lanes end, on the right or left looking away from the junction [m]."""
        return self.road.section.edge(right != self.at_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """What was built: its number, its arms counter-clockwise, and by arm its lights and its crosswalk."""

    number: int
    arms: tuple[Arm, ...]
    lights: dict[int, tuple[int, ...]]
    crosswalks: dict[int, int]


def junction(net: Network, arms: Sequence[Arm], *, lights: bool = False) -> Junction:
    """Join road ends. Right of way comes from each arm's priority; with lights each arm gets one."""
    order = tuple(sorted(arms, key=lambda arm: arm.bearing))
    number = net.junctions
    net.junctions += 1
    for arm in order:
        for lane in arm.incoming:
            net.lanes[lane].priority = arm.priority
    for one, other in itertools.permutations(order, 2):
        _connect(net, one, other, number)
    crosswalks = {i: zebra(net, arm) for i, arm in enumerate(order) if arm.crosswalk}
    for arm in order:
        stop_lines(net, arm, lights)
    posts = {i: (_light(net, arm),) for i, arm in enumerate(order) if lights and arm.incoming}
    for one, other in zip(order, order[1:] + order[:1], strict=True):
        corner(net, one, other)
    return Junction(number=number, arms=order, lights=posts, crosswalks=crosswalks)


def turn_of(one: Arm, other: Arm) -> Turn:
    """How one goes from an arm into another."""
    bend = math.remainder(other.bearing - one.bearing - math.pi, 2.0 * math.pi)
    if abs(bend) > U_TURN:
        return Turn.U_TURN
    if abs(bend) <= STRAIGHT:
        return Turn.STRAIGHT
    return Turn.LEFT if bend > 0.0 else Turn.RIGHT


def lane_pairs(turn: Turn, incoming: Sequence[int], outgoing: Sequence[int]) -> list[tuple[int, int]]:
    """Which lane leads into which: left turns from the innermost lane, right turns from the outermost, the rest all.

    Who comes from a road of one lane may turn into any lane; else one keeps to the same side.
    """
    if not incoming or not outgoing or turn == Turn.U_TURN:
        return []
    if turn != Turn.STRAIGHT and len(incoming) == 1:
        return [(incoming[0], lane) for lane in outgoing]
    if turn == Turn.LEFT:
        return [(incoming[0], outgoing[0])]
    if turn == Turn.RIGHT:
        return [(incoming[-1], outgoing[-1])]
    if len(incoming) <= len(outgoing):
        return list(zip(incoming, outgoing[len(outgoing) - len(incoming) :], strict=True))
    return list(zip(incoming[: len(outgoing)], outgoing, strict=True))


def bridge(net: Network, a: int, b: int, **changes: object) -> int:
    """A smooth lane from the end of lane a to the start of lane b, connected to both; its index.

    changes: fields of `Lane` other than those of lane a.
    """
    one, other = net.lanes[a], net.lanes[b]
    line = connect(one.line.end, other.line.start)
    half = 0.5 * (one.width + (other.width - one.width) * line.arc / line.length)
    fields = {
        "kind": LaneKind.INTERSECTION,
        "users": one.users,
        "limit": min(one.limit, other.limit),
        "left_marking": Marking.NONE,
        "right_marking": Marking.NONE,
        "priority": one.priority,
    }
    lane = net.add(Lane(line=line, left=line.offset(half), right=line.offset(-half), **(fields | changes)))  # pyright: ignore[reportArgumentType]
    net.connect(a, lane)
    net.connect(lane, b)
    return lane


def _connect(net: Network, one: Arm, other: Arm, number: int) -> None:
    """The lanes from one arm into another."""
    turn = turn_of(one, other)
    limit = min(net.lanes[lane].limit for lane in one.incoming + other.outgoing) if one.incoming else 0.0
    lanes = [
        bridge(
            net,
            a,
            b,
            turn=turn,
            junction=number,
            limit=limit if turn == Turn.STRAIGHT else min(limit, TURN_LIMIT),
        )
        for a, b in lane_pairs(turn, one.incoming, other.outgoing)
    ]
    if turn == Turn.STRAIGHT:
        net.beside.extend((a, b, True) for a, b in itertools.pairwise(lanes))


def zebra(net: Network, arm: Arm) -> int:
    """A zebra across an arm, kerb to kerb."""
    return net.crosswalk(arm.outward, arm.crossing_gap, arm.edge(right=True), arm.edge(right=False))


def stop_lines(net: Network, arm: Arm, lit: bool) -> None:
    """Where traffic waits, and the sign that says why."""
    kind = StopKind.LIGHT if lit else WAITS.get(arm.priority)
    if kind is not None:
        net.stops.extend((lane, net.lanes[lane].line.length - arm.line_back, kind) for lane in arm.incoming)
    if arm.incoming and not lit and arm.priority in SIGNS:
        net.signs.append((SIGNS[arm.priority], "", _post(net, arm), arm.incoming))


def _light(net: Network, arm: Arm) -> int:
    net.lights.append((arm.incoming, _post(net, arm), Arrow.ALL))
    return len(net.lights) - 1


def _post(net: Network, arm: Arm) -> Array:
    """The pose (4,) of a post on the right of an arm's stop line, facing those who come."""
    lane = net.lanes[arm.incoming[-1]]
    x, y, z, yaw = lane.line.at(lane.line.length - arm.line_back)
    beside = 0.5 * lane.width + 0.8
    facing = math.remainder(yaw + math.pi, 2.0 * math.pi)
    return np.array([x + beside * math.sin(yaw), y - beside * math.cos(yaw), z, facing])


def corner(net: Network, one: Arm, other: Arm, via: Array | None = None) -> None:
    """The pavement from an arm's left side to the next arm's right side, looking outwards; via (4,) a pose between."""
    sides = one.pavement(right=False), other.pavement(right=True)
    if min(sides) < 0:
        return
    (near, width_a), (far, width_b) = (_pavement_end(net, a, side) for a, side in zip((one, other), sides, strict=True))
    near = np.array([*near[:3], near[3] + math.pi])
    line = connect(near, far) if via is None else join([connect(near, via), connect(via, far)])
    half = 0.5 * (width_a + (width_b - width_a) * line.arc / line.length)
    net.add(
        Lane(
            line=line,
            left=line.offset(half),
            right=line.offset(-half),
            kind=LaneKind.SIDEWALK,
            users=User.PEDESTRIAN,
            limit=WALKING,
            left_marking=Marking.CURB,
            right_marking=Marking.NONE,
        )
    )


def _pavement_end(net: Network, arm: Arm, side: int) -> tuple[Array, float]:
    """The pose, heading away from the junction, and the width [m] of a pavement where it meets the junction."""
    lane = net.lanes[side]
    first, last = lane.line.start, lane.line.end
    here = arm.outward.start
    if np.hypot(*(first - here)[:2]) > np.hypot(*(last - here)[:2]):
        width = float(np.hypot(*(lane.left[-1] - lane.right[-1])[:2]))
        return np.array([*last[:3], last[3] + math.pi]), width
    return first, lane.width


def turn_back(net: Network, arm: Arm, number: int, priority: Priority | None = None) -> int:
    """The lane of a U-turn at an arm, a half circle from its innermost lane into the one beside; its index. The arm's
    median must leave room for it."""
    incoming, outgoing = arm.incoming[0], arm.outgoing[0]
    one, other = net.lanes[incoming], net.lanes[outgoing]
    x, y, _, yaw = one.line.end.tolist()
    radius = 0.5 * math.hypot(other.line.start[0] - x, other.line.start[1] - y)
    line = trace((x, y, yaw), [(math.pi * radius, 1.0 / radius, 1.0 / radius)])
    lane = net.add(
        Lane(
            line=line,
            left=line.offset(0.5 * one.width),
            right=line.offset(-0.5 * one.width),
            kind=LaneKind.INTERSECTION,
            users=one.users,
            limit=U_TURN_LIMIT,
            left_marking=Marking.NONE,
            right_marking=Marking.NONE,
            turn=Turn.U_TURN,
            junction=number,
            priority=one.priority if priority is None else priority,
        )
    )
    net.connect(incoming, lane)
    net.connect(lane, outgoing)
    return lane


def split_phases(found: Junction, green: float, offset: float) -> tuple[LightProgram, ...]:
    """Each arm has green alone, one after the other, for `green` [s]; offset [s] into the cycle at the start."""
    count = len(found.arms)
    cycle = count * (green + CHANGE)
    durations = (green, AMBER, cycle - green - AMBER - RED_AMBER, RED_AMBER)
    return tuple(
        LightProgram(light=light, states=PHASES, durations=durations, offset=(offset - i * (green + CHANGE)) % cycle)
        for i in range(count)
        for light in found.lights.get(i, ())
    )


def two_phases(found: Junction, green: Sequence[float], offset: float) -> tuple[LightProgram, ...]:
    """Opposite arms have green together, one pair after the other; their left turns wait for the oncoming.

    green: seconds of green of the first arm's pair and of the other; offset [s] into the cycle at the start.
    """
    first = found.arms[0].bearing
    programs: list[LightProgram] = []
    cycle = green[0] + green[1] + 2.0 * CHANGE
    for i, arm in enumerate(found.arms):
        along = abs(math.remainder(arm.bearing - first, math.pi)) < 0.25 * math.pi
        mine = green[0] if along else green[1]
        shift = 0.0 if along else -(green[0] + CHANGE)
        durations = (mine, AMBER, cycle - mine - AMBER - RED_AMBER, RED_AMBER)
        programs.extend(
            LightProgram(light=light, states=PHASES, durations=durations, offset=(offset + shift) % cycle)
            for light in found.lights.get(i, ())
        )
    return tuple(programs)


def phases_from(found: Junction, green: Sequence[float], light: int, at: float) -> tuple[LightProgram, ...]:
    """`two_phases` of which one light of the junction turns green at a time [s]."""
    offset = next(one.offset for one in two_phases(found, green, 0.0) if one.light == light)
    return two_phases(found, green, -at - offset)
