"""A scene: the car drives along a track at a constant speed and would meet its target at a known place and time."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from evpilot.regulations.meeting.roads import Track
from evpilot.regulations.meeting.targets import STEP, STEP_NS
from evpilot.regulations.suite import Approach, Stage
from evpilot.scenarios.library.stage import content_hash, goal_on
from evpilot.scenarios.scenario import Actor, Scenario
from evpilot.sense.config import SensorConfig
from evpilot.types import EgoState, Platform, Truth

SHADOW = 1.0  # [s] before the hand-over in which the pilot looks on
AFTER = 6.0  # [s] after the meeting until a drive ends at the latest
GOAL = (-30.0, -5.0)  # [m] from the end of the goal's lane
SETTLED = 0.05  # [m/s]
SEEN = SensorConfig(name="line of sight", range=150.0, occlusion=True)
"""A sensor without noise that sees to 150 m, but not through cars."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What a case puts on the track.

    speed [m/s] of the car; bumper [m]: where on the track's way the rear axle is when the car's front has reached the
    meeting, and meeting [s]: when, if it keeps its speed; handover [s]: when the pilot has the car; reveals [s]: until
    then nothing tells of what is to come. The target is the actor with id 1, the others are obstructions.
    """

    track: Track
    speed: float
    bumper: float
    meeting: float
    handover: float
    actors: tuple[Actor, ...]
    reveals: float = 0.0
    friction: float = 1.0
    after: float = AFTER

    @property
    def target(self) -> Actor:
        """Who is to be met."""
        return self.actors[0]

    @property
    def end(self) -> float:
        """When the drive ends at the latest [s]."""
        return STEP * math.ceil((self.meeting + self.after) / STEP)

    @property
    def start(self) -> float:
        """Where on the way the rear axle is at the start [m]."""
        return self.bumper - self.speed * self.meeting


def timing(ttc: float) -> tuple[float, float]:
    """(meeting, handover) [s] of a scene whose pilot gets the car `ttc` [s] before the meeting; the hand-over falls on
    a planning tick."""
    return SHADOW + ttc, SHADOW


def ahead(track: Track, platform: Platform, x: float = 0.0) -> float:
    """Where the rear axle is on a way that begins straight when the car's front is at x [m]."""
    return x - platform.rear_to_center - 0.5 * platform.length - float(track.way[0, 0])


def staged(name: str, scene: Scene, platform: Platform, sensor: SensorConfig = SEEN) -> Stage:
    """The drive of a scene; it ends early once the car stands or has passed, and its target is out of its way."""
    x, y, z, yaw = scene.track.pose(scene.start).tolist()
    plain = Scenario(
        name=name,
        source="regulations",
        sha256="",
        dt_ns=STEP_NS,
        last_step=round(scene.end / STEP),
        graph=scene.track.graph,
        start=np.array(
            [x + platform.rear_to_center * math.cos(yaw), y + platform.rear_to_center * math.sin(yaw), z, yaw]
        ),
        start_speed=scene.speed,
        goals=(goal_on(scene.track.graph, (scene.track.goal,), *GOAL),),
        actors=scene.actors,
        friction=scene.friction,
    )
    scenario = dataclasses.replace(plain, sha256=content_hash(plain))
    approach = Approach(until_ns=round(scene.handover / STEP) * STEP_NS, speed=scene.speed)
    return Stage(scenario=scenario, sensor=sensor, approach=approach, decided=_decided(scene, platform))


def _decided(scene: Scene, platform: Platform) -> "_Decided":
    return _Decided(scene.meeting, platform.rear_to_center - 0.5 * platform.length)


@dataclass(frozen=True, slots=True)
class _Decided:
    """Whether nothing can happen any more: the target is behind, or it is no longer coming nearer."""

    meeting: float
    tail: float

    def __call__(self, ego: EgoState, truth: Truth) -> bool:
        if truth.t_ns * 1e-9 < self.meeting:
            return False
        found = np.flatnonzero(truth.objects.id == 1)
        if not len(found):
            return True
        k = int(found[0])
        x, y, _, yaw = ego.pose.tolist()
        c, s = math.cos(yaw), math.sin(yaw)
        dx, dy = float(truth.objects.state[k, 0]) - x, float(truth.objects.state[k, 1]) - y
        along, across = dx * c + dy * s, dy * c - dx * s
        reach = 0.5 * float(np.hypot(*truth.objects.size[k]))
        pace = float(truth.objects.velocity[k] @ np.array([c, s]))
        aside = float(truth.objects.velocity[k] @ np.array([-s, c]))
        if along + reach < self.tail:
            return pace <= ego.speed
        stands = abs(ego.speed) < SETTLED or (ego.speed <= pace and ego.accel[0] <= 0.5)
        leaving = abs(across) > 2.0 + reach and across * aside >= 0.0
        still = abs(pace) + abs(aside) < SETTLED
        return bool(stands and along > 0.0 and (leaving or (still and abs(ego.speed) < SETTLED) or pace >= 1.0))
