"""What can be wrong with a motion: start, limits, kinematics, road, contacts. Kernels for the validator."""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import NO, YES, ZERO
from evpilot.guard.area import AREA, AreaArrays, box_off_road, height_at
from evpilot.guard.contact import (
    STEP,
    TACCEL,
    TCURVATURE,
    TIME,
    TSPEED,
    TX,
    TY,
    TYAW,
    brake_along,
    chord,
    first_contact,
    row_at,
)
from evpilot.types.state import Array

POSITION_SLACK = 0.5  # [m] start to car, and one period's way on top
YAW_SLACK = 0.2  # [rad]
SPEED_SLACK = 1.5  # [m/s]
LIMIT_SLACK = 1.25  # a plan is a forecast: the gate bounds what is really driven
JERK_WINDOW = 0.5  # [s] mean over it, as UN R79 measures lateral jerk
JERK_UNTIL = 2.0  # [s] it ends within: a later jerk is planned anew before it is driven, and a stop for it is worse
MOTION_WINDOW = 3.0  # [s] what comes later is planned anew, many times
ROAD_WINDOW = 2.0  # [s]
YAW_DRIFT = 0.1  # [rad] between heading and integrated curvature ...
YAW_DRIFT_SHARE = 0.2  # ... and so much of all that was turned
ROAD_SLACK = 0.3  # [m] a corner off the road, nuPlan's drivable-area compliance

# What may be wrong, by code: phrase and unit
FAULTS = (
    ("", ""),
    ("starts away from the car", "m"),
    ("starts in another direction than the car's", "rad"),
    ("starts at another speed than the car's", "m/s"),
    ("is faster than the car can be", "m/s"),
    ("accelerates beyond the limit", "m/s2"),
    ("brakes beyond the limit", "m/s2"),
    ("bends more than the car can steer", "1/m"),
    ("accelerates sideways beyond the limit", "m/s2"),
    ("jerks along beyond the limit", "m/s3"),
    ("jerks sideways beyond the limit", "m/s3"),
    ("steers faster than the limit", "rad/s"),
    ("moves further than its speed allows", "m"),
    ("turns otherwise than its curvature says", "rad"),
    ("slips sideways", "rad"),
    ("leaves the road", "m"),
    ("meets another road user that braking would avoid", "s"),
)
(_, AWAY, TURNED, PACE, FAST, ACCEL, BRAKE, BEND, LATERAL, JERK, LATERAL_JERK, STEERING, RUN, TWIST, SLIP, ROAD_EDGE,
 CONTACT) = range(len(FAULTS))  # fmt: skip

Fault = tuple[int, float, float, float]


@kernel()
def start_fault(motion: Array, ego: Array, period: float) -> Fault:
    """Whether a motion starts where the car is; ego (5,) x, y, yaw, speed, height."""
    away = math.hypot(motion[0, TX] - ego[0], motion[0, TY] - ego[1])
    room = POSITION_SLACK + abs(ego[3]) * period
    if not away <= room:
        return AWAY, away, room, 0.0
    turned = abs(wrap(motion[0, TYAW] - ego[2]))
    if not turned <= YAW_SLACK:
        return TURNED, turned, YAW_SLACK, 0.0
    pace = abs(motion[0, TSPEED] - ego[3])
    if not pace <= SPEED_SLACK:
        return PACE, pace, SPEED_SLACK, 0.0
    return 0, 0.0, 0.0, 0.0


@kernel()
def knot_fault(row: Array, bound: Array) -> Fault:
    """Whether one knot keeps its bounds (11,): speed, acceleration, braking, curvature, lateral acceleration, jerk,
    lateral jerk, steering rate, wheelbase, service braking, the brakes' dead time."""
    t, speed, accel, bend = row[TIME], abs(row[TSPEED]), row[TACCEL], abs(row[TCURVATURE])
    if not speed <= bound[0]:
        return FAST, speed, bound[0], t
    along = accel if row[TSPEED] >= 0.0 else -accel
    if not along <= bound[1]:
        return ACCEL, along, bound[1], t
    if not -along <= bound[2]:
        return BRAKE, -along, bound[2], t
    if not bend <= bound[3]:
        return BEND, bend, bound[3], t
    if not speed * speed * bend <= bound[4]:
        return LATERAL, speed * speed * bend, bound[4], t
    return 0, 0.0, 0.0, 0.0


@kernel()
def change_fault(now: Array, later: Array, bound: Array) -> Fault:
    """Whether the mean rates between two states (7,) keep their bounds. Hard braking is exempt from the jerk's."""
    dt = later[TIME] - now[TIME]
    jerk = abs(later[TACCEL] - now[TACCEL]) / dt
    service = min(now[TACCEL], later[TACCEL]) >= -bound[9] and later[TSPEED] > 0.5
    if service and not jerk <= bound[5]:
        return JERK, jerk, bound[5], now[TIME]
    across = abs(later[TSPEED] ** 2 * later[TCURVATURE] - now[TSPEED] ** 2 * now[TCURVATURE]) / dt
    if service and not across <= bound[6]:
        return LATERAL_JERK, across, bound[6], now[TIME]
    rate = abs(math.atan(later[TCURVATURE] * bound[8]) - math.atan(now[TCURVATURE] * bound[8])) / dt
    if not rate <= bound[7]:
        return STEERING, rate, bound[7], now[TIME]
    return 0, 0.0, 0.0, 0.0


@kernel()
def step_fault(a: Array, b: Array, moved: float) -> Fault:
    """Whether the pose moves from knot a to knot b as speed and curvature say; moved [m] is the chord between them."""
    dt = b[TIME] - a[TIME]
    run = 0.5 * (a[TSPEED] + b[TSPEED]) * dt
    turn = wrap(b[TYAW] - a[TYAW])
    room = 0.1 + 0.1 * abs(run) + 0.05 * abs(run) * turn * turn
    if not abs(moved - abs(run)) <= room:
        return RUN, abs(moved - abs(run)), room, a[TIME]
    bent = bend_of(a, b)
    room = 0.06 + 0.3 * abs(bent) + 0.3 * abs(b[TCURVATURE] - a[TCURVATURE]) * abs(run)
    if not abs(turn - bent) <= room:
        return TWIST, abs(turn - bent), room, a[TIME]
    if moved > 0.5:
        course = math.atan2(b[TY] - a[TY], b[TX] - a[TX]) + (0.0 if run >= 0.0 else math.pi)
        slip = abs(wrap(course - a[TYAW] - 0.5 * turn))
        room = 0.1 + 0.5 * abs(turn)
        if not slip <= room:
            return SLIP, slip, room, a[TIME]
    return 0, 0.0, 0.0, 0.0


@kernel()
def motion_fault(motion: Array, bound: Array) -> Fault:
    """The first fault of a packed trajectory (T, 7) in itself, within MOTION_WINDOW."""
    last = motion.shape[0] - 1
    while last > 1 and motion[last, TIME] > MOTION_WINDOW:
        last -= 1
    for k in range(last + 1):
        fault = knot_fault(motion[k], bound)
        if fault[0]:
            return fault
    later = np.empty(7)
    knot, drift, bent = ZERO, 0.0, 0.0
    for k in range(last):
        fault = step_fault(motion[k], motion[k + 1], chord(motion, k))
        if fault[0]:
            return fault
        turn = bend_of(motion[k], motion[k + 1])
        bent += abs(turn)
        drift += wrap(motion[k + 1, TYAW] - motion[k, TYAW]) - turn
        room = YAW_DRIFT + YAW_DRIFT_SHARE * bent
        if not abs(drift) <= room:
            return TWIST, abs(drift), room, motion[k + 1, TIME]
        t = motion[k, TIME] + JERK_WINDOW
        if k > 0 and t <= min(motion[last, TIME], JERK_UNTIL + 1e-9):
            knot = row_at(motion, t, later, knot)
            fault = change_fault(motion[k], later, bound)
            if fault[0]:
                return fault
    return 0, 0.0, 0.0, 0.0


@kernel()
def bend_of(a: Array, b: Array) -> float:
    """How far [rad] speed and curvature turn the car between two knots."""
    return 0.25 * (a[TCURVATURE] + b[TCURVATURE]) * (a[TSPEED] + b[TSPEED]) * (b[TIME] - a[TIME])


@kernel()
def road_fault(motion: Array, until: float, car: Array, area: AreaArrays) -> Fault:
    """Whether a corner of the car leaves the road further than it already is off it. A car on a slope stays on it."""
    row = np.empty(7)
    room, k = ROAD_SLACK, ZERO
    height = car[3]
    steps = math.floor(min(until, motion[motion.shape[0] - 1, TIME]) / (2.0 * STEP))
    for step in range(steps + 1):
        k = row_at(motion, 2.0 * STEP * step, row, k)
        x, y = row[TX] + car[0] * math.cos(row[TYAW]), row[TY] + car[0] * math.sin(row[TYAW])
        height = height_at(x, y, height, area)
        off = box_off_road(x, y, height, row[TYAW], car[1], car[2], area)
        if step == 0:
            room = max(room, off + 0.1)
        elif not off <= room:
            return ROAD_EDGE, off, room, row[TIME]
    return 0, 0.0, 0.0, 0.0


@kernel()
def contact_fault(
    motion: Array, until: float, others: Array, car: Array, speed: float, decel: float, dead: float
) -> Fault:
    """Whether a motion certainly meets someone whom braking now along its path, biting after `dead` [s], would not. Who
    stops in somebody's way meets him, too."""
    when, _ = first_contact(motion, until, others, car, NO, STEP)
    if when == math.inf:
        return 0, 0.0, 0.0, 0.0
    out = np.empty((math.ceil((min(abs(speed) / decel + 1.0, 6.0) + dead) / STEP) + 1, 7))
    brake_along(motion, speed, dead, decel, out)
    braked, _ = first_contact(out, until, others, car, YES, STEP)
    if braked < math.inf:
        return 0, 0.0, 0.0, 0.0
    return CONTACT, when, until, when


@kernel(f"Tuple((i8, f8, f8, f8))(f8[:, ::1], f8[::1], f8, f8[::1], f8[::1], f8[:, ::1], f8, {AREA})")
def examine(
    motion: Array, ego: Array, period: float, bound: Array, car: Array, others: Array, window: float, area: AreaArrays
) -> Fault:
    """The first fault of a packed trajectory (T, 7): code in FAULTS, value, limit, time [s]; code 0 when it is fit.

    ego (5,) x, y, yaw, speed, height; others (N, 10); contacts are looked for within `window` [s].
    """
    fault = start_fault(motion, ego, period)
    if fault[0]:
        return fault
    fault = motion_fault(motion, bound)
    if fault[0]:
        return fault
    if area[3].shape[0]:
        fault = road_fault(motion, max(ROAD_WINDOW, window), car, area)
        if fault[0]:
            return fault
    return contact_fault(motion, window, others, car, ego[3], bound[2], bound[10])
