"""The record of a drive: everything that a judge, a replay or a second run needs."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from evpilot.types import Briefing, Decision, Observation, Spent, Store, Truth
from evpilot.types.state import Array, Ints


class Ego(IntEnum):
    """Columns of `RunLog.ego` (K, 10): the true car on the fast clock; the pose is the rear axle's."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3
    SPEED = 4
    ACCEL = 5
    LATERAL_ACCEL = 6
    YAW_RATE = 7
    STEERING = 8
    POWER = 9


class Cmd(IntEnum):
    """Columns of `RunLog.command` (K, 3): what the gate let through; source by `evpilot.types.Source`."""

    ACCEL = 0
    STEERING = 1
    SOURCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The conditions of a run. config is the resolved configuration, plain JSON values. machine and timings never enter
    the hash."""

    version: str
    scenario: str
    scenario_sha256: str
    problem_id: int
    seed: int
    pilot: str
    traffic: str
    config: dict[str, object]
    machine: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One planning tick: the world as it was, what the pilot was told, what it decided.

    decision is None where the pilot failed; fault then says how, and the loop drove on its newest verified tail (or
    braked straight when there was none). plan_ms is the pilot's CPU time, never part of the hash.
    """

    t_ns: int
    truth: Truth
    observation: Observation
    decision: Decision | None
    fault: str
    plan_ms: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunLog:
    """A whole drive. briefing holds map, goals, car and limits; t_ns (K,), ego (K, 10) by `Ego` and command (K, 3) by
    `Cmd` are on the fast clock (100 Hz; the scenario's step with the exact model), row 0 being the start.
    spent (F, 15) by `Spent` and store (F, 7) by `Store`, its charge the usable one, are the powertrain's at each frame;
    a log from before they were recorded has none. outcome: goal, time (the time was up), collision, stopped (the loop's
    own stop after a fault), or decided (a staged drive whose outcome was certain)."""

    header: Header
    briefing: Briefing
    frames: tuple[Frame, ...]
    t_ns: Ints
    ego: Array
    command: Array
    outcome: str
    spent: Array = field(default_factory=lambda: np.zeros((0, len(Spent))))
    store: Array = field(default_factory=lambda: np.zeros((0, len(Store))))
