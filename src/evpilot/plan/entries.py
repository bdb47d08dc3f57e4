"""Predictions as boxes on the planner's time grid: one entry for every mode that is likely enough."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import GRID, Corridor, Ref
from evpilot.plan.way import Way
from evpilot.types import FIXED, VEHICLES, EgoState, ObjectKind, Predictions, Signal, Tracks, among
from evpilot.types.state import Array, Bools, Ints

PROB_MIN = 0.08  # a less likely mode is left out
REACH = 160.0  # [m] what is further away cannot be met within the horizon at town speeds; grows with speed
STANDOFF = 9.0  # [m]
BESIDE = (
    15.0  # [m] who is on another level is on our road where a path of ours leads there, at most so far beside it ...
)
DIRECT = 0.5  # ... whose way is at most twice as long: round a spiral ramp it comes out above or below us

HAZARD, BICYCLE = int(Signal.HAZARD), int(ObjectKind.BICYCLE)
IS_FIXED = among(FIXED)
IS_AFOOT = among([ObjectKind.PEDESTRIAN, ObjectKind.ANIMAL])
BY_ROAD = among(kind for kind in VEHICLES if kind != ObjectKind.TRAIN)
STEPS = len(GRID)
TIMES = GRID


@kernel()
def _one_on_grid(knots: Array, track: Array, out: Array) -> None:
    """`on_grid` for one way: poses (T, 4) at two knots or more, out (51, 5)."""
    k, known, turn, yaw, c, s = 0, -1, 0.0, math.nan, 0.0, 0.0
    for step in range(STEPS):
        t, before = TIMES[step], yaw
        while k < knots.shape[0] - 2 and knots[k + 1] <= t:
            k += 1
        if k != known:
            known, turn = k, wrap(track[k + 1, 3] - track[k, 3])
        span = knots[k + 1] - knots[k]
        f = (t - knots[k]) / span
        dx, dy = track[k + 1, 0] - track[k, 0], track[k + 1, 1] - track[k, 1]
        yaw = track[k, 3] + min(f, 1.0) * turn
        if yaw != before:
            c, s = math.cos(yaw), math.sin(yaw)
        out[step, 0], out[step, 1] = track[k, 0] + f * dx, track[k, 1] + f * dy
        out[step, 2], out[step, 3], out[step, 4] = c, s, (dx * c + dy * s) / span


@kernel("void(f8[::1], f8[:, :, :, ::1], i8[::1], i8[::1], f8[:, :, ::1])")
def on_grid(knots: Array, pose: Array, rows: Ints, modes: Ints, out: Array) -> None:
    """Fill out (E, 51, 5) by `Entry` from poses (N, M, T, 4) at knots (T,) [s]; beyond the last knot straight on."""
    for e in range(rows.shape[0]):
        track = pose[rows[e], modes[e]]
        if knots.shape[0] > 1:
            _one_on_grid(knots, track, out[e])
            continue
        for step in range(STEPS):
            out[e, step, 0], out[e, step, 1], out[e, step, 4] = track[0, 0], track[0, 1], 0.0
            out[e, step, 2], out[e, step, 3] = math.cos(track[0, 3]), math.sin(track[0, 3])


def on_our_level(state: Array, ego: EgoState, ways: list[Way]) -> Bools:
    """Which of the tracks' states (N, 7) are on our road: at our height, or at that of a corridor that leads there."""
    x, y, z = ego.pose[:3].tolist()
    level = np.abs(state[:, 2] - z) < LEVEL
    for row in np.flatnonzero(~level):
        away = math.hypot(state[row, 0] - x, state[row, 1] - y)
        level[row] = away < REACH and any(_leads_to(state[row, :3], away, way) for way in ways)
    return level


def _leads_to(place: Array, away: float, way: Way) -> bool:
    """Whether a corridor passes a place (3,) that is so far away [m], and not by going round."""
    apart = np.hypot(way.table[:, Ref.X] - place[0], way.table[:, Ref.Y] - place[1])
    beside = (apart < BESIDE) & (np.abs(way.table[:, Ref.Z] - place[2]) < LEVEL)
    run = np.abs(np.flatnonzero(beside) * SPACING - way.scalars[Corridor.S])
    return bool(np.any(run * DIRECT < away))


class Entries:
    """The boxes that the planner keeps clear of: box (E, 51, 5) by `Entry`, half (E, 2) half length and width [m],
    level (E,) height now [m], prob (E,), standoff (E,) how much further [m] than behind traffic to stop, moving (E,),
    track (E,) row in the tracks, polite (E,) the likeliest way of a vehicle that may give way, riders (K,) and
    walkers (K,) the entries of cyclists, and of people on foot and animals."""

    def __init__(self, tracks: Tracks, predictions: Predictions, ego: EgoState, level: Bools) -> None:
        """level (N,): which of the tracks are `on_our_level`."""
        state = tracks.state
        reach = REACH + 8.0 * abs(ego.speed)
        square = (state[:, 0] - ego.pose[0]) ** 2 + (state[:, 1] - ego.pose[1]) ** 2
        near = (square < reach * reach) & level & tracks.valid
        track_row = _rows_of(predictions.track_id, tracks.id)
        likely = (predictions.prob >= PROB_MIN) & near[track_row][:, None]
        rows, modes = np.nonzero(likely)
        self.box: Array = np.zeros((len(rows), STEPS, 5))
        on_grid(predictions.time, predictions.pose, rows.astype(np.int64), modes.astype(np.int64), self.box)
        self.track: Ints = track_row[rows]
        self.level: Array = np.ascontiguousarray(state[self.track, 2])
        self.half: Array = np.ascontiguousarray(0.5 * tracks.size[self.track])
        self.prob: Array = np.ascontiguousarray(predictions.prob[rows, modes])
        fixed = IS_FIXED[tracks.kind[self.track]]
        # behind what will not move the car stays far enough back to steer round it
        hazard = (tracks.signals[self.track] & HAZARD > 0) & (np.abs(tracks.state[self.track, 4]) < 0.3)
        self.standoff: Array = np.where(fixed | hazard, STANDOFF, 0.0)
        self.polite: Bools = _likeliest(self.track) & BY_ROAD[tracks.kind[self.track]]
        self.moving: Bools = ~fixed & (np.abs(tracks.state[self.track, 4]) > 0.3)

        self.riders: Ints = np.flatnonzero(tracks.kind[self.track] == BICYCLE)
        self.walkers: Ints = np.flatnonzero(IS_AFOOT[tracks.kind[self.track]])

    def __len__(self) -> int:
        return len(self.prob)


def _likeliest(track: Ints) -> Bools:
    """Whether an entry is the first of its track; entries stand by track, then by mode, the likeliest first."""
    return np.concatenate([[True], track[1:] != track[:-1]])[: len(track)]


def _rows_of(ids: Ints, among: Ints) -> Ints:
    """At which place of `among` each id stands; they mostly stand in the same order."""
    if len(ids) == len(among) and np.array_equal(ids, among):
        return np.arange(len(ids))
    order = np.argsort(among, kind="stable")
    return order[np.searchsorted(among, ids, sorter=order)]
