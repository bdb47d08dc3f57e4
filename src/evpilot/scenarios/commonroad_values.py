"""Values of a CommonRoad file: points, shapes, exact and interval numbers, time steps."""

import math
from xml.etree.ElementTree import Element

import numpy as np

from evpilot.files.markup import Document
from evpilot.types.state import POSITION_MAX, Array

STEP_MAX = 1_000_000
SIZE_MAX = 500.0  # [m] of an obstacle (types.Tracks)
REGION_MAX = 1e5  # [m]
ANGLE_MAX = 1e3  # [rad] larger is no angle but a mistake
CIRCLE_POINTS = 64
POLYGON_MAX = 1_000  # corners
SHAPES_MAX = 100  # of one region


def point(document: Document, element: Element) -> tuple[float, float, float]:
    """x, y, z [m] of a <point> or <center>; z is 0 where the file has none."""
    x = y = None
    z = 0.0
    for child in element:
        if child.tag == "x":
            x = document.number(child, -POSITION_MAX, POSITION_MAX, "m")
        elif child.tag == "y":
            y = document.number(child, -POSITION_MAX, POSITION_MAX, "m")
        elif child.tag == "z":
            z = document.number(child, -POSITION_MAX, POSITION_MAX, "m")
    if x is None or y is None:
        raise document.error(element, f"has no <{'x' if x is None else 'y'}>, which is required")
    return x, y, z


def interval(document: Document, element: Element, low: float, high: float, unit: str) -> tuple[float, float]:
    """The bounds of an interval; an exact value is both."""
    exact = element.find("exact")
    if exact is not None:
        value = document.number(exact, low, high, unit)
        return value, value
    first = document.child(element, "intervalStart")
    last = document.child(element, "intervalEnd")
    begin, end = document.number(first, low, high, unit), document.number(last, low, high, unit)
    if begin > end:
        raise document.error(last, f"{end:g} {unit} is before its <intervalStart> {begin:g} {unit}")
    return begin, end


def value(document: Document, element: Element, low: float, high: float, unit: str) -> float:
    """An exact value, or the middle of an interval."""
    exact = element.find("exact")
    if exact is not None:
        return document.number(exact, low, high, unit)
    begin, end = interval(document, element, low, high, unit)
    return 0.5 * (begin + end)


def steps(document: Document, element: Element) -> tuple[int, int]:
    """First and last time step of a <time>."""
    exact = element.find("exact")
    if exact is not None:
        step = document.integer(exact, 0, STEP_MAX, "steps")
        return step, step
    first = document.child(element, "intervalStart")
    last = document.child(element, "intervalEnd")
    begin, end = document.integer(first, 0, STEP_MAX, "steps"), document.integer(last, 0, STEP_MAX, "steps")
    if begin > end:
        raise document.error(last, f"step {end} is before its <intervalStart> {begin}")
    return begin, end


def step(document: Document, element: Element) -> int:
    """The one time step of a <time> that must be exact."""
    return document.integer(document.child(element, "exact"), 0, STEP_MAX, "steps")


def _rectangle(document: Document, element: Element, largest: float) -> Array:
    half = [0.5 * document.number(document.child(element, tag), 1e-3, largest, "m") for tag in ("length", "width")]
    angle = element.find("orientation")
    yaw = 0.0 if angle is None else document.number(angle, -ANGLE_MAX, ANGLE_MAX, "rad")
    center = element.find("center")
    x, y, _ = (0.0, 0.0, 0.0) if center is None else point(document, center)
    c, s = math.cos(yaw), math.sin(yaw)
    corners = [(half[0], half[1]), (-half[0], half[1]), (-half[0], -half[1]), (half[0], -half[1])]
    return np.array([(x + c * a - s * b, y + s * a + c * b) for a, b in corners])


def _circle(document: Document, element: Element, largest: float) -> Array:
    radius = document.number(document.child(element, "radius"), 1e-3, 0.5 * largest, "m")
    center = element.find("center")
    x, y, _ = (0.0, 0.0, 0.0) if center is None else point(document, center)
    angle = np.linspace(0.0, 2.0 * np.pi, CIRCLE_POINTS, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def _polygon(document: Document, element: Element, largest: float) -> Array:
    corners = element.findall("point")
    if len(corners) > POLYGON_MAX:
        raise document.error(element, f"{len(corners)} points, allowed at most {POLYGON_MAX}")
    points = np.array([point(document, one)[:2] for one in corners])
    if len(points) > 1 and np.array_equal(points[0], points[-1]):
        points = points[:-1]
    if len(points) < 3:
        raise document.error(element, f"{len(points)} different points, a polygon needs at least 3")
    extent = float(np.max(points.max(axis=0) - points.min(axis=0)))
    if not 1e-3 <= extent <= largest:
        raise document.error(element, f"extends over {extent:g} m, allowed 0.001 to {largest:g} m")
    return points


SHAPES = {"rectangle": _rectangle, "circle": _circle, "polygon": _polygon}


def shapes(document: Document, element: Element, largest: float) -> list[Array]:
    """The shapes inside an element, each as the corners (K, 2) [m] of a polygon; a circle's lie on it."""
    found = [child for child in element if child.tag in SHAPES]
    if len(found) > SHAPES_MAX:
        raise document.error(element, f"{len(found)} shapes, allowed at most {SHAPES_MAX}")
    return [SHAPES[child.tag](document, child, largest) for child in found]


def place(document: Document, element: Element) -> tuple[float, float]:
    """x, y [m] of a <position>: its point, or the middle of its shape."""
    exact = element.find("point")
    if exact is not None:
        return point(document, exact)[:2]
    found = shapes(document, element, REGION_MAX)
    if not found:
        raise document.error(element, "holds neither a point nor a shape")
    corners = found[0]
    return tuple((0.5 * (corners.min(axis=0) + corners.max(axis=0))).tolist())
