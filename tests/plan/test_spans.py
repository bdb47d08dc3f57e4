"""What others look like from a corridor, against brute-force projection."""

import math

import numpy as np
import pytest
from driving_scenes import one_lane
from planning_parts import briefing, ego_at, ring

from evpilot.geometry.boxes import corners
from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import Tables, stack_scalars
from evpilot.plan.columns import GRID, Corridor, Entry, Ref, Span
from evpilot.plan.road import Road
from evpilot.plan.spans import spans_on
from evpilot.scenarios.library.catalogue import build
from evpilot.types import LaneGraph

HALF = np.array([[2.25, 0.9]])


def boxes(x: float, y: float, yaw: float, speed: float, turn: float = 0.0) -> np.ndarray:
    """One entry (1, 51, 5) that moves along its heading, which turns evenly."""
    out = np.zeros((1, len(GRID), 5))
    heading = yaw + turn * GRID
    dt = np.diff(GRID, prepend=0.0)
    out[0, :, Entry.X] = x + np.cumsum(speed * np.cos(heading) * dt)
    out[0, :, Entry.Y] = y + np.cumsum(speed * np.sin(heading) * dt)
    out[0, :, Entry.COS], out[0, :, Entry.SIN], out[0, :, Entry.SPEED] = np.cos(heading), np.sin(heading), speed
    return out


def seen_from(graph: LaneGraph, entries: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ways = Road(briefing(graph), LaneIndex(graph)).ways(ego_at(20.0))
    table, (corridors, _) = Tables().stack(ways[:1]), stack_scalars(ways[:1], [])
    spans = np.empty((1, len(entries), len(GRID), 5))
    near = np.empty((1, len(entries) + 1), np.int64)
    spans_on(entries, np.repeat(HALF, len(entries), axis=0), np.zeros(len(entries)), corridors, table, spans, near)
    count = int(corridors[0, Corridor.COUNT])
    return spans[0], near[0], table[:count]


def brute(entry: np.ndarray, table: np.ndarray) -> tuple[float, float, float, float]:
    """Extent along and across the tangent at the nearest sample, over the box's four corners."""
    row = int(np.argmin(np.hypot(table[:, Ref.X] - entry[Entry.X], table[:, Ref.Y] - entry[Entry.Y])))
    yaw = table[row, Ref.YAW]
    four = corners(entry[0], entry[1], math.atan2(entry[3], entry[2]), 2.0 * HALF[0, 0], 2.0 * HALF[0, 1])
    dx, dy = four[:, 0] - table[row, Ref.X], four[:, 1] - table[row, Ref.Y]
    along = 0.5 * row + math.cos(yaw) * dx + math.sin(yaw) * dy
    across = math.cos(yaw) * dy - math.sin(yaw) * dx
    return along.min(), along.max(), across.min(), across.max()


@pytest.mark.parametrize(
    "entry",
    [
        boxes(50.0, 0.0, 0.0, 8.0),
        boxes(90.0, 6.0, -0.4, 5.0),
        boxes(70.0, -10.0, 1.5, 3.0),
        boxes(60.0, 1.0, 0.0, 9.0, 0.2),
        boxes(120.0, 2.0, 3.1, 12.0),
    ],
)
@pytest.mark.parametrize("road", ["straight", "bend"])
def test_spans_are_the_extents_of_the_corners(entry: np.ndarray, road: str) -> None:
    spans, _, table = seen_from(one_lane() if road == "straight" else ring(40.0), entry)
    checked = 0
    for step in range(len(GRID)):
        if spans[0, step, Span.S_LOW] < spans[0, step, Span.S_HIGH]:
            want = brute(entry[0, step], table)
            np.testing.assert_allclose(spans[0, step, :4], want, atol=1e-6)
            checked += 1
    assert checked > 5


def test_speed_along_is_signed() -> None:
    ahead, _, _ = seen_from(one_lane(), boxes(60.0, 0.0, 0.0, 7.0))
    oncoming, _, _ = seen_from(one_lane(), boxes(150.0, 0.0, math.pi, 7.0))
    across, _, _ = seen_from(one_lane(), boxes(60.0, -5.0, 0.5 * math.pi, 7.0))
    assert ahead[0, 3, Span.SPEED] == pytest.approx(7.0)
    assert oncoming[0, 3, Span.SPEED] == pytest.approx(-7.0)
    assert across[0, 3, Span.SPEED] == pytest.approx(0.0, abs=1e-9)


def test_far_aside_is_empty_and_only_who_comes_near_is_listed() -> None:
    entries = np.concatenate([boxes(60.0, 30.0, 0.0, 8.0), boxes(60.0, 1.0, 0.0, 8.0), boxes(60.0, 9.5, 0.0, 8.0)])
    spans, near, _ = seen_from(one_lane(), entries)
    assert np.all(spans[0, :, Span.S_LOW] > spans[0, :, Span.S_HIGH])
    assert near[0] == 1 and near[1] == 1
    assert np.all(spans[2, :, Span.S_LOW] < spans[2, :, Span.S_HIGH])


def test_who_follows_in_our_track_is_never_ahead_of_us_and_who_passes_beside_may_be() -> None:
    # the second runs through us if it does not heed us; the third passes in the next lane, the last is ahead
    entries = np.concatenate(
        [
            boxes(60.0, 1.0, 0.0, 8.0),
            boxes(12.0, 0.0, 0.0, 14.0),
            boxes(12.0, 3.5, 0.0, 14.0),
            boxes(30.0, 0.0, 0.0, 5.0),
        ]
    )
    _, near, _ = seen_from(one_lane(), entries)
    assert near[1 : 1 + near[0]].tolist() == [0, 2, 3]


def test_on_a_ramp_that_lies_above_itself_everybody_is_on_his_level() -> None:
    graph = build("spiral_ramp", 6, 0.5).graph
    road = Road(briefing(graph), LaneIndex(graph))
    line, arc = graph.center[graph.points(0)], graph.arc[graph.points(0)]
    for at in np.linspace(60.0, 420.0, 25):
        x, y, z = (float(np.interp(at, arc, line[:, axis])) for axis in range(3))
        x1, y1 = (float(np.interp(at + 1.0, arc, line[:, axis])) for axis in range(2))
        yaw = math.atan2(y1 - y, x1 - x)
        ego = ego_at(x, y, yaw)
        ego.pose[2] = z
        way = road.ways(ego)[0]
        assert way.scalars[Corridor.S] == pytest.approx(at, abs=1.5)
        assert abs(way.scalars[Corridor.D]) < 0.5
        table, (corridors, _) = Tables().stack([way]), stack_scalars([way], [])
        spans, near = np.empty((1, 1, len(GRID), 5)), np.empty((1, 2), np.int64)
        spans_on(boxes(x, y, yaw, 0.0), HALF, np.array([z]), corridors, table, spans, near)
        assert spans[0, 0, 0, Span.S_LOW] < at < spans[0, 0, 0, Span.S_HIGH]


def test_who_crosses_a_path_that_bends_back_is_seen_where_he_crosses() -> None:
    """Nearest to its far end at first, he comes over to its beginning: as cars do before the entry of a roundabout."""
    entry = boxes(60.0, 62.0, -0.5 * math.pi, 9.0)
    spans, near, table = seen_from(ring(30.0), entry)
    assert near[0] == 1
    for step in range(0, len(GRID), 4):
        low, high, right, left = brute(entry[0, step], table)
        if abs(0.5 * (right + left)) < 6.0:
            assert spans[0, step, :4] == pytest.approx([low, high, right, left], abs=0.6)
    assert (
        (spans[0, :, Span.D_LOW] < 0.9) & (spans[0, :, Span.D_HIGH] > -0.9) & (spans[0, :, Span.S_LOW] < 70.0)
    ).any()
