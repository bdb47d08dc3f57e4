"""Whoever keeps to a recorded path, but stops rather than run into a car; and crosswalks with people."""

import math
from collections.abc import Sequence

import numpy as np

from evpilot.geometry.boxes import overlap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.scenarios import Trigger
from evpilot.simulate.traffic.replay import Recording
from evpilot.simulate.traffic.scene import COS, HALF_L, HALF_W, SIN, SOFT, SPEED, VX, VY, X, Y, Z
from evpilot.types import ObjectKind
from evpilot.types.state import Array, Bools, Ints

HIT_TIME = 2.0  # [s] before it would run into a reacting one, a recorded vehicle leaves its recording
HIT_ROOM = (0.5, 0.1)  # [m] along and across, that are too near
LOOK_TIME = 2.0  # [s] along its recording that one looks
ROOM = 0.4  # [m] that one leaves to a car
WHEELS_MIN = 0.6  # [m] half the length of the shortest thing on wheels
COMING_TIME = 0.4  # [s] that a car is taken to go on
BRAKE_FOOT = 3.0  # [m/s2]
BRAKE_WHEELS = 5.0  # [m/s2]
START_ACCEL = 1.5  # [m/s2]
ABSENT = -1  # [ns] on the clock of who has yet to appear: before every step
EDGE = 0.5  # [m] beside a crosswalk that counts as on it
WALK_TIMES = (0.0, 0.6, 1.2)  # [s] ahead, at which someone may be on a crosswalk


@kernel()
def _will_touch(path: Array, half_length: float, half_width: float, row: Array) -> bool:
    """Whether one that is close to a thing (a row of `things`), but does not touch it yet, would run into it."""
    for k in range(path.shape[0]):
        c, s = math.cos(path[k, 3]), math.sin(path[k, 3])
        x, y = path[k, 0], path[k, 1]
        if overlap(x, y, c, s, half_length, half_width, row[X], row[Y], row[COS], row[SIN], row[HALF_L], row[HALF_W]):
            return k > 0
    return False


@kernel("i8(f8[:, ::1], f8, f8, f8[:, ::1], b1[::1])")
def blocked_at(path: Array, half_length: float, half_width: float, things: Array, minds: Bools) -> int:
    """The first row of a coming path (K, 7) by `State` at which one's box would touch a thing that it minds, K when
    none; what it already touches at row 0 does not count."""
    first = path.shape[0]
    for j in range(things.shape[0]):
        row = things[j]
        if not minds[j] or math.hypot(row[X] - path[0, 0], row[Y] - path[0, 1]) > 40.0:
            continue
        sweep = 0.5 * COMING_TIME * row[SPEED]
        x, y = row[X] + sweep * row[COS], row[Y] + sweep * row[SIN]
        for k in range(first):
            c, s = math.cos(path[k, 3]), math.sin(path[k, 3])
            if not overlap(
                path[k, 0],
                path[k, 1],
                c,
                s,
                half_length + ROOM,
                half_width + ROOM,
                x,
                y,
                row[COS],
                row[SIN],
                row[HALF_L] + abs(sweep),
                row[HALF_W],
            ):
                continue
            if k > 0 or _will_touch(path[:first], half_length, half_width, row):
                first = k
            break
    return first


@kernel("b1[::1](f8[:, ::1], i8[::1], i8[::1], f8[:, ::1], f8, f8[:, ::1], b1[::1])")
def will_hit(state: Array, row: Ints, left: Ints, half: Array, dt: float, things: Array, minds: Bools) -> Bools:
    """Which recorded vehicles (M,) would run into a thing that they mind within HIT_TIME, were it to keep its velocity.

    state (R, 7) holds the recordings, row (M,) where each is now, left (M,) its rows to come; half (M, 2) half sizes.
    """
    found = np.zeros(row.shape[0], np.bool_)
    rows = int(HIT_TIME / dt)
    for m in range(row.shape[0]):
        for j in range(things.shape[0]):
            one = things[j]
            away = math.hypot(one[X] - state[row[m], 0], one[Y] - state[row[m], 1])
            if not minds[j] or away > 80.0 or abs(one[Z] - state[row[m], 2]) > LEVEL:
                continue
            for k in range(min(rows, left[m])):
                own = state[row[m] + k]
                x, y = one[X] + k * dt * one[VX], one[Y] + k * dt * one[VY]
                c, s = math.cos(own[3]), math.sin(own[3])
                long, wide = half[m, 0] + HIT_ROOM[0], half[m, 1] + HIT_ROOM[1]
                if overlap(own[0], own[1], c, s, long, wide, x, y, one[COS], one[SIN], one[HALF_L], one[HALF_W]):
                    found[m] = k > 0
                    break
            if found[m]:
                break
    return found


@kernel()
def _holds(x: float, y: float, polygon: Array, first: int, last: int) -> bool:
    odd = False
    j = last - 1
    for i in range(first, last):
        xi, yi, xj, yj = polygon[i, 0], polygon[i, 1], polygon[j, 0], polygon[j, 1]
        if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / (yj - yi) + xi:
            odd = not odd
        j = i
    return odd


@kernel("b1[::1](i8[::1], f8[:, ::1], f8[:, ::1], b1[::1])")
def busy_walks(start: Ints, polygon: Array, things: Array, here: Bools) -> Bools:
    """Which crosswalks (W,) someone on foot or bicycle is on or about to step on; start (W + 1,), polygon (Q, 3)."""
    busy = np.zeros(start.shape[0] - 1, np.bool_)
    for w in range(busy.shape[0]):
        for j in range(things.shape[0]):
            if not here[j] or things[j, SOFT] < 0.5:
                continue
            for ahead in WALK_TIMES:
                x, y = things[j, X] + ahead * things[j, VX], things[j, Y] + ahead * things[j, VY]
                if _holds(x, y, polygon, start[w], start[w + 1]):
                    busy[w] = True
    return busy


def fired(triggers: Sequence[Trigger | None], among: Bools, x: float, y: float, speed: float) -> list[int]:
    """Which of the triggers (A,) marked in among (A,) the ego at x, y [m] with a speed [m/s] sets off; those that are
    one and the same are asked once."""
    told: dict[int, bool] = {}
    found: list[int] = []
    for k in np.flatnonzero(among).tolist():
        trigger = triggers[k]
        if trigger is None:
            continue
        if id(trigger) not in told:
            told[id(trigger)] = trigger.fires(x, y, speed)
        if told[id(trigger)]:
            found.append(k)
    return found


class Clocks:
    """The own time of each recorded actor: it slows down where a car is in the way and runs on when it is free.

    careful (A,) marks the actors that look; all others keep the world's time. Who waits for the ego stands at its first
    row until then; who has yet to appear is before its first step. now (A,) is each one's time [ns] in its recording,
    rate (A,) 0..1 how fast that runs.
    """

    def __init__(self, recording: Recording, careful: Bools) -> None:
        self._recording = recording
        self._careful = np.flatnonzero(careful)
        self._waiting = np.array([trigger is not None for trigger in recording.trigger], np.bool_)
        self._absent = np.array([appears is not None for appears in recording.appears], np.bool_)
        self._t_ns = 0
        on_foot = np.isin(recording.kind, (ObjectKind.PEDESTRIAN, ObjectKind.ANIMAL))
        self._brake = np.where(on_foot, BRAKE_FOOT, BRAKE_WHEELS)
        self.now = np.zeros(len(recording.id), np.int64)
        self.rate = np.ones(len(recording.id))

    def start(self, t_ns: int) -> None:
        """Begin at t_ns [ns]."""
        self._t_ns = t_ns
        self.now[:] = np.where(self._waiting, self._recording.first * self._recording.dt_ns, t_ns)
        self.now[self._absent] = ABSENT

    def set_off(self, t_ns: int, x: float, y: float, speed: float) -> None:
        """Let those appear, and those go, whom the ego, its box centre at x, y [m] with a speed [m/s], sets off."""
        for k in fired(self._recording.appears, self._absent, x, y, speed):
            self._absent[k] = False
            self.now[k] = self._recording.first[k] * self._recording.dt_ns if self._waiting[k] else 0
        for k in np.flatnonzero(self._waiting).tolist():
            trigger = self._recording.trigger[k]
            begun = t_ns >= self._recording.first[k] * self._recording.dt_ns and not self._absent[k]
            self._waiting[k] = not (begun and trigger is not None and trigger.fires(x, y, speed))

    def advance(self, t_ns: int, things: Array, minds: Bools) -> None:
        """Go on to t_ns [ns]; things (O, 13) are all as they were, minds (O,) those that one stops for."""
        elapsed = t_ns - self._t_ns
        self._t_ns = t_ns
        for k in self._careful.tolist():
            self._look(k, things, minds, elapsed * 1e-9)
        self.now += np.where(self._waiting | self._absent, 0, np.round(self.rate * elapsed).astype(np.int64))

    def _look(self, k: int, things: Array, minds: Bools, dt: float) -> None:
        """Slow actor k down, or let it go on."""
        recording = self._recording
        step = int(self.now[k] // recording.dt_ns - recording.first[k])
        if step < 0 or step >= recording.count[k] - 1:
            return
        row = int(recording.row[k]) + step
        rows = min(math.ceil(LOOK_TIME * 1e9 / recording.dt_ns), int(recording.count[k]) - step)
        path = recording.state[row : row + rows]
        length, width = recording.size[k]
        blocked = blocked_at(path, 0.5 * length, 0.5 * width, things, minds)
        pace = max(float(np.hypot(*recording.velocity[row])), 0.5)
        if blocked == rows:
            self.rate[k] = min(1.0, self.rate[k] + START_ACCEL * dt / pace)
            return
        speed = self.rate[k] * pace
        # the rows of what has wheels are far apart: it stops at the last free one
        last = blocked if length > 2.0 * WHEELS_MIN else blocked + 1
        room = float(np.hypot(*np.diff(path[:last, :2], axis=0).T).sum())
        if room < speed * speed / (2.0 * self._brake[k]) + 2.0 * speed * dt:
            self.rate[k] = max(0.0, self.rate[k] - self._brake[k] * dt / pace) if room > 0.2 else 0.0
