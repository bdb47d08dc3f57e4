"""Pedestrians: paths on foot as recorded motion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.polyline import arc_length
from evpilot.scenarios.library.stage import DT, Stage, clear
from evpilot.scenarios.scenario import Actor, Behaviour
from evpilot.types import LaneGraph, LaneKind, ObjectKind
from evpilot.types.state import Array

PERSON = (0.5, 0.6, 1.75)  # [m] length, width with arms, height
PACE = (1.1, 1.6)  # [m/s] of adults (Highway Capacity Manual 2016: 1.2 on average at crossings)
TRIES = 200  # places drawn for people before the pavements count as full
MEET = 0.3  # [m] between the ends of pavements that go on in each other
KERB = 0.7  # [m] from the kerb at which one waits


def walk(
    stage: Stage,
    path: Array,
    pace: float,
    *,
    start: float = 0.0,
    hold: tuple[float, float] | None = None,
    loop: bool = False,
) -> Actor:
    """Someone who walks a path (P, 3) [m] at a pace [m/s], there from `start` [s] on.

    hold: past this place [m along the path] not before this time [s]. At the path's end one is gone, or on a loop goes
    round again.
    """
    arc = arc_length(path[:, :2])
    total = float(arc[-1])
    first = round(start / DT)
    times: Array = np.arange(first, stage.last_step + 1, dtype=np.float64) * DT
    s = _progress(times, pace, hold)
    if not loop:
        s = s[: max(2, int(np.searchsorted(s, total)))]
    ahead, behind = s + 0.4, s - 0.4
    if loop:
        s, ahead, behind = s % total, ahead % total, behind % total
    xyz = np.stack([np.interp(s, arc, path[:, c]) for c in range(3)], axis=1)
    to = [np.interp(ahead, arc, path[:, c]) - np.interp(behind, arc, path[:, c]) for c in range(2)]
    moved = np.hypot(*np.diff(xyz[:, :2], axis=0).T) / DT
    speed = np.minimum(np.concatenate([moved, moved[-1:]]), pace)
    motion = np.column_stack([xyz, np.arctan2(to[1], to[0]), speed, np.zeros(len(s))])
    return stage.add(ObjectKind.PEDESTRIAN, PERSON, motion, Behaviour.REPLAY, first_step=first)


def _progress(times: Array, pace: float, hold: tuple[float, float] | None) -> Array:
    """How far (T,) [m] one has come at each time [s], having waited at a place until a time."""
    freely = pace * (times - times[0])
    if hold is None:
        return freely
    place, until = hold
    waited = max(0.0, until - (times[0] + place / pace))
    return np.where(freely <= place, freely, np.maximum(place, freely - pace * waited))


@dataclass(frozen=True, slots=True, eq=False)
class Pavement:
    """A way on foot: points (P, 3) [m] along the middle of pavements and corners, closed round a block or open."""

    path: Array
    arc: Array
    closed: bool

    def onward(self, s: float, length: float, forward: bool, d: float) -> Array:
        """The path (P, 3) from s [m] on for length [m], d [m] to the left of the middle; shorter where it ends."""
        total = float(self.arc[-1])
        path = self.path if forward else self.path[::-1]
        arc = self.arc if forward else total - self.arc[::-1]
        first = s if forward else total - s
        count = max(2, round((length if self.closed else min(length, total - first)) / 1.5))
        wanted = first + np.arange(count) * 1.5
        wanted = wanted % total if self.closed else np.minimum(wanted, total)
        points = np.stack([np.interp(wanted, arc, path[:, c]) for c in range(3)], axis=1)
        to = np.gradient(points[:, :2], axis=0)
        to /= np.maximum(np.hypot(to[:, 0], to[:, 1]), 1e-9)[:, None]
        points[:, 0] -= d * to[:, 1]
        points[:, 1] += d * to[:, 0]
        return points

    def nearest(self, point: Array) -> tuple[float, float]:
        """Where along it the point (2 or more,) is nearest [m], and how far away [m]."""
        away = np.hypot(*(self.path[:, :2] - point[:2]).T)
        k = int(np.argmin(away))
        return float(self.arc[k]), float(away[k])


def pavements(graph: LaneGraph) -> list[Pavement]:
    """All pavements of a map, chained where their ends meet."""
    left = [graph.center[graph.points(int(k))] for k in np.flatnonzero(graph.kind == LaneKind.SIDEWALK)]
    found: list[Pavement] = []
    while left:
        path = left.pop(0)
        for _ in range(2):
            while (k := _follower(left, path[-1])) is not None:
                part = left.pop(k)
                part = part if np.hypot(*(part[0] - path[-1])[:2]) < MEET else part[::-1]
                path = np.vstack([path, part[1:]])
            path = path[::-1]
        found.append(Pavement(path, arc_length(path[:, :2]), bool(np.hypot(*(path[0] - path[-1])[:2]) < MEET)))
    return found


def _follower(parts: list[Array], point: Array) -> int | None:
    for k, part in enumerate(parts):
        if min(np.hypot(*(part[0] - point)[:2]), np.hypot(*(part[-1] - point)[:2])) < MEET:
            return k
    return None


def strollers(stage: Stage, count: int, purpose: str = "strollers") -> None:
    """People who walk along the pavements, each on some way at some pace, round the block where there is one."""
    rng = stage.stream(purpose)
    ways = pavements(stage.graph)
    length = np.array([way.arc[-1] for way in ways])
    tries = 0
    while count > 0 and tries < TRIES:
        tries += 1
        k = int(np.searchsorted(np.cumsum(length / length.sum()), rng.random() * 0.999999))
        forward, pace, d = bool(rng.random() < 0.5), rng.uniform(*PACE), rng.uniform(-0.6, 0.6)
        path = ways[k].onward(rng.random() * length[k], pace * (stage.seconds + 2.0), forward, d)
        if _room(stage, path[0]):
            walk(stage, path, pace)
            count -= 1


def _room(stage: Stage, point: Array) -> bool:
    """Whether nobody stands at a place at the start."""
    return clear(stage, (float(point[0]), float(point[1]), 0.0, PERSON[1], PERSON[1], 0.0), 0.0, 0.3)


def cross(
    stage: Stage,
    ways: Sequence[Pavement],
    crosswalk: int,
    at: float,
    rng: np.random.Generator,
    wait: float = 0.0,
) -> Actor | None:
    """Someone who comes along a pavement, waits at the kerb for up to `wait` [s], steps onto a crosswalk at a time [s],
    and walks on along the other side; None where somebody is in the way at the start."""
    pace = rng.uniform(*PACE)
    over = across(stage, crosswalk, bool(rng.random() < 0.5), rng.uniform(0.25, 0.75), before=0.8)
    ends: list[Array] = []
    for point in (over[0], over[-1]):
        way = min(ways, key=lambda one: one.nearest(point)[1])
        s, _ = way.nearest(point)
        ends.append(way.onward(s, rng.uniform(25.0, 60.0), bool(rng.random() < 0.5), rng.uniform(-0.5, 0.5))[2:])
    come = ends[0][::-1]
    path = smooth(np.vstack([come, over, ends[1]]))
    arc = arc_length(path[:, :2])
    kerb = float(arc[int(np.argmin(np.hypot(*(path[:, :2] - over[1, :2]).T)))])
    if at < kerb / pace:
        first = int(np.searchsorted(arc, kerb - at * pace))
        path, kerb = path[first:], kerb - float(arc[first])
    if at < kerb / pace + 0.1 and not _room(stage, path[0]):
        return None
    start = max(0.0, at - kerb / pace - rng.uniform(0.0, 1.0) * wait)
    return walk(stage, path, pace, start=start, hold=(kerb, at))


def across(stage: Stage, crosswalk: int, from_right: bool, share: float = 0.5, before: float = 4.0) -> Array:
    """The path (4, 3) over a crosswalk of the graph, from `before` [m] back beyond one kerb to as far past the other.

    share 0..1: where across the crosswalk's own width one walks.
    """
    graph = stage.graph
    a, b, c, d = graph.crosswalk[graph.crosswalk_start[crosswalk] : graph.crosswalk_start[crosswalk + 1]]
    right, left = a + share * (b - a), d + share * (c - d)
    first, last = (right, left) if from_right else (left, right)
    along = (last - first) / np.hypot(*(last - first)[:2])
    return np.array([first - before * along, first - KERB * along, last + KERB * along, last + before * along])


def smooth(path: Array, radius: float = 1.0) -> Array:
    """A path (P, 3) with its corners cut by up to radius [m], as people walk."""
    into, out = path[:-2] - path[1:-1], path[2:] - path[1:-1]
    near, far = (np.maximum(np.hypot(side[:, 0], side[:, 1]), 1e-9)[:, None] for side in (into, out))
    cut = np.minimum(radius, 0.45 * np.minimum(near, far))
    start, end = path[1:-1] + cut * into / near, path[1:-1] + cut * out / far
    middle = 0.25 * start + 0.5 * path[1:-1] + 0.25 * end
    rounded = np.stack([start, middle, end], axis=1).reshape(-1, 3)
    return np.vstack([path[:1], rounded, path[-1:]])
