"""The road that all cases are driven on: straight, flat and dry, two lanes, barriers beyond both edges."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import Actor, Behaviour, Scenario
from evpilot.scenarios.library.stage import hash_of
from evpilot.types import Goal, LaneGraph, LaneKind, Marking, ObjectKind
from evpilot.types.state import Array

KMH = 3.6
LANE = 3.5  # [m]
FIRST, LAST = -260.0, 2000.0  # [m] of the road; x = 0 is where the regulation's evaluation has the car in row 0
STEP = 20.0  # [m] between the points of the bounds
BARRIER = 0.5  # [m] from the edge to the barrier's middle
BARRIER_WIDTH = 0.3  # [m]
BARRIER_LENGTH = (LAST - FIRST) / 5  # [m] of each piece
NEAR = 460.0  # [m] so far from the car the middle of a piece may matter: the planner looks 8 s ahead, at 130 km/h
ROW_NS = 100_000_000
APPROACH_NS = 3_000_000_000  # the pilot runs in shadow so long
APPROACH_ROWS = APPROACH_NS // ROW_NS
GOAL = Goal(regions=(np.array([[LAST - 60.0, -1.5], [LAST - 5.0, -1.5], [LAST - 5.0, 1.5], [LAST - 60.0, 1.5]]),))


def _barrier(number: int, x: float, y: float) -> Actor:
    return Actor(
        id=number,
        kind=ObjectKind.BARRIER,
        length=BARRIER_LENGTH,
        width=BARRIER_WIDTH,
        height=0.9,
        first_step=0,
        motion=np.array([[x, y, 0.0, 0.0, 0.0, 0.0]]),
        signals=np.zeros(1, np.uint8),
        behaviour=Behaviour.STATIC,
    )


BARRIERS = tuple(
    _barrier(1000 + 10 * side + part, FIRST + (part + 0.5) * BARRIER_LENGTH, y)
    for side, y in enumerate((-0.5 * LANE - BARRIER, 1.5 * LANE + BARRIER))
    for part in range(5)
)


@lru_cache(maxsize=4)
def road(speed_kmh: float) -> LaneGraph:
    """Two lanes of 3.5 m the same way, the right one around y = 0, with a solid line between them: it is a lane keeping
    system that is tested, and changing lanes is no way out. The limit is the set speed [km/h]."""
    x = np.arange(FIRST, LAST + 1.0, STEP)
    edges = [np.column_stack([x, np.full(len(x), y)]) for y in (-0.5 * LANE, 0.5 * LANE, 1.5 * LANE)]
    builder = GraphBuilder()
    kind, limit = LaneKind.MOTORWAY, speed_kmh / KMH
    right = builder.lane(
        edges[1], edges[0], kind=kind, speed_limit=limit, left_marking=Marking.SOLID, right_marking=Marking.SOLID
    )
    left = builder.lane(
        edges[2], edges[1], kind=kind, speed_limit=limit, left_marking=Marking.SOLID, right_marking=Marking.SOLID
    )
    builder.neighbours(left, right)
    return builder.build()


def scripted(
    number: int, x: Array, y: Array, velocity: Array, size: tuple[float, float], kind: ObjectKind = ObjectKind.CAR
) -> Actor:
    """Somebody whose box centre is at x, y (T,) [m] in each row from the drive's start on, its box at yaw 0, with its
    true velocity (T, 2) [m/s]. Its acceleration is what it was since the row before."""
    speed = velocity[:, 0]
    accel = np.diff(speed, prepend=speed[:1]) * 1e9 / ROW_NS
    motion = np.column_stack([x, y, np.zeros_like(x), np.zeros_like(x), speed, accel])
    return Actor(
        id=number,
        kind=kind,
        length=size[0],
        width=size[1],
        height=1.5,
        first_step=0,
        motion=motion,
        signals=np.zeros(len(x), np.uint8),
        behaviour=Behaviour.REPLAY,
        velocity=velocity,
    )


def _barriers(start_x: float, speed: float, rows: int) -> tuple[Actor, ...]:
    """The pieces of the barriers that somebody who starts at start_x [m] with a speed [m/s] comes near to."""
    low, high = start_x - NEAR, start_x + speed * rows * ROW_NS * 1e-9 + NEAR
    return tuple(piece for piece in BARRIERS if low < piece.motion[0, 0] < high)


def scenario(
    name: str, speed_kmh: float, start_x: float, rows: int, actors: tuple[Actor, ...], *, barriers: bool = True
) -> Scenario:
    """A case's scenario: our box centre at start_x [m] on the right lane at the set speed, for `rows` rows of 0.1 s."""
    graph = road(speed_kmh)
    plain = Scenario(
        name=name,
        source="UN R157",
        sha256="",
        dt_ns=ROW_NS,
        last_step=rows,
        graph=graph,
        start=np.array([start_x, 0.0, 0.0, 0.0]),
        start_speed=speed_kmh / KMH,
        goals=(GOAL,),
        actors=(*actors, *_barriers(start_x, speed_kmh / KMH, rows)) if barriers else actors,
    )
    return replace(plain, sha256=_hash(plain))


def _hash(plain: Scenario) -> str:
    """Over the cases' own content and the road's name: hashing the same road again for each case costs more than it
    says."""
    own = (plain.name, plain.last_step, plain.start, plain.start_speed, plain.actors)
    return hash_of((*own, "UN R157 road", LANE, FIRST, LAST, BARRIER))
