"""Against timidity: a neighbour that wanders in its lane and never cuts in is nothing to brake for."""

from evpilot.evaluate.reference.grids import HALF, LENGTH, WIDTH
from evpilot.regulations.r157 import motions
from evpilot.regulations.r157.clauses import CALM, LANE_KEPT
from evpilot.regulations.r157.ending import Passed, row_time
from evpilot.regulations.r157.facts import facts
from evpilot.regulations.r157.road import APPROACH_ROWS, KMH, scripted
from evpilot.regulations.r157.staging import staged
from evpilot.regulations.r157.subject import subject
from evpilot.regulations.r157.verdicts import compared
from evpilot.regulations.suite import Axis, Case, CaseResult, Group, Stage
from evpilot.runlog import RunLog
from evpilot.types import Platform

AXES = (
    Axis(name="ego_kmh", meaning="our set speed", values=(30.0, 60.0, 90.0, 130.0)),
    Axis(name="slower_kmh", meaning="how much slower the other is", values=(5.0, 10.0, 20.0)),
    Axis(name="gap_m", meaning="gap between the bumpers at the hand-over", values=(2.0, 10.0, 25.0, 50.0)),
    Axis(name="period_s", meaning="of the other's wandering by 0.375 m", values=(4.0, 6.0, 10.0)),
)
GROUP = Group(
    key="wandering",
    title="A neighbour that wanders in its lane",
    clauses=(CALM.place, LANE_KEPT.place),
    axes=AXES,
    map_axes=("gap_m", "period_s"),
)
ROWS = APPROACH_ROWS + 300


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven."""
    car = subject(platform)
    ego, slower, gap, period = (case[axis.name] for axis in AXES)
    places, velocity = motions.wandering(ego - slower, gap, period, 0.5 * car.length, ROWS)
    actor = scripted(1, places[:, 0], places[:, 1], velocity, (LENGTH, WIDTH))
    return staged(case, car, ego, ROWS, (actor,), decided=ending(car))


def ending(car: Platform) -> Passed:
    """When the other is passed; its lateral motion is never over."""
    return Passed(row_time(ROWS + 1), 0.5 * car.length + HALF, car.rear_to_center)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven case: any contact is ours to avoid."""
    found = facts(case, run, platform, ending(subject(platform)))
    return compared(found, {"nobody": None}, ("nobody",), lambda: True, calm_speed=case["ego_kmh"] / KMH)
