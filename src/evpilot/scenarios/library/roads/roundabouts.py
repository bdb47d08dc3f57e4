"""Roundabouts of one lane or several."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from evpilot.scenarios.library.roads.junctions import Arm, Junction, bridge, corner, stop_lines, zebra
from evpilot.scenarios.library.roads.lines import trace
from evpilot.scenarios.library.roads.network import KMH, Lane, Network
from evpilot.types import LaneKind, Marking, Priority, Turn, User

RING_WIDTH = 4.5  # [m] FGSV 2006, leaflet on roundabouts: ring lanes of small ones are 4.0 to 6.5 m wide
RING_LIMIT = 30.0 * KMH
REACH = 0.38  # of the angle between two arms: from an arm to where its entry joins the ring
PAVEMENT_GAP = 2.6  # [m] from the ring's kerb to the middle of the pavement around it


def roundabout(net: Network, arms: Sequence[Arm], center: tuple[float, float], radius: float) -> Junction:
    """Join road ends by a ring with the centre line of its outer lane at `radius` [m]; who enters yields.

    The ring has as many lanes as the widest arm leads into it: each enters the ring's lane of its own place, counted
    from outside, and leaves it likewise. The arms end some 8 m outside the ring, pointing at its centre.
    """
    order = tuple(sorted(arms, key=lambda arm: arm.bearing))
    number = net.junctions
    net.junctions += 1
    count = len(order)
    after = [(order[(i + 1) % count].bearing - order[i].bearing) % (2.0 * math.pi) for i in range(count)]
    leave = [arm.bearing - REACH * min(after[i - 1], 0.5 * math.pi) for i, arm in enumerate(order)]
    enter = [arm.bearing + REACH * min(after[i], 0.5 * math.pi) for i, arm in enumerate(order)]
    rings = [
        _circle(net, center, radius - k * RING_WIDTH, leave, enter, number)
        for k in range(max(len(arm.incoming) for arm in order))
    ]
    for outer, inner in itertools.pairwise(rings):
        for parts in zip(inner, outer, strict=True):
            net.beside.extend((a, b, True) for a, b in zip(*parts, strict=True))
    for i, arm in enumerate(order):
        for lane in arm.incoming:
            net.lanes[lane].priority = Priority.YIELD
        for k, (_, between) in enumerate(rings):
            _entry_and_exit(net, arm, k, between[i - 1], between[i], number)
    crosswalks = {i: zebra(net, arm) for i, arm in enumerate(order) if arm.crosswalk}
    for i, arm in enumerate(order):
        stop_lines(net, arm, lit=False)
        angle = arm.bearing + 0.5 * after[i]
        reach = radius + 0.5 * RING_WIDTH + PAVEMENT_GAP
        via = (center[0] + reach * math.cos(angle), center[1] + reach * math.sin(angle), 0.0, angle + 0.5 * math.pi)
        corner(net, arm, order[(i + 1) % count], np.array(via))
    return Junction(number=number, arms=order, lights={}, crosswalks=crosswalks)


def _circle(
    net: Network,
    center: tuple[float, float],
    radius: float,
    leave: Sequence[float],
    enter: Sequence[float],
    number: int,
) -> tuple[list[int], list[int]]:
    """One lane of the ring, in pieces past each arm and between the arms."""
    count = len(leave)
    through = [_ring(net, center, radius, leave[i], enter[i], number) for i in range(count)]
    after = [leave[i] for i in range(1, count)] + [leave[0] + 2.0 * math.pi]
    between = [_ring(net, center, radius, enter[i], after[i], number) for i in range(count)]
    for i in range(count):
        net.connect(through[i], between[i])
        net.connect(between[i - 1], through[i])
    return through, between


def _ring(net: Network, center: tuple[float, float], radius: float, first: float, last: float, number: int) -> int:
    """A piece of the ring between two angles [rad], counter-clockwise."""
    start = (center[0] + radius * math.cos(first), center[1] + radius * math.sin(first), first + 0.5 * math.pi)
    line = trace(start, [((last - first) * radius, 1.0 / radius, 1.0 / radius)])
    return net.add(
        Lane(
            line=line,
            left=line.offset(0.5 * RING_WIDTH),
            right=line.offset(-0.5 * RING_WIDTH),
            kind=LaneKind.INTERSECTION,
            users=User.VEHICLE | User.BICYCLE,
            limit=RING_LIMIT,
            left_marking=Marking.CURB,
            right_marking=Marking.NONE,
            turn=Turn.STRAIGHT,
            junction=number,
            priority=Priority.PRIORITY,
        )
    )


def _entry_and_exit(net: Network, arm: Arm, place: int, before: int, after: int, number: int) -> None:
    """The lanes from an arm onto a lane of the ring, and from there into the arm; place: counted from outside."""
    incoming, outgoing = arm.incoming[::-1][place : place + 1], arm.outgoing[::-1][place : place + 1]
    # the indicator tells that one leaves the ring, not that one enters it (StVO section 8 (1a))
    ways = [(lane, after, Turn.STRAIGHT, Priority.YIELD) for lane in incoming]
    ways += [(before, lane, Turn.RIGHT, Priority.PRIORITY) for lane in outgoing]
    for a, b, turn, priority in ways:
        bridge(net, a, b, turn=turn, junction=number, limit=RING_LIMIT, priority=priority)
