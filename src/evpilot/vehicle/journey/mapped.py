"""A route through a map, as energy sees it: limits, bends, slopes, lights and stop signs on the lanes to the goal."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from evpilot.files import EvpilotError
from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING, ReferencePath, reference_path
from evpilot.maps.route import cost_to_go, goal_spans, lane_sequence, neighbours
from evpilot.types import Goal, LaneGraph, LaneKind, StopKind
from evpilot.types.state import Array, Ints
from evpilot.vehicle.journey.route import LENGTH_MAX, Leg, Route

PIECE = 10.0  # [m] in which slope and bends are looked at
BEND_ACCEL = 2.0  # [m/s2] across, in bends (reference/safety.md, plan limit)
LIKE_SPEED, LIKE_GRADE = 0.6, 0.002  # [m/s], [rad] pieces that differ by less are one leg
GRADE_MOST = 0.3  # [rad] what is steeper is a fault of the map
ON = 2_000.0  # [m] of a drive that asks for no place
UNKNOWN = {LaneKind.MOTORWAY: 36.1, LaneKind.ON_RAMP: 22.2, LaneKind.OFF_RAMP: 22.2, LaneKind.COUNTRY: 27.8}
UNKNOWN_ELSE = 13.9  # [m/s] 50 km/h, the general limit in towns


def route_on(
    graph: LaneGraph,
    goals: Sequence[Goal],
    start: Array,
    *,
    name: str,
    surface: str = "dry",
    wind: tuple[float, float] = (0.0, 0.0),
) -> Route:
    """The route from a pose (4,) x, y, z, yaw to the goals along the lanes; wind [m/s], map frame, where it blows to.

    Raises EvpilotError when the start is on no lane or no way leads to a goal.
    """
    lane, s, _ = LaneIndex(graph).nearest(*(float(value) for value in start[:3]), yaw=float(start[3]))
    if lane < 0:
        raise EvpilotError("starts on no lane", file=name)
    lanes, end = lanes_to(graph, goals, lane)
    if end is None and not any(goal.survival for goal in goals):
        raise EvpilotError("no way along its lanes leads to a goal", file=name)
    path = reference_path(graph, lanes)
    first, last = s, (float(path.lane_s[-1]) + end if end is not None else min(path.end, s + ON))
    if last - first < 1.0:
        raise EvpilotError(f"{max(last - first, 0.0):.1f} m to the goal: nothing to predict", file=name)
    legs = _legs(graph, path, first, min(last, LENGTH_MAX), surface, wind)
    return Route(name=name, legs=legs)


def lanes_to(graph: LaneGraph, goals: Sequence[Goal], lane: int) -> tuple[Ints, float | None]:
    """The lanes (K,) from one to the nearest goal, lane changes being steps aside, and where on the last of them [m]
    the goal is; None where none is reached."""
    cost = cost_to_go(graph, goals)
    lanes_of_goals, s0, s1, _ = goal_spans(graph, goals)
    if not len(lanes_of_goals):
        return lane_sequence(graph, lane, ON, cost), None
    found, seen = [lane], {lane}
    while True:
        here = found[-1]
        mine = np.flatnonzero(lanes_of_goals == here)
        if len(mine):
            return np.array(found, np.int64), float(0.5 * (s0[mine[0]] + s1[mine[0]]))
        ahead = [int(k) for k in graph.successors(here) if int(k) not in seen and np.isfinite(cost[int(k)])]
        beside = [k for k in neighbours(graph, here) if k not in seen and np.isfinite(cost[k])]
        if beside and (not ahead or min(float(cost[k]) for k in beside) < float(cost[here]) - 1.0):
            # the lane beside takes this one's place
            found[-1] = min(beside, key=lambda k: float(cost[k]))
        elif ahead:
            found.append(min(ahead, key=lambda k: float(cost[k])))
        else:
            return np.array(found, np.int64), None
        seen.add(found[-1])


def _legs(
    graph: LaneGraph, path: ReferencePath, first: float, last: float, surface: str, wind: tuple[float, float]
) -> tuple[Leg, ...]:
    lights, signs = _stops(graph, path)
    legs: list[Leg] = []
    edges = np.linspace(first, last, max(2, math.ceil((last - first) / PIECE) + 1))
    for a, b in pairwise(edges):
        rows = path.table[int(a / SPACING) : max(int(b / SPACING), int(a / SPACING) + 1) + 1]
        yaw = float(rows[len(rows) // 2, 2])
        leg = Leg(
            length=float(b - a),
            limit=_speed(graph, path, rows, 0.5 * (a + b)),
            grade=_grade(rows),
            lights=sum(a < s <= b for s in lights),
            stop_signs=sum(a < s <= b for s in signs),
            headwind=-(wind[0] * math.cos(yaw) + wind[1] * math.sin(yaw)),
            surface=surface,
        )
        if legs and _alike(legs[-1], leg):
            legs[-1] = _joined(legs[-1], leg)
        else:
            legs.append(leg)
    return tuple(legs)


def _speed(graph: LaneGraph, path: ReferencePath, rows: Array, s: float) -> float:
    """The lower of limit and what the sharpest bend allows [m/s]."""
    limit = float(rows[:, 5].min())
    if not math.isfinite(limit):
        limit = UNKNOWN.get(LaneKind(int(graph.kind[path.lanes[path.lane_at(s)]])), UNKNOWN_ELSE)
    bend = max(float(np.median(np.abs(rows[:, 3]))), 1e-5)
    return max(min(limit, math.sqrt(BEND_ACCEL / bend)), 2.0)


def _grade(rows: Array) -> float:
    way = float(np.hypot(*(rows[-1, :2] - rows[0, :2])))
    slope = math.atan2(float(rows[-1, 4] - rows[0, 4]), max(way, 0.5))
    return min(max(slope, -GRADE_MOST), GRADE_MOST)


def _stops(graph: LaneGraph, path: ReferencePath) -> tuple[list[float], list[float]]:
    """Where on the path [m] lights and stop signs stand."""
    lights: list[float] = []
    signs: list[float] = []
    for number, lane in enumerate(path.lanes):
        own = graph.stop_lane == lane
        line = float(graph.stop_s[own].min()) if own.any() else float(graph.length[lane])
        if len(graph.light_id) and len(graph.lights_of(int(lane))):
            lights.append(float(path.lane_s[number]) + line)
        signs.extend(
            float(path.lane_s[number] + s) for s in graph.stop_s[own & (graph.stop_kind == StopKind.STOP_SIGN)]
        )
    return lights, signs


def _alike(one: Leg, other: Leg) -> bool:
    stops = one.lights + one.stop_signs + other.lights + other.stop_signs
    same = abs(one.limit - other.limit) < LIKE_SPEED and abs(one.grade - other.grade) < LIKE_GRADE
    return same and not stops and abs(one.headwind - other.headwind) < 1.0


def _joined(one: Leg, other: Leg) -> Leg:
    """Both as one leg."""
    share = one.length / (one.length + other.length)
    return Leg(
        length=one.length + other.length,
        limit=min(one.limit, other.limit),
        grade=share * one.grade + (1.0 - share) * other.grade,
        headwind=share * one.headwind + (1.0 - share) * other.headwind,
        surface=one.surface,
    )
