"""What the car follows: a decision's trajectory or command with its tail, or the loop's own way out."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.control.kernel import pack
from evpilot.guard.gate import FIRM
from evpilot.guard.tail import own_stop
from evpilot.types import Command, Decision, Gear, Source
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import Car

NOTHING = np.zeros((0, 7))
RELEASED = np.zeros(4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """What the car follows from act_ns on: a packed plan (T, 7) or a held command (4,), the tail behind it, and when
    each of them starts."""

    act_ns: int
    start_ns: int
    plan: Array
    held: Array
    tail: Array
    tail_ns: int
    source: Source


def coast(state: Array, now: int) -> Motion:
    """Rolling on with the wheels of a car's state (11,) as they are: before the first decision acts."""
    held = np.array([1.0, 0.0, state[Car.STEERING], float(state[Car.SPEED] < 0.0)])
    return Motion(act_ns=now, start_ns=now, plan=NOTHING, held=held, tail=NOTHING, tail_ns=now, source=Source.NOMINAL)


def decided(decision: Decision, now: int, delay_ns: int) -> Motion:
    """A checked decision of `now` [ns], to act after the delay. One without a tail of its own keeps none: an older tail
    is verified only for the motion that it belongs to."""
    trajectory, command = decision.trajectory, decision.command
    return Motion(
        act_ns=now + delay_ns,
        start_ns=now,
        plan=pack(trajectory) if trajectory is not None else NOTHING,
        held=_held(command),
        tail=pack(decision.tail) if decision.tail is not None else NOTHING,
        tail_ns=now,
        source=Source(decision.source if command is None else command.source),
    )


def way_out(old: Motion, state: Array, wheelbase: float, now: int) -> Motion:
    """The newest tail, or where there is none an own stop along the newest path, for a car in `state` (11,)."""
    tail, tail_ns = old.tail, old.tail_ns
    if not len(tail):
        pose = np.array([state[Car.X], state[Car.Y], state[Car.YAW]])
        curvature = math.tan(state[Car.STEERING]) / wheelbase
        if abs(state[Car.SPEED]) > 1.0:
            curvature = state[Car.YAW_RATE] / state[Car.SPEED]
        path = old.plan if len(old.plan) else None
        tail, tail_ns = own_stop(pose, float(state[Car.SPEED]), curvature, FIRM, path), now
    return Motion(
        act_ns=now, start_ns=tail_ns, plan=tail, held=RELEASED, tail=tail, tail_ns=tail_ns, source=Source.TAIL
    )


def _held(command: Command | None) -> Array:
    if command is None:
        return np.zeros(4)
    return np.array([1.0, command.accel, command.steering, float(command.gear == Gear.REVERSE)])
