"""The planner's parts on small roads, for tests that look below the closed loop."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from driving_scenes import CAR, lane

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import Tables, car_vector, comfort_vector, goal_polygons, goal_windows, stack_scalars
from evpilot.plan.columns import CHUNK, CHUNKS, GRID, Cost, Prop, Roll
from evpilot.plan.cost.encounter import whereabouts_of
from evpilot.plan.cost.progress import lowest_limits
from evpilot.plan.cost.reach import SECONDS, reach_of, strips_on
from evpilot.plan.road import Road
from evpilot.plan.rollout import roll_out
from evpilot.plan.score import price_best, score
from evpilot.plan.spans import spans_on
from evpilot.plan.way import Way
from evpilot.types import (
    ROAD,
    Briefing,
    EgoState,
    Goal,
    LaneGraph,
    Lights,
    LightState,
    Limits,
    Observation,
    Platform,
    Priority,
    Tracks,
)
from evpilot.types.state import Array, no_tracks

SURVIVE = (Goal(time=(0.0, 60.0)),)


def briefing(
    graph: LaneGraph, goals: tuple[Goal, ...] = SURVIVE, limits: Limits = ROAD, car: Platform = CAR
) -> Briefing:
    return Briefing(
        graph=graph, goals=goals, platform=car, limits=limits, period_ns=100_000_000, start_ns=0,
        end_ns=60_000_000_000, seed=0,
    )  # fmt: skip


def ego_at(
    x: float, y: float = 0.0, yaw: float = 0.0, speed: float = 10.0, accel: float = 0.0, steering: float = 0.0,
    t: float = 0.0,
) -> EgoState:  # fmt: skip
    """The car with its rear axle at x, y."""
    return EgoState(
        t_ns=round(t * 1e9), pose=np.array([x, y, 0.0, yaw]), velocity=np.array([speed, 0.0]),
        accel=np.array([accel, 0.0]), yaw_rate=0.0, steering=steering, cov=np.zeros((6, 6)),
    )  # fmt: skip


def seen(ego: EgoState, states: list[LightState] | None = None, tracks: Tracks | None = None) -> Observation:
    states = states or []
    lights = Lights(
        t_ns=ego.t_ns, index=np.arange(len(states)), state=np.array(states, np.uint8),
        arrow=np.zeros(len(states), np.uint8),
    )  # fmt: skip
    return Observation(
        t_ns=ego.t_ns, ego=ego, tracks=tracks or no_tracks(ego.t_ns), detections=None, lights=lights,
        visible_range=np.full(8, 200.0), friction=1.0, sight=1e4,
    )  # fmt: skip


def ring(radius: float, limit: float = 14.0) -> LaneGraph:
    """A straight lane of 60 m that turns into a left bend about (60, radius)."""
    builder = GraphBuilder()
    angle = np.linspace(-0.5 * math.pi, 0.9 * math.pi, 90)
    way = np.column_stack([np.cos(angle), np.sin(angle)])
    middle = np.array([60.0, radius])
    first = lane(builder, 0.0, 0.0, 60.0, speed_limit=limit)
    bend = builder.lane(middle + (radius - 1.75) * way, middle + (radius + 1.75) * way, speed_limit=limit)
    builder.connect(first, bend)
    return builder.build()


def crossing(
    ours: Priority = Priority.YIELD, theirs: Priority = Priority.PRIORITY, southwards: bool = False
) -> LaneGraph:
    """Our road eastwards must yield to one that runs north, or south, across it at x = 100, or as the two are told."""
    builder = GraphBuilder()

    def add(points: list[tuple[float, float]], north: bool, priority: Priority) -> list[int]:
        lanes = []
        for a, b in itertools.pairwise(points):
            side = np.array([math.copysign(1.75, b[1] - a[1]), 0.0]) if north else np.array([0.0, -1.75])
            lanes.append(builder.lane(
                [np.array(a) - side, np.array(b) - side], [np.array(a) + side, np.array(b) + side],
                priority=priority, speed_limit=14.0, junction=0 if len(lanes) == 1 else -1,
            ))  # fmt: skip
        for one, after in itertools.pairwise(lanes):
            builder.connect(one, after)
        return lanes

    add([(0.0, 0.0), (92.0, 0.0), (108.0, 0.0), (300.0, 0.0)], False, ours)
    across = [(100.0, -150.0), (100.0, -8.0), (100.0, 8.0), (100.0, 150.0)]
    add([(x, -y) for x, y in across] if southwards else across, True, theirs)
    return builder.build()


def strips_of(spans: Array, near: Array) -> tuple[Array, Array]:
    """As `strips_on` fills them."""
    extents, strips = np.empty((*spans.shape[:2], 3)), np.empty((*spans.shape[:2], 5, SECONDS))
    strips_on(spans, near, extents, strips)
    return extents, strips


@dataclass
class Rolled:
    """Rollouts on the corridors of one place."""

    ways: list[Way]
    table: Array
    corridors: Array
    rolls: Array
    boxes: Array


def empty_spans(corridors: int) -> tuple[Array, Array]:
    return np.zeros((corridors, 0, len(GRID), 5)), np.zeros((corridors, 1), np.int64)


def roll(
    graph: LaneGraph, ego: EgoState, props: Array, spans: Array | None = None, wall: float = math.inf,
    limits: Limits = ROAD, car: Platform = CAR,
) -> Rolled:  # fmt: skip
    """Proposals (R, 9) driven forward; spans (1, E, 51, 5) of others on the first corridor."""
    brief = briefing(graph, limits=limits, car=car)
    ways = Road(brief, LaneIndex(graph)).ways(ego)
    table, (corridors, _) = Tables().stack(ways), stack_scalars(ways, [])
    corridors[0, 7] = wall
    none, near = empty_spans(len(ways))
    if spans is not None:
        others = spans.shape[1]
        none = np.full((len(ways), others, len(GRID), 5), 1e6)
        none[0] = spans[0]
        near = np.zeros((len(ways), others + 1), np.int64)
        near[0] = [others, *range(others)]
    out, boxes = np.empty((len(props), len(GRID), len(Roll))), np.empty((len(props), CHUNKS, 4))
    state = np.array([ego.speed, float(ego.accel[0]), ego.steering, 0.0])
    standoff = np.zeros(none.shape[1])
    extents, _ = strips_of(none, near)
    roll_out(
        np.ascontiguousarray(props), corridors, table, none, near, extents, standoff, state, car_vector(brief), out,
        boxes,
    )  # fmt: skip
    return Rolled(ways=ways, table=table, corridors=corridors, rolls=out, boxes=boxes)


def boxes_of(rolls: Array) -> Array:
    """Where rollouts (R, 51, 11) stay during each chunk of steps (R, CHUNKS, 4), as `roll_out` gives it."""
    chunks = [rolls[:, CHUNK * k : CHUNK * (k + 1), : Roll.Y + 1] for k in range(CHUNKS)]
    sides = [(of.min(axis=1)[:, 0], of.max(axis=1)[:, 0], of.min(axis=1)[:, 1], of.max(axis=1)[:, 1]) for of in chunks]
    return np.ascontiguousarray(np.moveaxis(np.array(sides), 2, 0))


def prop(law: int, *values: float, offset: float = 0.0, length: float = 30.0, corridor: int = 0) -> Array:
    row = np.zeros(len(Prop))
    row[[Prop.CORRIDOR, Prop.OFFSET, Prop.LENGTH, Prop.LAW]] = corridor, offset, length, law
    row[Prop.P0 : Prop.P0 + len(values)] = values
    return row


def standing(s_low: float, s_high: float, speed: float = 0.0, d: tuple[float, float] = (-1.0, 1.0)) -> Array:
    """Spans (1, 1, 51, 5) of somebody on the strip who moves evenly."""
    spans = np.empty((1, 1, len(GRID), 5))
    spans[0, 0, :, 0], spans[0, 0, :, 1] = s_low + speed * GRID, s_high + speed * GRID
    spans[0, 0, :, 2], spans[0, 0, :, 3], spans[0, 0, :, 4] = d[0], d[1], speed
    return spans


BODY = np.array([CAR.rear_to_center, 0.5 * CAR.length, 0.5 * CAR.width])
# rest, until, bound, weight of progress, left, limit here, cost of speeding and of its square
FREE = np.array([0.0, 60.0, 0.0, 0.35, math.inf, math.inf, 4.0, 4.0, 1.0])


def line(x: float = 30.0, y: float = 0.0, speed: float = 10.0, accel: float = 0.0, yaw: float = 0.0) -> Array:
    """A rollout (51, 11) straight on, with an even acceleration, on the corridor that lies along y = 0 from x = 0."""
    one = np.zeros((len(GRID), len(Roll)))
    pace = np.maximum(speed + accel * GRID, 0.0)
    way = np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) * np.diff(GRID))])
    one[:, Roll.X], one[:, Roll.Y], one[:, Roll.YAW] = x + way * math.cos(yaw), y + way * math.sin(yaw), yaw
    one[:, Roll.SPEED], one[:, Roll.ACCEL] = pace, accel
    one[:, Roll.S], one[:, Roll.D] = one[:, Roll.X], one[:, Roll.Y]
    one[:, Roll.COS], one[:, Roll.SIN] = math.cos(yaw), math.sin(yaw)
    return one


def box(x: float, y: float, vx: float = 0.0, vy: float = 0.0, yaw: float = 0.0) -> Array:
    """An entry (51, 5) that moves evenly."""
    one = np.zeros((len(GRID), 5))
    one[:, 0], one[:, 1] = x + vx * GRID, y + vy * GRID
    one[:, 2], one[:, 3], one[:, 4] = math.cos(yaw), math.sin(yaw), vx * math.cos(yaw) + vy * math.sin(yaw)
    return one


def costs_of(
    rolls: list[Array], *, graph: LaneGraph, others: list[Array] | None = None, size: tuple[float, float] = (4.5, 1.8),
    moving: bool = False, goals: tuple[Goal, ...] = SURVIVE, zones: Array | None = None, wall: float = math.inf,
    slack: float = 0.0, wish: Array = FREE, limits: Limits = ROAD,
) -> tuple[Array, Array]:  # fmt: skip
    """Costs (R, 10) and firsts (R, 4) of rollouts on the first corridor of a road that leads east."""
    brief = briefing(graph, goals, limits)
    road = Road(brief, LaneIndex(graph))
    ways = road.ways(ego_at(30.0))[:1]
    table, (corridors, _) = Tables().stack(ways), stack_scalars(ways, [])
    corridors[0, 7] = wall
    count = len(others or [])
    entries = np.ascontiguousarray(np.array(others)) if others else np.zeros((0, len(GRID), 5))
    half = np.tile(0.5 * np.array(size), (count, 1))
    spans, near = np.empty((1, count, len(GRID), 5)), np.empty((1, count + 1), np.int64)
    spans_on(entries, half, np.zeros(len(entries)), corridors, table, spans, near)
    batch = np.ascontiguousarray(np.array(rolls))
    costs, firsts = np.empty((len(rolls), len(Cost))), np.empty((len(rolls), 4))
    owned, starts, polygon = goal_polygons(brief)
    props, limits, lowest = np.zeros((len(rolls), len(Prop))), comfort_vector(brief.limits), np.empty(1)
    lowest_limits(corridors, table, lowest)
    score(
        props, batch, boxes_of(batch), corridors, table, entries, half, np.ones(count), np.full(count, moving),
        reach_of(entries, half), BODY, limits, goal_windows(brief, 0.0), owned, starts, polygon, wish,
        np.zeros((0, 8)) if zones is None else zones, np.zeros((0, 7)), lowest, costs, firsts,
    )  # fmt: skip
    price_best(
        props, batch, corridors, table, entries, half, np.ones(count), np.zeros(count), near, *strips_of(spans, near),
        whereabouts_of(entries, half), BODY, road.area.origin, road.area.table, road.area.tiles, slack, limits,
        np.ones(1), float(wish[4]), firsts, costs,
    )  # fmt: skip
    return costs, firsts
