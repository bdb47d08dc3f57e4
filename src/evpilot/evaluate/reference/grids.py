"""The grids of UN R157's concrete cases, and what becomes of each under a reference driver.

Cut-ins (low and high speed), cut-outs and followings as the Joint Research Centre runs them (JRC-FSM); how the numbers
are formed, sum by sum, decides some outcomes and is kept.
"""

import math

import numpy as np

from evpilot.evaluate.reference.models import (
    CC_JRC,
    CC_TTC,
    FSM,
    RSS,
    TAU,
    Model,
    fresh,
    react,
    row_of,
    rss_gap,
)
from evpilot.geometry.jit import kernel
from evpilot.types.state import Array, Bools, Ints

KMH = 3.6
LENGTH, WIDTH, LANE = 4.3, 1.9, 3.5  # [m] both cars, and between lane centres
HALF = 2.15  # [m]
STANDING_HALF = 2.5  # [m] of the car that stands behind a cut-out
LAST = 349  # the last row after the ramp that is judged
RAMP_ROWS = np.array([0, 1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11, 12], np.int64)
"""Rows in which a cut-in's lateral speed grows by 0.15 m/s each, for lateral speeds 0, 0.1 ... 1.7 m/s."""

NO_CONTACT, BESIDE, BEHIND = 0, 1, 2


def cut_ins(speed: str) -> Array:
    """The cases (N, 4) of the "low" or "high" grid: ego and cut-in speed [km/h], gap [m], lateral speed [m/s]."""
    lateral = [round(0.1 * k, 1) for k in range(18)]
    if speed == "low":
        pairs = [(ego, other) for ego in range(20, 61, 10) for other in range(10, ego, 10)]
        gaps = range(1, 60)
    else:
        pairs = [(ego, other) for ego in (70, 90, 110, 130) for other in range(10, ego, 30)]
        gaps = range(1, 120, 2)
    return np.array([(ego, other, gap, v) for ego, other in pairs for gap in gaps for v in lateral], np.float64)


def cut_outs() -> Array:
    """The cases (5850, 3) of the cut-out grid: speed [km/h], leader to standing car [m], lateral speed [m/s]."""
    speeds, ahead = range(10, 131, 10), range(2, 148, 5)
    return np.array([(v, d, round(0.1 + 0.2 * k, 1)) for v in speeds for d in ahead for k in range(15)], np.float64)


def followings() -> Array:
    """The cases (1121, 2) of the following grid: speed [km/h], the leader's braking [g]."""
    return np.array([(v, round(0.05 * k, 2)) for v in range(12, 129, 2) for k in range(1, 20)], np.float64)


@kernel("f8(i8, f8)")
def start_gap(model: int, v: float) -> float:
    """The gap [m] at which a model starts behind its leader at a common speed [m/s]."""
    if model == FSM:
        return 0.75 * v + v**2 / 8.0 - v**2 / 14.0 + 4.0
    if model == RSS:
        return rss_gap(v, max(v - 4.5, 0.0)) + 6.0 * TAU**2 / 2.0
    return 2.0 * v


@kernel()
def _contact(ego: float, other: float, gap: float, lateral: float) -> int:
    if gap < 0.0 and lateral < 0.0:
        return BESIDE if ego > other else BEHIND
    return NO_CONTACT


@kernel()
def _cut_in(
    model: int, ego_speed: float, other_speed: float, gap: float, lateral_speed: float, ramp: int, memory: Array
) -> tuple[int, float]:
    """Outcome and impact speed [m/s] of one case."""
    fresh(model, memory)
    u, x = ego_speed, 0.0
    for _ in range(ramp):
        x += ego_speed / 10.0
    x = -x
    start = gap + LENGTH
    sum_x, sum_y = 0.0, 0.0
    moving = math.floor(LANE * 10.0 / lateral_speed) + 1 if lateral_speed > 0.0 else 0
    for row in range(ramp + LAST + 1):
        if row < ramp:
            aside = 0.15 * row
            place = start - (ramp - row) * other_speed / 10.0
            shift = 0.0
            for k in range(row, ramp):
                shift += 0.15 * k / 10.0
            y = LANE + shift
        else:
            after = row - ramp
            aside = lateral_speed if after <= moving else 0.0
            if after > 0:
                sum_x += other_speed
                sum_y += -aside
            place, y = start + sum_x / 10.0, LANE + sum_y / 10.0
        apart = abs(x - place)
        free, lateral = apart - HALF - HALF, abs(y) - WIDTH
        ended, following = False, u
        if x <= place:
            ended = model == CC_JRC and lateral <= 0.0 and (
                u == other_speed or abs(free / (u - other_speed)) > CC_TTC
            )  # fmt: skip
            following = row_of(model, u, other_speed, aside, apart, free, lateral, memory)
        else:
            following = react(model, u, 0.0, memory)
        outcome = _contact(x, place, free, lateral)
        if outcome != NO_CONTACT:
            return outcome, u - other_speed
        if ended:
            return NO_CONTACT, 0.0
        u = following
        x += u / 10.0
    return NO_CONTACT, 0.0


@kernel("void(i8, f8[:, ::1], i8[::1], i8[::1], f8[::1])")
def _run_cut_ins(model: int, cases: Array, ramp: Ints, outcome: Ints, impact: Array) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        outcome[n], impact[n] = _cut_in(
            model, cases[n, 0] / KMH, cases[n, 1] / KMH, cases[n, 2], cases[n, 3], ramp[n], memory
        )


@kernel("void(i8, f8[:, ::1], i8[::1], b1[::1], f8[::1])")
def _run_cut_outs(model: int, cases: Array, outcome: Ints, leader_contact: Bools, impact: Array) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        v, lateral_speed = cases[n, 0] / KMH, cases[n, 2]
        ahead = start_gap(model, v)
        standing = ahead + 2.0 * LENGTH + cases[n, 1]
        fresh(model, memory)
        u, x = v, v / 10.0
        outcome[n], leader_contact[n], impact[n] = NO_CONTACT, False, 0.0
        leader, y = 0.0, 0.0
        for row in range(LAST):
            if not leader_contact[n]:
                leader, y = ahead + LENGTH + (row + 1) * v / 10.0, -min((row + 1) * lateral_speed / 10.0, 4.0)
                leader_contact[n] = abs(leader - standing) < HALF + STANDING_HALF and abs(y) < WIDTH
            following = u
            if leader_contact[n] or y < -0.375:
                place = leader if leader_contact[n] else standing
                half = HALF if leader_contact[n] else STANDING_HALF
                lateral = (abs(y) if leader_contact[n] else 0.0) - WIDTH
                apart = abs(x - place)
                free = apart - HALF - half
                if x <= place:
                    following = row_of(model, u, 0.0, 0.0, apart, free, lateral, memory)
                else:
                    following = react(model, u, 0.0, memory)
                outcome[n] = _contact(x, place, free, lateral)
                if outcome[n] != NO_CONTACT:
                    impact[n] = u
                    break
            if u == 0.0:
                break
            u = following
            x += u / 10.0


@kernel("void(i8, f8[:, ::1], i8[::1], f8[::1])")
def _run_followings(model: int, cases: Array, outcome: Ints, impact: Array) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        v, brake = cases[n, 0] / KMH, cases[n, 1] * 9.81
        start = start_gap(model, v) + LENGTH
        fresh(model, memory)
        u, x, sum_x = v, v / 10.0, 0.0
        outcome[n], impact[n] = NO_CONTACT, 0.0
        for row in range(LAST):
            other = max(v - row * brake / 10.0, 0.0)
            sum_x += other
            place = sum_x / 10.0 + start
            apart = abs(x - place)
            free = apart - HALF - HALF
            if x <= place:
                following = row_of(model, u, other, 0.0, apart, free, -WIDTH, memory)
            else:
                following = react(model, u, 0.0, memory)
            outcome[n] = _contact(x, place, free, -WIDTH)
            if outcome[n] != NO_CONTACT:
                impact[n] = u - other
                break
            if u == 0.0:
                break
            u = following
            x += u / 10.0


def run_cut_ins(model: Model, cases: Array) -> tuple[Ints, Array]:
    """Outcome (N,) 0 no contact, 1 with the ego beside or ahead, 2 into the rear, and impact speed (N,) [m/s], of
    cut-ins (N, 4) as `cut_ins` lists them; lateral speeds are those of the grid, 0 to 1.7 m/s in steps of 0.1."""
    ramp = RAMP_ROWS[np.rint(cases[:, 3] * 10.0).astype(np.int64)]
    outcome, impact = np.zeros(len(cases), np.int64), np.zeros(len(cases))
    _run_cut_ins(int(model), np.ascontiguousarray(cases), ramp, outcome, impact)
    return outcome, impact


def run_cut_outs(model: Model, cases: Array) -> tuple[Ints, Array, Bools]:
    """Outcome (N,), impact speed (N,) [m/s], and whether the leader ran into the standing car (N,), of cut-outs (N, 3)
    from the model's own start gap; not for REG157, which has none."""
    outcome, impact = np.zeros(len(cases), np.int64), np.zeros(len(cases))
    leader = np.zeros(len(cases), np.bool_)
    _run_cut_outs(int(model), np.ascontiguousarray(cases), outcome, leader, impact)
    return outcome, impact, leader


def run_followings(model: Model, cases: Array) -> tuple[Ints, Array]:
    """Outcome (N,) and impact speed (N,) [m/s] of followings (N, 2) from the model's own start gap; not for REG157."""
    outcome, impact = np.zeros(len(cases), np.int64), np.zeros(len(cases))
    _run_followings(int(model), np.ascontiguousarray(cases), outcome, impact)
    return outcome, impact
