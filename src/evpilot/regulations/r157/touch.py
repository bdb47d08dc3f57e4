"""Contact in a log, tested every hundredth of a second on boxes at box centres, and whether the car left its lane."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.boxes import overlap
from evpilot.geometry.jit import kernel
from evpilot.runlog import Ego, RunLog
from evpilot.types import FIXED, Platform
from evpilot.types.state import Array, Ints


@kernel("Tuple((i8, f8))(f8[:, ::1], f8, f8, i8[::1], f8[:, ::1], f8[::1])")
def first_touch(car: Array, half: float, wide: float, row: Ints, other: Array, size: Array) -> tuple[int, float]:
    """The first row of car (K, 3), box centre and yaw, that touches an other, -1 when none; and the smallest distance
    [m] of the boxes along or across, whichever separates them more, until then.

    half, wide [m] are the car's half length and width; row (F,) the car's rows at which the other's x, y, yaw (F, 3)
    are known, linear between them; size (2,) half length and width of the other.
    """
    least = np.inf
    for f in range(row.shape[0]):
        last = row[f + 1] if f + 1 < row.shape[0] else row[f] + 1
        g = min(f + 1, row.shape[0] - 1)
        for k in range(row[f], min(last, car.shape[0])):
            share = (k - row[f]) / max(last - row[f], 1)
            x = other[f, 0] + share * (other[g, 0] - other[f, 0])
            y = other[f, 1] + share * (other[g, 1] - other[f, 1])
            yaw = other[f, 2] + share * (other[g, 2] - other[f, 2])
            c, s = math.cos(car[k, 2]), math.sin(car[k, 2])
            if overlap(x, y, math.cos(yaw), math.sin(yaw), size[0], size[1], car[k, 0], car[k, 1], c, s, half, wide):
                return k, 0.0
            least = min(least, max(abs(x - car[k, 0]) - size[0] - half, abs(y - car[k, 1]) - size[1] - wide))
    return -1, least


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touch:
    """The first contact of a drive: row of the fast clock, -1 for none; whose; impact [m/s] our speed against the
    other's along our heading; beside: our centre is ahead of the other's. distance [m] the least to anybody."""

    row: int
    object_id: int
    impact: float
    beside: bool
    distance: float

    @property
    def happened(self) -> bool:
        """Whether there was contact at all."""
        return self.row >= 0

    @property
    def impact_speed(self) -> float | None:
        """`impact`, None without contact."""
        return self.impact if self.happened else None

    @property
    def margin(self) -> float:
        """What was left [m], or how hard the contact was [m/s] as a negative number."""
        return -self.impact if self.happened else self.distance


def centre_rows(run: RunLog, platform: Platform) -> Array:
    """Our box centre and yaw (K, 3) on the fast clock."""
    yaw = run.ego[:, Ego.YAW]
    shift = platform.rear_to_center
    x, y = run.ego[:, Ego.X] + shift * np.cos(yaw), run.ego[:, Ego.Y] + shift * np.sin(yaw)
    return np.ascontiguousarray(np.column_stack([x, y, yaw]))


def contact(run: RunLog, platform: Platform, car: Array) -> Touch:
    """The first contact with anybody but what stands beside the road."""
    fast = int(run.t_ns[1] - run.t_ns[0]) if len(run.t_ns) > 1 else 1
    row = np.array([(frame.t_ns - int(run.t_ns[0])) // fast for frame in run.frames], np.int64)
    first = Touch(row=-1, object_id=-1, impact=0.0, beside=False, distance=math.inf)
    nearest = math.inf
    objects = run.frames[0].truth.objects
    for k in np.flatnonzero(~np.isin(objects.kind, [int(kind) for kind in FIXED])):
        states = np.array([frame.truth.objects.state[k] for frame in run.frames]).take((0, 1, 3), axis=1)
        size = 0.5 * objects.size[k]
        at, far = first_touch(car, 0.5 * platform.length, 0.5 * platform.width, row, states, size)
        nearest = min(nearest, far)
        if at >= 0 and (first.row < 0 or at < first.row):
            frame = run.frames[int(np.searchsorted(row, at, side="right")) - 1].truth.objects
            yaw = float(car[at, 2])
            pace = float(frame.velocity[k, 0]) * math.cos(yaw) + float(frame.velocity[k, 1]) * math.sin(yaw)
            place = np.interp(at, row, states[:, 0])
            first = Touch(
                row=at,
                object_id=int(objects.id[k]),
                impact=float(run.ego[at, Ego.SPEED]) - pace,
                beside=bool(car[at, 0] > place),
                distance=0.0,
            )
    return first if first.happened else Touch(row=-1, object_id=-1, impact=0.0, beside=False, distance=nearest)


def off_lane(car: Array, platform: Platform, half_lane: float) -> float:
    """How far [m] a corner of the car was beyond the edge of its lane, whose middle is y = 0, at most; negative: the
    room that was left."""
    reach = 0.5 * platform.length * np.abs(np.sin(car[:, 2])) + 0.5 * platform.width * np.abs(np.cos(car[:, 2]))
    return float(np.max(np.abs(car[:, 1]) + reach)) - half_lane
