"""Small scenes built by hand, and drives through them: shared by the tests of plan and pilot."""

import functools
import math

import numpy as np

from evpilot.geometry.boxes import boxes_overlap
from evpilot.maps.builder import GraphBuilder
from evpilot.pilot import EvPilot
from evpilot.runlog import RunLog
from evpilot.scenarios import Actor, Behaviour, LightProgram, Scenario
from evpilot.sense.objects import PERFECT, SensorConfig
from evpilot.simulate.loop import simulate
from evpilot.types import (
    ROAD,
    Arrow,
    Goal,
    LaneGraph,
    LightState,
    Limits,
    ObjectKind,
    Platform,
    Priority,
    StopKind,
    Turn,
    User,
)
from evpilot.vehicle import platforms

CAR = platforms.load("sedan")
WIDTH = 3.5
STEP = 0.1


def lane(builder: GraphBuilder, y: float, x0: float = 0.0, x1: float = 400.0, **rest: object) -> int:
    """A straight lane eastwards with its middle at y."""
    x = np.linspace(x0, x1, max(2, int((x1 - x0) / 5.0)))
    half = np.full_like(x, 0.5 * WIDTH)
    return builder.lane(np.column_stack([x, y + half]), np.column_stack([x, y - half]), **rest)  # type: ignore[arg-type]


@functools.cache
def one_lane(limit: float = 14.0) -> LaneGraph:
    builder = GraphBuilder()
    lane(builder, 0.0, speed_limit=limit)
    return builder.build()


@functools.cache
def two_lanes(limit: float = 14.0) -> LaneGraph:
    """Lane 0 with lane 1 to its left, the same way."""
    builder = GraphBuilder()
    right, left = lane(builder, 0.0, speed_limit=limit), lane(builder, WIDTH, speed_limit=limit)
    builder.neighbours(left, right)
    return builder.build()


@functools.cache
def lane_with_light(at: float = 120.0) -> LaneGraph:
    builder = GraphBuilder()
    before, after = lane(builder, 0.0, 0.0, at, speed_limit=14.0), lane(builder, 0.0, at, 400.0, speed_limit=14.0)
    builder.connect(before, after)
    builder.light([before], (at + 2.0, 0.0, 5.0, math.pi), Arrow.ALL)
    return builder.build()


@functools.cache
def junction_with_lights(arrows: tuple[Arrow, ...] = (Arrow.ALL,), turn: Turn = Turn.STRAIGHT) -> LaneGraph:
    """A lane to x = 100, one over a junction to 120, and one beyond it; a road north across it at x = 110 that has to
    wait for ours while the lights work."""
    builder = GraphBuilder()
    before = lane(builder, 0.0, 0.0, 100.0, speed_limit=14.0)
    inside = lane(builder, 0.0, 100.0, 120.0, speed_limit=14.0, junction=0, turn=turn, priority=Priority.PRIORITY)
    beyond = lane(builder, 0.0, 120.0, 300.0, speed_limit=14.0)
    builder.connect(before, inside)
    builder.connect(inside, beyond)
    north = [
        builder.lane([(108.25, a), (108.25, b)], [(111.75, a), (111.75, b)], junction=number, priority=Priority.YIELD)
        for a, b, number in ((-100.0, -10.0, -1), (-10.0, 10.0, 0), (10.0, 100.0, -1))
    ]
    builder.connect(north[0], north[1])
    builder.connect(north[1], north[2])
    for arrow in arrows:
        builder.light([before], (122.0, 0.0, 5.0, math.pi), arrow)
    return builder.build()


@functools.cache
def lane_with_stop_sign(at: float = 80.0) -> LaneGraph:
    builder = GraphBuilder()
    first = lane(builder, 0.0, speed_limit=14.0)
    builder.stop_line(first, at, StopKind.STOP_SIGN)
    return builder.build()


@functools.cache
def lane_with_crosswalk(at: float = 70.0) -> LaneGraph:
    builder = GraphBuilder()
    first = lane(builder, 0.0, speed_limit=14.0)
    builder.crosswalk([(at, -5.0), (at + 4.0, -5.0), (at + 4.0, 5.0), (at, 5.0)], [first])
    for y in (-4.0, 4.0):
        lane(builder, y, at - 20.0, at + 20.0, users=User.PEDESTRIAN)
    return builder.build()


def place(x0: float, x1: float, y0: float = -1.75, y1: float = 1.75, **rest: object) -> Goal:
    """A goal whose region is a rectangle."""
    return Goal(regions=(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]),), **rest)  # type: ignore[arg-type]


def actor(
    number: int, start: tuple[float, float], velocity: tuple[float, float] = (0.0, 0.0), *,
    kind: ObjectKind = ObjectKind.CAR, size: tuple[float, float] = (4.5, 1.8), seconds: float = 30.0, wait: float = 0.0,
) -> Actor:  # fmt: skip
    """Something that waits, then moves evenly; without a velocity it stands for ever, facing east."""
    steps = round(seconds / STEP) + 1
    t = np.maximum(np.arange(steps) * STEP - wait, 0.0)
    speed = math.hypot(*velocity)
    motion = np.zeros((steps, 6))
    motion[:, 0], motion[:, 1] = start[0] + velocity[0] * t, start[1] + velocity[1] * t
    motion[:, 3] = math.atan2(velocity[1], velocity[0])
    motion[:, 4] = np.where(np.arange(steps) * STEP >= wait, speed, 0.0)
    fixed = speed == 0.0
    return Actor(
        id=number, kind=kind, length=size[0], width=size[1], height=1.6, first_step=0,
        motion=motion[:1] if fixed else motion, signals=np.zeros(1 if fixed else steps, np.uint8),
        behaviour=Behaviour.STATIC if fixed else Behaviour.REPLAY,
    )  # fmt: skip


def walker(number: int, start: tuple[float, float], velocity: tuple[float, float], wait: float = 0.0) -> Actor:
    return actor(number, start, velocity, kind=ObjectKind.PEDESTRIAN, size=(0.6, 0.6), wait=wait)


def scene(graph: LaneGraph, *actors: Actor, speed: float = 10.0, seconds: float = 15.0, **changes: object) -> Scenario:
    """A scene that begins with the car's box centre at x = 20 m in the middle of lane 0."""
    fields: dict[str, object] = {
        "name": "scene", "source": "test", "sha256": "0" * 64, "dt_ns": 100_000_000, "last_step": round(seconds / STEP),
        "graph": graph, "start": np.array([20.0, 0.0, 0.0, 0.0]), "start_speed": speed, "actors": actors,
        "goals": (place(380.0, 399.0, -6.0, 6.0),),
    }  # fmt: skip
    return Scenario(**(fields | changes))  # type: ignore[arg-type]


def drive(
    scenario: Scenario,
    *,
    sensor: SensorConfig = PERFECT,
    limits: Limits = ROAD,
    platform: Platform = CAR,
    seed: int = 0,
) -> RunLog:
    return simulate(scenario, EvPilot, platform=platform, sensor=sensor, limits=limits, seed=seed)


def light(state: LightState, seconds: float = 1e3, then: LightState = LightState.GREEN) -> LightProgram:
    return LightProgram(light=0, states=(state, then), durations=(seconds, 1e3))


def centre(run: RunLog, platform: Platform = CAR) -> np.ndarray:
    """Path of the box centre (K, 2) [m] on the fast clock."""
    yaw = run.ego[:, 3]
    return run.ego[:, :2] + platform.rear_to_center * np.column_stack([np.cos(yaw), np.sin(yaw)])


def front(run: RunLog, platform: Platform = CAR) -> np.ndarray:
    """How far east the front bumper is (K,) [m], on a road that leads east."""
    return centre(run, platform)[:, 0] + 0.5 * platform.length


def faults(run: RunLog) -> list[str]:
    return [frame.fault for frame in run.frames if frame.fault]


def reasons(run: RunLog) -> list[str]:
    return [f.decision.trace.reason for f in run.frames if f.decision is not None and f.decision.trace is not None]


def touches(run: RunLog, platform: Platform = CAR) -> bool:
    """Whether the true boxes ever overlap at a planning tick."""
    for frame in run.frames:
        x, y, _, yaw = frame.truth.ego.pose
        shift = platform.rear_to_center
        own = np.array([x + shift * math.cos(yaw), y + shift * math.sin(yaw), yaw, platform.length, platform.width])
        for state, size in zip(frame.truth.objects.state, frame.truth.objects.size, strict=True):
            if boxes_overlap(own, np.array([state[0], state[1], state[3], *size])):
                return True
    return False
