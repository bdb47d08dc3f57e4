"""The map as a drawing: areas, lines by marking, zebras, stop lines."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from evpilot.geometry.polygon import holds
from evpilot.types import LaneGraph, LaneKind, Marking, StopKind
from evpilot.types.state import Array, Bools

MARGIN = 400.0  # [m] how far around the drive the map is drawn
STRIPE, GAP = 0.5, 0.5  # [m] a zebra's bars and the road between them, after the German R-FGUE
THIN = 0.03  # [m] points nearer than this to the line through their neighbours are left out

WALKS = (LaneKind.SIDEWALK, LaneKind.CROSSWALK)
AREAS = {
    LaneKind.SHOULDER: "shoulder",
    LaneKind.PARKING: "shoulder",
    LaneKind.DRIVEWAY: "shoulder",
    LaneKind.RESTRICTED: "shoulder",
    LaneKind.BICYCLE: "cycle",
    LaneKind.SIDEWALK: "walk",
}
LINES = {
    Marking.DASHED: "dash",
    Marking.SOLID: "solid",
    Marking.BROAD_DASHED: "broad_dash",
    Marking.BROAD_SOLID: "broad",
    Marking.CURB: "kerb",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw, all (P, 2) [m] in the map frame: areas (rings) and lines by class, zebra bars and stop lines."""

    areas: dict[str, list[Array]] = field(default_factory=lambda: defaultdict[str, list[Array]](list))
    lines: dict[str, list[Array]] = field(default_factory=lambda: defaultdict[str, list[Array]](list))
    zebras: list[Array] = field(default_factory=list[Array])
    stops: list[Array] = field(default_factory=list[Array])
    yields: list[Array] = field(default_factory=list[Array])


def draw(graph: LaneGraph, around: Array, margin: float = MARGIN) -> Drawing:
    """The part of a map within margin [m] of the places around (N, 2), as areas and lines."""
    drawing = Drawing()
    low, high = around.min(axis=0) - margin, around.max(axis=0) + margin
    near = [lane for lane in range(len(graph)) if _touches(graph.left[graph.points(lane), :2], low, high)]
    rings = {lane: _ring(graph, lane) for lane in near}
    for lane in near:
        kind = LaneKind(int(graph.kind[lane]))
        if kind == LaneKind.CROSSWALK:
            drawing.zebras.extend(zebra(rings[lane]))
        else:
            drawing.areas[AREAS.get(kind, "road")].append(rings[lane])
    lines: dict[str, list[Array]] = defaultdict(list)
    for lane in near:
        if graph.kind[lane] not in WALKS:
            _bounds(graph, lane, rings, lines)
    for name, pieces in lines.items():
        drawing.lines[name] = [thinned(line) for line in joined(pieces)]
    for i in range(len(graph.crosswalk_start) - 1):
        polygon = graph.crosswalk[graph.crosswalk_start[i] : graph.crosswalk_start[i + 1], :2]
        if _touches(polygon, low, high):
            drawing.zebras.extend(zebra(polygon))
    for line, kind in zip(graph.stop_line[:, :, :2], graph.stop_kind, strict=True):
        if _touches(line, low, high):
            (drawing.yields if kind == StopKind.YIELD_SIGN else drawing.stops).append(line)
    return drawing


def _touches(points: Array, low: Array, high: Array) -> bool:
    return bool(np.all(points.max(axis=0) >= low) and np.all(points.min(axis=0) <= high))


def _ring(graph: LaneGraph, lane: int) -> Array:
    rows = graph.points(lane)
    return turned(np.concatenate([thinned(graph.left[rows, :2]), thinned(graph.right[rows, :2])[::-1]]))


def turned(ring: Array) -> Array:
    """The ring (P, 2) counter-clockwise: overlapping rings of one sense fill as their union by the winding rule."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return ring if float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) >= 0.0 else ring[::-1]


def _bounds(graph: LaneGraph, lane: int, rings: dict[int, Array], lines: dict[str, list[Array]]) -> None:
    """Both bounds of a lane; one that two lanes share is drawn by the one of the lower number."""
    rows = graph.points(lane)
    for is_left, points in ((True, graph.left[rows, :2]), (False, graph.right[rows, :2])):
        neighbour = int((graph.left_neighbour if is_left else graph.right_neighbour)[lane])
        if 0 <= neighbour < lane and neighbour in rings:
            continue
        name = _line(graph, lane, neighbour, is_left)
        if name:
            shown = ~_covered(graph, lane, neighbour, points, rings)
            lines[name].extend(_runs(points, shown))


def _line(graph: LaneGraph, lane: int, neighbour: int, is_left: bool) -> str:
    """The class of a bound, "" for none. Where no file says what is painted: dashes between lanes, a line at the edge,
    nothing inside a junction."""
    own = int((graph.left_marking if is_left else graph.right_marking)[lane])
    known = [own]
    if neighbour >= 0:
        same = bool((graph.left_same if is_left else graph.right_same)[lane])
        theirs = graph.right_marking if same == is_left else graph.left_marking
        known.append(int(theirs[neighbour]))
    painted = [mark for mark in known if mark in LINES]
    if painted:
        return LINES[Marking(max(painted))]
    if Marking.NONE in known or graph.junction[lane] >= 0:
        return ""
    return "dash" if neighbour >= 0 else "edge"


def _covered(graph: LaneGraph, lane: int, neighbour: int, points: Array, rings: dict[int, Array]) -> Bools:
    """Which pieces (P - 1,) of a bound lie inside another lane: no line crosses a junction or a merge."""
    middle = (points[1:] + points[:-1]) / 2.0
    covered = np.zeros(len(middle), np.bool_)
    for other in graph.conflict[graph.conflict_start[lane] : graph.conflict_start[lane + 1]]:
        if int(other) in rings and other != neighbour:
            covered |= holds(rings[int(other)], middle)
    return covered


def _runs(points: Array, shown: Bools) -> list[Array]:
    """The stretches of a polyline whose pieces are shown."""
    edge = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(np.int8)))
    return [points[a : b + 1] for a, b in zip(edge[::2], edge[1::2], strict=True)]


def joined(pieces: list[Array]) -> list[Array]:
    """Polylines that begin where another ends become one, so that dashes run on over the joint."""
    begins: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, piece in enumerate(pieces):
        begins[_key(piece[0])].append(i)
    ends = {_key(piece[-1]) for piece in pieces}
    used = [False] * len(pieces)
    out: list[Array] = []
    heads = [i for i in range(len(pieces)) if _key(pieces[i][0]) not in ends]
    for first in [*heads, *range(len(pieces))]:
        chain: list[Array] = []
        i = first
        while i >= 0 and not used[i]:
            used[i] = True
            chain.append(pieces[i] if not chain else pieces[i][1:])
            i = next((j for j in begins.get(_key(pieces[i][-1]), []) if not used[j]), -1)
        if chain:
            out.append(np.concatenate(chain))
    return out


def _key(point: Array) -> tuple[int, int]:
    return round(float(point[0]) * 20.0), round(float(point[1]) * 20.0)


def thinned(points: Array, tolerance: float = THIN) -> Array:
    """A polyline without the points that the line through the others passes within tolerance [m] (Douglas, Peucker)."""
    keep = np.zeros(len(points), np.bool_)
    keep[[0, -1]] = True
    stack = [(0, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2:
            continue
        along = points[b] - points[a]
        length = float(np.hypot(along[0], along[1]))
        rest = points[a + 1 : b] - points[a]
        if length > 0.0:
            away = np.abs(rest[:, 0] * along[1] - rest[:, 1] * along[0]) / length
        else:
            away = np.hypot(rest[:, 0], rest[:, 1])
        far = int(np.argmax(away))
        if away[far] > tolerance:
            keep[a + 1 + far] = True
            stack += [(a, a + 1 + far), (a + 1 + far, b)]
    return points[keep]


def zebra(polygon: Array) -> list[Array]:
    """The bars of a crossing: quadrilaterals (4, 2) along the traffic, side by side along its longest edge."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    length = np.hypot(edges[:, 0], edges[:, 1])
    along = edges[int(np.argmax(length))] / max(float(length.max()), 1e-9)
    across = np.array([-along[1], along[0]])
    u, v = polygon @ along, polygon @ across
    span = float(u.max() - u.min())
    bars: list[Array] = []
    for i in range(int(min(span / (STRIPE + GAP), 400))):
        middle = float(u.min()) + (i + 0.5) * span / max(int(span / (STRIPE + GAP)), 1)
        cut = _cut(u, v, middle)
        if cut is not None:
            low, high = cut
            corners = ((-1, low), (-1, high), (1, high), (1, low))
            bars.append(turned(np.array([along * (middle + side * STRIPE / 2) + across * w for side, w in corners])))
    return bars


def _cut(u: Array, v: Array, at: float) -> tuple[float, float] | None:
    """Between which v the line u = at crosses a ring; None where it misses it."""
    u1, v1 = np.roll(u, -1), np.roll(v, -1)
    hit = (u > at) != (u1 > at)
    if np.count_nonzero(hit) < 2:
        return None
    place = v[hit] + (at - u[hit]) / (u1[hit] - u[hit]) * (v1[hit] - v[hit])
    return float(place.min()), float(place.max())
