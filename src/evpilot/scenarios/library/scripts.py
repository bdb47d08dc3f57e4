"""Scripted actors: what happens along a path, set off by the ego's arrival, and how long a careful driver needs."""

import math
from collections.abc import Sequence

import numpy as np

from evpilot.geometry.polyline import arc_length
from evpilot.scenarios.library.stage import DT, Stage
from evpilot.scenarios.scenario import Actor, Behaviour, Trigger
from evpilot.types import ObjectKind, Signal
from evpilot.types.state import Array

REACTION = 0.75  # [s] of the careful driver (UNECE R157, annex 3)
BRAKE = 0.774 * 9.81  # [m/s2] likewise
FRONT = 3.0  # [m] from the car's centre to where it should have stopped
HEADING_SPAN = 0.4  # [m] along a path, before and behind, over which one's heading is taken
SAMPLE = 1.0  # [m] between the points of a path along a lane


def time_to_stop(speed: float, slack: float = 1.0, friction: float = 1.0) -> float:
    """How long before the car's centre reaches a place [s], at a constant speed [m/s], a careful driver must see why to
    stop before it, times `slack`, and until its front is there."""
    return slack * (REACTION + speed / (2.0 * min(BRAKE, friction * 9.81))) + FRONT / speed


def profile(stage: Stage, knots: Sequence[tuple[float, float]], first_step: int = 0) -> Array:
    """How far (T,) [m] one has come at each step until the drive's end: knots are (seconds since its first step, speed
    [m/s]) with linear speed between them; a negative speed goes back."""
    time = np.arange(stage.last_step - first_step + 1) * DT
    seconds, speeds = zip(*knots, strict=True)
    speed = np.interp(time, seconds, speeds)
    return np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * DT)])


def along(path: Array, way: Array) -> Array:
    """The motion (T, 6) of someone who is `way` (T,) [m] along a path (P, 3), until the path's end; who goes back turns
    round."""
    arc = arc_length(path[:, :2])
    ended = np.flatnonzero(way >= arc[-1] - 1e-9)
    way = np.maximum(way[: int(ended[0]) + 1] if len(ended) else way, 0.0)
    if len(way) < 2:
        way = np.repeat(way, 2)
    xyz = np.stack([np.interp(way, arc, path[:, c]) for c in range(3)], axis=1)
    ahead = [np.interp(way + HEADING_SPAN, arc, path[:, c]) for c in range(2)]
    behind = [np.interp(way - HEADING_SPAN, arc, path[:, c]) for c in range(2)]
    yaw = np.arctan2(ahead[1] - behind[1], ahead[0] - behind[0])
    moved = np.gradient(way, DT)
    yaw = np.where(moved < -0.05, yaw + math.pi, yaw)
    yaw = np.remainder(yaw + math.pi, 2.0 * math.pi) - math.pi
    return np.column_stack([xyz, yaw, np.abs(moved), np.gradient(np.abs(moved), DT)])


def script(
    stage: Stage,
    kind: ObjectKind,
    size: tuple[float, float, float],
    path: Array,
    knots: Sequence[tuple[float, float]],
    *,
    trigger: Trigger | None = None,
    yields: bool = True,
    signals: Signal = Signal.NONE,
    lit: tuple[float, float] = (0.0, math.inf),
    stays: bool = False,
    first_step: int = 0,
) -> Actor:
    """An actor that follows a path (P, 3) with a profile of speeds, from the start or once the ego sets it off; at the
    path's end it is gone, or with `stays` it stands there. lit: from when to when [s] its signals show."""
    motion = along(path, profile(stage, knots, first_step))
    if trigger is not None:
        motion[0, 4:] = 0.0  # it stands there until it is set off
    if stays:
        rest = stage.last_step - first_step + 1 - len(motion)
        last = motion[-1:].copy()
        last[:, 4:] = 0.0
        motion = np.vstack([motion, np.repeat(last, max(rest, 0), axis=0)])
    time = np.arange(len(motion)) * DT
    shown = (time >= lit[0]) & (time < lit[1])
    return stage.add(
        kind,
        size,
        motion,
        Behaviour.SCRIPTED,
        first_step=first_step,
        yields=yields,
        trigger=trigger,
        signals=np.where(shown, signals, Signal.NONE),
    )


def lane_path(stage: Stage, lanes: Sequence[int], s: float, knots: Sequence[tuple[float, float]]) -> Array:
    """The path (P, 3) along connected lanes from s [m] on the first to the end of the last, d [m] to the left of their
    middle: knots are (m after the start, d), with smooth changes between them."""
    parts: list[Array] = []
    passed = -s
    for lane in lanes:
        length = float(stage.graph.length[lane])
        first = max(s, 0.0) if not parts else 0.0
        places = np.linspace(first, length, max(2, math.ceil((length - first) / SAMPLE) + 1))
        if lane != lanes[-1]:
            places = places[:-1]
        parts.extend(stage.pose(lane, at, offset_at(knots, passed + at))[:3] for at in places.tolist())
        passed += length
    return np.array(parts)


def offset_at(knots: Sequence[tuple[float, float]], way: float) -> float:
    """The offset [m] at a way [m] between knots (way, offset), along a quintic."""
    places, values = zip(*knots, strict=True)
    k = int(np.searchsorted(places, way, side="right"))
    if k == 0 or k == len(places):
        return float(values[max(k - 1, 0)])
    share = (way - places[k - 1]) / (places[k] - places[k - 1])
    return float(values[k - 1] + (values[k] - values[k - 1]) * share**3 * (10.0 - 15.0 * share + 6.0 * share**2))


def cones(stage: Stage, lane: int, places: Sequence[tuple[float, float]]) -> None:
    """Cones at (s, d) [m] on a lane."""
    for s, d in places:
        stage.stand(ObjectKind.CONE, (0.4, 0.4, 0.75), stage.pose(lane, s, d))
