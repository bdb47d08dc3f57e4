"""A careful driver in the car's place: when did it have to see what was coming, and what would have been enough?

It perceives at line of sight, recognises a danger where both would meet if the car kept its line and speed and the
other its speed and turning, or its braking where that is hard, reacts after 0.75 s, and then brakes, or swerves clear
of everybody on the road.
"""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.facts.drive import Drive, Others
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.facts.way import Way, lane_changes, way_kept
from evpilot.evaluate.reference.kernels import collides, pose_at, risks
from evpilot.geometry.level import LEVEL
from evpilot.maps.drivable import DrivableArea, drivable_area
from evpilot.sense.objects import LOW, SEEN
from evpilot.sense.view import seen_share
from evpilot.types.state import Array, Bools, Ints

GRAVITY = 9.81  # [m/s2]
REACTION = 0.75  # [s] from perception to the brake, UN R157 Annex 3
BRAKE = 0.774  # [g] UN R157 Annex 3, as far as the road's friction allows
SWERVE = 3.0  # [m/s2] sideways, at most
SWERVES = tuple(side * far for far in (1.0, 1.75, 2.5, 3.5) for side in (1.0, -1.0))  # [m]
EMERGENCY = 3.0  # [m/s2] a driver who needs more than this is in an emergency
LOOK = 4.0  # [s] ahead, in which a danger is recognised
HARD = 3.0  # [m/s2] who brakes harder ahead is seen to
AFTER = 3.0  # [s] the others go on at their last velocity beyond the log's end, should they be in it to the last
LULL = 1.0  # [s] a danger that is gone for no longer is the same one
SETTLE = 2.0  # [s] after an emergency until the ride is calm again
START_ACCEL, START_LOOK = 1.5, 5.0  # [m/s2], [s] setting off as the reference for progress does
START_ROOM = np.array([1.5, 0.3])  # [m] ahead and behind, beside: closer hinders
NEAR = 80.0  # [m] and what the car drives meanwhile: who is further away is not met
LEAST = 0.25  # [m/s2] steps in which the braking that is enough is sought


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Something that a careful driver had to react to: whom, in which planning tick it could first be recognised, and
    until which it lasted; demand [m/s2] the least braking that would have been enough, inf when none was."""

    object_id: int
    first: int
    last: int
    demand: float

    @property
    def emergency(self) -> bool:
        """Whether even a careful driver had to brake hard."""
        return self.demand > EMERGENCY


class CarefulDriver:
    """The reference driver of one drive, on the way that the car took, or on another; who meets dangers in the ticks
    from first to last, in all of them where none are given."""

    def __init__(self, drive: Drive, way: Way, ticks: tuple[int, int] | None = None) -> None:
        self._drive, self._way = drive, way
        self._ticks = ticks or (0, len(drive) - 1)
        platform = drive.platform
        self._half = np.array([0.5 * platform.length, 0.5 * platform.width])
        self._speed = np.maximum(drive.speed, 0.0)
        self._state = _states(drive)
        self._level = np.abs(drive.others.z - drive.z[drive.others.tick]) <= LEVEL
        self._area: DrivableArea | None = None
        self._motion: dict[int, tuple[Array, Array]] = {}
        self.dangers = tuple(self._dangers())

    def avoids(self, object_id: int, tick: int) -> bool:
        """Whether it would have avoided the contact with an object in a tick; a danger that could not be recognised
        before is one that only luck avoids."""
        for danger in self.dangers:
            if danger.object_id == object_id and danger.first <= tick <= danger.last + 1:
                return math.isfinite(danger.demand) or self._swerves(danger)
        return False

    def could_start(self, tick: int) -> bool:
        """Whether somebody who stands there could set off on the car's way without touching or hindering anyone; who
        stands behind is not hindered by that, however close."""
        leaving = np.array([0.0, -START_ACCEL, SWERVE, 0.0])
        return self._clear(tick, leaving, self._half + START_ROOM, START_LOOK, self._behind(tick))

    def _behind(self, tick: int) -> frozenset[int]:
        """Who is behind the car in its own strip in a tick."""
        others = self._drive.others
        span = slice(int(others.start[tick]), int(others.start[tick + 1]))
        x, y, yaw = self._drive.box[tick, :3]
        dx, dy = others.box[span, 0] - x, others.box[span, 1] - y
        along, across = math.cos(yaw) * dx + math.sin(yaw) * dy, math.cos(yaw) * dy - math.sin(yaw) * dx
        mine = (along < -self._half[0]) & (np.abs(across) < self._half[1] + 0.5 * others.box[span, 4])
        return frozenset(others.id[span][mine].tolist())

    def emergencies(self) -> Array:
        """When [s since the first tick] even a careful driver was in an emergency (E, 2): from, to."""
        seconds = self._drive.seconds
        spans = [(seconds[one.first], seconds[one.last] + SETTLE) for one in self.dangers if one.emergency]
        return np.array(spans, np.float64).reshape(-1, 2)

    def _dangers(self) -> list[Danger]:
        others, (begin, end) = self._drive.others, self._ticks
        level = self._level & (others.tick >= begin) & (others.tick <= end)
        contact = np.full(len(others.id), np.inf)
        contact[level] = risks(
            self._way.points, self._way.arc, self._way.s, self._speed, self._half,
            others.tick[level], np.ascontiguousarray(self._state[level]), LOOK,
        )  # fmt: skip
        found: list[Danger] = []
        for who in np.unique(others.id[np.isfinite(contact)]):
            rows = np.flatnonzero(np.isfinite(contact) & (others.id == who))
            for spell in _spells(others.tick[rows], max(round(LULL / self._drive.step), 1)):
                danger = self._recognised(int(who), rows[spell])
                if danger is not None:
                    found.append(danger)
        return sorted(found, key=lambda one: (one.first, one.object_id))

    def _recognised(self, who: int, rows: Ints) -> Danger | None:
        """The danger from the first of its rows in which the object can be seen."""
        others = self._drive.others
        for row in rows:
            tick = int(others.tick[row])
            if self._sees(tick, int(row)):
                return Danger(
                    object_id=who, first=tick, last=int(others.tick[rows[-1]]), demand=self._demand(who, tick)
                )
        return None

    def _sees(self, tick: int, row: int) -> bool:
        others, drive = self._drive.others, self._drive
        span = slice(int(others.start[tick]), int(others.start[tick + 1]))
        x, y = (float(v) for v in drive.box[tick, :2])
        if math.hypot(others.box[row, 0] - x, others.box[row, 1] - y) > drive.run.frames[tick].truth.sight:
            return False
        box = others.box[span]
        flat = np.column_stack([box[:, :2], np.cos(box[:, 2]), np.sin(box[:, 2]), 0.5 * box[:, 3:]])
        hides = ~np.isin(others.kind[span], LOW)
        share = seen_share(x, y, np.ascontiguousarray(flat), np.ascontiguousarray(others.z[span]), hides)
        return bool(share[row - span.start] >= SEEN)

    def _most(self, tick: int) -> float:
        """The hardest braking [m/s2] that this driver and the road are good for."""
        return min(BRAKE, float(self._drive.friction[tick])) * GRAVITY

    def _demand(self, who: int, tick: int) -> float:
        """The least braking [m/s2] after the reaction time that avoids contact, inf when none does."""
        for brake in (*np.arange(0.0, self._most(tick), LEAST), self._most(tick)):
            if not self._hits(who, tick, np.array([REACTION, brake, SWERVE, 0.0])):
                return float(brake)
        return math.inf

    def _hits(
        self, who: int, tick: int, manoeuvre: Array, half: Array | None = None, horizon: float = LOOK + AFTER
    ) -> bool:
        """Whether the car, or a body of another size in its place, runs into an object within a horizon [s]."""
        now = float(self._drive.seconds[tick])
        times, motion = self._logged(who)
        end = now + horizon
        if times[-1] < self._drive.seconds[-1]:  # it left before the log's end, and is not met after that
            end = min(end, float(times[-1]) + self._drive.step)
        return collides(
            self._way.points, self._way.arc, self._way.s[tick], self._speed[tick], self._half if half is None else half,
            manoeuvre, times, motion, now, end,
        )  # fmt: skip

    def _clear(
        self, tick: int, manoeuvre: Array, half: Array, horizon: float, ignored: frozenset[int] = frozenset()
    ) -> bool:
        """Whether a manoeuvre from a tick on meets nobody who is on this level of the road within a horizon [s]."""
        others, now = self._drive.others, self._drive.seconds[tick]
        seconds = self._drive.seconds[others.tick]
        soon = (seconds >= now) & (seconds <= now + horizon) & self._level
        near = np.hypot(*(others.box[:, :2] - self._drive.box[tick, :2]).T) < NEAR + horizon * self._speed[tick]
        return not any(
            self._hits(int(who), tick, manoeuvre, half, horizon)
            for who in np.unique(others.id[soon & near])
            if int(who) not in ignored
        )

    def _logged(self, who: int) -> tuple[Array, Array]:
        """When and how an object was logged, as `collides` takes it."""
        if who not in self._motion:
            rows = np.flatnonzero(self._drive.others.id == who)
            seconds = np.ascontiguousarray(self._drive.seconds[self._drive.others.tick[rows]])
            self._motion[who] = seconds, np.ascontiguousarray(self._state[rows, :7])
        return self._motion[who]

    def _swerves(self, danger: Danger) -> bool:
        """Whether a swerve at constant speed is clear of everybody and stays on the road."""
        accel = min(SWERVE, self._most(danger.first))
        manoeuvres = (np.array([REACTION, 0.0, accel, far]) for far in SWERVES)
        return any(
            self._on_road(danger.first, one) and self._clear(danger.first, one, self._half, LOOK) for one in manoeuvres
        )

    def _on_road(self, tick: int, manoeuvre: Array) -> bool:
        if self._area is None:
            self._area = drivable_area(self._drive.graph, np.arange(len(self._drive.graph)))
        length, width = self._half
        for t in np.arange(0.0, LOOK, 0.2):
            x, y, yaw, _ = pose_at(
                self._way.points, self._way.arc, self._way.s[tick], self._speed[tick], manoeuvre, float(t)
            )
            c, s = math.cos(yaw), math.sin(yaw)
            for along, across in ((length, width), (length, -width), (-length, width), (-length, -width)):
                if self._area.distance(x + along * c - across * s, y + along * s + across * c) < 0.0:
                    return False
        return True


def emergencies(drive: Drive, place: Place, careful: CarefulDriver) -> Array:
    """When [s since the first tick] even a careful driver was in an emergency (E, 2): from, to. Not on the way driven
    alone: who brakes hard for somebody ahead and then finds room beside him was in one as long as he kept his lane."""
    look = round(LOOK / drive.step)
    found = [careful.emergencies()]
    for tick in lane_changes(drive, place):
        first = max(tick - look, 0)
        kept = CarefulDriver(drive, way_kept(drive, place, first), (first, tick))
        found.append(kept.emergencies())
    return np.concatenate(found)


def _spells(tick: Ints, lull: int) -> list[Bools]:
    """Which of the ticks, in order, belong to each spell without a break of more than `lull` ticks."""
    number = np.concatenate([[0], np.cumsum(np.diff(tick) > lull)])
    return [number == k for k in range(int(number[-1]) + 1)]


def _states(drive: Drive) -> Array:
    """What every row of the others does (R, 9): x, y, yaw, half length, half width, velocity x, y, yaw rate, hard
    braking."""
    others = drive.others
    motion = (others.velocity, *_changing(others, drive.step))
    return np.ascontiguousarray(np.column_stack([others.box[:, :3], 0.5 * others.box[:, 3:], *motion]))


def _changing(others: Others, step: float) -> tuple[Array, Array]:
    """Yaw rate [rad/s] and hard braking [m/s2] (R,) of every row, from the tick before; 0 for who has just appeared or
    does not move, and for who brakes as usual."""
    rate, brake = np.zeros(len(others.id)), np.zeros(len(others.id))
    order = np.lexsort((others.tick, others.id))
    a, b = order[:-1], order[1:]
    known = (others.id[a] == others.id[b]) & (others.tick[b] - others.tick[a] == 1)
    turned = np.pi - np.mod(np.pi - (others.box[b, 2] - others.box[a, 2]), 2.0 * np.pi)
    pace = np.hypot(*others.velocity.T)
    known &= pace[b] > 0.5
    rate[b] = np.where(known, turned / step, 0.0)
    slowing = np.where(known, (pace[a] - pace[b]) / step, 0.0)
    brake[b] = np.where(slowing > HARD, np.minimum(slowing, GRAVITY), 0.0)
    return np.clip(rate, -1.0, 1.0), brake
