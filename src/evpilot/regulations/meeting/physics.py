"""What no braking could have avoided: a search over the car's brake profiles, with its actuators.

From the first tick in which the target could be seen the car rolls on for some time and then brakes at some strength
until it stands; every combination is driven with the simulated car's own longitudinal model along the scene's way, and
looked at every 10 ms against what everybody in the scene does.
"""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.regulations.meeting.contact import gaps
from evpilot.regulations.meeting.scene import Scene
from evpilot.regulations.meeting.targets import STEP
from evpilot.types import Limits, Platform
from evpilot.types.state import Array, Ints
from evpilot.vehicle.dynamics import Car, car_step, parameters

DT = 0.01  # [s]
WAITS = np.arange(0.0, 3.01, 0.1)  # [s] from the first sight to the brake
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the hardest braking


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best of all profiles: whether one has no contact; if none, the least relative speed of contact [m/s], when
    the brake was applied after first sight [s] and how hard [m/s2]."""

    avoids: bool
    relative: float
    wait: float
    decel: float

    def __str__(self) -> str:
        if self.avoids:
            return f"avoided by braking with {self.decel:.1f} m/s2 {self.wait:.1f} s after first sight"
        return (
            f"no brake profile avoids it; the best, {self.decel:.1f} m/s2 after {self.wait:.1f} s,"
            f" meets at {self.relative * 3.6:.1f} km/h"
        )


@kernel("void(f8, f8, f8, f8[::1], f8, f8[:, ::1])")
def roll(speed: float, wait: float, decel: float, par: Array, dt: float, out: Array) -> None:
    """Fill out (K, 2) with the way [m] and speed [m/s] of a car that rolls on at a speed for `wait` [s] and then brakes
    [m/s2] to a standstill; par by `vehicle.dynamics.parameters`."""
    state = np.zeros(11)
    state[Car.SPEED] = speed
    for k in range(out.shape[0]):
        out[k, 0], out[k, 1] = state[Car.X], state[Car.SPEED]
        car_step(state, -decel if k * dt >= wait - 1e-9 else 0.0, 0.0, False, 0.0, par, dt)


def search(scene: Scene, platform: Platform, limits: Limits, seen: float) -> Best:
    """The best brake profile of the car from the first sight at `seen` [s] on."""
    par = parameters(platform, scene.friction)
    hardest = min(limits.emergency, platform.brake_max)
    time = np.arange(seen, scene.end, DT)
    others, tick, share = _others(scene, time)
    size = np.array([[actor.length, actor.width] for actor in scene.actors])
    begun = scene.start + scene.speed * seen
    best = Best(avoids=False, relative=math.inf, wait=0.0, decel=hardest)
    out, gap = np.zeros((len(time), 2)), np.zeros((len(time), len(scene.actors)))
    for wait in WAITS[max(scene.meeting - seen, 0.0) >= WAITS]:
        for part in SHARES:
            roll(scene.speed, float(wait), part * hardest, par, DT, out)
            box = _boxes(scene, platform, begun + out[:, 0])
            gaps(box, others, tick, share, size, 0.5 * platform.length, 0.5 * platform.width, gap)
            hit = np.flatnonzero((gap <= 0.0).any(axis=1))
            if not len(hit):
                return Best(avoids=True, relative=0.0, wait=float(wait), decel=part * hardest)
            k = int(hit[0])
            relative = _relative(scene, box[k], float(out[k, 1]), float(time[k]), int(np.argmin(gap[k])))
            if relative < best.relative:
                best = Best(avoids=False, relative=relative, wait=float(wait), decel=part * hardest)
    return best


def _boxes(scene: Scene, platform: Platform, s: Array) -> Array:
    way, arc = scene.track.way, scene.track.arc
    x, y, yaw = (np.interp(s, arc, way[:, k]) for k in (0, 1, 3))
    ahead = platform.rear_to_center
    return np.column_stack([x + ahead * np.cos(yaw), y + ahead * np.sin(yaw), yaw])


def _others(scene: Scene, time: Array) -> tuple[Array, Ints, Array]:
    """Everybody at the ticks (F, N, 3), and where each time lies between two of them."""
    rows = max(round(scene.end / STEP) + 2, 2)
    others = np.empty((rows, len(scene.actors), 3))
    for n, actor in enumerate(scene.actors):
        motion = actor.motion[:, [0, 1, 3]]
        others[:, n] = motion[np.minimum(np.arange(rows), len(motion) - 1)]
    tick = np.minimum((time / STEP + 1e-9).astype(np.int64), rows - 2)
    return others, tick, time / STEP - tick


def _relative(scene: Scene, box: Array, speed: float, time: float, number: int) -> float:
    motion = scene.actors[number].motion
    row = motion[min(round(time / STEP), len(motion) - 1)]
    return max(speed - float(row[4]) * math.cos(float(row[3]) - float(box[2])), 0.0)
