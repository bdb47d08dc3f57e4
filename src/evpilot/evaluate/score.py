"""nuPlan's closed-loop score (nuplan-devkit e924167, as stated in reference/planning.md)."""

import numpy as np

from evpilot.evaluate.criteria.collisions import begun, contact_score
from evpilot.evaluate.criteria.criticality import TTC_MIN, least_by_tick
from evpilot.evaluate.criteria.rules import OFF_ROAD, WRONG_WAY, against, overspeed
from evpilot.evaluate.expert import Progress
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.encounters import Encounters
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.verdict import Collision, Part
from evpilot.types import MetricResult
from evpilot.types.state import Array, Bools

AHEAD = np.deg2rad(30.0)  # is_agent_ahead
BEHIND = np.deg2rad(150.0)  # is_agent_behind
TTC_STEP = 0.1  # [s]
TTC_HORIZON = 3.0  # [s]
CREEPING = 0.005  # [m/s] a slower car has no time to collision
PROGRESS_MIN = 2.0  # [m] less than this is standing
MAKING_PROGRESS = 0.2
OVERSPEED_MAX = 2.23  # [m/s]
WEIGHTS = {"progress": 5.0, "ttc": 5.0, "speed": 4.0, "comfort": 2.0}


def gates(drive: Drive, place: Place, found: tuple[Collision, ...], ratio: float) -> dict[str, float]:
    """The factors of the score: nc no at-fault collision, dac drivable area, mp making progress, ddc direction."""
    worst = float(against(drive, place).max())
    return {
        "nc": contact_score(found),
        "dac": float(bool(np.all(place.corner < OFF_ROAD))),
        "mp": float(ratio >= MAKING_PROGRESS),
        "ddc": 1.0 if worst < WRONG_WAY[0] else 0.5 if worst < WRONG_WAY[1] else 0.0,
    }


def parts(
    drive: Drive, place: Place, ratio: float, ttc: MetricResult, comfort: tuple[MetricResult, ...]
) -> tuple[Part, ...]:
    """The weighted parts of the score."""
    value = {
        "progress": ratio,
        "ttc": float(ttc.passed is not False),
        "speed": speed_score(drive, place),
        "comfort": float(all(metric.passed is not False for metric in comfort)),
    }
    return tuple(Part(name=name, value=value[name], weight=weight) for name, weight in WEIGHTS.items())


def progress_ratio(progress: Progress) -> float:
    """nuPlan's progress along the expert's route: at most 1, and 1 where there is no route to compare with. A car that
    went backwards by more than `PROGRESS_MIN` has made none."""
    if progress.expert is None:
        return 1.0
    if progress.car < -PROGRESS_MIN:
        return 0.0
    return min(1.0, max(progress.car, PROGRESS_MIN) / max(progress.expert, PROGRESS_MIN))


def speed_score(drive: Drive, place: Place) -> float:
    """1 less the mean speed over the limit as a share of `OVERSPEED_MAX`, at least 0."""
    over = overspeed(drive, place)
    span = (len(drive) - 1) * drive.step
    return max(0.0, 1.0 - float(np.sum(over)) * drive.step / (OVERSPEED_MAX * span)) if span > 0.0 else 1.0


def time_to_collision(drive: Drive, place: Place, meetings: Encounters, found: tuple[Collision, ...]) -> MetricResult:
    """nuPlan's time to collision [s] of each tick, inf within its horizon when there is none.

    Counted in steps of 0.1 s, against what is ahead, and, where the car is between lanes or in a junction, also what is
    beside it; never against what it has touched before; 0 in a collision at fault.
    """
    others = drive.others
    wide = (~place.one_lane | place.junction)[others.tick]
    seen = (meetings.bearing < AHEAD) | (wide & (meetings.bearing <= BEHIND))
    left_out = ~seen | _touched(drive, found) | begun(drive, meetings)
    value, who = least_by_tick(others.start, _stepped(meetings, left_out), others.id)
    value = np.where(np.abs(drive.speed) > CREEPING, value, np.inf)
    for one in found:
        if one.at_fault:
            tick = int(np.searchsorted(drive.t_ns, one.t_ns))
            value[tick], who[tick] = 0.0, one.object_id
    return MetricResult(
        name="ttc_nuplan",
        clause="nuplan-devkit time_to_collision_within_bound",
        unit="s",
        t_ns=drive.t_ns,
        value=value,
        valid=np.isfinite(value),
        limit=TTC_MIN,
        passed=bool(np.all(value > TTC_MIN)) if len(others.id) else None,
        cause_id=who,
        at_least=True,
    )


def _stepped(meetings: Encounters, left_out: Bools) -> Array:
    """The first multiple (R,) of the step at which the boxes touch, inf when none within the horizon."""
    enter = np.where(np.isfinite(meetings.enter), np.maximum(meetings.enter, TTC_STEP), TTC_HORIZON)
    first = np.ceil(enter / TTC_STEP - 1e-9) * TTC_STEP
    met = (first <= meetings.leave + 1e-12) & (first < TTC_HORIZON - 1e-9) & ~left_out
    return np.where(met, first, np.inf)


def _touched(drive: Drive, found: tuple[Collision, ...]) -> Bools:
    """Rows (R,) of objects at and after their first touch."""
    rows = np.zeros(len(drive.others.id), np.bool_)
    for one in found:
        if not one.at_start:
            rows |= (drive.others.id == one.object_id) & (drive.t_ns[drive.others.tick] >= one.t_ns)
    return rows
