"""How fast an object goes along its way: car-following with parameters learnt from what it did so far."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.predict.routes import STATIONS, TCAP, TLIMIT
from evpilot.types.state import Array
from evpilot.vehicle.driver import idm_accel

# Driver types weighed against each other: wanted speed as a share of the limit, headway [s]
SPEED_SHARES = (0.35, 0.55, 0.75, 0.9, 1.05, 1.25)
HEADWAYS = (0.6, 1.1, 1.8)
KINDS = len(SPEED_SHARES) * len(HEADWAYS)
TYPES = KINDS + 1  # the last one keeps the speed it has, whatever the limit

STANDSTILL_GAP = 2.0  # [m]
ACCEL = 2.0  # [m/s2] others, EPSILON
BRAKE = 3.0  # [m/s2] PDM-Closed
LEARN_SIGMA = 0.35  # [m/s2] the same for who drives very evenly ...
LEARN_NOISE = 0.6  # ... and so much more for each m/s2 of jitter
ACCEL_SIGMA = 0.8  # [m/s2] spread of what drivers do about what the model says
FORGET = 8.0  # [s] a driver is who they were in about the last so many seconds
EVIDENCE = 1.0  # [s] observations closer in time than this say the same again
STEADY_PRIOR = -1.0  # log-weight
STEADY_HEADWAY = 1.1  # [s]
EAGER = 0.6  # [m/s2] who accelerates as much does not keep the speed that it has, whatever it did before
SHARE_SIGMA = 0.25  # prior spread of the speed share about 1
NO_LIMIT = 14.0  # [m/s] taken where the map knows no limit: 50 km/h
CAP_BRAKE = 1.5  # [m/s2] at most, for a bend
EGO_BRAKE = 2.0  # [m/s2] others are trusted to brake for us no harder than this
HEED_CLEAR = 0.5  # [m/s2] what it would do with and without us must differ by so much to tell
HEED_STEP = 4.0  # log-odds that a second of evidence adds at most
HEED_MAX = 5.0  # log-odds at most
HEED_SURE = 1.0  # log-odds: with less it is open why a driver behind us does what it does
HEED_SHARED = 0.5  # what one driver shows says so much about all
HOLD = 1.0  # [s] time constant with which the present acceleration gives way to the model ...
HARD, HARDER = -2.0, -4.0  # [m/s2] ... and the longer the harder it brakes: an emergency ends at a standstill
TIMES = (0.0, 0.3, 0.6, 1.0, 1.5, 2.0, 2.7, 3.4, 4.2, 5.2, 6.5, 8.0)
STOP_BRAKE = 5.0  # [m/s2] hardest braking for a light
SUBSTEP = 0.25  # [s] at most
STEP_TIME = 0.5  # [s] a walker's step, within which it changes its pace
KNOTS = len(TIMES)

# Columns of what each way of each object holds: node spacing of its table, 0 where there is no way but the present
# motion; s, d and lane heading at its start; 1 when used; row of the lead or -1, gap to it, share of the lead's motion
# that is along the way; distance to a red light; wanted offset; the pace that a walker wants, 0 where none is known
SPACING, S0, D0, HEADING, USED, LEAD, AHEAD, ALONG, WALL, TARGET, PACE = range(11)
COLUMNS = 11


@kernel()
def prior(weight: Array) -> None:
    """Log-weights (TYPES,) of a driver never seen before."""
    for k in range(KINDS):
        off = (SPEED_SHARES[k // len(HEADWAYS)] - 1.0) / SHARE_SIGMA
        weight[k] = -0.5 * off * off
    weight[KINDS] = STEADY_PRIOR


@kernel()
def learn(
    weight: Array,
    speed: float,
    limit: float,
    gap: float,
    closing: float,
    observed: float,
    sigma: float,
    period: float,
) -> None:
    """Update the log-weights of the driver types by one observed acceleration [m/s2] of spread sigma, with Student's t
    so that an outlier says little."""
    forget = math.exp(-period / FORGET)
    top = -math.inf
    for k in range(TYPES):
        steady = k == KINDS
        wanted = speed if steady else SPEED_SHARES[k // len(HEADWAYS)] * limit
        headway = STEADY_HEADWAY if steady else HEADWAYS[k % len(HEADWAYS)]
        model = idm_accel(speed, wanted, gap, closing, STANDSTILL_GAP, headway, ACCEL, BRAKE)
        off = (observed - max(model, -4.0)) / sigma
        weight[k] = forget * weight[k] - 2.0 * math.log1p(off * off / 3.0) * min(1.0, period / EVIDENCE)
        top = max(top, weight[k])
    for k in range(TYPES):
        weight[k] -= top


@kernel()
def heeding(speed: float, wanted: float, headway: float, gap: float, closing: float, observed: float) -> float:
    """Evidence (log-likelihood ratio) that a driver behind us regards us, from its acceleration [m/s2]: recorded
    traffic drives as if we were not there. 0 where it would do the same in either case."""
    alone = idm_accel(speed, wanted, math.inf, 0.0, STANDSTILL_GAP, headway, ACCEL, BRAKE)
    heeded = max(idm_accel(speed, wanted, gap, closing, STANDSTILL_GAP, headway, ACCEL, BRAKE), -EGO_BRAKE)
    if alone - heeded < HEED_CLEAR:
        return 0.0
    ratio = ((observed - alone) ** 2 - (observed - heeded) ** 2) / (2.0 * ACCEL_SIGMA * ACCEL_SIGMA)
    return min(max(ratio, -HEED_STEP), HEED_STEP)


@kernel()
def character(weight: Array, pace: float, accel: float) -> tuple[float, float]:
    """Mean speed share and headway [s] of the driver types; pace is the present speed as a share of the limit. accel
    [m/s2]: who sets off has waited for somebody, and will not go on at the walking pace that it has just now."""
    total = math.exp(weight[KINDS]) * min(max(1.0 - accel / EAGER, 0.0), 1.0)
    share, headway = total * pace, total * STEADY_HEADWAY
    for k in range(KINDS):
        p = math.exp(weight[k])
        total += p
        share += p * SPEED_SHARES[k // len(HEADWAYS)]
        headway += p * HEADWAYS[k % len(HEADWAYS)]
    return share / total, headway / total


@kernel()
def known_limit(limit: float, speed: float) -> float:
    """The limit, or a guess where there is none [m/s]."""
    return limit if limit < 100.0 else max(NO_LIMIT, speed)


@kernel()
def wanted_accel(table: Array, spacing: float, run: float, speed: float, share: float) -> tuple[float, float]:
    """What the way allows after `run` [m]: the wanted speed [m/s], and the acceleration that the bends ask for."""
    place = run / spacing
    k = min(int(place), STATIONS - 2)
    part = min(place - k, 1.0)
    cap = table[k, TCAP] + part * (table[k + 1, TCAP] - table[k, TCAP])
    wanted = share * known_limit(table[k, TLIMIT], speed)
    return wanted, max((cap - speed) / 0.8, -CAP_BRAKE)


@kernel()
def roll(tables: Array, mode: Array, speed: Array, accel: Array, driver: Array, run: Array, pace: Array) -> None:
    """All objects drive their ways at once, each behind its lead.

    tables (N, M, STATIONS, 6); mode (N, M, COLUMNS) what each way holds; speed, accel (N,) now; driver (N, 5) speed
    share, headway [s], what the limit means to it (a share of it), how surely it heeds the ego, and how long it stands
    on [s]. A lead counts with
    its likeliest way. The last row is the ego: nobody brakes hard for it.
    Fills run and pace (N, M, KNOTS): distance [m] and speed [m/s].
    """
    count, modes = mode.shape[0], mode.shape[1]
    x, v, pull = np.zeros((count, modes)), np.zeros((count, modes)), np.zeros((count, modes))
    for i in range(count):
        v[i, :] = max(speed[i], 0.0)
    note(ZERO, x, v, run, pace)
    now = 0.0
    for knot in range(1, KNOTS):
        steps = math.ceil((TIMES[knot] - TIMES[knot - 1]) / SUBSTEP - 1e-9)
        dt = (TIMES[knot] - TIMES[knot - 1]) / steps
        for _ in range(steps):
            pulls(now, tables, mode, x, v, accel, driver, pull)
            go_on(dt, pull, x, v)
            now += dt
        note(knot, x, v, run, pace)


@kernel()
def pulls(now: float, tables: Array, mode: Array, x: Array, v: Array, accel: Array, driver: Array, pull: Array) -> None:
    """Fill pull (N, M): the acceleration [m/s2] of each object on each way at a time [s]; the rest as in `roll`, which
    makes arrays, and so would count references to each row that it hands to `drive` (see `geometry.jit.kernel`)."""
    for i in range(x.shape[0]):
        keep = math.exp(-now / holding(accel[i]))
        for m in range(x.shape[1]):
            if mode[i, m, USED] > 0.0 and now >= driver[i, 4]:
                pull[i, m] = drive(i, m, x, v, tables[i, m], mode[i, m], driver[i], keep * accel[i], keep)


@kernel()
def go_on(dt: float, pull: Array, x: Array, v: Array) -> None:
    """Move all on by dt [s] with their acceleration: x, how far they have come [m], and v [m/s] (N, M), in place."""
    for i in range(x.shape[0]):
        for m in range(x.shape[1]):
            after = max(v[i, m] + pull[i, m] * dt, 0.0)
            x[i, m] += 0.5 * (v[i, m] + after) * dt
            v[i, m] = after


@kernel()
def note(knot: int, x: Array, v: Array, run: Array, pace: Array) -> None:
    """Write down how far all have come, x, and how fast they are, v (N, M), at a knot."""
    for i in range(x.shape[0]):
        for m in range(x.shape[1]):
            run[i, m, knot], pace[i, m, knot] = x[i, m], v[i, m]


@kernel()
def holding(accel: float) -> float:
    """For how long [s] a driver goes on with its acceleration [m/s2], before it does what the model says."""
    return HOLD / max((accel - HARDER) / (HARD - HARDER), 1e-3) if accel < HARD else HOLD


@kernel()
def drive(
    i: int, m: int, x: Array, v: Array, table: Array, mode: Array, driver: Array, held: float, keep: float
) -> float:
    """Acceleration of object i on its way m: what it holds from now, giving way to the driver's model."""
    if mode[SPACING] <= 0.0:
        return (mode[PACE] - v[i, m]) / STEP_TIME if mode[PACE] > 0.0 else held
    run, speed = x[i, m], v[i, m]
    wanted, bend = wanted_accel(table, mode[SPACING], run, speed, driver[0] * driver[2])
    model = min(idm_accel(speed, wanted, math.inf, 0.0, STANDSTILL_GAP, driver[1], ACCEL, BRAKE), bend)
    other = int(mode[LEAD])
    if other >= 0:
        gap = mode[AHEAD] + mode[ALONG] * x[other, 0] - run
        closing = speed - mode[ALONG] * v[other, 0]
        pushed = idm_accel(speed, wanted, gap, closing, STANDSTILL_GAP, driver[1], ACCEL, BRAKE)
        if other == x.shape[0] - 1:
            pushed = model + driver[3] * (max(pushed, -EGO_BRAKE) - model)
        model = min(model, pushed)
    gap = mode[WALL] - run + 1.0
    # who can no longer stop goes on
    if 0.0 < gap < math.inf and speed * speed < 2.0 * STOP_BRAKE * gap:
        model = min(model, idm_accel(speed, wanted, gap, speed, 1.0, 0.8, ACCEL, BRAKE))
    return min(max(held + (1.0 - keep) * model, -8.0), 3.0)
