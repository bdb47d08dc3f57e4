"""Responsibility-sensitive safety as a monitor: were its distances kept, for how long not, and who broke them.

Shalev-Shwartz, Shammah and Shashua 2017, with the parameters of ad-rss-lib. A pair is in danger where it is too near
along the road and across it at once. It was broken in the direction that became unsafe last: along the road by who
drives behind, across it by who moves more towards the other. Traffic that crosses, and people on foot, are left out;
and nobody is in danger from what is behind a car that stands. It judges no drive: a distance that another takes away
is not the car's doing, and RSS asks for more than careful drivers keep.
"""

import math
from enum import IntEnum

import numpy as np

from evpilot.evaluate.criteria.single import single
from evpilot.evaluate.facts.drive import Drive
from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.maps.index import ARRAYS, IndexArrays, lane_index, locate
from evpilot.types import VEHICLES, MetricResult, ObjectKind
from evpilot.types.state import Array, Bools, Ints

REACTION, OTHERS_REACTION = 1.0, 2.0  # [s] ad-rss-lib, as all the following
GAIN = 3.5  # [m/s2] that one may gain within the reaction
BRAKE, BRAKE_MAX = 4.0, 8.0  # [m/s2] that who is behind brakes at least, who is ahead at most
BRAKE_OWN_LANE = 3.0  # [m/s2] that is asked of who meets oncoming traffic in its own lane
SIDE_GAIN, SIDE_BRAKE = 0.2, 0.8  # [m/s2] the same across the road
SIDE_ROOM = 0.1  # [m] by which nobody can help swaying
REACH = 250.0  # [m] along the road, and ...
REACH_TURN = 0.7  # [rad] ... so far as it turns: an arc tells no more
BASE = 10.0  # [m] over which the road's bend is measured, before and behind
BEND_MAX = 0.1  # [1/m]
ALONG_ROAD = 0.7  # cosine of a heading to the road's: less is crossing it
STANDS = 0.1  # [m/s]
KINDS = (*VEHICLES, ObjectKind.BICYCLE, ObjectKind.PARKED)
CLAUSE = "Shalev-Shwartz et al. 2017; parameters of ad-rss-lib"


class By(IntEnum):
    """Who broke the distance."""

    NOBODY = 0
    CAR = 1
    OTHER = 2
    GIVEN = 3  # it was so when the drive, or the encounter, began


NOBODY, CAR, OTHER, GIVEN = (int(code) for code in By)


def rss(drive: Drive) -> tuple[MetricResult, MetricResult, MetricResult]:
    """How far [m] the car is from the safe distance along the road to the nearest one that is not a safe distance
    beside it, tick by tick; the time [s] in danger; and the part of it that the car brought about."""
    others = drive.others
    wanted = np.isin(others.kind, KINDS)
    yaw = drive.box[:, 2]
    course = np.column_stack([drive.box, drive.z, drive.speed * np.cos(yaw), drive.speed * np.sin(yaw)])
    pairs = monitor(
        np.ascontiguousarray(course), others.start, others.id, others.box, others.velocity, others.z, wanted,
        lane_index(drive.graph).arrays,
    )  # fmt: skip
    margin, by = pairs
    least, who, danger, own = nearest(margin, by, others.start, others.id)
    known = np.isfinite(least)
    distance = MetricResult(
        name="rss",
        clause=CLAUSE,
        unit="m",
        t_ns=drive.t_ns,
        value=least,
        valid=known,
        limit=0.0,
        passed=not bool(np.any(danger)) if np.any(known) else None,
        cause_id=who,
        at_least=True,
    )
    outside, broken = (drive.step * int(np.count_nonzero(flags)) for flags in (danger, own))
    return (
        distance,
        single(drive, "rss_outside", CLAUSE, "s", outside),
        single(drive, "rss_broken_by_car", CLAUSE, "s", broken, 0.0, broken == 0.0),
    )


@kernel()
def stopping(speed: float, reaction: float, brake: float) -> float:
    """Way [m] to a standstill of who gains speed for a reaction [s] and then brakes [m/s2]."""
    after = speed + GAIN * reaction
    return speed * reaction + 0.5 * GAIN * reaction * reaction + after * after / (2.0 * brake)


@kernel("f8(f8, f8, f8)")
def safe_behind(speed: float, lead: float, reaction: float) -> float:
    """Safe distance [m] behind who drives the same way, speeds [m/s] along the road."""
    return max(stopping(max(speed, 0.0), reaction, BRAKE) - max(lead, 0.0) ** 2 / (2.0 * BRAKE_MAX), 0.0)


@kernel("f8(f8, f8)")
def safe_oncoming(speed: float, oncoming: float) -> float:
    """Safe distance [m] to who comes towards the car, both speeds [m/s] positive."""
    return stopping(speed, REACTION, BRAKE_OWN_LANE) + stopping(oncoming, OTHERS_REACTION, BRAKE)


@kernel("f8(f8, f8)")
def safe_beside(speed: float, other: float) -> float:
    """Safe distance [m] across the road; both speeds [m/s] positive towards each other."""
    total = 0.0
    for pace, reaction in ((speed, REACTION), (other, OTHERS_REACTION)):
        after = pace + SIDE_GAIN * reaction
        total += 0.5 * (pace + after) * reaction + after * abs(after) / (2.0 * SIDE_BRAKE)
    return SIDE_ROOM + max(total, 0.0)


@kernel()
def road_heading(x: float, y: float, z: float, yaw: float, index: IndexArrays) -> float:
    """Heading [rad] of the lane at a place that fits a heading best; the heading itself off the map."""
    lane, s, _ = locate(x, y, z, yaw, index)
    if lane < 0:
        return yaw
    start, center, arc = index[7], index[8], index[9]
    k = start[lane]
    while k < start[lane + 1] - 2 and arc[k + 1] <= s:
        k += 1
    found = math.atan2(center[k + 1, 1] - center[k, 1], center[k + 1, 0] - center[k, 0])
    # a lane may lead against us: it is the road's line that counts
    return found if math.cos(found - yaw) >= 0.0 else wrap(found + math.pi)


@kernel()
def blame(before: int, far: Bools, wide: Bools, by: Ints, along: float, own_side: float, side: float) -> int:
    """Who broke a distance: who did before, else by what became unsafe now. before: the pair's row of the tick before,
    -1 for none; own_side and side [m/s] towards each other."""
    if before < 0:
        return GIVEN
    if by[before] != NOBODY:
        return by[before]
    if not far[before] and wide[before]:
        return CAR if own_side > side else OTHER
    return CAR if along >= 0.0 else OTHER


@kernel()
def road_about(car: Array, index: IndexArrays) -> tuple[float, float, float, float]:
    """The road's heading [rad] at the car (8,), its bend [1/m] before it and behind, and how far off [rad] what is told
    of others by them may be: where a bend begins or ends, or the car stands askew."""
    road = road_heading(car[0], car[1], car[5], car[2], index)
    c, s = math.cos(road), math.sin(road)
    ahead = wrap(road_heading(car[0] + BASE * c, car[1] + BASE * s, car[5], road, index) - road)
    behind = wrap(road - road_heading(car[0] - BASE * c, car[1] - BASE * s, car[5], road, index))
    doubt = abs(wrap(car[2] - road)) + abs(wrap(ahead - behind))
    return road, min(max(ahead / BASE, -BEND_MAX), BEND_MAX), min(max(behind / BASE, -BEND_MAX), BEND_MAX), doubt


@kernel()
def halves(length: float, width: float, askew: float) -> tuple[float, float]:
    """Half of a box's extent [m] along the road and across it, askew to it [rad]."""
    c, s = abs(math.cos(askew)), abs(math.sin(askew))
    return 0.5 * (length * c + width * s), 0.5 * (length * s + width * c)


@kernel()
def needed_along(along: float, own: float, pace: float) -> tuple[float, bool]:
    """The safe distance [m] along the road to somebody so far ahead [m], speeds [m/s] along it; and whether who has to
    keep it stands."""
    if along < 0.0:
        return safe_behind(pace, own, OTHERS_REACTION), pace < STANDS
    if pace < 0.0:
        return safe_oncoming(max(own, 0.0), -pace), abs(own) < STANDS
    return safe_behind(own, pace, REACTION), abs(own) < STANDS


@kernel()
def row_of(who: int, ids: Ints, first: int, last: int) -> int:
    """The row first..last - 1 of an id, -1 for none."""
    for k in range(first, last):
        if ids[k] == who:
            return k
    return -1


@kernel("Tuple((f8[::1], i8[::1], b1[::1], b1[::1]))(f8[::1], i8[::1], i8[::1], i8[::1])")
def nearest(margin: Array, by: Ints, start: Ints, ids: Ints) -> tuple[Array, Ints, Bools, Bools]:
    """For each of F ticks the least margin [m], inf where nobody is near, and whose it is, -1 for nobody's; whether
    anybody is in danger, and whether the car broke a distance. The arguments are as for `monitor`."""
    count = start.shape[0] - 1
    least, who = np.full(count, np.inf), np.full(count, -1, np.int64)
    danger, own = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for tick in range(count):
        for r in range(start[tick], start[tick + 1]):
            if margin[r] < least[tick]:
                least[tick], who[tick] = margin[r], ids[r]
            danger[tick] |= by[r] != NOBODY
            own[tick] |= by[r] == CAR
    return least, who, danger, own


@kernel(f"Tuple((f8[::1], i8[::1]))(f8[:, ::1], i8[::1], i8[::1], f8[:, ::1], f8[:, ::1], f8[::1], b1[::1], {ARRAYS})")
def monitor(
    course: Array, start: Ints, ids: Ints, box: Array, velocity: Array, z: Array, wanted: Bools, index: IndexArrays
) -> tuple[Array, Ints]:
    """Each pair's distance beyond the safe one along the road (R,) [m], inf where it is safe across the road, and who
    broke it (R,) by `By`.

    course (F, 8): x, y, yaw, length, width, z and velocity x, y of the car; the rows start[i]:start[i + 1] of ids (R,),
    box (R, 5), velocity (R, 2), z (R,) and wanted (R,) are tick i's. The road is an arc before the car's place, and one
    behind it.
    """
    count = ids.shape[0]
    margin, by = np.full(count, np.inf), np.zeros(count, np.int64)
    far, wide = np.ones(count, np.bool_), np.ones(count, np.bool_)  # safe along and across the road
    for tick in range(course.shape[0]):
        car = course[tick]
        road, bend_ahead, bend_behind, doubt = road_about(car, index)
        c, s = math.cos(road), math.sin(road)
        own_long, own_wide = halves(car[3], car[4], wrap(car[2] - road))
        own_pace, own_side = car[6] * c + car[7] * s, car[7] * c - car[6] * s
        for r in range(start[tick], start[tick + 1]):
            dx, dy = box[r, 0] - car[0], box[r, 1] - car[1]
            along, across = dx * c + dy * s, dy * c - dx * s
            bend = bend_ahead if along >= 0.0 else bend_behind
            if not wanted[r] or abs(along) > REACH or abs(bend * along) > REACH_TURN or abs(z[r] - car[5]) > LEVEL:
                continue
            there = road + bend * along
            across -= 0.5 * bend * along * along
            tc, ts = math.cos(there), math.sin(there)
            pace, side = velocity[r, 0] * tc + velocity[r, 1] * ts, velocity[r, 1] * tc - velocity[r, 0] * ts
            turned = wrap(box[r, 2] - there)
            parts = pace * own_pace < 0.0 and (pace - own_pace) * along > 0.0
            if abs(math.cos(turned)) < ALONG_ROAD or parts:
                continue
            half_long, half_wide = halves(box[r, 3], box[r, 4], turned)
            gap, room = abs(along) - own_long - half_long, abs(across) - own_wide - half_wide
            needed, stands = needed_along(along, own_pace, pace)
            left = 1.0 if across >= 0.0 else -1.0
            far[r] = stands or gap >= needed
            wide[r] = room + doubt * abs(along) >= safe_beside(left * own_side, -left * side)
            if wide[r]:
                continue
            margin[r] = np.inf if stands else gap - needed
            if not far[r]:
                before = row_of(ids[r], ids, start[tick - 1], start[tick]) if tick > 0 else -1
                by[r] = blame(before, far, wide, by, along, left * own_side, -left * side)
    return margin, by
