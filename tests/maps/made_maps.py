"""Small maps whose geometry is known by construction."""

import math

import numpy as np

from evpilot.maps.builder import GraphBuilder
from evpilot.types import LaneGraph, LaneKind, Priority


def turned(points, angle):
    c, s = math.cos(angle), math.sin(angle)
    return [(c * x - s * y, s * x + c * y, *rest) for x, y, *rest in points]


def straight(builder: GraphBuilder, x0: float, x1: float, y: float, angle: float = 0.0, **rest) -> int:
    """A lane of 3.5 m along y, from x0 to x1, the whole turned about the origin."""
    return builder.lane(
        turned([(x0, y + 1.75), (x1, y + 1.75)], angle), turned([(x0, y - 1.75), (x1, y - 1.75)], angle), **rest
    )


def arc(builder: GraphBuilder, center, radius: float, begin: float, end: float, angle: float = 0.0, **rest) -> int:
    """A lane along a circle, to the left when end > begin; angles are of the radius."""
    side = 1.75 if end > begin else -1.75
    theta = np.linspace(begin, end, 24)

    def ring(r):
        return turned([(center[0] + r * math.cos(a), center[1] + r * math.sin(a)) for a in theta], angle)

    return builder.lane(ring(radius - side), ring(radius + side), **rest)


def crossing(priorities=(Priority.UNMARKED,) * 4, lights: bool = False) -> tuple[LaneGraph, list[dict[str, int]]]:
    """Four arms, right-hand traffic, each with lanes in, out, straight, left and right; arm k comes from k * 90 deg
    beyond west (arm 0 from the west, arm 1 from the south, ...)."""
    builder = GraphBuilder()
    arms: list[dict[str, int]] = []
    for k in range(4):
        angle = 0.5 * math.pi * k
        arms.append(
            {
                "in": straight(builder, -60.0, -10.0, -1.75, angle, priority=priorities[k]),
                "out": straight(builder, 10.0, 60.0, -1.75, angle),
            }
        )
    for k in range(4):
        angle = 0.5 * math.pi * k
        arm = arms[k]
        arm["straight"] = straight(builder, -10.0, 10.0, -1.75, angle)
        arm["left"] = arc(builder, (-10.0, 10.0), 11.75, -0.5 * math.pi, 0.0, angle)
        arm["right"] = arc(builder, (-10.0, -10.0), 8.25, 0.5 * math.pi, 0.0, angle)
        for way, out in (("straight", k), ("left", k + 1), ("right", k + 3)):
            builder.connect(arm["in"], arm[way])
            builder.connect(arm[way], arms[out % 4]["out"])
        if lights:
            builder.light([arm["in"]], (0.0, 0.0, 5.0, 0.0))
    return builder.build(), arms


def motorway() -> tuple[LaneGraph, dict[str, int]]:
    """Two lanes that go on in two, and a slip road that joins the right one."""
    builder = GraphBuilder()
    lanes = {
        "left": straight(builder, 0.0, 200.0, 3.5, kind=LaneKind.MOTORWAY),
        "right": straight(builder, 0.0, 200.0, 0.0, kind=LaneKind.MOTORWAY),
        "left2": straight(builder, 200.0, 500.0, 3.5, kind=LaneKind.MOTORWAY),
        "right2": straight(builder, 200.0, 500.0, 0.0, kind=LaneKind.MOTORWAY),
        "ramp": builder.lane(
            [(0.0, -38.25), (100.0, -18.25), (200.0, 1.75)],
            [(0.0, -41.75), (100.0, -21.75), (200.0, -1.75)],
            kind=LaneKind.ON_RAMP,
        ),
    }
    builder.neighbours(lanes["left"], lanes["right"])
    builder.neighbours(lanes["left2"], lanes["right2"])
    for a, b in (("left", "left2"), ("right", "right2"), ("ramp", "right2")):
        builder.connect(lanes[a], lanes[b])
    return builder.build(), lanes


def bridge() -> tuple[LaneGraph, int, int]:
    """A road at ground level and one 6 m above it, crossing at the origin."""
    builder = GraphBuilder()
    below = straight(builder, -50.0, 50.0, 0.0)
    above = builder.lane(
        [(-1.75, -50.0, 6.0), (-1.75, 50.0, 6.0)],
        [(1.75, -50.0, 6.0), (1.75, 50.0, 6.0)],
    )
    return builder.build(), below, above
