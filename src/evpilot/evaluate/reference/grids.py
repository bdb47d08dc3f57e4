"""The grids of UN R157's concrete cases, and what becomes of each under a reference driver.

Cut-ins (low and high speed), cut-outs and followings as the Joint Research Centre runs them (JRC-FSM); how the numbers
are formed, sum by sum, decides some outcomes and is kept.
"""

import math
from dataclasses import dataclass

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
SIZE = (LENGTH, WIDTH)  # of the ego, unless said otherwise
STANDING_HALF = 2.5  # [m] of the car that stands behind a cut-out
LAST = 349  # the last row after the ramp that is judged
RAMP_ROWS = np.array([0, 1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11, 12], np.int64)
"""Rows in which a cut-in's lateral speed grows by 0.15 m/s each, for lateral speeds 0, 0.1 ... 1.7 m/s."""

RAMP_STEP = 0.15  # [m/s] that a cut-in's lateral speed gains in a row of its ramp

NO_CONTACT, BESIDE, BEHIND = 0, 1, 2
FINE = 10  # parts of a row in which the motions, taken as linear, are tested for contact, too


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


def ramp_rows(lateral: Array) -> Ints:
    """The rows of the ramps (N,) of cut-ins with lateral speeds (N,) [m/s]; off the grid a row for each 0.15 m/s."""
    tenths = np.rint(10.0 * lateral).astype(np.int64)
    on_grid = (np.abs(10.0 * lateral - tenths) < 1e-9) & (tenths < len(RAMP_ROWS))
    smooth = np.ceil(lateral / RAMP_STEP - 1e-9).astype(np.int64)
    return np.where(on_grid, RAMP_ROWS[np.minimum(tenths, len(RAMP_ROWS) - 1)], smooth)


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
def touches_between(dx: float, y: float, dx_after: float, y_after: float, reach: float, wide: float) -> bool:
    """Whether two boxes, straight beside each other, touch at any hundredth of a second of a row: how far the other's
    centre is ahead and aside [m] at its begin and end; reach and wide [m] the sums of the half lengths and widths."""
    for part in range(1, FINE):
        share = part / FINE
        ahead, aside = dx + share * (dx_after - dx), y + share * (y_after - y)
        if abs(ahead) < reach and abs(aside) < wide:
            return True
    return False


@kernel()
def _cut_in(
    model: int,
    ego_speed: float,
    other_speed: float,
    gap: float,
    lateral_speed: float,
    ramp: int,
    half: float,
    wide: float,
    memory: Array,
) -> tuple[int, float, bool]:
    """Outcome and impact speed [m/s] of one case, and whether there is contact at any hundredth of a second; half [m]
    the ego's half length, wide [m] the sum of the half widths."""
    fresh(model, memory)
    u, x = ego_speed, 0.0
    for _ in range(ramp):
        x += ego_speed / 10.0
    x = -x
    start = gap + (half + HALF)
    sum_x, sum_y = 0.0, 0.0
    moving = math.floor(LANE * 10.0 / lateral_speed) + 1 if lateral_speed > 0.0 else 0
    ahead, aside_before = 0.0, 0.0
    fine = False
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
        fine = fine or (row > 0 and touches_between(ahead, aside_before, place - x, y, half + HALF, wide))
        ahead, aside_before = place - x, y
        apart = abs(x - place)
        free, lateral = apart - half - HALF, abs(y) - wide
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
            return outcome, u - other_speed, True
        if ended:
            return NO_CONTACT, 0.0, fine
        u = following
        x += u / 10.0
    return NO_CONTACT, 0.0, fine


@kernel("void(i8, f8[:, ::1], i8[::1], f8, f8, i8[::1], f8[::1], b1[::1])")
def _run_cut_ins(
    model: int, cases: Array, ramp: Ints, half: float, wide: float, outcome: Ints, impact: Array, fine: Bools
) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        outcome[n], impact[n], fine[n] = _cut_in(
            model, cases[n, 0] / KMH, cases[n, 1] / KMH, cases[n, 2], cases[n, 3], ramp[n], half, wide, memory
        )


@kernel("void(i8, f8[:, ::1], f8, f8, i8[::1], b1[::1], f8[::1], b1[::1])")
def _run_cut_outs(
    model: int, cases: Array, half: float, wide: float, outcome: Ints, leader_contact: Bools, impact: Array, fine: Bools
) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        v, lateral_speed = cases[n, 0] / KMH, cases[n, 2]
        ahead = start_gap(model, v)
        leader_start = ahead + (half + HALF)
        standing = leader_start + LENGTH + cases[n, 1]
        fresh(model, memory)
        u, x = v, v / 10.0
        outcome[n], leader_contact[n], impact[n], fine[n] = NO_CONTACT, False, 0.0, False
        leader, y = 0.0, 0.0
        before = x
        for row in range(LAST):
            if not leader_contact[n]:
                leader, y = leader_start + (row + 1) * v / 10.0, -min((row + 1) * lateral_speed / 10.0, 4.0)
                leader_contact[n] = abs(leader - standing) < HALF + STANDING_HALF and abs(y) < WIDTH
            following = u
            if leader_contact[n] or y < -0.375:
                place = leader if leader_contact[n] else standing
                other_half = HALF if leader_contact[n] else STANDING_HALF
                middle = y if leader_contact[n] else 0.0
                lateral = abs(middle) - wide
                apart = abs(x - place)
                free = apart - half - other_half
                if row > 0 and touches_between(place - before, middle, place - x, middle, half + other_half, wide):
                    fine[n] = True
                if x <= place:
                    following = row_of(model, u, 0.0, 0.0, apart, free, lateral, memory)
                else:
                    following = react(model, u, 0.0, memory)
                outcome[n] = _contact(x, place, free, lateral)
                if outcome[n] != NO_CONTACT:
                    impact[n], fine[n] = u, True
                    break
            if u == 0.0:
                break
            u = following
            before = x
            x += u / 10.0


@kernel("void(i8, f8[:, ::1], f8, i8[::1], f8[::1], b1[::1])")
def _run_followings(model: int, cases: Array, half: float, outcome: Ints, impact: Array, fine: Bools) -> None:
    memory = np.empty(3)
    for n in range(cases.shape[0]):
        v, brake = cases[n, 0] / KMH, cases[n, 1] * 9.81
        start = start_gap(model, v) + (half + HALF)
        fresh(model, memory)
        u, x, sum_x = v, v / 10.0, 0.0
        outcome[n], impact[n], fine[n] = NO_CONTACT, 0.0, False
        ahead = 0.0
        for row in range(LAST):
            other = max(v - row * brake / 10.0, 0.0)
            sum_x += other
            place = sum_x / 10.0 + start
            apart = abs(x - place)
            free = apart - half - HALF
            fine[n] = fine[n] or (row > 0 and touches_between(ahead, 0.0, place - x, 0.0, half + HALF, WIDTH))
            ahead = place - x
            if x <= place:
                following = row_of(model, u, other, 0.0, apart, free, -WIDTH, memory)
            else:
                following = react(model, u, 0.0, memory)
            outcome[n] = _contact(x, place, free, -WIDTH)
            if outcome[n] != NO_CONTACT:
                impact[n], fine[n] = u - other, True
                break
            if u == 0.0:
                break
            u = following
            x += u / 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """What becomes of N cases under a model: outcome (N,) 0 no contact, 1 with the ego beside or ahead, 2 into the
    rear; impact (N,) [m/s] the speed against the other, 0 without contact; fine (N,) whether there is contact at any
    hundredth of a second, the motions being linear between rows; leader (N,) whether a cut-out's leader runs into the
    standing car."""

    outcome: Ints
    impact: Array
    fine: Bools
    leader: Bools

    def impact_speed(self, case: int) -> float | None:
        """The impact speed [m/s] of a case, None where contact is avoided, also at every hundredth of a second."""
        return float(self.impact[case]) if self.fine[case] else None


def _blank(count: int) -> Outcomes:
    flags = np.zeros((2, count), np.bool_)
    return Outcomes(
        outcome=np.zeros(count, np.int64), impact=np.zeros(count), fine=flags[0].copy(), leader=flags[1].copy()
    )


def cut_in_outcomes(model: Model, cases: Array, size: tuple[float, float] = SIZE) -> Outcomes:
    """Cut-ins (N, 4) as `cut_ins` lists them, with an ego of a size [m]."""
    ramp = ramp_rows(cases[:, 3])
    out = _blank(len(cases))
    half, wide = 0.5 * size[0], 0.5 * (size[1] + WIDTH)
    _run_cut_ins(int(model), np.ascontiguousarray(cases), ramp, half, wide, out.outcome, out.impact, out.fine)
    return out


def cut_out_outcomes(model: Model, cases: Array, size: tuple[float, float] = SIZE) -> Outcomes:
    """Cut-outs (N, 3) from the model's own start gap; not for REG157, which has none."""
    out = _blank(len(cases))
    half, wide = 0.5 * size[0], 0.5 * (size[1] + WIDTH)
    _run_cut_outs(int(model), np.ascontiguousarray(cases), half, wide, out.outcome, out.leader, out.impact, out.fine)
    return out


def following_outcomes(model: Model, cases: Array, size: tuple[float, float] = SIZE) -> Outcomes:
    """Followings (N, 2) from the model's own start gap; not for REG157."""
    out = _blank(len(cases))
    _run_followings(int(model), np.ascontiguousarray(cases), 0.5 * size[0], out.outcome, out.impact, out.fine)
    return out


def run_cut_ins(model: Model, cases: Array) -> tuple[Ints, Array]:
    """Outcome and impact speed of `cut_in_outcomes` at the regulation's size."""
    found = cut_in_outcomes(model, cases)
    return found.outcome, found.impact


def run_cut_outs(model: Model, cases: Array) -> tuple[Ints, Array, Bools]:
    """Outcome, impact speed and leader contact of `cut_out_outcomes` at the regulation's size."""
    found = cut_out_outcomes(model, cases)
    return found.outcome, found.impact, found.leader


def run_followings(model: Model, cases: Array) -> tuple[Ints, Array]:
    """Outcome and impact speed of `following_outcomes` at the regulation's size."""
    found = following_outcomes(model, cases)
    return found.outcome, found.impact
