"""Cut-ins, low and high speed: every concrete case of the regulation's evaluation."""

import numpy as np

from evpilot.evaluate.reference import annex3
from evpilot.evaluate.reference.grids import HALF, LANE, LENGTH, WIDTH, cut_in_outcomes, cut_ins, ramp_rows
from evpilot.evaluate.reference.models import Model
from evpilot.regulations.grid import axes_of, listed
from evpilot.regulations.r157 import motions
from evpilot.regulations.r157.clauses import CALM, COMPARED, CUT_IN, LANE_KEPT
from evpilot.regulations.r157.ending import Passed, row_time
from evpilot.regulations.r157.facts import facts
from evpilot.regulations.r157.feasible import feasible
from evpilot.regulations.r157.road import APPROACH_ROWS, KMH, scripted
from evpilot.regulations.r157.sensing import LATENCY
from evpilot.regulations.r157.staging import staged
from evpilot.regulations.r157.subject import size_of, subject
from evpilot.regulations.r157.verdicts import compared
from evpilot.regulations.suite import Case, CaseResult, Group, Stage
from evpilot.runlog import RunLog
from evpilot.types import ROAD, Platform
from evpilot.types.state import Array

NAMES = ("ego_kmh", "other_kmh", "gap_m", "lateral_mps")
MEANINGS = ("our set speed", "the other's speed", "gap between the bumpers after the ramp", "its lateral speed")
REFERENCES = ("fsm", "cc_jrc", "cc_annex3", "rss", "reg157")
REQUIRED = ("fsm", "cc_jrc", "cc_annex3")
INTRUSION = 0.3  # [m] over the lane's edge, from which on it is in the lane; as in EU 2022/1426, for R157 unconfirmed
VISIBLE = 0.72  # [s] its lateral motion has been seen
CLAUSE_BRAKE, CLAUSE_DELAY = 6.0, 0.35  # [m/s2], [s]


def group(speed: str) -> Group:
    """The group of the "low" or "high" grid."""
    return Group(
        key=f"cut-in-{speed}",
        title=f"Cut-in, {speed} speed",
        clauses=(CUT_IN.place, COMPARED.place, LANE_KEPT.place, CALM.place),
        axes=axes_of(NAMES, MEANINGS, cut_ins(speed)),
        map_axes=("gap_m", "lateral_mps"),
        references=REFERENCES,
    )


def cases(speed: str) -> list[Case]:
    """All cases of a grid."""
    return listed("r157", f"cut-in-{speed}", NAMES, cut_ins(speed))


def stage(case: Case, platform: Platform) -> Stage:
    """How a cut-in is driven."""
    car = subject(platform)
    ego, other, gap, lateral = (case[name] for name in NAMES)
    ramp = int(ramp_rows(np.array([lateral]))[0])
    places, velocity = motions.cut_in(other, gap, lateral, 0.5 * car.length)
    start = -(ramp + APPROACH_ROWS) * ego / KMH / 10.0
    actor = scripted(1, places[:, 0], places[:, 1], velocity, (LENGTH, WIDTH))
    return staged(case, car, ego, len(places) - 1, (actor,), start_x=start, decided=ending(ramp, car))


def ending(ramp: int, car: Platform) -> Passed:
    """When a cut-in's outcome is certain; ramp: rows of its ramp."""
    return Passed(row_time(APPROACH_ROWS + ramp + 1), 0.5 * car.length + HALF, car.rear_to_center)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven cut-in."""
    car = subject(platform)
    ego, other, gap, lateral = (case[name] for name in NAMES)
    ramp = int(ramp_rows(np.array([lateral]))[0])
    found = facts(case, run, platform, ending(ramp, car))
    demanded = CUT_IN.place if demands(ego, other, gap, lateral, 0.5 * car.length) else ""

    def possible() -> bool:
        places, _ = motions.cut_in(other, gap, lateral, 0.5 * car.length)
        start = -ramp * ego / KMH / 10.0
        return feasible([(places[APPROACH_ROWS:], HALF)], ego / KMH, start, car, ROAD, LATENCY)

    return compared(
        found,
        impacts(np.array([[ego, other, gap, lateral]]), size_of(platform)),
        REQUIRED,
        possible,
        demanded=demanded,
        calm_speed=ego / KMH if lateral == 0.0 else None,
    )


def impacts(case: Array, size: tuple[float, float]) -> dict[str, float | None]:
    """Each reference driver's impact speed [m/s] in one case (1, 4), None where it avoids contact, also at every
    hundredth of a second."""
    found: dict[str, float | None] = {}
    for model in (Model.FSM, Model.CC_JRC, Model.RSS, Model.REG157):
        out = cut_in_outcomes(model, case, size)
        found[model.name.lower()] = out.impact_speed(0)
    outcome, impact = annex3.run_annex3(case, size)
    found["cc_annex3"] = float(impact[0]) if outcome[0] else None
    return {name: found[name] for name in REFERENCES}


def demands(ego: float, other: float, gap: float, lateral: float, half: float) -> bool:
    """Whether the clause itself demands that a case is avoided: what the time to collision is, had we kept our speed,
    when the other comes into our lane, and how long its lateral motion was visible."""
    if lateral <= 0.0:
        return False
    places, _ = motions.cut_in(other, gap, lateral, half)
    edge = 0.5 * LANE - INTRUSION + 0.5 * WIDTH
    inside = np.flatnonzero(places[:, 1] < edge)
    if not len(inside):
        return False
    row = int(inside[0]) - APPROACH_ROWS
    ramp = int(ramp_rows(np.array([lateral]))[0])
    closing = (ego - other) / KMH
    ahead = places[inside[0], 0] - (row - ramp) * ego / KMH / 10.0 - half - HALF
    seen = 0.1 * row
    return bool(seen >= VISIBLE and ahead / closing > closing / (2.0 * CLAUSE_BRAKE) + CLAUSE_DELAY)
