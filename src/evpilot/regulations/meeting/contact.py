"""Who touched the car in a drive, when and how fast: looked at every 10 ms, between the planning ticks too."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.boxes import gap
from evpilot.geometry.jit import kernel
from evpilot.runlog.record import Ego, RunLog
from evpilot.types import Platform
from evpilot.types.state import Array, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """The first contact: the other's id, when [s], the car's speed [m/s], the speed at which it closed in on the other
    along its heading [m/s], and where on the car's front the other's reference point was: 0 at the right edge .. 1 at
    the left one."""

    id: int
    seconds: float
    speed: float
    relative: float
    location: float


@kernel("void(f8[:, ::1], f8[:, :, ::1], i8[::1], f8[::1], f8[:, ::1], f8, f8, f8[:, ::1])")
def gaps(
    rows: Array, others: Array, tick: Ints, share: Array, size: Array, half: float, wide: float, out: Array
) -> None:
    """Fill out (K, N) with the gap [m] between the car's box at rows (K, 3) x, y, yaw of its centre and each of N
    others; negative in contact, inf for who is not there.

    others (F, N, 3) x, y, yaw at the planning ticks, NaN when absent; tick (K,) and share (K,) where each row lies
    between two ticks; size (N, 2) [m]; half, wide: the car's half length and half width [m].
    """
    for k in range(rows.shape[0]):
        a, w = tick[k], share[k]
        b = min(a + 1, others.shape[0] - 1)
        c, s = math.cos(rows[k, 2]), math.sin(rows[k, 2])
        for n in range(others.shape[1]):
            x = others[a, n, 0] + w * (others[b, n, 0] - others[a, n, 0])
            y = others[a, n, 1] + w * (others[b, n, 1] - others[a, n, 1])
            yaw = others[a, n, 2] + w * wrap(others[b, n, 2] - others[a, n, 2])
            if math.isnan(x):
                out[k, n] = np.inf
                continue
            out[k, n] = gap(
                rows[k, 0], rows[k, 1], c, s, half, wide,
                x, y, math.cos(yaw), math.sin(yaw), 0.5 * size[n, 0], 0.5 * size[n, 1],
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meetings:
    """A drive's rows with what is around: seconds (K,), the car's speed (K,) and box (K, 3), gap (K, N) [m] to each
    other; id (N,), others (F, N, 3) and velocity (F, N, 2) of the others at the ticks; tick (K,) and share (K,) as in
    `gaps`."""

    seconds: Array
    speed: Array
    box: Array
    gap: Array
    id: Ints
    others: Array
    velocity: Array
    tick: Ints
    share: Array


def meetings(run: RunLog, platform: Platform) -> Meetings:
    """Every row of a drive with the gap to every other thing; between two planning ticks the others move in straight
    lines at a constant pace."""
    ids = np.unique(np.concatenate([frame.truth.objects.id for frame in run.frames]))
    others = np.full((len(run.frames), len(ids), 3), np.nan)
    velocity = np.zeros((len(run.frames), len(ids), 2))
    size = np.zeros((len(ids), 2))
    for f, frame in enumerate(run.frames):
        at = np.searchsorted(ids, frame.truth.objects.id)
        others[f, at] = frame.truth.objects.state[:, [0, 1, 3]]
        velocity[f, at] = frame.truth.objects.velocity
        size[at] = frame.truth.objects.size
    ticks = np.array([frame.t_ns for frame in run.frames], np.int64)
    tick: Ints = np.clip(np.searchsorted(ticks, run.t_ns, side="right") - 1, 0, len(ticks) - 1).astype(np.int64)
    length: Ints = np.append(np.diff(ticks), run.briefing.period_ns)[tick]
    share: Array = np.clip((run.t_ns - ticks[tick]) / length, 0.0, 1.0)
    yaw = run.ego[:, Ego.YAW]
    ahead = platform.rear_to_center
    box = np.column_stack([run.ego[:, Ego.X] + ahead * np.cos(yaw), run.ego[:, Ego.Y] + ahead * np.sin(yaw), yaw])
    out = np.full((len(box), len(ids)), np.inf)
    gaps(box, others, tick, share, size, 0.5 * platform.length, 0.5 * platform.width, out)
    return Meetings(
        seconds=run.t_ns.astype(np.float64) * 1e-9,
        speed=run.ego[:, Ego.SPEED],
        box=box,
        gap=out,
        id=ids,
        others=others,
        velocity=velocity,
        tick=tick,
        share=share,
    )


def first_touch(found: Meetings, platform: Platform, reference: float = 0.0) -> Touch | None:
    """The first contact of a drive, or None; reference [m]: how far the reference point of the other lies ahead of its
    box's centre."""
    hit = found.gap <= 0.0
    if not hit.any():
        return None
    k = int(np.argmax(hit.any(axis=1)))
    n = int(np.argmin(found.gap[k]))
    a, w = int(found.tick[k]), float(found.share[k])
    b = min(a + 1, len(found.others) - 1)
    x, y, yaw = (found.others[a, n] + w * (found.others[b, n] - found.others[a, n])).tolist()
    px, py = x + reference * math.cos(yaw), y + reference * math.sin(yaw)
    cx, cy, heading = found.box[k].tolist()
    c, s = math.cos(heading), math.sin(heading)
    across = (py - cy) * c - (px - cx) * s
    vx, vy = (found.velocity[a, n] + w * (found.velocity[b, n] - found.velocity[a, n])).tolist()
    speed = float(found.speed[k])
    return Touch(
        id=int(found.id[n]),
        seconds=float(found.seconds[k]),
        speed=speed,
        relative=max(speed - (vx * c + vy * s), 0.0),
        location=across / platform.width + 0.5,
    )


def nearest(found: Meetings, number: int) -> float | None:
    """The smallest gap to an other [m]; None when it was never there."""
    column = np.flatnonzero(found.id == number)
    return float(found.gap[:, column[0]].min()) if len(column) else None
