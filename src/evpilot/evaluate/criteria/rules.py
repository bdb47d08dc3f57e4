"""Traffic rules of the road itself: staying on it, its limit, its direction, its lines."""

import numpy as np

from evpilot.evaluate.facts.borrowed import borrowed
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place, off_course
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polyline import project
from evpilot.types import LaneGraph, Marking, MetricResult, User
from evpilot.types.state import Array, Bools

OFF_ROAD = 0.3  # [m] nuplan-devkit drivable_area_compliance
OVER_MAX = 0.5  # [m/s] the slack of a good speedometer and controller
SLOWING = 1.0  # [m/s2] at least so hard a car slows down that starts too fast
WRONG_WAY = (2.0, 6.0)  # [m] nuplan-devkit driving_direction_compliance
WRONG_WAY_SPAN = 1.0  # [s]
SOLID = (Marking.SOLID, Marking.BROAD_SOLID)
SOLID_MAX = 0.25  # [m] beyond a solid line; a broad line's width


def off_road(drive: Drive, place: Place) -> MetricResult:
    """The largest distance [m] of the body's outline outside the road; cracks between lanes are within the limit."""
    return _by_tick(
        drive,
        "off_road",
        "nuplan-devkit drivable_area_compliance, by the whole outline",
        "m",
        place.body,
        np.ones(len(drive), np.bool_),
        OFF_ROAD,
        bool(np.all(place.body < OFF_ROAD)),
    )


def speed_limit(drive: Drive, place: Place) -> MetricResult:
    """Speed over the limit [m/s]. A start above it counts only after the time to slow down by `SLOWING`."""
    over = drive.speed - place.limit
    known = np.isfinite(over)
    counted = known & ~_slowing(drive, over)
    passed = bool(np.all(over[counted] <= OVER_MAX)) if np.any(known) else None
    return _by_tick(
        drive,
        "over_speed",
        "the lane's speed limit",
        "m/s",
        np.where(known, np.maximum(over, 0.0), np.nan),
        counted,
        OVER_MAX,
        passed,
    )


def overspeed(drive: Drive, place: Place) -> Array:
    """Speed over the limit (F,) [m/s], 0 where it is kept or not known."""
    over = drive.speed - place.limit
    return np.where(np.isfinite(over), np.maximum(over, 0.0), 0.0)


def _slowing(drive: Drive, over: Array) -> Bools:
    """Ticks at the drive's start before the car could have come down to the limit."""
    time = drive.seconds - drive.seconds[0]
    first = over[0] if np.isfinite(over[0]) else 0.0
    within = np.flatnonzero(~(over > OVER_MAX))
    end = int(within[0]) if len(within) else len(drive)
    return (np.arange(len(drive)) < end) & (time < max(first, 0.0) / SLOWING)


def wrong_way(drive: Drive, place: Place) -> MetricResult:
    """Distance [m] driven against the lane's direction within the last second. The lane is the one that fits the car's
    heading best, so only a place where no lane fits is wrong."""
    value = against(drive, place)
    on_lane = place.lane >= 0
    return _by_tick(
        drive,
        "wrong_way",
        "nuplan-devkit driving_direction_compliance",
        "m",
        value,
        on_lane,
        WRONG_WAY[0],
        bool(np.all(value < WRONG_WAY[0])) if np.any(on_lane) else None,
    )


def against(drive: Drive, place: Place) -> Array:
    """Distance (F,) [m] driven against the lanes' direction over the last second, 0 where it was along."""
    steps = along_lanes(drive, place)
    count = max(round(WRONG_WAY_SPAN / drive.step), 1)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    first = np.maximum(np.arange(len(drive)) + 1 - count, 0)
    return np.maximum(-(total[1:] - total[first]), 0.0)


def along_lanes(drive: Drive, place: Place) -> Array:
    """Distance (F,) [m] moved along the lane's direction since the tick before: 0 where there is no lane, and both ways
    good where a lane may be driven against its direction or is borrowed with reason."""
    move = np.diff(drive.box[:, :2], axis=0, prepend=drive.box[:1, :2])
    steps = np.sum(move * np.stack([np.cos(place.direction), np.sin(place.direction)], axis=1), axis=1)
    both = (drive.graph.users_against[place.lane] & User.CAR) != 0
    steps = np.where(place.lane >= 0, np.where(both, np.abs(steps), steps), 0.0)
    return np.where(borrowed(drive, place), np.abs(steps), steps)


def solid_line(drive: Drive, place: Place) -> MetricResult:
    """How far [m] the body is over a solid line that bounds the lane which the car was last wholly in."""
    graph = drive.graph
    value = np.zeros(len(drive))
    bound = np.zeros(len(drive), np.bool_)
    corners = drive.corners()
    home = -1
    for tick in range(len(drive)):
        lane = int(place.lane[tick])
        if lane >= 0 and (place.one_lane[tick] or (home >= 0 and lane in graph.successors(home))):
            home = lane
        if (
            home < 0
            or off_course(drive.box[tick, 2], _direction(graph, home, drive.box[tick], drive.z[tick])) > 0.5 * np.pi
        ):
            continue
        for side, line, sign in (
            (graph.left_marking, graph.left, 1.0),
            (graph.right_marking, graph.right, -1.0),
        ):
            if side[home] in SOLID:
                bound[tick] = True
                value[tick] = max(value[tick], beyond(graph, line, home, corners[tick], drive.z[tick], sign))
    passed = bool(np.all(value[bound] <= SOLID_MAX)) if np.any(bound) else None
    clause = "Vienna Convention on Road Signs 1968, art. 26"
    return _by_tick(drive, "solid_line", clause, "m", value, bound, SOLID_MAX, passed)


def _direction(graph: LaneGraph, lane: int, box: Array, z: float) -> float:
    rows = graph.points(lane)
    centre = np.ascontiguousarray(graph.center[rows, :2])
    _, _, k = project(box[0], box[1], centre, np.array(graph.arc[rows]), *_level(graph.center[rows, 2], z))
    return float(np.arctan2(*(centre[k + 1] - centre[k])[::-1]))


def beyond(graph: LaneGraph, line: Array, lane: int, corners: Array, z: float, sign: float) -> float:
    """How far the furthest corner is beyond a lane's bound [m], among those beside it and not before or after it."""
    rows = graph.points(lane)
    points = np.ascontiguousarray(line[rows, :2])
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    first, last = _level(line[rows, 2], z)
    most = 0.0
    for x, y in corners:
        s, d, _ = project(x, y, points, arc, first, last)
        if arc[first] < s < arc[last]:
            most = max(most, sign * d)
    return most


def _level(heights: Array, z: float) -> tuple[int, int]:
    """From which to which point a line with heights (P,) [m] is on the level of z: a spiral lies above itself."""
    on = np.flatnonzero(np.abs(heights - z) <= LEVEL)
    return (int(on[0]), int(on[-1])) if len(on) > 1 else (0, len(heights) - 1)


def _by_tick(
    drive: Drive,
    name: str,
    clause: str,
    unit: str,
    value: Array,
    valid: Bools,
    limit: float,
    passed: bool | None,
) -> MetricResult:
    return MetricResult(
        name=name, clause=clause, unit=unit, t_ns=drive.t_ns, value=value, valid=valid, limit=limit, passed=passed
    )
