"""A straight road, and pilots that drive or misbehave on it: shared by this room's tests and by child processes."""

import dataclasses
import math
import os
import time

import numpy as np

from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import Actor, Behaviour, Scenario
from evpilot.types import (
    Briefing,
    Command,
    Decision,
    Goal,
    LaneGraph,
    ObjectKind,
    Observation,
    Trajectory,
)

GOAL = Goal(regions=(np.array([[100.0, -2.0], [106.0, -2.0], [106.0, 2.0], [100.0, 2.0]]),))


def road(length: float = 400.0, rise: float = 0.0) -> LaneGraph:
    builder = GraphBuilder()
    x = np.linspace(0.0, length, 81)
    z = rise * x
    builder.lane(np.column_stack([x, x * 0 + 1.75, z]), np.column_stack([x, x * 0 - 1.75, z]), speed_limit=15.0)
    return builder.build()


def car(number: int, x: float, speed: float, steps: int = 201) -> Actor:
    motion = np.zeros((steps, 6))
    motion[:, 0] = x + speed * 0.1 * np.arange(steps)
    motion[:, 4] = speed
    return Actor(
        id=number,
        kind=ObjectKind.CAR,
        length=4.5,
        width=1.8,
        height=1.5,
        first_step=0,
        motion=motion,
        signals=np.zeros(steps, np.uint8),
        behaviour=Behaviour.REPLAY,
    )


def scenario(**changes: object) -> Scenario:
    fields: dict[str, object] = {
        "name": "straight",
        "source": "test",
        "sha256": "0" * 64,
        "dt_ns": 100_000_000,
        "last_step": 150,
        "graph": road(),
        "start": np.array([5.0, 0.0, 0.0, 0.0]),
        "start_speed": 10.0,
        "goals": (GOAL,),
    }
    return Scenario(**(fields | changes))  # type: ignore[arg-type]


def straight(observation: Observation, speed: float, seconds: float = 5.0) -> Trajectory:
    time_s = np.arange(0.0, seconds + 0.01, 0.1)
    x = observation.ego.pose[0] + speed * time_s
    y = np.full_like(time_s, observation.ego.pose[1])
    pose = np.column_stack([x, y, 0 * time_s, 0 * time_s])
    return Trajectory(
        t_ns=observation.t_ns,
        time=time_s,
        pose=pose,
        speed=np.full_like(time_s, speed),
        accel=0 * time_s,
        curvature=0 * time_s,
    )


def stop(observation: Observation, decel: float = 2.0) -> Trajectory:
    speed = max(observation.ego.speed, 0.01)
    time_s = np.arange(0.0, speed / decel + 1.1, 0.1)
    moving = np.minimum(time_s, speed / decel)
    x = observation.ego.pose[0] + speed * moving - 0.5 * decel * moving**2
    pose = np.column_stack([x, 0 * x, 0 * x, 0 * x])
    left = np.maximum(speed - decel * time_s, 0.0)
    accel = np.where(left > 0.0, -decel, 0.0)
    return Trajectory(t_ns=observation.t_ns, time=time_s, pose=pose, speed=left, accel=accel, curvature=0 * x)


class Steady:
    """Drives on at 10 m/s, with a tail that brakes at 2 m/s2."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self.steps = 0

    def step(self, observation: Observation) -> Decision:
        self.steps += 1
        return Decision(t_ns=observation.t_ns, trajectory=straight(observation, 10.0), tail=stop(observation))


class Failing(Steady):
    """Drives like Steady, and fails from the tenth step on, in the way of `fail`."""

    first, last = 10, math.inf

    def step(self, observation: Observation) -> Decision:
        good = super().step(observation)
        return self.fail(observation, good) if self.first <= self.steps <= self.last else good  # type: ignore

    def fail(self, observation: Observation, good: Decision) -> object:
        raise ValueError("boom")


class RaisesOnce(Failing):
    last = 12


class FastAgain(RaisesOnce):
    """Wants 25 m/s whatever happens, and misses three times."""

    def step(self, observation: Observation) -> Decision:
        sound = super().step(observation)
        return dataclasses.replace(sound, trajectory=straight(observation, 25.0))


class Recurses(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return self.fail(observation, good)


class OutOfMemory(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        raise MemoryError


class Exits(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        raise SystemExit(3)


class NotANumber(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        assert good.trajectory is not None
        good.trajectory.speed[7] = math.nan
        return good


class NanCommand(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return Decision(t_ns=observation.t_ns, command=Command(t_ns=observation.t_ns, accel=math.nan, steering=0.0))


class Stale(Failing):
    kept: Decision | None = None

    def fail(self, observation: Observation, good: Decision) -> object:
        self.kept = self.kept or good
        return Decision(t_ns=observation.t_ns, trajectory=self.kept.trajectory) if self.steps > 10 else None


class Elsewhere(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        assert good.trajectory is not None
        good.trajectory.pose[:, 1] += 50.0
        return good


class Silent(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return None


class Text(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return "straight on"


class WrongShape(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        assert good.trajectory is not None
        t = good.trajectory
        broken = Trajectory(
            t_ns=t.t_ns, time=t.time, pose=t.pose[:3], speed=t.speed, accel=t.accel, curvature=t.curvature
        )
        return Decision(t_ns=observation.t_ns, trajectory=broken)


class WrongType(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return Decision(t_ns=observation.t_ns, trajectory=[1, 2, 3])  # type: ignore[arg-type]


class Hangs(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        while True:
            time.sleep(0.05)


class Dies(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        os._exit(9)


class Smuggles(Failing):
    def fail(self, observation: Observation, good: Decision) -> object:
        return Decision(t_ns=observation.t_ns, trajectory=good.trajectory, trace=Payload())  # type: ignore[arg-type]


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/evpilot_smuggled",)


class Prints(Steady):
    def step(self, observation: Observation) -> Decision:
        print("talking all the time", flush=True)
        return super().step(observation)


class Charged(Steady):
    """Drives only while it knows the battery's charge and what the wheels can get."""

    charge = power = 0.0

    def charged(self, charge: float) -> None:
        self.charge = charge

    def powered(self, power: float) -> None:
        self.power = power

    def step(self, observation: Observation) -> Decision:
        if not 0.0 < self.charge <= 1.0:
            raise ValueError("nobody told me the charge")
        if not 1e4 < self.power < 1e6:
            raise ValueError("nobody told me the power")
        return super().step(observation)


class NeverMade(Steady):
    def __init__(self, briefing: Briefing) -> None:
        raise RuntimeError("no weights")


class Brakes(Steady):
    """Asks by command for a hard brake, as an emergency."""

    def step(self, observation: Observation) -> Decision:
        from evpilot.types import Source

        return Decision(
            t_ns=observation.t_ns,
            command=Command(t_ns=observation.t_ns, accel=-8.0, steering=0.0, source=Source.GUARD),
        )


no_pilot = 3
