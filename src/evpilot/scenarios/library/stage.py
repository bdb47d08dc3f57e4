"""A scenario under construction: its road, its ego, its cast, and the hash of the whole."""

import dataclasses
import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from evpilot.files import EvpilotError
from evpilot.geometry.boxes import corners
from evpilot.geometry.polyline import at
from evpilot.scenarios.scenario import Actor, Behaviour, LightProgram, Scenario, Trigger
from evpilot.types import Goal, LaneGraph, ObjectKind, Signal
from evpilot.types.state import Array, Ints

DT_NS = 100_000_000  # all scenarios of the library have steps of 0.1 s
DT = DT_NS * 1e-9  # [s]
DIFFICULTY = 0.5  # where none is named
EGO_BOX = (5.2, 2.1)  # [m] room kept for the ego car: the largest platform and a little more
NO_LANES: Ints = np.zeros(0, np.int64)


@dataclass(slots=True, kw_only=True, eq=False)
class Stage:
    """What a family fills: a graph, the ego's start on a lane, how long the drive may last, actors, lights.

    difficulty 0..1; ego_s [m] on ego_lane, ego_speed [m/s]; seconds until the drive ends at the latest. boxes: x, y,
    yaw, length, width, speed of the ego and of all that are there at the start. scope: what makes those appear who are
    added meanwhile, if they move.
    """

    name: str
    seed: int
    difficulty: float
    graph: LaneGraph
    ego_lane: int
    ego_s: float
    ego_speed: float
    seconds: float
    actors: list[Actor] = field(default_factory=list[Actor])
    lights: list[LightProgram] = field(default_factory=list[LightProgram])
    boxes: list[tuple[float, ...]] = field(default_factory=list[tuple[float, ...]])
    scope: Trigger | None = None

    def __post_init__(self) -> None:
        x, y, _, yaw = self.pose(self.ego_lane, self.ego_s)
        self.boxes.append((x, y, yaw, *EGO_BOX, self.ego_speed))

    def stream(self, purpose: str) -> np.random.Generator:
        """The random numbers of one purpose."""
        return stream(self.name, self.seed, purpose)

    @property
    def last_step(self) -> int:
        """The step at which the drive ends at the latest."""
        return round(self.seconds / DT)

    def pose(self, lane: int, s: float, d: float = 0.0) -> Array:
        """x, y, z [m] and yaw [rad] (4,) at s [m] along a lane's centre line, d [m] to its left."""
        return lane_pose(self.graph, lane, s, d)

    def add(
        self,
        kind: ObjectKind,
        size: tuple[float, float, float],
        motion: Array,
        behaviour: Behaviour,
        *,
        first_step: int = 0,
        route: Ints = NO_LANES,
        character: float = 0.5,
        speed_factor: float = 1.0,
        reaction: float = 0.0,
        yields: bool = True,
        trigger: Trigger | None = None,
        signals: Signal | Ints = Signal.NONE,
    ) -> Actor:
        """Add an actor of a size (length, width, height) [m] with its motion (T, 6) and its lamps, for each row or for
        all; ids run from 1."""
        actor = Actor(
            id=len(self.actors) + 1,
            kind=kind,
            length=size[0],
            width=size[1],
            height=size[2],
            first_step=first_step,
            motion=np.ascontiguousarray(motion),
            signals=np.full(len(motion), signals, np.uint8),
            behaviour=behaviour,
            route=route,
            character=character,
            speed_factor=speed_factor,
            reaction=reaction,
            yields=yields,
            trigger=trigger,
            appears=None if behaviour == Behaviour.STATIC else self.scope,
        )
        self.actors.append(actor)
        if first_step == 0:
            x, y, _, yaw, speed, _ = (float(value) for value in motion[0])
            self.boxes.append((x, y, yaw, size[0], size[1], speed))
        return actor

    def stand(
        self, kind: ObjectKind, size: tuple[float, float, float], pose: Array, signals: Signal = Signal.NONE
    ) -> Actor:
        """Add a thing that stays where it is, at pose (4,)."""
        return self.add(kind, size, np.array([[*pose, 0.0, 0.0]]), Behaviour.STATIC, signals=signals)

    def arrival(self, lane: int, s: float, seconds: float, metres: float = 0.0) -> Trigger:
        """The ego's arrival at s [m] on a lane: `seconds` before it would be there, at the latest `metres` before."""
        x, y, _, _ = self.pose(lane, s).tolist()
        return Trigger(x=x, y=y, seconds=seconds, metres=metres)

    def scenario(
        self,
        goals: tuple[Goal, ...],
        description: str,
        tags: tuple[str, ...],
        *,
        friction: float = 1.0,
        sight: float = 1e4,
    ) -> Scenario:
        """The finished scenario, with its hash; friction 0..1, sight [m]."""
        plain = Scenario(
            name=full_name(self.name, self.seed, self.difficulty),
            source=f"library:{self.name}",
            sha256="",
            dt_ns=DT_NS,
            last_step=self.last_step,
            graph=self.graph,
            start=self.pose(self.ego_lane, self.ego_s),
            start_speed=self.ego_speed,
            goals=goals,
            actors=tuple(self.actors),
            lights=tuple(sorted(self.lights, key=lambda program: program.light)),
            friction=friction,
            sight=sight,
            description=description,
            tags=tags,
        )
        return dataclasses.replace(plain, sha256=content_hash(plain))


def full_name(family: str, seed: int, difficulty: float) -> str:
    """The name under which a scenario can be loaded again."""
    plain = family if seed == 0 else f"{family}-{seed}"
    return plain if difficulty == DIFFICULTY else f"{plain}@difficulty={difficulty:.12g}"


def staged(
    name: str, seed: int, difficulty: float, graph: LaneGraph, lane: int, *, s: float, speed: float, seconds: float
) -> Stage:
    """An empty stage with the ego at s [m] on a lane at a speed [m/s]."""
    return Stage(
        name=name,
        seed=seed,
        difficulty=difficulty,
        graph=graph,
        ego_lane=lane,
        ego_s=s,
        ego_speed=speed,
        seconds=seconds,
    )


def stream(name: str, seed: int, purpose: str) -> np.random.Generator:
    """A stream of random numbers of its own for each scenario, seed and purpose."""
    return np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(f"{name}/{purpose}".encode())]))


def lane_pose(graph: LaneGraph, lane: int, s: float, d: float = 0.0) -> Array:
    """x, y, z [m] and yaw [rad] (4,) at s [m] along a lane's centre line, d [m] to its left."""
    rows = graph.points(lane)
    arc, center = graph.arc[rows], graph.center[rows]
    x, y, yaw = at(s, np.ascontiguousarray(center[:, :2]), arc)
    return np.array([x - d * np.sin(yaw), y + d * np.cos(yaw), np.interp(s, arc, center[:, 2]), yaw])


def goal_on(
    graph: LaneGraph, lanes: tuple[int, ...], first: float, last: float, speed: tuple[float, float] | None = None
) -> Goal:
    """To be anywhere on these lanes between two arc lengths [m], of which negative ones count from the lane's end;
    at a speed [m/s] within bounds, if any."""
    regions: list[Array] = []
    for lane in lanes:
        rows = graph.points(lane)
        length = float(graph.length[lane])
        low, high = (s if s >= 0.0 else length + s for s in (first, last))
        if not 0.0 <= low < high <= length:
            raise EvpilotError(f"{low:g} to {high:g} m, allowed within 0 to {length:g} m", place=f"goal on lane {lane}")
        arc = graph.arc[rows]
        s = np.concatenate([[low], arc[(arc > low) & (arc < high)], [high]])
        sides = [
            np.stack([np.interp(s, arc, bound[rows, k]) for k in range(2)], axis=1)
            for bound in (graph.right, graph.left)
        ]
        regions.append(np.vstack([sides[0], sides[1][::-1]]))
    return Goal(regions=tuple(regions), speed=speed)


def clear(stage: Stage, box: tuple[float, ...], headway: float, margin: float = 1.0) -> bool:
    """Whether a box (x, y, yaw, length, width, speed) keeps a distance from all that are there at the start.

    None within margin [m], and whoever is behind another has a gap of at least headway [s] at its speed.
    """
    others = np.array(stage.boxes)
    dx, dy = others[:, 0] - box[0], others[:, 1] - box[1]
    c, s = np.cos(box[2]), np.sin(box[2])
    turn = np.abs(np.remainder(others[:, 2] - box[2] + np.pi, 2.0 * np.pi) - np.pi)
    along, across = c * dx + s * dy, -s * dx + c * dy
    gap = np.abs(along) - 0.5 * (others[:, 3] + box[3])
    behind = np.where(along > 0.0, box[5], others[:, 5])
    near = (np.abs(across) < 0.5 * (others[:, 4] + box[4]) + 0.3) & (turn < 0.6)
    if np.any(near & (gap < margin + headway * behind)):
        return False
    reach = 0.5 * np.hypot(others[:, 3], others[:, 4]) + 0.5 * np.hypot(box[3], box[4]) + margin
    close = np.flatnonzero(np.hypot(dx, dy) < reach)
    return not any(_touch(others[k], np.array(box), margin) for k in close)


def _touch(one: Array, other: Array, margin: float) -> bool:
    """Whether two boxes, the first grown by margin [m] on each side, overlap (separating axes)."""
    a = corners(one[0], one[1], one[2], one[3] + 2.0 * margin, one[4] + 2.0 * margin)
    b = corners(other[0], other[1], other[2], other[3], other[4])
    for yaw in (one[2], one[2] + 0.5 * np.pi, other[2], other[2] + 0.5 * np.pi):
        axis = np.array([np.cos(yaw), np.sin(yaw)])
        p, q = np.sum(a * axis, axis=1), np.sum(b * axis, axis=1)
        if p.max() < q.min() or q.max() < p.min():
            return False
    return True


def content_hash(scenario: Scenario) -> str:
    """SHA-256 over the canonical content of a scenario, its own sha256 left out."""
    digest = hashlib.sha256()
    for entry in dataclasses.fields(scenario):
        if entry.name != "sha256":
            for chunk in _canonical(getattr(scenario, entry.name)):
                digest.update(chunk)
    return digest.hexdigest()


def hash_of(value: object) -> str:
    """SHA-256 over the canonical content of arrays, numbers, texts, tuples and records."""
    digest = hashlib.sha256()
    for chunk in _canonical(value):
        digest.update(chunk)
    return digest.hexdigest()


def _canonical(value: object) -> Iterator[bytes]:
    """Each value with its type and length first, so that no two contents run into one."""
    if isinstance(value, np.ndarray):
        array = cast(Array, np.ascontiguousarray(value))
        yield f"a{array.dtype.str}{array.shape}".encode()
        yield array.tobytes()
    elif isinstance(value, bool) or value is None:
        yield repr(value).encode()
    elif isinstance(value, int):
        yield f"i{int(value)};".encode()
    elif isinstance(value, float):
        yield b"f" + struct.pack("<d", value)
    elif isinstance(value, str):
        yield f"s{len(value)}:{value}".encode()
    elif isinstance(value, tuple):
        items = cast(tuple[object, ...], value)
        yield f"t{len(items)};".encode()
        for item in items:
            yield from _canonical(item)
    elif dataclasses.is_dataclass(value):
        record = cast(Any, value)
        for entry in dataclasses.fields(record):
            yield entry.name.encode()
            yield from _canonical(getattr(record, entry.name))
    else:
        raise EvpilotError(f"{type(value).__name__}, allowed arrays, numbers, texts, tuples and records", place="hash")
