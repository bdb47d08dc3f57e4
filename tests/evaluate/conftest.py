"""Drives made by hand: a road, what the car does, what the others do, and nothing of the simulator."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from evpilot.evaluate import Verdict, judge
from evpilot.maps.builder import GraphBuilder
from evpilot.runlog.record import Ego, Frame, Header, RunLog
from evpilot.types import (
    ROAD,
    Briefing,
    EgoState,
    Goal,
    LaneGraph,
    Lights,
    LightState,
    ObjectKind,
    Observation,
    Priority,
    StopKind,
    Tracks,
    Truth,
    Turn,
)
from evpilot.vehicle import platforms

CAR = platforms.load("sedan")
FAST = 10_000_000
TICK = 100_000_000
WIDTH = 3.5

Motion = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]
"""From times (K,) [s] to x, y, yaw and speed (K,) of a box centre."""


def cruise(speed=10.0, x=0.0, y=0.0, yaw=0.0, accel=0.0) -> Motion:
    """Straight on; accelerating until it stands."""

    def motion(t):
        until = np.minimum(t, speed / -accel) if accel < 0.0 else t
        s = speed * until + 0.5 * accel * until**2
        return x + s * np.cos(yaw), y + s * np.sin(yaw), np.full(len(t), yaw), speed + accel * until

    return motion


def through(times, xs, ys=None) -> Motion:
    """Along given places at given times, straight between them, facing where it goes (at first: east)."""

    def motion(t):
        x, y = np.interp(t, times, xs), np.interp(t, times, np.zeros(len(xs)) if ys is None else ys)
        dx, dy = np.gradient(x, t), np.gradient(y, t)
        speed = np.hypot(dx, dy)
        yaw = np.arctan2(dy, dx)
        return x, y, np.where(speed > 1e-6, yaw, 0.0), speed

    return motion


class Other:
    """Another thing: its motion, kind, size, from when to when it is there [s], and its lamps."""

    def __init__(self, motion, kind=ObjectKind.CAR, length=4.5, width=1.8, name=1, span=(0.0, 1e9), signals=0):
        self.motion, self.kind, self.size, self.name, self.span = motion, kind, (length, width), name, span
        self.signals = signals


def straight_road(length=400.0, lanes=2, oncoming=0, limit=np.inf, **marks) -> LaneGraph:
    """Lanes to the east, the first at y = 0 and the next ones to its left; then oncoming ones."""
    builder = GraphBuilder()
    x = np.linspace(-50.0, length, 10)
    numbers = []
    for k in range(lanes + oncoming):
        low, high = WIDTH * (k - 0.5), WIDTH * (k + 0.5)
        left, right = np.column_stack([x, np.full(10, high)]), np.column_stack([x, np.full(10, low)])
        if k >= lanes:
            left, right = right[::-1], left[::-1]
        numbers.append(builder.lane(left, right, speed_limit=limit, junction=-1, **marks))
    for k in range(1, lanes):
        builder.neighbours(numbers[k], numbers[k - 1])
    if oncoming and lanes:
        builder.opposite(numbers[lanes - 1], numbers[lanes])
    return builder.build()


def crossing(light=False, stop=False) -> LaneGraph:
    """A lane east from x = -100 to 0, over a crossing until 20, and on to 200; a lane north across it at x = 10."""
    builder = GraphBuilder()
    approach, inside, beyond = (
        builder.lane([[a, 1.75], [b, 1.75]], [[a, -1.75], [b, -1.75]], **kind)
        for a, b, kind in (
            (-100.0, 0.0, {"priority": Priority.STOP} if stop else {}),
            (0.0, 20.0, {"junction": 0, "turn": Turn.STRAIGHT}),
            (20.0, 200.0, {}),
        )
    )
    builder.connect(approach, inside)
    builder.connect(inside, beyond)
    north = [
        builder.lane([[8.25, a], [8.25, b]], [[11.75, a], [11.75, b]], junction=junction)
        for a, b, junction in ((-100.0, -10.0, -1), (-10.0, 10.0, 0), (10.0, 100.0, -1))
    ]
    builder.connect(north[0], north[1])
    builder.connect(north[1], north[2])
    if light:
        builder.light([approach], [20.0, 0.0, 5.0, np.pi])
    if light or stop:
        builder.stop_line(approach, 98.0, StopKind.LIGHT if light else StopKind.STOP_SIGN)
    return builder.build()


def drive(
    ego: Motion,
    graph: LaneGraph | None = None,
    others: tuple[Other, ...] = (),
    seconds: float = 8.0,
    goals: tuple[Goal, ...] = (),
    light: Callable[[float], LightState] | None = None,
    power: float = 0.0,
    noise: float = 0.0,
    source: Callable[[np.ndarray], np.ndarray] | None = None,
    z: float = 0.0,
    outcome: str = "time",
    faults: tuple[int, ...] = (),
    friction: float = 1.0,
) -> RunLog:
    """The log of a drive in which the car's box centre moves as said."""
    graph = straight_road() if graph is None else graph
    count = round(seconds * 1e9 / FAST) + 1
    t_ns = np.arange(count, dtype=np.int64) * FAST
    rows = _ego_rows(ego, t_ns * 1e-9, power, noise, z)
    frames = []
    for k in range(0, count, TICK // FAST):
        state = EgoState(
            t_ns=int(t_ns[k]),
            pose=rows[k, :4].copy(),
            velocity=np.array([rows[k, Ego.SPEED], 0.0]),
            accel=rows[k, [Ego.ACCEL, Ego.LATERAL_ACCEL]],
            yaw_rate=float(rows[k, Ego.YAW_RATE]),
            steering=0.0,
            cov=np.zeros((6, 6)),
        )
        frames.append(
            _frame(state, _tracks(others, k * FAST), _lights(graph, light, k * FAST), len(frames) in faults, friction)
        )
    command = np.zeros((count, 3))
    if source is not None:
        command[:, 2] = source(t_ns * 1e-9)
    return RunLog(
        header=Header(
            version="0",
            scenario="made",
            scenario_sha256="",
            problem_id=0,
            seed=0,
            pilot="hand",
            traffic="replay",
            config={},
            machine={},
        ),
        briefing=Briefing(
            graph=graph,
            goals=goals,
            platform=CAR,
            limits=ROAD,
            period_ns=TICK,
            start_ns=0,
            end_ns=int(t_ns[-1]),
            seed=0,
        ),
        frames=tuple(frames),
        t_ns=t_ns,
        ego=rows,
        command=command,
        outcome=outcome,
    )


def _ego_rows(ego: Motion, t: np.ndarray, power: float, noise: float, z: float) -> np.ndarray:
    x, y, yaw, speed = ego(t)
    rows = np.zeros((len(t), 10))
    rows[:, Ego.X] = x - CAR.rear_to_center * np.cos(yaw)
    rows[:, Ego.Y] = y - CAR.rear_to_center * np.sin(yaw)
    rows[:, Ego.Z] = z
    rows[:, Ego.YAW] = yaw
    rows[:, Ego.SPEED] = speed
    rows[:, Ego.ACCEL] = np.gradient(speed, t)
    rows[:, Ego.YAW_RATE] = np.gradient(np.unwrap(yaw), t)
    rows[:, Ego.LATERAL_ACCEL] = speed * rows[:, Ego.YAW_RATE]
    rows[:, Ego.POWER] = power
    if noise:
        rows[:, Ego.ACCEL] += noise * (-1.0) ** np.arange(len(t))
    return rows


def _frame(state: EgoState, tracks: Tracks, lights: Lights, fault: bool, friction: float) -> Frame:
    return Frame(
        t_ns=state.t_ns,
        truth=Truth(t_ns=state.t_ns, ego=state, objects=tracks, lights=lights, friction=friction, sight=1e4),
        observation=Observation(
            t_ns=state.t_ns,
            ego=state,
            tracks=tracks,
            detections=None,
            lights=lights,
            visible_range=np.full(8, 200.0),
            friction=1.0,
            sight=1e4,
        ),
        decision=None,
        fault="raised" if fault else "",
        plan_ms=1.0,
    )


def _tracks(others: tuple[Other, ...], t_ns: int) -> Tracks:
    now = t_ns * 1e-9
    here = [other for other in others if other.span[0] - 1e-9 <= now <= other.span[1] + 1e-9]
    state, velocity = np.zeros((len(here), 7)), np.zeros((len(here), 2))
    for k, other in enumerate(here):
        x, y, yaw, speed = (values[1] for values in other.motion(np.array([now - 1e-3, now, now + 1e-3])))
        state[k, [0, 1, 3, 4]] = x, y, yaw, speed
        velocity[k] = speed * np.cos(yaw), speed * np.sin(yaw)
    n = len(here)
    return Tracks(
        t_ns=t_ns,
        id=np.array([other.name for other in here], np.int64),
        kind=np.array([other.kind for other in here], np.uint8),
        state=state,
        velocity=velocity,
        cov=np.zeros((n, 6, 6)),
        size=np.array([other.size for other in here], np.float64).reshape(n, 2),
        age=np.ones(n),
        signals=np.array([other.signals for other in here], np.uint8),
        valid=np.ones(n, np.bool_),
    )


def _lights(graph: LaneGraph, light: Callable[[float], LightState] | None, t_ns: int) -> Lights:
    count = len(graph.light_id) if light is not None else 0
    return Lights(
        t_ns=t_ns,
        index=np.arange(count, dtype=np.int64),
        state=np.full(count, 0 if light is None else light(t_ns * 1e-9), np.uint8),
        arrow=np.zeros(count, np.uint8),
    )


def verdict(*args, **kwargs) -> Verdict:
    """Judge a drive made by hand."""
    return judge(drive(*args, **kwargs))


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """The makers above, for the tests of this room."""
    makers = (cruise, through, Other, straight_road, crossing, drive, verdict)
    return SimpleNamespace(**{maker.__name__: maker for maker in makers}, CAR=CAR, WIDTH=WIDTH)
