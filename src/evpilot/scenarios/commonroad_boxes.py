"""Oriented boxes that cover a polygon."""

import math

import numpy as np

from evpilot.types.state import Array

FILL_MIN = 0.7  # a box of which the polygon fills less is a bad fit
SPLIT_LENGTH = 4.0  # [m] shorter boxes are not worth splitting
SPLITS = 3  # at most 2 ** SPLITS boxes

OrientedBox = tuple[float, float, float, float, float]
"""x, y [m] of its centre, yaw [rad], length, width [m]."""


def hull(points: Array) -> Array:
    """The convex hull (K, 2), counter-clockwise, of points (N, 2): the monotone chain (Andrew 1979)."""
    ordered = sorted(set(map(tuple, points.tolist())))
    if len(ordered) < 3:
        return np.array(ordered)

    def chain(run: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        kept: list[tuple[float, ...]] = []
        for p in run:
            while len(kept) > 1 and _cross(kept[-2], kept[-1], p) <= 0.0:
                kept.pop()
            kept.append(p)
        return kept[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _cross(o: tuple[float, ...], a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def box_along(points: Array, yaw: float) -> OrientedBox:
    """The box of a given yaw [rad] that just covers points (N, 2)."""
    c, s = math.cos(yaw), math.sin(yaw)
    along, across = points @ np.array([c, s]), points @ np.array([-s, c])
    a, b = 0.5 * (along.min() + along.max()), 0.5 * (across.min() + across.max())
    return (
        float(c * a - s * b),
        float(s * a + c * b),
        yaw,
        float(max(along.max() - along.min(), 1e-3)),
        float(max(across.max() - across.min(), 1e-3)),
    )


def smallest_box(points: Array) -> OrientedBox:
    """The box of least area that covers points (N, 2); one side lies on an edge of the hull (Freeman, Shapira 1975)."""
    corners = hull(points)
    edges = np.roll(corners, -1, axis=0) - corners
    boxes = [box_along(corners, math.atan2(edge[1], edge[0])) for edge in edges]
    best = min(boxes, key=lambda box: (round(box[3] * box[4], 9), -box[3]))
    return best if best[3] >= best[4] else (best[0], best[1], best[2] + 0.5 * math.pi, best[4], best[3])


def area(polygon: Array) -> float:
    """The area [m2] of a simple polygon (K, 2): the shoelace formula."""
    after = np.roll(polygon, -1, axis=0)
    return 0.5 * abs(float(np.sum(polygon[:, 0] * after[:, 1] - polygon[:, 1] * after[:, 0])))


def _half(polygon: Array, origin: Array, normal: Array) -> Array:
    """The part of a polygon on the side of a line to which its normal points (Sutherland, Hodgman 1974)."""
    height = (polygon - origin) @ normal
    kept: list[Array] = []
    for k in range(len(polygon)):
        n = (k + 1) % len(polygon)
        if height[k] >= 0.0:
            kept.append(polygon[k])
        if (height[k] > 0.0) != (height[n] > 0.0) and height[k] != height[n]:
            share = height[k] / (height[k] - height[n])
            kept.append(polygon[k] + share * (polygon[n] - polygon[k]))
    return np.array(kept).reshape(-1, 2)


def cover(polygon: Array, yaw: float | None = None, splits: int = SPLITS) -> list[OrientedBox]:
    """Boxes that together cover a polygon (K, 2): of the given yaw, or of least area; several where one fits badly."""
    box = smallest_box(polygon) if yaw is None else box_along(polygon, yaw)
    long = max(box[3], box[4])
    if splits == 0 or long < SPLIT_LENGTH or area(polygon) >= FILL_MIN * box[3] * box[4]:
        return [box]
    turn = box[2] if box[3] >= box[4] else box[2] + 0.5 * math.pi
    normal = np.array([math.cos(turn), math.sin(turn)])
    origin = np.array(box[:2])
    parts = [_half(polygon, origin, side) for side in (normal, -normal)]
    return [one for part in parts if len(part) > 2 for one in cover(part, yaw, splits - 1)] or [box]
