"""Small roads, and drives of reacting traffic on them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from evpilot.geometry.boxes import boxes_overlap
from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import Actor, Behaviour, Scenario
from evpilot.simulate.traffic import make
from evpilot.types import EgoState, LaneGraph, Lights, ObjectKind, Priority, Tracks, Turn

TICK = 100_000_000
LEVEL = 1000.0  # [m] below the road, where the car meets nobody


def ego_at(x=0.0, y=0.0, yaw=0.0, speed=0.0, z=-LEVEL) -> EgoState:
    """The car's rear axle, placed so that its centre is 1.4 m ahead."""
    return EgoState(
        t_ns=0,
        pose=np.array([x - 1.4 * np.cos(yaw), y - 1.4 * np.sin(yaw), z, yaw]),
        velocity=np.array([speed, 0.0]),
        accel=np.zeros(2),
        yaw_rate=0.0,
        steering=0.0,
        cov=np.zeros((6, 6)),
    )


def band(points, width=3.5):
    """Left and right bound of a lane about a centre line (P, 2)."""
    line = np.array(points, float)
    to = np.gradient(line, axis=0)
    to /= np.hypot(*to.T)[:, None]
    side = 0.5 * width * np.column_stack([-to[:, 1], to[:, 0]])
    return line + side, line - side


def straight(x0, x1, y=0.0, step=5.0):
    return [[x, y] for x in np.linspace(x0, x1, max(2, int(abs(x1 - x0) / step) + 1))]


def upright(y0, y1, x=0.0):
    return [[x, y] for y in np.linspace(y0, y1, max(2, int(abs(y1 - y0) / 5) + 1))]


def road(lanes=1, length=500.0, **more) -> LaneGraph:
    """Lanes in direction x, the first on the right."""
    builder = GraphBuilder()
    made = [builder.lane(*band(straight(0, length, 3.5 * k)), speed_limit=14.0, **more) for k in range(lanes)]
    for right, left in pairwise(made):
        builder.neighbours(left, right)
    return builder.build()


def crossroads(half=8.0, **priority) -> LaneGraph:
    """A road along x (lanes 0, 1, 2) that a road along y (3, 4, 5) crosses; the middle lanes are the junction's, from
    so far [m] before its middle to as far behind."""
    builder = GraphBuilder()
    for place, name in ((straight, "x"), (upright, "y")):
        mark = priority.get(name, Priority.UNMARKED)
        parts = [
            builder.lane(*band(place(-100, -half)), speed_limit=14.0, priority=mark),
            builder.lane(*band(place(-half, half)), speed_limit=14.0, junction=0, turn=Turn.STRAIGHT, priority=mark),
            builder.lane(*band(place(half, 150)), speed_limit=14.0),
        ]
        builder.connect(parts[0], parts[1])
        builder.connect(parts[1], parts[2])
    return builder.build()


def car(number, x, y=0.0, yaw=0.0, speed=10.0, behaviour=Behaviour.REACTIVE, kind=ObjectKind.CAR, **more) -> Actor:
    rows = more.pop("motion", [[x, y, 0, yaw, speed, 0]])
    sizes = {ObjectKind.PEDESTRIAN: (0.5, 0.6), ObjectKind.BICYCLE: (1.8, 0.6), ObjectKind.TRUCK: (10.0, 2.5)}
    size = sizes.get(kind, (4.5, 1.8))
    return Actor(
        id=number,
        kind=kind,
        length=size[0],
        width=size[1],
        height=1.5,
        first_step=more.pop("first_step", 0),
        motion=np.array(rows, float),
        signals=np.zeros(len(rows), np.uint8),
        behaviour=behaviour,
        **more,
    )


def scenario(graph, *actors, last_step=600) -> Scenario:
    return Scenario(
        name="t",
        source="t",
        sha256="",
        dt_ns=TICK,
        last_step=last_step,
        graph=graph,
        start=np.array([0.0, 0.0, 0.0, 0.0]),
        start_speed=0.0,
        actors=actors,
    )


def lights(graph, *states) -> Lights:
    n = len(graph.light_id)
    return Lights(t_ns=0, index=np.arange(n), state=np.array(states, np.uint8), arrow=np.zeros(n, np.uint8))


def drive(case, seconds, kind="reactive", seed=0, ego=None, shown=None) -> list[Tracks]:
    """All ticks of a drive; ego(k) is the car, by default out of the way; shown(k) the lights."""
    first = ego(0).pose if ego else ego_at().pose
    ahead = np.array([1.4 * np.cos(first[3]), 1.4 * np.sin(first[3]), 0.0, 0.0])
    traffic = make(kind, replace(case, start=first + ahead), seed, 4.5, 1.8)
    frames = []
    for k in range(round(seconds * 10) + 1):
        now = lights(case.graph) if shown is None else shown(k)
        frames.append(traffic.step(k * TICK, ego(k) if ego else ego_at(), (4.5, 1.8), now))
        frames[-1].validate()
    return frames


def of(frame: Tracks, number: int):
    return frame.state[np.flatnonzero(frame.id == number)[0]]


def history(frames, number, column):
    return np.array([of(frame, number)[column] for frame in frames if number in frame.id])


def collisions(frames) -> set[tuple[int, int]]:
    """Pairs of vehicles that touch, those that overlapped when one of them appeared left out."""
    found, began = set(), set()
    for frame in frames:
        box = np.column_stack([frame.state[:, [0, 1, 3]], frame.size])
        solid = frame.kind != ObjectKind.PEDESTRIAN
        apart = np.hypot(box[:, None, 0] - box[None, :, 0], box[:, None, 1] - box[None, :, 1])
        near = apart < 0.5 * (frame.size.sum(axis=1)[:, None] + frame.size.sum(axis=1)[None, :])
        for i, j in zip(*np.nonzero(np.triu(near, 1)), strict=True):
            if not (solid[i] and solid[j]) or abs(frame.state[i, 2] - frame.state[j, 2]) > 2.5:
                continue
            if boxes_overlap(np.ascontiguousarray(box[i]), np.ascontiguousarray(box[j])):
                pair = (int(frame.id[i]), int(frame.id[j]))
                (began if min(frame.age[i], frame.age[j]) < 0.05 else found).add(pair)
    return found - began
