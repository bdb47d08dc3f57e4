"""A run log as arrays: what the judges share."""

from dataclasses import dataclass

import numpy as np

from evpilot.files import EvpilotError
from evpilot.runlog.record import Ego, RunLog
from evpilot.types import Arrow, LaneGraph, LightState, Platform
from evpilot.types.state import Array, Bytes, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Others:
    """Every other thing in every planning tick: the R rows of tick i are start[i]:start[i + 1].

    tick (R,), id (R,), kind (R,); box (R, 5) x, y [m], yaw [rad], length, width [m]; velocity (R, 2) [m/s]; accel (R,)
    [m/s2] along the heading; z (R,) [m].
    """

    start: Ints
    tick: Ints
    id: Ints
    kind: Bytes
    box: Array
    velocity: Array
    accel: Array
    z: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drive:
    """The true motion of a drive, at F planning ticks and at K rows of the fast clock; places are box centres.

    t_ns (F,), seconds (F,) since the first, box (F, 5) x, y, yaw, length, width; z (F,); speed (F,) signed
    [m/s]; friction (F,); light_state (F, G) LightState and light_arrow (F, G) Arrow of the map's lights; fast_t_ns
    (K,), fast (K, 10) by `Ego` but with X, Y of the box centre.
    """

    run: RunLog
    graph: LaneGraph
    platform: Platform
    t_ns: Ints
    seconds: Array
    box: Array
    z: Array
    speed: Array
    friction: Array
    light_state: Bytes
    light_arrow: Bytes
    others: Others
    fast_t_ns: Ints
    fast: Array

    def __len__(self) -> int:
        return len(self.t_ns)

    @property
    def duration(self) -> float:
        """From the first planning tick to the last row [s]."""
        return float(max(self.t_ns[-1], self.fast_t_ns[-1]) - self.t_ns[0]) * 1e-9

    @property
    def step(self) -> float:
        """Time between planning ticks [s]; the planning period where there is only one tick."""
        return float(np.median(np.diff(self.t_ns))) * 1e-9 if len(self) > 1 else self.run.briefing.period_ns * 1e-9

    @property
    def velocity(self) -> Array:
        """The car's velocity (F, 2) [m/s] along its heading, map frame."""
        yaw = self.box[:, 2]
        return self.speed[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=1)

    def corners(self) -> Array:
        """The car's corners (F, 4, 2) [m]: front left, rear left, rear right, front right."""
        return box_corners(self.box)


def box_corners(box: Array) -> Array:
    """Corners (N, 4, 2) [m] of boxes (N, 5): front left, rear left, rear right, front right."""
    sign = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    along = sign[:, 0] * box[:, 3:4]
    across = sign[:, 1] * box[:, 4:5]
    c, s = np.cos(box[:, 2:3]), np.sin(box[:, 2:3])
    return np.stack([box[:, 0:1] + c * along - s * across, box[:, 1:2] + s * along + c * across], axis=2)


def unroll(run: RunLog) -> Drive:
    """The arrays of a run log; raises EvpilotError when it holds no planning tick or no row of the fast clock."""
    if not run.frames or not len(run.t_ns):
        raise EvpilotError("the log holds no planning tick; a judged drive needs at least one", place="RunLog")
    platform = run.briefing.platform
    ego = [frame.truth.ego for frame in run.frames]
    pose = np.array([state.pose for state in ego])
    box = np.empty((len(ego), 5))
    box[:, :2] = _centre(pose[:, :2], pose[:, 3], platform.rear_to_center)
    box[:, 2] = pose[:, 3]
    box[:, 3:] = platform.length, platform.width
    fast = run.ego.copy()
    fast[:, :2] = _centre(fast[:, [Ego.X, Ego.Y]], fast[:, Ego.YAW], platform.rear_to_center)
    t_ns = np.array([frame.t_ns for frame in run.frames], np.int64)
    state, arrow = _lights(run)
    return Drive(
        run=run,
        graph=run.briefing.graph,
        platform=platform,
        t_ns=t_ns,
        seconds=(t_ns - t_ns[0]).astype(np.float64) * 1e-9,
        box=box,
        z=np.ascontiguousarray(pose[:, 2]),
        speed=np.array([state.speed for state in ego]),
        friction=np.array([frame.truth.friction for frame in run.frames]),
        light_state=state,
        light_arrow=arrow,
        others=_others(run),
        fast_t_ns=run.t_ns,
        fast=fast,
    )


def _centre(rear: Array, yaw: Array, offset: float) -> Array:
    return rear + offset * np.stack([np.cos(yaw), np.sin(yaw)], axis=1)


def _lights(run: RunLog) -> tuple[Bytes, Bytes]:
    """State and arrow (F, G) of every light in every tick; one that the log does not name is dark."""
    graph = run.briefing.graph
    state = np.full((len(run.frames), len(graph.light_id)), LightState.DARK, np.uint8)
    arrow = np.tile(graph.light_arrow, (len(run.frames), 1))
    for tick, frame in enumerate(run.frames):
        lights = frame.truth.lights
        state[tick, lights.index] = lights.state
        own = lights.arrow != Arrow.ALL
        arrow[tick, lights.index[own]] = lights.arrow[own]
    return state, arrow


def _others(run: RunLog) -> Others:
    tracks = [frame.truth.objects for frame in run.frames]
    valid = np.concatenate([one.valid for one in tracks])
    tick = np.repeat(np.arange(len(tracks)), [len(one) for one in tracks])[valid]
    state = np.concatenate([one.state for one in tracks])[valid]
    size = np.concatenate([one.size for one in tracks])[valid]
    return Others(
        start=np.searchsorted(tick, np.arange(len(tracks) + 1)),
        tick=tick,
        id=np.concatenate([one.id for one in tracks])[valid],
        kind=np.concatenate([one.kind for one in tracks])[valid],
        box=np.ascontiguousarray(np.hstack([state[:, [0, 1, 3]], size])),
        velocity=np.concatenate([one.velocity for one in tracks])[valid],
        accel=np.ascontiguousarray(state[:, 5]),
        z=np.ascontiguousarray(state[:, 2]),
    )
