"""The driver who knows what all others will do: it shows that a scenario can be driven, and is nobody's rival."""

import dataclasses
import math
from typing import ClassVar

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.pilot.evpilot import EvPilot
from evpilot.simulate.world import Secrets, World
from evpilot.types import Briefing, Decision, EgoState, Lights, Observation, Predictions, State, Tracks, Trajectory
from evpilot.types.state import Array, Bools

KNOTS = np.array([0.0, 0.3, 0.6, 1.0, 1.5, 2.0, 2.7, 3.4, 4.2, 5.2, 6.5, 8.0])  # [s]
REHEARSE_EVERY = 3  # planning ticks between two looks into the future
SURE = 0.01  # [m2] variance of a place that is known
STANDS = 0.3  # [m/s]
# how likely who stands seems to stay: the guard is told nothing, and would not let us count on his going
STAYS = 0.1
FORCED, FREE = 1.5, 0.7  # [m/s2] who brakes so hard for us, and hardly at that time if we stop, is made way for
AROUND = 5  # rehearsed steps before and after that count as that time


class PrivilegedPilot(EvPilot):
    """evpilot's own pilot with the future in the predictor's place: it sees everybody, whatever hides them, and drives
    a copy of the world ahead along its last plan to learn how they answer it."""

    privileged: ClassVar[bool] = True

    def __init__(self, briefing: Briefing, secrets: Secrets) -> None:
        self._future = Future(briefing, secrets)
        super().__init__(briefing, foresight=self._future)

    def step(self, observation: Observation) -> Decision:
        """One planning tick, with the true road users in place of those that are seen."""
        objects = self._future.now(observation)
        decision = super().step(dataclasses.replace(observation, tracks=objects, detections=None))
        self._future.plan, self._future.stop = decision.trajectory, decision.tail
        return decision


class Future:
    """A copy of a drive's world that is kept in step with it and rehearsed ahead.

    plan: what the car is about to do, as far as is known; without one it goes straight on at its speed. stop: how it
    would come to a stand instead.
    """

    def __init__(self, briefing: Briefing, secrets: Secrets) -> None:
        self.plan: Trajectory | None = None
        self.stop: Trajectory | None = None
        self._world = World(secrets.scenario, secrets.traffic, secrets.seed, secrets.platform)
        self._period_ns = briefing.period_ns
        self._ticks = 0
        self._times = np.zeros(0)
        self._ways: dict[int, Array] = {}

    def now(self, observation: Observation) -> Tracks:
        """Who is there now; to be asked once in every planning tick, in order."""
        return self._world.truth(observation.t_ns, observation.ego).objects

    def predict(self, tracks: Tracks, lights: Lights, ego: EgoState) -> Predictions:
        """Two ways for each track: what it will do if we do as planned, or, where it would have to brake hard for that,
        if we stop; and who stands may stay."""
        if self._ticks % REHEARSE_EVERY == 0:
            self._rehearse(tracks, ego)
        self._ticks += 1
        when = tracks.t_ns * 1e-9 + KNOTS
        count = len(tracks)
        pose = np.empty((count, 2, len(KNOTS), 4))
        for i, number in enumerate(tracks.id.tolist()):
            pose[i, 0] = self._way(number, tracks.state[i, :4], when)
            pose[i, 1] = tracks.state[i, :4]
        stays = np.where(np.abs(tracks.state[:, State.SPEED]) < STANDS, STAYS, 0.0)
        return Predictions(
            t_ns=tracks.t_ns,
            track_id=tracks.id,
            time=KNOTS,
            pose=pose,
            pos_cov=np.broadcast_to(SURE * np.eye(2), (count, 2, len(KNOTS), 2, 2)).copy(),
            prob=np.stack([1.0 - stays, stays], axis=1),
        )

    def _way(self, number: int, here: Array, when: Array) -> Array:
        """The poses (T, 4) of one at times (T,) [s]; who has appeared since the last rehearsal stands."""
        way = self._ways.get(number)
        if way is None:
            return np.repeat(here[None], len(when), axis=0)
        poses = np.stack([np.interp(when, self._times[: len(way)], column) for column in way.T], axis=1)
        poses[:, 3] = np.pi - np.mod(np.pi - poses[:, 3], 2.0 * np.pi)
        return poses

    def _rehearse(self, tracks: Tracks, ego: EgoState) -> None:
        """Learn where everybody will be. Who lets us pass only because we leave no choice looks, along our plan, as if
        there were room: such a one is expected to come as if we let him."""
        states = self._driven(tracks, ego, self.plan)
        first = {number: _first(rows[:, State.ACCEL] < -FORCED) for number, rows in states.items()}
        if self.stop is not None and any(first.values()):
            others = self._driven(tracks, ego, self.stop)
            for number, k in first.items():
                if k and others[number][max(k - AROUND, 1) : k + AROUND, State.ACCEL].min(initial=0.0) > -FREE:
                    states[number] = others[number]
        self._ways = {number: rows[:, :4] for number, rows in states.items()}

    def _driven(self, tracks: Tracks, ego: EgoState, plan: Trajectory | None) -> dict[int, Array]:
        """Drive a copy of the world ahead, the car along a plan: everyone's states (T, 7), the yaw unwrapped; who
        leaves is kept where it was last."""
        world = self._world.fork()
        steps = math.ceil((KNOTS[-1] + REHEARSE_EVERY * self._period_ns * 1e-9) * 1e9 / self._period_ns)
        self._times = (tracks.t_ns + self._period_ns * np.arange(steps + 1)) * 1e-9
        seen = {number: [state] for number, state in zip(tracks.id.tolist(), tracks.state, strict=True)}
        for k in range(1, steps + 1):
            t_ns = tracks.t_ns + k * self._period_ns
            objects = world.truth(t_ns, ghost(plan, ego, t_ns)).objects
            for number, state in zip(objects.id.tolist(), objects.state, strict=True):
                if number in seen and len(seen[number]) == k:
                    seen[number].append(state)
        states = {number: np.array(rows) for number, rows in seen.items()}
        for rows in states.values():
            rows[:, State.YAW] = np.unwrap(rows[:, State.YAW])
        return states


def _first(flags: Bools) -> int:
    """The first row after the present that is set, 0 for none."""
    return int(np.argmax(flags[1:])) + 1 if flags[1:].any() else 0


def ghost(plan: Trajectory | None, ego: EgoState, t_ns: int) -> EgoState:
    """The car at a time [ns] as planned, or going straight on at its speed where there is no plan."""
    ahead = (t_ns - ego.t_ns) * 1e-9
    if plan is None:
        x, y, z, yaw = ego.pose
        run = max(ego.speed, 0.0) * ahead
        pose = np.array([x + run * math.cos(yaw), y + run * math.sin(yaw), z, yaw])
        return dataclasses.replace(ego, t_ns=t_ns, pose=pose)
    at = (t_ns - plan.t_ns) * 1e-9
    yaw = np.unwrap(plan.pose[:, 3])
    pose = np.array([np.interp(at, plan.time, column) for column in (*plan.pose[:, :3].T, yaw)])
    speed, accel, bend = (float(np.interp(at, plan.time, row)) for row in (plan.speed, plan.accel, plan.curvature))
    over = max(at - float(plan.time[-1]), 0.0) * speed  # beyond its end the plan goes straight on
    pose[:2] += over * math.cos(pose[3]), over * math.sin(pose[3])
    pose[3] = wrap(float(pose[3]))
    return dataclasses.replace(
        ego,
        t_ns=t_ns,
        pose=pose,
        velocity=np.array([speed, 0.0]),
        accel=np.array([accel, 0.0]),
        yaw_rate=speed * bend,
    )
