"""How close it was, tick by tick, and who decided it: TTC, THW, DRAC, BTN and PET."""

import math

import numpy as np

from evpilot.evaluate.criteria.collisions import begun
from evpilot.evaluate.facts.drive import Drive, box_corners
from evpilot.evaluate.facts.encounters import Encounters
from evpilot.evaluate.facts.way import Way
from evpilot.geometry.boxes import overlap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.polyline import project
from evpilot.types import MetricResult
from evpilot.types.state import Array, Bools, Ints

TTC_MIN = 0.95  # [s] nuplan-devkit time_to_collision_within_bound
TTC_HORIZON = 10.0  # [s] later touches are no encounter
THW_MIN = 0.9  # [s] BKatV 12.5.1, from 80 km/h on: five tenths of half the speedometer reading, in metres
THW_LASTING = 3.0  # [s] shorter spells are not fined: others cut in [U: from memory]
THW_SPEED = 2.0  # [m/s] slower traffic is queueing
DRAC_MAX = 3.35  # [m/s2] Archer 2005 [U: from memory]
PET_HORIZON = 5.0  # [s] SSAM (FHWA-HRT-08-051)
CROSSING = math.cos(math.radians(20.0))  # paths that differ by less follow each other: that is THW's case
MOVING = 0.5  # [m/s]
LEAD_RANGE = 120.0  # [m]
CONTACT_GAP = 0.1  # [m] the least gap that a required braking is worked out with
GRAVITY = 9.81  # [m/s2]
TTC_CLAUSE = "2D, exact boxes at constant velocity; limit: nuplan-devkit time_to_collision_within_bound"
THW_CLAUSE = f"gap over speed; limit BKatV 12.5.1, for more than {THW_LASTING:g} s on end (unconfirmed)"
DRAC_CLAUSE = "closing speed squared over twice the gap; limit: Archer 2005 (unconfirmed)"
BTN_CLAUSE = "required over available deceleration (Brännström, Sjöberg and Coelingh 2008)"
PET_CLAUSE = "post-encroachment time of crossing paths, as driven (Allen, Shin and Cooper 1978)"


def criticality(drive: Drive, way: Way, meetings: Encounters) -> tuple[MetricResult, ...]:
    """TTC, THW, DRAC, BTN and PET of every planning tick, each with the object that decides it."""
    old = begun(drive, meetings)
    followed = _following(drive, way, old)
    return (_ttc(drive, meetings, old), *followed, _pet(drive, old))


def least_by_tick(start: Ints, value: Array, ids: Ints) -> tuple[Array, Ints]:
    """The least value (F,) of each tick's rows start[i]:start[i + 1] and its id (F,); inf and -1 where none is."""
    least = np.full(len(start) - 1, np.inf)
    who = np.full(len(start) - 1, -1, np.int64)
    for tick in np.flatnonzero(np.diff(start)):
        rows = value[start[tick] : start[tick + 1]]
        best = int(np.argmin(rows))
        if rows[best] < np.inf:
            least[tick], who[tick] = rows[best], ids[start[tick] + best]
    return least, who


def ttc_rows(meetings: Encounters, left_out: Bools) -> Array:
    """Time to collision (R,) [s] at constant velocity: 0 while touching, inf when never or left out."""
    coming = (meetings.leave >= 0.0) & (meetings.enter <= TTC_HORIZON) & ~left_out
    return np.where(coming, np.maximum(meetings.enter, 0.0), np.inf)


def _series(
    drive: Drive, name: str, clause: str, unit: str, value: Array, who: Ints, limit: float | None, passed: bool | None
) -> MetricResult:
    return MetricResult(
        name=name,
        clause=clause,
        unit=unit,
        t_ns=drive.t_ns,
        value=value,
        valid=np.isfinite(value),
        limit=limit,
        passed=passed,
        cause_id=who,
        at_least=name in ("ttc", "thw", "pet"),
    )


def _ttc(drive: Drive, meetings: Encounters, old: Bools) -> MetricResult:
    value, who = least_by_tick(drive.others.start, ttc_rows(meetings, old), drive.others.id)
    passed = bool(np.all(value > TTC_MIN)) if len(drive.others.id) else None
    return _series(drive, "ttc", TTC_CLAUSE, "s", value, who, TTC_MIN, passed)


def _following(drive: Drive, way: Way, old: Bools) -> tuple[MetricResult, MetricResult, MetricResult]:
    """THW, DRAC and BTN against what is in the car's way."""
    others = drive.others
    gap, along = _leaders(drive, way, old)
    there = np.isfinite(gap)
    speed = drive.speed[others.tick]
    room = np.maximum(gap, CONTACT_GAP)
    headway = np.where(there & (speed > THW_SPEED), gap / np.maximum(speed, THW_SPEED), np.inf)
    thw, near = least_by_tick(others.start, headway, others.id)
    drac, fast = _most(drive, there, np.maximum(speed - along, 0.0) ** 2 / (2.0 * room))
    pace = np.hypot(others.velocity[:, 0], others.velocity[:, 1])
    needed = required_braking(speed, along, others.accel * along / np.maximum(pace, MOVING), room)
    grip = drive.friction[others.tick] * drive.platform.friction * GRAVITY
    btn, hard = _most(drive, there, needed / np.minimum(drive.platform.brake_max, grip))
    kept = _kept_distance(drive, thw)
    return (
        _series(drive, "thw", THW_CLAUSE, "s", thw, near, THW_MIN, kept),
        _series(drive, "drac", DRAC_CLAUSE, "m/s2", drac, fast, DRAC_MAX, _below(drac, DRAC_MAX)),
        _series(drive, "btn", BTN_CLAUSE, "1", btn, hard, 1.0, _below(btn, 1.0)),
    )


def _leaders(drive: Drive, way: Way, old: Bools) -> tuple[Array, Array]:
    """Gap and speed along the way (R,) of what is ahead in the car's way, gap inf for all else."""
    others = drive.others
    near = np.abs(others.z - drive.z[others.tick]) <= LEVEL
    return in_the_way(
        way.points,
        way.arc,
        way.s,
        np.ascontiguousarray(0.5 * drive.box[:, 3:]),
        others.tick,
        others.box,
        np.ascontiguousarray(box_corners(others.box)),
        others.velocity,
        near & ~old,
    )


def _most(drive: Drive, there: Bools, value: Array) -> tuple[Array, Ints]:
    """The highest value (F,) of each tick's rows that are there, inf where none is, and its id."""
    least, who = least_by_tick(drive.others.start, np.where(there, -value, np.inf), drive.others.id)
    return np.where(np.isfinite(least), -least, np.inf), who


def _below(value: Array, limit: float) -> bool | None:
    known = value[np.isfinite(value)]
    return bool(np.all(known < limit)) if len(known) else None


def _kept_distance(drive: Drive, thw: Array) -> bool | None:
    """Whether no spell below the limit lasts; None when nobody was ahead."""
    if not np.any(np.isfinite(thw)):
        return None
    spell = 0.0
    for near in thw < THW_MIN:
        spell = spell + drive.step if near else 0.0
        if spell > THW_LASTING:
            return False
    return True


def required_braking(speed: Array, lead: Array, lead_accel: Array, gap: Array) -> Array:
    """The least constant deceleration [m/s2] that keeps clear of a leader that goes on with its own acceleration; 0
    when none is needed. speed, lead [m/s], lead_accel [m/s2], gap [m].

    While the leader moves it is the relative motion that must end (a = (v - u)^2 / 2g - u'); a leader that would stand
    first is an obstacle at its stopping place (a = v^2 / 2(g + u^2 / 2b)).
    """
    closing = np.maximum(speed - lead, 0.0)
    accel = np.where(lead > 0.0, lead_accel, 0.0)
    rolling = closing**2 / (2.0 * gap) - accel
    brake = np.maximum(-accel, 1e-6)
    stops = accel < 0.0
    meet = 2.0 * gap / np.maximum(closing, 1e-6)
    standing = speed**2 / (2.0 * (gap + lead**2 / (2.0 * brake)))
    needed = np.where(stops & (meet > lead / brake), standing, rolling)
    return np.where((closing > 0.0) | stops, np.maximum(needed, 0.0), 0.0)


@kernel(
    "Tuple((f8[::1], f8[::1]))(f8[:, ::1], f8[::1], f8[::1], f8[:, ::1], i8[::1], f8[:, ::1], f8[:, :, ::1], "
    "f8[:, ::1], b1[::1])"
)
def in_the_way(
    points: Array,
    arc: Array,
    s: Array,
    half: Array,
    tick: Ints,
    box: Array,
    corners: Array,
    velocity: Array,
    wanted: Bools,
) -> tuple[Array, Array]:
    """Gap (R,) [m] along the car's way to what overlaps its swept strip ahead, inf for all else, and that thing's speed
    along the way (R,) [m/s].

    points (P, 2), arc (P,) the way; s (F,) the car's centre on it; half (F, 2) half length and width; tick (R,), box
    (R, 5), corners (R, 4, 2), velocity (R, 2) of the others; wanted (R,).
    """
    gap = np.full(tick.shape[0], np.inf)
    along = np.zeros(tick.shape[0])
    for r in range(tick.shape[0]):
        if not wanted[r]:
            continue
        t = tick[r]
        first = max(int(np.searchsorted(arc, s[t])) - 1, 0)
        last = min(int(np.searchsorted(arc, s[t] + LEAD_RANGE)), arc.shape[0] - 1)
        if last <= first:
            continue
        reach = 0.5 * (box[r, 3] + box[r, 4]) + half[t, 1]
        middle, offset, segment = project(box[r, 0], box[r, 1], points, arc, first, last)
        if abs(offset) > reach or middle <= s[t]:
            continue
        low, left, right = np.inf, -np.inf, np.inf
        for c in range(4):
            at, d, _ = project(corners[r, c, 0], corners[r, c, 1], points, arc, first, last)
            low, left, right = min(low, at), max(left, d), min(right, d)
        if left < -half[t, 1] or right > half[t, 1]:
            continue
        gap[r] = max(low - s[t] - half[t, 0], 0.0)
        ex = points[segment + 1, 0] - points[segment, 0]
        ey = points[segment + 1, 1] - points[segment, 1]
        along[r] = (velocity[r, 0] * ex + velocity[r, 1] * ey) / max(math.sqrt(ex * ex + ey * ey), 1e-9)
    return gap, along


def _pet(drive: Drive, old: Bools) -> MetricResult:
    others = drive.others
    moving = np.hypot(*others.velocity.T) > MOVING
    ego = np.ascontiguousarray(np.column_stack([drive.box, drive.z, drive.seconds]))
    ticks = round(PET_HORIZON / drive.step)
    value, who = encroachment(ego, others.start, others.box, others.z, others.id, moving & ~old, ticks)
    return _series(drive, "pet", PET_CLAUSE, "s", value, who, None, None)


@kernel("Tuple((f8[::1], i8[::1]))(f8[:, ::1], i8[::1], f8[:, ::1], f8[::1], i8[::1], b1[::1], i8)")
def encroachment(
    ego: Array, start: Ints, box: Array, z: Array, ids: Ints, wanted: Bools, horizon: int
) -> tuple[Array, Ints]:
    """For each tick the least time [s] between the car being where it is and something crossing there, before or
    after, and its id: inf and -1 when nothing does within the horizon [ticks].

    ego (F, 7): x, y, yaw, length, width, z, time [s]; the rows start[i]:start[i + 1] of box (R, 5), z (R,), ids (R,)
    and wanted (R,) are tick i's.
    """
    count = ego.shape[0]
    value = np.full(count, np.inf)
    who = np.full(count, -1, np.int64)
    for i in range(count):
        ac, as_, al, aw = math.cos(ego[i, 2]), math.sin(ego[i, 2]), 0.5 * ego[i, 3], 0.5 * ego[i, 4]
        for step in range(2 * horizon + 1):
            # nearest in time first: i, i + 1, i - 1, i + 2, ...
            j = i + (step + 1) // 2 if step % 2 else i - step // 2
            if j < 0 or j >= count:
                continue
            for r in range(start[j], start[j + 1]):
                dx, dy = box[r, 0] - ego[i, 0], box[r, 1] - ego[i, 1]
                reach = al + aw + 0.5 * (box[r, 3] + box[r, 4])
                if not wanted[r] or dx * dx + dy * dy > reach * reach or abs(z[r] - ego[i, 5]) > LEVEL:
                    continue
                bc, bs = math.cos(box[r, 2]), math.sin(box[r, 2])
                if ac * bc + as_ * bs > CROSSING:
                    continue
                hl, hw = 0.5 * box[r, 3], 0.5 * box[r, 4]
                if overlap(ego[i, 0], ego[i, 1], ac, as_, al, aw, box[r, 0], box[r, 1], bc, bs, hl, hw):
                    value[i] = abs(ego[j, 6] - ego[i, 6])
                    who[i] = ids[r]
                    break
            if value[i] < np.inf:
                break
    return value, who
