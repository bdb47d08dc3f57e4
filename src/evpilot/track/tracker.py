"""From what is seen in each frame to the same things over time."""

import math
from collections import deque

import numpy as np
from scipy.optimize import linear_sum_assignment

from evpilot.files import EvpilotError
from evpilot.geometry.level import LEVEL
from evpilot.track.filters import distances, predict, update
from evpilot.types import VULNERABLE, Detections, EgoState, ObjectKind, Tracks, among, no_tracks
from evpilot.types.state import Array, Bools, Ints

PLACE_SIGMA = (0.2, 0.003)  # [m], [-] measured place: at the car, and growing with distance
VELOCITY_SIGMA = 0.5  # [m/s]
YAW_SIGMA = 0.06  # [rad]
GATE = 16.0  # squared Mahalanobis distance in the plane: 99.97 % of the right ones are inside
FAR = 8.0  # [m] nothing jumps further between two frames
NO_MATCH = 1e6  # cost of a pair outside the gate
CONFIRM = 4  # frames in which a thing must have been seen: a ghost of three frames is never told
SURE = 0.5  # score from which a thing in the very first frame is believed at once
KEEP = 1.0  # [s] that a thing is carried on unseen
KEEP_YOUNG = 0.25  # [s] the same before it is confirmed
TWIN = 1.0  # [m] a second box so near to a track is the same thing
HISTORY = 2.0  # [s] of own poses that are kept for late detections
SIZE_SHARE = 0.05  # of a new size that goes into an old track's
FIRST_SPEED = 8.0  # [m/s] uncertainty of a velocity that is not measured
FLIP_VOTES = -3.0  # when so many more boxes say otherwise, a track turns round
FORWARD_SPEED = 4.0  # [m/s] a car that goes backwards faster than this has its box the wrong way round
VOTES_MAX = 10.0
WALKS = among((*VULNERABLE, ObjectKind.ANIMAL, ObjectKind.BALL))
KINDS = len(ObjectKind)


class Tracker:
    """Kalman filters with global nearest neighbours (Hungarian assignment, Kuhn 1955).

    A detection of another time than now is put where the car was then, and the tracks are carried on to now. Ids are
    never used twice. period_s [s] is the time between two updates.
    """

    def __init__(self, period_s: float) -> None:
        self._keep = max(KEEP, 3.0 * period_s)
        self._young = max(KEEP_YOUNG, 1.5 * period_s)
        self._poses: deque[tuple[int, Array]] = deque()
        self._t_ns: int | None = None
        self._next = 1
        self._id = np.zeros(0, np.int64)
        self._x = np.zeros((0, 6))
        self._p = np.zeros((0, 6, 6))
        self._y = np.zeros((0, 2))
        self._q = np.zeros((0, 2, 2))
        self._z = np.zeros(0)
        self._size = np.zeros((0, 2))
        self._votes = np.zeros((0, KINDS))
        self._facing = np.zeros(0)
        self._hits = np.zeros(0, np.int64)
        self._sure = np.zeros(0, np.bool_)
        self._born = np.zeros(0, np.int64)
        self._last = np.zeros(0, np.int64)

    def update(self, detections: Detections, ego: EgoState) -> Tracks:
        """The confirmed tracks at ego.t_ns, sorted by id, after one frame of detections; ego is the car now.

        A frame that is not newer than the last, or older than HISTORY, only lets time pass. cov is over x, y, yaw, vx,
        vy, yaw rate. Raises EvpilotError, and changes nothing, when an input is not sound or comes from the future.
        """
        detections.validate()
        ego.validate()
        if detections.t_ns > ego.t_ns:
            raise EvpilotError(
                f"{detections.t_ns} ns is later than now, {ego.t_ns} ns; must not be", place="Detections.t_ns"
            )
        if self._poses and ego.t_ns < self._poses[-1][0]:
            raise EvpilotError(
                f"{ego.t_ns} ns is before the last update, {self._poses[-1][0]} ns; must not be", place="EgoState.t_ns"
            )
        self._remember(ego)
        newer = self._t_ns is None or detections.t_ns > self._t_ns
        if newer and ego.t_ns - detections.t_ns <= HISTORY * 1e9:
            self._take_in(detections)
        return self._told(ego.t_ns)

    def _remember(self, ego: EgoState) -> None:
        self._poses.append((ego.t_ns, ego.pose))
        while ego.t_ns - self._poses[0][0] > HISTORY * 1e9:
            self._poses.popleft()

    def _pose_at(self, t_ns: int) -> Array:
        """The car's pose (4,) at a time, between those that are known."""
        times = [t for t, _ in self._poses]
        k = int(np.clip(np.searchsorted(times, t_ns), 1, max(len(times) - 1, 1)))
        if len(times) == 1 or t_ns <= times[0]:
            return self._poses[0][1]
        (t0, a), (t1, b) = self._poses[k - 1], self._poses[k]
        share = min(1.0, (t_ns - t0) / max(t1 - t0, 1))
        pose = a + share * (b - a)
        pose[3] = a[3] + share * math.remainder(b[3] - a[3], 2.0 * math.pi)
        return pose

    def _take_in(self, detections: Detections) -> None:
        dt = 0.0 if self._t_ns is None else (detections.t_ns - self._t_ns) * 1e-9
        first = self._t_ns is None
        self._t_ns = detections.t_ns
        predict(self._x, self._p, self._y, self._q, self._walks(), dt)
        box, velocity, sigma = self._to_map(detections)
        rows, seen = self._match(box, velocity, detections.has_velocity, sigma)
        self._flip(rows, seen, box)
        update(
            self._x,
            self._p,
            self._y,
            self._q,
            rows,
            seen,
            box,
            velocity,
            detections.has_velocity,
            sigma,
            VELOCITY_SIGMA,
            YAW_SIGMA,
        )
        self._note(rows, seen, box, detections)
        fresh = np.ones(len(box), np.bool_)
        fresh[seen] = False
        self._bear(np.flatnonzero(fresh), box, velocity, sigma, detections, first)
        self._forget()

    def _walks(self) -> Bools:
        return WALKS[self._kind()]

    def _kind(self) -> Ints:
        return np.argmax(self._votes, axis=1) if len(self._votes) else np.zeros(0, np.int64)

    def _to_map(self, detections: Detections) -> tuple[Array, Array, Array]:
        """Boxes (D, 6) and velocities (D, 2) in the map frame, and the uncertainty (D,) [m] of their places."""
        x, y, z, yaw = (float(v) for v in self._pose_at(detections.t_ns))
        cos, sin = math.cos(yaw), math.sin(yaw)
        box = detections.box.copy()
        ahead, left = detections.box[:, 0], detections.box[:, 1]
        box[:, 0], box[:, 1] = x + cos * ahead - sin * left, y + sin * ahead + cos * left
        box[:, 2] += z
        box[:, 3] += yaw
        vx, vy = np.where(detections.has_velocity[:, None], detections.velocity, 0.0).T
        velocity = np.stack([cos * vx - sin * vy, sin * vx + cos * vy], axis=1)
        return box, velocity, PLACE_SIGMA[0] + PLACE_SIGMA[1] * np.hypot(ahead, left)

    def _match(self, box: Array, velocity: Array, has_velocity: Bools, sigma: Array) -> tuple[Ints, Ints]:
        """Pairs of track and detection with the least total distance."""
        if not len(box) or not len(self._id):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        cost = distances(self._x, self._p, self._z, box, velocity, has_velocity, sigma, VELOCITY_SIGMA, GATE, FAR)
        possible = np.isfinite(cost)
        near, told = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
        part = np.minimum(cost[np.ix_(near, told)], NO_MATCH)
        i, j = linear_sum_assignment(part)
        good = part[i, j] < NO_MATCH
        return near[i[good]].astype(np.int64), told[j[good]].astype(np.int64)

    def _flip(self, rows: Ints, seen: Ints, box: Array) -> None:
        """Turn those tracks round whose box was found the wrong way round: by majority, or by driving."""
        self._facing[rows] = np.clip(
            self._facing[rows] + np.cos(box[seen, 3] - self._y[rows, 0]), -VOTES_MAX, VOTES_MAX
        )
        along = self._x[:, 2] * np.cos(self._y[:, 0]) + self._x[:, 3] * np.sin(self._y[:, 0])
        wrong = (self._facing < FLIP_VOTES) | ((along < -FORWARD_SPEED) & (self._hits >= CONFIRM))
        self._y[wrong, 0] = np.pi - np.mod(-self._y[wrong, 0], 2.0 * np.pi)
        self._facing[wrong] = -self._facing[wrong]

    def _note(self, rows: Ints, seen: Ints, box: Array, detections: Detections) -> None:
        """Height, size, kind and counts of the tracks that were seen."""
        self._hits[rows] += 1
        self._last[rows] = detections.t_ns
        share = np.maximum(1.0 / self._hits[rows], SIZE_SHARE)[:, None]
        self._size[rows] += share * (box[seen, 4:6] - self._size[rows])
        self._z[rows] += 0.3 * (box[seen, 2] - self._z[rows])
        self._votes[rows] *= 0.95
        self._votes[rows, detections.kind[seen]] += _weight(detections, seen)

    def _bear(
        self, fresh: Ints, box: Array, velocity: Array, sigma: Array, detections: Detections, first: bool
    ) -> None:
        """Begin a track for each detection that belongs to none."""
        fresh = np.array([d for d in fresh.tolist() if not self._twin(box[d])], np.int64)
        count = len(fresh)
        if not count:
            return
        told = detections.has_velocity[fresh]
        x = np.zeros((count, 6))
        x[:, :2], x[:, 2:4] = box[fresh, :2], velocity[fresh]
        p = np.zeros((count, 6, 6))
        speed = np.where(told, VELOCITY_SIGMA, FIRST_SPEED) ** 2
        for k in range(2):
            p[:, k, k], p[:, 2 + k, 2 + k], p[:, 4 + k, 4 + k] = sigma[fresh] ** 2, speed, 1.0
        votes = np.zeros((count, KINDS))
        votes[np.arange(count), detections.kind[fresh]] = _weight(detections, fresh)
        yaw = np.pi - np.mod(np.pi - box[fresh, 3], 2.0 * np.pi)
        self._id = np.concatenate([self._id, self._next + np.arange(count)])
        self._next += count
        self._x, self._p = np.concatenate([self._x, x]), np.concatenate([self._p, p])
        self._y = np.concatenate([self._y, np.column_stack([yaw, np.zeros(count)])])
        self._q = np.concatenate([self._q, np.tile(np.diag([YAW_SIGMA**2, 0.1]), (count, 1, 1))])
        self._z = np.concatenate([self._z, box[fresh, 2]])
        self._size = np.concatenate([self._size, box[fresh, 4:6]])
        self._votes = np.concatenate([self._votes, votes])
        self._facing = np.concatenate([self._facing, np.ones(count)])
        self._hits = np.concatenate([self._hits, np.ones(count, np.int64)])
        self._sure = np.concatenate([self._sure, first & (detections.score[fresh] >= SURE)])
        self._born = np.concatenate([self._born, np.full(count, detections.t_ns)])
        self._last = np.concatenate([self._last, np.full(count, detections.t_ns)])

    def _twin(self, box: Array) -> bool:
        near = np.hypot(self._x[:, 0] - box[0], self._x[:, 1] - box[1]) < np.minimum(TWIN, self._size[:, 1])
        return bool(np.any(near & (np.abs(self._z - box[2]) <= LEVEL) & (self._last == self._t_ns)))

    def _forget(self) -> None:
        """Drop the tracks that were not seen for too long."""
        assert self._t_ns is not None
        unseen = (self._t_ns - self._last) * 1e-9
        keep = unseen <= np.where(self._confirmed(), self._keep, self._young)
        if keep.all():
            return
        for name in (
            "_id",
            "_x",
            "_p",
            "_y",
            "_q",
            "_z",
            "_size",
            "_votes",
            "_facing",
            "_hits",
            "_sure",
            "_born",
            "_last",
        ):
            setattr(self, name, getattr(self, name)[keep])

    def _confirmed(self) -> Bools:
        return (self._hits >= CONFIRM) | self._sure

    def _told(self, t_ns: int) -> Tracks:
        """The confirmed tracks, carried on from the last frame to t_ns."""
        told = np.flatnonzero(self._confirmed() & ((t_ns - self._last) * 1e-9 <= self._keep))
        if not len(told) or self._t_ns is None:
            return no_tracks(t_ns)
        x, p, y, q = (np.ascontiguousarray(part[told]) for part in (self._x, self._p, self._y, self._q))
        predict(x, p, y, q, np.ascontiguousarray(self._walks()[told]), (t_ns - self._t_ns) * 1e-9)
        cos, sin = np.cos(y[:, 0]), np.sin(y[:, 0])
        cov = np.zeros((len(told), 6, 6))
        places = np.array([0, 1, 3, 4])
        cov[:, places[:, None], places] = p[:, :4, :4]
        turns = np.array([2, 5])
        cov[:, turns[:, None], turns] = q
        return Tracks(
            t_ns=t_ns,
            id=self._id[told],
            kind=self._kind()[told].astype(np.uint8),
            state=np.column_stack(
                [
                    x[:, :2],
                    self._z[told],
                    y[:, 0],
                    x[:, 2] * cos + x[:, 3] * sin,
                    x[:, 4] * cos + x[:, 5] * sin,
                    y[:, 1],
                ]
            ),
            velocity=np.ascontiguousarray(x[:, 2:4]),
            cov=cov,
            size=self._size[told],
            age=np.asarray((t_ns - self._born[told]) * 1e-9, np.float64),
            signals=np.zeros(len(told), np.uint8),
            valid=np.ones(len(told), np.bool_),
        )


def _weight(detections: Detections, rows: Ints) -> Array:
    """How much each detection's kind counts; an unknown kind says little."""
    return np.where(detections.kind[rows] == ObjectKind.UNKNOWN, 0.1, 1.0) * np.maximum(detections.score[rows], 0.05)
