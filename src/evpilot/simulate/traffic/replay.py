"""Traffic that moves as recorded, whatever the others do.

What is told at a time depends on the recording up to that time only (between two steps: up to the later one), so that a
drive cannot see a recording's future through a velocity or a yaw rate.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.scenarios import Actor, Behaviour, Motion, Scenario, Trigger
from evpilot.types import EgoState, Lights, Tracks
from evpilot.types.state import SPEED_MAX, Array, Bools, Bytes, Ints

WINDOW = 0.3  # [s] over which velocity across the heading and yaw rate are taken: one recorded step is too noisy
SPEED_TRUST = (1.0, 0.1)  # [m/s], [-] how far the recorded speed may differ from that of the positions
YAW_RATE_MAX = 2.0  # [rad/s] a faster recorded turn is noise of the recording
SIZE_MIN = 0.05  # [m] the least length and width of a box


@kernel("Tuple((i8[::1], i8[::1], f8[::1]))(i8[::1], i8, i8[::1], i8[::1], i8[::1], b1[::1])")
def present(clock_ns: Ints, dt_ns: int, first: Ints, count: Ints, row: Ints, fixed: Bools) -> tuple[Ints, Ints, Array]:
    """Who of a `Recording` is present at the time of each actor's own clock (A,) [ns]: actor indices (N,), the row of
    the last step of each (N,), and the share (N,) of the way from it to the next."""
    actors = len(clock_ns)
    who, index, share = np.empty(actors, np.int64), np.empty(actors, np.int64), np.zeros(actors)
    found = 0
    for k in range(actors):
        step, rest = clock_ns[k] // dt_ns, clock_ns[k] % dt_ns
        if not fixed[k] and (step < first[k] or step + (rest > 0) >= first[k] + count[k]):
            continue
        who[found] = k
        index[found] = row[k] if fixed[k] else row[k] + step - first[k]
        share[found] = 0.0 if fixed[k] else rest / dt_ns
        found += 1
    return who[:found], index[:found], share[:found]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """All recorded motion of a scenario, sorted by actor id.

    id, kind (A,), size (A, 2); first, count and row (A,): first step, number of rows, and where they begin in state
    (R, 7) by `State`, velocity (R, 2) and signals (R,); fixed (A,) marks actors that stay for ever, yields (A,) those
    who stop for a car in their way; trigger, appears (A): what sets each off, and what makes it appear, or None.
    """

    dt_ns: int
    id: Ints
    kind: Bytes
    size: Array
    first: Ints
    count: Ints
    row: Ints
    fixed: Bools
    state: Array
    velocity: Array
    signals: Bytes
    yields: Bools
    trigger: tuple[Trigger | None, ...]
    appears: tuple[Trigger | None, ...]

    def at(self, clock_ns: Ints) -> tuple[Ints, Array, Array, Bytes]:
        """Who is present at the time of each actor's own clock (A,) [ns]: actor indices (N,), their state (N, 7),
        velocity (N, 2) and signals (N,)."""
        who, index, share = present(clock_ns, self.dt_ns, self.first, self.count, self.row, self.fixed)
        between = share > 0.0
        if not between.any():
            return who, self.state[index], self.velocity[index], self.signals[index]
        after = index + between
        state = self.state[index] + share[:, None] * (self.state[after] - self.state[index])
        turn = _wrap(self.state[after, 3] - self.state[index, 3])
        state[:, 3] = _wrap(self.state[index, 3] + share * turn)
        velocity = self.velocity[index] + share[:, None] * (self.velocity[after] - self.velocity[index])
        return who, state, velocity, self.signals[index]

    def age(self, who: Ints, t_ns: int) -> Array:
        """How long [s] each of the actors has been there."""
        return np.maximum(t_ns - np.maximum(self.first[who], 0) * self.dt_ns, 0) * 1e-9


def record(scenario: Scenario) -> Recording:
    """The recorded motion of all actors of a scenario in the form of `Tracks`."""
    actors = sorted(scenario.actors, key=lambda actor: actor.id)
    count = np.array([len(actor.motion) for actor in actors], np.int64)
    moved = [_motion(actor, scenario.dt_ns * 1e-9) for actor in actors]
    return Recording(
        dt_ns=scenario.dt_ns,
        id=np.array([actor.id for actor in actors], np.int64),
        kind=np.array([actor.kind for actor in actors], np.uint8),
        size=np.maximum(np.array([[a.length, a.width] for a in actors], float).reshape(-1, 2), SIZE_MIN),
        first=np.array([actor.first_step for actor in actors], np.int64),
        count=count,
        row=np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)[: len(actors)],
        fixed=np.array([actor.behaviour == Behaviour.STATIC for actor in actors], np.bool_),
        state=np.concatenate([state for state, _ in moved]) if moved else np.zeros((0, 7)),
        velocity=np.concatenate([velocity for _, velocity in moved]) if moved else np.zeros((0, 2)),
        signals=np.concatenate([_signals(actor) for actor in actors]) if actors else np.zeros(0, np.uint8),
        yields=np.array([actor.yields for actor in actors], np.bool_),
        trigger=tuple(actor.trigger for actor in actors),
        appears=tuple(actor.appears for actor in actors),
    )


def _signals(actor: Actor) -> Bytes:
    rows = len(actor.motion)
    return np.resize(actor.signals.astype(np.uint8), rows) if len(actor.signals) else np.zeros(rows, np.uint8)


def _wrap(angle: Array) -> Array:
    return np.pi - np.mod(np.pi - angle, 2.0 * np.pi)


def _motion(actor: Actor, dt: float) -> tuple[Array, Array]:
    """State (T, 7) by `State` and velocity (T, 2), each row from its own and earlier rows only."""
    motion = actor.motion
    back = np.maximum(np.arange(len(motion)) - max(1, round(WINDOW / dt)), 0)
    elapsed = np.maximum(np.arange(len(motion)) - back, 1) * dt
    yaw = _wrap(motion[:, Motion.YAW])
    cos, sin = np.cos(yaw), np.sin(yaw)
    moved = (motion[:, :2] - motion[back, :2]) / elapsed[:, None]
    along = moved[:, 0] * cos + moved[:, 1] * sin
    speed = np.clip(motion[:, Motion.SPEED], -SPEED_MAX, SPEED_MAX)
    backwards = (speed > 0.0) & (along < -np.maximum(0.5 * speed, 0.2))
    speed = np.where(backwards, -speed, speed)
    trusted = np.abs(along - speed) < SPEED_TRUST[0] + SPEED_TRUST[1] * np.abs(speed)
    across = np.where(trusted, moved[:, 1] * cos - moved[:, 0] * sin, 0.0)
    velocity = np.stack([speed * cos - across * sin, speed * sin + across * cos], axis=1)
    jump = np.hypot(moved[:, 0], moved[:, 1]) > np.abs(speed) + 20.0
    sideways = ~trusted & ~jump & (np.arange(len(motion)) > 0)
    velocity = np.where(sideways[:, None], moved, velocity)
    rate = np.clip(_wrap(yaw - yaw[back]) / elapsed, -YAW_RATE_MAX, YAW_RATE_MAX)
    state = np.column_stack([motion[:, :3], yaw, speed, motion[:, Motion.ACCEL], rate])
    if actor.velocity is not None:
        velocity = actor.velocity.copy()
    if actor.behaviour == Behaviour.STATIC:
        state[:, 4:] = 0.0
        velocity[:] = 0.0
    return state, velocity


def tracks(t_ns: int, recording: Recording, who: Ints, state: Array, velocity: Array, signals: Bytes) -> Tracks:
    """Exact tracks of the actors `who` (N,) at t_ns."""
    return Tracks(
        t_ns=t_ns,
        id=recording.id[who],
        kind=recording.kind[who],
        state=state,
        velocity=velocity,
        cov=np.zeros((len(who), 6, 6)),
        size=recording.size[who],
        age=recording.age(who, t_ns),
        signals=signals,
        valid=np.ones(len(who), np.bool_),
    )


class ReplayTraffic:
    """Every actor exactly as recorded; one that is recorded from a later step appears there, and vanishes after its
    last step."""

    def __init__(self, scenario: Scenario) -> None:
        self._recording = record(scenario)

    def step(self, t_ns: int, ego: EgoState, ego_size: tuple[float, float], lights: Lights) -> Tracks:
        """Every actor present at t_ns; the rest is ignored."""
        return tracks(t_ns, self._recording, *self._recording.at(np.full(len(self._recording.id), t_ns)))

    def fork(self) -> Self:
        """Itself: it remembers nothing."""
        return self
