"""Vehicles: their sizes and characters, who is there at the start, who arrives later, who is parked."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evpilot.scenarios.library.stage import DT, Stage, clear
from evpilot.scenarios.scenario import Actor, Behaviour
from evpilot.types import LaneGraph, LaneKind, ObjectKind, Signal, Turn, User
from evpilot.types.state import Array, Ints

HEADWAY_MIN = 1.2  # [s] at the start, from bumper to bumper at the speed of who is behind
STOP_DECEL = 1.5  # [m/s2] with which everyone can still stop at the next line at the start
ROUTE_LANES = 60  # a route that wanders longer than this through a town is long enough
RING_EXITS = (0.33, 0.6, 1.0)  # of those who pass a roundabout's first, second, third exit: who leaves
TURNS: Mapping[Turn, float] = {Turn.NONE: 3.0, Turn.STRAIGHT: 3.0, Turn.LEFT: 0.6, Turn.RIGHT: 1.5, Turn.U_TURN: 0.0}
STRAIGHT_ON: Mapping[Turn, float] = {
    Turn.NONE: 1.0,
    Turn.STRAIGHT: 1.0,
    Turn.LEFT: 0.0,
    Turn.RIGHT: 0.0,
    Turn.U_TURN: 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What drives here: shares of trucks and vans; characters from low to high, 0 hesitant .. 1 assertive; the wanted
    speed as a factor on the limit from the most hesitant to the most assertive, and at most for a truck; shares of the
    distracted (up to 1.2 s late), of those who give way to nobody, and of those who speed by a fifth to a third."""

    trucks: float = 0.0
    vans: float = 0.15
    low: float = 0.0
    high: float = 1.0
    pace: tuple[float, float] = (0.85, 1.15)
    truck_pace: float = 0.95
    distracted: float = 0.0
    rude: float = 0.0
    speeding: float = 0.0


CITY = Mix(distracted=0.08, rude=0.05, speeding=0.08)
MOTORWAY = (
    Mix(vans=0.1, low=0.3, pace=(0.9, 1.08), distracted=0.05, speeding=0.15),
    Mix(trucks=0.06, vans=0.1, pace=(0.8, 0.98), truck_pace=0.68, distracted=0.1, rude=0.05),
    Mix(trucks=0.3, vans=0.12, high=0.8, pace=(0.72, 0.86), truck_pace=0.64, distracted=0.1),
)
"""By lane from the left, at 130 km/h; trucks keep to some 85 km/h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platoons:
    """Traffic as a light or a slow leader bunches it: from so many to so many cars close behind each other, with time
    gaps [s] drawn between two, and before the next platoon a pause [s]."""

    cars: tuple[int, int]
    gap: tuple[float, float]
    pause: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One vehicle with its driver, in the terms of `Actor`; signals: lamps that stay lit."""

    kind: ObjectKind
    size: tuple[float, float, float]
    character: float
    speed_factor: float
    reaction: float = 0.0
    yields: bool = True
    signals: Signal = Signal.NONE


def driver(rng: np.random.Generator, mix: Mix) -> Driver:
    """Draw a vehicle and its driver; the assertive drive faster, give or take 0.03 of the limit."""
    pick = rng.random()
    if pick < mix.trucks:
        kind, size = ObjectKind.TRUCK, (rng.uniform(9.0, 15.5), rng.uniform(2.45, 2.55), 3.8)
    elif pick < mix.trucks + mix.vans:
        kind, size = ObjectKind.CAR, (rng.uniform(5.3, 6.0), rng.uniform(1.98, 2.05), 2.4)
    else:
        kind, size = ObjectKind.CAR, (rng.uniform(3.7, 4.9), rng.uniform(1.7, 1.9), 1.5)
    character = rng.uniform(mix.low, mix.high)
    factor = mix.pace[0] + (mix.pace[1] - mix.pace[0]) * character + rng.normal(0.0, 0.03)
    if kind == ObjectKind.TRUCK:
        factor = min(factor, mix.truck_pace)
    size = (round(size[0], 2), round(size[1], 2), size[2])
    who = Driver(kind=kind, size=size, character=float(character), speed_factor=float(np.clip(factor, 0.5, 1.3)))
    return _odd(rng, mix, who) if mix.distracted + mix.rude + mix.speeding > 0.0 else who


def _odd(rng: np.random.Generator, mix: Mix, who: Driver) -> Driver:
    """The same driver, who may be distracted, rude, or in a hurry."""
    pick, how = rng.random(), rng.random()
    if pick < mix.distracted:
        return replace(who, reaction=round(0.6 + 0.6 * how, 2))
    if pick < mix.distracted + mix.rude:
        return replace(who, yields=False, character=max(who.character, 0.7))
    if pick < mix.distracted + mix.rude + mix.speeding and who.kind != ObjectKind.TRUCK:
        return replace(who, speed_factor=1.2 + 0.13 * how, character=max(who.character, 0.6))
    return who


def route(
    graph: LaneGraph,
    lane: int,
    rng: np.random.Generator,
    turns: Mapping[Turn, float] = TURNS,
    exits: Sequence[float] = RING_EXITS,
) -> Ints:
    """A random way on from a lane to the road's end, turning by weight, leaving roundabouts by the shares of those who
    pass each exit; changes lane only where one's own ends."""
    lanes = [lane]
    while len(lanes) < ROUTE_LANES:
        choice = [int(k) for k in graph.successors(lanes[-1])]
        if not choice:
            beside = int(graph.left_neighbour[lanes[-1]])
            ends = graph.kind[lanes[-1]] == LaneKind.ON_RAMP and beside >= 0 and graph.left_same[lanes[-1]]
            if not ends:
                break
            lanes.append(beside)
            continue
        weight = _leaving(graph, lanes, choice, exits) if _in_ring(graph, lanes[-1], choice) else None
        if weight is None:
            weight = np.array([turns[Turn(graph.turn[k])] for k in choice])
        share = weight / weight.sum() if weight.sum() > 0.0 else np.full(len(choice), 1.0 / len(choice))
        lanes.append(choice[int(np.searchsorted(np.cumsum(share), rng.random() * 0.999999))])
    return np.array(lanes, np.int64)


def _in_ring(graph: LaneGraph, lane: int, choice: Sequence[int]) -> bool:
    """Whether a lane is part of a roundabout's ring, and one may go round or leave."""
    return len(choice) > 1 and graph.junction[lane] >= 0 and any(graph.turn[k] == Turn.STRAIGHT for k in choice)


def _leaving(graph: LaneGraph, lanes: Sequence[int], choice: Sequence[int], exits: Sequence[float]) -> Array:
    """The weights of going round and of leaving: the last of the exits is everybody's."""
    number = graph.junction[lanes[-1]]
    passed = sum(1 for _ in itertools.takewhile(lambda k: graph.junction[k] == number, reversed(lanes))) // 2 - 1
    leave = exits[min(max(passed, 0), len(exits) - 1)]
    return np.array([1.0 - leave if graph.turn[k] == Turn.STRAIGHT else leave for k in choice])


def speed_at(graph: LaneGraph, lane: int, s: float, factor: float) -> float:
    """What one drives [m/s] at s [m] on a lane, able to stop at the next stop line or before a junction."""
    lines = graph.stop_s[graph.stop_lane == lane]
    ahead = lines[lines > s]
    ends_in_junction = any(graph.junction[k] >= 0 for k in graph.successors(lane))
    room = float(ahead.min() - s) if len(ahead) else float(graph.length[lane] - s) if ends_in_junction else np.inf
    room = max(0.0, room - 4.0)
    return float(min(graph.speed_limit[lane] * factor, np.sqrt(2.0 * STOP_DECEL * room)))


def put(
    stage: Stage,
    who: Driver,
    lane: int,
    s: float,
    speed: float,
    way: Ints,
    *,
    first_step: int = 0,
    headway: float = HEADWAY_MIN,
) -> bool:
    """Place a reactive vehicle at s [m] on a lane, unless it would be too near to others at the start; whether it was.

    One that comes later is placed in any case: its flow keeps the distance."""
    pose = stage.pose(lane, s)
    box = (pose[0], pose[1], pose[3], who.size[0], who.size[1], speed)
    if first_step == 0 and not clear(stage, box, headway):
        return False
    stage.add(
        who.kind,
        who.size,
        np.array([[*pose, speed, 0.0]]),
        Behaviour.REACTIVE,
        first_step=first_step,
        route=way,
        character=who.character,
        speed_factor=who.speed_factor,
        reaction=who.reaction,
        yields=who.yields,
        signals=who.signals,
    )
    return True


def gaps(rng: np.random.Generator, gap: tuple[float, float] | Platoons) -> Iterator[float]:
    """The time gaps [s] from each vehicle to the next, without end."""
    while not isinstance(gap, Platoons):
        yield rng.uniform(*gap)
    while True:
        for _ in range(int(rng.integers(gap.cars[0], gap.cars[1] + 1)) - 1):
            yield rng.uniform(*gap.gap)
        yield rng.uniform(*gap.pause)


def fill(
    stage: Stage,
    lanes: Sequence[int],
    gap: tuple[float, float] | Platoons,
    *,
    purpose: str = "fill",
    mix: Mix = CITY,
    turns: Mapping[Turn, float] = TURNS,
    exits: Sequence[float] = RING_EXITS,
    speed_share: float = 1.0,
    span: tuple[float, float] = (0.0, math.inf),
) -> None:
    """Populate lanes at the start, from their ends backwards, with time gaps [s] drawn between the two given, or in
    platoons.

    speed_share scales everyone's speed at the start; span: from where to where [m] on each lane.
    """
    for lane in lanes:
        rng = stage.stream(f"{purpose}/{lane}")
        lines = stage.graph.stop_s[stage.graph.stop_lane == lane]
        s = min([float(stage.graph.length[lane]), *lines.tolist()]) - rng.uniform(2.0, 12.0)
        s = min(s, span[1])
        times = gaps(rng, gap)
        while s > max(4.0, span[0]):
            who = driver(rng, mix)
            s -= 0.5 * who.size[0]
            speed = speed_share * speed_at(stage.graph, lane, s, who.speed_factor)
            way = route(stage.graph, lane, rng, turns, exits)
            if s > 0.5 * who.size[0]:
                put(stage, who, lane, s, speed, way)
            s -= 0.5 * who.size[0] + 2.0 + max(speed, 3.0) * next(times)


def flow(
    stage: Stage,
    lane: int,
    gap: tuple[float, float] | Platoons,
    *,
    until: float | None = None,
    start: float = 3.0,
    purpose: str = "flow",
    mix: Mix = CITY,
    turns: Mapping[Turn, float] = TURNS,
    exits: Sequence[float] = RING_EXITS,
    speed_share: float = 0.9,
) -> None:
    """Vehicles that arrive at a lane's start, from `start` [s] on, with time gaps [s] drawn between the two given, or
    in platoons."""
    rng = stage.stream(f"{purpose}/{lane}")
    time = start + rng.uniform(0.0, (gap.gap if isinstance(gap, Platoons) else gap)[1])
    times = gaps(rng, gap)
    last = stage.seconds if until is None else until
    while time < last:
        who = driver(rng, mix)
        s = 0.5 * who.size[0] + 0.5
        speed = speed_share * speed_at(stage.graph, lane, s, who.speed_factor)
        way = route(stage.graph, lane, rng, turns, exits)
        put(stage, who, lane, s, speed, way, first_step=round(time / DT))
        time += next(times) + who.size[0] / max(speed, 3.0)


def entries(graph: LaneGraph) -> tuple[int, ...]:
    """Lanes on which traffic comes into the map."""
    driving = (graph.users & User.CAR > 0) & (graph.kind != LaneKind.PARKING) & (graph.kind != LaneKind.OFF_RAMP)
    first = np.diff(graph.predecessor_start) == 0
    return tuple(int(k) for k in np.flatnonzero(driving & first))


def park(
    stage: Stage,
    lane: int,
    share: float,
    *,
    d: float = 0.0,
    bay: float = 6.2,
    purpose: str = "park",
    span: tuple[float, float] = (0.0, math.inf),
) -> list[Actor]:
    """Parked cars along a lane, each bay [m] taken with a probability `share`; d [m] to the left of its middle."""
    rng = stage.stream(f"{purpose}/{lane}")
    parked: list[Actor] = []
    last = min(span[1], float(stage.graph.length[lane]))
    for s in np.arange(span[0] + 0.5 * bay, last - 0.5 * bay + 1e-6, bay):
        who = driver(rng, CITY)
        offset = rng.uniform(-0.12, 0.12)
        taken = rng.random() < share
        if not taken or who.size[0] > bay - 0.4:
            continue
        pose = stage.pose(lane, float(s) + rng.uniform(-0.2, 0.2), d + offset)
        if clear(stage, (pose[0], pose[1], pose[3], who.size[0], who.size[1], 0.0), 0.0, 0.2):
            parked.append(stage.stand(ObjectKind.PARKED, who.size, pose))
    return parked
