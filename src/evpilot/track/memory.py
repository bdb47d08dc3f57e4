"""Tracks that a sensor reports ready-made, kept over the ticks in which it misses somebody."""

import math
from dataclasses import replace

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import Tracks, joined, no_tracks, picked
from evpilot.types.kinds import VEHICLES, State, among
from evpilot.types.state import Array, Ints

COAST = 0.5  # [s] that somebody who is not reported is carried on
SURE = 4  # reports after which somebody is carried on: a ghost of three frames never is
RECALL = 2.0  # [s] that somebody is recognised after his last report
PLACE_NOISE = 0.3  # [m per root s] how a place that nobody measures wanders ...
SPEED_NOISE = 2.0  # [m/s per root s] ... a velocity ...
YAW_NOISE = 0.3  # [rad per root s] ... and a heading
# [m/s2] who gains or loses more has an acceleration, even if the sensor reports none; more than that is a mistake
UNMEASURED, IMPOSSIBLE = 0.5, 12.0
SPEED, ACCEL, YAW, YAW_RATE = int(State.SPEED), int(State.ACCEL), int(State.YAW), int(State.YAW_RATE)
IS_VEHICLE = among(VEHICLES)
NOISE = np.array([PLACE_NOISE, PLACE_NOISE, YAW_NOISE, SPEED_NOISE, SPEED_NOISE, 0.0])


class Memory:
    """What the last reports said of each object; `update` once per planning tick.

    An object that was reported `SURE` times and then is not goes on as it did for `COAST` seconds, its uncertainty
    growing; then it is gone. Where nobody is missed, the answer is the report, but for the acceleration of who is
    reported with none while its speed changes: not every sensor measures it, and who brakes ahead must be seen to.
    """

    def __init__(self) -> None:
        self._known = no_tracks(0)
        self._report = no_tracks(-1)  # the newest, with all accelerations
        self._seen = np.zeros(0, np.int64)  # [ns] when each was last reported
        self._count = np.zeros(0, np.int64)  # how often

    def update(self, report: Tracks | None, t_ns: int) -> Tracks:
        """The objects around the car at t_ns [ns], those that are missed at the end. report is the sensor's newest,
        repeated where there is no newer one, or None where there is none at all. What was known at a later time is
        forgotten."""
        fresh = no_tracks(t_ns) if report is None else present(self._completed(report), t_ns)
        stamp = t_ns if report is None else report.t_ns
        if self._known.id.tolist() == fresh.id.tolist():  # in most ticks nobody comes and nobody is missed
            self._count = self._count + (self._seen != stamp)
            self._seen = np.full(len(fresh), stamp)
            self._known = fresh
            return fresh
        return self._changed(fresh, stamp, t_ns)

    def _completed(self, report: Tracks) -> Tracks:
        """`with_accelerations`, once for each report: one that comes again is as it was."""
        if report.t_ns != self._report.t_ns or not _says_the_same(report, self._report):
            self._report = with_accelerations(report, self._report)
        return self._report

    def _changed(self, fresh: Tracks, stamp: int, t_ns: int) -> Tracks:
        """`update` where the objects reported at stamp [ns] are not those known before."""
        before = self._known
        _, old, again = np.intersect1d(before.id, fresh.id, assume_unique=True, return_indices=True)
        missed = (t_ns - self._seen <= RECALL * 1e9) & (self._seen <= t_ns)
        missed[old] = False
        count = np.ones(len(fresh), np.int64)
        count[again] = self._count[old] + (self._seen[old] != stamp)
        self._known = joined(fresh, carried(picked(before, missed), t_ns)) if missed.any() else fresh
        self._seen = np.concatenate([np.full(len(fresh), stamp), self._seen[missed]])
        self._count = np.concatenate([count, self._count[missed]])
        told = (self._count >= SURE) & (t_ns - self._seen <= COAST * 1e9)
        told[: len(fresh)] = True
        return self._known if told.all() else picked(self._known, told)


def _says_the_same(one: Tracks, other: Tracks) -> bool:
    """Whether two reports tell of the same objects in the same places, at the same speeds."""
    return np.array_equal(one.id, other.id) and np.array_equal(one.state[:, :ACCEL], other.state[:, :ACCEL])


def with_accelerations(report: Tracks, last: Tracks) -> Tracks:
    """A report with the acceleration that follows from the speeds of the last one, for vehicles that are reported with
    none at all."""
    dt = (report.t_ns - last.t_ns) * 1e-9
    if dt <= 0.0:
        return report
    gained = (report.state[:, SPEED] - _speeds_in(last, report.id)) / dt
    change = np.abs(gained)
    unsaid = (report.state[:, ACCEL] == 0.0) & (change > UNMEASURED) & (change < IMPOSSIBLE) & IS_VEHICLE[report.kind]
    if not unsaid.any():
        return report
    state = report.state.copy()
    state[unsaid, ACCEL] = gained[unsaid]
    return replace(report, state=state)


def _speeds_in(report: Tracks, ids: Ints) -> Array:
    """The speed [m/s] of some ids (N,) in a report, NaN of who is not in it."""
    if np.array_equal(report.id, ids):
        return report.state[:, SPEED]
    speeds = np.full(len(ids), np.nan)
    _, now, then = np.intersect1d(ids, report.id, assume_unique=True, return_indices=True)
    speeds[now] = report.state[then, SPEED]
    return speeds


def carried(tracks: Tracks, t_ns: int) -> Tracks:
    """Tracks that nobody measures, carried on to t_ns [ns]: `present`, older, and less certain."""
    dt = (t_ns - tracks.t_ns) * 1e-9
    on = present(tracks, t_ns)
    return replace(on, age=on.age + dt, cov=grown(on.cov, dt))


def grown(cov: Array, dt: float) -> Array:
    """Covariances (N, 6, 6) after dt [s] without a measurement: constant velocity and yaw rate, both wandering."""
    cov = cov.copy()
    cov[:, :3] += dt * cov[:, 3:]
    cov[:, :, :3] += dt * cov[:, :, 3:]
    cov[:, np.arange(6), np.arange(6)] += NOISE * NOISE * dt
    return cov


def present(tracks: Tracks, t_ns: int) -> Tracks:
    """Tracks as they are expected at t_ns [ns], where they are older: each has gone on with its velocity, has turned
    and gained or lost speed as it did, and who brakes comes to a standstill at most."""
    age = (t_ns - tracks.t_ns) * 1e-9
    if age <= 0.0:
        return tracks
    state, velocity = tracks.state.copy(order="C"), tracks.velocity.copy(order="C")
    carry_on(age, state, velocity)
    return replace(tracks, t_ns=t_ns, state=state, velocity=velocity)


@kernel("void(f8, f8[:, ::1], f8[:, ::1])")
def carry_on(age: float, state: Array, velocity: Array) -> None:
    """`present` for states (N, 7) by `State` and velocities (N, 2) that are older by `age` [s]."""
    for n in range(state.shape[0]):
        speed = state[n, SPEED]
        after = speed + state[n, ACCEL] * age
        if speed * after < 0.0:
            after = 0.0
        share = after / speed if abs(speed) > 1e-6 else 1.0
        for axis in range(2):
            then = velocity[n, axis] * share
            state[n, axis] += 0.5 * (velocity[n, axis] + then) * age
            velocity[n, axis] = then
        turned = state[n, YAW] + state[n, YAW_RATE] * age
        state[n, YAW] = math.pi - (math.pi - turned) % (2.0 * math.pi)
        state[n, SPEED] = after
