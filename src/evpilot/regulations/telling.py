"""What a pilot is told is not always what is: a driver who is asked to take over, and inputs that are spoilt."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from evpilot.types import EgoState, ObjectKind, Observation, Tracks, joined, no_tracks
from evpilot.types.kinds import State

GHOST_ID = 9_999
GHOST_SIZE = (4.5, 1.8)  # [m]


@dataclass(frozen=True, slots=True)
class Demanding:
    """Asks the driver to take over from a time [ns] on; he does at another, or never."""

    since: int
    answered: int | None

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        open_now = observation.t_ns >= self.since and (self.answered is None or observation.t_ns < self.answered)
        return replace(observation, demand_ns=self.since) if open_now else observation


Change = Callable[[Observation], Observation]


@dataclass(slots=True)
class Spoilt:
    """Changes what the pilot is told from a time [ns] on, for so long [ns]."""

    since: int
    lasts: int
    change: Change

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        if not self.since <= observation.t_ns < self.since + self.lasts:
            return observation
        return self.change(observation)


def objects_lost(observation: Observation) -> Observation:
    """Nobody is reported, and nothing says so."""
    tracks = observation.tracks
    return observation if tracks is None else replace(observation, tracks=no_tracks(tracks.t_ns))


@dataclass(slots=True)
class Dropping:
    """A share of the reports does not come: nothing is known of the objects in these ticks."""

    share: float
    rng: np.random.Generator

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        return objects_lost(observation) if self.rng.random() < self.share else observation


@dataclass(slots=True)
class Frozen:
    """The sensor repeats its first report, with its old stamp or a fresh one."""

    fresh: bool
    report: Tracks | None = None

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        if self.report is None:
            self.report = observation.tracks
        tracks = self.report
        if tracks is not None and self.fresh:
            tracks = replace(tracks, t_ns=observation.t_ns)
        return replace(observation, tracks=tracks)


@dataclass(slots=True)
class Late:
    """Reports come so many ticks late, stamped with when they were made."""

    ticks: int
    past: deque[Tracks | None] = field(default_factory=deque[Tracks | None])

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        self.past.append(observation.tracks)
        old = self.past.popleft() if len(self.past) > self.ticks else self.past[0]
        return replace(observation, tracks=old)


@dataclass(slots=True)
class Ghost:
    """Somebody stands in our way who is not there."""

    ahead: float

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        tracks = observation.tracks
        if tracks is None:
            return observation
        x, y, z, yaw = observation.ego.pose
        state = np.array([[x + self.ahead * np.cos(yaw), y + self.ahead * np.sin(yaw), z, yaw, 0.0, 0.0, 0.0]])
        one = Tracks(
            t_ns=tracks.t_ns,
            id=np.array([GHOST_ID]),
            kind=np.array([int(ObjectKind.CAR)], np.uint8),
            state=state,
            velocity=np.zeros((1, 2)),
            cov=np.zeros((1, 6, 6)),
            size=np.array([GHOST_SIZE]),
            age=np.zeros(1),
            signals=np.zeros(1, np.uint8),
            valid=np.ones(1, np.bool_),
        )
        return replace(observation, tracks=joined(tracks, one))


@dataclass(slots=True)
class ObjectField:
    """A column of the objects' state is changed: value = factor * value + offset."""

    column: State
    factor: float
    offset: float

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        tracks = observation.tracks
        if tracks is None:
            return observation
        state = tracks.state.copy()
        state[:, self.column] = self.factor * state[:, self.column] + self.offset
        velocity = tracks.velocity * self.factor if self.column == State.SPEED else tracks.velocity
        return replace(observation, tracks=replace(tracks, state=state, velocity=velocity))


def doubled(observation: Observation) -> Observation:
    """Every object is reported twice, under one id."""
    tracks = observation.tracks
    if tracks is None:
        return observation
    return replace(observation, tracks=joined(tracks, tracks))


@dataclass(slots=True)
class EgoField:
    """The car's own state is changed: its place by (x, y) [m], its speed by a factor."""

    x: float = 0.0
    y: float = 0.0
    speed: float = 1.0

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        ego: EgoState = observation.ego
        pose = ego.pose + np.array([self.x, self.y, 0.0, 0.0])
        return replace(observation, ego=replace(ego, pose=pose, velocity=ego.velocity * self.speed))


@dataclass(slots=True)
class Restamped:
    """The whole observation bears another time: shifted [ns], or always the first one."""

    shift: int = 0
    hold: bool = False
    first: int | None = None

    def __call__(self, observation: Observation) -> Observation:
        """What the pilot is told."""
        if self.first is None:
            self.first = observation.t_ns
        t_ns = self.first if self.hold else observation.t_ns + self.shift
        tracks = None if observation.tracks is None else replace(observation.tracks, t_ns=t_ns)
        return replace(
            observation,
            t_ns=t_ns,
            ego=replace(observation.ego, t_ns=t_ns),
            lights=replace(observation.lights, t_ns=t_ns),
            tracks=tracks,
        )
