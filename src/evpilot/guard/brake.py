"""Emergency braking, independent of tracker and planner: the last moment at which braking still helps.

It looks at where the car really goes, on the plan's path and speed, or on along its present arc when there is no plan,
and brakes when it would certainly meet someone and braking one tick later would be too late. A plan that avoids the
contact itself, by braking or by steering, is left alone; so is everybody off the path. And so is a plan that passes
narrowly where braking would not even do that: who is nearly past somebody that comes over must not stop beside it.
"""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import NO, YES
from evpilot.guard.contact import (
    STEP,
    arc_ahead,
    brake_along,
    braking,
    first_contact,
    impact,
    meeting,
)
from evpilot.guard.course import Courses
from evpilot.guard.evade import KNOTS, LONGEST, evade, goes_on, rest_of
from evpilot.guard.others import beside, known, others_of, row_of, valid_rows
from evpilot.guard.packed import checked, pack, unpack
from evpilot.guard.tail import own_stop
from evpilot.types import LaneGraph, Limits, Observation, Platform, Trajectory
from evpilot.types.state import Array, Ints

DECEL = 8.0  # [m/s2] at most: dry road, what production systems reach (Euro NCAP AEB)
GRIP_SHARE = 0.85  # of friction
MARGIN_AHEAD = 0.4  # [m] to keep in front ...
MARGIN_BESIDE = 0.1  # [m] ... and beside
LOOK_MIN = 1.0  # [s]
LOOK_MAX = 6.0  # [s]
WARNED_REACTION = 1.2  # [s] of a driver who is warned (Euro NCAP's warning: 1.2 s to the brake)
WARNED_DECEL = 4.0  # [m/s2] with which he then brakes
FINE = 0.02  # [s] between looks where it matters who is just past whom
SOFTER = 1.0  # [m/s] a slower contact
SOON = 1.0  # [s]
FIRM = 2.0  # [m/s2] of a plan that brakes for more than comfort
RELEASE_TICKS = 3  # ticks without danger before the brake is let go
ON_IT = 0.3  # [m] from a way that the car is on
GRAVITY = 9.81  # [m/s2]
NO_WAY = np.zeros((0, 7)), -round(LONGEST * 1e9)  # aside, found [ns] so long ago that it is over


@kernel("Tuple((f8, i8, f8, i8))(f8[:, ::1], f8, f8, f8, f8, b1, f8[:, ::1], f8[::1], f8[:, ::1])")
def weigh(
    motion: Array,
    speed: float,
    look: float,
    wait: float,
    decel: float,
    active: bool,
    others: Array,
    car: Array,
    out: Array,
) -> tuple[float, int, float, int]:
    """First contact (time [s], row) of a packed trajectory within `look` [s], and when the same other would be met if
    the brakes [m/s2] bit only after `wait` [s]; (inf, -1) for none. out (K, 7) is working space.

    A stop in the way of somebody who comes is a contact, too: it must be made short of his way. And a car that brakes
    (active) does not creep on into it.
    """
    when, whom = first_contact(motion, look, others, car, active, STEP)
    if whom < 0:
        return when, whom, math.inf, -1
    brake_along(motion, speed, wait, decel, out)
    # whom braking would newly bring into our way is no reason to brake
    late, met = first_contact(out, look + 10.0, others[whom : whom + 1], car, YES, STEP)
    return when, whom, late, whom if met >= 0 else -1


@kernel("b1(f8[:, ::1], f8, f8, f8, f8[:, ::1], f8[::1], f8[:, ::1])")
def worse(motion: Array, speed: float, wait: float, decel: float, other: Array, car: Array, out: Array) -> bool:
    """Whether braking [m/s2] that bites after `wait` [s] is worse for an other (1, 10) than a packed trajectory as it
    is: it touches the other, and the trajectory does not, or clearly slower. out (K, 7) is working space.

    The trajectory's boxes are bare: margins say when there is danger, not which way out of it there is. What is gained
    by braking must be more than a hair's breadth, half the margins.
    """
    bare, near = car.copy(), car.copy()
    for k in range(4, car.shape[0]):
        bare[k], near[k] = 0.0, 0.5 * car[k]
    brake_along(motion, speed, wait, decel, out)
    when, whom = first_contact(out, LOOK_MAX + 10.0, other, near, YES, FINE)
    if whom < 0:
        return False
    then, met = first_contact(motion, LOOK_MAX, other, bare, NO, FINE)
    return met < 0 or impact(motion, then, other[0]) < impact(out, when, other[0]) - SOFTER


class EmergencyBrake:
    """One drive's emergency brake; `step` once per planning tick. State: whether it brakes, for whom and along which
    path, since when it is calm."""

    def __init__(
        self, platform: Platform, limits: Limits, period_s: float = 0.1, graph: LaneGraph | None = None
    ) -> None:
        self._platform = platform
        self._courses = None if graph is None else Courses(graph)
        self._most = min(DECEL, limits.emergency, platform.brake_max)
        self._hardest = min(limits.emergency, platform.brake_max)
        self._period = period_s
        # dead time until the brakes bite: the next tick, the actuator's lag, half the ramp
        self._wait = period_s + platform.accel_lag + 0.5 * self._most / max(platform.brake_jerk, 1.0)
        self._calm = RELEASE_TICKS
        self._active = False
        self._path: Array | None = None
        self._aside = NO_WAY
        self._fleeting: int | None = None
        self._row = -1
        self.cause = -1

    @property
    def active(self) -> bool:
        """Whether it brakes now."""
        return self._active

    def step(self, observation: Observation, plan: Trajectory | None) -> Trajectory | None:
        """The braking motion to drive instead of the plan, or None when there is no need.

        cause is then the id of the track that it brakes for, -1 where that is a detection. A plan that is no sound
        trajectory is taken as none.
        """
        decel = min(self._most, GRIP_SHARE * observation.friction * GRAVITY)
        speed = abs(observation.ego.speed)
        look = min(max(speed / decel + 2.0 * self._wait + 0.5, LOOK_MIN), LOOK_MAX)
        # a slow car sees little ahead: one that brakes goes on until the way is clear
        look = LOOK_MAX if self._active else look
        motion, others, rows, car = self._scene(observation, plan)
        out = np.empty((math.ceil((speed / decel + self._wait + 1.0) / STEP) + 1, 7))
        asked = (motion, speed, look, self._wait, decel, self._active)
        (when, whom, late, _), sure = self._weighed(asked, others, car, out)
        others, rows = others[sure], rows[sure]
        # brakes that bite already need no more time
        missing = min(max(1.0 + float(observation.ego.accel[0]) / decel, 0.0), 1.0)
        bite = missing * (self._wait - self._period)
        path = self._way_to_brake(motion, observation, bite, decel, others, car, out)
        danger = whom >= 0 and (late < math.inf or self._active)
        if danger:
            danger = not worse(path, speed, bite, decel, others[whom : whom + 1], car, out)
            self._active = self._active and danger
        self._calm = 0 if danger and when < math.inf else self._calm + 1
        if danger:
            self._active, self._row = True, int(rows[whom])
            self.cause, self._fleeting = known(observation.tracks, self._row)
        elif self._calm >= RELEASE_TICKS or self._gone(observation):
            self._active, self._row, self.cause = False, -1, -1
        else:
            self._row = row_of(observation.tracks, self.cause)
        self._path = path if self._active else None
        if not self._active:
            return None
        braking(path, observation.ego.speed, 0.0, max(decel, self._planned(plan)), out)
        return unpack(out, observation)

    def _planned(self, plan: Trajectory | None) -> float:
        """How hard [m/s2] the plan brakes itself, as far as the car can: its emergency stop is not made softer."""
        if plan is None or checked(plan)[1]:
            return 0.0
        return min(-float(plan.accel[plan.time <= SOON].min()), self._hardest)

    def _way_to_brake(
        self, motion: Array, observation: Observation, bite: float, decel: float, others: Array, car: Array, out: Array
    ) -> Array:
        """The packed path to brake along: the plan's, but the one braked along so far where the plan's new one leads
        into somebody and that does not. A plan made for a car that comes to a stand turns back to its lane's middle,
        which may be behind whom we are just passing."""
        if self._path is None:
            return motion
        ego = observation.ego
        bend = math.tan(ego.steering) / self._platform.wheelbase
        kept = own_stop(ego.pose[[0, 1, 3]], ego.speed, bend, decel, self._path)
        near = np.concatenate([car[:4], 0.5 * car[4:]])
        met: list[bool] = []
        for path in (motion, kept):
            braking(path, ego.speed, bite, decel, out)
            met.append(meeting(out, LOOK_MAX, others, near, True)[1] >= 0)
        return kept if met[0] and not met[1] else motion

    def _gone(self, observation: Observation) -> bool:
        """Whether whom it braked for, at the first sight of him, is not reported any more: he was not there."""
        return (
            self._fleeting is not None
            and observation.tracks is not None
            and self._fleeting not in observation.tracks.id
        )

    def may_evade(self, driven: Trajectory) -> bool:
        """Whether this brake is on, what is driven else brakes for more than comfort, or the car is on its way past
        somebody: when `evasion` is asked."""
        firm = bool(driven.accel[driven.time <= SOON].min() <= -FIRM)
        return self._active or firm or driven.t_ns - self._aside[1] < LONGEST * 1e9

    def evasion(
        self, observation: Observation, plan: Trajectory | None, driven: Trajectory, room: tuple[float, float]
    ) -> Trajectory | None:
        """The way a little aside along a plan's path to drive instead of braking, where braking would meet whom it
        brakes for; None where it would not, or nothing helps. Asked after `step`, where it `may_evade`. One that is
        driven goes on until it is as far aside as it leads: a new one in each cycle would lead further aside each time,
        and a plan cannot turn back as fast.

        driven is what would be driven else: this brake's motion, or a plan or stop that brakes beside somebody who
        comes over, into his way. room: to the left and right within the lane [m].
        """
        decel = min(self._most, GRIP_SHARE * observation.friction * GRAVITY)
        motion, _, _, car = self._scene(observation, plan)
        others = others_of(observation)
        kept = self._driven_aside(observation)
        if len(kept) and goes_on(kept, others, car):
            return unpack(kept, observation)
        speed, bite, braked = observation.ego.speed, math.inf, pack(driven)
        if self._active:
            missing = min(max(1.0 + float(observation.ego.accel[0]) / decel, 0.0), 1.0)
            bite = missing * (self._wait - self._period)
            braked = np.empty((KNOTS, 7))
            braking(motion, speed, bite, decel, braked)
            met = np.flatnonzero(valid_rows(observation)) == self._row
        else:
            met = beside(others, observation.ego, self._platform)
        if not np.any(met):
            return None
        found = evade(motion, braked, speed, bite, decel, others, np.ascontiguousarray(others[met]), car, *room)
        if not len(found):
            return None
        self._aside = found, observation.t_ns
        return unpack(found, observation)

    def refuse(self) -> None:
        """Be told that the way past somebody that was found is not driven."""
        self._aside = NO_WAY

    def _driven_aside(self, observation: Observation) -> Array:
        """What is left (K, 7) of the way past somebody that the car is on, (0, 7) where it is on none, or aside."""
        found, since = self._aside
        passed = (observation.t_ns - since) * 1e-9
        left = rest_of(found, passed) if passed < LONGEST else found[:0]
        on_it = len(left) and np.hypot(*(left[0, 1:3] - observation.ego.pose[:2])) < ON_IT
        return left if on_it else np.zeros((0, 7))

    def warns(self, observation: Observation, plan: Trajectory | None) -> bool:
        """Whether a human driver is to be warned of a collision: one who takes `WARNED_REACTION` and then brakes with
        `WARNED_DECEL` would be too late a tick later."""
        speed = abs(observation.ego.speed)
        motion, others, _, car = self._scene(observation, plan)
        out = np.empty((math.ceil((speed / WARNED_DECEL + WARNED_REACTION + 1.0) / STEP) + 1, 7))
        asked = (motion, speed, LOOK_MAX, WARNED_REACTION + self._wait, WARNED_DECEL, False)
        (_, _, late, _), _ = self._weighed(asked, others, car, out)
        return late < math.inf

    def _weighed(
        self, asked: tuple[Array, float, float, float, float, bool], others: Array, car: Array, out: Array
    ) -> tuple[tuple[float, int, float, int], Ints]:
        """What `weigh` answers, asked with its first six arguments, among those whom no lane takes past; and their rows
        of others."""
        every, (motion, _, look, _, _, active) = np.arange(len(others)), asked
        found = weigh(*asked, others, car, out)
        if found[1] < 0 or self._courses is None:
            return found, every
        sure = self._courses.certain(motion, look, others, car, active)
        return (found, every) if len(sure) == len(others) else (weigh(*asked, others[sure], car, out), sure)

    def _scene(self, observation: Observation, plan: Trajectory | None) -> tuple[Array, Array, Ints, Array]:
        """Where the car goes (T, 7), who else is there (N, 10) with their rows in the observation (N,), and the car's
        box with its margins (6,)."""
        ego, platform = observation.ego, self._platform
        motion, wrong = (np.zeros((0, 7)), "no plan") if plan is None else checked(plan)
        if wrong:
            motion = arc_ahead(ego, LOOK_MAX, platform.wheelbase)
        others = others_of(observation)
        rows = np.flatnonzero(valid_rows(observation))
        ahead = ~beside(others, ego, platform)
        length, width = 0.5 * platform.length, 0.5 * platform.width
        car = np.array([platform.rear_to_center, length, width, ego.pose[2], MARGIN_AHEAD, MARGIN_BESIDE])
        return motion, others[ahead], rows[ahead], car
