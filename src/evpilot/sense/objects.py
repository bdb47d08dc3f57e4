"""A simulated object sensor: from the world's truth to what the pilot is told.

Without noise it gives `Tracks` (a perfect tracker behind it), otherwise `Detections` in the ego frame. It knows nothing
but `Truth` and where the lights stand.
"""

import math
from collections import deque

import numpy as np

from evpilot.sense.config import NOISY, OCCLUDED, PERFECT, SensorConfig, named
from evpilot.sense.view import cut, free_range, seen_share
from evpilot.types import (
    Detections,
    EgoState,
    Lights,
    LightState,
    ObjectKind,
    Observation,
    Tracks,
    Truth,
    among,
    picked,
)
from evpilot.types.state import Array, Bools

__all__ = ["NOISY", "OCCLUDED", "PERFECT", "ObjectSensor", "SensorConfig", "named", "to_ego"]

BEARINGS = 72  # of `Observation.visible_range`
MOUNT = 0.3  # of the car's length ahead of the rear axle: on the roof, near the box centre
SEEN = 0.15  # of an object's lines of sight must be free for it to be seen
LIGHT_RANGE = 200.0  # [m] from which a light's colour can be told
LIGHT_CONE = math.radians(85.0)  # half angle in front of a light from which its colour can be told
# who hides nothing, and who hides a light
LOW = among((ObjectKind.PEDESTRIAN, ObjectKind.BICYCLE, ObjectKind.CONE, ObjectKind.BALL, ObjectKind.ANIMAL))
TALL = among((ObjectKind.TRUCK, ObjectKind.BUS, ObjectKind.TRAIN, ObjectKind.BUILDING))


class ObjectSensor:
    """Turns the truth of each planning tick into an observation, in order of time.

    The noise of an object depends on the seed, its id and how often it was in view, never on the others.
    light_pose (G, 4) is the map's `LaneGraph.light_pose`; without it every light is in view from everywhere.
    """

    def __init__(self, config: SensorConfig, seed: int, light_pose: Array | None = None) -> None:
        config.validate()
        self._config = config
        self._seed = seed
        self._light_pose = light_pose
        self._streams: dict[int, np.random.Generator] = {}
        self._frames: deque[tuple[int, Tracks | Detections]] = deque()

    def observe(self, truth: Truth, ego_size: tuple[float, float]) -> Observation:
        """What the pilot is told at truth.t_ns; ego_size is the car's length and width [m]."""
        config = self._config
        reach = min(config.range, truth.sight)
        x, y, yaw = _eye(truth.ego, ego_size[0])
        if config.occlusion:
            boxes, hides = _boxes(truth.objects), ~LOW[truth.objects.kind]
            z = np.ascontiguousarray(truth.objects.state[:, 2])
            free = free_range(x, y, float(truth.ego.pose[2]), yaw, reach, BEARINGS, boxes, z, hides)
            share = seen_share(x, y, boxes, z, hides)
            objects = _pick(truth.objects, self._in_view(truth.objects, x, y, yaw, reach) & (share >= SEEN))
        else:
            free = np.full(BEARINGS, reach)
            objects = _pick(truth.objects, self._in_view(truth.objects, x, y, yaw, reach))
        frame = objects if config.identity else self._detect(truth, objects, reach)
        frame = self._delay(truth.t_ns, frame)
        return Observation(
            t_ns=truth.t_ns,
            ego=truth.ego,
            tracks=frame if isinstance(frame, Tracks) else None,
            detections=frame if isinstance(frame, Detections) else None,
            lights=self._lights(truth, x, y),
            visible_range=free,
            friction=truth.friction,
            sight=truth.sight,
        )

    def _in_view(self, objects: Tracks, x: float, y: float, yaw: float, reach: float) -> Bools:
        dx, dy = objects.state[:, 0] - x, objects.state[:, 1] - y
        inside = dx * dx + dy * dy <= reach * reach
        if self._config.field_of_view < 2.0 * math.pi:
            off = np.abs(np.pi - np.mod(np.pi - (np.arctan2(dy, dx) - yaw), 2.0 * np.pi))
            inside &= off <= 0.5 * self._config.field_of_view
        return inside

    def _delay(self, t_ns: int, frame: Tracks | Detections) -> Tracks | Detections:
        """The newest frame that is as old as the latency; before there is one, the oldest."""
        self._frames.append((t_ns, frame))
        wanted = t_ns - round(self._config.latency * 1e9)
        while len(self._frames) > 1 and self._frames[1][0] <= wanted:
            self._frames.popleft()
        return self._frames[0][1]

    def _stream(self, number: int) -> np.random.Generator:
        if number not in self._streams:
            word = np.random.SeedSequence([self._seed & (2**63 - 1), number & (2**64 - 1)]).generate_state(2, np.uint64)
            self._streams[number] = np.random.Generator(np.random.Philox(key=word))
        return self._streams[number]

    def _detect(self, truth: Truth, objects: Tracks, reach: float) -> Detections:
        config = self._config
        draws = np.array([self._stream(int(i)).standard_normal(8) for i in objects.id]).reshape(-1, 8)
        chance = np.array([self._stream(int(i)).random(3) for i in objects.id]).reshape(-1, 3)
        box, velocity = to_ego(objects, truth.ego)
        distance = np.hypot(box[:, 0], box[:, 1])
        box[:, :2] += draws[:, :2] * (config.position + config.position_share * distance)[:, None]
        box[:, 3] = _wrap(box[:, 3] + draws[:, 2] * config.yaw + np.where(chance[:, 0] < config.flip, np.pi, 0.0))
        box[:, 4:] = np.maximum(box[:, 4:] + draws[:, 3:5] * config.size, 0.2)
        velocity += draws[:, 5:7] * config.velocity
        score = np.clip(0.9 + 0.05 * draws[:, 7] - 0.2 * distance / max(reach, 1.0), 0.3, 1.0)
        told = chance[:, 1] >= config.miss
        ghosts = self._ghosts(reach)
        count = len(ghosts)
        return Detections(
            t_ns=truth.t_ns,
            box=np.concatenate([box[told], ghosts]),
            velocity=np.concatenate([velocity[told], np.zeros((count, 2))]),
            has_velocity=np.concatenate([np.full(int(told.sum()), config.has_velocity), np.zeros(count, np.bool_)]),
            kind=np.concatenate([objects.kind[told], np.zeros(count, np.uint8)]),
            score=np.concatenate([score[told], np.full(count, 0.3)]),
        )

    def _ghosts(self, reach: float) -> Array:
        """False alarms (M, 6), anywhere from 5 m away, as many as a Poisson draw says."""
        if self._config.false_alarms == 0.0:
            return np.zeros((0, 6))
        stream = self._stream(-1)
        count = int(stream.poisson(self._config.false_alarms))
        draw = stream.random((count, 5))
        angle = 2.0 * np.pi * draw[:, 0]
        far = 5.0 + (min(reach, 100.0) - 5.0) * np.sqrt(draw[:, 1])
        turn, length, width = 2.0 * np.pi * draw[:, 2] - np.pi, 0.5 + 4.0 * draw[:, 3], 0.5 + 1.5 * draw[:, 4]
        return np.column_stack([far * np.cos(angle), far * np.sin(angle), np.zeros(count), turn, length, width])

    def _lights(self, truth: Truth, x: float, y: float) -> Lights:
        """The lights that face the car from within range; one behind a tall vehicle shows UNSEEN."""
        lights, poses = truth.lights, self._light_pose
        if poses is None or len(lights.index) == 0:
            return lights
        pose = poses[lights.index]
        dx, dy = x - pose[:, 0], y - pose[:, 1]
        off = np.abs(_wrap(np.arctan2(dy, dx) - pose[:, 3]))
        seen = np.flatnonzero((np.hypot(dx, dy) <= min(LIGHT_RANGE, truth.sight)) & (off <= LIGHT_CONE))
        state = lights.state[seen].copy()
        if self._config.occlusion:
            tall = _boxes(truth.objects)[TALL[truth.objects.kind]]
            state[cut(x, y, np.ascontiguousarray(pose[seen, :2]), tall)] = LightState.UNSEEN
        return Lights(t_ns=lights.t_ns, index=lights.index[seen], state=state, arrow=lights.arrow[seen])


def _eye(ego: EgoState, length: float) -> tuple[float, float, float]:
    yaw = float(ego.pose[3])
    ahead = MOUNT * length
    return float(ego.pose[0]) + ahead * math.cos(yaw), float(ego.pose[1]) + ahead * math.sin(yaw), yaw


def _wrap(angle: Array) -> Array:
    return np.pi - np.mod(np.pi - angle, 2.0 * np.pi)


def _boxes(objects: Tracks) -> Array:
    """Boxes (N, 6) for the kernels of `view`."""
    yaw = objects.state[:, 3]
    return np.column_stack([objects.state[:, :2], np.cos(yaw), np.sin(yaw), 0.5 * objects.size])


def _pick(objects: Tracks, keep: Bools) -> Tracks:
    return objects if keep.all() else picked(objects, keep)


def to_ego(objects: Tracks, ego: EgoState) -> tuple[Array, Array]:
    """Boxes (N, 6) by `Box` and velocities over ground (N, 2) of map-frame objects in the ego frame."""
    x, y, z, yaw = (float(v) for v in ego.pose)
    cos, sin = math.cos(yaw), math.sin(yaw)
    dx, dy = objects.state[:, 0] - x, objects.state[:, 1] - y
    box = np.column_stack(
        [
            cos * dx + sin * dy,
            cos * dy - sin * dx,
            objects.state[:, 2] - z,
            _wrap(objects.state[:, 3] - yaw),
            objects.size,
        ]
    )
    vx, vy = objects.velocity[:, 0], objects.velocity[:, 1]
    return box, np.stack([cos * vx + sin * vy, cos * vy - sin * vx], axis=1)
