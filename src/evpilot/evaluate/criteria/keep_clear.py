"""Junctions and crosswalks are for those who can leave them."""

import numpy as np

from evpilot.evaluate.criteria.single import single
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.movements import Movement
from evpilot.evaluate.facts.others import outline
from evpilot.geometry.polygon import holds
from evpilot.types import VEHICLES, LaneGraph, MetricResult
from evpilot.types.state import Bools

STANDS = 0.3  # [m/s]
BLOCKS_MAX = 3.0  # [s] in others' way: a queue that has just begun to move
QUEUE = 8.0  # [m] ahead of the front: who stands there is why we do
SPACE = 1.0  # [m] to who stands before or behind
NOSE, BEFORE = 2.0, 15.0  # [m] over where others cross, and before it, the front of who waits there may be
CROSSING = 0.5  # [rad] lanes that meet at less angle join


def keep_clear(drive: Drive, ways: list[Movement]) -> MetricResult:
    """The longest time [s] for which the car stood behind a queue where others cross its way through a junction, or on
    a crosswalk."""
    blocks = _on_crosswalk(drive)
    for way in ways:
        crossed = [(low, high) for row, _, low, high in way.conflicts(drive.graph) if _crosses(drive.graph, row)]
        if not crossed:
            continue
        at = way.places(drive.box[way.first : way.last + 1, :2])[:, 0]
        half = 0.5 * drive.platform.length
        for k, s in enumerate(at.tolist()):
            tick = way.first + k
            inside = any(s + half > low and s - half < high for low, high in crossed)
            blocks[tick] |= abs(drive.speed[tick]) < STANDS and inside and _queue_ahead(drive, tick)
    longest = _longest(blocks) * drive.step
    applies = bool(ways) or len(drive.graph.crosswalk_start) > 1
    clause = "StVO sections 11 (1), 26 (2); Vienna Convention on Road Traffic 1968, art. 18 (3)"
    return single(
        drive, "keep_clear", clause, "s", longest if applies else np.nan, BLOCKS_MAX,
        longest <= BLOCKS_MAX if applies else None,
    )  # fmt: skip


def waits_for_room(drive: Drive, ways: list[Movement]) -> Bools:
    """In which ticks (F,) the car stood before a junction or crosswalk that it could not have left: on its way beyond,
    somebody stood too close behind it. That is a cause to stand."""
    waits = np.zeros(len(drive), np.bool_)
    half, last = 0.5 * drive.platform.length, 0
    for way in ways:
        stood = last + np.flatnonzero(np.abs(drive.speed[last : way.last + 1]) < STANDS)
        last = way.last + 1
        parts = _parts(drive, way) if len(stood) else []
        if not parts:
            continue
        fronts = way.places(drive.box[stood, :2])[:, 0] + half
        for tick, front in zip(stood.tolist(), fronts.tolist(), strict=True):
            high = next((high for low, high in parts if -NOSE < low - front < BEFORE), np.nan)
            waits[tick] = _rear_beyond(drive, way, tick, front) < high + 2.0 * half + SPACE
    return waits


def _parts(drive: Drive, way: Movement) -> list[tuple[float, float]]:
    """From where to where [m] on a way others cross it; parts between which a car cannot stand are one."""
    graph = drive.graph
    crossed = [(low, high) for row, _, low, high in way.conflicts(graph) if _crosses(graph, row)]
    for mark in range(len(graph.crosswalk_start) - 1):
        at = way.places(graph.crosswalk[graph.crosswalk_start[mark] : graph.crosswalk_start[mark + 1], :2])
        low, high = float(at[:, 0].min()), float(at[:, 0].max())
        if at[:, 1].min() < 0.0 < at[:, 1].max() and low > 0.0 and high < way.arc[-1]:
            crossed.append((low, high))
    merged: list[tuple[float, float]] = []
    for low, high in sorted(crossed):
        if merged and low < merged[-1][1] + drive.platform.length + 2.0 * SPACE:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _rear_beyond(drive: Drive, way: Movement, tick: int, front: float) -> float:
    """Where [m] on a way the rear of the first who stands on it ahead of the car is; inf for nobody."""
    others = drive.others
    span = slice(int(others.start[tick]), int(others.start[tick + 1]))
    slow = np.hypot(others.velocity[span, 0], others.velocity[span, 1]) < 1.0
    box = others.box[span][slow & np.isin(others.kind[span], VEHICLES)]
    at = way.places(box[:, :2])
    rear = at[:, 0] - 0.5 * box[:, 3]
    on_it = (np.abs(at[:, 1]) < 0.5 * (drive.platform.width + box[:, 4])) & (rear > front) & (at[:, 0] < way.arc[-1])
    return float(rear[on_it].min(initial=np.inf))


def _on_crosswalk(drive: Drive) -> Bools:
    """In which ticks (F,) the car stands on a crosswalk behind a queue."""
    graph = drive.graph
    stands = np.zeros(len(drive), np.bool_)
    slow = np.flatnonzero(np.abs(drive.speed) < STANDS)
    for mark in range(len(graph.crosswalk_start) - 1) if len(slow) else ():
        polygon = graph.crosswalk[graph.crosswalk_start[mark] : graph.crosswalk_start[mark + 1], :2]
        low, high = polygon.min(axis=0) - 4.0, polygon.max(axis=0) + 4.0
        near = np.all((drive.box[slow, :2] >= low) & (drive.box[slow, :2] <= high), axis=1)
        for tick in slow[near].tolist():
            on_it = bool(np.any(holds(polygon, outline(drive.box[tick]))))
            stands[tick] |= on_it and _queue_ahead(drive, tick)
    return stands


def _crosses(graph: LaneGraph, row: int) -> bool:
    """Whether a conflict is with a lane that crosses, and does not join or part."""
    own = int(np.searchsorted(graph.conflict_start, row, side="right")) - 1
    other = int(graph.conflict[row])
    mine, theirs = (
        _heading(graph, own, float(graph.conflict_span[row, :2].mean())),
        _heading(graph, other, float(graph.conflict_span[row, 2:].mean())),
    )
    return bool(np.cos(mine - theirs) < np.cos(CROSSING))


def _heading(graph: LaneGraph, lane: int, s: float) -> float:
    rows = graph.points(lane)
    k = int(np.clip(np.searchsorted(graph.arc[rows], s) - 1, 0, rows.stop - rows.start - 2)) + rows.start
    return float(np.arctan2(*(graph.center[k + 1, :2] - graph.center[k, :2])[::-1]))


def _queue_ahead(drive: Drive, tick: int) -> bool:
    """Whether somebody who goes our way stands right ahead."""
    others = drive.others
    span = slice(int(others.start[tick]), int(others.start[tick + 1]))
    x, y, yaw = drive.box[tick, :3]
    box = others.box[span]
    dx, dy = box[:, 0] - x, box[:, 1] - y
    along, across = np.cos(yaw) * dx + np.sin(yaw) * dy, np.cos(yaw) * dy - np.sin(yaw) * dx
    gap = along - 0.5 * (box[:, 3] + drive.platform.length)
    slow = np.hypot(others.velocity[span, 0], others.velocity[span, 1]) < 1.0
    ours = np.cos(box[:, 2] - yaw) > 0.7
    near = (gap > -0.5) & (gap < QUEUE) & (np.abs(across) < 0.5 * (box[:, 4] + drive.platform.width))
    return bool(np.any(near & slow & ours & np.isin(others.kind[span], VEHICLES)))


def _longest(flags: Bools) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
