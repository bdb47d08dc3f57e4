"""Where on the road the car was in every planning tick."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.area import drivable, for_vehicles, lane_area
from evpilot.evaluate.facts.drive import Drive
from evpilot.geometry.polyline import at, project
from evpilot.types import LaneGraph, User
from evpilot.types.state import Array, Bools, Ints

EDGE_STEP = 1.0  # [m] between the places along the body's outline that must be on the road
ALIGNED = 0.785  # [rad] a lane within 45 degrees of the car's heading may be the one that it drives on


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """The car on the road, for F planning ticks.

    lane (F,) the lane that holds the box centre and fits its heading best, or -1; s, d (F,) [m] on it; direction (F,)
    [rad] of that lane there; held: per tick the lanes for vehicles that hold the centre, with s, those across or
    against the car's heading only where there are no others; limit (F,) [m/s] the
    speed limit, inf when unknown; corner (F, 4) and body (F,) how far the corners, and any place of the outline, are
    outside the road [m]; one_lane (F,) whether all corners are on one lane or those it leads from and to; junction
    (F,) whether the centre is in one.
    """

    lane: Ints
    s: Array
    d: Array
    direction: Array
    held: tuple[tuple[tuple[int, float], ...], ...]
    limit: Array
    corner: Array
    body: Array
    one_lane: Bools
    junction: Bools


def locate(drive: Drive) -> Place:
    """Find the car on the map, tick by tick."""
    graph = drive.graph
    count = len(drive)
    corners = drive.corners()
    outline = _outline(corners)
    z = drive.z
    road = lane_area(graph, drivable(graph), outline.reshape(-1, 2))
    lanes = lane_area(graph, for_vehicles(graph), outline.reshape(-1, 2))
    body = road.outside(_lift(outline, z)).reshape(count, -1)
    places = np.concatenate([drive.box[:, None, :2], corners], axis=1)
    holds = lanes.holds(_lift(places, z)).reshape(count, 5, -1)
    fits = [_fit(drive, lanes.lane[holds[tick, 0]], tick) for tick in range(count)]
    best = [fit[0] if fit else (-1, 0.0, 0.0, 0.0) for fit in fits]
    limits = lane_limits(graph)
    linked = _linked(graph, lanes.lane)
    return Place(
        lane=np.array([fit[0] for fit in best], np.int64),
        s=np.array([fit[1] for fit in best]),
        d=np.array([fit[2] for fit in best]),
        direction=np.array([fit[3] for fit in best]),
        held=tuple(_held(some, float(yaw)) for some, yaw in zip(fits, drive.box[:, 2], strict=True)),
        limit=np.array([_limit(limits, some, yaw) for some, yaw in zip(fits, drive.box[:, 2], strict=True)]),
        corner=body[:, :4],
        body=body.max(axis=1),
        one_lane=np.array([_in_one(holds[tick, 1:], linked) for tick in range(count)]),
        junction=np.array([any(graph.junction[fit[0]] >= 0 for fit in some) for some in fits]),
    )


def off_course(yaw: float, direction: float) -> float:
    """The angle between two headings [rad], 0 to pi."""
    return abs(float(np.pi - np.mod(np.pi - (yaw - direction), 2.0 * np.pi)))


def _lift(places: Array, z: Array) -> Array:
    """Places (F, P, 2) of ticks at heights z (F,) as points (F * P, 3)."""
    height = np.broadcast_to(z[:, None, None], (*places.shape[:2], 1))
    return np.concatenate([places, height], axis=2).reshape(-1, 3)


def _outline(corners: Array) -> Array:
    """Places on the outline (F, P, 2) of bodies with corners (F, 4, 2): the corners first."""
    parts = [corners]
    for k in range(4):
        a, b = corners[:, k], corners[:, (k + 1) % 4]
        length = float(np.hypot(*(b[0] - a[0])))
        share = np.linspace(0.0, 1.0, max(2, int(np.ceil(length / EDGE_STEP)) + 1))[1:-1]
        parts.append(a[:, None] + share[None, :, None] * (b - a)[:, None])
    return np.concatenate(parts, axis=1)


def _fit(drive: Drive, lanes: Ints, tick: int) -> list[tuple[int, float, float, float]]:
    """Lane, s, d and direction of each lane, the one that fits the heading best first; a lane that may be driven both
    ways fits in either."""
    graph = drive.graph
    x, y, yaw = drive.box[tick, :3]
    found: list[tuple[float, tuple[int, float, float, float]]] = []
    for lane in lanes:
        rows = graph.points(int(lane))
        centre = np.ascontiguousarray(graph.center[rows, :2])
        arc = np.array(graph.arc[rows])
        s, d, _ = project(x, y, centre, arc, 0, len(arc) - 1)
        direction = at(s, centre, arc)[2]
        off = off_course(yaw, direction)
        if graph.users_against[lane] & User.CAR:
            off = min(off, np.pi - off)
        found.append((off, (int(lane), s, d, direction)))
    return [fit for _, fit in sorted(found)]


def _held(fits: list[tuple[int, float, float, float]], yaw: float) -> tuple[tuple[int, float], ...]:
    aligned = [fit for fit in fits if off_course(yaw, fit[3]) < ALIGNED]
    return tuple((fit[0], fit[1]) for fit in aligned or fits)


def lane_limits(graph: LaneGraph) -> Array:
    """Speed limit of each lane (L,) [m/s], inf when unknown; a junction's lane without one has the highest of the lanes
    that it joins, as in nuplan-devkit (speed_limit_compliance)."""
    limits = np.array(graph.speed_limit)
    for lane in np.flatnonzero(np.isinf(limits) & (graph.junction >= 0)):
        ends = np.concatenate([graph.predecessors(int(lane)), graph.successors(int(lane))])
        known = graph.speed_limit[ends][np.isfinite(graph.speed_limit[ends])]
        if len(known):
            limits[lane] = known.max()
    return limits


def _limit(limits: Array, fits: list[tuple[int, float, float, float]], yaw: float) -> float:
    """The highest limit of the lanes that the car may be following; inf when it is on none."""
    aligned = [limits[lane] for lane, _, _, direction in fits if off_course(yaw, direction) < ALIGNED]
    return float(max(aligned)) if aligned else float("inf")


def _linked(graph: LaneGraph, lanes: Ints) -> Bools:
    """Which lanes (n,) count as one with which (n, n): itself, those it leads to and those that lead into it."""
    row = np.full(len(graph), -1, np.int64)
    row[lanes] = np.arange(len(lanes))
    linked = np.eye(len(lanes), dtype=np.bool_)
    for k, lane in enumerate(lanes):
        ends = row[np.concatenate([graph.successors(int(lane)), graph.predecessors(int(lane))])]
        linked[k, ends[ends >= 0]] = True
    return linked


def _in_one(corner_holds: Bools, linked: Bools) -> bool:
    """Whether one lane, with those it is linked to, holds all four corners; corner_holds (4, n)."""
    some = np.flatnonzero(corner_holds.any(axis=0))
    reach = linked[np.ix_(some, some)]
    held = (corner_holds[:, some][:, None, :] & reach[None]).any(axis=2)
    return bool(held.all(axis=0).any()) if len(some) else False
